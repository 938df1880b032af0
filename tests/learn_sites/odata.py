# SPDX-License-Identifier: MIT OR Unlicense
"""OData: the id in the path's parentheses, {"value": [...]}, status words,
a filter by sequence, DELETE for a kill, an expiring bearer token."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, TIMES, Site as Base
from batch import USERS, must
import re

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1", "-pa", "BETA=2"]
RUN = ["-an", "OTHER", "-jn", "NEXT 8", "-pa", "C=3", "-pa", "D=x y&z"]
KILL = "late"
ADDED = "status.Cancelled = 3\n" # no whole job shows it
WORDS = {QUEUED: "Queued", RUNNING: "Executing", DONE: "CompletedOk",
         KILLED: "Cancelled"}
SAID = ("statuses: ",)


class Site(Base):
  style = "chunked"

  def answer(self, h, method, path):
    if path == "/connect/token":
      must(h.json() in [{"username": u, "password": "s3cret",
                         "grantType": "password"} for u in USERS], "sign-in")
      return 200, {"access_token": "eyJhbGciOi.JIUzI1NiJ9.x-_y",
                   "token_type": "Bearer", "expires_in": 3600}
    must(h.headers["Authorization"] == "Bearer eyJhbGciOi.JIUzI1NiJ9.x-_y",
         "token")
    context = "http://host/odata/$metadata#"
    if (method, path) == ("POST", "/odata/Jobs"):
      b = h.json()
      job = self.add(88100 + len(self.jobs), b["ApplicationCode"],
                     b["JobCode"], b["Arguments"])
      return 201, {"@odata.context": context + "Jobs/$entity",
                   "Id": job.ident, "ApplicationCode": job.application,
                   "JobCode": job.name, "State": "Queued"}
    m = re.fullmatch(r"/odata/Jobs\((\d+)\)(/Messages)?", path)
    job = self.jobs[m.group(1)]
    if method == "DELETE":
      job.ends = True
      return 204, None
    must(method == "GET", method)
    if not m.group(2):
      must(h.query == {"$select": "Id,State"}, "select")
      return 200, {"@odata.context": context + "Jobs(Id,State)/$entity",
                   "Id": job.ident, "State": WORDS[job.state()]}
    after = re.fullmatch(r"Seq gt (\d+)", h.query["$filter"]).group(1)
    return 200, {"@odata.context": context + "Messages", "value": [
        {"Seq": n + 1, "Job_Id": job.ident, "CreatedAt": TIMES[n], "Body": t}
        for n, t in enumerate(job.texts()) if n + 1 > int(after)]}


def client(c, kill):
  t = c.ask("POST", "/connect/token", {
      "username": "api", "password": "s3cret", "grantType": "password"})
  c.headers["Authorization"] = "Bearer " + t["access_token"]
  n = c.ask("POST", "/odata/Jobs", {
      "ApplicationCode": "DEMO", "JobCode": "REPORT7",
      "Arguments": ["ALPHA=1", "BETA=2"]})["Id"]
  texts, last = [], 0
  for _ in range(9):
    state = c.ask("GET", "/odata/Jobs(%d)?$select=Id,State" % n)["State"]
    for m in c.ask("GET", "/odata/Jobs(%d)/Messages?$filter=Seq%%20gt%%20%d"
                   "&$orderby=Seq" % (n, last))["value"]:
      texts.append(m["Body"])
      last = m["Seq"]
    if state == "CompletedOk":
      break
  assert texts == TEXTS
  if kill:
    c.ask("DELETE", "/odata/Jobs(%d)" % n)
