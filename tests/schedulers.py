# SPDX-License-Identifier: MIT OR Unlicense
"""Runs or checks the recipes of extras/schedulers.md as they stand there.
Slurm's is tested by slurm.py.
Environment: AMT, the tool.
usage: schedulers.py [WORD]   runs only the tests with WORD in their name"""
import ast
import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree

sys.dont_write_bytecode = True
os.umask(0o077) # the tool warns of secrets that others can read

from programs import AMT, FAST, equal, main, published, server, shell
from tool import DONE, folder, killed_run, read, write

PAGE = "extras/schedulers.md"
NEVER = {19, 24, 74, 76, 78} # no engine may repeat these by itself
ENGINES = ("OpCon", "Windows Task Scheduler", "systemd", "cron", "A Makefile",
           "Airflow", "Kubernetes", "Nomad", "Jenkins", "Slurm")


def recipes(kind):
    return re.findall(r"```%s\n(.*?)```" % kind, read(PAGE), re.S)


def recipe(kind):
    (text,) = recipes(kind)
    return text


@contextlib.contextmanager
def site(url):
    """Yields a folder with the password and bin/amt, which is the tool with
    short waits, and an environment."""
    with folder() as d:
        for name in ("bin", "logs", "state"):
            os.mkdir(d + "/" + name)
        write(d + "/bin/amt", '#!/bin/sh\n[ "$1" = probe ] || set -- "$@" %s\n'
              'exec %s "$@"\n' % (" ".join(FAST).replace(" --quiet", ""),
                                  os.path.abspath(AMT)))
        os.chmod(d + "/bin/amt", 0o755)
        write(d + "/password", "opconxps\n")
        yield d, {"PATH": "%s/bin:%s" % (d, os.environ["PATH"]),
                  "AMT_SERVER": url, "AMT_USER": "ocadm",
                  "ASAN_OPTIONS": "detect_leaks=1"}


def here(text, url, d):
    """A recipe's text with the paths and URL of this site."""
    for place, ours in (("/usr/local/bin", d + "/bin"), ("C:\\amt\\", d + "/"),
                        ("state\\", "state/"), ("amt.exe", "bin/amt"),
                        ("/etc/amt/", d + "/"), ("/var/lib/amt", d + "/state"),
                        ("/var/log/amt", d + "/logs"),
                        ("http://127.0.0.1:42000", url)):
        text = text.replace(place, ours)
    return text


def done(command, url, env, status=0):
    """The command prints the job's log, and one line that tells the id."""
    r = shell(command, env)
    equal((r.returncode, r.stdout), (status, published("done", url)))
    equal(len(r.stderr.splitlines()), 1)
    assert "2112" in r.stderr, r.stderr


def probed(command, env):
    r = shell(command, env)
    equal((command, r.returncode, r.stderr), (command, 0, ""))


def test_each_engine_says_what_alerts_and_where_state_is_and_was_tried():
    text = read(PAGE)
    sections = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", text,
                               re.M | re.S))
    tried = sections.pop("What was tried")
    equal(sorted(sections), sorted(ENGINES))
    for name, section in sections.items():
        for word in ("lert", "robe", "tate", "75"):
            assert word in section, (name, word)
        row = name.replace("A ", "").replace("Windows ", "")
        assert re.search(r"^\| %s \| (yes|in part|no) \| .*[^|]" % row, tried,
                         re.M), name
    for code in ("11 (", "12 (", "23 (", "24 ("):
        assert code in text.split("## ")[0], code


def test_what_is_made_first_is_all_that_cron_needs():
    """With stand-ins for make and useradd; the user is this one."""
    (text,) = recipes("shell")
    with server() as (url, _), site(url) as (d, env):
        shutil.rmtree(d + "/logs")
        os.rmdir(d + "/state")
        os.remove(d + "/password")
        for name in ("make", "useradd"):
            write(d + "/bin/" + name, '#!/bin/sh\necho ${0##*/} "$@"\n')
            os.chmod(d + "/bin/" + name, 0o755)
        assert text.count(" -o amt ") == 2, text
        r = shell("umask 022; set -e\n" +
                  here(text.replace(" -o amt ", " "), url, d), env)
        equal((r.returncode, r.stderr), (0, ""))
        equal(r.stdout, "make install\nuseradd --system --home-dir %s/state "
              "--shell /usr/sbin/nologin amt\n" % d)
        write(d + "/password", "opconxps\n")
        equal([os.stat(d + "/" + x).st_mode & 0o777
               for x in ("logs", "state", "password")], [0o700, 0o700, 0o600])
        for command, status in zip(cron_lines(url, d).values(), (0, 4, 0)):
            r = shell(command, env)
            equal((command, r.returncode, r.stderr), (command, status, ""))


