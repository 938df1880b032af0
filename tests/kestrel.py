# SPDX-License-Identifier: MIT OR Unlicense
"""The tool against tests/kestrel/, an ASP.NET Core application. It is no AMT
server: it has this project's reading of the interface, on the kind of server
that AMT has. See make kestrel. Each test is one topic in one style of .NET, and
its name has both. The server counts the Starts that reach it.
Needs the .NET SDK (dotnet; nothing is fetched), nginx-light and openssl.
Environment: AMT, the tool.
usage: kestrel.py [WORD]   runs only the tests with WORD in their name"""
import contextlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

sys.dont_write_bytecode = True

from programs import AMT, FAST, environment, equal, published
from servers import (PROGRAMS, Nginx, Run, Server, certificate, contained,
                     each_at_once, free_port, good, job, proxy, read, texts,
                     trusting, unknown, until, write)
from tool import masked

FOLDER = "build/kestrel"
PROGRAM = FOLDER + "/bin/kestrel/release/kestrel.dll"
ENDS = (3, 4, 6, 10, 11, 12, 22, 23, 24, 99)
WAITS = (0, 1, 2, 5, 7, 8, 9, 13, 14, 15, 16, 18, 20, 21)
LISTS = "reply.messages = Messages.$values\n"
BEARER = ("header = Authorization: Bearer {token}\n"
          "reply.token = accessToken\nreply.expires = expiresIn\n")

# What a team may have chosen, and the wire file that this needs: mostly none.
STYLES = {
    "defaults": ((), ""),
    "names as declared, statuses as words":
        (("--Names", "Own", "--Enums", "true"), ""),
    "problem details, DateTimeOffset":
        (("--Problems", "true", "--Offsets", "true"), ""),
    "lists that preserve references": (("--References", "true"), LISTS),
    "bearer": (("--Bearer", "true"), BEARER),
    "all of it": (("--Names", "Own", "--Enums", "true", "--Problems", "true",
                   "--Offsets", "true", "--References", "true", "--Bearer",
                   "true"), LISTS + BEARER),
    "https": (("--https",), ""),
    "https, all of it":
        (("--https", "--Enums", "true", "--Problems", "true", "--Offsets",
          "true", "--References", "true", "--Bearer", "true"), LISTS + BEARER),
}


class Kestrel(Server):
    """It keeps its jobs over a restart, but not its own tokens."""

    def __init__(self, *options, wire="", speed=200):
        self.d = tempfile.mkdtemp()
        self.tls = "--https" in options
        self.url = "http%s://127.0.0.1:%d" % ("s" * self.tls, free_port())
        self.wire = ["--wire", write(self.d + "/wire", wire)] * (wire != "")
        where = ["--Urls", self.url]
        if self.tls:
            where += ["--Kestrel:Certificates:Default:Path",
                      certificate() + "/crt",
                      "--Kestrel:Certificates:Default:KeyPath",
                      certificate() + "/key"]
        super().__init__("dotnet", PROGRAM, "--Book", self.d + "/book",
                         "--Speed", str(speed), *where,
                         *(o for o in options if o != "--https"))

    def counts(self, application):
        context = self.tls and ssl.create_default_context(
            cafile=certificate() + "/crt") or None
        with urllib.request.urlopen(self.url + "/counts", timeout=60,
                                    context=context) as r:
            return json.load(r).get(application, {"starts": 0, "jobs": 0})

    def starts(self, application):
        """How many Starts came, and how many were accepted."""
        count = self.counts(application)
        return count["starts"], count["jobs"]

    def sign_ins(self):
        return self.counts("")["signIns"]

    def job(self, application, *args, url=None):
        return job(url or self.url, *self.words(application), *args)

    def plain(self, application, *args, **env):
        """Runs the tool with these options alone, and another environment."""
        return subprocess.run(
            [AMT, *self.words(application), *args, *trusting(self.url)],
            env=environment(self.url, **env), capture_output=True, text=True,
            timeout=60, check=False)

    def run(self, application, *args, url=None, poll="0.02"):
        return Run(url or self.url, *self.words(application), "--poll", poll,
                   *args)

    def words(self, application):
        return ["-an", application, *self.wire]


