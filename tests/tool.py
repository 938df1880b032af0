# SPDX-License-Identifier: MIT OR Unlicense
"""The tool against the simulated server: what programs.py does not cover. Each
function whose name begins with test_ is one test; its name is the sentence it
proves. Environment: AMT, the tool; AMT_PLAIN, the tool without sanitizers, for
tests that measure memory, kill -9 or preload; TEST_OUT, a folder.
usage: tool.py [WORD]   runs only the tests with WORD in their name"""
import base64
import concurrent.futures
import contextlib
import datetime
import fcntl
import functools
import glob
import http.server
import itertools
import json
import os
import pty
import random
import re
import resource
import select
import shlex
import shutil
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True

from programs import (AMT, FAST, OUT, SIM, TERM, WINE, amt, environment, equal,
                      killed, last_line, main, published, server, shell)

os.umask(0o077) # the tool warns of secrets that others can read
PLAIN = os.environ.get("AMT_PLAIN", "build/amt")
NO_FILE = "Windows error 2" if WINE else "No such file"
DEMO = ["-an", "DEMO2"]
DONE = [*DEMO, "-jn", "REPORTTEST01"]
LONG = [*DEMO, "-jn", "LONGRUNNINGREPORT"]
QUICK = [*DEMO, "-jn", "CODE_4"]
FORMATS = ("acs", "connector", "text", "json")


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="amt-test.") as d:
        yield d


def write(path, text):
    data = text if isinstance(text, bytes) else text.encode()
    with open(path, "wb") as f:
        f.write(data)
    return path


def read(path):
    with open(path, newline="", encoding="utf-8") as f:
        return f.read()


def alone(*args, env=None, program=AMT, timeout=60, **more):
    """Runs the tool with only the given environment."""
    base = {"PATH": os.environ["PATH"], "ASAN_OPTIONS": "detect_leaks=1"}
    return subprocess.run([program, *args], env={**base, **(env or {})},
                          capture_output=True, text=True, timeout=timeout,
                          errors="surrogateescape", check=False, **more)


def begin(url, *args, program=AMT, **more):
    more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    env = environment(url, **more.pop("env", {}))
    return subprocess.Popen([program, *args, *FAST], env=env, text=True, **more)


def until(what, seconds=20):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def ended(job, seconds=30):
    """Waits for a job of begin(); returns what subprocess.run would."""
    out, err = job.communicate(timeout=seconds)
    return subprocess.CompletedProcess(job.args, job.returncode, out, err)


def nothing_sent(stats):
    s = stats()
    equal(s["sign_ins"] + s["refused_sign_ins"] + s["start_requests"] +
          s["monitors"] + s["messages"], 0)


def one_line(r, status, *words):
    """The tool ended with this status and one line that has these words."""
    equal((r.args[1:], r.returncode, r.stdout), (r.args[1:], status, ""))
    lines = r.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("amt: "), (r.args, r.stderr)
    for word in words:
        assert word in lines[0], (r.args, word, lines[0])


def dead_url():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return "http://127.0.0.1:%d" % s.getsockname()[1]


def faults(*names):
    return [word for name in names for word in ("--fault", name)]


def messages_of(stdout):
    """The messages of a log in the ACS form."""
    return [json.loads(line) for line in stdout.splitlines()
            if line.startswith('"')]


def events_of(stdout):
    return [json.loads(line) for line in stdout.splitlines()]


# --- Connector.config --------------------------------------------------------

def encoded(text):
    data = text if isinstance(text, bytes) else text.encode()
    return base64.b64encode(data).hex()


def config(url, user="ocadm", password="opconxps", **more):
    """The lines of a Connector.config for a server without TLS."""
    lines = ["[CONNECTOR]", "NAME=Asysco AMT Connector",
             "STATUS_CHECK_POLL_INTERVAL=%s" % more.get("poll", 5),
             "STATUS_CHECK_INITIAL_POLL_DELAY=%s" % more.get("delay", 0),
             "DEBUG=%s" % more.get("debug", "OFF"), "", "[AMT BATCH SERVER]",
             "SERVER_ADDRESS=" + url.replace("http://", ""),
             "SERVER_USE_TLS=%s" % more.get("tls", "False"),
             "USER=" + encoded(user), "PASSWORD=" + encoded(password)]
    return "\n".join(lines) + "\n"


def test_Connector_config_is_read_in_every_published_spelling():
    with server() as (url, stats), folder() as d:
        cases = itertools.product(
            ("[AMT BATCH SERVER]", "[AMT_BATCH_SERVER]"),
            ("SERVER_USE_TLS", "SERVER_USES_TLS"), ("\n", "\r\n"),
            (b"", b"\xef\xbb\xbf"), ("", " "))
        for n, (section, tls, end, mark, blank) in enumerate(cases, 1):
            text = config(url).replace("[AMT BATCH SERVER]", section)
            text = text.replace("SERVER_USE_TLS", tls)
            text = text.replace("=", blank + "=" + blank * 2)
            text = text.replace("\n", blank + end)
            path = write(d + "/c", mark + text.encode())
            r = alone("-c", path, *QUICK, *FAST)
            equal((text, r.returncode, r.stderr), (text, 4, ""))
            equal(stats()["sign_ins"], n)


def test_the_published_Connector_config_is_understood():
    """The published file; only the server differs."""
    text = ("[CONNECTOR]\nNAME=Asysco AMT Connector\n"
            "STATUS_CHECK_POLL_INTERVAL=5\n"
            "STATUS_CHECK_INITIAL_POLL_DELAY=5\nDEBUG=OFF\n\n"
            "[AMT BATCH SERVER]\nSERVER_ADDRESS=127.0.0.1:4004\n"
            "SERVER_USE_TLS=%s\nUSER= 62324e685a47303d\n"
            "PASSWORD= 6233426a6232353463484d3d\n")
    for tls, served, more in (("True", secure, trusting()),
                              ("False", server, [])):
        with served() as (url, stats), folder() as d:
            path = write(d + "/c", (text % tls).replace(
                "127.0.0.1:4004", url.rpartition("/")[2]))
            r = alone("-c", path, *QUICK, *FAST, *more)
            equal((r.returncode, r.stderr), (4, ""))
            equal(stats()["sign_ins"], 1)


def test_the_file_beside_the_program_comes_before_the_current_folder():
    with server("--user", "beside") as (beside, _), \
            server("--user", "current") as (current, _), folder() as d:
        os.mkdir(d + "/bin")
        os.mkdir(d + "/cwd")
        program = shutil.copy(AMT, d + "/bin/amt")
        if WINE:
            shutil.copy(AMT + ".exe", d + "/bin/amt.exe")
        text = config(current, user="current", poll="0.02")
        write(d + "/cwd/Connector.config", text)
        r = alone(*QUICK, "--quiet", "--format", "acs", program=program, cwd=d + "/cwd")
        equal((r.returncode, r.stderr), (4, ""))
        assert current in r.stdout, r.stdout
        text = config(beside, user="beside", poll="0.02")
        write(d + "/bin/Connector.config", text)
        for program in (program, "../bin/amt"):
            r = alone(*QUICK, "--quiet", "--format", "acs", program=program, cwd=d + "/cwd")
            equal((r.returncode, r.stderr), (4, ""))
            assert beside in r.stdout, r.stdout
        r = alone(*QUICK, "--quiet", "--format", "acs", program="amt", cwd=d + "/cwd",
                  env={"PATH": d + "/bin"})
        assert beside in r.stdout, r.stdout


def test_each_text_file_may_begin_with_a_byte_order_mark():
    mark = "\ufeff"
    with secure("ec") as (url, _), folder() as d:
        env = {"AMT_SERVER": url, "AMT_USER": "ocadm"}
        password = write(d + "/password", mark + "opconxps\r\n")
        ca = write(d + "/ca", mark + read(cert("root.crt")))
        r = alone(*QUICK, *FAST, "--password-file", password, "--ca", ca,
                  env=env)
        equal((r.returncode, r.stderr), (4, ""))
        key = write(d + "/key", mark + read(cert("client-ec.key")))
        crt = write(d + "/crt", mark + read(cert("client-ec.crt")))
        r = alone("anchors", ca, "--cert", crt, "--key", key)
        equal((r.returncode, r.stderr), (0, ""))
        one_line(alone(*QUICK, "--password-file",
                       write(d + "/empty", mark + "\n"), env=env,
                       input=""), 78, "nothing")


def test_an_unreadable_setting_is_named_with_file_and_line():
    with server() as (url, stats), folder() as d:
        good = config(url).splitlines()
        cases = ((3, "STATUS_CHECK_POLL_INTERVAL=soon"),
                 (3, "STATUS_CHECK_POLL_INTERVAL=-1"),
                 (4, "STATUS_CHECK_INITIAL_POLL_DELAY="),
                 (5, "DEBUG=MAYBE"), (7, "[AMT BATCH SERVER"),
                 (9, "SERVER_USE_TLS=Perhaps"), (9, "SERVER_USE_TLS"),
                 (10, "USER=ocadm"), (10, "USER=62324e685a47303"),
                 (10, "USER=7a7a21"), (11, "PASSWORD=opconxps"),
                 (11, "PASSWORD=" + encoded(b"\xff\xfe")),
                 (11, "PASSWORD=" + encoded(b"a\0b")))
        for n, bad in cases:
            lines = good[:n - 1] + [bad] + good[n:]
            path = write(d + "/bad.config", "\n".join(lines) + "\n")
            r = alone("-c", path, *QUICK, *FAST)
            one_line(r, 78, path)
            rest = r.stderr.replace(path, "")
            assert re.search(r"\b%d\b" % n, rest), (n, r.stderr)
        one_line(alone("-c", d + "/none", *QUICK), 78, d + "/none")
        one_line(alone("-c", d, *QUICK), 78, d)
        nothing_sent(stats)


def test_an_unencoded_password_is_not_shown():
    with folder() as d, server() as (url, _):
        path = write(d + "/c", config(url).replace(encoded("opconxps"),
                                                   "SECRETWORD"))
        r = alone("-c", path, *QUICK)
        one_line(r, 78)
        assert "SECRETWORD" not in r.stderr, r.stderr


def test_encrypt_prints_what_Connector_config_holds_and_reading_inverts_it():
    equal(alone("encrypt", "-v", "ocadm").stdout, "62324e685a47303d\n")
    equal(alone("encrypt", "-v", "opconxps").stdout,
          "6233426a6232353463484d3d\n")
    for value in ("a", "ab", "abc", "-v", 'q"\\ \u20ac=', "x" * 100):
        r = alone("encrypt", "-v", value)
        equal((r.returncode, r.stdout), (0, encoded(value) + "\n"))
        with folder() as d:
            password = write(d + "/p", value + "\n")
            with server("--password-file", password) as (url, _):
                path = write(d + "/c", config(url, password=value))
                equal(alone("-c", path, *QUICK, *FAST).returncode, 4)
    one_line(alone("encrypt", stdin=subprocess.DEVNULL), 78, "standard input")
    one_line(alone("encrypt", "-v"), 64, "-v")
    one_line(alone("encrypt", "-v", "a", "b"), 64)


def test_an_argument_beats_the_environment_beats_the_file():
    with server("--user", "me") as (url, _), folder() as d:
        password = write(d + "/p", "opconxps\n")
        bad = write(d + "/bad", config(dead_url(), "file", "file"))
        good = write(d + "/good", config(url, "me"))
        wrong = {"AMT_SERVER": dead_url(), "AMT_USER": "env",
                 "AMT_PASSWORD": "env", "AMT_APPLICATION": "ENV"}
        right = {"AMT_SERVER": url, "AMT_USER": "me",
                 "AMT_PASSWORD": "opconxps", "AMT_APPLICATION": "DEMO2"}
        job = ["-jn", "CODE_4", *FAST, "--give-up", "0"]
        r = alone("-c", good, *DEMO, *job)
        equal(r.returncode, 4)
        r = alone("-c", bad, *job, env=right)
        equal((r.returncode, r.stderr), (4, ""))
        r = alone("-c", good, *DEMO, *job, env=wrong)
        equal(r.returncode, 23)
        r = alone("-c", bad, "-s", url, "--api-user", "me", "--password-file",
                  password, *DEMO, *job, env=wrong)
        equal((r.returncode, r.stderr), (4, ""))


def test_poll_times_come_from_the_file_unless_an_option_says_otherwise():
    with server() as (url, _), folder() as d:
        path = write(d + "/c", config(url, poll=1, delay=1))
        begun = time.monotonic()
        equal(alone("-c", path, *QUICK).returncode, 4)
        took = time.monotonic() - begun
        assert 0.9 < took < 5, took
        path = write(d + "/c", config(url, poll=30, delay=30))
        begun = time.monotonic()
        equal(alone("-c", path, *QUICK, *FAST).returncode, 4)
        assert time.monotonic() - begun < 5


# --- options -----------------------------------------------------------------

def test_each_short_option_has_its_long_name():
    pairs = (("-jt", "--job-type"), ("-an", "--application"), ("-jn", "--job"),
             ("-pa", "--param"), ("-tv", "--task-value"), ("-u", "--user"),
             ("-su", "--submit-user"), ("-st", "--station"),
             ("-qn", "--queue"), ("-s", "--server"))
    for which in (0, 1):
        with server() as (url, _):
            values = ("start", "DEMO2", "ECHO", "-jn", "--no-wait", "DEMO",
                      "BATCH", "OPCON", "Q", url)
            args = [word for pair, value in zip(pairs, values)
                    for word in (pair[which], value)]
            r = amt(None, *args)
            equal((r.returncode, r.stderr), (4, ""))
            equal(messages_of(r.stdout),
                  ["Parameter 1 [-jn]", "Task value 1 [--no-wait]",
                   "User [DEMO]", "Queue [Q]", "Done"])
    with server() as (url, _):
        r = amt(url, *DEMO, "--file", "RUN_PARAMETERSTEST.ps1")
        equal(r.returncode, 4)
        r = amt(url, *DEMO, "--job-type", "Monitor", "--id", "2112", fast=False)
        equal(r.returncode, 4)


def test_a_file_overrides_the_job():
    with server() as (url, _):
        r = amt(url, *DEMO, "-jn", "ECHO", "-fn", "RUN_PARAMETERSTEST.ps1")
        assert "Script Job      : RUN_PARAMETERSTEST.ps1" in r.stdout, r.stdout
        assert "Parameters test is ended" in r.stdout


def test_MONITOR_prints_code_and_name_and_exits_with_the_code():
    with server(speed=1) as (url, _):
        ended(begin(url, *LONG, "--no-wait"))
        time.sleep(0.6)
        monitor = [*DEMO, "-id", "2112"]
        r = amt(url, "-jt", "monitor", *monitor, fast=False)
        equal((r.returncode, r.stdout, r.stderr), (2, "2 RUNNING\n", ""))
        r = amt(url, "-jt", "STOP", *monitor)
        equal(r.returncode, 12)
        assert "Completion Code : ABORTED" in r.stdout
        assert "Batch Request Id: 2112\n" in r.stdout, r.stdout
        assert "Submit User" not in r.stdout and "Job  " not in r.stdout
        r = amt(url, "-jt", "Monitor", *monitor, fast=False)
        equal((r.returncode, r.stdout), (12, "12 ABORTED\n"))


def test_MESSAGES_prints_the_message_lines_without_a_head():
    with server() as (url, _):
        whole = amt(url, *DONE)
        r = amt(url, "-jt", "MESSAGES", *DEMO, "-id", "2112", fast=False)
        equal(r.returncode, 0)
        equal(r.stdout, "".join(json.dumps(m) + "\n"
                                for m in messages_of(whole.stdout)))


def test_ATTACH_goes_on_with_a_job_and_prints_its_whole_log():
    with server() as (url, stats):
        whole = amt(url, *DONE)
        r = amt(url, "-jt", "attach", *DEMO, "-id", "2112")
        equal(r.returncode, 4)
        equal(messages_of(r.stdout), messages_of(whole.stdout))
        equal(stats()["start_requests"], 1)


def test_zero_on_done_changes_4_and_nothing_else():
    with server() as (url, _):
        for code, status in ((4, 0), (11, 11), (3, 3)):
            r = amt(url, *DEMO, "-jn", "CODE_%d" % code, "--zero-on-done")
            equal((code, r.returncode), (code, status))
            assert code != 4 or "Completion Code : DONE" in r.stdout
        r = amt(url, *DONE, "--zero-on-done", "--format", "connector")
        assert "completed with return code 4" in r.stdout, r.stdout
        r = amt(url, "-jt", "ATTACH", *DEMO, "-id", "2112", "--zero-on-done")
        equal(r.returncode, 0)


def test_no_keep_alive_opens_a_connection_for_each_request():
    def connections(*options):
        with server() as (url, stats):
            equal(amt(url, *DONE, *options).returncode, 4)
            s = stats()
            return s["connections"] - 1, (s["sign_ins"] + s["start_requests"] +
                                          s["monitors"] + s["messages"])
    kept, _ = connections()
    assert kept <= 2, kept
    each, requests = connections("--no-keep-alive")
    equal(each, requests)


def test_poll_max_lets_the_interval_grow():
    def monitors(*options):
        with server(speed=1) as (url, stats):
            equal(amt(url, *DEMO, "-jn", "SLOWLOG_6", *options).returncode, 4)
            return stats()["monitors"]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        few = pool.submit(monitors, "--poll-max", "10")
        many = pool.submit(monitors)
        assert few.result() < 80 < 120 < many.result(), (few.result(),
                                                          many.result())


def test_a_timeout_leaves_the_job_alone_and_tells_its_id():
    with server(speed=1) as (url, stats):
        begun = time.monotonic()
        r = amt(url, *LONG, "--timeout", "0.7")
        assert 0.6 < time.monotonic() - begun < 5
        equal(r.returncode, 75)
        assert last_line(r).startswith("timed-out: "), r.stderr
        assert "2112" in last_line(r) and "ATTACH" in last_line(r), r.stderr
        assert "Completion Code : UNDEFINED" in r.stdout, r.stdout
        equal(len(messages_of(r.stdout)), 1)
        equal((stats()["kills"], stats()["stops"]), (0, 0))


def test_a_timeout_ends_a_run_whose_server_says_nothing():
    with server("--fault", "slow=8000") as (url, stats):
        begun = time.monotonic()
        r = amt(url, *LONG, "--timeout", "0.7")
        assert time.monotonic() - begun < 5
        equal(r.returncode, 23)
        equal(stats()["start_requests"], 0)
    r = amt(dead_url(), *LONG, "--timeout", "0.7")
    equal(r.returncode, 23)


def test_UNDEFINED_is_not_given_a_name_that_the_server_did_not_send():
    with server() as (url, _):
        r = amt(url, *DEMO, "-jn", "CODE_19")
        equal(r.returncode, 19)
        assert last_line(r).startswith("undefined: "), r.stderr
        assert "called" not in r.stderr, r.stderr


# --- the log forms -----------------------------------------------------------

STAMP = re.compile(r"(\d\d:\d\d:\d\d)\.\d{3} \[main\] "
                   r"\[(AMTConnector|AMTJobExecutorImpl)\] "
                   r"(\d{8}) (\d\d:\d\d:\d\d) : ")


def masked(log):
    """The connector form without times and version; checks each time."""
    lines = []
    for line in log.split("\n")[:-1]:
        m = STAMP.match(line)
        assert m and m.group(1) == m.group(4), line
        lines.append("[%s] %s" % (m.group(2), re.sub(
            r"^(SMA AMT Connector       : ).*", r"\1VERSION",
            line[m.end():])))
    assert log.endswith("\n")
    return "\n".join(lines)


def connector_messages(log):
    lines = masked(log).splitlines()
    first = next(i for i, line in enumerate(lines) if "] Job log ---" in line)
    last = next(i for i, line in enumerate(lines) if "] End Job log -" in line)
    return [line.partition("] ")[2] for line in lines[first + 1:last]]


def test_the_published_connector_log_is_reproduced_byte_for_byte():
    with server() as (url, _):
        r = amt(url, "-jt", "START", *DEMO, "-jn", "RUN_PARAMETERTESTA", "-pa",
                "'PARAM'", "--format", "connector")
        equal(masked(r.stdout), masked(read("tests/logs/connector.txt")))
        equal((r.returncode, r.stderr), (4, ""))
        day = STAMP.match(r.stdout).group(3)
        equal(day, datetime.date.today().strftime("%Y%m%d"))


def test_the_connector_form_names_a_script_its_user_and_all_values():
    with server() as (url, _):
        r = amt(url, *DEMO, "-fn", "RUN_PARAMETERSTEST.ps1", "-u", "DEMO",
                "-pa", "A=1", "-pa", "B=2", "-tv", "T=3", "--format",
                "connector")
        equal(r.returncode, 4)
        log = masked(r.stdout)
        for line in ("-jn (job name)          : null\n",
                     "-fn (file name)         : RUN_PARAMETERSTEST.ps1\n",
                     "-u  (user)              : DEMO\n",
                     "-tv (task value)        : T=3\n"):
            assert "[AMTConnector] " + line in log, (line, log)
        assert re.search(r"-pa \(Parameters\) +: .*A=1.*B=2", log), log
        equal(connector_messages(r.stdout),
              ["Parameters test is started", "Parameter 1 [A=1]",
               "Parameter 2 [B=2]", "Parameters test is ended"])


def test_the_text_form_is_the_bare_messages():
    with server() as (url, _):
        r = amt(url, *DEMO, "-jn", "ECHO", "-pa", 'q"\\\u20ac', "--format",
                "text")
        equal((r.returncode, r.stdout),
              (4, 'Parameter 1 [q"\\\u20ac]\nDone\n'))


def test_the_json_form_is_one_object_a_line():
    with server(speed=20) as (url, _):
        r = amt(url, *DONE, "--format", "json")
        equal(r.returncode, 4)
        lines = r.stdout.splitlines()
        events = events_of(r.stdout)
        equal(lines[0], '{"event":"started","id":"2112"}')
        assert '{"event":"status","code":2,"status":"RUNNING"}' in lines, lines
        equal(lines[-1],
              '{"event":"end","id":"2112","code":4,"status":"DONE"}')
        log = [e for e in events if e["event"] == "message"]
        equal([list(e) for e in log], [["event", "sequence", "time", "text"]] *
              10)
        equal([e["sequence"] for e in log], list(range(1, 11)))
        equal([e["text"] for e in log], messages_of(published("done", url)))
        assert all(re.match(r"\d{4}-\d\d-\d\dT.*Z$", e["time"]) for e in log)
    with server("--fault", "accent=strings") as (url, _):
        r = amt(url, *DONE, "--format", "json")
        assert '{"event":"message","text":"Done"}\n' in r.stdout, r.stdout


def test_json_says_things_as_they_happen():
    with server(speed=1) as (url, stats):
        job = begin(url, *LONG, "--format", "json")
        equal(job.stdout.readline(), '{"event":"started","id":"2112"}\n')
        while '"code":2' not in job.stdout.readline():
            pass
        assert job.poll() is None
        job.send_signal(TERM)
        r = ended(job)
        equal((r.returncode, r.stdout.splitlines()[-1]),
              (3, '{"event":"end","id":"2112","code":3,"status":"KILLED"}'))
        equal(stats()["kills"], 1)


def check_failed_form(form, r, code, name, word):
    """A run that failed before its job prints code and error in this form."""
    case = (form, code, r.stdout, r.stderr)
    equal((form, r.returncode), (form, code))
    if form == "acs":
        assert "Completion Code : %s\n" % name in r.stdout, case
        messages = messages_of(r.stdout)
        assert r.stdout.endswith("-\n"), case
    elif form == "connector":
        assert "completed with return code %d\n" % code in r.stdout, case
        assert "started in AMT Environment" not in r.stdout, case
        messages = connector_messages(r.stdout)
    elif form == "text":
        messages = r.stdout.splitlines()
    else:
        events = events_of(r.stdout)
        equal(events[-1], {"event": "end", "code": code, "status": name})
        assert all(e["event"] != "started" for e in events), case
        messages = [e["text"] for e in events if e["event"] == "message"]
    assert len(messages) == 1 and word in messages[0], case


def test_a_run_that_fails_before_its_job_prints_the_whole_form():
    with server() as (url, _):
        dead = dead_url()
        for form in FORMATS:
            options = ["--format", form, "--give-up", "0"]
            r = amt(dead, *DONE, *options)
            check_failed_form(form, r, 23, "WEB_SERVER_ERROR", dead)
            r = amt(url, *DONE, *options, env={"AMT_PASSWORD": "wrong"})
            check_failed_form(form, r, 24, "AUTHENTICATION_ERROR", url)
            r = amt(url, *DEMO, "-jn", "NO_SUCH_JOB", *options)
            check_failed_form(form, r, 11, "ERROR", "NO_SUCH_JOB")


# --- follow ------------------------------------------------------------------

def test_follow_shows_messages_while_the_job_runs():
    for form, stream in (("text", "stdout"), ("json", "stdout"),
                         ("connector", "stdout"), ("acs", "stderr")):
        with server(speed=4) as (url, _):
            job = begin(url, *DEMO, "-jn", "SLOWLOG_8", "-f", "--format", form)
            seen = ""
            while "Slow log message 2 of 8" not in seen:
                line = getattr(job, stream).readline()
                assert line, (form, seen)
                seen += line
            r = amt(url, "-jt", "MONITOR", *DEMO, "-id", "2112", fast=False)
            equal((form, r.stdout, job.poll()), (form, "2 RUNNING\n", None))
            r = ended(job)
            equal((form, r.returncode), (form, 4))
            log = {"acs": messages_of, "text": str.splitlines,
                   "connector": connector_messages,
                   "json": lambda text: [e["text"] for e in events_of(text)
                                         if e["event"] == "message"]}[form](
                       r.stdout if stream == "stderr" else seen + r.stdout)
            equal((form, log), (form, ["Slow log message %d of 8" % i
                                       for i in range(1, 9)]))


def test_follow_with_acs_ends_with_the_same_log_as_without():
    with server() as (url, _):
        r = amt(url, *DONE, "--follow")
        equal((r.returncode, r.stdout), (4, published("done", url)))
        assert "Report test 01 is running 10 seconds" in r.stderr, r.stderr


def test_follow_loses_and_doubles_no_message_whatever_the_server_does():
    for names in (["no-after"], ["page=2"], ["drop-every=3"],
                  ["expire-every=4"], ["accent=strings"], ["fail-500=3"],
                  ["chunked=5", "page=3"], ["close"]):
        with server(*faults(*names), speed=100) as (url, _):
            for job in ("REPORTTEST01", "CHILDREN_4", "LOG_50_x_300"):
                args = [*DEMO, "-jn", job, "--format", "text"]
                r = amt(url, *args, "--follow")
                equal((names, job, r.returncode, r.stdout),
                      (names, job, 4, amt(url, *args).stdout))


# --- memory ------------------------------------------------------------------

MEMORY_C = r"""
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{ /* a child's peak counts its parent's memory, so this parent is small */
  struct rusage u;
  int status;
  pid_t pid = fork();
  if (argc < 2) return 2;
  if (pid == 0) {
    dup2(open("/dev/null", O_WRONLY), 1);
    execv(argv[1], argv + 1);
    _exit(127);
  }
  wait4(pid, &status, 0, &u);
  printf("%ld %d\n", u.ru_maxrss, WEXITSTATUS(status));
  return 0;
}
"""


def compiled(name, text, *options):
    path = "%s/%s" % (OUT, name)
    write(path + ".c", text)
    subprocess.run(["gcc", "-O1", path + ".c", "-o", path, *options],
                   check=True)
    return os.path.abspath(path)


