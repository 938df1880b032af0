# SPDX-License-Identifier: MIT OR Unlicense
"""JSON-RPC 2.0: one path; each request has a number of its own, a time and a
correlation id; messages since a number; an object of parameters."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, TIMES, Site as Base
from batch import USERS, must
import uuid

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1", "-pa", "BETA=2"]
RUN = ["-an", "OTHER", "-jn", "NEXT 8", "-pa", "C=3", "-pa", "D=x y&z"]
KILL = True


class Site(Base):
  def answer(self, h, method, path):
    b, call = h.json(), h.json()["method"]
    must((method, path) == ("POST", "/rpc") and b["jsonrpc"] == "2.0", path)
    p = b["params"]

    def result(value):
      return 200, {"jsonrpc": "2.0", "result": value, "id": b["id"]}
    if call == "session.open":
      must(p["user"] in USERS and p["secret"] == "s3cret", "sign-in")
      return result({"ticket": "T-77e1", "lifetimeSeconds": 600})
    must(p["ticket"] == "T-77e1", "ticket")
    if call == "job.start":
      job = self.add(910000 + len(self.jobs), p["app"], p["job"],
                     ["%s=%s" % pair for pair in p["args"].items()])
      return result({"jobId": job.ident})
    job = self.jobs[str(p["jobId"])]
    if call == "job.state":
      code = {QUEUED: 1, RUNNING: 2, DONE: 4, KILLED: 3}[job.state()]
      return result({"jobId": job.ident, "state": code, "progress": 50})
    if call == "job.log":
      return result({"next": 9, "rows": [
          {"n": n + 1, "ts": TIMES[n], "txt": t}
          for n, t in enumerate(job.texts()) if n + 1 > p["since"]]})
    must(call == "job.kill", call)
    job.ends = True
    return result(True)


def client(c, kill):
  state = {"number": 0, "ticket": None}

  def ask(method, **params):
    state["number"] += 1
    if state["ticket"]:
      params["ticket"] = state["ticket"]
    return c.ask("POST", "/rpc", {
        "jsonrpc": "2.0", "id": state["number"], "method": method,
        "params": params}, X_Correlation_Id=str(uuid.uuid4()))["result"]
  state["ticket"] = ask("session.open", user="api", secret="s3cret")["ticket"]
  n = ask("job.start", app="DEMO", job="REPORT7",
          args={"ALPHA": "1", "BETA": "2"})["jobId"]
  texts, last = [], 0
  for turn in range(9):
    code = ask("job.state", jobId=n)["state"]
    for row in ask("job.log", jobId=n, since=last)["rows"]:
      texts.append(row["txt"])
      last = row["n"]
    if code in (3, 4):
      break
    if kill and turn == 2:
      ask("job.kill", jobId=n)
  assert kill or texts == TEXTS
