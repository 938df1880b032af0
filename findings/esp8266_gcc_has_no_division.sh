#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Debian's gcc for the ESP8266 (lx106) cannot link a program that divides by a
# variable. The core has no instruction for it, and the libgcc of this gcc,
# which elsewhere supplies what a processor lacks, has no __udivsi3 either, only
# callers of it. The chip has these functions in its ROM. So a link, even one
# for a size alone, must say where: -Wl,--defsym=__udivsi3=ADDRESS. A call
# reaches that only with -mlongcalls.
#
# Guessed before: libgcc has the divisions, as on a Cortex-M0.
# Seen with gcc-xtensa-lx106 12.2.0-14+deb12u1+13+b2, binutils 2.40 (Debian 12 for
# amd64). Needs apt-get and dpkg; installs into a folder of its own.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq download gcc-xtensa-lx106=12.2.0-14+deb12u1+13+b2 \
  binutils-xtensa-lx106=2.40-2+5+b1 libisl23 libmpc3 libmpfr6 >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
export PATH="$folder/root/usr/bin:$PATH" \
  LD_LIBRARY_PATH="$folder/root/usr/lib/x86_64-linux-gnu" LC_ALL=C
cat >program.c <<'END2'
unsigned by = 10;
int main(void) { return (int)(1000u / by); }
END2

# try OPTION...: what comes of it.
try() {
  said=$(xtensa-lx106-elf-gcc -Os -mtext-section-literals -nostdlib -e main \
    program.c -o program "$@" -lgcc 2>&1) && how=links || how=fails
  case $said in
  *"undefined reference to \`__udivsi3'"*) how="fails: no __udivsi3" ;;
  *"call target out of range"*) how="fails: out of reach" ;;
  esac
  echo "division${*:+ $*}: $how"
}
rom=-Wl,--defsym=__udivsi3=0x4000e21c
seen=$(try; try $rom; try $rom -mlongcalls
       xtensa-lx106-elf-nm "$(xtensa-lx106-elf-gcc -print-libgcc-file-name)" \
         2>/dev/null | grep -c ' T __udivsi3' || :)
echo "$seen"
[ "$seen" = "division: fails: no __udivsi3
division $rom: fails: out of reach
division $rom -mlongcalls: links
0" ]
