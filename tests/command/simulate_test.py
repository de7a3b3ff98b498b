#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests `keyferry simulate` as a standalone tool: persistent state, HTTP interface and startup errors.

    simulate_test.py KEYFERRY
"""

import json
import os
import socket
import ssl
import sys
import unittest
import urllib.error
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import command_test  # noqa: E402
from command_test import CommandTest  # noqa: E402

STORMS = Path(__file__).resolve().parents[2] / "configs" / "storms.faults"
FLEET = """\
[fleet]
name = "one"
account = "111122223333"
primary = "us-east-1"
[[group]]
name = "all"
keys = ["mrk-1234abcd12ab34cd56ef1234567890ab"]
replicate_to = ["eu-west-1"]
policy = "default"
"""


class Simulate(CommandTest):
    def setUp(self):
        super().setUp()
        self.fleet.write_text(FLEET)
        self.state = self.home / "kms.state"

    def begin(self, *arguments):
        self.simulator = self.start("simulate", "--quota-scale", 0, "--creating", "0s", *arguments)
        self.ready = json.loads(self.simulator.stdout.readline())
        self.endpoint = self.ready["endpoint"]

    def finish(self):
        self.simulator.terminate()
        self.assertEqual(self.simulator.wait(timeout=command_test.WAIT_S_MAX), 0)

    def ask(self, path, method="GET", body=None):
        request = urllib.request.Request(self.endpoint + path, data=body, method=method)
        with urllib.request.urlopen(request, timeout=command_test.WAIT_S_MAX) as answer:
            return answer.read().decode()

    def ferry(self, **options):
        return self.keyferry("run", self.fleet, "--endpoint-url", self.endpoint, **options)

    def regions(self):
        keys = json.loads(self.ask("/_keyferry/keys"))["keys"]
        return [region["region"] for key in keys for region in key["regions"]]

    def test_keys_are_persistent(self):
        self.begin("--fleet", self.fleet, "--state", self.state)
        self.ferry()
        self.assertEqual(self.regions(), ["us-east-1", "eu-west-1"])
        first = self.ask("/_keyferry/keys")
        self.finish()
        self.begin("--fleet", self.fleet, "--state", self.state)
        self.assertEqual(self.regions(), ["us-east-1", "eu-west-1"])
        self.assertEqual(self.ask("/_keyferry/keys"), first)
        self.assertEqual(self.ready["keys"], 2)
        self.finish()

    def test_a_fleet_of_several_accounts(self):
        second = """\
