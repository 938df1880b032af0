# SPDX-License-Identifier: MIT OR Unlicense
"""What a site sets for all its runs, and how sites differ: options from the
environment and the configuration file, servers in reserve, terminals, files.
Each function whose name begins with test_ is one test; its name is the sentence
it proves. Environment as for tool.py.
usage: sites.py [WORD]   runs only the tests with WORD in their name"""
import functools
import os
import re
import select
import shutil
import struct
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True

if os.name == "posix":
    import fcntl
    import pty
    import termios

from programs import (AMT, FAST, OUT, POSIX, NOT_UNDER_WINE, TERM, WINE, amt,
                      environment, equal, main, published, server)
from tool import (DEMO, DONE, FORMATS, LONG, NOBODY, QUICK, alone, asked_for,
                  begin, config, dead_url, ended, folder, for_everybody,
                  last_line, messages_of, nothing_sent, one_line, read,
                  scripted, until, write)

NOT_UNDER_WINE.update({
    "the_live_line_has_the_last_message_and_follows_the_windows_width":
        "needs a terminal, not a console",
    "a_group_of_the_users_own_may_write_a_file": POSIX,
    "a_state_file_that_cannot_be_removed_is_marked_and_starts_anew": POSIX,
})


def beside(d, text):
    """A copy of the tool with this Connector.config beside it."""
    program = shutil.copy(AMT, d + "/amt")
    if WINE:
        shutil.copy(AMT + ".exe", d + "/amt.exe")
    write(d + "/Connector.config", text)
    return program


def is_acs(text):
    assert text.startswith("-" * 75 + "\nJob Information"), text
    return True


def is_connector(text):
    assert "Connector completed with return code" in text, text
    assert "BatchrequestId '" in text, text
    return True


# --- the form of the log -----------------------------------------------------

def test_the_log_is_the_connectors_where_a_Connector_config_is_in_use():
    with server() as (url, _), folder() as d:
        os.mkdir(d + "/cwd")
        program = beside(d, config(url))
        named = write(d + "/named", config(url))
        for args, more in ((["-c", named], {}), ([], {"program": program}),
                           ([], {"program": os.path.abspath(AMT), "cwd": d})):
            r = alone(*args, *QUICK, *FAST, **more)
            equal((r.returncode, r.stderr), (4, ""))
            is_connector(r.stdout)
            r = alone(*args, "--format", "acs", *QUICK, *FAST, **more)
            is_acs(r.stdout)
        r = amt(url, *QUICK)
        is_acs(r.stdout)


# --- a service of Windows ----------------------------------------------------

@functools.lru_cache(None)
def console():
    host = os.path.abspath(OUT + "/console.exe")
    subprocess.run(["x86_64-w64-mingw32-gcc", "-O1", "tests/console.c", "-o",
                    host], check=True)
    return host


def service(url, *args):
    """The tool without a console and without standard output; its standard
    input takes the numbers of console events."""
    return subprocess.Popen([os.environ["AMT_WINE"], console(), AMT + ".exe",
                             *args, *FAST], stdin=subprocess.PIPE, text=True,
                            env={**os.environ, **environment(url)})


def test_a_log_off_kills_no_job_of_a_service_and_a_shutdown_does():
    """Wine sends no event for a log-off of its own: console.c does."""
    with server(speed=1) as (url, stats):
        job = service(url, *LONG)
        until(lambda: stats()["monitors"] > 0)
        print(5, file=job.stdin, flush=True)
        watched = stats()["monitors"]
        until(lambda: stats()["monitors"] > watched + 30)
        equal((stats()["kills"], job.poll()), (0, None))
        print(6, file=job.stdin, flush=True)
        until(lambda: stats()["kills"] > 0)
        equal(job.wait(20), 74) # killed; but its log is nowhere


def test_a_service_without_standard_output_ends_by_the_log_in_its_folder():
    with server() as (url, stats), folder() as d:
        os.mkdir(d + "/logs")
        for state in [], ["--state", d + "/s"]:
            with service(url, *DONE, "--log-dir", d + "/logs",
                         *state) as job:
                equal(job.wait(20), 4)
            equal(os.path.exists(d + "/s"), False)
        equal(len(os.listdir(d + "/logs")), 2)
        equal(stats()["starts_accepted"], 2)
        with service(url, *DONE, "--state", d + "/s") as job:
            equal(job.wait(20), 74)
        equal(os.path.exists(d + "/s"), True)


