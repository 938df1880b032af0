# SPDX-License-Identifier: MIT OR Unlicense
"""A Spring service: its client looks around before it starts a job (health,
lists with the same names); a JWT under a scheme of its own, times in
milliseconds, pages."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, Site as Base, must
from batch import USERS

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1", "-pa", "BETA=2"]
RUN = ["-an", "OTHER", "-jn", "NEXT 8", "-pa", "C=3", "-pa", "D=x y&z"]
KILL = True
JWT = "eyJ0eXAiOiJKV1Qi.eyJzdWIiOiJhcGki.c2ln-bmF0_dXJl"


class Site(Base):
  def answer(self, h, method, path):
    if path == "/actuator/health":
      return 200, {"status": "UP", "components": {"db": {"status": "UP"}}}
    if path == "/login":
      b = h.json()
      must(b in [{"principal": u, "credentials": "s3cret",
                  "realm": None} for u in USERS], "sign-in")
      return 200, {"data": {"jwt": JWT, "user": {"name": "api",
                                                 "roles": ["OPERATOR"]}},
                   "error": None, "elapsedMs": 12}
    must(h.headers["Authorization"] == "JWT " + JWT, "token")
    if path == "/jobs" and method == "GET":
      return 200, {"content": [{"application": "DEMO", "name": n, "id": 3}
                               for n in ("REPORT6", "REPORT7")], "last": True}
    if path == "/executions" and method == "POST":
      b = h.json()
      job = self.add(600000000017 + len(self.jobs), b["job"]["application"],
                     b["job"]["name"], b["job"]["args"].split(","))
      return 201, {"data": {"execution": {"executionId": job.ident,
                                          "version": 0}},
                   "error": None, "elapsedMs": 40}
    p = path.split("/")
    must(p[1] == "executions", path)
    job = self.jobs[p[2]]
    if method == "DELETE":
      job.ends = True
      return 200, {"data": None, "error": None, "elapsedMs": 3}
    must(method == "GET", method)
    if len(p) == 3:
      code, label = {QUEUED: ("1", "WAITING"), RUNNING: ("2", "STARTED"),
                     DONE: ("4", "COMPLETED"), KILLED: ("3", "STOPPED")
                     }[job.state()]
      return 200, {"data": {"execution": {
          "executionId": job.ident, "version": 2, "status": {
              "code": code, "label": label}, "exitCode": None}},
          "error": None, "elapsedMs": 5}
    must(p[3] == "messages" and h.query == {"page": "0", "size": "5000"},
         "page")
    return 200, {"content": [
        {"index": n + 1, "timestamp": 1764540060000 + n, "severity": "I",
         "message": t} for n, t in enumerate(job.texts())],
        "totalElements": len(job.texts()), "last": True, "number": 0}


def client(c, kill):
  c.ask("GET", "/actuator/health")
  t = c.ask("POST", "/login", {"principal": "api", "credentials": "s3cret",
                               "realm": None})["data"]["jwt"]
  c.headers["Authorization"] = "JWT " + t
  c.ask("GET", "/jobs?application=DEMO&name=REPORT7")
  n = c.ask("POST", "/executions", {"job": {
      "application": "DEMO", "name": "REPORT7", "args": "ALPHA=1,BETA=2"},
      "dryRun": False})["data"]["execution"]["executionId"]
  for turn in range(9):
    e = c.ask("GET", "/executions/%d" % n)["data"]["execution"]
    c.ask("GET", "/actuator/health")
    if e["status"]["code"] in "34":
      break
    if kill and turn == 2:
      c.ask("DELETE", "/executions/%d" % n)
  log = c.ask("GET", "/executions/%d/messages?page=0&size=5000" % n)["content"]
  assert kill or [m["message"] for m in log] == TEXTS
