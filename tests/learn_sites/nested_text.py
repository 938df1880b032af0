# SPDX-License-Identifier: MIT OR Unlicense
"""A message bus behind HTTP: one path, the call is JSON as text within JSON,
the ticket is a header that the sign-in's reply sets, PUT for status."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, TIMES, Site as Base
from batch import USERS, must
import json

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1", "-pa", "BETA=2"]
RUN = ["-an", "OTHER", "-jn", "NEXT8"] # no list fits into a text
KILL = True
SAID = ("parameters: those told with -pa are not",)


class Site(Base):
  def answer(self, h, method, path):
    must((method, path) == ("POST", "/bus/send"), path)
    outer = h.json()
    b = json.loads(outer["payload"])
    verb = outer["verb"]
    if verb == "LOGON":
      must(b in [{"usr": u, "pwd": "s3cret"} for u in USERS], "sign-in")
      return 200, {"payload": {"ticket": "TICKET0001"}, "ok": True}
    must(outer["ticket"] == "TICKET0001", "ticket")
    if verb == "RUN":
      job = self.add("J%04d" % (31 + len(self.jobs)), b["app"], b["job"],
                     b["par"].split())
      return 200, {"payload": {"handle": job.ident}, "ok": True}
    job = self.jobs[b["handle"]]
    if verb == "ASK":
      code = {QUEUED: 1, RUNNING: 2, DONE: 4, KILLED: 3}[job.state()]
      return 200, {"payload": {"handle": job.ident, "rc": code}, "ok": True}
    if verb == "LOG":
      return 200, {"payload": {"log": [{"when": TIMES[n], "what": t}
                                       for n, t in enumerate(job.texts())]},
                   "ok": True}
    must(verb == "KILL", verb)
    job.ends = True
    return 200, {"payload": None, "ok": True}


def client(c, kill):
  def ask(verb, ticket, **payload):
    body = {"verb": verb, "payload": json.dumps(payload)}
    if ticket:
      body["ticket"] = ticket
    return c.ask("POST", "/bus/send", body)["payload"]
  t = ask("LOGON", None, usr="api", pwd="s3cret")["ticket"]
  n = ask("RUN", t, app="DEMO", job="REPORT7", par="ALPHA=1 BETA=2")["handle"]
  for turn in range(9):
    if ask("ASK", t, handle=n)["rc"] in (3, 4):
      break
    if kill and turn == 2:
      ask("KILL", t, handle=n)
  log = ask("LOG", t, handle=n)["log"]
  assert kill or [m["what"] for m in log] == TEXTS
