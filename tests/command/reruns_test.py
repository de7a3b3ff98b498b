#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests that every run checks what exists in KMS, regardless of what its journal records.

    reruns_test.py KEYFERRY
"""

import json
import os
import sys
import unittest
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import command_test  # noqa: E402
from command_test import CommandTest, fleet_text  # noqa: E402
from signed_request import signed  # noqa: E402

KEYS = 4
REPLICAS = 3 * KEYS


class Reruns(CommandTest):
    def setUp(self):
        super().setUp()
        self.fleet.write_text(fleet_text(KEYS))
        self.endpoint = self.simulate("--quota-scale", 0, "--creating", "0s")["endpoint"].rstrip("/")

    def call(self, operation, key, region="eu-west-1", **members):
        body = json.dumps({"KeyId": f"mrk-{key:032x}", **members}).encode()
        with urllib.request.urlopen(signed(self.endpoint, region, operation, body)) as response:
            return json.loads(response.read() or "{}")

    def control(self, path, body):
        request = urllib.request.Request(f"{self.endpoint}/_keyferry/{path}", data=body.encode(), method="PUT")
        urllib.request.urlopen(request).close()

    def delete(self, key):
        self.call("ScheduleKeyDeletion", key, PendingWindowInDays=7)
        self.control("time", "200h")

    def run_fleet(self, *arguments, exit_code=0):
        done = self.keyferry("run", self.fleet, "--endpoint-url", self.endpoint, "--json", *arguments,
                             exit_code=exit_code)
        return json.loads(done.stdout)

    def requests(self, operation):
        """The number of requests since the last call."""
        with urllib.request.urlopen(f"{self.endpoint}/_keyferry/ledger") as response:
            operations = [json.loads(line)["operation"] for line in response.read().splitlines()]
        before = getattr(self, "seen", 0)
        self.seen = len(operations)
        return operations[before:].count(operation)

    def test_a_rerun_with_nothing_to_do_only_reads(self):
        self.assertEqual(self.run_fleet()["counts"]["created"], REPLICAS)
        self.requests("ReplicateKey")
        self.assertEqual(self.run_fleet()["counts"]["created"], REPLICAS)
        self.assertEqual(self.requests("ReplicateKey"), 0)

    def test_existing_replicas_are_not_requested(self):
        self.run_fleet("--region", "us-west-2")
        self.requests("ReplicateKey")
        counts = self.run_fleet()["counts"]
        self.assertEqual((counts["created"], counts["existed"]), (REPLICAS - KEYS, KEYS))
        self.assertEqual(self.requests("ReplicateKey"), REPLICAS - KEYS)

    def test_deleted_replicas_are_created_again(self):
        self.run_fleet()
        self.delete(1)
        self.requests("ReplicateKey")
        self.assertEqual(self.run_fleet()["counts"]["created"], REPLICAS)
        self.assertEqual(self.requests("ReplicateKey"), 1)
        self.assertIn("ReplicaMissing", self.journal.read_text())
        self.run_fleet()
        self.assertEqual(self.requests("ReplicateKey"), 0)

    def test_replicas_that_are_no_longer_usable_are_reported(self):
        self.run_fleet()
        self.call("DisableKey", 1)
        self.call("ScheduleKeyDeletion", 2, PendingWindowInDays=7)
        report = self.run_fleet(exit_code=4)
        self.assertEqual((report["counts"]["unusable"], report["counts"]["created"]), (2, REPLICAS - 2))
        self.assertEqual({stuck["code"] for stuck in report["stuck"]}, {"Disabled", "PendingDeletion"})
        self.call("EnableKey", 1)
        self.call("CancelKeyDeletion", 2)
        self.call("EnableKey", 2)
        self.assertEqual(self.run_fleet()["counts"]["created"], REPLICAS)

    def test_primaries_that_cannot_be_replicated_block_their_jobs(self):
        self.call("DisableKey", 1, "us-east-1")
        report = self.run_fleet(exit_code=4)
        self.assertEqual((report["counts"]["blocked"], report["counts"]["created"]), (3, REPLICAS - 3))
        self.assertEqual([stuck["code"] for stuck in report["stuck"]], ["primary disabled"])
        self.assertEqual(self.requests("ReplicateKey"), REPLICAS - 3)
        self.call("EnableKey", 1, "us-east-1")
        self.assertEqual(self.run_fleet()["counts"]["created"], REPLICAS)

    def test_replicas_that_cannot_be_checked_are_not_reported_as_checked(self):
        self.run_fleet()
        self.control("faults", "eu-west-1/DescribeKey.denied=1")
        done = self.keyferry("run", self.fleet, "--endpoint-url", self.endpoint, "--json", exit_code=6)
        self.assertEqual(json.loads(done.stdout)["unchecked"], 4)
        self.assertIn("4 replicas recorded as done by earlier runs could not be checked in this run: "
                      "AccessDeniedException", done.stderr)
        self.control("faults", "")
        self.run_fleet()

    def test_a_limit_counts_only_replicas_that_do_not_exist(self):
        self.keyferry("run", self.fleet, "--endpoint-url", self.endpoint, "--max-cost", "0", exit_code=2)
        self.assertFalse(self.journal.exists(), "a smaller fleet can use the name")
        self.run_fleet()
        self.run_fleet("--max-cost", "0")


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
