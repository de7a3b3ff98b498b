#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests `keyferry simulate` with the AWS SDK for JavaScript v3, over HTTP and HTTPS.

    node_test.py KEYFERRY

Exit code 77 (skipped) if node is not installed, or if @aws-sdk/client-kms is not in the node_modules
folder KEYFERRY_NODE_MODULES (default: the folder that tools/install_packages uses).
"""

import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True

from running_simulator import RunningSimulator  # noqa: E402

SKIPPED = 77
KEYFERRY = ""
SCRIPT = Path(__file__).with_name("life_of_a_key.mjs")
MODULES = Path(os.environ.get("KEYFERRY_NODE_MODULES",
                              Path.home() / ".cache" / "keyferry" / "node_modules"))


class KeyLifeCycle(unittest.TestCase):
    def run_life_cycle(self, https):
        simulator = RunningSimulator(KEYFERRY, "--creating", "50ms", https=https)
        self.addCleanup(lambda: self.assertEqual(simulator.end(), 0))
        done = subprocess.run(["node", str(SCRIPT), str(MODULES), simulator.endpoint],
                              env=simulator.environment(), capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("life cycle completed", done.stdout)

    def test_over_http(self):
        self.run_life_cycle(False)

    def test_over_https(self):
        self.run_life_cycle(True)


if __name__ == "__main__":
    if shutil.which("node") is None or not (MODULES / "@aws-sdk" / "client-kms").is_dir():
        print("skipped: node or @aws-sdk/client-kms is not installed")
        sys.exit(SKIPPED)
    KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
