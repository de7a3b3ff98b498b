#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fills the disk to which the real binary writes: a small RAM disk, mounted in a private namespace.

    full_disk.py KEYFERRY [--share PERCENT] [--jobs N]

On a disk that is too small, a run must fail before its first request, and the message must state the correct number of
missing bytes. Space that a run reserved must remain available to it, and to the run that resumes it, when other
programs fill the disk. If the file system cannot reserve space, a full disk ends the run. Reaching the limit set by
`ulimit -f` must have the same effect as a full disk.
"""

import errno
import os
import re
import subprocess
import sys
import tempfile

from pathlib import Path

from disk_errors import expect_unchanged
from fleet_under_fault import JOURNAL_FAILED, Fault, FleetUnderFault, expect
from judged_cases import SKIPPED, parse_arguments, run_cases
from watched_process import Fail, HalfThenKill, Kill

INSIDE = "KEYFERRY_TESTS_IN_NAMESPACE"
SPACE = re.compile(r"needs (\d+) bytes for 200 jobs, of which (\d+) are free and (\d+) are missing")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
FILE_LIMIT_BYTES = 64 << 10
ULIMIT_BLOCK_BYTES = 512  # the unit of the shell's ulimit -f


class SmallDisk:
    def __init__(self, size_bytes):
        self.folder = tempfile.mkdtemp(prefix="keyferry-small-disk-")
        self.size_bytes = size_bytes
        self._mount(f"size={size_bytes}")

    def _mount(self, options):
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.folder], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", self.folder], check=True)
        os.rmdir(self.folder)

    def grow(self, by_bytes):
        self.size_bytes += by_bytes
        self._mount(f"remount,size={self.size_bytes}")

    def free_bytes(self):
        status = os.statvfs(self.folder)
        return status.f_bavail * status.f_frsize

    def fill(self):
        """Fills the free space with another file."""
        other = os.open(os.path.join(self.folder, "other"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            while True:
                os.write(other, bytes(PAGE_BYTES))
        except OSError as error:
            expect(error.errno == errno.ENOSPC and self.free_bytes() == 0, f"filling the disk: {error}")
        finally:
            os.close(other)

    def empty(self):
        os.unlink(os.path.join(self.folder, "other"))


class FillAt(Fault):
    """Fills the disk with another file before write `number`."""

    def __init__(self, disk, number):
        super().__init__(number, None, names={"write"})
        self.disk = disk

    def __call__(self, call):
        super().__call__(call)
        if call is self.hit:
            self.disk.fill()


class NoReservation(Fault):
    """Simulates a file system that cannot reserve space. `then` decides the outcome of the other calls."""

    def __init__(self, then):
        super().__init__(1, Fail(errno.EOPNOTSUPP), names={"fallocate"})
        self.then = then

    def __call__(self, call):
        return super().__call__(call) or self.then(call)


def expect_refusal(finished, watch, error_number):
    expect(finished.code == JOURNAL_FAILED, f"exited with {finished.code}: {finished.stderr}")
    expect(os.strerror(error_number) in finished.stderr, f"the message does not name the error: {finished.stderr}")
    expect(watch.requests == 0, f"{watch.requests} requests were sent")


def refuse_a_small_disk(keyferry, size_bytes):
    with SmallDisk(size_bytes) as disk, FleetUnderFault(keyferry, folder=disk.folder) as fleet:
        free_bytes = disk.free_bytes()
        finished, watch = fleet.watched_run()
        expect_refusal(finished, watch, errno.ENOSPC)
        expect(not fleet.journal.exists(), "an incomplete journal was left behind")
        space = SPACE.search(finished.stderr)
        expect(space, f"no numbers: {finished.stderr}")
        needed, free, missing = map(int, space.groups())
        expect((free, missing) == (free_bytes, needed - free_bytes), f"{free_bytes} bytes are free: {finished.stderr}")
        disk.grow(-(-missing // PAGE_BYTES) * PAGE_BYTES - PAGE_BYTES)
        still_refused, _ = fleet.watched_run()
        expect(still_refused.code == JOURNAL_FAILED, "a run started on a disk that is one page too small")
        disk.grow(PAGE_BYTES)
        fleet.resume()
        return "a disk that is too small: failed with the correct number of missing bytes"


def fill_a_reserved_disk(keyferry, write):
    with SmallDisk(1 << 20) as disk, FleetUnderFault(keyferry, folder=disk.folder) as fleet:
        fault = FillAt(disk, write)
        finished, watch = fleet.watched_run(fault)
        expect(fault.hit, "the disk was not filled")
        expect(finished.code == 0, f"exited with {finished.code}: {finished.stderr}")
        watch.expect_backed_requests()
        fleet.resume()
        return "filled by another file during a run that had reserved space: completed"


def resume_on_a_full_disk(keyferry, write):
    """A run reserves space and is killed; the run that resumes it finds no free space."""
    with SmallDisk(1 << 20) as disk, FleetUnderFault(keyferry, folder=disk.folder) as fleet:
        finished, _ = fleet.watched_run(Fault(write, Kill(), names={"write"}))
        expect(finished.was_killed, f"exited with {finished.code}: {finished.stderr}")
        disk.fill()
        fleet.resume()
        return "filled by another file after a kill: resumed in the reserved space"


def resume_torn_on_a_full_disk(keyferry, write):
    """A run is killed in the middle of a write; the run that resumes it has no space for a copy of the torn tail.
    Each time it is killed again, it must leave nothing behind."""
    with SmallDisk(1 << 20) as disk, FleetUnderFault(keyferry, folder=disk.folder) as fleet:
        fleet.keeps_copies = False
        finished, _ = fleet.watched_run(Fault(write, HalfThenKill(), names={"write"}))
        expect(finished.was_killed, f"exited with {finished.code}: {finished.stderr}")
        first_of_run = 4 if write == 2 else 3  # a torn second record is written again
        for _ in range(3):
            disk.fill()
            fleet.remember_journal()
            finished, watch = fleet.watched_run(Fault(first_of_run, HalfThenKill(), names={"write"}))
            expect(finished.was_killed, f"exited with {finished.code}: {finished.stderr}")
            expect("no copy could be kept" in finished.stderr, f"not reported: {finished.stderr}")
            watch.expect_backed_requests()
            expect(not fleet.torn_copies(), "an incomplete copy was left behind")
        fleet.resume()
        return "filled by another file after a kill in a write: resumed without a copy of the torn tail"


def resume_torn_without_room(keyferry):
    """No space was reserved for the journal, so a full disk prevents a resume, but only until space is free."""
    with SmallDisk(1 << 20) as disk, FleetUnderFault(keyferry, folder=disk.folder) as fleet:
        fleet.keeps_copies = False
        finished, _ = fleet.watched_run(NoReservation(Fault(4, HalfThenKill(), names={"write"})))
        expect(finished.was_killed, f"exited with {finished.code}: {finished.stderr}")
        disk.fill()
        refused, watch = fleet.watched_run()
        expect_refusal(refused, watch, errno.ENOSPC)
        expect(not fleet.torn_copies(), "an incomplete copy was left behind")
        disk.empty()
        fleet.resume()
        return "no space reserved before a kill in a write, and the disk full: 74, resumed once space was free"


def fill_an_unreserved_disk(keyferry, write):
    with SmallDisk(1 << 20) as disk, FleetUnderFault(keyferry, folder=disk.folder) as fleet:
        fault = FillAt(disk, write)
        finished, watch = fleet.watched_run(NoReservation(fault))
        expect(fault.hit, "the disk was not filled")
        expect(finished.code == JOURNAL_FAILED, f"exited with {finished.code}: {finished.stderr}")
        expect(os.strerror(errno.ENOSPC) in finished.stderr and str(fleet.journal) in finished.stderr, finished.stderr)
        watch.expect_backed_requests()
        disk.empty()
        fleet.resume()
        return "filled by another file during a run without reserved space: 74, resumed once space was free"


def limit_the_file(keyferry, can_reserve):
    limit = f'ulimit -f {FILE_LIMIT_BYTES // ULIMIT_BLOCK_BYTES}; exec "$@"'
    with FleetUnderFault(keyferry) as fleet:
        finished, watch = fleet.watched_run(*([] if can_reserve else [NoReservation(lambda call: None)]),
                                            through=["/bin/sh", "-c", limit, "sh"])
        watch.expect_backed_requests()
        if can_reserve:
            expect_refusal(finished, watch, errno.EFBIG)
        expect(finished.code == JOURNAL_FAILED, f"exited with {finished.code}: {finished.stderr}")
        expect(os.strerror(errno.EFBIG) in finished.stderr and "ulimit -f" in finished.stderr, finished.stderr)
        fleet.resume()
        return f"ulimit -f {'refused' if can_reserve else 'reached'}: 74, resumed without the limit"


def cases_of(keyferry):
    cases = []

    def add(function, *arguments):
        cases.append(("-".join([function.__name__, *map(str, arguments)]), lambda: function(keyferry, *arguments)))

    for size_pages in (1, 2, 16, 32, 48, 62):
        add(refuse_a_small_disk, size_pages * PAGE_BYTES)
    for write in (1, 2, 3, 4, 5, 6, 7):
        add(fill_a_reserved_disk, write)
        add(resume_on_a_full_disk, write)
        add(fill_an_unreserved_disk, write)
    for write in (2, 3, 4, 5, 6, 7):
        add(resume_torn_on_a_full_disk, write)
    add(resume_torn_without_room)
    add(limit_the_file, True)
    add(limit_the_file, False)
    return cases


def main():
    options = parse_arguments(__doc__)
    if INSIDE not in os.environ:
        inside = ["unshare", "-rm", sys.executable, __file__, *sys.argv[1:]]
        if subprocess.run(["unshare", "-rm", "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
            print("skipped: cannot create a namespace to mount a disk in")
            return SKIPPED
        os.execvpe(inside[0], inside, os.environ | {INSIDE: "1"})
    return run_cases(cases_of(options.keyferry), options)


if __name__ == "__main__":
    sys.exit(main())
