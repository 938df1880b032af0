# SPDX-License-Identifier: MIT OR Unlicense
"""Slurm itself, a controller and two nodes on loopback, with its recipe of
extras/schedulers.md. make slurm runs all tests, make test the one with "once"
in its name. A node is a PID namespace of its own, so that it can die with all
its processes at once. Where that cannot be, says why and exits with 77.
Environment: AMT, the tool.
usage: slurm.py [WORD]   runs only the tests with WORD in their name"""
import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time

sys.dont_write_bytecode = True
os.umask(0o077)

from programs import equal, free_port, killed, main, server
from schedulers import here, recipe, site
from tool import folder, read, until, write

NODES = ("n1", "n2")
CONF = """
ClusterName=amt
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmctldPidFile={d}/slurmctld.pid
SlurmctldLogFile={d}/slurmctld.log
SlurmdPidFile={d}/%n.pid
SlurmdLogFile={d}/%n.log
SlurmdSpoolDir={d}/%n
StateSaveLocation={d}/saved
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={d}/munge.socket,cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
KillWait=10
MailProg={d}/mail
RequeueExit=75
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=4
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=4
PartitionName=all Nodes=n1,n2 Default=YES
"""
NAMESPACE = ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork",
             "--mount-proc", "--kill-child"]


def obstacle():
    if os.getuid() != 0:
        return "not root"
    lacks = [x for x in ("munged", "slurmctld", "slurmd", "sbatch", "setpriv")
             if not shutil.which(x)]
    if lacks:
        return "no " + ", no ".join(lacks)
    if not os.path.ismount("/sys/fs/cgroup"): # slurmd looks there in any case
        return "nothing mounted on /sys/fs/cgroup"
    r = subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True,
                       check=False)
    return r.stderr.strip()


class Cluster:
    def __init__(self, url, d, env):
        self.url, self.d = url, d
        self.running = {}
        self.env = {**env, "SLURM_CONF": d + "/slurm.conf",
                    "PATH": env["PATH"] + ":/usr/sbin:/sbin"}
        write(d + "/slurm.conf", CONF.format(
            d=d, host=socket.gethostname().split(".")[0],
            ports=[free_port() for _ in range(3)]))
        write(d + "/mail", '#!/bin/sh\necho "$@" >>%s/mails\n' % d)
        os.chmod(d + "/mail", 0o755)
        write(d + "/munge.key", os.urandom(64))
        os.mkdir(d + "/saved")
        write(d + "/amt.sbatch", here(recipe("sh"), url, d))

    def start(self, name, *command):
        with open("%s/%s.out" % (self.d, name), "ab") as out:
            self.running[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command], env=self.env,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def start_node(self, name):
        os.makedirs(self.d + "/" + name, exist_ok=True)
        self.start(name, *NAMESPACE, "slurmd", "-D", "-N", name)

    def start_all(self):
        at = self.d + "/munge."
        self.start("munge", "munged", "--foreground", "--force",
                   *("--%s=%s%s" % (x, at, y) for x, y in (
                       ("socket", "socket"), ("key-file", "key"),
                       ("log-file", "log"), ("pid-file", "pid"),
                       ("seed-file", "seed"))))
        until(lambda: os.path.exists(at + "socket"))
        self.start("slurmctld", "slurmctld", "-D", "-c")
        for name in NODES:
            self.start_node(name)
        until(lambda: self.ask("sinfo", "-h", "-o", "%t").split() == ["idle"])

    def stop_all(self):
        for process in reversed(list(self.running.values())):
            killed(process)

    def kill_node(self, name):
        """With all that runs there, at once."""
        killed(self.running.pop(name))

    def daemon_of(self, name):
        """slurmd, the first process of its namespace."""
        with open("/proc/%d/task/%d/children" % (
                (self.running[name].pid,) * 2), encoding="ascii") as f:
            return int(f.read())

    def ask(self, *command):
        return subprocess.run(command, env=self.env, text=True, check=False,
                              stdout=subprocess.PIPE, timeout=60,
                              stderr=subprocess.DEVNULL).stdout

    def submit(self, *words, after=None):
        options = ["--kill-on-invalid-dep=yes"]
        if after:
            options.append("--dependency=" + after)
        r = subprocess.run(
            ["sbatch", "--parsable", *options, self.d + "/amt.sbatch", *words],
            env=self.env, text=True, capture_output=True, check=True)
        return r.stdout.strip()

    def jobs(self):
        """What Slurm says of each job, by its number."""
        rows = [dict(x.split("=", 1) for x in line.split() if "=" in x)
                for line in self.ask("scontrol", "-o", "show",
                                     "job").splitlines()]
        return {x["JobId"]: x for x in rows if "JobId" in x}

    def wait(self, seconds=150):
        live = ("PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED",
                "REQUEUED")
        until(lambda: not any(x["JobState"] in live
                              for x in self.jobs().values()), seconds)
        return self.jobs()

    def log_of(self, number):
        with contextlib.suppress(FileNotFoundError):
            return read("%s/logs/slurm-%s.out" % (self.d, number))
        return ""


