# SPDX-License-Identifier: MIT OR Unlicense
"""An old .ashx handler: GET for all, token and id in the query, HTTP/1.0
replies that end with the connection, a bare token, numbers as strings, the
log as one string."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, Site as Base, must
from batch import USERS
import urllib.parse

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1", "-pa", "BETA=2"]
RUN = ["-an", "OTHER", "-jn", "NEXT 8"] # a path has no lists
KILL = True
SAID = ("parameters: they are in the path",)


class Site(Base):
  style, version = "close", "HTTP/1.0"

  def answer(self, h, method, path):
    must((method, path) == ("GET", "/amt/api.ashx"), path)
    q = h.query
    if q["op"] == "login":
      must(q["u"] in USERS and q["p"] == "s3cret", "sign-in")
      return 200, "5f2a9c0d71"
    must(q["sid"] == "5f2a9c0d71", "sid")
    if q["op"] == "run":
      job = self.add("%06d" % (417 + len(self.jobs)), q["app"], q["job"],
                     q["args"].split("|") if "args" in q else [])
      return 200, {"rc": "0", "jobno": job.ident}
    job = self.jobs[q["jobno"]]
    if q["op"] == "stat":
      code = {QUEUED: "1", RUNNING: "2", DONE: "4", KILLED: "3"}[job.state()]
      return 200, {"rc": "0", "stat": code}
    if q["op"] == "log":
      return 200, {"rc": "0", "log": "\r\n".join(job.texts()) + "\r\n"}
    must(q["op"] == "abort", q["op"])
    job.ends = True
    return 200, {"rc": "0"}


def client(c, kill):
  c.keep = False

  def ask(**query):
    return c.ask("GET", "/amt/api.ashx?" + urllib.parse.urlencode(query))
  t = ask(op="login", u="api", p="s3cret")
  n = ask(op="run", sid=t, app="DEMO", job="REPORT7",
          args="ALPHA=1|BETA=2")["jobno"]
  for turn in range(9):
    if ask(op="stat", jobno=n, sid=t)["stat"] in "34":
      break
    if kill and turn == 2:
      ask(op="abort", jobno=n, sid=t)
  log = ask(op="log", jobno=n, sid=t)["log"]
  assert kill or log == "\r\n".join(TEXTS) + "\r\n"
