#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Debian's bare-metal gcc for RISC-V cannot link a 32-bit program that reads a
# control register as the standard names it. The assembler refuses csrr for
# -march=rv32imac, since those instructions are an extension of their own now,
# Zicsr. With -march=rv32imac_zicsr they assemble, but gcc finds no folder of
# libraries for this name. Without a word it takes its default, which is 64-bit,
# and the linker fails at the first file of the C library. -march=rv32imac
# -misa-spec=2.2 links: in that older standard, csrr is no extension.
#
# Guessed before: with one more extension, it takes the libraries of rv32imac.
# Seen with gcc-riscv64-unknown-elf 12.2.0-14+deb12u1+11+b2, binutils 2.40 and
# picolibc-riscv64-unknown-elf 1.8-1 (Debian 12 for amd64). Needs apt-get and
# dpkg; installs into a folder of its own.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq download gcc-riscv64-unknown-elf=12.2.0-14+deb12u1+11+b2 \
  binutils-riscv64-unknown-elf=2.40-2+4+b1 \
  picolibc-riscv64-unknown-elf=1.8-1 libisl23 libmpc3 libmpfr6 >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
export PATH="$folder/root/usr/bin:$PATH" \
  LD_LIBRARY_PATH="$folder/root/usr/lib/x86_64-linux-gnu" LC_ALL=C
cat >program.c <<'END2'
#include <string.h>
char text[64];
int main(void)
{
  unsigned long cause;
  __asm volatile("csrr %0, mcause" : "=r"(cause));
  return (int)(cause + strlen(text));
}
END2
lib=$folder/root/usr/lib/picolibc/riscv64-unknown-elf

# try OPTION...: what comes of it, and which folder of libraries gcc takes.
try() {
  libraries=$(riscv64-unknown-elf-gcc -mabi=ilp32 "$@" -print-multi-directory)
  said=$(riscv64-unknown-elf-gcc -mabi=ilp32 "$@" -Os -nostdlib -e main \
    -isystem "$lib/include" program.c -o program \
    -L "$lib/lib/$libraries" -lc -lgcc 2>&1) && how=links || how=fails
  case $said in
  *"extension"*zicsr*) how="fails: needs zicsr" ;;
  *"ABI is incompatible"*|*"file in wrong format"*) how="fails: of another ABI" ;;
  esac
  echo "$*, libraries of $libraries: $how"
}
seen=$(try -march=rv32imac; try -march=rv32imac_zicsr
       try -march=rv32imac -misa-spec=2.2)
echo "$seen"
[ "$seen" = "-march=rv32imac, libraries of rv32imac/ilp32: fails: needs zicsr
-march=rv32imac_zicsr, libraries of .: fails: of another ABI
-march=rv32imac -misa-spec=2.2, libraries of rv32imac/ilp32: links" ]