@contextlib.contextmanager
def cluster(speed=1):
    with contextlib.ExitStack() as stack:
        db = stack.enter_context(folder()) + "/db"
        url, stats = stack.enter_context(server("--db", db, speed=speed))
        d, env = stack.enter_context(site(url))
        c = Cluster(url, d, env)
        stack.callback(c.stop_all)
        c.stats, c.db = stats, db
        c.start_all()
        yield c


def starts(c):
    """How many jobs the server started with each parameter."""
    with contextlib.closing(sqlite3.connect(c.db)) as db:
        found = [x for (x,) in db.execute("SELECT parameters FROM jobs")]
    return {x: found.count(x) for x in found}


def kept_logs(c):
    """The logs, by the parameter that stands in them."""
    found = {}
    for name in os.listdir(c.d + "/logs"):
        if name[0] != "." and not name.startswith("slurm-"):
            text = read(c.d + "/logs/" + name)
            key = re.search(r"^Parameters +: (.*)$", text, re.M).group(1)
            found.setdefault(key, []).append(text)
    return found


def exit_of(job):
    return job["JobState"], job["ExitCode"]


def test_the_batch_script_of_the_page_runs_once():
    with cluster(speed=20) as c:
        number = c.submit("-jn", "REPORTTEST01", "-pa", "ONCE")
        jobs = c.wait(40)
        equal(exit_of(jobs[number]), ("COMPLETED", "0:0"))
        equal(list(starts(c).values()), [1])
        assert "started: " in c.log_of(number), c.log_of(number)
        equal(list(kept_logs(c)), ["ONCE"])
        equal(os.listdir(c.d + "/state"), [number])


def chains(c, count, length):
    """Submits chains of jobs that each need the one before."""
    made = {}
    for i in range(count):
        last = None
        for j in range(length):
            last = c.submit("-jn", "SLOWLOG_5", "-pa", "C%d.%d" % (i, j),
                            after=last and "afterok:" + last)
            made[last] = "C%d.%d" % (i, j)
    return made


def branches(c, count):
    """Submits jobs that fail, each with one job that needs its success, and one
    that needs its failure."""
    good, bad, never = {}, {}, []
    for i in range(count):
        number = c.submit("-jn", "CODE_12", "-pa", "F%d" % i)
        bad[number] = "F%d" % i
        never.append(c.submit("-jn", "CODE_4", "-pa", "N%d" % i,
                              after="afterok:" + number))
        number = c.submit("-jn", "CODE_4", "-pa", "R%d" % i,
                          after="afternotok:" + number)
        good[number] = "R%d" % i
    return good, bad, never


def on_node(c, name):
    """The jobs that run there and have told their id."""
    return [n for n, x in c.jobs().items()
            if x["JobState"] == "RUNNING" and x["NodeList"] == name and
            "started: " in c.log_of(n)]


