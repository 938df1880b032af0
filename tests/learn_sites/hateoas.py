# SPDX-License-Identifier: MIT OR Unlicense
"""A REST service with links: PUT starts, names in the path, snake_case, an
API key beside the sign-in, status words with a blank, a state set by PUT."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, TIMES, Site as Base
from batch import USERS, must
import uuid

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1", "-pa", "BETA=2",
        "-u", "BOB"]
RUN = ["-an", "OTHER", "-jn", "NEXT 8", "-pa", "C=3", "-pa", "D=x y&z",
       "-u", "EVE"]
KILL = "late"
ADDED = "status.Cancelled = 3\n" # no whole job shows it
WORDS = {QUEUED: "Queued", RUNNING: "Executing", DONE: "Completed OK",
         KILLED: "Cancelled"}
KEY = "9b1d44c2f0a84b51"
SECRETS = (KEY,)


class Site(Base):
  def answer(self, h, method, path):
    must(h.headers["X-Api-Key"] == KEY, "key")
    root = "/api/v2"
    if path == root + "/session":
      must(h.json()["user_name"] in USERS
           and h.json()["pass_phrase"] == "s3cret", "sign-in")
      return 201, {"session_id": "sess-4711-abc", "ttl": 900,
                   "_links": {"self": {"href": root + "/session"}}}
    must(h.headers["X-Session-Id"] == "sess-4711-abc", "token")
    p = path[len(root) + 1:].split("/")
    if p[0] == "applications":
      must(method == "PUT" and p[2] == "jobs" and p[4] == "runs", path)
      b = h.json()
      job = self.add(uuid.uuid4(), p[1], p[3], b["arguments"],
                     user=b["run_as"])
      self_link = "%s/runs/%s" % (root, job.ident)
      return 202, {"run_id": str(job.ident), "phase": "Queued", "_links": {
          "self": {"href": self_link}, "log": {"href": self_link + "/log"}}}
    must(p[0] == "runs", path)
    job = self.jobs[p[1]]
    self_link = "%s/runs/%s" % (root, job.ident)
    if p[2:] == ["log"]:
      return 200, {"result": {"log": {"first": 1, "entries": [
          {"seq_no": n + 1, "logged_at": TIMES[n], "level": "INFO",
           "text_line": t} for n, t in enumerate(job.texts())]}}}
    if p[2:] == ["cancel"]:
      must(method == "PUT" and h.json() == {"reason": "asked", "hard": True},
           "cancel")
      job.ends = True
      return 202, {"accepted": True}
    must(method == "GET" and len(p) == 2, path)
    return 200, {"_links": {"self": {"href": self_link},
                            "log": {"href": self_link + "/log"}},
                 "run_id": str(job.ident), "phase": WORDS[job.state()],
                 "job": {"application": job.application, "name": job.name}}


def client(c, kill):
  c.headers["X-Api-Key"] = KEY
  s = c.ask("POST", "/api/v2/session", {"user_name": "api",
                                        "pass_phrase": "s3cret"})
  c.headers["X-Session-Id"] = s["session_id"]
  r = c.ask("PUT", "/api/v2/applications/DEMO/jobs/REPORT7/runs",
            {"arguments": ["ALPHA=1", "BETA=2"], "run_as": "BOB"})
  for _ in range(9):
    if c.ask("GET", r["_links"]["self"]["href"])["phase"] == "Completed OK":
      break
  log = c.ask("GET", r["_links"]["log"]["href"])["result"]["log"]["entries"]
  assert [m["text_line"] for m in log] == TEXTS
  if kill:
    c.ask("PUT", r["_links"]["self"]["href"] + "/cancel",
          {"reason": "asked", "hard": True})
