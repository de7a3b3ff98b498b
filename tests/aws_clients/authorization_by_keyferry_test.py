#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests that keyferry's plans and runs agree with the verdicts in authorization_cases.txt, and that
the printed IAM policies allow exactly what the commands need.

    authorization_by_keyferry_test.py KEYFERRY

boto3 only creates the keys. Exit code 77 (skipped) if it is not installed.
"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True

import authorization_matrix as matrix  # noqa: E402
import authorization_setup as setup  # noqa: E402
from running_simulator import RunningSimulator  # noqa: E402

SKIPPED = 77
KEYFERRY = ""

# No rate limits, since the simulator has none. No wait for principals that may have just been created.
HEAD = """
[fleet]
name = "authorization"

[[limits.quota]]
ReplicateKey = 10000
CreateKey = 10000

[retry]
malformed_policy_max = "0s"

"""


def group(name, arns, region, tags=(), policy=None):
    """A group of a fleet spec."""
    entries = ", ".join(f'"{key}" = "{value}"' for key, value in tags)
    text = "'default'" if policy is None else f"{{ inline = '{json.dumps(policy)}' }}"
    return (f'[[group]]\nname = "{name}"\nkeys = {json.dumps(arns)}\nreplicate_to = ["{region}"]\n'
            f"policy = {text}\ntags = {{ {entries} }}\n\n")


