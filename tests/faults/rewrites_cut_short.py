#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Interrupts the commands that rewrite a journal: kills them at each of their system calls, or makes the call fail.

    rewrites_cut_short.py KEYFERRY [--share PERCENT] [--jobs N] [--seed N]

The commands are compact, salvage and run --replan. For N = 1, 2, ... until the new journal has replaced the old one,
SIGKILL ends the command at its Nth call on either journal or their folder, or the call fails with EIO.

Each time, the journal must be either unchanged or completely new, with the old one kept. Only a killed process may
leave an incomplete file. `journal verify` and the next such command must report that file, and the command must
succeed and leave the file unchanged. If the last sync of the folder fails, the error must say so. A replan must name
the dropped unresolved jobs before it replaces the journal.
"""

import errno
import json
import re
import subprocess
import sys

from fleet_under_fault import JOURNAL_FAILED, RUN_S_MAX, Fault, FleetUnderFault, expect
from judged_cases import parse_arguments, run_cases
from watched_process import SENDS, Fail, Kill, WatchedProcess

KEYS = 6
SENT_KEPT = 3  # `sent` records in the journal to replan


class Rewrite:
    """A journal and the command that rewrites it. `target` is the path of the new journal."""

    def __init__(self, fleet):
        self.fleet, self.target = fleet, fleet.journal
        first = fleet.start()
        _, notes = first.communicate(timeout=RUN_S_MAX)
        expect(first.returncode == 0, f"the first run exited with {first.returncode}: {notes}")
        self.prepare()
        self.before = fleet.journal.read_bytes()

    def prepare(self):
        """Turns the journal of a finished run into one to rewrite."""

    def call(self, *arguments):
        return subprocess.run([self.fleet.keyferry, *map(str, arguments)], env=self.fleet.environment,
                              capture_output=True, text=True, timeout=RUN_S_MAX, check=False)

    def watched(self, fault):
        def decide(call):  # a replan reads from KMS before it opens the journal
            return None if call.name in SENDS else fault(call)

        process = WatchedProcess(self.command(), decide, self.concerns, self.fleet.environment, self.fleet.folder)
        return process.finish()

    def concerns(self, path):
        return path == str(self.target.parent) or path.startswith((str(self.target), str(self.fleet.journal)))

    def is_replaced(self):
        return self.target.exists() and self.target.read_bytes() != self.before

    def unfinished(self):
        return sorted(str(path) for path in self.target.parent.glob(self.target.name + ".unfinished-*"))

    def expect_usable(self):
        """Expects that the journal is either unchanged or new, and that no content is lost."""
        if self.is_replaced():
            verified = self.call("journal", "verify", self.target, "--json")
            expect(json.loads(verified.stdout)["state"] == "whole", f"the new journal: {verified.stdout}")
        if self.target == self.fleet.journal and self.is_replaced():
            kept = self.target.with_name(self.target.name + ".old")
            expect(kept.read_bytes() == self.before, "the previous journal is not kept")
        else:
            expect(self.fleet.journal.read_bytes() == self.before, "the journal is neither unchanged nor new")

    def expect_reported(self, left):
        """Expects that verify and the next such command report the files in `left`, and that they remain."""
        verified = self.call("journal", "verify", self.target, "--json")
        if self.target.exists():
            expect(json.loads(verified.stdout)["left_unfinished"] == left, f"verify: {verified.stdout}")
        if self.is_replaced():
            return
        again = subprocess.run(self.command(), env=self.fleet.environment, capture_output=True, text=True,
                               timeout=RUN_S_MAX, check=False)
        expect(again.returncode == 0, f"the next command exited with {again.returncode}: {again.stderr}")
        for path in left:
            expect(f"{path} is an incomplete file" in again.stderr, f"{path} was not reported: {again.stderr}")
        expect(self.unfinished() == left, "the next command removed or left files")

    def expect_reported_before_replacement(self, notes):
        """Checks for messages that must be printed before the journal is replaced."""


class Compact(Rewrite):
    def command(self):
        return [self.fleet.keyferry, "journal", "compact", str(self.target)]


class Salvage(Rewrite):
    def prepare(self):
        self.target = self.fleet.journal.with_name("salvaged.journal")
        content = bytearray(self.fleet.journal.read_bytes())
        content[content.index(b'"ev":"sent"')] ^= 1
        self.fleet.journal.write_bytes(content)

    def command(self):
        return [self.fleet.keyferry, "journal", "salvage", str(self.fleet.journal), "--out", str(self.target)]


class Replan(Rewrite):
    """Replans a run that was killed after sending three jobs, the last of which is not in the new plan."""

    def prepare(self):
        lines = self.fleet.journal.read_bytes().splitlines(keepends=True)
        sent = [number for number, line in enumerate(lines) if b'"ev":"sent"' in line]
        last = sent[SENT_KEPT - 1]
        self.fleet.journal.write_bytes(b"".join(lines[:last + 1]))
        self.dropped = re.search(rb'"key":"([^"]+)"', lines[last]).group(1).decode()
        listed = f'    "{self.dropped.rsplit("/")[-1]}",\n'
        spec = self.fleet.fleet.read_text()
        expect(listed in spec, f"{listed} is not in the spec")
        self.fleet.fleet.write_text(spec.replace(listed, ""))

    def command(self):
        return [*self.fleet.run_command(), "--replan"]

    def expect_reported_before_replacement(self, notes):
        warned = notes.find("WARNING: 1 job unresolved and not in this plan")
        expect(0 <= warned < notes.find(self.dropped), f"the unresolved job was not named: {notes}")
        replanned = notes.find("replanned: ")
        expect(replanned < 0 or warned < replanned, f"the warning came too late: {notes}")


def calls_of(keyferry, rewrite):
    """Returns the numbers of two calls of an uninterrupted rewrite: the rename of the new journal and the sync of the
    folder after it."""
    names = []
    with FleetUnderFault(keyferry, keys=KEYS) as fleet:
        finished = rewrite(fleet).watched(lambda call: names.append(call.name))
        expect(finished.code == 0, f"exited with {finished.code}: {finished.stderr}")
    renamed = next(number for number, name in enumerate(names) if name.startswith("rename"))
    return renamed + 1, names.index("fsync", renamed) + 1


def interrupt(keyferry, rewrite, fault, is_renamed):
    """`is_renamed`: whether the call is the sync of the folder, before which the new journal already has its final
    name."""
    with FleetUnderFault(keyferry, keys=KEYS) as fleet:
        rewritten = rewrite(fleet)
        finished = rewritten.watched(fault)
        is_kill = isinstance(fault.action, Kill)
        expect(fault.hit is not None, "the call was not made")
        if finished.code == 0 and fault.hit.path == str(fleet.journal.parent) and not is_renamed:
            return "could not search for incomplete files"
        expect(finished.was_killed if is_kill else finished.code == JOURNAL_FAILED,
               f"{fault.hit}: exited with {finished.code}: {finished.stderr}")
        expect(rewritten.is_replaced() == is_renamed, f"{fault.hit}: replaced: {rewritten.is_replaced()}")
        rewritten.expect_usable()
        left = rewritten.unfinished()
        if rewritten.is_replaced():
            rewritten.expect_reported_before_replacement(finished.stderr)
        if not is_kill:
            expect(not left, f"left behind: {left}")
            expect(("syncing its folder failed" in finished.stderr) == is_renamed, f"{fault.hit}: {finished.stderr}")
        rewritten.expect_reported(left)
        return ("killed" if is_kill else "failed") + (", an incomplete file was left" if left else "")


def cases_of(options):
    cases = []

    def add(name, *arguments):
        cases.append((name, lambda: interrupt(options.keyferry, *arguments)))

    for rewrite in (Compact, Salvage, Replan):
        name = rewrite.__name__.lower()
        renamed, synced = calls_of(options.keyferry, rewrite)
        print(f"{name} makes {synced} calls until the new journal has replaced the old one")
        for number in range(1, synced + 1):
            add(f"{name}-killed-{number}", rewrite, Fault(number, Kill()), number > renamed)
            add(f"{name}-EIO-{number}", rewrite, Fault(number, Fail(errno.EIO)), number > renamed)
    return cases


def main():
    options = parse_arguments(__doc__)
    return run_cases(cases_of(options), options)


if __name__ == "__main__":
    sys.exit(main())
