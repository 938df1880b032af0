# SPDX-License-Identifier: MIT OR Unlicense
"""OAuth: a form for the token, with a client's id and secret beside the user;
the token is renewed in the middle; the state is a number among others; log
lines are objects in objects; names begin with capitals; ids are short."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, TIMES, Site as Base
from batch import USERS, must
import urllib.parse

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1", "-pa", "BETA=2"]
RUN = ["-an", "OTHER", "-jn", "NEXT 8", "-pa", "C=3", "-pa", "D=x y&z"]
KILL = True
SECRETS = ("cl13nt-k3y",)


class Site(Base):
  def answer(self, h, method, path):
    if path == "/oauth/token":
      must(h.form["client_secret"] == "cl13nt-k3y"
           and h.form["client_id"] == "scheduler", "client")
      if h.form["grant_type"] == "refresh_token":
        must(h.form["refresh_token"] == "R%015d" % self.sign_ins, "refresh")
      else:
        must(h.form["grant_type"] == "password"
             and h.form["username"] in USERS
             and h.form["password"] == "s3cret", "sign-in")
      self.sign_ins += 1
      return 200, {"access_token": "A%015d" % self.sign_ins,
                   "refresh_token": "R%015d" % self.sign_ins,
                   "token_type": "bearer", "expires_in": 300, "scope": "jobs"}
    must(h.headers["Authorization"] == "Bearer A%015d" % self.sign_ins, "token")
    if (method, path) == ("POST", "/Jobs/Create"):
      b = h.json()["Definition"]
      job = self.add(5 + len(self.jobs), b["Application"], b["Name"],
                     b["Arguments"])
      return 200, {"Result": {"JobId": job.ident, "Errors": [],
                              "Warnings": []}, "StatusCode": 200}
    p = path.split("/")
    job = self.jobs[p[2]]
    if p[3] == "Info":
      code = {QUEUED: 1, RUNNING: 2, DONE: 4, KILLED: 3}[job.state()]
      return 200, {"Result": {"JobId": job.ident, "Priority": 4,
                              "ExecutionState": code, "Progress":
                              25 * job.polls, "RetryCount": 0},
                   "StatusCode": 200}
    if p[3] == "Messages":
      return 200, {"Result": {"Total": len(job.texts()), "Items": [
          {"Id": 9000 + n, "Header": {"Written": TIMES[n], "Level": 2},
           "Content": {"Text": t, "Culture": "en"}}
          for n, t in enumerate(job.texts())]}, "StatusCode": 200}
    must((method, p[3]) == ("POST", "Terminate"), path)
    job.ends = True
    return 200, {"Result": True, "StatusCode": 200}


def client(c, kill):
  def token(**form):
    form.update(client_id="scheduler", client_secret="cl13nt-k3y")
    t = c.ask("POST", "/oauth/token", urllib.parse.urlencode(form).encode())
    c.headers["Authorization"] = "Bearer " + t["access_token"]
    return t["refresh_token"]
  again = token(grant_type="password", username="api", password="s3cret")
  n = c.ask("POST", "/Jobs/Create", {"Definition": {
      "Application": "DEMO", "Name": "REPORT7", "Arguments": [
          "ALPHA=1", "BETA=2"]}})["Result"]["JobId"]
  for turn in range(9):
    r = c.ask("GET", "/Jobs/%d/Info" % n)["Result"]["ExecutionState"]
    if r in (3, 4):
      break
    if turn == 1:
      token(grant_type="refresh_token", refresh_token=again)
    if kill and turn == 2:
      c.ask("POST", "/Jobs/%d/Terminate" % n, {})
  log = c.ask("GET", "/Jobs/%d/Messages" % n)["Result"]["Items"]
  assert kill or [m["Content"]["Text"] for m in log] == TEXTS
