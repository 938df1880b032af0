# SPDX-License-Identifier: MIT OR Unlicense
"""Resources: names and GUIDs in paths, an API key beside an OAuth-like
sign-in, camelCase, 201 and 204, bodies in chunks."""
import json
import secrets
import uuid

import batch

JOBS = batch.Jobs(lambda number: str(
    uuid.uuid5(uuid.NAMESPACE_OID, str(number))))
TOKENS = set()
KEY = "5f1d7e0b"
STATES = {batch.RUNNING: "Running", batch.KILLED: "Killed", batch.DONE: "Done",
          batch.ERROR: "Error", batch.ABORTED: "Aborted"}


class Rest(batch.Site):
    framing = "chunked"

    def refuse(self, refusal):
        return refusal.status, json.dumps({"errors": [{
            "status": str(refusal.status), "detail": refusal.words}]})

    def answer(self, method, path, query, body):
        batch.check(KEY, self.headers["X-Api-Key"])
        where = path.split("/")[1:]
        batch.check(["api", "v2"], where[:2])
        if (method, where[2:]) == ("POST", ["oauth", "token"]):
            batch.check({"grantType": "password", "userName": batch.USER,
                         "secret": batch.PASSWORD}, json.loads(body))
            token = secrets.token_hex(20)
            TOKENS.add(token)
            return 200, json.dumps({"accessToken": token, "expiresIn": 900,
                                    "tokenType": "Bearer"})
        batch.check(True, self.headers["Authorization"] in
                    {"Bearer " + t for t in TOKENS})
        kind = method, len(where), where[-1] if len(where) == 5 else ""
        if kind == ("POST", 6, ""):
            return self.start(where, json.loads(body))
        job = JOBS.find(where[3])
        if kind == ("GET", 4, ""):
            return 200, self.run(where[3])
        if kind == ("DELETE", 4, ""):
            job.stop(batch.KILLED)
            return 204, ""
        if kind == ("PUT", 5, "state"):
            batch.check({"desired": "stopped"}, json.loads(body))
            job.stop(batch.ABORTED)
            return 200, self.run(where[3])
        batch.check(("GET", 5, "log"), kind)
        lines = job.texts(int(query["offset"]))
        most = int(query["limit"])
        return 200, json.dumps({
            "data": [{"type": "line",
                      "attributes": {"no": number, "text": text}}
                     for number, text in lines[:most]],
            "meta": {"hasMore": len(lines) > most}})

    @staticmethod
    def start(where, asked):
        batch.check(["applications", "runs"], [where[2], where[5]])
        name, _ = JOBS.start(
            where[3], asked.get("scriptName") or where[4],
            "scriptName" in asked,
            ["%(key)s=%(value)s" % p for p in asked["parameters"]],
            ["%(key)s=%(value)s" % v for v in asked["taskValues"]],
            asked["runAs"], asked["queue"],
            asked["submittedBy"]["user"], asked["submittedBy"]["station"])
        return (201, Rest.run(name), ("Location", "/api/v2/runs/" + name))

    @staticmethod
    def run(name):
        return json.dumps({"data": {
            "type": "run", "id": name,
            "attributes": {"state": STATES[JOBS[name].status()]}}})


batch.serve(Rest)
