#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Unlicense
"""mutants.py [COUNT [FILE]]: does a test fail for each small mistake?

Makes COUNT (300) small changes to the headers, one at a time: another
operator, another constant, a condition negated, a statement deleted. The
commit's hash, or MUTANTS_SEED, decides which. Each is compiled into the unit
tests, the closest to it first, and they run until one fails: first the quick
tests, by a quick compiler (tcc, or gcc without optimization), which find most;
then all. With FILE, all changes lie in that header.

Prints each survivor and, last, "MUTANTS killed N of M". build/mutants/SEED
keeps the results, so that a run that was stopped goes on where it was.

A change that no test can see, because the two programs are the same, stands in
tests/mutants.txt with the reason, and does not count. One that does not
compile, or that leaves every object file as it was, is not a mutant: the next
one is drawn.
"""
import concurrent.futures, filecmp, functools, hashlib, os, random, re, shutil
import subprocess, sys, threading

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
HEADERS = ["amt.h", "amt_http.h"] + [f"backends/amt_{n}.h" for n in
           "wide posix address tls bearssl mbedtls".split()]
SECONDS = {True: 5, False: 100}   # for one test; True: a quick one
BEARSSL = "-lbearssl -lssl -lcrypto"
MBEDTLS = "-lmbedtls -lmbedx509 -lmbedcrypto -lssl -lcrypto"
# name: (sources.sh's name, compiler and options, libraries)
PROGRAMS = {
    "json": ("json", "gcc -O1", ""),
    "job": ("job", "gcc -O1", ""),
    "http": ("http", "gcc -O1", ""),
    "pump": ("pump", "gcc -O1", ""),
    "small-job": ("job", "gcc -Os -DAMT_WIDE=0", ""),
    "small-http": ("http", "gcc -Os -DAMT_WIDE=0", ""),
    "bearssl": ("tls", "gcc -O1 -DAMT_BEARSSL", BEARSSL),
    "mbedtls": ("tls", "gcc -O1 -DAMT_MBEDTLS", MBEDTLS),
    "faults": ("faults", "gcc -O1 -DAMT_BEARSSL", BEARSSL),
    "plain-http": ("http", "gcc -O1 -DAMT_WIDE=0", ""),
    "quick-json": ("json", "tcc -DSUITE_QUICK", ""),
    "quick-job": ("job", "tcc -DSUITE_QUICK", ""),
    "quick-http": ("http", "tcc -DSUITE_QUICK", ""),
    "quick-pump": ("pump", "tcc -DSUITE_QUICK", ""),
    "quick-bearssl": ("tls", "gcc -DSUITE_QUICK -DAMT_BEARSSL", BEARSSL),
    "quick-mbedtls": ("tls", "gcc -DSUITE_QUICK -DAMT_MBEDTLS", MBEDTLS),
}
NEAREST = {
    "amt.h": "quick-job quick-pump quick-json job pump json small-job faults",
    "amt_http.h": "quick-http quick-json quick-pump quick-job http pump job "
                  "small-http plain-http bearssl faults",
    "wide": "quick-json quick-http json http job pump",
    "posix": "quick-http quick-pump http pump faults",
    "address": "quick-http quick-pump http pump faults",
    "tls": "quick-bearssl quick-mbedtls bearssl mbedtls",
    "bearssl": "quick-bearssl bearssl faults",
    "mbedtls": "quick-mbedtls mbedtls",
}
SWAPS = [(" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" >= ", " > "),
         (" == ", " != "), (" != ", " == "), (" + ", " - "), (" - ", " + "),
         (" && ", " || "), (" || ", " && "), (" & ", " | "), (" | ", " & "),
         (" << ", " >> "), (" >> ", " << "), ("++", "--"), (" += ", " -= "),
         (" -= ", " += "), (" |= ", " &= "), (" &= ", " |= ")]
STATEMENT = re.compile(r"\n +(?!return|break|continue|goto|else|do\b)"
                       r"[\w(*][^;{}\n#]*(?:\([^;{}\n]*\)|[^-+*/=<>!]=[^=][^;{}\n]*"
                       r"|\+\+|--);(?= *\n)")
DECLARATION = re.compile(r"\n +(?:const |static |unsigned |struct )*"
                         r"(?:\w+_t|int|unsigned|char|amt_\w+|amt__\w+|br_\w+|"
                         r"mbedtls_\w+|size_t|void) [*\w\[]")


def code(text):
    """The text with everything but code blanked out, of the same length."""
    blank = lambda m: re.sub(r"[^\n]", "\0", m.group())
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\])+\'|'
                  r"(?m:^[ \t]*#(?:[^\n]*\\\n)*[^\n]*)", blank, text, flags=re.S)


