#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Makes a Debian source package of this tree, with the version of amt.h; builds
# it with dpkg-buildpackage and checks it with lintian (make deb). Whoever
# distributes it sets DEBFULLNAME and DEBEMAIL.
# usage: debian.sh OUT [source]   OUT/amt_VERSION.dsc, .tar.xz, the packages; or
#                                 only OUT/amt-VERSION, as it would be built
set -e
cd "$(dirname "$0")/.."
mkdir -p "$1"
out=$(cd "$1" && pwd)
version=$(sed -n 's/^#define AMT_VERSION_[MP][A-Z]* *//p' amt.h | paste -sd. -)
tree=$out/amt-$version
rm -rf "$tree"
mkdir "$tree"

# The files of git, as they are here; without git, all files but build/.
if [ -e .git ]; then git ls-files -c -o --exclude-standard
else find . -path ./build -prune -o -type f -print; fi >"$out/files"
while read -r file; do
  [ -e "$file" ] || { echo "debian.sh: $file is not there" >&2; exit 1; }
done <"$out/files"
grep -v '^extras/debian/' "$out/files" | tar -c -T - | tar -x -C "$tree"
rm "$out/files"
cp -r extras/debian "$tree"
if [ -n "$DEBEMAIL" ]; then
  who="${DEBFULLNAME:-$DEBEMAIL} <$DEBEMAIL>"
  sed -i "s/^Maintainer: .*/Maintainer: $who/" "$tree/debian/control"
fi
manuals=https://www.debian.org/doc/packaging-manuals
{ echo "Format: $manuals/copyright-format/1.0/"
  printf '\nFiles: *\nCopyright: 2026 the amt.h authors\n'
  printf 'License: Expat or Unlicense\n'
  printf '\nLicense: Expat\n'
  sed -n '/^Permission/,/^DEALINGS/p' LICENSE | sed 's/^$/./; s/^/ /'
  printf '\nLicense: Unlicense\n'
  sed '1,/^B\. /d' LICENSE | sed 1d | sed 's/^$/./; s/^/ /'
} >"$tree/debian/copyright"
who=$(sed -n 's/^Maintainer: //p' "$tree/debian/control")
when=${SOURCE_DATE_EPOCH:-$(stat -c %Y CHANGELOG.md)}
{ printf 'amt (%s) unstable; urgency=medium\n\n' "$version"
  printf '  * Release %s; CHANGELOG.md says what is new.\n\n' "$version"
  printf ' -- %s  %s\n' "$who" "$(LC_ALL=C date -uR -d "@$when")"
} >"$tree/debian/changelog"
[ "$2" != source ] || exit 0
cd "$tree"
dpkg-buildpackage --no-sign >"$out/log" 2>&1 ||
  { tail -n 20 "$out/log"; exit 1; }
cd ..
for package in "$out"/*_"$version"_*.deb; do echo "$package"; done
lintian --allow-root --fail-on error,warning "$out"/amt_"$version"_*.changes
