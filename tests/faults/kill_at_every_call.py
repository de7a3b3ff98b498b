#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the real binary at each of its system calls on the journal, and resumes the run.

    kill_at_every_call.py KEYFERRY [--share PERCENT] [--jobs N] [--seed N]

Uses a plan of 200 jobs. For N = 1, 2, ... until a run completes, SIGKILL ends the run at its Nth call on the
journal, its copies or its folder, counted over all threads: before the call, in the middle of a write, or before the
call with a power failure, which loses part of the data that was not synced. All cases are repeated for a run that
resumes a torn journal. Each time, a further run without faults must exit with 0, and ledger, journal and report must
agree.
"""

import random
import sys

from fleet_under_fault import Fault, FleetUnderFault, expect
from judged_cases import parse_arguments, run_cases
from watched_process import HalfThenKill, Kill

CALLS_BEYOND = 6  # the number of batches varies slightly between runs


def tear(fleet):
    """Kills a first run in the middle of a write, when about half of the responses are recorded."""
    finished, watch = fleet.watched_run(Fault(4, HalfThenKill(), names={"write"}))
    expect(finished.was_killed, f"the first run was not killed: {finished.code} {finished.stderr}")
    watch.expect_backed_requests()
    fleet.remember_journal()
    expect(len(fleet.tails) == 1, "the first run left no torn tail")


def kill_and_resume(keyferry, is_torn, fault, dice=None):
    """With `dice`, also simulates a power failure."""
    with FleetUnderFault(keyferry) as fleet:
        if is_torn:
            tear(fleet)
        finished, watch = fleet.watched_run(fault)
        watch.expect_backed_requests()
        if fault.hit is None:
            expect(finished.code == 0, f"exited with {finished.code}: {finished.stderr}")
            return "completed"
        expect(finished.was_killed, f"was not killed: {finished.code} {finished.stderr}")
        if dice:
            fleet.cut_power(dice)
        fleet.resume()
        return f"killed at {fault.hit.name}"


def calls_of_a_run(keyferry, is_torn):
    """Returns how many calls an uninterrupted run makes on its journal, and how many of them are writes."""
    with FleetUnderFault(keyferry) as fleet:
        if is_torn:
            tear(fleet)
        _, watch = fleet.watched_run()
        return len(watch.names), watch.names.count("write")


def cases_of(options):
    cases = []

    def add(name, *arguments):
        cases.append((name, lambda: kill_and_resume(options.keyferry, *arguments)))

    for is_torn in (False, True):
        run = "resumed" if is_torn else "fresh"
        calls, writes = calls_of_a_run(options.keyferry, is_torn)
        print(f"a {run} run makes {calls} calls on its journal, {writes} of them writes")
        for number in range(1, calls + CALLS_BEYOND):
            add(f"{run}-killed-{number}", is_torn, Fault(number, Kill()))
            add(f"{run}-power-{number}", is_torn, Fault(number, Kill()), random.Random(options.seed * 1000 + number))
        for number in range(1, writes + CALLS_BEYOND):
            add(f"{run}-half-{number}", is_torn, Fault(number, HalfThenKill(), names={"write"}))
    return cases


def main():
    options = parse_arguments(__doc__)
    return run_cases(cases_of(options), options)


if __name__ == "__main__":
    sys.exit(main())
