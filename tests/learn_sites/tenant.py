# SPDX-License-Identifier: MIT OR Unlicense
"""A service for many customers: a tenant's header, the application's name as
a part of longer values, a job's full name, a check for forgery, an empty log
at first, ends as booleans beside a word."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, TIMES, Site as Base
from batch import USERS, must

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1", "-pa", "BETA=2",
        "-su", "OPS", "-st", "CENTRAL"]
RUN = ["-an", "OTHER", "-jn", "NEXT8", "-pa", "C=3", "-pa", "D=x y&z",
       "-su", "OPS", "-st", "CENTRAL"]
KILL = True
ENDED = {DONE: "Success", KILLED: "Terminated", QUEUED: "Scheduled",
         RUNNING: "InProgress"}


class Site(Base):
  style = "chunked"

  def answer(self, h, method, path):
    must(h.headers["X-Tenant"] == "acme-prod", "tenant")
    if path == "/tenants/acme-prod/users/authenticate":
      b = h.json()
      must(b["login"].split("\\")[1] in USERS and b["passcode"] == "s3cret"
           and b["login"].startswith("CORP\\"), "sign-in")
      return 200, {"user": {"display": "API user", "session": {
          "value": "c2Vzc2lvbi0xMjM0NTY3ODkw", "ttlSeconds": 1800}}}
    must(h.headers["Authorization"] == "Session c2Vzc2lvbi0xMjM0NTY3ODkw",
         "session")
    root = "/tenants/acme-prod/executions"
    if (method, path) == ("POST", root):
      b = h.json()
      system, application, name = b["job"].split("/")
      must(system == "batch" and b["origin"] == "OPS@CENTRAL", "job")
      job = self.add("exec_%03dk" % len(self.jobs), application, name,
                     b["args"])
      return 202, {"execution": {"key": job.ident, "state": "Scheduled"}}
    job = self.jobs[h.query["key"]]
    if path == root + "/log":
      return 200, {"records": [
          {"ordinal": n + 1, "stamp": TIMES[n], "kind": "stdout", "payload": t}
          for n, t in enumerate(job.texts())]}
    if path == root + "/terminate":
      job.ends = True
      return 202, {}
    must((method, path) == ("GET", root), path)
    state = job.state()
    return 200, {"execution": {
        "key": job.ident, "state": ENDED[state],
        "finished": state in (DONE, KILLED), "job": "batch/%s/%s" % (
            job.application, job.name)}}


def client(c, kill):
  c.headers["X-Tenant"] = "acme-prod"
  root = "/tenants/acme-prod/"
  s = c.ask("POST", root + "users/authenticate", {
      "login": "CORP\\api", "passcode": "s3cret"})["user"]["session"]
  c.headers["Authorization"] = "Session " + s["value"]
  key = c.ask("POST", root + "executions", {
      "job": "batch/DEMO/REPORT7", "args": ["ALPHA=1", "BETA=2"],
      "origin": "OPS@CENTRAL"})["execution"]["key"]
  for turn in range(9):
    e = c.ask("GET", root + "executions?key=" + key)["execution"]
    log = c.ask("GET", root + "executions/log?key=" + key)["records"]
    if e["finished"]:
      break
    if kill and turn == 2:
      c.ask("POST", root + "executions/terminate?key=" + key, {})
  assert kill or [m["payload"] for m in log] == TEXTS
