#!/bin/sh
# From a fresh clone to a running server, or to tested code, in one command.
#
#   config/quickstart.sh run [--once]                  install, build, start, show a task run
#   config/quickstart.sh test [--full] [--preset P]    install, build, run the tests
#   config/quickstart.sh packages bench                install what tests/bench/run.sh uses
#
# Needs Debian 12 or 13 or Ubuntu 24.04 or newer. Root or sudo is used to install packages and for
# nothing else; what is there already is not installed again.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*"; }
die() {
  printf 'quickstart: %s\n' "$*" >&2
  exit 1
}

usage() {
  cat <<'TEXT'
Usage: config/quickstart.sh run [--once]
       config/quickstart.sh test [--full] [--preset NAME]
       config/quickstart.sh packages bench

run     install the packages, build, start `taskgate dev`, submit a demo task and stream it; the
        server then stays until Ctrl-C
  --once         end with 0 once the demo task has succeeded
test    install the packages, build, run every test; ends with "N passed, N failed, N skipped"
  --full         install Chromium, nginx, Node.js and the lints' tools too, so that nothing is skipped
  --preset NAME  release (default), debug, asan, tsan or clang
packages bench   install what the benchmarks use: the packages of the build, and the servers that
         taskgate is compared with. tests/bench/run.sh does it by itself
TEXT
}

# --- packages ------------------------------------------------------------------------------------

# Sets $boost to the packages with Boost 1.81 or newer.
choose_boost() {
  ID='' VERSION_ID='' PRETTY_NAME='this system'
  # shellcheck source=/dev/null
  [ ! -r /etc/os-release ] || . /etc/os-release
  case "$ID ${VERSION_ID%%.*}" in
    'debian 12') boost='libboost1.81-dev libboost-url1.81-dev' ;;
    'debian 1'[01] | 'debian '[1-9] | 'ubuntu 2'[0123] | 'ubuntu 1'?)
      die "$PRETTY_NAME has no Boost 1.81; use Debian 12 or newer, or Ubuntu 24.04 or newer" ;;
    *) boost='libboost-dev libboost-url-dev' ;;
  esac
}

# Prints those of the packages that are not installed.
missing() {
  for package in "$@"; do
    case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true) in
      'install ok installed') ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

# Installs what is missing of "$@"; says so first. Fails when it cannot.
install() {
  if ! command -v apt-get >/dev/null 2>&1; then
    say "No apt-get here: install the counterparts of these yourself if the build misses them: $*"
    return 0
  fi
  wanted=$(missing "$@")
  [ -n "$wanted" ] || return 0
  as_root=''
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || die "run this as root first: apt-get install $wanted"
    as_root='sudo'
  fi
  say "Installing: ${as_root:+sudo }apt-get install -y --no-install-recommends $wanted"
  $as_root apt-get update -q >build/packages.log 2>&1 ||
    say 'apt-get update failed (no network?); trying with the lists that are there'
  # shellcheck disable=SC2086  # a list of words on purpose
  if ! $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends $wanted >>build/packages.log 2>&1; then
    tail -n 15 build/packages.log >&2
    return 1
  fi
}

install_for_build() {
  choose_boost
  # shellcheck disable=SC2086  # a list of words on purpose
  install g++ cmake ninja-build nlohmann-json3-dev libspdlog-dev libsqlite3-dev libssl-dev libre2-dev \
    libmimalloc-dev ca-certificates curl $boost "$@" || die 'the packages could not be installed (see above)'
}

node_is_recent() {
  major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
  [ "${major:-0}" -ge 18 ]
}

# What only some tests need. Its absence skips them; it does not fail the run.
install_extras() {
  # clang and libclang-rt-dev: libFuzzer too
  extras='nginx-light shellcheck clang clang-format clang-tidy libclang-rt-dev strace'
  if ! node_is_recent; then extras="$extras nodejs"; fi
  command -v npm >/dev/null 2>&1 || extras="$extras npm"
  if [ "$ID" = ubuntu ]; then
    say 'Ubuntu has Chromium as a snap only: for the browser tests install google-chrome yourself.'
  elif ! command -v chromium >/dev/null 2>&1; then
    extras="$extras chromium"
  fi
  for extra in $extras; do
    install "$extra" || say "Going on without $extra: the tests that need it will be skipped."
  done
}

# What taskgate is compared with; a peer that is missing is left out of the tables.
install_peers() {
  peers='redis-server postgresql util-linux'
  if ! node_is_recent; then peers="$peers nodejs"; fi
  command -v npm >/dev/null 2>&1 || peers="$peers npm"
  for peer in $peers; do
    install "$peer" || say "Going on without $peer: what needs it will be left out."
  done
}

packages() {
  if [ "$*" != bench ]; then
    usage >&2
    exit 2
  fi
  install_for_build libgtest-dev
  install_peers
}

# --- build ---------------------------------------------------------------------------------------

