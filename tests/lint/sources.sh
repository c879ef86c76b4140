#!/bin/sh
# Prints every C++ file of the project, one a line. Run from the project's root.
find include src tests -type f \( -name '*.cpp' -o -name '*.hpp' \) | sort
