#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Fetches a Debian source package into FOLDER/PACKAGE, unless it is there
# already, from the machine's own mirrors; a private list asks them for source
# packages. Nothing of it is kept in this repository. Exits with 77, after
# saying why, where it cannot be had.
# usage: debian_source.sh FOLDER PACKAGE
[ -d "$1/$2" ] && exit 0
mkdir -p "$1/$2.new" && cd "$1/$2.new" || exit 1
dir=$PWD

fetch() {
  command -v apt-get && command -v dpkg-source || return 1
  rm -rf lists parts
  mkdir -p lists/partial parts || return 1
  for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$f" ] && sed -n 's/^deb /deb-src /p' "$f" >>parts/own.list
  done
  for f in /etc/apt/sources.list.d/*.sources; do
    [ -f "$f" ] &&
      sed 's/^Types:.*/Types: deb-src/' "$f" >parts/"$(basename "$f")"
  done
  options="-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=$dir/parts
    -o Dir::State::lists=$dir/lists -o APT::Sandbox::User=root"
  apt-get -qq $options update
  apt-get -qq $options source "$1" && mv "$1"-*/ source
}

if ! fetch "$2" >log 2>&1; then
  tail -n 5 log >&2
  echo "debian_source.sh: the source package $2 cannot be fetched" >&2
  exit 77
fi
mv source "../$2" && cd .. && rm -rf "$dir"
