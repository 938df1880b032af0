#!/bin/sh
# Sizes in bytes of code and constants, lines "SIZE TARGET NAME VALUE": gcc -Os,
# what a program that uses just this keeps of the headers. usage: size.sh
# (make size)
set -e
cd "$(dirname "$0")/.."
out=build/size
mkdir -p $out/include
cp -r /usr/include/bearssl* /usr/include/mbedtls $out/include
# Debian's mbedTLS locks by pthread, which a microcontroller does not have.
sed -i 's/^#define MBEDTLS_THREADING_.*//' $out/include/mbedtls/config.h
printf '#define AMT_IMPLEMENTATION\n#include "amt_http.h"\n' >$out/all.c

# text CPU OPTIONS ROOTS: what stays when only these functions are used
text() {
  roots=$(for r in $3; do printf ' -Wl,-u,%s' "$r"; done)
  arm-none-eabi-gcc -std=c99 -Os -mcpu="$1" -mthumb -ffunction-sections \
    -fdata-sections -DAMT_NO_TEXT $2 -I. -isystem $out/include \
    -c $out/all.c -o $out/all.o
  arm-none-eabi-gcc -r -nostdlib -Wl,--gc-sections $roots $out/all.o \
    -o $out/kept.o
  arm-none-eabi-size $out/kept.o | awk 'NR == 2 { print $1 }'
}

line() { printf 'SIZE %s %s %s\n' "$1" "$2" "$3"; }

for cpu in cortex-m0plus cortex-m4; do
  target=$(echo $cpu | sed 's/plus/+/')
  bare="-DAMT_TLS_NO_IP -DAMT_TLS_NO_PIN"
  base=$(text $cpu "-DAMT_BEARSSL $bare" amt_bearssl_init)
  line $target tls-bearssl.text "$base"
  ip=$(text $cpu "-DAMT_BEARSSL -DAMT_TLS_NO_PIN" amt_bearssl_init)
  pin=$(text $cpu "-DAMT_BEARSSL -DAMT_TLS_NO_IP" amt_bearssl_init)
  both=$(text $cpu "-DAMT_BEARSSL" amt_bearssl_init)
  line $target tls-bearssl-ip.text $((ip - base))
  line $target tls-bearssl-pins.text $((pin - base))
  line $target tls-bearssl-ip-and-pins.text $((both - base))
  init="amt_bearssl_init"
  line $target tls-bearssl-pem.text $(($(text $cpu "-DAMT_BEARSSL" \
    "$init amt_bearssl_anchors_read amt_bearssl_anchors_end") - both))
  line $target tls-bearssl-client.text $(($(text $cpu "-DAMT_BEARSSL" \
    "$init amt_bearssl_use_ec") - both))
  line $target tls-bearssl-client-pem.text $(($(text $cpu "-DAMT_BEARSSL" \
    "$init amt_bearssl_client_read") - both))
  base=$(text $cpu "-DAMT_MBEDTLS $bare" "amt_mbedtls_init amt_mbedtls_server_init")
  line $target tls-mbedtls.text "$base"
  both=$(text $cpu "-DAMT_MBEDTLS" "amt_mbedtls_init amt_mbedtls_server_init")
  line $target tls-mbedtls-ip-and-pins.text $((both - base))
done
