#!/usr/bin/env bash
# clang-tidy with the set of .clang-tidy, which is kept at zero.
#
#   tests/lint/tidy.sh [BASE]        the .cpp files that differ from BASE (default: the last commit),
#                                    13 to 17 s a file; needs `cmake --preset debug`
#   tests/lint/tidy.sh --all [DIR]   all of src, by the unity files of the build in DIR (default:
#                                    build/asan, whose are the largest): what they include is read once
#
# From the project's root. Exit code 77: there is no clang-tidy.
command -v clang-tidy >/dev/null 2>&1 || {
  echo "clang-tidy is not installed; get it with: apt-get install clang-tidy" >&2
  exit 77
}

# tidy ARGUMENT…: clang-tidy without its counts of warnings that it does not show.
tidy() {
  clang-tidy --quiet --extra-arg=-Wno-unknown-warning-option --warnings-as-errors='*' "$@" 2>&1 |
    { grep -vE '^[0-9]+ warnings? (generated|treated as error)' || true; }
  return "${PIPESTATUS[0]}"
}
export -f tidy

# configured DIR PRESET: DIR must say how its files are compiled.
configured() {
  [ -f "$1/compile_commands.json" ] || {
    echo "$1 is not configured; run: cmake --preset $2" >&2
    exit 1
  }
}

if [ "${1:-}" = --all ]; then
  build=${2:-build/asan}
  configured "$build" asan
  units=$(sed -n 's/.*"file": "\(.*\/Unity\/unity_[^"]*\)".*/\1/p' "$build/compile_commands.json" |
    grep -v '/tests/')
  [ -n "$units" ] || {
    echo "$build has no unity files; configure it with -DCMAKE_UNITY_BUILD=ON" >&2
    exit 1
  }
  # A unity file includes .cpp files: that is what it is for.
  echo "$units" | xargs -P "$(nproc)" -n 1 bash -c 'tidy "$@"' tidy -p "$build" \
    --checks=-bugprone-suspicious-include
  exit
fi

base=${1:-HEAD}
configured build/debug debug
files=$({ git diff --name-only --diff-filter=d "$base" -- '*.cpp'; git ls-files -o --exclude-standard -- '*.cpp'; } | sort -u)
[ -n "$files" ] || {
  echo "no .cpp file differs from $base"
  exit 0
}
echo "$files" | xargs bash -c 'tidy "$@"' tidy -p build/debug