def test_a_log_of_100000_messages_needs_no_more_memory_than_a_short_one():
    memory = compiled("tool_memory", MEMORY_C)
    with server() as (url, _), folder() as d:
        def peak(n, *options):
            r = amt(url, *DEMO, "-jn", "LOG_%d" % n, *options,
                    program=[memory, PLAIN])
            kilobytes, status = r.stdout.split()
            equal((n, options, status), (n, options, "4"))
            return int(kilobytes)
        for options in ([], ["--format", "connector"], ["--format", "json"],
                        ["--format", "text", "--follow"], ["--follow"],
                        ["--log-dir", d]):
            # The kernel may map more of a file's pages than were asked for. The
            # least of three runs is what the program itself needs.
            long, short = (min(peak(n, *options) for _ in range(3))
                           for n in (100000, 3))
            assert long - short < 256, (options, long, short)


def test_the_tool_has_no_heap_of_its_own():
    r = subprocess.run(["nm", "-u", PLAIN], capture_output=True, text=True,
                       check=True)
    assert not re.search(r" (malloc|calloc|realloc|free|strdup|getline|"
                         r"v?asprintf)\b", r.stdout), r.stdout


# --- state: kill -9 and power cuts -------------------------------------------

@contextlib.contextmanager
def server_with_database(*options, speed=200):
    """Yields the URL, a function that counts the Starts accepted with a queue
    name, and the stats."""
    with folder() as d, server("--db", d + "/db", *options,
                               speed=speed) as (url, stats):
        def starts(queue):
            with contextlib.closing(sqlite3.connect(d + "/db",
                                                    timeout=20)) as db:
                return db.execute("select count(*) from jobs where queue=?",
                                  (queue,)).fetchone()[0]
        yield url, starts, stats


def go_on(url, args, state, queue, starts):
    """The run after the cut ends as the job did, or says start-unknown.
    Returns the exit status."""
    r = amt(url, *args, program=[PLAIN])
    assert starts(queue) <= 1, (queue, starts(queue), r)
    if r.returncode == 4:
        equal(starts(queue), 1)
        assert "Completion Code : DONE" in r.stdout, r
        assert not os.path.exists(state), r
    else:
        equal((queue, r.returncode, r.stderr), (queue, 76, r.stderr))
        assert last_line(r).startswith("start-unknown: "), r.stderr
        assert state in last_line(r), r.stderr
        assert os.path.exists(state), r
    return r.returncode


def test_kill_9_at_200_random_instants_never_starts_a_job_twice():
    seed = random.randrange(10 ** 6)
    chance = random.Random(seed)
    outcomes, trials = {}, int(os.environ.get("KILLS", 200)) # see long.sh
    with server_with_database("--fault", "slow=3") as (url, starts, _), \
            folder() as d:
        def args_of(n):
            return [*QUICK, "-qn", "Q%d" % n, "--state", "%s/%d" % (d, n)]

        begun = time.monotonic()
        for n in range(1000, 1003):
            equal(amt(url, *args_of(n), program=[PLAIN]).returncode, 4)
        whole = (time.monotonic() - begun) / 3

        def one(n, delay):
            state, queue = "%s/%d" % (d, n), "Q%d" % n
            job = begin(url, *args_of(n), program=PLAIN)
            time.sleep(delay)
            killed(job)
            if starts(queue) == 1 and not os.path.exists(state):
                return "ended"
            before = starts(queue)
            status = go_on(url, args_of(n), state, queue, starts)
            return "%d, %d before" % (status, before)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            runs = [pool.submit(one, n, chance.uniform(0, 1.1 * whole))
                    for n in range(trials)]
            for run in runs:
                outcome = run.result()
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
        most = max(starts("Q%d" % n) for n in range(trials))
        assert most <= 1, most
    print("        seed %d, %d Starts at most for one job: %s" %
          (seed, most, outcomes))
    assert outcomes.get("4, 1 before"), outcomes


CUT_C = r"""
/* Counts changes to files in the folder CUT_DIR, and sends. Kills the process
   just before the CUT_AT-th (with CUT_HALF, after half of the bytes of a
   write). Writes to CUT_LOG each step, and what an fsync made safe. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int count, log_fd = -1;

static void step(const char *what)
{
  const char *at = getenv("CUT_AT");
  if (log_fd < 0)
    log_fd = fcntl(open(getenv("CUT_LOG"), O_WRONLY | O_APPEND),
                   F_DUPFD_CLOEXEC, 500);
  dprintf(log_fd, "step %d %s\n", ++count, what);
  if (at && atoi(at) == count) kill(getpid(), SIGKILL);
}

static int ours(const char *path)
{
  char real[4096], copy[4096], *slash;
  const char *dir = getenv("CUT_DIR");
  snprintf(copy, sizeof copy, "%s", path);
  slash = strrchr(copy, '/');
  if (!slash) return 0;
  *slash = 0;
  return realpath(copy, real) && !strcmp(real, dir);
}

static int ours_fd(int fd)
{
  char link[64], path[4096];
  ssize_t n;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  n = readlink(link, path, sizeof path - 1);
  if (n < 0) return 0;
  path[n] = 0;
  return !strcmp(path, getenv("CUT_DIR")) || (*path == '/' && ours(path));
}

static void safe(int fd)
{
  struct stat st;
  char name[4096];
  if (fstat(fd, &st)) return;
  if (S_ISDIR(st.st_mode)) {
    DIR *d = opendir(getenv("CUT_DIR"));
    struct dirent *e;
    dprintf(log_fd, "names");
    while ((e = readdir(d)))
      if (*e->d_name != '.' || strlen(e->d_name) > 2)
        dprintf(log_fd, " %llu:%s", (unsigned long long)e->d_ino, e->d_name);
    dprintf(log_fd, "\n");
    closedir(d);
  } else {
    int in, i;
    ssize_t n;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    in = open(name, O_RDONLY);
    n = read(in, name, sizeof name);
    close(in);
    dprintf(log_fd, "bytes %llu ", (unsigned long long)st.st_ino);
    for (i = 0; i < n; i++) dprintf(log_fd, "%02x", (unsigned char)name[i]);
    dprintf(log_fd, "\n");
  }
}

#define REAL(type, name, ...) \
  type (*real)(__VA_ARGS__) = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

int open(const char *path, int flags, ...)
{
  REAL(int, "open", const char *, int, ...);
  va_list a;
  int mode;
  va_start(a, flags);
  mode = flags & O_CREAT ? va_arg(a, int) : 0;
  va_end(a);
  if ((flags & (O_CREAT | O_TRUNC)) && ours(path)) step("open");
  return real(path, flags, mode);
}
int openat(int at, const char *path, int flags, ...)
{
  REAL(int, "openat", int, const char *, int, ...);
  va_list a;
  int mode;
  va_start(a, flags);
  mode = flags & O_CREAT ? va_arg(a, int) : 0;
  va_end(a);
  if ((flags & (O_CREAT | O_TRUNC)) && ours(path)) step("openat");
  return real(at, path, flags, mode);
}
ssize_t write(int fd, const void *p, size_t n)
{
  REAL(ssize_t, "write", int, const void *, size_t);
  if (ours_fd(fd)) {
    const char *at = getenv("CUT_AT");
    if (getenv("CUT_HALF") && at && atoi(at) == count + 1) real(fd, p, n / 2);
    step("write");
  }
  return real(fd, p, n);
}
ssize_t pwrite(int fd, const void *p, size_t n, off_t where)
{
  REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
  if (ours_fd(fd)) {
    const char *at = getenv("CUT_AT");
    if (getenv("CUT_HALF") && at && atoi(at) == count + 1)
      real(fd, p, n / 2, where);
    step("write");
  }
  return real(fd, p, n, where);
}
int ftruncate(int fd, off_t n)
{
  REAL(int, "ftruncate", int, off_t);
  if (ours_fd(fd)) step("ftruncate");
  return real(fd, n);
}
int fsync(int fd)
{
  REAL(int, "fsync", int);
  int mine = ours_fd(fd), r;
  if (mine) step("fsync");
  r = real(fd);
  if (mine && r == 0) safe(fd);
  return r;
}
int fdatasync(int fd)
{
  REAL(int, "fdatasync", int);
  int mine = ours_fd(fd), r;
  if (mine) step("fdatasync");
  r = real(fd);
  if (mine && r == 0) safe(fd);
  return r;
}
int rename(const char *from, const char *to)
{
  REAL(int, "rename", const char *, const char *);
  if (ours(to)) step("rename");
  return real(from, to);
}
int unlink(const char *path)
{
  REAL(int, "unlink", const char *);
  if (ours(path)) step("unlink");
  return real(path);
}
ssize_t send(int fd, const void *p, size_t n, int flags)
{
  REAL(ssize_t, "send", int, const void *, size_t, int);
  step("send");
  return real(fd, p, n, flags);
}
"""


def after_the_cut(directory, log, mode):
    """Leaves in the folder what the disk may hold. "kept": all that was done.
    "names": each file's bytes as of its last fsync, under its present name.
    "synced": the names as of the folder's last fsync, too."""
    if mode == "kept":
        return
    names, contents = {}, {}
    for line in read(log).splitlines():
        word, _, rest = line.partition(" ")
        if word == "bytes":
            inode, _, data = rest.partition(" ")
            contents[int(inode)] = bytes.fromhex(data)
        elif word == "names":
            names = {name: int(inode) for inode, _, name in
                     (item.partition(":") for item in rest.split())}
    if mode == "names":
        names = {e.name: e.inode() for e in os.scandir(directory)}
    for name in os.listdir(directory):
        os.unlink(directory + "/" + name)
    with open(log, "a", encoding="utf-8") as f: # all of this is on the disk
        for name, inode in names.items():
            path = write(directory + "/" + name, contents.get(inode, b""))
            f.write("bytes %d %s\n" % (os.stat(path).st_ino,
                                       contents.get(inode, b"").hex()))
        f.write("names%s\n" % "".join(" %d:%s" % (e.inode(), e.name)
                                      for e in os.scandir(directory)))


def test_a_power_cut_at_every_step_of_the_state_file_never_starts_twice():
    shim = compiled("tool_cut.so", CUT_C, "-shared", "-fPIC", "-ldl")
    outcomes, trial = {}, itertools.count()
    with server_with_database() as (url, starts, _), folder() as d:
        d = os.path.realpath(d)

        def cut(at, mode, half=False, again=0):
            queue = "C%d" % next(trial)
            directory, log = "%s/%s" % (d, queue), "%s/%s.log" % (d, queue)
            os.mkdir(directory)
            write(log, "")
            state = directory + "/state"
            args = [*QUICK, "-qn", queue, "--state", state]
            env = {"LD_PRELOAD": shim, "CUT_DIR": directory, "CUT_LOG": log,
                   "CUT_AT": str(at)}
            if half:
                env["CUT_HALF"] = "1"
            r = amt(url, *args, env=env, program=[PLAIN])
            steps = [line.split()[2] for line in read(log).splitlines()
                     if line.startswith("step")]
            if at > len(steps):
                equal((r.returncode, os.listdir(directory)), (4, []))
                return steps
            equal((at, r.returncode), (at, -signal.SIGKILL))
            after_the_cut(directory, log, mode)
            if again: # cut the run that goes on as well
                env["CUT_AT"] = str(again)
                r = amt(url, *args, env=env, program=[PLAIN])
                assert r.returncode in (-signal.SIGKILL, 4), (again, r)
                after_the_cut(directory, log, mode)
            before = starts(queue)
            if before == 0 or os.path.exists(state):
                try:
                    status = go_on(url, args, state, queue, starts)
                except AssertionError as e:
                    raise AssertionError("cut at step %d of %s, %s%s: %s" % (
                        at, steps, mode, ", half" * half, e)) from e
            else:
                assert "unlink" in steps, ("lost", at, mode, steps)
                status = "removed"
            outcomes[status] = outcomes.get(status, 0) + 1
            return steps
        steps = cut(10 ** 6, "kept")
        print("        steps: %s" % " ".join(steps))
        assert {"write", "unlink"} <= set(steps) and "sync" in str(steps), steps
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            runs = [pool.submit(cut, at, mode)
                    for at in range(1, len(steps) + 1)
                    for mode in ("kept", "names", "synced")]
            runs += [pool.submit(cut, at, "kept", True)
                     for at, step in enumerate(steps, 1) if step == "write"]
            known = len(steps) - steps[::-1].index("send")
            runs += [pool.submit(cut, known, mode, again=again)
                     for again in range(1, len(steps))
                     for mode in ("kept", "names", "synced")]
            for run in runs:
                run.result()
    print("        outcomes: %s" % outcomes)


def killed_run(url, state, *args):
    """Leaves the state file of a job that runs on."""
    job = begin(url, *(args or LONG), "--state", state, "--format", "json",
                program=PLAIN)
    assert "started" in job.stdout.readline()
    time.sleep(0.1)
    killed(job)
    assert os.path.exists(state)


def test_the_next_run_goes_on_with_the_job_and_removes_the_file():
    with server(speed=4) as (url, stats), folder() as d:
        state = d + "/state"
        args = [*DEMO, "-jn", "SLOWLOG_4"]
        killed_run(url, state, *args)
        write(state + ".tmp", "cut")
        r = amt(url, *args, "--state", state)
        equal((r.returncode, messages_of(r.stdout)),
              (4, ["Slow log message %d of 4" % i for i in range(1, 5)]))
        assert "Batch Job       : SLOWLOG_4" in r.stdout, r.stdout
        equal((stats()["start_requests"], os.listdir(d)), (1, []))


def test_a_state_file_of_another_server_job_or_living_run_is_78():
    with server(speed=1) as (url, stats), server() as (other, more), \
            folder() as d:
        state = d + "/state"
        job = begin(url, *LONG, "--state", state)
        until(lambda: stats()["monitors"] > 0)
        r = amt(url, *LONG, "--state", state)
        one_line(r, 78, state)
        equal(stats()["start_requests"], 1)
        killed(job)
        before = stats()
        one_line(amt(other, *LONG, "--state", state), 78, state)
        one_line(amt(url, *DONE, "--state", state), 78, state)
        one_line(amt(url, *DEMO, "-fn", "LONGRUNNINGREPORT", "--state", state),
                 78, state)
        one_line(amt(url, "-an", "X", *LONG[2:], "--state", state), 78, state)
        nothing_sent(more)
        equal({**stats(), "connections": 0}, {**before, "connections": 0})
        amt(url, "-jt", "KILL", *DEMO, "-id", "2112")
        equal(amt(url, *LONG, "--state", state).returncode, 3)


def test_lock_wait_waits_for_the_other_run_and_then_goes_on_with_its_job():
    with server(speed=4) as (url, stats), folder() as d:
        state = d + "/state"
        args = [*DEMO, "-jn", "SLOWLOG_20", "--state", state]
        job = begin(url, *args, program=PLAIN)
        until(lambda: stats()["monitors"] > 0)
        r = amt(url, *args, "--lock-wait", "0.3")
        equal(len(r.stderr.splitlines()), 2)
        equal((r.returncode, r.stdout), (78, ""))
        assert state in r.stderr and "waiting for its end" in r.stderr
        one_line(amt(url, *args, "--lock-wait", "0"), 78, state, "--lock-wait")
        next_run = begin(url, *args, "--lock-wait", "60")
        assert "waiting for its end" in next_run.stderr.readline()
        killed(job)
        r = ended(next_run)
        equal((r.returncode, messages_of(r.stdout)),
              (4, ["Slow log message %d of 20" % i for i in range(1, 21)]))
        equal((stats()["start_requests"], os.listdir(d)), (1, []))


def test_a_run_that_was_waited_for_and_left_no_state_is_not_run_again():
    with server(speed=4) as (url, stats), folder() as d:
        args = [*DEMO, "-jn", "SLOWLOG_20", "--state", d + "/state"]
        job = begin(url, *args)
        until(lambda: stats()["monitors"] > 0)
        next_run = begin(url, *args, "--lock-wait", "60")
        equal(ended(job).returncode, 4)
        r = ended(next_run)
        equal(r.returncode, 76)
        assert re.match("start-unknown: .*the run that was waited for .*log$",
                        r.stderr.splitlines()[-1]), r.stderr
        assert "remove" not in r.stderr, r.stderr
        equal((stats()["start_requests"], os.listdir(d)), (1, []))
        equal(amt(url, *args, "--lock-wait", "60").returncode, 4)


def test_keep_state_lets_every_later_run_tell_the_same_end():
    with server(speed=8) as (url, stats), folder() as d:
        for job, code in ("SLOWLOG_4", 4), ("CODE_12", 12):
            args = [*DEMO, "-jn", job, "--state", d + "/" + job, "--keep-state"]
            first = begin(url, *args)
            until(lambda: os.path.exists(d + "/" + job))
            runs = [begin(url, *args, "--lock-wait", "60") for _ in range(3)]
            outcomes = [ended(run) for run in (first, *runs)]
            outcomes.append(amt(url, *args))
            equal({x.returncode for x in outcomes}, {code})
            equal(len({tuple(messages_of(x.stdout)) for x in outcomes}), 1)
            assert job in os.listdir(d)
        equal((stats()["starts_accepted"], len(os.listdir(d))), (2, 2))
        args = [*DEMO, "-jn", "NO_SUCH", "--state", d + "/none", "--keep-state"]
        equal((amt(url, *args).returncode, len(os.listdir(d))), (11, 2))
        one_line(amt(url, *LONG, "--keep-state"), 64, "--state")


def test_a_signal_and_the_time_limit_end_the_wait_for_a_lock():
    with server(speed=1) as (url, stats), folder() as d:
        state = d + "/state"
        job = begin(url, *LONG, "--state", state)
        until(lambda: stats()["monitors"] > 0)
        next_run = begin(url, *LONG, "--state", state, "--lock-wait", "60")
        assert "waiting for its end" in next_run.stderr.readline()
        next_run.send_signal(TERM)
        r = ended(next_run, 5)
        equal((r.returncode, r.stdout), (3, ""))
        assert state in r.stderr and "nothing was sent" in r.stderr, r.stderr
        r = amt(url, *LONG, "--state", state, "--lock-wait", "60",
                "--timeout", "0.5", timeout=20)
        equal(r.returncode, 78)
        one_line(amt(url, *LONG, "--lock-wait", "1"), 64, "--state")
        equal(stats()["start_requests"], 1)
        amt(url, "-jt", "KILL", *DEMO, "-id", "2112")
        equal(ended(job).returncode, 3)


def test_runs_that_begin_together_with_one_state_file_never_share_a_start():
    with server(speed=100) as (url, stats), folder() as d:
        done = 0
        for _ in range(20):
            jobs = [begin(url, *QUICK, "--state", d + "/s", program=PLAIN)
                    for _ in range(6)]
            outcomes = [ended(job).returncode for job in jobs]
            assert set(outcomes) <= {4, 78} and 4 in outcomes, outcomes
            done += outcomes.count(4)
        equal((stats()["start_requests"], os.listdir(d)), (done, []))


def test_a_torn_state_file_is_never_taken_for_a_fresh_start():
    with server(speed=1) as (url, stats), folder() as d:
        killed_run(url, d + "/whole")
        with open(d + "/whole", "rb") as f:
            whole = f.read()
        before = stats()["start_requests"]
        for n in range(1, len(whole), 31 if WINE else 1):
            write(d + "/torn", whole[:n])
            r = amt(url, *LONG, "--state", d + "/torn", "--timeout", "0.2",
                    program=[PLAIN])
            assert r.returncode in (78, 75), (whole[:n], r)
            assert d + "/torn" in r.stderr or \
                last_line(r).startswith("timed-out:"), r
            assert os.path.exists(d + "/torn"), whole[:n]
        for bad in (b"\0" * len(whole), b"hello\n", whole + b"x" * 5000,
                    os.urandom(100)):
            write(d + "/torn", bad)
            one_line(amt(url, *LONG, "--state", d + "/torn"), 78, "torn")
        equal(stats()["start_requests"], before)


def test_an_unknown_start_stays_in_the_file_until_a_person_removes_it():
    with server("--fault", "start-lost") as (url, stats), folder() as d:
        state = d + "/state"
        for _ in range(3):
            r = amt(url, *DONE, "--state", state)
            equal(r.returncode, 76)
            assert last_line(r).startswith("start-unknown: "), r.stderr
            assert state in last_line(r), r.stderr
            assert os.path.exists(state)
        equal(stats()["start_requests"], 1)
        equal(stats()["sign_ins"], 1)


def test_a_start_that_surely_did_not_happen_removes_the_file():
    with server() as (url, _), folder() as d:
        args = ["--state", d + "/state", "--give-up", "0"]
        equal(amt(dead_url(), *DONE, *args).returncode, 23)
        equal(os.listdir(d), [])
        r = amt(url, *DONE, *args, env={"AMT_PASSWORD": "wrong"})
        equal((r.returncode, os.listdir(d)), (24, []))
        r = amt(url, *DEMO, "-jn", "NO_SUCH_JOB", *args)
        equal((r.returncode, os.listdir(d)), (11, []))
        equal((amt(url, *QUICK, *args).returncode, os.listdir(d)), (4, []))


def test_the_state_file_outlives_a_log_that_could_not_be_written():
    with server() as (url, stats), folder() as d, open("/dev/full", "w",
                                                       encoding="utf-8") as f:
        state = d + "/state"
        r = ended(begin(url, *DONE, "--state", state, stdout=f))
        assert "standard output" in r.stderr and os.path.exists(state), r
        r = amt(url, *DONE, "--state", state)
        equal((r.returncode, r.stdout), (4, published("done", url)))
        equal((stats()["start_requests"], os.listdir(d)), (1, []))


def test_a_run_that_leaves_its_job_keeps_the_state_file():
    with server(speed=1) as (url, stats), folder() as d:
        state = d + "/state"
        r = amt(url, *LONG, "--state", state, "--timeout", "0.5")
        equal((r.returncode, os.path.exists(state)), (75, True))
        job = begin(url, *LONG, "--state", state, "--on-signal", "detach")
        before = stats()["monitors"]
        until(lambda: stats()["monitors"] > before)
        job.send_signal(TERM)
        equal((ended(job).returncode, os.path.exists(state)), (75, True))
        equal((stats()["start_requests"], stats()["kills"]), (1, 0))


# --- signals -----------------------------------------------------------------

def follow_command(r):
    """Runs the ATTACH command that stands in the last line."""
    command = re.search(r"amt (-s .*-jt ATTACH.*)", last_line(r)).group(1)
    return amt(None, *shlex.split(command))


def test_detach_leaves_the_job_and_tells_how_to_go_on():
    for number in {signal.SIGINT, TERM}:
        with server(speed=4) as (url, stats):
            job = begin(url, *DEMO, "-jn", "SLOWLOG_6", "--on-signal", "detach")
            until(lambda: stats()["monitors"] > 0)
            job.send_signal(number)
            r = ended(job)
            equal(r.returncode, 75)
            assert last_line(r).startswith("detached: "), r.stderr
            assert "2112" in last_line(r), r.stderr
            equal((stats()["kills"], stats()["stops"]), (0, 0))
            r = follow_command(r)
            equal((r.returncode, len(messages_of(r.stdout))), (4, 6))


def test_a_signal_between_a_start_and_its_answer_waits_for_the_id():
    for what, status, kills in (("detach", 75, 0), ("kill", 3, 1)):
        with server("--fault", "slow=700", speed=1) as (url, stats):
            job = begin(url, *LONG, "--on-signal", what)
            until(lambda: stats()["start_requests"] > 0)
            job.send_signal(TERM)
            r = ended(job)
            equal((what, r.returncode, stats()["kills"]), (what, status, kills))
            assert what == "kill" or "-id 2112" in last_line(r), r.stderr


def test_a_second_signal_leaves_at_once():
    with server("--fault", "kill-refused", speed=1) as (url, stats):
        job = begin(url, *LONG)
        until(lambda: stats()["monitors"] > 0)
        job.send_signal(TERM)
        until(lambda: stats()["kills"] > 0)
        time.sleep(0.3)
        equal(job.poll(), None)
        begun = time.monotonic()
        job.send_signal(signal.SIGINT)
        r = ended(job)
        assert time.monotonic() - begun < (5 if WINE else 1)
        equal(r.returncode, 75)
        assert last_line(r).startswith("detached: "), r.stderr
        assert "2112" in last_line(r) and "ATTACH" in last_line(r), r.stderr


def test_a_signal_before_the_start_starts_nothing():
    with server("--fault", "slow=1500") as (url, stats):
        job = begin(url, *LONG)
        until(lambda: stats()["sign_ins"] > 0)
        job.send_signal(TERM)
        r = ended(job)
        equal(stats()["start_requests"], 0)
        assert r.returncode not in (0, 4), r


# --- log files ---------------------------------------------------------------

def test_a_log_dir_keeps_each_log_and_removes_its_own_old_ones_only():
    with server() as (url, _), folder() as d:
        def files():
            return set(os.listdir(d))
        r = amt(url, *DONE, "--log-dir", d)
        equal((r.returncode, len(files())), (4, 1))
        mine = files().pop()
        equal(read("%s/%s" % (d, mine)), r.stdout)
        r = amt(dead_url(), *DONE, "--log-dir", d, "--give-up", "0")
        equal((r.returncode, len(files())), (23, 2))
        other = (files() - {mine}).pop()
        equal(read("%s/%s" % (d, other)), r.stdout)
        foreign = {"notes.txt", "amt.log", "amt-2020-01-01.log", ".hidden",
                   "DEMO2.log", "2112.log", "x" + mine, mine + "~",
                   mine[:-1], mine.upper() + ".bak"}
        for name in foreign:
            write(d + "/" + name, "not yours\n")
        os.mkdir(d + "/folder")
        old = time.time() - 40 * 86400
        for name in files():
            os.utime(d + "/" + name, (old, old))
        os.utime("%s/%s" % (d, other), (old + 15 * 86400,) * 2)
        equal(amt(url, *QUICK, "--log-dir", d).returncode, 4)
        missing = (foreign | {"folder", other}) - files()
        equal((missing, mine in files()), (set(), False))
        equal(amt(url, *QUICK, "--log-dir", d, "--retain-days",
                  "10").returncode, 4)
        assert other not in files() and foreign <= files(), files()


def test_a_file_that_only_has_the_name_of_a_log_is_not_removed():
    with server() as (url, _), folder() as d:
        amt(url, *QUICK, "--log-dir", d)
        mine = os.listdir(d)[0]
        old = time.time() - 40 * 86400
        os.unlink("%s/%s" % (d, mine))
        write(d + "/precious", "precious\n")
        os.symlink("precious", "%s/%s" % (d, mine))
        os.utime(d + "/precious", (old, old))
        os.utime("%s/%s" % (d, mine), (old, old), follow_symlinks=False)
        equal(amt(url, *QUICK, "--log-dir", d).returncode, 4)
        assert os.path.exists(d + "/precious"), os.listdir(d)


def lines_of(path):
    """The text with LF for CR LF, as Python reads a program's output."""
    return read(path).replace("\r\n", "\n")


def test_each_log_has_a_file_of_its_own_in_every_form():
    with server() as (url, _), folder() as d:
        logs = [begin(url, *DONE, "--log-dir", d, "--format", form)
                for form in FORMATS * 2]
        out = sorted(ended(job).stdout for job in logs)
        equal(sorted(lines_of(d + "/" + f) for f in os.listdir(d)), out)


