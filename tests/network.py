# SPDX-License-Identifier: MIT OR Unlicense
"""A bad network: the tool and simulated servers in two network namespaces,
joined by one cable that loses, resets, swallows or delays what goes over it.
Each function whose name begins with test_ is one test; its name is the sentence
it proves. Tests run side by side: the seconds printed are how long each was
waited for. Needs root, iproute2, nftables, util-linux and openssl; else each
test says that it is left out. Environment: AMT, the tool.
usage: network.py [WORD]   runs only the tests with WORD in their name

The tool's own limits are part of what is tested: 10 s for a connection, 30 s
without a byte. No verdict depends on chance: random loss lasts so short a time
that TCP gets through within those limits; where chance decides what happens,
the tool must tell it rightly."""
import contextlib
import itertools
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True

from programs import AMT, equal, last_line, log_text
from servers import (DEMO, PROGRAMS, Amtsim, Run, certificate, contained,
                     each_at_once, events, good, slow_log, texts, unknown,
                     until, write)

CLIENT, SERVER = "10.77.0.2", "10.77.0.1"
PREFIX = "amt-%d-" % os.getpid()
NUMBERS = itertools.count(1)
# Ways in which the tool talks: with TLS or without, and options.
WAYS = ((False, ("--no-keep-alive",)), (False, ("--follow",)),
        (True, ("--follow",)))
PLAIN_AND_TLS = ((False, ()), (True, ()))


def command(*words, **more):
    r = subprocess.run(words, capture_output=True, text=True, timeout=60,
                       env={**os.environ, "PATH": PROGRAMS}, check=False,
                       **more)
    assert r.returncode == 0, (words, more.get("input"), r.stdout, r.stderr)
    return r.stdout