# --- in each style -----------------------------------------------------------

def published_logs(k):
    """In the form of the scheduler's plugin, and of the older connector."""
    script = r"F:\Amt\Scripts\DEMO2\RUN_FILENAMETEST.ps1"
    for args, name, code in ((["-jn", "REPORTTEST01"], "done", 4),
                             (["-fn", script], "error", 11)):
        r = k.job("DEMO2", *args)
        equal((r.stdout, r.returncode), (published(name, k.url), code))
    run = k.run("DEMO2", "-jn", "LONGRUNNINGREPORT", "--id-file", k.d + "/id")
    until(lambda: os.path.exists(k.d + "/id"), "the id")
    number = read(k.d + "/id").strip()
    equal(k.job("DEMO2", "-jt", "KILL", "-id", number).returncode, 3)
    r = run.ended()
    equal((r.stdout, r.returncode), (published("killed", k.url), 3))
    r = k.job("DEMO2", "-jn", "RUN_PARAMETERTESTA", "-pa", "'PARAM'",
              "--format", "connector")
    equal(re.sub(r"BatchrequestId '\d+'", "BatchrequestId '2112'",
                 masked(r.stdout)), masked(read("tests/logs/connector.txt")))
    equal((r.returncode, k.starts("DEMO2")), (4, (4, 4)))


def completion_codes(k):
    def check(code, wanted):
        r = k.job("CODES", "-jn", "CODE_%d" % code, "--format", "text")
        equal((code, r.returncode, r.stdout), (code, wanted, ""))
    each_at_once(check, [(code, code) for code in (*ENDS, 19)] +
                 [(code, 4) for code in WAITS], 3)
    equal(k.starts("CODES"), (25, 25))


def kill_stop_watch_attach_and_a_signal(k):
    def begin(name):
        r = k.job("ENDS", "-jn", name, "--no-wait")
        equal((r.returncode, r.stderr), (0, ""))
        return r.stdout.strip()

    def ask(what, number, *args):
        pace = [] if what in ("MONITOR", "MESSAGES") else FAST
        r = k.plain("ENDS", "-jt", what, "-id", number, *args, *pace)
        return r.returncode, r.stdout
    for what, code in ("STOP", 12), ("KILL", 3):
        number = begin("LONGRUNNINGREPORT")
        equal(ask("MONITOR", number), (2, "2 RUNNING\n"))
        equal(ask(what, number, "--format", "text"), (code, ""))
        equal(ask("MONITOR", number)[0], code)
    number = begin("SLOWLOG_20")
    good(k.job("ENDS", "-jt", "ATTACH", "-id", number, "--format", "json"), 20)
    equal(ask("MESSAGES", number), (0, "".join(
        '"Slow log message %d of 20"\n' % i for i in range(1, 21))))
    run = k.run("ENDS", "-jn", "LONGRUNNINGREPORT", "--format", "json")
    run.reached('"started"')
    run.process.send_signal(signal.SIGTERM)
    equal(run.ended().returncode, 3)
    equal(ask("MONITOR", "999999")[0], 11)
    equal(k.starts("ENDS"), (4, 4))


def follow(k):
    for args in ((), ("--no-keep-alive",)):
        good(k.job("FOLLOW", "-jn", "SLOWLOG_200", "--follow", "--format",
                   "json", *args), 200)
    equal(k.starts("FOLLOW"), (2, 2))


def big_logs(k):
    """Many pages, and long messages. System.Text.Json escapes all that is not
    ASCII."""
    for n, m in (2500, 100), (3, 200000):
        r = k.job("BIG", "-jn", "LOG_%d_x_%d" % (n, m), "--format", "json")
        equal((n, r.returncode, r.stderr), (n, 4, ""))
        assert texts(r.stdout) == [long_text(i, m) for i in range(1, n + 1)], n
    equal(k.starts("BIG"), (2, 2))


