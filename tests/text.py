# SPDX-License-Identifier: MIT OR Unlicense
"""Checks what the texts of this repository promise of themselves.
usage: text.py tags|version|width|minimal|readme|manuals|licence|spdx|
               lines|contributing|targets|recursion|lessons|security"""
import fnmatch
import glob
import os
import re
import subprocess
import sys
import tomllib

SPDX = "SPDX-License-Identifier: MIT OR Unlicense"
HEADERS = ("amt.h", "amt_http.h", *sorted(glob.glob("backends/*.h")))


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def tags():
    """Each tag of the contents list heads one section, in the same order."""
    for header in HEADERS:
        text = read(header)
        contents, rest = text.split("*/", 1)
        listed = re.findall(r"^     >>([a-z-]+)", contents, re.M)
        heads = re.findall(r"^   >>([a-z-]+)", rest, re.M)
        assert listed and listed == heads, (header, listed, heads)
        assert len(set(listed)) == len(listed), listed
        for tag in listed:
            assert len(re.findall(">>%s\\b" % tag, text)) == 2, tag


def between(text, first, last):
    start = text.index(first)
    return text[start:text.index(last, start) + len(last)]


def version():
    """Each version that is told is that of amt.h's macros, and each header that
    a program may include checks it."""
    number = [int(re.search(r"AMT_VERSION_%s (\d+)" % part,
                            read("amt.h")).group(1))
              for part in ("MAJOR", "MINOR", "PATCH")]
    dotted = "%d.%d.%d" % tuple(number)
    told = [("amt.h", r"^/\* amt\.h - v(\S+) - ", dotted),
            ("CHANGELOG.md", r"^## (\S+)", dotted),
            ("extras/schedulers.md", r"image: \S+/amt:(\S+)", dotted),
            ("amt_http.h", r"AMT_HTTP_VERSION \d+ /\* ([0-9.]+):", dotted)]
    joined = str(number[0] * 10000 + number[1] * 100 + number[2])
    told += [("amt_http.h", r"define AMT_HTTP_VERSION (\d+)", joined)]
    told += [(header, r"AMT_HTTP_VERSION != (\d+)", joined)
             for header in HEADERS[2:] if "Not for programs" not in read(header)]
    for path, pattern, wanted in told:
        found = re.search(pattern, read(path), re.M)
        assert found and found.group(1) == wanted, \
            "%s has version %s, and amt.h's macros %s" % (
                path, found and found.group(1), wanted)


def width():
    """No line of the C that is read most is longer than 80 columns."""
    for path in (*HEADERS, *glob.glob("examples/*.c"),
                 *glob.glob("examples/amt/*.[ch]"),
                 *glob.glob("examples/firmware/*.[ch]")):
        for number, line in enumerate(read(path).splitlines(), 1):
            assert len(line) <= 80, (path, number, len(line))


def indented(program, blanks):
    return "".join(" " * blanks + line + "\n" if line else "\n"
                   for line in program.splitlines())


def minimal():
    program = read("examples/minimal.c")
    assert indented(program, 5) in read("amt.h"), "amt.h's manual differs"
    assert "```c\n" + program + "```" in read("README.md"), "README differs"
    assert len(program.splitlines()) == 25


def compile_c(program, name):
    path = "build/test/" + name
    with open(path, "w", encoding="utf-8") as f:
        f.write(program)
    subprocess.check_call(["gcc", "-std=gnu99", "-Wall", "-Wextra", "-Werror",
                           "-I.", "-Ibackends", path, "-o", path[:-2]])


def readme():
    """Compiles the README's whole program, also with the README's amt.c in
    place of the implementation, and the code of amt_http.h's manual."""
    blocks = re.findall(r"```c\n(.*?)```", read("README.md"), re.S)
    program, amt_c = blocks
    assert len(amt_c.splitlines()) == 3, amt_c
    compile_c(program, "readme.c")
    rest = program.replace("#define AMT_IMPLEMENTATION\n", "")
    assert rest != program
    for name, text in ("amt.c", amt_c), ("user.c", rest):
        with open("build/test/" + name, "w", encoding="utf-8") as f:
            f.write(text)
    for compiler in "gcc", "clang":
        subprocess.check_call([
            compiler, "-std=c99", "-Wall", "-Wextra", "-Werror", "-I.", "-Ibackends",
            "-o", "build/test/amt_c", "build/test/amt.c", "build/test/user.c"])
    manual = between(read("amt_http.h"), "     static amt_posix sock;",
                     "     } while (e >= 0 && e != AMT_HTTP_END);")
    compile_c("#define AMT_IMPLEMENTATION\n#define AMT_POSIX\n"
              '#include "amt_http.h"\n#include <stdio.h>\nint main(void)\n{\n' +
              manual + "\n  return e < 0;\n}\n", "manual.c")