class Network:
    """Two namespaces and a cable; a server for http and one for https. They
    listen on 127.0.0.1 only. The client has no loopback of its own, so its
    route to that address leads over the cable."""

    def __init__(self, *options, speed=2):
        name = PREFIX + str(next(NUMBERS))
        self.client, self.server = name + "-client", name + "-server"
        self.d = tempfile.mkdtemp()
        self.runs = []
        for name in (self.client, self.server):
            command("ip", "netns", "add", name)
        command("ip", "link", "add", "cable", "netns", self.client, "type",
                "veth", "peer", "name", "cable", "netns", self.server)
        for name, address in ((self.client, CLIENT), (self.server, SERVER)):
            command("ip", "-n", name, "addr", "add", address + "/24", "dev",
                    "cable")
            self.on(name, "sh", "-c",
                    "echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet")
        command("ip", "-n", self.server, "link", "set", "lo", "up")
        command("ip", "-n", self.server, "link", "set", "cable", "up")
        self.plug()
        d = certificate()
        self.sims = [Amtsim(*options, *more, speed=speed, port=42000 + n,
                            within=["ip", "netns", "exec", self.server])
                     for n, more in enumerate(
                         ((), ("--tls", d + "/crt", d + "/key")))]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for run in self.runs:
            run.process.kill()
            run.process.wait()
        for sim in self.sims:
            sim.stop()
        for name in (self.client, self.server):
            command("ip", "netns", "del", name)

    @staticmethod
    def on(name, *words, **more):
        return command("ip", "netns", "exec", name, *words, **more)

    # --- what goes wrong ---

    def plug(self):
        command("ip", "-n", self.client, "link", "set", "cable", "up")
        command("ip", "-n", self.client, "route", "add", "127.0.0.1", "dev",
                "cable")
        command("ip", "-n", self.client, "route", "add", "default", "via",
                SERVER)

    def unplug(self):
        """All routes go with it."""
        command("ip", "-n", self.client, "link", "set", "cable", "down")

    def rules(self, name, *rules, hook="prerouting"):
        """Replaces the rules of nftables for what arrives."""
        self.on(name, "nft", "-f", "-", input="\n".join([
            "table ip amt", "delete table ip amt", "table ip amt { chain c {",
            "type filter hook %s priority raw;" % hook,
            *('iifname "cable" ' + rule for rule in rules), "}", "}", ""]))

    def from_client(self, *rules):
        self.rules(self.server, *rules)

    def from_server(self, *rules):
        self.rules(self.client, *rules)

    def hole(self):
        self.from_client("drop")
        self.from_server("drop")

    def loss(self, percent):
        for name in (self.client, self.server):
            self.rules(name, "numgen random mod 100 < %d drop" % percent)

    def resets(self, percent):
        """Drops this share of the packets that arrive, and answers each with a
        reset."""
        share = "numgen random mod 100 < %d" % percent if percent < 100 else ""
        for name in (self.client, self.server):
            self.rules(name, "tcp flags & rst == 0 %s reject with tcp reset"
                       % share, hook="input")

    def unreachable(self):
        self.from_client("reject with icmp type host-unreachable")

    def heal(self):
        for name in (self.client, self.server):
            self.rules(name)

    def cut(self):
        """Ends all of the servers' connections by a reset."""
        self.on(self.server, "ss", "-K", "sport", ">=", ":42000")
        left = self.on(self.server, "ss", "-tnH")
        assert ":42000" not in left and ":42001" not in left, left

    def slow_link(self):
        for name in (self.client, self.server):
            self.on(name, "tc", "qdisc", "add", "dev", "cable", "root", "tbf",
                    "rate", "64kbit", "burst", "2000", "latency", "600ms")

    # --- who talks ---

    def within(self):
        return ["ip", "netns", "exec", self.client]

    def begin(self, tls, *args, url=None, n=16, within=()):
        """A job that writes n messages at two a second."""
        self.runs.append(slow_log(url or self.sims[tls].base, n, *args,
                                  poll="0.2",
                                  within=[*self.within(), *within]))
        return self.runs[-1]

    def state(self, n):
        return "%s/state%d" % (self.d, n)

    def begin_all(self, *more, ways=WAYS):
        return [self.begin(tls, "--state", self.state(n), *args, *more)
                for n, (tls, args) in enumerate(ways)]

    def started(self, *more, ways=WAYS):
        """Begins runs, and waits until they know their jobs' ids."""
        runs = self.begin_all(*more, ways=ways)
        for run in runs:
            run.reached('"started"')
        time.sleep(0.5)
        return runs

    def starts(self):
        return [sim.starts() for sim in self.sims]

    def all_good(self, tells="", least=0):
        """Each ends well with its whole log, and was started once."""
        for run in self.runs:
            r = run.ended(least)
            good(r, 16)
            assert tells in r.stderr, r.stderr
        plain = len([run for run in self.runs if "--ca" not in
                     run.process.args])
        tls = len(self.runs) - plain
        equal(self.starts(), [(plain, plain), (tls, tls)])
        self.no_state()

    def no_state(self):
        equal(os.listdir(self.d), [])

    def sends_nothing(self, tls, state, *args):
        """The next run after start-unknown only says so again."""
        before = self.sims[tls].count("requests")
        unknown(self.begin(tls, "--state", state, *args).ended(), state)
        equal(self.sims[tls].count("requests"), before)


# --- addresses of the link ---------------------------------------------------

def test_a_link_local_server_is_reached_through_its_zone():
    """An amt tap listens on the link. Its capture shows that Host has the
    address without the zone, which means nothing to the server."""
    with Network() as net:
        for name, address in ((net.client, "fe80::77:2/64"),
                              (net.server, "fe80::77:1/64")):
            command("ip", "-n", name, "addr", "add", address, "dev", "cable",
                    "nodad")
        index = command("ip", "-n", net.client, "-o", "link", "show", "cable")
        at = "http://[fe80::77:1%s]:4004"
        with subprocess.Popen(
                ["ip", "netns", "exec", net.server, AMT, "tap", "--listen",
                 at[7:] % "%25cable", "--to", net.sims[0].base, "--save",
                 net.d + "/capture"], stderr=subprocess.PIPE, text=True) as tap:
            assert "warning" in tap.stderr.readline()
            assert at % "%25cable" in tap.stderr.readline()
            for zone in ("%25cable", "%25cab%6Ce", "%cable",
                         "%25" + index.split(":")[0]):
                r = net.begin(False, url=at % zone, n=2).ended()
                good(r, 2)
            for zone, status, words in (
                    ("", 78, ("a link-local address without its zone",)),
                    ("%25nothing", 78, ("no interface 'nothing'", "ip -6"))):
                r = net.begin(False, "--give-up", "0", url=at % zone).ended()
                equal((zone, r.returncode), (zone, status))
                assert all(w in r.stderr for w in words), r.stderr
            r = net.begin(False, "--give-up", "0", # a path may have brackets
                          url="http://127.0.0.1:1/a[b%20c]").ended()
            equal(r.returncode, 23)
            r = net.begin(False, "--timeout", "2", url=at % "%25cable").ended()
            equal(r.returncode, 75)
            assert "-s 'http://[fe80::77:1%25cable]:4004'" in r.stderr, r.stderr
            tap.send_signal(signal.SIGINT)
            tap.stderr.read()
        with open(net.d + "/capture", encoding="utf-8") as f:
            hosts = {line for line in f if line.startswith("Host:")}
        equal(hosts, {"Host: [fe80::77:1]:4004\n"})


