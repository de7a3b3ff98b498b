#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Injects disk errors at each system call that the real binary makes on its journal.

    disk_errors.py KEYFERRY [--share PERCENT] [--jobs N] [--seed N]

Uses a plan of 200 jobs. For N = 1, 2, ... until a run completes, the Nth call on the journal, its copies or its
folder fails with EIO, ENOSPC or EDQUOT: either that call alone, or it and all later calls. Other cases shorten
a write, as a full disk would. All cases are repeated for a run that resumes a torn journal.

A run that cannot copy a torn tail must complete without the copy. Each failed run must exit with 74, name the file
and the error, stop changing the journal, and send only requests whose intents were already durable. A further run
without faults must exit with 0, and ledger, journal and report must agree.

The last cases inject errors into a slow run, whose calls would continue for seconds. In such a run, few intents become
durable long before their calls, so only a few requests may follow the failure.
"""

import errno
import json
import os
import sys

from fleet_under_fault import JOURNAL_FAILED, TORN_COPY, Fault, FleetUnderFault, expect
from judged_cases import parse_arguments, run_cases
from kill_at_every_call import CALLS_BEYOND, calls_of_a_run, tear
from watched_process import Fail, Half

READS = {"pread64", "fcntl"}
USES_SPACE = {"open", "openat", "write", "pwrite64", "fallocate", "fdatasync", "fsync"}
SLOW_QUOTA = 100
# How many of the 200 requests of a slow run may be sent between the failure on the journal's thread and the moment when
# the other thread detects it. The limit is a count, not a time, because this can take a second on a busy machine.
LATE_REQUESTS_MAX = 50


class FullDisk(Fault):
    """Shortens write `number` and makes all later writes fail with ENOSPC."""

    def __init__(self, number):
        super().__init__(number, Half(), forever=True, names={"write"})

    def __call__(self, call):
        decision = super().__call__(call)
        return Fail(errno.ENOSPC) if decision and call is not self.hit else decision


def is_over(fleet):
    """Whether the run has recorded its end. Later failures lose nothing."""
    return b'"ev":"end"' in fleet.journal_content()[:fleet.durable_bytes].rsplit(b"\n", 2)[-2:][0]


def expect_named(finished, fleet, error_number):
    expect(str(fleet.journal.parent) in finished.stderr, f"the message does not name the file: {finished.stderr}")
    expect(os.strerror(error_number) in finished.stderr, f"the message does not name the error: {finished.stderr}")


def expect_unchanged(watch):
    """After the failure the run must neither write nor sync. It may release reserved space that it cannot use, try to
    reserve it without the copy of a torn tail, and remove a new journal that it could not create."""
    allowed = {"ftruncate", "fallocate"} if watch.failed_call.name == "fallocate" else set()
    changes = [str(call) for call in watch.changes_after_failure
               if call.name not in allowed | {"unlink", "unlinkat"}]
    expect(not changes, f"after the failure of {watch.failed_call}: {changes}")


def break_disk(keyferry, is_torn, fault, error_number, quota=100000):
    with FleetUnderFault(keyferry, quota=quota) as fleet:
        if is_torn:
            tear(fleet)
        finished, watch = fleet.watched_run(fault)
        watch.expect_backed_requests()
        if fault.hit is None:
            expect(finished.code == 0, f"exited with {finished.code}: {finished.stderr}")
            return "completed"
        if fault.hit.path.endswith(TORN_COPY) and watch.failed_call is None:
            expect(finished.code == 0, f"{fault.hit}: exited with {finished.code}: {finished.stderr}")
            fleet.expect_agreement(json.loads(finished.output))
            return f"{fault.hit.name} of the copy of a torn tail: exit 0"
        at_end = "after the end of the run" if is_over(fleet) else "in the run"
        if at_end == "in the run" or finished.code != 0:
            expect(finished.code == JOURNAL_FAILED, f"{fault.hit}: exited with {finished.code}: {finished.stderr}")
            expect_named(finished, fleet, error_number)
            expect_unchanged(watch)
        if quota == SLOW_QUOTA:
            expect(watch.requests_after_failure <= LATE_REQUESTS_MAX,
                   f"{watch.requests_after_failure} requests sent after the failure")
        fleet.resume()
        what = errno.errorcode[error_number] if watch.failed_call else "cut short"
        return f"{fault.hit.name} {at_end}, {what}: exit {finished.code}"


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
            add(f"{run}-EIO-forever-{number}", is_torn, Fault(number, Fail(errno.EIO), forever=True), errno.EIO)
        for number in range(1, calls + CALLS_BEYOND):  # fewer of these calls use space
            full = Fail(errno.ENOSPC)
            add(f"{run}-ENOSPC-once-{number}", is_torn, Fault(number, full, names=USES_SPACE), errno.ENOSPC)
            add(f"{run}-ENOSPC-forever-{number}", is_torn, Fault(number, full, forever=True, names=USES_SPACE),
                errno.ENOSPC)
            add(f"{run}-EDQUOT-once-{number}", is_torn, Fault(number, Fail(errno.EDQUOT), names=USES_SPACE),
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
