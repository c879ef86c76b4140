#!/bin/sh
# Runs one fuzz target: run.sh PROGRAM CORPUS [SEEDS…]. CORPUS is filled as it runs; SEEDS are read.
# TASKGATE_FUZZ_SECONDS (60) bounds it; TASKGATE_FUZZ_SEED repeats its choices (0: new ones). Exit status 77: there is no such program, for want of clang.
set -eu
program=$1
corpus=$2
shift 2
if [ ! -x "$program" ]; then
  echo 'SKIPPED: fuzzing needs clang with libFuzzer; config/quickstart.sh test --full installs it'
  exit 77
fi
mkdir -p "$corpus" "$corpus.findings"
for seeds in "$@"; do
  shift
  [ ! -d "$seeds" ] || set -- "$@" "$seeds"
done
seconds=${TASKGATE_FUZZ_SECONDS:-60}
log="$corpus.log"
if ! nice -n 10 "$program" -seed="${TASKGATE_FUZZ_SEED:-0}" -max_total_time="$seconds" -max_len=32768 -timeout=20 -rss_limit_mb=2048 \
  -print_final_stats=1 -artifact_prefix="$corpus.findings/" "$corpus" "$@" >"$log" 2>&1; then
  tail -n 60 "$log"
  echo "a finding; the input is in $corpus.findings"
  exit 1
fi
grep -E '^stat::(number_of_executed_units|average_exec_per_sec)' "$log"
