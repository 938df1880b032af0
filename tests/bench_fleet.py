# SPDX-License-Identifier: MIT OR Unlicense
"""A fleet of jobs against the simulated server: memory a job, and polls a
second beside libcurl's multi interface. Prints lines for tests/bench.sh.
usage: bench_fleet.py FLEET MULTI AMTSIM"""
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


def run(command, jobs, seconds):
    """Once all are started: polls a second, CPU seconds of client and server a
    second, the client's a poll in us, its memory."""
    with subprocess.Popen([SIM, "--port", "0"], stdout=subprocess.PIPE,
                          text=True) as sim:
        url = sim.stdout.readline().split()[-1]

        def stats():
            with urllib.request.urlopen(url + "/amtsim/stats") as r:
                return json.load(r)
        client = subprocess.Popen([w.replace("URL", url) for w in command],
                                  env=ENV, stdout=subprocess.DEVNULL)
        while stats()["starts_accepted"] < jobs or stats()["monitors"] < jobs:
            assert client.poll() is None
            time.sleep(0.1)
        begun, polls = time.monotonic(), stats()["monitors"]
        used, sim_used = cpu(client.pid), cpu(sim.pid)
        time.sleep(seconds)
        polls = stats()["monitors"] - polls
        used, sim_used = cpu(client.pid) - used, cpu(sim.pid) - sim_used
        took = time.monotonic() - begun
        room = memory(client.pid)
        client.terminate()
        client.wait()
        sim.terminate()
    return polls / took, used / took, sim_used / took, used / polls * 1e6, room


def syscalls(command):
    """Of all kinds, for each call that it makes."""
    with subprocess.Popen([SIM, "--port", "0"], stdout=subprocess.PIPE,
                          text=True) as sim, \
         tempfile.NamedTemporaryFile("r") as counts:
        url = sim.stdout.readline().split()[-1]
        client = subprocess.Popen(
            ["timeout", "-s", "INT", "6", "strace", "-c", "-U", "calls,name",
             "-o", counts.name, *(w.replace("URL", url) for w in command)],
            env={**ENV, "PATH": os.environ["PATH"]}, stdout=subprocess.PIPE,
            text=True)
        made = int(client.communicate()[0].split(" calls in ")[0].split()[-1])
        sim.terminate()
        return int(counts.read().split()[-2]) / made


def main():
    with tempfile.NamedTemporaryFile("w") as many, \
         tempfile.NamedTemporaryFile("w") as one:
        many.write(LINE * JOBS)
        one.write(LINE)
        many.flush()
        one.flush()
        fleet = [FLEET, "-q", "-u", "URL", "-c", str(CONNECTIONS)]
        room = run([*fleet, many.name], JOBS, 2)[4]
        least = run([*fleet, "-i", "0.1", one.name], 1, 1)[4]
        print("BENCH fleet.bytes-per-job %.0f" %
              ((room - least - len(LINE) * (JOBS - 1)) / (JOBS - 1)))
        print("BENCH fleet.syscalls-per-poll %.1f" %
              syscalls([*fleet, "-i", "0.01", many.name]))
        # As fast as it goes; in turn, and the best of each.
        ours, multi = [], []
        for _ in range(3):
            ours.append(run([*fleet, "-i", "0.01", many.name], JOBS, SECONDS))
            multi.append(run([MULTI, "URL", str(JOBS), str(CONNECTIONS)], JOBS,
                             SECONDS))
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
