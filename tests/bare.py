# SPDX-License-Identifier: MIT OR Unlicense
"""The gate's root (tests/bare.sh), with a stand-in for debootstrap. Each
function whose name begins with test_ is one test; its name is the sentence it
proves.
usage: bare.py [WORD]   runs only the tests with WORD in their name"""
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from programs import equal, main

ENDS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
DEBIAN = """#!/bin/sh
echo 'bookworm http://127.0.0.1:9/debian'
"""
# Makes a file, mounts the precious folder over another one, and stays.
HANGS = """#!/bin/sh
for root; do case $root in /*root) break ;; esac; done
mkdir -p "$root/dev" "$root/mnt" && touch "$root/dev/null"
mount --bind "$D/precious" "$root/mnt" && touch "$D/hangs"
sleep 60
"""


@contextlib.contextmanager
def checkout(debootstrap):
    """A repository that has the scripts as they are here."""
    with tempfile.TemporaryDirectory(prefix="amt-test.") as d:
        os.makedirs(d + "/amt/tests")
        os.makedirs(d + "/precious")
        write(d + "/precious/file", "kept", 0o644)
        for script in ("bare.sh", "report.sh", "packages.sh"):
            shutil.copy("tests/" + script, d + "/amt/tests")
        for command in (["init", "-q"], ["add", "tests"],
                        ["-c", "user.name=x", "-c", "user.email=x@x.test",
                         "commit", "-q", "-m", "x"]):
            subprocess.run(["git", "-C", d + "/amt", *command], check=True)
        os.mkdir(d + "/bin")
        for name, text in (("apt-get", DEBIAN), ("debootstrap", debootstrap),
                           ("dpkg-query", "#!/bin/sh\necho install ok installed"
                            ), ("make", '#!/bin/sh\necho "make $*"\n')):
            write(d + "/bin/" + name, text, 0o755)
        yield d


def write(path, text, mode):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(path, mode)


def begin(d):
    env = {"PATH": d + "/bin:" + os.environ["PATH"], "D": d,
           "XDG_CACHE_HOME": d + "/cache"}
    return subprocess.Popen(["sh", d + "/amt/tests/bare.sh"], env=env, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            start_new_session=True)


def possible():
    return os.geteuid() == 0 and subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "mount", "-t",
         "tmpfs", "tmpfs", "/mnt"], check=False).returncode == 0


def kept(d):
    with open(d + "/precious/file", encoding="ascii") as f:
        equal(f.read(), "kept")
    with open("/proc/self/mountinfo", encoding="utf-8") as f:
        assert d not in f.read()
    assert not os.path.exists(d + "/amt/build/bare/root"), "the root is left"


def hanging(d):
    process = begin(d)
    for _ in range(1000):
        if os.path.exists(d + "/hangs"):
            break
        time.sleep(0.01)
    # The mount is in a namespace of its own, and not seen here.
    equal(os.listdir(d + "/amt/build/bare/root/mnt"), [])
    os.remove(d + "/hangs")
    return process


def test_a_run_that_is_ended_leaves_no_root_no_mount_and_no_process():
    for number in ENDS:
        for kill in (os.kill, os.killpg): # as kill does; as a terminal does
            with checkout(HANGS) as d:
                process = hanging(d)
                kill(process.pid, number)
                process.communicate(timeout=60) # until none has its output
                equal(process.returncode, 128 + number)
                kept(d)


def test_the_root_of_a_run_that_was_killed_is_removed_by_the_next():
    with checkout(HANGS) as d:
        process = hanging(d)
        process.kill()
        process.communicate(timeout=60)
        assert os.path.exists(d + "/amt/build/bare/root/dev/null")
        process = hanging(d)
        process.terminate()
        process.communicate(timeout=60)
        kept(d)


def test_two_runs_in_one_checkout_do_not_meet():
    with checkout(HANGS) as d:
        one, two = hanging(d), begin(d)
        equal(two.communicate(timeout=60)[0], "bare: another one runs here\n")
        equal(two.returncode, 1)
        one.terminate()
        one.communicate(timeout=60)
        kept(d)


def test_where_no_root_can_be_had_make_test_runs_as_it_is():
    says = "bare: %s: make test runs in this checkout, not in a bare root\n" \
        "make test\n"
    with checkout("#!/bin/sh\necho 'no mirror'\nexit 1\n") as d:
        for name, why in (("debootstrap", "no root was made: no mirror"),
                          ("apt-get", "apt knows no mirror"),
                          ("unshare", "nothing can be mounted"),
                          ("git", "no commit to clone"), ("id", "not root")):
            if name != "debootstrap":
                write(d + "/bin/" + name, "#!/bin/sh\necho 1000\nexit 1\n", 0o755)
            process = begin(d)
            equal(process.communicate(timeout=60)[0], says % why)
            equal(process.returncode, 0)
            kept(d)


if __name__ == "__main__":
    if possible():
        main(globals())
    else:
        print("left    tests/bare.sh: nothing can be mounted\nprograms: done")