# --- loss, resets, black holes -----------------------------------------------

def test_a_job_ends_well_although_5_or_30_percent_is_lost():
    def check(percent):
        with Network() as net:
            net.loss(percent)
            net.begin_all()
            time.sleep(8)
            net.heal()
            net.all_good()
    each_at_once(check, [[5], [30]])


def test_a_network_that_is_bad_for_seconds_in_mid_run_ends_no_run():
    """If only the server hears of a reset, the client waits for its limit."""
    def check(seconds, breaks, mends=Network.heal, tells=""):
        with Network() as net:
            net.started()
            breaks(net)
            time.sleep(seconds)
            mends(net)
            net.all_good(tells)
    each_at_once(check, [
        [6, Network.hole], [5, lambda net: net.from_client("drop")],
        [5, lambda net: net.from_server("drop")], [3, Network.unreachable],
        [4, Network.unplug, Network.plug], [4, lambda net: net.resets(15)],
        [4, lambda net: net.resets(100), Network.heal, "trying again"]])


def test_resets_at_any_time_never_make_two_Starts_of_one():
    """Whether the Start got through is chance. What is said of it is not."""
    with Network(speed=100) as net:
        net.resets(12)
        runs = [(n, n % 2, ["-pa", "run %d" % n]) for n in range(16)]
        for n, tls, args in runs:
            net.begin(tls, *args, "--state", net.state(n))
        time.sleep(8)
        net.heal()
        ends = [run.ended() for run in net.runs]
        for r, (n, tls, args) in zip(ends, runs):
            jobs = net.sims[tls].count(
                "jobs where parameters like '%%\"run %d\"%%'" % n)
            if r.returncode == 4:
                good(r, 16)
                equal((n, jobs), (n, 1))
                assert not os.path.exists(net.state(n))
            else:
                unknown(r, net.state(n))
                assert jobs <= 1, (n, jobs)
                net.sends_nothing(tls, net.state(n), *args)
        for requests, accepted in net.starts():
            equal(requests, accepted)
            assert requests <= 8, requests


def test_a_connection_that_a_firewall_has_forgotten_is_replaced():
    """Open connections stay silent for ever; new ones are let through."""
    with Network() as net:
        net.started(ways=PLAIN_AND_TLS)
        lines = net.on(net.client, "ss", "-tnH").splitlines()
        ports = [line.split()[3].rpartition(":")[2] for line in lines
                 if line.startswith("ESTAB")]
        equal(len(ports), 2)
        net.from_client("tcp sport { %s } drop" % ", ".join(ports))
        net.all_good("trying again", least=30)


def test_a_black_hole_for_ever_in_mid_run_is_75_with_the_id_and_no_hang():
    """The next run goes on with the job, and has its whole log."""
    with Network() as net:
        runs = net.started("--give-up", "2")
        net.hole()
        for run in runs:
            r = run.ended()
            equal((r.returncode, r.stderr), (75, r.stderr))
            assert last_line(r).startswith("server-lost: "), r.stderr
            assert "-jt ATTACH" in last_line(r), r.stderr
            equal(events(r.stdout)[-1]["event"], "end")
        net.heal()
        for run in net.begin_all():
            good(run.ended(), 16)
        equal(net.starts(), [(2, 2), (1, 1)])
        net.no_state()