# --- systemd -----------------------------------------------------------------

def units_of(url, d):
    units = {}
    for unit in recipes("ini"):
        name = re.search(r"system/(\S+)", unit).group(1)
        units[name] = write(d + "/" + name, here(unit, url, d))
    return units


def exec_start(path):
    return re.search("^ExecStart=(.*)", read(path), re.M).group(1)


def test_the_systemd_recipe_is_valid_and_its_commands_run():
    with server() as (url, _), site(url) as (d, env):
        units = units_of(url, d)
        equal(len(units), 4)
        if shutil.which("systemd-analyze"):
            r = subprocess.run(["systemd-analyze", "verify", *units.values()],
                               capture_output=True, text=True, check=False)
            equal((r.returncode, r.stdout), (0, ""))
            assert d not in r.stderr, r.stderr
        service = read(units["amt-night.service"])
        assert "SuccessExitStatus=4\n" in service
        assert "Restart=on-failure\n" in service
        prevented = re.search("^RestartPreventExitStatus=(.*)", service, re.M)
        prevented = {int(x) for x in prevented.group(1).split()}
        assert NEVER <= prevented and not {4, 75} & prevented, prevented
        env = {**env, "CREDENTIALS_DIRECTORY": d, "STATE_DIRECTORY": d}
        done(exec_start(units["amt-night.service"]), url, env, status=4)
        probed(exec_start(units["amt-probe.service"]), env)


def test_the_alert_of_systemd_tells_the_unit_and_its_exit_status():
    with folder() as d:
        units = units_of("http://h", d)
        for name in ("amt-night.service", "amt-probe.service"):
            assert "\nOnFailure=amt-alert@%N.service\n" in read(units[name])
        write(d + "/mail", '#!/bin/sh\necho "$@"; cat\n')
        os.chmod(d + "/mail", 0o755)
        command = exec_start(units["amt-alert@.service"])
        r = shell(command.replace("$$", "$").replace("%i", "amt-night"),
                  {"PATH": d + ":/bin", "MONITOR_UNIT": "amt-night.service",
                   "MONITOR_EXIT_STATUS": "76"})
        equal((r.stdout, r.stderr), ("-s AMT: amt-night operators\n"
                                     "amt-night.service: exit status 76\n", ""))


# --- cron --------------------------------------------------------------------

def cron_lines(url, d):
    """The commands by the times that stand before them."""
    lines = [x.split(None, 6) if x[:1].isdigit() else x.split(None, 2)
             for x in here(recipe("crontab"), url, d).splitlines()
             if re.match(r"[\d@]", x)]
    return {" ".join(x[:-2]): x[-1] for x in lines}


def test_the_cron_recipe_mails_nothing_unless_something_is_wrong():
    with server() as (url, stats), site(url) as (d, env):
        lines = cron_lines(url, d)
        nightly, after_boot = lines["30 1 * * 1-5"], lines["@reboot"]
        r = shell(nightly, env)
        equal((r.returncode, r.stdout, r.stderr), (4, "", ""))
        r = shell(after_boot, env)
        equal((r.stdout, r.stderr, stats()["start_requests"]), ("", "", 1))
        killed_run(url, d + "/state/night", *DONE)
        r = shell(after_boot, env)
        equal((r.returncode, r.stdout, stats()["start_requests"]), (4, "", 2))
        equal(len(r.stderr.splitlines()), 1)
        assert "goes on with it" in r.stderr, r.stderr
        equal(len(os.listdir(d + "/logs")), 2)
        r = shell(nightly.replace("-jn REPORTTEST01", "-jn CODE_12"), env)
        equal((r.returncode, len(r.stderr.splitlines())), (12, 1))


