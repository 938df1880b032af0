# SPDX-License-Identifier: MIT OR Unlicense
"""HTTP Basic on each call, no sign-in; status and log in one reply; keys in
mixed case; chunked replies; a stop with a reason and a kill."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, TIMES, Site as Base
from batch import USERS, must
import base64

TOLD = ["-an", "DEMO", "-fn", "D:\\jobs\\nightly.ps1", "-pa", "ALPHA=1",
        "-tv", "TV1", "-tv", "TV2"]
RUN = ["-an", "OTHER", "-fn", "D:\\jobs\\x y.ps1", "-pa", "C=3", "-tv", "V",
       "-tv", "W"]
NAME = "D:\\jobs\\x y.ps1"
KILL = True
BASIC = ["Basic " + base64.b64encode(u.encode() + b":s3cret").decode()
         for u in USERS]


class Site(Base):
  style = "chunked"

  def answer(self, h, method, path):
    must(method == "POST" and h.headers["Authorization"] in BASIC, "sign-in")
    b = h.json()
    if path == "/jobs/submit":
      must(b["kind"] == "ps", "kind")
      job = self.add(5001 + len(self.jobs), b["APPL"], b["script"],
                     b["Args"], values=b["values"])
      return 200, {"iD": job.ident}
    job = self.jobs[str(b["ID"])]
    if path == "/jobs/query":
      state = {QUEUED: "QUEUED", RUNNING: "RUNNING", DONE: "DONE",
               KILLED: "KILLED"}[job.state()]
      return 200, {"Id": job.ident, "sTate": state, "Output": [
          {"sequence": n + 1, "Time": TIMES[n], "tExt": t}
          for n, t in enumerate(job.texts())]}
    must(path in ("/jobs/stop", "/jobs/kill"), path)
    if path.endswith("stop"):
      must(b["Reason"] == "end of window", "reason")
    job.ends = path.endswith("kill")
    return 204, None


def client(c, kill):
  c.headers["Authorization"] = BASIC[0]
  n = c.ask("POST", "/jobs/submit", {
      "kind": "ps", "APPL": "DEMO", "script": "D:\\jobs\\nightly.ps1",
      "Args": ["ALPHA=1"], "values": ["TV1", "TV2"]})["iD"]
  for turn in range(9):
    r = c.ask("POST", "/jobs/query", {"ID": n})
    if r["sTate"] in ("DONE", "KILLED"):
      break
    if kill and turn == 1:
      c.ask("POST", "/jobs/stop", {"ID": n, "Reason": "end of window"})
    if kill and turn == 2:
      c.ask("POST", "/jobs/kill", {"ID": n})
  assert kill or [m["tExt"] for m in r["Output"]] == TEXTS
