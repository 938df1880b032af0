#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Unlicense
"""differ.py [COUNT [SEED]]: replies as we read them, and as others do.

COUNT (3,000) replies are made at random, each a good one with a few changes to
it. This project's parser, Python's http.client, Node's llhttp and curl read
the same bytes. If two of them see another status or body, or one takes what
another refuses, the reply must be of a class in classes.txt. Any other
difference is somebody's bug, and fails.

A reply's class is found in its bytes: each class has a regular expression, and
says who is stricter, and why that is right.
"""
import collections, http.client, http.server, io, json, os, random, re
import shutil, socketserver, subprocess, sys, tempfile, threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")


def chunks(r, body):
    out = b""
    while body:
        n = r.randint(1, len(body))
        size = r.choice([b"%x", b"%X", b"0%x"]) % n
        out += size + r.choice([b"", b";a=b", b' ; x="y"']) + b"\r\n" + \
            body[:n] + b"\r\n"
        body = body[n:]
    return out + b"0\r\n" + r.choice([b"", b"", b"T: x\r\n"]) + b"\r\n"


def good(r):
    """(head's lines, body): a reply that nobody refuses."""
    body = bytes(r.choice(b'{"Status":4} \r\n\0\xff') for _ in
                 range(r.choice([0, 1, 20, 300])))
    lines = [b"HTTP/1.1 %d %s" % (r.choice([200, 200, 201, 400, 404, 500]),
                                  r.choice([b"OK", b"", b"Not so \xe9"]))]
    lines += [r.choice([b"Server: x", b"X-A:", b"x-b:  c \t", b"Date: today"])
              for _ in range(r.randint(0, 3))]
    kind = r.randint(0, 2)
    if kind == 0:
        lines.append(b"Content-Length: %d" % len(body))
    elif kind == 1:
        lines.append(b"Transfer-Encoding: chunked")
        body = chunks(r, body)
    else:
        lines.append(b"Connection: close")
    return lines, body


SLIPS = [b" ", b"\t", b"\r", b"\n", b"\0", b":", b";", b",", b"0", b"-", b"+",
         b"x", b"\x7f", b"\x80", b'"', b"\r\n", b"1"]
LINES = [b"Content-Length: 5", b"content-length: 05", b"Content-Length: 5, 5",
         b"Content-Length: 5,6", b"Content-Length: +5", b"Content-Length: -5",
         b"Content-Length: 0x5", b"Content-Length:", b"Content-Length: 5 5",
         b"Content-Length : 5", b"Content-Length: 99999999999999999999",
         b"Transfer-Encoding: gzip", b"Transfer-Encoding: identity",
         b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: xchunked",
         b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: CHUNKED",
         b"Transfer-Encoding : chunked", b" folded: line", b"no colon", b": x",
         b"a b: c", b"X-Nul: \0", b"X-Cr: a\rb", b"X-Obs: \xff"]
