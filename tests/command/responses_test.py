#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests incomplete or empty responses from KMS, or from a proxy in front of it.

    responses_test.py KEYFERRY
"""

import json
import sys
import unittest
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import command_test  # noqa: E402
from command_test import CommandTest  # noqa: E402
from kms_fakes import JSON, PRIMARY, KmsProxy, key_name  # noqa: E402

WAIT = """
[wait]
park_timeout = "1s"
doubt_timeout = "1s"
poll_delay_min = "100ms"
poll_delay_max = "200ms"
"""
LOOKS_WITHOUT_STATE = 3


class Responses(CommandTest):
    def start_kms(self, group, **replies):
        """A fleet with one group, and a proxy in front of a simulator with its keys."""
        self.fleet.write_text(f"""\
[fleet]
name = "answered"
account = "111122223333"
primary = "{PRIMARY}"
[[group]]
name = "all"
policy = "default"
replicate_to = ["eu-west-1"]
{group}
{WAIT}""")
        self.kms = KmsProxy(self.simulate("--quota-scale", 0, "--creating", "0s")["endpoint"], **replies)
        self.addCleanup(self.kms.close)
        return ("--endpoint-url", self.kms.url)

    def test_response_without_its_list_is_not_treated_as_empty(self):
        for body in ("", "{}"):
            with self.subTest(body=body):
                at_kms = self.start_kms('select = "all"', trouble=lambda call, body=body: (200, JSON, body)
                                        if call.operation == "ListKeys" else None)
                done = self.keyferry("plan", self.fleet, *at_kms, exit_code=5)
                self.assertIn("cannot search for the keys", done.stderr)
                self.assertIn("the response is invalid", done.stderr)

    def test_replica_without_a_known_state_is_checked_again(self):
        def change(call, body):
            answer = json.loads(body)
            if call.operation == "ReplicateKey":
                answer["ReplicaKeyMetadata"]["KeyState"] = "Creating"
            elif call.operation == "DescribeKey" and call.region != PRIMARY and "KeyMetadata" in answer:
                looks[call.key] += 1
                if looks[call.key] <= LOOKS_WITHOUT_STATE and state is None:
                    del answer["KeyMetadata"]["KeyState"]
                elif looks[call.key] <= LOOKS_WITHOUT_STATE:
                    answer["KeyMetadata"]["KeyState"] = state
            return json.dumps(answer)

        for state in (None, "Migrating"):
            with self.subTest(state=state):
                looks = Counter()
                at_kms = self.start_kms(f'keys = ["{key_name(1)}", "{key_name(2)}"]', change=change)
                done = self.keyferry("run", self.fleet, *at_kms, "--json")
                self.assertEqual(json.loads(done.stdout)["counts"]["created"], 2)
                self.assertEqual(set(looks.values()), {LOOKS_WITHOUT_STATE + 1})
                self.journal.unlink()

    def test_server_error_is_reported_verbatim(self):
        keys = json.dumps([key_name(number) for number in range(1, 13)])
        at_kms = self.start_kms(f"keys = {keys}", trouble=lambda call: (
            500, "text/html", "<html><body>Internal Server Error</body></html>")
            if call.operation == "ReplicateKey" else None)
        done = self.keyferry("run", self.fleet, *at_kms, "--json", exit_code=5)
        self.assertIn("HTTP status 500", done.stderr)
        self.assertIn("Internal Server Error", done.stderr)
        self.assertNotIn("network", done.stdout + done.stderr)


if __name__ == "__main__":
    command_test.KEYFERRY = str(Path(sys.argv.pop(1)).resolve())
    del CommandTest
    unittest.main()
