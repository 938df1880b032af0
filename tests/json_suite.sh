#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Fetches the public JSON test suite (nst/JSONTestSuite) into FOLDER/files, from
# the Debian source package that carries a copy; nothing of it is kept in this
# repository. Exits with 77, after saying why, where that cannot be had.
# usage: json_suite.sh FOLDER
[ -d "$1/files" ] && exit 0
sh "$(dirname "$0")/debian_source.sh" "$1" haskell-aeson || exit $?
found=$(find "$1/haskell-aeson" -path '*JSONTestSuite/*' -name 'y_*.json' |
        head -n 1)
[ -n "$found" ] && mv "${found%/*}" "$1/files" && rm -rf "$1/haskell-aeson" &&
  ls "$1/files" | grep -c '^y_'