# Two jobs need about 1 GB each: as many as the cores, no more than the memory.
jobs() {
  cores=$(nproc 2>/dev/null || echo 2)
  memory=$(awk '/MemTotal/ { print int($2 / 1000000) }' /proc/meminfo 2>/dev/null || echo "$cores")
  [ "$memory" -ge "$cores" ] || cores=$memory
  [ "$cores" -ge 1 ] || cores=1
  echo "$cores"
}

# Runs "$@" with its output in $log and a line of progress every ten seconds, where a program reads
# them every thirty. $1 says what it is.
quietly() {
  what=$1
  shift
  every=10
  [ -z "${CI:-}" ] || every=30
  say "$what …"
  "$@" >"$log" 2>&1 &
  child=$!
  trap 'kill "$child" 2>/dev/null; cut_short; exit 130' INT TERM
  seconds=0
  while kill -0 "$child" 2>/dev/null; do
    sleep 1
    seconds=$((seconds + 1))
    [ $((seconds % every)) -ne 0 ] || say "  $what: ${seconds} s $(progress)"
  done
  code=0
  wait "$child" || code=$?
  trap - INT TERM
  return "$code"
}

# How far the tool that writes to $log has come: ninja's "[12/340]", ctest's "12/340 Test"; and which
# tests have failed by then.
progress() {
  tail -n 9 "$log" | sed -n 's/^\[\([0-9]*\)\/\([0-9]*\)\].*/(\1 of \2)/p; s/^ *\([0-9]*\)\/\([0-9]*\) Test.*/(\1 of \2)/p' | tail -n 1
  failed_so_far | sed 's/^/    failed: /'
}

# ctest's lines "12/340 Test #7: name ....***Failed".
failed_so_far() {
  sed -n '/\*\*\*Skipped/d; s/^ *[0-9]*\/[0-9]* Test *#[0-9]*: \([^ ]*\) .*\*\*\*.*/\1/p' "$log"
}

# Somebody wants an end: what is known by now is said.
cut_short() {
  say "$what was cut short after ${seconds} s $(progress)"
  failed_so_far | sed 's/^/FAILED: /'
}

build_failed() {
  tail -n 40 "$log" >&2
  if grep -q 'Killed signal\|out of memory\|virtual memory exhausted' "$log"; then
    say 'hint: too little memory; add swap, or build with: cmake --build --preset release -j1' >&2
  elif grep -q 'No space left' "$log"; then
    say 'hint: the disk is full; a build takes about 1 GB' >&2
  elif grep -q 'CMake .* or higher is required' "$log"; then
    say 'hint: CMake is too old; see the first lines of this file for what is supported' >&2
  fi
  die "the build failed; everything it said is in $log"
}

# build PRESET ON|OFF
build() {
  log="build/quickstart-$1.log"
  # Tests off would stay off in the cache: say it each time. A warning fails where CI is set; a
  # newer compiler's warning must not keep anybody else from building.
  quietly "Configuring ($1)" cmake --preset "$1" "-DTASKGATE_TESTS=$2" \
    "-DTASKGATE_WERROR=${CI:+ON}" ${compiler:+"-DCMAKE_CXX_COMPILER=$compiler"} || build_failed
  if [ "$2" = ON ]; then target=all; else target=taskgate_program; fi
  quietly "Building ($1)" cmake --build --preset "$1" --target "$target" -j "$(jobs)" || build_failed
}

# --- run -----------------------------------------------------------------------------------------

# Is something listening there? curl: 7 = connection refused.
is_free() {
  code=0
  curl -s -o /dev/null --max-time 2 "http://127.0.0.1:$1/livez" || code=$?
  [ "$code" -eq 7 ]
}

# Starts the server on the first free port from 8080 on; sets $server and $url.
start_server() {
  port=8080
  until is_free "$port"; do
    say "Port $port is taken by another program; trying the next."
    port=$((port + 1))
    [ "$port" -le 8099 ] || die 'no free port between 8080 and 8099'
  done
  out="build/dev-$port.out"
  : >"$out"
  build/release/taskgate dev --listen "127.0.0.1:$port" --db "build/dev-$port.db" >"$out" 2>"build/dev-$port.log" &
  server=$!
  # Ctrl-C reaches the server by itself; a second signal would cut its graceful end short.
  trap ':' INT
  trap 'kill -TERM "$server" 2>/dev/null || true' TERM
  trap 'kill -TERM "$server" 2>/dev/null || true' EXIT
  tries=0
  url=''
  while [ -z "$url" ]; do
    kill -0 "$server" 2>/dev/null || server_failed
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || server_failed
    sleep 0.1
    url=$(sed -n '1s/.*"listening": *"\([^"]*\)".*/\1/p' "$out")
  done
  until curl -sf -o /dev/null --max-time 2 "$url/readyz"; do
    tries=$((tries + 1))
    [ "$tries" -le 150 ] || server_failed
    sleep 0.1
  done
}

server_failed() {
  tail -n 20 "build/dev-$port.log" >&2
  die "the server did not start; its log is build/dev-$port.log"
}

