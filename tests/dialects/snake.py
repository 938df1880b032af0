# SPDX-License-Identifier: MIT OR Unlicense
"""snake_case and slashes at the end, a scheme of its own for the token, a list
wrapped in a page of results, which is the whole log each time."""
import datetime
import json
import secrets

import batch

JOBS, TOKENS = batch.Jobs(int), set()


class Snake(batch.Site):
    framing = "chunked"

    def refuse(self, refusal):
        if refusal.status == 400:
            return 400, json.dumps({"non_field_errors": [refusal.words]})
        return refusal.status, json.dumps({"detail": refusal.words})

    def answer(self, method, path, query, body):
        batch.check(True, path.startswith("/v1/") and path.endswith("/"))
        where = path[4:-1].split("/")
        if where == ["token"]:
            batch.check({"username": batch.USER, "password": batch.PASSWORD},
                        json.loads(body))
            token = secrets.token_hex(20)
            TOKENS.add(token)
            return 200, json.dumps({"token": token, "user": {
                "id": 7, "token": None, "username": batch.USER}})
        batch.check(True, self.headers["Authorization"] in
                    {"Token " + t for t in TOKENS})
        if (method, where) == ("POST", ["batch_requests"]):
            asked = json.loads(body)
            number, job = JOBS.start(
                asked["application"], asked["task"]["name"],
                asked["task"]["type"] == "script", asked["parameters"],
                asked["task_values"], asked.get("run_as"), asked.get("queue"),
                asked["submit_user"], asked["station"])
            return 201, self.run(number)
        number = int(where[1])
        job = JOBS.find(number)
        if (method, where[2:]) == ("POST", ["actions"]):
            job.stop({"stop": batch.ABORTED, "kill": batch.KILLED}[
                json.loads(body)["action"]])
            return 202, self.run(number)
        if (method, where[2:]) == ("GET", ["messages"]):
            now = datetime.datetime.now(datetime.timezone.utc).isoformat()
            lines = job.texts()
            return 200, json.dumps({
                "count": len(lines), "next": None, "previous": None,
                "results": [{"created_at": now, "level": "info",
                             "message": text} for _, text in lines]})
        batch.check(("GET", []), (method, where[2:]))
        return 200, self.run(number)

    @staticmethod
    def run(number):
        return json.dumps({"id": number, "status_code":
                           JOBS[number].status(), "status": "see status_code"})


batch.serve(Snake)