def test_the_probe_of_cron_mails_a_refused_password_before_the_night():
    with server() as (url, stats), site(url) as (d, env):
        probe = cron_lines(url, d)["15 1 * * 1-5"]
        probed(probe, env)
        write(d + "/password", "wrong\n")
        r = shell(probe, env)
        equal((r.returncode, r.stdout, stats()["start_requests"]), (24, "", 0))
        assert r.stderr, r


# --- make --------------------------------------------------------------------

def test_the_Makefile_recipe_runs_what_is_missing_and_keeps_no_failed_log():
    with server() as (url, stats), site(url) as (d, env):
        text = recipe("make")
        write(d + "/Makefile", text)
        make = ["make", "-C", d]
        subprocess.run(make, env=env, check=True, capture_output=True)
        equal((read(d + "/extract.log"), stats()["starts_accepted"]),
              (published("done", url).replace(
                  "Parameters      :\n", "Parameters      : DAY=1\n").replace(
                  "param []", "param [DAY=1]"), 2))
        subprocess.run(make, env=env, check=True, capture_output=True)
        equal(stats()["starts_accepted"], 2)
        os.unlink(d + "/report.log")
        write(d + "/Makefile", text.replace("REPORTTEST02", "CODE_12"))
        r = subprocess.run(make, env=env, capture_output=True, text=True,
                           check=False)
        assert r.returncode == 2 and "Error 12" in r.stderr, r
        assert not os.path.exists(d + "/report.log")


# --- Airflow -----------------------------------------------------------------

AIRFLOW = { # its classes, as far as the recipe uses them; execute raises as
            # Airflow 2.10's does
    "__init__": '''
class DAG:
    def __init__(self, dag_id, default_args, **more):
        self.dag_id, DAG.defaults = dag_id, default_args
    def __enter__(self): return self
    def __exit__(self, *error): pass
''', "exceptions": '''
class AirflowException(Exception): pass
class AirflowFailException(AirflowException): pass
''', "operators/__init__": "", "operators/bash": '''
import os, subprocess
from airflow.exceptions import AirflowException
class BashOperator:
    given = []
    def __init__(self, **given):
        self.__dict__.update(given)
        self.after = []
        BashOperator.given.append(self)
    def __rshift__(self, other): other.after.append(self.task_id)
    def execute(self, context):
        code = subprocess.run(["bash", "-c", self.bash_command],
                              env={**os.environ, **self.env}).returncode
        if code:
            raise AirflowException("Bash command failed. The command returned a"
                                   " non-zero exit code %d." % code)
''', "utils/__init__": "", "utils/email": '''
def send_email(to, subject, html_content): print(to, subject, html_content)
'''}
RUN_DAG = '''
import sys
(task,) = [x for x in BashOperator.given if x.task_id == sys.argv[1]]
assert task.skip_on_exit_code is None and task.append_env
assert report.after == ["probe"] and report.retries == 2
if len(sys.argv) > 2: task.bash_command = sys.argv[2]
class instance: task_id = task.task_id
try: task.execute({})
except AirflowException as e:
    print("never again" if type(e) is AirflowFailException else "again")
    DAG.defaults["on_failure_callback"]({"task_instance": instance,
                                         "exception": e})
'''


