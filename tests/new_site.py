# SPDX-License-Identifier: MIT OR Unlicense
"""Runs the commands of docs/new-site.md against a site of tests/learn_sites/,
and compares what comes of them with the page.
Environment: AMT, the tool.
usage: new_site.py"""
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "learn_sites"))

import batch  # noqa: E402
import odata  # noqa: E402
from programs import AMT, environment, equal, main  # noqa: E402

with open("docs/new-site.md", encoding="utf-8") as page:
    BLOCKS = re.findall(r"```(sh)?\n(.*?)```", page.read(), re.S)
COMMANDS = [text.strip() for kind, text in BLOCKS if kind]
SHOWN = [text for kind, text in BLOCKS if not kind]


def test_the_page_for_a_new_site_leads_from_the_tap_to_a_job_that_is_done():
    site = odata.Site()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = "http://127.0.0.1:%d" % site.port
    tap, learn, probe, run = [
        shlex.split(c.replace("127.0.0.1:4004", "127.0.0.1:%d" % port).replace(
            "https://amt.example.com:4004", server))[1:] for c in COMMANDS]
    with tempfile.TemporaryDirectory(prefix="amt-test.") as d:
        def amt(words):
            return subprocess.run(
                [os.path.abspath(AMT), *words], cwd=d, capture_output=True,
                text=True, timeout=60, env=environment(
                    server, AMT_USER="api", AMT_PASSWORD="s3cret"))

        p = subprocess.Popen([os.path.abspath(AMT), *tap], cwd=d, text=True,
                             stderr=subprocess.PIPE, env=environment(server))
        assert "listening" in p.stderr.readline()
        odata.client(batch.Client(port), False)
        p.send_signal(signal.SIGINT)
        equal((p.stderr.read(), p.wait()), (SHOWN[0], 0))
        r = amt(learn)
        equal((r.returncode, r.stderr), (0, ""))
        with open(d + "/site.wire", encoding="utf-8") as f:
            wire = f.read()
        for line in SHOWN[1].splitlines():
            assert line + "\n" in wire, line
        assert "capture a job that is killed" in wire
        r = amt(probe)
        equal(r.returncode, 0)
        assert "reply.status    State: fits" in r.stdout, r.stdout
        assert os.path.exists(d + "/site.report")
        r = amt([*run, "--poll", "0.1", "--initial-delay", "0"])
        equal((r.stdout, r.returncode), (SHOWN[2], 4))
    equal(site.mistakes, [])
    equal(len(site.jobs), 2)


if __name__ == "__main__":
    main(globals())