SIGNS = ("abc \"\\/<>&+'`\t\r\n\b\f\x01\x7f\x80\xe9\u07ff\u20ac\u2028\ufffd"
         "\U0001f600\U0010ffff")


def long_text(i, m):
    """Message i of the job LOG_n_x_m, as in tests/kestrel/Plans.cs."""
    return "".join(SIGNS[(i + c * (i % 7 + 1)) % len(SIGNS)] for c in range(m))


def parameters(k):
    pa, tv = ['A=1 "&%\u20ac\\', "B="], ["C=2 + 3", "x" * 100000]
    r = k.job("ECHO", "-jn", "ECHO", "-u", "DEMO", "-qn", "Q 1", "--format",
              "text", *(w for p in pa for w in ("-pa", p)),
              *(w for v in tv for w in ("-tv", v)))
    equal(r.stdout.splitlines(),
          ["Parameter %d [%s]" % pair for pair in enumerate(pa, 1)] +
          ["Task value %d [%s]" % pair for pair in enumerate(tv, 1)] +
          ["User [DEMO]", "Queue [Q 1]"])
    equal((r.returncode, k.starts("ECHO")), (4, (1, 1)))


def refusals(k):
    """Each has its code. Only the unknown script becomes a job, which fails."""
    for args, code, word, said in (
            (["-jn", "NONE"], 11, "404", "Job NONE is not defined in NO."),
            (["-fn", "no.ps1"], 11, "", "File not found"),
            (["-jn", "ECHO", "-su", "ME"], 11, "400", "Job submission failed"),
            (["-jn", "ECHO", "-u", "NOBODY"], 99, "", "NOBODY is invalid")):
        r = k.job("NO", *args)
        equal((args, r.returncode), (args, code))
        assert word in r.stderr, (args, r.stderr)
        assert said in r.stdout, (args, r.stdout)
    equal(k.starts("NO"), (4, 1))
    for env, word in (({"AMT_PASSWORD": "wrong"}, "401"),
                      ({"AMT_USER": "reader"}, "403")):
        r = k.plain("NOT", "-jn", "ECHO", *FAST, **env)
        equal((env, r.returncode), (env, 24))
        assert word in r.stderr, r.stderr
    r = k.job("NOT", "-jn", "ECHO", url=k.url + "/elsewhere")
    assert r.returncode in (23, 24) and "404" in r.stderr, (r.returncode,
                                                            r.stderr)
    equal(k.starts("NOT"), (0, 0))


def kill_9_and_a_state_file(k):
    """The tool is killed at 12 random instants and run again."""
    seed = random.randrange(10 ** 6)
    chance, outcomes = random.Random(seed), {}
    for n in range(12):
        name, state = "CUT%d" % n, "%s/state%d" % (k.d, n)
        args = ["-jn", "CODE_4", "--state", state]
        run = k.run(name, *args)
        time.sleep(chance.uniform(0, 0.25))
        run.process.kill()
        run.process.wait(60)
        left = os.path.exists(state) or k.starts(name) == (0, 0)
        if left:
            r = k.job(name, *args)
            if r.returncode == 76:
                unknown(r, state)
                unknown(k.job(name, *args), state)
            else:
                equal((seed, n, r.returncode), (seed, n, 4))
                equal((seed, n, *k.starts(name)), (seed, n, 1, 1))
            outcomes[r.returncode] = outcomes.get(r.returncode, 0) + 1
        assert k.starts(name) in ((0, 0), (1, 1)), (seed, n, k.starts(name))
    equal([code for code in outcomes if code not in (4, 76)], [])


TOPICS = (published_logs, kill_stop_watch_attach_and_a_signal, follow, big_logs,
          parameters, refusals)
# Topics that take long, for the styles whose switches change them.
MORE = {"defaults": (completion_codes, kill_9_and_a_state_file),
        "names as declared, statuses as words": (completion_codes,),
        "bearer": (kill_9_and_a_state_file,),
        "https": (kill_9_and_a_state_file,)}