def test_the_Airflow_recipe_runs_in_a_stand_in_for_its_classes():
    """Debian has no package of Airflow itself."""
    with server() as (url, _), site(url) as (d, env):
        for name, text in AIRFLOW.items():
            path = "%s/airflow/%s.py" % (d, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write(path, text)
        text = re.sub(r"{{ (\S+) }}", r"\1", here(recipe("python"), url, d))
        ast.parse(text)
        write(d + "/dag.py", text + RUN_DAG)

        def run(*args):
            r = subprocess.run([sys.executable, d + "/dag.py", *args],
                               capture_output=True, text=True, env=env,
                               check=True)
            return r.stdout
        equal(run("report"), published("done", url))
        assert "again" not in run("probe")
        for code in (*sorted(NEVER), 11, 12, 23, 99):
            lines = run("report", "exit %d" % code).splitlines()
            equal(lines[0], "never again")
            assert "AMT: report" in lines[1] and str(code) in lines[1], lines
        for command in ("exit 75", "kill -9 $$", "exit 137"):
            equal((command, run("report", command).splitlines()[0]),
                  (command, "again"))


# --- engines that are not at hand --------------------------------------------

def test_the_OpCon_recipe_runs_its_command():
    with server() as (url, _), site(url) as (d, env):
        text = recipe("text")
        command = re.search("^Command Line +(.*)", text, re.M).group(1)
        assert "Exit Code, Not Equal To, 4\n" in text
        done(here(command, url, d) + " --password-file %s/password" % d, url,
             env, status=4)
        equal(os.listdir(d + "/state"), [])


def test_the_Task_Schedulers_recipe_is_XML_and_its_command_runs():
    root = xml.etree.ElementTree.fromstring(recipe("xml"))
    task = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    equal((root.tag, [x.tag.replace(task, "") for x in root]),
          (task + "Task", ["RegistrationInfo", "Triggers", "Principals",
                           "Settings", "Actions"]))
    assert root.find(".//%sRestartOnFailure" % task) is None
    equal(root.find(".//%sExecutionTimeLimit" % task).text, "PT0S")
    script = recipe("bat")
    assert root.find(".//%sArguments" % task).text.split()[-1] in script
    (command,) = re.findall(r"^C:\\amt\\amt.exe .*", script, re.M)
    with server() as (url, _), site(url) as (d, env):
        done(here(command, url, d) + " --password-file %s/password" % d, url,
             env)
        equal((len(os.listdir(d + "/logs")), os.listdir(d + "/state")), (1, []))


def test_the_Kubernetes_recipe_never_repeats_what_must_not_be():
    import yaml # pylint: disable=import-outside-toplevel
    cron = yaml.safe_load(recipe("yaml"))
    equal((cron["apiVersion"], cron["kind"], cron["spec"]["concurrencyPolicy"]),
          ("batch/v1", "CronJob", "Forbid"))
    job = cron["spec"]["jobTemplate"]["spec"]
    pod = job["template"]["spec"]
    (container,) = pod["containers"]
    disruption, fail = job["podFailurePolicy"]["rules"]
    exits = fail["onExitCodes"]
    equal((disruption["action"], fail["action"], exits["operator"],
           exits["containerName"], pod["restartPolicy"]),
          ("Ignore", "FailJob", "In", container["name"], "Never"))
    assert NEVER <= set(exits["values"]) and not {0, 75} & set(exits["values"])
    equal({x["name"] for x in container["volumeMounts"]},
          {x["name"] for x in pod["volumes"]})
    with server() as (url, _), site(url) as (d, env):
        words = [here(x, url, d) for x in container["command"] +
                 container["args"]]
        given = {x["name"]: here(x["value"], url, d) for x in container["env"]}
        done(shlex.join(words), url, {**env, **given})


def test_the_Nomad_recipe_repeats_nothing_and_its_command_runs():
    text = recipe("hcl")
    equal((text.count("{"), len(re.findall(r"attempts += 0\n", text))),
          (text.count("}"), 2))
    command = re.search(r'command = "(.*)"', text).group(1)
    args = json.loads("[%s]" % re.search(r"args = \[(.*?),?\s*\]", text,
                                         re.S).group(1))
    with server() as (url, _), site(url) as (d, env):
        done(here(shlex.join([command, *args]), url, d), url, env)


def test_the_Jenkins_recipe_repeats_75_alone_and_its_commands_run():
    text = recipe("groovy")
    equal([text.count(x) for x in "{(["], [text.count(x) for x in "})]"])
    assert "code == 75" in text and "code != 4" in text and "retry" not in text
    probe, run = re.findall(r"script: '([^']*)'", text)
    with server() as (url, _), site(url) as (d, env):
        env["PASSWORD_FILE"] = d + "/password"
        probed(here(probe, url, d), env)
        done(here(run, url, d), url, env, status=4)


if __name__ == "__main__":
    main(globals())
