# SPDX-License-Identifier: MIT OR Unlicense
"""What servers do by default to a client that keeps its connection, seen on
raw sockets: writes the table of docs/servers.md anew. It takes three minutes,
since it waits for servers to close idle connections.
Needs what tests/kestrel.py needs, nodejs, amtsim's libraries, and uwsgi-core
with uwsgi-plugin-python3; run tests/kestrel.py first, which builds its server.
usage: observe.py [FILE]   (docs/servers.md)"""
import concurrent.futures
import contextlib
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

from kestrel import Kestrel
from servers import (START, Amtsim, Nginx, Server, Uwsgi, certificate,
                     write)

PATIENCE = 150 # seconds of an idle connection
BEGIN, END = "<!-- made by tests/kestrel/observe.py -->", "<!-- end -->"
CALLS = "/AmtOpConService/"
LARGE = b"0123456789abcdef" * 30000

PLAIN_NODE = r"""
const fs = require('fs'), [, tls, file, crt, key] = process.argv;
const big = fs.readFileSync(file), answer = (q, r) => {
  q.resume();
  q.on('end', () => r.end(q.url == '/large' ? big : 'small'));
};
(tls ? require('https').createServer(
  { cert: fs.readFileSync(crt), key: fs.readFileSync(key) }, answer) :
  require('http').createServer(answer)).listen(0, '127.0.0.1', function () {
    console.log((tls ? 'https:' : 'http:') + this.address().port); });
"""


# --- one connection ----------------------------------------------------------

class Line:
    """A connection, with TLS 1.2 for https, as our clients have it."""

    def __init__(self, url, session=None, tickets=True):
        host, port = url.split("//")[1].split(":")
        self.tls = url.startswith("https")
        self.socket = socket.create_connection((host, int(port)), 60)
        self.raw, self.received = b"", b""
        if self.tls:
            self.begin_tls(session, tickets)

    context = {}

    def begin_tls(self, session, tickets):
        if tickets not in self.context:
            c = ssl.create_default_context(cafile=certificate() + "/crt")
            c.maximum_version = ssl.TLSVersion.TLSv1_2
            c.options |= 0 if tickets else ssl.OP_NO_TICKET
            self.context[tickets] = c
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.engine = self.context[tickets].wrap_bio(
            self.incoming, self.outgoing, server_hostname="127.0.0.1",
            session=session)
        self.turn(self.engine.do_handshake)

    def turn(self, what):
        """Calls what() until it has all it needs; b"" where the bytes end."""
        while True:
            try:
                result = what()
                self.socket.sendall(self.outgoing.read())
                return result
            except ssl.SSLWantReadError:
                self.socket.sendall(self.outgoing.read())
                piece = self.socket.recv(65536)
                self.raw += piece
                self.incoming.write(piece)
                if not piece:
                    self.incoming.write_eof()

    def send(self, data):
        if self.tls:
            self.turn(lambda: self.engine.write(data))
        else:
            self.socket.sendall(data)

    def receive(self):
        """A piece; b"" at an orderly end, None at any other."""
        try:
            return self.turn(lambda: self.engine.read(65536)) if self.tls \
                else self.socket.recv(65536)
        except ssl.SSLZeroReturnError:
            return b""
        except (ssl.SSLEOFError, ConnectionResetError):
            return None

    def head(self):
        while b"\r\n\r\n" not in self.received:
            piece = self.receive()
            assert piece, self.received
            self.received += piece
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        return head.decode().lower()

    def body(self, head):
        length = re.search(r"content-length: *(\d+)", head)
        if length:
            return self.take(int(length.group(1)))
        if "transfer-encoding: chunked" not in head:
            while (piece := self.receive()):
                self.received += piece
            return self.take(len(self.received))
        body = b""
        while True:
            while b"\r\n" not in self.received:
                self.received += self.receive()
            size, _, self.received = self.received.partition(b"\r\n")
            body += self.take(int(size, 16))
            self.take(2)
            if not int(size, 16):
                return body

    def take(self, n):
        while len(self.received) < n:
            self.received += self.receive()
        taken, self.received = self.received[:n], self.received[n:]
        return taken

    def ask(self, request):
        self.send(request)
        head = self.head()
        return head, self.body(head)

    def idle(self, patience):
        """When the server closes it."""
        self.socket.settimeout(patience)
        begun = time.monotonic()
        try:
            self.receive()
        except TimeoutError:
            return "not in %d s" % patience
        seconds = time.monotonic() - begun
        return "at once" if seconds < 0.9 else "%.0f s" % seconds

    def close(self):
        self.socket.close()


