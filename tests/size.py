# SPDX-License-Identifier: MIT OR Unlicense
"""Sizes of the library, in bytes, by gcc -Os; lines "SIZE TARGET NAME VALUE".
usage: size.py (make size)

  same-job, all  tests/size_same.c and size_all.c: what they add to a program
                 that does nothing, linked with the same board and libc
    .text        code and constants
    .data, .bss  of the library's own
    .ram         all structs and buffers in use
    .stack       the deepest chain of calls, from main to the board
    .stack-run   in an image for qemu: the deepest use that was seen
    .stack-of    the deepest chain that was computed for that image
  all-any-wire   .text with other wire tables, too
  with-...       what an option adds to .text
  lwip-, tls-, posix  .text of these streams, and what their options add
  device-...     .text of a whole program over such a stream: size_device.c
  ...-unused     what of it only amt_stop, amt_once and AMT_LIVE need

  amt-static, amt-exe  .bytes: the tool as one file (make static, make windows)

Writes the tables of the README and of docs/sizes.md, and compares the prices
that the headers state. Does neither, and says so, if a tool is not installed.
"""
import glob
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import readme  # noqa: E402
from readme import row  # noqa: E402
import size_stack  # noqa: E402

OUT = "build/size"
SECTIONS = ["-std=c99", "-Os", "-Wall", "-Wextra", "-Werror", "-ffunction-sections",
            "-fdata-sections", "-I.", "-Ibackends"]
LINK = ["-Wl,--gc-sections"]
NANO = ["--specs=nano.specs", "--specs=nosys.specs", "-Wl,--no-warnings"]
BOUNDED = ["-DAMT_NO_TEXT", "-DAMT_DEFAULT_WIRE_ONLY"]

# name: compiler, its options, options to link with. The ESP8266 has the
# divisions in its ROM.
TARGETS = {
    "cortex-m0+": ("arm-none-eabi-", ["-mcpu=cortex-m0plus", "-mthumb"], NANO),
    "cortex-m4": ("arm-none-eabi-", ["-mcpu=cortex-m4", "-mthumb"], NANO),
    "rv32imac": ("riscv64-unknown-elf-", ["-march=rv32imac", "-mabi=ilp32",
                                          "--specs=picolibc.specs"], []),
    "esp8266": ("xtensa-lx106-elf-",
                ["--specs=/usr/lib/xtensa-lx106-elf/picolibc.specs",
                 "-mtext-section-literals", "-mlongcalls"],
                ["-nostartfiles", "-Wl,-emain", "-Wl,--defsym=__udivsi3=0",
                 "-Wl,--defsym=__umodsi3=0"]),
    "avr": ("avr-", ["-mmcu=atmega1284p"], []),
    "x86-64": ("", ["-fno-pie", "-fno-asynchronous-unwind-tables"], ["-no-pie"]),
}
# name: qemu's machine, its flash and its RAM
MACHINES = {"cortex-m0+": ("microbit", "256K", "16K"),
            "cortex-m4": ("mps2-an386", "256K", "16K")}

# Functions that the library must not drag in.
HEAVY = re.compile(r"^(_?malloc(_r)?|_?s?n?printf(_r)?|_?strtou?ll?(_r)?|"
                   r"__aeabi_(d|f|u?l2|ul?divmod|ldivmod).*|__u?divdi3|"
                   r"__u?moddi3|__udivmoddi4|__(add|mul|div)[sd]f3)$")

figures = {}


def line(target, name, value):
    figures[target, name] = value
    print("SIZE %s %s %d" % (target, name, value), flush=True)


def run(*command):
    return subprocess.check_output(command, text=True)


