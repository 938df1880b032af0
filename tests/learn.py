# SPDX-License-Identifier: MIT OR Unlicense
"""`amt learn` against servers of many dialects: a plain client, which shares no
code with the tool, runs a job through a recording proxy. learn writes a wire
file from the recording, in each form that a capture may have, and a whole job
runs with that file. tests/dialects has the servers.
Environment: AMT, the tool.
usage: learn.py [WORD]   runs only the tests with WORD in their name"""
import base64
import concurrent.futures
import contextlib
import glob
import gzip
import http.client
import json
import os
import selectors
import shlex
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True
os.umask(0o077) # learn refuses a capture that others can write

from programs import (AMT, FAST, chosen, environment, equal, main, published,
                      server)
from learn_clients import CLIENTS

FOLDER = "tests/dialects/"
USER, PASSWORD = "ocadm", "opconxps"
TOLD = ["-an", "DEMO2", "-jn", "REPORTTEST01", "--api-user", USER]


class Proxy:
    """Stands between a client and a server; `blocks` has what passed."""

    def __init__(self, url):
        self.to = urllib.parse.urlsplit(url)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.blocks, self.count = [], 0
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self.carry, args=(client, self.count),
                             daemon=True).start()

    def carry(self, client, number):
        above = socket.create_connection((self.to.hostname, self.to.port))
        with selectors.DefaultSelector() as s, client, above:
            s.register(client, selectors.EVENT_READ, (above, ">"))
            s.register(above, selectors.EVENT_READ, (client, "<"))
            while True:
                for key, _ in s.select():
                    to, way = key.data
                    data = key.fileobj.recv(1000)
                    self.blocks.append((number, way, data))
                    if not data:
                        return
                    to.sendall(data)

    def close(self):
        self.listener.close()


class Browser:
    """The clients of learn_clients.py speak through it; `entries` are HAR's."""

    def __init__(self, port, keep=True):
        self.port, self.keep, self.entries = port, keep, []
        self.connection = None

    def __call__(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        elif body is not None:
            headers.setdefault("Content-Type",
                               "application/x-www-form-urlencoded")
        if self.connection is None or not self.keep:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port)
        self.connection.request(method, path,
                                body.encode() if body is not None else None,
                                headers)
        reply = self.connection.getresponse()
        data = reply.read()
        self.note(method, path, body, headers, reply, data)
        assert reply.status < 300, (method, path, reply.status, data)
        return reply, data.decode("utf-8-sig")

    def note(self, method, path, body, headers, reply, data):
        request = {"method": method, "headers": [
            {"name": n, "value": v} for n, v in headers.items()],
            "url": "https://amt.example.com:4004" + path}
        if body is not None:
            request["postData"] = {"text": body, "mimeType": "x"}
        content = {"size": len(data), "text": data.decode("utf-8-sig")}
        if len(self.entries) % 2 == 1:
            content = {"text": base64.b64encode(data).decode(),
                       "encoding": "base64"}
        self.entries.append({"startedDateTime": "2026-11-30T12:00:00Z",
            "request": request, "response": {
                "status": reply.status, "content": content, "headers": [
                    {"name": n, "value": v} for n, v in reply.getheaders()]}})


def as_tap(blocks, _):
    out = [b"amt-capture 1\n# made by tests/learn.py\n"]
    for number, way, data in blocks:
        out.append(b"%s %d %d\n%s\n" % (way.encode(), number, len(data), data))
    return b"".join(out)


def as_har(_, entries):
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "t"},
                               "entries": entries}}).encode()


SHOWN = {7: b"\\a", 8: b"\\b", 9: b"\\t", 10: b"\n", 11: b"\\v", 12: b"\\f",
         13: b"\\r", 92: b"\\\\"}


def as_socat(blocks, _):
    out, sent = [], {}
    for number, way, data in blocks:
        if not data:
            continue
        at = sent.get((number, way), 0)
        sent[number, way] = at + len(data)
        out.append(b"%s 2026/11/30 12:00:00.000411418  length=%d from=%d to=%d"
                   b"\n" % (way.encode(), len(data), at, at + len(data) - 1))
        out += [SHOWN.get(c, bytes([c]) if 32 <= c < 127 else b".")
                for c in data]
    return b"".join(out)


