#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Jobs over lwIP's sockets (AMT_LWIP) and a tap device, in a network of their
# own. Says so and exits with 77 where that cannot be had.
# usage: lwip_sockets.sh FOLDER TOOL SIMULATOR
skip() { echo "lwip_sockets.sh: $1: lwIP's sockets are not tested here" >&2; exit 77; }
dir=$1 amt=$2 sim=$3
if [ "$4" != inside ]; then
  [ "$(id -u)" = 0 ] || skip "not root"
  [ -c /dev/net/tun ] || skip "no /dev/net/tun"
  unshare -n true 2>/dev/null || skip "no network namespaces"
  gcc -std=gnu99 -Wall -Wextra -Werror -g -O1 -I. -Ibackends -isystem /usr/include/lwip \
    tests/lwip_sockets.c -o "$dir/lwip_sockets" -llwip -lpthread || exit 1
  exec unshare -n sh "$0" "$dir" "$amt" "$sim" inside
fi

# The simulator listens on 127.0.0.1 only: a relay passes on to it what comes to
# our end of the tap device. The MTU is small, since Debian's liblwip 2.1.3 puts
# a frame of more than 592 bytes into a block that is too small (valgrind).
ip link set lo up && ip tuntap add dev tap0 mode tap && ip link set tap0 mtu 536 &&
  ip addr add 10.77.0.1/24 dev tap0 && ip link set tap0 up ||
  skip "no tap device"
rm -f "$dir/lwip.url"
"$sim" --port 0 --speed 200 >"$dir/lwip.url" & server=$!
trap 'kill $server $relay 2>/dev/null' EXIT
while [ ! -s "$dir/lwip.url" ]; do sleep 0.05; done
port=$(sed 's/.*://' "$dir/lwip.url")
python3 -c '
import socket, sys, threading
def pump(a, b):
    try:
        while data := a.recv(65536): b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError: pass
listener = socket.create_server(("10.77.0.1", int(sys.argv[1])))
while True:
    near, far = listener.accept()[0], socket.create_connection(
        ("127.0.0.1", int(sys.argv[1])))
    for pair in ((near, far), (far, near)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
' "$port" & relay=$!
sleep 0.3

# messages JOB: prints its log as the server has it, with its controls.
messages() {
  "$amt" -s "http://127.0.0.1:$port" -an DEMO2 -jn "$1" --quiet \
    --format json --initial-delay 0 --poll 0.02 | python3 -c '
import json, sys
for line in sys.stdin.buffer:
    event = json.loads(line)
    if event["event"] == "message":
        sys.stdout.buffer.write(event["text"].encode() + b"\n")'
}

# try STATUS WORD PORT WHAT [JOB]: checks the exit status of WHAT, a word in its
# output and, with JOB, that the output is this job's log.
export PRECONFIGURED_TAPIF=tap0 AMT_USER=ocadm AMT_PASSWORD=opconxps
bad=0
try() {
  timeout 60 "$dir/lwip_sockets" 10.77.0.2 10.77.0.1 "$3" "$4" \
    >"$dir/lwip.log" 2>"$dir/lwip.err"
  status=$?
  [ -z "$5" ] || messages "$5" | cmp - "$dir/lwip.log" &&
    [ $status -eq "$1" ] && grep -aq "$2" "$dir/lwip.log" && echo "ok $4" && return
  echo "FAILED $4: status $status"
  tail -n 3 "$dir/lwip.log" "$dir/lwip.err"
  bad=1
}
try 0 Done "$port" wait REPORTTEST01
try 0 Done "$port" poll REPORTTEST01
try 0 x "$port" long LOG_3000_x_300
try 0 Done "$port" addresses REPORTTEST01
try 23 connect 1 refused
try 23 name "$port" names
exit $bad
