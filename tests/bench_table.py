# SPDX-License-Identifier: MIT OR Unlicense
"""What make bench counted, side by side.
usage: bench_table.py RESULTS            prints a table
       bench_table.py RESULTS FILE.svg   draws it
       bench_table.py RESULTS README     writes the README's table, if all is there
RESULTS has lines "BENCH NAME VALUE" and "PEER NAME PEER VALUE" and
"LACKS PART PEER WHY"."""
import sys
from html import escape

import readme

# name of the figure, what it is, its goal
ROWS = (
    ("json-log.ir-per-byte", "job log, 1.5 MB: instructions a byte", 5.2),
    ("json-string.ir-per-byte", "1 MB plain string: instructions a byte", 0.9),
    ("json-escapes.ir-per-byte", "1 MB of escapes: instructions a byte", 11),
    ("json-status.ir", "status reply, 126 bytes: instructions", 1350),
    ("http-whole.ir", "reply head, 243 bytes, whole: instructions", 1250),
    ("http-head.ir", "  the same in pieces of 64", 1900),
    ("http-chunk16.ir-per-byte", "chunks of 16 bytes: instructions a byte", 5.7),
    ("http-chunk1024.ir-per-byte", "chunks of 1024 bytes: instructions a byte",
     0.18),
    ("poll.syscalls", "status poll: system calls", 2.0),
    ("poll.ir", "status poll: instructions", 5000),
    ("poll.cpu-us", "status poll: CPU, \N{MICRO SIGN}s", 11),
    ("m3-http-whole.ir", "Cortex-M3, -Os: reply head, whole", None),
    ("m3-http-head.ir", "  the same in pieces of 64", None),
    ("m3-poll.ir", "Cortex-M3, -Os: status poll", None),
    ("fleet.polls-per-second", "fleet of 10,000: polls a second", None),
    ("fleet.cpu-us-per-poll", "fleet of 10,000: CPU a poll, \N{MICRO SIGN}s",
     None),
    ("fleet.amtsim-cpu-share", "  of a core that amtsim used meanwhile", None),
    ("fleet.cpu-ratio-to-libcurl", "  ours, of libcurl's", 0.4),
    ("fleet-1000.cpu-us-per-poll", "  of 1,000", None),
    ("fleet-10000.cpu-us-per-poll", "  of 10,000", None),
    ("fleet-100000.cpu-us-per-poll", "  of 100,000", None),
    ("fleet.syscalls-per-poll", "fleet of 10,000: system calls a poll", 2.2),
    ("fleet-1000.longest-per-interval",
     "fleet of 1,000: longest wait, in intervals", 1.5),
    ("fleet-10000.longest-per-interval", "  of 10,000", 1.5),
    ("fleet-100000.longest-per-interval", "  of 100,000", 1.5),
    ("fleet-1000.bytes-per-job", "fleet of 1,000: bytes a job", 96),
    ("fleet-10000.bytes-per-job", "  of 10,000", 96),
    ("fleet-100000.bytes-per-job", "  of 100,000", 96),
    ("tls-full.ir", "TLS handshake, full: instructions", None),
    ("tls-resumed.ir", "TLS handshake, resumed: instructions", 800000),
    ("tls-resumed.bytes", "TLS handshake, resumed: bytes", 360),
)


# Less than that is thought to be impossible.
FLOORS = {
    "json-log.ir-per-byte": 4.3, "json-status.ir": 1000, "http-whole.ir": 1000,
    "http-head.ir": 1500, "http-chunk16.ir-per-byte": 5.2, "poll.syscalls": 2,
    "poll.ir": 4000,
}


def read(path):
    """{figure: [(who, value, ours)]}; the plain path and mbedTLS are ours."""
    figures = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            kind, name, *rest = line.split()
            if kind == "LACKS":
                continue
            who, value = " ".join(rest[:-1]), float(rest[-1])
            if kind == "BENCH":
                who = "amt"
                for word, other in (("-plain", "amt, plain path"),
                                    ("tls-mbedtls-ticket", ""),
                                    ("tls-mbedtls", "amt, mbedTLS")):
                    if word in name:
                        who = other
                        name = name.replace(word, "tls" if "tls" in word
                                            else "")
            if who:
                figures.setdefault(name, []).append((who, value,
                                                     kind == "BENCH"))
    return figures


def number(v):
    whole = v >= 100 or v == int(v)
    return "{:,.0f}".format(v) if whole else "{:.2f}".format(v)


