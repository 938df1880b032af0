# SPDX-License-Identifier: MIT OR Unlicense
"""tests/packages.sh, which installs packages, with a stand-in for apt-get; and
tests/report.sh, which counts checks. Each function whose name begins with test_
is one test; its name is the sentence it proves.
usage: packages.py [WORD]   runs only the tests with WORD in their name"""
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from programs import equal, main

# Notes what it is asked for and what policy-rc.d answers meanwhile; then runs
# the shell code in FAKE.
APT_GET = r"""#!/bin/sh
while case $1 in -o) true ;; -*) true ;; *) false ;; esac; do
  [ "$1" != -o ] || shift
  shift
done
echo "$*" >>"$D/asked"
"$POLICY_RC_D" nginx start 2>/dev/null
echo "$1 $?" >>"$D/policy"
install() {
  [ "$1" != --no-install-recommends ] || shift
  for p; do
    [ "$p" != none ] || { echo "E: Unable to locate package none" >&2; exit 100; }
  done
  for p; do echo "$p" >>"$D/installed"; done
}
COMMAND=$1; shift
eval "$FAKE"
[ "$COMMAND" = update ] || install "$@"
"""
DPKG_QUERY = """#!/bin/sh
for package; do :; done
grep -qxF -e "$package" "$D/installed" && echo 'install ok installed'
"""
# Nothing is forked once the file is there. A shell holds signals back while it
# forks, and the new process would miss one.
HANGS = '[ $COMMAND = update ] || { : >"$D/hangs"; exec sleep 60; }'
FORBIDDEN = ["update 101", "install 101"]


class Machine:
    """A folder with an apt-get of its own, and a place for policy-rc.d."""

    def __init__(self, d):
        self.d = d
        self.policy = d + "/sbin/policy-rc.d"
        os.mkdir(d + "/sbin")
        os.mkdir(d + "/bin")
        self.write("installed", "")
        for name, text in (("apt-get", APT_GET), ("dpkg-query", DPKG_QUERY),
                           ("id", "#!/bin/sh\necho 0\n")):
            self.write("bin/" + name, text)
            os.chmod(d + "/bin/" + name, 0o755)

    def write(self, name, text):
        with open(self.d + "/" + name, "w", encoding="ascii") as f:
            f.write(text)

    def read(self, name):
        with contextlib.suppress(FileNotFoundError):
            with open(self.d + "/" + name, encoding="ascii") as f:
                return f.read().splitlines()
        return []

    def begin(self, *packages, fake="", command=("sh", "tests/packages.sh")):
        """In a process group of its own, as a terminal starts it."""
        env = {"PATH": self.d + "/bin:" + os.environ["PATH"], "D": self.d,
               "POLICY_RC_D": self.policy, "FAKE": fake}
        return subprocess.Popen([*command, *packages], env=env, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                start_new_session=True)

    def run(self, *packages, **more):
        process = self.begin(*packages, **more)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def hanging(self, *packages, **more):
        process = self.begin(*packages, fake=HANGS, **more)
        for _ in range(1000):
            if os.path.exists(self.d + "/hangs"):
                break
            time.sleep(0.01)
        equal(self.read("policy"), FORBIDDEN)
        assert os.path.exists(self.policy)
        os.remove(self.d + "/hangs")
        return process

    def gone(self):
        equal(os.listdir(self.d + "/sbin"), [])


@contextlib.contextmanager
def machine():
    with tempfile.TemporaryDirectory(prefix="amt-test.") as d:
        yield Machine(d)


def end(process, number):
    os.killpg(process.pid, number)
    process.communicate(timeout=60)
    assert process.returncode != 0


def test_what_is_missing_is_installed_and_no_service_is_started():
    with machine() as m:
        m.write("installed", "gcc\n")
        status, out, err = m.run("gcc", "nginx-light", "curl")
        equal((status, out, err), (0, "Installing: nginx-light curl\n", ""))
        equal(m.read("asked"), ["update", "install --no-install-recommends "
                                "nginx-light curl"])
        equal(m.read("policy"), FORBIDDEN)
        m.gone()
        equal(m.run("gcc", "curl"), (0, "", ""))
        equal(len(m.read("asked")), 2)