# --- AMT_OPTIONS and the section [AMT] ---------------------------------------

def test_AMT_OPTIONS_is_split_at_blanks_that_are_not_in_quotes():
    with server() as (url, _), folder() as d:
        logs = d + "/two  words"
        os.mkdir(logs)
        for text in ("--log-dir '%s' --format text" % logs,
                     '\t--log-dir  "%s"\n --format   text ' % logs,
                     '--log-dir %s --for"m"at te\'\'xt' % logs.replace(
                         "  ", "'  '")):
            r = amt(url, *QUICK, env={"AMT_OPTIONS": text})
            equal((text, r.returncode, r.stderr), (text, 4, ""))
            assert r.stdout.startswith("Code 4 is started\n"), r.stdout
        equal(len(os.listdir(logs)), 3)
        r = amt(url, *DEMO, "-jn", "ECHO", env={
            "AMT_OPTIONS": r"""-pa 'C:\dir\' -pa "it's" -pa 'say "x"'"""})
        equal(messages_of(r.stdout)[:3], ["Parameter 1 [C:\\dir\\]",
              "Parameter 2 [it's]", 'Parameter 3 [say "x"]'])
        equal(amt(url, *QUICK, env={"AMT_OPTIONS": " \n"}).returncode, 4)


def test_each_long_option_has_its_key_in_the_section_AMT():
    """In any letter case, with '_' or '-'. What names the job has no key."""
    alone_there = {"job-type", "job", "file", "id", "id-text", "config",
                   "print-wire", "c-source", "help", "version", "listen",
                   "to", "save", "secrets", "report"}
    flags = {"crlf", "follow", "no-wait", "quiet", "keep-state",
             "strict-text", "no-keep-alive", "zero-on-done", "trace",
             "insecure", "more-ciphers",
             "insecure-common-name"}
    listed = alone("--help").stdout
    names = set(re.findall(r"--([a-z][a-z-]*)", listed)) - {"cert,"}
    assert len(names) > 40, names
    values = {"format": "text", "on-signal": "detach", "retain-days": "3",
              "max-log": "5k", "pin": "0" * 64}
    with folder() as d:
        for spell in (str, lambda name: name.upper().replace("-", "_")):
            lines = ["%s = %s" % (spell(name), values.get(
                name, "False" if name in flags else "5"))
                for name in sorted(names)]
            path = write(d + "/c", "[AMT]\n" + "\n".join(lines) + "\n")
            r = alone("-c", path, *QUICK)
            told = [line for line in r.stderr.splitlines() if path in line]
            equal(len(told), len(alone_there))
            for name in alone_there:
                one = ":%d: %s belongs on the command line alone" % (
                    2 + sorted(names).index(name), spell(name))
                assert [line for line in told if one in line], (one, told)


def test_what_AMT_OPTIONS_and_AMT_do_not_know_is_told_with_its_place():
    with server() as (url, stats), folder() as d:
        for options, *words in (
                ("--pol 5", "--pol is not an option"), ("--poll", "--poll"),
                ("--poll x", "AMT_OPTIONS: --poll", "'x'"),
                ("--log-dir 'a", "quote"), ("-id 5", "-id"), ("x", "x is not"),
                ("--help", "command line"), ("--format xml", "--format", "xml"),
                ("--timeout 0", "--timeout"), ("--poll 1 --poll 1", "twice"),
                ("--no-wait --follow", "--follow")):
            r = amt(url, *QUICK, fast=False, env={"AMT_OPTIONS": options})
            place = "--no-wait" if "wait" in options else "AMT_OPTIONS"
            one_line(r, 78, place, *words)
        for line, *words in (
                ("POLL=x", "poll", "'x'"), ("FOLLOW=maybe", "True or False"),
                ("FORMAT=xml", "xml"), ("STATE=", "empty"),
                ("POLL=1\nPOLL=1", "twice"), ("PIN=1", "SHA-256")):
            path = write(d + "/c", config(url) + "[AMT]\n" + line + "\n")
            at = "%s:%d" % (path, 12 + line.count("\n") + 1)
            one_line(alone("-c", path, *QUICK), 78, at, *words)
        nothing_sent(stats)
        path = write(d + "/c", config(url) + "[AMT]\nLOG_DIRECTORY=x\nID=5\n"
                     "[OTHER]\nLOG_DIRECTORY=x\n")
        r = alone("-c", path, *QUICK, *FAST)
        equal(r.returncode, 4)
        lines = r.stderr.splitlines()
        equal(len(lines), 2)
        assert path + ":13: LOG_DIRECTORY is no setting of [AMT]" in lines[0]
        assert path + ":14: ID belongs on the command line" in lines[1]


