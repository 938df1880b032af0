#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# The tests of the TLS stream over mbedTLS, with mbedTLS 3.6: in a root of
# Debian 13, which has it (tests/root.sh). Where that cannot be had, says so and
# exits with 77.
# usage: tls36.sh ROOT [WORD]   WORD: only tests with it in their name
root=$1 word=$2
cd "$(dirname "$0")/.." || exit 1
sh tests/root.sh "$root" trixie || exit
chroot "$root" sh -c "cd /src && dpkg-query -W libmbedtls-dev &&
  for options in '' '-DAMT_TLS_NO_IP -DAMT_TLS_NO_PIN'; do
    gcc -std=c99 -Wall -Wextra -Werror -fsyntax-only \$options -I. -Ibackends \
      tests/tls4.c || exit 1
  done
  gcc -std=gnu99 -Wall -Wextra -Werror -Wno-deprecated-declarations -O1 -g \
    -I. -Ibackends -Itests -DAMT_MBEDTLS tests/test_tls.c -o tls36 -lcmocka \
    -lssl -lcrypto -lmbedtls -lmbedx509 -lmbedcrypto && ./tls36 $word"
