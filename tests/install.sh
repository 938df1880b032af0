#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# make install into an empty folder, use of what was installed, make uninstall;
# the manual, the completions, the static tool. kits.py tests what extras/ has
# for other ecosystems.
# usage: install.sh manual|completion|install|static
set -e
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# The options that the tool lists.
options() { build/amt --help | grep -oE '(^|[ ,])--?[a-z][a-z-]*' | tr -d ' ,' |
            sort -u; }

# The manual page is clean, and has each option of the tool.
manual() {
  mandoc -T lint -W warning extras/amt.1
  mandoc -T utf8 extras/amt.1 | sed 's/.\x08//g' >"$dir/page"
  for o in $(options); do
    grep -qE "(^|[^a-z-])$o([^a-z-]|\$)" "$dir/page" ||
      { echo "amt.1 lacks $o"; exit 1; }
  done
  privileges
}

# What an administrator has to grant, and where its absence shows.
privileges() {
  sed -n '/^   Privileges/,/^   The server/p' "$dir/page" | tr -s ' \n' ' ' \
    >"$dir/privileges"
  while read -r words; do
    grep -qE "$words" "$dir/privileges" ||
      { echo "amt.1, Privileges: no '$words'"; exit 1; }
  done <<EOF
privilege to submit jobs.*refuses the Start
privilege to monitor jobs.*exit status is 75
privilege to read a job's messages.*check the message privilege
no privileged user
no credentials into parameters
EOF
}

# Completes the last word of a command line.
complete_words() {
  bash -c '. extras/amt.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _amt
           printf "%s\n" "${COMPREPLY[@]}"' bash "$@" | sort | tr '\n' ' '
}

# expect WANTED WORD...
expect() {
  wanted=$1; shift
  got=$(complete_words "$@")
  [ "$got" = "$wanted " ] || { echo "$*: got '$got', not '$wanted'"; exit 1; }
}

completion() {
  touch "$dir/one.wire" "$dir/two words.wire"
  mkdir "$dir/only"
  expect "probe" amt pro
  expect "encrypt" amt e
  expect "learn" amt l
  expect "$dir/one.wire" amt learn "$dir/one"
  expect "--output" amt learn one --o
  expect "START STOP" amt -jt st
  expect "KILL" amt --job-type k
  expect "--follow --format" amt -an DEMO2 --fo
  expect "acs connector json text" amt --format ""
  expect "detach" amt --on-signal d
  expect "$dir/one.wire" amt --wire "$dir/one"
  expect "$dir/two words.wire" amt -c "$dir/tw"
  expect "$dir/only" amt --log-dir "$dir/"
  expect "" amt -an ""
  expect "" amt -an --fo
  expect "--format" amt -pa -jt --form
  expect "--follow" amt -tv --wire --fol
  expect "--no-keep-alive --no-wait" amt -v --no
  expect "-v" amt encrypt ""
  expect "" amt encrypt -v ""
  expect "--wire" amt probe --w
  expect "" amt probe --no-w
  expect "--insecure --insecure-common-name" amt probe --ins
  expect "--report" amt probe --rep
  expect "tap" amt ta
  expect "--save --secrets" amt tap --s
  expect "$dir/one.wire" amt tap --secrets --save "$dir/one"
  expect "" amt --pin ""
  expect "$dir/one.wire" amt -v --ca "$dir/one"
  expect "$dir/one.wire" amt anchors "$dir/one"
  expect "--cert --key" amt anchors -
  expect "$dir/two words.wire" amt anchors --cert one --key "$dir/tw"
  for o in $(options); do
    case " $(complete_words amt -) " in
    *" $o "*) ;;
    *) echo "amt.bash lacks $o"; exit 1 ;;
    esac
  done
  other_shells
}

# fish and zsh complete the options that the tool lists, no more and no less.
other_shells() {
  options >"$dir/options"
  sed -n 's/^complete -c amt//p' extras/amt.fish |
    grep -oE ' -[sol] [a-z-]+' | sed 's/ -l /--/; s/ -[so] /-/' | sort -u \
    >"$dir/fish"
  sed -n "s/\[.*//; /^  '/p" extras/_amt | grep -oE -- '--?[a-z][a-z-]*' |
    sort -u >"$dir/zsh"
  for shell in fish zsh; do
    diff "$dir/options" "$dir/$shell" ||
      { echo "$shell completes other options"; exit 1; }
    for word in START ATTACH connector detach probe anchors; do
      grep -qw "$word" extras/amt.fish && grep -qw "$word" extras/_amt ||
        { echo "$shell: no $word"; exit 1; }
    done
  done
}

