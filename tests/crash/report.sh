#!/usr/bin/env bash
# Tries every promise of docs/reliability.md and prints its table with the figures of this run.
# shellcheck disable=SC2016 # backticks are Markdown here
#
#   tests/crash/report.sh [--full] [--write] [--preset NAME]
#
# --full    3,000 kills, 20,000 recoveries, 3,000 disk faults, half an hour of soak (about an hour and
#           a half); otherwise what CI does (about nine minutes)
# --write   put the table into docs/reliability.md
# Needs a build of the preset (release unless named) with the tests: config/quickstart.sh test.
set -u
cd "$(dirname "$0")/../.." || exit 1

preset=release
full=no
write=no
while (($# > 0)); do
  case $1 in
    --full) full=yes ;;
    --write) write=yes ;;
    --preset)
      preset=${2:?}
      shift
      ;;
    *)
      sed -n '2,12s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
  shift
done
programs=build/$preset/tests/crash
page=docs/reliability.md
table=$(mktemp)
log=$(mktemp)
trap 'rm -f "$table" "$log"' EXIT
failed=0

if [[ $full = yes ]]; then
  kills=3000 recoveries=20000 faults=3000 restarts=100 seconds=1800 seeds=20
else
  kills=300 recoveries=2000 faults=300 restarts=20 seconds=180 seeds=2
fi

# row PROMISE HOW COMMAND…: runs it, adds a line of the table with what its last line says.
row() {
  local promise=$1 how=$2 figures code=0
  shift 2
  local shown="$*"
  if [[ ! -x $1 ]]; then
    figures='not built in this preset'
  else
    printf '== %s\n' "$shown" >&2
    "$@" >"$log" 2>&1 || code=$?
    if ((code != 0)); then
      failed=$((failed + 1))
      tail -n 40 "$log" >&2
      figures='**FAILED**'
    else
      figures=$(figures_in "$log")
    fi
  fi
  printf '| %s | %s | `%s` | %s |\n' "$promise" "$how" "${shown//|/\\|}" "$figures" | tee -a "$table"
}

# The summary of a program of ours, or what GoogleTest counted.
figures_in() {
  local summary
  summary=$(grep -E '^[a-z_]+: .*(violations|broken)' "$1" | tail -n 1)
  if [[ -n $summary ]]; then
    printf '%s' "${summary#*: }"
    return
  fi
  printf '%s' "$(sed -n 's/^\[==========\] \([0-9]* tests\{0,1\}\) from .*ran\. (\([0-9]*\) ms total)/\1, \2 ms/p' "$1")"
  local skipped
  skipped=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) tests\{0,1\}.*/\1/p' "$1")
  [[ -z $skipped ]] || printf ', %s of them skipped' "$skipped"
}

cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
memory=$(awk '/MemTotal/ { printf "%.0f GB", $2 / 1048576 }' /proc/meminfo)
disk=$(findmnt -n -o FSTYPE -T "${TMPDIR:-/tmp}" 2>/dev/null || echo unknown)
{
  printf '%s, on %s cores of %s, %s, %s, temporary files on %s, preset `%s`:\n\n' \
    "$(date -u +%Y-%m-%d)" "$(nproc)" "${cpu:-an unknown processor}" "$memory" \
    "$(uname -sr)" "$disk" "$preset"
  printf '| promise | how it is tried | command | figures |\n|---|---|---|---|\n'
} | tee "$table"

faults_test=$programs/server_faults_test
row 'What was acknowledged survives the death of the process' \
  '`kill -9` at random moments under load, also while starting and draining' \
  "$programs/kill_loop" --kills $kills
row 'It survives at the worst moments' \
  'the process ends at every named crash point, three hits each' \
  "$programs/crash_points" --hits 3
row 'A write of an agent is executed at most once, or said to be unknown' \
  'the process ends at every point of a tool call'"'"'s way, for each effect, policy and kind of tool; the tool server'"'"'s log is the oracle' \
  "$programs/tool_crashes" --seeds $seeds
row 'It survives a power failure' \
  'the store on a recording disk; the power goes at every operation, unsynced writes are dropped, torn, reordered, scrambled; both controls must lose something' \
  "$programs/power_loss" --recoveries $recoveries
row 'A failing disk never makes a false acknowledgement' \
  'EIO and ENOSPC at every operation of the store: once, for a while, until healed' \
  "$programs/disk_faults" --faults $faults
row 'The server says 503, reads on, recovers' \
  'failing fsync and pwrite, a full file system, errors injected into system calls' \
  "$faults_test" '--gtest_filter=*SickDisk*:*ReallyFull*:*InTheKernel*'
row 'Damaged files are refused or survived' \
  'flipped bits, logs cut, emptied, deleted; a folder that is read-only' \
  "$programs/damage_test"
row 'Restarts fail nothing, streams have no gap and no duplicate' \
  'SIGTERM and start, under load, with clients following streams over all of them' \
  "$programs/rolling_restarts" --restarts $restarts
row 'A clock that is set breaks nothing' '± 1 h, ± 1 day, under load' \
  "$faults_test" '--gtest_filter=*Clock*'
row 'Too few descriptors are survived' 'a limit of 96 for 150 connections; accept fails in four ways' \
  "$faults_test" '--gtest_filter=*Descriptors*:*Accepts*'
row 'Too little memory loses nothing' 'an address space 4 MiB above what is used, large requests' \
  "$faults_test" '--gtest_filter=*Memory*'
row 'A slow disk only slows' '2 ms and 50 ms a sync' \
  "$faults_test" '--gtest_filter=*SlowDisk*'
row 'Memory and descriptors stay flat' 'mixed load; medians of the second and the last quarter' \
  "$programs/soak" --seconds $seconds

if [[ $write = yes ]]; then
  awk -v table="$table" '
    /<!-- figures -->/ { print; print ""; while ((getline line < table) > 0) print line; print ""; inside = 1; next }
    /<!-- end -->/ { inside = 0 }
    !inside { print }
  ' "$page" >"$page.new" && mv "$page.new" "$page"
fi
((failed == 0))
