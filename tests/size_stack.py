# SPDX-License-Identifier: MIT OR Unlicense
"""The deepest chain of calls in a program, in bytes of stack. The compiler says
what each function takes (-fcallgraph-info=su, or -fstack-usage). The program
itself says who calls whom (objdump), so libc and libgcc are counted, too."""
import bisect
import re
import subprocess

# What an indirect call may reach: the board's stream, wherever it comes from.
STREAM = {"b_open", "b_read", "b_write", "b_close"}

# The board's own functions: given, and not counted.
BOARD = re.compile(r"^(board_\w+|b_\w+)$")

# On x86-64, libc is a shared library; these take only the return address.
LEAVES = {"memcpy", "memset", "memcmp", "memchr", "memmove", "strlen", "strchr"}


def frames(paths):
    """{function: bytes}, from files .ci or .su; a static function's clones in a
    .su have one name, and count as the largest of them."""
    found = {}
    for path in paths:
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if path.endswith(".ci"):
            for title, size, how in re.findall(
                    r'node: \{ title: "(?:[^":]*:)?([^":]+)" '
                    r'label: "[^"]*?(\d+) bytes \(([^)]*)\)', text):
                assert how == "static", (title, how)
                found[title] = int(size)
        else:
            for line in text.splitlines():
                name, size, how = line.split("\t")
                assert how == "static", line
                name = name.split(":")[-1].split(".")[0]
                found[name] = max(found.get(name, 0), int(size))
    return found


def registers(operands):
    """How many are in "{r4, r6-r9, lr}"."""
    n = 0
    for r in re.search(r"\{(.*)\}", operands).group(1).split(","):
        ends = [int(x) for x in re.findall(r"\d+", r)]
        n += ends[1] - ends[0] + 1 if len(ends) == 2 else 1
    return n


def taken(op, operands):
    """Bytes of stack that an instruction takes, for what the compiler did not
    say: libc and libgcc on ARM, libgcc on AVR."""
    if op == "push":
        return 4 * registers(operands) if "{" in operands else 1
    if op in ("stmdb", "stmfd") and operands.startswith("sp!"):
        return 4 * registers(operands)
    if op in ("add", "addi") and operands.startswith("sp,sp,-"):
        return int(operands.split("-")[1].split()[0])
    if op in ("sub", "subw", "sub.w") and operands.startswith("sp,") \
            and "#" in operands:
        return int(operands.split("#")[1].split()[0])
    if op.startswith("str") and "[sp, #-" in operands:
        return int(re.search(r"#-(\d+)\]!", operands).group(1))
    return 0


class Function:
    def __init__(self):
        self.calls, self.jumps, self.indirect, self.own = set(), set(), [], 0


def functions(objdump, program):
    """{name: Function} of a linked program."""
    found, name = {}, None
    listing = subprocess.check_output(
        [objdump, "-d", "--no-show-raw-insn", program], text=True)
    heads = [(int(at, 16), name.replace("@plt", "")) for at, name in
             re.findall(r"^([0-9a-f]+) <(.+)>:$", listing, re.M)]
    heads.sort()
    starts = [at for at, _ in heads]
    for line in listing.splitlines():
        head = re.match(r"[0-9a-f]+ <(.+)>:$", line)
        if head:
            name = head.group(1)
            found[name] = Function()
            continue
        parts = re.match(r" *[0-9a-f]+:\s+(?:notrack )?(\S+)\s*(.*)", line)
        if not parts or not name:
            continue
        op, operands = parts.groups()
        f = found[name]
        f.own += taken(op, operands)
        # By address: the name beside it may be another symbol's there.
        target = re.search(r"\b(?:0x)?([0-9a-f]+) <[^>]+>", operands)
        called = op in ("bl", "blx", "call", "rcall", "icall", "eicall", "callq",
                        "jal", "jalr")
        jumped = re.match(r"(b|b\.n|b\.w|b(eq|ne|cs|cc|mi|pl|hi|ls|ge|lt|gt|le)"
                          r"(\.n|\.w)?|bx|cbn?z|j\w*|rjmp|ijmp|br\w\w)$", op)
        if not called and not jumped:
            continue
        if target and not operands.startswith("*"):
            at = int(target.group(1), 16)
            start, to = heads[bisect.bisect_right(starts, at) - 1]
            if called and not (to == name and at != start):
                f.calls.add(to)
            elif to != name:
                f.jumps.add(to)
        elif called:
            f.indirect.append("call")
        elif op == "bx" and operands != "lr" or op == "jr" or \
                op == "jmp" and re.match(r"\*(0x[0-9a-f]+)?\(%\w+\)$", operands):
            f.indirect.append("jump")
    return found


def deepest(objdump, program, paths, root="main", board=False):
    """(bytes, [functions of that chain]); `board`: its functions count, too."""
    said, code = frames(paths), functions(objdump, program)
    known = {}

    def frame(name):
        if name in said:
            return said[name]
        if name in code and name.split(".")[0] in said:
            return said[name.split(".")[0]]
        return code[name].own

    def walk(name, above):
        assert name not in above, "recursion: %s" % " ".join(above + (name,))
        if name in known:
            return known[name]
        if BOARD.match(name) and not board:
            return 0, [name]
        if name in LEAVES and name not in code:
            return 8, [name]
        f, above = code[name], above + (name,)
        own = frame(name)
        best = (own, [name])
        for kind, names in (("call", f.calls), ("jump", f.jumps)):
            reached = set(names)
            if kind in f.indirect:
                assert name in said, "an indirect call in " + name
                reached |= STREAM
            for callee in sorted(reached):
                if kind == "jump" and callee in above and callee not in said:
                    continue # a loop in libgcc, between two labels
                size, chain = walk(callee, above)
                if kind == "call": # before a jump, it has freed its own
                    size += own
                if size > best[0]:
                    best = size, [name] + chain
        known[name] = best
        return best

    return walk(root, ())