def test_a_signal_in_mid_installation_leaves_no_policy_behind():
    ways = (("sh", "tests/packages.sh"), ["none"]), (
        ("make", "-s", "packages", "DEBS=none"), [])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        for command, packages in ways:
            with machine() as m:
                end(m.hanging(*packages, command=command), number)
                for _ in range(3000): # make may end before its recipe
                    if not os.listdir(m.d + "/sbin"):
                        break
                    time.sleep(0.01)
                m.gone()


# make passes on a signal that its whole group has got, so its recipe gets it
# twice.
def test_a_second_signal_does_not_keep_the_policy_there():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with machine() as m:
            m.write("bin/grep", '#!/bin/sh\n[ ! -e "$D/ends" ] || '
                    '{ : >"$D/asks"; sleep 1; }\nexec /bin/grep "$@"\n')
            os.chmod(m.d + "/bin/grep", 0o755)
            process = m.hanging("none")
            m.write("ends", "")
            os.killpg(process.pid, number)
            for _ in range(3000):
                if "asks" in os.listdir(m.d):
                    break
                time.sleep(0.01)
            end(process, number)
            m.gone()


def test_an_installation_that_fails_leaves_no_policy_behind():
    for fake in ("exit 100", "kill -9 $$"):
        with machine() as m:
            status, _, _ = m.run("curl", fake="[ $COMMAND = update ] || " + fake)
            equal((fake, status, m.read("installed")), (fake, 0, []))
            m.gone()


def test_the_policy_of_one_that_was_killed_by_force_is_removed_by_the_next():
    with machine() as m:
        end(m.hanging("curl"), signal.SIGKILL)
        equal(os.listdir(m.d + "/sbin"), ["policy-rc.d"])
        equal(m.run("curl")[0], 0)
        equal(m.read("installed"), ["curl"])
        m.gone()


def test_a_policy_of_the_machines_own_is_kept():
    with machine() as m:
        m.write("sbin/policy-rc.d", "#!/bin/sh\nexit 104\n")
        os.chmod(m.policy, 0o755)
        equal(m.run("curl")[0], 0)
        equal(m.read("policy"), ["update 104", "install 104"])
        equal(m.read("sbin/policy-rc.d"), ["#!/bin/sh", "exit 104"])
        equal(os.listdir(m.d + "/sbin"), ["policy-rc.d"])


def test_a_link_in_its_place_is_neither_followed_nor_removed():
    def shown(m):
        return os.readlink(m.policy), os.listdir(m.d + "/sbin")
    with machine() as m:
        target = m.d + "/target"
        os.symlink(target, m.policy)
        before = shown(m)
        for make in (lambda: None,                       # it leads nowhere
                     lambda: m.write("target", "kept\n"),
                     lambda: (os.remove(target), os.mkdir(target)),
                     lambda: (os.rmdir(target), # to what looks like ours
                              m.write("target", "# made by packages.sh of amt.h"
                                      ", which removes it\n"))):
            make()
            kept = os.path.isfile(target) and m.read("target")
            m.write("installed", "")
            equal(m.run("curl")[0], 0)
            equal(m.read("installed"), ["curl"])
            equal(shown(m), before)
            equal(os.path.isfile(target) and m.read("target"), kept)
            if os.path.isdir(target):
                equal(os.listdir(target), [])


def test_what_cannot_be_had_is_named_and_the_rest_is_installed():
    with machine() as m:
        status, out, err = m.run("curl", "none", "openssl")
        equal((status, out), (0, "Installing: curl none openssl\n"))
        equal(err, "Could not install none: E: Unable to locate package none\n")
        equal(m.read("installed"), ["curl", "openssl"])
        m.gone()
    with machine() as m: # no mirror: trying each package alone would take long
        status, out, err = m.run("curl", "openssl", fake="echo 'E: far' >&2; "
                                 "exit 100")
        equal((status, err), (0, "Could not install: curl openssl\nE: far\n"))
        equal(len(m.read("asked")), 2)


