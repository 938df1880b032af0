#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Builds lwIP for this machine, from Debian's source package, and test_lwip.c.
# usage: lwip.sh SOURCES PROGRAM COMPILER OPTION...
sources=$1 program=$2; shift 2
sh tests/debian_source.sh "$sources" lwip || exit 1
core=$sources/lwip/src/core
rm -rf "$program.objects" && mkdir -p "$program.objects" || exit 1
for f in "$core"/*.c "$core"/ipv4/*.c "$core"/ipv6/*.c \
         "$sources/lwip/src/netif/ethernet.c"; do
  "$@" -std=gnu99 -g -w -Itests/lwip -I"$sources/lwip/src/include" -c "$f" \
    -o "$program.objects/$(basename "$f" .c).o" || exit 1
done
"$@" -std=gnu99 -g -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow \
  -Wno-sign-compare -Itests/lwip -I. -Ibackends -isystem "$sources/lwip/src/include" \
  tests/test_lwip.c "$program.objects"/*.o -o "$program" -lcmocka
