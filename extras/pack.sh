#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Packages for Arduino, ESP-IDF and PlatformIO (make kits): folders that hold
# all they need, with these headers and amt.h's version.
# usage: pack.sh make OUT HEADER...   OUT/arduino/amt, OUT/esp-idf/amt, ...
#        pack.sh check FOLDER...      says what is wrong with one, by name
set -e
extras=$(dirname "$0")

wrong() { echo "pack.sh: $*" >&2; exit 1; }

version_of() {
  sed -n 's/^#define AMT_VERSION_[MP][A-Z]* *//p' "$1" | paste -sd. -
}

# The path of a folder's manifest, if it has one.
manifest_of() {
  for name in library.properties library.json idf_component.yml; do
    [ ! -f "$1/$name" ] || { echo "$1/$name"; return; }
  done
}

check() {
  for folder; do
    manifest=$(manifest_of "$folder")
    [ -n "$manifest" ] || wrong "$folder has no manifest"
    [ -f "$folder/LICENSE" ] || wrong "$folder lacks LICENSE"
    case $manifest in *.properties) inside=src;; *) inside=include;; esac
    [ -f "$folder/$inside/amt.h" ] || wrong "$folder/$inside lacks amt.h"
    version=$(version_of "$folder/$inside/amt.h")
    exactly=$(echo "$version" | sed 's/[.]/[.]/g')
    grep -qE "version\"?[=:] *\"?$exactly\"?,?\$" "$manifest" ||
      wrong "$manifest says another version than amt.h, which says $version"
    for header in "$folder/$inside"/*.h; do
      for needed in $(sed -n 's/^#include "\(amt_[a-z_]*\.h\)".*/\1/p' \
                        "$header"); do
        [ -f "$folder/$inside/$needed" ] ||
          wrong "$folder/$inside lacks $needed, which ${header##*/} includes"
      done
    done
  done
}

# filled FROM TO: copies a manifest and fills in the version.
filled() { sed "s/@VERSION@/$version/" "$1" >"$2"; }

make_all() {
  out=$1; shift
  for header; do [ -f "$header" ] || wrong "$header is not there"; done
  version=$(version_of "$1")
  rm -rf "$out/arduino/amt" "$out/esp-idf/amt" "$out/platformio/amt"
  mkdir -p "$out/arduino/amt/src" "$out/esp-idf/amt/include" \
    "$out/platformio/amt/include"
  cp "$@" "$extras/arduino/AmtClient.h" "$out/arduino/amt/src"
  cp -r "$extras/arduino/examples" "$out/arduino/amt"
  filled "$extras/arduino/library.properties" \
    "$out/arduino/amt/library.properties"
  cp "$@" "$out/esp-idf/amt/include"
  cp "$extras/esp-idf/amt/CMakeLists.txt" "$extras/esp-idf/amt/amt.c" \
    "$out/esp-idf/amt"
  { echo "version: \"$version\""
    cat "$extras/esp-idf/amt/idf_component.yml"
  } >"$out/esp-idf/amt/idf_component.yml"
  cp "$@" "$out/platformio/amt/include"
  filled "$extras/platformio/library.json" "$out/platformio/amt/library.json"
  for folder in "$out"/*/amt; do
    cp "$extras/../LICENSE" "$folder"
    check "$folder"
    echo "$folder $version"
  done
}

case $1 in
make) shift; make_all "$@" ;;
check) shift; check "$@" ;;
*) wrong "usage: see the first lines" ;;
esac
