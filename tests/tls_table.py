# SPDX-License-Identifier: MIT OR Unlicense
"""Checks or writes the tables of docs/tls.md. Each program of test_tls.c, run
with TLS_TABLE=FILE and the word what_is_shown, adds the rows that it has seen
to FILE.
usage: tls_table.py check|write BEARSSL-FILE MBEDTLS-FILE
check exits with 1 where the page says something else."""
import re
import sys

PAGE = "docs/tls.md"


def put(page, name, text):
    """The page with this between its marks."""
    marks = r"(<!-- %s -->\n).*?(<!-- end of %s -->)" % (name, name)
    new, n = re.subn(marks, lambda m: m[1] + text + m[2], page, flags=re.S)
    assert n == 1, "%s has no marks for %s" % (PAGE, name)
    return new


def rows(path):
    with open(path, encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t") for line in f]


def table(bearssl, mbedtls):
    text, chapter = [], None
    assert len(bearssl) == len(mbedtls), "the two tables differ in length"
    for (title, what, one, where), (title2, what2, two, where2) in zip(bearssl,
                                                                       mbedtls):
        assert (title, what) == (title2, what2), (what, what2)
        if title != chapter:
            text.append("\n### %s\n\n| what is shown | BearSSL | mbedTLS | "
                        "certificate |\n|---|---|---|---|" % title)
            chapter = title
        told = "" if one == two == "taken" else max(where, where2)
        text.append("| %s | %s | %s | %s |" % (what, one, two, told))
    return "\n".join(text) + "\n\n"


def main():
    with open(PAGE, encoding="utf-8") as f:
        page = f.read()
    new = put(page, "certificates", table(rows(sys.argv[2]), rows(sys.argv[3])))
    if sys.argv[1] == "write":
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(new)
    elif new != page:
        print("%s does not say what the tests have seen" % PAGE)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
