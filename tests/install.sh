#!/bin/sh
# make install into an empty folder, use of what is there, make uninstall.
# usage: install.sh manual|completion|install|static
set -e
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# What is on the tool's options list.
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
}

# Completes the words of a command line, of which the last is begun.
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
  for o in $(options); do
    case " $(complete_words amt -) " in
    *" $o "*) ;;
    *) echo "amt.bash lacks $o"; exit 1 ;;
    esac
  done
}

installation() {
  make -s install DESTDIR="$dir/root" PREFIX=/opt/amt
  root=$dir/root/opt/amt
  "$root/bin/amt" --version >"$dir/version"
  export PKG_CONFIG_PATH="$root/share/pkgconfig"
  export PKG_CONFIG_SYSROOT_DIR="$dir/root"
  [ "amt $(pkg-config --modversion amt)" = "$(cat "$dir/version")" ]
  [ "$(pkg-config --variable=includedir amt)" = /opt/amt/include ] ||
    [ "$(pkg-config --variable=includedir amt)" = "$root/include" ]
  cp examples/minimal.c "$dir"
  (cd "$dir" && cc -std=c99 $(pkg-config --cflags amt) minimal.c -o minimal \
    $(pkg-config --libs amt) && test -x minimal)
  mandoc -T lint -W warning "$root/share/man/man1/amt.1"
  bash -n "$root/share/bash-completion/completions/amt"
  touch "$root/bin/another"
  make -s uninstall DESTDIR="$dir/root" PREFIX=/opt/amt
  [ "$(find "$dir/root" ! -type d)" = "$root/bin/another" ]
}

static() {
  make -s static >"$dir/out"
  cat "$dir/out"
  grep -q "^build/amt-static: [0-9]* bytes" "$dir/out"
  if readelf -l build/amt-static | grep -q INTERP; then exit 1; fi
  build/amt-static --version
}

case $1 in
install) installation ;;
*) "$1" ;;
esac
