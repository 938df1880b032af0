#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# What the unit tests reach of the headers, as Linux compiles them (POSIX,
# BearSSL, mbedTLS): "COVERAGE line P", "COVERAGE branch P" (gcc), "COVERAGE
# mcdc P" (clang-19), in per cent; build/coverage has what is missing. A measure
# that lacks its tools is named and left out. usage: coverage.sh (make coverage)
set -e
cd "$(dirname "$0")/.."
out=$PWD/build/coverage
rm -rf $out
mkdir -p $out/gcc $out/clang
ssl="-lssl -lcrypto"
bearssl="-DAMT_BEARSSL -lbearssl $ssl"
mbedtls="-DAMT_MBEDTLS -lmbedtls -lmbedx509 -lmbedcrypto $ssl"
sh tests/json_suite.sh $out/json_suite >/dev/null 2>&1 || true
[ -d $out/json_suite/files ] && export JSON_TEST_SUITE=$out/json_suite/files

gcov=yes mcdc=yes
command -v gcovr >/dev/null ||
  { gcov=; echo "left    COVERAGE line, branch: no gcovr"; }
command -v clang-19 >/dev/null && command -v llvm-cov-19 >/dev/null ||
  { mcdc=; echo "left    COVERAGE mcdc: no clang-19, llvm-19"; }

set_sources() {
  name=$1 file=$(sh tests/sources.sh $2 | head -n 1)
  others=$(sh tests/sources.sh $2 | sed 1d)
}

# program NAME TEST OPTION...: builds TEST (tests/sources.sh) for gcov and for
# llvm-cov, runs both.
program() {
  set_sources $1 $2; shift 2
  (cd $out/gcc && gcc -std=gnu99 -O0 -g --coverage -I../../.. -I../../../backends -I../../../tests \
     $(opts "$@") $(printf '../../../%s ' $file $others) -o $name -lcmocka \
     $(libs "$@"))
  ($out/gcc/$name >$out/gcc/$name.log 2>&1 ||
   echo "$name failed: $out/gcc/$name.log") &
  [ -z "$mcdc" ] || with_clang "$@"
  wait
}

clang_alone() {
  set_sources $1 $2; shift 2
  [ -z "$mcdc" ] || with_clang "$@"
}

with_clang() {
  printf '#include "%s"\n' $file >$out/clang/test.c
  clang-19 -std=gnu99 -O0 -g -fprofile-instr-generate -fcoverage-mapping \
    -fcoverage-mcdc -I. -Ibackends -Itests $(opts "$@") $out/clang/test.c $others \
    -o $out/clang/$name -lcmocka $(libs "$@") 2>$out/clang/$name.log
  LLVM_PROFILE_FILE=$out/clang/$name.raw $out/clang/$name \
    >>$out/clang/$name.log 2>&1 || echo "$name failed: $out/clang/$name.log"
}
opts() { for o; do case $o in -l*) ;; *) printf '%s ' "$o";; esac; done; }
libs() { for o; do case $o in -l*) printf '%s ' "$o";; esac; done; }

for test in json http job pump; do program $test $test; done
for test in json http; do program $test-plain $test -DAMT_WIDE=0; done
# Decisions that the default lacks. gcc cannot count branches with -Os.
for test in json job; do clang_alone $test-small $test -Os; done
clang_alone http-64 http -DAMT_WIDE=64
for test in tls faults; do
  program $test-bearssl $test $bearssl
  program $test-mbedtls $test $mbedtls
done

line_and_branch() {
  (cd $out/gcc && for what in "" --branches; do
    gcovr -r ../../.. -f '../../../(backends/)?amt\w*\.h' $what -s . 2>/dev/null
  done) >$out/gcc.txt
  grep -E '^(backends/)?amt\w*\.h' $out/gcc.txt # what is missing, by line
  awk '/^(lines|branches):/ && !seen[$1]++ {
         sub("%", "", $2)
         print "COVERAGE", $1 == "lines:" ? "line" : "branch", $2 }' \
    $out/gcc.txt
}

# Each condition must change its decision in at least one program. The programs'
# counts are not added up: other options make another function.
mcdc() {
  for raw in $out/clang/*.raw; do
    llvm-profdata-19 merge -o $raw.prof $raw
    llvm-cov-19 show ${raw%.raw} -instr-profile=$raw.prof --show-mcdc \
      -sources amt.h amt_http.h backends/*.h
  done >$out/mcdc-lines.txt
  awk '/^\/.*\.h:$/ { file = $1 }
       /MC\/DC Decision Region/ { at = file $(NF - 2) }
       / C[0-9]+-Pair: (not )?covered/ {
         match($0, /C[0-9]+/)
         condition = at " " substr($0, RSTART, RLENGTH)
         seen[condition] += !/not covered/
       }
       END {
         for (condition in seen) {
           all++; good += seen[condition] > 0
           if (!seen[condition]) print condition " changes nothing in any test"
         }
         printf "COVERAGE mcdc %.2f\n", 100 * good / all
       }' $out/mcdc-lines.txt
}
[ -z "$gcov" ] || line_and_branch
[ -z "$mcdc" ] || mcdc