def test_a_log_file_is_written_whole_or_not_at_all():
    with server(speed=1) as (url, stats), folder() as d:
        amt(url, *DEMO, "-jn", "CODE_4", "--log-dir", d)
        whole = os.listdir(d)[0]
        job = begin(url, *LONG, "--log-dir", d, "--follow", "--format", "text",
                    program=PLAIN)
        until(lambda: stats()["monitors"] > 3)
        killed(job)
        suffix = os.path.splitext(whole)[1]
        for name in set(os.listdir(d)) - {whole}:
            assert not name.endswith(suffix), (whole, os.listdir(d))


# --- wire tables -------------------------------------------------------------

def shown_on_the_wire(port):
    """Each request that amt.h shows in its section >>wire, whole, with its
    reply."""
    text = read("amt.h")
    text = text[text.index(">>wire\n\n"):].partition(">>options")[0]
    text = text.replace(":42000", ":%d" % port)
    calls = []
    for block in re.findall(r"(?:^   [><].*\n)+", text, re.M):
        out, back = ("".join(line[5:].removesuffix("\\").strip(" ") +
                             ("\n" if not line.endswith("\\") else "")
                             for line in block.splitlines() if line[3] == way)
                     for way in "><")
        if " HTTP/1.1\n" in out:
            head, _, body = out.rstrip("\n").partition("\n\n")
            usual = head
        else:
            path, body = out.rstrip("\n").split("\n")
            head = re.sub("^.*", path + " HTTP/1.1", usual)
        head = re.sub("(Content-Length:) .*", r"\1 %10d" % len(body), head)
        calls.append(((head + "\n\n").replace("\n", "\r\n") + body,
                      back.rstrip("\n")))
    return calls


def test_the_manual_shows_each_request_byte_for_byte():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        sign_in, start, monitor, messages, kill = shown_on_the_wire(port)

        def play(calls, *args):
            job = begin("http://127.0.0.1:%d" % port, *args)
            with contextlib.ExitStack() as peers:
                peer = peers.enter_context(listener.accept()[0])
                for request, reply in calls:
                    if (request, reply) == start: # it has its own connection
                        equal(peer.recv(1), b"")
                        peer = peers.enter_context(listener.accept()[0])
                    got = b""
                    while len(got) < len(request):
                        got += peer.recv(len(request) - len(got)) or b"(end)"
                    equal(got.decode(), request)
                    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n"
                                 b"\r\n%s" % (len(reply), reply.encode()))
                return ended(job)
        r = play([sign_in, start, monitor, messages], *DEMO, "-jn",
                 "RUN_PARAMETERTESTA", "-qn", "Q1", "-tv", "A=1", "-pa",
                 "'PARAM'", "--format", "text")
        equal((r.returncode, r.stdout, r.stderr), (4, "a\nb\n", ""))
        watched = (monitor[0], kill[1])
        equal(play([sign_in, kill, watched, messages], *DEMO, "-jt", "KILL",
                   "-id", "2112").returncode, 3)


# Fixed members in each body of OTHER_WIRE.
AS_IS = '"tenant":"t1","version":[2,{"a":null}]'

OTHER_WIRE = {
    "sign_in.method": "PUT", "sign_in.path": "/auth/login",
    "sign_in.body": '{"login":{api_user},"secret":{password},%s}' % AS_IS,
    "start.method": "PUT", "start.path": "/v2/jobs/start",
    "start.body":
        '{"do":"Run","kind":"{?script}file{/script}{!script}job{/script}",'
        '"app":{application}{!script},"what":{job}{/script}'
        '{?script},"path":{script}{/script},"by":{submit_user}'
        '{?user},"as":{user}{/user},"from":{station}'
        '{?queue},"line":{queue}{/queue}'
        '{?task_values},"values":{task_values:object}{/task_values}'
        '{?parameters},"args":{parameters:joined; }{/parameters},%s}' % AS_IS,
    "stop.method": "PUT", "stop.path": "/v2/jobs/{id}/stop",
    "stop.body": '{"do":"Halt","app":{application},"number":{id},%s}' % AS_IS,
    "kill.method": "DELETE", "kill.path": "/v2/jobs/{id}",
    "kill.body": '{"do":"Slay","app":{application},"number":{id},%s}' % AS_IS,
    "monitor.method": "PUT", "monitor.path": "/v2/status",
    "monitor.body": '{"app":{application},"number":{id},%s}' % AS_IS,
    "messages.method": "PUT", "messages.path": "/v2/log?from={after}",
    "messages.body":
        '{"app":{application},"number":{id},"since":{after},%s}' % AS_IS,
    "header": ["X-Auth: Token {token}", "X-Tenant: t1", "X-Key: k 2"],
    "reply.token": "data.auth.jwt", "reply.expires": "data.auth.ttl",
    "reply.id": "data.job.number", "reply.status": "data.job.state.code",
    "reply.message": "data.note", "reply.messages": "data.log.lines",
    "reply.more": "data.log.again", "reply.sequence": "n",
    "reply.time": "meta.at", "reply.text": "meta.body",
    "reply.success": "data.good"}

REST_WIRE = {
    "start.path": "/app/{application}/run",
    "start.body":
        '{{!script}"JobName":{job}{/script}{?script}"ScriptName":{script}'
        '{/script},"SubmitUser":{submit_user},"Station":{station}'
        '{?user},"User":{user}{/user}{?queue},"QueueName":{queue}{/queue}'
        '{?task_values},"TaskValues":{task_values}{/task_values}'
        '{?parameters},"Parameters":{parameters}{/parameters}}',
    "stop.path": "/app/{application}/jobs/{id}/{action}", "stop.body": None,
    "kill.path": "/app/{application}/jobs/{id}/{action}", "kill.body": None,
    "monitor.method": "GET",
    "monitor.path": "/app/{application}/jobs/{id}?fields=status",
    "monitor.body": None, "messages.method": "GET",
    "messages.path": "/log?job={id}&after={after}&app={application}",
    "messages.body": None,
    "reply.expires": None, "reply.more": None, "reply.id": "",
    "reply.status": "", "reply.messages": "", "reply.text": "",
    "reply.sequence": None, "reply.time": None, "reply.message": "error.text"}


def read_wire(text):
    """The values by name; headers, which may repeat, as a list."""
    table, lines = {}, []
    for line in text.removeprefix("\ufeff").splitlines():
        if line.startswith("#"):
            continue
        if lines and line[:1] in (" ", "\t", "}", "]"):
            lines[-1] += line.strip()
        elif line.strip():
            lines.append(line)
    for line in lines:
        name, _, value = (part.strip() for part in line.partition("="))
        value = None if value == "none" else value
        if name == "header":
            table.setdefault(name, []).append(value)
            continue
        assert name not in table, line
        if value and not name.endswith(".body") and value.startswith('"'):
            value = value[1:-1]
        table[name] = value
    return table


def write_wire(path, table):
    lines = ["# a table", ""]
    for name, values in table.items():
        lines += ["%s = %s" % (name, "none" if value is None else
                               '""' if value == "" else value)
                  for value in (values if name == "header" else [values])]
    return write(path, "\n".join(lines) + "\n")


def default_wire():
    r = alone("--print-wire")
    equal((r.returncode, r.stderr), (0, ""))
    return read_wire(r.stdout)


WIRE_NAMES = [
    *("%s.%s" % (call, what) for call in ("sign_in", "start", "stop", "kill",
                                          "monitor", "messages")
      for what in ("method", "path", "body")), "header",
    *("reply." + w for w in ("token", "expires", "id", "status", "message",
                             "messages", "more", "sequence", "time", "text",
                             "success"))]


def test_print_wire_prints_every_name_and_its_output_changes_nothing():
    table = default_wire()
    equal(sorted(table), sorted(WIRE_NAMES))
    equal((table["start.path"], table["reply.id"], table["header"]),
          ("/AmtOpConService/OpConJobAction", "BatchRequestId",
           ["X-AMT-LogonToken: {token}"]))
    equal(table["sign_in.body"], '{"User":{api_user},"Password":{password}}')
    with folder() as d:
        path = write(d + "/wire", alone("--print-wire").stdout)
        equal(alone("--wire", path, "--print-wire").stdout, read(path))
        with server("--wire", path) as (url, _), server() as (plain, _):
            for u in (url, plain):
                r = amt(u, *DONE, "--wire", path)
                equal((r.returncode, r.stdout), (4, published("done", u)))


def test_a_server_with_every_name_different_needs_only_a_wire_file():
    table = {**default_wire(), **OTHER_WIRE}
    equal({k for k, v in default_wire().items() if table[k] == v}, set())
    with folder() as d:
        path = write_wire(d + "/wire", table)
        equal(read_wire(alone("--wire", path, "--print-wire").stdout), table)
        with server("--wire", path, "--fault", "page=3") as (url, stats):
            wire = ["--wire", path]
            r = amt(url, *DONE, *wire)
            equal((r.returncode, r.stdout, r.stderr),
                  (4, published("done", url), ""))
            r = amt(url, *DEMO, "-jn", "ECHO", "-pa", "A=1", "-pa", "B", "-tv",
                    "C=2", "-tv", "D==", "-u", "DEMO", "-qn", "Q", *wire)
            equal(messages_of(r.stdout),
                  ["Parameter 1 [A=1]", "Parameter 2 [B]", "Task value 1 [C=2]",
                   "Task value 2 [D==]", "User [DEMO]", "Queue [Q]", "Done"])
            r = amt(url, *DEMO, "-fn", "no.ps1", *wire)
            equal((r.returncode, messages_of(r.stdout)),
                  (11, ["File not found"]))
            r = amt(url, *DEMO, "-jn", "NO_SUCH", *wire)
            equal(r.returncode, 11)
            assert "unknown job NO_SUCH" in r.stdout, r.stdout
            for what, status in (("STOP", 12), ("KILL", 3)):
                r = amt(url, *LONG, "--no-wait", *wire)
                r = amt(url, "-jt", what, *DEMO, "-id", r.stdout.strip(), *wire)
                equal((what, r.returncode), (what, status))
            equal((stats()["kills"], stats()["stops"]), (1, 1))
            r = amt(url, *DONE, "--give-up", "0")
            assert r.returncode in (23, 24), r
            equal((stats()["sign_ins"], stats()["start_requests"]), (8, 6))


def test_the_simulated_server_takes_nothing_but_what_its_wire_file_says():
    """Otherwise its tests would not prove that a request is right."""
    good = {"do": "Run", "kind": "job", "app": "DEMO2", "what": "ECHO",
            "by": "BATCH", "from": "OPCON", "line": "Q", "values": {"a": "1"},
            "args": "x; y", "tenant": "t1", "version": [2, {"a": None}]}
    with folder() as d, server("--wire", write_wire(d + "/w", OTHER_WIRE)) \
            as (url, stats):
        heads = {"X-Tenant": "t1", "X-Key": "k 2",
                 "Content-Type": "application/json"}

        def ask(method, path, body, more):
            q = urllib.request.Request(url + path, json.dumps(body).encode(),
                                       {**heads, **more}, method=method)
            try:
                with urllib.request.urlopen(q) as r:
                    return r.status, json.load(r)
            except urllib.error.HTTPError as e:
                with e:
                    return e.code, e.read().decode()
        as_is = {"tenant": "t1", "version": [2, {"a": None}]}
        login = {"login": "ocadm", "secret": "opconxps", **as_is}
        token = ask("PUT", "/auth/login", login, {})[1]["data"]["auth"]["jwt"]
        own = {"X-Auth": "Token " + token}
        path = "/v2/jobs/start"
        equal(ask("PUT", path, good, own)[0], 200)
        equal(ask("PUT", path, {k: v for k, v in good.items()
                                if k not in ("line", "values", "args")},
                  own)[0], 200)
        for code, word, change in (
                (400, "line must be a string", {"line": ""}),
                (400, "line must be a string", {"line": 1}),
                (400, "lines is an unknown member", {"lines": "Q"}),
                (400, "what is missing", {"what": ...}),
                (400, "from is missing", {"from": ...}),
                (400, "values must be a list", {"values": ["a=1"]}),
                (400, "values must be a list", {"values": {"a": 1}}),
                (400, "must not be empty", {"values": {}}),
                (400, "args must be a list", {"args": ["x"]}),
                (400, "must not be empty", {"args": ""}),
                (400, "tenant must be as it is", {"tenant": "t2"}),
                (400, "version is missing", {"version": ...}),
                (400, "a must be as it is", {"version": [2, {"a": 0}]}),
                (400, "do must be as it is", {"do": "run"}),
                (400, "kind must be as it is", {"kind": "x"}),
                (400, "path is missing", {"kind": "file"}),
                (400, "path", {"path": "x.ps1"}),
                (400, "unknown application", {"app": "DEMO"}),
                (401, "", "X-Auth: Token x"), (401, "", "X-Auth: " + token),
                (401, "", "X-AMT-LogonToken: " + token),
                (401, "", "Authorization: Bearer " + token),
                (400, "header", "X-Tenant: t2"), (400, "header", "X-Key: k"),
                (415, "application/json", "Content-Type: text/plain"),
                (405, "", "POST " + path), (404, "", "PUT /v2/start"),
                (404, "", "PUT %s?a=1" % path)):
            method, where, body, more = "PUT", path, dict(good), dict(own)
            if isinstance(change, dict):
                body.update(change)
                body = {k: v for k, v in body.items() if v is not ...}
            elif ": " in change:
                more.update([change.split(": ")])
            else:
                method, where = change.split()
            got, said = ask(method, where, body, more)
            equal((change, got), (change, code))
            assert word in said, (change, said)
        equal(stats()["starts_accepted"], 2)


def test_paths_may_hold_what_a_request_says_and_replies_may_be_bare():
    with folder() as d:
        path = write_wire(d + "/wire", REST_WIRE)
        with server("--wire", path) as (url, stats):
            wire = ["--wire", path]
            r = amt(url, *DONE, *wire)
            equal((r.returncode, r.stdout, r.stderr),
                  (4, published("done", url), ""))
            r = amt(url, "-jt", "MONITOR", *DEMO, "-id", "2112", *wire,
                    fast=False)
            equal((r.returncode, r.stdout), (4, "4 DONE\n"))
            r = amt(url, *DEMO, "-fn", "no.ps1", *wire)
            equal(r.returncode, 11)
            for what, status in (("STOP", 12), ("KILL", 3)):
                r = amt(url, *LONG, "--no-wait", *wire)
                r = amt(url, "-jt", what, *DEMO, "-id", r.stdout.strip(), *wire)
                equal((what, r.returncode), (what, status))
            equal((stats()["kills"], stats()["stops"]), (1, 1))
            r = amt(url, "-an", "a/b ?&=%\u20ac", "-jn", "X", *wire)
            equal(r.returncode, 11)
            assert "unknown application a/b ?&=%\u20ac" in r.stdout, r.stdout


# Requests that other REST servers take, pasted as captured, with holes in place
# of the values. Each table holds only what differs from the default.
CAPTURED = {
    "Spring Boot with OAuth 2": """
sign_in.path = /oauth/token
sign_in.body = grant_type=password&client_id=opcon&scope=batch%20run
  &username={api_user}&password={password}
header = Authorization: Bearer {token}
start.path = /api/v1/executions
start.body = {
  "jobInstance": {
    "application": {application},
    "type": "{?script}SCRIPT{/script}{!script}BATCH{/script}",
    "jobName": {?script}{script}{/script}{!script}{job}{/script}
  },
  "submittedBy": { "user": {submit_user}, "station": {station} },
  "runAs": {?user}{user}{/user}{!user}null{/user},
  "queue": {?queue}{queue}{/queue}{!queue}null{/queue},
  "jobParameters": {parameters},
  "taskValues": {task_values:object}
}
stop.path = /api/v1/executions/{id}/stop
stop.body = none
kill.method = DELETE
kill.path = /api/v1/executions/{id}?force=true
kill.body = none
monitor.method = GET
monitor.path = /api/v1/executions/{id}
monitor.body = none
messages.method = GET
messages.path = /api/v1/executions/{id}/log?after={after}&size=1000
messages.body = none
reply.token = access_token
reply.expires = expires_in
reply.id = executionId
reply.status = status.code
reply.message = message|error_description
reply.messages = content
""",
    "ASP.NET Core, camelCase": """
sign_in.path = /api/auth/login
sign_in.body = {"userName":{api_user},"password":{password},"rememberMe":false}
header = Authorization: Bearer {token}
start.path = /api/jobs
start.body = {"applicationName":{application},
  "taskType":{?script}1{/script}{!script}0{/script}
  {!script},"jobName":{job}{/script}{?script},"scriptName":{script}{/script},
  "submitUser":{submit_user},"station":{station}
  {?user},"runAs":{user}{/user}{?queue},"queueName":{queue}{/queue},
  "parameters":{parameters:pairs name value},
  "taskValues":{task_values:pairs key val}}
stop.method = PUT
stop.path = /api/jobs/{id}/stop
stop.body = {"applicationName":{application}}
kill.method = DELETE
kill.path = /api/jobs/{id}
kill.body = none
monitor.method = GET
monitor.path = /api/jobs/{id}
monitor.body = none
messages.method = GET
messages.path = /api/jobs/{id}/messages?afterSequence={after}
messages.body = none
reply.token = accessToken
reply.expires = expiresIn
reply.id = data.batchRequestId
reply.status = data.status
reply.message = detail|title
reply.messages = data.items
""",
    "WCF, wrapped bodies": """
sign_in.path = /AmtOpConService.svc/json/Authenticate
sign_in.body = {"credentials":{"__type":"Credentials:#Amt","User":{api_user},
  "Password":{password}}}
start.path = /AmtOpConService.svc/json/Start
start.body = {"request":{"__type":"StartRequest:#Amt.{{job}",
  "Task":{"Application":{application},"IsScript":{?script}true{/script}{!script}
  false{/script},"Name":{?script}{script}{/script}{!script}{job}{/script}},
  "SubmitUser":{submit_user},"Station":{station},
  "User":"{?user}{user:text}{/user}","Queue":"{?queue}{queue:text}{/queue}",
  "Parameters":{"d":{parameters}},"TaskValues":{"d":[{task_values}]}}}
stop.path = /AmtOpConService.svc/json/Stop
stop.body = {"request":{"Application":{application},"Id":{id}}}
kill.path = /AmtOpConService.svc/json/Kill
kill.body = {"request":{"Application":{application},"Id":{id}}}
monitor.path = /AmtOpConService.svc/json/Monitor
monitor.body = {"request":{"Application":{application},"Id":{id}}}
messages.path = /AmtOpConService.svc/json/Messages
messages.body = {"request":{"Application":{application},"Id":{id},
  "From":{after}}}
reply.id = d.Id
reply.status = d.State
reply.token = d.Token
reply.messages = d.Messages
reply.message = d.Error
""",
    "Control-M's Automation API": """
sign_in.path = /automation-api/session/login
sign_in.body = {"username":{api_user},"password":{password}}
header = Authorization: Bearer {token}
header = Annotation-Subject: OpCon
start.path = /automation-api/run/order
start.body = {"ctm":{application},
  "folder":"{submit_user:text}@{station:text}","hold":"false",
  "jobs":{?script}{script}{/script}{!script}{job}{/script},
  "type":"{?script}Script{/script}{!script}Job{/script}",
  "variables":[{parameters:object},{task_values:object}],
  "properties":[{"RunAs":"{?user}{user:text}{/user}"},
    {"Queue":"{?queue}{queue:text}{/queue}"}]}
stop.path = /automation-api/run/job/{application}:{id}/hold
stop.body = none
kill.path = /automation-api/run/job/{application}:{id}/kill
kill.body = none
monitor.method = GET
monitor.path = /automation-api/run/job/{application}:{id}/status
monitor.body = none
messages.method = GET
messages.path = /automation-api/run/job/{application}:{id}/log?from={after}
messages.body = none
reply.token = token
reply.id = runId
reply.status = statuses.status
reply.messages = log
""",
    "Jenkins, a form and Basic": """
sign_in.path = none
header = Authorization: Basic {basic}
header = Jenkins-Crumb: 0123456789abcdef
start.path = /job/{application}/{?script}script/{script}{/script}{!script}{job}
  {/script}/buildWithParameters?delay=0sec
start.body = submitUser={submit_user}&station={station}&runAs={?user}{user}
  {/user}&queue={?queue}{queue}{/queue}&PARAMETERS={parameters:joined\\n}
  &VALUES={task_values:joined, }
stop.path = /job/{application}/{id}/stop
stop.body = none
kill.path = /job/{application}/{id}/kill
kill.body = json=%7B%7D&Submit=Yes
monitor.method = GET
monitor.path = /queue/item/{id}/api/json?tree=executable[status]
monitor.body = none
messages.method = GET
messages.path = /queue/item/{id}/progressiveText?start={after}
messages.body = none
reply.id = id
reply.status = executable.status
reply.messages = log
""",
    "GET and queries, an API key": """
sign_in.path = none
header = X-Api-Key: {token}
start.method = GET
start.path = /amt.ashx?cmd=run&app={application}{!script}&job={job}{/script}
  {?script}&file={script}{/script}&by={submit_user}&at={station}
  {?user}&as={user}{/user}{?queue}&q={queue}{/queue}
start.body = none
stop.method = GET
stop.path = /amt.ashx?cmd={action}&id={id}
stop.body = none
kill.method = GET
kill.path = /amt.ashx?cmd={action}&id={id}
kill.body = none
monitor.method = GET
monitor.path = /amt.ashx?cmd=STATUS&app={application}&id={id}
monitor.body = none
messages.method = GET
messages.path = /amt.ashx?cmd=LOG&app={application}&id={id}&since={after}
messages.body = none
""",
    "bodies that are one string": """
sign_in.method = PUT
sign_in.path = /session
sign_in.body = "{api_user:text}:{password:text}"
start.path = /run
start.body = "{application:text}|{?script}@{script:text}{/script}{!script}
  {job:text}{/script}|{submit_user:text}|{station:text}|{?user}{user:text}
  {/user}|{?queue}{queue:text}{/queue}"
stop.path = /run/{id:url}/halt
stop.body = {id}
kill.path = /run/{id}/kill
kill.body = {application}
monitor.path = /run/state
monitor.body = "{application:text}/{id:text}"
messages.path = /run/log
messages.body = "{application:text}/{id:text}/{after:text}"
reply.id = ""
reply.status = ""
""",
    "JSON-RPC 2.0": """
sign_in.path = /rpc
sign_in.body = {"jsonrpc":"2.0","id":1,"method":"login",
  "params":[{api_user},{password}]}
start.path = /rpc
start.body = {"jsonrpc":"2.0","id":1,"method":"start","params":{
  "app":{application},"kind":"{?script}script{/script}{!script}batch{/script}",
  "name":{?script}{script}{/script}{!script}{job}{/script},
  "as":[{submit_user},{station}{?user},{user}{/user}],
  "queue":[{?queue}{queue}{/queue}],
  "args":{parameters:joined, },"values":{task_values:pairs Name Value}}}
stop.path = /rpc
stop.body = {"jsonrpc":"2.0","id":1,"method":"stop","params":{"job":{id}}}
kill.path = /rpc
kill.body = {"jsonrpc":"2.0","id":1,"method":"kill","params":{"job":{id}}}
monitor.path = /rpc
monitor.body = {"jsonrpc":"2.0","id":1,"method":"state","params":{"job":{id}}}
messages.path = /rpc
messages.body = {"jsonrpc":"2.0","id":1,"method":"log","params":{"job":{id},
  "from":{after}}}
reply.token = result.token
reply.expires = result.ttl
reply.id = result.job
reply.status = result.state
reply.message = error.message
reply.messages = result.lines
""",
    "OData and a cookie": """
sign_in.path = /odata/Sessions
sign_in.body = {"@odata.type":"#Amt.Session","UserName":{api_user},
  "Password":{password}}
header = Cookie: lang=en; SID={token}; theme=dark
start.path = /odata/Apps('{application}')/Amt.Run
start.body = {"@odata.type":"#Amt.Run",
  {!script}"Job@odata.bind":"Jobs('{job:text}')"{/script}
  {?script}"Script@odata.bind":"Scripts('{script:text}')"{/script},
  "SubmitUser":{submit_user},"Station":{station},
  "Options":[{?user}{"Key":"User","Value":{user}}{/user}],
  {?queue}"Queue@odata.bind":"Queues('{queue:url}')",{/queue}
  "Parameters@odata.type":"#Collection(String)","Parameters":{parameters},
  "TaskValues@odata.type":"#Collection(String)","TaskValues":{task_values:list}
  }
stop.path = /odata/Runs({id})/Amt.Stop
stop.body = {}
kill.path = /odata/Runs({id})/Amt.Kill
kill.body = {}
monitor.method = GET
monitor.path = /odata/Runs({id})?$select=Status
monitor.body = none
messages.method = GET
messages.path = /odata/Runs({id})/Messages?$filter=Sequence%20gt%20{after}
messages.body = none
reply.token = SessionId
reply.id = value.Id
reply.status = value.Status
reply.messages = value
""",
    "a gateway with a key, Basic and a tenant": """
sign_in.path = /token
sign_in.body = none
header = {!token}Authorization: Basic {basic}{/token}
header = X-Session: {token}
header = Ocp-Apim-Subscription-Key: 8b2f6c4d
header = X-Tenant: {application}
start.method = PUT
start.path = /tenants/{application}/runs?api-version=2024-06-01
start.body = {
  "properties": {
    "target": [ {?script}{"script": {script}}{/script}{!script}{"job": {job}}
    {/script} ],
    "identity": { "submit": {submit_user}, "station": {station}
      {?user}, "user": {user}{/user} },
    "placement": {{?queue}"queue": {queue}{/queue}},
    "parameters": {parameters:object},
    "values": {task_values:joined;}
  },
  "tags": {
    "origin": "opcon"
  }
}
stop.path = /tenants/{application}/runs/{id}?action={action}
stop.body = none
kill.path = /tenants/{application}/runs/{id}?action={action}
kill.body = none
monitor.method = GET
monitor.path = /tenants/{application}/runs/{id}
monitor.body = none
messages.method = GET
messages.path = /tenants/{application}/runs/{id}/log?from={after}
messages.body = none
reply.id = properties.runId
reply.status = properties.provisioningState
reply.messages = value
"""}


