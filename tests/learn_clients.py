# SPDX-License-Identifier: MIT OR Unlicense
"""Plain clients of the servers in tests/dialects/ and of amtsim, for
tests/learn.py: each runs REPORTTEST01 to its end as a vendor's program would,
and stops and kills it afterwards, so that these calls are seen, too."""
import base64
import contextlib
import json
import time

USER, PASSWORD = "ocadm", "opconxps"
PARAMETERS, VALUES = ["A=1 \u20ac", "B=two"], ["C=3", "D=4"]
RUN_AS, QUEUE = "DEMO", "Q 1"
OPTIONS = ["-u", RUN_AS, "-qn", QUEUE]
LISTS = ["-pa", PARAMETERS[0], "-pa", PARAMETERS[1], "-tv", VALUES[0], "-tv",
         VALUES[1]]
CLIENTS = {}


def client(told=(), secrets=(), fill_in=lambda text: text):
    """Registers a client: the options that tell learn its values, its secrets
    besides the password, and what a person changes in the wire file."""
    def keep(function):
        function.told, function.secrets = list(told), list(secrets)
        function.fill_in = fill_in
        CLIENTS[function.__name__] = function
        return function
    return keep


def parsed(answer):
    return json.loads(answer[1])


def watch(status, log):
    """Polls as connectors do: while the job runs, and once more at its end."""
    status()
    log()
    time.sleep(0.6)
    status()
    log()


@client(OPTIONS + LISTS)
def default(call):
    base = "/AmtOpConService/"
    token = parsed(call("POST", base + "Authenticate",
                        {"User": USER, "Password": PASSWORD}))["AmtLogonToken"]
    head = {"X-AMT-LogonToken": token}

    def ask(path, **members):
        return parsed(call("POST", base + path, members, head))
    number = ask("OpConJobAction", Action="START", TaskType="BATCH",
                 ApplicationName="DEMO2", JobName="REPORTTEST01",
                 SubmitUser="BATCH", User=RUN_AS, Station="OPCON",
                 QueueName=QUEUE, TaskValues=VALUES,
                 Parameters=PARAMETERS)["BatchRequestId"]
    job = {"ApplicationName": "DEMO2", "BatchRequestId": number}
    after = 0
    for _ in range(3):
        ask("MonitorJob", **job)
        for m in ask("GetMessages", **job, AfterSequence=after)["Messages"]:
            after = m["Sequence"]
        time.sleep(0.3)
    ask("MonitorJob", **job)
    for action in "STOP", "KILL": # it has ended, so they are refused
        with contextlib.suppress(AssertionError):
            ask("OpConJobAction", Action=action, **job)


@client(OPTIONS + LISTS)
def asmx(call):
    base = "/AMT/OpCon.asmx/"
    ticket = parsed(call("POST", base + "SignOn",
                         {"user": USER, "pwd": PASSWORD}))["d"]["Ticket"]

    def ask(path, **members):
        return parsed(call("POST", base + path, members,
                           {"X-Ticket": ticket}))["d"]
    pairs = [[dict(zip("kv", p.split("="))) for p in many]
             for many in (PARAMETERS, VALUES)]
    guid = ask("Submit", appl="DEMO2", isScript=False, prog="REPORTTEST01",
               who="BATCH", where="OPCON", runAs=RUN_AS, queue=QUEUE,
               parms=pairs[0], vals=pairs[1])["RequestGuid"]
    seen = [0]

    def log():
        seen[:] = [m["Seq"] for m in ask("Log", guid=guid, after=seen[-1])
                   ] or seen
    watch(lambda: ask("Poll", guid=guid), log)
    ask("Terminate", guid=guid, now=False)
    ask("Terminate", guid=guid, now=True)


@client(OPTIONS + LISTS, [base64.b64encode(
    ("%s:%s" % (USER, PASSWORD)).encode()).decode()])
def basic(call):
    head = {"Authorization": "Basic " + basic.secrets[0]}
    number = parsed(call("PUT", "/batch/DEMO2", [
        "job", "REPORTTEST01", "BATCH", "OPCON", RUN_AS, QUEUE, PARAMETERS,
        VALUES], head))["Id"]
    path = "/batch/DEMO2/%d" % number
    watch(lambda: call("GET", path, None, head),
          lambda: call("GET", path + "/messages", None, head))
    call("POST", path + "/stop", None, head)
    call("POST", path + "/kill", None, head)


