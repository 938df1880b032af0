#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# A client with little memory asks for TLS records of 1,024 bytes by
# max_fragment_length (RFC 6066, 4). A GnuTLS server grants that: its
# ServerHello has the extension with the same value, and it holds the client to
# it. But its own records are as long as without it. The client has room only
# for what was granted, and must give up in mid reply: OpenSSL's says "data
# length too long". OpenSSL's server keeps to what it grants. A client cannot
# tell the one from the other by the handshake.
#
# Guessed before: a server that grants it keeps to it, or leaves it out.
# Seen with gnutls-bin and libgnutls30 3.7.9-2+deb12u7 (Debian 12 for amd64), TLS 1.2.
# Needs apt-get, dpkg, openssl 3.0 and python3; installs into a folder of its
# own, and speaks on loopback only.
set -eu
version=3.7.9-2+deb12u7
folder=$(mktemp -d)
server=
leave() { [ -z "$server" ] || kill "$server" 2>/dev/null || :; rm -rf "$folder"; }
trap leave EXIT
cd "$folder"
apt-get -qq download "gnutls-bin=$version" "libgnutls30=$version" \
  "libgnutls-dane0=$version" libopts25 libunbound8 >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$folder/root/usr/lib/x86_64-linux-gnu"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
  -keyout key.pem -out cert.pem -days 30 -subj /CN=server 2>/dev/null
python3 -c 'print("hello" * 600)' >line
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')

# ask FILE: sends it; whether records of 1,024 were granted, and what came back.
printf 'GET /line HTTP/1.0\r\n\r\n' >request
ask() {
  { cat "$1"; sleep 2; } |
    timeout 20 openssl s_client -tls1_2 -maxfraglen 1024 -tlsextdebug \
      -connect "127.0.0.1:$port" >said 2>&1 || :
  grep -q 'server extension "max fragment length"' said && granted=granted ||
    granted="not granted"
  if grep -q "data length too long" said; then how="a record that is too long"
  elif grep -q hellohello said; then how="the reply"
  else how="nothing"; fi
  echo "$granted, then $how"
}
root/usr/bin/gnutls-serv -q --echo -p "$port" --x509keyfile key.pem \
  --x509certfile cert.pem >log 2>&1 &
server=$!
sleep 1
seen=$(ask line)
kill $server
wait $server || :
openssl s_server -quiet -WWW -accept "127.0.0.1:$port" -cert cert.pem \
  -key key.pem >log 2>&1 &
server=$!
sleep 1
other=$(ask request)
echo "gnutls-serv $version: $seen"
echo "openssl s_server: $other"
[ "$seen" = "granted, then a record that is too long" ] &&
  [ "$other" = "granted, then the reply" ]