def test_a_black_hole_from_the_beginning_is_23_and_starts_nothing():
    with Network() as net:
        net.hole()
        runs = [*net.begin_all("--give-up", "2"),
                net.begin(False, "--timeout", "3")]
        for run in runs:
            r = run.ended(least=3)
            equal((r.returncode, r.stderr), (23, r.stderr))
        assert "nothing was started" in r.stderr, r.stderr
        equal([sim.count("requests") for sim in net.sims], [0, 0])
        net.no_state()


def test_a_signal_in_a_black_hole_kills_the_job_once_that_is_over():
    with Network() as net:
        runs = [net.begin(tls, n=1000) for tls in (False, True)]
        for run in runs:
            run.reached('"started"')
        net.hole()
        for run in runs:
            run.process.send_signal(signal.SIGTERM)
        time.sleep(3)
        net.heal()
        for run in runs:
            r = run.ended()
            equal((r.returncode, r.stderr), (3, r.stderr))
        equal(net.starts(), [(1, 1), (1, 1)])


# --- the Start and its answer ------------------------------------------------

@contextlib.contextmanager
def Starts_into_a_hole(which):
    """Runs whose Start is lost on the way. "answer": its answer is; "request":
    its own bytes are, the only packets of more than 900."""
    with Network("--fault", "slow=2500", speed=10) as net:
        if which == "request":
            net.from_client(*("tcp dport %d ip length > 900 counter drop"
                              % port for port in (42000, 42001)))
        net.begin_all("-pa", "x" * 1000, ways=PLAIN_AND_TLS)
        if which == "answer":
            until(lambda: net.starts() == [(1, 1), (1, 1)], "the Starts")
            net.from_server("drop")
        else:
            until(lambda: "packets 0 " not in net.on(
                net.server, "nft", "list", "ruleset"), "the Starts")
        yield net


def test_a_Start_whose_answer_or_bytes_are_lost_is_unknown_and_sent_once():
    def check(which):
        with Starts_into_a_hole(which) as net:
            for n, run in enumerate(net.runs):
                unknown(run.ended(least=30), net.state(n))
            if which == "request": # the kernel has stopped sending it, too
                queues = [line.split()[2] for line in
                          net.on(net.client, "ss", "-tnH").splitlines()]
                equal(set(queues) - {"0"}, set())
            came = (1, 1) if which == "answer" else (0, 0)
            equal(net.starts(), [came, came])
            if which == "answer":
                net.heal()
            for tls in (0, 1):
                net.sends_nothing(tls, net.state(tls), "-pa", "x" * 1000)
            equal(net.starts(), [came, came])
    each_at_once(check, [["answer"], ["request"]])


def test_a_Start_whose_answer_or_bytes_are_late_is_one_Start():
    def check(which):
        with Starts_into_a_hole(which) as net:
            time.sleep(4)
            net.heal()
            net.all_good()
    each_at_once(check, [["answer"], ["request"]])


def test_a_Start_whose_answer_is_reset_is_unknown_and_sent_once():
    with Network("--fault", "slow=2500") as net:
        runs = net.begin_all(ways=PLAIN_AND_TLS)
        until(lambda: net.starts() == [(1, 1), (1, 1)], "the Starts")
        net.cut()
        for n, run in enumerate(runs):
            unknown(run.ended(), net.state(n))
            net.sends_nothing(n, net.state(n))
        equal(net.starts(), [(1, 1), (1, 1)])


# --- addresses, servers that go, slow links ----------------------------------

def test_a_server_that_cannot_be_reached_is_23_and_says_why():
    """An ICMP error of a router; an unplugged cable."""
    def check(breaks, words):
        with Network() as net:
            breaks(net)
            for url in ("http://10.88.0.1:42000", "https://10.88.0.1:42000"):
                r = net.begin(False, "--give-up", "0", url=url).ended()
                equal((r.returncode, r.stderr), (23, r.stderr))
                assert words in r.stderr, r.stderr
    each_at_once(check, [[Network.unreachable, "No route to host"],
                         [Network.unplug, "Network is unreachable"]])


def test_a_server_that_dies_unseen_and_comes_back_does_not_end_the_run():
    """It dies while nothing gets through: the client's connections stay open,
    and the new server does not know them."""
    with Network() as net:
        net.started()
        net.hole()
        for sim in net.sims:
            sim.stop()
        net.cut()
        for sim in net.sims:
            sim.start()
        net.heal()
        net.all_good()


