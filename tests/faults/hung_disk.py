#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Simulates a disk that hangs, for example because of a file server: an fdatasync of the real binary never returns.

    hung_disk.py KEYFERRY [--share PERCENT] [--jobs N]

SIGTERM arrives at the same time. The run must report that the disk does not respond, send no request whose intent is
not durable, and exit with 74 within a bounded time, although one of its threads is blocked. A further run must
complete, and ledger, journal and report must agree.
"""

import signal
import sys
import time

from fleet_under_fault import JOURNAL_FAILED, Fault, FleetUnderFault, expect
from judged_cases import parse_arguments, run_cases
from watched_process import Hang

# 10 s until the run no longer waits for the disk, and 10 s for calls in flight; the rest is a margin for busy machines.
END_S_MAX = 30


def hang(keyferry, number, quota):
    with FleetUnderFault(keyferry, quota=quota) as fleet:
        fault = Fault(number, Hang(signal.SIGTERM), names={"fdatasync"})
        began = time.monotonic()
        finished, watch = fleet.watched_run(fault)
        took_s = time.monotonic() - began
        expect(fault.hit, "the disk did not hang")
        expect(finished.code == JOURNAL_FAILED, f"exited with {finished.code}: {finished.stderr}")
        expect(took_s < END_S_MAX, f"took {took_s:.0f} s to exit")
        expect("the journal's disk has not responded for 5 s" in finished.stderr, f"not reported: {finished.stderr}")
        expect("stopping without waiting for it" in finished.stderr, f"not reported: {finished.stderr}")
        expect(str(fleet.journal) in finished.stderr, f"the file is not named: {finished.stderr}")
        watch.expect_backed_requests()
        lost = finished.stderr.count("not in the journal: ")
        fleet.resume()
        return f"fdatasync {number} hung: 74 after {took_s:.0f} s, {lost} outcomes named"


def main():
    options = parse_arguments(__doc__)
    cases = [(f"fdatasync-{number}-quota-{quota}", lambda number=number, quota=quota:
              hang(options.keyferry, number, quota)) for quota in (100000, 20) for number in (4, 5, 6, 9)]
    return run_cases(cases, options)


if __name__ == "__main__":
    sys.exit(main())