def test_an_argument_beats_AMT_OPTIONS_and_that_the_section_AMT():
    with server() as (url, _), folder() as d:
        path = write(d + "/c", config(url) + "[AMT]\nFORMAT=text\nPARAM=file\n"
                     "NO_WAIT=True\nID_FILE=%s/id\n" % d)
        env = {"AMT_OPTIONS": "--format acs -pa env --follow"}
        job = [*DEMO, "-jn", "ECHO"]
        r = alone("-c", path, *job, *FAST)
        equal((r.stdout, r.stderr), ("2112\n", ""))
        equal(read(d + "/id"), "2112\n")
        r = alone("-c", path, *job, *FAST, env=env) # its --follow waits
        equal(r.returncode, 4)
        is_acs(r.stdout)
        equal(messages_of(r.stdout), ["Parameter 1 [env]", "Done"])
        r = alone("-c", path, *job, *FAST, "-pa", "argument", "--format",
                  "connector", env=env)
        is_connector(r.stdout)
        assert "[argument]" in r.stdout and "[env]" not in r.stdout, r.stdout
        # Options that do not go with MONITOR are passed over.
        r = alone("-c", path, "-jt", "MONITOR", *DEMO, "-id", "2112", env={
            "AMT_OPTIONS": "--state x --no-wait --log-dir y"})
        equal((r.returncode, r.stdout), (4, "4 DONE\n"))
        # AMT_SERVER and its like come before the file.
        path = write(d + "/c", config(dead_url()) + "[AMT]\nSERVER=%s\n"
                     "API_USER=nobody\nAPPLICATION=NONE\n" % dead_url())
        r = alone("-c", path, "-jn", "CODE_4", *FAST, env={
            "AMT_SERVER": url, "AMT_USER": "ocadm", "AMT_APPLICATION": "DEMO2"})
        equal(r.returncode, 4)


def test_the_section_AMT_counts_where_nobody_else_puts_files():
    """In a file that is named, or beside the program. The current folder may be
    anybody's."""
    with server() as (url, stats), folder() as d:
        text = config(url) + "[AMT]\nSTATE=%s/state\nINSECURE=On\n" % d
        program = beside(d, text)
        r = alone(*QUICK, *FAST, "--no-wait", program=program)
        assert r.returncode in (0, 78), r
        os.mkdir(d + "/cwd")
        write(d + "/cwd/Connector.config", text + "NEVER=1\n")
        r = alone(*QUICK, *FAST, cwd=d + "/cwd", program=os.path.abspath(AMT))
        equal(r.returncode, 4)
        equal(len(r.stderr.splitlines()), 1)
        assert "Connector.config:13" in r.stderr and "--config" in r.stderr
        password = write(d + "/password", "opconxps\n")
        bare = text.split("USER=")[0] + "[AMT]\n" # the file's own credentials
        program = beside(d, bare + "API_USER=ocadm\nPASSWORD_FILE=%s\n"
                         % password)
        equal(alone(*QUICK, *FAST, program=program).returncode, 4)
        before = stats()["sign_ins"]
        program = beside(d, bare + "API_USER=ocadm\n")
        one_line(alone(*QUICK, *FAST, "--password-file", password,
                       program=program), 78, "nobody named")
        equal(stats()["sign_ins"], before)


# --- Windows' quotes ---------------------------------------------------------

