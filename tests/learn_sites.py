# SPDX-License-Identifier: MIT OR Unlicense
"""`amt learn` at sites that differ as .NET and Java shops do. Each site's
client makes a capture. The wire file learned from it then runs another job
there, with other values and as another user, and a kill. tests/learn_sites/ has
the sites, written without a look at `amt learn`.
Environment: AMT, the tool.
usage: learn_sites.py [WORD]   runs only the tests with WORD in their name"""
import functools
import importlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
os.umask(0o077) # learn refuses a capture that others can write
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "learn_sites")
sys.path.insert(0, FOLDER)

import batch # noqa: E402
from programs import AMT, environment, free_port, main # noqa: E402

FORMS = ("capture", "raw", "socat", "har")
TAPPED = "tap" # captured by amt tap, which hides secrets


class Recorder:
  """A proxy that keeps what passes, in its order: connection, way, bytes."""

  def __init__(self, port):
    self.to, self.seen, self.count = port, [], 0
    self.listener = socket.create_server(("127.0.0.1", 0))
    self.port = self.listener.getsockname()[1]
    threading.Thread(target=self.accept, daemon=True).start()

  def accept(self):
    while True:
      client = self.listener.accept()[0]
      server = socket.create_connection(("127.0.0.1", self.to))
      self.count += 1
      for way in ((">", client, server), ("<", server, client)):
        threading.Thread(target=self.carry, args=(self.count, *way),
                         daemon=True).start()

  def carry(self, number, way, source, sink):
    while True:
      data = source.recv(65536)
      if not data:
        break
      self.seen.append((number, way, data))
      sink.sendall(data)
    try:
      sink.shutdown(socket.SHUT_WR)
    except OSError:
      pass


def socat_text(data):
  named = {9: "\t", 10: "\n", 13: "\\r", 92: "\\\\"}
  return "".join(named.get(b, chr(b) if 32 <= b < 127 else ".") for b in data)


def save(recorder, exchanges, form, path):
  with open(path, "wb") as f:
    if form == "har":
      f.write(json.dumps({"log": {"version": "1.2", "creator": {
          "name": "client", "version": "1"}, "entries": exchanges}}).encode())
      return
    if form == "capture":
      f.write(b"amt-capture 1\n")
    connections, sent = sorted({n for n, _, _ in recorder.seen}), {}
    for c in connections if form == "raw" else [None]:
      for number, way, data in recorder.seen:
        if c not in (None, number):
          continue
        if form == "capture":
          f.write(b"%s %d %d\n%s\n" % (way.encode(), number, len(data), data))
        elif form == "socat":
          start = sent.get((number, way), 0)
          sent[number, way] = start + len(data)
          f.write(("%s 2026/11/29 22:01:00.000000123  length=%d from=%d to=%d\n"
                   "%s" % (way, len(data), start, start + len(data) - 1,
                           socat_text(data))).encode())
        else:
          f.write(data)


class HarClient(batch.Client):
  """Keeps each exchange as a browser's developer tools do."""

  def __init__(self, port):
    super().__init__(port)
    self.exchanges = []

  def note(self, method, path, body, sent, reply, data):
    def listed(headers):
      return [{"name": k, "value": v} for k, v in headers]
    request = {"method": method, "url": "http://localhost%s" % path,
               "httpVersion": "HTTP/1.1", "headers": listed(sent.items()),
               "cookies": [], "queryString": []}
    if body:
      request["postData"] = {"mimeType": sent["Content-Type"],
                             "text": body.decode()}
    self.exchanges.append({
        "startedDateTime": "2026-11-29T22:01:00Z", "request": request,
        "response": {"status": reply.status, "statusText": reply.reason,
                     "httpVersion": "HTTP/1.1", "cookies": [],
                     "headers": listed(reply.headers.items()),
                     "content": {"size": len(data), "text": data.decode(),
                                 "mimeType": "application/json"}}})


def amt(*words, token=None):
  more = {"AMT_PASSWORD": "s3cret"}
  if token:
    more["AMT_TOKEN"] = token
  return subprocess.run([AMT, *words], capture_output=True, timeout=60,
                        env=environment(**more), stdin=subprocess.DEVNULL)


def tapped(module, kill, path):
  site, port = module.Site(), free_port()
  with subprocess.Popen(
      [AMT, "tap", "--listen", str(port), "--save", path, "--to",
       "http://127.0.0.1:%d" % site.port], stderr=subprocess.PIPE,
      env=environment(AMT_PASSWORD="s3cret")) as tap:
    tap.stderr.readline()
    try:
      module.client(batch.Client(port), kill)
      time.sleep(0.05)
    finally:
      tap.terminate()
  assert not site.mistakes, site.mistakes
  with open(path, encoding="utf-8") as f:
    saved = f.read()
  for secret in ("s3cret", *getattr(module, "SECRETS", ())):
    assert secret not in saved, (path, secret)


