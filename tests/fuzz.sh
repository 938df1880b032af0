#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# fuzz.sh [SECONDS [NAME]]: builds each fuzzer (tests/fuzz_NAME.c) and runs it
# for SECONDS (else FUZZ_SECONDS, else 30). It begins with a copy of its corpus
# (tests/corpus/NAME) in build/fuzz, which grows from run to run; the corpus in
# the repository is only read. FUZZ_SEED makes a run repeatable.
#
# One line for each: "FUZZ NAME inputs N findings M"; and for a finding, its
# file and the command that shows it again. Exit status 1 if there is any.
#
# fuzz.sh merge NAME [MOST]: makes a new corpus of all these inputs, in
# build/fuzz/NAME.merged: the MOST (15) inputs that together reach most, as 01,
# 02, ...; each adds less than the one before.

cd "$(dirname "$0")/.." || exit 1
out=build/fuzz
CLANG=${CLANG:-clang}
merge=0
[ "$1" = merge ] && merge=${3:-15} && set -- 0 "$2"
seconds=${1:-${FUZZ_SECONDS:-30}}
names=${2:-json http job config probe state pem capture}
mkdir -p $out || exit 1
case $seconds in *[!0-9]*) echo "usage: fuzz.sh [SECONDS [NAME]]" >&2; exit 64;;
esac

build() {
  libs=
  [ "$1" = json ] && libs=-ljansson
  [ "$1" = pem ] && libs=-lbearssl
  $CLANG -std=gnu99 -Wall -Wextra -Wshadow -O1 -g -I. -Ibackends \
    -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
    "tests/fuzz_$1.c" $libs -o "$out/fuzz_$1"
}

# run NAME: fuzzes; what it says is in $out/NAME.log.
run() {
  mkdir -p "$out/$1"
  cp tests/corpus/"$1"/* "$out/$1"
  dict=
  [ -f "tests/corpus/$1.dict" ] && dict=-dict=tests/corpus/$1.dict
  rm -f "$out/$1"-crash-* "$out/$1"-leak-* "$out/$1"-timeout-* "$out/$1"-oom-*
  longest=2000
  [ "$1" = capture ] && longest=8000
  "$out/fuzz_$1" -max_total_time="$seconds" -max_len=$longest -timeout=10 \
    -print_final_stats=1 $dict ${FUZZ_SEED:+-seed=$FUZZ_SEED} \
    -artifact_prefix="$out/$1-" "$out/$1" >"$out/$1.log" 2>&1
  echo $? >"$out/$1.status"
}

# tell NAME: prints its line; returns 1 if there was a finding.
tell() {
  inputs=$(sed -n 's/^stat::number_of_executed_units: //p' "$out/$1.log")
  status=$(cat "$out/$1.status")
  findings=0
  for file in "$out/$1"-crash-* "$out/$1"-leak-* "$out/$1"-timeout-* \
              "$out/$1"-oom-*; do
    [ -f "$file" ] && findings=$((findings + 1))
  done
  [ "$status" -ne 0 ] && [ $findings -eq 0 ] && findings=1
  echo "FUZZ $1 inputs ${inputs:-0} findings $findings"
  [ $findings -eq 0 ] && return 0
  grep -aE 'does not hold|runtime error|ERROR: |in amt_' "$out/$1.log" |
    head -n 12 | sed 's/^/     /'
  for file in "$out/$1"-crash-* "$out/$1"-leak-* "$out/$1"-timeout-* \
              "$out/$1"-oom-*; do
    [ -f "$file" ] && echo "     $out/fuzz_$1 $file"
  done
  return 1
}

for name in $names; do
  [ -f "tests/fuzz_$name.c" ] || { echo "no fuzzer: $name" >&2; exit 64; }
  build "$name" || exit 1
done

# The fuzzer notes in NAME.txt what each file reaches. From that, the file that
# adds most is picked, again and again.
if [ "$merge" -gt 0 ]; then
  all=$out/$names.all best=$out/$names.merged
  rm -rf "$all" "$best" $out/$names.txt $out/$names.new
  mkdir "$all" "$best" $out/$names.new || exit 1
  cp "$out/$names"/* "tests/corpus/$names"/* "$all" 2>/dev/null
  find "$all" -type f -size +2k -delete
  "$out/fuzz_$names" -set_cover_merge=1 -merge_control_file=$out/$names.txt \
    $out/$names.new "$all" >"$out/$names.log" 2>&1 || exit 1
  awk -v most="$merge" '
    $1 == "FT" { for (i = 3; i <= NF; i++) reach[$2] = reach[$2] " " $i; next }
    /^[0-9]+$/ && FNR <= 2 { next }
    $1 == "STARTED" || $1 == "COV" || $1 == "" { next }
    { file[files++] = $0 }
    END {
      while (most-- > 0) {
        best = 0
        for (f in reach) {
          n = split(reach[f], ft, " ")
          new = 0
          for (i = 1; i <= n; i++) new += !(ft[i] in has)
          if (new == 0) delete reach[f]
          if (new > best || (new == best && new && f < pick)) {
            best = new
            pick = f
          }
        }
        if (best == 0) exit
        n = split(reach[pick], ft, " ")
        for (i = 1; i <= n; i++) has[ft[i]] = 1
        print file[pick]
      }
    }' $out/$names.txt | nl -w2 -nrz | while read -r number file; do
      cp "$file" "$best/$number"
    done
  ls "$best" | wc -l
  exit
fi

# Two at a time.
failed=0
set -- $names
while [ $# -gt 0 ]; do
  first=$1 second=${2:-}
  shift; [ $# -gt 0 ] && shift
  rm -f "$out/$first.status"
  run "$first" &
  one=$!
  [ -n "$second" ] && run "$second"
  wait $one
  for name in $first $second; do tell "$name" || failed=1; done
done
exit $failed