def test_a_value_that_swallowed_an_option_is_64():
    """By the rules of Windows, all of "C:\\dir\\" -u "DEMO" is one value."""
    with server() as (url, stats), folder() as d:
        swallowed = 'C:\\dir" -u DEMO'
        for args in (["-pa", swallowed], ["-fn", swallowed], ["-tv", swallowed],
                     ["-pa", 'x"  --queue Q'], ["--log-dir", 'C:\\l" -pa "x']):
            r = amt(url, *QUICK, *args)
            one_line(r, 64, args[0], "backslash", "--param-file")
        nothing_sent(stats)
        good = ['say "hi" - now', 'a"-u', '5" --long', '"-pa" x', 'x" y -u']
        path = write(d + "/p", swallowed + "\n")
        r = amt(url, *DEMO, "-jn", "ECHO", "--param-file", path,
                *[w for value in good for w in ("-pa", value)])
        equal(messages_of(r.stdout)[:-1],
              ["Parameter %d [%s]" % each
               for each in enumerate([*good, swallowed], 1)])


# --- who may kill ------------------------------------------------------------

def test_AMT_ALLOW_KILL_0_kills_no_job_from_here():
    with server(speed=1) as (url, stats), folder() as d:
        no = {"AMT_ALLOW_KILL": "0"}
        one_line(amt(url, "-jt", "KILL", *DEMO, "-id", "5", fast=False, env=no),
                 78, "-jt KILL", "AMT_ALLOW_KILL=0")
        one_line(amt(url, *LONG, "--on-signal", "kill", env=no), 78,
                 "--on-signal", "AMT_ALLOW_KILL=0")
        one_line(amt(url, *LONG, env={**no, "AMT_OPTIONS": "--on-signal kill"}),
                 78, "--on-signal", "AMT_ALLOW_KILL=0")
        for value in ("no", "00", "2", " "):
            one_line(amt(url, *LONG, env={"AMT_ALLOW_KILL": value}), 78,
                     "AMT_ALLOW_KILL", "'%s'" % value)
        nothing_sent(stats)
        job = begin(url, *LONG, "--id-file", d + "/id", env=no)
        until(lambda: os.path.exists(d + "/id"))
        job.send_signal(TERM)
        r = ended(job)
        equal(r.returncode, 75)
        assert "detached: " in r.stderr, r.stderr
        number = read(d + "/id").strip()
        r = amt(url, "-jt", "MONITOR", *DEMO, "-id", number, fast=False)
        assert r.stdout in ("1 QUEUED\n", "2 RUNNING\n"), r
        r = amt(url, "-jt", "STOP", *DEMO, "-id", number, fast=False, env={
            **no, "AMT_OPTIONS": "--poll 0.02"})
        assert r.returncode not in (0, 64, 78), r
    with server() as (url, _):
        equal(amt(url, *QUICK, env={"AMT_ALLOW_KILL": "1"}).returncode, 4)
        equal(amt(url, *QUICK, env={"AMT_ALLOW_KILL": ""}).returncode, 4)


# --- servers in reserve ------------------------------------------------------

def test_the_next_server_is_tried_while_no_Start_can_have_left():
    with server() as (first, at_first), server() as (second, at_second):
        r = amt(None, "-s", dead_url(), "-s", first, "-s", second, *DONE)
        equal((r.returncode, r.stdout), (4, published("done", first)))
        lines = r.stderr.splitlines()
        equal(len(lines), 1)
        assert "no connection" in lines[0] and "trying " + first in lines[0]
        equal(at_first()["start_requests"], 1)
        equal(at_second()["sign_ins"], 0)
    with scripted(sign_in=(503, {})) as (sick, _), server() as (url, stats):
        r = amt(None, "-s", sick, "-s", url, *QUICK, "--give-up", "0")
        equal((r.returncode, stats()["start_requests"]), (4, 1))


def test_the_next_server_is_tried_where_the_Start_is_the_first_call():
    table = "sign_in.path = none\nheader = Authorization: Basic {basic}\n"
    with folder() as d:
        write(d + "/wire", table)
        wire = ["--wire", d + "/wire", "--give-up", "3"]
        for form in FORMATS:
            with scripted() as (url, asked):
                r = amt(None, "-s", dead_url(), "-s", url, *wire, *QUICK,
                        "--state", d + "/state", "--format", form)
                equal((r.returncode, len(asked_for(asked, "start"))), (4, 1))
                assert "trying " + url in r.stderr, r.stderr
                assert not os.path.exists(d + "/state")
        for status in 302, 403, 429, 503: # it has left
            with scripted(start=(status, {})) as (first, asked), \
                    scripted() as (second, never):
                r = amt(None, "-s", first, "-s", second, *wire, *QUICK)
                assert r.returncode in (11, 23, 24, 76), r
                equal((len(asked), len(never)), (1, 0))


