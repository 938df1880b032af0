# SPDX-License-Identifier: MIT OR Unlicense
"""GraphQL: one path, the call is the text of a query, values are variables;
GUID ids and its own status words; the log is nested twice."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, TIMES, Site as Base
from batch import USERS, must
import uuid

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1", "-pa", "BETA=2",
        "-qn", "NIGHT"]
RUN = ["-an", "OTHER", "-jn", "NEXT 8", "-pa", "C=3", "-pa", "D=\"x\" y&z",
       "-qn", "DAY"]
KILL = True
WORDS = {QUEUED: "PENDING", RUNNING: "ACTIVE", DONE: "SUCCEEDED",
         KILLED: "KILLED"}
LOGIN = "mutation Login($u: String!, $p: String!) {\n  login(user: $u, " \
    "password: $p) {\n    token\n    expires\n  }\n}"
SUBMIT = "mutation Submit($input: JobInput!) {\n  submitJob(input: $input) {" \
    "\n    id\n    state\n  }\n}"
STATE = "query State($id: ID!) {\n  job(id: $id) {\n    id\n    state\n  }\n}"
LOG = "query Log($id: ID!) {\n  job(id: $id) {\n    log {\n      entries {\n" \
    "        no\n        at\n        line\n      }\n    }\n  }\n}"
CANCEL = "mutation Cancel($id: ID!, $force: Boolean!) {\n  cancelJob(id: $id," \
    " force: $force) {\n    ok\n  }\n}"


class Site(Base):
  def answer(self, h, method, path):
    must((method, path) == ("POST", "/graphql"), path)
    b = h.json()
    v = b["variables"]
    if b["query"] == LOGIN:
      must(v["u"] in USERS and v["p"] == "s3cret", "sign-in")
      return 200, {"data": {"login": {"token": "Zx81.token",
                                      "expires": "2026-12-01T00:00:00Z"}}}
    must(h.headers["Authorization"] == "Token Zx81.token", "token")
    if b["query"] == SUBMIT:
      i = v["input"]
      job = self.add(uuid.uuid4(), i["application"], i["name"],
                     i.get("parameters", []), queue=i.get("queue"))
      return 200, {"data": {"submitJob": {"id": str(job.ident),
                                          "state": "PENDING"}}}
    job = self.jobs[v["id"]]
    if b["query"] == STATE:
      return 200, {"data": {"job": {"id": str(job.ident),
                                    "state": WORDS[job.state()]}}}
    if b["query"] == LOG:
      return 200, {"data": {"job": {"log": {"entries": [
          {"no": n + 1, "at": TIMES[n], "line": t}
          for n, t in enumerate(job.texts())]}}}}
    must(b["query"] == CANCEL and v["force"] is True, "query")
    job.ends = True
    return 200, {"data": {"cancelJob": {"ok": True}}}


def client(c, kill):
  def ask(name, query, **variables):
    return c.ask("POST", "/graphql", {"operationName": name, "query": query,
                                      "variables": variables})["data"]
  t = ask("Login", LOGIN, u="api", p="s3cret")["login"]["token"]
  c.headers["Authorization"] = "Token " + t
  n = ask("Submit", SUBMIT, input={
      "application": "DEMO", "name": "REPORT7", "queue": "NIGHT",
      "parameters": ["ALPHA=1", "BETA=2"]})["submitJob"]["id"]
  for turn in range(9):
    state = ask("State", STATE, id=n)["job"]["state"]
    if state in ("SUCCEEDED", "KILLED"):
      break
    if kill and turn == 2:
      ask("Cancel", CANCEL, id=n, force=True)
  log = ask("Log", LOG, id=n)["job"]["log"]["entries"]
  assert kill or [m["line"] for m in log] == TEXTS
