# SPDX-License-Identifier: MIT OR Unlicense
"""Replies that are no JSON: a wire file cannot read them."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, Site as Base, must

TOLD = ["-an", "DEMO", "-jn", "REPORT7"]
RUN, KILL = None, False
REFUSED = "no JSON"


class Site(Base):
  def answer(self, h, method, path):
    if path == "/login":
      must(h.form == {"user": "api", "pw": "s3cret"}, "sign-in")
      return 200, b"OK 0815"
    must(h.headers["X-Sid"] == "0815", "sid")
    if path == "/start":
      job = self.add(31 + len(self.jobs), h.form["app"], h.form["job"], [])
      return 200, b"OK %d" % job.ident
    job = self.jobs[h.query["no"]]
    if path == "/state":
      return 200, {QUEUED: b"OK 1", RUNNING: b"OK 2", DONE: b"OK 4",
                   KILLED: b"OK 3"}[job.state()]
    must(path == "/log", path)
    return 200, "\n".join(job.texts()).encode()


def client(c, kill):
  t = c.ask("POST", "/login", b"user=api&pw=s3cret").split()[1].decode()
  c.headers["X-Sid"] = t
  n = c.ask("POST", "/start", b"app=DEMO&job=REPORT7").split()[1].decode()
  while c.ask("GET", "/state?no=" + n) != b"OK 4":
    pass
  assert c.ask("GET", "/log?no=" + n).decode() == "\n".join(TEXTS)
