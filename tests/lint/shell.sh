#!/bin/sh
# shellcheck over every shell script. Run from the project's root.
command -v shellcheck >/dev/null 2>&1 || {
  echo "SKIPPED: shellcheck is not installed; enable with: apt-get install shellcheck"
  exit 77
}
set --
for file in config/*.sh .ci/run tests/*/*.sh; do
  [ -f "$file" ] && set -- "$@" "$file"
done
shellcheck "$@"
