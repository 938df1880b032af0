# SPDX-License-Identifier: MIT OR Unlicense
"""ASP.NET MVC: form posts, a cookie session beside a load balancer's cookie,
a success member, code and name of a status side by side, lists of lines."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, Site as Base, must
from batch import USERS
import urllib.parse

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1", "-pa", "BETA=2",
        "-u", "BOB", "-qn", "NIGHT"]
RUN = ["-an", "OTHER", "-jn", "NEXT 8", "-pa", "C=3", "-pa", "D=x y&z",
       "-u", "EVE", "-qn", "DAY"]
KILL = True
TOKEN = "0A1B2C3D4E5F" # a person signs in: a wire file reads no cookies
SECRETS = (TOKEN, "8a1")
WORDS = {QUEUED: (1, "In queue"), RUNNING: (2, "Running"), DONE: (4, "OK"),
         KILLED: (3, "Aborted")}
SAID = ("the token: only the cookie '.ASPXAUTH' has it",)


class Site(Base):
  def answer(self, h, method, path):
    must(method == "POST", method)
    if path == "/Account/Login":
      must(h.form in [{"UserName": u, "Password": "s3cret",
                       "RememberMe": "false"} for u in USERS], "sign-in")
      h.more_headers = [
          ("Set-Cookie", "ARRAffinity=8a1; Path=/; HttpOnly"),
          ("Set-Cookie", ".ASPXAUTH=0A1B2C3D4E5F; path=/; HttpOnly")]
      return 200, {"success": True, "message": "Welcome", "data": None}
    must(".ASPXAUTH=0A1B2C3D4E5F" in h.headers["Cookie"].split("; "), "cookie")
    f = h.form
    if path == "/Batch/Start":
      job = self.add(77 + len(self.jobs), f["app"], f["job"],
                     f["params"].split(";"), user=f["runas"], queue=f["queue"])
      return 200, {"success": True, "message": None,
                   "data": {"batchNo": job.ident, "position": 1}}
    job = self.jobs[f["batchNo"]]
    if path == "/Batch/Status":
      code, word = WORDS[job.state()]
      return 200, {"success": True, "message": None, "data": {
          "batchNo": job.ident, "statusCode": code, "statusText": word}}
    if path == "/Batch/Log":
      return 200, {"success": True, "message": None,
                   "data": {"lines": job.texts()}}
    must(path == "/Batch/Abort" and f["reason"] == "Operator", path)
    job.ends = True
    return 200, {"success": True, "message": "Abort requested", "data": None}


def client(c, kill):
  def ask(path, **form):
    return c.ask("POST", path, urllib.parse.urlencode(form).encode())["data"]
  ask("/Account/Login", UserName="api", Password="s3cret", RememberMe="false")
  c.headers["Cookie"] = "; ".join(
      v.split(";")[0] for v in c.reply_headers.get_all("Set-Cookie"))
  n = ask("/Batch/Start", app="DEMO", job="REPORT7", params="ALPHA=1;BETA=2",
          runas="BOB", queue="NIGHT")["batchNo"]
  for turn in range(9):
    if ask("/Batch/Status", batchNo=n)["statusCode"] in (3, 4):
      break
    if kill and turn == 2:
      ask("/Batch/Abort", batchNo=n, reason="Operator")
  log = ask("/Batch/Log", batchNo=n)["lines"]
  assert kill or log == TEXTS
