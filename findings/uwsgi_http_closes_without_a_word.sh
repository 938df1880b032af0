#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# uWSGI's own HTTP server (--http) answers HTTP/1.1 with a Content-Length and no
# "Connection: close", which means that the connection stays open (RFC 9112,
# 9.3). But it closes it at once, even if the request says "Connection:
# keep-alive". A client that sends its next request on it loses that one, and
# cannot know whether it arrived. With --http-keepalive the reply is the same,
# and stays true.
#
# Guessed before: without "close" it keeps it for some seconds, as nginx does.
# Seen with uwsgi-core 2.0.21-5.1 (Debian 12). Needs apt-get, dpkg and python3;
# installs into a folder of its own, and speaks on loopback only.
set -eu
version=2.0.21-5.1
folder=$(mktemp -d)
server=
leave() { [ -z "$server" ] || kill -INT "$server" 2>/dev/null || :; rm -rf "$folder"; }
trap leave EXIT
cd "$folder"
apt-get -qq download "uwsgi-core=$version" "uwsgi-plugin-python3=$version" \
  libpython3.11 libpython3.11-minimal libpython3.11-stdlib libyajl2 \
  libyaml-0-2 libzmq5 libxml2 libsodium23 libpgm-5.3-0 libnorm1 libicu72 \
  libmd0 libbsd0 libcap2 libpam0g libpcre3 libsystemd0 >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
cat >app.py <<'END'
def application(environment, start):
    start("200 OK", [("Content-Length", "5")])
    return [b"hello"]
END
cat >ask.py <<'END'
import socket, sys, time
port, seen = int(sys.argv[1]), []
for attempt in range(100):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        break
    except OSError:
        time.sleep(0.1)
for wish in "", "Connection: keep-alive\r\n":
    with socket.create_connection(("127.0.0.1", port), 3) as s:
        reply = b""
        s.sendall(("GET / HTTP/1.1\r\nHost: x\r\n%s\r\n" % wish).encode())
        try:
            while True:
                piece = s.recv(4096)
                if not piece:
                    how = "closed"
                    break
                reply += piece
        except TimeoutError:
            how = "open after 3 s"
        head, _, body = reply.partition(b"\r\n\r\n")
        seen.append("%s, %s close said, %s: %s" % (
            head.split(b" ")[0].decode(),
            "a" if b"close" in head.lower() else "no", body.decode(), how))
print("; ".join(seen))
END

# run OPTION...: what a client sees.
run() {
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
  lib=$PWD/root/usr/lib/$(gcc -print-multiarch 2>/dev/null || echo x86_64-linux-gnu)
  LD_LIBRARY_PATH=$lib:$PWD/root/lib/${lib##*/} PYTHONHOME=$PWD/root/usr \
    root/usr/bin/uwsgi-core --plugins-dir root/usr/lib/uwsgi/plugins \
    --plugins http,python3 --wsgi-file app.py --http "127.0.0.1:$port" "$@" \
    >log 2>&1 &
  server=$!
  python3 ask.py "$port" || :
  kill -INT $server
  wait $server || :
  server=
}

one="HTTP/1.1, no close said, hello: closed"
kept="HTTP/1.1, no close said, hello: open after 3 s"
got=$(run)
more=$(run --http-keepalive)
echo "uwsgi-core $version, --http: $got"
echo "the same with --http-keepalive: $more"
[ "$got" = "$one; $one" ] && [ "$more" = "$kept; $kept" ] || {
  echo "this has changed" >&2
  tail -n 3 log >&2
  exit 1
}
