# SPDX-License-Identifier: MIT OR Unlicense
"""The built programs against the simulated server; see tests/run.sh.
Each function whose name begins with test_ is one test; its name is the
sentence it proves. Environment: AMT, the tool; TEST_OUT, the other programs.
usage: programs.py [WORD]   runs only the tests with WORD in their name"""
import concurrent.futures
import contextlib
import http.server
import itertools
import json
import os
import pty
import random
import re
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import unittest
import urllib.request

AMT = os.environ.get("AMT", "build/amt")
OUT = os.environ.get("TEST_OUT", "build/test")
SIM = "build/amtsim"
FAST = ["--poll", "0.02", "--initial-delay", "0", "--quiet"]

WINE = "AMT_WINE" in os.environ # set by tests/wine.sh
TERM = signal.SIGINT if WINE else signal.SIGTERM # SIGINT is Ctrl-C in Wine

NOT_THE_TOOL = "is about another program"
POSIX = "is about a POSIX system"
KILLS = "upsets Wine's server, which then takes seconds, or hangs"
NOT_UNDER_WINE = {
    "bad_usage_is_64_and_nothing_is_sent":
        "passes bytes that are not UTF-8; no Windows program can get those",
    "the_live_line_is_for_terminals_only": "needs a terminal, not a console",
    "the_live_line_tells_job_id_status_time_and_messages_then_goes":
        "needs a terminal, not a console",
    "nothing_is_drawn_in_a_pipe": "needs a terminal, not a console",
    "no_control_of_a_message_reaches_a_terminal":
        "needs a terminal, not a console",
    "a_full_run_never_touches_the_heap": NOT_THE_TOOL,
    "a_full_run_is_clean_under_valgrind": POSIX,
    "a_build_without_TLS_refuses_https_and_its_options": POSIX,
    "minimal_and_superloop_run_a_job_to_its_end": NOT_THE_TOOL,
    "two_jobs_end_in_one_loop": NOT_THE_TOOL,
    "trace_stream_shows_the_wire_and_no_secret": NOT_THE_TOOL,
    "own_http_runs_jobs_over_libcurl_to_their_codes": NOT_THE_TOOL,
    "own_http_waits_for_a_server_and_gives_up_in_time": NOT_THE_TOOL,
    "own_http_sends_one_start_when_its_answer_is_lost": NOT_THE_TOOL,
    "own_http_starts_later_if_there_was_no_connection_for_the_Start":
        NOT_THE_TOOL,
    "own_http_feeds_long_messages_and_pieces_of_any_size": NOT_THE_TOOL,
    "resume_goes_on_with_its_job_after_kill_9_at_40_random_instants":
        NOT_THE_TOOL,
    "resume_understands_each_line_and_no_torn_one": NOT_THE_TOOL,
    "resume_has_each_line_on_the_disk_before_it_goes_on": NOT_THE_TOOL,
    "resume_gives_an_id_back_as_the_server_had_it": NOT_THE_TOOL,
    "http_get_succeeds_only_for_a_complete_2xx": NOT_THE_TOOL,
    "json_tokens_says_the_same_for_pieces_of_any_size": NOT_THE_TOOL,
    "a_log_of_100000_messages_needs_no_more_memory_than_a_short_one":
        "measures Wine's memory",
    "a_long_log_over_https_needs_no_more_memory_than_a_short_one":
        "measures Wine's memory",
    "waiting_over_https_costs_no_processor_time": "measures Wine's time",
    "four_times_the_parameters_cost_four_times_the_work":
        "measures Wine's time",
    "follow_loses_and_doubles_no_message_whatever_the_server_does":
        "is about the library, and long",
    "a_job_ends_well_in_every_accent_and_under_every_passing_fault":
        "is about the library, and long",
    "a_bad_wire_file_is_78_with_its_line_and_nothing_is_sent":
        "is about the library, and long",
    "each_kind_of_sign_in_works_and_a_wrong_one_is_24":
        "is about the library, and long",
    "a_wire_table_that_cannot_run_a_job_is_78":
        "is about the library, and long",
    "each_line_of_version_0_1_is_refused_with_what_to_write_now":
        "is about the library, and long",
    "captured_bodies_of_other_servers_are_pasted_in_and_run_whole_jobs":
        "is about the library, and long",
    "no_trace_of_a_captured_table_shows_a_secret":
        "is about the library, and long",
    "kill_9_at_200_random_instants_never_starts_a_job_twice": KILLS,
    "kill_9_at_60_random_instants_over_https_never_starts_twice": KILLS,
    "the_tool_has_no_heap_of_its_own": "reads an ELF file",
    "a_power_cut_at_every_step_of_the_state_file_never_starts_twice":
        "needs LD_PRELOAD",
    "a_state_file_or_its_lock_that_others_could_make_is_78": POSIX,
    "a_file_that_others_could_change_decides_nothing": POSIX,
    "the_capture_is_new_and_its_owners_alone": POSIX,
    "a_full_disk_ends_the_capture_and_not_the_job": POSIX,
    "every_dialect_runs_through_the_tap_and_its_secrets_stay_hidden":
        "is about what is hidden, and long",
    "a_password_may_come_from_a_pipe_while_the_timeout_lasts": POSIX,
    "a_password_from_a_silent_input_is_waited_for_within_the_timeout":
        "needs PeekNamedPipe, which Wine lacks for Linux's pipes",
    "an_unasked_configuration_file_of_others_is_refused_by_name": POSIX,
    "an_unasked_file_that_cannot_be_read_is_passed_over": POSIX,
    "a_secret_that_others_can_read_is_warned_of": POSIX,
    "a_secret_that_its_owner_shares_by_group_is_not_warned_of": POSIX,
    "there_is_no_core_dump_to_hold_a_secret": POSIX,
    "no_secret_is_left_in_memory_when_the_tool_ends": POSIX,
    "standard_error_that_never_blocks_loses_no_line": POSIX,
    "SIGHUP_and_SIGQUIT_kill_the_job_as_SIGTERM_does": POSIX,
    "the_live_line_fits_a_narrow_terminal": "needs a terminal, not a console",
    "a_log_kept_whole_counts_where_there_is_no_standard_output": POSIX,
}


PORTS = itertools.count(os.getpid() * 61)