def test_a_name_whose_first_address_is_dead_leads_to_the_one_that_lives():
    """A dead address is silent, or nothing listens there. The first one gets
    half of the 10 s for a connection."""
    def check(dead, least):
        with Network() as net:
            hosts = write(net.d + "/hosts", "%s localhost\n127.0.0.1 localhost"
                          "\n" % dead)
            for tls, sim in enumerate(net.sims):
                net.begin(tls, url=sim.base.replace("127.0.0.1", "localhost"),
                          within=["unshare", "-m", "sh", "-c", 'mount --bind '
                                  '"$0" /etc/hosts && exec "$@"', hosts])
            for run in net.runs:
                r = run.ended(least)
                good(r, 16)
                equal(r.stderr, "")
            equal(net.starts(), [(1, 1), (1, 1)])
    each_at_once(check, [["10.88.0.1", 13], [SERVER, 8]])


def test_a_log_of_100_kilobytes_comes_whole_over_64_kbit_a_second():
    with Network() as net:
        net.slow_link()
        for run in [Run(net.sims[tls].base, *DEMO, "-jn", "LOG_100_x_900",
                        "--poll", "0.5", "--format", "json", *args,
                        within=net.within()) for tls, args in WAYS[1:]]:
            r = run.ended(least=11)
            equal((r.returncode, r.stderr), (4, r.stderr))
            equal(texts(r.stdout), [log_text(i, 900) for i in range(1, 101)])
        equal(net.starts(), [(1, 1), (1, 1)])


def test_a_Start_of_60_kilobytes_goes_over_64_kbit_a_second_once():
    with Network() as net:
        net.slow_link()
        text = "0123456789" * 6000
        for run in [Run(sim.base, *DEMO, "-jn", "ECHO", "-pa", text, "--poll",
                        "0.5", "--format", "json", within=net.within())
                    for sim in net.sims]:
            r = run.ended(least=7)
            equal((r.returncode, r.stderr), (4, ""))
            assert text in r.stdout
        equal(net.starts(), [(1, 1), (1, 1)])


# --- name servers ------------------------------------------------------------

A, AAAA = 1, 28
HOSTS = itertools.count(20) # one for each server, since tests run side by side


@contextlib.contextmanager
def name_server(held=None, **says):
    """A name server on a loopback address. `a` and `aaaa` are an address, an
    rcode, or None for no answer; answers wait for the event `held`. Yields the
    words that run a command with it, and an event: it was asked."""
    address = "127.%d.%d.%d" % (next(HOSTS), os.getpid() >> 8 & 255,
                                os.getpid() & 255)
    with tempfile.TemporaryDirectory() as d, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((address, 53))
        stop, asked = threading.Event(), threading.Event()

        def answer(ask, who):
            end = ask.index(0, 12) + 5
            kind = struct.unpack("!H", ask[end - 4:end - 2])[0]
            says_this = says["a" if kind == A else "aaaa"]
            if says_this is None:
                return
            rcode = says_this if isinstance(says_this, int) else 0
            data = b"" if isinstance(says_this, int) else (
                b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, 4) +
                socket.inet_aton(says_this))
            s.sendto(ask[:2] + struct.pack(
                "!HHHHH", 0x8180 | rcode, 1, bool(data), 0, 0) +
                ask[12:end] + data, who)

        def serve():
            s.settimeout(0.1)
            kept = []
            while not stop.is_set():
                with contextlib.suppress(socket.timeout):
                    kept.append(s.recvfrom(512))
                    asked.set()
                if held is None or held.is_set():
                    while kept:
                        answer(*kept.pop())
        thread = threading.Thread(target=serve)
        thread.start()
        resolv = write(d + "/resolv.conf", "nameserver %s\n" % address)
        hosts = write(d + "/hosts", "")
        try:
            yield ["unshare", "-m", "sh", "-c", 'mount --bind "$0" '
                   '/etc/resolv.conf && mount --bind "$1" /etc/hosts && '
                   'shift && exec "$@"', resolv, hosts], asked
        finally:
            stop.set()
            thread.join()


