# SPDX-License-Identifier: MIT OR Unlicense
"""A WCF service with JSON bodies: wrapped results, /Date()/ times, the
session's token as a member of each body, parameters as named pairs."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, Site as Base, must
from batch import USERS

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1",
        "-pa", "BETA=two words", "-u", "BOB"]
RUN = ["-an", "OTHER", "-jn", "NEXT 8", "-pa", "C=3", "-pa", "D=x y&z",
       "-u", "EVE"]
KILL = True


class Site(Base):
  def answer(self, h, method, path):
    must(method == "POST", method)
    b = h.json()
    call = path.replace("/JobService.svc/json/", "")
    if call == "SignOn":
      must(b["credentials"]["UserName"] in USERS
           and b["credentials"]["Password"] == "s3cret", "sign-in")
      self.sign_ins += 1
      return 200, {"SignOnResult": {"SessionToken": "TK-%08d==" % self.sign_ins,
                                    "ValidSeconds": 1200, "ErrorText": None}}
    must(b["sessionToken"] == "TK-%08d==" % self.sign_ins, "token")
    if call == "SubmitJob":
      r = b["request"]
      must(set(r) <= {"Application", "Name", "Arguments", "RunAs", "Priority"}
           and r["Priority"] == 5, "request")
      job = self.add(2112 + len(self.jobs), r["Application"], r["Name"],
                     [a["Name"] + "=" + a["Value"] for a in r["Arguments"]],
                     user=r.get("RunAs"))
      return 200, {"SubmitJobResult": {
          "Accepted": True, "RequestNumber": job.ident, "ErrorText": None,
          "SubmittedAt": "/Date(1764540060000+0000)/"}}
    job = self.jobs[str(b["requestNumber"])]
    must(isinstance(b["requestNumber"], int), "a number")
    if call == "GetState":
      code = {QUEUED: 1, RUNNING: 2, DONE: 4, KILLED: 3}[job.state()]
      return 200, {"GetStateResult": {
          "RequestNumber": job.ident, "Priority": 5, "State": code,
          "ChangedAt": "/Date(1764540060000+0000)/"}}
    if call == "GetLog":
      return 200, {"GetLogResult": [
          {"LineNo": n + 1, "Severity": 0, "Line": t,
           "Written": "/Date(176454006%d000+0000)/" % n}
          for n, t in enumerate(job.texts())]}
    must(call == "CancelJob" and b["hard"] is True, call)
    job.ends = True
    return 200, {"CancelJobResult": {"Accepted": True, "ErrorText": None}}


def client(c, kill):
  root = "/JobService.svc/json/"
  t = c.ask("POST", root + "SignOn", {"credentials": {
      "UserName": "api", "Password": "s3cret"}})["SignOnResult"]["SessionToken"]
  n = c.ask("POST", root + "SubmitJob", {"sessionToken": t, "request": {
      "Application": "DEMO", "Name": "REPORT7", "Priority": 5, "Arguments": [
          {"Name": "ALPHA", "Value": "1"}, {"Name": "BETA",
                                            "Value": "two words"}],
      "RunAs": "BOB"}})["SubmitJobResult"]["RequestNumber"]
  ask = {"sessionToken": t, "requestNumber": n}
  for turn in range(9):
    state = c.ask("POST", root + "GetState", ask)["GetStateResult"]["State"]
    if state in (3, 4):
      break
    if kill and turn == 2:
      c.ask("POST", root + "CancelJob", dict(ask, hard=True))
  log = c.ask("POST", root + "GetLog", ask)["GetLogResult"]
  assert kill or [m["Line"] for m in log] == TEXTS
