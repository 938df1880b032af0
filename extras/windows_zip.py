# SPDX-License-Identifier: MIT OR Unlicense
"""Makes the zip that a Windows administrator unpacks: the tool, its second
name, a sample configuration, how to begin, the manual as a text, recipes for
schedulers, licences, and checksums of all. The same bytes each time.
usage: windows_zip.py VERSION AMT.EXE ZIP [NAME=LICENCE...]
NAME: what else is linked into AMT.EXE"""
import hashlib
import os
import re
import subprocess
import sys
import zipfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")

CONFIG = """\
[CONNECTOR]
NAME=Asysco AMT Connector
STATUS_CHECK_POLL_INTERVAL=5
STATUS_CHECK_INITIAL_POLL_DELAY=10
DEBUG=OFF

[AMT BATCH SERVER]
SERVER_ADDRESS=amt.example.com:42000
SERVER_USE_TLS=True
USER=
PASSWORD=

[AMT]
"""

README = """\
amt %s: runs jobs on an AMT Batch Server.

1. Unpack into a folder that only administrators can write.
2. SHA256SUMS has the sums; in PowerShell: Get-FileHash amt.exe
3. Encode the API user and its password: Encrypt.exe asks for each and prints
   what to put after USER= and PASSWORD= in Connector.config.
   This is an encoding: whoever can read the file has the password.
4. Correct SERVER_ADDRESS there. A server that speaks plain http needs
   SERVER_USE_TLS=False as well.
5. See whether the server is understood; nothing is started:   amt.exe probe
6. Run a job:   amt.exe -an APPLICATION -jn JOB
   It exits with the job's completion code: 4 is DONE; 0, if --zero-on-done
   is given.
7. amt.exe --help lists the options; amt.txt is the manual. Each long option
   can stand in the section [AMT] of Connector.config:
   STATE=D:\\amt\\job.state is --state D:\\amt\\job.state.
8. schedulers.md has recipes for OpCon, the Task Scheduler and others.

If the process is ended by force (taskkill /F, the Task Scheduler's End), the
job goes on at the server: give --state FILE, and the next run goes on with it.
amt.exe trusts the certificates in this machine's store (certlm.msc, Trusted
Root Certification Authorities). For another CA put its certificate into a PEM
file, and CA=D:\\amt\\ca.pem into the section [AMT].
"""


def manual():
    """The manual without overstrikes for bold, and this system's name."""
    page = subprocess.run(["mandoc", "-T", "utf8", "-I", "os=amt",
                           ROOT + "/extras/amt.1"], check=True,
                          capture_output=True).stdout.decode()
    return re.sub(".\b", "", page)


def text_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def licences(linked):
    """Ours, and those of what is linked in: its name, in what, the file."""
    text = text_of(ROOT + "/LICENSE")
    for name, programs, path in linked:
        text += "\n\n%s\n%s is in %s, in part.\n\n" % ("-" * 72, name, programs)
        text += text_of(path)
    return text


def windows_text(text):
    return text.replace("\n", "\r\n").encode()


def main(version, program, path, *linked):
    parts = [(name, "amt.exe", licence) for name, licence in
             (word.split("=", 1) for word in linked)]
    with open(program, "rb") as f:
        tool = f.read()
    files = {"amt.exe": tool, "Encrypt.exe": tool,
             "Connector.config": windows_text(CONFIG),
             "README.txt": windows_text(README % version),
             "amt.txt": windows_text(manual()),
             "schedulers.md": windows_text(
                 text_of(ROOT + "/extras/schedulers.md")),
             "LICENSE.txt": windows_text(licences(parts))}
    files["SHA256SUMS"] = "".join(
        "%s  %s\n" % (hashlib.sha256(data).hexdigest(), name)
        for name, data in files.items()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in files.items():
            entry = zipfile.ZipInfo("amt-%s/%s" % (version, name),
                                    (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0 # Windows
            z.writestr(entry, data)


if __name__ == "__main__":
    main(*sys.argv[1:])
