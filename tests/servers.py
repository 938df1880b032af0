# SPDX-License-Identifier: MIT OR Unlicense
"""Other people's servers: whole jobs through nginx as a reverse proxy, plain
requests to nginx, Node, Python and libmicrohttpd. Each function whose name
begins with test_ is one test; its name is the sentence it proves. Tests run
side by side: the seconds printed are how long each was waited for.
Needs nginx-light, nodejs, openssl, amtsim's libmicrohttpd and, for one test,
uwsgi-core with uwsgi-plugin-python3.
Environment: AMT, the tool; TEST_OUT, the folder that has http_get; AMT_RUNS,
how many jobs meet a server that closes without saying so (25).
usage: servers.py [WORD]   runs only the tests with WORD in their name"""
import collections
import concurrent.futures
import contextlib
import functools
import hashlib
import http.client
import itertools
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
import types
import urllib.request

sys.dont_write_bytecode = True

from programs import (AMT, OUT, SIM, answers, chosen, environment, equal,
                      free_port, last_line, log_text, main, published)

DEMO = ["-an", "DEMO2"]
DONE = [*DEMO, "-jn", "REPORTTEST01"]
SIGN_IN, START, MONITOR, MESSAGES = ("/AmtOpConService/" + call for call in (
    "Authenticate", "OpConJobAction", "MonitorJob", "GetMessages"))
PROGRAMS = os.environ["PATH"] + ":/usr/sbin:/sbin"


# --- tests side by side ------------------------------------------------------

def each_at_once(check, cases, workers=64):
    """check(*case) for every case."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for future in [pool.submit(check, *case) for case in cases]:
            future.result()


def until(what, why, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain: " + why
        time.sleep(0.01)


def run_all(tests, workers, skipped):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.setpgid(0, 0)
    picked = chosen(tests)
    why = skipped()
    if why:
        for name in picked:
            print("left    %s: %s" % (name[5:].replace("_", " "), why))
        print("programs: done")
    else:
        certificate()
        pool = concurrent.futures.ThreadPoolExecutor(workers)
        main({name: pool.submit(test).result
              for name, test in picked.items()})


def contained(tests, workers, skipped, clean=lambda: None):
    """Runs the tests in a process group and a temporary folder of their own.
    Neither is left, however this ends. `skipped` returns why no test can run
    here, or None."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="amt-test.") as tempfile.tempdir:
        os.chmod(tempfile.tempdir, 0o755)
        child = os.fork()
        if child == 0:
            try:
                run_all(tests, workers, skipped)
                sys.stdout.flush()
                os._exit(0)
            except SystemExit: # a test has failed, or none was chosen
                sys.stdout.flush()
                os._exit(1)
            finally:
                traceback.print_exc()
                os._exit(1)
        with contextlib.suppress(OSError):
            os.setpgid(child, child)
        try:
            status = os.waitpid(child, 0)[1]
        finally:
            with contextlib.suppress(ProcessLookupError):
                for _ in range(500): # until nobody is left in the group
                    os.killpg(child, signal.SIGKILL)
                    with contextlib.suppress(ChildProcessError):
                        os.waitpid(child, os.WNOHANG)
                    time.sleep(0.01)
            clean()
    sys.exit(os.waitstatus_to_exitcode(status) != 0)


# --- files -------------------------------------------------------------------

def write(path, data):
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    return path


def read(path):
    with open(path, encoding="utf-8", newline="") as f:
        return f.read()


@functools.lru_cache(None)
def certificate():
    """A folder with a self-signed certificate for localhost."""
    d = tempfile.mkdtemp()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", d + "/key", "-out", d + "/crt"],
                   check=True, capture_output=True)
    return d


def trusting(url):
    return ["--ca", certificate() + "/crt"] * url.startswith("https")


# --- servers -----------------------------------------------------------------