def test_without_roots_rights_it_says_what_to_type():
    with machine() as m:
        m.write("bin/id", "#!/bin/sh\necho 1000\n")
        for name in ("sh", "dpkg-query", "grep"):
            if not os.path.exists(m.d + "/bin/" + name):
                os.symlink("/bin/" + name, m.d + "/bin/" + name)
        env = {"PATH": m.d + "/bin", "D": m.d, "POLICY_RC_D": m.policy}
        for more, status in (({}, 1), ({"SKIP_PACKAGES": "1"}, 0)):
            r = subprocess.run(["/bin/sh", "tests/packages.sh", "curl"],
                               env={**env, **more}, text=True, check=False,
                               capture_output=True)
            equal((r.returncode, r.stdout), (status, ""))
            assert "apt-get install curl\n" in r.stderr, r.stderr
        equal(m.read("asked"), [])


def test_it_waits_for_another_package_manager():
    busy = ('[ -e "$D/2" ] || { mv "$D/1" "$D/2" || touch "$D/1"; echo '
            '"E: Could not get lock /var/lib/apt/lists/lock" >&2; exit 100; } '
            '2>&1')
    with machine() as m:
        status, _, err = m.run("curl", fake=busy)
        equal((status, m.read("installed")), (0, ["curl"]))
        assert "Waiting for another package manager\n" == err, err
        equal(len([x for x in m.read("asked") if x == "update"]), 3)


def test_two_of_them_install_one_after_the_other():
    """Otherwise one would remove the policy while the other still installs."""
    with machine() as m:
        slow = '[ $COMMAND = update ] || sleep 1'
        both = [m.begin(p, fake=slow) for p in ("curl", "openssl")]
        for process in both:
            process.communicate(timeout=60)
            equal(process.returncode, 0)
        equal(m.read("policy"), FORBIDDEN * 2)
        equal(sorted(m.read("installed")), ["curl", "openssl"])
        m.gone()


def counted(script, **env):
    r = subprocess.run(["sh", "-c", "log=$(mktemp); trap 'rm $log' EXIT; "
                        ". tests/report.sh; " + script], text=True, check=False,
                       capture_output=True, env={**os.environ, **env})
    return r.returncode, r.stdout.splitlines()


def test_a_check_that_cannot_be_made_is_left_and_counted_as_skipped():
    status, lines = counted(
        "check good true; optional away sh -c 'echo no frama-c; exit 77'\n"
        "needing 'sh none none.h /none/ stdio.h' check more true\n"
        "needing 'sh stdio.h /' check one true; total")
    equal(lines, ["ok      good", "left    away: no frama-c",
                  "left    more: no none, no none.h, no /none/",
                  "ok      one", "", "2 passed, 0 failed, 2 skipped"])
    equal(status, 0)


def test_only_what_may_be_left_is_left_and_a_failure_is_told():
    status, lines = counted("check bad sh -c 'exit 77'; optional worse false; "
                            "check good true; total")
    equal(lines, ["FAILED  bad", "FAILED  worse", "ok      good", "",
                  "1 passed, 2 failed"])
    equal(status, 1)
    equal(counted("check good true; total"),
          (0, ["ok      good", "", "1 passed, 0 failed"]))


def test_a_compiler_or_library_that_is_not_there_is_asked_for_first():
    with tempfile.TemporaryDirectory(prefix="amt-test.") as d:
        for name in ("sh", "mktemp", "rm", "sort", "sed", "paste", "timeout",
                     "gcc"):
            os.symlink("/usr/bin/" + name, d + "/" + name)
        status, lines = counted(
            "check a clang x; check b g++ -lcmocka x; total", PATH=d,
            CC="gcc -nostdinc")
        equal(lines, ["left    a: no clang", "left    b: no cmocka.h, no g++", "",
                      "0 passed, 0 failed, 2 skipped"])
        equal(status, 0)


if __name__ == "__main__":
    main(globals())