# Submits a task to the simulator and writes its text as it comes.
demo() {
  body='{"model": "sim/lorem?tokens=60&tps=30", "input": "Say something."}'
  say "Submitting: curl $url/tasks -H 'Content-Type: application/json' -d '$body'"
  answer=$(curl -sS --max-time 10 "$url/tasks" -H 'Content-Type: application/json' -d "$body")
  id=$(printf '%s' "$answer" | grep -o '"id": *"[^"]*"' | head -n 1 | cut -d '"' -f 4)
  [ -n "$id" ] || die "the server did not take the task: $answer"
  say "Following:  curl -N $url/tasks/$id/stream"
  say ''
  curl -sSN --max-time 60 "$url/tasks/$id/stream" | while IFS= read -r line; do
    case $line in
      'event: '*) event=${line#event: } ;;
      'data: '*)
        [ "${event:-}" = output.delta ] || continue
        text=${line#*\"text\":\"}
        printf '%s' "${text%%\"*}"
        ;;
    esac
  done
  say ''
  say ''
  final=$(curl -sS --max-time 10 "$url/tasks/$id")
  printf '%s' "$final" | grep -q '"status": *"success"' || die "the demo task did not succeed: $final"
  say "Done:       curl $url/tasks/$id"
}

run() {
  once=no
  for argument in "$@"; do
    case $argument in
      --once) once=yes ;;
      *) usage >&2; exit 2 ;;
    esac
  done
  install_for_build
  build release OFF
  start_server
  say "taskgate is running on $url (log: build/dev-$port.log)"
  demo
  if [ "$once" = no ]; then
    say "The server stays at $url. Ctrl-C ends it."
    while kill -0 "$server" 2>/dev/null; do
      wait "$server" || true
    done
    trap - EXIT
    say 'Stopped.'
    return 0
  fi
  kill -TERM "$server"
  code=0
  wait "$server" || code=$?
  trap - EXIT
  [ "$code" -eq 0 ] || die "the server ended with $code; its log is build/dev-$port.log"
}

# --- test ----------------------------------------------------------------------------------------

# Sets $compiler where the preset's own is not to be had.
choose_compiler() {
  compiler=''
  case $1 in
    asan | tsan | clang) install clang libclang-rt-dev || say 'clang could not be installed (see above)' ;;
  esac
  case $1 in
    asan | tsan)
      command -v clang++ >/dev/null 2>&1 && return 0
      compiler=g++
      say "There is no clang here: g++ builds this preset instead, in about twice the time."
      ;;
    clang) command -v clang++ >/dev/null 2>&1 || die 'this preset needs clang' ;;
  esac
}

run_tests() {
  full=no
  preset=release
  while [ $# -gt 0 ]; do
    case $1 in
      --full) full=yes ;;
      --preset)
        [ $# -ge 2 ] || { usage >&2; exit 2; }
        preset=$2
        shift
        ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
  install_for_build libgtest-dev python3
  [ "$full" = no ] || install_extras
  choose_compiler "$preset"
  build "$preset" ON
  # Benchmarks are no tests, and the heaviest tests say that a sanitizer adds nothing to them.
  left_out='^bench$'
  # Another compiler is asked whether it builds and means the same, not again what a crash does.
  case $preset in
    release) ;;
    clang) left_out='^(bench|release-only|lint|crash|clients)$' ;;
    *) left_out='^(bench|release-only|lint)$' ;;
  esac
  # Many tests wait rather than compute.
  at_once=$(($(jobs) * 2))
  log="build/quickstart-$preset-tests.log"
  report="$PWD/build/$preset/tests.xml"
  rm -f "$report"
  code=0
  quietly "Testing ($preset)" ctest --preset "$preset" -j "$at_once" --output-on-failure \
    --no-tests=error -LE "$left_out" --test-output-size-passed 10000000 \
    --test-output-size-failed 10000000 --output-junit "$report" || code=$?
  [ -s "$report" ] || {
    tail -n 40 "$log" >&2
    die "the tests could not be run; see $log"
  }
  summary="build/quickstart-$preset-summary.txt"
  awk -f config/test_report.awk "$report" >"$summary"
  # ctest may fail without a failed test, e.g. when a program's tests could not be listed.
  if [ "$code" -ne 0 ] && ! grep -q '^FAILED: ' "$summary"; then
    tail -n 100 "$log"
    say 'FAILED: ctest itself'
    sed -i '$s/, 0 failed,/, 1 failed,/' "$summary"
  fi
  if [ "$full" = no ] && grep -q '^  skipped ' "$summary"; then
    sed '$d' "$summary"
    say '  with everything that tests can use: config/quickstart.sh test --full'
    tail -n 1 "$summary"
  else
    cat "$summary"
  fi
  [ "$code" -eq 0 ]
}

# --- main ----------------------------------------------------------------------------------------

mkdir -p build
command=${1:-}
[ $# -eq 0 ] || shift
case $command in
  run) run "$@" ;;
  test) run_tests "$@" ;;
  packages) packages "$@" ;;
  help | --help | -h) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
