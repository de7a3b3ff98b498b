#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Validates, plans, reports and runs every fleet in configs/ against the simulator.

    examples_test.py KEYFERRY

Uses virtual time (`plan --simulate`), since some of the runs take hours.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

KEYFERRY = ""
CONFIGS = Path(__file__).resolve().parents[2] / "configs"


class Examples(unittest.TestCase):
    def keyferry(self, *arguments):
        with tempfile.TemporaryDirectory(prefix="keyferry-examples-") as home:
            done = subprocess.run([KEYFERRY, *arguments], capture_output=True, text=True, timeout=60, check=False,
                                  cwd=home, env={"PATH": os.environ["PATH"], "HOME": home})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def test_every_example(self):
        fleets = sorted(CONFIGS.glob("*.toml"))
        self.assertGreaterEqual(len(fleets), 6)
        for fleet in fleets:
            with self.subTest(fleet.name):
                self.check(str(fleet))

    def test_recommended_rehearsals(self):
        """Runs the commands in comments that make no AWS calls and finish quickly."""
        rehearsals = [line.lstrip("# ") for fleet in sorted(CONFIGS.glob("*.toml"))
                      for line in fleet.read_text().splitlines() if re.match(r"#\s+keyferry plan .*--simulate", line)]
        self.assertGreaterEqual(len(rehearsals), 6)
        for command in rehearsals:
            with self.subTest(command):
                _, *arguments = [CONFIGS / word if word.endswith(".toml") else word for word in shlex.split(command)]
                output = " ".join(self.keyferry(*arguments).stdout.replace(",", "").split()[-40:])
                counts = re.search(r"(\d+) created (\d+) created \(reconciled\) 0 existed (\d+) failed 0 in conflict "
                                   r"0 blocked 0 unusable 0 unknown (\d+) deferred", output)
                self.assertTrue(counts, output)
                self.assertEqual(sum(map(int, counts.groups())), 36)
                self.assertEqual(int(counts.group(3)) > 0, "denied" in command, command)
                self.assertEqual(int(counts.group(4)), 12 if "limit=1" in command else 0, command)

    def check(self, fleet):
        self.assertTrue(json.loads(self.keyferry("validate", fleet, "--json").stdout)["valid"])
        plan = self.keyferry("plan", fleet, "--simulate", "--json")
        replicas = json.loads(plan.stdout)["replicas"]
        self.assertGreater(replicas, 0)
        self.assertRegex(" ".join(plan.stderr.replace(",", "").replace("\\n", " ").split()),
                         rf"; {replicas} created 0 created \(reconciled\) 0 existed 0 failed 0 in conflict "
                         "0 blocked 0 unusable 0 unknown 0 deferred")
        self.assertIn("</html>", self.keyferry("plan", fleet, "--offline", "--format", "html").stdout)


if __name__ == "__main__":
    KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
