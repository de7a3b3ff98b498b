#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the commands that write a journal anew, and fails their calls, at each of their calls.

    rewrites_cut_short.py KEYFERRY [--share PERCENT] [--jobs N] [--seed N]

compact, salvage and run --replan, for N = 1, 2, ... until the new journal is in its place: SIGKILL at the Nth call
on either journal or their folder, and EIO. Each time the journal must be as it was or whole and new, with the old
one kept; what is left unfinished must be told by verify and by the next such command, which must succeed and leave
it alone; only a killed process may leave anything. A folder's last sync that fails must be told as what it is. A
replan must have named the dropped jobs in doubt before it replaced the journal.
"""

import errno
import json
import re
import subprocess
import sys

from fleet_under_fault import JOURNAL_FAILED, RUN_S_MAX, Fault, FleetUnderFault, expect
from judged_cases import parse_arguments, run_cases
from watched_process import Fail, Kill, WatchedProcess

KEYS = 6
SENT_KEPT = 3  # `sent` records in the journal that a replan finds


class Rewrite:
    """A journal and the command that is to write it anew. `target` is where the new one will be."""

    def __init__(self, fleet):
        self.fleet, self.target = fleet, fleet.journal
        first = fleet.start()
        _, notes = first.communicate(timeout=RUN_S_MAX)
        expect(first.returncode == 0, f"the first run ended with {first.returncode}: {notes}")
        self.prepare()
        self.before = fleet.journal.read_bytes()

    def prepare(self):
        """Makes of the journal of a finished run one that is to be rewritten."""

    def call(self, *arguments):
        return subprocess.run([self.fleet.keyferry, *map(str, arguments)], env=self.fleet.environment,
                              capture_output=True, text=True, timeout=RUN_S_MAX, check=False)

    def watched(self, fault):
        process = WatchedProcess(self.command(), fault, self.concerns, self.fleet.environment, self.fleet.folder)
        return process.finish()

    def concerns(self, path):
        return path == str(self.target.parent) or path.startswith((str(self.target), str(self.fleet.journal)))

    def is_replaced(self):
        return self.target.exists() and self.target.read_bytes() != self.before

    def unfinished(self):
        return sorted(str(path) for path in self.target.parent.glob(self.target.name + ".unfinished-*"))

    def expect_usable(self):
        """As it was or new, and nothing is lost."""
        if self.is_replaced():
            verified = self.call("journal", "verify", self.target, "--json")
            expect(json.loads(verified.stdout)["state"] == "whole", f"the new journal: {verified.stdout}")
        if self.target == self.fleet.journal and self.is_replaced():
            kept = self.target.with_name(self.target.name + ".old")
            expect(kept.read_bytes() == self.before, "the journal as it was is not kept")
        else:
            expect(self.fleet.journal.read_bytes() == self.before, "the journal is neither as it was nor new")

    def expect_told(self, left):
        """By verify and by the next such command, which leaves it alone."""
        verified = self.call("journal", "verify", self.target, "--json")
        if self.target.exists():
            expect(json.loads(verified.stdout)["left_unfinished"] == left, f"verify: {verified.stdout}")
        if self.is_replaced():
            return
        again = subprocess.run(self.command(), env=self.fleet.environment, capture_output=True, text=True,
                               timeout=RUN_S_MAX, check=False)
        expect(again.returncode == 0, f"the next one ended with {again.returncode}: {again.stderr}")
        for path in left:
            expect(f"{path} is an incomplete file" in again.stderr, f"{path} was not told of: {again.stderr}")
        expect(self.unfinished() == left, "the next one removed what was not its own, or left something")

    def expect_told_in_time(self, notes):
        """What must have been said before the journal was replaced."""


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
    """Of a run that was killed when three jobs were sent; of these the last has no place in the new plan."""

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

    def expect_told_in_time(self, notes):
        warned = notes.find("WARNING: 1 job unresolved and not in this plan")
        expect(0 <= warned < notes.find(self.dropped), f"the job in doubt was not named: {notes}")
        told = notes.find("replanned: ")
        expect(told < 0 or warned < told, f"warned too late: {notes}")


def calls_of(keyferry, rewrite):
    """Of an undisturbed rewrite: the number of the call that gives the new journal its name, and of the sync of the
    folder behind it."""
    names = []
    with FleetUnderFault(keyferry, keys=KEYS) as fleet:
        finished = rewrite(fleet).watched(lambda call: names.append(call.name))
        expect(finished.code == 0, f"ended with {finished.code}: {finished.notes}")
    renamed = next(number for number, name in enumerate(names) if name.startswith("rename"))
    return renamed + 1, names.index("fsync", renamed) + 1


def cut_short(keyferry, rewrite, fault, is_named):
    """`is_named`: the new journal has its name before the call, which is about the folder's sync."""
    with FleetUnderFault(keyferry, keys=KEYS) as fleet:
        rewritten = rewrite(fleet)
        finished = rewritten.watched(fault)
        is_kill = isinstance(fault.action, Kill)
        expect(fault.befell is not None, "the call did not come")
        if finished.code == 0 and fault.befell.path == str(fleet.journal.parent) and not is_named:
            return "could not look for what others have left"
        expect(finished.was_killed if is_kill else finished.code == JOURNAL_FAILED,
               f"{fault.befell}: ended with {finished.code}: {finished.notes}")
        expect(rewritten.is_replaced() == is_named, f"{fault.befell}: replaced: {rewritten.is_replaced()}")
        rewritten.expect_usable()
        left = rewritten.unfinished()
        if rewritten.is_replaced():
            rewritten.expect_told_in_time(finished.notes)
        if not is_kill:
            expect(not left, f"left behind: {left}")
            expect(("syncing its folder failed" in finished.notes) == is_named, f"{fault.befell}: {finished.notes}")
        rewritten.expect_told(left)
        return ("killed" if is_kill else "failed") + (", a file was left" if left else "")


def cases_of(options):
    cases = []

    def add(name, *arguments):
        cases.append((name, lambda: cut_short(options.keyferry, *arguments)))

    for rewrite in (Compact, Salvage, Replan):
        name = rewrite.__name__.lower()
        renamed, synced = calls_of(options.keyferry, rewrite)
        print(f"{name} makes {synced} calls until the new journal is in its place")
        for number in range(1, synced + 1):
            add(f"{name}-killed-{number}", rewrite, Fault(number, Kill()), number > renamed)
            add(f"{name}-EIO-{number}", rewrite, Fault(number, Fail(errno.EIO)), number > renamed)
    return cases


def main():
    options = parse_arguments(__doc__)
    return run_cases(cases_of(options), options)


if __name__ == "__main__":
    sys.exit(main())
