#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# make kestrel: the tool against ASP.NET Core, counted as in make test.
cd "$(dirname "$0")/../.." || exit 1
log=build/kestrel.log
. tests/report.sh
$LIMIT python3 tests/kestrel.py "$@" >$log 2>&1
grep -v '^programs: done' $log
lines $log
grep -q '^programs: done' $log || failed=$((failed + 1))
total
