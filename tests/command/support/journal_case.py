# SPDX-License-Identifier: Apache-2.0
"""Base class for tests with a journal from a rehearsal or an interrupted run, optionally damaged."""

import signal

import command_test
from command_test import CommandTest, fleet_text


class JournalTest(CommandTest):
    def rehearse(self, keys, *arguments, **options):
        """Finishes a run against the built-in simulator and keeps its journal."""
        self.fleet.write_text(fleet_text(keys))
        return self.keyferry("run", self.fleet, "--simulate", "--creating", "0s", "--journal",
                             self.journal, *arguments, **options)

    def damage(self, line):
        """Changes one byte in this line."""
        lines = self.journal.read_bytes().split(b"\n")
        text = bytearray(lines[line])
        text[len(text) // 2] ^= 1
        lines[line] = bytes(text)
        self.journal.write_bytes(b"\n".join(lines))

    def run_and_interrupt(self, keys, after):
        """Runs against a simulator over a socket and stops the run after this many replicas. Returns
        the arguments for a rerun."""
        self.fleet.write_text(fleet_text(keys + 2, quota=20))  # two extra keys, for changed plans
        endpoint = self.simulate("--quota-scale", 4, "--creating", "0s")["endpoint"]
        self.fleet.write_text(fleet_text(keys, quota=20))
        run = ("run", self.fleet, "--endpoint-url", endpoint)
        process = self.start(*run)
        self.wait_until(lambda: self.journalled("done") >= after)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=command_test.WAIT_S_MAX)
        self.assertEqual(process.returncode, 130)
        return run