# cmake_project NAME LINE: a whole job without a server, in a project that gets
# the headers by that line; what CMake says is in NAME.log.
cmake_project() {
  rm -rf "$dir/${1:?}"
  mkdir "$dir/$1"
  cp examples/replay.c "$dir/$1"
  printf '%s\n' 'cmake_minimum_required(VERSION 3.15)' 'project(p C)' "$2" \
    'add_executable(replay replay.c)' \
    'target_link_libraries(replay amt::amt)' >"$dir/$1/CMakeLists.txt"
  { cmake -S "$dir/$1" -B "$dir/$1/build" -DCMAKE_PREFIX_PATH="$root" &&
    cmake --build "$dir/$1/build" && "$dir/$1/build/replay"; } \
    >"$dir/$1.log" 2>&1
}

# Each way to get the headers, and a version that does not exist yet.
cmake_ways() {
  version=$(sed 's/^amt //' "$dir/version")
  next=$(echo "$version" | awk -F. '{ print $1 "." $2 + 1 "." $3 }')
  cmake_project find "find_package(amt $version REQUIRED)" ||
    { cat "$dir/find.log"; exit 1; }
  grep -q "^amt_DIR:PATH=$root/share/cmake/amt$" \
    "$dir/find/build/CMakeCache.txt"
  cmake_project folder "add_subdirectory($PWD/extras/cmake amt)" ||
    { cat "$dir/folder.log"; exit 1; }
  cmake_project fetch "include(FetchContent)
    FetchContent_Declare(amt SOURCE_DIR $PWD SOURCE_SUBDIR extras/cmake)
    FetchContent_MakeAvailable(amt)" || { cat "$dir/fetch.log"; exit 1; }
  if cmake_project next "find_package(amt $next REQUIRED)"; then exit 1; fi
  grep -q "amt-config.cmake, version: $version$" "$dir/next.log"
}

installation() {
  used "$dir/root" /opt/amt
  used "$dir/a root" "/opt/two words"
  used "$dir/one" /opt/amt SINGLE=1
  [ "$headers" = amt.h ]
}

# used DESTDIR PREFIX OPTION: installs there, uses that, and uninstalls.
used() {
  set -- "DESTDIR=$1" "PREFIX=$2" $3
  to=${1#*=} prefix=${2#*=} root=${1#*=}${2#*=}
  make -s install "$@"
  [ "$(ls "$to$prefix")" = "$(printf 'bin\ninclude\nshare')" ]
  headers=$(ls "$root/include")
  "$root/bin/amt" --version >"$dir/version"
  export PKG_CONFIG_PATH="$root/share/pkgconfig"
  export PKG_CONFIG_SYSROOT_DIR="$to"
  [ "amt $(pkg-config --modversion amt)" = "$(cat "$dir/version")" ]
  [ "$(pkg-config --variable=includedir amt)" = "$prefix/include" ] ||
    [ "$(pkg-config --variable=includedir amt)" = "$root/include" ]
  cp examples/minimal.c "$dir"
  (cd "$dir" && rm -f minimal && eval "cc -std=c99 $(pkg-config --cflags amt)" \
    "minimal.c -o minimal $(pkg-config --libs amt)" && test -x minimal)
  cmake_ways
  mandoc -T lint -W warning "$root/share/man/man1/amt.1"
  bash -n "$root/share/bash-completion/completions/amt"
  touch "$root/bin/another"
  make -s uninstall "$@"
  [ "$(find "$to" ! -type d)" = "$root/bin/another" ]
}

# Both programs; or one, and a message, if BearSSL's source cannot be fetched.
static() {
  make -s static >"$dir/out"
  cat "$dir/out"
  grep -q "^build/amt-static-plain: [0-9]* bytes, static, without TLS" \
    "$dir/out"
  grep -qE "^(build/amt-static: [0-9]* bytes, static, with TLS|The source of)" \
    "$dir/out"
  for program in build/amt-static-plain build/amt-static; do
    if readelf -l $program | grep -q INTERP; then exit 1; fi
    $program --version
  done
  if grep -q "with TLS" "$dir/out"; then over_https build/amt-static; fi
}

# A whole run over TLS, with the system's randomness and clock.
over_https() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=static \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$dir/key" -out "$dir/cert" \
    2>"$dir/openssl" || { cat "$dir/openssl"; exit 1; }
  build/amtsim --port 0 --speed 50 --tls "$dir/cert" "$dir/key" >"$dir/url" &
  server=$!
  trap 'kill $server; rm -rf "$dir"' EXIT
  until grep -q listening "$dir/url"; do sleep 0.1; kill -0 $server; done
  AMT_SERVER=$(sed 's/.*listening on //' "$dir/url") AMT_USER=ocadm \
    AMT_PASSWORD=opconxps "$1" -an DEMO2 -jn REPORTTEST01 --zero-on-done \
    --poll 0.1 --initial-delay 0 --format text --ca "$dir/cert"
}

case $1 in
install) installation ;;
*) "$1" ;;
esac
