#!/bin/sh
# Fetches the public JSON test suite (nst/JSONTestSuite) into the given folder,
# from the Debian source package that carries a copy; nothing of it is kept in
# this repository. usage: json_suite.sh FOLDER
set -e
mkdir -p "$1"; cd "$1"
[ -d files ] && exit 0
dir=$PWD
# The machine's own package sources, turned into source packages, privately.
mkdir -p lists/partial parts
for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ -f "$f" ] && sed -n 's/^deb /deb-src /p' "$f" >>parts/own.list
done
for f in /etc/apt/sources.list.d/*.sources; do
  [ -f "$f" ] && sed 's/^Types:.*/Types: deb-src/' "$f" >parts/"$(basename "$f")"
done
options="-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=$dir/parts
  -o Dir::State::lists=$dir/lists -o APT::Sandbox::User=root"
apt-get -qq $options update
apt-get -qq $options source --download-only haskell-aeson
found=$(tar -tf haskell-aeson_*.orig.tar.* | grep -E 'JSONTestSuite/.*y_.*\.json$' |
        head -n 1)
[ -n "$found" ]
mkdir unpacked
tar -xf haskell-aeson_*.orig.tar.* -C unpacked "$(dirname "$found")"
mv "unpacked/$(dirname "$found")" files
ls files | grep -c '^y_'
