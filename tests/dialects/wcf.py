# SPDX-License-Identifier: MIT OR Unlicense
"""WCF's wrapped bodies: a request object in, a member xResult out, dates as
"/Date(...)/", the session's GUID in each body."""
import json
import time
import uuid

import batch

JOBS, SESSIONS = batch.Jobs(int), set()


class Wcf(batch.Site):
    def refuse(self, refusal):
        return refusal.status, json.dumps({
            "ExceptionDetail": None, "ExceptionType": None,
            "Message": refusal.words, "StackTrace": None})

    def answer(self, method, path, query, body):
        call = path.removeprefix("/AmtOpConService.svc/rest/")
        asked = json.loads(body)
        batch.check("POST", method)
        if call == "Logon":
            batch.check([batch.USER, batch.PASSWORD],
                        [asked["userName"], asked["password"]])
            session = str(uuid.uuid4())
            SESSIONS.add(session)
            return 200, json.dumps({"LogonResult": session})
        batch.check(True, asked["sessionToken"] in SESSIONS)
        return 200, json.dumps({call + "Result": getattr(self, call)(
            asked["request"])})

    @staticmethod
    def StartTask(asked):
        number, job = JOBS.start(
            asked["Application"], asked["Name"], asked["Kind"] == 1,
            asked["Parameters"], asked["TaskValues"], asked.get("RunAs"),
            asked.get("Queue"), asked["SubmitUser"], asked["Station"])
        return {"BatchRequestId": number, "ErrorText": None,
                "State": job.status()}

    @staticmethod
    def EndTask(asked):
        job = JOBS.find(asked["BatchRequestId"])
        job.stop({"stop": batch.ABORTED, "kill": batch.KILLED}[asked["How"]])
        return {"BatchRequestId": asked["BatchRequestId"],
                "State": job.status()}

    @staticmethod
    def MonitorJob(asked):
        return {"State": JOBS.find(asked["BatchRequestId"]).status()}

    @staticmethod
    def GetMessages(asked):
        return [{"Line": text, "Number": number,
                 "Stamp": "/Date(%d+0100)/" % (time.time() * 1000)}
                for number, text in JOBS.find(asked["BatchRequestId"]).texts(
                    asked["After"])]


batch.serve(Wcf)
