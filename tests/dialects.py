# SPDX-License-Identifier: MIT OR Unlicense
"""The tool against the servers of tests/dialects/, with the wire files beside
them. Each server speaks a dialect of the interface that is unlike the others,
shares no code with the tool, and says which Starts reach it.
Environment: AMT, the tool.
usage: dialects.py [WORD]   runs only the tests with WORD in their name"""
import concurrent.futures
import contextlib
import functools
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
os.umask(0o077) # the tool refuses a wire file that others can write

from programs import AMT, FAST, environment, equal, main, published

FOLDER = "tests/dialects/"
ENVIRONMENT = {"key": {"AMT_TOKEN": "tok-c0ffee-17"}}
WORDLESS = ("query",) # its refusals are bare strings, with no name to find
LETTERS = "a\u00e9\u20ac\U0001f600 \"\\/<&'\t{}[]:,=;%+#"
MANY = ["%d %s" % (i, LETTERS[i % 20:] * (i % 9)) for i in range(300)]
LISTS = ["-pa", "A=1 \"&%\u20ac\\'", "-pa", "B=", "-tv", "C=2 + 3"]
ECHOED = ["Parameter [A=1 \"&%\u20ac\\']", "Parameter [B=]",
          "Task value [C=2 + 3]"]


class Site:
    """The server of this name, and its wire file."""

    def __init__(self, name):
        self.name, self.said = name, []
        self.d = tempfile.TemporaryDirectory(prefix="amt-test.")
        self.file = shutil.copyfile(FOLDER + name + ".wire", self.d.name + "/w")
        self.process = subprocess.Popen(
            [sys.executable, "-B", FOLDER + name + ".py"],
            stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        self.reader = threading.Thread(target=self.listen)
        self.reader.start()

    def listen(self):
        for line in self.process.stdout:
            self.said.append(line.strip())

    def call(self, *args, **env):
        return subprocess.run(
            [AMT, *args, "--wire", self.file],
            env=environment(self.url, **{**ENVIRONMENT.get(self.name, {}),
                                         **env}),
            capture_output=True, text=True, timeout=60, check=False)

    def amt(self, *args, **env):
        return self.call("-an", "DEMO2", *args, *FAST, **env)

    def stop(self):
        """Ends it, and returns what it said of Starts."""
        self.process.terminate()
        self.process.wait(30)
        self.reader.join()
        self.process.stdout.close()
        self.d.cleanup()
        return self.said


@contextlib.contextmanager
def site(name, *wanted):
    """A site that these Starts reach, and no others."""
    served = Site(name)
    try:
        yield served
    finally:
        said = served.stop()
    equal((name, said), (name, list(wanted)))


def messages(stdout):
    events = [json.loads(line) for line in stdout.splitlines()]
    return [e["text"] for e in events if e["event"] == "message"]


def whole_job(name):
    with site(name, "start DEMO2 REPORTTEST01") as s:
        r = s.amt("-jn", "REPORTTEST01")
        equal((name, r.stdout, r.stderr, r.returncode),
              (name, published("done", s.url), "", 4))


def lists_user_and_queue(name):
    has_lists = "{parameters" in open(FOLDER + name + ".wire").read()
    with site(name, "start DEMO2 ECHO", "start DEMO2 ECHO") as s:
        for user, queue in ("", ""), ("DEMO", "Q 1"):
            words = ["-u", user, "-qn", queue] if user else []
            r = s.amt("-jn", "ECHO", "--format", "text", *words,
                      *LISTS * has_lists)
            equal((name, r.stdout.splitlines(), r.stderr, r.returncode),
                  (name, ECHOED * has_lists + ["User [%s]" % user,
                                               "Queue [%s]" % queue], "", 4))


def a_long_log_as_it_is_written_and_at_the_end(name):
    with site(name, *["start DEMO2 MANY"] * 2) as s:
        for args in (), ("--follow",):
            r = s.amt("-jn", "MANY", "--format", "json", *args)
            equal((name, r.stderr, r.returncode), (name, "", 4))
            equal(messages(r.stdout), MANY)


def refusals(name):
    with site(name, "start DEMO2 no.ps1", "refused DEMO2 NONE",
              "refused DEMO2 ECHO") as s:
        r = s.amt("-fn", "no.ps1")
        equal((name, r.returncode), (name, 11))
        assert '"File not found"' in r.stdout, (name, r.stdout)
        for args in ("-jn", "NONE"), ("-jn", "ECHO", "-su", "ME"):
            r = s.amt(*args)
            equal((name, args, r.returncode), (name, args, 11))
            words = {"NONE": "Job NONE is not defined",
                     "ECHO": "submission failed"}[args[1]]
            if name not in WORDLESS:
                assert words in r.stdout, (name, r.stdout)
        if name not in ENVIRONMENT:
            r = s.amt("-jn", "ECHO", "-v", AMT_PASSWORD="wrong-0815")
            equal((name, r.returncode), (name, 24))
            assert "wrong-0815" not in r.stderr, (name, r.stderr)


def stop_and_kill(name):
    with site(name, *["start DEMO2 LONGRUNNINGREPORT"] * 2) as s:
        for what, code in ("STOP", 12), ("KILL", 3):
            r = s.amt("-jn", "LONGRUNNINGREPORT", "--no-wait")
            equal((name, r.returncode, r.stderr), (name, 0, ""))
            number = ["-id", r.stdout.strip()]
            r = s.call("-an", "DEMO2", "-jt", "MONITOR", *number)
            equal((name, r.stdout, r.returncode), (name, "2 RUNNING\n", 2))
            r = s.amt("-jt", what, *number, "--format", "text")
            equal((name, what, r.returncode, r.stdout),
                  (name, what, code, "It is running\n"))


def a_probe_that_starts_nothing_and_finds_the_words(name):
    with site(name, "start DEMO2 REPORTTEST01") as s:
        number = s.amt("-jn", "REPORTTEST01", "--no-wait").stdout.strip()
        r = s.call("probe", "-an", "DEMO2", "-id", number)
        equal((name, r.returncode, r.stderr), (name, 0, ""))
        for word in "status", "messages":
            assert re.search(r"^  reply\.%s +.*: fits$" % word, r.stdout,
                             re.M), (name, word, r.stdout)
        assert "missing" not in r.stdout, (name, r.stdout)


def a_trace_without_secrets(name):
    with site(name, "start DEMO2 REPORTTEST01") as s:
        r = s.amt("-jn", "REPORTTEST01", "-v")
        equal((name, r.returncode), (name, 4))
        for secret in "opconxps", *ENVIRONMENT.get(name, {}).values():
            assert secret not in r.stderr, (name, r.stderr)


def a_wire_file_that_is_printed_as_it_is_read(name):
    def printed(text):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as f:
            f.write(text)
            f.flush()
            r = subprocess.run([AMT, "--wire", f.name, "--print-wire"],
                               capture_output=True, text=True, check=False)
        equal((name, r.returncode, r.stderr), (name, 0, ""))
        return r.stdout
    with open(FOLDER + name + ".wire", encoding="utf-8") as f:
        once = printed(f.read())
    equal(printed(once), once)


# All kinds of holes and parts, and characters that mean something in C.
NASTY = """sign_in.body = {"u":{api_user},"x":"\\"\\\\ ??/ %s","p":{password}}
header = X-A: {{x} ?? {?token}a{?job}b{/job}{/token}{!queue}{/queue}
header = X-B: {token}
start.path = /a%%20b?c={application}&d={job:raw}&e={queue:url}
start.body = {"a":"{user:text}","b":{parameters:joined},
 "c":{parameters:joined ??\\n\\t\\\\"},"d":{task_values:pairs näme v"x},
 "e":{task_values:object},"f":{parameters},"g":{?script}{script}{/script}
 {!script}"{?station}{!user}7{/user}{/station}"{/script}}
reply.messages = ""
status.Fertig?? = 4
status.Läuft = RUNNING
""" % ("long " * 60)

# Texts of more than 4,095 bytes, the longest literal that C99 guarantees.
LONG = "start.body = {%s\"o'k ??/\u00e4\": {job}{?queue},\"q\": {queue}{/queue}}\n" \
       "monitor.path = /%s{id}\n" % (
           "".join("\"Member%d\": \"as the site wants it\", " % i
                   for i in range(150)), "long/" * 820)

compiling = threading.Lock()
ROOT = os.getcwd()
COMPILE = ["gcc", "-std=gnu99", "-Wall", "-Wextra", "-pedantic", "-Werror",
           "-I" + ROOT, "-I" + ROOT + "/backends"]


@functools.lru_cache
def rooms():
    """Compiles amt's files, with another name for main."""
    to = os.environ.get("TEST_OUT", "build/test") + "/wire_c"
    os.makedirs(to, exist_ok=True)
    subprocess.check_call([*COMPILE, "-Dmain=amt_main", "-c",
                           *glob.glob(ROOT + "/examples/amt/*.c")], cwd=to)
    return to, glob.glob(to + "/*.o")


def as_c(name, *wire):
    """Builds the program with the table that --c-source prints."""
    with compiling:
        to, objects = rooms()
    program = "%s/%s" % (to, name)
    r = subprocess.run([AMT, *wire, "--print-wire", "--c-source"],
                       capture_output=True, text=True, check=False)
    equal((name, r.returncode, r.stderr), (name, 0, ""))
    assert max(map(len, r.stdout.splitlines())) <= 80, r.stdout
    with open(program + ".h", "w", encoding="utf-8") as f:
        f.write(r.stdout)
    for language in "c++", "c":
        subprocess.check_call(
            [*COMPILE[:1], "-x", language,
             "-std=c++11" if language == "c++" else "-std=c99", *COMPILE[2:],
             "-D_GNU_SOURCE", "-DTABLE=\"%s.h\"" % os.path.abspath(program),
             "-c", "tests/wire_c.c", "-o", program + ".object"])
    subprocess.check_call(["gcc", program + ".object", *objects, "-o",
                           program])
    return program


def a_table_as_c_source_that_is_the_same_and_runs_a_job(name):
    with site(name, "start DEMO2 ECHO") as s:
        r = subprocess.run(
            [as_c(name, "--wire", s.file), s.file, s.url], capture_output=True,
            env=environment(**ENVIRONMENT.get(name, {})), text=True,
            timeout=60, check=False)
        has_lists = "{parameters" in open(s.file, encoding="utf-8").read()
        equal((name, r.returncode, r.stderr), (name, 4, ""))
        equal((name, "Parameter [B=]" in r.stdout), (name, has_lists))


def test_every_kind_of_hole_is_the_same_as_c_source():
    subprocess.check_call([as_c("default"), "default"])
    for name, wire in ("nasty", NASTY), ("long", LONG):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as f:
            f.write(wire)
            f.flush()
            subprocess.check_call([as_c(name, "--wire", f.name), f.name])


TOPICS = (a_wire_file_that_is_printed_as_it_is_read, whole_job,
          lists_user_and_queue, a_long_log_as_it_is_written_and_at_the_end,
          refusals, stop_and_kill,
          a_probe_that_starts_nothing_and_finds_the_words,
          a_trace_without_secrets,
          a_table_as_c_source_that_is_the_same_and_runs_a_job)


def tests():
    for path in sorted(glob.glob(FOLDER + "*.wire")):
        dialect = os.path.basename(path)[:-5]
        for topic in TOPICS:
            yield ("test_%s: %s" % (dialect, topic.__name__),
                   lambda name=dialect, topic=topic: topic(name))
    yield (test_every_kind_of_hole_is_the_same_as_c_source.__name__,
           test_every_kind_of_hole_is_the_same_as_c_source)


if __name__ == "__main__":
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        main({name: pool.submit(test).result for name, test in tests()
              if sys.argv[-1] in name or not sys.argv[1:]})
