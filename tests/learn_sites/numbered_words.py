# SPDX-License-Identifier: MIT OR Unlicense
"""Each reply has a status of its own, which is 0; the job's is "2 - Running" in
an object of it, whose word for a kill no capture has; the token lies in a list
of one, and its life is a text; the log is one string."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, Site as Base
from batch import USERS, must

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1", "-pa", "BETA=2"]
RUN = ["-an", "OTHER", "-jn", "NEXT 8", "-pa", "C=3", "-pa", "D=x y&z"]
KILL = "late"
WORDS = {QUEUED: "1 - Queued", RUNNING: "2 - Running", DONE: "4 - Done",
         KILLED: "3 - Killed"}
WROTE = ("reply.status = data.job.state.text", "status.3 - KILLED = 3",
         "reply.expires = data.tokens.lifetime")


class Site(Base):
  def answer(self, h, method, path):
    def ok(data):
      return 200, {"status": 0, "message": "", "data": data}
    if path == "/tokens":
      b = h.json()["identity"]["password"]
      must(b["user"]["name"] in USERS and b["password"] == "s3cret", "sign-in")
      return ok({"tokens": [{"value": "LION-7c1d55e08b3f",
                             "lifetime": "900"}]})
    must(h.headers["Authorization"] == "Lion LION-7c1d55e08b3f", "token")
    if (method, path) == ("PUT", "/jobs"):
      b = h.json()
      job = self.add(88100 + len(self.jobs), b["app"], b["name"], b["args"])
      return ok({"job": {"id": job.ident, "uri": "/jobs/%d" % job.ident},
                 "correlation": job.ident + 1})
    p = path.split("/")
    job = self.jobs[p[2]]
    if p[3] == "state":
      return ok({"job": {"id": job.ident, "state": {
          "text": WORDS[job.state()], "since": 1796068800}}})
    if p[3] == "log":
      return ok({"log": {"lines": len(job.texts()), "content": "".join(
          t + "\r\n" for t in job.texts())}})
    must((method, p[3]) == ("DELETE", "run"), path)
    job.ends = True
    return ok({})


def client(c, kill):
  t = c.ask("POST", "/tokens", {"identity": {
      "methods": ["password"], "password": {"user": {
          "name": "api", "domain": "default"}, "password": "s3cret"}}})["data"]
  c.headers["Authorization"] = "Lion " + t["tokens"][0]["value"]
  n = c.ask("PUT", "/jobs", {"app": "DEMO", "name": "REPORT7", "args": [
      "ALPHA=1", "BETA=2"]})["data"]["job"]["id"]
  for turn in range(9):
    r = c.ask("GET", "/jobs/%d/state" % n)["data"]["job"]["state"]["text"]
    log = c.ask("GET", "/jobs/%d/log" % n)["data"]["log"]["content"]
    if r[0] == "4":
      break
  if kill:
    c.ask("DELETE", "/jobs/%d/run" % n)
  assert log == "".join(t + "\r\n" for t in TEXTS)
