#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# lighttpd serves https with its own certificate alone in ssl.pemfile, signed by
# a CA, as many sites have it. If it also asks clients for certificates
# (ssl.verifyclient.*), each handshake ends with the alert internal_error, even
# with a good client certificate. It then tries to build the chain of its own
# certificate, from the clients' CA alone; its log says no more than "building
# cert chain for TLS server name". ssl.ca-file with its own CA does not help. A
# pemfile that has the CA's certificate after the server's does. The alert is
# easily taken for the answer to a missing client certificate, which is
# handshake_failure here as elsewhere.
#
# Guessed before: what is asked of clients changes nothing for the server's own
# certificate, and internal_error is how lighttpd says that a client showed
# none.
# Seen with lighttpd and lighttpd-mod-openssl 1.4.69-1 (Debian 12 for amd64).
# Needs apt-get, dpkg, openssl 3.0 and python3; installs into a folder of its
# own, and speaks on loopback only.
set -eu
version=1.4.69-1
folder=$(mktemp -d)
server=
leave() { [ -z "$server" ] || kill "$server" 2>/dev/null || :; rm -rf "$folder"; }
trap leave EXIT
cd "$folder"
apt-get -qq download "lighttpd=$version" "lighttpd-mod-openssl=$version" \
  libnettle8 libpcre2-8-0 libxxhash0 >/dev/null
for package in *.deb; do dpkg -x "$package" root; done

# authority NAME; certificate NAME AUTHORITY
key="ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
authority() {
  openssl req -x509 -newkey $key -keyout "$1.key" -out "$1.pem" -days 30 \
    -subj "/CN=$1" 2>/dev/null
}
certificate() {
  openssl req -newkey $key -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial \
    -days 30 -out "$1.pem" 2>/dev/null
}
authority servers; certificate localhost servers
authority clients; certificate me clients
cat localhost.pem servers.pem >chain.pem
mkdir www; echo hello >www/index.html

# ask PEMFILE [LINE...]: what two clients see, one without and one with a
# certificate.
ask() {
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
  { printf 'server.document-root = "%s/www"\nindex-file.names = ("index.html")\n' \
      "$folder"
    printf 'server.bind = "127.0.0.1"\nserver.port = %s\n' "$port"
    printf 'server.modules = ("mod_openssl")\nssl.engine = "enable"\n'
    printf 'ssl.pemfile = "%s"\nssl.privkey = "localhost.key"\n' "$1"
    shift
    printf '%s\n' "$@"; } >conf
  LD_LIBRARY_PATH=$folder/root/usr/lib/x86_64-linux-gnu \
    root/usr/sbin/lighttpd -D -f conf -m root/usr/lib/lighttpd >log 2>&1 &
  server=$!
  sleep 1
  for shown in "" "-cert me.pem -key me.key"; do
    printf 'GET / HTTP/1.0\r\n\r\n' |
      timeout 10 openssl s_client -tls1_2 -ign_eof $shown \
        -connect "127.0.0.1:$port" 2>&1 | tr -d '\r' |
      sed -n 's/.*SSL alert number/alert/p; s,^HTTP/1.0 ,,p'
  done | paste -sd,
  kill $server
  wait $server || :
  server=
}
want='ssl.verifyclient.activate = "enable"
ssl.verifyclient.enforce = "enable"
ssl.verifyclient.ca-file = "clients.pem"'
plain=$(ask localhost.pem)
alone=$(ask localhost.pem "$want")
told=$(ask localhost.pem "$want" 'ssl.ca-file = "servers.pem"')
chain=$(ask chain.pem "$want")
echo "lighttpd $version, a client without a certificate and one with:"
echo "its certificate alone, nothing wanted of clients: $plain"
echo "the same, and clients' certificates wanted:       $alone"
echo "the same, its own CA in ssl.ca-file:              $told"
echo "its certificate and its CA's in ssl.pemfile:      $chain"
[ "$plain" = "200 OK,200 OK" ] && [ "$alone" = "alert 80,alert 80" ] &&
  [ "$told" = "alert 80,alert 80" ] && [ "$chain" = "alert 40,200 OK" ]
