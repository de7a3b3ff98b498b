#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs in which KMS denies, refuses connections, throttles or is down from the first call.

    outages_test.py KEYFERRY

Outages of minutes are rehearsed in virtual time (plan --simulate); the other tests use a fake KMS on loopback.
"""

import json
import re
import socket
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))

import command_test  # noqa: E402
from command_test import CommandTest  # noqa: E402
from credential_fakes import Server  # noqa: E402

JSON = "application/x-amz-json-1.1"
ACCOUNT = "111122223333"


def spec(keys, quota=5, wait="", accounts=(ACCOUNT,)):
    listed = "\n".join(f'  "arn:aws:kms:us-east-1:{account}:key/mrk-{number:032x}",'
                       for account in accounts for number in range(1, keys + 1))
    return f"""\
[fleet]
name = "troubled"

[[group]]
name = "all"
policy = "default"
replicate_to = ["eu-west-1"]
keys = [
{listed}
]

[[limits.quota]]
ReplicateKey = {quota}
CreateKey = {2 * quota}

[wait]
{wait}
"""


class FakeKms(Server):
    """Creates every replica immediately. `failure(operation, request)` may return another response:
    (HTTP status, code)."""

    def __init__(self, failure=lambda operation, request: None):
        super().__init__(self.answer)
        self.failure = failure
        self.calls = []  # (operation, key)

    def answer(self, _method, _path, headers, body):
        operation = headers["X-Amz-Target"].rpartition(".")[2]
        request = json.loads(body)
        key = request["KeyId"].rpartition("/")[2]
        self.calls.append((operation, key))
        failure = self.failure(operation, request)
        if failure is None and operation == "DescribeKey":
            failure = (400, "NotFoundException")
        if failure is not None:
            status, code = failure
            return status, JSON, json.dumps({"__type": code, "message": f"{code} for {key}"})
        region = request["ReplicaRegion"]
        return 200, JSON, json.dumps({"ReplicaKeyMetadata": {
            "KeyId": key, "Arn": f"arn:aws:kms:{region}:{ACCOUNT}:key/{key}", "KeyState": "Enabled",
            "MultiRegion": True}})


class Outages(CommandTest):
    def run_against(self, url, exit_code, *options):
        done = self.keyferry("run", self.fleet, "--endpoint-url", url, "--json", *options, exit_code=exit_code)
        return json.loads(done.stdout), done.stderr

    def rehearse(self, fault):
        """Returns the counts of a run in virtual time, by outcome."""
        text = self.keyferry("plan", self.fleet, "--simulate", "--fault", fault).stdout
        return {outcome: int(count) for count, outcome in
                re.findall(r"(\d+) (created|existed|failed|unknown|deferred)(?=[,\n])", text)}

    def test_initial_throttling_abandons_no_region(self):
        self.fleet.write_text(spec(60))
        counts = self.rehearse("eu-west-1/DescribeKey.throttle=1@0s..50s")
        self.assertEqual((counts["created"], counts["deferred"]), (60, 0))

    def test_outages_from_the_first_call_are_waited_out(self):
        self.fleet.write_text(spec(60))
        for fault in ("eu-west-1/DescribeKey.down=1@0s..45s", "eu-west-1/down=1@0s..5m", "us-east-1/down=1@0s..5m",
                      "us-east-1/internal=1@0s..5m"):
            counts = self.rehearse(fault)
            self.assertEqual((counts["failed"], counts["unknown"], counts["deferred"]), (0, 0, 0), fault)

    def test_denied_keys_fail_individually_and_do_not_block_others(self):
        self.fleet.write_text(spec(40, quota=500))
        denied = {f"mrk-{number:032x}" for number in range(1, 26)}
        kms = FakeKms(lambda operation, request: (400, "AccessDeniedException") if operation == "ReplicateKey"
                      and request["KeyId"].rpartition("/")[2] in denied else None)
        self.addCleanup(kms.close)
        report, _ = self.run_against(kms.url, 6)
        self.assertEqual(report["counts"]["created"], 15)
        self.assertEqual(report["counts"]["failed"], 25)
        tried = [key for operation, key in kms.calls if operation == "ReplicateKey"]
        self.assertEqual(len(tried), 40, "one attempt for each key")
        for key in denied:
            self.assertIn(f"AccessDeniedException for {key}", self.journal.read_text())

    def test_a_dead_endpoint_is_parked_after_few_attempts(self):
        with socket.socket() as free:  # the port has no listener afterwards
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.fleet.write_text(spec(3000, quota=100_000, wait='park_timeout = "3s"'))
        _, stderr = self.run_against(f"http://127.0.0.1:{port}", 5)
        self.assertLessEqual(self.journalled("sent"), 600, "no more than are in flight at once")
        jobs = re.findall(r'"ev":"sent".*?"job":(\d+)', self.journal.read_text())
        self.assertEqual(len(jobs), len(set(jobs)), "a request that never left is recorded once")
        self.assertIn("unreachable", stderr)

    def test_expired_credentials_are_not_reported_as_a_network_problem(self):
        self.fleet.write_text(spec(5, quota=500))
        kms = FakeKms(lambda operation, _: (400, "ExpiredTokenException") if operation == "ReplicateKey" else None)
        self.addCleanup(kms.close)
        done = self.keyferry("run", self.fleet, "--endpoint-url", kms.url, exit_code=6)
        self.assertIn("credentials refused", done.stderr)
        self.assertIn("expired", done.stderr)
        self.assertNotIn("network", done.stderr)


if __name__ == "__main__":
    command_test.KEYFERRY = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