def words(text):
    return re.sub(r"\s+", " ", text)


PROGRAMS = {
    "amt_posix": ("gcc -std=c99", "-o build/test/manual"),
    "amt_bearssl": ("gcc -std=c99", "-o build/test/manual -lbearssl"),
    "amt_mbedtls": ("gcc -std=c99", "-o build/test/manual -lmbedtls -lmbedx509 "
                    "-lmbedcrypto"),
    "amt_lwip_sockets": ("gcc -std=gnu99 -isystem /usr/include/lwip", "-c "
                         "-o build/test/manual.o"),
    "amt_winsock": ("x86_64-w64-mingw32-gcc -std=c99", "-o "
                    "build/test/manual.exe -lws2_32 -ladvapi32"),
    # Its whole program is examples/firmware, over a driver.
    "amt_lwip": None}


def manuals():
    """Compiles the whole program of each backend's manual."""
    for header in HEADERS[2:]:
        text, name = read(header), os.path.basename(header)[:-2]
        assert ("Not for programs" in text) != (name in PROGRAMS), name
        if PROGRAMS.get(name) is None:
            continue
        program = re.search(r"\n( {5}#define AMT_IMPLEMENTATION\n"
                            r"(?: {5}.*\n|\n)*? {5}}\n)\n   \S",
                            text).group(1)
        with open("build/test/manual.c", "w", encoding="utf-8") as f:
            f.write(program)
        compiler, rest = PROGRAMS[name]
        subprocess.check_call([*compiler.split(), "-Wall", "-Wextra", "-Werror",
                               "-I.", "-Ibackends", "build/test/manual.c",
                               *rest.split()])


def licence():
    body = words(read("LICENSE")).strip()
    for header in HEADERS[:2]:
        assert body in words(read(header)), header
    for header in HEADERS[2:]:
        assert "Licence: MIT or Unlicense, at your choice; the text is at the " \
            "end of amt_http.h." in words(read(header)), header


def length(path):
    """The number of lines; the licence's does not count."""
    return len([line for line in read(path).splitlines() if SPDX not in line])


def lines():
    for example in sorted(glob.glob("examples/*.c")):
        n = length(example)
        assert n <= (640 if example == "examples/fleet.c" else 100), (example, n)
    for room in sorted(glob.glob("examples/amt/*")):
        n = length(room)
        assert n < 700, (room, n)
    assert len(read("README.md").splitlines()) < 200


def contributing():
    """It is short, and the files, folders and targets that it names exist."""
    text = read("CONTRIBUTING.md")
    assert length("CONTRIBUTING.md") <= 60
    names = re.findall(r"`([a-z_]+/[\w./-]*|[\w-]+\.(?:h|md|py|sh|c|txt))`",
                       text)
    assert len(names) > 8, names
    for name in names:
        assert any(os.path.exists(folder + name)
                   for folder in ("", "tests/", "backends/")), name
    known = re.findall(r"^  make (\S+)", make_help(), re.M)
    for target in re.findall(r"\bmake ([a-z0-9-]+)`", text):
        assert target in known, target


def make_help():
    return subprocess.check_output(["make", "-s", "help"], text=True)


def targets():
    """make help tells all targets that are no files, and no others, in lines of
    at most 80 columns."""
    assert max(map(len, make_help().splitlines())) <= 80, make_help()
    makefile = read("Makefile").replace("\\\n", " ")
    phony = re.search(r"^\.PHONY:(.*)$", makefile, re.M).group(1).split()
    wanted = {"NAME" if t == "$(EXAMPLES)" else t for t in phony}
    told = re.findall(r"^  make (\S+) +(\S.*)$", make_help(), re.M)
    assert {name for name, _ in told} == wanted and len(told) == len(wanted), \
        wanted ^ {name for name, _ in told}
    rules = set(re.findall(r"^([a-z0-9-]+):(?!=)", makefile, re.M)) - {"build"}
    assert rules <= set(phony), rules - set(phony)