def request(method, path, body="", version="1.1", *headers):
    lines = ["%s %s HTTP/%s" % (method, path, version), "Host: 127.0.0.1",
             *headers]
    if body:
        lines += ["Content-Type: application/json",
                  "Content-Length:       %d" % len(body)]
    return "\r\n".join([*lines, "", body]).encode()


# --- the servers -------------------------------------------------------------

class Subject:
    """A server's URL, and two functions of the version and of headers: they
    return a request with a small reply, and one with a large reply."""

    def __init__(self, url, small, large):
        self.url, self.small, self.large = url, small, large


def of_interface(url):
    """The sign-in, and the messages of a large job."""
    sign_in = lambda version="1.1", *headers: request(
        "POST", CALLS + "Authenticate",
        '{"User":"ocadm","Password":"opconxps"}', version, *headers)
    line = Line(url)
    token = {name.lower(): value for name, value in json.loads(
        line.ask(sign_in())[1]).items()}["amtlogontoken"]
    bearing = "X-AMT-LogonToken: " + token
    started = json.loads(line.ask(request("POST", START, json.dumps({
        "Action": "START", "TaskType": "BATCH", "ApplicationName": "DEMO2",
        "JobName": "LOG_100_x_5000", "SubmitUser": "BATCH",
        "Station": "OPCON"}), "1.1", bearing))[1])
    line.close()
    number = {name.lower(): value for name, value in started.items()}[
        "batchrequestid"]
    return Subject(url, sign_in, lambda version="1.1", *headers: request(
        "POST", CALLS + "GetMessages", json.dumps({
            "ApplicationName": "DEMO2", "BatchRequestId": number,
            "AfterSequence": 0}), version, bearing, *headers))


def of_pages(url):
    return Subject(url, *(
        lambda version="1.1", *headers, path=path: request(
            "GET", path, "", version, *headers)
        for path in ("/small", "/large")))


@contextlib.contextmanager
def kestrel(tls):
    with Kestrel(*["--https"] * tls) as k:
        yield of_interface(k.url)


@contextlib.contextmanager
def amtsim(tls):
    d = certificate()
    with Amtsim(*["--tls", d + "/crt", d + "/key"] * tls) as sim:
        yield of_interface(sim.base)


@contextlib.contextmanager
def nginx(tls):
    with Nginx("root %s;") as front:
        write(front.d + "/small", "small")
        write(front.d + "/large", LARGE)
        yield of_pages(front.url(tls=tls))


@contextlib.contextmanager
def node(tls):
    d = certificate()
    file = write(tempfile.mkdtemp() + "/large", LARGE)
    with Server("node", "-e", PLAIN_NODE, "tls" * tls, file, d + "/crt",
                d + "/key") as s:
        yield of_pages(s.base)


@contextlib.contextmanager
def python(tls):
    d = tempfile.mkdtemp()
    write(d + "/small", "small")
    write(d + "/large", LARGE)
    with Server(sys.executable, "-uc", "import os, sys, http.server as h;"
                "os.chdir(sys.argv[1]); h.test(h.SimpleHTTPRequestHandler,"
                "h.ThreadingHTTPServer, 'HTTP/1.1', 0, '127.0.0.1')", d) as s:
        yield of_pages(s.base)


@contextlib.contextmanager
def uwsgi(tls):
    with Uwsgi() as front:
        yield Subject(front.url, lambda version="1.1", *headers: request(
            "POST", CALLS + "Authenticate", "{}", version, *headers), None)


def version(*command):
    r = subprocess.run(command, capture_output=True, text=True, check=False,
                       env={**os.environ, "PATH": os.environ["PATH"] +
                            ":/usr/sbin"})
    return re.search(r"\d+\.\d+[.\d]*", r.stdout + r.stderr).group()


def package(name):
    return version("dpkg-query", "-W", "-f", "${Version}", name)


# Name, version, server, whether it speaks https here.
SERVERS = {
    "Kestrel": (lambda: re.search(r"Microsoft.AspNetCore.App (\S+)",
                                  subprocess.run(
                                      ["dotnet", "--list-runtimes"], text=True,
                                      capture_output=True, check=True).stdout)
                .group(1), kestrel, True),
    "nginx": (lambda: version("nginx", "-v"), nginx, True),
    "libmicrohttpd": (lambda: package("libmicrohttpd12"), amtsim, True),
    "Node": (lambda: version("node", "--version"), node, True),
    "Python": (lambda: version(sys.executable, "--version"), python, False),
    "uWSGI": (lambda: version("uwsgi", "--version"), uwsgi, False),
}


# --- what is seen ------------------------------------------------------------

