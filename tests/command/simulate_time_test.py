#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the simulated time of `keyferry simulate`: two days of hourly runs, and time jumps during a run.

    simulate_time_test.py KEYFERRY
"""

import json
import os
import sys
import unittest
import urllib.request
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import command_test  # noqa: E402
from command_test import CommandTest, fleet_text  # noqa: E402

HOURS = 48
HOUR_MS = 3_600_000
HOURLY = """\
[fleet]
name = "hourly"
account = "111122223333"
primary = "us-east-1"
[[group]]
name = "all"
keys = ["{key}"]
replicate_to = ["eu-west-1"]
policy = "default"
[wait]
until_ready = false
"""


class SimulatedTime(CommandTest):
    @staticmethod
    def fleet_of(keys, until_ready=False):
        return fleet_text(keys) + f"until_ready = {json.dumps(until_ready)}\n"

    def begin(self, keys, *arguments, until_ready=False):
        self.fleet.write_text(self.fleet_of(keys, until_ready))
        ready = self.simulate("--creating", "10m..50m", *arguments)
        self.endpoint = ready["endpoint"]

    def request(self, path, method="GET", body=None):
        request = urllib.request.Request(self.endpoint + path, data=body, method=method)
        with urllib.request.urlopen(request, timeout=command_test.WAIT_S_MAX) as response:
            return response.read().decode(), parsedate_to_datetime(response.headers["Date"])

    def change_time(self, change):
        return json.loads(self.request("/_keyferry/time", "PUT", change.encode())[0])

    def ledger_entries(self):
        return [json.loads(line) for line in self.request("/_keyferry/ledger")[0].splitlines()]

    def test_two_days_of_hourly_runs(self):
        self.begin(HOURS, "--quota-scale", 0)
        start_ms = json.loads(self.request("/_keyferry/time")[0])["time_ms"]
        hourly = self.home / "hourly.toml"
        for hour in range(1, HOURS + 1):
            self.change_time("1h")
            hourly.write_text(HOURLY.format(key=f"mrk-{hour:032x}"))
            self.keyferry("run", hourly, "--endpoint-url", self.endpoint, "--no-preflight",
                          "--journal", self.home / f"{hour}.journal")
        created = [entry for entry in self.ledger_entries() if entry.get("effect") == "replica_created"]
        self.assertEqual(len(created), HOURS)
        for hour, entry in enumerate(created, start=1):
            hours = (entry["time_ms"] - start_ms) / HOUR_MS
            self.assertTrue(hour <= hours < hour + 0.5, f"{entry} in hour {hour}")
        keys = json.loads(self.request("/_keyferry/keys")[0])["keys"]
        self.assertEqual(sum("passing_state" in region for key in keys for region in key["regions"]), 1,
                         "only the last hour's replica is still Creating")
        _, date = self.request("/_keyferry/time")
        self.assertGreater(date, datetime.now(timezone.utc) + timedelta(hours=HOURS - 1))

    def jump_during_a_run(self):
        """Advances the time by two days during a run, which completes. Returns the error codes of its calls."""
        run = self.start("run", self.fleet, "--endpoint-url", self.endpoint, "--no-preflight",
                         "--journal", self.journal)
        self.wait_until(lambda: self.journalled("sent") >= 3)
        self.change_time("48h")
        stdout, stderr = run.communicate(timeout=command_test.WAIT_S_MAX)
        self.assertEqual(run.returncode, 0, stdout + stderr)
        codes = {entry.get("code") for entry in self.ledger_entries()}
        self.expect_each_replica_once(6)
        return codes

    def test_jump_during_a_run(self):
        """keyferry corrects the difference like any clock skew."""
        self.begin(6, "--fault", "slow=1,slow-delay=100ms", "--quota-scale", 0)
        self.assertIn("InvalidSignatureException", self.jump_during_a_run())

    def test_credentials_expire_with_the_jump(self):
        identities = self.home / "identities.json"
        identities.write_text('{"roles": [{"name": "deployer"}]}')
        self.begin(6, "--fault", "slow=1,slow-delay=100ms", "--quota-scale", 0, "--identities", identities)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            self.environment.pop(name, None)
        self.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{self.endpoint}/_keyferry/container/deployer"
        self.assertIn("ExpiredTokenException", self.jump_during_a_run())

    def test_time_runs_faster(self):
        self.begin(2, "--quota-scale", 0, until_ready=True)
        self.assertEqual(self.change_time("rate=3600")["rate"], 3600)
        # Replicas stay in the Creating state for up to 50 minutes, which now takes less than a second.
        self.keyferry("run", self.fleet, "--endpoint-url", self.endpoint, "--journal", self.journal)
        keys = json.loads(self.request("/_keyferry/keys")[0])["keys"]
        self.assertFalse([region for key in keys for region in key["regions"] if "passing_state" in region])
        self.assertEqual(self.change_time("rate=1")["rate"], 1)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
