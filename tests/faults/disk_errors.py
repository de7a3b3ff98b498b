#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks the disk under the real binary, at each of its calls on the journal.

    disk_errors.py KEYFERRY [--share PERCENT] [--jobs N] [--seed N]

200 jobs. For N = 1, 2, ... until a run gets through: EIO, ENOSPC and EDQUOT at the Nth call of a run on its
journal, its copies or its folder; once, and from there on for ever. A write that the full disk cuts short. The
same again for the run that resumes a torn journal. Each time the run must end with 74, name the file and the
error, change the journal no more, and let no request go but those whose intents were durable before; a further
run, without faults, must end with 0, and ledger, journal and report must agree. At last a slow run, whose calls
would go on for seconds: there few intents are durable ahead of their calls, so few requests may follow.
"""

import errno
import os
import sys

from fleet_under_fault import JOURNAL_FAILED, Fault, FleetUnderFault, expect
from judged_cases import parse_arguments, run_cases
from kill_at_every_call import CALLS_BEYOND, calls_of_a_run, tear
from watched_process import Fail, Half

READS = {"pread64", "fcntl"}
TAKES_ROOM = {"open", "openat", "write", "pwrite64", "fallocate", "fdatasync", "fsync"}
SLOW_QUOTA = 100
# Of the 200 requests of a slow run, how many may leave after the failure, before the news of it has gone from the
# journal's thread to the other. Counted, not timed: on a busy machine all of it may take a second.
LATE_REQUESTS_MAX = 50


class FullDisk(Fault):
    """Write `number` is cut short, and all further ones fail."""

    def __init__(self, number):
        super().__init__(number, Half(), for_ever=True, names={"write"})

    def __call__(self, call):
        decision = super().__call__(call)
        return Fail(errno.ENOSPC) if decision and call is not self.befell else decision


def is_over(fleet):
    """The run has recorded its end; what fails after that costs nothing."""
    return b'"ev":"end"' in fleet.journal_content()[:fleet.durable_bytes].rsplit(b"\n", 2)[-2:][0]


def expect_named(finished, fleet, error_number):
    expect(str(fleet.journal.parent) in finished.notes, f"the file is not named: {finished.notes}")
    expect(os.strerror(error_number) in finished.notes, f"the error is not named: {finished.notes}")


def expect_left_alone(watch):
    """After the failure nothing is written and above all nothing is synced. What was reserved in vain is given
    back, and a new journal that could not be made is removed."""
    allowed = {"ftruncate"} if watch.failed_call.name == "fallocate" else set()
    changes = [str(call) for call in watch.changes_after_failure
               if call.name not in allowed | {"unlink", "unlinkat"}]
    expect(not changes, f"after the failure of {watch.failed_call}: {changes}")


def break_disk(keyferry, is_torn, fault, error_number, quota=100000):
    with FleetUnderFault(keyferry, quota=quota) as fleet:
        if is_torn:
            tear(fleet)
        finished, watch = fleet.watched_run(fault)
        watch.expect_backed_requests()
        if fault.befell is None:
            expect(finished.code == 0, f"ended with {finished.code}: {finished.notes}")
            return "got through"
        at_end = "after the end of the run" if is_over(fleet) else "in the run"
        if at_end == "in the run" or finished.code != 0:
            expect(finished.code == JOURNAL_FAILED, f"{fault.befell}: ended with {finished.code}: {finished.notes}")
            expect_named(finished, fleet, error_number)
            expect_left_alone(watch)
        if quota == SLOW_QUOTA:
            expect(watch.requests_after_failure <= LATE_REQUESTS_MAX,
                   f"{watch.requests_after_failure} requests left after the failure")
        fleet.resume()
        what = errno.errorcode[error_number] if watch.failed_call else "cut short"
        return f"{fault.befell.name} {at_end}, {what}: exit {finished.code}"


def cases_of(options):
    cases = []

    def add(name, *arguments, **settings):
        cases.append((name, lambda: break_disk(options.keyferry, *arguments, **settings)))

    for is_torn in (False, True):
        run = "resumed" if is_torn else "fresh"
        calls, writes = calls_of_a_run(options.keyferry, is_torn)
        print(f"a {run} run makes {calls} calls on its journal, {writes} of them writes")
        for number in range(1, calls + CALLS_BEYOND):
            add(f"{run}-EIO-once-{number}", is_torn, Fault(number, Fail(errno.EIO)), errno.EIO)
            add(f"{run}-EIO-ever-{number}", is_torn, Fault(number, Fail(errno.EIO), for_ever=True), errno.EIO)
        for number in range(1, calls + CALLS_BEYOND):  # of those that take room there are fewer
            full = Fail(errno.ENOSPC)
            add(f"{run}-ENOSPC-once-{number}", is_torn, Fault(number, full, names=TAKES_ROOM), errno.ENOSPC)
            add(f"{run}-ENOSPC-ever-{number}", is_torn, Fault(number, full, for_ever=True, names=TAKES_ROOM),
                errno.ENOSPC)
            add(f"{run}-EDQUOT-once-{number}", is_torn, Fault(number, Fail(errno.EDQUOT), names=TAKES_ROOM),
                errno.EDQUOT)
        for number in range(1, writes + CALLS_BEYOND):
            add(f"{run}-short-{number}", is_torn, Fault(number, Half(), names={"write"}), errno.ENOSPC)
            add(f"{run}-full-{number}", is_torn, FullDisk(number), errno.ENOSPC)
    for number in range(4, 12):
        for name in ("write", "fdatasync"):
            add(f"slow-{name}-{number}", False, Fault(number, Fail(errno.EIO), names={name}), errno.EIO,
                quota=SLOW_QUOTA)
    return cases


def main():
    options = parse_arguments(__doc__)
    return run_cases(cases_of(options), options)


if __name__ == "__main__":
    sys.exit(main())