def test_servers_that_are_all_away_are_tried_in_turn_until_give_up():
    urls = [dead_url(), dead_url()]
    args = [w for url in urls for w in ("-s", url)]
    for seconds in (0, 3): # each wait is longer than the one before
        begun = time.monotonic()
        r = amt(None, *args, *QUICK, "--give-up", str(seconds))
        took = time.monotonic() - begun
        equal(r.returncode, 23)
        assert seconds <= took < seconds + 4, took
        tries = r.stderr.count("trying " + urls[1])
        assert 1 <= tries <= (1 if seconds == 0 else 3), r.stderr
        assert "trying again" in r.stderr or seconds == 0, r.stderr
    r = amt(None, *args, *QUICK, "--timeout", "1")
    equal(r.returncode, 23)


def test_no_other_server_is_tried_once_a_Start_may_have_left():
    with server("--fault", "start-lost") as (first, at_first), \
            server() as (second, at_second), folder() as d:
        args = ["-s", first, "-s", second, *QUICK, "--state", d + "/state"]
        r = amt(None, *args)
        equal((r.returncode, at_first()["start_requests"]), (76, 1))
        equal(at_second()["sign_ins"], 0)
    with server("--user", "other") as (first, _), server() as (second, stats):
        r = amt(None, "-s", first, "-s", second, *QUICK) # a refusal is an answer
        equal((r.returncode, stats()["sign_ins"]), (24, 0))


def test_the_state_file_names_the_server_that_was_used():
    with server(speed=1) as (url, stats), folder() as d:
        args = ["-s", dead_url(), "-s", url, *LONG, "--state", d + "/state",
                "--on-signal", "detach"]
        job = begin(None, *args)
        until(lambda: os.path.exists(d + "/state") and
              "started" in read(d + "/state"))
        job.send_signal(TERM)
        equal(ended(job).returncode, 75)
        assert url in read(d + "/state")
        r = amt(None, *args, "--timeout", "1")
        equal(r.returncode, 75)
        assert "goes on with it" in r.stderr and "trying" not in r.stderr, r
        equal(stats()["start_requests"], 1)
        one_line(amt(None, "-s", dead_url(), *LONG, "--state", d + "/state"),
                 78, url)


def test_wrong_servers_in_reserve_send_nothing():
    with server() as (url, stats):
        for args, status, word in (
                (["-s", url, "-s", url + "/?x"], 64, "'?'"),
                (["-s", url, "-s", "https://x"], 64, "https"),
                (["-s", url] * 9, 64, "8"), (["-s", url, "-s", ""], 64, "empty"),
                (["-s", url, "-s", url, "-jt", "KILL", "-id", "1"], 64, "job")):
            kill = DEMO if "KILL" in args else QUICK
            one_line(amt(None, *args, *kill, fast=False), status, word)
        nothing_sent(stats)


# --- a state file that stays -------------------------------------------------

def test_a_state_file_with_a_read_only_bit_goes():
    with server(speed=10) as (url, stats), folder() as d:
        state = d + "/state"
        job = begin(url, *DEMO, "-jn", "SLOWLOG_20", "--state", state)
        until(lambda: os.path.exists(state) and "started" in read(state))
        os.chmod(state, 0o444)
        equal(ended(job).returncode, 4)
        equal((os.listdir(d), stats()["start_requests"]), ([], 1))


def test_a_state_file_that_cannot_be_removed_is_marked_and_starts_anew():
    """Its folder does not let the user remove it."""
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root, to give a folder away")
    with server(speed=10) as (url, stats), for_everybody() as (away, program):
        d = away + "/folder"
        os.mkdir(d)
        os.chown(d, NOBODY, NOBODY)
        args = [*DEMO, "-jn", "SLOWLOG_20", "--state", d + "/state"]
        more = {"program": program, "user": NOBODY, "cwd": "/"}
        job = begin(url, *args, **more)
        until(lambda: os.path.exists(d + "/state") and
              "started" in read(d + "/state"))
        os.chmod(d, 0o500)
        r = ended(job)
        equal(r.returncode, 4)
        assert "could not be removed" in last_line(r), r.stderr
        assert "finished" in read(d + "/state")
        begun = stats()["start_requests"]
        r = ended(begin(url, *args, **more))
        equal((r.returncode, stats()["start_requests"]), (78, begun))
        os.chmod(d, 0o700)
        r = ended(begin(url, *args, **more))
        equal((r.returncode, stats()["start_requests"]), (4, begun + 1))
        equal([f for f in os.listdir(d) if "lock" not in f], [])
        # Each byte of the mark counts.
        write(d + "/state", "x")
        os.chown(d + "/state", NOBODY, NOBODY)
        equal(ended(begin(url, *args, **more)).returncode, 78)


