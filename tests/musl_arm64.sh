#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Builds musl for arm64, from Debian's source package, for make dist: afterwards
# FOLDER/bin/musl-gcc compiles and links with it. Nothing of it is kept in this
# repository. Exits with 1, after saying why, where it cannot be had.
# usage: musl_arm64.sh FOLDER
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1" || exit 1
[ -f lib/musl-gcc.specs ] && exit 0
dir=$PWD

fail() {
  echo "musl_arm64.sh: $1" >&2
  tail -n 5 log >&2
  exit 1
}

compile() {
  cd sources/musl &&
    ./configure --target=aarch64-linux-gnu CC=aarch64-linux-gnu-gcc \
      CFLAGS="-Os -ffile-prefix-map=$dir/=" --prefix="$dir" --syslibdir="$dir" \
      --disable-shared --enable-wrapper=gcc &&
    make -j "$(nproc)" lib/libc.a lib/crt1.o lib/Scrt1.o lib/crti.o \
      lib/crtn.o lib/musl-gcc.specs install-headers install-tools &&
    mkdir -p "$dir/lib" && cp lib/*.a lib/*.o lib/*.specs "$dir/lib/"
}

: >log
sh "$here/debian_source.sh" "$dir/sources" musl 2>log ||
  fail "musl's source package cannot be fetched"
(compile) >log 2>&1 || fail "musl cannot be compiled for arm64"
