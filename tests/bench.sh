#!/bin/sh
# Counts, so that anyone can see them: lines "BENCH NAME VALUE". Instructions
# are callgrind's, of the client alone, as the difference between many
# repetitions and few. usage: bench.sh (make bench)
set -e
cd "$(dirname "$0")/.."
out=build/bench
mkdir -p $out
CC=${CC:-gcc}

bench() { printf 'BENCH %s %s\n' "$1" "$2"; }

# instructions COMMAND...: prints how many it executes.
instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" \
    2>$out/callgrind >$out/stdout
  sed -n 's/.*Collected *: *//p' $out/callgrind
}

# --- TLS: handshakes with openssl s_server, EC P-256, one intermediate -----
sh tests/certs.sh $out/certs >$out/log 2>&1
port=0
server() { # OPTION...
  port=$((20000 + $$ % 10000 + port % 100 + 1))
  openssl s_server -accept 127.0.0.1:$port -naccept 100000 -quiet \
    -cert $out/certs/chain1.crt -cert_chain $out/certs/chain1.chain \
    -key $out/certs/chain1.key "$@" >$out/server 2>&1 &
  pid=$!
  sleep 0.5
}
trap 'kill $pid 2>/dev/null' EXIT

handshakes() { # NAME PROGRAM
  for kind in full resumed; do
    few=$(instructions $2 $port $out/certs/root.pem $kind 3)
    many=$(instructions $2 $port $out/certs/root.pem $kind 13)
    bench "$1-$kind.ir" $(((many - few) / 10))
    bench "$1-$kind.bytes" "$(cat $out/stdout)"
  done
}

$CC -std=gnu99 -O2 -I. -DAMT_BEARSSL tests/bench_tls.c -o $out/bearssl -lbearssl
$CC -std=gnu99 -O2 -I. -DAMT_MBEDTLS tests/bench_tls.c -o $out/mbedtls \
  -lmbedtls -lmbedx509 -lmbedcrypto
server -tls1_2 -no_ticket
handshakes tls $out/bearssl
handshakes tls-mbedtls $out/mbedtls
valgrind --tool=massif --massif-out-file=$out/massif $out/mbedtls $port \
  $out/certs/root.pem full 2 >/dev/null 2>&1
bench tls-mbedtls.heap-peak \
  "$(sed -n 's/^mem_heap_B=//p' $out/massif | sort -n | tail -n 1)"
kill $pid; wait $pid 2>/dev/null || true
server -tls1_2
handshakes tls-mbedtls-ticket $out/mbedtls
