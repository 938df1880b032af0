# SPDX-License-Identifier: MIT OR Unlicense
# How the tests say and count what they find; sourced by run.sh and others. Each
# check is one line: "ok", "FAILED", or "left" with the reason why it cannot run
# here. total prints the last line, and fails if a check did.
passed=0 failed=0 skipped=0

ok()   { passed=$((passed + 1)); echo "ok      $1"; }
left() { skipped=$((skipped + 1)); echo "left    $1: $2"; }
fail() { failed=$((failed + 1)); echo "FAILED  $1"; sed 's/^/        /' $log |
         tail -n 40; }

# No check may take longer, even on a busy machine: one that hangs fails.
LIMIT="timeout -k 10 900"

# have PROGRAM, have HEADER.h, have FOLDER/, have /FILE
have() {
  case $1 in
  [!/]*.h) echo "#include <$1>" | ${CC:-cc} -E - >/dev/null 2>&1 ;;
  */) [ -d "$1" ] ;;
  /*) [ -e "$1" ] ;;
  *) command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] ;;
  esac
}

# lacking WORD...: which packages that a command's words need are missing. One
# program or header shows that a package is there.
lacking() {
  for word; do
    case $word in
    gcc|g++|clang|clang++|python3|musl-gcc) needed=$word ;;
    -DAMT_BEARSSL|-lbearssl) needed=bearssl.h ;;
    -DAMT_MBEDTLS|-lmbedtls) needed=mbedtls/ssl.h ;;
    -DAMT_LWIP) needed=/usr/include/lwip/ ;;
    -lcmocka) needed=cmocka.h ;;
    -lssl) needed=openssl/ssl.h ;;
    -lcurl) needed=curl/curl.h ;;
    -lcjson) needed=cjson/cJSON.h ;;
    -lhttp_parser) needed=http_parser.h ;;
    -lllhttp) needed=llhttp.h ;;
    -lpicohttpparser) needed=picohttpparser.h ;;
    -lyyjson) needed=yyjson.h ;;
    -DPARSER_SIMDJSON) needed=/usr/include/simdjson.h ;;
    -ljansson) needed=jansson.h ;;
    -ljson-c) needed=json-c/json.h ;;
    -lyajl) needed=yajl/yajl_parse.h ;;
    -DPARSER_JSMN) needed=jsmn.h ;;
    *) continue ;;
    esac
    have $needed || echo "no $needed"
  done | sort -u | paste -sd, - | sed "s|,no |, no |g"
}

# check NAME COMMAND...: passes if the command exits 0.
check() {
  name=$1; shift
  lacks=$(lacking "$@")
  if [ -n "$lacks" ]; then left "$name" "$lacks"
  elif $LIMIT "$@" >$log 2>&1; then ok "$name"; else fail "$name"; fi
}

# optional NAME COMMAND...: status 77 means that it cannot run here; then its
# last line says why.
optional() {
  name=$1; shift
  $LIMIT "$@" >$log 2>&1
  case $? in
    0) ok "$name" ;;
    77) left "$name" "$(tail -n 1 $log)" ;;
    *) fail "$name" ;;
  esac
}

# needing "WHAT ..." CHECK NAME ...: left out where one of these is not here.
needing() {
  lacks=
  for what in $1; do have "$what" || lacks="$lacks, no $what"; done
  shift
  if [ -n "$lacks" ]; then left "$2" "${lacks#, }"; else "$@"; fi
}

# suite NAME COMMAND...: a program that prints cmocka's closing lines.
suite() {
  name=$1; shift
  $LIMIT "$@" >$log 2>&1
  status=$?
  good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' $log | tail -n 1)
  bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' $log | tail -n 1)
  if [ $status -ne 0 ] || [ -z "$good" ]; then
    passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-1}))
    echo "FAILED  $name: ${bad:-it crashed, status $status}"
    grep -vE '^\[ (RUN     |      OK) \]' $log | tail -n 60 | sed 's/^/        /'
  else
    passed=$((passed + good))
    echo "ok      $name: $good tests"
  fi
}

# lines FILE: counts the lines that a file of tests has printed.
lines() {
  passed=$((passed + $(grep -c '^ok ' "$1")))
  failed=$((failed + $(grep -c '^FAILED ' "$1")))
  skipped=$((skipped + $(grep -c '^left ' "$1")))
}

total() {
  [ $skipped -eq 0 ] && also= || also=", $skipped skipped"
  echo
  echo "$passed passed, $failed failed$also"
  [ $failed -eq 0 ]
}
