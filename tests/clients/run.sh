#!/bin/sh
# Runs one client test: run.sh NAME PROGRAM [MODULES], e.g. run.sh stream_cuts build/debug/taskgate.
# MODULES: the folder that install.sh filled. Exit status 77: something that it needs is missing;
# with TASKGATE_REQUIRE_CLIENTS set that is a failure (CI, after `quickstart.sh test --full`).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
name=$1
program=$2
modules=${3:-$(dirname "$program")/client_modules}

finish() {
  if [ "$1" -eq 77 ] && [ -n "${TASKGATE_REQUIRE_CLIENTS:-}" ]; then
    echo 'a skipped test counts as failed here (TASKGATE_REQUIRE_CLIENTS)'
    exit 1
  fi
  exit "$1"
}

node=${NODE:-node}
major=$("$node" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
if [ "$major" -lt 18 ]; then
  echo 'SKIPPED: Node.js 18 or newer is not installed; config/quickstart.sh test --full installs it'
  finish 77
fi
status=0
TASKGATE_CLIENT_MODULES=$modules "$node" "$here/$name.mjs" "$program" || status=$?
finish "$status"
