# SPDX-License-Identifier: MIT OR Unlicense
"""What the servers of this folder have in common: jobs that follow the clock
alone, and HTTP in one of three framings. Each server is a file of its own that
speaks a dialect; NAME.wire beside it, written by hand, makes the tool speak it.
They share no code with the tool or with amtsim.

A server prints "listening on URL", then a line for each Start that it accepts
("start APPLICATION JOB") or refuses ("refused ..."). It is strict: a request
that is not in its dialect is an error."""
import http.server
import itertools
import json
import sys
import threading
import time
import urllib.parse

USER, PASSWORD = "ocadm", "opconxps"
# The published completion codes that these jobs have.
RUNNING, KILLED, DONE, ERROR, ABORTED = 2, 3, 4, 11, 12
LETTERS = "a\u00e9\u20ac\U0001f600 \"\\/<&'\t{}[]:,=;%+#"

REPORT = [(0, "Started Rev: 1.3 AMT: 8.0.24223.0. Params: "
           "LOADINBATCHCONTROLLER /R:4280 /USEWORKINGDIR"),
          (0, "Report test 01 is started"), (0, "Report test 01 user BATCH"),
          (0, "Report test 01 Value param []"),
          (0, "Report test 01 is running 0 seconds"),
          (0.1, "Report test 01 is running 10 seconds"),
          (0.2, "Report test 01 is running 20 seconds"),
          (0.3, "Report test 01 test is ended"),
          (0.3, "Report execution time: 00:00:30:229"), (0.3, "Done")]


class Refused(Exception):
    """The server's own words, and a status."""

    def __init__(self, status, words):
        super().__init__(words)
        self.status, self.words = status, words


class Job:
    """What is asked for in a Start is given as it came: texts, and lists of
    texts. `lines` are pairs of seconds and text."""

    def __init__(self, application, name, script=False, parameters=(),
                 values=(), user="", queue="", submitter="BATCH",
                 station="OPCON"):
        self.begun, self.end, self.lasts = time.monotonic(), DONE, 0.4
        if (submitter, station) != ("BATCH", "OPCON"):
            raise self.refused(application, name, "submission failed")
        if script:
            self.lines, self.end = [(0, "File not found")], ERROR
        elif name == "REPORTTEST01":
            self.lines = REPORT
        elif name == "LONGRUNNINGREPORT":
            self.lines, self.lasts = [(0, "It is running")], 3600
        elif name == "ECHO":
            self.lines = [(0, "%s [%s]" % pair) for pair in [
                *(("Parameter", p) for p in parameters),
                *(("Task value", v) for v in values),
                ("User", user or ""), ("Queue", queue or "")]]
        elif name == "MANY":
            self.lines = [(i / 1000, "%d %s" % (i, LETTERS[i % 20:] * (i % 9)))
                          for i in range(300)]
        else:
            raise self.refused(application, name,
                               "Job %s is not defined" % name)
        print("start", application, name, flush=True)

    @staticmethod
    def refused(application, name, words):
        print("refused", application, name, flush=True)
        return Refused(400, words)

    def age(self):
        return time.monotonic() - self.begun

    def status(self):
        return self.end if self.age() >= self.lasts else RUNNING

    def stop(self, how):
        if self.status() == RUNNING:
            self.lasts, self.end = self.age(), how

    def texts(self, after=0):
        """Pairs of number, from 1, and text."""
        age = min(self.age(), self.lasts)
        return [(i, text) for i, (at, text) in enumerate(self.lines, 1)
                if at <= age and i > after]


class Jobs(dict):
    """Jobs by id; `identify` makes the ids of 417, 418, ..."""

    def __init__(self, identify):
        super().__init__()
        self.identify, self.numbers = identify, itertools.count(417)
        self.access = threading.Lock()

    def start(self, *args, **more):
        with self.access:
            job = Job(*args, **more)
            name = self.identify(next(self.numbers))
            self[name] = job
            return name, job

    def find(self, name):
        if name not in self:
            raise Refused(404, "no such run: %r" % (name,))
        return self[name]


class Site(http.server.BaseHTTPRequestHandler):
    """Answers with what answer(method, path, query, body) returns: a status, a
    text or bytes, and perhaps headers."""
    protocol_version = "HTTP/1.1"
    framing = "length"        # or "chunked", "end"
    content_type = "application/json"
    charset = "utf-8"

    def answer(self, method, path, query, body):
        raise NotImplementedError

    def refuse(self, refusal):
        return refusal.status, json.dumps({"error": refusal.words})

    def handle_any(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, True, True))
        try:
            status, text, *more = self.answer(
                self.command, urllib.parse.unquote(url.path), query,
                body.decode())
        except Refused as refusal:
            status, text, *more = self.refuse(refusal)
        except (KeyError, ValueError, TypeError) as e:
            status, text, *more = self.refuse(
                Refused(400, "not as it should be: %r" % e))
        self.reply(status, text, more)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def reply(self, status, text, more):
        data = text if isinstance(text, bytes) else text.encode()
        self.send_response(status)
        for name, value in more:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Type", "%s; charset=%s" %
                             (self.content_type, self.charset))
        if self.framing == "chunked" and status != 204:
            self.send_header("Transfer-Encoding", "chunked")
            data = b"".join(b"%x\r\n%s\r\n" % (len(data[i:i + 50]),
                                               data[i:i + 50])
                            for i in range(0, len(data), 50)) + b"0\r\n\r\n"
        elif self.framing == "end":
            self.send_header("Connection", "close")
            self.close_connection = True
        elif status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def check(wanted, got):
    if got != wanted:
        raise Refused(401, "who are you?")


def serve(site):
    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with Server(("127.0.0.1", port), site) as server:
        print("listening on http://127.0.0.1:%d" % server.server_port,
              flush=True)
        server.serve_forever()
