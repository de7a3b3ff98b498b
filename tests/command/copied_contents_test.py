#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plans, saves, runs and resumes fleets that copy policy, description and tags from their primaries, against
`keyferry simulate`; the replicas are checked with signed calls.

    copied_contents_test.py KEYFERRY
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
from command_test import CommandTest  # noqa: E402
from signed_request import signed  # noqa: E402

HOME = "us-east-1"
REPLICAS = ("eu-west-1", "us-west-2")
TAGS = {"team": "cards", "Bereich": "Süd"}


def policy(statement_id):
    """Returns a key policy that the account can manage."""
    return {"Version": "2012-10-17",
            "Statement": [{"Sid": statement_id, "Effect": "Allow", "Action": "kms:*", "Resource": "*",
                           "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}]}


class CopiedContents(CommandTest):
    def setUp(self):
        super().setUp()
        self.plan = self.home / "fleet.plan"
        self.simulator = None

    def start_kms(self, *arguments):
        """Starts a simulator without keys. The same seed creates the same key IDs."""
        listen = ()
        if self.simulator:
            self.simulator.terminate()
            self.simulator.wait(timeout=command_test.WAIT_S_MAX)
            # A restarted simulator needs the same endpoint, because a journal is bound to it.
            listen = ("--listen", self.endpoint.removeprefix("http://").rstrip("/"))
        self.simulator = self.start("simulate", "--ledger", self.ledger, "--seed", 7, "--quota-scale", 0,
                                    "--creating", "0s", *listen, *arguments)
        self.endpoint = json.loads(self.simulator.stdout.readline())["endpoint"]
        self.at_kms = ("--endpoint-url", self.endpoint)

    def call(self, region, operation, **members):
        request = signed(self.endpoint, region, operation, json.dumps(members).encode())
        with urllib.request.urlopen(request, timeout=command_test.WAIT_S_MAX) as answer:
            return json.load(answer)

    def make_keys(self, *policies, tags=TAGS):
        """Creates primaries with these policies and returns their key IDs."""
        return [self.call(HOME, "CreateKey", MultiRegion=True, Policy=json.dumps(text), Description=f"key {number}",
                          Tags=[{"TagKey": key, "TagValue": value} for key, value in tags.items()])
                ["KeyMetadata"]["KeyId"] for number, text in enumerate(policies)]

    def write_fleet(self, keys, parameters='policy = "copy"\ndescription = "copy"\ntags = "copy"'):
        self.fleet.write_text(f"""\
[fleet]
name = "copies"
account = "111122223333"
primary = "{HOME}"
[[group]]
name = "all"
keys = {json.dumps(keys)}
replicate_to = {json.dumps(REPLICAS)}
{parameters}
[[limits.quota]]
ReplicateKey = 1000
CreateKey = 2000
[retry]
attempts_max = 2
[wait]
park_timeout = "2s"
poll_delay_min = "100ms"
poll_delay_max = "200ms"
""")

    def contents(self, key, region):
        """Returns (policy, description, tags) of a key in a Region."""
        tags = self.call(region, "ListResourceTags", KeyId=key)["Tags"]
        return (json.loads(self.call(region, "GetKeyPolicy", KeyId=key)["Policy"]),
                self.call(region, "DescribeKey", KeyId=key)["KeyMetadata"]["Description"],
                {tag["TagKey"]: tag["TagValue"] for tag in tags})

    def expect_copies(self, keys):
        for key in keys:
            primary = self.contents(key, HOME)
            for region in REPLICAS:
                self.assertEqual(self.contents(key, region), primary, f"{key} in {region}")

    def fleet_of(self, *policies, **more):
        self.start_kms()
        keys = self.make_keys(*policies, **more)
        self.write_fleet(keys)
        return keys

    def planned(self, *arguments, exit_code=0):
        done = self.keyferry("plan", self.fleet, *self.at_kms, "--json", *arguments, exit_code=exit_code)
        return json.loads(done.stdout)


class Run(CopiedContents):
    def test_replicas_copy_their_primaries(self):
        keys = self.fleet_of(policy("one"), policy("two"), policy("two"))
        self.assertNotEqual(self.contents(keys[0], HOME), self.contents(keys[1], HOME))
        done = self.keyferry("run", self.fleet, *self.at_kms)
        self.assertIn("reading policies and tags to copy from 3 keys", done.stderr)
        self.expect_copies(keys)
        self.assertEqual(self.contents(keys[1], REPLICAS[0]), (policy("two"), "key 1", TAGS))

    def test_only_configured_parts_are_copied(self):
        self.start_kms()
        keys = self.make_keys(policy("one"))
        self.write_fleet(keys, 'policy = "default"\ndescription = "mine"\ntags = "copy"')
        self.keyferry("run", self.fleet, *self.at_kms)
        replica = self.contents(keys[0], REPLICAS[0])
        self.assertEqual(replica[1:], ("mine", TAGS))
        self.assertNotEqual(replica[0], policy("one"))

    def test_rerun_finds_its_journal_regardless_of_existing_replicas(self):
        keys = self.fleet_of(policy("one"), policy("two"))
        self.keyferry("run", self.fleet, *self.at_kms)
        again = self.keyferry("run", self.fleet, *self.at_kms)
        self.assertIn("resuming", again.stderr)
        self.expect_copies(keys)

    def test_changed_primary_policy_requires_replan(self):
        keys = self.fleet_of(policy("one"), policy("two"))
        self.keyferry("run", self.fleet, *self.at_kms)
        self.start_kms()
        self.assertEqual(self.make_keys(policy("one"), policy("changed")), keys)
        refused = self.keyferry("run", self.fleet, *self.at_kms, exit_code=3)
        self.assertIn("2 jobs done with different parameters", refused.stderr)
        self.assertIn("use --replan to continue with the new values", refused.stderr)
        self.keyferry("run", self.fleet, *self.at_kms, "--replan")

    def test_unreadable_key_is_named_and_nothing_is_created(self):
        for fault, expected, exit_code in (("GetKeyPolicy.denied=1", "policy denied", 6),
                                           ("ListResourceTags.denied=1", "kms:ListResourceTags", 6),
                                           ("GetKeyPolicy.internal=1", "copy unseen", 5)):
            with self.subTest(fault):
                self.start_kms("--fault", fault)
                self.write_fleet(self.make_keys(policy("one")))
                refused = self.keyferry("run", self.fleet, *self.at_kms, exit_code=exit_code)
                self.assertIn(expected, refused.stderr)
                self.assertFalse(self.journal.exists())
                self.assertEqual(self.replicas_made(), [])

    def test_key_that_does_not_exist_does_not_stop_the_others(self):
        self.start_kms()
        keys = self.make_keys(policy("one"))
        self.write_fleet(keys + ["mrk-" + "0" * 32])
        done = json.loads(self.keyferry("run", self.fleet, *self.at_kms, "--json", exit_code=4).stdout)
        self.assertEqual((done["counts"]["created"], done["counts"]["blocked"]), (2, 2))
        self.expect_copies(keys)

    def test_rehearsal_copies_from_the_simulator(self):
        self.write_fleet([f"mrk-{1:032x}"])
        done = self.keyferry("run", self.fleet, "--simulate")
        self.assertIn("2 of 2 replicas exist", done.stdout)
        rehearsed = self.keyferry("plan", self.fleet, "--simulate")
        self.assertIn("2 created", rehearsed.stdout)


class Plan(CopiedContents):
    def test_copied_policies_are_checked(self):
        bound = policy("bound")
        bound["Statement"].append({
            **bound["Statement"][0], "Sid": "use", "Action": "kms:Decrypt",
            "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}})
        self.fleet_of(policy("one"), bound, bound)
        found = self.planned()
        self.assertEqual(found["survey_calls"], 9)
        self.assertEqual(found["groups"][0]["copied"], ["policy", "description", "tags"])
        findings = {finding["code"]: finding for finding in found["findings"]}
        self.assertEqual(findings["policy_region_bound"]["affected"], 4)
        self.assertIn("copied from 2 keys", findings["policy_region_bound"]["examples"][0])
        self.assertNotIn("copies_not_known", findings)
        offline = {finding["code"] for finding in self.planned("--offline")["findings"]}
        self.assertIn("copies_not_known", offline)
        self.assertNotIn("policy_region_bound", offline)

    def test_unreadable_key_is_blocked_with_reason(self):
        self.start_kms("--fault", "GetKeyPolicy.denied=1")
        self.write_fleet(self.make_keys(policy("one")))
        found = self.planned("--list-jobs")
        self.assertEqual({job["reason"] for job in found["jobs"]}, {"policy denied"})
        self.assertEqual(found["actions"]["blocked"], 2)


class SavedPlan(CopiedContents):
    def save(self, *arguments):
        return self.keyferry("plan", self.fleet, *self.at_kms, "--out", self.plan, *arguments)

    def test_show_and_run_use_the_saved_plan(self):
        keys = self.fleet_of(policy("same"), policy("same"))
        made = self.save()
        self.assertEqual(self.plan.read_text().count('Sid\\"'), 1, "one policy, stored once")
        self.assertEqual(self.keyferry("show", self.plan).stdout, made.stdout)
        done = self.keyferry("run", self.plan, *self.at_kms)
        self.assertNotIn("reading policies and tags", done.stderr)
        self.expect_copies(keys)
        self.assertIn("resuming", self.keyferry("run", self.plan, *self.at_kms).stderr)

    def test_primary_changed_since_plan_is_refused_and_named(self):
        keys = self.fleet_of(policy("one"), policy("two"))
        self.save()
        for policies, tags, expected in (((policy("one"), policy("other")), TAGS, f"{keys[1]}: policy changed"),
                                         ((policy("one"), policy("two")), {}, f"{keys[0]}: tags changed")):
            with self.subTest(expected):
                self.start_kms()
                self.assertEqual(self.make_keys(*policies, tags=tags), keys)
                refused = self.keyferry("run", self.plan, *self.at_kms, exit_code=2)
                self.assertIn(expected, refused.stderr)
                self.assertIn("out of date", refused.stderr)
                self.assertFalse(self.home.joinpath("fleet.plan.journal").exists())

    def test_policy_member_order_is_not_a_change(self):
        keys = self.fleet_of(policy("one"))
        self.save()
        self.start_kms()
        turned = dict(reversed(policy("one").items()))
        self.assertEqual(self.make_keys(turned), keys)
        self.keyferry("run", self.plan, *self.at_kms)
        self.expect_copies(keys)

    def test_a_changed_spec_is_refused_and_named(self):
        keys = self.fleet_of(policy("one"))
        self.save()
        self.write_fleet(keys, 'policy = "default"\ndescription = "copy"\ntags = "copy"')
        refused = self.keyferry("run", self.plan, *self.at_kms, exit_code=2)
        self.assertIn("2 replicas with a different policy", refused.stderr)
        self.assertEqual(self.replicas_made(), [])

    def test_offline_plan_reads_primaries_before_running(self):
        keys = self.fleet_of(policy("one"))
        self.save("--offline")
        done = self.keyferry("run", self.plan, *self.at_kms)
        self.assertIn("reading policies and tags to copy from 1 key", done.stderr)
        self.expect_copies(keys)

    def test_saved_plan_can_be_rehearsed(self):
        self.fleet_of(policy("one"))
        self.save()
        done = self.keyferry("run", self.plan, "--simulate")
        self.assertIn("2 of 2 replicas exist", done.stdout)

    def test_rehearsal_creates_only_what_the_saved_plan_creates(self):
        self.start_kms()
        self.write_fleet(self.make_keys(policy("one")) + ["mrk-" + "0" * 32])
        self.save()
        done = self.keyferry("run", self.plan, "--simulate", exit_code=4)
        self.assertIn("2 of 4 replicas exist", done.stdout)
        self.assertIn("primary absent", done.stdout)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