class Shared:
    """The server of a style. It runs from its first topic to its last."""

    def __init__(self, style):
        self.topics = TOPICS + MORE.get(style, ())
        self.style, self.left, self.server = style, len(self.topics), None
        self.lock = threading.Lock()

    def __call__(self, topic):
        with self.lock:
            if not self.server:
                options, wire = STYLES[self.style]
                self.server = Kestrel(*options, wire=wire)
        try:
            topic(self.server)
        finally:
            with self.lock:
                self.left -= 1
                if not self.left:
                    self.server.stop()


def in_each_style():
    for style in STYLES:
        shared = Shared(style)
        for topic in shared.topics:
            name = "test_%s: %s" % (topic.__name__, style)
            yield name, lambda s=shared, t=topic: s(t)


# --- what a server may do ----------------------------------------------------

EXPIRING = {"header": ((), ""), "bearer": (("--Bearer", "true"), BEARER),
            "bearer, its life not read": (
                ("--Bearer", "true"),
                BEARER.replace("= expiresIn", "= none"))}


def test_tokens_that_expire_in_mid_run_are_fetched_anew_and_nobody_notices():
    def check(name):
        options, wire = EXPIRING[name]
        with Kestrel("--Lifetime", "3", *options, wire=wire, speed=4) as k:
            r = k.job("LIFE", "-jn", "SLOWLOG_40", "--follow", "--format",
                      "json")
            good(r, 40)
            equal((name, r.stderr, k.starts("LIFE")), (name, "", (1, 1)))
            assert k.sign_ins() >= 3, (name, k.sign_ins())
    each_at_once(check, [[name] for name in EXPIRING])


def test_a_server_that_stops_or_dies_in_mid_run_and_comes_back_ends_no_run():
    """It loses its own tokens then, but not those of AddBearerToken."""
    def check(options, wire, number):
        with Kestrel(*options, wire=wire, speed=4) as k:
            runs = [k.run("BACK%d" % n, "-jn", "SLOWLOG_40", "--format", "json",
                          *args, poll="0.1")
                    for n, args in enumerate(
                        ((), ("--follow",), ("--no-keep-alive",)))]
            for run in runs:
                run.reached('"started"')
            before = k.sign_ins()
            k.stop(number)
            time.sleep(0.5)
            k.start()
            for n, run in enumerate(runs):
                good(run.ended(), 40)
                equal(k.starts("BACK%d" % n), (1, 1))
            equal(k.sign_ins() - before, 0 if "--Bearer" in options else 3)
    each_at_once(check, [
        [options, wire, number]
        for options, wire, number in (
            ((), "", signal.SIGKILL), ((), "", signal.SIGTERM),
            (("--Bearer", "true"), BEARER, signal.SIGKILL),
            (("--https",), "", signal.SIGTERM))], 2)


def test_its_limits_close_connections_and_refuse_requests_as_others_do():
    polls = ("0.9", "0.99", "1", "1.01", "1.1")

    def check(*options):
        with Kestrel("--Kestrel:Limits:KeepAliveTimeout", "00:00:01",
                     "--Kestrel:Limits:MaxRequestBodySize", "5000", *options,
                     speed=20) as k:
            for run in [k.run("IDLE", "-jn", "SLOWLOG_100", "--format", "json",
                              poll=poll) for poll in polls]:
                r = run.ended()
                good(r, 100)
                equal((r.args, r.stderr), (r.args, ""))
            r = k.job("LARGE", "-jn", "ECHO", "-pa", "x" * 6000)
            equal(r.returncode, 11)
            assert "413" in r.stderr, r.stderr
            assert "nothing was started" in r.stderr, r.stderr
            equal((k.starts("IDLE"), k.starts("LARGE")), ((5, 5), (0, 0)))
    each_at_once(check, [[], ["--https"]])


