#!/bin/sh
# clang-tidy with the set of .clang-tidy, which is kept at zero.
#
#   tests/lint/tidy.sh [BASE]        the .cpp files that differ from BASE (default: the last commit),
#                                    13 to 17 s a file; needs `cmake --preset debug`
#   tests/lint/tidy.sh --all [DIR]   all of src, by the unity files of the build in DIR (default:
#                                    build/release): what eight files include is read once
#
# From the project's root. Exit code 77: there is no clang-tidy.
command -v clang-tidy >/dev/null 2>&1 || {
  echo "clang-tidy is not installed; get it with: apt-get install clang-tidy" >&2
  exit 77
}

# configured DIR PRESET: DIR must say how its files are compiled.
configured() {
  [ -f "$1/compile_commands.json" ] || {
    echo "$1 is not configured; run: cmake --preset $2" >&2
    exit 1
  }
}

if [ "${1:-}" = --all ]; then
  build=${2:-build/release}
  configured "$build" release
  units=$(sed -n 's/.*"file": "\(.*\/Unity\/unity_[^"]*\)".*/\1/p' "$build/compile_commands.json" |
    grep -v '/tests/')
  [ -n "$units" ] || {
    echo "$build has no unity files; configure it with -DCMAKE_UNITY_BUILD=ON" >&2
    exit 1
  }
  # A unity file includes .cpp files: that is what it is for.
  echo "$units" | xargs -P "$(nproc)" -n 1 clang-tidy -p "$build" --quiet \
    --extra-arg=-Wno-unknown-warning-option --checks=-bugprone-suspicious-include \
    --warnings-as-errors='*'
  exit
fi

base=${1:-HEAD}
configured build/debug debug
files=$({ git diff --name-only --diff-filter=d "$base" -- '*.cpp'; git ls-files -o --exclude-standard -- '*.cpp'; } | sort -u)
[ -n "$files" ] || {
  echo "no .cpp file differs from $base"
  exit 0
}
echo "$files" | xargs clang-tidy -p build/debug --quiet --extra-arg=-Wno-unknown-warning-option --warnings-as-errors='*'
