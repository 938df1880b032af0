# SPDX-License-Identifier: MIT OR Unlicense
"""A German shop: words of its own for all, a list of strings under a name that
says little, numbers as texts with zeros, the sign-in in the query of a POST."""
from batch import DONE, KILLED, QUEUED, RUNNING, TEXTS, Site as Base, must
from batch import USERS

TOLD = ["-an", "FIBU", "-jn", "TAGESABSCHLUSS", "-pa", "MANDANT=1",
        "-tv", "2026-11-29", "-u", "SCHMIDT", "-qn", "NACHT"]
RUN = ["-an", "LOHN", "-jn", "NEXT_8", "-pa", "MANDANT=2", "-tv", "2027-01-01",
       "-u", "MEIER", "-qn", "TAG"]
KILL = True


class Site(Base):
  def answer(self, h, method, path):
    must(method == "POST", method)
    if path == "/dienst/anmelden":
      must(h.query["benutzer"] in USERS and h.query["kennwort"] == "s3cret",
           "Anmeldung")
      return 200, {"ergebnis": {"sitzung": "S-0001-7788"}, "fehler": ""}
    must(h.headers["X-Sitzung"] == "S-0001-7788", "Sitzung")
    b = h.json()
    if path == "/dienst/auftrag/starten":
      a = b["auftrag"]
      must(set(a) <= {"anwendung", "programm", "parameter", "werte",
                      "ausfuehrenAls", "warteschlange", "absender"}, "Auftrag")
      must(a["absender"] == {"platz": "OPCON", "wer": "BATCH"}, "Absender")
      job = self.add("%08d" % (551 + len(self.jobs)), a["anwendung"],
                     a["programm"], a["parameter"], user=a["ausfuehrenAls"],
                     queue=a["warteschlange"])
      must(a["werte"] == ["2026-11-29"] or a["werte"] == ["2027-01-01"]
           or job.name == "LONG", "Werte")
      return 200, {"ergebnis": {"auftragsnr": job.ident, "rang": 1},
                   "fehler": ""}
    job = self.jobs[b["auftragsnr"]]
    if path == "/dienst/auftrag/zustand":
      return 200, {"ergebnis": {"auftragsnr": job.ident, "zustand": {
          QUEUED: "wartet", RUNNING: "l\u00e4uft", DONE: "beendet",
          KILLED: "abgebrochen"}[job.state()], "dauer": 5}, "fehler": ""}
    if path == "/dienst/auftrag/protokoll":
      return 200, {"ergebnis": {"protokoll": job.texts()}, "fehler": ""}
    must(path == "/dienst/auftrag/abbrechen" and b["sofort"] is True, path)
    job.ends = True
    return 200, {"ergebnis": None, "fehler": ""}


def client(c, kill):
  root = "/dienst/auftrag/"
  t = c.ask("POST", "/dienst/anmelden?benutzer=api&kennwort=s3cret")
  c.headers["X-Sitzung"] = t["ergebnis"]["sitzung"]
  n = c.ask("POST", root + "starten", {"auftrag": {
      "anwendung": "FIBU", "programm": "TAGESABSCHLUSS",
      "parameter": ["MANDANT=1"], "werte": ["2026-11-29"],
      "ausfuehrenAls": "SCHMIDT", "warteschlange": "NACHT",
      "absender": {"platz": "OPCON", "wer": "BATCH"}}}
      )["ergebnis"]["auftragsnr"]
  ask = {"auftragsnr": n}
  for turn in range(9):
    r = c.ask("POST", root + "zustand", ask)["ergebnis"]["zustand"]
    if r in ("beendet", "abgebrochen"):
      break
    if kill and turn == 2:
      c.ask("POST", root + "abbrechen", dict(ask, sofort=True))
  log = c.ask("POST", root + "protokoll", ask)["ergebnis"]["protokoll"]
  assert kill or log == TEXTS
