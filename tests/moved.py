# SPDX-License-Identifier: MIT OR Unlicense
"""Is the code of two versions of the headers the same, function by function?
For a change in which code only moves. Compares the assembly of each function,
with the constants that it refers to, but not the names of private labels, the
order of functions and line numbers. Prints what differs, and "same: N, builds
that differ: M of K".
usage: moved.py OLD-FOLDER NEW-FOLDER [WORD]   only builds with WORD in them"""
import collections
import itertools
import os
import re
import subprocess
import sys
import tempfile

LWIP = "-D_GNU_SOURCE -isystem /usr/include/lwip -DAMT_LWIP"
OPTIONS = ["", "-DAMT_POSIX", "-DAMT_POSIX -DAMT_STATIC",
           "-DAMT_BEARSSL -DAMT_MBEDTLS -DAMT_POSIX",
           "-DAMT_BEARSSL -DAMT_TLS_NO_IP -DAMT_BEARSSL_SMALL",
           "-DAMT_MBEDTLS -DAMT_TLS_NO_PIN -DAMT_BUILD_TIME=1",
           "-DAMT_BEARSSL -DAMT_MBEDTLS -DAMT_TLS_NO_IP -DAMT_TLS_NO_PIN "
           "-DAMT_NO_TEXT", LWIP, "-DAMT_NO_HTTP -DAMT_NO_TEXT",
           "-DAMT_DEFAULT_WIRE_ONLY -DAMT_NO_TEXT",
           "-DAMT_WIDE=0", "-DAMT_WIDE=32", "-DAMT_WIDE=64"]
HERE = ["gcc -std=c99 -O0", "gcc -std=c99 -O2", "gcc -std=c99 -Os",
        "gcc -std=c99 -O3", "g++ -x c++ -std=c++11 -O2", "clang -std=c99 -O2",
        "clang -std=c99 -Os"]
ARM = ["arm-none-eabi-gcc -std=c99 -Os -mthumb -mcpu=" + cpu
       for cpu in ("cortex-m4", "cortex-m0plus")]
WINDOWS = ["x86_64-w64-mingw32-gcc -std=c99 " + level for level in ("-O2", "-Os")]
BUILDS = [*itertools.product(HERE, OPTIONS),
          *itertools.product(ARM, ("", "-DAMT_NO_TEXT", "-DAMT_STATIC",
                                   "-DAMT_DEFAULT_WIRE_ONLY", "-DAMT_WIDE=32")),
          *itertools.product(WINDOWS, ("-DAMT_WINSOCK",
                                       "-DAMT_WINSOCK -DAMT_STATIC"))]

# A line without code.
IDLE = re.compile(r"""\s*(\.(file|size|type|section|text|globl|global|local|ident|
    align|p2align|balign|weak|code|syntax|thumb|thumb_func|fpu|def|scl|cfi_\w+|
    addrsig|addrsig_sym|bss|data|seh_\w+|linkonce|hidden|comm|set|cpu|arch|
    eabi_attribute|word\s+\.L\w+-)\b|\#|@|/\*)|\s*$""", re.X)
LABEL = re.compile(r"([A-Za-z_.$][\w.$]*):")
NAME = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z_.$][\w.$]*')


def inside(label):
    """Whether the label marks a place in a function."""
    return re.match(r"\.L(?!C|\.str|anchor)", label) is not None


def private(name):
    return name.startswith((".LC", ".L.str", ".Lstr")) or \
        re.search(r"\.\d+$", name) is not None


def blocks(folder, compiler, options, header):
    """{label: the lines after it}."""
    with tempfile.NamedTemporaryFile("w", suffix=".c") as c:
        c.write('#include "%s"\n' % header)
        c.flush()
        text = subprocess.run(
            [*compiler.split(), "-S", "-o", "-", "-w", "-ffunction-sections",
             "-fdata-sections", "-fno-asynchronous-unwind-tables", "-I" + folder,
             "-I" + folder + "/backends", "-DAMT_IMPLEMENTATION",
             *options.split(), c.name], check=True, stdout=subprocess.PIPE,
            text=True).stdout
    found, at = collections.defaultdict(list), None
    for line in text.splitlines():
        if '"' not in line:
            line = re.sub(r"\s+(#|@|//) .*", "", line)
        label = LABEL.match(line)
        if label and not inside(label.group(1)):
            at = label.group(1)
        elif at and not IDLE.match(line):
            found[at].append(line.strip())
    return dict(found)


def things(found):
    """(name, text) of each function and constant, private labels in it replaced
    by what they stand for."""
    known = {}

    def text(name, depth):
        if name in known or depth > 6:
            return known.get(name, "")
        known[name] = "itself"
        numbers = {}

        def word(match):
            w = match.group(0)
            if w[0] == '"':
                return w
            if w in found and private(w):
                return "{%s}" % text(w, depth + 1)
            if inside(w):
                return "L%d" % numbers.setdefault(w, len(numbers))
            return re.sub(r"\.\d+$", "", w)

        known[name] = "\n".join(NAME.sub(word, line) for line in found[name])
        return known[name]

    return collections.Counter(
        (re.sub(r"\.\d+$", "", name), text(name, 0)) for name in found
        if not private(name) or name.startswith("amt"))


def main(old, new, wanted=""):
    same = differ = n = 0
    for (compiler, options), header in itertools.product(
            BUILDS, ("amt.h", "amt_http.h")):
        build = "%s %s %s" % (compiler, options, header)
        if wanted not in build or (header == "amt_http.h" and
                                   "NO_HTTP" in options):
            continue
        a, b = (things(blocks(folder, compiler, options, header))
                for folder in (old, new))
        n += 1
        same += sum((a & b).values())
        if a != b:
            differ += 1
            print("%s: lost %s, gained %s" % (
                build, sorted(k for k, _ in a - b), sorted(k for k, _ in b - a)))
            sys.stdout.flush()
    print("same: %d, builds that differ: %d of %d" % (same, differ, n))
    return differ != 0


if len(sys.argv) < 3 or not os.path.isdir(sys.argv[2]):
    sys.exit(__doc__)
sys.exit(main(*sys.argv[1:]))
