# SPDX-License-Identifier: MIT OR Unlicense
"""HTTP Basic with each call and no sign-in; texts in bodies, numbers in
replies; the log is the whole list each time, its elements bare strings. A
challenge for what comes without credentials."""
import base64
import json

import batch

JOBS = batch.Jobs(int)
BASIC = "Basic " + base64.b64encode(("%s:%s" % (
    batch.USER, batch.PASSWORD)).encode()).decode()


class Basic(batch.Site):
    def refuse(self, refusal):
        challenge = [("WWW-Authenticate", 'Basic realm="AMT"')]
        return (refusal.status, "<h1>%s</h1>" % refusal.words,
                *(challenge if refusal.status == 401 else []))

    def answer(self, method, path, query, body):
        batch.check(BASIC, self.headers["Authorization"])
        where = path.split("/")[1:]
        batch.check("batch", where[0])
        if (method, len(where)) == ("PUT", 2):
            what, name, *more = json.loads(body)
            batch.check(True, what in ("job", "script"))
            by, station, user, queue, parameters, values = more
            number, job = JOBS.start(where[1], name, what == "script",
                                     parameters, values, user, queue, by,
                                     station)
            return 201, json.dumps({"Id": number, "State": job.status()})
        number = int(where[2])
        job = JOBS.find(number)
        if (method, where[3:]) == ("GET", ["messages"]):
            return 200, json.dumps([text for _, text in job.texts()])
        if method == "POST":
            batch.check("", body)
            job.stop({"stop": batch.ABORTED, "kill": batch.KILLED}[where[3]])
            return 200, ""
        batch.check(("GET", []), (method, where[3:]))
        # A whole number that does not look like one.
        return 200, json.dumps({"Id": number, "State": float(job.status())})


batch.serve(Basic)
