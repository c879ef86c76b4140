#!/bin/sh
# clang-tidy over the .cpp files that differ from BASE (default: the last commit). Not a test: 13 to
# 17 s a file. Needs a configured build without unity (cmake --preset debug).
# Usage: tests/lint/tidy.sh [BASE], from the project's root.
base=${1:-HEAD}
build=build/debug
command -v clang-tidy >/dev/null 2>&1 || {
  echo "clang-tidy is not installed; get it with: apt-get install clang-tidy" >&2
  exit 77
}
[ -f "$build/compile_commands.json" ] || {
  echo "$build is not configured; run: cmake --preset debug" >&2
  exit 1
}
files=$({ git diff --name-only --diff-filter=d "$base" -- '*.cpp'; git ls-files -o --exclude-standard -- '*.cpp'; } | sort -u)
[ -n "$files" ] || {
  echo "no .cpp file differs from $base"
  exit 0
}
echo "$files" | xargs clang-tidy -p "$build" --quiet --warnings-as-errors='*'
