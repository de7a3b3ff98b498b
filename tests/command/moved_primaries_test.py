#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests that keys whose primaries have moved stay in the fleet, and that all commands report them in the same way.

    moved_primaries_test.py KEYFERRY
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

MOVED = 3
SPEC = """\
[fleet]
name = "moving"
account = "111122223333"
primary = "us-east-1"
{allowed}
[[group]]
name = "g"
{keys}
replicate_to = ["eu-west-1", "us-west-2"]
policy = "default"
tags = {{ team = "a" }}
{more}
[[limits.quota]]
ReplicateKey = 1000
CreateKey = 2000

[wait]
poll_delay_min = "100ms"
poll_delay_max = "200ms"
"""
SELECTED = 'select = { tags = { team = "a" } }'
WARNING = "The primaries of 3 keys moved to eu-west-1."


def listed(ids):
    return "keys = [" + ", ".join(f'"{key}"' for key in ids) + "]"


class MovedPrimaries(CommandTest):
    def start_kms(self, updating="0s"):
        """A fleet of twelve selected keys with all their replicas."""
        self.write_spec(SELECTED)
        self.endpoint = self.simulate("--quota-scale", 0, "--creating", "0s",
                                      "--updating", updating)["endpoint"].rstrip("/")
        self.at_kms = ("--endpoint-url", self.endpoint)
        self.run_fleet()
        self.ids = sorted({job["primary"].rsplit("/", 1)[-1] for job in self.planned()["jobs"]})
        self.assertEqual(len(self.ids), 12)

    def write_spec(self, keys, allowed="", more=""):
        self.fleet.write_text(SPEC.format(keys=keys, allowed=allowed, more=more))

    def call(self, operation, key, region, **members):
        body = json.dumps({"KeyId": key, **members}).encode()
        with urllib.request.urlopen(signed(self.endpoint, region, operation, body)) as response:
            return json.loads(response.read() or "{}")

    def move(self, to="eu-west-1", source="us-east-1", keys=None):
        for key in keys or self.ids[:MOVED]:
            self.call("UpdatePrimaryRegion", key, source, PrimaryRegion=to)

    def delete_replicas(self, *replicas):
        for key, region in replicas:
            self.call("ScheduleKeyDeletion", key, region, PendingWindowInDays=7)
        request = urllib.request.Request(f"{self.endpoint}/_keyferry/time", data=b"200h", method="PUT")
        urllib.request.urlopen(request).close()

    def planned(self, *arguments):
        done = self.keyferry("plan", self.fleet, *self.at_kms, "--json", "--list-jobs", *arguments)
        return json.loads(done.stdout)

    def run_fleet(self, *arguments, exit_code=0):
        done = self.keyferry("run", self.fleet, *self.at_kms, "--json", *arguments, exit_code=exit_code)
        self.log = done.stderr
        return json.loads(done.stdout).get("counts")

    def findings(self, plan):
        return {finding["code"]: finding for finding in plan["findings"]}

    def check_all_commands(self):
        """All commands find 12 keys with 24 replicas and report the moved primaries."""
        plan = self.planned()
        self.assertEqual((plan["keys"], plan["replicas"], plan["actions"]["exists"]), (12, 24, 24))
        finding = self.findings(plan)["primary_moved"]
        self.assertEqual((finding["severity"], finding["affected"]), ("warning", 2 * MOVED))
        self.assertIn(WARNING, finding["text"])
        self.assertIn(WARNING, self.keyferry("check", self.fleet, *self.at_kms).stderr)
        failed = self.keyferry("check", self.fleet, *self.at_kms, "--fail-on", "warning", exit_code=2)
        self.assertIn(WARNING, failed.stdout)
        counts = self.run_fleet("--replan")
        self.assertEqual((counts["created"] + counts["existed"], counts["existed"]), (24, 2 * MOVED))
        self.assertIn(WARNING, self.log)
        sync = self.keyferry("sync", self.fleet, *self.at_kms, "--dry-run", "--json")
        report = json.loads(sync.stdout)
        self.assertEqual((report["replicas_compared"], report["replicas_not_compared"]), (24, 0))
        self.assertIn(WARNING, sync.stderr)

    def test_selected_keys_stay_in_the_fleet(self):
        self.start_kms()
        self.move()
        self.check_all_commands()

    def test_listed_keys_stay_in_the_fleet(self):
        self.start_kms()
        self.write_spec(listed(self.ids))
        self.move()
        self.check_all_commands()

    def test_a_key_whose_primary_is_moving_leaves_only_its_own_jobs_unfinished(self):
        self.start_kms(updating="1h")
        self.move(keys=self.ids[:1])
        for keys in (SELECTED, listed(self.ids)):
            self.write_spec(keys)
            self.fleet.write_text(self.fleet.read_text().replace("[wait]", '[wait]\nready_timeout = "1s"').replace(
                'replicate_to = ["eu-west-1", "us-west-2"]', 'primary = ["us-east-1", "eu-west-1"]\n'
                'replicate_to = ["us-west-2", "eu-central-1"]'))
            counts = self.run_fleet("--replan", exit_code=5)
            self.assertEqual((counts["jobs"], counts["created"] + counts["existed"]), (36, 34), counts)
            status = self.keyferry("status", self.journal, "--failed", "--format", "keys", exit_code=5).stdout
            self.assertEqual([line.rsplit("/", 1)[-1] for line in status.splitlines() if "mrk-" in line], self.ids[:1])
            report = json.loads(self.keyferry("sync", self.fleet, *self.at_kms, "--json", exit_code=5).stdout)
            self.assertEqual(report["replicas_compared"], 34, report)
            check = json.loads(self.keyferry("check", self.fleet, *self.at_kms, "--json", exit_code=2).stdout)
            self.assertEqual(check["as_specified"], 34, check)

    def check_replication_of_moved_keys(self, keys):
        self.start_kms()
        self.write_spec(keys(self.ids))
        self.move()
        self.delete_replicas((self.ids[0], "us-west-2"), *([(self.ids[1], "us-east-1")] if keys == listed else []))
        missing = 2 if keys == listed else 1
        plan = self.planned()
        self.assertEqual((plan["keys"], plan["actions"]["create"], plan["actions"]["exists"]),
                         (12, missing, 24 - missing))
        counts = self.run_fleet("--replan")
        self.assertEqual(self.planned()["actions"]["exists"], 24)
        self.assertEqual(counts["created"] + counts["existed"], 24)

    def test_listed_keys_are_replicated_from_their_new_region(self):
        self.check_replication_of_moved_keys(listed)

    def test_selected_keys_are_replicated_from_their_new_region(self):
        self.check_replication_of_moved_keys(lambda ids: SELECTED)

    def test_unmoved_fleet_keeps_its_plan_and_describes_each_key_once(self):
        self.start_kms()
        self.write_spec(listed(self.ids))
        plan = self.planned()
        self.assertNotIn("primary_moved", self.findings(plan))
        self.assertEqual(plan["survey_calls"], 12 + 24)
        offline = self.keyferry("plan", self.fleet, "--offline", "--json")
        self.assertEqual(plan["sha256"], json.loads(offline.stdout)["sha256"])

    def test_moved_primaries_require_replan(self):
        self.start_kms()
        self.write_spec(listed(self.ids))
        before = self.planned()["sha256"]
        self.run_fleet()
        self.move()
        self.assertNotEqual(self.planned()["sha256"], before)
        self.run_fleet(exit_code=3)
        self.assertIn("--replan", self.log)
        self.run_fleet("--replan")
        self.assertEqual(self.run_fleet()["existed"], 2 * MOVED)
        self.move("us-east-1", "eu-west-1")
        self.assertEqual(self.planned()["sha256"], before)

    def test_allowed_regions_exclude_the_stated_region(self):
        self.start_kms()
        self.write_spec(listed(self.ids), allowed='allowed_regions = ["eu-*", "us-west-*"]')
        self.move()
        plan = self.planned()
        self.assertEqual((plan["keys"], plan["replicas"], plan["actions"]["create"]), (12, 24 - MOVED, 0))
        self.assertEqual(plan["extra_replicas"], MOVED)

    def test_saved_plan_names_moved_primaries(self):
        self.start_kms()
        self.move()
        for keys in (SELECTED, listed(self.ids)):
            with self.subTest(keys=keys):
                self.write_spec(keys)
                plan = self.home / "fleet.plan"
                self.keyferry("plan", self.fleet, *self.at_kms, "--out", plan)
                self.assertIn(WARNING, " ".join(self.keyferry("show", plan).stdout.split()))
                run = self.keyferry("run", plan, *self.at_kms, "--journal", self.home / f"{len(keys)}.journal")
                self.assertIn(WARNING, run.stderr)
                self.assertIn("24 of 24 replicas exist", run.stdout)

    def test_filters_find_moved_keys(self):
        self.start_kms()
        self.write_spec(listed(self.ids))
        self.move()
        for region in ("us-east-1", "eu-west-1"):
            plan = self.planned("--key", f"arn:aws:kms:{region}:111122223333:key/{self.ids[0]}")
            self.assertEqual((plan["keys"], plan["replicas"]), (1, 2))
        self.assertEqual(self.planned("--region", "us-east-1")["replicas"], MOVED)

    def test_arns_of_replicas_name_their_keys(self):
        self.start_kms()
        self.write_spec(listed(f"arn:aws:kms:us-west-2:111122223333:key/{key}" for key in self.ids))
        self.assertEqual((self.planned()["keys"], self.planned()["actions"]["exists"]), (12, 24))

    def test_selected_keys_with_a_foreign_primary_are_named(self):
        self.start_kms()
        self.call("ReplicateKey", self.ids[0], "us-east-1", ReplicaRegion="sa-east-1")
        self.move("sa-east-1", keys=self.ids[:1])
        done = self.keyferry("plan", self.fleet, *self.at_kms, "--json", "--detailed-exitcode", exit_code=2)
        self.assertEqual(json.loads(done.stdout)["keys"], 11)
        finding = self.findings(json.loads(done.stdout))["keys_elsewhere"]
        self.assertEqual((finding["severity"], finding["affected"]), ("error", 1))
        self.assertIn("1 key matches the groups' selections but is not part of the plan", done.stderr)
        foreign = f"arn:aws:kms:sa-east-1:111122223333:key/{self.ids[0]}"
        self.assertIn(foreign, done.stderr)
        saved = self.home / "fleet.plan"
        self.keyferry("plan", self.fleet, *self.at_kms, "--out", saved)
        for fleet in (self.fleet, saved):
            check = json.loads(self.keyferry("check", fleet, *self.at_kms, "--json", exit_code=2).stdout)
            self.assertEqual((check["verdict"], check["as_specified"], check["problems"]), ("gaps", 22, []))
            self.assertEqual(check["keys_elsewhere"], [{"primary": foreign, "group": "g"}])
        text = self.keyferry("check", self.fleet, *self.at_kms, exit_code=2).stdout
        self.assertIn("1 key that groups select is not included", text)
        self.assertIn(foreign, text)
        self.keyferry("check", self.fleet, *self.at_kms, "--key", self.ids[1])
        self.write_spec(SELECTED[:-2] + f', except = ["{self.ids[0]}"] }}')
        self.keyferry("check", self.fleet, *self.at_kms)

    def test_primaries_may_be_in_any_of_several_regions(self):
        self.start_kms()
        several = 'primary = ["us-east-1", "eu-west-1"]\n'
        for number, keys in enumerate((SELECTED, listed(self.ids),
                                       listed(f"arn:aws:kms:eu-west-1:111122223333:key/{key}" for key in self.ids))):
            with self.subTest(keys=keys):
                self.write_spec(several + keys)
                self.fleet.write_text(self.fleet.read_text().replace('replicate_to = ["eu-west-1", "us-west-2"]',
                                                                     'replicate_to = ["us-west-2"]'))
                for source, to in (("us-east-1", "eu-west-1"), ("eu-west-1", "us-east-1")):
                    self.move(to, source)
                    plan = self.planned("--detailed-exitcode")
                    self.assertEqual((plan["keys"], plan["replicas"], plan["actions"]["exists"]), (12, 24, 24))
                    self.assertNotIn("primary_moved", self.findings(plan))
                    primaries = {job["primary"].split(":")[3] for job in plan["jobs"]}
                    self.assertEqual(primaries, {"us-east-1", "eu-west-1"} if to == "eu-west-1" else {to})
                    check = self.keyferry("check", self.fleet, *self.at_kms)
                    self.assertNotIn("WARNING", check.stderr)
                    sync = json.loads(self.keyferry("sync", self.fleet, *self.at_kms, "--dry-run", "--json").stdout)
                    self.assertEqual((sync["replicas_compared"], sync["changes"]), (24, 0))
                    if to == "us-east-1":
                        outdated = self.keyferry("check", saved, *self.at_kms, exit_code=2).stdout
                        self.assertIn("Plan again; moved primaries are followed.", " ".join(outdated.split()))
                    saved = self.home / f"{number}-{to}.plan"
                    self.keyferry("plan", self.fleet, *self.at_kms, "--out", saved)
                    self.assertNotIn("moved", self.keyferry("show", saved).stdout)
                    run = self.keyferry("run", saved, *self.at_kms)
                    self.assertIn("24 of 24 replicas exist", run.stdout)
                self.fleet.write_text(self.fleet.read_text().replace(several, 'primary = "us-east-1"\n')
                                      .replace('["us-west-2"]', '["us-west-2", "eu-west-1"]'))
                refused = self.keyferry("show", saved, exit_code=2)
                self.assertIn("different primary Regions", refused.stderr)

    def test_copied_values_come_from_the_moved_primary(self):
        self.start_kms()
        self.call("UpdateKeyDescription", self.ids[0], "eu-west-1", Description="of Ireland")
        self.write_spec(listed(self.ids), more='description = "copy"')
        self.move(keys=self.ids[:1])
        self.delete_replicas((self.ids[0], "us-west-2"))
        self.assertEqual(self.planned()["actions"]["create"], 1)
        self.run_fleet("--replan")
        sync = self.keyferry("sync", self.fleet, *self.at_kms, "--dry-run", "--key", self.ids[0])
        self.assertIn(f"{self.ids[0]} in us-east-1", sync.stdout)
        self.assertNotIn("us-west-2", sync.stdout)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    del CommandTest  # the tests of the imported class run elsewhere
    unittest.main()