class Server:
    """A command that serves at a URL until the block ends. Once it listens, it
    prints a line with its port, or else `ready` returns true. It may be stopped
    and started again."""

    def __init__(self, *command, ready=None):
        self.command, self.ready = command, ready
        self.process = self.base = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, env={**os.environ, "PATH": PROGRAMS})
        if self.ready:
            until(lambda: self.ready() or self.process.poll() is not None,
                  self.command[0])
            equal(self.process.poll(), None)
        else:
            line = self.process.stdout.readline()
            self.base = "http%s://127.0.0.1:%s" % (
                "s" * ("https:" in line), re.findall(r"\d{4,}", line)[0])

    def stop(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait(60)
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Amtsim(Server):
    """An amtsim that keeps its jobs over a restart. `within` has the words of a
    command that runs it elsewhere."""

    def __init__(self, *options, speed=200, port=None, within=()):
        self.db = tempfile.mkdtemp() + "/db"
        super().__init__(*within, SIM, "--port", str(port or free_port()),
                         "--db", self.db, "--speed", str(speed), *options)

    def count(self, query):
        with contextlib.closing(sqlite3.connect(self.db, timeout=60)) as db:
            return db.execute("select count(*) from " + query).fetchone()[0]

    def starts(self):
        """How many Starts came, and how many were accepted."""
        return (self.count("requests where action='START'"),
                self.count("jobs"))


NGINX = """\
daemon off; user root; worker_processes 1; pid pid; error_log error warn;
events { worker_connections 256; }
http {
  log_format asked escape=json '{"port":$server_port,'
    '"connection":$connection,"status":$status,'
    '"uri":"$uri","transfer":"$sent_http_transfer_encoding",'
    '"length":"$sent_http_content_length"}';
  access_log access asked;
  gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;
  gzip_http_version 1.0;
  client_body_temp_path tmp/body; proxy_temp_path tmp/proxy;
  fastcgi_temp_path tmp/fastcgi; uwsgi_temp_path tmp/uwsgi;
  scgi_temp_path tmp/scgi; default_type text/plain;
"""


class Nginx(Server):
    """nginx with servers by name, each with a port for http and one for https.
    A server { } block has the text given for its name; %s is the folder."""

    def __init__(self, servers, more=""):
        if isinstance(servers, str):
            servers = {"": servers}
        self.d = tempfile.mkdtemp()
        os.mkdir(self.d + "/tmp")
        self.ports, text = {}, [NGINX, more]
        for name, inside in servers.items():
            self.ports[name] = free_port(), free_port()
            text += ["server { listen 127.0.0.1:%d; listen 127.0.0.1:%d ssl;"
                     % self.ports[name],
                     "ssl_certificate %s/crt;" % certificate(),
                     "ssl_certificate_key %s/key;" % certificate(),
                     "location = /worker { access_log off; return 200 $pid; }",
                     inside.replace("%s", self.d), "}"]
        write(self.d + "/conf", "\n".join(text + ["}", ""]))
        port = self.ports[next(iter(servers))][0]
        super().__init__("nginx", "-p", self.d, "-c", self.d + "/conf", "-e",
                         self.d + "/error", ready=lambda: answers(port))

    def worker(self):
        name = next(iter(self.ports))
        for _ in range(20): # nginx may close what it has just accepted
            with contextlib.suppress(ConnectionError):
                with urllib.request.urlopen(self.url(name) + "/worker") as r:
                    return int(r.read())
        raise AssertionError("nginx did not name its worker")

    def reload(self):
        before = self.worker()
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.worker() != before, "nginx to reload")

    def die(self):
        """Kills the worker, too: without its master it ends only later."""
        worker = self.worker()
        self.stop()
        os.kill(worker, signal.SIGKILL)

    def url(self, name="", tls=False):
        return "http%s://127.0.0.1:%d" % ("s" * tls, self.ports[name][tls])

    def asked(self, name=None, tls=None, uri=None):
        """The requests in its log."""
        self.worker() # it has now logged what it answered before
        ports = [p for n, pair in self.ports.items() if name in (n, None)
                 for t, p in enumerate(pair) if tls in (t, None)]
        lines = [types.SimpleNamespace(**json.loads(line)) for line in
                 read(self.d + "/access").splitlines()]
        return [a for a in lines if a.port in ports and uri in (a.uri, None)]

    def __exit__(self, *_):
        """Ends it in order, which ends its worker."""
        self.stop(signal.SIGTERM)


def proxy(url, more="", name="/"):
    return "location %s { proxy_pass %s; %s }" % (name, url, more)


# --- jobs --------------------------------------------------------------------

