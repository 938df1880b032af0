#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# How fast we are, side by side in one run with peers from Debian: lines
# "BENCH NAME VALUE" for ours, "PEER NAME PEER VALUE" for the others, and a
# table of both at the end. build/bench/results keeps the lines.
#
# callgrind counts the client's instructions, as the difference between many
# repetitions and few; what each parser makes of its input is checked first.
# strace counts system calls. Timings are ratios within one run. What is not
# installed is named and left out; then the README is not written.
# usage: bench.sh [PART]... (make bench)   PART: json http tls poll m3 fleet
set -e
cd "$(dirname "$0")/.."
. tests/report.sh
out=build/bench
mkdir -p $out
: >$out/results
peers=$PWD/build/peers # packages of a later Debian
CC="${CC:-gcc} -std=gnu99 -O2 -I. -Ibackends -I$peers/usr/include"
parts=${*:-json http tls poll m3 fleet}
trap 'kill $pids 2>/dev/null || :' EXIT
pids=

line()  { echo "$*" | tee -a $out/results; }
bench() { line BENCH "$@"; } # NAME VALUE
peer()  { line PEER "$@"; }  # NAME PEER VALUE

# later RELEASE PACKAGE...: fetches packages of a later Debian, if it can.
later() { sh tests/debian_binary.sh "$peers" "$@" 2>$out/later || cat $out/later; }

# version NAME PACKAGE: the name with the version that the package has.
version() {
  v=$(sed -n "s/^$2 //p" "$peers/versions" 2>/dev/null)
  [ -n "$v" ] || v=$(dpkg-query -W -f '${Version}' "$2" 2>/dev/null) || v=
  v=${v%%[-~+]*}
  echo "$1${v:+ ${v#*:}}"
}

# begins PART WHAT...: true if it is wanted, and what it needs is here.
begins() {
  case " $parts " in *" $1 "*) ;; *) return 1;; esac
  begun=$1 lacks=
  shift
  for what; do have $what || lacks="$lacks, no $what"; done
  [ -z "$lacks" ] || { left "BENCH $begun" "${lacks#, }"; return 1; }
}

# instructions COMMAND...: prints how many it executes.
instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null $toggle "$@" \
    2>$out/callgrind >$out/stdout
  sed -n 's/.*Collected *: *//p' $out/callgrind
}

# counted COUNT COMMAND...: sets $ir to the instructions of the C function
# counted() in one of COUNT repetitions, and $per_byte to that divided by the
# number that the command prints, its bytes. COUNT is 1 for a long input.
counted() {
  times=$1; shift
  "$@" check >$out/stdout || { echo "WRONG RESULT: $*" >&2; exit 1; }
  toggle=--toggle-collect=counted
  few=0
  [ $times = 1 ] || few=$(instructions "$@" $((times / 10)))
  many=$(instructions "$@" $times)
  toggle=
  [ $times = 1 ] && ir=$many || ir=$(((many - few) / (times - times / 10)))
  per_byte=$(awk "BEGIN { printf \"%.2f\", $ir / $(cat $out/stdout) }")
}

