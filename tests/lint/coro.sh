#!/bin/sh
# Statements around co_await that g++ 12 miscompiles (coro_lint.py), over all C++ files.
# Usage: coro.sh PYTHON, from the project's root.
here=$(dirname "$0")
sh "$here/sources.sh" | xargs "$1" "$here/coro_lint.py"
