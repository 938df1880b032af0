#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Builds examples/firmware for `make firmware`: FOLDER/tls.elf and plain.elf,
# with lwIP and BearSSL from Debian's source packages (in sources/ beside
# FOLDER), and certificates for the test, with their authority in the image.
# usage: firmware.sh FOLDER AMT
set -e
mkdir -p "$1"
out=$(cd "$1" && pwd) amt=$2
sources=$(dirname "$out")/sources

for package in lwip bearssl; do
  sh tests/debian_source.sh "$sources" $package
done

# A CA, and the server's certificate, for the name that the image asks its DNS
# for.
certificates() {
  [ -f "$out/server.pem" ] && return
  openssl ecparam -name prime256v1 -genkey -noout -out "$out/ca.key"
  openssl req -x509 -new -key "$out/ca.key" -days 3650 -subj "/CN=firmware CA" \
    -out "$out/ca.pem"
  openssl ecparam -name prime256v1 -genkey -noout -out "$out/server.key"
  openssl req -new -key "$out/server.key" -subj /CN=amt.test \
    -out "$out/server.csr"
  echo subjectAltName=DNS:amt.test >"$out/server.ext"
  openssl x509 -req -in "$out/server.csr" -CA "$out/ca.pem" \
    -CAkey "$out/ca.key" -CAcreateserial -days 3650 \
    -extfile "$out/server.ext" -out "$out/server.new"
  mv "$out/server.new" "$out/server.pem"
}
certificates 2>"$out/log" || { cat "$out/log" >&2; exit 1; }
[ -f "$out/anchors.h" ] || "$amt" anchors "$out/ca.pem" >"$out/anchors.h"

exec ${MAKE:-make} --no-print-directory -C examples/firmware OUT="$out" \
  LWIP="$sources/lwip/src" BEARSSL="$sources/bearssl" \
  ANCHORS="$out/anchors.h"