# --- JSON ------------------------------------------------------------------
json() { # PARSER LIBRARY OPTION...
  parser=$1 library=$2; shift 2
  lacks=$(lacking $library "$@")
  if [ -n "$lacks" ]; then left "PEER $parser" "$lacks"; return; fi
  $CC "$@" tests/bench_json.c -o $out/json $library $more
  case $parser in amt) say=bench name=;; amt-plain) say=bench name=-plain;;
    *) say="peer" name= ;; esac
  [ $say = bench ] && who= || who=$parser
  counted 1 $out/json log;     $say json-log$name.ir-per-byte $who $per_byte
  counted 1 $out/json string;  $say json-string$name.ir-per-byte $who $per_byte
  counted 1 $out/json escapes; $say json-escapes$name.ir-per-byte $who $per_byte
  counted 100 $out/json status; $say json-status$name.ir $who $ir
}
if begins json valgrind; then
  later trixie libyyjson-dev libyyjson0
  from=$(echo "$peers"/usr/lib/*-linux-gnu)
  json amt "" -DPARSER_AMT
  json amt-plain "" -DPARSER_AMT -DAMT_WIDE=0
  json "$(version "jsmn, undecoded" libjsmn-dev)" "" -DPARSER_JSMN
  json "$(version yajl libyajl-dev)" -lyajl -DPARSER_YAJL
  json "$(version cJSON libcjson-dev)" -lcjson -DPARSER_CJSON
  json "$(version json-c libjson-c-dev)" -ljson-c -DPARSER_JSONC
  json "$(version jansson libjansson-dev)" -ljansson -DPARSER_JANSSON
  more="-L$from -Wl,-rpath,$from"
  json "$(version yyjson libyyjson-dev)" -lyyjson -DPARSER_YYJSON
  more=
  if have /usr/include/simdjson.h && have g++; then
    g++ -O2 -c tests/bench_simdjson.cc -o $out/simdjson.o
    more="$out/simdjson.o -lsimdjson -lstdc++"
  fi
  json "$(version simdjson libsimdjson-dev)" "" -DPARSER_SIMDJSON
  more=
  line LACKS json coreJSON no Debian package has it
fi

# --- HTTP ------------------------------------------------------------------
http() { # SAY WHO LIBRARY OPTION...
  say=$1 who=$2 library=$3; shift 3
  lacks=$(lacking $library "$@")
  if [ -n "$lacks" ]; then left "PEER $who" "$lacks"; return; fi
  $CC "$@" tests/bench_http.c -o $out/http $library $more
  counted 100 $out/http head;    $say http-head.ir $who $ir
  counted 100 $out/http whole;   $say http-whole.ir $who $ir
  counted 1 $out/http chunk16;   $say http-chunk16.ir-per-byte $who $per_byte
  counted 1 $out/http chunk1024; $say http-chunk1024.ir-per-byte $who $per_byte
}
if begins http valgrind; then
  later trixie libllhttp-dev
  later sid libpicohttpparser-dev libpicohttpparser1
  from=$(echo "$peers"/usr/lib/*-linux-gnu)
  more=
  http bench "" ""
  http peer "$(version http-parser libhttp-parser-dev)" -lhttp_parser \
    -DPARSER_HTTP_PARSER
  more="-L$from -Wl,-rpath,$from"
  http peer "$(version llhttp libllhttp-dev)" -lllhttp -DPARSER_LLHTTP
  http peer "$(version picohttpparser libpicohttpparser-dev)" -lpicohttpparser \
    -DPARSER_PICO
  line LACKS http coreHTTP no Debian package has it
fi

# --- TLS: handshakes with openssl s_server, EC P-256, one intermediate -----
if begins tls valgrind openssl bearssl.h mbedtls/ssl.h; then
  sh tests/certs.sh $out/certs >$out/log 2>&1
  port=0
  server() { # OPTION...
    port=$((20000 + $$ % 10000 + port % 100 + 1))
    openssl s_server -accept 127.0.0.1:$port -naccept 100000 -quiet \
      -cert $out/certs/chain1.crt -cert_chain $out/certs/chain1.chain \
      -key $out/certs/chain1.key "$@" >$out/server 2>&1 &
    pid=$!; pids="$pids $pid"
    sleep 0.5
  }

  handshakes() { # NAME PROGRAM
    for kind in full resumed; do
      few=$(instructions $2 $port $out/certs/root.pem $kind 3)
      many=$(instructions $2 $port $out/certs/root.pem $kind 13)
      bench "$1-$kind.ir" $(((many - few) / 10))
      bench "$1-$kind.bytes" "$(cat $out/stdout)"
    done
  }

  $CC -DAMT_BEARSSL tests/bench_tls.c -o $out/bearssl -lbearssl
  $CC -DAMT_MBEDTLS tests/bench_tls.c -o $out/mbedtls \
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
fi

# --- a status poll: nginx, one kept connection -----------------------------
nginx_begins() { # sets $port
  port=$((30000 + $$ % 10000))
  mkdir -p $out/nginx
  cat >$out/nginx/conf <<END
daemon off; worker_processes 1; pid $PWD/$out/nginx/pid;
error_log $PWD/$out/nginx/error;
events { worker_connections 64; }
http { access_log off; default_type application/json;
  keepalive_requests 100000000; client_body_temp_path $PWD/$out/nginx/a;
  proxy_temp_path $PWD/$out/nginx/b; fastcgi_temp_path $PWD/$out/nginx/c;
  uwsgi_temp_path $PWD/$out/nginx/d; scgi_temp_path $PWD/$out/nginx/e;
  server { listen 127.0.0.1:$port; location / { return 200 '$1'; } } }
END
  nginx -c "$PWD/$out/nginx/conf" >$out/nginx/log 2>&1 &
  pids="$pids $!"
  sleep 0.5
}

# What strace -c counts in COUNT polls, without the sleeps between them.
syscalls() { # SLEEP PROGRAM COUNT
  strace -c -U calls,name -o $out/strace "$2" $port $3 sleep >$out/stdout
  awk -v sleep="$1" '$2 == "total" { n += $1 } $2 == sleep { n -= $1 }
                     END { print n }' $out/strace
}

poll() { # SAY WHO SLEEP PROGRAM
  few=$(syscalls $3 $4 100)
  many=$(syscalls $3 $4 1100)
  $1 poll.syscalls $2 "$(awk "BEGIN { printf \"%.1f\", ($many-$few) / 1000 }")"
  few=$(instructions $4 $port 100)
  many=$(instructions $4 $port 1100)
  $1 poll.ir $2 $(((many - few) / 1000))
}

# least PROGRAM: CPU time of a poll in us, the least of five runs.
least() {
  for i in 1 2 3 4 5; do $1 $port 10000; done | sort -n | head -n 1
}

if begins poll valgrind strace nginx curl/curl.h cjson/cJSON.h; then
  $CC -DPARSER_AMT tests/bench_json.c -o $out/json
  nginx_begins "$($out/json status print)"
  $CC tests/bench_poll.c -o $out/poll
  $CC -DPEER_CURL tests/bench_poll.c -o $out/poll_curl -lcurl -lcjson
  poll bench "" poll $out/poll
  poll peer libcurl+cJSON clock_nanosleep $out/poll_curl
  ours=$(least $out/poll)
  theirs=$(least $out/poll_curl)
  bench poll.cpu-us $ours
  peer poll.cpu-us libcurl+cJSON $theirs
  bench poll.cpu-ratio-to-libcurl \
    "$(awk "BEGIN { printf \"%.2f\", $ours / $theirs }")"
fi

# --- a Cortex-M3, -Os, in qemu -----------------------------------------------
if begins m3 arm-none-eabi-gcc qemu-system-arm; then
  arm-none-eabi-gcc -std=gnu99 -mcpu=cortex-m3 -mthumb -Os -ffunction-sections \
    -fdata-sections -I. -Ibackends tests/bench_m3.c -o $out/m3 -nostartfiles \
    --specs=nano.specs -T examples/firmware/link.ld -Wl,--gc-sections \
    -Wl,--defsym=flash_at=0,--defsym=flash_size=256K \
    -Wl,--defsym=ram_at=0x20000000,--defsym=ram_size=16K \
    -Wl,--defsym=stack_size=2K
  timeout 60 qemu-system-arm -M mps2-an385 -icount shift=0 -nographic \
    -monitor none -serial none -semihosting-config enable=on,target=native \
    -kernel $out/m3 >$out/m3.log 2>&1 || true
  [ "$(grep -c '^BENCH' $out/m3.log)" = 3 ] ||
    { echo "WRONG RESULT: $out/m3.log" >&2; exit 1; }
  tee -a $out/results <$out/m3.log
fi

# --- a fleet ---------------------------------------------------------------
if begins fleet strace curl/curl.h cjson/cJSON.h; then
  $CC examples/fleet.c -o $out/fleet
  $CC tests/bench_multi.c -o $out/multi -lcurl -lcjson
  python3 tests/bench_fleet.py $out/fleet $out/multi build/amtsim |
    tee -a $out/results
fi

python3 tests/bench_table.py $out/results
if [ "$parts" = "json http tls poll m3 fleet" ] && [ $skipped = 0 ]; then
  python3 tests/bench_table.py $out/results README
fi
