"""Writes figures into the README: what stands between "<!-- NAME -->" and
"<!-- end -->". Used by make size, bench and firmware, which measured them."""


def row(*cells):
    return "| %s |" % " | ".join(
        "{:,}".format(c) if isinstance(c, int) else c for c in cells)


def write(name, lines):
    with open("README.md", encoding="utf-8") as f:
        text = f.read()
    first = "<!-- %s -->\n" % name
    assert text.count(first) == 1, name
    start = text.index(first) + len(first)
    end = text.index("<!-- end -->", start)
    text = text[:start] + "\n".join(lines) + "\n" + text[end:]
    with open("README.md", "w", encoding="utf-8") as f:
        f.write(text)
