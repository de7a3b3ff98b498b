#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the preflight checks of `keyferry run`.

    preflight_test.py KEYFERRY
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))

from isolated_environment import isolated_environment  # noqa: E402

KEYFERRY = ""
WAIT_S_MAX = 60
FLEET = """\
[fleet]
name = "looked-at"
account = "111122223333"
primary = "us-east-1"

[[group]]
name = "all"
keys = ["mrk-00000000000000000000000000000001", "mrk-00000000000000000000000000000002"]
replicate_to = ["eu-west-1", "us-west-2"]
policy = "default"

[wait]
poll_delay_min = "100ms"
poll_delay_max = "200ms"
doubt_timeout = "1s"
"""


class PreflightTest(unittest.TestCase):
    def setUp(self):
        self.home = Path(tempfile.mkdtemp(prefix="keyferry-preflight-"))
        self.addCleanup(shutil.rmtree, self.home)
        (self.home / "fleet.toml").write_text(FLEET)
        self.environment = isolated_environment(self.home)

    def simulate(self, *arguments):
        process = subprocess.Popen([KEYFERRY, "simulate", "--fleet", "fleet.toml", "--creating", "0s",
                                    "--ledger", "ledger", *map(str, arguments)], env=self.environment,
                                   text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=self.home)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.endpoint = json.loads(process.stdout.readline())["endpoint"]

    def run_fleet(self, *arguments, exit_code=0, **environment):
        """Returns the run's standard error."""
        command = [KEYFERRY, "run", "fleet.toml", "--endpoint-url", self.endpoint, *arguments]
        done = subprocess.run(command, env=self.environment | environment, capture_output=True, text=True,
                              timeout=WAIT_S_MAX, cwd=self.home)
        self.assertEqual(done.returncode, exit_code, done.stdout + done.stderr)
        return done.stderr

    def test_summary_reports_success(self):
        self.simulate()
        stderr = self.run_fleet()
        for line in ("  identity    credentials from the environment (AWS_ACCESS_KEY_ID)",
                     "  Regions     3 of 3 respond",
                     "  primaries   2 of 2 can be replicated",
                     "  replicas    4 to create, 0 exist, 0 unusable",
                     "  policies    ok",
                     "  disk        3.8 KB reserved for the journal, "):
            self.assertIn(line, stderr)
        self.assertNotIn("preflight", self.run_fleet())  # no jobs remain

    def test_no_preflight_skips_the_checks(self):
        self.simulate()
        self.assertNotIn("preflight", self.run_fleet("--no-preflight"))

    def test_json_output_is_one_object(self):
        self.simulate()
        stderr = self.run_fleet("--json")
        found = [json.loads(line)["preflight"] for line in stderr.splitlines() if line.startswith('{"preflight":')]
        self.assertEqual([region["result"] for region in found[0]["regions"]], ["responds"] * 3)
        self.assertEqual(found[0]["keys"]["to_create"], 4)

    def test_unresponsive_region_is_named_and_others_continue(self):
        self.simulate("--fault", "us-west-2/DescribeKey.down=1")
        stderr = self.run_fleet("--progress", "none")
        self.assertIn("  Regions     2 of 3 respond", stderr)
        self.assertIn("- us-west-2: no response; its replicas wait until it responds.", stderr)

    def test_clock_skew_is_reported_and_corrected(self):
        for ahead, direction in (("1h", "behind"), ("-1h", "ahead of")):
            self.simulate(f"--clock-ahead={ahead}", "--fault", "ReplicateKey.lost=0.5", "--seed", "4")
            stderr = self.run_fleet("--journal", f"journal{ahead}", "--json")
            self.assertRegex(stderr, r'"kms_clock_ahead_ms":' + ("3[56]" if ahead == "1h" else "-3[56]"))
            screen = self.run_fleet("--journal", f"screen{ahead}")
            self.assertRegex(screen, rf"  clock       3\d\d\d\.\d s {direction} KMS's; calls are signed")
            # Responses were lost. With the corrected clock, the run recognizes these replicas as its own.
            journal = (self.home / f"journal{ahead}").read_text()
            self.assertIn('"how":"created (reconciled)"', journal)
            self.assertNotIn('"how":"existed"', journal)

    def test_invalid_credentials_stop_the_run_before_any_change(self):
        self.simulate()
        stderr = self.run_fleet(exit_code=6, AWS_SECRET_ACCESS_KEY="wrong")
        self.assertIn("stopped because KMS would refuse every call: InvalidSignatureException", stderr)
        self.assertNotIn("ReplicateKey", (self.home / "ledger").read_text())
        end = json.loads((self.home / "fleet.journal").read_text().splitlines()[-1])
        self.assertEqual((end["ev"], end["how"], end["code"]), ("end", "refused", "InvalidSignatureException"))
        status = subprocess.run([KEYFERRY, "status", "fleet.journal"], env=self.environment, capture_output=True,
                                text=True, timeout=WAIT_S_MAX, cwd=self.home)
        self.assertEqual(status.returncode, 6, status.stdout)
        self.assertIn("InvalidSignatureException", status.stdout)
        self.assertIn("  primaries   2 of 2 can be replicated", self.run_fleet())

    def test_primaries_of_a_saved_plan_are_checked(self):
        self.simulate()
        subprocess.run([KEYFERRY, "plan", "fleet.toml", "--out", "fleet.plan", "--endpoint-url", self.endpoint],
                       env=self.environment, check=True, capture_output=True, timeout=WAIT_S_MAX, cwd=self.home)
        done = subprocess.run([KEYFERRY, "run", "fleet.plan", "--endpoint-url", self.endpoint],
                              env=self.environment, capture_output=True, text=True, timeout=WAIT_S_MAX, cwd=self.home)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("  primaries   2 of 2 can be replicated", done.stderr)


if __name__ == "__main__":
    KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