class ThroughKeyferry(matrix.CallersAndKeys, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.start(KEYFERRY)

    @classmethod
    def tearDownClass(cls):
        cls.stop()

    def keyferry(self, caller, command, spec, *options):
        """The JSON report of a command, run as `caller`."""
        fleet = self.simulator.home / f"{caller}.toml"
        fleet.write_text(spec, encoding="utf-8")
        environment = {**self.simulator.environment(), "AWS_ACCESS_KEY_ID": "AKID" + caller.upper(),
                       "AWS_SECRET_ACCESS_KEY": "secret"}
        done = subprocess.run([KEYFERRY, command, fleet, "--endpoint-url", self.simulator.endpoint, "--json",
                               *options], env=environment, capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertTrue(done.stdout, done.stderr)
        return json.loads(done.stdout)

    def test_plan_is_blocked_where_describe_key_is_denied(self):
        rows = {subject: verdicts for operation, subject, verdicts, _ in matrix.CASES.rows
                if operation == "DescribeKey"}
        spec = HEAD + group("all", [self.keys[subject] for subject in rows], "eu-west-1")
        compared = 0
        for column, caller in enumerate(setup.COLUMNS):
            if setup.ACCOUNTS.get(caller, setup.HOME) != setup.HOME:
                continue  # a fleet's keys belong to the account of the credentials
            jobs = {job["primary"]: job["reason"] for job in self.keyferry(caller, "plan", spec, "--list-jobs")["jobs"]}
            for subject, verdicts in rows.items():
                with self.subTest(caller=caller, key=subject):
                    self.assertEqual(jobs[self.keys[subject]] != "primary denied", verdicts[column] == "+")
                compared += 1
        self.assertGreater(compared, 200)

    def test_run_creates_replicas_where_replicate_key_is_allowed(self):
        compared = 0
        for number, (words, wanted, reason) in enumerate(matrix.CASES.calls):
            if words[1] != "replicate" or "single" in words or "bypass" in words:
                continue  # a plan rejects these or needs other options for them
            subject, region, wished = words[2], words[3], matrix.members(words[4:])
            key = self.new_key(subject, setup.KEY_POLICIES[subject])
            spec = HEAD + group("one", [key], region,
                                [(tag["TagKey"], tag["TagValue"]) for tag in wished.get("Tags", [])],
                                json.loads(wished["Policy"]) if "Policy" in wished else None)
            report = self.keyferry(words[0], "run", spec, "--journal",
                                   str(self.simulator.home / f"{number}.journal"))
            with self.subTest(call=" ".join(words), why=reason):
                if wanted == "+":
                    self.assertEqual(report["counts"]["created"], 1, report["stuck"])
                else:
                    stuck = report["stuck"][0]
                    self.assertEqual(matrix.verdict_of(stuck["examples"][0]["message"]), wanted, stuck)
            compared += 1
        self.assertGreater(compared, 10)


class PrintedPolicy(unittest.TestCase):
    """A caller with exactly the policy that `keyferry permissions` prints."""

    KEYS = [f"arn:aws:kms:us-east-1:{setup.HOME}:key/mrk-{number:032x}" for number in (1, 2)]
    SPEC = HEAD + f"""
[[group]]
name = "g"
keys = {json.dumps(KEYS)}
replicate_to = ["eu-west-1"]
policy = {{ inline = '{json.dumps(setup.policy(setup.to(setup.ACCOUNT)))}' }}
description = "payments"
tags = {{ team = "cards" }}
aliases = ["alias/cards-{{key_id}}"]
"""

    def printed(self, folder, *options):
        fleet = folder / "fleet.toml"
        fleet.write_text(self.SPEC, encoding="utf-8")
        done = subprocess.run([KEYFERRY, "permissions", fleet, *options], capture_output=True, text=True,
                              timeout=60, check=True)
        return json.loads(done.stdout)

    def outcomes(self, folder, policy, commands):
        """The exit codes of the commands, until the first one that fails."""
        (folder / "identities.json").write_text(json.dumps({"identities": [
            {"access_key_id": "AKIDPRINTED", "secret_access_key": "secret", "account": setup.HOME,
             "name": "user/printed", "policy": policy},
            {"access_key_id": "AKIDADMIN", "secret_access_key": "secret", "account": setup.HOME,
             "name": "user/admin"}]}), encoding="utf-8")
        simulator = RunningSimulator(KEYFERRY, "--creating", "0s", "--fleet", str(folder / "fleet.toml"),
                                     "--identities", str(folder / "identities.json"))
        codes = []
        try:
            environment = {**simulator.environment(), "AWS_ACCESS_KEY_ID": "AKIDPRINTED",
                           "AWS_SECRET_ACCESS_KEY": "secret"}
            for command in commands:
                done = subprocess.run([KEYFERRY, *command, folder / "fleet.toml", "--endpoint-url", simulator.endpoint],
                                      env=environment, capture_output=True, text=True, timeout=60, check=False)
                self.said = done.stdout + done.stderr
                codes.append(done.returncode)
                if done.returncode != 0:
                    break
            self.stranger = self.put_policy_of_stranger(simulator)
        finally:
            simulator.end()
            for journal in folder.glob("*.journal*"):
                journal.unlink()
        return codes

    @staticmethod
    def put_policy_of_stranger(simulator):
        """The error code of setting the policy of a primary of another fleet in the replica Region."""
        def client(access_key):
            return matrix.boto3.client("kms", region_name="eu-west-1", endpoint_url=simulator.endpoint,
                                       aws_access_key_id=access_key, aws_secret_access_key="secret")
        key = client("AKIDADMIN").create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
        try:
            client("AKIDPRINTED").put_key_policy(KeyId=key, Policy=json.dumps(setup.policy(setup.to(setup.ACCOUNT))))
            return "allowed"
        except matrix.botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"]

    def test_allows_all_commands_and_no_statement_can_be_omitted(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            run = [["run"], ["plan", "--detailed-exitcode"]]
            sync = [*run, ["sync"], ["check"], ["plan", "--drift"]]
            for options, commands in (((), run), (("--sync",), sync)):
                policy = self.printed(folder, *options)
                self.assertEqual(self.outcomes(folder, policy, commands), [0] * len(commands), self.said)
                self.assertEqual(self.stranger, "AccessDeniedException")
            policy = self.printed(folder)
            for statement in policy["Statement"]:
                with self.subTest(without=statement["Sid"]):
                    rest = {**policy, "Statement": [each for each in policy["Statement"] if each is not statement]}
                    self.assertNotEqual(self.outcomes(folder, rest, run)[-1], 0, self.said)


if __name__ == "__main__":
    if matrix.boto3 is None:
        print("skipped: boto3 is not installed")
        sys.exit(SKIPPED)
    KEYFERRY = sys.argv.pop(1)
    unittest.main()
