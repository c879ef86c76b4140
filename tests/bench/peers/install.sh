#!/bin/sh
# Puts the peers' scripts and the npm packages that they need into DIRECTORY (in the build folder).
# Usage: install.sh DIRECTORY. Exit status 77: the packages could not be had; the scripts say so too.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=$1

skip() {
  echo "SKIPPED: $1"
  exit 77
}

mkdir -p "$target"
cp "$here"/*.mjs "$target/"
if cmp -s "$here/package-lock.json" "$target/.installed"; then
  exit 0
fi
command -v npm >/dev/null 2>&1 || skip 'npm is not installed'
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$target/"
rm -f "$target/.installed"
(cd "$target" && npm ci --ignore-scripts --no-progress) || skip 'npm ci failed'
cp "$target/package-lock.json" "$target/.installed"
