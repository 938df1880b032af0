# SPDX-License-Identifier: MIT OR Unlicense
"""JSON-RPC whose result is the value itself: a token, an id, a status, a list;
the parameters stand by position; each request has a number of its own, and one
of them is the job's, too."""
from batch import DONE, KILLED, QUEUED, RUNNING, Site as Base, TEXTS, USERS
from batch import must

TOLD = ["-an", "DEMO", "-jn", "REPORT7", "-pa", "ALPHA=1", "-pa", "BETA=2"]
RUN = ["-an", "OTHER", "-jn", "NEXT 8", "-pa", "C=3", "-pa", "D=x y&z"]
KILL = True


class Site(Base):
  def answer(self, h, method, path):
    b = h.json()
    must((method, path) == ("POST", "/rpc") and b["jsonrpc"] == "2.0", path)
    call, given = b["method"], b["params"]

    def result(value):
      return 200, {"jsonrpc": "2.0", "id": b["id"], "result": value}
    if call == "open":
      must(given[0] in USERS and given[1:] == ["s3cret", "en"], "sign-in")
      return result("T-77e1-19ab")
    must(given[0] == "T-77e1-19ab", "token")
    if call == "start":
      return result(self.add(7 + len(self.jobs), *given[1:]).ident)
    job = self.jobs[str(given[1])]
    if call == "status":
      return result({QUEUED: 1, RUNNING: 2, DONE: 4, KILLED: 3}[job.state()])
    if call == "messages":
      must(given[2] == 0, "from")
      return result(job.texts())
    must(call == "cancel" and given[2] is True, call)
    job.ends = True
    return result(None)


def client(c, kill):
  number = 0

  def ask(method, *given):
    nonlocal number
    number += 1
    return c.ask("POST", "/rpc", {"jsonrpc": "2.0", "id": number,
                                  "method": method, "params": given})["result"]
  token = ask("open", "api", "s3cret", "en")
  n = ask("start", token, "DEMO", "REPORT7", ["ALPHA=1", "BETA=2"])
  for turn in range(9):
    if kill and turn == 2: # its number is 7
      ask("cancel", token, n, True)
    code = ask("status", token, n)
    texts = ask("messages", token, n, 0)
    if code in (3, 4):
      break
  assert kill or texts == TEXTS