def test_captured_bodies_of_other_servers_are_pasted_in_and_run_whole_jobs():
    lists = ["-pa", 'A=1 "&%\u20ac\\', "-pa", "B=", "-tv", "C=2 + 3"]
    texts = ['Parameter 1 [A=1 "&%\u20ac\\]', "Parameter 2 [B=]",
             "Task value 1 [C=2 + 3]"]
    for name, text in CAPTURED.items():
        with folder() as d:
            path = write(d + "/wire", text)
            wire = ["--wire", path]
            env = {"AMT_TOKEN": TOKEN} if "Api-Key: {token}" in text else {}

            def run(*args):
                r = amt(url, *DEMO, *args, *wire, env=env)
                return name, args[1], r.returncode, r.stdout, r.stderr
            r = alone(*wire, "--print-wire")
            equal((name, r.returncode, r.stderr), (name, 0, ""))
            again = write(d + "/again", r.stdout)
            equal(alone("--wire", again, "--print-wire").stdout, r.stdout)
            equal(read_wire(r.stdout), {
                **default_wire(), **read_wire(text.replace(":list}", "}"))})
            with server(*wire, "--token", TOKEN, "--fault", "page=4") \
                    as (url, stats):
                equal(run("-jn", "REPORTTEST01"),
                      (name, "REPORTTEST01", 4, published("done", url), ""))
                more = lists if "{parameters" in text else []
                *_, code, out, err = run("-jn", "ECHO", "-u", "DEMO", "-qn",
                                         "Q 1", *more)
                equal((name, code, err, messages_of(out)),
                      (name, 4, "", texts[:len(more) // 2] +
                       ["User [DEMO]", "Queue [Q 1]", "Done"]))
                *_, code, out, err = run("-fn", "no.ps1")
                equal((name, code, messages_of(out)),
                      (name, 11, ["File not found"]))
                for what, status in (("STOP", 12), ("KILL", 3)):
                    number = run("-jn", "LONGRUNNINGREPORT", "--no-wait")[3]
                    equal(run("-jt", what, "-id", number.strip())[:3],
                          (name, what, status))
                s = stats()
                equal((name, s["starts_accepted"], s["stops"], s["kills"],
                       s["unauthorized"], s["refused_sign_ins"]),
                      (name, 5, 1, 1, 0, 0))
            with server(*wire, "--token", TOKEN, "--fault",
                        "accent=string-numbers") as (url, _):
                equal(run("-jn", "REPORTTEST01"), # this job's id is a string
                      (name, "REPORTTEST01", 4, published("done", url), ""))


def test_no_trace_of_a_captured_table_shows_a_secret():
    for name, text in CAPTURED.items():
        with folder() as d:
            wire = ["--wire", write(d + "/wire", text)]
            word = write(d + "/password", SECRET + "\n")
            env = {"AMT_PASSWORD": SECRET}
            if "Api-Key: {token}" in text:
                env["AMT_TOKEN"] = TOKEN
            with server(*wire, "--token", TOKEN, "--password-file", word) \
                    as (url, _):
                r = amt(url, *DONE, "-v", *wire, env=env)
                equal((name, r.returncode), (name, 4))
                hidden(name, r)
                for key in ("0123456789abcdef", "8b2f6c4d"):
                    assert key not in r.stderr, (name, r.stderr)
                assert "REPORTTEST01" in r.stderr, (name, r.stderr)


def test_what_a_table_asks_for_and_a_task_lacks_is_named():
    table = {"start.body": '{"a":{application},"j":{job},"q":{queue}}'}
    with folder() as d, server() as (url, stats):
        wire = ["--wire", write_wire(d + "/wire", table)]
        r = amt(url, *DONE, *wire)
        assert r.returncode in (64, 78), r
        assert "required: queue" in r.stderr, r.stderr
        nothing_sent(stats)
        table["start.body"] = '{"a":{application},"j":{job},"l":{parameters}}'
        write_wire(d + "/wire", table)
        with server(*wire) as (other, _): # an empty list is not missing
            equal(amt(other, *DONE, *wire).returncode, 4)


def test_what_a_table_does_not_send_of_a_task_is_warned_of_once():
    table = {"start.body": '{"a":{application},"j":{job}}'}
    with folder() as d:
        wire = ["--wire", write_wire(d + "/wire", table)]
        with server(*wire) as (url, _):
            r = amt(url, *DONE, *wire)
            equal((r.returncode, r.stderr), (4, ""))
            given = ["-pa", "A", "-pa", "B", "-tv", "C", "-u", "DEMO", "-qn",
                     "Q"]
            r = amt(url, *DONE, *given, *wire)
            equal(r.returncode, 4)
            lines = r.stderr.splitlines()
            equal(len(lines), 1)
            for word in ("warning", "-pa", "-tv", "-u", "-qn"):
                assert word in lines[0], (word, r.stderr)
            for word in ("-su", "-st", "-jn"):
                assert word not in lines[0], (word, r.stderr)
            one_line(amt(url, *DEMO, "-fn", "no.ps1", *wire), 78)


SECRET = 'p%ss w\u00f6rd"\\+&='
TOKEN = "fixed+t0ken/=="


# How a wire file says who signs in.
AUTH = {
    "json": "# the default\n",
    "form": "sign_in.body = grant_type=password&username={api_user}"
            "&password={password}\n",
    "basic": "sign_in.path = none\nheader = Authorization: Basic {basic}\n",
    "fixed": "sign_in.path = none\n",
    "none": "sign_in.path = none\nheader = none\n"}


@contextlib.contextmanager
def server_with_auth(auth, *options):
    """Yields its URL, its stats, and the tool's arguments and environment."""
    with folder() as d:
        path = write(d + "/wire", AUTH[auth])
        word = write(d + "/password", SECRET + "\n")
        with server("--wire", path, "--password-file", word, "--token", TOKEN,
                    *options) as (url, stats):
            env = {"AMT_SERVER": url}
            if auth in ("json", "form", "basic"):
                env.update(AMT_USER="ocadm", AMT_PASSWORD=SECRET)
            if auth == "fixed":
                env["AMT_TOKEN"] = TOKEN
            yield url, stats, ["--wire", path], env


def test_each_kind_of_sign_in_works_and_a_wrong_one_is_24():
    for auth in ("json", "form", "basic", "fixed", "none"):
        with server_with_auth(auth) as (url, stats, wire, env):
            r = alone(*DONE, *FAST, *wire, env=env)
            equal((auth, r.returncode, r.stdout, r.stderr),
                  (auth, 4, published("done", url), ""))
            equal((auth, stats()["sign_ins"]), (auth, auth in ("json", "form")))
            if auth == "none":
                continue
            wrong = {k: v + "x" if k in ("AMT_PASSWORD", "AMT_TOKEN") else v
                     for k, v in env.items()}
            r = alone(*DONE, *FAST, *wire, env=wrong)
            equal((auth, r.returncode), (auth, 24))
            without = {k: v for k, v in env.items()
                       if k not in ("AMT_PASSWORD", "AMT_TOKEN")}
            one_line(alone(*DONE, *wire, env=without), 78)


def test_a_bad_wire_file_is_78_with_its_line_and_nothing_is_sent():
    with server() as (url, stats), folder() as d:
        cases = ("start.pth = /x", "start.path", "= x", "start = /x",
                 "header", "header = ", "header = X", "header = : x",
                 "header = A B: x", "header = X-A: b\x01", "header = X-A: \x7f",
                 "header = X-{job}: b", "header = X-A: {parameters}",
                 "start.path = x", "start.path = /a b", "start.path = /a\x0eb",
                 "start.path = /\u20ac", "start.path = /{nothing}",
                 "start.path = /{id", "start.path = /{job:loud}",
                 "start.path = /{parameters}", "start.path = /{?queue}",
                 "start.path = /{?queue}a", "start.path = /a{/queue}",
                 "start.path = /{?queue}{?user}a{/queue}{/user}",
                 "start.path = /{?nothing}a{/nothing}",
                 "start.method = G T", "start.method = PO{job}",
                 "start.body = {", "start.body = {\"a\":{job}",
                 "start.body = {\"a\":{job},}",
                 "start.body = {\"a\":\"{job}\"}",
                 "start.body = {\"a\":{jobs}}",
                 "start.body = {\"a\":{job:list}}",
                 "start.body = {\"a\":{job}{parameters:pairs}}",
                 "start.body = {\"a\":{job},\"b\":{parameters:pairs a}}",
                 "start.body = {\"a\":{job},\"b\":{parameters:text}}",
                 "start.body = {\"a\":{job},\"b\":{parameters:joined\\q}}",
                 "start.body = {\"a\":{job}}\x02",
                 "start.body = {\"a\":{job}{?queue},\"b\":{queue}}",
                 "start.body = job={job}&b={parameters}",
                 "monitor.body = {\"a\":{id}{?user},{/user}}",
                 "reply.id = " + "a" * 40, "reply.id = a..b", "reply.id = a|",
                 "reply.id = |a", "reply.id = a||b",
                 "reply.id = " + "|".join(["a" * 31] * 9))
        troubles = []
        for bad in cases:
            path = write(d + "/w", "# a\n\n" + bad + "\n")
            r = amt(url, *DONE, "--wire", path, "--give-up", "0")
            try:
                one_line(r, 78, path + ":3")
            except AssertionError as e:
                troubles.append("%r: %s" % (bad, e))
        assert not troubles, "\n".join(troubles)
        for twice in ("start.path = /a\n", "reply.id = a\n"):
            path = write(d + "/w", twice + twice)
            one_line(amt(url, *DONE, "--wire", path), 78, path + ":2")
        path = write(d + "/w", "start.body = {\n  \"a\":{job},\n"
                               "  \"b\":{jub}\n}\n")
        one_line(amt(url, *DONE, "--wire", path), 78, path + ":", "{jub}")
        path = write(d + "/w", "  start.path = /x\n")
        one_line(amt(url, *DONE, "--wire", path), 78, path + ":1")
        path = write(d + "/w", b"reply.id = \xff\n")
        one_line(amt(url, *DONE, "--wire", path), 78, path)
        one_line(amt(url, *DONE, "--wire", d + "/none"), 78, d + "/none")
        nothing_sent(stats)


def test_a_wire_table_that_cannot_run_a_job_is_78():
    """Otherwise a job might run whose id cannot be read."""
    troubles = []
    with server() as (url, stats), folder() as d:
        for bad in ("start.path = none", "monitor.method = none",
                    "messages.path = none", "reply.token = none",
                    "reply.id = none", "reply.status = none",
                    "header = none",
                    "start.body = none", "start.body = {\"a\":{application}}",
                    "monitor.body = {\"a\":{application}}",
                    "sign_in.path = none"):
            path = write(d + "/w", bad + "\n")
            r = amt(url, *DONE, "--wire", path, "--give-up", "0")
            try:
                one_line(r, 78)
            except AssertionError as e:
                troubles.append("%s: %s" % (bad, e))
        assert not troubles, "\n".join(troubles)
        nothing_sent(stats)


IN_START = "write start.body with "
SEE = "(amt --print-wire shows one)"

# Each line of version 0.1, and what the tool says of it.
OLD_LINES = (
    ('request.user = "login"', "write sign_in.body with ",
     '"login":{api_user}', SEE),
    ("request.password = secret", "write sign_in.body with ",
     '"secret":{password}', SEE),
    ("request.action = Do", '"Do":{action}', SEE),
    ("request.task_type = Kind", IN_START,
     '"Kind":"{?script}SCRIPT{/script}{!script}BATCH{/script}"', SEE),
    ("request.application = App", '"App":{application}', SEE),
    ("request.job = Job", IN_START, '"Job":{job}', SEE),
    ("request.script = File", IN_START, '{?script},"File":{script}{/script}',
     SEE),
    ("request.submit_user = By", IN_START, '"By":{submit_user}', SEE),
    ("request.run_as = As", IN_START, '{?user},"As":{user}{/user}', SEE),
    ("request.station = At", IN_START, '"At":{station}', SEE),
    ("request.queue = Q", "request.queue: names stand in the bodies now: ",
     IN_START + '{?queue},"Q":{queue}{/queue} in it ' + SEE),
    ("request.queue = none", "start.body without it", SEE),
    ("request.id = Id", '"Id":{id}', SEE),
    ("request.after = From", "messages.body", '"From":{after}', SEE),
    ("request.task_values = Values", IN_START,
     '{?task_values},"Values":{task_values}{/task_values}', SEE),
    ("request.parameters = Args", IN_START,
     '{?parameters},"Args":{parameters}{/parameters}', SEE),
    ("word.start = Run", "start.body", '"Run"', SEE),
    ("word.stop = Halt", "stop.body", '"Halt"', SEE),
    ("word.kill = Slay", "kill.body", '"Slay"', SEE),
    ("word.batch = job", "start.body", "job", SEE),
    ("word.script = file", "start.body", "file", SEE),
    ("auth = json", "leave"),
    ("auth = form", "sign_in.body = grant_type=password&username={api_user}"
                    "&password={password}"),
    ('auth = "basic"', "sign_in.path = none",
     "header = Authorization: Basic {basic}"),
    ("auth = fixed", "sign_in.path = none", "header = ", ": {token}"),
    ("auth = none", "sign_in.path = none and header = none"),
    ("auth = kerberos", "sign_in.path"),
    ("auth_header = X-Auth", "header = X-Auth: {token}"),
    ('auth_scheme = "Bearer "', "header = Authorization: Bearer {token}"),
    ("auth_scheme = Token", "Token {token}"),
    ('auth_scheme = ""', "leave"),
    ('headers = "X-Tenant: t1\\r\\nX-Key: k 2\\r\\n"', "header = "),
    ('members = "\\"tenant\\":\\"t1\\""', "body"),
    ('separator = "; "', "{parameters:joined; }"),
    ("task_values = array", "leave"),
    ("task_values = object", "{task_values:object}"),
    ("task_values = joined", "{task_values:joined"),
    ("parameters = array", "leave"),
    ("parameters = object", "{parameters:object}"),
    ("parameters = joined", "{parameters:joined"))


def test_each_line_of_version_0_1_is_refused_with_what_to_write_now():
    troubles = []
    with server() as (url, stats), folder() as d:
        for line, *words in OLD_LINES:
            path = write(d + "/w", "# 0.1\n" + line + "\n")
            r = amt(url, *DONE, "--wire", path, "--give-up", "0")
            try:
                one_line(r, 78, path + ":2", line.split()[0] + ": ", *words)
            except AssertionError as e:
                troubles.append("%s: %s" % (line, e))
        assert not troubles, "\n".join(troubles)
        nothing_sent(stats)


def test_a_refused_line_of_version_0_1_is_told_without_its_secret():
    with folder() as d:
        for line in ('headers = "X-Key: KEY1\\r\\n"',
                     'members = "\\"ApiKey\\":\\"KEY1\\""'):
            r = alone(*DONE, "--wire", write(d + "/w", line + "\n"))
            equal(r.returncode, 78)
            assert "KEY1" not in r.stderr, r.stderr


def test_a_wire_file_may_have_blanks_CRLF_a_byte_order_mark_and_long_values():
    with folder() as d:
        text = ("\ufeff# \u20ac\r\n\r\nstart.path=/x/{application}  \r\n"
                "start.method \t =PUT\r\nreply.id=  \"a.b\"\r\n"
                "start.body = {\r\n  \"a\" : {job}  {?queue},\r\n"
                "# a comment between\r\n\t\"b\":[{queue}\r\n]{/queue}\r\n}\r\n"
                "monitor.body = \"{id:text} {{id}\"\r\n"
                "header = X-A:  \u20ac {token}\r\nheader = Y-A: =\r\n"
                "reply.text = \"\"\r\nreply.more = none\r\n"
                "kill.body = none\r\nkill.path = /k/{id}")
        path = write(d + "/w", text)
        r = alone("--wire", path, "--print-wire")
        equal((r.returncode, r.stderr), (0, ""))
        equal(read_wire(r.stdout), {
            **default_wire(), "start.path": "/x/{application}",
            "start.method": "PUT", "reply.id": "a.b",
            "start.body": '{"a" : {job}  {?queue},"b":[{queue}]{/queue}}',
            "monitor.body": '"{id:text} {{id}"',
            "header": ["X-A:  \u20ac {token}", "Y-A: ="], "reply.text": "",
            "reply.more": None, "kill.body": None, "kill.path": "/k/{id}"})


# --- trace -------------------------------------------------------------------

def hidden(auth, r):
    """Checks that the output has none of the secrets, however encoded."""
    pair = base64.b64encode(("ocadm:" + SECRET).encode()).decode()
    secrets = [SECRET, json.dumps(SECRET)[1:-1],
               json.dumps(SECRET, ensure_ascii=False)[1:-1],
               urllib.parse.quote(SECRET, safe=""), encoded(SECRET),
               urllib.parse.quote_plus(SECRET), pair, TOKEN,
               base64.b64encode(SECRET.encode()).decode().rstrip("="),
               base64.b64encode(TOKEN.encode()).decode().rstrip("=")]
    output = r.stdout + r.stderr
    for secret in secrets:
        assert secret not in output, (auth, secret, output)
    assert not re.search(r"\b[0-9a-f]{32}\b", output), (auth, output)


def test_a_trace_shows_requests_and_replies_and_no_secret():
    for auth in ("json", "form", "basic", "fixed", "none"):
        for more in ([], ["--fault", "expire-every=2"], ["--fault", "slow=30"],
                     ["--fault", "chunked=3"]):
            if auth in ("basic", "fixed", "none") and "expire" in str(more):
                continue
            with server_with_auth(auth, *more) as (_, _, wire, env):
                r = alone("-v", *DONE, *FAST, *wire, env=env)
                equal((auth, more, r.returncode), (auth, more, 4))
                hidden(auth, r)
        for word in ("POST /AmtOpConService/OpConJobAction HTTP/1.1",
                     '"JobName":"REPORTTEST01"', "/GetMessages",
                     "HTTP/1.1 200", '"BatchRequestId":2112'):
            assert word in r.stderr, (auth, word, r.stderr)
        assert auth == "none" or "***" in r.stderr, (auth, r.stderr)
        wrong = {**env, "AMT_PASSWORD": SECRET + "x"} \
            if "AMT_PASSWORD" in env else env
        with server_with_auth(auth) as (url, _, wire, _):
            hidden(auth, alone("--trace", *DONE, *FAST, *wire,
                               env={**wrong, "AMT_SERVER": url}))


def test_a_trace_hides_the_fixed_headers_and_members_of_a_wire_table():
    with folder() as d:
        body = default_wire()["start.body"]
        wire = write_wire(d + "/wire", {
            "header": ["X-Api-Key: KEY1", "X-AMT-LogonToken: {token}"],
            "start.body": body[:-1] + ',"ApiKey":"KEY2"}'})
        with server("--wire", wire) as (url, _):
            r = amt(url, "-v", *QUICK, "--wire", wire)
            equal(r.returncode, 4)
            assert "KEY1" not in r.stderr and "KEY2" not in r.stderr, r.stderr
            assert '"JobName":"CODE_4"' in r.stderr, r.stderr


def test_DEBUG_ON_in_the_file_traces_too_and_no_output_has_a_secret():
    with server() as (url, _), folder() as d:
        r = amt(None, "-c", write(d + "/c", config(url, debug="ON")), *DONE,
                "--format", "acs")
        assert "POST /AmtOpConService/MonitorJob" in r.stderr, r.stderr
        assert "opconxps" not in r.stdout + r.stderr
        equal(r.stdout, published("done", url))
        r = amt(None, "-c", write(d + "/c", config(url)), *DONE)
        equal((r.returncode, r.stderr), (4, ""))


# --- probe -------------------------------------------------------------------

def test_probe_says_what_fitted_and_starts_nothing():
    with server() as (url, stats):
        r = amt(url, "probe", fast=False)
        equal(r.returncode, 0)
        assert "Token" in r.stdout + r.stderr, r
        equal((stats()["start_requests"], stats()["monitors"]), (0, 0))
        amt(url, *DONE)
        r = amt(url, "probe", *DEMO, "-id", "2112", fast=False)
        equal((r.returncode, stats()["start_requests"]), (0, 1))
        for word in ("Token", "Status", "Messages", "Text", "Sequence"):
            assert word in r.stdout + r.stderr, (word, r)
        assert stats()["messages"] >= 1


def said_of(r, *words):
    """The lines that have any of these words."""
    return "\n".join(line for line in (r.stdout + r.stderr).splitlines()
                     if any(word in line for word in words))


def test_probe_tells_a_right_table_from_a_wrong_one_and_from_the_default():
    with folder() as d:
        right = write_wire(d + "/right", OTHER_WIRE)
        with server("--wire", right) as (url, stats):
            amt(url, *DONE, "--wire", right)
            job = [*DEMO, "-id", "2112"]
            r = amt(url, "probe", *job, "--wire", right, fast=False)
            equal(r.returncode, 0)
            for name in ("data.auth.jwt", "data.job.state.code",
                         "data.log.lines", "meta.body"):
                assert name in r.stdout + r.stderr, (name, r)
            good = said_of(r, "MISSING", "missing")
            equal(good, "")
            for word, name in (("reply.status", "data.jab.state"),
                               ("reply.token", "data.auth.wtj"),
                               ("reply.messages", "data.blog"),
                               ("reply.text", "meta.bady")):
                wrong = write_wire(d + "/wrong", {**OTHER_WIRE, word: name})
                r = amt(url, "probe", *job, "--wire", wrong, "--give-up", "0",
                        fast=False)
                said = said_of(r, word, name)
                assert "missing" in said.lower(), (word, r)
                assert r.returncode != 0, (word, r)
            r = amt(url, "probe", *job, "--give-up", "0", fast=False)
            assert r.returncode != 0, r
            assert "/AmtOpConService/Authenticate" in r.stdout + r.stderr, r
            equal(stats()["start_requests"], 1)


def test_probe_tries_the_other_header_where_the_token_is_refused():
    """It says which one works, or that none does."""
    job = [*DEMO, "-id", "2112"]
    lines = {"X-AMT-LogonToken": "header = X-AMT-LogonToken: {token}",
             "Authorization": "header = Authorization: Bearer {token}"}

    def check(mine, theirs, header):
        with server(*theirs) as (url, stats):
            amt(url, *DONE, *theirs)
            r = amt(url, "probe", *job, *mine, fast=False)
            equal((r.returncode, stats()["start_requests"]), (78, 1))
            for word in (lines[header], "Status: fits",
                         "Messages[].Text: fits"):
                assert word in r.stdout, (word, r.stdout)
            equal(r.stdout.count("HTTP 401"), 1)
    with folder() as d:
        old = ["--wire", write(d + "/old", lines["Authorization"] + "\n")]
        check([], old, "Authorization")
        check(old, [], "X-AMT-LogonToken")
        other = ["--wire", write(d + "/w", "header = X-Other: {token}\n")]
        check(other, old, "Authorization")
        check(other, [], "X-AMT-LogonToken")
        with server(*other) as (url, stats):
            amt(url, *DONE, *other)
            r = amt(url, "probe", *job, fast=False)
            equal(r.returncode, 24)
            assert "in Authorization as well" in r.stdout, r.stdout
            assert "header =" not in r.stdout, r.stdout


def test_probe_warns_of_a_status_that_nobody_knows():
    for sent, unknown in (("Flying \033 high", True), ("WaitForQueue", False),
                          ("19", False), (" 4.0", False), (2, False)):
        with scripted(monitor={"Status": sent}) as (url, _):
            r = amt(url, "probe", *DEMO, "-id", "2112", fast=False)
        equal((sent, r.returncode), (sent, 0))
        equal((sent, "warning" in r.stdout), (sent, unknown))
        if unknown:
            assert "Flying ? high is not known" in r.stdout, r.stdout
            assert "status.NAME = CODE" in r.stdout, r.stdout


def test_probe_knows_the_alternatives_of_names():
    with folder() as d, server() as (url, _):
        amt(url, *DONE)
        wire = write_wire(d + "/w", {
            "reply.status": "a.b|Status", "reply.messages": "rows|Messages",
            "reply.text": "line|Text", "reply.sequence": "n|m"})
        r = amt(url, "probe", *DEMO, "-id", "2112", "--wire", wire, fast=False)
        equal(r.returncode, 0)
        for line in ("AmtLogonToken|LogonToken|Token: fits", "a.b|Status: fits",
                     "line|Text: fits", "n|m: not there, optional"):
            assert line in r.stdout, (line, r.stdout)
        assert '"Messages[].Sequence"' in r.stdout, r.stdout


# --- terminals ---------------------------------------------------------------

def on_terminal(url, *args, stdout=None):
    """Runs the tool with standard error on a terminal; what it shows there."""
    master, slave = pty.openpty()
    env = environment(url, TERM="xterm")
    with subprocess.Popen([AMT, *args, *FAST], env=env, stderr=slave,
                          stdout=stdout or slave) as job:
        os.close(slave)
        seen = b""
        with contextlib.suppress(OSError):
            while select.select([master], [], [], 20)[0]:
                piece = os.read(master, 4096)
                if not piece:
                    break
                seen += piece
        os.close(master)
        return job.wait(20), seen.decode()


def screen(text):
    """The rows that a terminal shows at the end."""
    rows, row, column = [], [], 0
    for c in text:
        if c == "\n":
            rows.append("".join(row).rstrip())
            row, column = [], 0
        elif c == "\r":
            column = 0
        else:
            row[column:column + 1] = [c] if column < len(row) else \
                [" "] * (column - len(row)) + [c]
            column += 1
    return rows + ["".join(row).rstrip()]


def test_the_live_line_tells_job_id_status_time_and_messages_then_goes():
    with server(speed=20) as (url, _):
        status, seen = on_terminal(url, *DONE, "--follow",
                                   stdout=subprocess.DEVNULL)
        equal(status, 4)
        for word in ("REPORTTEST01", "2112", "RUNNING", "0:00"):
            assert word in seen, (word, seen)
        assert re.search(r"[1-9]\d* message", seen), seen
        assert "RUNNING" not in "\n".join(screen(seen)), screen(seen)
    with server(speed=20) as (url, _):
        status, seen = on_terminal(url, *DONE)
        equal("\n".join(screen(seen)), published("done", url).replace(
            "Name      : \n", "Name      :\n"))


def test_nothing_is_drawn_in_a_pipe():
    with server(speed=60) as (url, _):
        for form in FORMATS:
            r = amt(url, *DONE, "--format", form)
            equal((form, r.stderr), (form, ""))
            assert "\r" not in r.stdout and "\x1b" not in r.stdout
        r, w = os.pipe()
        master, slave = pty.openpty()
        job = subprocess.Popen([AMT, *DONE, *FAST], env=environment(url),
                               stdout=slave, stderr=w)
        equal(job.wait(20), 4)
        os.close(w)
        equal(os.read(r, 1000), b"")
        for fd in (r, master, slave):
            os.close(fd)


def test_a_host_that_is_not_loopback_is_warned_of_once():
    with server() as (url, _):
        port = url.rpartition(":")[2]
        r = amt("http://0.0.0.0:" + port, *DONE)
        equal((r.returncode, len(r.stderr.splitlines())), (4, 1))
        assert "warning" in r.stderr and "clear" in r.stderr, r.stderr
        names = ["localhost"] if os.path.exists("/etc/hosts") else []
        for host in ["127.0.0.1", *names]:
            r = amt("http://%s:%s" % (host, port), *DONE)
            equal((host, r.returncode, r.stderr), (host, 4, ""))


# --- TLS ---------------------------------------------------------------------

SHARED = contextlib.ExitStack() # what several tests use, until all have run


@functools.lru_cache(maxsize=None)
def certificates():
    """The folder that certs.sh fills."""
    d = SHARED.enter_context(folder())
    subprocess.run(["sh", "tests/certs.sh", d], check=True)
    return d


def cert(name):
    return os.path.join(certificates(), name)


def trusting(name="roots.pem"):
    return ["--ca", cert(name)]


@contextlib.contextmanager
def secure(name="ec", *options, **more):
    """A simulated server with a certificate; its URL and its stats."""
    tls = ["--tls", cert(name + ".pem"), cert(name + ".key")]
    with server(*tls, *options, **more) as (url, _):
        def stats():
            anyone = ssl._create_unverified_context()
            with urllib.request.urlopen(url + "/amtsim/stats",
                                        context=anyone) as r:
                return json.load(r)
        yield url, stats


@functools.lru_cache(maxsize=None)
def without_tls():
    path = OUT + "/amt_without_tls"
    subprocess.run(["gcc", "-std=c99", "-O1", "-I.", "-Ibackends",
                    *glob.glob("examples/amt/*.c"), "-o", path], check=True)
    return path


def pin_of(name):
    """The pin that openssl computes for a certificate's key, hex and Base64."""
    r = subprocess.run("openssl x509 -in %s -noout -pubkey | openssl pkey "
                       "-pubin -outform der | openssl dgst -sha256 -binary" %
                       cert(name + ".crt"), shell=True, check=True,
                       capture_output=True)
    return r.stdout.hex(), base64.b64encode(r.stdout).decode()


def refused(r, stats, *words):
    """The tool ended with 23, the whole form, these words, and no request."""
    equal((r.returncode, len(r.stderr.splitlines())), (23, 1))
    assert "Completion Code : WEB_SERVER_ERROR" in r.stdout, r.stdout
    for word in words:
        assert word in r.stderr, (word, r.stderr)
    if stats:
        nothing_sent(stats)


def test_a_job_over_https_ends_as_over_http():
    for name in ("ec", "rsa", "p384", "chain1", "chain3", "with-root"):
        with secure(name) as (url, _):
            r = amt(url, *DONE, *trusting())
            equal((name, r.returncode, r.stderr), (name, 4, ""))
            equal(r.stdout, published("done", url))


def test_a_job_over_https_ends_well_under_every_passing_fault():
    for fault in ("page=2", "fail-500=3", "drop-every=3", "expire-every=4",
                  "close", "chunked", "slow=20"):
        with secure("ec", "--fault", fault) as (url, _):
            r = amt(url, *DONE, *trusting())
            equal((fault, r.returncode, r.stderr), (fault, 4, r.stderr))
            equal(r.stdout, published("done", url))


def test_long_logs_come_whole_over_https():
    with secure("rsa") as (url, _), server() as (plain, _):
        for job in ("LOG_20_x_9001", "LOG_3000"):
            r = amt(url, *DEMO, "-jn", job, *trusting(), "--format", "text")
            equal(r.stdout, amt(plain, *DEMO, "-jn", job, "--format",
                                "text").stdout)


def test_a_host_by_name_and_by_address_is_what_its_certificate_says():
    hosts = ["127.0.0.1"] + ["localhost"] * os.path.exists("/etc/hosts")
    for host in hosts:
        with secure("ec") as (url, _):
            r = amt(url.replace("127.0.0.1", host), *QUICK, *trusting())
            equal((host, r.returncode, r.stderr), (host, 4, ""))
        for name in ("wrong-name", "wrong-ip"):
            with secure(name) as (url, stats):
                r = amt(url.replace("127.0.0.1", host), *QUICK, *trusting())
                refused(r, stats, "IP address" if host[0] == "1" else "name")


def test_a_server_that_nobody_vouches_for_is_23_at_once_with_no_request():
    with secure("ec") as (url, stats):
        begun = time.monotonic()
        r = amt(url, *DONE, *trusting("other.crt"))
        assert time.monotonic() - begun < 5
        refused(r, stats, url, "TLS: nobody trusted has signed",
                "nothing was started",
                "the server's own certificate", "1 of " + cert("other.crt"))
        equal(stats()["connections"], 3) # two were for stats()


def test_each_bad_certificate_is_told_which_it_is_and_why():
    own, first = "the server's own certificate", "certificate 1 of its chain"
    cases = (("self-signed", "signed by itself", own),
             ("other-root-sent", "root", first), ("missing", "intermediate",
                                                  own),
             ("weak", "weak", own), ("weak-mid", "weak", first),
             ("sha1", "SHA-1", own), ("by-leaf", "not a CA's", first),
             ("critical", "critical", own))
    for name, *words in cases:
        with secure(name) as (url, stats):
            refused(amt(url, *DONE, *trusting()), stats, *words)


def test_an_expired_certificate_tells_its_dates_and_the_clocks():
    year = str(datetime.datetime.now(datetime.timezone.utc).year)
    cases = (("expired", "has expired", "own", "2020-01-01 00:00:00 UTC until "
              "2021-01-01 00:00:00 UTC"),
             ("expired-mid", "has expired", "certificate 1 of", "2021-01-01"),
             ("not-yet", "not valid yet", "own", "2050-01-01 00:00:00 UTC "
              "until 2060-01-01 00:00:00 UTC"))
    for name, *words in cases:
        with secure(name) as (url, stats):
            refused(amt(url, *DONE, *trusting()), stats, *words,
                    "the clock here says %s-" % year)


def test_a_CA_that_has_expired_is_passed_over_and_told():
    with folder() as d, secure("ec") as (url, _):
        for files, told in ((["roots.pem"], 0), (["roots.pem", "expired.crt"], 1)):
            text = ""
            for name in files:
                with open(cert(name), encoding="ascii") as f:
                    text += f.read()
            write(d + "/ca.pem", text)
            r = amt(url, *QUICK, "--ca", d + "/ca.pem")
            equal((files, r.returncode,
                   r.stderr.count("certificates passed over: 1; they have "
                                  "expired")), (files, 4, told))


def test_a_certificate_that_signs_itself_is_trusted_as_its_own_CA():
    with secure("self-signed") as (url, _):
        equal(amt(url, *QUICK, *trusting("self-signed.crt")).returncode, 4)


def test_more_ciphers_reach_a_server_that_has_only_old_ones():
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", "127.0.0.1:%d" % port, "-www",
         "-cert", cert("rsa.crt"), "-key", cert("rsa.key"), "-cipher",
         "AES128-SHA", "-tls1_2"], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        url = "https://127.0.0.1:%d" % port
        once = [*QUICK, *trusting(), "--give-up", "0"]
        assert "handshake_failure" in amt(url, *once).stderr
        r = amt(url, *once, "--more-ciphers", "--timeout", "2")
        # The handshake succeeds; s_server then answers no request.
        assert "nothing was started" in r.stderr, r.stderr
    finally:
        server.terminate()
        server.wait(30)
    with secure("sha1") as (url, _):
        assert "SHA-1" in amt(url, *QUICK, "--insecure").stderr
        r = amt(url, *QUICK, "--insecure", "--more-ciphers")
        equal(r.returncode, 4)
    with secure("sha1") as (url, stats): # SHA-1 needs --insecure, too
        refused(amt(url, *DONE, *trusting(), "--more-ciphers"), stats, "SHA-1")


