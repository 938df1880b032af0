# SPDX-License-Identifier: MIT OR Unlicense
"""A page that is one script: the query says what is wanted and has the session;
forms have lists as name[]=value; JSON comes behind a byte order mark and is
called HTML, and each value is a text."""
import json
import secrets
import urllib.parse

import batch

JOBS, SESSIONS = batch.Jobs(str), set()


class Page(batch.Site):
    framing, content_type, charset = "end", "text/html", "UTF-8"

    def refuse(self, refusal):
        return refusal.status, self.text({"message": refusal.words})

    @staticmethod
    def text(what):
        return b"\xef\xbb\xbf\n" + json.dumps(what, indent=4).replace(
            "/", "\\/").encode()

    def answer(self, method, path, query, body):
        batch.check(["POST", "/amt/index.php"], [method, path])
        form = urllib.parse.parse_qs(body, True, True) if body else {}
        what = query["r"]
        if what == "site/login":
            batch.check({"LoginForm[name]": [batch.USER],
                         "LoginForm[pass]": [batch.PASSWORD]}, form)
            session = secrets.token_hex(13)
            SESSIONS.add(session)
            return 200, self.text({"session": session, "lifetime": "1440"})
        batch.check(True, query["PHPSESSID"] in SESSIONS)
        return 200, self.text(getattr(self, what.replace("/", "_"))(
            query, form))

    @staticmethod
    def job_start(query, form):
        one = {name: values[0] for name, values in form.items()}
        name, job = JOBS.start(
            one["app"], one.get("script") or one["job"], "script" in one,
            [p for p in one["params"].split("\t") if p],
            [v for v in one["values"].split("\t") if v], one["user"],
            one["queue"], one["submitter"], one["station"])
        return {"id": name, "status": str(job.status()), "message": ""}

    @staticmethod
    def job_end(query, form):
        job = JOBS.find(query["id"])
        job.stop(int(form["status"][0]))
        return []

    @staticmethod
    def job_view(query, form):
        return {"id": query["id"], "status": str(
            JOBS.find(query["id"]).status())}

    @staticmethod
    def job_log(query, form):
        return {"log": {"rows": [
            {"n": str(number), "t": text} for number, text in JOBS.find(
                query["id"]).texts(int(query["since"]))]}}


batch.serve(Page)
