# SPDX-License-Identifier: MIT OR Unlicense
"""Writes figures into the README or a page of docs/, between "<!-- NAME -->"
and "<!-- end -->", which stand once in one of them. Used by make size, make
bench and make firmware, which measure them."""
import glob


def row(*cells):
    return "| %s |" % " | ".join(
        "{:,}".format(c) if isinstance(c, int) else c for c in cells)


def write(name, lines):
    first = "<!-- %s -->\n" % name
    places = []
    for path in "README.md", *sorted(glob.glob("docs/*.md")):
        with open(path, encoding="utf-8") as f:
            places += [(path, text) for text in [f.read()] if first in text]
    (path, text), = places
    assert text.count(first) == 1, name
    start = text.index(first) + len(first)
    end = text.index("<!-- end -->", start)
    text = text[:start] + "\n".join(lines) + "\n" + text[end:]
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