STARTS = [b"HTTP/1.0 200 OK", b"HTTP/1.1 200", b"HTTP/1.1  200 OK",
          b"HTTP/1.1 20 OK", b"HTTP/1.1 2000 OK", b"HTTP/1.2 200 OK",
          b"HTTP/2.0 200 OK", b"http/1.1 200 OK", b"HTTP/1.1 204 None",
          b"HTTP/1.1 304 Same", b"HTTP/1.1 099 x", b"HTTP/1.1 999 x",
          b"HTTP/1.1\t200 OK", b"\r\nHTTP/1.1 200 OK", b"ICY 200 OK",
          b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK", b"HTTP/1.1 2x0 OK"]


def changed(r):
    lines, body = good(r)
    for _ in range(r.choice([0, 1, 1, 1, 2])):
        what = r.randint(0, 3)
        if what == 0:
            lines.insert(r.randint(1, len(lines)), r.choice(LINES))
        elif what == 1:
            lines[0] = r.choice(STARTS)
        elif what == 2 and body:
            at = r.randint(0, len(body))
            body = body[:at] + r.choice(SLIPS) + body[at + r.randint(0, 2):]
        else:
            i = r.randint(0, len(lines) - 1)
            at = r.randint(0, len(lines[i]))
            lines[i] = lines[i][:at] + r.choice(SLIPS) + lines[i][at:]
    whole = b"\r\n".join(lines) + b"\r\n\r\n" + body
    return whole[:r.randint(1, len(whole))] if r.random() < .1 else whole


def ours(cases, d):
    subprocess.run(["gcc", "-O1", "-w", "-I" + ROOT, "-I" + ROOT + "/backends",
                    HERE + "/ours.c", "-o", d + "/ours"], check=True)
    given = b"".join(b"%d\n%s" % (len(c), c) for c in cases)
    return subprocess.run([d + "/ours"], input=given, check=True,
                          capture_output=True).stdout.decode().splitlines()


def python(cases, d):
    class Socket:
        def __init__(self, data):
            self.data = data

        def makefile(self, mode):
            return io.BytesIO(self.data)

    def read(case):
        reply = http.client.HTTPResponse(Socket(case), method="POST")
        try:
            reply.begin()
            return "%03d %s" % (reply.status, reply.read().hex())
        except (http.client.HTTPException, ValueError, OverflowError,
                MemoryError) as e:
            return "refused " + type(e).__name__
    return [read(c) for c in cases]


def node(cases, d):
    with open(d + "/cases.json", "w") as f:
        json.dump([c.hex() for c in cases], f)
    return subprocess.run(["node", HERE + "/node.js", d + "/cases.json"],
                          check=True, capture_output=True,
                          text=True).stdout.splitlines()


def curl(cases, d):
    class Serve(socketserver.StreamRequestHandler):
        def handle(self):
            words = self.rfile.readline().split()
            while self.rfile.readline().strip():
                pass
            self.wfile.write(cases[int(words[1][1:])])

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = allow_reuse_address = True
        request_queue_size = 128

        def handle_error(self, request, address):
            pass  # curl closes where it has seen enough

    with Server(("127.0.0.1", 0), Serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        said = []
        while len(said) < len(cases):  # some errors end curl's whole list
            with open(d + "/config", "w") as f:
                for i in range(len(said), len(cases)):
                    f.write('url = "http://127.0.0.1:%d/%d"\noutput = "%s/%d"\n'
                            % (server.server_address[1], i, d, i))
            said += subprocess.run(
                ["curl", "-s", "-K", d + "/config", "-m", "10",
                 "--no-keepalive", "-w", "%{exitcode} %{http_code}\\n"],
                capture_output=True, text=True).stdout.splitlines()
        server.shutdown()

    def read(i):
        code, status = said[i].split()
        if code != "0":
            return "refused by exit status " + code
        try:
            with open("%s/%d" % (d, i), "rb") as f:
                return status + " " + f.read().hex()
        except FileNotFoundError:
            return status + " "
    return [read(i) for i in range(len(cases))]


# Up to the empty line, that of the last head if there are interim ones.
HEAD = r"\A(?:(?!\r\n\r\n(?!HTTP)).)*?"
PEERS = {"python": python, "node": node, "curl": curl}


def classes():
    """Blocks of three lines: what kind of difference, our error or "-", and the
    peers; a regular expression for the bytes; the reason."""
    with open(HERE + "/classes.txt", encoding="utf-8") as f:
        blocks = [b.strip().split("\n") for b in f.read().split("\n\n")[1:]]
    return [(b[0].split(), re.compile(b[1].replace("HEAD", HEAD).encode(),
                                      re.S | re.I), b[2])
            for b in blocks if len(b) >= 3]


def difference(mine, theirs):
    refused = mine.startswith("refused"), theirs.startswith("refused")
    if all(refused) or mine == theirs:
        return None
    return {(True, False): "stricter", (False, True): "laxer",
            (False, False): "other"}[refused]


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    r = random.Random(sys.argv[2] if len(sys.argv) > 2 else "0")
    cases = [changed(r) for _ in range(count)]
    known, counted, bugs = classes(), collections.Counter(), 0
    with tempfile.TemporaryDirectory() as d:
        mine = ours(cases, d)
        for name, read in PEERS.items():
            if name != "python" and not shutil.which(name):
                print(f"left    {name} is not installed")
                continue
            for case, a, b in zip(cases, mine, read(cases, d), strict=True):
                how = difference(a, b)
                if how is None:
                    counted[name, "the same"] += 1
                    continue
                found = next((why for (kind, error, *peers), pattern, why
                              in known if kind == how and name in peers and
                              error in ("-", a.split()[-1]) and
                              pattern.search(case)), None)
                counted[name, found or "unknown"] += 1
                if found is None:
                    bugs += 1
                    if bugs <= 20:
                        print(f"{name}, we are {how}: {case!r}\n  ours: {a}\n"
                              f"  theirs: {b}")
    for (name, why), n in sorted(counted.items()):
        print(f"DIFFER {name} {n} {why}")
    return 1 if bugs else 0


sys.exit(main())
