# SPDX-License-Identifier: MIT OR Unlicense
"""A day of the firmware's time in qemu, in MINUTES: its image was built for a
processor so much slower, and its clock runs so much faster. The job writes a
message a second, the board polls twice a second, and the link goes at random.
Each message must come once and in order, and there must be one Start; RAM
cannot grow, since there is no heap, but the stack's depth is printed.
usage: firmware_day.py FOLDER AMTSIM MINUTES BOARD/VARIANT   (see long.sh)"""
import os
import random
import re
import sys
import tempfile
import time

import firmware

MINUTES, IMAGE = int(sys.argv[3]), sys.argv[4]
MESSAGES = 86400  # of the job, in which the image was built: SLOWLOG_86400


def link_fails(board, path, rng):
    """Until the end, the link is there for up to 10 s, then away for up to one,
    which are many of the board's. Returns how often."""
    times = 0
    while board.process.poll() is None:
        time.sleep(rng.uniform(0, 10))
        if board.process.poll() is None:
            firmware.set_link(path, b"off")
            time.sleep(rng.uniform(0, 1))
            firmware.set_link(path, b"on")
            times += 1
    return times


def main():
    seed = int(os.environ.get("SEED", time.time()))
    with tempfile.TemporaryDirectory() as folder, firmware.Server(
            folder, "--speed", str(1440 / MINUTES),
            tls=firmware.has_tls(IMAGE)) as server:
        path = os.path.join(folder, "monitor")
        board = firmware.Board(
            folder, IMAGE, server.url, firmware.Dns(), "-monitor",
            "unix:%s,server=on,wait=off" % path)
        board.until("started: ")
        times = link_fails(board, path, random.Random(seed))
        status = board.end()
        firmware.must(status == 4, "exit status %s" % status, board)
        starts = server.starts()
    # A message that broke off goes on in another line.
    log = re.sub(r" \.\.\.\n(?:(?!log).*\n)*log: \.\.\. ", "", board.console())
    got = [int(n) for n in re.findall(r"^log: Slow log message (\d+) of 86400$",
                                      log, re.M)]
    hours = board.figure("awake for") / 3600
    print("%s, seed %d: %.1f h of its time, link away %d times, %d outages "
          "told, %d Starts, %d messages; deepest stack %d bytes" % (
              IMAGE, seed, hours, times, board.console().count("again soon"),
              starts, len(got), board.figure("deepest stack")))
    good = starts == 1 and got == list(range(1, MESSAGES + 1)) and hours >= 24
    print("firmware day: %s" % ("all went right" if good else "FAILED"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
