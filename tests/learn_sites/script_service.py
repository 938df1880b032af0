# SPDX-License-Identifier: MIT OR Unlicense
"""A script service of ASP.NET: all is in "d", beside types and dates; the
ticket lies in a session, beside the one that renews it, which is as long, and
goes in each body; numbers of messages are texts; the state is a code and a
name."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, Site as Base
from batch import USERS, must

TOLD = ["-an", "PAYROLL_DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1",
        "-pa", "BETA=2"]
RUN = ["-an", "OTHER", "-jn", "NEXT 8", "-pa", "C=3", "-pa", "D=x y&z"]
KILL = True
MARK = "/Date(1796068800000+0100)/"
SECRETS = ("rf-5b1e77d2c09a4411",)
WROTE = ("reply.token = d.Session.Ticket", "reply.time = Written")


class Site(Base):
  def answer(self, h, method, path):
    b, call = h.json(), path.rpartition("/")[2]
    must(method == "POST" and path.startswith("/Batch.asmx/"), path)
    if call == "LogOn":
      c = b["credentials"]
      must(c["UserName"] in USERS and c["Secret"] == "s3cret"
           and c["Domain"] is None, "sign-in")
      return 200, {"d": {"__type": "Batch.LogOn", "Session": {
          "RenewalTicket": "rf-5b1e77d2c09a4411", "Ticket":
          "tk-90cd12e4a7735f1e", "Application": "PAYROLL_DEMO",
          "ValidUntil": MARK, "Expires": None}}}
    must(b["ticket"] == "tk-90cd12e4a7735f1e", "ticket")
    must(b["session"] == {"version": "1", "culture": "de-DE"}, "session")
    if call == "StartTask":
      t = b["task"]
      must(t["Kind"] == 0 and t["Debug"] is False, "task")
      job = self.add(8100 + len(self.jobs), t["AppName"], t["TaskName"],
                     t["Args"])
      return 200, {"d": {"__type": "Batch.Result", "Success": True,
                         "Started": MARK, "RequestNo": job.ident,
                         "ParentNo": 0, "ErrorText": None}}
    job = self.jobs[str(b["requestNo"])]
    if call == "QueryTask":
      code = {QUEUED: 1, RUNNING: 2, DONE: 4, KILLED: 3}[job.state()]
      return 200, {"d": {"RequestNo": job.ident, "Changed": MARK, "State": {
          "Code": code, "Name": "%s" % code}, "ErrorText": None}}
    if call == "ReadLog":
      return 200, {"d": {"HasMore": False, "Rows": [
          {"No": str(n + 1), "Written": MARK, "Level": 4, "Line": t}
          for n, t in enumerate(job.texts()) if n + 1 > int(b["afterNo"])]}}
    must(call == "EndTask" and b["force"] is True, call)
    job.ends = True
    return 200, {"d": True}


def client(c, kill):
  def ask(call, **members):
    return c.ask("POST", "/Batch.asmx/" + call, members,
                 X_Requested_With="XMLHttpRequest")["d"]
  common = {"ticket": ask("LogOn", credentials={
      "UserName": "api", "Secret": "s3cret", "Domain": None})["Session"][
          "Ticket"], "session": {"version": "1", "culture": "de-DE"}}
  n = ask("StartTask", **common, task={
      "AppName": "PAYROLL_DEMO", "TaskName": "REPORT7", "Kind": 0,
      "Args": ["ALPHA=1", "BETA=2"], "Debug": False})["RequestNo"]
  last, texts = 0, []
  for turn in range(9):
    code = ask("QueryTask", **common, requestNo=n)["State"]["Code"]
    for row in ask("ReadLog", **common, requestNo=n, afterNo=last)["Rows"]:
      last = int(row["No"])
      texts.append(row["Line"])
    if code in (3, 4):
      break
    if kill and turn == 2:
      ask("EndTask", **common, requestNo=n, force=True)
  assert kill or texts == TEXTS
