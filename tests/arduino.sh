#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# The Arduino library's example, compiled for a Mega 2560 as the IDE does, with
# Debian's arduino-core-avr, and run in simavr with a stand-in for the shield.
# Prints "ARDUINO flash N ram N". Exits with 77 where that cannot be.
# usage: arduino.sh LIBRARY FOLDER
set -e
library=$1 out=$2
core=/usr/share/arduino/hardware/arduino/avr
for needed in avr-g++ simavr; do
  command -v $needed >/dev/null || { echo "no $needed"; exit 77; }
done
[ -d $core ] || { echo "no arduino-core-avr"; exit 77; }
mkdir -p "$out"

avr="-mmcu=atmega2560 -DF_CPU=16000000L -DARDUINO=10819 -DARDUINO_ARCH_AVR
  -DARDUINO_AVR_MEGA2560 -Os -ffunction-sections -fdata-sections
  -I$core/cores/arduino -I$core/variants/mega"
# avr-gcc's float.h has DECIMAL_DIG in C alone, and the core uses it in C++.
plus="-std=gnu++11 -DDECIMAL_DIG=__DECIMAL_DIG__ -fpermissive -fno-exceptions
  -fno-threadsafe-statics"

for source in $core/cores/arduino/*.c $core/cores/arduino/wiring_pulse.S; do
  avr-gcc $avr -w -c "$source" -o "$out/$(basename "$source").o"
done
for source in $core/cores/arduino/*.cpp; do
  avr-g++ $avr $plus -w -c "$source" -o "$out/$(basename "$source").o"
done
rm -f "$out/core.a"
avr-ar rc "$out/core.a" "$out"/*.o
avr-g++ $avr $plus -Wall -Wextra -Werror -I"$library/src" -Itests/arduino \
  -include Arduino.h -x c++ -c "$library/examples/Watch/Watch.ino" \
  -o "$out/sketch"
avr-gcc $avr -Wl,--gc-sections "$out/sketch" "$out/core.a" -o "$out/watch.elf"

avr-size -A "$out/watch.elf" | awk '
  { size[$1] = $2 }
  END { print "ARDUINO flash", size[".text"] + size[".data"], "ram",
        size[".data"] + size[".bss"] }'
# loop() goes on for ever.
simavr -m atmega2560 -f 16000000 "$out/watch.elf" >"$out/said" 2>&1 &
simulator=$!
tries=0
until grep -q "ended:\|failed:" "$out/said" || [ $tries -ge 300 ]; do
  sleep 0.2
  tries=$((tries + 1))
done
kill $simulator
wait $simulator || true
tr -d '\033\r' <"$out/said" | sed 's/\[[0-9;]*m//g; s/\.*$//' >"$out/lines"
for line in "started: 2112" "All is well" "ended: 4"; do
  grep -q "^$line\$" "$out/lines" || { cat "$out/said"; exit 1; }
done
