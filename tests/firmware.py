# SPDX-License-Identifier: MIT OR Unlicense
"""Runs the images of examples/firmware in qemu and checks what comes of it;
see `make firmware`. Prints their sizes, the longest poll and the deepest stack,
and writes them into the README.
usage: firmware.py FOLDER AMTSIM [CUTS]"""
import concurrent.futures
import contextlib
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import readme

OUT, AMTSIM = (os.path.abspath(path) for path in sys.argv[1:3])
CUTS = int(sys.argv[3]) if len(sys.argv) > 3 else 100
WORKERS = 4
# One instruction takes 2^5 = 32 ns of the emulated time; the board's clock ticks
# every 40 ns of it. So ticks can be told as instructions, whatever this machine
# does meanwhile.
ICOUNT = ("-icount", "shift=5")


# --- the network around the board -------------------------------------------

class Dns(threading.Thread):
    """Answers each question with 10.0.2.2, qemu's address for this machine;
    but for the first `lost` ones, which it does not hear."""

    def __init__(self, lost=0):
        super().__init__(daemon=True)
        self.lost, self.asked = lost, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            question, sender = self.socket.recvfrom(512)
            self.asked += 1
            if self.asked <= self.lost:
                continue
            end = question.index(b"\0", 12) + 5
            self.socket.sendto(
                question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:end] +
                b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\2\2", sender)


class Server:
    """An amtsim of its own, and what it knows of Starts."""

    def __init__(self, folder, *options, tls=False):
        self.db = os.path.join(folder, "db-tls" if tls else "db")
        if tls:
            options += ("--tls", OUT + "/server.pem", OUT + "/server.key")
        self.process = subprocess.Popen(
            [AMTSIM, "--db", self.db, *options], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, universal_newlines=True)
        line = self.process.stdout.readline()
        port = re.search(r"listening on .*:(\d+)", line).group(1)
        self.url = "%s://amt.test:%s" % ("https" if tls else "http", port)

    def starts(self):
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            return db.execute("SELECT count(*) FROM jobs").fetchone()[0]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


# What the emulator is asked for, and what else its network wants.
MACHINES = {
    "cortex_m3": ("arm-none-eabi-", [
        "qemu-system-arm", "-M", "mps2-an385",
        "-nic", "user,id=net,model=lan9118"]),
    "risc_v": ("riscv64-unknown-elf-", [
        "qemu-system-riscv32", "-M", "virt", "-bios", "none",
        "-global", "virtio-mmio.force-legacy=false",
        "-netdev", "user,id=net", "-device", "virtio-net-device,netdev=net",
        "-object", "rng-builtin,id=random",
        "-device", "virtio-rng-device,rng=random"])}

def has_tls(image):
    return image.endswith("/tls")


