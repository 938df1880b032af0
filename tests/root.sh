#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Makes a root of another Debian release by debootstrap, with these packages,
# unless it is there with them; puts the tree's sources into its /src. If no
# package is named, it has those of tests/tls36.sh and tests/prove.sh. Needs
# root's rights and a Debian mirror; without them it exits with 77, after saying
# so.
# usage: root.sh ROOT RELEASE [PACKAGE...]
root=$1 release=$2; shift 2
[ $# -gt 0 ] || set -- gcc libc6-dev libmbedtls-dev libssl-dev libcmocka-dev cbmc
cd "$(dirname "$0")/.." || exit 1

left_out() {
  echo "root.sh: $1; left out" >&2
  exit 77
}

if [ "$(cat "$root/made" 2>/dev/null)" != "$*" ]; then
  [ "$(id -u)" = 0 ] || left_out "a root needs root's rights"
  sh tests/packages.sh debootstrap debian-archive-keyring
  rm -rf --one-file-system "$root" && mkdir -p "$root" || exit 1
  debootstrap --variant=minbase --include="$(echo "$*" | tr ' ' ,)" $release \
    "$root" >"$root.log" 2>&1 ||
    { tail -n 3 "$root.log" >&2; left_out "Debian's $release cannot be had"; }
  echo "$*" >"$root/made"
fi
rm -rf "$root/src" && mkdir "$root/src" &&
  cp -r amt.h amt_http.h backends examples tests "$root/src"
