# SPDX-License-Identifier: MIT OR Unlicense
"""A fleet of jobs against the simulated server: memory a job, the longest time
between two looks at one, system calls; and polls a second beside libcurl's
multi interface. Prints lines for tests/bench.sh.
usage: bench_fleet.py FLEET MULTI AMTSIM"""
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

FLEET, MULTI, SIM = sys.argv[1:]
JOBS, CONNECTIONS, SECONDS = 10000, 16, 3
LINE = "DEMO2 LONGRUNNINGREPORT\n"
ENV = {"AMT_USER": "ocadm", "AMT_PASSWORD": "opconxps"}
TICK = os.sysconf("SC_CLK_TCK")


def cpu(pid):
    with open("/proc/%d/stat" % pid) as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / TICK


def memory(pid):
    with open("/proc/%d/smaps_rollup" % pid) as f:
        return sum(int(line.split()[1]) * 1024 for line in f
                   if line.startswith(("Private_Clean:", "Private_Dirty:")))


def begins(url, n, folder):
    """The options for n jobs that run already. For the server, all are the one
    job that is started here."""
    body = {"Action": "START", "TaskType": "BATCH", "ApplicationName": "DEMO2",
            "JobName": "LONGRUNNINGREPORT", "SubmitUser": "BATCH",
            "Station": "OPCON"}
    head = {"Content-Type": "application/json"}

    def ask(call, body):
        with urllib.request.urlopen(urllib.request.Request(
                url + "/AmtOpConService/" + call, json.dumps(body).encode(),
                head)) as r:
            return json.load(r)
    token = ask("Authenticate", {"User": ENV["AMT_USER"],
                                 "Password": ENV["AMT_PASSWORD"]})
    head["X-AMT-LogonToken"] = token["AmtLogonToken"]
    number = ask("OpConJobAction", body)["BatchRequestId"]
    text, hashed = LINE * n, 2166136261
    for c in text.encode():
        hashed = (hashed ^ c) * 16777619 & 0xFFFFFFFF
    with open(folder + "/list", "w", encoding="ascii") as f:
        f.write(text)
    with open(folder + "/state", "w", encoding="ascii") as f:
        f.write("fleet 1 %08x %s\n" % (hashed, url))
        f.writelines("%d started %s\n" % (i, number) for i in range(n))
    return ["-s", folder + "/state", folder + "/list"]


@contextlib.contextmanager
def running(command, jobs):
    """Yields the client, once it polls, and a function that measures it: polls
    a second; CPU seconds of client and server, each a second; microseconds of
    the client's CPU time a poll."""
    with subprocess.Popen([SIM, "--port", "0"], stdout=subprocess.PIPE,
                          text=True) as sim, \
         tempfile.TemporaryDirectory() as folder:
        url = sim.stdout.readline().split()[-1]

        def stats():
            with urllib.request.urlopen(url + "/amtsim/stats") as r:
                return json.load(r)

        def measure(seconds):
            begun, polls = time.monotonic(), stats()["monitors"]
            used, sim_used = cpu(client.pid), cpu(sim.pid)
            time.sleep(seconds)
            polls = stats()["monitors"] - polls
            used = cpu(client.pid) - used
            sim_used = cpu(sim.pid) - sim_used
            took = time.monotonic() - begun
            return (polls / took, used / took, sim_used / took,
                    used / polls * 1e6)
        client = None
        try:
            if command[0] == FLEET:
                command = [*command, *begins(url, jobs, folder)]
                jobs = 0
            client = subprocess.Popen([w.replace("URL", url) for w in command],
                                      env=ENV, stdout=subprocess.PIPE,
                                      text=True)
            while stats()["starts_accepted"] < jobs or \
                    stats()["monitors"] < max(jobs, 1):
                assert client.poll() is None
                time.sleep(0.1)
            yield client, measure
        finally:
            if client is not None:
                client.terminate()
                client.wait()
            sim.terminate()


def fleet(*options):
    return [FLEET, "-q", "-u", "URL", "-c", str(CONNECTIONS), *options]


def room(jobs):
    with running(fleet("-i", "1"), jobs) as (client, measure):
        measure(1)
        return memory(client.pid)


def syscalls():
    """The system calls, of all kinds, for each request that is sent."""
    with running(fleet("-i", "4"), 10000) as (client, _), \
         tempfile.NamedTemporaryFile("r") as counts:
        subprocess.run(["timeout", "-s", "INT", "3", "strace", "-c", "-U",
                        "calls,name", "-o", counts.name, "-p",
                        str(client.pid)], stderr=subprocess.DEVNULL)
        calls = {name: int(n) for n, name in
                 (line.split()[-2:] for line in counts if line[:1] == " ")
                 if n.isdigit()}
    return calls["total"] / calls["sendto"]


def longest(jobs, interval):
    """The longest time from one look at a job to the next, in seconds."""
    with running(fleet("-i", str(interval)), jobs) as (client, _):
        time.sleep(2.2 * interval)
        client.terminate()
        out = client.communicate()[0]
    return float(out.split(" s at most from")[0].split()[-1])


def best(command, jobs):
    """What running() measures of a client that polls without a pause."""
    with running(command, jobs) as (_, measure):
        return measure(SECONDS)


def main():
    least = room(1)
    for jobs in 1000, 10000, 100000:
        print("BENCH fleet-%d.bytes-per-job %.0f" % (jobs, (
            room(jobs) - least - len(LINE) * (jobs - 1)) / (jobs - 1)))
        print("BENCH fleet-%d.cpu-us-per-poll %.1f" %
              (jobs, best(fleet("-i", "0.01"), jobs)[3]))
        interval = jobs / 5000
        print("BENCH fleet-%d.longest-per-interval %.2f" %
              (jobs, longest(jobs, interval) / interval))
    print("BENCH fleet.syscalls-per-poll %.1f" % syscalls())
    # Both in turn; the best run of each counts.
    ours, multi = [], []
    for _ in range(3):
        ours.append(best(fleet("-i", "0.01"), JOBS))
        multi.append(best([MULTI, "URL", str(JOBS), str(CONNECTIONS)], JOBS))
    ours, multi = max(ours), max(multi)
    print("BENCH fleet.polls-per-second-ratio-to-libcurl %.2f" %
          (ours[0] / multi[0]))
    print("BENCH fleet.cpu-ratio-to-libcurl %.2f" % (ours[3] / multi[3]))
    for say, r in (("BENCH fleet.%s %s", ours),
                   ("PEER fleet.%s libcurl+cJSON %s", multi)):
        print(say % ("polls-per-second", "%.0f" % r[0]))
        print(say % ("cpu-us-per-poll", "%.1f" % r[3]))
        print(say % ("cpu-share", "%.2f" % r[1]))
        print(say % ("amtsim-cpu-share", "%.2f" % r[2]))


main()