class Target:
    """One target's compiler; programs are kept in OUT/NAME."""

    def __init__(self, name):
        self.name = name
        self.prefix, self.options, self.link = TARGETS[name]
        self.directory = os.path.join(OUT, name)
        os.makedirs(self.directory, exist_ok=True)
        self.board = self.compile("size_board")
        nm = run(self.prefix + "nm", "-g", "--defined-only", self.board)
        self.keep = ["-Wl,-u," + l.split()[2] for l in nm.splitlines()]
        self.empty = self.program("size_board", ["-DEMPTY"], "empty", [])

    def path(self, name):
        return os.path.join(self.directory, name)

    def compile(self, source, options=(), name=None):
        """Compiles to an object, and beside it its functions' use of the stack.
        """
        to = self.path(name or source)
        if self.prefix == "avr-":
            su, warnings = ["-fstack-usage"], ["-Wno-error"]
        else:
            su, warnings = ["-fstack-usage", "-fcallgraph-info=su"], []
        subprocess.check_call(
            [self.prefix + "gcc"] + SECTIONS + self.options + su + warnings +
            list(options) + ["-c", "tests/%s.c" % source, "-o", to + ".o"])
        return to + ".o"

    def program(self, source, options, name, objects=None):
        """A whole program: the source, and the board if nothing else."""
        if objects is None:
            objects = [self.board]
        objects = [self.compile(source, options, name)] + objects
        subprocess.check_call(
            [self.prefix + "gcc"] + self.options + LINK + self.keep + objects +
            ["-o", self.path(name) + ".elf"] + self.link)
        return self.path(name) + ".elf"

    def symbols(self, program):
        """{name: (type, bytes)}"""
        found = {}
        for l in run(self.prefix + "nm", "-S", program).splitlines():
            parts = l.split()
            if len(parts) == 4:
                found[parts[3]] = parts[2].lower(), int(parts[1], 16)
            elif len(parts) == 3:
                found[parts[2]] = parts[1].lower(), 0
        return found

    def section(self, program, names):
        total = 0
        for l in run(self.prefix + "size", "-A", program).splitlines():
            if re.match(r"(%s)\s" % names, l):
                total += int(l.split()[1])
        return total

    def over(self, program, names):
        return self.section(program, names) - self.section(self.empty, names)

    def text(self, program):
        size = self.over(program, r"\.text|\.rodata|\.ARM\.exidx")
        if self.prefix == "avr-":  # constants are copied to RAM
            size += self.over(program, r"\.data")
        return size

    def stack(self, program, name, root="main", board=False, extra=()):
        kind = "su" if self.prefix == "avr-" else "ci"
        return size_stack.deepest(
            self.prefix + "objdump", program,
            [self.path(n) + "." + kind for n in (name,) + tuple(extra)],
            root, board)

    def whole(self, name, source):
        """The five figures of a program."""
        program = self.program(source, BOUNDED, source)
        new = self.symbols(program)
        ram = new.pop("ram")[1]
        for symbol in set(new) - set(self.symbols(self.empty)):
            assert not HEAVY.match(symbol), (program, symbol)
        bss = sum(size for symbol, (kind, size) in new.items() if kind == "b" and
                  symbol not in self.symbols(self.empty))
        line(self.name, name + ".text", self.text(program))
        line(self.name, name + ".data", self.over(program, r"\.data"))
        line(self.name, name + ".bss", bss)
        line(self.name, name + ".ram", ram)
        if self.prefix != "avr-":
            assert figures[self.name, name + ".data"] == 0 == bss, name
        if self.name == "esp8266":
            return  # it calls through registers: no chain can be followed
        size, chain = self.stack(program, source)
        line(self.name, name + ".stack", size)
        with open(self.path(source) + ".chain", "w", encoding="utf-8") as f:
            f.write("\n".join(chain) + "\n")
        if self.name in MACHINES:
            self.play(name, source)

    def play(self, name, source):
        """Runs it in qemu, with a board that plays the server."""
        machine, flash, ram = MACHINES[self.name]
        which = "-DPLAY_" + name.replace("-", "_").upper()
        options = BOUNDED + ["-Dmain=program", which]
        objects = [self.compile(source, options, name),
                   self.compile("size_play", [which], name + "-play")]
        image = self.path(name) + "-play.elf"
        subprocess.check_call(
            [self.prefix + "gcc"] + self.options + LINK + objects +
            ["--specs=nano.specs", "-nostartfiles", "-T",
             "examples/firmware/link.ld", "-o", image] +
            ["-Wl,--defsym=" + s for s in (
                "flash_at=0", "flash_size=" + flash, "ram_at=0x20000000",
                "ram_size=" + ram, "stack_size=2K")])
        said = subprocess.run(
            ["qemu-system-arm", "-M", machine, "-nographic", "-monitor", "none",
             "-serial", "none", "-semihosting-config",
             "enable=on,target=native", "-kernel", image], text=True,
            timeout=60, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
        found = re.findall(r"^stack (\d+)$", said, re.M)
        assert found and "wrong" not in said, said
        seen = max(map(int, found))
        size, _ = self.stack(image, name, "program", True, (name + "-play",))
        line(self.name, name + ".stack-run", seen)
        line(self.name, name + ".stack-of", size)
        assert seen <= size, (seen, size)

    # --- options ---

    def with_option(self, name, options, over):
        program = self.program("size_all", options, "with-" + name)
        base = self.program("size_all", over, "without-" + name)
        size = self.text(program)
        if name == "any-wire":
            line(self.name, "all-any-wire.text", size)
        line(self.name, "with-" + name + ".text", size - self.text(base))

    def kept(self, options, *roots, source=None):
        """How much stays of the headers when only these functions are used."""
        o = self.path("kept")
        subprocess.check_call(
            [self.prefix + "gcc", "-std=c99", "-Os", "-ffunction-sections",
             "-fdata-sections"] + options.split() +
            ["-I.", "-Ibackends", "-isystem", OUT + "/include", "-DAMT_NO_TEXT"] +
            self.options +
            ["-c", source or OUT + "/kept.c", "-o", o + ".o"])
        subprocess.check_call(
            [self.prefix + "gcc", "-r", "-nostdlib", "-Wl,--gc-sections"] +
            ["-Wl,-u," + r for r in roots] + [o + ".o", "-o", o + "-r.o"])
        return int(run(self.prefix + "size", o + "-r.o").split("\n")[1].split()[0])

    def adapters(self):
        def put(name, value):
            line(self.name, name + ".text", value)

        # lwIP has the firmware's settings, and is not counted.
        raw = ("-DAMT_LWIP_RAW -Iexamples/firmware -isystem /usr/include/lwip")
        put("lwip-raw", self.kept(raw, "amt_lwip_raw_init"))
        # With names and IPv6, which lwIP leaves out by default.
        sockets = "-DAMT_LWIP -I%s/lwip -isystem /usr/include/lwip" % OUT
        put("lwip-sockets", self.kept(sockets, "amt_posix_init"))
        for name, options in ("device-lwip-raw", raw), ("device-sockets", sockets):
            options += " -DAMT_DEFAULT_WIRE_ONLY"
            whole = self.kept(options, "main", source="tests/size_device.c")
            put(name, whole)
            put(name + "-unused", whole - self.kept(
                "-I%s/watch %s" % (OUT, options), "main",
                source="tests/size_device.c"))
        init = "amt_bearssl_init"
        bare = "-DAMT_BEARSSL -DAMT_TLS_NO_IP -DAMT_TLS_NO_PIN"
        base = self.kept(bare, init)
        both = self.kept("-DAMT_BEARSSL", init)
        put("tls-bearssl", base)
        put("tls-bearssl-ip",
            self.kept("-DAMT_BEARSSL -DAMT_TLS_NO_PIN", init) - base)
        put("tls-bearssl-pins",
            self.kept("-DAMT_BEARSSL -DAMT_TLS_NO_IP", init) - base)
        put("tls-bearssl-ip-and-pins", both - base)
        put("tls-bearssl-pem",
            self.kept("-DAMT_BEARSSL", init, "amt_bearssl_anchors_read",
                      "amt_bearssl_anchors_end") - both)
        put("tls-bearssl-client",
            self.kept("-DAMT_BEARSSL", init, "amt_bearssl_use_ec") - both)
        put("tls-bearssl-client-pem",
            self.kept("-DAMT_BEARSSL", init, "amt_bearssl_client_read") - both)
        init = "amt_mbedtls_init", "amt_mbedtls_server_init"
        base = self.kept("-DAMT_MBEDTLS -DAMT_TLS_NO_IP -DAMT_TLS_NO_PIN", *init)
        put("tls-mbedtls", base)
        put("tls-mbedtls-ip-and-pins", self.kept("-DAMT_MBEDTLS", *init) - base)


def watch_only():
    """amt.h without what a program that only starts and watches never needs:
    its flags are 0, so the compiler leaves out what depends on them."""
    with open("amt.h", encoding="utf-8") as f:
        text = f.read()
    for right, wrong, count in (
            (r"(AMT__(ONCE|LIVE_DUE|STOPPING|STOP_TRIED)\s+= )\d+", r"\g<1>0", 4),
            (r"return amt__after_stop\(.*?\);", "return AMT__NOTHING;", 1),
            (r"messages == AMT_LIVE", "0", 1)):
        text, found = re.subn(right, wrong, text)
        assert found == count, (right, found)
    return text


def prepare():
    os.makedirs(OUT + "/include", exist_ok=True)
    for path in glob.glob("/usr/include/bearssl*") + ["/usr/include/mbedtls"]:
        subprocess.check_call(["cp", "-r", path, OUT + "/include"])
    # Debian's mbedTLS locks by pthread, which a microcontroller does not have.
    config = OUT + "/include/mbedtls/config.h"
    with open(config, encoding="utf-8") as f:
        text = f.read()
    with open(config, "w", encoding="utf-8") as f:
        f.write(re.sub(r"(?m)^#define MBEDTLS_THREADING_.*", "", text))
    os.makedirs(OUT + "/lwip", exist_ok=True)
    with open(OUT + "/lwip/lwipopts.h", "w", encoding="utf-8") as f:
        f.write("#define NO_SYS 0\n#define LWIP_SOCKET_POLL 1\n"
                "#define LWIP_DNS 1\n#define LWIP_IPV6 1\n")
    os.makedirs(OUT + "/watch", exist_ok=True)
    with open(OUT + "/watch/amt.h", "w", encoding="utf-8") as f:
        f.write(watch_only())
    with open(OUT + "/kept.c", "w", encoding="utf-8") as f:
        f.write('#define AMT_IMPLEMENTATION\n#include "amt_http.h"\n')


# --- the README -----------------------------------------------------------------

NAMES = {"cortex-m4": "Cortex-M4", "cortex-m0+": "Cortex-M0+",
         "rv32imac": "RISC-V rv32imac", "esp8266": "ESP8266", "avr": "AVR",
         "x86-64": "x86-64"}


def first_row():
    """The figures that the README has first."""
    m4 = [figures["cortex-m4", "all." + what] for what in
          ("text", "ram", "stack")]
    yield row("all of it on a Cortex-M4", "flash", "RAM, buffers and all",
              "stack", "a job log of 1.5 MB")
    yield "|---|---|---|---|---|"
    yield row("without TLS and a network stack", *(
        "{:,} bytes".format(n) for n in m4), "passes through 128 bytes of that RAM")


def sizes():
    yield row("bytes, `gcc -Os`", "small job: code", "RAM", "stack",
              "all: code", "with any wire table", "RAM", "stack")
    yield "|" + "---|" * 8
    for target, name in NAMES.items():
        if (target, "all.text") not in figures:
            continue
        yield row(name, *(figures.get((target, what), "") for what in (
            "same-job.text", "same-job.ram", "same-job.stack", "all.text",
            "all-any-wire.text", "all.ram", "all.stack")))


    def plus(what):
        return "{:,}".format(figures["cortex-m4", what + ".text"])

    yield ""
    yield ("\"Small job\": a POST, its reply, an integer and a string of its JSON. "
           "\"All\": without TLS, words for errors (%s on a Cortex-M4), `AMT_WIDE` "
           "(32: %s) or a stream (lwIP's: %s)." %
           (plus("with-words"), plus("with-wide-32"), plus("lwip-raw")))
    yield ("RAM: all structs and buffers, on AVR also {:,} and {:,} bytes of "
           "constants. Stack: the deepest chain of calls.".format(
               figures["avr", "same-job.data"], figures["avr", "all.data"]))


def tls():
    def figure(what):
        return figures["cortex-m4", what + ".text"]

    yield row("on a Cortex-M4, beside the library itself", "BearSSL", "mbedTLS")
    yield "|---|---|---|"
    yield row("the stream", figure("tls-bearssl"), figure("tls-mbedtls"))
    yield row("IP addresses and pins, unless left out (`AMT_TLS_NO_IP`, "
              "`AMT_TLS_NO_PIN`)", "+ {:,}".format(
                  figure("tls-bearssl-ip-and-pins")),
              "+ {:,}".format(figure("tls-mbedtls-ip-and-pins")))
    yield row("trust anchors from PEM; a client certificate; that from PEM, too",
              "; ".join("+ {:,}".format(figure("tls-bearssl-" + what))
                        for what in ("pem", "client", "client-pem")), "its own")


def tool():
    """The tool as one file."""
    for target, what, path in (
            ("static", "amt-static-plain", "build/amt-static-plain"),
            ("static", "amt-static", "build/amt-static"),
            ("windows", "amt-exe", "build/amt.exe")):
        run("make", target)
        line("x86-64", what + ".bytes", os.path.getsize(path))
        if what != "amt-exe":
            data, bss = run("size", path).split("\n")[1].split()[1:3]
            line("x86-64", what + ".ram", int(data) + int(bss))
    return ["The tool for x86-64, whole, with musl: `build/amt-static-plain` has "
            "{:,} bytes, `build/amt-static`, with BearSSL,\n{:,} (`make static`); "
            "static memory {:,} and {:,}, most of it the rooms of `amt tap` and "
            "`amt learn`, which nothing else touches. `build/amt.exe`: {:,}.".format(*(
                figures["x86-64", what] for what in (
                    "amt-static-plain.bytes", "amt-static.bytes",
                    "amt-static-plain.ram", "amt-static.ram",
                    "amt-exe.bytes")))]


# The prices that headers state for themselves or for an option, in kB, and the
# figures that they are: on a Cortex-M4, unless a target is named.
PRICES = (
    ("amt.h", r"AMT_NO_TEXT .*?\(([0-9.]+) kB\)", "with-words"),
    ("amt.h", r"AMT_DEFAULT_WIRE_ONLY .*?\(([0-9.]+) kB\)", "with-any-wire"),
    ("amt.h", r"AMT_WIDE .*?\(32 costs ([0-9.]+) kB\)", "with-wide-32"),
    ("backends/amt_wide.h", r"Price: ([0-9.]+) kB on a Cortex-M4 with 32",
     "with-wide-32"),
    ("backends/amt_posix.h", r"Price: ([0-9.]+) kB on x86-64", "x86-64 posix"),
    ("backends/amt_lwip_sockets.h", r"Price: ([0-9.]+) kB on a Cortex-M4",
     "lwip-sockets"),
    ("backends/amt_lwip.h", r"Price: ([0-9.]+) kB on a Cortex-M4", "lwip-raw"),
    ("backends/amt_tls.h", r"\(([0-9.]+) kB with BearSSL",
     "tls-bearssl-ip-and-pins"),
    ("backends/amt_tls.h", r"kB with BearSSL, ([0-9.]+) kB with mbedTLS",
     "tls-mbedtls-ip-and-pins"),
    ("backends/amt_bearssl.h", r"Price, beside BearSSL: ([0-9.]+) kB",
     "tls-bearssl"),
    ("backends/amt_bearssl.h", r"and ([0-9.]+) kB more for IP addresses and pins",
     "tls-bearssl-ip-and-pins"),
    ("backends/amt_mbedtls.h", r"Price, beside mbedTLS: ([0-9.]+) kB",
     "tls-mbedtls"),
    ("backends/amt_mbedtls.h", r"and ([0-9.]+) kB more for IP addresses and pins",
     "tls-mbedtls-ip-and-pins"))


def prices():
    """1 if a header states another price than was measured, or one that is
    measured nowhere."""
    wrong = 0
    texts = {}
    for path in ("amt.h", "amt_http.h", *glob.glob("backends/*.h")):
        with open(path, encoding="utf-8") as f:
            texts[path] = re.sub(r"\s+", " ", f.read())
    for header, pattern, what in PRICES:
        said = float(re.search(pattern, texts[header]).group(1)) * 1000
        target, name = what.split() if " " in what else ("cortex-m4", what)
        if (target, name + ".text") not in figures:
            continue  # another machine's compiler
        measured = figures[target, name + ".text"]
        if abs(said - measured) > 60:
            print("%s says %d, not %d (%s)" % (header, said, measured, what))
            wrong = 1
    for header, text in texts.items():
        priced = any(h == header for h, _, _ in PRICES)
        if re.search(r"Price(, beside \w+)?: [0-9]", text) and not priced:
            print(header + " states a price that is not measured")
            wrong = 1
    return wrong


def left(name, what):
    print("left    SIZE %s: no %s" % (name, what))
    return 1


def main():
    skipped = 0
    for what in "bearssl.h", "mbedtls/ssl.h", "lwip/lwip/init.h":
        if not os.path.exists("/usr/include/" + what):
            skipped += left("tls-..., lwip-...", what)
    streams = not skipped
    if streams:
        prepare()
    for name in TARGETS:
        if name == "x86-64" and not run("gcc", "-dumpmachine").startswith(name[:3]):
            continue  # another machine's compiler
        programs = [TARGETS[name][0] + "gcc"]
        if name in MACHINES:
            programs.append("qemu-system-arm")
        missing = [p for p in programs if not shutil.which(p)]
        if missing:
            skipped += left(name, ", ".join(missing))
            continue
        target = Target(name)
        target.whole("same-job", "size_same")
        target.whole("all", "size_all")
        target.with_option("any-wire", ["-DAMT_NO_TEXT"], BOUNDED)
        target.with_option("words", [], ["-DAMT_NO_TEXT"])
        if name.startswith("cortex"):
            target.with_option("wide-32", BOUNDED + ["-DAMT_WIDE=32"], BOUNDED)
            if streams:
                target.adapters()
        if name == "x86-64" and streams:
            line(name, "posix.text", target.kept("-DAMT_POSIX",
                                                 "amt_posix_init"))
            line(name, "device-posix.text",
                 target.kept("-DAMT_POSIX -DAMT_DEFAULT_WIRE_ONLY", "main",
                             source="tests/size_device.c"))
    if skipped:
        return 0
    readme.write("make size: row", first_row())
    readme.write("make size: tool", tool())
    readme.write("make size: sizes", sizes())
    readme.write("make size: TLS", tls())
    return prices()


sys.exit(main())