def captured(module, kill, form, path):
  if form == TAPPED:
    tapped(module, kill, path)
    return
  site = module.Site()
  recorder = Recorder(site.port)
  client = HarClient(recorder.port)
  module.client(client, kill)
  time.sleep(0.05)
  assert not site.mistakes, site.mistakes
  save(recorder, client.exchanges, form, path)


def given(words, *names):
  return [words[n + 1] for n in range(0, len(words), 2) if words[n] in names]


def run_job(module, wire):
  """Runs a whole job; returns a list of sentences that say what went wrong."""
  site, wrong = module.Site(), []
  common = ["-s", "http://127.0.0.1:%d" % site.port, "--wire", wire,
            "--api-user", "night", "--poll", "0", "--initial-delay", "0",
            "--give-up", "2", "--timeout", "20"]
  r = amt(*common, *module.RUN, "--format", "text",
          token=getattr(module, "TOKEN", None))
  log = "".join(t + "\n" for t in batch.TEXTS).encode()
  if r.returncode != 4:
    wrong.append("exit %d %r" % (r.returncode, r.stderr[-600:].decode()))
  if r.stdout != log:
    wrong.append("log %r" % r.stdout)
  if len(site.jobs) != 1:
    wrong.append("%d Starts" % len(site.jobs))
  for job in site.jobs.values():
    had = [job.application, job.name, job.parameters]
    want = [given(module.RUN, "-an")[0], given(module.RUN, "-jn", "-fn")[0],
            given(module.RUN, "-pa")]
    for name, option in (("user", "-u"), ("queue", "-qn")):
      if given(module.RUN, option):
        had.append(job.more.get(name))
        want += given(module.RUN, option)
    if had != want:
      wrong.append("started %r" % had)
  return wrong + ["refused: " + m for m in site.mistakes]


def run_kill(module, wire):
  site = module.Site()
  common = ["-s", "http://127.0.0.1:%d" % site.port, "--wire", wire,
            "--api-user", "night", "--poll", "0", "--initial-delay", "0",
            "--give-up", "2", "--timeout", "20"]
  words, token = list(module.RUN), getattr(module, "TOKEN", None)
  words[words.index("-jn" if "-jn" in words else "-fn") + 1] = "LONG"
  r = amt(*common, *words, "--no-wait", token=token)
  ident = r.stdout.decode().strip()
  if ident not in site.jobs:
    return ["no id: %d %r" % (r.returncode, r.stderr[-400:].decode())]
  r = amt(*common, "-jt", "KILL", *words[:2], "-id", ident, token=token)
  wrong = ["kill refused: " + m for m in site.mistakes]
  if not site.jobs[ident].ends:
    wrong.append("not killed")
  if r.returncode != 3:
    wrong.append("kill: exit %d %r" % (r.returncode, r.stderr[-400:].decode()))
  return wrong


def try_site(module, form, kill, path):
  wire = path + ".wire"
  captured(module, kill, form, path)
  r = amt("learn", path, *module.TOLD, "--api-user", "api", "--output", wire)
  if hasattr(module, "REFUSED"):
    said = r.stderr.decode()
    return [] if r.returncode == 78 and module.REFUSED in said and \
        not os.path.exists(wire) else ["%d %s" % (r.returncode, said)]
  if r.returncode:
    return ["learn: exit %d %r" % (r.returncode, r.stderr[-600:].decode())]
  text = open(wire, encoding="utf-8").read()
  secrets = getattr(module, "SECRETS", ())
  wrong = ["a secret in the file: " + s for s in ("s3cret", *secrets)
           if s in text]
  for line in getattr(module, "WROTE", ()):
    if line not in text.splitlines():
      wrong.append("not written: " + line)
  for words in getattr(module, "SAID", ()):
    if words not in text.partition("# Not found")[2]:
      wrong.append("not said: " + words)
  for secret in secrets:
    text = re.sub(r"(?m)^([^#].*)\*\*\*", r"\g<1>" + secret, text, count=1)
  with open(wire, "w", encoding="utf-8") as f:
    f.write(text + getattr(module, "ADDED", ""))
  if not kill or kill == "late":
    wrong += run_job(module, wire)
  if kill:
    wrong += run_kill(module, wire)
  return wrong


def forms_of(number):
  """Each site in the tap's form, by the tap itself, and in another form."""
  return FORMS[0], TAPPED, FORMS[1 + number % (len(FORMS) - 1)]


def at_site(name, forms):
  module = importlib.import_module(name)
  with tempfile.TemporaryDirectory() as folder:
    for form in forms:
      for kill in (False, module.KILL)[:1 + (form == FORMS[0])]:
        wrong = try_site(module, form, kill, os.path.join(folder, form))
        assert not wrong, (name, form, kill, wrong)


SITES = sorted(n[:-3] for n in os.listdir(FOLDER)
               if n.endswith(".py") and n != "batch.py")
for n, site in enumerate(SITES):
  globals()["test_a_job_and_a_kill_by_what_was_learned_at_" + site] = \
      functools.partial(at_site, site, forms_of(n))

if __name__ == "__main__":
  main(globals())
