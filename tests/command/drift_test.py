#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests that `plan --drift` detects and reports replicas that differ from the spec, but does not change them.

    drift_test.py KEYFERRY
"""

import json
import os
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import command_test  # noqa: E402
from command_test import CommandTest, fleet_text  # noqa: E402


class Drift(CommandTest):
    def start_with_replicas(self, *arguments):
        """Two keys, replicated according to the spec: tags, description, KMS's default policy."""
        self.fleet.write_text(fleet_text(2))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s", *arguments)["endpoint"]
        self.at_kms = ("--endpoint-url", endpoint)
        self.keyferry("run", self.fleet, *self.at_kms)

    def change(self, before, after):
        self.fleet.write_text(self.fleet.read_text().replace(before, after))

    def planned(self, *arguments, exit_code=0):
        done = self.keyferry("plan", self.fleet, *self.at_kms, "--json", "--list-jobs", *arguments, exit_code=exit_code)
        return json.loads(done.stdout)

    def test_no_drift_after_a_run(self):
        self.start_with_replicas()
        found = self.planned("--drift", "--detailed-exitcode")
        self.assertEqual(found["actions"]["exists"], 6)
        # DescribeKey for each primary and replica, which includes the description, and the tags of each replica.
        self.assertEqual(found["survey_calls"], 2 + 6 + 6)

    def test_drift_is_reported_by_part_and_not_changed(self):
        self.start_with_replicas()
        self.change('team = "payments"', 'team = "cards"')
        self.change('"a replica"', '"ours"')
        self.assertEqual(self.planned("--detailed-exitcode")["actions"]["exists"], 6)
        found = self.planned("--drift", "--detailed-exitcode", exit_code=2)
        self.assertEqual(found["actions"]["sync"], 6)
        self.assertEqual({tuple(job["differs"]) for job in found["jobs"]}, {("tags", "description")})
        text = self.keyferry("plan", self.fleet, *self.at_kms, "--drift", "--list-jobs").stdout
        self.assertIn("sync (differs: tags, description)", text)
        self.assertIn("differ from the spec; a run does not change them", " ".join(text.split()))

    def test_saved_plan_contains_drift_and_creates_nothing(self):
        self.start_with_replicas()
        self.change('"a replica"', '"ours"')
        plan = self.home / "fleet.plan"
        self.keyferry("plan", self.fleet, *self.at_kms, "--drift", "--out", plan)
        self.assertIn("sync (differs: description)", self.keyferry("show", plan, "--list-jobs").stdout)
        done = self.keyferry("run", plan, *self.at_kms)
        self.assertIn("6 replicas differed from the spec when the plan was created; run does not change", done.stderr)
        self.assertIn("6 of 6 replicas exist", done.stdout)

    def test_unreadable_parts_are_reported(self):
        self.start_with_replicas("--fault", "ListResourceTags.denied=1")
        self.change('team = "payments"', 'team = "cards"')
        done = self.keyferry("plan", self.fleet, *self.at_kms, "--drift", "--json", exit_code=6)
        self.assertIn("6 replicas or primaries could not be compared (6 denied", done.stderr)
        self.assertEqual(json.loads(done.stdout)["actions"].get("sync", 0), 0, "no other part differs")

    def test_inaccessible_replica_is_not_counted_as_equal(self):
        self.start_with_replicas("--fault", "eu-west-1/DescribeKey.denied=1")
        done = self.keyferry("plan", self.fleet, *self.at_kms, "--drift", exit_code=6)
        self.assertIn("could not be compared", done.stderr)

    def test_permissions_can_include_drift_detection(self):
        self.fleet.write_text(fleet_text(1))
        for options, has_it in (((), False), (("--drift",), True)):
            policy = json.loads(self.keyferry("permissions", self.fleet, *options).stdout)
            self.assertEqual("kms:ListResourceTags" in [each["Action"] for each in policy["Statement"]], has_it)

    def test_drift_requires_online_plan(self):
        self.fleet.write_text(fleet_text(1))
        self.keyferry("plan", self.fleet, "--drift", "--offline", exit_code=3)
        self.keyferry("plan", self.fleet, "--drift", "--simulate", exit_code=3)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    del CommandTest  # the tests of the imported class run elsewhere
    unittest.main()
