#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Runs the unit tests on other machines (make cross), without cmocka: under
# qemu-user on s390x, mips, m68k, sparc64 and powerpc64 (all big-endian; m68k
# aligns 4 bytes to 2, and sparc64 traps where an access is not aligned), sh4,
# riscv64, armhf, arm64 (NEON), i386 and x86-64 with musl, and tests/avr.c on an
# AVR, where int has 16 bits, under simavr.
#
#   sh tests/cross.sh            all of it, a line a test; 1 if one failed
#   sh tests/cross.sh mips avr   these machines only
#   TESTS="json http" sh tests/cross.sh m68k   and these tests only
#   sh tests/cross.sh packages   the Debian packages that it needs
#
# A machine whose compiler or emulator is not installed is named and left out.

# gcc-12-multilib, since gcc-multilib would remove the cross compilers.
PACKAGES="qemu-user gcc-s390x-linux-gnu libc6-dev-s390x-cross
  gcc-mips-linux-gnu libc6-dev-mips-cross gcc-arm-linux-gnueabihf
  libc6-dev-armhf-cross gcc-aarch64-linux-gnu libc6-dev-arm64-cross
  gcc-m68k-linux-gnu libc6-dev-m68k-cross gcc-sh4-linux-gnu libc6-dev-sh4-cross
  gcc-sparc64-linux-gnu libc6-dev-sparc64-cross gcc-powerpc64-linux-gnu
  libc6-dev-ppc64-cross gcc-riscv64-linux-gnu libc6-dev-riscv64-cross
  gcc-12-multilib libc6-dev-i386 musl-tools gcc-avr avr-libc simavr"

MACHINES="s390x mips m68k sparc64 powerpc64 sh4 riscv64 armhf arm64 i386 musl avr"
TESTS=${TESTS:-job pump avr json http} # the longest first

cd "$(dirname "$0")/.." || exit 1
out=build/cross
flags="-Wall -Wextra -Werror -fsanitize=undefined
  -fsanitize-undefined-trap-on-error" # undefined behaviour is a trap

# Sets cc and run for a machine. With -m32, the kernel's headers are the 64-bit
# machine's.
machine() {
  case $1 in
  s390x) cc=s390x-linux-gnu-gcc       run=qemu-s390x;;
  mips)  cc=mips-linux-gnu-gcc        run=qemu-mips;;
  m68k)  cc=m68k-linux-gnu-gcc        run=qemu-m68k;;
  sparc64)   cc=sparc64-linux-gnu-gcc run=qemu-sparc64;;
  powerpc64) cc=powerpc64-linux-gnu-gcc run=qemu-ppc64;;
  sh4)   cc=sh4-linux-gnu-gcc         run=qemu-sh4;;
  riscv64)   cc=riscv64-linux-gnu-gcc run=qemu-riscv64;;
  armhf) cc=arm-linux-gnueabihf-gcc   run=qemu-arm;;
  arm64) cc=aarch64-linux-gnu-gcc     run=qemu-aarch64;;
  i386)  cc="gcc -m32 -idirafter /usr/include/x86_64-linux-gnu" run=qemu-i386;;
  musl)  cc=musl-gcc                  run=qemu-x86_64;;
  avr)   cc=avr-gcc                   run=simavr;;
  *)     echo "No machine \"$1\"; known are: $MACHINES" >&2; exit 2;;
  esac
}

# On mips and sparc64, error numbers are not the host's, but qemu-user up to 7.2
# gives SO_ERROR as the host's number: this failure is qemu's.
excused() {
  case $1-$2 in mips-http) own=146 ;; sparc64-http) own=61 ;; *) false ;; esac &&
    grep -q "sock.sys_error: 111 (0x6f) != $own" $log &&
    [ "$(grep -c '^\[  ERROR' $log)" = 2 ] && bad=0 note=", 1 excused (qemu)"
}

# One test on one machine: what it says goes to a log, a line to the caller.
one() {
  machine "$1"
  log=$out/$1-$2.log name="$1 test_$2" note= began=$(date +%s)
  if [ "$1" = avr ]; then
    name="avr avr.c"
    rm -f $out/avr.elf
    $cc -mmcu=atmega1284p -std=c99 -pedantic -Os $flags -I. -Ibackends tests/avr.c \
      -o $out/avr.elf >$log 2>&1 &&
      timeout 600 $run -m atmega1284p -f 16000000 $out/avr.elf 2>&1 |
        tr -d '\033' | sed 's/\[[0-9]*m//g' >>$log
    good=$(sed -n 's/^AVR \([0-9]*\) passed.*/\1/p' $log)
    bad=$(sed -n 's/^AVR .* passed, \([0-9]*\) failed.*/\1/p' $log)
    status=${bad:-1}
    [ ! -f $out/avr.elf ] || note=$(avr-size $out/avr.elf | awk 'NR == 2 {
      printf ", flash %d bytes, RAM %d and the stack", $1 + $2, $2 + $3 }')
  else
    $cc -std=gnu99 -O2 -g $flags -static -I$out/include -I. -Ibackends -Itests \
      $(sh tests/sources.sh $2) -o $out/$1-$2 >$log 2>&1 &&
      timeout 1800 $run $out/$1-$2 >>$log 2>&1
    status=$?
    good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' $log | tail -n 1)
    bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' $log | tail -n 1)
    excused "$1" "$2" && status=0
  fi
  [ "$status" != 0 ] || [ -n "$good" ] || status=1
  [ "$status" = 0 ] || bad=${bad:-1}
  text="CROSS $name: ${good:-0} passed, ${bad:-0} failed$note"
  text="$text, $(($(date +%s) - began)) s"
  if [ "$status" != 0 ]; then
    text="$text
$(grep -vE '^\[ +(RUN|OK) +\]|statically linked' $log | tail -n 30 |
      sed 's/^/        /')"
    [ -n "$good" ] || text="$text
        it did not end; its last line: $(tail -n 1 $log)"
  fi
  echo "$text" # in one piece: others write too
  [ "$status" = 0 ]
}

case $1 in
packages) echo $PACKAGES; exit;;
one) shift; one "$@"; exit;;
esac

machines= left=0
for m in ${*:-$MACHINES}; do
  machine "$m"
  missing=
  for tool in ${cc%% *} $run; do
    command -v $tool >/dev/null 2>&1 || missing="$missing no $tool"
  done
  if [ -z "$missing" ]; then machines="$machines $m"; continue; fi
  echo "left    CROSS $m:$missing"
  left=$((left + 1))
done
[ $left -eq 0 ] ||
  echo "The packages that hold them: apt-get install" $PACKAGES >&2
[ -n "$machines" ] || exit 1

# A cmocka.h of one line: so the tests are built with tests/runner.h.
mkdir -p $out/include
echo '#include "runner.h"' >$out/include/cmocka.h

for t in $TESTS; do
  for m in $machines; do
    case $m-$t in avr-avr) ;; avr-* | *-avr) continue;; esac
    echo $m $t
  done
done >$out/todo
xargs -P 2 -L 1 sh tests/cross.sh one <$out/todo | tee $out/lines

# Each of them must have said something, and none a failure.
awk -v all=$(wc -l <$out/todo) -v left=$left '
  /^CROSS/ {
    n++
    for (i = 1; i < NF; i++) {
      if ($(i + 1) ~ /^passed/) p += $i
      if ($(i + 1) ~ /^failed/) f += $i
    }
  }
  END {
    printf "CROSS: %d passed, %d failed%s\n", p, f + all - n,
      left ? ", " left " skipped" : ""
    exit n != all || f != 0
  }' $out/lines
