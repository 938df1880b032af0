#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Proves the tokenizer, the reader of pages, the HTTP reply parser and what
# amt_wide.h scans with on machine words free of run-time errors (out of bounds,
# overflow, uninitialised reads) from any state and any input, with Frama-C's
# Eva. Prints "PROVE NAME alarms N". Says so and exits with 77 where there is no
# Frama-C. usage: prove.sh (make prove)
cd "$(dirname "$0")/.." || exit 1
command -v frama-c >/dev/null ||
  { echo "prove.sh: no frama-c (package frama-c-base)" >&2; exit 77; }
out=build/prove
mkdir -p $out
result=0
for name in tokenizer page http wide; do
  [ $name = wide ] && bits=64 || bits=0
  frama-c -machdep gcc_x86_64 -main prove_$name -lib-entry \
    -cpp-extra-args="-I. -Ibackends -DAMT_WIDE=$bits" \
    -eva -eva-precision 3 tests/prove.c \
    >$out/$name.log 2>&1
  status=$?
  alarms=$(sed -n 's/^ *\([0-9]*\) alarms\{0,1\} generated.*/\1/p' $out/$name.log)
  echo "PROVE $name alarms ${alarms:-unknown: see $out/$name.log}"
  if [ $status -ne 0 ] || [ "$alarms" != 0 ]; then
    grep -A 2 'eva:alarm' $out/$name.log
    result=1
  fi
done
exit $result
