# SPDX-License-Identifier: MIT OR Unlicense
"""One page, GET with queries, and bare values: the token a string, the id a
number, the status a word, the messages one string of lines. HTTP/1.0, each
body ended by its connection's end."""
import json
import secrets

import batch

JOBS, TOKENS = batch.Jobs(int), set()
WORDS = {batch.RUNNING: "RUNNING", batch.KILLED: "KILLED", batch.DONE: "DONE",
         batch.ERROR: "ERROR", batch.ABORTED: "ABORTED"}


class Query(batch.Site):
    protocol_version, framing = "HTTP/1.0", "end"

    def refuse(self, refusal):
        return refusal.status, json.dumps(refusal.words)

    def answer(self, method, path, query, body):
        batch.check(["GET", "/opcon.aspx", ""], [method, path, body])
        ask = query.pop("ask")
        if ask == "logon":
            batch.check({"u": batch.USER, "p": batch.PASSWORD}, query)
            token = secrets.token_urlsafe(24)
            TOKENS.add(token)
            return 200, json.dumps(token)
        batch.check(True, query.pop("s") in TOKENS)
        if ask == "start":
            return 200, json.dumps(JOBS.start(
                query["app"], query.get("job") or query["file"],
                "file" in query, user=query.get("as"),
                queue=query.get("queue"), submitter=query["by"],
                station=query["from"])[0])
        job = JOBS.find(int(query["no"]))
        if ask in ("stop", "kill"):
            job.stop(batch.KILLED if ask == "kill" else batch.ABORTED)
        if ask == "log":
            return 200, json.dumps("\r\n".join(
                text for _, text in job.texts()))
        return 200, json.dumps(WORDS[job.status()])


batch.serve(Query)