def test_a_dead_name_server_keeps_no_signal_and_no_limit_waiting():
    for args, number in ((["--timeout", "1"], None), ([], signal.SIGTERM),
                         ([], signal.SIGINT)):
        with name_server(a=None, aaaa=None) as (within, asked):
            run = Run("http://batch.example:1", *DEMO, "-jn", "X", *args,
                      within=within)
            assert asked.wait(30)
            begun = time.monotonic()
            if number:
                run.process.send_signal(number)
            r = run.ended()
            equal((r.returncode, r.stderr), (3 if number else 23, r.stderr))
            took = time.monotonic() - begun
            assert took < 8, took # waiting for the resolver would take 10


def cpu_seconds(process):
    with open("/proc/%d/stat" % process.pid, encoding="ascii") as f:
        return sum(map(int, f.read().rpartition(")")[2].split()[11:13])) / \
            os.sysconf("SC_CLK_TCK")


def test_an_answer_that_comes_after_the_next_server_was_tried_costs_nothing():
    sim, held = Amtsim(), threading.Event()
    try:
        with name_server(a="127.0.0.1", aaaa=3, held=held) as (within, _):
            run = Run(sim.base, *DEMO, "-jn", "LONGRUNNINGREPORT", "-s",
                      "http://batch.example:1", "-s", sim.base, "--poll", "1",
                      within=within)
            until(lambda: sim.starts()[1], "a Start")
            held.set()
            time.sleep(2)
            before = cpu_seconds(run.process)
            time.sleep(3)
            spent = cpu_seconds(run.process) - before
            run.process.send_signal(signal.SIGTERM)
            r = run.ended()
        assert "not answered yet" in r.stderr, r.stderr
        assert spent < 0.3, spent
    finally:
        sim.stop()


def test_what_a_name_server_says_is_told():
    """2 is SERVFAIL, 3 NXDOMAIN, 5 REFUSED."""
    for a, aaaa, words in ((3, 3, "name is not known"),
                           (2, 2, "name service failed"),
                           (5, 5, "name service failed"),
                           (None, None, "not answered yet")):
        with name_server(a=a, aaaa=aaaa) as (within, _):
            r = Run("http://batch.example:1", *DEMO, "-jn", "X", "--give-up",
                    "0", within=within).ended()
        equal((a, r.returncode), (a, 23))
        assert words in r.stderr, (a, r.stderr)


def test_a_name_server_that_fails_for_one_family_does_no_harm():
    programs = [os.environ.get("AMT", "build/amt")]
    if os.path.exists("build/amt-static-plain"): # musl's resolver
        programs.append("build/amt-static-plain")
    sim = Amtsim()
    try:
        with name_server(a="127.0.0.1", aaaa=2) as (within, _):
            for n, program in enumerate(programs):
                r = Run(sim.base.replace("127.0.0.1", "batch.example"), *DEMO,
                        "-jn", "REPORTTEST01", "--poll", "0.2", "--give-up", "20",
                        program=program,
                        within=within).ended()
                equal((program, r.returncode, r.stderr), (program, 4, r.stderr))
                equal(sim.starts(), (n + 1, n + 1))
    finally:
        sim.stop()


# --- where there are no namespaces -------------------------------------------

def missing():
    """What keeps these tests from running, or None."""
    if os.geteuid() != 0:
        return "needs root"
    name = PREFIX + "probe"
    within = ["ip", "netns", "exec", name]
    for words in (
            ["ip", "netns", "add", name],
            ["ip", "-n", name, "link", "add", "cable", "type", "veth",
             "peer", "name", "plug"],
            [*within, "tc", "qdisc", "add", "dev", "cable", "root", "tbf",
             "rate", "64kbit", "burst", "2000", "latency", "600ms"],
            [*within, "nft", "table ip t { chain c { type filter hook input "
             "priority raw; numgen random mod 9 < 1 reject with tcp reset; };"
             "}"],
            [*within, "unshare", "-m", "ss", "-K", "sport", ">=", ":42000"]):
        try:
            command(*words)
        except (AssertionError, OSError) as e:
            return " ".join(str(e).split())[:300]
    return None


def clean():
    with contextlib.suppress(OSError):
        names = os.listdir("/run/netns")
        for name in names:
            if name.startswith(PREFIX):
                command("ip", "netns", "del", name)


if __name__ == "__main__":
    contained(globals(), 40, missing, clean)
