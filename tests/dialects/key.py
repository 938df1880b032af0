# SPDX-License-Identifier: MIT OR Unlicense
"""A gateway with a key and no sign-in at all, a connection for each request,
ids beyond what a double can hold, and a log that is one string."""
import json

import batch

JOBS = batch.Jobs(lambda number: 9007199254740993 + number)
KEY = "tok-c0ffee-17"


class Key(batch.Site):
    framing, charset = "end", "UTF-8"

    def refuse(self, refusal):
        return refusal.status, json.dumps({"Error": {
            "Code": refusal.status, "Text": refusal.words}})

    def answer(self, method, path, query, body):
        batch.check(["POST", "/gw/amt", "2"],
                    [method, path, query.get("version")])
        batch.check("ApiKey " + KEY, self.headers["Authorization"])
        asked = json.loads(body)
        what, = asked
        return 200, json.dumps({what + "Reply": getattr(self, what)(
            asked[what])})

    @staticmethod
    def Start(asked):
        target, = asked["Target"].items()
        number, job = JOBS.start(
            asked["App"], target[1], target[0] == "Script",
            asked["Args"].split(";") if asked["Args"] else (),
            asked["Values"].split(";") if asked["Values"] else (),
            asked["Run"].get("As"), asked["Run"].get("In"),
            *asked["From"].split("@"))
        return {"Request": number, "Code": job.status()}

    @staticmethod
    def Cancel(asked):
        JOBS.find(asked["Request"]).stop(asked["Code"])
        return {}

    @staticmethod
    def Status(asked):
        return {"Code": str(JOBS.find(asked["Request"]).status())}

    @staticmethod
    def Log(asked):
        return {"Text": "\n".join(
            text for _, text in JOBS.find(asked["Request"]).texts())}


batch.serve(Key)
