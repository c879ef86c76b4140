#!/bin/sh
# Runs shellcheck over every shell script. To be run from the root of the project.
command -v shellcheck >/dev/null 2>&1 || {
  echo "SKIPPED: shellcheck is not installed; enable with: apt-get install shellcheck"
  exit 77
}
set --
for file in config/*.sh .ci/run tests/*/*.sh; do
  [ -f "$file" ] && set -- "$@" "$file"
done
shellcheck "$@"