def end_of(text, at):
    """Where the bracket that opens at `at` is closed."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    return None


def changes(path):
    """All changes of a header: (path, from, to, the new text)."""
    text = code(open(path).read())
    for old, new in SWAPS:
        for m in re.finditer(re.escape(old), text):
            yield path, m.start(), m.end(), new
    for m in re.finditer(r"(?<![\w.\[])(0x[0-9A-Fa-f]+|\d+)(?=u?\b)", text):
        n = int(m.group(1), 0)
        yield path, m.start(1), m.end(1), str(n + 1)
    for m in re.finditer(r"\b(?:if|while) (\()", text):
        end = end_of(text, m.start(1))
        if end:
            yield (path, m.start(1), end + 1,
                   f"(!{open(path).read()[m.start(1):end + 1]})")
    for m in STATEMENT.finditer(text):
        if not DECLARATION.match(m.group()):
            yield path, m.start() + 1, m.end(), ";"


FUNCTION = re.compile(r"^(?!#)\w[^;{}()=]*?(\w+)\(", re.M)


def describe(change):
    """File and function, the line's number, the line, what becomes of it."""
    path, start, end, new = change
    text = open(path).read()
    within = ["", *FUNCTION.findall(text, 0, start)][-1]
    line = text.count("\n", 0, start) + 1
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", max(end, first))
    new_text = text[first:start] + new + text[end:last]
    return f"{path} {within}", line, " ".join(text[first:last].split()), \
        " ".join(new_text.split())


def build(headers, program, out, known, declared=True):
    """Compiles a test program. Only its first source has the implementation: if
    the change is in no declaration, the other objects come from `known`."""
    name, compiler, libraries = PROGRAMS[program]
    sources = subprocess.run(["sh", "tests/sources.sh", name], text=True,
                             capture_output=True, check=True).stdout.split()
    objects = []
    for s in sources:
        obj = f"{out}/{program}-{s.replace('/', '_')}.o"
        if not declared and s != sources[0]:
            obj = f"{known}/{os.path.basename(obj)}"
        elif subprocess.run([*compiler.split(), "-std=gnu99", "-w", "-Itests",
                             f"-I{headers}", "-c", s, "-o", obj],
                            capture_output=True).returncode:
            return None
        objects.append(obj)
    if known and all(filecmp.cmp(o, f"{known}/{os.path.basename(o)}", False)
                     for o in objects):
        return "same"
    exe = f"{out}/{program}"
    if subprocess.run(["gcc", *objects, "-o", exe, "-lcmocka",
                       *libraries.split()], capture_output=True).returncode:
        return None
    return exe


def fails(exe, quick):
    """The first test that fails, or takes too long, or ends the program."""
    p = subprocess.Popen([exe], errors="replace", stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, start_new_session=True)
    watch = lambda: threading.Timer(SECONDS[quick], os.killpg, (p.pid, 9))
    test, failed, timer = "no test", False, watch()
    timer.start()
    for line in p.stdout:
        if line.startswith("[ RUN"):
            test = line.split()[-1]
            timer.cancel()
            timer = watch()
            timer.start()
        if line.startswith("[  FAILED  ]"):
            failed = True
            os.killpg(p.pid, 9)
            break
    timer.cancel()
    return test if p.wait() or failed else None


