#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts a second run on the journal of a first one, then kills the first.

    held_journal.py KEYFERRY [--share PERCENT] [--refusal-ms-max MS]

Runs 50 rounds with the real binary. While one run is in progress, a second run must fail, name the process that
holds the journal, and leave the journal unchanged. The same applies to a third run while the holder is stopped with
SIGSTOP. After the holder is killed with SIGKILL, the next run must obtain the journal.

Prints the times. Slow refusals fail the script only if --refusal-ms-max is given, which is meant for an idle
machine: the tests run two at a time, and a process can then take a quarter of a second to start.
"""

import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time

from fleet_under_fault import JOURNAL_HELD, FleetUnderFault, expect
from judged_cases import parse_arguments, run_cases

ROUNDS = 50
HELD = re.compile(r"process (\d+) on host (\S+) is using it")


class Times:
    """Milliseconds from the start of a second run to its refusal, and from a kill to the takeover of the journal."""

    def __init__(self):
        self.refused, self.taken_over = [], []


def wait_for_line(process, mark):
    for line in process.stderr:
        if mark in line:
            return
    expect(False, f"no line with \"{mark}\"; the process exited with {process.wait()}")


def expect_refusal(fleet, holder, times):
    before = fleet.journal_content()
    began = time.perf_counter()
    second = fleet.start()
    _, notes = second.communicate()
    times.refused.append((time.perf_counter() - began) * 1000)
    expect(second.returncode == JOURNAL_HELD, f"the second run exited with {second.returncode}: {notes}")
    holder_named = HELD.search(notes)
    expect(holder_named and holder_named.groups() == (str(holder.pid), socket.gethostname()),
           f"the message does not name the holder: {notes}")
    expect(fleet.journal_content() == before, "the second run changed the journal")


def hold_and_die(keyferry, times):
    with FleetUnderFault(keyferry, keys=3, simulator=("--creating", "1h")) as fleet:
        holder = fleet.start()
        try:
            wait_for_line(holder, "journal")
            while fleet.journal_content().count(b'"ev":"accepted"') < len(fleet.jobs):
                time.sleep(0.001)
            expect_refusal(fleet, holder, times)
            os.kill(holder.pid, signal.SIGSTOP)
            expect_refusal(fleet, holder, times)
            began = time.perf_counter()
            holder.kill()
            holder.communicate()
            holder = fleet.start()
            wait_for_line(holder, "resuming")
            times.taken_over.append((time.perf_counter() - began) * 1000)
        finally:
            holder.kill()
            holder.communicate()
        return {"second runs refused": 2, "journals of killed holders taken over": 1}


def summary(name, values_ms):
    return (f"{name}: median {statistics.median(values_ms):.1f} ms, maximum {max(values_ms):.1f} ms, "
            f"{len(values_ms)} times")


def main():
    options = parse_arguments(__doc__, jobs=1, more=[
        ("--refusal-ms-max", {"type": float, "help": "fail when the median refusal takes longer than this"})])
    times = Times()
    code = run_cases([(f"round-{number}", lambda: hold_and_die(options.keyferry, times))
                      for number in range(ROUNDS)], options)
    if code == 0:
        print(summary("start to refusal", times.refused))
        print(summary("kill to takeover of the journal", times.taken_over))
        # Compares the median, since a single process may start late on any machine.
        if options.refusal_ms_max and statistics.median(times.refused) > options.refusal_ms_max:
            print(f"FAILED: a refusal takes more than {options.refusal_ms_max} ms")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
