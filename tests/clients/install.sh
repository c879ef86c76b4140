#!/bin/sh
# Installs the npm packages of these tests into DIRECTORY (in the build folder; once per lock file).
# Usage: install.sh DIRECTORY. Exit status 77: npm is missing or its registry cannot be reached.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=$1
full='config/quickstart.sh test --full'

skip() {
  echo "SKIPPED: $1; $full enables this"
  [ -z "${TASKGATE_REQUIRE_CLIENTS:-}" ] || exit 1
  exit 77
}

mkdir -p "$target"
if cmp -s "$here/package-lock.json" "$target/.installed"; then
  echo "installed already"
  exit 0
fi
command -v npm >/dev/null 2>&1 || skip 'npm is not installed'
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$target/"
rm -f "$target/.installed"
(cd "$target" && npm ci --ignore-scripts --no-progress) || skip 'npm ci failed'
cp "$target/package-lock.json" "$target/.installed"
