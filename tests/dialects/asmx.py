# SPDX-License-Identifier: MIT OR Unlicense
"""A script service of ASP.NET: {"d":...} around each reply, __type in it,
__metadata in elements, null for what is not there, a GUID as an id; a Start
that fails is a 200 with an id of zeros."""
import json
import secrets
import uuid

import batch

JOBS = batch.Jobs(lambda number: "{%s}" % str(
    uuid.uuid5(uuid.NAMESPACE_URL, str(number))).upper())
TICKETS = set()


class Asmx(batch.Site):
    def refuse(self, refusal):
        return 500 if refusal.status != 401 else 401, json.dumps({
            "Message": refusal.words, "StackTrace": "   at Amt.Op()\r\n",
            "ExceptionType": "System.InvalidOperationException"})

    def answer(self, method, path, query, body):
        batch.check(["POST", "application/json"],
                    [method, self.headers["Content-Type"]])
        call = path.removeprefix("/AMT/OpCon.asmx/")
        asked = json.loads(body)
        if call == "SignOn":
            batch.check([batch.USER, batch.PASSWORD],
                        [asked["user"], asked["pwd"]])
            ticket = secrets.token_hex(64)
            TICKETS.add(ticket)
            return 200, self.wrapped({"Ticket": ticket, "Error": None})
        batch.check(True, self.headers["X-Ticket"] in TICKETS)
        return 200, self.wrapped(getattr(self, call)(asked))

    @staticmethod
    def wrapped(what):
        if isinstance(what, dict):
            what = {"__type": "Amt.OpCon.Reply", **what}
        return json.dumps({"d": what})

    @staticmethod
    def Submit(asked):
        try:
            name, job = JOBS.start(
                asked["appl"], asked["prog"], asked["isScript"],
                ["%(k)s=%(v)s" % p for p in asked["parms"]],
                ["%(k)s=%(v)s" % v for v in asked["vals"]], asked["runAs"],
                asked["queue"], asked["who"], asked["where"])
        except batch.Refused as refusal:
            return {"RequestGuid": str(uuid.UUID(int=0)),
                    "Status": batch.ERROR, "Error": refusal.words}
        return {"RequestGuid": name, "Status": job.status(), "Error": None}

    @staticmethod
    def Terminate(asked):
        JOBS.find(asked["guid"]).stop(
            batch.KILLED if asked["now"] else batch.ABORTED)
        return None

    @staticmethod
    def Poll(asked):
        return {"RequestGuid": asked["guid"], "Error": None,
                "Status": JOBS.find(asked["guid"]).status()}

    @staticmethod
    def Log(asked):
        return [{"__metadata": {"uri": "Log(%d)" % number, "Seq": -1},
                 "Seq": number, "Txt": text, "Lvl": None}
                for number, text in JOBS.find(asked["guid"]).texts(
                    asked["after"])]


batch.serve(Asmx)