def copy_headers(to):
    os.makedirs(to, exist_ok=True)
    for h in HEADERS + ["backends/amt_lwip.h", "backends/amt_lwip_sockets.h",
                        "backends/amt_winsock.h"]:
        shutil.copy(h, to)


ready = threading.Lock()


@functools.lru_cache(maxsize=None)
def unchanged(program, base):
    """Builds and runs the program as it is."""
    exe = build(base, program, base, None)
    why = fails(exe, False) if exe else "it does not compile"
    if why:
        sys.exit(f"mutants.py: {program} fails without any change: {why}")


def judge(change, out, known):
    path, start, end, new = change
    key = os.path.basename(path)
    copy_headers(out)
    text = open(path).read()
    declared = start < text.find("#if defined(AMT_IMPLEMENTATION)")
    with open(f"{out}/{key}", "w") as f:
        f.write(text[:start] + new + text[end:])
    near = NEAREST.get(key) or NEAREST[key[4:-2]]
    verdict = "same object"
    for program in near.split():
        with ready:
            unchanged(program, known)
        exe = build(out, program, out, known, declared)
        if exe is None and "gcc" in PROGRAMS[program][1]:
            return "does not compile"
        if exe not in (None, "same"):
            why = fails(exe, program.startswith("quick"))
            if why:
                return f"killed by {program}: {why}"
            verdict = "survives"
    return verdict


def explained():
    """tests/mutants.txt: place, line, what it becomes, each on a line; why."""
    blocks = [b.split("\n") for b in
              open("tests/mutants.txt").read().split("\n\n")[1:]]
    for place, old, *_ in blocks:
        if old not in " ".join(open(place.split()[0]).read().split()):
            sys.exit(f"mutants.txt: no longer in {place}: {old}")
    return {tuple(b[:3]) for b in blocks if b[3].strip()}


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    only = sys.argv[2] if len(sys.argv) > 2 else None
    seed = os.environ.get("MUTANTS_SEED") or subprocess.run(
        ["git", "rev-parse", "HEAD"], text=True,
        capture_output=True).stdout.strip() or "no commit"
    state = hashlib.sha256("".join(open(h).read() for h in HEADERS).encode())
    work = f"build/mutants/{seed[:12]}-{state.hexdigest()[:8]}"
    base = f"{work}/base"
    copy_headers(base)
    pool = [c for h in HEADERS if only in (None, h) for c in changes(h)]
    random.Random(seed).shuffle(pool)
    same, done, alive, equal = explained(), 0, [], 0

    def one(change):
        name = hashlib.sha256(repr(change).encode()).hexdigest()[:16]
        kept = f"{work}/{name}.txt"
        if not os.path.exists(kept):
            with open(kept + ".new", "w") as f:
                f.write(judge(change, f"{work}/{name}", base))
            os.rename(kept + ".new", kept)
            shutil.rmtree(f"{work}/{name}", ignore_errors=True)
        return change, open(kept).read()

    jobs = len(os.sched_getaffinity(0))
    with concurrent.futures.ThreadPoolExecutor(jobs) as threads:
        at = 0
        while done < count and at < len(pool):
            batch = pool[at:at + min(8 * jobs, count - done)]
            at += len(batch)
            for change, verdict in threads.map(one, batch):
                place, line, old, new = describe(change)
                if verdict in ("same object", "does not compile"):
                    continue
                if verdict == "survives" and (place, old, new) in same:
                    equal += 1
                    continue
                done += 1
                if verdict == "survives":
                    alive.append(change)
                    print(f"{place}:{line} survives\n    {old}\n    {new}",
                          flush=True)
    print(f"MUTANTS killed {done - len(alive)} of {done}"
          f" ({equal} more are the same program)")
    # At least 97 of 100 are killed. Of a few, two may survive by chance.
    return 1 if len(alive) > max(2, done * 3 // 100) else 0


if __name__ == "__main__":
    sys.exit(main())
