#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# sources.sh NAME: the files of the test program NAME, tests/test_NAME.c, or all
# of tests/test_NAME/, main.c first: it alone has the implementation of amt.h.
cd "$(dirname "$0")/.." || exit 1
if [ -d "tests/test_$1" ]; then
  echo "tests/test_$1/main.c"
  ls "tests/test_$1"/*.c | grep -vx "tests/test_$1/main.c"
else
  echo "tests/test_$1.c"
fi
