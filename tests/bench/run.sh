#!/bin/sh
# The benchmarks in one command: builds what is missing (release), installs what taskgate is compared
# with (npm packages, into the build folder), measures, prints Markdown.
#
#   tests/bench/run.sh             about a quarter of an hour
#   tests/bench/run.sh --quick     a few minutes
#   tests/bench/run.sh --full      with 10 million stored tasks too: 40 GB of disk and half an hour more
#   tests/bench/run.sh --only poll one group; docs/benchmarks.md names them and the other flags
#   tests/bench/run.sh --markdown docs/benchmarks.md    puts the tables into that page
#
# The tables go to stdout, progress to stderr. Nothing else should be busy on the machine.
set -eu
cd "$(dirname "$0")/../.."
{
  if [ ! -f build/release/build.ninja ]; then cmake --preset release; fi
  cmake --build --preset release --target taskgate_bench
  tests/bench/peers/install.sh build/release/tests/bench/peers || [ $? -eq 77 ]
} >&2
exec build/release/tests/bench/taskgate_bench "$@"
