#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Two builds of amt.exe, and of its zip, are the same bytes; both have the
# version, the manifest, and what a Windows administrator needs.
set -e
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
version=$(sed -n 's/^.define AMT_VERSION_[MP][A-Z]* *//p' amt.h | paste -sd. -)
zip=build/amt-$version-windows.zip

for n in 1 2; do
  rm -f build/amt.res.o build/amt-plain.exe build/amt.exe "$zip"
  make -s windows-zip >"$dir/out" 2>&1 || { cat "$dir/out"; exit 1; }
  mv "$zip" "$dir/$n.zip"
  cp build/amt.exe "$dir/$n.exe"
  sleep 1 # time stamps have seconds
done
cmp "$dir/1.exe" "$dir/2.exe"
cmp "$dir/1.zip" "$dir/2.zip"

# In UTF-16, each name before its value.
strings -el "$dir/1.exe" >"$dir/words"
for name in FileVersion ProductVersion; do
  [ "$(sed -n "/^$name\$/{n;p;}" "$dir/words")" = "$version" ] ||
    { echo "amt.exe: no $name $version"; exit 1; }
done
for word in asInvoker '>true</longPathAware>' '>UTF-8</activeCodePage>'; do
  strings "$dir/1.exe" | grep -q "$word" ||
    { echo "amt.exe: no $word in its manifest"; exit 1; }
done

python3 -m zipfile -e "$dir/1.zip" "$dir"
cd "$dir/amt-$version"
[ "$(ls | LC_ALL=C sort)" = "$(printf '%s\n' Connector.config Encrypt.exe \
    LICENSE.txt README.txt SHA256SUMS amt.exe amt.txt schedulers.md |
    LC_ALL=C sort)" ]
sha256sum --check --quiet --strict SHA256SUMS
[ "$(wc -l <SHA256SUMS)" -eq 7 ]
! tr -d '\r' <README.txt | grep -E '.{81}'
# The licences of all that is linked into it.
grep -q '2026 the amt.h authors' LICENSE.txt
grep -q 'MinGW-w64 is in amt.exe' LICENSE.txt
! grep -aq "BearSSL's error" amt.exe || grep -q 'Thomas Pornin' LICENSE.txt
# The manual is plain text, with line ends as on Windows.
[ "$(grep -c "$(printf '\r$')" amt.txt)" -eq "$(wc -l <amt.txt)" ]
grep -q 'SERVER_USE_TLS  *True or False' amt.txt
! grep -q "$(printf '\b')" amt.txt
cmp amt.exe Encrypt.exe
cmp amt.exe "$dir/1.exe"
