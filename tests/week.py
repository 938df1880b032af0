# SPDX-License-Identifier: MIT OR Unlicense
"""docs/week.md, an operator's week: runs each command as it stands there, in
one shell, and compares its exit status with the page's.
Environment: AMT, the tool."""
import os
import re
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
os.umask(0o077) # the tool warns of secrets that others can read

from programs import AMT, equal, main, server
from tool import folder, write

with open("docs/week.md", encoding="utf-8") as page:
    (WEEK,) = re.findall(r"```sh\n(.*?)```", page.read(), re.S)


def cut_off(port, d, env):
    """Makes Saturday's state file: a Start has left, and has no answer."""
    with server("--port", port, "--fault", "start-lost"):
        r = subprocess.run(["amt", "-an", "DEMO2", "-jn", "REPORTTEST01",
                            "--state", "cut"], cwd=d, env=env,
                           capture_output=True, timeout=60)
        equal((r.returncode, os.path.exists(d + "/cut")), (76, True))


def runs(port, d, env, commands):
    with server("--port", port, speed=60) as (_, stats):
        script = "".join('%s\nset -- $?; echo "$1" >&3\n' % c
                         for c, _ in commands)
        with open(d + "/statuses", "wb") as statuses:
            r = subprocess.run(["sh", "-c", "exec 3>&%d\n%s" % (
                statuses.fileno(), script)], cwd=d, env=env,
                pass_fds=[statuses.fileno()], capture_output=True, text=True,
                timeout=200)
        with open(d + "/statuses", encoding="ascii") as f:
            seen = f.read().split()
        equal([(c, s) for (c, _), s in zip(commands, seen)],
              [(c, s) for c, s in commands])
        equal(len(seen), len(commands))
        assert '"code":4' in r.stdout and "start-unknown" in r.stderr, r
        # No other run sends a Start: not the one that goes on with a job, nor
        # those that fail before.
        equal(stats()["start_requests"], 8)


def test_a_week_of_commands_ends_as_its_page_says():
    commands = re.findall(r"^([^#\n].*) # (\d+)$", WEEK, re.M)
    assert len(commands) > 15, commands
    equal([line for line in WEEK.splitlines()
           if line and line[0] != "#" and not re.search(r" # \d+$", line)], [])
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = str(s.getsockname()[1])
    with folder() as d:
        os.makedirs(d + "/bin")
        os.makedirs(d + "/logs")
        os.symlink(os.path.abspath(AMT), d + "/bin/amt")
        write(d + "/password", "opconxps\n")
        env = {"PATH": "%s/bin:%s" % (d, os.environ["PATH"]),
               "AMT_USER": "ocadm", "AMT_SERVER": "http://127.0.0.1:" + port,
               "AMT_OPTIONS": "--password-file password --poll 0.05 "
                              "--initial-delay 0"}
        cut_off(port, d, env)
        runs(port, d, env, commands)


if __name__ == "__main__":
    main(globals())
