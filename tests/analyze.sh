#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Static analysis of the headers and the examples. For each tool, prints what it
# finds, then "ANALYZE NAME findings N". Exits with 1 if there are any. A tool
# that is not installed is named and left out. Takes two minutes of two idle
# processors. usage: analyze.sh (make analyze)
cd "$(dirname "$0")/.." || exit 1
out=build/analyze
mkdir -p $out
result=0
EVERYTHING="-DAMT_IMPLEMENTATION -DAMT_POSIX -DAMT_BEARSSL -DAMT_MBEDTLS"
LEAST="-DAMT_IMPLEMENTATION -DAMT_DEFAULT_WIRE_ONLY -DAMT_NO_TEXT"
SMALL="minimal replay superloop two_jobs own_stream trace_stream uart_log resume
  fleet http_get json_tokens"

# report NAME: $out/NAME.txt has a line for each finding.
report() {
  sort -u $out/$1.txt >$out/$1.sorted
  cat $out/$1.sorted
  n=$(wc -l <$out/$1.sorted)
  echo "ANALYZE $1 findings $n"
  [ "$n" -eq 0 ] || result=1
}

# --- gcc -------------------------------------------------------------------
# A compiler that fails is a finding, too. gcc does not look for NULL arguments:
# it would not see that nothing is put into a window without room, nor that no
# name of the default table is NULL. clang's analyzer looks for them.
analyze() {
  gcc -std=c99 -fanalyzer -Wno-analyzer-null-argument -I. -Ibackends "$@" \
    -c -o /dev/null >$out/gcc.log 2>&1 ||
    echo "gcc fails: $*"
  grep -E '(warning|error):' $out/gcc.log
}