def framing(head):
    return "chunks" if "transfer-encoding: chunked" in head else \
        "length" if "content-length:" in head else "end of the connection"


def said(head, name):
    found = re.search(r"^%s: *(.*)$" % name, head, re.M)
    return found and "`%s`" % found.group(1).strip() or "nothing"


def seen_plain(subject):
    """Rows of the table, from one server."""
    line = Line(subject.url)
    small, _ = line.ask(subject.small())
    large = subject.large and line.ask(subject.large())[0]
    line.close()
    yield "a small reply is framed by", framing(small)
    yield "a large one by", large and framing(large) or "not tried"
    yield "it says `Connection`:", said(small, "connection")
    yield "it says `Keep-Alive`:", said(small, "keep-alive")
    line = Line(subject.url)
    head, _ = line.ask(subject.small("1.0"))
    yield "a request of HTTP/1.0 is answered by", "%s, %s" % (
        head[:8].upper(), framing(head))
    line.close()
    line = Line(subject.url)
    line.ask(subject.small("1.1", "Connection: close"))
    yield "a connection is closed after `Connection: close`", line.idle(3)
    line.close()
    for what, asked in (
            ("a header of 10 kB", subject.small("1.1", "X-Y: " + "x" * 10000)),
            ("a header of 20 kB", subject.small("1.1", "X-Y: " + "x" * 20000)),
            ("a body of 40 MB, announced,", announcing(subject.small(),
                                                       40000000))):
        yield what + " gets", first_word(subject.url, asked)


def announcing(asked, length):
    """The same with such a Content-Length, and no byte of that body."""
    head = asked.partition(b"\r\n\r\n")[0].replace(b"GET ", b"POST ", 1)
    head = re.sub(rb"\r\nContent-Length:.*", b"", head)
    return head + b"\r\nContent-Length: %d\r\n\r\n" % length


def first_word(url, asked):
    """The status of its reply, and whether it closes then."""
    line = Line(url)
    line.socket.settimeout(3)
    try:
        line.send(asked)
        head = line.head()
        line.body(head)
        return head[9:12] + ", close" * (line.idle(3) == "at once")
    except TimeoutError:
        return "a wait for all of it"
    except (AssertionError, ConnectionError, TypeError):
        return "the connection's end"
    finally:
        line.close()


def seen_idle(subject):
    line = Line(subject.url)
    line.ask(subject.small())
    yield "an idle one after", line.idle(PATIENCE)
    line.close()


def records(raw):
    """The lengths of its TLS records of application data."""
    at, lengths = 0, []
    while at + 5 <= len(raw):
        kind, _, length = struct.unpack(">BHH", raw[at:at + 5])
        if kind == 23:
            lengths.append(length)
        at += 5 + length
    return lengths


def seen_tls(subject):
    line = Line(subject.url)
    line.ask(subject.small())
    begun = len(line.raw)
    line.ask(subject.large())
    lengths = records(line.raw[begun:])
    yield "the longest TLS record is of", "%d bytes" % max(lengths)
    line.send(subject.small("1.1", "Connection: close"))
    line.body(line.head())
    yield "TLS is ended with", {b"": "close_notify", None: "nothing"}[
        line.receive()]
    line.close()
    for tickets, name in (False, "by id"), (True, "by ticket"):
        first = Line(subject.url, tickets=tickets)
        first.ask(subject.small())
        second = Line(subject.url, first.engine.session, tickets)
        yield "a TLS session is resumed " + name, \
            "yes" if second.engine.session_reused else "no"
        first.close()
        second.close()


def column(name, waits=True):
    """All that is seen of one server."""
    _, begin, tls = SERVERS[name]
    with begin(False) as plain:
        rows = dict(seen_plain(plain))
        if waits:
            rows.update(seen_idle(plain))
    if tls:
        with begin(True) as safe:
            rows.update(seen_tls(safe))
    return rows


def table(columns, names):
    rows = list(dict.fromkeys(row for c in columns for row in c))
    lines = [["", *names], ["---"] * (len(names) + 1)]
    lines += [[row, *(c.get(row, "") for c in columns)] for row in rows]
    return "".join("| %s |\n" % " | ".join(line) for line in lines)


def observe():
    names = list(SERVERS)
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        columns = list(pool.map(column, names))
    return table(columns, ["%s %s" % (name, SERVERS[name][0]())
                           for name in names])


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else "docs/servers.md"
    with open(path, encoding="utf-8") as f:
        before, _, rest = f.read().partition(BEGIN)
    made = observe()
    with open(path, "w", encoding="utf-8") as f:
        f.write(before + BEGIN + "\n\n" + made + "\n" + END +
                rest.partition(END)[2])
    print(made)
