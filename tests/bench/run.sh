#!/bin/sh
# The benchmarks in one command: builds what is missing (release), measures, prints Markdown.
#
#   tests/bench/run.sh             about five minutes
#   tests/bench/run.sh --quick     about one minute
#   tests/bench/run.sh --only poll one group: disk, accept, poll, end_to_end, fanout, idle
#   tests/bench/run.sh --streams 10000 --dir /mnt/disk --rounds 9 --seconds 5
#
# The table goes to stdout, progress to stderr. Nothing else should be busy on the machine.
set -eu
cd "$(dirname "$0")/../.."
{
  if [ ! -f build/release/build.ninja ]; then cmake --preset release; fi
  cmake --build --preset release --target taskgate_bench
} >&2
exec build/release/tests/bench/taskgate_bench "$@"
