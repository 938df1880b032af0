#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Proves with CBMC what Eva does not: texts that end with a NUL, and indices
# that depend on each other. It tries all inputs up to a length at once, and all
# states; a loop that is not proved to end within its bound is a failure. Prints
# "PROVE NAME alarms N". Where there is no CBMC, says so and exits with 77.
# Debian has it from release 13 on: tests/prove.sh runs this in such a root.
# usage: prove_cbmc.sh [NAME...]
#
# What is proved of each function: nothing is read or written out of bounds or
# through a bad pointer, no signed number and no pointer overflows, no shift is
# wrong; and the assertions in tests/prove_cbmc.c hold.
#
# What is assumed, and nothing else:
# - lengths: no text and no value is longer than the third column says. Lists
#   have two elements at most, the window eight bytes.
# - memory: x86-64. malloc gives each input an object of its exact length.
# - a callee that another row proves is replaced by its contract (NAME:STANDS in
#   the last column, in prove_cbmc.c): its arguments are checked, and its result
#   is any that the contract allows. Eva proves amt_json_next,
#   amt__http_ended and amt__http_line (tests/prove.sh).
# - amt_put_number is not proved: that 2^64-1 has 20 digits is arithmetic, and
#   test_json.c:numbers_are_written_in_decimal writes it.
# - amt__value gives NULL, a text that ends with a NUL, or the id: which of a
#   struct's members it reads is a table of offsets, tested by test_job/holes.c.
# - amt__http_follow stays in its table: test_http/main.c plays it with all its
#   inputs.
# - memchr reads no further than what it finds (C11, 7.24.5.1).
# - a request goes on at a place that amt__fill itself noted: at, index and
#   total are any, the offset in a value is 0.
# - the certificate reader's depth is at most 7 and ip_len 16. It begins so (row
#   begin), and each step keeps them so (row certificate). Together, that proves
#   certificates of any length.
cd "$(dirname "$0")/.." || exit 1
command -v cbmc >/dev/null && command -v goto-cc >/dev/null ||
  { echo "prove_cbmc.sh: no cbmc (package cbmc of Debian 13)" >&2; exit 77; }
out=build/prove
mkdir -p $out

put="amt_put:put_stands amt__put_char:put_char_stands"
hole="$put amt_put_number:put_number_stands amt__put_as:put_as_stands
  amt_json_put_string:put_string_stands amt__put_base64:put_base64_stands
  amt__is_utf8:utf8_stands amt__bare_id:bare_id_stands amt__value:value_stands"
scan="amt__over:over_stands amt__http_find:find_stands
  amt__http_piece:piece_stands first_of:first_stands"
lines="amt__http_name:name_stands amt__http_status:status_stands
  amt__http_value:field_stands amt__over:over_stands
  amt__http_ended:ended_stands amt__http_line:line_stands"
wide="-DAMT_WIDE=64"

# proof NAME "UNWINDING" "LENGTHS" [STANDS...]
proof() {
  name=$1 unwind=$2 lengths=$3; shift 3
  case " $wanted " in "  " | *" $name "*) ;; *) return ;; esac
  stands=
  for each; do stands="$stands --replace-calls $each"; done
  case $lengths in *AMT_WIDE*) ;; *) lengths="$lengths -DAMT_WIDE=0" ;; esac
  { goto-cc --function prove_$name -I. -Ibackends $lengths \
      tests/prove_cbmc.c -o $out/$name.gb &&
    goto-instrument $stands $out/$name.gb $out/$name.stands &&
    goto-instrument --drop-unused-functions $out/$name.stands $out/$name.gb &&
    cbmc $out/$name.gb --no-standard-checks --bounds-check --pointer-check \
      --pointer-overflow-check --div-by-zero-check --signed-overflow-check \
      --undefined-shift-check --unwinding-assertions --slice-formula \
      --object-bits 10 --unwind $unwind
  } >$out/$name.log 2>&1
  status=$?
  rm -f $out/$name.gb $out/$name.stands
  alarms=$(sed -n 's/^\*\* \([0-9]*\) of [0-9]* failed.*/\1/p' $out/$name.log)
  of=$(sed -n 's/^\*\* [0-9]* of \([0-9]*\) failed.*/\1/p' $out/$name.log)
  echo "PROVE $name alarms ${alarms:-unknown: see $out/$name.log}${of:+ of $of}"
  if [ $status -ne 0 ] || [ "$alarms" != 0 ]; then
    grep ': FAILURE$' $out/$name.log
    result=1
  fi
}

wanted=$* result=0
proof put "8" "-DBYTES=4"
proof value "6" "-DBYTES=4" $put
proof base64 "7" "-DTEXT=4 -DVALUE=4" $put
proof utf8 "8" "-DBYTES=6"
proof id "8" "-DTEXT=1 -DVALUE=3"
proof long_id "70" "" amt_json_next:next_stands
proof walk "4 --unwindset amt__put_value.0:2,amt__put_hole.0:3" \
  "-DTEXT=2 -DVALUE=1" $hole
proof url "14" "-DTEXT=12"
proof address_4 "18" "-DBYTES=16"
proof address_6 "12 --unwindset amt__address_6.2:18" "-DBYTES=10" \
  amt__address_4:address_4_stands amt_uint64:uint64_stands
proof uint64 "22" "-DBYTES=20"
proof begin "18" ""
proof certificate "18" ""
proof over "11" "-DBYTES=9 $wide"
proof find "14 --unwindset first_of.0:200" "-DBYTES=17 $wide"
proof piece "10" "-DBYTES=8 $wide" amt__http_follow:follow_stands
proof name "4" "-DBYTES=20 $wide" $scan
proof status "8" "-DBYTES=14 $wide"
proof field "11" "-DBYTES=20 $wide" $scan
proof lines "10" "-DBYTES=8 $wide" $lines
proof chunk "14" "-DBYTES=14 $wide"
exit $result
