# SPDX-License-Identifier: MIT OR Unlicense
"""amt tap, and amt probe --report. The servers and clients are bare sockets:
they know no HTTP and say what a test has them say.
Environment: AMT, the tool; TEST_OUT, a folder.
usage: tap.py [WORD]   runs only the tests with WORD in their name"""
import base64
import concurrent.futures
import contextlib
import glob
import json
import os
import random
import re
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import zlib

sys.dont_write_bytecode = True

from dialects import ENVIRONMENT, FOLDER, Site
from programs import (AMT, FAST, TERM, WINE, amt, environment, equal, main,
                      published, server)
from tool import (DEMO, DONE, SHARED, alone, cert, dead_url, folder, one_line,
                  read, secure, trusting, until, write)

os.umask(0o022) # the tool's files are private all the same


class Tap:
    """A running `amt tap`, in front of `to`."""

    def __init__(self, to, d, *args, listen="127.0.0.1:0", save=None, **more):
        os.makedirs(d, exist_ok=True)
        self.file = save or d + "/capture"
        self.log = d + "/said"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [AMT, "tap", "--listen", listen, "--to", to, "--save",
                 self.file, *args], env=environment(), stdout=log, stderr=log,
                **more)
        until(lambda: "Ctrl-C\n" in self.said() or self.process.poll())
        self.port = int(re.search(r"http://\S+:(\d+) for", self.said())[1])
        self.url = "http://127.0.0.1:%d" % self.port

    def said(self):
        return read(self.log)

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def stop(self, status=0):
        """Ends it, and returns all that it has said."""
        self.process.send_signal(TERM)
        equal((self.process.wait(30), status), (status, status))
        return self.said()


@contextlib.contextmanager
def tap(to, *args, **more):
    with folder() as d:
        t = Tap(to, d, *args, **more)
        try:
            yield t
        finally:
            if t.process.poll() is None:
                t.stop()


class Peer:
    """A server: `serve` gets each of its connections, in a thread."""

    def __init__(self, serve, tls=None):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = "%s://127.0.0.1:%d" % ("https" if tls else "http",
                                          self.listener.getsockname()[1])
        self.serve, self.tls, self.threads = serve, tls, []
        self.failed = []
        self.thread = threading.Thread(target=self.accept)
        self.thread.start()

    def accept(self):
        while True:
            try:
                c, _ = self.listener.accept()
            except OSError:
                return
            c.settimeout(30)
            c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            t = threading.Thread(target=self.one, args=(c,))
            self.threads.append(t)
            t.start()

    def one(self, c):
        try:
            if self.tls:
                c = self.tls.wrap_socket(c, server_side=True)
            with c:
                self.serve(c)
        except Exception as e: # told by stop
            self.failed.append(e)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        for t in self.threads:
            t.join()
        equal(self.failed, [])


@contextlib.contextmanager
def peer(serve, tls=None):
    p = Peer(serve, tls)
    try:
        yield p.url
    finally:
        p.stop()


def tls_context(name="ec"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert(name + ".pem"), cert(name + ".key"))
    return context


def all_of(s, n=None):
    """n bytes, or all up to the end."""
    got = bytearray()
    while n is None or len(got) < n:
        piece = s.recv(65536 if n is None else min(65536, n - len(got)))
        if not piece:
            break
        got += piece
    return bytes(got)


def head_of(s):
    got = b""
    while not got.endswith(b"\r\n\r\n"):
        byte = s.recv(1)
        assert byte, got
        got += byte
    return got


def put_cut(s, data, rng):
    while data:
        n = rng.choice((1, 2, 7, 100, 5000, 40000))
        s.sendall(data[:n])
        data = data[n:]


def capture(path):
    """The blocks of a capture, joined as {(side, connection): bytes}, and its
    notes."""
    with open(path, "rb") as f:
        data = f.read()
    assert data.startswith(b"amt-capture 1\n"), data[:50]
    at, sides, ended, notes = data.index(b"\n") + 1, {}, set(), []
    while at < len(data):
        end = data.index(b"\n", at)
        line = data[at:end].decode()
        at = end + 1
        if line.startswith("#"):
            notes.append(line)
            continue
        side, conn, n = line.split(" ")
        key = side, int(conn)
        assert side in "<>" and key not in ended, line
        sides[key] = sides.get(key, b"") + data[at:at + int(n)]
        assert data[at + int(n):at + int(n) + 1] == b"\n", line
        at += int(n) + 1
        if n == "0":
            ended.add(key)
    equal(ended, set(sides))
    return sides, notes