class Run:
    """One run of the tool whose output may be read while it runs."""

    def __init__(self, url, *args, within=(), program=AMT):
        self.d = tempfile.mkdtemp()
        self.begun = time.monotonic()
        with open(self.d + "/out", "wb") as out, \
                open(self.d + "/err", "wb") as err:
            self.process = subprocess.Popen(
                [*within, program, *args, "--initial-delay", "0", "--quiet",
                 *trusting(url)],
                stdout=out, stderr=err, env=environment(url))

    def reached(self, what):
        """Waits until that many bytes, or this text, are there."""
        until(lambda: self.process.poll() is not None or
              (what in read(self.d + "/out") if isinstance(what, str) else
               os.path.getsize(self.d + "/out") >= what), "output")
        equal((self.process.poll(), read(self.d + "/err")),
              (None, read(self.d + "/err")))

    def ended(self, least=0):
        """Waits for its end, which must not come before `least` seconds."""
        self.process.wait(180)
        assert time.monotonic() - self.begun >= least
        return subprocess.CompletedProcess(
            self.process.args, self.process.returncode,
            read(self.d + "/out"), read(self.d + "/err"))


def job(url, *args):
    return Run(url, *args, "--poll", "0.02").ended()


def slow_log(url, n, *args, poll="0.1", **more):
    return Run(url, *DEMO, "-jn", "SLOWLOG_%d" % n, "--poll", poll, "--format",
               "json", *args, **more)


def done(url):
    """A run of DONE prints the published log, and no warning."""
    r = job(url, *DONE)
    equal((url, r.returncode, r.stderr), (url, 4, ""))
    equal(r.stdout, published("done", url))


def events(stdout):
    return [json.loads(line) for line in stdout.splitlines()]


def texts(stdout):
    return [e["text"] for e in events(stdout) if e["event"] == "message"]


def good(r, n):
    """SLOWLOG_n ended well. Its log is whole, in order, nothing twice."""
    equal((r.args, r.returncode, r.stderr), (r.args, 4, r.stderr))
    equal(texts(r.stdout), ["Slow log message %d of %d" % (i, n)
                            for i in range(1, n + 1)])
    equal([e["event"] for e in events(r.stdout)].count("end"), 1)


def unknown(r, state):
    """The run ended with start-unknown, and its state file stays."""
    equal((r.returncode, r.stderr), (76, r.stderr))
    assert last_line(r).startswith("start-unknown: "), r.stderr
    assert state in last_line(r) and os.path.exists(state), r.stderr


# --- whole jobs through nginx ------------------------------------------------

def test_a_job_through_nginx_ends_as_without_it_however_it_is_set_up():
    """nginx ends keep-alive where it is told to, and no run is disturbed."""
    log = [log_text(i, 3000) for i in range(1, 101)]
    cases = list(enumerate(itertools.product(
        ("1.0", "1.1", '1.1; proxy_set_header Connection ""'),
        ("on", "off"), ("on", "off"))))
    for chunked in (False, True):
        options = ["--fault", "chunked=7"] * chunked
        with Amtsim(*options, speed=1000) as sim, Nginx({
                str(n): "proxy_http_version %s; proxy_buffering %s; "
                "chunked_transfer_encoding %s; proxy_buffers 2 4k; "
                "proxy_busy_buffers_size 4k; " % case + (
                    "keepalive_requests %d;" % (n % 4) if n % 4 else
                    "keepalive_timeout 0;") + proxy("http://amt")
                for n, case in cases}, "upstream amt { server %s; keepalive 4;"
                "keepalive_requests 3; }" % sim.base[7:]) as front:
            for n, _ in cases:
                url = front.url(str(n), n % 2 != chunked)
                done(url)
                r = job(url, *DEMO, "-jn", "LOG_100_x_3000", "--format", "json")
                equal((n, r.returncode, r.stderr), (n, 4, ""))
                equal(texts(r.stdout), log)
                asked = front.asked(str(n))
                equal({a.status for a in asked}, {200})
                equal([a.uri for a in asked].count(START), 2)
                if not chunked:
                    uses = collections.Counter(a.connection for a in asked)
                    # Each connection is used as often as nginx allows, except
                    # a run's last one, and the one before the Start's own.
                    equal(sorted(uses.values())[4:],
                          [n % 4 or 1] * (len(uses) - 4))
            equal(sim.starts(), (24, 24))
            # Chunked, or up to the connection's end, or by length.
            equal({(a.transfer, a.length != "") for a in front.asked()},
                  {("chunked", False), ("", False)} if chunked else
                  {("", True)})


