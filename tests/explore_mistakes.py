# SPDX-License-Identifier: MIT OR Unlicense
"""Mistakes that a good programmer could make, each put into a copy of the
headers: explore.c or explore_pump.c must find it, and print the sequence.
usage: explore_mistakes.py [WORD]: those with WORD in their name"""
import os
import subprocess
import sys

# Name; file; the line as it is, and with the mistake; program and
# configuration that find it; what they say.
MISTAKES = [
    ("a Start is repeated after a 5xx", "amt.h",
     "  if (!(j->flags__ & AMT__TAKEN)) return",
     "  if (!(j->flags__ & AMT__TAKEN) || amt__is_class(j->http_status, 5))\n"
     "    return",
     "explore start", "a Start is called for though one may be out|"
     "dropped, and a Start may be out"),
    ("the mark of a wish that was tried outlives the wait for a poll", "amt.h",
     "  if (amt__stop_is_due(j)) j->phase__ = AMT__READY;\n"
     "  j->flags__ &= (uint16_t)~AMT__STOP_TRIED;\n",
     "  if (amt__stop_is_due(j)) j->phase__ = AMT__READY;\n",
     "explore start", "a stop or kill is forgotten"),
    ("a wish that failed is due at once", "amt.h",
     "  if (amt__stop_is_due(j)) j->phase__ = AMT__READY;\n",
     "  if (j->flags__ & AMT__STOPPING) j->phase__ = AMT__READY;\n",
     "explore start", "a stop or kill is repeated without a poll between"),
    ("a job that is forgotten keeps the sign-in", "amt.h",
     "  amt__end(j, AMT_FAILED, AMT_E_FORGOTTEN, AMT_CODE_UNDEFINED);\n",
     "  AMT_ASSERT(j->session__->jobs__-- != 0);\n"
     "  j->phase__ = AMT__LOST;\n  j->error = AMT_E_FORGOTTEN;\n"
     "  j->code = AMT_CODE_UNDEFINED;\n",
     "explore start", "a job that has ended changes its session|"
     "the sign-in is held by a job that does not sign in|"
     "requests half sent are miscounted"),
    ("a stale connection leaves the sign-in with its job", "amt.h",
     "    j->flags__ |= AMT__WAS_STALE;\n"
     "    amt__release(j);\n",
     "    j->flags__ |= AMT__WAS_STALE;\n",
     "explore start", "the sign-in is held by a job that does not sign in"),
    ("each 401 is answered by a fresh sign-in", "amt.h",
     "    return j->flags__ & AMT__REAUTHENTICATED ? AMT_E_TOKEN_REFUSED\n"
     "                                             : AMT_E_SIGN_IN;\n",
     "    return AMT_E_SIGN_IN;\n",
     "explore start", "a Start is called for though one may be out|"
     "bytes of a Start leave a second time|a cycle that takes no time"),
    ("there is one more try, without a wait, before giving up", "amt.h",
     "  if (away >= give_up) return amt__lost(j, error);\n",
     "  if (away > give_up) return amt__lost(j, error);\n",
     "explore start", "AMT_RETRYING without a reason or without a wait"),
    ("a refused sign-in always waits the same time", "amt.h",
     "  uint32_t pause = s->refusals__ == 1 ? 5000u : 60000u;\n",
     "  uint32_t pause = 5000u;\n",
     "explore patient", "a refused sign-in is tried too soon, or a fourth time"),
    ("another job's sign-in is not looked at", "amt.h",
     "  if (s->signing__ != NULL) return -1;\n", "",
     "explore two", "two jobs sign in at once|"
     "the sign-in is held by a job that does not sign in"),
    ("messages that were given without numbers are given again", "amt.h",
     "  j->skip__ = whole ? j->given__ : j->beyond__;\n",
     "  j->skip__ = whole ? j->given__ : 0;\n",
     "explore text_first", "a message is given twice"),
    ("a failure of the log hides the completion code", "amt.h",
     "  if (j->flags__ & AMT__FINAL) return amt__end(j, AMT_DONE, error, "
     "j->status);\n", "",
     "explore log", "a code once known is lost"),
    ("a Start may go on a kept connection", "amt.h",
     "j->op == AMT_START ? !s->start_kept :", "j->op == AMT_START ? 0 :",
     "explore_pump pump_one", "a Start on a connection that was used"),
    ("a job that is dropped keeps the buffer", "amt.h",
     "  if (p->holder == j) p->holder = NULL;\n  amt_forget(j);\n",
     "  amt_forget(j);\n",
     "explore_pump pump_one", "a job that was dropped keeps the buffer"),
    ("a failed write counts as not taken", "amt_http.h",
     "  if (n < 0) c->taken = 2; /* in doubt, taken */\n", "",
     "explore_pump pump_one", "a Start leaves though one may be out|"
     "a Start may be out, but is not reported so|"
     "dropped, and a Start may be out"),
]


def run(number, mistake):
    name, header, right, wrong, command, says = mistake
    folder = "build/explore/mistake_%d" % number
    program, configuration = command.split()
    os.makedirs(folder, exist_ok=True)
    for file in "amt.h", "amt_http.h":
        with open(file, encoding="utf-8") as f:
            text = f.read()
        if file == header:
            if text.count(right) != 1:
                return "%s has changed: write this mistake anew\n%s" % (
                    header, right)
            text = text.replace(right, wrong)
        with open(folder + "/" + file, "w", encoding="utf-8") as f:
            f.write(text)
    for file in (program + ".c", "explore.h", "explore_job.h",
                 "explore_replies.h"):
        with open("tests/" + file, encoding="utf-8") as f:
            text = f.read()
        with open(folder + "/" + file, "w", encoding="utf-8") as f:
            f.write(text)
    built = subprocess.run(
        [os.environ.get("CC", "cc"), "-std=gnu99", "-O1", "-I", folder,
         "-Ibackends",
         folder + "/" + program + ".c", "-o", folder + "/" + program],
        stderr=subprocess.PIPE, text=True)
    if built.returncode != 0:
        return "does not compile\n" + built.stderr
    try:
        found = subprocess.run([folder + "/" + program, configuration],
                               stdout=subprocess.PIPE, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return "not found in a minute"
    first = found.stdout.splitlines()[0]
    if found.returncode != 1 or not any(text in first
                                        for text in says.split("|")):
        return "not found\n" + found.stdout
    steps = found.stdout.splitlines()[1:-1]
    print("%s\n%s" % (first, "\n".join(steps)))
    return None


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    failed = 0
    for number, mistake in enumerate(MISTAKES, 1):
        if word not in mistake[0]:
            continue
        wrong = run(number, mistake)
        failed += wrong is not None
        print("FAILED  %s: %s\n" % (mistake[0], wrong) if wrong else
              "found   %s\n" % mistake[0], flush=True)
    sys.exit(failed != 0)


main()