def answers(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    """A free port below those that Linux gives to outgoing connections."""
    return next(10000 + n % 20000 for n in PORTS
                if not answers(10000 + n % 20000))


@contextlib.contextmanager
def server(*options, speed=200):
    """A simulated server on a free port. Yields its URL, and a function that
    gets its stats."""
    with subprocess.Popen([SIM, "--port", "0", "--speed", str(speed), *options],
                          stdout=subprocess.PIPE, text=True) as sim:
        try:
            url = sim.stdout.readline().split()[-1]

            def stats():
                with urllib.request.urlopen(url + "/amtsim/stats") as r:
                    return json.load(r)
            yield url, stats
        finally:
            sim.terminate()
            assert sim.wait(10) == 0, "amtsim did not end well"


def killed(process):
    """kill -9. Does not wait for the output: a child (a part of Wine) may keep
    the pipes open."""
    process.kill()
    process.wait(30)
    for pipe in process.stdout, process.stderr:
        if pipe:
            pipe.close()


def environment(url=None, **more):
    env = {"PATH": os.environ["PATH"], "AMT_USER": "ocadm",
           "AMT_PASSWORD": "opconxps", "ASAN_OPTIONS": "detect_leaks=1"}
    if url:
        env["AMT_SERVER"] = url
    env.update(more)
    return env


def amt(url, *args, env=None, fast=True, timeout=60, program=None, **more):
    command = [*(program or [AMT]), *args]
    if fast:
        command += FAST
    return subprocess.run(command, env=environment(url, **(env or {})),
                          capture_output=True, timeout=timeout, text=True,
                          errors="surrogateescape", **more)


def published(name, url):
    with open("tests/logs/acs-%s.txt" % name, newline="") as f:
        return f.read().replace("http://10.1.29.5:9001", url)


def equal(got, wanted):
    assert got == wanted, "\n--- got\n%s\n--- wanted\n%s" % (got, wanted)


def last_line(r):
    return r.stderr.strip().splitlines()[-1]


# --- the three published logs ----------------------------------------------

def test_the_published_DONE_log_is_reproduced_byte_for_byte():
    with server() as (url, _):
        r = amt(url, "-an", "DEMO2", "-jn", "REPORTTEST01")
        equal(r.stdout, published("done", url))
        equal(r.returncode, 4)


def test_the_published_ERROR_log_is_reproduced_byte_for_byte():
    with server() as (url, _):
        r = amt(url, "-jt", "START", "-an", "DEMO2", "-fn",
                r"F:\Amt\Scripts\DEMO2\RUN_FILENAMETEST.ps1")
        equal(r.stdout, published("error", url))
        equal(r.returncode, 11)


def test_the_published_KILLED_log_is_reproduced_byte_for_byte():
    with server() as (url, _):
        with subprocess.Popen([AMT, "-an", "DEMO2", "-jn", "LONGRUNNINGREPORT",
                               *FAST], env=environment(url), text=True,
                              stdout=subprocess.PIPE) as job:
            time.sleep(0.5)
            r = amt(url, "-jt", "kill", "-an", "DEMO2", "-id", "2112")
            equal(r.returncode, 3)
            equal(job.communicate(timeout=20)[0], published("killed", url))
            equal(job.returncode, 3)


# --- exit statuses ----------------------------------------------------------

def test_each_completion_code_that_ends_a_run_is_the_exit_status():
    with server() as (url, _):
        for code in (3, 4, 6, 10, 11, 12, 22, 23, 24, 99):
            r = amt(url, "-an", "DEMO2", "-jn", "CODE_%d" % code)
            equal((code, r.returncode), (code, code))


def test_codes_that_end_nothing_are_waited_through():
    with server() as (url, _):
        for code in (0, 2, 5, 7, 8, 9, 13, 14, 15, 16, 18, 20, 21):
            r = amt(url, "-an", "DEMO2", "-jn", "CODE_%d" % code)
            equal((code, r.returncode), (code, 4))


def test_UNDEFINED_ten_times_in_a_row_ends_with_19():
    with server() as (url, _):
        r = amt(url, "-an", "DEMO2", "-jn", "CODE_19")
        equal(r.returncode, 19)
        assert last_line(r).startswith("undefined:"), r.stderr


def test_a_server_that_is_not_there_is_23_and_prints_the_whole_form():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        url = "http://127.0.0.1:%d" % s.getsockname()[1]
        r = amt(url, "-an", "DEMO2", "-jn", "REPORTTEST01", "--give-up", "0")
    equal(r.returncode, 23)
    lines = r.stdout.splitlines()
    assert "Completion Code : WEB_SERVER_ERROR" in lines, r.stdout
    assert lines[-1] == "-" * 75 and lines[-2].startswith('"'), r.stdout
    assert url in r.stderr


def test_wrong_credentials_are_24():
    with server() as (url, stats):
        r = amt(url, "-an", "DEMO2", "-jn", "REPORTTEST01",
                env={"AMT_PASSWORD": "wrong"})
        equal(r.returncode, 24)
        assert "Completion Code : AUTHENTICATION_ERROR" in r.stdout
        equal(stats()["start_requests"], 0)


def test_an_unknown_run_as_user_is_99():
    with server() as (url, _):
        r = amt(url, "-an", "DEMO2", "-jn", "REPORTTEST01", "-u", "NOBODY")
        equal(r.returncode, 99)


def test_an_unknown_script_is_11_with_File_not_found():
    with server() as (url, _):
        r = amt(url, "-an", "DEMO2", "-fn", "no_such.ps1")
        equal(r.returncode, 11)
        assert '"File not found"' in r.stdout


def test_a_start_refused_without_a_status_is_11_with_the_servers_words():
    with server() as (url, _):
        r = amt(url, "-an", "DEMO2", "-jn", "NO_SUCH_JOB")
        equal(r.returncode, 11)
        assert "NO_SUCH_JOB" in r.stdout.split("Job Log")[1], r.stdout


def test_another_submit_user_is_warned_of_and_refused():
    with server() as (url, _):
        r = amt(url, "-an", "DEMO2", "-jn", "REPORTTEST01", "-su", "ME")
        equal(r.returncode, 11)
        assert "warning" in r.stderr and "BATCH" in r.stderr, r.stderr


def test_a_redirect_is_23_at_once_and_is_not_followed():
    with server("--fault", "http-redirect") as (url, _):
        begun = time.monotonic()
        r = amt(url, "-an", "DEMO2", "-jn", "REPORTTEST01")
        equal(r.returncode, 23)
        assert time.monotonic() - begun < 20
        assert "HTTP 302 to %s/redirected, " % url in r.stderr, r.stderr
        assert "redirect" in r.stderr, r.stderr


def test_a_start_whose_answer_is_lost_is_76_and_happens_once():
    for fault in ("start-lost", "start-500"):
        with server("--fault", fault) as (url, stats):
            r = amt(url, "-an", "DEMO2", "-jn", "REPORTTEST01")
            equal((fault, r.returncode), (fault, 76))
            assert last_line(r).startswith("start-unknown:"), r.stderr
            equal(stats()["starts_accepted"], 1)
            equal(stats()["start_requests"], 1)


def test_a_server_lost_after_the_start_is_75_and_tells_the_id():
    with server("--fault", "monitor-404=1000000") as (url, _):
        r = amt(url, "-an", "DEMO2", "-jn", "REPORTTEST01", "--give-up", "1")
        equal(r.returncode, 75)
        assert last_line(r).startswith("server-lost:"), r.stderr
        assert "2112" in last_line(r) and "ATTACH" in last_line(r), r.stderr


# --- accents and faults ------------------------------------------------------

def test_a_job_ends_well_in_every_accent_and_under_every_passing_fault():
    for fault in ("accent=string-numbers", "accent=names", "accent=lower",
                  "accent=strings", "accent=bom", "accent=extra",
                  "accent=order", "no-after", "page=2", "fail-500=3",
                  "drop-every=3", "expire-every=4", "monitor-404=3", "close",
                  "chunked", "fail-503-retry-after=4"):
        with server("--fault", fault) as (url, _):
            r = amt(url, "-an", "DEMO2", "-jn", "REPORTTEST01")
            equal((fault, r.returncode, r.stderr),
                  (fault, 4, r.stderr))
            equal(r.stdout, published("done", url))


def test_a_code_once_known_stands_when_the_messages_cannot_be_had():
    for fault in ("messages-403", "messages-garbage", "latin1"):
        with server("--fault", fault) as (url, _):
            r = amt(url, "-an", "DEMO2", "-jn", "REPORTTEST01",
                    "--give-up", "3")
            equal((fault, r.returncode), (fault, 4))
            assert "messages" in r.stderr, r.stderr


def test_a_compressed_reply_is_refused_by_name():
    with server("--fault", "gzip") as (url, _):
        r = amt(url, "-an", "DEMO2", "-jn", "REPORTTEST01", "--give-up", "0")
        equal(r.returncode, 23)
        assert "Content-Encoding" in r.stderr, r.stderr


# --- what the tool says, and to whom ----------------------------------------

def test_no_wait_prints_the_id_alone():
    with server() as (url, _):
        r = amt(url, "-an", "DEMO2", "-jn", "REPORTTEST01", "--no-wait")
        equal((r.returncode, r.stdout), (0, "2112\n"))


def test_every_member_arrives_as_it_was_given():
    with server() as (url, _):
        r = amt(url, "-an", "DEMO2", "-jn", "ECHO", "-pa", "'PARAM'", "-pa",
                'q"\\\t\u20ac', "-tv", "A=1\nB=2", "-qn", "Q1", "-u", "DEMO")
        equal(r.returncode, 4)
        log = r.stdout.split("Job Log")[1]
        for text in ("'PARAM'", 'q\\"\\\\\\t\u20ac', "A=1", "B=2", "Q1", "DEMO"):
            assert text in log, (text, log)
        assert "Parameters      : 'PARAM', " in r.stdout
        assert "Queue Name      : Q1\n" in r.stdout


def test_bad_usage_is_64_and_nothing_is_sent():
    cases = (["-an", "DEMO2"], ["-jn", "X"], ["-bogus"], ["-an"],
             ["-an", "D", "-jn", "J", "-jt", "FLY"], ["-jt", "KILL", "-an", "D"],
             ["-an", "D", "-jn", "J", "--poll", "x"],
             ["-an", "D", "-jn", "\udcff"],
             ["-an", "D", "-jn", "J", "stray"])
    with server() as (url, stats):
        for args in cases:
            r = amt(url, *args, fast=False)
            equal((args, r.returncode), (args, 64))
            equal(len(r.stderr.strip().splitlines()), 1)
        equal(stats()["sign_ins"] + stats()["start_requests"], 0)


def test_bad_configuration_is_78_and_nothing_is_sent():
    with server() as (url, stats):
        job = ["-an", "DEMO2", "-jn", "J"]
        for bad in ("ftp://x", "http://", "http://a b", "http://u:p@h/",
                    "http://h:0", "http://h:99999", "http://h/\r\nX: y"):
            r = amt(bad, *job)
            equal((bad, r.returncode), (bad, 78))
        equal(amt(None, *job).returncode, 78)
        r = amt(url, *job, "--password-file", "/nonexistent")
        equal(r.returncode, 78)
        equal(stats()["sign_ins"], 0)


def test_the_password_comes_from_a_file_or_standard_input():
    with server() as (url, _), tempfile.NamedTemporaryFile("w") as f:
        f.write("opconxps\n")
        f.flush()
        for name, given in ((f.name, ""), ("-", "opconxps\n")):
            r = amt(url, "-an", "DEMO2", "-jn", "CODE_4", "--password-file",
                    name, env={"AMT_PASSWORD": "wrong"}, input=given)
            equal((name, r.returncode), (name, 4))


def test_a_log_that_cannot_be_written_is_told():
    with server() as (url, _), open("/dev/full", "w") as full:
        r = subprocess.run([AMT, "-an", "DEMO2", "-jn", "REPORTTEST01", *FAST],
                           env=environment(url), stdout=full,
                           stderr=subprocess.PIPE, text=True, timeout=60)
        assert "standard output" in r.stderr, r.stderr
        equal(r.returncode, 74)


def test_the_live_line_is_for_terminals_only():
    with server(speed=40) as (url, _):
        r = amt(url, "-an", "DEMO2", "-jn", "REPORTTEST01")
        assert "\r" not in r.stderr and "\x1b" not in r.stderr
        pid, fd = pty.fork()
        if pid == 0:
            os.execve(AMT, [AMT, "-an", "DEMO2", "-jn", "REPORTTEST01", *FAST],
                      environment(url, TERM="xterm"))
        seen = b""
        with contextlib.suppress(OSError):
            while select.select([fd], [], [], 20)[0]:
                piece = os.read(fd, 4096)
                if not piece:
                    break
                seen += piece
        equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 4)
        assert b"\r" in seen and b"RUNNING" in seen and b"2113" in seen, seen


