#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Long runs (make long), outside of make test: hours. Each prints what happened.
#   polls      10 million polls of a fleet whose link fails at random: a day of
#              its time (tests/long_polls.c)
#   kills      10,000 runs of amt that are killed by force, and resumed
#   power      1,000 power cuts of the firmware's board in qemu
#   day        24 hours of the firmware's time, over a link that fails at random
# usage: long.sh [PART]...   The environment may set other numbers: POLLS,
#        KILLS, CUTS, and MINUTES, which the day takes here (60; a slower or
#        busier machine needs more)
cd "$(dirname "$0")/.." || exit 1
out=build/long
mkdir -p $out build/test
result=0

polls() {
  gcc -std=gnu99 -O2 -I. -Ibackends tests/long_polls.c -o $out/polls &&
    $out/polls "${POLLS:-10000000}"
}

# In rounds: a test may take 300 s.
kills() {
  left=${KILLS:-10000}
  while [ $left -gt 0 ]; do
    AMT=build/amt AMT_PLAIN=build/amt TEST_OUT=build/test \
      KILLS=$((left < 300 ? left : 300)) \
      python3 tests/tool.py kill_9_at_200 >$out/kills 2>&1
    grep -q '^ok ' $out/kills && ! grep -q '^FAILED' $out/kills ||
      { cat $out/kills; return 1; }
    sed -n 's/^ *seed/LONG kills: seed/p' $out/kills
    left=$((left - 300))
  done
}

power() {
  MAKE="${MAKE:-make}" sh tests/firmware.sh build/firmware build/amt &&
    python3 tests/firmware.py build/firmware build/amtsim "${CUTS:-1000}" |
      tee $out/power | sed 's/^/LONG power: /'
  grep -q 'all went right' $out/power
}

day() {
  minutes=${MINUTES:-60}
  day="JOB=SLOWLOG_86400 CLOCK=$((25000000 / 1440 * minutes)) TICK_MS=50"
  MAKE="${MAKE:-make} $day" sh tests/firmware.sh build/day-$minutes build/amt &&
    python3 tests/firmware_day.py build/day-$minutes build/amtsim \
      "$minutes" cortex_m3/plain >$out/day
  sed 's/^/LONG day: /' $out/day
  grep -q 'all went right' $out/day
}

for part in ${*:-polls kills power day}; do
  began=$(date +%s)
  case $part in
  polls | kills | power | day) $part || result=1 ;;
  *) echo "long.sh: what is \"$part\"?" >&2; exit 2 ;;
  esac
  echo "LONG $part: $(($(date +%s) - began)) s"
done
exit $result
