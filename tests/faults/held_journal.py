#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts a second real binary on the journal of a first one, and kills the first.

    held_journal.py KEYFERRY [--share PERCENT] [--refusal-ms-max MS]

50 rounds: a run that goes on is joined by a second one, which must be refused, told who holds the journal, and
leave it alone; so must a third one while the holder is stopped and cannot answer anybody. Then SIGKILL to the
holder, and the next start must have the journal.

The times are printed. They fail the script only where --refusal-ms-max asks for it, on a machine that has
nothing else to do: the tests run two at a time, where a process can take a quarter of a second to begin.
"""

import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time

from fleet_under_fault import JOURNAL_FAILED, FleetUnderFault, expect
from judged_cases import parse_arguments, run_cases

ROUNDS = 50
HELD = re.compile(r"process (\d+) on host (\S+) is using it")


class Times:
    """Milliseconds from before a process is started to what was waited for."""

    def __init__(self):
        self.refused, self.taken_over = [], []


def wait_for_line(process, mark):
    for line in process.stderr:
        if mark in line:
            return
    expect(False, f"no line with \"{mark}\"; ended with {process.wait()}")


def expect_refusal(fleet, holder, times):
    before = fleet.journal_content()
    began = time.perf_counter()
    second = fleet.start()
    _, notes = second.communicate()
    times.refused.append((time.perf_counter() - began) * 1000)
    expect(second.returncode == JOURNAL_FAILED, f"the second run ended with {second.returncode}: {notes}")
    told = HELD.search(notes)
    expect(told and told.groups() == (str(holder.pid), socket.gethostname()), f"who holds it: {notes}")
    expect(fleet.journal_content() == before, "the second run has changed the journal")


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
    return (f"{name}: median {statistics.median(values_ms):.1f} ms, most {max(values_ms):.1f} ms, "
            f"{len(values_ms)} times")


def main():
    options = parse_arguments(__doc__, jobs=1, more=[
        ("--refusal-ms-max", {"type": float, "help": "fail when the median refusal takes longer than this"})])
    times = Times()
    code = run_cases([(f"round-{number}", lambda: hold_and_die(options.keyferry, times))
                      for number in range(ROUNDS)], options)
    if code == 0:
        print(summary("start to refusal", times.refused))
        print(summary("kill to the journal taken over", times.taken_over))
        # The median: any machine may start one process late.
        if options.refusal_ms_max and statistics.median(times.refused) > options.refusal_ms_max:
            print(f"FAILED: a refusal takes more than {options.refusal_ms_max} ms")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