def test_a_signal_kills_the_job_and_waits_for_its_end():
    with server(speed=1) as (url, stats):
        job = subprocess.Popen([AMT, "-an", "DEMO2", "-jn", "LONGRUNNINGREPORT",
                                *FAST], env=environment(url), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while stats()["monitors"] == 0:
            time.sleep(0.05)
        job.send_signal(TERM)
        out = job.communicate(timeout=30)[0]
        equal(job.returncode, 3)
        assert "Completion Code : KILLED" in out
        equal(stats()["kills"], 1)


# --- the library's promises, whole ------------------------------------------

def test_a_full_run_never_touches_the_heap():
    with server() as (url, _):
        r = subprocess.run([OUT + "/no_heap", url], timeout=60)
        equal(r.returncode, 0)


def test_a_full_run_is_clean_under_valgrind():
    with server() as (url, _):
        r = amt(url, "-an", "DEMO2", "-jn", "LOG_300", timeout=120,
                program=["valgrind", "-q", "--error-exitcode=77",
                         "--leak-check=full", "--track-fds=no", "build/amt"])
        equal(r.returncode, 4)
        equal(len([line for line in r.stdout.splitlines()
                   if line.startswith('"')]), 300)


def log_text(i, m):
    """Message i of the job LOG_n_x_m, by the formula of tests/amtsim.c."""
    pieces = ["a", "be", "see", "door", "seven", " ", "The quick brown fox ",
              "0123456789", "/", "x=1; ", "}],", "\\u0041", '"', "\\", '\\"',
              "\t", "\n", "\r\n", "\b", "\f", "\x01", "\x1f", "\x7f", "\x80",
              "\xe9", "\u07ff", "\u0800", "\u20ac", "\ufffd", "\U00010000",
              "\U0001f600", "\U0010ffff"]
    x = i * 2654435761 % 2 ** 32
    text, size = [], 0
    while size < m:
        x = (x * 1664525 + 1013904223) % 2 ** 32
        piece = pieces[x >> 27]
        if size + len(piece.encode()) > m:
            piece = "."
        text.append(piece)
        size += len(piece.encode())
    return "".join(text)


def test_long_messages_of_every_kind_of_character_arrive_whole():
    for faults in ((), ("--fault", "chunked=5", "--fault", "accent=ascii"),
                   ("--fault", "page=3", "--fault", "drop-every=4")):
        with server(*faults) as (url, _):
            r = amt(url, "-an", "DEMO2", "-jn", "LOG_20_x_9001")
            equal(r.returncode, 4)
            got = [json.loads(line.encode("utf-8", "surrogateescape"))
                   for line in r.stdout.split("\n") if line.startswith('"')]
            equal(got, [log_text(i, 9001) for i in range(1, 21)])


def test_a_restarted_server_does_not_end_the_run():
    with tempfile.TemporaryDirectory() as d:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = str(s.getsockname()[1])
        options = [SIM, "--port", port, "--db", d + "/db", "--speed", "10"]
        sim = subprocess.Popen(options, stdout=subprocess.PIPE, text=True)
        url = sim.stdout.readline().split()[-1]
        job = subprocess.Popen([AMT, "-an", "DEMO2", "-jn", "REPORTTEST01",
                                *FAST], env=environment(url), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1)
        sim.kill()
        sim.wait()
        time.sleep(0.5)
        sim = subprocess.Popen(options, stdout=subprocess.PIPE, text=True)
        out = job.communicate(timeout=60)[0]
        sim.terminate()
        sim.wait()
        equal(out, published("done", url))
        equal(job.returncode, 4)
        with contextlib.closing(sqlite3.connect(d + "/db")) as db:
            equal(db.execute("select count(*) from requests "
                             "where action='START'").fetchone(), (1,))


# --- the other examples ------------------------------------------------------

def test_minimal_and_superloop_run_a_job_to_its_end():
    with server() as (url, _):
        r = subprocess.run([OUT + "/minimal", url], capture_output=True,
                           text=True, timeout=60)
        equal(r.returncode, 4)
        equal(r.stdout.splitlines()[-1], "Done")
        equal(r.stderr, "")
    with server("--fault", "fail-503-retry-after=2",
                "--fault", "keep-last=5") as (url, _):
        r = subprocess.run([OUT + "/minimal", url], capture_output=True,
                           text=True, timeout=60)
        equal(r.returncode, 4)
        assert "the server answered with an error" in r.stderr, r
        assert "no longer has all messages of the job" in r.stderr, r
    with server() as (url, _):
        r = subprocess.run([OUT + "/superloop", url], capture_output=True,
                           text=True, timeout=60)
        equal(r.returncode, 4)
        assert "Done" in r.stdout


def test_two_jobs_end_in_one_loop():
    with server() as (url, stats):
        r = subprocess.run([OUT + "/two_jobs", url], capture_output=True,
                           text=True, timeout=60)
        equal(r.returncode, 4)
        for job, last in (("REPORTTEST01", "Done"), ("RUN_PARAMETERTESTA",
                          "DEMO2 RUN_PARAMETERTEST : Job finished")):
            mine = [line[len(job) + 2:] for line in r.stdout.splitlines()
                    if line.startswith(job + ": ")]
            equal(mine[-2:], [last, "ended with 4"])
        equal(stats()["start_requests"], 2)


def test_trace_stream_shows_the_wire_and_no_secret():
    for fault in ("chunked=1", "close", "drop-every=2", "expire-every=2"):
        with server("--fault", fault) as (url, stats):
            r = subprocess.run([OUT + "/trace_stream", url], timeout=60,
                               capture_output=True, text=True)
            equal((fault, r.returncode), (fault, 4))
            equal(stats()["start_requests"], 1)
        for secret in ("opconxps", "[0-9a-f]{32}", "AmtLogonToken"):
            assert not re.search(secret, r.stderr), (fault, r.stderr)
        lines = r.stderr.splitlines()
        for line in ("> POST /AmtOpConService/MonitorJob HTTP/1.1",
                     "> X-AMT-LogonToken***", "< HTTP/1.1 200 OK",
                     '> {"ApplicationName":"DEMO2","BatchRequestId":2112}'):
            assert line in lines, (fault, line, r.stderr)
        # Of a sign-in's bodies it shows only stars, wherever they are cut.
        for call in re.split("^(?=> POST)", r.stderr, flags=re.M):
            if "/Authenticate " in call:
                bodies = re.sub("^> POST.*?^> $|^< HTTP.*?^< $", "", call,
                                flags=re.M | re.S)
                assert set(bodies.split()) == {">", "<", "***"}, (fault, call)


def own_http(url, *args, timeout=60, **more):
    return subprocess.run([OUT + "/own_http", url, *args], capture_output=True,
                          text=True, env=environment(**more), timeout=timeout)


def test_own_http_runs_jobs_over_libcurl_to_their_codes():
    for fault in ((), ("--fault", "close"), ("--fault", "expire-every=2")):
        with server(*fault, speed=20) as (url, stats):
            r = own_http(url)
            equal((r.returncode, r.stdout.splitlines()[-1]), (4, "Done"))
            assert "RUNNING" in r.stderr and "DONE" in r.stderr, r.stderr
            equal(stats()["start_requests"], 1)
    with server(speed=20) as (url, stats):
        equal(own_http(url, http_proxy="http://127.0.0.1:9").returncode, 4)
    with server(speed=1) as (url, stats):
        r = own_http(url, "CODE_16") # 16 ends no run: 4 follows
        equal(r.returncode, 4)
        assert "WAIT FOR REPORT" in r.stderr, r.stderr
    with server(speed=20) as (url, stats):
        equal(own_http(url, "CODE_12").returncode, 12)
        r = own_http(url, "NO_SUCH_JOB")
        equal(r.returncode, 11)
        assert "NO_SUCH_JOB" in r.stdout, r.stdout
        starts = stats()["start_requests"]
        equal(own_http(url, AMT_PASSWORD="wrong").returncode, 24)
        equal(stats()["start_requests"], starts)


def test_own_http_waits_for_a_server_and_gives_up_in_time():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = str(s.getsockname()[1])
    url = "http://127.0.0.1:" + port
    begun = time.monotonic()
    r = own_http(url)
    equal(r.returncode, 23)
    assert 9 < time.monotonic() - begun < 30, "it did not give up after 10 s"
    begun = time.monotonic() # a bad URL is not tried again
    r = own_http("http://[::1")
    equal(r.returncode, 23)
    assert "never succeed" in r.stderr, r.stderr
    assert time.monotonic() - begun < 5, "it waited"
    with subprocess.Popen([OUT + "/own_http", url], text=True,
                          env=environment(), stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as p:
        time.sleep(1.5)
        with server("--port", port, speed=20) as (_, stats):
            assert "Done" in p.communicate(timeout=60)[0]
            equal((p.returncode, stats()["start_requests"]), (4, 1))


def test_own_http_sends_one_start_when_its_answer_is_lost():
    for fault in ("start-lost", "start-500"):
        with server("--fault", fault) as (url, stats):
            r = own_http(url)
            equal((fault, r.returncode), (fault, 19))
            assert "not started again" in r.stderr, r.stderr
            equal(stats()["start_requests"], 1)
    # libcurl replaces a dropped connection, except for a Start.
    with server("--fault", "drop-every=2", speed=20) as (url, stats):
        equal(own_http(url).returncode, 4)
        equal(stats()["start_requests"], 1)


def test_own_http_starts_later_if_there_was_no_connection_for_the_Start():
    """The server answers the sign-in and goes away before any byte of a Start
    has left."""
    body = b'{"AmtLogonToken":"3f7"}'
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = str(s.getsockname()[1])
        p = subprocess.Popen([OUT + "/own_http", "http://127.0.0.1:" + port],
                             text=True, env=environment(),
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        connection = s.accept()[0]
    with connection:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
                           b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    with p:
        time.sleep(1)
        with server("--port", port, speed=20) as (_, stats):
            out, told = p.communicate(timeout=60)
            # The first Start has the old token, and gets a 401.
            equal((p.returncode, stats()["start_requests"]), (4, 2))
            assert "Done" in out and "not started again" not in told, told


def test_own_http_feeds_long_messages_and_pieces_of_any_size():
    for fault in ("chunked=3", "page=2", "accent=ascii"):
        with server("--fault", fault, speed=20) as (url, _):
            r = subprocess.run([OUT + "/own_http", url, "LOG_5_x_40001"],
                               capture_output=True, env=environment(),
                               timeout=60)
            equal(r.returncode, 4)
            wanted = "".join(log_text(i, 40001) + "\n" for i in range(1, 6))
            assert r.stdout.decode().endswith(wanted), fault


def resume_command(path, url, queue, job="CODE_4"):
    return [OUT + "/resume", path, url, job, queue]


def resume(*args):
    return subprocess.run(resume_command(*args), capture_output=True, text=True,
                          timeout=60)


def test_resume_goes_on_with_its_job_after_kill_9_at_40_random_instants():
    chance = random.Random(time.time())
    outcomes = {}
    with tempfile.TemporaryDirectory() as d, \
         server("--db", d + "/db", "--fault", "slow=100", speed=4) as (url, _):

        def starts(queue):
            with contextlib.closing(sqlite3.connect(d + "/db",
                                                    timeout=20)) as db:
                return db.execute("select count(*) from jobs where queue = ?",
                                  (queue,)).fetchone()[0]

        def one(queue):
            path = "%s/%s" % (d, queue)
            p = subprocess.Popen(resume_command(path, url, queue),
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
            if queue == "Q0": # between the Start and its answer
                while starts(queue) == 0:
                    time.sleep(0.001)
            elif queue != "Q1": # which is killed at once
                time.sleep(chance.choice((chance.uniform(0, 0.2),
                                          chance.uniform(0, 2.5))))
            killed(p)
            before = starts(queue)
            r = resume(path, url, queue)
            with open(path) as f:
                lines = f.read().splitlines()
            if r.returncode == 4:
                equal((queue, starts(queue)), (queue, 1))
                equal(lines[-1], "ended 4")
            else: # whether the job was started is unknown
                equal((queue, r.returncode, len(lines)), (queue, 19, 1))
                assert "look for it" in r.stderr, r.stderr
                assert starts(queue) <= 1, queue
            # One more run ends in the same way.
            equal(resume(path, url, queue).returncode, r.returncode)
            return "%d, %d before" % (r.returncode, before)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for outcome in pool.map(one, ["Q%d" % n for n in range(40)]):
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
        for n in range(40):
            assert starts("Q%d" % n) <= 1, n
    print("        %s" % outcomes)
    for outcome in "4, 0 before", "4, 1 before", "19, 1 before":
        assert outcomes.get(outcome), outcomes


def test_resume_understands_each_line_and_no_torn_one():
    with tempfile.TemporaryDirectory() as d, server(speed=20) as (url, stats):
        path = d + "/state"
        head = "starting %s CODE_4 Q" % url

        def run(text, *args):
            with open(path, "w") as f:
                f.write(text)
            before = stats()["start_requests"]
            r = resume(path, url, *(args or ("Q",)))
            with open(path) as f:
                return (r.returncode, stats()["start_requests"] - before,
                        f.read())
        whole = "%s\nstarted %d\nended 4\n"
        equal(run(""), (4, 1, whole % (head, 2112)))
        equal(run(head), (4, 1, whole % (head, 2113))) # torn before the Start
        equal(run(head + "\n"), (19, 0, head + "\n"))
        equal(run(head + "\nstarted 2"), (19, 0, head + "\n"))
        begun = head + "\nstarted 2113\n"
        equal(run(begun), (4, 0, whole % (head, 2113)))
        equal(run(begun + "ended"), (4, 0, whole % (head, 2113)))
        equal(run(begun + "ended 12\n"), (12, 0, begun + "ended 12\n"))
        equal(run("nonsense\n"), (19, 0, "nonsense\n"))
        equal(run(begun, "R"), (78, 0, begun)) # the file of another job
        equal(run("x" * 5000), (78, 0, "x" * 5000))
        equal(run("", "Q", "NO_SUCH"), (11, 1, "")) # the Start is refused
        equal(resume(d, url, "Q").returncode, 78)
        os.remove(path)
        watched = stats()["monitors"]
        with subprocess.Popen(resume_command(path, url, "Q", "SLOWLOG_60"),
                              stdout=subprocess.DEVNULL) as p:
            while stats()["monitors"] <= watched:
                time.sleep(0.02)
            equal(resume(path, url, "Q", "SLOWLOG_60").returncode, 78)
            equal(p.wait(30), 4)
    with server("--fault", "accent=string-numbers") as (url, stats), \
         tempfile.TemporaryDirectory() as d:
        equal(resume(d + "/a", url, "Q").returncode, 4)
        with open(d + "/a") as f:
            assert 'started "2112"\n' in f.read()


CUT_H = r"""
/* A disk that keeps what was synced, in a folder that was. */
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
static char cut_text[4096];
static int cut_length, cut_folder;
static int cut_dprintf(int fd, const char *format, ...)
{
  va_list list;
  va_start(list, format);
  cut_length += vsnprintf(cut_text + cut_length,
                          sizeof cut_text - (size_t)cut_length, format, list);
  va_end(list);
  return fd < 0 ? -1 : 1;
}
static int cut_fsync(int fd)
{
  struct stat st;
  if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) cut_folder = 1;
  else if (cut_folder &&
           write(fd, cut_text, (size_t)cut_length) != cut_length) return -1;
  else cut_length = 0;
  return 0;
}
#define dprintf cut_dprintf
#define fsync cut_fsync
"""


def test_resume_has_each_line_on_the_disk_before_it_goes_on():
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/cut.h", "w") as f:
            f.write(CUT_H)
        subprocess.check_call([
            "gcc", "-std=c99", "-O1", "-I.", "-Ibackends", "-D_POSIX_C_SOURCE=200809L",
            "-include", d + "/cut.h", "examples/resume.c", "-o", d + "/resume"])
        for known, code in (("starts_accepted", 19), ("monitors", 4)):
            with server("--fault", "slow=300", speed=20) as (url, stats):
                command = [d + "/resume", d + "/" + known, url, "CODE_4"]
                p = subprocess.Popen(command, stdout=subprocess.DEVNULL)
                while not stats()[known]:
                    time.sleep(0.01)
                killed(p)
                for _ in range(2):
                    r = subprocess.run(command, capture_output=True, timeout=60)
                    equal((known, r.returncode), (known, code))
                equal(stats()["start_requests"], 1)


def test_resume_gives_an_id_back_as_the_server_had_it():
    bodies = []

    class Server(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"Token":"t","Status":4,"Messages":[]}')

        def log_message(self, *_):
            pass
    with tempfile.TemporaryDirectory() as d, \
         http.server.HTTPServer(("127.0.0.1", 0), Server) as s:
        threading.Thread(target=s.serve_forever, daemon=True).start()
        url = "http://127.0.0.1:%d" % s.server_port
        for wanted in "12", '"12"', r'"a\"b"':
            path = d + "/state"
            with open(path, "w") as f:
                f.write("starting %s J Q\nstarted %s\n" % (url, wanted))
            bodies.clear()
            equal(resume(path, url, "Q", "J").returncode, 4)
            assert '"BatchRequestId":%s}' % wanted in bodies[1].decode(), bodies
        s.shutdown()


FLEET_CODES = (3, 4, 6, 10, 11, 12, 22, 99, 4, 2)


def fleet_list(n):
    """The text of a list of n jobs, and the code that each must end with."""
    codes = [FLEET_CODES[i % 10] for i in range(n)]
    return ("".join("DEMO2 CODE_%d\n" % c for c in codes),
            [4 if c == 2 else c for c in codes])


def fleet_command(url, *options, interval="0.3"):
    return [OUT + "/fleet", "-u", url, "-i", interval, *options]


def fleet(url, text, *options, timeout=120, **more):
    return subprocess.run(fleet_command(url, *options, **more), input=text,
                          env=environment(), capture_output=True, text=True,
                          timeout=timeout)


def fleet_ends(out):
    """The name of each job's end, by the job's number. Jobs that ended in an
    earlier run are left out."""
    names = ("KILLED|DONE|SKIPPED_BY_OPS|DEL_QUEUE|ERROR|ABORTED|UNDEFINED|"
             "ABORTED_WITH_RECOVER|INVALID AMT USER|WEB_SERVER_ERROR")
    ends = re.findall(r"^\S+ (\d+) \S+ \S+ \S+: (%s)(?:: .*)?$" % names, out,
                      re.M)
    assert len({n for n, _ in ends}) == len(ends), "a job ended twice"
    return {int(n): name for n, name in ends}


def fleet_summary(r):
    assert r.stderr == "", r.stderr
    return {int(code): int(n) for n, code in
            re.findall(r"^(\d+) ended as (\d+) ", r.stdout, re.M)}


def count(codes):
    return {c: codes.count(c) for c in codes}


NAMES = {3: "KILLED", 4: "DONE", 6: "SKIPPED_BY_OPS", 10: "DEL_QUEUE",
         11: "ERROR", 12: "ABORTED", 22: "ABORTED_WITH_RECOVER",
         99: "INVALID AMT USER"}


def test_fleet_ends_each_of_300_jobs_with_its_own_code_after_one_sign_in():
    text, codes = fleet_list(300)
    with server() as (url, stats):
        r = fleet(url, "# comment\n\n" + text)
        equal(fleet_summary(r), count(codes))
        equal(fleet_ends(r.stdout),
              {i + 1: NAMES[c] for i, c in enumerate(codes)})
        equal(r.returncode, 1)
        s = stats()
        equal((s["sign_ins"], s["start_requests"]), (1, 300))
        assert s["connections"] <= 320, s # each Start has its own
        r = fleet(url, "DEMO2 ECHO a=1 'b'\nDEMO2 CODE_4")
        equal((r.returncode, fleet_summary(r)), (0, {4: 2}))


def test_fleet_spreads_its_looks_evenly_and_forgets_no_job():
    with tempfile.TemporaryDirectory() as d, \
         server("--db", d + "/db", speed=1) as (url, _):
        text = "DEMO2 LONGRUNNINGREPORT\n" * 100
        with subprocess.Popen(fleet_command(url, "-q", interval="1"), text=True,
                              env=environment(), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as p:
            p.stdin.write(text)
            p.stdin.close()
            time.sleep(5)
            p.terminate()
            out = p.stdout.read()
            equal(p.wait(10), 1)
        assert "100 go on at their server" in out, out
        most = re.search(r"([0-9.]+) s at most from one look", out)
        assert most and 1 <= float(most[1]) < 1.5, out
        with contextlib.closing(sqlite3.connect(d + "/db")) as db:
            times = [t for t, in db.execute(
                "select time from requests where path like '%MonitorJob'")]
        times = [t / 1000 if isinstance(t, (int, float)) else t for t in times]
        assert len(times) >= 250, len(times)
        tenths = {}
        for t in times:
            tenths[int(t * 10)] = tenths.get(int(t * 10), 0) + 1
        middle = sorted(tenths.values())[len(tenths) // 4:-1]
        assert middle[0] >= 5 and middle[-1] <= 20, tenths # 10 each is even


def test_fleet_starts_none_twice_after_kill_9_and_ends_all_it_knows():
    text, codes = fleet_list(200)
    with tempfile.TemporaryDirectory() as d, \
         server("--db", d + "/db", speed=20) as (url, stats):
        out = ""
        for i in range(1, 6):
            with open(d + "/list", "w") as f:
                f.write(text)
            with subprocess.Popen(
                    fleet_command(url, "-s", d + "/state", d + "/list"),
                    env=environment(), stdout=subprocess.PIPE, text=True) as p:
                time.sleep(0.08 * i)
                p.kill()
                out += p.stdout.read()
        r = fleet(url, "", "-s", d + "/state", d + "/list")
        ends = fleet_summary(r)
        unknown = ends.pop(19, 0)
        assert unknown <= 5 * 16, r.stdout
        equal(sum(ends.values()) + unknown, 200)
        for code, n in ends.items():
            assert n <= codes.count(code), ends
        with contextlib.closing(sqlite3.connect(d + "/db")) as db:
            (starts,), = db.execute("select count(*) from jobs")
        assert 200 - unknown <= starts <= 200, (starts, unknown)
        again = fleet(url, "", "-s", d + "/state", d + "/list")
        ends[19] = unknown
        equal({k: v for k, v in fleet_summary(again).items()},
              {k: v for k, v in ends.items() if v})
        equal(stats()["start_requests"], starts)
        equal(fleet(url, "DEMO2 CODE_4\n", "-s", d + "/state").returncode, 78)


def test_fleet_slows_down_for_a_throttled_server():
    text, codes = fleet_list(60)
    with server("--fault", "fail-503-retry-after=25") as (url, stats):
        begun = time.monotonic()
        r = fleet(url, text)
        equal(fleet_summary(r), count(codes))
        equal(stats()["start_requests"], 60)
        assert time.monotonic() - begun > 2, "it did not wait"
    # A Start that got a 429 started nothing, and is sent again.
    with server("--fault", "start-429") as (url, stats):
        r = fleet(url, "DEMO2 CODE_4\n" * 6, "-g", "2", "-c", "4")
        equal(fleet_summary(r), {23: 6})
        s = stats()
        equal(s["starts_accepted"], 0)
        assert 2 <= s["start_requests"] <= 40, s


def test_fleet_outlives_a_restart_of_its_server():
    with tempfile.TemporaryDirectory() as d:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        options = [SIM, "--port", str(port), "--db", d + "/db", "--speed", "4"]
        url = "http://127.0.0.1:%d" % port
        text, codes = fleet_list(100)
        sim = subprocess.Popen(options, stdout=subprocess.PIPE, text=True)
        sim.stdout.readline()
        with subprocess.Popen(fleet_command(url), text=True, env=environment(),
                              stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdout=subprocess.PIPE) as p:
            p.stdin.write(text)
            p.stdin.close()
            while json.load(urllib.request.urlopen(url + "/amtsim/stats"))[
                    "starts_accepted"] < 100:
                time.sleep(0.01)
            sim.kill()
            sim.wait()
            time.sleep(1)
            sim = subprocess.Popen(options, stdout=subprocess.PIPE, text=True)
            out = p.stdout.read()
            p.wait(60)
        sim.terminate()
        sim.wait()
        ends = {int(code): int(n) for n, code in
                re.findall(r"^(\d+) ended as (\d+) ", out, re.M)}
        equal(ends, count(codes))
        assert "retrying" in out


def test_fleet_watches_two_servers_and_one_that_is_away_holds_up_none():
    with server() as (a, stats_a), server("--base", "/amt") as (b, stats_b):
        text = "".join("DEMO2 CODE_4\n%s/amt DEMO2 CODE_12\n"
                       "http://127.0.0.1:9 DEMO2 CODE_4\n" % b.removesuffix("/amt")
                       for _ in range(12))
        r = fleet(a, text, "-g", "2", "-c", "6")
        equal(fleet_summary(r), {4: 12, 12: 12, 23: 12})
        equal((stats_a()["sign_ins"], stats_a()["starts_accepted"]), (1, 12))
        equal(json.load(urllib.request.urlopen(
            b.removesuffix("/amt") + "/amtsim/stats"))["starts_accepted"], 12)
        ends = [line for line in r.stdout.splitlines() if ": " in line]
        far = next(i for i, line in enumerate(ends) if "WEB_SERVER" in line)
        assert sum("DONE" in x or "ABORTED" in x for x in ends[:far]) == 24


def test_fleet_says_what_is_wrong():
    with server("--user", "somebody") as (url, _), \
         tempfile.TemporaryDirectory() as d:
        r = fleet(url, "DEMO2 CODE_4\n" * 30)
        equal(fleet_summary(r), {24: 30})
        equal(fleet(url, "DEMO2\n").returncode, 64)
        equal(fleet(url, "", "-c", "0").returncode, 64)
        equal(fleet(url, "", "-i", "x").returncode, 64)
        equal(fleet(url, "", "/nowhere").returncode, 78)
        r = subprocess.run(fleet_command(url), input="DEMO2 X\n", text=True,
                           env={"PATH": ""}, capture_output=True, timeout=20)
        equal(r.returncode, 64)
        assert "AMT_USER" in r.stderr
        for text in ("x\n", "fleet 1 00000000 x\n"):
            with open(d + "/state", "w") as f:
                f.write(text)
            equal(fleet(url, "DEMO2 X\n", "-s", d + "/state").returncode, 78)
    equal(fleet("https://127.0.0.1:9", "DEMO2 X\n").returncode, 1)


def test_fleet_goes_on_with_jobs_it_had_lost():
    with tempfile.TemporaryDirectory() as d:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = str(s.getsockname()[1])
        with open(d + "/list", "w") as f:
            f.write("DEMO2 CODE_4\n" * 20)
        command = ["-g", "1", "-s", d + "/state", d + "/list"]
        url = "http://127.0.0.1:" + port
        equal(fleet_summary(fleet(url, "", *command)), {23: 20})
        with server("--db", d + "/db", "--port", port, speed=1) as (_, stats):
            with subprocess.Popen(fleet_command(url, *command), text=True,
                                  env=environment(),
                                  stdout=subprocess.PIPE) as p:
                while stats()["starts_accepted"] < 20:
                    time.sleep(0.05)
                p.terminate()
                assert "20 go on at their server" in p.stdout.read()
        equal(fleet_summary(fleet(url, "", *command)), {19: 20})
        with server("--db", d + "/db", "--port", port) as (_, stats):
            equal(fleet_summary(fleet(url, "", *command)), {4: 20})
            equal(stats()["start_requests"], 0)


def test_fleet_shows_a_live_line_on_a_terminal_and_locks_its_state():
    with server(speed=2) as (url, _), tempfile.TemporaryDirectory() as d:
        with open(d + "/list", "w") as f:
            f.write("DEMO2 CODE_4\n" * 5)
        ours, theirs = pty.openpty()
        with subprocess.Popen(
                fleet_command(url, "-s", d + "/state", d + "/list"), stderr=theirs,
                env=environment(), stdout=subprocess.PIPE, text=True) as p:
            time.sleep(0.5)
            r = fleet(url, "", "-s", d + "/state", d + "/list")
            equal(r.returncode, 78)
            assert "another fleet" in r.stderr
            assert "5 ended as 4" in p.stdout.read()
            equal(p.wait(10), 0)
        os.close(theirs)
        line = b""
        with contextlib.suppress(OSError): # EIO is the end of a terminal
            while True:
                line += os.read(ours, 65536)
        line = line.decode()
        os.close(ours)
        assert "\r\033[K5 jobs, 0 ended" in line, line
        assert line.endswith("10 made\r\n") or "5 ended" in line, line


@contextlib.contextmanager
def raw_server(*replies):
    """Answers each connection with the next reply, and closes it. Yields the
    URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def run():
            for reply in replies:
                c, _ = listener.accept()
                with c:
                    c.recv(65536)
                    c.sendall(reply)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield "http://127.0.0.1:%d/x" % listener.getsockname()[1]
        thread.join(10)


def http_get(url):
    return subprocess.run([OUT + "/http_get", url], capture_output=True,
                          timeout=30)


def test_http_get_succeeds_only_for_a_complete_2xx():
    head = b"HTTP/1.1 200 OK\r\n"
    good = ((head + b"Content-Length: 5\r\n\r\nhello", b"hello"),
            (head + b"\r\nhello", b"hello"),
            (head + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n"
             b"X: y\r\n\r\n", b"hello"),
            (b"HTTP/1.1 100 Continue\r\n\r\n" + head +
             b"content-length:0\r\n\r\n", b""),
            (b"HTTP/1.1 204 No\r\n\r\n", b""))
    for reply, body in good:
        with raw_server(reply) as url:
            r = http_get(url)
            equal((reply, r.returncode, r.stdout), (reply, 0, body))
    bad = (head + b"Content-Length: 6\r\n\r\nhello",
           head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
           head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
           head + b"Content-Length: 5\r\nContent-Length: 4\r\n\r\nhello",
           head + b"Content-Encoding: gzip\r\n\r\nx",
           b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
           b"HTTP/1.1 302 F\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
           b"SSH-2.0-x\r\n", b"", head)
    for reply in bad:
        with raw_server(reply) as url:
            r = http_get(url)
            equal((reply, r.returncode), (reply, 1))
            assert r.stderr.strip(), reply
    with raw_server(bad[0]) as url:
        assert b"5 bytes" in http_get(url).stderr


def json_tokens(text, n):
    return subprocess.run([OUT + "/json_tokens", "-n", str(n)], input=text,
                          capture_output=True, timeout=30)


def test_json_tokens_says_the_same_for_pieces_of_any_size():
    texts = (b'\xef\xbb\xbf{"a\\u00e9\\ud83d\\ude00":[1,-2.5e+3,"x\\ny",true,'
             b'null,{},"\xc3\xa9\xf0\x9f\x98\x80"],"":""} \n',
             b'"' + b'\\u20ac' * 2000 + b'"', b"-0.5e-7", b"[[[]]]", b"[1,]",
             b'["\\ud800"]', b'["\xed\xa0\x80"]', b"", b" ", b'{"a":1}x',
             b"[" * 129, b'"abc', b"nul", b'["\x01"]')
    for text in texts:
        first = json_tokens(text, 4096)
        try:
            json.loads(text.decode("utf-8-sig"))
            valid = 0
        except ValueError:
            valid = 1
        if text == texts[5] or len(text) == 129:
            valid = 1 # only Python takes half a surrogate pair, or any depth
        equal((text, first.returncode), (text, valid))
        if valid:
            assert re.search(rb"\d", first.stderr), first.stderr
        for n in (1, 2, 3, 5, 7, 64):
            r = json_tokens(text, n)
            equal((text, n, r.returncode, r.stdout, r.stderr),
                  (text, n, first.returncode, first.stdout, first.stderr))


LONGEST = 300 # seconds for one test, on a busy machine


def hangs(*_):
    """Fails a test that hangs. If it still hangs, ends the program."""
    signal.signal(signal.SIGALRM, lambda *_: os._exit(1))
    signal.alarm(60)
    raise TimeoutError("the test hung for %d s" % LONGEST)


def outcome(test):
    """"" if it passes, or what went wrong. SkipTest is for main()."""
    signal.signal(signal.SIGALRM, hangs)
    signal.alarm(LONGEST)
    try:
        test()
        return ""
    except unittest.SkipTest:
        raise
    except Exception: # pylint: disable=broad-except
        return "\n        " + traceback.format_exc()[-3000:].replace(
            "\n", "\n        ")
    finally:
        signal.alarm(0)


def shell(command, env, **more):
    return subprocess.run(["bash", "-c", command], env=env, text=True,
                          capture_output=True, timeout=60, check=False, **more)


def chosen(tests):
    """Those whose name has the command line's word in it: one at least."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    found = {name: test for name, test in tests.items()
             if name.startswith("test_") and
             word.replace("_", " ") in name.replace("_", " ")}
    if not found:
        print("no test's name has the word %s in it" % word, file=sys.stderr)
        sys.exit(1)
    return found


def main(tests):
    # A shell's background jobs ignore SIGINT, and so would their children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    failed = False
    for name, test in chosen(tests).items():
        name = name[5:]
        why = NOT_UNDER_WINE.get(name, NOT_THE_TOOL if name[:6] == "fleet_"
                                 else "")
        name = name.replace("_", " ")
        if WINE and why:
            print("left    %s: %s" % (name, why))
            continue
        begun = time.monotonic()
        try:
            wrong = outcome(test)
            if wrong and WINE: # Wine itself crashes once in hundreds of runs
                print("again   %s%s" % (name, wrong))
                wrong = outcome(test)
        except unittest.SkipTest as skipped:
            print("left    %s: %s" % (name, skipped))
            continue
        if wrong:
            failed = True
            print("FAILED  %s%s" % (name, wrong))
        else:
            print("ok      %s (%.1f s)" % (name, time.monotonic() - begun))
        sys.stdout.flush()
    print("programs: done")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main(globals())