def as_stream(blocks, _):
    numbers = sorted({number for number, _, _ in blocks})
    return b"".join(data for n in numbers
                    for number, _, data in blocks if number == n)


FORMS = {"tap": as_tap, "har": as_har, "socat": as_socat, "stream": as_stream}


@contextlib.contextmanager
def dialect(name):
    """A server of tests/dialects. Yields its URL, and the lines it prints."""
    said = []
    with subprocess.Popen([sys.executable, "-B", FOLDER + name + ".py"],
                          stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().split()[-1]
        reader = threading.Thread(target=lambda: said.extend(
            line.strip() for line in process.stdout))
        reader.start()
        try:
            yield url, said
        finally:
            process.terminate()
            process.wait(30)
            reader.join()


@contextlib.contextmanager
def simulator(_):
    with server() as (url, _):
        yield url, []


def record(url, client, keep=True):
    """Runs the client's job through a proxy; its blocks, and HAR's entries."""
    proxy = Proxy(url)
    browser = Browser(proxy.port, keep)
    client(browser)
    if browser.connection:
        browser.connection.close()
    time.sleep(0.1)
    proxy.close()
    return proxy.blocks, browser.entries


def run(*args, **env):
    return subprocess.run([AMT, *args], capture_output=True, text=True,
                          env=environment(**env), timeout=120, check=False)


def learn(capture, *args):
    with tempfile.TemporaryDirectory(prefix="amt-test.") as d:
        with open(d + "/capture", "wb") as f:
            f.write(capture)
        r = run("learn", d + "/capture", *args)
    return r


def whole_job(text, url, job, *args, **env):
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as f:
        f.write(text)
        f.flush()
        return run("-s", url, "--wire", f.name, "-an", "DEMO2", "-jn", job,
                   "--format", "text", *args, *FAST, **env)


def lines_of(text):
    """The settings of a wire file, in order."""
    return [line for line in text.splitlines()
            if line and not line.startswith("#")]


def check_comments(name, text):
    """Each line has a comment before it."""
    before = ""
    for line in text.splitlines():
        if line and not line.startswith("#"):
            assert before.startswith("# "), (name, line)
        before = line


KEY = {"key": {"AMT_TOKEN": "tok-c0ffee-17"}}
APART = ("query", "page", "key") # these close after each reply
NOT_ASCII = [("forms", "socat")] # socat -v does not show its bytes


def the_log():
    return [json.loads(line) for line in published("done", "").splitlines()
            if line.startswith('"')]


def echoed(told):
    """What ECHO says of these options."""
    words = {"-pa": [], "-tv": [], "-u": [], "-qn": []}
    for option, value in zip(told[::2], told[1::2]):
        words[option].append(value)
    return ["%s [%s]" % pair for pair in [
        *(("Parameter", p) for p in words["-pa"]),
        *(("Task value", v) for v in words["-tv"]),
        ("User", "".join(words["-u"])), ("Queue", "".join(words["-qn"]))]]


def learned(name, form, client, recorded):
    r = learn(FORMS[form](*recorded), *TOLD, *client.told)
    equal((name, form, r.stderr, r.returncode), (name, form, "", 0))
    check_comments(name, r.stdout)
    for secret in PASSWORD, *client.secrets:
        assert secret not in r.stdout, (name, form, secret)
    return client.fill_in(r.stdout)


def runs_jobs(name, client, text, url):
    """With the published log, amtsim gets no options: its log would differ."""
    env = KEY.get(name, {})
    job = whole_job(text, url, "REPORTTEST01",
                    *client.told * (name != "default"), **env)
    equal((name, job.stdout.splitlines(), job.stderr, job.returncode),
          (name, the_log(), "", 4))
    if name == "default":
        return []
    job = whole_job(text, url, "ECHO", *client.told, **env)
    equal((name, job.stdout.splitlines(), job.stderr, job.returncode),
          (name, echoed(client.told), "", 4))
    return ["start DEMO2 REPORTTEST01", "start DEMO2 ECHO"]


def table_of(text):
    """The names and values that --print-wire makes of a wire file."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as f:
        f.write(text)
        f.flush()
        r = run("--wire", f.name, "--print-wire")
    equal((r.returncode, r.stderr), (0, ""))
    return [line.partition(" = ")[::2] for line in r.stdout.splitlines()]


def judge(name, text):
    """Compares each line with the file that was written by hand, except a
    Start's (the job ECHO shows what reached the server) and a refusal's (the
    capture has none to learn from)."""
    with open(FOLDER + name + ".wire", encoding="utf-8") as f:
        by_hand = table_of(f.read())
    alike = 0
    wrong = []
    for line in table_of(text):
        subset = [value for other, value in by_hand if other == line[0]]
        if line in by_hand:
            alike += 1
        elif line[0] not in ("start.path", "start.body", "reply.message") and (
                line not in LEAVES_OUT.get(name, ())) and not any(
                    set(line[1].split("|")) <= set(value.split("|"))
                    for value in subset):
            wrong.append(line)
    print("LEARN %s: %d lines as by hand, %d otherwise, %d wrong" % (
        name, alike, len(table_of(text)) - alike - len(wrong), len(wrong)))
    equal((name, wrong), (name, []))


LEAVES_OUT = {"query": [("reply.text", "none")]} # its messages are texts


def round_trip(name):
    client = CLIENTS[name]
    serve = simulator if name == "default" else dialect
    with serve(name) as (url, said):
        recorded = record(url, client, name not in APART)
        texts = {form: learned(name, form, client, recorded) for form in FORMS}
        wanted = runs_jobs(name, client, texts["tap"], url)
    if name != "default":
        equal((name, said), (name, wanted[:1] + wanted))
        judge(name, texts["tap"])
    for form in FORMS:
        if (name, form) not in NOT_ASCII:
            equal((name, form, lines_of(texts[form])),
                  (name, form, lines_of(texts["tap"])))


# --- captures that no server made -------------------------------------------

TOKEN = "5c9f2a77d1e04b3b"


def message(first, body, headers=()):
    data = body if isinstance(body, bytes) else body.encode()
    head = "".join(h + "\r\n" for h in [first, *headers,
                                        "Content-Length: %d" % len(data)])
    return head.encode() + b"\r\n" + data


def exchange(path, body, answer, headers=(), status=200):
    return (message("POST %s HTTP/1.1" % path, json.dumps(body),
                    ["Host: x", *headers]),
            answer if isinstance(answer, bytes)
            else message("HTTP/1.1 %d X" % status, json.dumps(answer)))


def small_job(number=417, name="REPORTTEST01", token=TOKEN):
    head = ["X-T: " + token]
    job = {"Run": number}
    return [
        exchange("/in", {"U": USER, "Pass": PASSWORD}, {"T": token}),
        exchange("/go", {"A": "DEMO2", "J": name}, {**job, "S": 1}, head),
        exchange("/see", job, {"S": 2}, head),
        exchange("/log", job, {"L": [{"No": 1, "Txt": "one"}]}, head),
        exchange("/see", job, {"S": 4}, head)]


def stream(exchanges):
    return b"".join(a + b for a, b in exchanges)


def test_captures_give_the_lines_that_they_are_known_to_have():
    for path in sorted(glob.glob("tests/captures/*.txt")):
        with open(path, "rb") as f, open(path[:-4] + ".wire") as wanted:
            told, *lines = wanted.read().splitlines()
            r = learn(f.read(), *shlex.split(told[2:]))
        equal((path, r.returncode, r.stderr), (path, 0, ""))
        equal((path, lines_of(r.stdout)), (path, lines))
        for secret in "opconxps", "s3cr3t-client", "K-1234567890":
            assert secret not in r.stdout, (path, secret)


def test_a_request_is_read_as_it_comes_in_pieces_and_beside_others():
    job = small_job()
    body = json.dumps({"A": "DEMO2", "J": "REPORTTEST01"}).encode()
    go_on = b"HTTP/1.1 100 Continue\r\n\r\n"
    head = job[1][0].replace(b"Host: x", b"Host: x\r\nExpect: 100-continue")
    head = head[:-len(body)]
    other = exchange("/other", {"z": 1}, {})
    wanted = lines_of(learn(stream(job), *TOLD).stdout)
    before, behind = stream(job[:1]), stream(job[2:])
    r = learn(before + head + go_on + body + job[1][1] + behind, *TOLD)
    equal((lines_of(r.stdout), r.stderr), (wanted, ""))
    pieces = [(1, ">", job[0][0]), (1, "<", job[0][1]), (1, ">", head),
              (2, ">", other[0][:30]), (1, "<", go_on), (1, ">", body),
              (1, "<", job[1][1][:20]), (2, ">", other[0][30:]),
              (2, "<", other[1]), (1, "<", job[1][1][20:]), (2, ">", b""),
              (2, "<", b"")]
    for i, (asked, answer) in enumerate(job[2:]):
        pieces += [(3 + i % 2, ">", asked), (3 + i % 2, "<", answer)]
    for form in "tap", "socat":
        r = learn(FORMS[form](pieces, None), *TOLD)
        equal((form, lines_of(r.stdout), r.stderr), (form, wanted, ""))


def refused(capture, words, status=78, told=None):
    """learn says one sentence, prints nothing, and writes no file."""
    with tempfile.TemporaryDirectory(prefix="amt-test.") as d:
        with open(d + "/capture", "wb") as f:
            f.write(capture)
        for more in [], ["--output", d + "/wire"]:
            r = run("learn", d + "/capture", *(TOLD if told is None else told),
                    *more)
            equal((r.returncode, r.stdout, r.stderr.count("\n")),
                  (status, "", 1))
            assert words in r.stderr, (words, r.stderr)
        equal(os.listdir(d), ["capture"])


def test_a_small_job_is_learned_and_the_file_is_written_whole():
    with tempfile.TemporaryDirectory(prefix="amt-test.") as d:
        with open(d + "/capture", "wb") as f:
            f.write(stream(small_job()))
        r = run("learn", d + "/capture", *TOLD, "--output", d + "/wire")
        equal((r.returncode, r.stdout, r.stderr), (0, "", ""))
        with open(d + "/wire", encoding="utf-8") as f:
            text = f.read()
        equal(text.replace("capture:", "capture:"),
              learn(stream(small_job()), *TOLD).stdout)
        assert "reply.text = Txt" in text
        r = run("learn", d + "/capture", *TOLD, "--output", d + "/no/wire")
        equal((r.returncode, r.stderr.count("\n")), (74, 1))


def test_values_that_were_not_told_are_asked_for():
    refused(stream(small_job()), "-jn JOB", 64, [])
    refused(stream(small_job()), "-an NAME", 64, ["-jn", "REPORTTEST01"])
    refused(stream(small_job()), "none of its 5 requests has 'OTHER'",
            told=["-an", "DEMO2", "-jn", "OTHER"])
    r = run("learn")
    equal((r.returncode, r.stdout), (64, ""))
    assert "needs a FILE" in r.stderr, r.stderr


def test_a_file_that_is_no_capture_is_refused():
    for capture in b"hello\n", b"\0\1\2", b"> hello\n", b"HTTP/2 200\n":
        refused(capture, "capture")
    refused(b"", "nothing is in it")
    soap = message("POST /x HTTP/1.1", "<job>REPORTTEST01</job>")
    refused(soap + message("HTTP/1.1 200 OK", "<ok/>"), "neither JSON nor")
    refused(b"amt-capture 2\n", "later")
    refused(b'{"openapi": "3.0.0"}', "not HAR")
    refused(b'{"log": [}', "not JSON")


def test_a_capture_that_is_cut_in_the_middle_is_refused():
    recorded = record_of(small_job())
    for form, make in FORMS.items():
        whole = make(*recorded)
        refused(whole[:len(whole) * 2 // 3 - 3], "cut in the middle")


def record_of(exchanges):
    blocks, entries = [], []
    for asked, answer in exchanges:
        blocks += [(1, ">", asked), (1, "<", answer)]
        first, _, rest = asked.decode().partition("\r\n")
        head, _, body = rest.partition("\r\n\r\n")
        entries.append({"request": {
            "method": "POST", "url": "http://x" + first.split()[1],
            "headers": [dict(zip(("name", "value"), line.split(": ")))
                        for line in head.split("\r\n")],
            "postData": {"text": body}}, "response": {
                "status": 200, "headers": [], "content": {
                    "text": answer.decode().partition("\r\n\r\n")[2]}}})
    return blocks, entries


def test_two_jobs_in_a_capture_are_one_too_many_unless_the_id_is_told():
    both = stream(small_job() + small_job(418)[1:])
    refused(both, "two jobs are in it: exchange 2 started 417, exchange 6 418")
    r = learn(both, *TOLD, "-id", "418")
    equal((r.returncode, r.stderr), (0, ""))
    assert "# exchange 6, POST /go" in r.stdout, r.stdout
    refused(both, "as was told", told=[*TOLD, "-id", "999"])
    other = stream(small_job(418, "ANOTHER") + small_job()[1:])
    equal(learn(other, *TOLD).returncode, 0)


def test_compressed_bodies_are_not_read_and_that_is_said():
    packed = message("HTTP/1.1 200 OK", gzip.compress(b'{"Run":417,"S":1}'),
                     ["Content-Encoding: gzip"])
    job = small_job()
    job[1] = job[1][0], packed
    refused(stream(job), "exchange 2 has a compressed body")
    job = small_job()
    job[2] = job[2][0], packed
    refused(stream(job), "exchange 3 is compressed")
    job = small_job() # in another exchange it does no harm
    job.insert(0, (message("GET /favicon HTTP/1.1", ""), packed))
    equal(learn(stream(job), *TOLD).returncode, 0)


def masked(capture):
    for secret in PASSWORD, TOKEN, "TOP-SECRET":
        capture = capture.replace(secret.encode(), b"*" * len(secret))
    return capture


def test_a_masked_capture_gives_the_same_file():
    job = small_job()
    for more in (), ("X-Api-Key: TOP-SECRET",):
        job = [(a.replace(b"Host: x", ("\r\n".join(["Host: x", *more])
                                       ).encode()), b) for a, b in job]
        equal(lines_of(learn(masked(stream(job)), *TOLD).stdout),
              lines_of(learn(stream(job), *TOLD).stdout))


def test_no_secret_reaches_the_file_wherever_it_stands():
    for asked in ({"U": USER, "Pass": PASSWORD}, [USER, PASSWORD],
                  {"a": {"b": USER, "c": PASSWORD}}, {"x": PASSWORD},
                  {"user": USER, "client_secret": "TOP-SECRET",
                   "secret": PASSWORD}):
        for told in TOLD, TOLD[:4]:
            job = small_job()
            job[0] = exchange("/in", asked, {"T": TOKEN})
            job[1] = exchange("/go?apikey=TOP-SECRET", {
                "A": "DEMO2", "J": "REPORTTEST01", "again": PASSWORD},
                {"Run": 417, "S": 1}, [
                    "X-T: " + TOKEN, "Cookie: a=TOP-SECRET",
                    "Ocp-Apim-Subscription-Key: TOP-SECRET"])
            r = learn(stream(job), *told)
            if r.returncode == 0:
                for secret in PASSWORD, TOKEN, "TOP-SECRET":
                    assert secret not in r.stdout, (asked, told, r.stdout)


def test_50_mb_are_read_in_16_mb_of_memory():
    job = small_job()
    filler = exchange("/other", {"x": "y" * 90000}, {"z": ["w" * 99] * 900})
    blocks = [b"amt-capture 1\n"]
    for i, (asked, answer) in enumerate(job[:2] + [filler] * 280 + job[2:]):
        for way, data in ((b">", asked), (b"<", answer)):
            blocks.append(b"%s %d %d\n%s\n" % (way, 1 + i % 40, len(data),
                                               data))
    capture = b"".join(blocks)
    assert len(capture) > 50e6, len(capture)
    with tempfile.NamedTemporaryFile() as f:
        f.write(capture)
        f.flush()
        began = time.monotonic()
        r = run("learn", f.name, *TOLD)
        took = time.monotonic() - began
        equal((r.returncode, r.stderr), (0, ""))
        plain = os.environ.get("AMT_PLAIN", "build/amt")
        if os.path.exists(plain):
            began = time.monotonic()
            memory = subprocess.run(
                [sys.executable, "-c", MEASURE, plain, "learn", f.name, *TOLD],
                capture_output=True, text=True, check=True)
            took = time.monotonic() - began
            kb = int(memory.stderr.split()[-1])
            print("LEARN 50 MB: %.1f s, %d kB" % (took, kb))
            assert kb <= 16384, kb


MEASURE = """import os, resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
"""


def tests():
    for name in CLIENTS:
        yield ("test_%s: from each form of a capture to a whole job" % name,
               lambda name=name: round_trip(name))
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            yield name, test


if __name__ == "__main__":
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        main({name: pool.submit(test).result
              for name, test in chosen(dict(tests())).items()})
