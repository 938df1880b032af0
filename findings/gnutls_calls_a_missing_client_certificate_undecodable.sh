#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# A TLS 1.2 client that has no certificate says so with an empty list (RFC 5246,
# 7.4.6). A GnuTLS server that requires a certificate answers that with the
# alert decode_error: "your message could not be read". It tells a TLS 1.3
# client certificate_required. OpenSSL's server says handshake_failure in the
# first case, as the RFC has it. So a client that tells its user what an alert
# means blames its own encoder where a file is missing.
#
# Guessed before: handshake_failure, or bad_certificate as Go and Java say.
# Seen with gnutls-bin and libgnutls30 3.7.9-2+deb12u7 (Debian 12 for amd64).
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
for name in server clients; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout $name.key -out $name.pem -days 30 -subj /CN=$name 2>/dev/null
done
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')

# ask VERSION [OPTION...]: the alert, or the status.
ask() {
  printf 'GET / HTTP/1.0\r\n\r\n' |
    timeout 10 openssl s_client -ign_eof -connect "127.0.0.1:$port" "$@" 2>&1 |
    tr -d '\r' | sed -n 's/.*SSL alert number/alert/p; s,^HTTP/1.0 ,,p'
}
shown="-cert clients.pem -key clients.key"
root/usr/bin/gnutls-serv -q --http -p "$port" --x509keyfile server.key \
  --x509certfile server.pem --x509cafile clients.pem --require-client-cert \
  >log 2>&1 &
server=$!
sleep 1
seen=$(ask -tls1_2; ask -tls1_3; ask -tls1_2 $shown)
echo "gnutls-serv $version: $(echo "$seen" | paste -sd,)"
kill $server
wait $server || :
openssl s_server -quiet -www -accept "127.0.0.1:$port" -cert server.pem \
  -key server.key -Verify 1 -verify_return_error -CAfile clients.pem >log 2>&1 &
server=$!
sleep 1
other=$(ask -tls1_2)
echo "openssl s_server: $other"
[ "$seen" = "alert 50
alert 116
200 OK" ] && [ "$other" = "alert 40" ]
