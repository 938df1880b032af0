#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Runs everything (make test). Each check is one line; a cmocka program counts
# as many as it has tests. The last line is "N passed, N failed" and, if some
# could not run here, how many were skipped.

cd "$(dirname "$0")/.." || exit 1
out=build/test
mkdir -p $out
CC=${CC:-cc}
log=$out/log
. tests/report.sh

I="-I. -Ibackends"
STRICT="-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -pedantic
        -Wcast-qual -Werror"
SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all"

# What an example is linked with.
libraries() { case $1 in own_http) echo -lcurl ;; esac; }

units() {
# --- the headers as text ---------------------------------------------------
check "the contents list and the section tags agree" python3 tests/text.py tags
check "every header has the same version" python3 tests/text.py version
check "each file says its licence" python3 tests/text.py spdx
check "no line is over 80 columns" python3 tests/text.py width
check "manual and README show examples/minimal.c" python3 tests/text.py minimal
check "the README's other code compiles" python3 tests/text.py readme
check "the programs in the manuals compile" python3 tests/text.py manuals
check "the licence stands in each header" python3 tests/text.py licence
check "examples are at most 100 lines" python3 tests/text.py lines
check "CONTRIBUTING.md is at most 60 lines, and what it names exists" \
  python3 tests/text.py contributing
check "make help tells all targets" python3 tests/text.py targets
check "no recursion" python3 tests/text.py recursion
check "tests/lessons.txt names tests that exist" python3 tests/text.py lessons
check "SECURITY.md names tests that exist" python3 tests/text.py security
check "a word that no test has in its name is refused" sh -c "
  for tests in programs servers learn tap; do
    python3 tests/\$tests.py no_test_of_this_name 2>&1 | tee /dev/stderr |
      grep -qx \"no test's name has the word no_test_of_this_name in it\" || exit 1
    ! python3 tests/\$tests.py no_test_of_this_name || exit 1
  done"

# --- compilers and options -------------------------------------------------
for header in amt.h amt_http.h; do
  for compiler in "gcc -std=c99 -Wstrict-prototypes" \
                  "gcc -std=c11 -Wstrict-prototypes" \
                  "g++ -x c++ -std=c++11" \
                  "clang -std=c99 -Wstrict-prototypes" \
                  "clang -std=c11 -Wstrict-prototypes" \
                  "clang++ -x c++ -std=c++11"; do
    for options in "" "-DAMT_POSIX" "-DAMT_POSIX -DAMT_STATIC" \
                   "-DAMT_BEARSSL -DAMT_MBEDTLS -DAMT_POSIX" \
                   "-DAMT_BEARSSL -DAMT_TLS_NO_IP -DAMT_BEARSSL_SMALL" \
                   "-DAMT_MBEDTLS -DAMT_TLS_NO_PIN -DAMT_BUILD_TIME=1" \
                   "-DAMT_BEARSSL -DAMT_MBEDTLS -DAMT_TLS_NO_IP
                    -DAMT_TLS_NO_PIN -DAMT_NO_TEXT" \
                   "-D_GNU_SOURCE -isystem /usr/include/lwip -DAMT_LWIP" \
                   "-DAMT_NO_HTTP -DAMT_NO_TEXT" \
                   "-DAMT_DEFAULT_WIRE_ONLY -DAMT_NO_TEXT"; do
      printf '#include "%s"\n' $header >$out/header.c
      printf '#include "%s"\nint dummy;\n' $header >>$out/header.c
      check "no warning: $header, $compiler $options" \
        $compiler $STRICT -O2 $I -DAMT_IMPLEMENTATION $options \
        -c $out/header.c -o $out/header.o
      case $options in *STATIC*) continue;; esac
      check "no warning without the implementation: $header, $compiler $options" \
        $compiler $STRICT $I $options -c $out/header.c -o $out/header.o
    done
  done
done
for example in minimal replay superloop two_jobs own_stream trace_stream \
               uart_log resume fleet own_http http_get json_tokens; do
  for compiler in gcc clang; do
    check "no warning: examples/$example.c, $compiler" \
      $compiler -std=c99 -Wstrict-prototypes $STRICT -O2 $I \
      examples/$example.c -o $out/example $(libraries $example)
  done
