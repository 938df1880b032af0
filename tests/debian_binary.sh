#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Unpacks binary packages of another Debian release into FOLDER, unless they are
# there already, from the machine's own mirror and with Debian's own keys.
# Nothing of them is installed, or kept in this repository. FOLDER/versions has
# a line "PACKAGE VERSION" for each. Exits with 77, after saying why, where they
# cannot be had.
# usage: debian_binary.sh FOLDER RELEASE PACKAGE...
folder=$1 release=$2; shift 2
mkdir -p "$folder" && cd "$folder" || exit 1
for package; do grep -q "^$package " versions 2>/dev/null || missing=1; done
[ -n "$missing" ] || exit 0
keys=/usr/share/keyrings/debian-archive-keyring.gpg

fetch() {
  command -v apt-get && command -v dpkg-deb || return 1
  mirror=$(sed -n 's/^deb .*\(http[^ ]*debian\.org[^ ]*\).*/\1/p
                   s/^URIs: *\([^ ]*debian\.org[^ ]*\).*/\1/p' \
             /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
           head -n 1)
  rm -rf $release && mkdir -p $release/lists/partial $release/cache || return 1
  echo "deb [signed-by=$keys] $mirror $release main" >$release/list
  options="-o Dir::Etc::sourcelist=$PWD/$release/list
    -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root
    -o Dir::State::lists=$PWD/$release/lists -o Dir::Cache=$PWD/$release/cache"
  apt-get -qq $options update && cd $release || return 1
  apt-get -qq $options download "$@" || return 1
  for deb in *.deb; do
    dpkg-deb -x $deb .. &&
      dpkg-deb -W --showformat '${Package} ${Version}\n' $deb >>../versions
  done
  /sbin/ldconfig -n ../usr/lib/*-linux-gnu
}

(fetch "$@") >log 2>&1 && exit 0
tail -n 5 log >&2
echo "debian_binary.sh: $* of $release cannot be fetched" >&2
exit 77
