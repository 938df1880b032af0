#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# A token of ASP.NET Core's AddBearerToken lives up to a second less than the
# expiresIn of its own reply says. The server keeps the end in whole seconds,
# rounded down; expiresIn is not rounded. A client that uses the token for
# expiresIn seconds gets a 401 in the last one. If the life is one second, a
# token that is issued late in a second is dead when the reply arrives.
#
# Guessed before: it is good for expiresIn seconds after it was issued.
# Seen with the .NET SDK 10.0.401, ASP.NET Core 10.0.12, on Debian 12. Needs that
# SDK (dotnet) and python3; speaks on loopback only.
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
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.BearerToken;

const string scheme = BearerTokenDefaults.AuthenticationScheme;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthentication(scheme).AddBearerToken(
    o => o.BearerTokenExpiration = TimeSpan.FromSeconds(2));
builder.Services.AddAuthorization();
var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapGet("/in", () => Results.SignIn(
    new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, "x")], "x")),
    authenticationScheme: scheme));
app.MapGet("/me", () => "me").RequireAuthorization();
app.Run();
END
cat >ask.py <<'END'
import http.client, json, socket, sys, time
port = int(sys.argv[1])
for attempt in range(300):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        break
    except OSError:
        time.sleep(0.1)
line = http.client.HTTPConnection("127.0.0.1", port, timeout=9)

def ask(path, **headers):
    line.request("GET", path, headers=headers)
    r = line.getresponse()
    return r.status, r.read()

def one(fraction):
    """Signs in at this part of a second, asks at once and 1.3 s later."""
    time.sleep((fraction - time.time()) % 1)
    begun = time.monotonic()
    reply = json.loads(ask("/in")[1])
    bearer = {"Authorization": "Bearer " + reply["accessToken"]}
    at_once = ask("/me", **bearer)[0]
    time.sleep(max(0, begun + 1.3 - time.monotonic()))
    return reply["expiresIn"], at_once, ask("/me", **bearer)[0], \
        time.monotonic() - begun

ask("/in"), ask("/me") # the first ones are slow
seen = []
for fraction in 0.1, 0.8:
    for attempt in range(20): # on a busy machine
        life, at_once, later, took = one(fraction)
        if took < 1.5:
            break
    seen.append("signed in at .%d, expiresIn %s: %s, after 1.3 s %s" % (
        fraction * 10, life, at_once, later))
print("; ".join(seen))
END
dotnet build app.csproj -c Release -o out -v quiet --nologo >log 2>&1 || {
  cat log >&2; exit 1; }
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
dotnet out/app.dll --Urls "http://127.0.0.1:$port" >log 2>&1 &
server=$!
got=$(python3 ask.py "$port")
wanted="signed in at .1, expiresIn 2: 200, after 1.3 s 200; \
signed in at .8, expiresIn 2: 200, after 1.3 s 401"
have=$(dotnet --list-runtimes | sed -n 's/^Microsoft.AspNetCore.App \([^ ]*\).*/\1/p' |
  tail -n 1)
echo "ASP.NET Core $have (written for $runtime): $got"
[ "$got" = "$wanted" ] || { echo "this has changed" >&2; exit 1; }
