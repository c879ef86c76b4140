#!/bin/sh
# clang-format over all C++ files. Its output changes from version to version, so that only the one
# that the project is formatted with (Debian 12's) may judge. Run from the project's root.
wanted=14
for tool in "clang-format-$wanted" clang-format; do
  command -v "$tool" >/dev/null 2>&1 || continue
  version=$("$tool" --version | sed 's/.*version \([0-9]*\).*/\1/')
  if [ "$version" = "$wanted" ]; then
    sh "$(dirname "$0")/sources.sh" | xargs "$tool" --dry-run -Werror
    exit $?
  fi
  echo "SKIPPED: the project is formatted with clang-format $wanted, this is $version"
  exit 77
done
echo "SKIPPED: clang-format is not installed; enable with: apt-get install clang-format-$wanted"
exit 77