def test_connections_that_nginx_closes_between_two_polls_are_no_outage():
    """Also when a poll and the close cross on the way."""
    cases = list(itertools.product(("0.9", "0.99", "1", "1.01", "1.1"),
                                   (False, True)))
    with Amtsim(speed=10) as sim, \
            Nginx("keepalive_timeout 1s;" + proxy(sim.base)) as front:
        for run in [slow_log(front.url(tls=tls), 35, poll=poll)
                    for poll, tls in cases]:
            r = run.ended()
            good(r, 35)
            equal((r.args, r.stderr), (r.args, ""))
        equal(sim.starts(), (len(cases), len(cases)))
        equal({a.status for a in front.asked()}, {200})
        assert len({a.connection for a in front.asked()}) > len(cases)


def test_long_requests_pass_nginx_whole_and_too_long_ones_are_11_by_its_413():
    cases = list(itertools.product(("on", "off"), ("1m", "200k")))
    long = ["%d:" % i + "0123456789abcdef" * 6000 for i in range(4)]
    args = [word for text in long for word in ("-pa", text)]
    with Amtsim(speed=1000) as sim, Nginx({
            str(case): proxy(sim.base, "proxy_request_buffering %s; "
                             "client_max_body_size %s;" % case)
            for case in cases}) as front:
        for case, tls in itertools.product(cases, (False, True)):
            r = job(front.url(str(case), tls), *DEMO, "-jn", "ECHO", *args)
            if case[1] == "1m":
                equal((case, r.returncode, r.stderr), (case, 4, ""))
                for text in long:
                    assert text in r.stdout.split("Job Log")[1], case
            else:
                equal((case, r.returncode), (case, 11))
                assert "413" in r.stderr and "nothing was started" in r.stderr
        equal(sim.starts(), (4, 4))


# nginx's own pages, mostly HTML: the exit status when one answers a sign-in,
# and when one answers a Start. "away": nothing listens behind nginx.
PAGES = {200: (23, 76), 204: (23, 76), 301: (23, 23), 302: (23, 23),
         303: (23, 23), 307: (23, 23), 308: (23, 23), 400: (24, 11),
         401: (24, 24), 403: (24, 24), 404: (24, 11), 405: (24, 11),
         408: (23, 76), 410: (24, 11), 413: (24, 11), 429: (23, 11),
         444: (23, 76), 500: (23, 76), 502: (23, 76), 503: (23, 76),
         504: (23, 76), "away": (23, 76)}


