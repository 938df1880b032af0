#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# The tests of the TLS stream over mbedTLS against mbedTLS 3.6, which Debian 13
# has: in a root of its own, made by debootstrap. Needs root's rights and a
# Debian mirror; without them it exits with 77, after saying so.
# usage: tls36.sh ROOT [WORD]   WORD: only tests with it in their name
root=$1 word=$2
cd "$(dirname "$0")/.." || exit 1
packages=gcc,libc6-dev,libmbedtls-dev,libssl-dev,libcmocka-dev

left_out() {
  echo "tls36.sh: $1; left out" >&2
  exit 77
}

if [ ! -e "$root/made" ]; then
  [ "$(id -u)" = 0 ] || left_out "a root needs root's rights"
  sh tests/packages.sh debootstrap debian-archive-keyring
  rm -rf "$root" && mkdir -p "$root" || exit 1
  debootstrap --variant=minbase --include=$packages trixie "$root" \
    >"$root.log" 2>&1 || { tail -n 3 "$root.log" >&2
                           left_out "Debian 13 cannot be had"; }
  touch "$root/made"
fi
rm -rf "$root/src" && mkdir "$root/src" || exit 1
cp -r amt.h amt_http.h backends tests "$root/src" || exit 1
chroot "$root" sh -c "cd /src && dpkg-query -W libmbedtls-dev &&
  for options in '' '-DAMT_TLS_NO_IP -DAMT_TLS_NO_PIN'; do
    gcc -std=c99 -Wall -Wextra -Werror -fsyntax-only \$options -I. -Ibackends \
      tests/tls4.c || exit 1
  done
  gcc -std=gnu99 -Wall -Wextra -Werror -Wno-deprecated-declarations -O1 -g \
    -I. -Ibackends -Itests -DAMT_MBEDTLS tests/test_tls.c -o tls36 -lcmocka \
    -lssl -lcrypto -lmbedtls -lmbedx509 -lmbedcrypto && ./tls36 $word"
