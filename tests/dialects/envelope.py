# SPDX-License-Identifier: MIT OR Unlicense
"""An integration bus: each call is one POST to one address, a header and a
body deep inside, and fields of a record as mainframes pad them. Refusals are
200 with a fault in place of the record."""
import datetime
import json
import secrets

import batch

JOBS, TOKENS = batch.Jobs("{:010}".format), set()
WORDS = {batch.RUNNING: "RUNNING", batch.KILLED: "KILLED", batch.DONE: "DONE",
         batch.ERROR: "ERROR", batch.ABORTED: "ABORTED"}


def wrapped(function, record):
    return json.dumps({"message": {
        "header": {"function": function, "correlation": secrets.token_hex(4),
                   "hops": [{"name": "BUS1", "status": "DONE"}]},
        "body": {"record": record}}}, indent=2)


class Envelope(batch.Site):
    def refuse(self, refusal):
        return refusal.status, json.dumps({"message": {"body": {"fault": {
            "code": "E%03d" % refusal.status, "reason": refusal.words}}}})

    def answer(self, method, path, query, body):
        batch.check(["POST", "/bus/endpoint"], [method, path])
        message = json.loads(body)["message"]
        header, record = message["header"], message["body"]["record"]
        if header["function"] == "LOGON":
            batch.check([batch.USER, batch.PASSWORD],
                        [record["user"]["name"], record["user"]["secret"]])
            token = secrets.token_hex(16)
            TOKENS.add(token)
            return 200, wrapped("LOGON", {"user": {"ticket": token,
                                                   "minutes": 30}})
        batch.check(True, header["ticket"] in TOKENS)
        return 200, wrapped(header["function"], getattr(
            self, header["function"].lower())(record))

    @staticmethod
    def state(number):
        return {"request": {"number": number, "state":
                            "%-20s" % WORDS[JOBS[number].status()]}}

    def submit(self, record):
        task = record["task"]
        number, _ = JOBS.start(
            record["application"], task["name"], task["class"] == "S",
            ["%s=%s" % pair for pair in task["args"].items()],
            ["%s=%s" % pair for pair in task["values"].items()],
            *reversed((task["as"] + [""])[:3]), task["station"])
        return self.state(number)

    def cancel(self, record):
        number = record["request"]["number"]
        JOBS.find(number).stop({"SOFT": batch.ABORTED, "HARD": batch.KILLED}[
            record["request"]["force"]])
        return self.state(number)

    def enquire(self, record):
        JOBS.find(record["request"]["number"])
        return self.state(record["request"]["number"])

    @staticmethod
    def spool(record):
        now = datetime.datetime.now().isoformat()
        lines = JOBS.find(record["request"]["number"]).texts(
            record["request"]["from"])
        return {"spool": {
            "lines": [{"stamp": {"at": now}, "seq": {"no": number},
                       "data": {"text": text}} for number, text in lines[:64]],
            "rest": len(lines) > 64}}


batch.serve(Envelope)