def test_40_jobs_outlive_a_node_that_dies_and_none_is_started_twice():
    with cluster() as c:
        good = chains(c, 7, 4)
        more, bad, never = branches(c, 4)
        good.update(more)
        until(lambda: len(on_node(c, "n1")) >= 3, 60)
        cut = on_node(c, "n1")
        c.kill_node("n1")
        until(lambda: "down" in c.ask("sinfo", "-h", "-n", "n1", "-o", "%T"),
              60)
        c.start_node("n1")
        jobs = c.wait(200)
        equal(len(jobs), 40)
        again = [n for n, x in jobs.items() if x["Restarts"] != "0"]
        assert set(cut) <= set(again), (cut, again)
        for n in good:
            equal((n, *exit_of(jobs[n])), (n, "COMPLETED", "0:0"))
        for n in bad:
            equal((n, *exit_of(jobs[n])), (n, "FAILED", "12:0"))
        for n in never:
            equal((n, *exit_of(jobs[n]), c.log_of(n)),
                  (n, "CANCELLED", "0:0", ""))
            assert jobs[n]["NodeList"] in ("", "(null)"), jobs[n]
        names = sorted([*good.values(), *bad.values()])
        equal(len(names) + len(never), len(jobs))
        equal(sorted(re.sub(r'[^\w.]', "", x) for x in starts(c)), names)
        equal(set(starts(c).values()), {1})
        logs = kept_logs(c)
        equal(sorted(logs), names)
        for name, texts in logs.items():
            if name[0] == "C":
                equal(re.findall(r"Slow log message (\d) of 5", texts[0]),
                      list("12345"))
        for n in cut:
            assert "goes on with it" in c.log_of(n), c.log_of(n)
        equal(len(os.listdir(c.d + "/state")), len(names))
        mails = read(c.d + "/mails")
        equal(len(re.findall("Failed, .*ExitCode 12", mails)), len(bad))
        equal(c.stats()["start_requests"], len(names))
        print("SLURM jobs 40, nodes 2: %d begun, %d never (afterok on one that "
              "failed); requeued %d, starts %d, twice 0, logs %d" % (
                  len(names), len(never), len(again), len(names), len(logs)))


def test_a_node_that_is_only_cut_off_has_no_job_started_twice():
    """Its slurmd stands still, its amt does not."""
    with cluster() as c:
        numbers = [c.submit("-jn", "SLOWLOG_40", "-pa", "CUT%d" % i)
                   for i in range(8)]
        until(lambda: len(on_node(c, "n1")) + len(on_node(c, "n2")) == 8, 60)
        cut = on_node(c, "n1")
        daemon = c.daemon_of("n1")
        os.kill(daemon, signal.SIGSTOP)
        jobs = c.wait()
        os.kill(daemon, signal.SIGCONT)
        equal(set(starts(c).values()), {1})
        equal(len(kept_logs(c)), 8)
        assert cut and {n for n, x in jobs.items()
                        if x["Restarts"] != "0"} == set(cut), jobs
        for n in numbers:
            equal((n, *exit_of(jobs[n])), (n, "COMPLETED", "0:0"))
        for n in cut:
            assert "goes on with it" in c.log_of(n), c.log_of(n)
        print("SLURM cut off %d starts %d twice 0" % (
            len(cut), c.stats()["start_requests"]))


def test_scancel_kills_the_job_at_the_server():
    with cluster() as c:
        number = c.submit("-jn", "LONGRUNNINGREPORT", "-pa", "LONG")
        until(lambda: on_node(c, "n1") or on_node(c, "n2"), 60)
        begun = time.monotonic()
        c.ask("scancel", number)
        equal(c.wait(40)[number]["JobState"], "CANCELLED")
        with contextlib.closing(sqlite3.connect(c.db)) as db:
            equal(db.execute("SELECT stopped_code FROM jobs").fetchall(),
                  [(3,)])
        assert time.monotonic() - begun < 20


if __name__ == "__main__":
    why = obstacle()
    if why:
        print("slurm.py: " + why, file=sys.stderr)
        sys.exit(77)
    main(globals())