def test_nginx_in_front_changes_nothing_and_a_restart_behind_it_ends_no_run():
    with Kestrel(speed=10) as k, Nginx({
            "plain": proxy(k.url),
            "kept": 'proxy_http_version 1.1; proxy_set_header Connection "";'
                    + proxy("http://kestrel")}, "upstream kestrel {"
            "server %s; keepalive 4; }" % k.url[7:]) as front:
        fronts = [front.url(name, tls) for name in ("plain", "kept")
                  for tls in (False, True)]
        for url in fronts:
            r = k.job("FRONT", "-jn", "LOG_3_x_100000", "--format", "json",
                      url=url)
            equal((url, r.returncode, r.stderr), (url, 4, ""))
            equal(texts(r.stdout), [long_text(i, 100000) for i in (1, 2, 3)])
        runs = [k.run("FRONT", "-jn", "SLOWLOG_60", "--format", "json", *args,
                      url=url, poll="0.1")
                for url in fronts for args in ((), ("--follow",))]
        for run in runs:
            run.reached('"started"')
        k.stop()
        until(lambda: 502 in [a.status for a in front.asked()], "a 502")
        k.start()
        for run in runs:
            good(run.ended(), 60)
        equal(k.starts("FRONT"), (12, 12))


def said(k, call, body, **headers):
    """The status, challenge, type and body of the reply."""
    line = http.client.HTTPConnection(k.url[7:], timeout=60)
    line.request("POST", "/AmtOpConService/" + call, body, {
        "Content-Type": "application/json", **headers})
    with contextlib.closing(line), line.getresponse() as r:
        return (r.status, r.headers["WWW-Authenticate"],
                (r.headers["Content-Type"] or "").partition(";")[0],
                r.read().decode())


def test_refusals_and_challenges_are_as_docs_servers_md_tells_them():
    problem = "application/problem+json"
    action = json.dumps({"Action": "NONE", "ApplicationName": "DEMO2"})
    json_only = {"Accept": "application/json"}
    with Kestrel() as k:
        equal(said(k, "MonitorJob", "{}"), (401, None, "", ""))
        status, _, kind, text = said(k, "Authenticate", '{"User":"ocadm"}')
        equal((status, kind), (400, problem))
        assert "password" in str(json.loads(text)["errors"]), text
        reply = said(k, "Authenticate", json.dumps(
            {"User": "ocadm", "Password": "opconxps"}))[3]
        token = {"X-AMT-LogonToken": json.loads(reply)["amtLogonToken"]}
        words = "There is no action NONE."
        equal(said(k, "OpConJobAction", action, **token),
              (400, None, "text/plain", words))
        equal(said(k, "OpConJobAction", action, **token, **json_only),
              (400, None, "application/json", '"%s"' % words))
    with Kestrel("--Bearer", "true") as k:
        equal(said(k, "MonitorJob", "{}"), (401, "Bearer", "", ""))
    with Kestrel("--Problems", "true") as k:
        equal(said(k, "MonitorJob", "{}", **json_only)[:3],
              (401, None, problem))


def test_docs_servers_md_tells_what_this_Kestrel_does():
    """Except what takes minutes to see."""
    sys.path.insert(0, "tests/kestrel")
    import observe
    rows = [line.split(" | ") for line in read("docs/servers.md").splitlines()
            if line.startswith("| ")]
    version = observe.SERVERS["Kestrel"][0]()
    if rows[0][1].split(".")[0] != "Kestrel " + version.split(".")[0]:
        raise unittest.SkipTest("the page is about " + rows[0][1])
    told = {row[0][2:]: row[1] for row in rows}
    seen = observe.column("Kestrel", waits=False)
    equal({row: told.get(row) for row in seen}, seen)
    assert len(seen) > 10


def lacking():
    """Builds the server, or returns why it cannot."""
    missing = [p for p in ("dotnet", "nginx", "openssl")
               if not shutil.which(p, path=PROGRAMS)]
    if missing:
        return "no " + ", ".join(missing)
    subprocess.run(["dotnet", "build", "tests/kestrel", "--artifacts-path",
                    FOLDER, "-c", "Release", "--nologo", "-v", "quiet"],
                   check=True, stdout=sys.stderr)
    return None


if __name__ == "__main__":
    contained({**globals(), **dict(in_each_style())}, 6, lacking)