def stars_for(clear, masked):
    """Where they differ, `masked` has a star or, in a number, a nine."""
    equal(len(clear), len(masked))
    for a, b in zip(clear, masked):
        assert a == b or b in b"*9", (clear, masked)


def post(path, body, *headers, to="amt.test"):
    lines = ["POST %s HTTP/1.1" % path, "Host: " + to, *headers,
             "Content-Length: %d" % len(body)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def reply(body, *headers, status="200 OK"):
    lines = ["HTTP/1.1 " + status, *headers, "Content-Length: %d" % len(body)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def chunked(body, sizes):
    out, at, i = b"", 0, 0
    while at < len(body):
        n = sizes[i % len(sizes)]
        piece = body[at:at + n]
        out += b"%x\r\n" % len(piece) + piece + b"\r\n"
        at, i = at + n, i + 1
    return out + b"0\r\n\r\n"


def conversation(pairs, *args, tls=None, cut=None):
    """Sends each request and its reply through one connection of a tap. Returns
    what it kept of both directions, the notes, and all that it said."""
    rng = random.Random(cut)

    def serve(c):
        for request, answer in pairs:
            equal(all_of(c, len(request)), request)
            put_cut(c, answer, rng)
        equal(c.recv(1), b"")

    with peer(serve, tls) as url, tap(url, *args) as t:
        with t.connect() as c:
            for request, answer in pairs:
                put_cut(c, request, rng)
                equal(all_of(c, len(answer)), answer)
        until(lambda: read_binary(t.file).count(b" 0\n") == 2)
        said = t.stop()
        sides, notes = capture(t.file)
    return sides[">", 1], sides["<", 1], notes, said


def read_binary(path):
    with open(path, "rb") as f:
        return f.read()


# --- every byte, both ways --------------------------------------------------

def test_a_whole_job_runs_through_the_tap_and_nothing_secret_is_kept():
    with server() as (url, stats), tap(url) as t:
        r = amt(t.url, *DONE)
        equal((r.returncode, r.stdout, r.stderr),
              (4, published("done", t.url), ""))
        equal(stats()["start_requests"], 1)
        said = t.stop()
        assert "secrets as stars" in said, said
        assert re.search(r" 2 connections, \d+ requests in", said), said
        data = read_binary(t.file)
        assert b"opconxps" not in data and b'"Password":"********"' in data
        tokens = re.findall(rb'Token(?:": *"|: )(\*+)["\r]', data)
        assert len(tokens) > 3, data
        equal(set(tokens), {b"*" * 32})
        equal(len(tokens), data.count(b"LogonToken"))


def test_every_byte_passes_unchanged_whatever_it_is():
    """Random bytes, cut anywhere; with --secrets, the capture has them all."""
    for seed in range(6):
        rng = random.Random(seed)
        pairs = [(rng.randbytes(rng.choice((1, 50, 70000, 300000))),
                  rng.randbytes(rng.choice((1, 60, 65536, 200000))))
                 for _ in range(4)]
        forth, back, _, _ = conversation(pairs, "--secrets", cut=seed)
        equal((forth, back), (b"".join(p for p, _ in pairs),
                              b"".join(p for _, p in pairs)))


def http_pairs():
    big = json.dumps({"Messages": [{"Sequence": i, "Text": "line %d" % i}
                                   for i in range(12000)]}).encode()
    secret = b'{"user":"u","password":"Hush-Hush-1"}'
    return [
        (post("/login", secret), reply(b'{"AccessToken":"Token-0123456789"}')),
        (b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n", reply(b"")),
        (b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" +
         chunked(big[:150000], (5, 5000, 40000)),
         b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
         b"Transfer-Encoding: chunked\r\n\r\n" + chunked(big, (1, 65536, 17))),
        (post("/c", big), reply(big)),
        (b"HEAD /d HTTP/1.1\r\nHost: x\r\n\r\n",
         b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
        (b"\r\nGET /e?token=Token-0123456789 HTTP/1.1\r\n\r\n",
         b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"),
        (post("/f", b""), b"HTTP/1.1 204 No Content\r\n\r\n"),
        (b"GET /g HTTP/1.1\r\nAuthorization: Bearer Token-0123456789\r\n\r\n",
         reply(b"bye")),
    ]


def test_chunks_interim_replies_and_big_bodies_pass_on_one_connection():
    pairs = http_pairs()
    for args in (), ("--secrets",):
        for tls in None, tls_context():
            more = trusting() if tls else []
            forth, back, _, said = conversation(pairs, *args, *more, tls=tls,
                                                cut=len(args))
            assert "8 requests" in said, said
            clear = b"".join(p for p, _ in pairs), b"".join(p for _, p in pairs)
            if args:
                equal((forth, back), clear)
                continue
            stars_for(clear[0], forth)
            stars_for(clear[1], back)
            for secret in b"Hush-Hush-1", b"Token-0123456789":
                assert secret not in forth + back, secret
            assert b"Authorization: Bearer ****************\r\n" in forth
            assert b"/e?token=**************** HTTP" in forth
            # Nothing else is hidden: 11 stars are the password's.
            equal((forth + back).count(b"*"), 11 + 3 * 16)


def test_a_slow_reader_slows_nobody_else():
    big = os.urandom(1 << 20) * 12

    def serve(c):
        if c.recv(1) == b"B":
            c.sendall(big)
        else:
            c.sendall(b"small")

    with peer(serve) as url, tap(url, "--secrets") as t, t.connect() as slow:
        slow.sendall(b"B")
        got = slow.recv(1000)
        for _ in range(20):
            begun = time.monotonic()
            with t.connect() as c:
                c.sendall(b"s")
                equal(all_of(c), b"small")
            assert time.monotonic() - begun < 5
            got += slow.recv(1000)
        equal(got + all_of(slow), big)
        t.stop()
        equal(capture(t.file)[0]["<", 1], big)


def test_connections_pass_side_by_side_and_one_after_another():
    """When there are more than the tap has room for, some wait."""
    def serve(c):
        for _ in range(3):
            n = int(all_of(c, 3))
            equal(all_of(c, n), b"%d" % (n % 10) * n)
            c.sendall(b"%03d" % n)

    def talk(t, n, gate):
        with t.connect() as c:
            for _ in range(3):
                c.sendall(b"%03d" % n + b"%d" % (n % 10) * n)
                equal(all_of(c, 3), b"%03d" % n)
                if gate:
                    gate.wait(30)
            equal(c.recv(1), b"")

    with peer(serve) as url, tap(url) as t:
        for count, gate in (20, threading.Barrier(20)), (100, None):
            with concurrent.futures.ThreadPoolExecutor(count) as pool:
                list(pool.map(lambda n: talk(t, n, gate),
                              range(100, 100 + count)))
        for n in range(100, 110):
            talk(t, n, None)
        said = t.stop()
        assert "130 connections" in said, said
        sides, _ = capture(t.file)
        equal(sorted(len(sides[">", i]) for i in range(1, 131)),
              sorted(3 * (3 + n) for n in [*range(100, 120), *range(100, 200),
                                           *range(100, 110)]))


# --- ends -------------------------------------------------------------------

def test_the_end_of_one_direction_is_passed_on_alone():
    """Towards a TLS server it waits for the answer: TLS 1.2 would end both."""
    def until_the_end(c):
        got = all_of(c)
        time.sleep(0.3)
        c.sendall(got[::-1])

    with peer(until_the_end) as url, tap(url) as t, t.connect() as c:
        c.sendall(b"abc" * 50000)
        c.shutdown(socket.SHUT_WR)
        equal(all_of(c), b"cba" * 50000)

    request, answer = post("/x", b"{}"), reply(b"{}" * 40000)
    ended = threading.Event()

    def answers(c):
        equal(all_of(c, len(request)), request)
        time.sleep(0.3)
        c.sendall(answer)
        equal(c.recv(1), b"") # close_notify, not a cut
        ended.set()

    with peer(answers, tls_context()) as url, \
            tap(url, *trusting()) as t, t.connect() as c:
        c.sendall(request)
        c.shutdown(socket.SHUT_WR)
        equal(all_of(c), answer)
        assert ended.wait(10)


def test_a_client_that_leaves_early_ends_its_connection_alone():
    left = []

    def serve(c):
        head_of(c)
        try:
            for _ in range(2000):
                c.sendall(b"x" * 10000)
        except OSError as e:
            left.append(type(e))

    with peer(serve) as url, tap(url) as t:
        for _ in range(3):
            c = t.connect()
            c.sendall(b"GET / HTTP/1.1\r\n\r\n")
            c.recv(10)
            c.close()
        until(lambda: len(left) == 3)
        said = t.stop()
        assert "3 connections" in said, said


def test_a_reset_is_passed_on_as_a_reset():
    def resets(c):
        equal(c.recv(1), b"x")
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with peer(resets) as url, tap(url) as t, t.connect() as c:
        c.sendall(b"x")
        try:
            equal((c.recv(1), WINE), (b"", True)) # Wine sends no reset
        except ConnectionResetError:
            pass
        t.stop()
        assert "it broke" in read(t.file) or WINE, read(t.file)


def test_an_early_reply_arrives_though_the_server_takes_no_more():
    answer = reply(b"too much", status="413 Content Too Large")

    def serve(c):
        head_of(c)
        c.sendall(answer)
        c.shutdown(socket.SHUT_WR)
        time.sleep(0.3) # then it closes, with bytes unread

    with peer(serve) as url, tap(url) as t, t.connect() as c:
        c.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n")
        sent = 0
        c.settimeout(0.2)
        with contextlib.suppress(OSError):
            while sent < 9000000:
                sent += c.send(b"x" * 100000)
        c.settimeout(30)
        equal(all_of(c), answer)
        until(lambda: read_binary(t.file).count(b" 0\n") == 2)


def test_a_server_that_is_not_there_is_told_and_the_tap_goes_on():
    url = dead_url()
    with tap(url) as t:
        for _ in range(2):
            with t.connect() as c, contextlib.suppress(ConnectionResetError):
                c.sendall(b"GET / HTTP/1.1\r\n\r\n")
                equal(c.recv(1), b"")
        said = t.stop()
        assert said.count("amt: tap: connection") == 2 and url in said, said


# --- TLS --------------------------------------------------------------------

def test_a_whole_job_runs_over_https_behind_the_tap():
    with secure("ec") as (url, stats):
        with tap(url, *trusting()) as t:
            r = amt(t.url, *DONE)
            equal((r.returncode, r.stdout), (4, published("done", t.url)))
            equal(stats()["start_requests"], 1)
        with tap(url) as t: # nobody trusts that certificate
            r = amt(t.url, *DONE, "--give-up", "0")
            equal(r.returncode, 23)
            said = t.stop()
            assert "certificate" in said, said
        with tap(url, "--insecure") as t:
            equal(amt(t.url, *DONE).returncode, 4)
            assert "warning: --insecure" in t.stop()
        with tap(url, *trusting(), "--pin", "00" * 32) as t:
            equal(amt(t.url, *DONE, "--give-up", "0").returncode, 23)
            assert "pin" in t.stop()


def test_a_client_that_speaks_https_to_the_tap_is_told():
    with peer(lambda c: all_of(c)) as url, tap(url) as t, t.connect() as c:
        c.sendall(b"\x16\x03\x01\x00\x05hello")
        until(lambda: read_binary(t.file))
        c.close()
        time.sleep(0.3)
        said = t.stop()
        assert "https" in said and "http://127.0.0.1" in said, said


# --- the file ---------------------------------------------------------------

def test_the_capture_is_new_and_its_owners_alone():
    with server() as (url, _), folder() as d:
        t = Tap(url, d + "/tap")
        t.stop()
        equal(os.stat(t.file).st_mode & 0o777, 0o600)
        there = write(d + "/there", "kept")
        os.symlink(d + "/nowhere", d + "/link")
        for path in there, d + "/link", d:
            r = alone("tap", "--listen", "0", "--to", url, "--save", path)
            one_line(r, 78, path)
        one_line(alone("tap", "--listen", "0", "--to", url, "--save",
                       d + "/no/folder"), 78, "no/folder")
        equal(read(there), "kept")
        assert not os.path.exists(d + "/nowhere")


def test_a_full_disk_ends_the_capture_and_not_the_job():
    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900))

    with server() as (url, stats):
        with folder() as d:
            t = Tap(url, d, preexec_fn=small)
            full = Tap(url, d + "/full", save="/dev/full")
            for each in t, full:
                r = amt(each.url, *DONE)
                equal((r.returncode, r.stderr), (4, ""))
                equal(each.stop(74).count("the capture ends here"), 1)
            equal(os.path.getsize(t.file), 900)
        equal(stats()["start_requests"], 2)


def test_options_that_cannot_work_are_refused_in_one_sentence():
    with folder() as d:
        good = {"--listen": "127.0.0.1:0", "--to": "http://127.0.0.1:1",
                "--save": d + "/x"}
        for change, status, word in (
                ({"--listen": None}, 64, "--listen"),
                ({"--to": None}, 64, "--to"), ({"--save": None}, 64, "--save"),
                ({"--listen": "amt.test:80"}, 64, "amt.test:80"),
                ({"--listen": "127.0.0.1:65536"}, 64, "65536"),
                ({"--listen": "127.0.0.1:"}, 64, "127.0.0.1:"),
                ({"--listen": ""}, 64, "--listen"),
                ({"--to": "http://127.0.0.1:1/path"}, 64, "path"),
                ({"--to": "ftp://x"}, 64, "--to"),
                ({"--to": "http://amt.invalid:1"}, 78, "amt.invalid"),
                ({"--listen": "192.0.2.7:80"}, 78, "192.0.2.7"),
                ({"--ca": d}, 64, "--ca"), ({"--poll": "3"}, 64, "tap"),
                ({"--to": "https://127.0.0.1:1", "--ca": d + "/none"}, 78,
                 d + "/none")):
            args = [w for k, v in {**good, **change}.items() if v is not None
                    for w in (k, v)]
            one_line(alone("tap", *args), status, word)
            assert not os.path.exists(d + "/x"), change
        with socket.create_server(("127.0.0.1", 0)) as s:
            one_line(alone("tap", "--listen", str(s.getsockname()[1]), "--to",
                           good["--to"], "--save", good["--save"]), 78,
                     "--listen")


def test_it_listens_on_loopback_unless_told_otherwise():
    with server() as (url, _):
        with tap(url, listen="0") as t:
            assert "http://127.0.0.1:" in t.said(), t.said()
            equal(amt(t.url, *DONE).returncode, 4)
            assert "warning" not in t.stop()
        with tap(url, listen="0.0.0.0:0") as t:
            equal(amt(t.url, *DONE).returncode, 4)
            assert "warning: --listen 0.0.0.0:0" in t.stop()


# --- what is secret ---------------------------------------------------------

TICKET = "Zk9-4vQx7.Lm2_81+w/="
WORDS = "Tr0ub4dor&3 \"x\\"


def quoted(text):
    return json.dumps(text).encode()


def percent(text):
    return "".join(c if c.isalnum() else "%%%02X" % b for c in text
                   for b in c.encode()).encode()


def sign_ins():
    """Sign-ins and their replies, with the secrets in many forms."""
    p, t = quoted(WORDS), quoted(TICKET)
    basic = base64.b64encode(("u:" + WORDS).encode()).decode()
    inside = json.dumps({"d": json.dumps({"Token": TICKET,
                                          "a": {"Secret": WORDS}})})
    return [
        (post("/logon", b'{"User":"u","Password":%s}' % p),
         reply(b'{"AmtLogonToken":%s,"ExpiresIn":3600}' % t)),
        (post("/s", b'{"credentials":{"name":"u","code":%s}}' % p),
         reply(b'{"result":{"access_token" : %s,"token_type":"Bearer"}}' % t)),
        (post("/login", b"grant_type=password&username=u&password=" +
              percent(WORDS), "Content-Type: application/"
              "x-www-form-urlencoded"), reply(t)),
        (b"GET /api?ask=logon&user=u&pwd=" + percent(WORDS) +
         b" HTTP/1.1\r\n\r\n",
         reply(b"session=" + TICKET.encode() + b"\nok=1")),
        (post("/oauth/token", b"", "Authorization: Basic " + basic),
         reply(b'{"LogonResult":%s}' % t)),
        (post("/x", b'{"UserName":"u","pass_word":%s}' % p),
         reply(b"{}", "Set-Cookie: SID=%s; Path=/; HttpOnly" % TICKET)),
        (post("/soap", b"<s:Logon><x:User>u</x:User><x:Password>Tr0ub4dor-3"
              b"</x:Password></s:Logon>"),
         reply(b"<s:LogonResponse><s:LogonResult>" + TICKET.encode() +
               b"</s:LogonResult></s:LogonResponse>")),
        (post("/wcf", b'{"request":"{\\"password\\":\\"Tr0ub4dor-3\\"}"}'),
         reply(inside.encode())),
        (post("/amt", b'{"Kennung":"u","Kennwort":%s}' % p),
         reply(b'{"AmtLogonToken":%s}' % t)),
        (post("/amt", b'{"p":[{"pwd":%s}]}' % p),
         reply(b'{"Data":{"Id":"%s","UserName":"Ursula.Unworth"}}' %
               TICKET.encode())),
    ]


SECRETS = [TICKET.encode(), percent(TICKET), b"Tr0ub4dor", percent(WORDS)[3:],
           b"Zk9-4vQx7", base64.b64encode(("u:" + WORDS).encode())[:12]]


def test_no_secret_is_kept_however_it_is_sent_and_wherever_it_is_cut():
    """A token is hidden by as many stars as it has bytes, everywhere."""
    uses = [b"GET /m/%s/1 HTTP/1.1\r\n\r\n" % percent(TICKET),
            b"GET /m?s=%s&n=1 HTTP/1.1\r\n\r\n" % percent(TICKET),
            b"GET / HTTP/1.1\r\nX-Seat: %s\r\n\r\n" % TICKET.encode(),
            b"GET / HTTP/1.1\r\nCookie: lang=de; SID=%s\r\n\r\n" %
            TICKET.encode(),
            post("/m", b'{"k":%s,"n":1}' % quoted(TICKET))]
    for n, (request, answer) in enumerate(sign_ins()):
        pairs = [(request, answer)] + [(u, reply(b'{"Status":2}'))
                                       for u in uses]
        forth, back, _, _ = conversation(pairs, cut=n)
        stars_for(b"".join(p for p, _ in pairs), forth)
        stars_for(b"".join(p for _, p in pairs), back)
        for secret in SECRETS:
            assert secret not in forth + back, (request, secret, forth, back)
        stars = b"*" * len(TICKET)
        assert b"X-Seat: %s\r\n" % stars in forth, (request, forth)
        assert b'{"k":"%s","n":1}' % stars in forth, forth
        assert b"SID=%s\r\n" % stars in forth, forth
        assert b"&n=1 HTTP" in forth and b'{"Status":2}' in back
        equal(b"Basic ****" in forth, b"Basic" in request)


def test_no_secret_is_kept_that_chunks_or_pieces_of_a_body_cut():
    filler = json.dumps([{"Text": "x" * 90} for _ in range(700)]).encode()
    for at in range(32300, 33300, 97):
        body = (b'{"m":' + filler + b"}")[:at] + \
            b'"}],"Token":%s,"Password":%s}' % (quoted(TICKET), quoted(WORDS))
        pairs = [(post("/a", b"{}"), b"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                  b"chunked\r\n\r\n" + chunked(body, (3, 1, 5, 30000)))]
        if at % 5 == 0:
            pairs[0] = pairs[0][0], reply(body)
        forth, back, _, _ = conversation(pairs, cut=at)
        stars_for(pairs[0][1], back)
        payload = back.replace(b"\r\n", b"")
        for secret in SECRETS:
            assert secret not in payload, (at, back[-200:])
        assert payload.count(b"*") == len(TICKET) + len(quoted(WORDS)) - 2


def test_a_long_secret_is_hidden_to_its_end():
    for n in 4000, 4096, 5000, 20000, 100000:
        long = "".join(random.Random(n).choices("abcdef0123456789", k=n))
        pairs = [(post("/logon", b'{"password":"pass-pass"}'),
                  reply(b'{"token":"%s"}' % long.encode())),
                 (post("/m", b'{"a":"%s"}' % long.encode()), reply(b"{}"))]
        if n < 8000:
            pairs.append((b"GET / HTTP/1.1\r\nX-A: %s\r\n\r\n" % long.encode(),
                          reply(b"")))
        forth, back, _, _ = conversation(pairs, cut=n)
        for at in range(0, n - 40, 40):
            assert long[at:at + 40].encode() not in forth + back, (n, at)


def test_a_token_that_shows_only_later_is_hidden_in_what_was_saved():
    """Only its later use shows that the first reply had a token."""
    pairs = [(b"GET /hello HTTP/1.1\r\n\r\n", reply(quoted(TICKET))),
             (b"GET /x HTTP/1.1\r\nAuthorization: Bearer %s\r\n\r\n" %
              TICKET.encode(), reply(b"{}"))]
    forth, back, _, _ = conversation(pairs)
    assert TICKET.encode() not in forth + back, back
    assert b'"%s"' % (b"*" * len(TICKET)) in back, back


def test_what_is_no_secret_stays_for_whoever_learns_from_it():
    asked = (b'{"Action":"START","ApplicationName":"DEMO2","JobName":"J 1",'
             b'"Parameters":["A=1"],"QueueName":"Q","TaskValues":[{"Key":"k",'
             b'"Value":"v"}],"MessageSequence":12345678}')
    guid = b"8b7d4c1e-9b7b-4d36-8f6a-2f8a5a0b9c11"
    said = (b'{"BatchRequestId":"%s","Status":2,"token_type":"Bearer",'
            b'"Message":"no session, no token","tokenExpires":"2026-11-30",'
            b'"BatchSession":"B-17"}' % guid)
    pairs = [(post("/logon", b'{"User":"u","Password":"Pass-1234"}'),
              reply(b'{"Token":"Tok-12345678","Type":"bearer","User":'
                    b'"somebody.long","Expires":"2026-11-30T10:00:00Z"}')),
             (post("/start?app=DEMO2&an=x", asked, "Accept: application/json",
                   "X-Application: DEMO2", "X-Token: Tok-12345678"),
              reply(said, "WWW-Authenticate: Bearer realm=\"amt\"",
                    "Date: Mon, 30 Nov 2026 11:00:00 GMT"))]
    forth, back, _, _ = conversation(pairs)
    equal(forth, b"".join(p for p, _ in pairs).replace(b"Pass-1234", b"*" * 9)
          .replace(b"Tok-12345678", b"*" * 12))
    equal(back, b"".join(p for _, p in pairs).replace(b"Tok-12345678",
                                                      b"*" * 12))


def test_what_looks_like_a_token_among_tokens_is_hidden_whatever_its_name():
    said = (b'{"tokens":{"user":"%s","application":"PAYROLL_DEMO","url":'
            b'"http://amt.example/jobs/12345678"}}' % TICKET.encode())
    _, back, _, _ = conversation([(post("/logon", b'{"Password":"Pass-1234"}'),
                                   reply(said))])
    equal(back, reply(said.replace(TICKET.encode(), b"*" * len(TICKET))))


def test_a_compressed_body_is_hidden_since_secrets_cannot_be_found_in_it():
    squeezed = zlib.compress(b'{"Token":"Tok-12345678"}' * 9000, 1)
    answer = reply(squeezed, "Content-Encoding: gzip")
    forth, back, notes, _ = conversation([(post("/a", b"{}"), answer)])
    equal(back, answer[:-len(squeezed)] + b"*" * len(squeezed))
    assert any("compressed" in n for n in notes), notes
    equal(conversation([(post("/a", b"{}"), answer)], "--secrets")[1], answer)


def test_what_is_no_HTTP_is_searched_all_the_same():
    text = (b"Authorization: Bearer %s\nX: y\n{\"password\": %s}\n" %
            (TICKET.encode(), quoted(WORDS)))
    forth, back, _, _ = conversation([(text, text)])
    for secret in SECRETS:
        assert secret not in forth + back, forth
    assert b"Authorization: Bearer *" in forth, forth


def test_every_dialect_runs_through_the_tap_and_its_secrets_stay_hidden():
    """Two taps in a row. The far one hides nothing, and so shows what the near
    one hides. None of that may stand elsewhere in the near one's capture."""
    for path in sorted(glob.glob(FOLDER + "*.wire")):
        name = os.path.basename(path)[:-5]
        site = Site(name)
        try:
            with tap(site.url, "--secrets") as far, tap(far.url) as near:
                site.url = near.url
                r = site.amt("-jn", "REPORTTEST01")
                equal((name, r.returncode, r.stderr), (name, 4, ""))
                near.stop(), far.stop()
                clear, _ = capture(far.file)
                masked, _ = capture(near.file)
        finally:
            site.stop()
        secrets = {"opconxps", *ENVIRONMENT.get(name, {}).values()}
        for key, text in masked.items():
            stars_for(clear[key], text)
            secrets |= {clear[key][m.start():m.end()].decode()
                        for m in re.finditer(rb"\*{8,}", text)}
        every = b"".join(masked.values())
        assert len(secrets) > 1 or name in ("basic",), (name, secrets)
        for secret in secrets:
            assert secret.encode() not in every, (name, secret)
        if name != "basic":
            token = longest_repeated(clear, masked)
            assert token not in every, (name, token)
        assert b"REPORTTEST01" in every and b"DEMO2" in every, name


def longest_repeated(clear, masked):
    """What was hidden most often: the token."""
    seen = {}
    for key, text in masked.items():
        for m in re.finditer(rb"\*{8,}", text):
            value = clear[key][m.start():m.end()]
            seen[value] = seen.get(value, 0) + 1
    assert seen, masked
    return max(seen, key=seen.get)


# --- amt probe --report -----------------------------------------------------

def test_a_probes_report_has_what_was_said_and_no_name_and_no_secret():
    with server() as (url, _), folder() as d:
        ident = amt(url, *DONE, "--no-wait").stdout.strip()
        args = "probe", *DEMO, "-id", ident
        plain = amt(url, *args, fast=False)
        r = amt(url, *args, "--report", d + "/r", fast=False)
        equal((r.returncode, r.stdout), (0, plain.stdout))
        assert d + "/r" in r.stderr, r.stderr
        equal(WINE or os.stat(d + "/r").st_mode & 0o777, WINE or 0o600)
        sides, notes = capture(d + "/r")
        every = b"".join(sides.values())
        for name in b"ocadm", b"opconxps", b"127.0.0.1":
            assert name not in read_binary(d + "/r"), name
        equal(every.count(b"HTTP/1.1 200"), 3)
        assert b'"AmtLogonToken":"' + b"*" * 32 + b'"' in every, every
        assert b'"BatchRequestId":%s' % ident.encode() in every, every
        assert any("reply.status: Status: fits" in n for n in notes), notes
        one_line(amt(url, *args, "--report", d + "/r", fast=False), 78,
                 "there already")
        if not WINE:
            r = amt(url, *args, "--report", "/dev/full", fast=False)
            equal((r.returncode, r.stdout), (74, plain.stdout))


def test_a_probes_report_of_a_site_that_refuses_shows_the_refusal():
    with server("--user", "else") as (url, _), folder() as d:
        r = amt(url, "probe", "--report", d + "/r", fast=False)
        equal(r.returncode, 24)
        every = b"".join(capture(d + "/r")[0].values())
        assert b"HTTP/1.1 401" in every and b"opconxps" not in every, every


def test_a_probe_that_reaches_nobody_says_so_and_leaves_no_report():
    with socket.socket() as s, folder() as d:
        s.bind(("127.0.0.1", 0)) # without listening
        url = "http://127.0.0.1:%d" % s.getsockname()[1]
        for options in ([], ["--report", d + "/r"]):
            r = amt(url, "probe", *options, fast=False)
            equal(r.returncode, 23)
            assert "no reply" in r.stdout and "missing" not in r.stdout, r
            assert "no connection" in r.stderr, r
            equal("is not kept" in r.stderr, options != [])
            assert not os.path.exists(d + "/r")


if __name__ == "__main__":
    with SHARED:
        main(globals())
