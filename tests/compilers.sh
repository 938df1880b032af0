#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# The headers and examples with other compilers than this machine's (make
# compilers): gcc and clang of Debian 13 and sid, each in a root of its own
# (tests/root.sh), as C99 to C23 and C++11 to C++26; tcc; the flags that Debian
# builds packages with; clang's integer sanitizer. Prints a line a compiler:
# "COMPILERS NAME passed N, failed M". What cannot be had is named and left out.
# usage: compilers.sh [trixie|sid|tcc|hardened|integer]...
cd "$(dirname "$0")/.." || exit 1
out=build/compilers
mkdir -p $out
I="-I. -Ibackends"
STRICT="-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -pedantic
        -Wcast-qual -Wdate-time -Werror"
EXAMPLES="minimal replay superloop two_jobs own_stream trace_stream uart_log
          resume fleet http_get json_tokens"
result=0

begin() { name=$1 good=0 bad=0; }
try() { # WHAT COMMAND...
  what=$1; shift
  if "$@" >$out/log 2>&1; then good=$((good + 1)); return; fi
  bad=$((bad + 1)) result=1
  echo "FAILED  COMPILERS $name $what"
  tail -n 8 $out/log | sed 's/^/        /'
}
end() { echo "COMPILERS $name passed $good, failed $bad"; }

# In a root: each standard, with each set of options, and the examples. Only the
# oldest standard of each language is optimized, for the warnings of that.
# Without AMT_BUILD_TIME, the TLS headers use __DATE__: -Wdate-time warns of it.
options() {
  cat <<END

-DAMT_POSIX
-DAMT_POSIX -DAMT_STATIC
-DAMT_MBEDTLS -DAMT_POSIX -DAMT_BUILD_TIME=1
-DAMT_NO_HTTP -DAMT_NO_TEXT
-Os -DAMT_DEFAULT_WIRE_ONLY -DAMT_NO_TEXT
END
}

headers() { # COMPILER LANGUAGE STANDARD
  case $3 in c99 | c++11) how="-O2 -c -o $out/header.o" ;;
             *) how=-fsyntax-only ;; esac
  case $2 in
  c) more=-Wstrict-prototypes lax= ;;
  *) more= lax="-Wno-missing-field-initializers -Wno-volatile
       -Wno-deprecated-volatile -Wno-unknown-warning-option" ;; # C as C++
  esac
  printf '#include "amt.h"\nint dummy;\n' >$out/header.c
  options >$out/options
  while read -r o; do
    try "amt.h, -std=$3 $o" $1 -x $2 -std=$3 $STRICT $more $how $I \
      -DAMT_IMPLEMENTATION $o $out/header.c
  done <$out/options
  for e in $EXAMPLES; do
    try "$e.c, -std=$3" $1 -x $2 -std=$3 -Wall -Wextra $lax -Werror \
      -fsyntax-only $I examples/$e.c
  done
}

# cmocka 2 deprecates assert_in_range; Debian 12 does not have its replacement.
units() { # COMPILER
  for t in json http job pump; do
    try "builds test_$t" $1 -std=gnu99 -O2 -g -Wall -Wextra \
      -Wno-deprecated-declarations -Werror $I -Itests \
      $(sh tests/sources.sh $t) -o $out/test_$t -lcmocka
    try "runs test_$t" $out/test_$t
    sed -n "s/^\[  PASSED  \] \([0-9]*\) .*/COMPILERS $name test_$t: \1 passed/p" \
      $out/log
  done
}

inside() {
  for n in 12 13 14 15 16 17 18 19 20 21 22 23; do
    for c in gcc clang; do
      command -v $c-$n >/dev/null || continue
      begin "$c-$n"
      for std in c99 c11 c17 c23; do headers $c-$n c $std; done
      cxx=$(echo $c-$n | sed 's/gcc/g++/; s/clang/clang++/')
      for std in c++11 c++17 c++20 c++23 c++26; do headers $cxx c++ $std; done
      units $c-$n
      end
    done
  done
}

in_root() { # RELEASE PACKAGE...
  root=build/roots/$1
  sh tests/root.sh "$PWD/$root" "$@" ||
    { echo "left    COMPILERS $1: no root of Debian's $1"; return; }
  echo "COMPILERS $1: $(shift; echo $*)"
  chroot $root sh /src/tests/compilers.sh inside || result=1
}

# tcc does not know GNU's vectors, so the headers use machine words.
with_tcc() {
  command -v tcc >/dev/null || { echo "left    COMPILERS tcc: no tcc"; return; }
  begin tcc
  for e in $EXAMPLES; do
    try "$e.c" tcc -Wall -Werror $I examples/$e.c -o $out/example
  done
  try "runs replay.c" sh -c "tcc $I examples/replay.c -o $out/replay &&
                             $out/replay"
  try "runs own_stream.c" tcc $I -run examples/own_stream.c
  end
}

# With the flags that dpkg-buildflags prints.
hardened() {
  command -v dpkg-buildflags >/dev/null ||
    { echo "left    COMPILERS hardened: no dpkg-buildflags"; return; }
  begin hardened
  for all in hardening=+all hardening=+all,-pie; do
    flags=$(DEB_BUILD_MAINT_OPTIONS=$all dpkg-buildflags --get CFLAGS)
    flags="$flags $(DEB_BUILD_MAINT_OPTIONS=$all dpkg-buildflags --get CPPFLAGS)"
    printf '#include "amt.h"\nint dummy;\n' >$out/header.c
    for o in -DAMT_POSIX -DAMT_NO_HTTP "-DAMT_POSIX -DAMT_STATIC"; do
      try "amt.h, $all $o" gcc -std=c99 $STRICT -Wstrict-prototypes $flags $I \
        -DAMT_IMPLEMENTATION $o -c $out/header.c -o $out/header.o
    done
    try "builds test_json, $all" gcc -std=gnu99 $flags $I -Itests \
      $(DEB_BUILD_MAINT_OPTIONS=$all dpkg-buildflags --get LDFLAGS) \
      tests/test_json.c -o $out/test_json -lcmocka
    try "runs test_json, $all" $out/test_json
  done
  end
}

# An unsigned number may wrap only where tests/integer.txt says so.
integer() {
  command -v clang >/dev/null || { echo "left    COMPILERS integer: no clang"
                                   return; }
  begin integer
  for t in json http job pump; do
    try "builds test_$t" clang -std=gnu99 -O1 -g -w -fsanitize=integer \
      -fno-sanitize-recover=integer -fsanitize-ignorelist=tests/integer.txt \
      $I -Itests $(sh tests/sources.sh $t) -o $out/test_$t -lcmocka
    try "runs test_$t" $out/test_$t
  done
  end
}

[ "$1" != inside ] || { inside; exit $result; }
for part in ${*:-hardened tcc integer trixie sid}; do
  case $part in
  trixie) in_root trixie gcc-14 g++-14 clang-19 clang-22 libc6-dev \
            libcmocka-dev libmbedtls-dev ;;
  sid)    in_root sid gcc-15 g++-15 gcc-16 g++-16 clang-21 libc6-dev \
            libcmocka-dev libmbedtls-dev ;;
  tcc)      with_tcc ;;
  hardened) hardened ;;
  integer)  integer ;;
  *) echo "compilers.sh: what is \"$part\"?" >&2; exit 2 ;;
  esac
done
exit $result