done
for compiler in gcc clang; do
  for tls in "" -DAMT_BEARSSL; do
    check "no warning: examples/amt, $compiler $tls" \
      $compiler -std=c99 -Wstrict-prototypes -Wmissing-prototypes $STRICT -O2 $I \
      $tls examples/amt/*.c -o $out/example -lbearssl
  done
done
check "two files that include both headers link" sh -c "
  printf '#include \"amt.h\"\n#include \"amt_http.h\"\nint main(void) { return amt_status_ends(4) - 1; }\n' >$out/one.c &&
  printf '#define AMT_IMPLEMENTATION\n#include \"amt.h\"\n#include \"amt_http.h\"\n' >$out/two.c &&
  printf '#define AMT_STATIC\n#define AMT_DEFAULT_WIRE_ONLY\n#define AMT_IMPLEMENTATION\n#include \"amt_http.h\"\n#include \"amt.h\"\n' >$out/three.c &&
  gcc -std=c99 $I $out/one.c $out/two.c $out/three.c -o $out/linked && $out/linked &&
  g++ -x c++ -std=c++11 $I $out/one.c $out/two.c -o $out/linked && $out/linked"
check "no option changes the layout of a struct" sh -c "
  for o in '' -DAMT_BEARSSL -DAMT_MBEDTLS -DAMT_STATIC -DAMT_NO_HTTP -DAMT_NO_TEXT -DAMT_DEFAULT_WIRE_ONLY -DAMT_POSIX; do
    gcc -std=c99 $I \$o tests/layout.c -o $out/layout && $out/layout || exit 1
  done | sort -u | tee /dev/stderr | wc -l | grep -qx 1"

needing "tcc dpkg-buildflags" \
  check "tcc and Debian's hardening flags find nothing" \
  sh tests/compilers.sh tcc hardened

# --- the object: no heap, no writable data, no stray names -----------------
printf '#define AMT_IMPLEMENTATION\n#include "amt.h"\n' >$out/object.c
gcc -std=c99 -Os -fno-pie $I -c $out/object.c -o $out/object.o
gcc -std=c99 -Os -fno-pie $I -DAMT_POSIX -c $out/object.c -o $out/posix.o
gcc -std=c99 -Os -fno-pie $I -DAMT_BEARSSL -c $out/object.c -o $out/tls.o
check "no symbol of the heap or of stdio, only string.h's" sh -c "
  nm -u $out/object.o | awk '{print \$2}' |
  grep -vxE 'mem(cpy|move|set|chr|cmp)|str(len|chr|str|ncmp)|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_' |
  tee /dev/stderr | wc -l | grep -qx 0"
check "TLS adds no symbols but BearSSL's" sh -c "
  nm -u $out/tls.o | awk '{print \$2}' | grep -v '^br_' |
  grep -vxE 'mem(cpy|move|set|chr|cmp)|str(len|chr|str|n?cmp)|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_' |
  tee /dev/stderr | wc -l | grep -qx 0"
check "no allocator among the symbols of the POSIX build" sh -c "
  ! nm -u $out/posix.o | grep -E 'alloc|free\$|printf|strto|_Zn'"
check "no writable data: .data and .bss are empty" sh -c "
  size $out/object.o $out/posix.o $out/tls.o | tee /dev/stderr |
  awk 'NR > 1 && (\$2 != 0 || \$3 != 0) { exit 1 }'"
check "only names that begin with amt are exported" sh -c "
  nm -g --defined-only $out/posix.o | awk '{print \$3}' | grep -v '^amt_' |
  tee /dev/stderr | wc -l | grep -qx 0"

# --- proof -----------------------------------------------------------------
optional "no run-time error in tokenizer and HTTP parser (Frama-C)" \
  sh tests/prove.sh eva
optional "none in requests, URLs, certificates and scanners (CBMC)" \
  sh tests/prove.sh cbmc

# --- units -----------------------------------------------------------------

# unit NAME LIBRARIES OPTION...: the test program NAME (tests/sources.sh) in
# each build or, with FEW set, in the one with sanitizers.
unit() {
  test=$1 libraries=$2; shift 2
  lacks=$(lacking -lcmocka $libraries)
  if [ -n "$lacks" ]; then left "tests/test_$test, $*" "$lacks"; return; fi
  for build in "gcc -O1 $SANITIZE" "clang -O1 $SANITIZE" "gcc -O2" \
               "gcc -m64 -O3 -funsigned-char"; do
    case $FEW$build in 1gcc*sanitize*|[!1]*) ;; *) continue;; esac
    lacks=$(lacking $build)
    if [ -n "$lacks" ]; then
      left "tests/test_$test, $build $*" "$lacks"
    elif $build "$@" -std=gnu99 -g $I -Itests $(sh tests/sources.sh $test) \
         -o $out/test_$test -lcmocka $libraries >$log 2>&1; then
      suite "tests/test_$test, $build $*" $out/test_$test
    else
      fail "tests/test_$test compiles, $build $*"
    fi
  done
}
for test in json http job pump faults; do unit $test ""; done
for bits in 0 32 64; do
  check "tests/test_json.c, $bits bits at once" sh -c "
    gcc -std=gnu99 -O2 -g $SANITIZE -DAMT_WIDE=$bits $I tests/test_json.c \
      -o $out/test_json_$bits -lcmocka && $out/test_json_$bits"
done
# -z now: binding at the first call would save all registers on the stack.
check "no secret is left on the stack where nothing is optimized" sh -c "
  gcc -std=gnu99 -O0 -g $I -Wl,-z,now tests/test_faults.c \
    -o $out/test_faults_0 -lcmocka && $out/test_faults_0"
# Two minutes at most for both; each says if it had to stop before its end.
for program in explore explore_pump; do
  case $program in explore) most=95;; *) most=25;; esac
  check "nothing is found in the states of tests/$program.c" sh -c "
    gcc -std=gnu99 -O2 $I tests/$program.c -o $out/$program &&
    $out/$program gate $most"
  grep '^EXPLORE' $log
done
check "exploring finds each mistake that is put in on purpose" \
  python3 tests/explore_mistakes.py
needing "node curl" \
  check "Python, Node and curl read replies as we do, or classes.txt says why not" \
  python3 tests/differ/differ.py 1500
needing "mbedtls/ssl.h bearssl.h" \
  check "of ten small changes to the headers nearly all are noticed" \
  python3 tests/mutants.py 10
unit tls "-lssl -lcrypto -lbearssl" -DAMT_BEARSSL
unit tls "-lssl -lcrypto -lmbedtls -lmbedx509 -lmbedcrypto" -DAMT_MBEDTLS
needing "bearssl.h mbedtls/ssl.h" check "docs/tls.md says what is seen" sh -c "
  rm -f $out/table.*
  gcc -std=gnu99 -O1 -DAMT_BEARSSL $I -Itests tests/test_tls.c \
    -o $out/table_bearssl -lcmocka -lssl -lcrypto -lbearssl &&
  gcc -std=gnu99 -O1 -DAMT_MBEDTLS $I -Itests tests/test_tls.c \
    -o $out/table_mbedtls -lcmocka -lssl -lcrypto \
    -lmbedtls -lmbedx509 -lmbedcrypto &&
  for each in bearssl mbedtls; do
    TLS_TABLE=$out/table.\$each $out/table_\$each what_is_shown || exit 1
  done
  python3 tests/tls_table.py check $out/table.bearssl $out/table.mbedtls"
optional "the TLS stream over mbedTLS 3.6, in a Debian 13 root" \
  sh tests/tls36.sh "$PWD/build/trixie" tls_13
FEW=1
unit tls_no_ip "-lbearssl" -DAMT_BEARSSL
unit tls_no_ip "-lmbedtls -lmbedx509 -lmbedcrypto" -DAMT_MBEDTLS
# These take longest.
unit faults "-lssl -lcrypto -lbearssl" -DAMT_BEARSSL
unit faults "-lssl -lcrypto -lmbedtls -lmbedx509 -lmbedcrypto" -DAMT_MBEDTLS
FEW=
lwip_source=build/sources
optional "lwIP's source package is fetched, for tests/test_lwip.c" \
  sh tests/debian_source.sh $lwip_source lwip
if [ -d $lwip_source/lwip ]; then
  for build in "gcc -O1 $SANITIZE" "clang -O1 $SANITIZE"; do
    rm -f $out/test_lwip
    check "tests/test_lwip.c compiles, $build" \
      sh tests/lwip.sh $lwip_source $out/test_lwip $build
    [ ! -x $out/test_lwip ] ||
      suite "tests/test_lwip.c, $build" $out/test_lwip
  done
  for compiler in "gcc -std=c99 -Wstrict-prototypes" \
                  "clang -std=c11 -Wstrict-prototypes" "g++ -x c++ -std=c++11" \
                  "clang++ -x c++ -std=c++11"; do
    printf '#include "amt_http.h"\n' >$out/header.c
    check "no warning: amt_http.h over lwIP, $compiler" \
      $compiler $STRICT -O2 $I -DAMT_IMPLEMENTATION -DAMT_LWIP_RAW \
      -DAMT_BEARSSL -Itests/lwip -isystem $lwip_source/lwip/src/include \
      -c $out/header.c -o $out/header.o
  done
  for compiler in "gcc -std=gnu99" "g++ -x c++ -std=gnu++11" \
                  "arm-none-eabi-gcc -std=c99"; do
    needing "${compiler%% *}" \
      check "amt.h over lwIP's sockets with lwIP's defaults, $compiler" \
      sh tests/lwip_defaults.sh $lwip_source $out/lwip_defaults \
      $compiler $STRICT
  done
fi
optional "the public JSON suite is fetched" sh tests/json_suite.sh $out/json_suite
if [ -d $out/json_suite/files ]; then
  suite "the public JSON suite" env JSON_TEST_SUITE=$out/json_suite/files \
    $out/test_json
fi
}

# under_wine NAME: tests that are not for Windows say so, and are not counted.
under_wine() {
  TEST_OUT=$out $LIMIT sh tests/wine.sh $out/wine sh -c '
    python3 tests/programs.py; python3 tests/tool.py
    python3 tests/sites.py; python3 tests/tap.py' >$out/wine.log 2>&1
  if [ $? -eq 77 ]; then left "$1" "$(tail -n 1 $out/wine.log)"; return; fi
  sed -i -e 's/^\(ok     \|FAILED \) /&amt.exe under Wine: /' \
    -e 's/^left    /-       amt.exe under Wine: /' $out/wine.log
  cat $out/wine.log
  lines $out/wine.log
  [ "$(grep -c '^programs: done' $out/wine.log)" -eq 4 ] || failed=$((failed + 1))
}

programs() {
# --- whole programs --------------------------------------------------------
check "examples/replay.c runs its job" build/replay
check "examples/own_stream.c runs its job" sh -c "
  gcc -std=c99 -O1 -g $SANITIZE $I examples/own_stream.c \
    -o $out/own_stream && $out/own_stream"
check "examples/uart_log.c brings its log to a slow UART" sh -c "
  gcc -std=c99 -O1 -g $SANITIZE $I examples/uart_log.c \
    -o $out/uart_log && $out/uart_log"
check "examples/replay.c with nothing but the default wire table" sh -c "
  gcc -std=c99 -O1 $SANITIZE $I -DAMT_DEFAULT_WIRE_ONLY -DAMT_NO_TEXT \
    examples/replay.c -o $out/replay && $out/replay"
gcc -std=c99 -O1 -g $I tests/test_tls_heap.c -o $out/tls_heap -lbearssl
check "a whole job over https with a heap that aborts" \
  sh tests/tls_heap.sh $out/tls_heap build/amtsim
check "make demo" sh tests/demo.sh build/amt build/amtsim
gcc -std=c99 -O1 -g $I tests/no_heap.c -o $out/no_heap
gcc -std=c99 -O1 -g $SANITIZE $I -DAMT_BEARSSL examples/amt/*.c \
  -o $out/amt_sanitized -lbearssl
gcc -std=c99 -O1 -g $SANITIZE -DAMT_BEARSSL $I tests/tls_probe.c \
  -o $out/tls_probe_bearssl -lbearssl
[ -n "$(lacking -DAMT_MBEDTLS)" ] ||
gcc -std=c99 -O1 -g $SANITIZE -DAMT_MBEDTLS $I tests/tls_probe.c \
  -o $out/tls_probe_mbedtls -lmbedtls -lmbedx509 -lmbedcrypto
for e in http_get json_tokens minimal superloop two_jobs trace_stream resume \
         fleet own_http
do
  [ -n "$(lacking $(libraries $e))" ] ||
  gcc -std=c99 -O1 -g $SANITIZE $I examples/$e.c -o $out/$e $(libraries $e)
done
# whole FILE: runs a file of tests, which prints a line for each.
whole() {
  said=$out/$(basename "$1" .py).log
  AMT=$out/amt_sanitized TEST_OUT=$out $LIMIT python3 "$1" >$said 2>&1
  cat $said
  lines $said
  grep -q '^programs: done' $said || failed=$((failed + 1))
}
needing "valgrind curl/curl.h" whole tests/programs.py
needing "bash clang openssl" whole tests/tool.py
needing openssl whole tests/sites.py
needing "mbedtls/ssl.h nginx openssl" whole tests/tls.py
whole tests/schedulers.py
whole tests/week.py
optional "one job under Slurm" sh -c "
  AMT=$out/amt_sanitized python3 tests/slurm.py once >$out/slurm.log
  status=\$?; cat $out/slurm.log; exit \$status"
whole tests/packages.py
whole tests/dist.py
needing "clang bearssl.h mbedtls/ssl.h curl/curl.h /usr/include/lwip/ g++
         x86_64-w64-mingw32-gcc" \
  whole tests/headers.py
needing git whole tests/bare.py
whole tests/servers.py
whole tests/dialects.py
whole tests/learn.py
whole tests/learn_sites.py
whole tests/new_site.py
whole tests/tap.py
whole tests/network.py
needing clang check "nothing found by 30 s of each fuzzer" sh tests/fuzz.sh 30
grep '^FUZZ' $log
optional "jobs over lwIP's sockets and a tap device" \
  sh tests/lwip_sockets.sh $out build/amt build/amtsim
mingw=x86_64-w64-mingw32
needing $mingw-gcc \
  check "make windows builds amt.exe without a warning" sh -c "
  rm -f build/amt*.exe; make windows >$out/windows.log 2>&1 &&
  ! grep -i warning $out/windows.log"
needing $mingw-gcc \
  check "amt.exe and its zip: the same bytes each time, with the version" \
  sh tests/windows.sh
needing $mingw-gcc \
  check "amt.exe needs only DLLs that Windows has" sh -c "
  $mingw-objdump -p build/amt.exe | sed -n 's/.*DLL Name: //p' |
  grep -vixE '(advapi32|crypt32|kernel32|msvcrt|ws2_32)\.dll' |
  tee /dev/stderr | wc -l | grep -qx 0"
needing $mingw-gcc under_wine "the tool's tests under Wine"
needing mandoc \
  check "amt.1 is clean and has every option" sh tests/install.sh manual
needing bash \
  check "the completion knows every option and value" \
  sh tests/install.sh completion
needing "bash cmake mandoc pkg-config" \
  check "make install, its files for pkg-config and CMake, make uninstall" \
  sh tests/install.sh install
needing "clang cmake git mbedtls/ssl.h /usr/include/lwip/" whole tests/kits.py
needing musl-gcc \
  check "make static builds a static amt that runs" sh tests/install.sh static
}

# Two lanes side by side, since many of the tests wait.
lane() {
  log=$out/log.$1
  $1
  echo "$passed $failed $skipped" >$out/count.$1
}
rm -f $out/count.*
lane units &
lane programs &
wait
for name in units programs; do
  if ! read -r good bad without <$out/count.$name; then
    good=0 bad=1 without=0
  fi
  passed=$((passed + good)) failed=$((failed + bad))
  skipped=$((skipped + without))
done
total