def test_a_pin_is_checked_besides_the_chain_and_alone_with_insecure():
    ec, rsa = pin_of("ec"), pin_of("rsa")
    with secure("ec") as (url, stats):
        for pin in (*ec, ec[0].upper(), ec[1].rstrip("=")):
            for chain, words in ((trusting(), ""), (["--insecure"], "alone")):
                r = amt(url, *QUICK, *chain, "--pin", pin)
                equal((pin, r.returncode), (pin, 4))
                assert words in r.stderr and bool(words) == bool(r.stderr), r
        r = amt(url, *QUICK, *trusting(), "--pin", rsa[0], "--pin", ec[1])
        equal((r.returncode, r.stderr), (4, ""))
        equal(amt(url, *QUICK, "--pin", ec[0]).returncode, 23) # no such CA
    for chain in (trusting(), ["--insecure"]):
        with secure("ec") as (url, stats):
            r = amt(url, *QUICK, *chain, "--pin", rsa[0], "--pin", rsa[1])
            r.stderr = last_line(r) + "\n" # drops the warning
            refused(r, stats, "not the pinned one", "the pin " + ec[0])


def test_a_pin_with_a_typo_is_64_and_says_where():
    pin, text = pin_of("ec")
    colons = ":".join(pin[i:i + 2] for i in range(0, 64, 2))
    cases = ((pin[:-1], "63 characters"), (pin + "0", "65 characters"),
             (pin[:9] + "g" + pin[10:], "character 10"),
             (text[:20] + "*" + text[21:], "character 21"),
             (text[:42] + "B=", "character 43"), ("", "0 characters"),
             (text[:-1] + "a", "44 of Base64"), (colons, "fingerprint"),
             ("sha256//" + text, "52 characters"))
    with secure("ec") as (url, stats):
        for bad, word in cases:
            r = amt(url, *QUICK, *trusting(), "--pin", bad, fast=False)
            one_line(r, 64, "--pin", word)
        many = [word for _ in range(9) for word in ("--pin", pin)]
        one_line(amt(url, *QUICK, *many, fast=False), 64, "more than 8")
        nothing_sent(stats)


def test_insecure_takes_any_certificate_and_warns_each_time():
    for name in ("self-signed", "expired", "wrong-ip", "ec"):
        with secure(name) as (url, _):
            for _ in range(2):
                r = amt(url, *DONE, "--insecure")
                equal((name, r.returncode, r.stdout),
                      (name, 4, published("done", url)))
                equal(len(r.stderr.splitlines()), 1)
                for word in ("warning", "--insecure", "password", url):
                    assert word in r.stderr, (word, r.stderr)


def test_the_CA_file_comes_from_the_option_the_environment_or_the_system():
    job = [*QUICK, *FAST]
    with secure("ec") as (url, stats), folder() as d:
        env = environment(url)
        here = {**env, "SSL_CERT_FILE": cert("roots.pem")}
        r = alone(*job, env=here)
        equal((r.returncode, r.stderr), (4, ""))
        r = alone(*job, *trusting("other.crt"), env=here)
        equal(r.returncode, 23)
        one_line(alone(*job, env={**env, "SSL_CERT_FILE": d + "/none"}), 78,
                 d + "/none", "SSL_CERT_FILE")
        system = [p for p in ("/etc/ssl/certs/ca-certificates.crt",
                              "/etc/pki/tls/certs/ca-bundle.crt",
                              "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem")
                  if os.path.exists(p)][:1]
        for path in system:
            r = alone(*job, env=env)
            equal(r.returncode, 23)
            store = "the trusted roots of Windows" # Wine fills it from the file
            assert (store if WINE else path) in r.stderr, r.stderr
            everybody = write(d + "/all", read(path) + read(cert("roots.pem")))
            equal(alone(*job, "--ca", everybody, env=env).returncode, 4)


def test_a_bad_CA_file_is_78_with_what_is_wrong_and_nothing_is_sent():
    with secure("ec") as (url, stats), folder() as d:
        root = read(cert("root.crt"))
        der = subprocess.run(["openssl", "x509", "-in", cert("root.crt"),
                              "-outform", "der"], capture_output=True,
                             check=True).stdout
        cases = ((d + "/none", NO_FILE), (d, "directory"),
                 (write(d + "/empty", ""), "certificate"),
                 (write(d + "/text", "no PEM\n" * 2000), "certificate"),
                 (write(d + "/der", der), "DER", "certutil -encode" if WINE
                  else "openssl x509"),
                 (write(d + "/cut", root[:200]), "damaged"),
                 (write(d + "/hole", root[:200] + "*" + root[201:]), "damaged"),
                 (cert("ec.key"), "no usable certificate"),
                 (write(d + "/much", root * 6000), "more certificates", "524"))
        for path, *words in cases:
            one_line(amt(url, *QUICK, "--ca", path), 78, path, *words)
            one_line(alone("anchors", path), 78, path, *words)
        dos = root.replace("\n", "\r\n")
        for text in (dos, "\ufeff" + root, dos.encode("utf-16"), "words\n" +
                     root + "words\n", root.rstrip("\n"), root * 3):
            r = amt(url, *QUICK, "--ca", write(d + "/good", text))
            equal((text, r.returncode), (text, 4))


def test_what_is_wrong_with_a_client_certificate_is_told():
    ec, key = cert("client-ec.crt"), cert("client-ec.key")
    with secure("ec") as (url, stats), folder() as d:
        locked = d + "/locked"
        subprocess.run(["openssl", "rsa", "-aes128", "-traditional", "-passout",
                        "pass:x", "-in", cert("client-rsa.key"), "-out",
                        locked], check=True, capture_output=True)
        der = d + "/der"
        subprocess.run(["openssl", "pkey", "-in", key, "-outform", "der",
                        "-out", der], check=True)
        cases = ((ec, d + "/none", 78, d + "/none", NO_FILE),
                 (d + "/none", key, 78, d + "/none", NO_FILE),
                 (key, key, 78, key, "no usable certificate"),
                 (ec, ec, 78, ec, "no usable private key"),
                 (ec, write(d + "/empty", ""), 78, "/empty", "private key"),
                 (ec, der, 78, der, "DER", "certutil -encode" if WINE
                  else "openssl pkey"),
                 (ec, locked, 78, locked, "encrypted", "openssl pkey"),
                 (ec, cert("client-ec-locked.key"), 78, "encrypted"),
                 (ec, write(d + "/cut", read(key)[:100]), 78, "private key"))
        for c, k, status, *words in cases:
            pair = ["--cert", c, "--key", k]
            one_line(amt(url, *QUICK, *trusting(), *pair), status, *words)
            one_line(alone("anchors", *pair), status, *words)
        for half in (["--cert", ec], ["--key", key]):
            r = amt(url, *QUICK, *trusting(), *half, fast=False)
            one_line(r, 64, half[0], "both")
        one_line(alone("anchors", "--cert", ec), 64, "both")
        nothing_sent(stats)


