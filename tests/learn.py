"""`amt learn` against servers of many dialects: a plain client, which shares no
code with the tool, runs a job through a recording proxy; learn writes a wire
file from what was recorded, in each form that a capture has; and a whole job
runs with that file. See tests/run.sh; tests/dialects.py has the servers.
Environment: AMT, the tool.
usage: learn.py [WORD]   runs only the tests with WORD in their name"""
import base64
import concurrent.futures
import contextlib
import glob
import http.client
import json
import os
import re
import resource
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True
os.umask(0o077) # others may not write a capture

from programs import AMT, FAST, environment, equal, main, published, server
from learn_clients import CLIENTS

FOLDER = "tests/dialects/"
USER, PASSWORD = "ocadm", "opconxps"
TOLD = ["-an", "DEMO2", "-jn", "REPORTTEST01", "--api-user", USER]


class Proxy:
    """Between a client and a server; `blocks` are what passed."""

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
    """What the clients of learn_clients.py speak through: `entries` are HAR's.
    """

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
    """A server of tests/dialects; its URL, and what it says."""
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
    """The client's job through a proxy: its blocks, and HAR's entries."""
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
    """The wire file's text."""
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
    """Before each line there is one."""
    before = ""
    for line in text.splitlines():
        if line and not line.startswith("#"):
            assert before.startswith("# "), (name, line)
        before = line


KEY = {"key": {"AMT_TOKEN": "tok-c0ffee-17"}}
APART = ("query", "page", "key") # these close after each reply
NOT_ASCII = [("forms", "socat")] # whose bytes socat -v does not show


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
    """amtsim's log says what the options say, so there none is given."""
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


def round_trip(name):
    client = CLIENTS[name]
    serve = simulator if name == "default" else dialect
    with serve(name) as (url, said):
        recorded = record(url, client, name not in APART)
        texts = {form: learned(name, form, client, recorded) for form in FORMS}
        wanted = runs_jobs(name, client, texts["tap"], url)
    if name != "default":
        equal((name, said), (name, wanted[:1] + wanted))
    for form in FORMS:
        if (name, form) not in NOT_ASCII:
            equal((name, form, lines_of(texts[form])),
                  (name, form, lines_of(texts["tap"])))


def tests():
    for name in CLIENTS:
        yield ("test_%s: from each form of a capture to a whole job" % name,
               lambda name=name: round_trip(name))


if __name__ == "__main__":
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        main({name: pool.submit(test).result for name, test in tests()
              if sys.argv[-1] in name or not sys.argv[1:]})