# --- old certificates --------------------------------------------------------

def test_a_common_name_counts_only_with_its_option_and_a_warning():
    with folder() as d:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                        "-subj", "/CN=localhost", "-keyout", d + "/key",
                        "-out", d + "/crt"], check=True, capture_output=True)
        with server("--tls", d + "/crt", d + "/key") as (url, _):
            url = url.replace("127.0.0.1", "localhost")
            args = [*QUICK, "--ca", d + "/crt"]
            r = amt(url, *args)
            equal(r.returncode, 23)
            assert "--insecure-common-name" in r.stderr, r.stderr
            r = amt(url, *args, "--insecure-common-name")
            equal((r.returncode, len(r.stderr.splitlines())), (4, 1))
            assert "warning: --insecure-common-name" in r.stderr, r.stderr


# --- the system's own words --------------------------------------------------

def test_help_names_what_ends_a_run_on_this_system():
    told = alone("--help").stdout.split("--on-signal")[1]
    on_signal = re.split(r"\n +-", told)[0]
    for word in ("Ctrl-C", "shutdown") if WINE else ("SIGINT", "SIGTERM"):
        assert word in on_signal, on_signal
    equal("SIGINT" in alone("--help").stdout, not WINE)


# --- the live line -----------------------------------------------------------

def resize(fd, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 9, columns, 0, 0))


def test_the_live_line_has_the_last_message_and_follows_the_windows_width():
    """When the window is resized, nothing but SIGWINCH tells the tool."""
    rows = [{"Sequence": 1, "Text": "\u00e9\u4e2d\u6587 \x1b[31m" + "word " * 60}]
    with scripted(monitor=lambda *_: {"Status": 2}, messages={"Messages": rows}) \
            as (url, _):
        master, slave = pty.openpty()
        resize(slave, 40)
        job = subprocess.Popen(
            [AMT, *LONG, *FAST, "--follow", "--format", "json", "--on-signal",
             "detach"], env=environment(url, TERM="xterm"),
            stdout=subprocess.DEVNULL, stderr=slave)
        os.close(slave)
        seen = b""

        def drawn_at(columns):
            nonlocal seen
            resize(master, columns)
            seen, limit = b"", time.monotonic() + 20
            while time.monotonic() < limit:
                if select.select([master], [], [], 0.1)[0]:
                    seen += os.read(master, 4096)
                for row in re.split("[\r\n]", seen.decode("utf-8", "ignore")):
                    wide = sum(2 if ord(c) > 0x7FF else 1 for c in row)
                    if row.startswith("LONG") and columns - 2 <= wide:
                        return wide, row
            raise AssertionError((columns, seen))

        for columns in (90, 40, 60, 130):
            wide, row = drawn_at(columns)
            assert wide <= columns - 1, (columns, wide, row)
        assert "1 messages  \u00e9\u4e2d\u6587 ?[31mword word" in row, row
        job.send_signal(TERM)
        equal(job.wait(20), 75)
        os.close(master)


# --- what Windows has otherwise ----------------------------------------------

def test_lines_end_in_CRLF_where_asked_and_in_the_connectors_form_on_Windows():
    with server() as (url, _), folder() as d:
        for form in "acs", "connector", "text", "json":
            for asked in [], ["--crlf"]:
                for name in os.listdir(d):
                    os.remove(d + "/" + name)
                r = subprocess.run(
                    [AMT, *DONE, *FAST, "--format", form, *asked, "--log-dir",
                     d], env=environment(url), capture_output=True)
                equal((form, asked, r.returncode, r.stderr),
                      (form, asked, 4, b""))
                with open(d + "/" + os.listdir(d)[0], "rb") as f:
                    equal(f.read(), r.stdout)
                crlf = asked or (WINE and form == "connector")
                ends = {line[-2:] == b"\r\n"
                        for line in r.stdout.splitlines(True)}
                equal((form, asked, ends), (form, asked, {bool(crlf)}))
        r = subprocess.run([AMT, *DONE, *FAST, "--format", "connector",
                            "--no-wait"], env=environment(url),
                           capture_output=True)
        assert re.fullmatch(rb"\d+\n", r.stdout), r.stdout


