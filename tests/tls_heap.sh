#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Runs tests/test_tls_heap.c against a simulated server with a certificate.
# usage: tls_heap.sh PROGRAM AMTSIM
set -e
dir=$(mktemp -d)
sh tests/certs.sh "$dir/certs" >"$dir/log" 2>&1
"$2" --port 0 --speed 100 --tls "$dir/certs/chain1.pem" \
  "$dir/certs/chain1.key" >"$dir/url" &
server=$!
trap 'kill $server; wait $server; rm -rf "$dir"' EXIT
until grep -q listening "$dir/url"; do sleep 0.1; done
"$1" "$(sed 's/.*listening on //' "$dir/url")" "$dir/certs/root.pem"