def page(status):
    """The directive that answers with it."""
    if status == "away":
        return "proxy_pass http://127.0.0.1:1;"
    text = {2: " <html>Welcome</html>", 3: " /elsewhere"}
    return "return %d%s;" % (status, text.get(status // 100, ""))


def test_each_page_of_nginx_has_its_outcome_for_a_sign_in_and_for_a_Start():
    """Redirects are not followed. After start-unknown nothing is sent."""
    d = tempfile.mkdtemp()
    with Amtsim() as sim, Nginx(
            {str((status, call)): proxy(sim.base) +
             "location = %s { %s }" % (call, page(status))
             for status in PAGES for call in (SIGN_IN, START)}) as front:
        def check(n, status, call):
            name, tls = str((status, call)), n % 2 == 1
            state, url = "%s/state%d" % (d, n), front.url(name, tls)
            code = PAGES[status][call == START]
            r = job(url, *DONE, "--give-up", "1", "--state", state)
            equal((name, r.returncode), (name, code))
            word = {"away": "502"}.get(status, str(status))
            assert word in r.stderr or status in (200, 204, 408, 444), r.stderr
            equal(r.stdout.splitlines()[-1], "-" * 75)
            asked = front.asked(name, tls)
            equal(len([a for a in asked if a.uri == START]),
                  (call == START) * (2 if status == 401 else 1))
            equal([a for a in asked if a.uri == "/elsewhere"], [])
            if code == 76:
                unknown(r, state)
                unknown(job(url, *DONE, "--state", state), state)
                equal(len(front.asked(name, tls)), len(asked))
            else:
                assert not os.path.exists(state), name
        each_at_once(check, [(n, *case) for n, case in enumerate(
            itertools.product(PAGES, (SIGN_IN, START)))], 4)
        equal(sim.starts(), (0, 0))


def test_pages_of_nginx_in_mid_run_are_waited_through():
    """For half a second nginx answers with errors, one kind for each run."""
    pages = (200, 301, 400, 404, 408, 429, 444, 500, 502, 503, 504)
    with Amtsim(speed=5) as sim, Nginx({str(p): proxy(sim.base) + "".join(
            proxy(sim.base, "if (-f %s/broken) { " + page(p) + " }",
                  name="= " + call) for call in (MONITOR, MESSAGES))
            for p in pages}) as front:
        runs = [slow_log(front.url(str(p), n % 2 == 1), 15,
                         *["--follow"] * (n % 3 == 1))
                for n, p in enumerate(pages)]
        for run in runs:
            run.reached('"started"')
        write(front.d + "/broken", "")
        for run in runs:
            until(lambda: "trying again" in read(run.d + "/err"), "a page")
        time.sleep(0.5)
        os.unlink(front.d + "/broken")
        for run in runs:
            good(run.ended(), 15)
        for p in pages:
            equal(len(front.asked(str(p), uri=START)), 1)
        equal(sim.starts(), (len(pages), len(pages)))


def test_a_restart_behind_nginx_or_of_nginx_in_mid_run_ends_no_run():
    def comes_back(sim, front):
        sim.stop()
        until(lambda: 502 in [a.status for a in front.asked()], "a 502")
        sim.start()

    def reloads(_, front):
        for _ in range(3):
            front.reload()
            time.sleep(0.3)

    def stops(_, front):
        for end in (lambda: front.stop(signal.SIGTERM),
                    lambda: front.stop(signal.SIGQUIT), front.die):
            end()
            time.sleep(0.3)
            front.start()
            time.sleep(0.3)

    def check(change):
        with Amtsim(speed=4) as sim, Nginx(proxy(sim.base)) as front:
            runs = [slow_log(front.url(tls=tls), 20, *args)
                    for tls in (False, True)
                    for args in ((), ("--follow",), ("--no-keep-alive",))]
            for run in runs:
                run.reached('"started"')
            change(sim, front)
            for run in runs:
                good(run.ended(), 20)
            equal(sim.starts(), (6, 6))
            equal(len(front.asked(uri=START)), 6)
    each_at_once(check, [[comes_back], [reloads], [stops]])


def test_a_Start_slower_than_nginx_waits_is_unknown_and_never_sent_again():
    with Amtsim("--fault", "slow=1200") as sim, Nginx(
            proxy(sim.base) + proxy(sim.base, "proxy_read_timeout 300ms;",
                                    name="= " + START)) as front:
        def check(tls, *args):
            state = tempfile.mkdtemp() + "/state"
            for _ in range(2):
                unknown(job(front.url(tls=tls), *DONE, *args, "--state",
                            state), state)
        each_at_once(check, [[False], [True], [False, "--no-keep-alive"]])
        equal([a.status for a in front.asked(uri=START)], [504] * 3)
        until(lambda: sim.starts() == (3, 3), "the Starts")


def test_a_log_that_breaks_off_goes_on_where_it_stopped():
    """nginx, or the server behind it, is killed while a log is on its way. The
    logs are long, since the sockets in between buffer much."""
    def check(kills_nginx, n, m, limit, tls):
        with Amtsim(speed=1000) as sim, \
                Nginx(limit + proxy(sim.base)) as front:
            run = Run(front.url(tls=tls), *DEMO, "-jn", "LOG_%d_x_%d" % (n, m),
                      "--poll", "0.02", "--format", "json")
            for part in (9, 3):
                run.reached(n * m // part)
                if kills_nginx:
                    front.die()
                    front.start()
                else:
                    sim.stop()
                    sim.start()
            r = run.ended()
            equal((r.returncode, r.stderr), (4, r.stderr))
            assert "trying again" in r.stderr
            assert texts(r.stdout) == [log_text(i, m) for i in range(1, n + 1)]
            equal(sim.starts(), (1, 1))
    each_at_once(check, [[True, 20, 60000, "limit_rate 600k;", False],
                         [True, 20, 60000, "limit_rate 600k;", True],
                         [False, 6, 2000000, "proxy_limit_rate 6m;", False]])


# --- plain requests ----------------------------------------------------------

LARGE = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(40000))


def get(url):
    return subprocess.run([OUT + "/http_get", url], capture_output=True,
                          timeout=120, env=environment(), check=False)


def whole(url, body):
    r = get(url)
    equal((url, r.returncode, r.stderr), (url, 0, b""))
    assert r.stdout == body, (url, len(r.stdout), len(body))


def fails(url, word="", body=b""):
    """http_get ends with 1, has this word in its error, and prints nothing but
    a beginning of the body."""
    r = get(url)
    equal((url, r.returncode), (url, 1))
    assert body.startswith(r.stdout), (url, len(r.stdout))
    assert r.stderr.strip() and word in r.stderr.decode(), (url, r.stderr)


NODE = r"""
const http = require('http'), fs = require('fs');
const body = fs.readFileSync(process.argv[1]);
const length = { 'Content-Length': body.length };
const pages = {
  length(q, r) {
    r.writeContinue();
    r.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
    r.writeHead(200, length);
    r.end(body);
  },
  chunked(q, r) {
    r.writeHead(200, { Trailer: 'X-Sum' });
    for (let i = 0; i < body.length; i += 997)
      r.write(body.subarray(i, i + 997));
    r.addTrailers({ 'X-Sum': 'Content-Length: 3' });
    r.end();
  },
  cut(q, r) { r.writeHead(200, length); pages['cut-chunked'](q, r); },
  'cut-chunked'(q, r) {
    r.write(body.subarray(0, 1000), () => q.socket.end());
  },
  reset(q, r) {
    r.writeHead(200, length);
    r.write(body.subarray(0, 1000),
            () => setTimeout(() => q.socket.resetAndDestroy(), 50));
  },
  silent(q, r) { q.socket.end(); },
  gone(q, r) { q.socket.resetAndDestroy(); },
};
http.createServer((q, r) => {
  const page = pages[q.url.slice(1)];
  if (page) return page(q, r);
  r.writeHead(Number(q.url.slice(1)));
  r.end('an error');
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
"""

PYTHON = r"""
import os, sys, http.server as h
class Ends(h.SimpleHTTPRequestHandler): # the connection's end is the body's
    handle = h.SimpleHTTPRequestHandler.handle_one_request
    def send_header(self, name, value):
        if name != "Content-Length":
            super().send_header(name, value)
_, version, folder, ends = sys.argv
os.chdir(folder)
h.test(Ends if ends else h.SimpleHTTPRequestHandler, h.ThreadingHTTPServer,
       version, 0, "127.0.0.1")
"""


def test_Node_every_framing_is_read_whole_and_what_is_not_whole_is_told():
    large = write(tempfile.mkdtemp() + "/large", LARGE)
    with Server("node", "-e", NODE, large) as s:
        for name in ("length", "chunked"):
            whole(s.base + "/" + name, LARGE)
        for name in ("cut", "cut-chunked"):
            fails(s.base + "/" + name, "1000 bytes", LARGE)
        fails(s.base + "/reset", "bytes", LARGE)
        for name, word in (("silent", ""), ("gone", ""), ("418", "418")):
            fails(s.base + "/" + name, word)


def test_Python_1_0_and_1_1_files_and_bodies_that_end_with_the_connection():
    d = tempfile.mkdtemp()
    write(d + "/large", LARGE)
    write(d + "/empty", "")
    os.mkdir(d + "/folder")
    for version, ends in itertools.product(("HTTP/1.0", "HTTP/1.1"),
                                           ("", "ends")):
        with Server(sys.executable, "-uc", PYTHON, version, d, ends) as s:
            whole(s.base + "/large", LARGE)
            whole(s.base + "/empty", b"")
            fails(s.base + "/none", "404")
            fails(s.base + "/folder", "301")


def test_libmicrohttpd_replies_and_errors():
    for fault in ("chunked=1", "chunked", "close", "page"):
        with Amtsim("--fault", fault) as sim:
            r = get(sim.base + "/amtsim/stats")
            equal((fault, r.returncode, r.stderr), (fault, 0, b""))
            equal(json.loads(r.stdout)["connections"], 1)
            for path, status in (("/none", "404"), (START, "405")):
                fails(sim.base + path, status)


# --- servers that close without saying so ------------------------------------

RUNS = int(os.environ.get("AMT_RUNS", "25"))

UWSGI = r"""
import itertools, json
ids = itertools.count(1)
def answer(call, asked):
    if call == "Authenticate":
        return {"AmtLogonToken": "t", "ExpiresIn": 3600}
    if call == "GetMessages":
        return {"Messages": ["one", "two"][asked["AfterSequence"]:]}
    if call == "starts":
        return next(ids) - 1
    number = asked.get("BatchRequestId") or next(ids)
    return {"BatchRequestId": number, "Status": 1 + 3 * (call == "MonitorJob")}
def application(environ, begin):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    asked = json.loads(environ["wsgi.input"].read(length) or "{}")
    call = environ["PATH_INFO"].rpartition("/")[2]
    text = json.dumps(answer(call, asked)).encode()
    begin("200 OK", [("Content-Type", "application/json"),
                     ("Content-Length", str(len(text)))])
    return [text]
"""


class Uwsgi(Server):
    """uWSGI's own HTTP server, which closes after each reply."""

    def __init__(self):
        port, d = free_port(), tempfile.mkdtemp()
        self.url = "http://127.0.0.1:%d" % port
        super().__init__(
            "uwsgi", "--plugins", "http,python3", "--http", self.url[7:],
            "--master", "--die-on-term", "--disable-logging", "--wsgi-file",
            write(d + "/app.py", UWSGI), ready=lambda: answers(port))

    def starts(self):
        with urllib.request.urlopen(self.url + "/starts") as r:
            return json.load(r)

    def __exit__(self, *_):
        """Ends it in order, which ends its processes."""
        self.stop(signal.SIGTERM)


def many_jobs(url):
    """Each ends with its code, without a word about the connections."""
    def check(n):
        r = job(url, *DEMO, "-jn", "CODE_4")
        equal((n, r.returncode, r.stderr), (n, 4, ""))
    each_at_once(check, [[n] for n in range(RUNS)], 3)


def test_a_server_that_closes_1_ms_after_each_reply_makes_no_Start_unknown():
    with Amtsim("--fault", "close-after=1", speed=1000) as sim:
        many_jobs(sim.base)
        equal(sim.starts(), (RUNS, RUNS))


def test_uWSGI_closes_after_each_reply_and_makes_no_Start_unknown():
    with Uwsgi() as front:
        many_jobs(front.url)
        equal(front.starts(), RUNS)


# --- the faults of amtsim ----------------------------------------------------

class Asks:
    """Calls to an amtsim on one kept connection, as they are on the wire."""

    def __init__(self, *faults, speed=1000):
        self.sim = Amtsim(*(w for f in faults for w in ("--fault", f)),
                          speed=speed)
        self.line = http.client.HTTPConnection(self.sim.base[7:], timeout=60)
        self.token = ""

    def __enter__(self):
        self.token = self("Authenticate", User="ocadm", Password="opconxps")[1][
            "AmtLogonToken"]
        return self

    def __exit__(self, *_):
        self.line.close()
        self.sim.stop()

    def bytes(self, call, **members):
        self.line.request("POST", "/AmtOpConService/" + call,
                          json.dumps(members),
                          {"Content-Type": "application/json",
                           "X-AMT-LogonToken": self.token})
        r = self.line.getresponse()
        return r.status, r.read()

    def __call__(self, call, **members):
        status, text = self.bytes(call, **members)
        return status, json.loads(text)

    def job(self, call, **members):
        return self(call, ApplicationName="DEMO2", **members)

    def start(self, name="CODE_4"):
        return self.job("OpConJobAction", Action="START", TaskType="BATCH",
                        JobName=name, SubmitUser="BATCH", Station="OPCON")

    def status(self):
        return self.job("MonitorJob", BatchRequestId=2112)

    def kill(self):
        return self.job("OpConJobAction", Action="KILL", BatchRequestId=2112)

    def ended(self):
        until(lambda: self.status()[1]["Status"] == 4, "the job's end")

    def sequences(self, after=0):
        self.ended()
        return [m["Sequence"] for m in self.job(
            "GetMessages", BatchRequestId=2112, AfterSequence=after)[1][
                "Messages"]]


def test_amtsim_answers_a_START_as_each_of_its_faults_says():
    for fault, reply, jobs in (
            ("start-zero", {"BatchRequestId": 0, "Status": 11}, 0),
            ("start-minus", {"BatchRequestId": -1, "Status": 99}, 0),
            ("start-guid", {"BatchRequestId": "-".join(
                "0" * n for n in (8, 4, 4, 4, 12)), "Status": 11}, 0),
            ("start-message", {}, 0),
            ("start-status=3", {"BatchRequestId": 2112, "Status": 3}, 1)):
        with Asks(fault) as ask:
            text = "CODE_4 is queued" if jobs else "Job CODE_4 is not defined"
            equal(ask.start(), (200, {**reply, "Message": text}))
            equal(ask.sim.starts(), (1, jobs))


def test_amtsim_refuses_once_what_its_faults_say():
    with Asks("monitor-once=404", "kill-once=409", "monitor-other-id=2",
              speed=1) as ask:
        ask.start("LONGRUNNINGREPORT")
        equal([ask.status()[0] for _ in range(2)], [404, 200])
        equal((ask.kill()[0], ask.kill()[0]), (409, 200))
        equal(ask.status()[1], {"BatchRequestId": 2112, "Status": 3})
    with Asks("monitor-other-id=1") as ask:
        ask.start()
        equal([ask.status()[1]["BatchRequestId"] for _ in range(2)],
              [2113, 2112])
    with Asks("monitor-once=401", "sign-ins-refused=2", "sign-in-status=404"
              ) as ask:
        ask.start()
        equal([ask.status()[0] for _ in range(2)], [401, 401])
        for status in (404, 404, 200):
            equal(ask("Authenticate", User="ocadm", Password="opconxps")[0],
                  status)


def test_amtsim_forgets_renumbers_and_swaps_messages_as_its_faults_say():
    for fault, after, wanted in (
            ("keep-last=3", 0, [5, 6, 7]), ("keep-last=3", 6, [7]),
            ("renumber=5", 0, [1, 2]), ("renumber=5", 1, [2]),
            ("swapped", 0, [1, 2, 3, 4, 5, 7, 6]), ("swapped", 6, [7])):
        for name in "SLOWLOG_7", "LOG_7":
            with Asks(fault, speed=10000) as ask:
                ask.start(name)
                equal((fault, ask.sequences(after)), (fault, wanted))


def test_amtsim_writes_bytes_statuses_and_times_as_its_faults_say():
    def messages(fault):
        with Asks(fault, speed=10000) as ask:
            ask.start()
            ask.ended()
            return ask.bytes("GetMessages", ApplicationName="DEMO2",
                             BatchRequestId=2112, AfterSequence=0)[1]
    for fault, wanted in (
            ("latin1", b"caf\xe9 Code"), ("cp1252", b"\x93\x80\x94 Code"),
            ("raw-tab", b"a\tb Code"), ("raw-esc", b"\x1b[31m Code"),
            ("bad-escape", b"it\\'s Code")):
        text = messages(fault)
        assert b'"Text":"%s 4 is started"}' % wanted in text, text
        equal(text.count(b"Code 4"), 2)
    assert re.search(rb'"Time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}'
                     rb'\+00:00"', messages("accent=time"))
    for faults, wanted in (
            (["accent=dotnet"], b'"WaitForQueue"}'),
            (["accent=padded"], b'"WAIT_FOR QUEUE       "}'),
            (["accent=padded", "accent=string-numbers"],
             b'"20                   "}'),
            (["accent=decimal"], b"20.0}"), (["accent=signed"], b'"+20"}')):
        with Asks(*faults, speed=20) as ask:
            ask.start("CODE_20")
            until(lambda: wanted in ask.bytes(
                "MonitorJob", ApplicationName="DEMO2", BatchRequestId=2112)[1],
                  str(faults))


def test_amtsim_closes_connections_as_its_faults_say():
    for fault, least in ("close-after=50", 0.03), ("keep-alive=1", 0.9):
        ask = Asks(fault)
        begun = time.monotonic() # before the sign-in, since this may run late
        with ask:
            equal(ask.line.sock.recv(1), b"")
            assert time.monotonic() - begun >= least, fault
    with Asks("close-after=500") as ask: # nobody reads a second request
        with contextlib.suppress(ConnectionError):
            ask.start()
            raise AssertionError("a second request was answered")
        equal(ask.sim.starts(), (0, 0))
    with Asks("keep-alive=7") as ask: # the limit is told
        ask.line.request("POST", MONITOR, "{}")
        with ask.line.getresponse() as r:
            equal(r.headers["Keep-Alive"], "timeout=7")


if __name__ == "__main__":
    missing = [p for p in ("nginx", "node", "openssl")
               if not shutil.which(p, path=PROGRAMS)]
    if not shutil.which("uwsgi", path=PROGRAMS):
        print("left    uWSGI closes after each reply: no uwsgi-core")
        del test_uWSGI_closes_after_each_reply_and_makes_no_Start_unknown
    contained(globals(), 6, lambda: missing and "no " + ", ".join(missing))