def test_a_log_has_the_local_time_whatever_spells_the_zone():
    """In the published form. The C library of Windows reads TZ differently."""
    for zone, hours in ("Asia/Tokyo", 9), ("UTC", 0):
        with server() as (url, _):
            before = int(time.time()) // 3600 + hours
            r = amt(url, *DONE, "--format", "connector", env={"TZ": zone})
            after = int(time.time()) // 3600 + hours
            seen = {int(h) for h in re.findall(r"^(\d\d):\d\d:\d\d\.",
                                               r.stdout, re.M)}
            assert seen <= {before % 24, after % 24}, (zone, seen, r.stdout)


def test_a_path_of_more_than_259_characters_works():
    with server() as (url, _), folder() as d:
        logs = d + "/" + "x" * 150 + "/" + "y" * 150
        os.makedirs(logs)
        config_file = write(logs + "/Connector.config", config(url))
        r = amt(None, *DONE, "-c", config_file, "--log-dir", logs, "--state",
                logs + "/state")
        equal((r.returncode, r.stderr), (4, ""))
        equal(len(os.listdir(logs)), 2)


def test_an_error_is_told_in_the_systems_own_words():
    with server() as (url, stats), folder() as d:
        r = amt(url, *DONE, "-c", d + "/none/there")
        equal(r.returncode, 78)
        assert ("(Windows error 3)" if WINE else
                "No such file or directory") in r.stderr, r.stderr
        nothing_sent(stats)


def test_a_console_shows_each_character_whatever_its_code_page():
    """Afterwards it has its own code page again. No emoji here: Wine's console
    shows the two halves of UTF-16 as two marks."""
    pid, fd = pty.fork()
    if pid == 0:
        wine = os.environ["AMT_WINE"]
        os.execv(wine, [
            wine, "cmd", "/c", "chcp 437 & %s.exe -jt \u00e9\u4e2d%s & chcp"
            % (AMT.replace("/", "\\"), "\u00e9" * 3000)])
    seen = b""
    try:
        while piece := os.read(fd, 4096):
            seen += piece
    except OSError:
        pass
    os.waitpid(pid, 0)
    seen = re.sub(r"\x1b\[[?0-9]*[a-zA-Z]|\r|\n", "", seen.decode())
    assert "-jt: '\u00e9\u4e2d\u00e9" in seen, seen
    equal(seen.count("Active code page: 437"), 2)
    assert set(seen) <= set(map(chr, range(32, 127))) | set("\u00e9\u4e2d"), seen


if not WINE: # nothing else here has a console of Windows
    del test_a_console_shows_each_character_whatever_its_code_page
    del test_a_log_off_kills_no_job_of_a_service_and_a_shutdown_does
    del test_a_service_without_standard_output_ends_by_the_log_in_its_folder


# --- files -------------------------------------------------------------------

def test_a_group_of_the_users_own_may_write_a_file():
    """As in a clone that was made with umask 002."""
    with server() as (url, _), folder() as d:
        wire = write(d + "/wire", alone("--print-wire").stdout)
        for group, mode, good in ((os.geteuid(), 0o660, 1), (0, 0o660, 1),
                                  (os.geteuid(), 0o662, 0)):
            os.chown(wire, -1, group)
            os.chmod(wire, mode)
            r = amt(url, *QUICK, "--wire", wire)
            equal((group, mode, r.returncode), (group, mode, 4 if good else 78))
        if os.geteuid() == 0:
            os.chown(wire, -1, 12345)
            os.chmod(wire, 0o660)
            one_line(amt(url, *QUICK, "--wire", wire), 78, wire, "chmod")


if __name__ == "__main__":
    main({name: test for name, test in globals().items()
          if name.startswith("test_")})
