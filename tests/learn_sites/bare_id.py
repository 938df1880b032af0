# SPDX-License-Identifier: MIT OR Unlicense
"""The first reply is 401 with a challenge, then Basic gives a token that goes
in a header of its own; a Start is answered with a bare number; PATCH kills; the
log comes in pages with a flag."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, TIMES, Site as Base
from batch import USERS, must
import base64

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1"]
RUN = ["-an", "OTHER", "-jn", "NEXT 8", "-pa", "C=3"]
KILL = False


class Site(Base):
  def answer(self, h, method, path):
    if path == "/v1/tokens":
      basic = h.headers["Authorization"] or ""
      if basic not in ["Basic " + base64.b64encode(
          (u + ":s3cret").encode()).decode() for u in USERS]:
        h.more_headers = [("WWW-Authenticate", 'Basic realm="batch"')]
        return 401, {"error": "who are you?"}
      return 200, {"accessToken": "0f9e8d7c6b5a49382716", "expiresIn": 600,
                   "refreshToken": "ffeeddccbbaa"}
    must(h.headers["X-Access-Token"] == "0f9e8d7c6b5a49382716", "token")
    if (method, path) == ("POST", "/v1/jobs"):
      b = h.json()
      job = self.add(48000 + len(self.jobs), b["application"], b["job"],
                     b["parameters"])
      return 201, job.ident
    p = path.split("/")
    job = self.jobs[p[3]]
    if p[4:] == ["state"]:
      return 200, {QUEUED: "QUEUED", RUNNING: "RUNNING", DONE: "DONE",
                   KILLED: "KILLED"}[job.state()]
    must(p[4:] == ["output"], path)
    first = int(h.query["from"])
    texts = job.texts()
    part = [{"number": n + 1, "at": TIMES[n], "line": t}
            for n, t in enumerate(texts) if n >= first][:2]
    return 200, {"lines": part, "hasMore": first + len(part) < len(texts)}


def client(c, kill):
  try:
    c.ask("POST", "/v1/tokens", {})
  except SystemExit:
    pass
  t = c.ask("POST", "/v1/tokens", {}, Authorization="Basic YXBpOnMzY3JldA==")
  c.headers["X-Access-Token"] = t["accessToken"]
  n = c.ask("POST", "/v1/jobs", {"application": "DEMO", "job": "REPORT7",
                                 "parameters": ["ALPHA=1"]})
  while c.ask("GET", "/v1/jobs/%d/state" % n) != "DONE":
    pass
  texts, more = [], True
  while more:
    r = c.ask("GET", "/v1/jobs/%d/output?from=%d" % (n, len(texts)))
    texts += [m["line"] for m in r["lines"]]
    more = r["hasMore"]
  assert texts == TEXTS