@client(OPTIONS + LISTS)
def envelope(call):
    def ask(function, record, ticket=None):
        header = {"function": function}
        if ticket:
            header["ticket"] = ticket
        return parsed(call("POST", "/bus/endpoint", {"message": {
            "header": header, "body": {"record": record}}}))["message"]["body"][
                "record"]
    ticket = ask("LOGON", {"user": {"name": USER, "secret": PASSWORD}})["user"][
        "ticket"]
    number = ask("SUBMIT", {"application": "DEMO2", "task": {
        "class": "B", "name": "REPORTTEST01", "as": ["BATCH", QUEUE, RUN_AS],
        "station": "OPCON", "args": dict(p.split("=") for p in PARAMETERS),
        "values": dict(v.split("=") for v in VALUES)}}, ticket)["request"][
            "number"]
    seen = [0]

    def log():
        lines = ask("SPOOL", {"request": {"number": number, "from": seen[-1]}},
                    ticket)["spool"]["lines"]
        seen[:] = [line["seq"]["no"] for line in lines] or seen
    watch(lambda: ask("ENQUIRE", {"request": {"number": number}}, ticket), log)
    for force in "SOFT", "HARD":
        ask("CANCEL", {"request": {"number": number, "force": force}}, ticket)


def form(**members):
    from urllib.parse import quote
    return "&".join("%s=%s" % (quote(n.replace("__", "["), safe=""),
                               quote(str(v), safe=""))
                    for n, v in members.items())


@client(OPTIONS + LISTS)
def forms(call):
    sid = parsed(call("POST", "/login", form(
        username=USER, password=PASSWORD, remember="off")))["sid"]
    head = {"Cookie": "lang=de; AMTSESSION=" + sid}

    def ask(path, **members):
        return parsed(call("POST", path, form(**members), head))
    run = ask("/run", anwendung="DEMO2", art="job", name="REPORTTEST01",
              von="BATCH", platz="OPCON", benutzer=RUN_AS, schlange=QUEUE,
              parameter="".join(p + "\n" for p in PARAMETERS),
              werte="".join(v + "\n" for v in VALUES))["lauf"]
    seen = [0]

    def log():
        seen[:] = [m["nr"] for m in ask("/log", lauf=run, ab=seen[-1])["zeilen"]
                   ] or seen
    watch(lambda: ask("/state", lauf=run), log)
    ask("/end", lauf=run, sofort=0)
    ask("/end", lauf=run, sofort=1)


@client(OPTIONS + LISTS, ["tok-c0ffee-17"])
def key(call):
    def ask(**members):
        return parsed(call("POST", "/gw/amt?version=2", members, {
            "Authorization": "ApiKey tok-c0ffee-17"}))
    number = ask(Start={
        "App": "DEMO2", "Target": {"Job": "REPORTTEST01"},
        "From": "BATCH@OPCON", "Run": {"As": RUN_AS, "In": QUEUE},
        "Args": ";".join(PARAMETERS), "Values": ";".join(VALUES)})[
            "StartReply"]["Request"]
    watch(lambda: ask(Status={"Request": number}),
          lambda: ask(Log={"Request": number}))
    ask(Cancel={"Request": number, "Code": 12})
    ask(Cancel={"Request": number, "Code": 3})


@client(OPTIONS + LISTS)
def page(call):
    base = "/amt/index.php?r="
    session = parsed(call("POST", base + "site/login", form(
        **{"LoginForm[name]": USER, "LoginForm[pass]": PASSWORD})))["session"]
    tail = "&PHPSESSID=" + session
    number = parsed(call("POST", base + "job/start" + tail, form(
        app="DEMO2", job="REPORTTEST01", params="\t".join(PARAMETERS),
        values="\t".join(VALUES), user=RUN_AS, queue=QUEUE, submitter="BATCH",
        station="OPCON")))["id"]
    tail = "&id=%s%%s" % number + tail
    seen = [0]

    def log():
        rows = parsed(call("POST", base + "job/log" + tail % (
            "&since=%s" % seen[-1])))["log"]["rows"]
        seen[:] = [m["n"] for m in rows] or seen
    watch(lambda: call("POST", base + "job/view" + tail % ""), log)
    call("POST", base + "job/end" + tail % "", form(status=12))
    call("POST", base + "job/end" + tail % "", form(status=3))


