# SPDX-License-Identifier: MIT OR Unlicense
"""A facade over many systems: parameters whose names are no part of their
values, a status among the elements of a list, a log that is a list without a
name, an id that is a number only in the reply."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, TIMES, Site as Base
from batch import USERS, must

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA", "-pa", "two words"]
RUN = ["-an", "OTHER", "-jn", "NEXT 8", "-pa", "P1=C", "-pa", "P2=x y&z"]
KILL = True
SAID = ("parameters: each has a name at this server",)


class Site(Base):
  def answer(self, h, method, path):
    b = h.json()
    must(method == "POST" and path == "/facade/execute", path)
    command = b["command"]
    if command["name"] == "logon":
      must(command["user"] in USERS and command["password"] == "s3cret", "no")
      return 200, {"outcome": "0", "security": {"context": "CTX/77/ab+c=="}}
    must(b["security"]["context"] == "CTX/77/ab+c==", "context")
    if command["name"] == "submit":
      given = command["parameters"]
      must(all(set(p) == {"Key", "Value"} for p in given), "parameters")
      job = self.add(7301 + len(self.jobs), command["environment"],
                     command["program"],
                     [p["Key"] + "=" + p["Value"] for p in given])
      return 200, {"outcome": "0", "items": [{"reference": job.ident}]}
    job = self.jobs[str(command["references"][0])]
    if command["name"] == "query":
      state = {QUEUED: "QUEUED", RUNNING: "RUNNING", DONE: "DONE",
               KILLED: "KILLED"}[job.state()]
      return 200, {"outcome": "0", "items": [
          {"reference": job.ident, "condition": state, "node": "srv01"}]}
    if command["name"] == "journal":
      return 200, [{"moment": TIMES[n], "record": t, "node": "srv01"}
                   for n, t in enumerate(job.texts())]
    must(command["name"] == "interrupt", command["name"])
    job.ends = True
    return 200, {"outcome": "0", "items": []}


def client(c, kill):
  context = {}

  def ask(name, **more):
    return c.ask("POST", "/facade/execute", {
        "version": "1.4", "security": context,
        "command": dict(name=name, **more)})
  context = ask("logon", user="api", password="s3cret")["security"]
  n = ask("submit", environment="DEMO", program="REPORT7", parameters=[
      {"Key": "P1", "Value": "ALPHA"}, {"Key": "P2", "Value": "two words"}]
      )["items"][0]["reference"]
  for turn in range(9):
    r = ask("query", references=[n])["items"][0]
    if r["condition"] in ("DONE", "KILLED"):
      break
    if kill and turn == 2:
      ask("interrupt", references=[n])
  log = ask("journal", references=[n])
  assert kill or [m["record"] for m in log] == TEXTS
