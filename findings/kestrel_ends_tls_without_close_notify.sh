#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Kestrel, the server of ASP.NET Core, ends its TLS connections without
# close_notify: after "Connection: close", and also after a reply to HTTP/1.0,
# which it sends without a length. The end of such a body cannot be told from
# one that somebody cut (RFC 9112, 9.8; RFC 8446, 6.1). A client that insists on
# close_notify can read it by HTTP/1.1 only, where the reply comes in chunks.
#
# Guessed before: it sends close_notify, as nginx, Node and libmicrohttpd do.
# Seen with the .NET SDK 10.0.401, ASP.NET Core 10.0.12, on Debian 12. Needs that
# SDK (dotnet), openssl and python3; speaks on loopback only.
set -eu
runtime=10.0.12
folder=$(mktemp -d)
server=
leave() { [ -z "$server" ] || kill "$server" 2>/dev/null || :; rm -rf "$folder"; }
trap leave EXIT
cd "$folder"
export HOME="$folder" DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
cat >app.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <UseAppHost>false</UseAppHost>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
</Project>
END
cat >app.cs <<'END'
var app = WebApplication.Create(args);
app.MapGet("/", async (HttpResponse reply) =>
{
    await reply.WriteAsync("hello");
});
app.Run();
END
cat >ask.py <<'END'
import socket, ssl, sys, time
port = int(sys.argv[1])
for attempt in range(300):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        break
    except OSError:
        time.sleep(0.1)
seen = []
for tls in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
    for version, line in ("1.1", "Connection: close\r\n"), ("1.0", ""):
        c = ssl.create_default_context(cafile="crt")
        c.minimum_version = c.maximum_version = tls
        with c.wrap_socket(socket.create_connection(("127.0.0.1", port), 9),
                           server_hostname="127.0.0.1",
                           suppress_ragged_eofs=False) as s:
            s.sendall(("GET / HTTP/%s\r\nHost: x\r\n%s\r\n" % (
                version, line)).encode())
            reply = b""
            try:
                while piece := s.recv(4096):
                    reply += piece
                how = "close_notify"
            except ssl.SSLEOFError:
                how = "no close_notify"
        head, _, body = reply.partition(b"\r\n\r\n")
        head = head.lower()
        seen.append("%s to HTTP/%s: %s, %s" % (
            tls.name, version,
            "chunked" if b"chunked" in head else
            "a length" if b"content-length" in head else "no length", how))
print("; ".join(seen))
END
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=IP:127.0.0.1 -keyout key -out crt 2>/dev/null
dotnet build app.csproj -c Release -o out -v quiet --nologo >log 2>&1 || {
  cat log >&2; exit 1; }
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
dotnet out/app.dll --Urls "https://127.0.0.1:$port" \
  --Kestrel:Certificates:Default:Path=crt \
  --Kestrel:Certificates:Default:KeyPath=key >log 2>&1 &
server=$!
got=$(python3 ask.py "$port")
wanted="TLSv1_2 to HTTP/1.1: chunked, no close_notify; \
TLSv1_2 to HTTP/1.0: no length, no close_notify; \
TLSv1_3 to HTTP/1.1: chunked, no close_notify; \
TLSv1_3 to HTTP/1.0: no length, no close_notify"
have=$(dotnet --list-runtimes | sed -n 's/^Microsoft.AspNetCore.App \([^ ]*\).*/\1/p' |
  tail -n 1)
echo "ASP.NET Core $have (written for $runtime): $got"
[ "$got" = "$wanted" ] || { echo "this has changed" >&2; exit 1; }
