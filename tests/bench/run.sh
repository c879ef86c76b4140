#!/bin/sh
# The benchmarks in one command: installs and builds what is missing, measures, prints Markdown.
#
#   tests/bench/run.sh             about a quarter of an hour
#   tests/bench/run.sh --quick     a few minutes
#   tests/bench/run.sh --full      with ten million stored tasks too: 40 GB of disk, half an hour
#   tests/bench/run.sh --only poll one group; docs/benchmarks.md names them and the other flags
#   tests/bench/run.sh --markdown docs/benchmarks.md    puts the tables into that page
#   tests/bench/run.sh --no-install …    without packages of the system (Redis and PostgreSQL come
#                                        from there) and of npm; first of the flags
#
# The tables go to stdout, progress to stderr. Nothing else should be busy on the machine.
set -eu
cd "$(dirname "$0")/../.."
here=tests/bench
built=build/release/tests/bench
{
  if [ "${1:-}" = --no-install ]; then
    shift
  else
    config/quickstart.sh packages bench
    $here/peers/install.sh $built/peers || [ $? -eq 77 ] # the scripts will say it again
  fi
  cmake --preset release -DTASKGATE_TESTS=ON
  cmake --build --preset release --target taskgate_bench
} >&2
exec $built/taskgate_bench "$@"
