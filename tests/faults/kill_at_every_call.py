#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the real binary at each of its system calls on the journal, and lets it go on.

    kill_at_every_call.py KEYFERRY [--share PERCENT] [--jobs N] [--seed N]

200 jobs. For N = 1, 2, ... until a run gets through: SIGKILL at its Nth call on the journal, its copies or its
folder, over all threads. Three ways to die: before the call; in the middle of a write; before the call, and the
machine with it, so that what was not synced is lost in part. The same once more for the run that resumes a torn
journal. Each time a further run, without faults, must end with 0, and ledger, journal and report must agree.
"""

import random
import sys

from fleet_under_fault import Fault, FleetUnderFault, expect
from judged_cases import parse_arguments, run_cases
from watched_process import HalfThenKill, Kill

CALLS_BEYOND = 6  # runs differ a little in how many batches they write


def tear(fleet):
    """A first run, of which half of the answers are on record and a batch is torn."""
    finished, watch = fleet.watched_run(Fault(4, HalfThenKill(), names={"write"}))
    expect(finished.was_killed, f"the first run was not killed: {finished.code} {finished.notes}")
    watch.expect_backed_requests()
    fleet.note_what_is_there()
    expect(len(fleet.tails) == 1, "the first run has left no torn tail")


def die(keyferry, is_torn, fault, dice=None):
    """`dice`: the power fails too."""
    with FleetUnderFault(keyferry) as fleet:
        if is_torn:
            tear(fleet)
        finished, watch = fleet.watched_run(fault)
        watch.expect_backed_requests()
        if fault.befell is None:
            expect(finished.code == 0, f"ended with {finished.code}: {finished.notes}")
            return "got through"
        expect(finished.was_killed, f"was not killed: {finished.code} {finished.notes}")
        if dice:
            fleet.cut_power(dice)
        fleet.resume()
        return f"killed at {fault.befell.name}"


def calls_of_a_run(keyferry, is_torn):
    """How many calls on its journal an undisturbed run makes, and how many writes."""
    with FleetUnderFault(keyferry) as fleet:
        if is_torn:
            tear(fleet)
        _, watch = fleet.watched_run()
        return len(watch.names), watch.names.count("write")


def cases_of(options):
    cases = []

    def add(name, *arguments):
        cases.append((name, lambda: die(options.keyferry, *arguments)))

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