def spdx():
    """Each file says its licence, or REUSE.toml does."""
    with open("REUSE.toml", "rb") as f:
        covered = tomllib.load(f)["annotations"][0]["path"]
    files = subprocess.run(["git", "ls-files"], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    lacking = []
    for path in files:
        with open(path, "rb") as f:
            if SPDX.encode() not in f.read() and \
                    not any(fnmatch.fnmatch(path, c) for c in covered):
                lacking.append(path)
    assert not lacking, lacking
    unused = [c for c in covered if not fnmatch.filter(files, c)]
    assert not unused, unused


def recursion():
    """No function of ours reaches itself in the call graph that gcc writes."""
    with open("build/test/recursion.c", "w", encoding="utf-8") as f:
        f.write('#include "amt.h"\n')
    subprocess.check_call([
        "gcc", "-std=c99", "-O0", "-fcallgraph-info", "-I.", "-Ibackends", "-c",
        "-DAMT_IMPLEMENTATION", "-DAMT_POSIX", "-DAMT_BEARSSL", "-DAMT_MBEDTLS",
        "build/test/recursion.c", "-o", "build/test/recursion.o"])
    calls = {}
    for a, b in re.findall(r'edge: { sourcename: "([^"]+)" targetname: "([^"]+)"',
                           read("build/test/recursion.ci")):
        calls.setdefault(a, set()).add(b)
    assert len(calls) > 200, len(calls)
    for function in calls:
        seen, new = set(), set(calls[function])
        while new:
            seen |= new
            new = {b for a in new for b in calls.get(a, ())} - seen
        assert function not in seen, function


def tests_of(path):
    """The names of the tests in a file."""
    text = read("tests/" + path)
    if path == "run.sh":
        return set(re.findall(r'^(?:.* )?(?:check|optional) "(.*?)"', text, re.M))
    if path == "text.py":
        return set(re.findall(r"^def (\w+)\(\):", text, re.M))
    if path.endswith(".py"):
        return set(re.findall(r"^def (test_\w+)\(\)", text, re.M)) | \
            set(re.findall(r"^@both\ndef (\w+)\(", text, re.M))
    return set(re.findall(r"^(?:[A-Z]+_)?TEST(?:_WITH)?\(\s*(\w+)", text, re.M))


def lessons():
    """Each row of tests/lessons.txt names tests that exist."""
    rows = tests = 0
    row_has_one = True
    for line in read("tests/lessons.txt").splitlines():
        if line.startswith("  "):
            path, test = line.strip().split(":", 1)
            assert test in tests_of(path), line
            tests += 1
            row_has_one = True
        elif line and not line.startswith("#"):
            assert row_has_one, "a row without a test, before: " + line
            row_has_one = False
            rows += 1
    assert row_has_one
    print("%d rows, %d tests" % (rows, tests))


def security():
    """Each row of SECURITY.md's tables names tests that exist, or says that
    there is none; each fuzzer is named."""
    text = read("SECURITY.md")
    rows = re.findall(r"^\| (?!may )(.*) \| (.*) \| (.*) \|$", text, re.M)
    names = re.findall(r"`([\w./]+\.(?:c|py|sh))(?::([^`]+))?`", text)
    for _, promise, shown in rows:
        assert promise and ("`" in shown) != (shown == "*no test*"), shown
    for path, test in names:
        assert os.path.exists("tests/" + path), path
        assert not test or test in tests_of(path), (path, test)
    for path in glob.glob("tests/fuzz_*.c"):
        assert (os.path.basename(path), "") in names, path
    assert len(rows) > 20, len(rows)
    print("%d rows, %d tests" % (len(rows), len(names)))


{f.__name__: f for f in (tags, version, width, minimal, readme, manuals, licence,
                         lines, contributing, targets, recursion,
                         lessons, security, spdx)}[sys.argv[1]]()