[[group]]
name = "other"
account = "444455556666"
keys = ["mrk-1234abcd12ab34cd56ef1234567890ab"]
replicate_to = ["eu-west-1"]
policy = "default"
"""
        self.fleet.write_text(FLEET + second)
        self.begin("--fleet", self.fleet)
        self.assertEqual(self.ready["keys"], 2)
        keys = json.loads(self.ask("/_keyferry/keys"))["keys"]
        self.assertEqual([key["account"] for key in keys], ["111122223333", "444455556666"])

    def status_for(self, host):
        request = urllib.request.Request(self.endpoint + "/_keyferry/keys", headers={"Host": host})
        try:
            with urllib.request.urlopen(request, timeout=command_test.WAIT_S_MAX) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def test_unknown_host_names_are_rejected(self):
        self.begin("--host", "simulator", "--host", "*.example.com")
        for host in ("localhost", "127.0.0.1:1", "simulator:4566", "kms.example.com"):
            self.assertEqual(self.status_for(host), 200, host)
        self.assertEqual(self.status_for("rebound.test"), 421)

    def test_unknown_regions_are_rejected(self):
        for arguments, exit_code in (((), 4), (("--unknown-regions",), 0)):
            self.fleet.write_text(FLEET.replace("eu-west-1", "eu-wset-1"))
            self.begin("--fleet", self.fleet, *arguments)
            self.ferry(exit_code=exit_code)
            self.finish()
            for journal in self.home.glob("*.journal"):
                journal.unlink()

    def test_faults_for_unknown_regions_are_rejected(self):
        stderr = self.keyferry("simulate", "--fault", "eu-wset-1/throttle=1", exit_code=3).stderr
        self.assertIn("AWS has no Region 'eu-wset-1'", stderr)

    def test_values_that_cannot_be_meant_are_rejected(self):
        for option, value, reason in (
                ("--seed", "-1", "'-1' is not a whole number of 0 or more"),
                ("--seed", "99999999999999999999", "'99999999999999999999' is too large"),
                ("--keys-per-region", "-1", "'-1' is not a whole number of 0 or more"),
                ("--keys-per-region", "1000000001", "is not a number from 0 to 1000000000"),
                ("--quota-scale", "-1", "'-1' is not a number from 0 to 1000000"),
                ("--quota-scale", "nan", "'nan' is not a number from 0 to 1000000"),
                ("--creating", "-1s", "'-1s' is not a duration"),
                ("--updating", "25h", '"25h" is longer than 24h'),
                ("--stale", "2s..1s", "has a minimum greater than its maximum"),
                ("--hot-key-spacing", "25h", '"25h" is longer than 24h'),
                ("--clock-ahead", "-87673h", "'-87673h' is more than 87672h from the machine's time"),
                ("--fault", "retry-after=25h", '"25h" is longer than 24h'),
                ("--listen", "127.0.0.1:65536", "is not in the form ADDRESS:PORT"),
                ("--account", "-1", "is not an AWS account ID"),
                ("--host", "a..b", "'a..b' is not a host name, such as simulator or *.example.com, or an IP address"),
                ("--host", "http://simulator", "it must not contain a scheme or a port"),
                ("--host", "192.0.2.010", "is not a host name")):
            with self.subTest(option=option, value=value):
                stderr = self.keyferry("simulate", option, value, exit_code=3).stderr
                self.assertIn(f"keyferry: {option}: ", stderr)
                self.assertIn(reason, stderr)

    def test_unreadable_input_prevents_startup(self):
        self.state.write_text("{}")
        stderr = self.keyferry("simulate", "--state", self.state, exit_code=1).stderr
        self.assertIn("kms.state:1: not a valid simulator state", stderr)
        identities = self.home / "identities.json"
        identities.write_text('{"users": []}')
        stderr = self.keyferry("simulate", "--identities", identities, exit_code=1).stderr
        self.assertIn('identities.json: the file has an unknown member "users"', stderr)

    def test_ledger_is_available_at_run_time(self):
        self.begin("--fleet", self.fleet)
        self.ferry()
        entries = [json.loads(line) for line in self.ask("/_keyferry/ledger").splitlines()]
        made = [entry["effect_region"] for entry in entries if entry.get("effect") == "replica_created"]
        self.assertEqual(made, ["eu-west-1"])
        self.assertEqual(len(self.ask("/_keyferry/ledger?from=1").splitlines()), len(entries) - 1)

    def test_faults_can_change_at_run_time(self):
        self.begin("--fleet", self.fleet)
        self.ask("/_keyferry/faults", "PUT", b"ReplicateKey.denied=1")
        self.ask("/_keyferry/faults", "PUT", b"")
        self.ferry()
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.ask("/_keyferry/faults", "PUT", b"thunder=1")
        self.assertEqual(caught.exception.code, 400)
        caught.exception.close()

    def test_wrong_clock_rejects_signatures(self):
        """keyferry then signs with KMS's time."""
        self.begin("--fleet", self.fleet, "--clock-ahead", "10m")
        self.keyferry("plan", self.fleet, "--endpoint-url", self.endpoint)
        entries = [json.loads(line) for line in self.ask("/_keyferry/ledger").splitlines()]
        self.assertEqual([entry.get("code", "") for entry in entries][0], "InvalidSignatureException")
        self.assertGreater(len(entries), 1)

    def test_certificate_contains_the_hosts(self):
        authority = self.home / "ca.pem"
        self.begin("--https", "--certificate-out", authority, "--host", "simulator", "--host", "192.0.2.7")
        address = ("127.0.0.1", int(self.endpoint.rsplit(":", 1)[1]))
        context = ssl.create_default_context(cafile=authority)
        for name in ("simulator", "192.0.2.7", "localhost", "127.0.0.1"):
            with socket.create_connection(address) as plain, context.wrap_socket(plain, server_hostname=name):
                pass
        with socket.create_connection(address) as plain, self.assertRaises(ssl.SSLCertVerificationError):
            context.wrap_socket(plain, server_hostname="other")

    def test_faults_are_read_from_a_file(self):
        self.begin("--fault-file", STORMS)
        self.finish()
        wrong = self.home / "wrong.faults"
        wrong.write_text("# one\nthrottle=0.1 # two\n\n  thunder=1\n")
        stderr = self.keyferry("simulate", "--fault-file", wrong, exit_code=3).stderr
        self.assertIn(f"{wrong}:4: ", stderr)
        self.assertIn("thunder", stderr)
        wrong.write_text("throttle=0.7\ninternal=0.7\n")
        self.keyferry("simulate", "--fault-file", wrong, exit_code=3)

    def test_storms_are_simulated_in_rehearsals(self):
        # In virtual time, the fleet finishes before the first storm.
        self.keyferry("run", self.fleet, "--simulate", "--fault-file", STORMS, "--fault",
                      "eu-west-1/ReplicateKey.throttle=0.5", "--journal", self.journal)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