@contextlib.contextmanager
def front(url, clients=None):
    """Python's TLS server (OpenSSL) in front of a plain one; with `clients`, it
    demands client certificates of that CA. Yields its URL, and a list with a
    word for each handshake: "full", "resumed", "failed"."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(cert("rsa.pem"), cert("rsa.key"))
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    seen = []

    def carry(raw):
        with contextlib.suppress(OSError), raw, socket.create_connection(
                ("127.0.0.1", int(url.rpartition(":")[2]))) as plain:
            try:
                tls = context.wrap_socket(raw, server_side=True)
            except OSError:
                seen.append("failed")
                return
            seen.append("resumed" if tls.session_reused else "full")
            while True:
                ready = [tls] if tls.pending() else \
                    select.select([tls, plain], [], [])[0]
                for one, other in ((tls, plain), (plain, tls)):
                    if one in ready:
                        data = one.recv(65536)
                        if not data:
                            with contextlib.suppress(OSError):
                                tls.unwrap()
                            return
                        other.sendall(data)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=carry, args=[listener.accept()[0]],
                                 daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield "https://127.0.0.1:%d" % listener.getsockname()[1], seen
        listener.shutdown(socket.SHUT_RDWR)


def test_a_client_certificate_is_shown_to_a_server_that_asks():
    with server() as (url, stats), folder() as d, \
            front(url, cert("clientca.crt")) as (secured, seen):
        write(d + "/dos", read(cert("client-ec.key")).replace("\n", "\r\n"))
        for name, key in (("client-ec.crt", "client-ec.key"),
                          ("client-ec.crt", "client-ec-old.key"),
                          ("client-rsa.crt", "client-rsa.key"),
                          ("client-rsa.crt", "client-rsa-old.key"),
                          ("client-mid.pem", "client-ec.key"),
                          ("client-mid.pem", d + "/dos")):
            r = amt(secured, *QUICK, *trusting(), "--cert", cert(name),
                    "--key", cert(key))
            equal((name, key, r.returncode, r.stderr), (name, key, 4, ""))
        starts = stats()["start_requests"]
        # Under Wine a reset nearly always overtakes the alert.
        for more in ([], ["--cert", cert("client-other.crt"), "--key",
                          cert("client-ec.key")])[:0 if WINE else 2]:
            r = amt(secured, *QUICK, *trusting(), *more)
            # If a reset overtakes the alert, the tool says so and tries again.
            r.stderr = last_line(r) + "\n"
            refused(r, None, "TLS alert")
        assert WINE or "failed" in seen, seen
        equal(stats()["start_requests"], starts)


def test_no_keep_alive_over_https_opens_and_resumes_for_each_request():
    with secure("ec") as (url, stats):
        r = amt(url, *DONE, "--no-keep-alive", *trusting())
        equal((r.returncode, r.stdout), (4, published("done", url)))
        s = stats()
        equal(s["connections"] - 1, s["sign_ins"] + s["start_requests"] +
              s["monitors"] + s["messages"])
    with server() as (url, stats), front(url) as (secured, seen):
        r = amt(secured, *DONE, "--no-keep-alive", *trusting())
        equal((r.returncode, r.stderr), (4, ""))
        s = stats()
        equal(seen, ["full"] + ["resumed"] * (s["start_requests"] +
                                              s["monitors"] + s["messages"]))


def test_a_kept_connection_over_https_is_one_handshake():
    with server() as (url, _), front(url) as (secured, seen):
        equal(amt(secured, *DONE, *trusting()).returncode, 4)
        assert len(seen) <= 2 and seen[0] == "full", seen


def test_waiting_over_https_costs_no_processor_time():
    def seconds(url, *more):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        r = amt(url, *DEMO, "-jn", "LONGRUNNINGREPORT", "--timeout", "3",
                *more, program=[PLAIN])
        equal(r.returncode, 75)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - \
            before.ru_stime
    for fault in ([], ["--fault", "slow=700"]):
        with secure("ec", *fault, speed=1) as (url, _):
            took = seconds(url, *trusting())
            assert took < 0.5, (fault, took)


def test_a_trace_over_https_shows_the_text_and_no_secret():
    tls = ["--tls", cert("rsa.pem"), cert("rsa.key")]
    for auth in ("json", "form", "basic", "fixed"):
        for more in ([], ["--fault", "chunked=3"], ["--fault", "slow=30"]):
            with server_with_auth(auth, *tls, *more) as (_, _, wire, env):
                r = alone("-v", *DONE, *FAST, *wire, *trusting(), env=env)
                equal((auth, more, r.returncode), (auth, more, 4))
                hidden(auth, r)
        for word in ("POST /AmtOpConService/OpConJobAction HTTP/1.1",
                     '"JobName":"REPORTTEST01"', "/GetMessages",
                     "HTTP/1.1 200", '"BatchRequestId":2112', "***"):
            assert word in r.stderr, (auth, word, r.stderr)


def test_a_probe_works_over_https():
    with secure("ec") as (url, _):
        amt(url, *DONE, *trusting())
        r = amt(url, "probe", *DEMO, "-id", "2112", *trusting(), fast=False)
        equal((r.returncode, r.stderr), (0, ""))
        assert "Token" in r.stdout and "Messages[].Text" in r.stdout, r.stdout
    with secure("expired") as (url, stats):
        r = amt(url, "probe", *trusting(), fast=False)
        equal(r.returncode, 23)
        assert "2021-01-01" in r.stderr, r.stderr
        nothing_sent(stats)


def test_a_signal_over_https_kills_the_job_and_waits_for_its_end():
    with secure("ec", speed=1) as (url, stats):
        job = begin(url, *LONG, *trusting())
        until(lambda: stats()["monitors"] > 0)
        job.send_signal(TERM)
        r = ended(job)
        equal((r.returncode, stats()["kills"]), (3, 1))


def test_the_printed_command_repeats_the_TLS_options():
    pin = pin_of("ec")[1]
    with secure("ec", speed=2) as (url, _), folder() as d:
        ca = shutil.copy(cert("roots.pem"), d + "/a c'a.pem")
        r = amt(url, *DEMO, "-jn", "SLOWLOG_3", "--ca", ca, "--pin", pin,
                "--cert", cert("client-ec.crt"), "--key",
                cert("client-ec.key"), "--timeout", "0.5")
        equal(r.returncode, 75)
        command = last_line(r).partition("go on with it: amt ")[2]
        equal(amt(None, *shlex.split(command)).returncode, 4)
        r = amt(url, *DEMO, "-jn", "SLOWLOG_3", "--insecure", "--timeout",
                "0.5")
        assert " --insecure " in last_line(r), r.stderr


def test_https_and_http_are_never_taken_for_each_other():
    with server() as (url, stats):
        r = amt(url.replace("http", "https"), *DONE, *trusting(), "--give-up",
                "0") # this server answers in plain HTTP, or closes
        refused(r, stats, "TLS", "port?")
    with secure() as (url, stats):
        r = amt(url.replace("https", "http"), *DONE, "--give-up", "0")
        equal(r.returncode, 23)
        nothing_sent(stats)


def test_a_server_that_never_answers_the_handshake_ends_with_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = "https://127.0.0.1:%d" % silent.getsockname()[1]
        begun = time.monotonic()
        r = amt(url, *DONE, *trusting(), "--timeout", "0.7")
        assert 0.6 < time.monotonic() - begun < 5
        equal(r.returncode, 23)


def test_a_long_log_over_https_needs_no_more_memory_than_a_short_one():
    memory = compiled("tool_memory", MEMORY_C)
    with secure("ec") as (url, _):
        def peak(n):
            r = amt(url, *DEMO, "-jn", "LOG_%d" % n, *trusting(),
                    program=[memory, PLAIN])
            kilobytes, status = r.stdout.split()
            equal((n, status), (n, "4"))
            return int(kilobytes)
        long, short = (min(peak(n) for _ in range(3)) for n in (30000, 3))
        assert long - short < 256, (long, short)


def test_options_of_TLS_are_78_where_the_server_is_http():
    with server() as (url, stats):
        for args in (trusting(), ["--insecure"], ["--pin", "00" * 32],
                     ["--cert", cert("client-ec.crt"),
                      "--key", cert("client-ec.key")]):
            one_line(amt(url, *DONE, *args), 78, args[0], "https", url)
        nothing_sent(stats)


def test_kill_9_at_60_random_instants_over_https_never_starts_twice():
    chance = random.Random(time.time())
    tls = ["--tls", cert("ec.pem"), cert("ec.key")]
    with server_with_database("--fault", "slow=3", *tls) as (url, starts, _), \
            folder() as d:
        def args_of(n):
            return [*QUICK, "-qn", "Q%d" % n, "--state", "%s/%d" % (d, n),
                    *trusting()]
        begun = time.monotonic()
        equal(amt(url, *args_of(100), program=[PLAIN]).returncode, 4)
        whole = time.monotonic() - begun
        outcomes = []
        for n in range(60):
            state, queue = "%s/%d" % (d, n), "Q%d" % n
            job = begin(url, *args_of(n), program=PLAIN)
            time.sleep(chance.uniform(0, 1.1 * whole))
            killed(job)
            if starts(queue) == 1 and not os.path.exists(state):
                continue
            outcomes.append(go_on(url, args_of(n), state, queue, starts))
        assert 4 in outcomes, outcomes


def test_the_next_run_goes_on_with_a_job_over_https():
    with secure("ec", speed=4) as (url, stats), folder() as d:
        args = [*DEMO, "-jn", "SLOWLOG_4", *trusting()]
        killed_run(url, d + "/state", *args)
        equal(amt(url, *args, "--state", d + "/state").returncode, 4)
        equal((stats()["start_requests"], os.listdir(d)), (1, []))
        killed_run(url, d + "/state", *args)
        one_line(amt(url.replace("https", "http"), *args[:-2], "--state",
                     d + "/state"), 78, "another server")


def test_SERVER_USE_TLS_in_the_file_makes_it_https():
    with secure("ec") as (url, stats), folder() as d:
        address = url.replace("https://", "")
        for said in ("SERVER_USE_TLS=True", "SERVER_USES_TLS=TRUE",
                     "SERVER_USE_TLS=on", "", "SERVER_USE_TLS=False"):
            text = config(address).replace("SERVER_USE_TLS=False", said)
            r = alone("-c", write(d + "/c", text), *QUICK, *FAST, "--give-up",
                      "0", *([] if "False" in said else trusting()))
            equal((said, r.returncode), (said, 23 if "False" in said else 4))
        equal(stats()["sign_ins"], 4)


def test_a_build_without_TLS_refuses_https_and_its_options():
    program = without_tls()
    with server() as (url, stats), secure() as (secured, more):
        for args in (["anchors", "/dev/null"], [*DONE, "--insecure"],
                     [*DONE, "--ca", "/dev/null"], [*DONE, "--pin", "00" * 32],
                     [*DONE, "--cert", "/dev/null", "--key", "/dev/null"]):
            one_line(amt(url, *args, fast=False, program=[program]), 78, "TLS")
        one_line(amt(secured, *DONE, program=[program]), 78, "TLS", "https")
        nothing_sent(stats)
        nothing_sent(more)
        with folder() as d:
            for said in ("SERVER_USE_TLS=True", ""):
                path = write(d + "/c", config(url).replace(
                    "SERVER_USE_TLS=False", said))
                one_line(alone("-c", path, *QUICK, program=program), 78, "TLS")
        r = alone("--help", program=program)
        assert "built without TLS" in r.stdout and "--ca" in r.stdout
    assert "without TLS" not in alone("--help").stdout


SAME_C = r"""
#define AMT_IMPLEMENTATION
#define AMT_BEARSSL
#include "amt_http.h"
#include "%s"
#include <stdio.h>
#include <time.h>
static int same(const void *a, size_t n, const void *b, size_t m)
{
  return n == m && (n == 0 || memcmp(a, b, n) == 0);
}
static char   text[2][1 << 20];
static size_t len[2];
static void take(int i, const char *file)
{
  FILE *f = fopen(file, "rb");
  len[i] = fread(text[i], 1, sizeof text[i], f);
  fclose(f);
}
int main(int argc, char **argv)
{
  static unsigned char mem[1 << 19];
#ifdef AMT_ANCHOR_COUNT
  static amt_bearssl_anchors read;
  size_t i;
  (void)argc;
  take(0, argv[1]);
  read.mem = mem, read.size = sizeof mem;
  read.now = (uint32_t)time(NULL); /* no socket backend supplies a clock */
  if (amt_bearssl_anchors_read(&read, text[0], len[0]) != 0 ||
      amt_bearssl_anchors_end(&read) != 0) return 2;
  if (read.count != AMT_ANCHOR_COUNT ||
      sizeof amt_anchors / sizeof *amt_anchors != read.count) return 3;
  for (i = 0; i < read.count; i++) {
    const br_x509_trust_anchor *a = &amt_anchors[i], *b = &read.list[i];
    if (!same(a->dn.data, a->dn.len, b->dn.data, b->dn.len)) return 4;
    if (a->flags != b->flags) return 5;
    if (a->pkey.key_type != b->pkey.key_type) return 6;
    if (a->pkey.key_type == BR_KEYTYPE_EC
          ? a->pkey.key.ec.curve != b->pkey.key.ec.curve ||
            !same(a->pkey.key.ec.q, a->pkey.key.ec.qlen, b->pkey.key.ec.q,
                  b->pkey.key.ec.qlen)
          : !same(a->pkey.key.rsa.n, a->pkey.key.rsa.nlen, b->pkey.key.rsa.n,
                  b->pkey.key.rsa.nlen) ||
            !same(a->pkey.key.rsa.e, a->pkey.key.rsa.elen, b->pkey.key.rsa.e,
                  b->pkey.key.rsa.elen)) return 7;
  }
#else
  amt_bearssl_client c;
  const amt_bearssl_client *a = &amt_client;
  size_t i;
  (void)argc;
  take(0, argv[1]);
  take(1, argv[2]);
  if (amt_bearssl_client_read(&c, mem, sizeof mem, text[0], len[0], text[1],
                              len[1]) != 0) return 2;
  if (a->chain_len != c.chain_len || a->use != c.use) return 3;
  for (i = 0; i < c.chain_len; i++)
    if (!same(a->chain[i].data, a->chain[i].data_len, c.chain[i].data,
              c.chain[i].data_len)) return 4;
  if (a->issuer_key_type != c.issuer_key_type) return 5;
  if (a->ec.curve != c.ec.curve || !same(a->ec.x, a->ec.xlen, c.ec.x,
      c.ec.xlen) || a->rsa.n_bitlen != c.rsa.n_bitlen) return 6;
  if (!same(a->rsa.p, a->rsa.plen, c.rsa.p, c.rsa.plen) ||
      !same(a->rsa.q, a->rsa.qlen, c.rsa.q, c.rsa.qlen) ||
      !same(a->rsa.dp, a->rsa.dplen, c.rsa.dp, c.rsa.dplen) ||
      !same(a->rsa.dq, a->rsa.dqlen, c.rsa.dq, c.rsa.dqlen) ||
      !same(a->rsa.iq, a->rsa.iqlen, c.rsa.iq, c.rsa.iqlen)) return 7;
#endif
  return 0;
}
"""


def test_anchors_prints_C_source_that_equals_what_the_library_reads():
    roots, chain, key = (cert(n) for n in ("roots.pem", "client-mid.pem",
                                           "client-ec.key"))
    system = "/etc/ssl/certs/ca-certificates.crt"
    cases = [([roots], [roots]),
             (["--cert", chain, "--key", key], [chain, key]),
             (["--cert", cert("client-rsa.crt"), "--key",
               cert("client-rsa-old.key")],
              [cert("client-rsa.crt"), cert("client-rsa-old.key")])]
    if os.path.exists(system):
        cases.append(([system], [system]))
    with folder() as d:
        for args, files in cases:
            r = alone("anchors", *args)
            told = r.stderr
            if files == [system]: # some may have expired
                told = re.sub(r"\A.*: certificates passed over: \d+; "
                              r".*\n\Z", "", told)
            equal((args, r.returncode, told), (args, 0, ""))
            equal(alone("anchors", *args).stdout, r.stdout)
            assert max(map(len, r.stdout.splitlines())) <= 100
            assert ("PRIVATE KEY" in r.stdout) == ("--key" in args)
            write(d + "/out.h", r.stdout)
            write(d + "/same.c", SAME_C % "out.h")
            for compiler in ("gcc", "clang"):
                subprocess.run([compiler, "-std=c99", "-Wall", "-Wextra",
                                "-pedantic", "-Werror", "-I.", "-Ibackends", "-I", d,
                                d + "/same.c", "-o", d + "/same", "-lbearssl"],
                               check=True)
                equal(subprocess.run([d + "/same", *files],
                                     check=False).returncode, 0)
        both = alone("anchors", roots, "--cert", chain, "--key", key)
        assert "amt_anchors[]" in both.stdout and "amt_client" in both.stdout
    for name in ("Test Root", "Test RSA Root", "Old Root"):
        assert name + " */" in alone("anchors", roots).stdout


def test_anchors_tells_what_it_passes_over_and_guards_its_comments():
    with folder() as d:
        def made(name, *options):
            subprocess.run(["openssl", "req", "-x509", "-nodes", "-days", "9",
                            "-keyout", d + "/key", "-out", d + "/" + name,
                            *options], check=True, capture_output=True)
            return read(d + "/" + name)
        odd = made("odd", "-newkey", "ed25519", "-subj", "/CN=odd")
        evil = made("evil", "-newkey", "rsa:2048", "-subj",
                    r"/CN=*\/int x;\/* ??\/ \\ end")
        nobody = made("nobody", "-newkey", "rsa:2048", "-subj", "/C=NL")
        r = alone("anchors", write(d + "/all", evil + odd + nobody))
        equal(r.returncode, 0)
        assert "certificates passed over: 1;" in r.stderr, r
        assert "AMT_ANCHOR_COUNT 2" in r.stdout, r.stdout
        write(d + "/x.h", r.stdout)
        write(d + "/x.c", '#include "x.h"\nint main(void) { return '
              "amt_anchors[0].flags != 1; }\n")
        subprocess.run(["gcc", "-std=c99", "-Wall", "-Wextra", "-pedantic",
                        "-Werror", d + "/x.c", "-o", d + "/x"], check=True)
        equal(subprocess.run([d + "/x"], check=False).returncode, 0)
        one_line(alone("anchors", d + "/odd"), 78, d + "/odd")
    for args in ([], ["x", "y"], ["--ca", "x"], ["x", "-v"]):
        equal(alone("anchors", *args).returncode, 64)


# --- what a server sends to a probe ------------------------------------------

@contextlib.contextmanager
def answers(*bodies):
    """A server that answers each request with the next of these JSON texts, and
    goes on with the last."""
    left = list(bodies)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self): # pylint: disable=invalid-name
            self.rfile.read(int(self.headers["Content-Length"]))
            body = left.pop(0) if len(left) > 1 else left[0]
            status, body = body if isinstance(body, tuple) else (200, body)
            data = body if isinstance(body, bytes) else body.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_): # pylint: disable=arguments-differ
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as s:
        thread = threading.Thread(target=s.serve_forever, args=(0.02,),
                                  daemon=True)
        thread.start()
        try:
            yield "http://127.0.0.1:%d" % s.server_port
        finally:
            s.shutdown()
            thread.join(10)


def signed_in_with(more=""):
    return json.dumps({name: "t.o-k~en" for name in ("AmtLogonToken", "Token")}
                      )[:-1] + more + "}"


def test_a_probe_reads_names_of_any_length_at_any_depth_and_marks_the_cut():
    def one(name, depth):
        return ('{"%s":' % name) * depth + "1" + "}" * depth
    cases = [one("n" * 31, 100), one("n" * 5000, 3), one("a", 126),
             one("\u20ac" * 90, 2), "[" * 127 + "1" + "]" * 127,
             one("n" * 251, 60), one("n" * 252, 60), one("n" * 253, 60),
             one("n" * 255, 120), '{"%s":[{"x":1}]}' % ("y" * 254),
             "{%s}" % ",".join('"k%d":1' % n for n in range(300))]
    for body in cases:
        with answers(signed_in_with(',"x":' + body)) as url:
            r = amt(url, "probe", fast=False)
            equal((body[:50], r.returncode, r.stderr), (body[:50], 0, ""))
            line = said_of(r, "also has")
            assert len(line) < 700, (body[:50], line)
            assert re.search(r'\.\.\."|and more|"x(\.a)+"|\[\]', line), \
                (body[:50], line)
        with answers(signed_in_with(), body) as url:
            r = amt(url, "probe", *DEMO, "-id", "1", "--give-up", "0",
                    fast=False)
            assert r.returncode == 78, (body[:50], r)


def test_a_probe_judges_each_reply_alone():
    """Only the last reply to a call counts."""
    whole = '{"BatchRequestId":1,"BatchrequestId":1,"Status":4,"Message":"m"}'
    log = '{"Messages":[{"Sequence":1,"Time":"t","Text":"x"}]}'
    for before in ((503, '{"a":[{"b":'), (503, "<html>"), (503, whole),
                   (401, '{"Message":"no"}')):
        replies = [signed_in_with(), before]
        if before[0] == 401:
            replies.append(signed_in_with())
        with answers(*replies, whole, log) as url:
            r = amt(url, "probe", *DEMO, "-id", "1", "--give-up", "20",
                    fast=False)
            equal((before, r.returncode), (before, 0))
            assert re.search(r"reply.status .*: fits", r.stdout), r.stdout


def test_a_name_with_NUL_is_no_word_of_the_table():
    with answers(signed_in_with().replace("Token\"", "Token\\u0000x\"")) as url:
        r = amt(url, "probe", "--give-up", "0", fast=False)
        assert re.search(r"reply.token .*: missing", r.stdout), r
        assert "\0" not in r.stdout, r


# --- files, and who else could have written them -----------------------------

NOBODY = 65534


def foreign(path):
    """Gives a file to another user; False if only root may do that."""
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    return os.geteuid() == 0


@contextlib.contextmanager
def for_everybody():
    """Yields a folder that others can use, and the tool in it."""
    with folder() as d:
        os.chmod(d, 0o755)
        program = shutil.copy(PLAIN, d + "/amt")
        os.chmod(program, 0o755)
        yield d, program


def spoil(how, path, good):
    """Replaces a path by a file with the text of `good`, of a kind that the
    tool must not trust; False where that kind cannot be made."""
    if os.path.lexists(path):
        os.unlink(path)
    if how == "symlink":
        os.symlink(good, path)
    elif how == "hard link":
        os.link(good, path)
    elif how == "pipe":
        os.mkfifo(path)
    else:
        shutil.copy(good, path)
        if how == "group": # one that is not the user's own
            if os.geteuid() != 0:
                return False
            os.chown(path, -1, 12345)
        os.chmod(path, {"group": 0o620, "others": 0o602}.get(how, 0o600))
    return how != "foreign" or foreign(path)


SPOILT = ("foreign", "group", "others", "symlink", "hard link", "pipe")


def test_a_state_file_or_its_lock_that_others_could_make_is_78():
    with server(speed=1) as (url, stats), folder() as d:
        whole, state = d + "/whole", d + "/state"
        killed_run(url, whole)
        before = {**stats(), "connections": 0}
        for name in (state, state + ".lock"):
            for how in SPOILT:
                if not spoil(how, name, whole):
                    continue
                was = os.lstat(name)
                r = amt(url, *LONG, "--state", state, "--timeout", "5",
                        timeout=20)
                one_line(r, 78, name)
                equal(os.lstat(name)[:4], was[:4])
                equal({**stats(), "connections": 0}, before)
            os.unlink(name)
        os.symlink(d + "/none", state + ".lock")
        one_line(amt(url, *DONE, "--state", state), 78, state + ".lock")
        equal(sorted(os.listdir(d)), ["state.lock", "whole", "whole.lock"])
        os.unlink(state + ".lock")
        equal(amt(url, *QUICK, "--state", state).returncode, 4)


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & (1 << 64) - 1
    return value


def test_a_state_file_says_what_this_program_writes_and_nothing_else():
    with server(speed=1) as (url, stats), folder() as d:
        state = d + "/state"
        killed_run(url, state)
        head, id_line = read(state).split("check = ")[0].split("started\n")
        before = stats()
        for tail in ("started\n" + id_line + "id = \"7\"\n", "started\n",
                     "starting\n" + id_line, "begun\n", "started\nid = 7\n",
                     "started\nnumber = \"1,\\\"x\\\":2\"\n",
                     "started\nnumber = \"" + "9" * 64 + "\"\n"):
            text = head + tail
            write(state, text + "check = %016x\n" % fnv(text.encode()))
            one_line(amt(url, *LONG, "--state", state), 78, state)
            assert os.path.exists(state)
        equal({**stats(), "connections": 0}, {**before, "connections": 0})


def test_a_file_that_others_could_change_decides_nothing():
    """A file that says where a password goes, or that holds one."""
    with secure("ec") as (url, stats), folder() as d:
        good = {"--config": config(url), "--wire": AUTH["json"],
                "--password-file": "opconxps\n", "--ca": read(cert("roots.pem")),
                "--cert": read(cert("client-ec.crt")),
                "--key": read(cert("client-ec.key"))}
        rest = {option: write(d + "/good" + option, text)
                for option, text in good.items()}
        env = {"AMT_SERVER": url, "AMT_USER": "ocadm"}

        def run(option, path):
            args = [x for pair in {**rest, option: path}.items() for x in pair]
            return alone(*QUICK, *FAST, "--timeout", "5", *args, env=env,
                         timeout=20)
        for option in good:
            for how in SPOILT:
                name = d + "/" + how
                if not spoil(how, name, rest[option]):
                    continue
                r = run(option, name)
                if how in ("symlink", "hard link"): # as Kubernetes mounts them
                    equal((option, how, r.returncode, r.stderr),
                          (option, how, 4, ""))
                else:
                    one_line(r, 78, name)
        if os.geteuid() == 0: # other users may trust root's files
            with for_everybody() as (away, program):
                wire = write(away + "/wire", AUTH["none"])
                os.chmod(wire, 0o644)
                r = alone("--wire", wire, *QUICK, "-s", dead_url(), "--give-up",
                          "0", program=program, user=NOBODY, cwd="/")
                equal(r.returncode, 23)
        equal(stats()["sign_ins"], 2 * len(good))


def test_a_password_may_come_from_a_pipe_while_the_timeout_lasts():
    with server() as (url, _), folder() as d:
        env = {"AMT_SERVER": url, "AMT_USER": "ocadm"}
        args = [*QUICK, *FAST, "--password-file"]
        equal(alone(*args, "-", env=env, input="opconxps\n").returncode, 4)
        fifo = d + "/fifo"
        os.mkfifo(fifo)
        for delay in (0, 0.5):
            job = subprocess.Popen([AMT, *args, fifo], env={
                "PATH": os.environ["PATH"], **env}, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True)
            time.sleep(delay)
            write(fifo, "opconxps\n")
            r = ended(job)
            equal((r.returncode, r.stderr), (4, ""))
        for script in ('%s /dev/fd/3 3<<<opconxps', '%s <(echo opconxps)',
                       'echo opconxps | %s /dev/stdin'):
            r = shell(script % shlex.join([AMT, *args]),
                      {"PATH": os.environ["PATH"], **env})
            equal((script, r.returncode, r.stderr), (script, 4, ""))
        password_never_comes([*args, fifo], env)


def password_never_comes(args, env):
    r, w = os.pipe()
    with open(r, "rb") as silent, open(w, "wb"):
        begun = time.monotonic()
        one_line(alone(*args, "--timeout", "0.5", env=env, stdin=silent,
                       timeout=20), 78, "--timeout")
        assert 0.4 < time.monotonic() - begun < 10


def test_a_password_from_a_silent_input_is_waited_for_within_the_timeout():
    with server() as (url, _):
        env = {"AMT_SERVER": url, "AMT_USER": "ocadm"}
        args = [*QUICK, *FAST, "--password-file", "-"]
        password_never_comes(args, env)
        equal(alone(*args, env=env, input="opconxps\n").returncode, 4)


def test_an_unasked_configuration_file_of_others_is_refused_by_name():
    with server() as (url, stats), folder() as d:
        good = write(d + "/good", config(url))
        os.mkdir(d + "/cwd")
        name = d + "/cwd/Connector.config"
        for how in SPOILT:
            if not spoil(how, name, good):
                continue
            for env in ({}, {"AMT_SERVER": url, "AMT_USER": "ocadm",
                             "AMT_PASSWORD": "opconxps"}):
                r = alone(*QUICK, *FAST, env=env, cwd=d + "/cwd", timeout=20,
                          program=os.path.abspath(AMT))
                one_line(r, 78, "Connector.config", "--config")
        nothing_sent(stats)


def test_an_unasked_files_server_is_sent_no_credentials_from_elsewhere():
    with server() as (url, stats), folder() as d:
        write(d + "/Connector.config", config(url))
        password = write(d + "/password", "opconxps\n")
        wire = write(d + "/wire", AUTH["fixed"])
        program = os.path.abspath(AMT)

        def run(*args, **env):
            return alone(*QUICK, *FAST, *args, env=env, cwd=d, program=program)
        for args, env in (
                ([], {"AMT_PASSWORD": "opconxps"}), ([], {"AMT_USER": "ocadm"}),
                (["--password-file", password], {}),
                (["--api-user", "ocadm"], {}),
                (["--wire", wire], {"AMT_TOKEN": "t"}),
                (["--wire", wire, "--password-file", password], {})):
            r = run(*args, **env)
            one_line(r, 78, "Connector.config", "--config", "--server")
            nothing_sent(stats)
        equal(run().returncode, 4)
        equal(run("-c", "Connector.config", AMT_PASSWORD="opconxps",
                  AMT_USER="ocadm").returncode, 4)
        equal(run("-s", url, AMT_PASSWORD="opconxps").returncode, 4)


def test_an_unasked_files_DEBUG_counts_with_its_own_server_alone():
    with server() as (url, _), folder() as d:
        write(d + "/Connector.config", config(url, debug="ON"))
        program = os.path.abspath(AMT)
        login = {"AMT_USER": "ocadm", "AMT_PASSWORD": "opconxps"}
        for args, env in ((["-s", url], login),
                          ([], {**login, "AMT_SERVER": url})):
            r = alone(*QUICK, *FAST, *args, env=env, cwd=d, program=program)
            equal((r.returncode, r.stderr), (4, ""))
            r = alone(*QUICK, *FAST, *args, "--trace", env=env, cwd=d,
                      program=program)
            assert "Connector.config" in r.stderr.splitlines()[0], r.stderr
        for args in ([], ["-c", "Connector.config"]):
            r = alone(*QUICK, *FAST, *args, cwd=d, program=program)
            assert "Connector.config" in r.stderr.splitlines()[0], r.stderr
            assert "MonitorJob" in r.stderr, r.stderr


def test_an_unasked_file_that_cannot_be_read_is_passed_over():
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root, to hide a file from its user")
    with server() as (url, _), for_everybody() as (d, program):
        for mode in (0o700, 0o755):
            cwd = "%s/%o" % (d, mode)
            os.mkdir(cwd)
            write(cwd + "/Connector.config", config(dead_url()))
            os.chmod(cwd + "/Connector.config", 0o600)
            os.chmod(cwd, mode)
            r = subprocess.run([program, *QUICK, *FAST], env=environment(url),
                               cwd=cwd, user=NOBODY, text=True, check=False,
                               capture_output=True)
            equal((mode, r.returncode, r.stderr), (mode, 4, ""))


def test_a_configuration_that_contradicts_itself_is_78_with_its_line():
    with server() as (url, stats), folder() as d:
        good = config(url)
        for more in ("SERVER_USES_TLS=True", "SERVER_USE_TLS=True",
                     "server_uses_tls = TRUE", "USER=" + encoded("other"),
                     "PASSWORD=" + encoded("other"), "PASSWORD=",
                     "SERVER_ADDRESS=other:1", "[CONNECTOR]\nDEBUG=ON",
                     "[Connector]\nSTATUS_CHECK_POLL_INTERVAL=7",
                     "[AMT_BATCH_SERVER]\nSERVER_ADDRESS=other:1"):
            path = write(d + "/c", good + more + "\n")
            r = alone("-c", path, *QUICK, *FAST)
            one_line(r, 78, "%s:%d" % (path, (good + more).count("\n") + 1))
        nothing_sent(stats)
        write(path, good + "SERVER_USES_TLS=FALSE\n" + good)
        equal(alone("-c", path, *QUICK, *FAST).returncode, 4)


def test_a_wire_table_writes_no_header_that_frames_a_request():
    with server() as (url, stats), folder() as d:
        for name in ("Host", "CONTENT-LENGTH", "transfer-Encoding",
                     "Connection", "Expect", "TE", "Upgrade"):
            for line in ("header = %s: chunked" % name,
                         "header = %s: {token}" % name,
                         "header = {?queue}%s: 1{/queue}" % name):
                path = write(d + "/w", "\n" + line + "\n")
                one_line(amt(url, *QUICK, "--wire", path), 78, path + ":2",
                         "Content-Length")
        nothing_sent(stats)


# --- secrets, where others could find them -----------------------------------

def test_a_secret_that_others_can_read_is_warned_of():
    with secure("ec") as (url, _), folder() as d:
        own = config(url.replace("https", "http"), tls="True")
        key = read(cert("client-ec.key"))
        for option, text, args, env in (
                ("--config", own, [], {}),
                ("--password-file", "opconxps\n", [],
                 {"AMT_USER": "ocadm", "AMT_SERVER": url}),
                ("--key", key, ["--cert", cert("client-ec.crt")],
                 environment(url))):
            path = write(d + "/" + option, text)
            args = [*QUICK, *FAST, *trusting(), *args, option, path]
            for mode in (0o600, 0o400, 0o640, 0o604):
                os.chmod(path, mode)
                r = alone(*args, env=env)
                equal((option, mode, r.returncode, len(r.stderr.splitlines())),
                      (option, mode, 4, mode & 0o44 != 0))
                if mode & 0o44:
                    assert "warning" in r.stderr and path in r.stderr, r.stderr


def test_a_secret_that_its_owner_shares_by_group_is_not_warned_of():
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root, to give a file away")
    with server() as (url, _), for_everybody() as (d, program):
        path = write(d + "/password", "opconxps\n")
        os.chown(path, 0, NOBODY)
        os.chmod(path, 0o640)
        r = alone(*QUICK, *FAST, "--password-file", path, program=program,
                  env={"AMT_SERVER": url, "AMT_USER": "ocadm"}, cwd=d,
                  user=NOBODY, group=NOBODY, extra_groups=[])
        equal((r.returncode, r.stderr), (4, ""))


def test_there_is_no_core_dump_to_hold_a_secret():
    def unlimited():
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    with server(speed=1) as (url, stats), for_everybody() as (d, program):
        more = {"user": NOBODY} if os.geteuid() == 0 else {}
        job = begin(url, *LONG, program=program, preexec_fn=unlimited, cwd=d,
                    **more)
        until(lambda: stats()["monitors"] > 0)
        limits = read("/proc/%d/limits" % job.pid)
        owner = os.stat("/proc/%d/mem" % job.pid).st_uid
        job.send_signal(signal.SIGABRT)
        ended(job)
        assert re.search(r"^Max core file size +0 +0 ", limits, re.M), limits
        # What /proc shows of an undumpable process belongs to root.
        equal((owner, os.listdir(d)), (0, ["amt"]))


FIND_C = r"""
/* As the program ends, writes to the file FOUND where its writable memory holds
   the secret. NEEDLE is the secret with the low bit of each byte flipped, so
   that the search does not find its own needle. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static __attribute__((destructor)) void find(void)
{
  static char line[600];
  const char *needle = getenv("NEEDLE");
  size_t      n = strlen(needle), i;
  FILE       *maps = fopen("/proc/self/maps", "r");
  FILE       *found = fopen(getenv("FOUND"), "w");
  while (fgets(line, sizeof line, maps)) {
    unsigned long from, to;
    char          mode[5];
    if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3) continue;
    if (strncmp(mode, "rw", 2) != 0 || strstr(line, "[v")) continue;
    for (; from + n <= to; from++) {
      for (i = 0; i < n && ((char *)from)[i] == (needle[i] ^ 1); i++) {}
      if (i == n) fprintf(found, "%lx in %s", from, line);
    }
  }
  fprintf(found, "looked\n");
  fclose(found);
}
"""


def test_no_secret_is_left_in_memory_when_the_tool_ends():
    shim = compiled("tool_find.so", FIND_C, "-shared", "-fPIC")
    secret, token = "S3cretW0rdThatIsLong", "t0kenThatIsLongEnough"
    with folder() as d:
        found = d + "/found"
        word = write(d + "/word", secret + "\n")
        fixed = write(d + "/token", token + "\n")

        def run(url, needle, *args):
            r = alone(*args, "-s", url, "--api-user", "ocadm", program=PLAIN,
                      env={"LD_PRELOAD": shim, "FOUND": found,
                           "NEEDLE": "".join(chr(ord(c) ^ 1) for c in needle)})
            equal(read(found), "looked\n")
            return r
        wire = write(d + "/wire", AUTH["fixed"])
        json_wire = write(d + "/json", AUTH["json"])
        basic = write(d + "/basic", AUTH["basic"])
        for trace in ([], ["--trace"]):
            for table, needle, file, *more in (
                    (json_wire, secret, word), (wire, token, fixed, "--token",
                                                token), (basic, secret, word)):
                with server("--wire", table, "--password-file", word, *more) \
                        as (url, _):
                    r = run(url, needle, *QUICK, *FAST, *trace, "--wire", table,
                            "--password-file", file)
                    equal((table, r.returncode), (table, 4))
                    r = run(url, needle, "probe", *trace, "--wire", table,
                            "--password-file", file)
        with answers(signed_in_with()) as url: # the token of this sign-in
            run(url, "t.o-k~en", "probe", "--password-file", word)
        r = run(dead_url(), "much" * 300, *QUICK, "--password-file",
                write(d + "/much", "much" * 300))
        equal(r.returncode, 78)


# --- bad input ---------------------------------------------------------------

def test_every_wrong_option_value_and_combination_is_64_and_sends_nothing():
    start = [*DEMO, "-jn", "J"]
    by_id = [*DEMO, "-id", "1"]
    cases = [["fly"], ["probe", "fly"], ["probe", "-id", "1"],
             ["probe", *start], ["encrypt", "-x", "a"], ["-x", *start],
             ["--pol", "1", *start],
             ["--poll=1", *start], ["--password", "x", *start],
             ["-jt", "", "-jn", "J", "-an"], ["-c"], ["--wire"],
             [*start, "-id", "1"], [*start, "-jn", "K"],
             [*start, "-s", "http://"],
             ["-jt", "MONITOR", *DEMO], ["-jt", "STOP", *by_id, "-jn", "J"],
             ["-jt", "KILL", *by_id, "--state", "/tmp/x"],
             ["-jt", "MESSAGES", *by_id, "--state", "/tmp/x"],
             ["-jt", "ATTACH", *by_id, "--no-wait"],
             ["-jt", "ATTACH", *by_id, "-pa", "x"],
             [*start, "--no-wait", "--follow"],
             [*start, "--retain-days", "3"]]
    for option in ("--poll", "--initial-delay", "--poll-max", "--timeout",
                   "--give-up"):
        cases += [[*start, option, value] for value in
                  ("", "x", "-1", "1e3", "1,5", "nan", "99999999999", "1s")]
        cases.append([*start, option])
        cases.append([*start, option, "1", option, "2"])
    cases += [[*start, "--format", word] for word in ("", "xml", "acs,json")]
    cases += [[*start, "--on-signal", word] for word in ("", "die", "kil")]
    cases += [[*start, "--log-dir", "/tmp", "--retain-days", word]
              for word in ("", "x", "-1", "1.5", "99999999999")]
    for flag in ("--no-wait", "--zero-on-done", "--no-keep-alive", "--follow",
                 "-v"):
        cases.append([*start, flag, flag])
        cases.append([*start, flag, "yes"])
    troubles = []
    with server() as (url, stats):
        for args in cases:
            r = amt(url, *args, fast=False)
            try:
                one_line(r, 64)
            except AssertionError as e:
                troubles.append("%s: %s %s" % (args, r.returncode, e))
        nothing_sent(stats)
    assert not troubles, "\n".join(troubles)


def test_every_wrong_file_is_78_and_sends_nothing():
    with server() as (url, stats), folder() as d:
        plain = write(d + "/file", "x\n")
        cases = [["--config", d + "/none"], ["--config", d],
                 ["--password-file", d + "/none"], ["--password-file", d],
                 ["--wire", d + "/none"], ["--wire", d],
                 ["--state", d + "/none/state"], ["--state", d],
                 ["--state", plain], ["--log-dir", d + "/none"],
                 ["--log-dir", plain]]
        troubles = []
        for args in cases:
            r = amt(url, *DONE, *args)
            try:
                one_line(r, 78, args[1])
            except AssertionError as e:
                troubles.append("%s: %s" % (args, e))
        assert not troubles, "\n".join(troubles)
        nothing_sent(stats)
        equal(sorted(os.listdir(d)), ["file"])
        equal(read(plain), "x\n")


def test_a_link_local_address_needs_its_zone_which_has_no_controls():
    missing = ("link-local", "its zone", "fe80::1%25")
    sign_in = {"AMT_USER": "ocadm", "AMT_PASSWORD": "password"}
    for host, words in (("fe80::1", missing), ("FEBF::1", missing),
                        ("fe80::1%25lo%00", ("zone", "control")),
                        ("fe80::1%251%00", ("zone", "control")),
                        ("fe80::1%25%00", ("zone", "control")),
                        ("fe80::1%25a%0Ab", ("zone", "control")),
                        ("fe80::1%25%C2%9B", ("zone", "control")),
                        ("fe80::1%2500", ("no interface '00'",))):
        url = "http://[%s]:4004" % host
        one_line(alone("-s", url, *QUICK, env=sign_in), 64, host, *words)
        one_line(alone(*QUICK, env={**sign_in, "AMT_SERVER": url}), 78,
                 host, *words)
        one_line(alone("tap", "--listen", "[%s]:0" % host, "--to",
                       "http://127.0.0.1:4004", "--save", "nothing"), 64,
                 "--listen", *words)
        one_line(alone("tap", "--listen", "0", "--to", url, "--save",
                       "nothing"), 64, "--to", *words)
    r = alone("-s", "http://[fec0::1]:4004", "--give-up", "0", *QUICK,
              env=sign_in)
    equal(r.returncode, 23)
    assert "zone" not in r.stderr, r.stderr


def test_no_server_no_user_no_password_no_application_are_told():
    env = {"AMT_SERVER": "http://127.0.0.1:1", "AMT_USER": "u",
           "AMT_PASSWORD": "p", "AMT_APPLICATION": "A"}
    for name, status in (("AMT_SERVER", 78), ("AMT_USER", 78),
                         ("AMT_PASSWORD", 78), ("AMT_APPLICATION", 64)):
        less = {k: v for k, v in env.items() if k != name}
        one_line(alone("-jn", "J", env=less), status, name)


def test_help_and_version_go_to_standard_output():
    r = alone("--help")
    equal((r.returncode, r.stderr), (0, ""))
    for option in ("-jt", "--job-type", "-an", "-jn", "-fn", "-pa", "-tv", "-u",
                   "-su", "-st", "-qn", "-id", "-c", "--config", "--server",
                   "--api-user", "--password-file", "--poll", "--initial-delay",
                   "--poll-max", "--timeout", "--give-up", "--format",
                   "--follow", "--state", "--on-signal", "--no-wait",
                   "--log-dir", "--retain-days", "--wire", "--no-keep-alive",
                   "--zero-on-done", "--trace", "--print-wire", "probe",
                   "encrypt", "anchors", "--ca", "--pin", "--cert", "--key",
                   "--insecure", "--version", "--quiet", "--id-file",
                   "--id-text", "--max-log", "--strict-text", "--lock-wait",
                   "--keep-state"):
        assert re.search(r"(^|[\s,\[|])%s\b" % re.escape(option), r.stdout), \
            (option, r.stdout)
    ends_with_0 = re.search(r"statuses: 0 (.*?);", r.stdout, re.S).group(1)
    for command in re.findall(r"^       amt ([a-z]+)", r.stdout, re.M):
        assert command in ends_with_0, (command, ends_with_0)
    r = alone("--version")
    equal(r.returncode, 0)
    assert re.fullmatch(r"amt \d+\.\d+\.\d+\n", r.stdout), r.stdout


def test_the_published_advice_is_given():
    with server() as (url, _):
        for args, status, words in (
                ([*DEMO, "-fn", "no.ps1"], 11, ("path", "-fn")),
                ([*DONE, "-u", "NOBODY"], 99, ("-u", "NOBODY")),
                ([*DONE], 24, ("user", "password"))):
            env = {"AMT_PASSWORD": "wrong"} if status == 24 else {}
            r = amt(url, *args, env=env)
            equal(r.returncode, status)
            for word in (*words[:1], url, "DEMO2"):
                assert word in last_line(r), (word, r.stderr)


# --- a job is safe in every hand ---------------------------------------------

CALLS = {"Authenticate": "sign_in", "MonitorJob": "monitor",
         "GetMessages": "messages"}
TICKET = "3f786850e387550fdab836ed7e6dc881"


class Scripted(http.server.BaseHTTPRequestHandler):
    """Answers each call as self.server.calls says: a JSON value, bytes, or a
    tuple of status, one of these, and header fields. A function gets this
    handler and the request's body, and returns one of these, or None if it
    has answered itself."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    usual = {"sign_in": {"Token": TICKET}, "start": {"BatchRequestId": 2112},
             "stop": {}, "kill": {}, "monitor": {"Status": 4},
             "messages": {"Messages": ["done"]}}

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = CALLS.get(self.path.rpartition("/")[2])
        call = call or json.loads(body)["Action"].lower()
        self.server.asked.append((call, body.decode()))
        answer = self.server.calls.get(call, self.usual[call])
        if callable(answer):
            answer = answer(self, body.decode())
        if answer is not None:
            self.answer(*(answer if isinstance(answer, tuple)
                          else (200, answer)))

    def answer(self, status, body, *fields):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for field in fields:
            self.send_header(*field)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Listening(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass # some tests end the tool before it has read its reply


@contextlib.contextmanager
def scripted(**calls):
    """Yields its URL, and the list of calls it was asked for."""
    with Listening(("127.0.0.1", 0), Scripted) as s:
        s.calls, s.asked = calls, []
        threading.Thread(target=s.serve_forever, daemon=True).start()
        yield "http://127.0.0.1:%d" % s.server_port, s.asked
        s.shutdown()


def asked_for(asked, *calls):
    return [body for call, body in asked if call in calls]


def goes_on(r, word, status=75):
    """The job goes on at the server: the last line has its id and command."""
    equal((r.args[1:], r.returncode, r.stderr), (r.args[1:], status, r.stderr))
    assert last_line(r).startswith(word + ": "), r.stderr
    assert re.search(r": amt -.* -jt ATTACH -an DEMO2 -id 2112( --id-text)?$",
                     last_line(r)), r.stderr


def test_a_refusal_is_an_outage_once_a_Start_is_known():
    """The tool never ends with 23 or 24 while the job may run."""
    signed = []

    def sign_in_once(*_):
        signed.append(1)
        return {"Token": TICKET} if len(signed) % 2 else (403, {})
    for calls in ({"monitor": (403, {})}, {"monitor": (401, {})},
                  {"monitor": (404, {})}, {"monitor": (302, {})},
                  {"monitor": (401, {}), "sign_in": sign_in_once}):
        with scripted(**calls) as (url, asked), folder() as d:
            r = amt(url, *DONE, "--give-up", "0.5", "--state", d + "/s")
            goes_on(r, "server-lost")
            assert "Completion Code : UNDEFINED\n" in r.stdout, r.stdout
            assert "restart" not in r.stdout + r.stderr, r
            assert os.path.exists(d + "/s")
            equal(len(asked_for(asked, "start")), 1)


def test_a_resumed_run_whose_sign_in_is_refused_leaves_the_job_to_the_next():
    answers = [{"Token": TICKET}]
    with scripted(sign_in=lambda *_: answers.pop(0) if answers else (401, {}),
                  monitor=(503, {})) as (url, asked), folder() as d:
        for _ in range(2):
            r = amt(url, *DONE, "--give-up", "0", "--state", d + "/s")
            goes_on(r, "server-lost")
            assert os.path.exists(d + "/s")
        equal(len(asked_for(asked, "start")), 1)


def test_a_refusal_of_a_given_id_is_24_or_11_and_75_for_ATTACH():
    for calls, status in (({"sign_in": (401, {})}, 24),
                          ({"monitor": (403, {}), "messages": (403, {}),
                            "kill": (403, {}), "stop": (403, {})}, 24),
                          ({"monitor": (404, {}), "messages": (404, {}),
                            "kill": (404, {}), "stop": (404, {})}, 11)):
        for what in "MONITOR", "MESSAGES", "STOP", "KILL", "ATTACH":
            with scripted(**calls) as (url, _):
                r = amt(url, "-jt", what, *DEMO, "-id", "2112", "--give-up",
                        "0.5", *(FAST if what[0] != "M" else []), fast=False)
                if what == "ATTACH":
                    goes_on(r, "server-lost")
                else:
                    equal((what, calls, r.returncode, r.stderr),
                          (what, calls, status, r.stderr))
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        for what in "MONITOR", "KILL", "ATTACH":
            r = amt("http://127.0.0.1:%d" % nobody.getsockname()[1], "-jt",
                    what, *DEMO, "-id", "2112", "--give-up", "0", fast=False)
            goes_on(r, "server-lost")


def test_a_23_or_24_that_the_server_reports_asks_for_a_look_first():
    with server() as (url, _):
        for code in 23, 24:
            r = amt(url, *DEMO, "-jn", "CODE_%d" % code)
            equal(r.returncode, code)
            assert "look at the job first" in last_line(r), r.stderr
            assert "restart" not in r.stderr, r.stderr
    with scripted(start={"Status": 23}) as (url, _):
        r = amt(url, *DONE)
        equal(r.returncode, 23)
        assert "look at the job first" in last_line(r), r.stderr


def test_the_id_is_told_on_standard_error_as_soon_as_the_job_is_started():
    loud = [word for word in FAST if word != "--quiet"]
    for form in FORMATS:
        with server(speed=1) as (url, _):
            job = subprocess.Popen(
                [AMT, *LONG, *loud, "--format", form], text=True,
                env=environment(url), stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
            line = job.stderr.readline()
            assert re.match(r"amt: started: .*LONGRUNNINGREPORT.*\b2112\b",
                            line), line
            equal(job.poll(), None)
            job.send_signal(TERM)
            equal(ended(job).returncode, 3)
    with server() as (url, _):
        r = amt(url, *DONE, *loud, fast=False)
        equal((r.returncode, len(r.stderr.splitlines())), (4, 1))
        equal(amt(url, *DONE).stderr, "")
        equal(amt(url, *DONE, "--no-wait", *loud, fast=False).stderr, "")


def test_an_id_file_is_there_whole_before_anything_else_goes_on():
    with folder() as d:
        path, seen = d + "/id", []

        def look(*_):
            seen.append((os.listdir(d), read(path)))
            return {"Status": 4}
        write(path, "old\n")
        with scripted(start=lambda *_: seen.append(os.listdir(d)) or
                      {"BatchRequestId": 2112}, monitor=look) as (url, _):
            equal(amt(url, *DONE, "--id-file", path).returncode, 4)
        equal(seen, [[], (["id"], "2112\n")])
        with server() as (url, _):
            equal(amt(url, *DEMO, "-jn", "NO_SUCH", "--id-file",
                      path).returncode, 11)
            equal(os.listdir(d), [])
            write(d + "/id.tmp", "somebody's\n")
            equal(amt(url, *DONE, "--id-file", path).returncode, 4)
            equal((read(path), read(d + "/id.tmp"), len(os.listdir(d))),
                  ("2112\n", "somebody's\n", 2))
            os.unlink(d + "/id.tmp")
            r = amt(url, *DONE, "--id-file", d + "/none/id")
            equal((r.returncode, len(r.stderr.splitlines())), (4, 1))
            assert d + "/none/id: " in r.stderr and "2114" not in r.stderr, r
            r = amt(url, *DONE, "--no-wait", "--id-file", path)
            equal((r.returncode, r.stdout), (0, read(path)))


def only_as(kind, answer):
    """Takes an id of this JSON type alone."""
    def check(_, body):
        good = isinstance(json.loads(body)["BatchRequestId"], kind)
        return answer if good else (400, {"Message": "wrong type"})
    return check


def test_a_bare_id_is_tried_in_both_JSON_types():
    for kind, status in ((str, 4), (int, 4)):
        with scripted(**{call: only_as(kind, answer) for call, answer in
                         (("monitor", {"Status": 3}), ("kill", {}),
                          ("stop", {}), ("messages", {"Messages": ["m"]}))}
                      ) as (url, asked):
            for what in "MONITOR", "MESSAGES", "STOP", "KILL", "ATTACH":
                status = 0 if what == "MESSAGES" else 3
                for more in [], ["--no-wait"]:
                    if more and what not in ("STOP", "KILL"):
                        continue
                    r = amt(url, "-jt", what, *DEMO, "-id", "2112", *more,
                            "--give-up", "3", fast=False)
                    equal((kind, what, r.returncode, r.stderr),
                          (kind, what, 0 if more else status, r.stderr))
                    assert "wrong type" not in r.stderr, r.stderr
            for more in [], ["--id-text"] if kind is str else []:
                r = amt(url, "probe", *DEMO, "-id", "2112", *more, "--give-up",
                        "0", fast=False)
                equal((kind, more, r.returncode, r.stderr), (kind, more, 0, ""))
                assert "reply.status    Status: fits" in r.stdout, r.stdout
                equal("(--id-text)" in r.stdout, kind is str and not more)
            asked.clear()
            r = amt(url, "-jt", "MONITOR", *DEMO, "-id", "2112", "--id-text",
                    fast=False)
            equal((r.returncode, len(asked_for(asked, "monitor"))),
                  (3 if kind is str else 11, 1))
            assert '"BatchRequestId":"2112"' in asked[1][1], asked


def test_the_printed_command_keeps_the_ids_JSON_type():
    for number in 2112, "2112":
        kind = type(number)
        with scripted(start={"BatchRequestId": number},
                      monitor=only_as(kind, {"Status": 2}),
                      messages=only_as(kind, {"Messages": ["m"]})
                      ) as (url, asked):
            r = amt(url, *DONE, "--timeout", "0.4")
            goes_on(r, "timed-out")
            equal(last_line(r).endswith(" --id-text"), kind is str)
            asked.clear()
            command = last_line(r).partition("with it: amt ")[2]
            r = amt(None, *shlex.split(command), "--timeout", "0.4")
            goes_on(r, "timed-out")
            equal(last_line(r).endswith(command), True)
            assert not [b for b in asked_for(asked, "monitor")
                        if not isinstance(json.loads(b)["BatchRequestId"],
                                          kind)], asked
    with scripted(start={"BatchRequestId": "7"}, monitor=only_as(
            str, {"Status": 4}), messages=only_as(str, {"Messages": ["m"]})
                  ) as (url, _): # with --follow, the log is fetched again
        r = amt(url, *DONE, "--follow", "--give-up", "1")
        equal((r.returncode, messages_of(r.stdout)), (4, ["m"]))


def test_what_the_server_says_to_a_Start_without_an_id_stands_in_each_form():
    for form in FORMATS:
        with scripted(start={"Message": "Job X is not defined"}) as (url, _):
            r = amt(url, *DONE, "--format", form)
            equal(r.returncode, 76)
            assert "Job X is not defined" in r.stdout, (form, r.stdout)
            assert last_line(r).startswith("start-unknown: "), r.stderr
            assert "Job X is not defined" in last_line(r), r.stderr


def test_a_success_that_is_false_refuses_and_a_site_has_its_words_for_statuses():
    with folder() as d:
        path = write(d + "/wire", "reply.success = ok\nstatus.All Good = DONE\n"
                     "status.Busy = 2\n")
        wire = ["--wire", path]
        assert "\nstatus.All Good = 4\nstatus.Busy = 2\n" in alone(
            *wire, "--print-wire").stdout
        with scripted(start={"BatchRequestId": 7, "ok": False,
                             "Message": "no such job"}) as (url, _):
            r = amt(url, *DONE, *wire)
            equal(r.returncode, 11)
            assert "no such job" in r.stdout + r.stderr, r
        with scripted(monitor={"Status": "all good"}) as (url, _):
            equal(amt(url, *DONE, *wire).returncode, 4)
        for line in ("status. = 4", "status.x = ", "status.x = -1",
                     "status.x = y", "status.%s = 4" % ("x" * 32)):
            equal(alone("--wire", write(path, line + "\n"),
                        "--print-wire").returncode, 78)


def test_all_the_words_of_a_refusal_are_told():
    for body, told in (
            ({"title": "Bad", "errors": {"Job": ["a", "b"]}, "traceId": "zz9"},
             'the server says "Bad; a; b"'),
            ({"traceId": "zz9", "title": "Bad"}, 'the server says "Bad"'),
            ({"code": "E7", "hint": "x"}, 'the server says "E7; x"')):
        with scripted(start=(400, body)) as (url, _):
            r = amt(url, *DONE)
            equal(r.returncode, 11)
            assert told in r.stdout + r.stderr, r
            assert "zz9" not in r.stdout + r.stderr, r


def test_words_of_an_earlier_failure_are_not_told_of_a_later_one():
    answers = [(503, {"Message": "FIRST"}), (503, b"")]
    with scripted(monitor=lambda *_: answers.pop(0) if answers else (503, b"")
                  ) as (url, _):
        r = amt(url, *DONE, "--give-up", "1.5")
        goes_on(r, "server-lost")
        assert "FIRST" in r.stderr and "FIRST" not in last_line(r), r.stderr


def test_words_about_one_type_of_id_or_one_server_are_not_told_of_the_next():
    def messages(_, body):
        number = isinstance(json.loads(body)["BatchRequestId"], int)
        return (400, {"Message": "FIRST"}) if number else (404, {})
    with scripted(messages=messages) as (url, _):
        r = amt(url, "-jt", "MESSAGES", *DEMO, "-id", "2112", fast=False)
        equal(r.returncode, 11)
        assert "HTTP 404" in r.stderr and "FIRST" not in r.stderr, r.stderr
    with scripted(sign_in=(503, {"Message": "FIRST"})) as (first, _), \
            scripted(sign_in=(503, b"")) as (second, _):
        r = amt(None, "-s", first, "-s", second, *DONE, "--give-up", "0")
        equal(r.returncode, 23)
        assert "FIRST" in r.stderr and "FIRST" not in last_line(r), r.stderr


def test_fewer_messages_at_the_end_than_were_followed_are_told_once():
    gone = []

    def messages(_, body):
        if json.loads(body)["AfterSequence"] == 0 and gone:
            return {"Messages": [{"Sequence": 3, "Text": "c"}]}
        gone.append(1)
        return {"Messages": [{"Sequence": i + 1, "Text": t}
                             for i, t in enumerate("abc")]}
    with scripted(messages=messages) as (url, _):
        r = amt(url, *DONE, "--follow")
        equal(r.returncode, 4)
        warnings = [x for x in r.stderr.splitlines() if x[:2] != "| "]
        equal(len(warnings), 1)
        assert "messages are missing here" in warnings[0], r.stderr
        equal(messages_of(r.stdout)[0], "c")


def test_a_log_whose_beginning_the_server_has_dropped_is_told_once():
    with scripted(messages={"Messages": [{"Sequence": i, "Text": "m%d" % i}
                                         for i in range(26, 31)]}) as (url, _):
        for form in FORMATS:
            r = amt(url, *DONE, "--format", form)
            equal((form, r.returncode, len(r.stderr.splitlines())),
                  (form, 4, 1))
            assert "no longer has all messages" in r.stderr, r.stderr


def test_bad_bytes_of_a_log_are_repaired_and_counted_in_one_line():
    bad = b'{"Messages":["a\x84b","c\x1bd","e\tf","last"]}'
    with scripted(messages=bad) as (url, _):
        r = amt(url, *DONE)
        equal((r.returncode, messages_of(r.stdout)),
              (4, ["a\ufffdb", "c\ufffdd", "e\tf", "last"]))
        equal(len(r.stderr.splitlines()), 1)
        assert "2 bytes" in r.stderr and "--strict-text" in r.stderr, r.stderr
        for more in ["--follow"], ["--follow", "--format", "text"]:
            r = amt(url, *DONE, *more)
            said = [x for x in r.stderr.splitlines() if x[:2] != "| "]
            equal(len(said), 1)
            assert "2 bytes" in said[0], r.stderr
        r = amt(url, "-jt", "MESSAGES", *DEMO, "-id", "2112", fast=False)
        assert "2 bytes" in r.stderr, r.stderr
        r = amt(url, *DONE, "--strict-text")
        equal(r.returncode, 4)
        assert "messages are missing here: not UTF-8" in r.stderr, r.stderr


def test_a_monitors_reply_without_a_status_names_the_tables_word():
    with scripted(monitor={"State": 4}) as (url, _), folder() as d:
        r = amt(url, *DONE)
        equal(r.returncode, 19)
        assert last_line(r).startswith("undefined: "), r.stderr
        assert "reply.status: Status" in last_line(r), r.stderr
        wire = write(d + "/w", "reply.status = job.Code\n")
        r = amt(url, "-jt", "MONITOR", *DEMO, "-id", "2112", "--wire", wire,
                fast=False)
        equal(r.returncode, 19)
        assert "reply.status: job.Code" in last_line(r), r.stderr


def test_a_second_signal_in_a_resumed_run_says_that_the_job_goes_on():
    hang = threading.Event()
    with scripted(monitor=lambda *_: hang.wait(20) and None) as (url, asked), \
            folder() as d:
        job = begin(url, *DONE, "--state", d + "/s", program=PLAIN)
        until(lambda: asked_for(asked, "monitor"))
        killed(job)
        asked.clear()
        job = begin(url, *DONE, "--state", d + "/s")
        until(lambda: asked_for(asked, "sign_in"))
        job.send_signal(TERM)
        time.sleep(0.3)
        job.send_signal(signal.SIGINT)
        goes_on(ended(job, 10), "detached")
        assert os.path.exists(d + "/s")
        hang.set()


def drip(handler, _, first=b""):
    """Sends a byte a second until the client closes."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n" +
                        first)
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(b" ")
            time.sleep(1)


def drip_id(handler, body):
    drip(handler, body, b'{"BatchRequestId":2112,')


def test_an_unanswered_Start_is_left_30_s_after_the_limit_or_a_signal():
    def one(slow, options, by_signal, least, status=76):
        with scripted(start=slow, monitor={"Status": 3}) as (url, asked):
            begun = time.monotonic()
            job = begin(url, *DONE, *options)
            until(lambda: asked_for(asked, "start"))
            if by_signal:
                job.send_signal(TERM)
            r = ended(job, 60)
            took = time.monotonic() - begun
            assert least < took < 37, (slow, options, took)
            equal((options, r.returncode, r.stderr),
                  (options, status, r.stderr))
            if status == 76:
                assert last_line(r).startswith("start-unknown: "), r.stderr
                assert "Completion Code : UNDEFINED\n" in r.stdout, r.stdout
            if status == 75:
                goes_on(r, "timed-out")
            equal(len(asked_for(asked, "start")), 1)
            equal(len(asked_for(asked, "kill")), status == 3)
    silent = lambda *_: time.sleep(50)
    cases = [(drip, ["--timeout", "2"], False, 29),
             (drip, [], True, 29), (drip, ["--on-signal", "detach"], True, 29),
             (drip_id, ["--timeout", "2"], False, 29, 75),
             (drip_id, [], True, 29, 3),
             (silent, ["--timeout", "1"], False, 0), (silent, [], True, 0)]
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        for case in [pool.submit(one, *case) for case in cases]:
            case.result()


def test_a_sign_in_that_drips_is_left_at_once():
    for by_signal, status in (True, 3), (False, 23):
        with scripted(sign_in=drip) as (url, asked):
            job = begin(url, *DONE, *[] if by_signal else ["--timeout", "0.5"])
            until(lambda: asked_for(asked, "sign_in"))
            if by_signal:
                job.send_signal(TERM)
            r = ended(job, 10)
            equal((r.returncode, r.stderr), (status, r.stderr))
            assert "nothing was started" in last_line(r), r.stderr


NASTY = ["a\nserver-lost: amt -jt KILL", "a\rserver-lost: b", "\0\x1b[2Jc",
         "\x9b31m", "\u202egnorw\u202c", "\u2066x\u2069", "\u2028amt: z",
         "\x7f\x85", "a" * 300 + "\u20ac" * 200 + "\x1b]0;x\x07", ""]
STEERS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def test_no_text_of_a_server_forges_a_line_on_standard_error():
    pretty = json.dumps({"Messages": NASTY}, indent=1,
                        ensure_ascii=False).replace("\\n", "\n")
    with scripted(messages={"Messages": NASTY}) as (url, _):
        r = amt(url, *DONE, "--follow")
        equal(r.returncode, 4)
        equal([json.loads(line) for line in r.stdout.split("\n")
               if line[:1] == '"'], NASTY)
        lines = r.stderr.split("\n")[:-1]
        equal(len(lines), len(NASTY))
        for line in lines:
            assert line.startswith("| ") and not STEERS.search(line), (line,)
        equal(lines[8], "| " + "a" * 300 + "\u20ac" * 200 + "?]0;x?")
    said = "no\nserver-lost: \x1b[2J\u202e\x9b"
    with scripted(start=(500, {"Message": said})) as (url, _):
        r = amt(url, *DONE, "-v")
        for line in r.stderr.split("\n")[:-1]:
            assert re.match("amt: |start-unknown: job|[<>] ", line), (line,)
            assert not STEERS.search(line), (line,)
    raw = pretty.encode() + b'\n"\x9b\xe2\x80'
    with scripted(sign_in={"Token": TICKET, "x": 1}, monitor=(503, raw)) as (
            url, _):
        r = amt(url, *DONE, "-v", "--give-up", "0")
        assert "server-lost: amt" in r.stderr, r.stderr
        for line in r.stderr.split("\n")[:-1]:
            assert re.match("amt: |server-lost: job|[<>] ", line), (line,)
            assert not STEERS.search(line), (line,)


def test_no_control_of_a_message_reaches_a_terminal():
    with scripted(messages={"Messages": NASTY}) as (url, _):
        for form in FORMATS:
            status, seen = on_terminal(url, *DONE, "--format", form)
            equal(status, 4)
            assert not STEERS.search(seen.replace("\r\n", "\n").replace(
                "\r", "")), (form, seen)
        r = amt(url, *DONE, "--format", "json")
        assert not STEERS.search(r.stdout), r.stdout
        equal([e["text"] for e in events_of(r.stdout)
               if e["event"] == "message"], NASTY)
        r = amt(url, *DONE) # the published form, where there is no terminal
        assert '"\x9b31m"\n"\u202egnorw\u202c"\n' in r.stdout, r.stdout


def test_a_CR_begins_no_line_and_no_control_passes_in_the_forms_of_lines():
    text = ["a\r\nb\r\n", "c\rd", "e\r", "\r\r\nf", "g\th", "i\x1b\x85j\u2029"]
    wanted = ["a", "b", "c?d", "e", "??", "f", "g\th", "i??j?"]
    with scripted(messages={"Messages": text}) as (url, _):
        r = amt(url, *DONE, "--format", "connector")
        equal(connector_messages(r.stdout), wanted)
        r = amt(url, *DONE, "--format", "text")
        equal([line for line in r.stdout.split("\n") if line], wanted)
    pieces = iter([b'{"Messages":["a\\r', b'\\nb\\r', b'c"]}'])

    def slowly(handler, _):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n")
        for piece in pieces:
            handler.wfile.write(piece)
            time.sleep(0.2)
    with scripted(messages=slowly) as (url, _):
        r = amt(url, *DONE, "--format", "text")
        equal(r.stdout, "a\nb?c\n")


def test_a_secret_that_a_server_repeats_is_hidden_before_it_is_cut():
    secret = 'p"ss w\u00f6rd\\n/\U0001f600' + "0123456789" * 6
    def forms(text):
        utf16 = text.encode("utf-16-be")
        units = [utf16[i:i + 2].hex() for i in range(0, len(utf16), 2)]
        return [text, json.dumps(text)[1:-1].replace("/", "\\/"),
                json.dumps(text, ensure_ascii=False)[1:-1],
                "".join("\\u" + unit for unit in units),
                "".join("\\u" + unit.upper() for unit in units)]

    def hides(r, where):
        for word in secret, TICKET:
            for n in range(len(word) - 5):
                for form in forms(word[n:n + 6]):
                    assert form not in r.stdout + r.stderr, (where, form, r)

    def in_pieces(text):
        """A 503 with the text in two pieces, cut elsewhere each time."""
        at = itertools.count(3, 7)

        def send(handler, _):
            data = text.encode()
            cut = next(at) % len(data)
            handler.wfile.write(b"HTTP/1.1 503 No\r\nX-%s: 1\r\nServer: "
                                b"%s%s\r\nContent-Length: %d\r\n\r\n" % (
                                    TICKET.encode(), b"s" * 283,
                                    TICKET.encode(), len(data)))
            for piece in data[:cut], data[cut:]:
                handler.wfile.write(piece)
                handler.wfile.flush()
                time.sleep(0.03)
        return send
    env = {"AMT_PASSWORD": secret}
    for text in *forms(secret), *forms(TICKET):
        body = '{"a":"%s","Message":"%s","b":["%s%s"]}\nafter' % (
            text, text, text[:5], text)
        with scripted(monitor=in_pieces(body)) as (url, _):
            r = amt(url, *DONE, "-v", "--give-up", "0.7", env=env)
            equal(r.returncode, 75)
            hides(r, text)
            assert "***" in r.stderr and "after" in r.stderr, r.stderr
    for at in 1000, 1010, 1018: # a Message is kept up to 1,023 bytes
        message = {"Message": "x" * at + TICKET + "y" * 50}
        with scripted(monitor=(503, message)) as (url, _):
            hides(amt(url, *DONE, "--give-up", "0", env=env), at)
    broken = (b'HTTP/1.1 503 No\r\nContent-Length: 99\r\n\r\n{"Message":"' +
              TICKET[:16].encode())

    def breaks_off(handler, _):
        handler.wfile.write(broken)
        handler.close_connection = True
    with scripted(monitor=breaks_off) as (url, _):
        hides(amt(url, *DONE, "-v", "--give-up", "0", env=env), "broken")
    with scripted(monitor={"Status": "x" * 20 + TICKET}) as (url, _):
        for form in "acs", "json": # a status name is kept up to 31 bytes
            hides(amt(url, *DONE, "--format", form, env=env), "name")


def test_a_trace_hides_what_Basic_makes_of_the_password():
    pair = base64.b64encode(b"ocadm:opconxps").decode()
    with folder() as d:
        wire = write(d + "/w", AUTH["basic"])
        with scripted(monitor=(503, {"you sent": pair})) as (url, _):
            r = amt(url, *DONE, "-v", "--wire", wire, "--give-up", "0")
            assert "you sent" in r.stderr and pair[:8] not in r.stderr, r


def test_what_is_no_secret_is_traced_as_it_is():
    body = {"a": TICKET[:10] + "x", "b": "opc opcon opconxp", "c": "\\u00"}
    with scripted(monitor=(503, body)) as (url, _):
        r = amt(url, *DONE, "-v", "--give-up", "0")
        assert "\n< " + json.dumps(body) + "\n" in r.stderr, r.stderr


def test_the_printed_command_is_whole_or_its_absence_is_told():
    with scripted(monitor={"Status": 2}) as (url, _), folder() as d:
        name = "N'" * 400 + "\u20ac" * 300
        password = write(d + "/p w", "opconxps\n")
        r = amt(url, "-an", name, "-jn", "J" * 5000, "--timeout", "0.4",
                "--api-user", "o'c", "--password-file", password)
        equal(r.returncode, 75)
        assert "(2112)" in last_line(r), r.stderr
        command = shlex.split(last_line(r).partition("go on with it: ")[2])
        equal(command, ["amt", "-s", url, "--api-user", "o'c",
                        "--password-file", password, "-jt", "ATTACH", "-an",
                        name, "-id", "2112"])
        for name in "N" * 5000, "two\nlines":
            r = amt(url, "-an", name, "-jn", "J", "--timeout", "0.4")
            equal(r.returncode, 75)
            assert "-jt ATTACH -id 2112, with this run's" in last_line(r), r
            assert "cannot be shown here" in last_line(r), r


def endless(handler, _):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n{\"Messages\":[\"first\"")
    handler.close_connection = True
    with contextlib.suppress(OSError):
        for _ in range(30000):
            handler.wfile.write(b",\"" + b"0123456789" * 600 + b"\"")


def test_max_log_ends_a_log_that_has_no_end():
    for form in FORMATS:
        with scripted(messages=endless) as (url, _), folder() as d:
            r = amt(url, *DONE, "--format", form, "--max-log", "20k",
                    "--log-dir", d)
            equal((form, r.returncode, len(r.stderr.splitlines())),
                  (form, 4, 1))
            assert "--max-log" in r.stderr, r.stderr
            assert 20480 < len(r.stdout) < 24000, len(r.stdout)
            assert r.stdout.count("messages are missing here: the log is "
                                  "longer than --max-log") == 1, form
            (kept,) = os.listdir(d)
            equal(lines_of(d + "/" + kept), r.stdout)
    with scripted(messages=endless) as (url, _):
        r = amt(url, "-jt", "MESSAGES", *DEMO, "-id", "2112", "--max-log",
                "20k", fast=False)
        equal((r.returncode, len(r.stderr.splitlines())), (0, 1))
        assert 20480 < len(r.stdout) < 21000, len(r.stdout)


def test_a_job_whose_log_was_cut_is_still_watched_and_killed():
    for form in FORMATS:
        seen = []

        def monitor(*_):
            seen.append(1)
            return {"Status": 3 if len(seen) > 15 else 2}
        with scripted(messages=endless, monitor=monitor) as (url, asked):
            r = amt(url, *DONE, "--format", form, "--follow", "--max-log",
                    "20k")
            equal((form, r.returncode), (form, 3))
            assert "--max-log" in r.stderr, r.stderr
            assert 20480 < len(r.stdout) < 25000, len(r.stdout)
            assert len(r.stderr) < 25000, len(r.stderr)
            equal(len(asked_for(asked, "messages")), 1 + (form == "acs"))
    dead = []
    with scripted(messages=endless, kill=lambda *_: dead.append(1) or {},
                  monitor=lambda *_: {"Status": 3 if dead else 2}) as (url,
                                                                       asked):
        job = begin(url, *DONE, "--format", "text", "--follow", "--max-log",
                    "20k", stdout=subprocess.DEVNULL)
        until(lambda: len(asked_for(asked, "monitor")) > 5)
        job.send_signal(TERM)
        equal(ended(job).returncode, 3)


def test_max_log_takes_whole_numbers_and_units_and_bounds_to_the_byte():
    for bad in "", "0", "-1", "x", "1.5", "1kk", "1K", "k", "99999999999G":
        one_line(amt("http://127.0.0.1:1", *DONE, "--max-log", bad), 64,
                 "--max-log")
    with scripted(messages={"Messages": ["\u20ac" * 10, "abc"]}) as (url, _):
        for bound, wanted in (("33", ["\u20ac" * 10, "abc"]),
                              ("32", ["\u20ac" * 10, "ab"]),
                              ("30", ["\u20ac" * 10]), ("29", ["\u20ac" * 9])):
            r = amt(url, *DONE, "--max-log", bound)
            equal((bound, r.returncode), (bound, 4))
            equal(messages_of(r.stdout)[:len(wanted)], wanted)
            equal(len(messages_of(r.stdout)), len(wanted) + (bound != "33"))


def test_a_log_that_was_asked_for_and_not_written_is_74_and_the_file_stays():
    with server() as (url, _), folder() as d, open("/dev/full", "w",
                                                   encoding="utf-8") as full:
        r = ended(begin(url, *DONE, stdout=full))
        equal(r.returncode, 74)
        job = begin(url, *LONG, "--timeout", "0.5", stdout=full)
        r = ended(job)
        equal(r.returncode, 75) # that the job goes on matters more than the log
        assert last_line(r).startswith("timed-out: "), r.stderr
        if not WINE: # the tool ignores SIGXFSZ, so the write fails
            for args in [*DONE, *FAST], ["--print-wire"]:
                r = shell("ulimit -f 0; exec %s >%s/out" % (
                    shlex.join([AMT, *args]), d), environment(url))
                equal((args, r.returncode), (args, 74))
                assert "standard output: " in r.stderr, r.stderr
        os.mkdir(d + "/logs")
        with scripted(monitor=lambda *_: shutil.rmtree(d + "/logs") or
                      {"Status": 4}) as (other, _):
            r = amt(other, *DONE, "--log-dir", d + "/logs", "--state",
                    d + "/s")
            equal((r.returncode, os.path.exists(d + "/s")), (74, True))


# --- found in the field ------------------------------------------------------

@contextlib.contextmanager
def narrow_pipe():
    """Yields a pipe of 16 kB that nobody reads, and a function: does the tool
    wait for room in it? On Windows it offers more than there is room for, so
    only that nothing comes any more tells it."""
    r, w = os.pipe()
    fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, 16384)

    def full():
        before = fcntl.ioctl(r, termios.FIONREAD, bytes(4))
        if select.select([], [w], [], 0)[1]:
            return False
        time.sleep(1 if WINE else 0)
        return fcntl.ioctl(r, termios.FIONREAD, bytes(4)) == before
    try:
        yield w, full
    finally:
        os.close(r)
        os.close(w)


def test_a_reader_that_stands_still_keeps_no_kill_and_no_limit_waiting():
    for stream, options in (("stdout", []), ("stderr", ["--trace"])):
        for by_signal in True, False:
            with server(speed=200) as (url, stats), narrow_pipe() as (w, full):
                limit = [] if by_signal else ["--timeout", "2"]
                other = "stderr" if stream == "stdout" else "stdout"
                job = begin(url, *DEMO, "-jn", "SLOWLOG_9000", "--follow",
                            "--format", "connector", *options, *limit,
                            **{stream: w, other: subprocess.DEVNULL})
                until(full)
                equal(stats()["start_requests"], 1)
                begun = time.monotonic()
                if by_signal:
                    job.send_signal(TERM)
                    until(lambda: stats()["kills"] > 0, 3)
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        job.wait(3)
                    if job.poll() is None: # the second signal gives up the log
                        job.send_signal(TERM)
                        assert job.wait(2) in (75, 3), job.returncode
                    else:
                        equal(job.returncode, 3 if stream == "stderr" else 74)
                else:
                    equal(job.wait(6), 75)
                    equal(stats()["kills"], 0)
                assert time.monotonic() - begun < 9, (stream, by_signal)


def test_a_slow_reader_gets_all_of_a_log_that_a_signal_ends():
    with server(speed=200) as (url, stats):
        job = begin(url, *DEMO, "-jn", "SLOWLOG_2000", "--follow", "--format",
                    "json", stderr=subprocess.DEVNULL)
        fcntl.fcntl(job.stdout.fileno(), fcntl.F_SETPIPE_SZ, 4096)
        until(lambda: stats()["monitors"] > 0)
        time.sleep(1) # until the pipe is full
        job.send_signal(TERM)
        seen = []
        for line in job.stdout:
            time.sleep(0.002)
            seen.append(json.loads(line))
        equal(job.wait(20), 3)
        equal([e["sequence"] for e in seen if e["event"] == "message"],
              list(range(1, sum(e["event"] == "message" for e in seen) + 1)))
        equal(seen[-1]["event"], "end")


def test_standard_error_that_never_blocks_loses_no_line():
    with server(speed=200) as (url, _):
        r, w = os.pipe()
        fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(w, False)
        job = begin(url, *DEMO, "-jn", "LOG_2000", "--follow", stderr=w,
                    stdout=subprocess.DEVNULL)
        os.close(w)
        seen = b""
        while True:
            time.sleep(0.0005)
            piece = os.read(r, 4096)
            if not piece:
                break
            seen += piece
        os.close(r)
        equal(job.wait(20), 4)
        equal(sum(line.startswith(b"| ") for line in seen.splitlines()), 2000)


def test_SIGHUP_and_SIGQUIT_kill_the_job_as_SIGTERM_does():
    for number in signal.SIGHUP, signal.SIGQUIT:
        with server(speed=4) as (url, stats):
            job = begin(url, *LONG)
            until(lambda: stats()["monitors"] > 0)
            job.send_signal(number)
            r = ended(job)
            equal((r.returncode, stats()["kills"]), (3, 1))
            assert signal.Signals(number).name in r.stderr, r.stderr


def test_the_live_line_fits_a_narrow_terminal():
    with server(speed=20) as (url, _):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 9, 40, 0, 0))
        job = subprocess.Popen([AMT, *DONE, *FAST], env=environment(url),
                               stdout=subprocess.DEVNULL, stderr=slave)
        os.close(slave)
        seen = b""
        with contextlib.suppress(OSError):
            while True:
                piece = os.read(master, 1000)
                if not piece:
                    break
                seen += piece
        os.close(master)
        equal(job.wait(20), 4)
        drawn = [part for part in re.split(r"[\r\n]", seen.decode())
                 if part.startswith("REPORT")]
        assert drawn and max(map(len, drawn)) == 39, drawn


def test_two_runs_of_one_PID_share_a_log_folder():
    """Each log is kept. What a killed run left is removed like an old log."""
    with server() as (url, _), folder() as d:
        for _ in range(3):
            equal(amt(url, *DONE, "--log-dir", d).returncode, 4)
        logs = os.listdir(d)
        equal(len(logs), 3)
        parts = {re.fullmatch(r"amt-\d{8}-\d{6}-\d+-([0-9a-f]{8})-.*", name)[1]
                 for name in logs}
        equal(len(parts), 3)
        stale = d + "/.amt-20200101-000000-1-0123abcd.tmp"
        foreign = d + "/.amt-notes.tmp"
        fresh = d + "/.amt-20200101-000000-1-00000000.tmp"
        for path in stale, foreign, fresh:
            write(path, "x")
        for path in stale, foreign:
            os.utime(path, (0, 0))
        equal(amt(url, *DONE, "--log-dir", d).returncode, 4)
        equal([os.path.exists(p) for p in (stale, foreign, fresh)],
              [False, True, True])


def test_MONITOR_with_zero_on_done_is_0_for_DONE_alone():
    for status, plain, zero in ((4, 4, 0), (0, 0, 100), (2, 2, 2)):
        with scripted(monitor=lambda *_, s=status: {"Status": s}) as (url, _):
            command = ["-jt", "MONITOR", *DEMO, "-id", "7"]
            equal(amt(url, *command, fast=False).returncode, plain)
            equal(amt(url, *command, "--zero-on-done", fast=False).returncode,
                  zero)


def test_one_line_end_after_a_value_of_the_environment_is_dropped():
    names = {"AMT_USER": "ocadm", "AMT_PASSWORD": "opconxps",
             "AMT_APPLICATION": "DEMO2", "AMT_ALLOW_KILL": "1"}
    with server() as (url, stats):
        for end in "\n", "\r\n", "\r":
            r = amt(None, *QUICK[2:], env={
                name: value + end
                for name, value in {**names, "AMT_SERVER": url}.items()})
            equal((end, r.returncode, r.stderr), (end, 4, ""))
    with server() as (url, stats):
        for name in *names, "AMT_SERVER":
            for value in "a\nb", "a\n\n", "a\rb\n":
                one_line(amt(url, *QUICK[2:], env={
                    "AMT_APPLICATION": "DEMO2", name: value}), 78, name)
        nothing_sent(stats)


def test_a_setting_that_nobody_knows_is_warned_of_with_its_line():
    with server() as (url, _), folder() as d:
        path = write(d + "/Connector.config",
                     "[OTHER PROGRAM]\nPOLL=1\n[CONNECTOR]\n"
                     "STATUS_CHECK_POL_INTERVAL=1\n")
        r = amt(url, *QUICK, "--config", path)
        equal(r.returncode, 4)
        told = [l for l in r.stderr.splitlines() if "warning" in l]
        equal(len(told), 1)
        assert path + ":4" in told[0] and "POL_INTERVAL" in told[0], told


def test_parameters_may_be_many_empty_and_in_a_file():
    with server() as (url, stats), folder() as d:
        path = write(d + "/parameters", "from a file\r\n\n  second \nlast")
        many = [x for n in range(1000) for x in ("-pa", "p%d" % n)]
        r = amt(url, *DEMO, "-jn", "ECHO", *many, "-pa", "", "-tv", "",
                "-pa", "a\n\nb", "--param-file", path, "--format", "text")
        equal(r.returncode, 4)
        words = ["p%d" % n for n in range(1000)] + ["a", "b", "from a file",
                                                   "  second ", "last"]
        said = [line for line in r.stdout.splitlines() if "arameter" in line]
        equal([re.search(r"\[(.*)\]", line)[1] for line in said], words)
        r = amt(url, *DONE, "--param-file", d + "/none")
        one_line(r, 78, d + "/none")


def test_four_times_the_parameters_cost_four_times_the_work():
    with server("--speed", "100") as (url, _):
        def seconds(n):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            r = amt(url, *QUICK, *["-pa", "x" * 100] * n)
            equal(r.returncode, 4)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return after.ru_utime - before.ru_utime

        none, some, many = (seconds(n) for n in (0, 3500, 14000))
        print("        %.2f s, %.2f, %.2f" % (none, some, many))
        # In version 0.1 it took 2.3 s for 1.4 MB, and 0.15 s for a quarter.
        assert many - none < 6 * (some - none) + 0.4, (none, some, many)


def test_encrypt_reads_a_line_and_is_known_by_its_name():
    wanted = amt(None, "encrypt", "-v", "opconxps", fast=False).stdout
    r = amt(None, "encrypt", fast=False, input="opconxps\n")
    equal((r.returncode, r.stdout, r.stderr), (0, wanted, ""))
    equal(amt(None, "encrypt", fast=False, input="").returncode, 78)
    if WINE:
        return
    with folder() as d:
        for name in "Encrypt", "encrypt.exe":
            shutil.copy(AMT, d + "/" + name)
            r = amt(None, "-v", "opconxps", fast=False, program=[d + "/" + name])
            equal((r.returncode, r.stdout), (0, wanted))
            r = amt(None, fast=False, program=[d + "/" + name],
                    input="opconxps\n")
            equal((r.returncode, r.stdout, r.stderr), (0, wanted, ""))


def test_a_token_of_16_kB_is_kept():
    with scripted(sign_in=lambda *_: {"Token": "t" * 16000}) as (url, _):
        equal(amt(url, *QUICK).returncode, 4)


def test_a_log_kept_whole_counts_where_there_is_no_standard_output():
    with server() as (url, stats), folder() as d:
        os.mkdir(d + "/logs")
        r = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', AMT, *DONE, *FAST,
                            "--log-dir", d + "/logs", "--state", d + "/s"],
                           env=environment(url), stderr=subprocess.PIPE,
                           text=True, check=False)
        equal((r.returncode, os.path.exists(d + "/s")), (4, False))
        equal(len(os.listdir(d + "/logs")), 1)


# --- the server's own words --------------------------------------------------

PAGES = [ # each server's own: status, body, what the tool says of it
    (503, "<html>\r\n<head><title>503 Service Temporarily Unavailable</title>"
     "</head>\r\n<body>\r\n<center><h1>503 Service Temporarily Unavailable"
     "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
     "<!-- padding -->\r\n", "503 Service Temporarily Unavailable 503 Service "
     "Temporarily Unavailable nginx"),
    (404, '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
     "<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>There"
     ' is no "such" URL.</p>\n</body></html>\n',
     "404 Not Found Not Found There is no 'such' URL."),
    (503, "<html><body><h1>503 Service Unavailable</h1>\nNo server is there.\n"
     "</body></html>\n", "503 Service Unavailable No server is there."),
    (503, '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n<html>\n'
     "<head><title>503 Backend fetch failed</title></head><body><h1>Error 503"
     "</h1><p>XID: 32770</p></body></html>",
     "503 Backend fetch failed Error 503 XID: 32770"),
    (404, "", None), # Caddy, Kestrel
    (500, "<html><head><title>IIS 10.0 Detailed Error - 500.19</title>\r\n"
     "<style>\r\n<!--\r\nbody{margin:0} h1>a{top:0}\r\n-->\r\n</style></head>"
     "<body><h3>HTTP Error 500.19</h3><p>Config File \\\\?\\C:\\web</p>",
     "IIS 10.0 Detailed Error - 500.19 HTTP Error 500.19 Config File "
     "\\\\?\\C:\\web"),
    (502, "<title>502 - Web server received an invalid response.</title>",
     "502 - Web server received an invalid response."),
    (413, "<h2>HTTP Error 413.1 - Request Entity Too Large</h2>",
     "HTTP Error 413.1 - Request Entity Too Large"),
    (400, "<HTML><HEAD><TITLE>Bad Request</TITLE></HEAD>\r\n<BODY><h2>Bad "
     "Request - Invalid Hostname</h2>\r\n<hr></BODY></HTML>\r\n",
     "Bad Request Bad Request - Invalid Hostname"),
    (411, "<BODY><h2>Length Required</h2>\r\n<hr><p>HTTP Error 411.</p>",
     "Length Required HTTP Error 411."),
    (500, "System.InvalidOperationException: No AMT database\r\n   at Amt.Start"
     "()\r\n", "System.InvalidOperationException: No AMT database at "
     "Amt.Start()"),
    (500, "<s:Envelope><s:Body><s:Fault><faultcode>a:ActionNotSupported"
     "</faultcode><faultstring>No such action.</faultstring></s:Fault>"
     "</s:Body></s:Envelope>", "a:ActionNotSupported No such action."),
    (400, "<?xml version=\"1.0\"?><html><head><title>Request Error</title>"
     "<style>BODY { color: #000 } p > a { }</style></head><body><p>No.</p>",
     "Request Error No."),
    (503, b"no healthy upstream \xfcber\x1b[2J \xe2\x80\xae",
     "no healthy upstream ?ber [2J ?"),
    (500, "x" * 300, "x" * 200),
    (500, {"Message": "the words of AMT"}, "the words of AMT"),
    (500, "{\"Message\":\"the \\\"words\\\"", "the 'words'"),
]


def told(status, words):
    if words is None:
        return "HTTP %d (nothing is there): " % status
    return 'HTTP %d, the server says "%s": ' % (status, words)


def test_what_a_page_says_follows_its_status_in_every_form():
    for i, (status, body, words) in enumerate(PAGES):
        body = body.encode() if isinstance(body, str) else body
        for form in FORMATS if i < 2 else FORMATS[i % 4:i % 4 + 1]:
            with scripted(start=(status, body)) as (url, _):
                r = amt(url, *DONE, "--format", form)
            equal(r.returncode, 11 if status < 500 else 76)
            log = r.stdout
            if form in ("acs", "json"):
                log = log.replace('\\"', '"').replace("\\\\", "\\")
            for seen in last_line(r), log:
                assert told(status, words) in seen, (form, status, seen)
                assert "JSON" not in seen and "<" not in seen, seen


def test_what_a_page_says_to_a_sign_in_or_a_monitor_is_told():
    page = PAGES[0][1].encode()
    with scripted(sign_in=(503, page)) as (url, asked):
        r = amt(url, *DONE, "--give-up", "0")
        equal((r.returncode, asked_for(asked, "start")), (23, []))
        assert told(503, PAGES[0][2]) in last_line(r), r.stderr
    with scripted(monitor=(503, page)) as (url, _):
        r = amt(url, *DONE, "--give-up", "0")
        goes_on(r, "server-lost")
        assert told(503, PAGES[0][2]) in last_line(r), r.stderr
    with scripted(monitor=(200, page)) as (url, _):
        r = amt(url, *DONE, "--give-up", "0")
        assert "not JSON" in last_line(r), r.stderr


WINDOWS = (", the sign-in of Windows, which is not known here: let the site "
           "take anonymous requests")
CHALLENGES = [ # values of WWW-Authenticate, and what the tool says of them
    (["NTLM"], "NTLM" + WINDOWS),
    (["Negotiate", "NTLM"], "Negotiate; NTLM" + WINDOWS),
    (['Bearer error="invalid_token", error_description="\u20ac"'.encode()
      .decode("latin-1")],
     'Bearer error="invalid_token", error_description="\u20ac"'),
    (['Basic realm="\x1b[2Jgate"'], None), # HTTP allows no control here
    (['Basic realm="a\tgate\xfc"'], 'Basic realm="a gate?"'),
    ([""], ""),
]


def test_what_a_401_wants_is_told():
    for values, words in CHALLENGES:
        head = [("WWW-Authenticate", value) for value in values]
        with scripted(sign_in=(401, b"", *head)) as (url, asked):
            r = amt(url, *DONE, "--give-up", "0")
        equal(asked_for(asked, "start"), [])
        if words is None:
            equal((r.returncode, "Basic" in r.stderr), (23, False))
            continue
        equal((words, r.returncode), (words, 24))
        wants = ", it wants " + words if words else ""
        assert "HTTP 401%s: " % wants in last_line(r), r.stderr
        assert "\x1b" not in r.stderr, r.stderr


def test_what_a_401_wants_follows_its_page():
    with scripted(sign_in=(401, b"<h1>Who are you?</h1>",
                           ("WWW-Authenticate", "NTLM"))) as (url, _):
        r = amt(url, *DONE, "--give-up", "0")
    assert ('HTTP 401, the server says "Who are you?", it wants NTLM, the '
            "sign-in of Windows") in last_line(r), r.stderr


def test_a_redirect_tells_where_to():
    """Most often to https, when the URL has http."""
    for status, to, words in (
            (302, "https://amt.test/login?ReturnUrl=%2f", None),
            (308, "/amt/", None),
            (301, "https://amt.test/\xfc", "https://amt.test/?"),
            (302, "/" + "x" * 300, "/" + "x" * 199)):
        for call, code in ("sign_in", 23), ("start", 23), ("monitor", 75):
            reply = {call: (status, b"", ("Location", to))}
            with scripted(**reply) as (url, asked):
                r = amt(url, *DONE, "--give-up", "0")
            equal((to, call, r.returncode), (to, call, code))
            equal(len(asked_for(asked, call)), 1)
            assert "HTTP %d to %s: " % (status, words or to) in last_line(r), r


def test_an_empty_401_after_an_accepted_sign_in_is_not_called_bad_JSON():
    for call, args in (("monitor", ["-jt", "MONITOR", *DEMO, "-id", "2112"]),
                       ("start", DONE)):
        with scripted(**{call: (401, b"")}) as (url, _):
            r = amt(url, *args, "--give-up", "0", fast=False)
        equal((call, r.returncode), (call, 24))
        assert "HTTP 401: " in last_line(r), r.stderr
        assert "token" in last_line(r) and "JSON" not in r.stderr, r.stderr


def test_a_trace_shows_the_reply_of_a_failed_sign_in_and_no_secret():
    body = {"Message": "no such user", "sent": "opconxps"}
    with scripted(sign_in=(401, body)) as (url, _):
        r = amt(url, *DONE, "-v")
        assert '< {"Message": "no such user", "sent": "***"}' in r.stderr, r
        assert "> (" in r.stderr and "opconxps" not in r.stderr, r.stderr
    with scripted() as (url, _):
        r = amt(url, *DONE, "-v")
        assert "< (" in r.stderr and TICKET not in r.stderr, r.stderr


def test_a_trace_shows_where_a_redirect_leads_and_what_a_401_wants():
    """They are traced as lines of the head, not as part of the body."""
    place = ("Location", "https://amt.test/a?b=opconxps")
    for call, answer, line in (
            ("sign_in", (401, b"<h1>no</h1>", ("WWW-Authenticate", "NTLM")),
             "< WWW-Authenticate: NTLM\n< <h1>no</h1>\n"),
            ("sign_in", (302, b"", place),
             "< Location: https://amt.test/a?b=***\n"),
            ("start", (302, b"away", place),
             "< Location: https://amt.test/a?b=***\n< away\n")):
        with scripted(**{call: answer}) as (url, _):
            r = amt(url, *DONE, "--give-up", "0", "-v")
        assert line in r.stderr, r.stderr
        assert "opconxps" not in r.stderr, r.stderr


def test_a_probe_does_not_read_a_header_as_the_body():
    place = ("Location", '{"Status":4}')
    with scripted(monitor=(302, b"{}", place)) as (url, _):
        r = amt(url, "probe", *DEMO, "-id", "1", "--give-up", "0", fast=False)
    assert re.search(r"reply.status .*: missing", r.stdout), r.stdout


if __name__ == "__main__":
    with SHARED:
        main(globals())