@client(OPTIONS)
def query(call):
    from urllib.parse import urlencode
    base = "/opcon.aspx?ask="
    token = parsed(call("GET", base + "logon&" + urlencode(
        {"u": USER, "p": PASSWORD})))
    number = parsed(call("GET", base + "start&" + urlencode({
        "s": token, "app": "DEMO2", "job": "REPORTTEST01", "by": "BATCH",
        "from": "OPCON", "as": RUN_AS, "queue": QUEUE})))

    def ask(what):
        return parsed(call("GET", "%s%s&s=%s&no=%d" % (base, what, token,
                                                       number)))
    watch(lambda: ask("status"), lambda: ask("log"))
    ask("stop")
    ask("kill")


@client(OPTIONS + LISTS, ["5f1d7e0b"],
        lambda text: text.replace("X-Api-Key: ***", "X-Api-Key: 5f1d7e0b"))
def rest(call):
    head = {"X-Api-Key": "5f1d7e0b"}
    token = parsed(call("POST", "/api/v2/oauth/token", {
        "grantType": "password", "userName": USER, "secret": PASSWORD}, head))
    head["Authorization"] = "Bearer " + token["accessToken"]
    pairs = [[dict(zip(("key", "value"), p.split("="))) for p in many]
             for many in (PARAMETERS, VALUES)]
    number = parsed(call(
        "POST", "/api/v2/applications/DEMO2/REPORTTEST01/runs", {
            "runAs": RUN_AS, "queue": QUEUE,
            "submittedBy": {"user": "BATCH", "station": "OPCON"},
            "parameters": pairs[0], "taskValues": pairs[1]}, head))["data"][
                "id"]
    path = "/api/v2/runs/" + number
    seen = [0]

    def log():
        lines = parsed(call("GET", "%s/log?offset=%d&limit=100" % (
            path, seen[-1]), None, head))["data"]
        seen[:] = [line["attributes"]["no"] for line in lines] or seen
    watch(lambda: call("GET", path, None, head), log)
    call("PUT", path + "/state", {"desired": "stopped"}, head)
    call("DELETE", path, None, head)


@client(OPTIONS + LISTS)
def snake(call):
    token = parsed(call("POST", "/v1/token/", {
        "username": USER, "password": PASSWORD}))["token"]
    head = {"Authorization": "Token " + token}
    number = parsed(call("POST", "/v1/batch_requests/", {
        "application": "DEMO2", "task": {"type": "batch",
                                         "name": "REPORTTEST01"},
        "submit_user": "BATCH", "station": "OPCON", "run_as": RUN_AS,
        "queue": QUEUE, "parameters": PARAMETERS, "task_values": VALUES},
        head))["id"]
    path = "/v1/batch_requests/%d/" % number
    watch(lambda: call("GET", path, None, head),
          lambda: call("GET", path + "messages/", None, head))
    call("POST", path + "actions/", {"action": "stop"}, head)
    call("POST", path + "actions/", {"action": "kill"}, head)


@client(OPTIONS + LISTS)
def wcf(call):
    base = "/AmtOpConService.svc/rest/"
    session = parsed(call("POST", base + "Logon", {
        "userName": USER, "password": PASSWORD}))["LogonResult"]

    def ask(path, **request):
        return parsed(call("POST", base + path, {
            "sessionToken": session, "request": request}))[path + "Result"]
    number = ask("StartTask", Application="DEMO2", Kind=0, Name="REPORTTEST01",
                 SubmitUser="BATCH", Station="OPCON", RunAs=RUN_AS, Queue=QUEUE,
                 Parameters=PARAMETERS, TaskValues=VALUES)["BatchRequestId"]
    seen = [0]

    def log():
        seen[:] = [m["Number"] for m in ask(
            "GetMessages", BatchRequestId=number, After=seen[-1])] or seen
    watch(lambda: ask("MonitorJob", BatchRequestId=number), log)
    ask("EndTask", BatchRequestId=number, How="stop")
    ask("EndTask", BatchRequestId=number, How="kill")