def table(figures):
    print("\n%-42s %9s   %s" % ("", "goal", "amt; then others, best first, "
                                "and amt's part of theirs"))
    for name, what, goal in ROWS:
        bars = figures.get(name)
        if not bars:
            continue
        bars = [b for b in bars if b[2]] + sorted((b for b in bars if not b[2]),
                                                  key=lambda b: b[1])
        print("%-42s %9s   %s" % (what, number(goal) if goal else "", "  ".join(
            number(v) if who == "amt" else
            "%s %s" % (who, number(v)) if mine else
            "%s %s (%.2f)" % (who, number(v), bars[0][1] / v)
            for who, v, mine in bars)))


def lacking(path):
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith("LACKS "):
                _, part, who, why = line.split(None, 3)
                print("%-42s %9s   %s: %s" % (part, "", who, why.strip()))


def svg(figures, path):
    """Bars, linear from 0; one that is longer than 8 times ours is cut off."""
    out, y = [], 34
    for name, what, goal in ROWS:
        bars = figures.get(name, [])
        if len({who for who, _, _ in bars}) < 2 or \
           name.startswith(("tls", "fleet.a")):
            continue
        ours = next(v for who, v, _ in bars if who == "amt")
        most = min(max(v for _, v, _ in bars), 8 * max(ours, goal or 0))
        out.append('<text class="h" x="10" y="%d">%s</text>' %
                   (y, escape(what)))
        y += 8
        for who, v, mine in sorted(bars, key=lambda b: (not b[2], b[1])):
            width = 400 * min(v / most, 1)
            out.append('<text x="140" y="%d" text-anchor="end">%s</text>'
                       '<rect class="%s" x="146" y="%d" width="%.1f" height="11"/>'
                       '<text x="%.1f" y="%d">%s%s</text>'
                       % (y + 10, escape(who), "a" if mine else "b", y, width,
                          150 + width, y + 10, number(v),
                          " (cut off)" if v > most else ""))
            y += 15
        if name in FLOORS and FLOORS[name] < most:
            out.append('<path class="f" d="M%.1f %dv%d"/>' % (
                146 + 400 * FLOORS[name] / most, y - 15 * len(bars) - 2,
                15 * len(bars)))
        y += 22
    with open(path, "w", encoding="utf-8") as f:
        f.write('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 %d" '
                'font-family="sans-serif" font-size="11">\n<style>text{fill:#444}'
                '.h{font-weight:bold}.a{fill:#2a78d0}.b{fill:#b4b4b4}'
                '.f{stroke:#c33;stroke-width:2;stroke-dasharray:3}'
                '@media(prefers-color-scheme:dark){text{fill:#ccc}'
                '.b{fill:#777}}</style>\n'
                '<text x="10" y="14">Shorter is better, but for polls a second; '
                'the dashed line is the floor. Printed by make bench.</text>\n'
                '%s\n</svg>\n'
                % (y, "\n".join(out)))


def into_readme(figures):
    def ours(name, who="amt", scale=1.0):
        return number(next(v for w, v, _ in figures[name] if w == who) / scale)

    def others(name):
        return ", ".join("%s %s" % (w, number(v)) for w, v, mine in
                         sorted(figures[name], key=lambda b: b[1]) if not mine)

    def handshake(kind, who):
        name = "tls-%s." % kind
        return "%s million, %s bytes" % (ours(name + "ir", who, 1e6),
                                         ours(name + "bytes", who))
    rows = [readme.row("`make bench`, instructions by callgrind", "amt.h",
                       "others"), "|---|---|---|"]
    for what, *names in (
            ("job log, 1.5 MB: a byte", "json-log.ir-per-byte"),
            ("status reply, 126 bytes", "json-status.ir"),
            ("reply head, 243 bytes", "http-head.ir"),
            ("status poll, kept alive; its system calls", "poll.ir",
             "poll.syscalls"),
            ("fleet of 10,000 jobs: CPU a poll, \N{MICRO SIGN}s; bytes a job",
             "fleet.cpu-us-per-poll", "fleet-10000.bytes-per-job")):
        rows.append(readme.row(what, "; ".join(map(ours, names)),
                               "; ".join(filter(None, map(others, names)))))
    for kind in "full", "resumed":
        rows.append(readme.row(
            "TLS handshake, EC P-256, one intermediate, %s" % kind,
            "BearSSL %s" % handshake(kind, "amt"),
            "mbedTLS %s" % handshake(kind, "amt, mbedTLS")))
    readme.write("make bench", rows)


def main():
    figures = read(sys.argv[1])
    if len(sys.argv) == 2:
        table(figures)
        lacking(sys.argv[1])
    elif sys.argv[2] == "README":
        into_readme(figures)
    else:
        svg(figures, sys.argv[2])


main()