gcc_all() {
  printf '#include "amt.h"\n' >$out/all.c
  analyze -O2 $EVERYTHING $out/all.c
  analyze -O2 $LEAST $out/all.c
  for e in $SMALL own_http; do analyze -O2 examples/$e.c; done
  for room in examples/amt/*.c; do analyze -O2 -DAMT_BEARSSL $room; done
}

# --- clang-tidy ------------------------------------------------------------
# Every check of these families but those named.
CHECKS='-*,bugprone-*,cert-*,clang-analyzer-*,misc-*,performance-*'
CHECKS="$CHECKS,portability-*,readability-*"
without() { CHECKS="$CHECKS,-$1"; }
without bugprone-easily-swappable-parameters # (p, n, used) is what C has
without bugprone-not-null-terminated-result  # lengths are kept beside the bytes
without cert-dcl37-c   # this and the next: bugprone-reserved-identifier, ...
without cert-dcl51-cpp # ... which has the option that allows _POSIX_C_SOURCE
without clang-analyzer-optin.performance.Padding # in the order of reading
# strcpy, strcat: it wants functions that C99 lacks. Lengths are checked before,
# and the tool's tests run under ASan.
without clang-analyzer-security.insecureAPI.strcpy
without readability-braces-around-statements # one short statement has none
# A state machine is one switch; the check counts macros and && as well.
without readability-function-cognitive-complexity
without readability-identifier-length        # i, n, p
without readability-isolate-declaration      # size_t i, n;
without readability-magic-numbers            # the bytes of protocols
without readability-non-const-parameter      # written on one system only
without readability-uppercase-literal-suffix # 10u

# tidy FILE CHECKS OPTION...
tidy() {
  file=$1 checks=$2; shift 2
  clang-tidy -quiet --checks="$checks" --config='{CheckOptions: [{key:
    bugprone-reserved-identifier.AllowedIdentifiers, value: _POSIX_C_SOURCE}]}' \
    $file -- -std=c99 -I. -Ibackends "$@" 2>$out/tidy.log |
    grep -E '^[^ ].*: (warning|error): '
  grep -E 'error' $out/tidy.log
}

# clang's analyzer looks only into the file that it is given, so it gets each
# header. The small examples do not ask whether printing went well
# (cert-err33-c); the tool must.
tidy_all() {
  for header in amt.h amt_http.h; do
    tidy $header "$CHECKS" -x c $EVERYTHING
  done
  tidy amt.h "$CHECKS" -x c $LEAST
  for e in $SMALL; do tidy examples/$e.c "$CHECKS,-cert-err33-c"; done
  # For all clang knows, libcurl's calls leave anything in the job's state.
  tidy examples/own_http.c "$CHECKS,-cert-err33-c,-clang-analyzer-core*"
  for room in examples/amt/*.c; do tidy $room "$CHECKS" -DAMT_BEARSSL; done
}

# --- cppcheck, and its addon misra -----------------------------------------
# It does not see the systems' headers: it is told what they define. Left out:
#   knownConditionTrueFalse: after "c - '0' < 10u" it takes c for less than '0',
#     since it does not know that unsigned numbers wrap
#   variableScope, shadow*: variables stand at the head of their function;
#     -Wshadow tells of the shadows that matter
#   funcArgNamesDifferent: declarations have longer names, for their readers
#   *Called: localtime, gmtime, readdir are safe, since the tool has one thread
#   unusedStructMember: no option changes a struct, and some members are read
#     by their place alone, or by AMT_ASSERT
#   selfAssignment: without amt_wide.h, amt__over is the place it was given
#   objectIndex: one text is passed as a list of one
#   badBitmaskCheck: some builds have an empty set of bits
#   unassignedVariable: it does not see that strcpy fills an array
#   constParameter: a callback cannot choose its parameters' types
#   duplicateCondition: several statements in a row have the same condition
DEFINED="-DAI_NUMERICHOST=4 -DMSG_NOSIGNAL=16384
         -DMBEDTLS_SSL_MAX_FRAGMENT_LENGTH"
LEFT_OUT="missingIncludeSystem knownConditionTrueFalse variableScope
          shadowFunction shadowVariable funcArgNamesDifferent localtimeCalled
          gmtimeCalled readdirCalled unusedStructMember selfAssignment
          objectIndex badBitmaskCheck unassignedVariable constParameter
          duplicateCondition"
cpp() {
  cppcheck -q --language=c --std=c99 --platform=unix64 --library=posix \
    --enable=warning,style,performance,portability --inconclusive -I. -Ibackends \
    --template='{file}:{line}: {id}: {message}' \
    $(for s in $LEFT_OUT; do echo "--suppress=$s"; done) "$@" 2>&1
}

cppcheck_all() {
  cpp --addon=misra $EVERYTHING $DEFINED amt.h
  cpp --addon=misra $LEAST amt.h
  for e in $SMALL own_http; do
    cpp -DAMT_POSIX -DAMT_BEARSSL $DEFINED examples/$e.c
  done
  cpp -DAMT_BEARSSL $DEFINED examples/amt/*.c
}

# Rules broken that tests/misra.txt does not list, and the other way round.
misra() {
  sed -n 's/.*: misra-c2012-\([0-9.]*\): .*/\1/p' $out/cppcheck.log | sort -u \
    >$out/broken
  sed -n 's/^\([0-9][0-9.]*\) .*/\1/p' tests/misra.txt | sort -u >$out/listed
  comm -23 $out/broken $out/listed | while read -r rule; do
    grep -F ": misra-c2012-$rule: " $out/cppcheck.log
  done
  comm -13 $out/broken $out/listed | sed 's/$/: listed in vain/'
}

# --- all, on two processors ------------------------------------------------
here() {
  command -v $1 >/dev/null || { echo "left    ANALYZE $1: no $1"; return 1; }
}
tools=gcc
gcc_all >$out/gcc.txt &
if here clang-tidy; then
  tidy_all >$out/clang-tidy.txt
  tools="$tools clang-tidy"
fi
if here cppcheck; then
  cppcheck_all >$out/cppcheck.log
  grep -v ': misra-' $out/cppcheck.log >$out/cppcheck.txt
  misra >$out/misra.txt
  tools="$tools cppcheck misra"
fi
wait
for name in $tools; do report $name; done
exit $result
