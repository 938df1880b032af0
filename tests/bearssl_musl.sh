#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Builds BearSSL from Debian's source package, into FOLDER/libbearssl.a and
# FOLDER/inc: for musl (make static), for MinGW (make windows), or for musl on
# arm64 with the compiler MUSL_ARM64 (make dist). Nothing of it is kept in this
# repository. Exits with 1, after saying why, where it cannot be had.
# usage: bearssl_musl.sh FOLDER [mingw|arm64]
here=$(cd "$(dirname "$0")" && pwd)
case ${2:-musl} in
  musl) CC="musl-gcc -fno-pie -DBR_USE_URANDOM=1 -DBR_USE_UNIX_TIME=1" AR=ar ;;
  arm64) CC="$MUSL_ARM64 -fno-pie -DBR_USE_URANDOM=1 -DBR_USE_UNIX_TIME=1"
         AR=aarch64-linux-gnu-ar ;;
  mingw) CC="x86_64-w64-mingw32-gcc -DBR_USE_WIN32_RAND=1 -DBR_USE_WIN32_TIME=1"
         AR=x86_64-w64-mingw32-ar ;;
esac
export CC
mkdir -p "$1" && cd "$1" || exit 1
[ -f libbearssl.a ] && exit 0
dir=$PWD

fail() {
  echo "bearssl_musl.sh: $1" >&2
  tail -n 5 log >&2
  exit 1
}

# The client's half; the linker takes of it what amt uses.
compile() {
  rm -rf objects
  mkdir objects || return 1
  find sources/bearssl/src -name '*.c' | grep -vE 'ssl_server|ssl_scert' |
    xargs -P "$(nproc)" -I FILE sh -c '
      $CC -Os -ffunction-sections -fdata-sections \
        -fno-asynchronous-unwind-tables -Isources/bearssl/src \
        -Isources/bearssl/inc -c FILE -o objects/$(basename FILE .c).o' ||
    return 1
  $AR rcs libbearssl.new objects/*.o
}

: >log
sh "$here/debian_source.sh" "$dir/sources" bearssl 2>log ||
  fail "BearSSL's source package cannot be fetched"
compile >log 2>&1 || fail "BearSSL cannot be compiled for ${2:-musl}"
rm -rf inc objects
cp -r sources/bearssl/inc inc && mv libbearssl.new libbearssl.a
