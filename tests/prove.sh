#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Proves with Frama-C's Eva, for x86-64, that the tokenizer, the reader of
# pages, the HTTP reply parser and amt_wide.h's scanners on machine words have
# no run-time errors (out of bounds, overflow, uninitialised reads) from any
# state and any input of 256 bytes. Proves the rest with CBMC;
# tests/prove_cbmc.sh has its assumptions. Prints "PROVE NAME alarms N". A tool
# that is missing is named and left out; exits with 77 if both are.
# usage: prove.sh [eva|cbmc] (make prove)
cd "$(dirname "$0")/.." || exit 1
out=build/prove
mkdir -p $out

by_eva() {
  command -v frama-c >/dev/null ||
    { echo "prove.sh: no frama-c (package frama-c-base)" >&2; return 77; }
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
  return $result
}

# CBMC of this machine, or of a root of Debian 13: the one of tests/tls36.sh.
by_cbmc() {
  if command -v cbmc >/dev/null; then sh tests/prove_cbmc.sh; return; fi
  sh tests/root.sh "$PWD/build/trixie" trixie || return
  chroot "$PWD/build/trixie" sh /src/tests/prove_cbmc.sh
}

eva=77 cbmc=77
[ "$1" = cbmc ] || { by_eva; eva=$?; }
[ "$1" = eva ] || { by_cbmc; cbmc=$?; }
case $eva-$cbmc in
77-77) exit 77 ;;
0-0 | 0-77 | 77-0) exit 0 ;;
*) exit 1 ;;
esac
