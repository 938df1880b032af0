# SPDX-License-Identifier: MIT OR Unlicense
"""The id is in the header Location alone, where no wire file can name it."""
from batch import DONE, RUNNING, Site as Base, must

TOLD = ["-an", "DEMO", "-jn", "REPORT7"]
KILL = False
REFUSED = "has the id in its header Location alone"


class Site(Base):
  def answer(self, h, method, path):
    must(h.headers["X-Key"] == "k-55d0c9", "key")
    if method == "POST":
      job = self.add(4711, h.json()["app"], h.json()["job"], [])
      h.more_headers.append(("Location", "/runs/%d" % job.ident))
      return 201, {"accepted": True}
    job = self.jobs[path.split("/")[2]]
    if path.endswith("/log"):
      return 200, {"log": job.texts()}
    return 200, {"status": 4 if job.state() == DONE else RUNNING}


def client(c, kill):
  c.headers["X-Key"] = "k-55d0c9"
  c.ask("POST", "/runs", {"app": "DEMO", "job": "REPORT7"})
  place = c.reply_headers["Location"]
  while c.ask("GET", place)["status"] != 4:
    c.ask("GET", place + "/log")
