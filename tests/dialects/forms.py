# SPDX-License-Identifier: MIT OR Unlicense
"""Forms, and a session's cookie; the reply to the login repeats what is in
Set-Cookie. Ids are texts, members and statuses German words, and a refusal is a
200 that says so."""
import json
import secrets
import urllib.parse

import batch

JOBS, SESSIONS = batch.Jobs("R-{:06}".format), set()
WORDS = {batch.RUNNING: "l\u00e4uft", batch.KILLED: "abgebrochen",
         batch.DONE: "fertig", batch.ERROR: "Fehler",
         batch.ABORTED: "angehalten"}


class Forms(batch.Site):
    content_type = "text/json"

    def refuse(self, refusal):
        if refusal.status == 401:
            return 401, "<html><title>Anmeldung</title></html>"
        return 200, json.dumps({"ok": False, "why": refusal.words})

    def answer(self, method, path, query, body):
        batch.check(["POST", "application/x-www-form-urlencoded"],
                    [method, self.headers["Content-Type"]])
        form = urllib.parse.parse_qs(body, True, True)
        one = {name: values[0] for name, values in form.items()}
        if path == "/login":
            batch.check({"username": batch.USER, "password": batch.PASSWORD,
                         "remember": "off"}, one)
            session = secrets.token_hex(12)
            SESSIONS.add(session)
            return (200, json.dumps({"ok": True, "sid": session}),
                    ("Set-Cookie", "AMTSESSION=%s; Path=/; HttpOnly" % session))
        batch.check(True, self.headers["Cookie"] in
                    {"lang=de; AMTSESSION=" + s for s in SESSIONS})
        return 200, json.dumps({"ok": True, **getattr(self, path[1:])(one)},
                               ensure_ascii=False)

    @staticmethod
    def run(form):
        number, job = JOBS.start(
            form["anwendung"], form["name"], form["art"] == "skript",
            form["parameter"].split("\n")[:-1], form["werte"].split("\n")[:-1],
            form["benutzer"], form["schlange"], form["von"], form["platz"])
        return {"lauf": number, "zustand": WORDS[job.status()]}

    @staticmethod
    def end(form):
        job = JOBS.find(form["lauf"])
        job.stop({"0": batch.ABORTED, "1": batch.KILLED}[form["sofort"]])
        return {"zustand": WORDS[job.status()]}

    @staticmethod
    def state(form):
        return {"zustand": WORDS[JOBS.find(form["lauf"]).status()]}

    @staticmethod
    def log(form):
        return {"zeilen": [{"nr": str(number), "text": text} for number, text
                           in JOBS.find(form["lauf"]).texts(int(form["ab"]))]}


batch.serve(Forms)
