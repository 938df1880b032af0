#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Compiles amt.h over the sockets of lwIP as it is by default, and with IPv6 and
# DNS on or off. By default lwIP is without both, and close(fd), read(...) and
# write(...) are macros of its own: here they are defined before amt.h.
# usage: lwip_defaults.sh SOURCES FOLDER COMPILER OPTION...
sources=$1 dir=$2; shift 2
sh tests/debian_source.sh "$sources" lwip || exit 1
mkdir -p "$dir" || exit 1

bad=0
for opts in "" "LWIP_IPV6 1" "LWIP_DNS 1" "LWIP_IPV6 1,LWIP_DNS 1" \
            "LWIP_IPV6 1,LWIP_IPV4 0,LWIP_DNS 1"; do
  echo "NO_SYS 0,LWIP_SOCKET_POLL 1,$opts" | tr , '\n' |
    sed -n 's/^[A-Z]/#define &/p' >"$dir/lwipopts.h"
  cat >>"$dir/lwipopts.h" <<-'EOF'
	#ifdef __linux__ /* its libc has one */
	#include <sys/time.h>
	#define LWIP_TIMEVAL_PRIVATE 0
	#endif
	EOF
  for first in "" "#include <lwip/sockets.h>"; do
    printf '%s\n' "$first" '#define AMT_IMPLEMENTATION' '#define AMT_LWIP' \
      '#include "amt.h"' >"$dir/lwip_defaults.c"
    if "$@" -I"$dir" -Itests/lwip -I. -Ibackends \
         -isystem "$sources/lwip/src/include" \
         -c "$dir/lwip_defaults.c" -o "$dir/lwip_defaults.o"; then
      echo "ok ${opts:-defaults} $first"
    else
      echo "FAILED ${opts:-defaults} $first"
      bad=1
    fi
  done
done
exit $bad