class Board:
    """One run of an image; its flash is the files slot0 and slot1 in folder."""

    def __init__(self, folder, image, url, dns, *options, words=()):
        self.lines = []
        self.process = subprocess.Popen(
            [*MACHINES[image.split("/")[0]][1], "-display", "none",
             "-monitor", "none", "-serial", "stdio", "-semihosting-config",
             "enable=on,target=native,arg=firmware,arg=%s,arg=%d" %
             (url, dns.port) + "".join(",arg=" + word for word in words),
             "-kernel", "%s/%s.elf" % (OUT, image), *options],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, universal_newlines=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def until(self, text, seconds=30):
        """Waits for a line of the console, or for the end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            if any(text in line for line in self.lines):
                return
            time.sleep(0.002)

    def cut(self):
        """The power goes."""
        self.process.kill()
        self.process.wait()

    def end(self, seconds=90):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.cut()
            status = None
        self.reader.join()
        return status

    def console(self):
        return "\n".join(self.lines)

    def figure(self, label):
        return int(re.search(label + r": (\d+)", self.console()).group(1))


def must(condition, what, board):
    if not condition:
        board.cut()
        raise AssertionError("%s\n%s" % (what, board.console()))


# --- sizes, from the linker's map -------------------------------------------

def owner(section, path):
    """Strings that two files share count for the first; what TLS needs of RAM
    are main.c's variables whose names begin with tls."""
    if "libbearssl" in path or (section.startswith(".bss.tls") and
                                "main.o" in path):
        return "TLS"
    if "/lwip/" in path:
        return "lwIP"
    if re.search(r"/(tls|plain)/\w+\.o$", path):
        return "us"
    return "libc"


def sizes(image):
    """{"flash" or "RAM": {owner: bytes}}, and the stack."""
    with open("%s/%s.map" % (OUT, image), encoding="utf-8") as f:
        text = f.read().split("Linker script and memory map")[1]
    table = {"flash": {}, "RAM": {}}
    for section, size, path in re.findall(
            r"^ (\.\S+|COMMON|\*fill\*)\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+)$",
            text, re.M):
        kind = re.match(r"\.s?(text|rodata|vectors|data|bss)|COMMON", section)
        if not kind:
            continue
        who = owner(section, path)
        for memory in (("RAM",) if kind.group(1) in ("bss", None) else
                       ("flash", "RAM") if kind.group(1) == "data" else
                       ("flash",)):
            table[memory][who] = table[memory].get(who, 0) + int(size, 16)
    return table


def no_heap(image):
    names = subprocess.check_output(
        [MACHINES[image.split("/")[0]][0] + "nm", "%s/%s.elf" % (OUT, image)],
        universal_newlines=True).split()
    heap = {"malloc", "calloc", "realloc", "free", "_malloc_r", "_free_r",
            "_sbrk", "_sbrk_r", "sbrk"} & set(names)
    assert not heap, heap


def print_sizes(image, board):
    table = sizes(image)
    stack = board.figure("deepest stack")
    room = int(re.search(r"of (\d+) bytes", board.console()).group(1))
    print("%-22s %8s %8s" % (image + ".elf, bytes", "flash", "RAM"))
    for who in ("TLS", "lwIP", "us", "libc"):
        print("  %-20s %8d %8d" % (who, table["flash"].get(who, 0),
                                   table["RAM"].get(who, 0)))
    all_flash = sum(table["flash"].values())
    all_ram = sum(table["RAM"].values()) + room
    print("  %-20s %8s %8d   deepest: %d" % ("stack", "", room, stack))
    print("  %-20s %8d %8d" % ("all", all_flash, all_ram))
    README.append(readme.row(
        "`%s.elf`, for %d kB of RAM" % (image, 64 if has_tls(image) else 32),
        *("{:,} + {:,}".format(table["flash"].get(who, 0),
                               table["RAM"].get(who, 0))
          for who in ("TLS", "lwIP", "us", "libc")),
        "{:,} of {:,}".format(stack, room),
        "{:,} + {:,}".format(all_flash, all_ram)))


# What goes into the README, if all goes right.
README = [readme.row("bytes, flash + RAM", "TLS", "lwIP", "ours", "libc",
                     "stack", "all"), "|" + "---|" * 7]
longest = {}


# --- checks ------------------------------------------------------------------

def whole_run(image):
    """A job from its Start to its end, at a given number of instructions per
    second; the first question to the DNS is lost."""
    with tempfile.TemporaryDirectory() as folder, \
            Server(folder, "--speed", "20", tls=has_tls(image)) as server:
        dns = Dns(lost=1)
        board = Board(folder, image, server.url, dns, *ICOUNT)
        status = board.end()
        must(status == 4, "exit status %s, not 4" % status, board)
        must(board.lines.count("log: Done") == 1, "no log", board)
        must(board.lines.count("ended: DONE") == 1, "no end", board)
        must(dns.asked == 2, "%d questions" % dns.asked, board)
        must(server.starts() == 1, "%d Starts" % server.starts(), board)
        must(("UNSAFE" in board.console()) == (image == "cortex_m3/tls"),
             "its randomness is told as what it is not", board)
        again = Board(folder, image, server.url, dns)
        must(again.end() == 4 and "ended before the reset: DONE" in again.lines,
             "its end was not kept", again)
        must(server.starts() == 1, "started again", again)
    print_sizes(image, board)
    longest[image] = ticks = board.figure("longest poll") * 40 // 32
    print("  longest poll: %d instructions; %.2f s at 25 MHz, one each cycle" %
          (ticks, ticks / 25e6))


def set_link(path, state):
    with socket.socket(socket.AF_UNIX) as monitor:
        monitor.connect(path)
        monitor.sendall(b"set_link net %s\n" % state)
        time.sleep(0.2)


def link_goes(image):
    """In mid-run the cable is out for longer than the idle limit."""
    with tempfile.TemporaryDirectory() as folder, \
            Server(folder, "--speed", "4", tls=has_tls(image)) as server:
        path = os.path.join(folder, "monitor")
        board = Board(folder, image, server.url, Dns(), "-monitor",
                      "unix:%s,server=on,wait=off" % path)
        board.until("status: RUNNING")
        set_link(path, b"off")
        board.until("again soon", 20)
        must("again soon" in board.console(), "it noticed nothing", board)
        set_link(path, b"on")
        status = board.end()
        must(status == 4, "exit status %s, not 4" % status, board)
        must(board.lines.count("log: Done") == 1, "no log", board)
        must(server.starts() == 1, "%d Starts" % server.starts(), board)
        print("link out in mid-run: %s" %
              [line for line in board.lines if "again soon" in line][0])


def no_randomness(image):
    """A generator that fails: no key is made, so nothing is sent."""
    with tempfile.TemporaryDirectory() as folder, \
            Server(folder, tls=True) as server:
        board = Board(folder, image, server.url, Dns(), words=["broken"])
        board.until("no source of randomness", 20)
        time.sleep(1)
        board.cut()
        must(any("no source of randomness" in line for line in board.lines),
             "not said", board)
        must(server.starts() == 0, "%d Starts" % server.starts(), board)


def torn(image):
    """The newest slot is damaged: the one before it counts."""
    with tempfile.TemporaryDirectory() as folder, \
            Server(folder, "--speed", "60") as server:
        dns = Dns()
        for until, keep, expected in (("started: ", 20, 19),
                                      ("ended: ", 75, 4)):
            for slot in ("slot0", "slot1"):
                with contextlib.suppress(FileNotFoundError):
                    os.remove(os.path.join(folder, slot))
            before = server.starts()
            board = Board(folder, image, server.url, dns)
            board.until(until)
            board.until("status: " if until == "started: " else "deepest")
            board.cut()
            newest = max(("slot0", "slot1"), key=lambda slot: int.from_bytes(
                open(os.path.join(folder, slot), "rb").read(4), "little"))
            os.truncate(os.path.join(folder, newest), keep)
            again = Board(folder, image, server.url, dns)
            status = again.end()
            must(status == expected, "exit status %s" % status, again)
            must(server.starts() == before + 1, "Starts", again)


def one_cut(folder, image, server, dns, instants):
    """Power cuts at the given seconds after the board is up, then a run that is
    left alone: its exit status, and how many Starts there were in all."""
    for slot in ("slot0", "slot1"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(folder, slot))
    before = server.starts()
    for instant in instants:
        board = Board(folder, image, server.url, dns)
        board.until("firmware: up")
        time.sleep(instant)
        board.cut()
    board = Board(folder, image, server.url, dns)
    status = board.end()
    starts = server.starts() - before
    must(starts <= 1, "%d Starts after cuts at %s" % (starts, instants), board)
    known = status == 4 and starts == 1 and "DONE" in board.console()
    unknown = status == 19 and "unknown: " in board.console()
    must(known or unknown, "exit status %s after cuts at %s, %d Starts" %
         (status, instants, starts), board)
    return status, starts


def worker(index):
    """Its share of the cuts. Replies take 40 ms, so that there is something to
    hit: half of the cuts fall into the time around sign-in and Start, the
    others anywhere in the run; each third run is cut twice, each fifth is over
    https; the boards take turns."""
    rng = random.Random(index)
    outcomes = []
    with tempfile.TemporaryDirectory() as folder, \
            contextlib.ExitStack() as running:
        servers = {variant: running.enter_context(Server(
            folder, "--speed", "60", "--fault", "slow=40",
            tls=variant == "tls")) for variant in ("plain", "tls")}
        dns = Dns()
        for i in range(index, CUTS, WORKERS):
            board = list(MACHINES)[i // WORKERS % 2]
            variant = "plain" if i % 5 else "tls"
            early = 0.15 if i % 5 else 0.5
            instants = [rng.uniform(0, early if i // 2 // WORKERS % 2 else 1.5)]
            if i % 3 == 0:
                instants.append(rng.uniform(0, 1))
            outcomes.append(one_cut(folder, board + "/" + variant,
                                    servers[variant], dns, instants))
    return outcomes


def code_lines(board):
    with open("examples/firmware/%s.c" % board, encoding="ascii") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    return sum(1 for line in text.splitlines() if line.strip())


def power_cuts():
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        outcomes = sum(pool.map(worker, range(WORKERS)), [])
    done, sent, unsent = (outcomes.count(o) for o in ((4, 1), (19, 1), (19, 0)))
    print("%d power cuts: no second Start; %d ended DONE, %d said that the "
          "outcome is unknown (%d had been started, %d not)" %
          (len(outcomes), done, sent + unsent, sent, unsent))
    README.append("\nThe longest poll takes {:.1f} million instructions (qemu's "
                  "`-icount`), a step of the TLS handshake: {:.1f} s at 25 MHz, "
                  "which a\nwatchdog must allow for; {:,} without TLS. Of {} power "
                  "cuts none led to a second Start: after {} the next boot saw "
                  "the\njob end as DONE, after {} it said that nobody knows "
                  "whether it runs.".format(
                      longest["cortex_m3/tls"] / 1e6,
                      longest["cortex_m3/tls"] / 25e6,
                      longest["cortex_m3/plain"], CUTS, done, sent + unsent))
    README.append("What a board of your own takes is one file: {} has {} lines of "
                  "code, {} {}, half of them for the Ethernet.".format(
                      *(word for board in MACHINES for word in (
                          "`%s.c`" % board, code_lines(board)))))
    assert done + sent + unsent == CUTS and done
    assert CUTS < 50 or sent, "no cut fell between the Start and its reply"


def checked(name, check, *arguments):
    """1 if it fails."""
    try:
        check(*arguments)
        print("ok      firmware: " + name, flush=True)
    except Exception as e:  # pylint: disable=broad-except
        print("FAILED  firmware: %s: %s: %s" % (name, type(e).__name__, e),
              flush=True)
        return 1
    return 0


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    failed = 0
    for name, check, variants in (
            ("no heap", no_heap, ("tls", "plain")),
            ("a job", whole_run, ("tls", "plain")),
            ("the link goes and comes back", link_goes, ("plain", "tls")),
            ("a damaged slot", torn, ("plain",)),
            ("a generator of randomness that fails", no_randomness, ("tls",))):
        for image in (b + "/" + v for v in variants for b in MACHINES):
            failed += checked("%s, %s" % (name, image), check, image)
    failed += checked("power cuts", power_cuts)
    print("firmware: %s" % ("%d failed" % failed if failed else "all went right"))
    if not failed and len(sys.argv) < 4:
        readme.write("make firmware", README)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
