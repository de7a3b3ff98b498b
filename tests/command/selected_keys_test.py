#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests fleets whose groups select their keys: searching, planning, running, and failures.

    selected_keys_test.py KEYFERRY

The simulated KMS creates keys for the groups of its fleet: twelve per group that match the group's selection,
and three without tags and aliases.
"""

import json
import os
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import command_test  # noqa: E402
from command_test import CommandTest  # noqa: E402
from kms_fakes import KmsProxy  # noqa: E402

SPEC = """\
[fleet]
name = "selecting"
account = "111122223333"
primary = "us-east-1"
{groups}
[[limits.quota]]
ReplicateKey = 1000
CreateKey = 2000

[retry]
attempts_max = 2
transient_delay_base = "1ms"

[wait]
poll_delay_min = "100ms"
poll_delay_max = "200ms"
"""
LISTED = """
[[group]]
name = "listed"
keys = ["mrk-00000000000000000000000000000001"]
replicate_to = ["eu-west-1"]
policy = "default"
"""
GROUP = """
[[group]]
name = "{name}"
select = {{ {criteria} }}
replicate_to = ["eu-west-1", "us-west-2"]
policy = "default"
"""


def spec(**groups):
    return SPEC.format(groups="".join(GROUP.format(name=name, criteria=criteria)
                                      for name, criteria in groups.items()))


TEAM_A, TEAM_B = 'tags = { team = "a" }', 'tags = { team = "b" }'


class SelectedKeys(CommandTest):
    def start_kms(self, *arguments):
        """A KMS with twelve keys of team a, twelve of team b, and six without a team."""
        self.fleet.write_text(spec(a=TEAM_A, b=TEAM_B) + LISTED)
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s", *arguments)["endpoint"]
        self.at_kms = ("--endpoint-url", endpoint)
        self.fleet.write_text(spec(a=TEAM_A))

    def planned(self, *arguments, exit_code=0):
        done = self.keyferry("plan", self.fleet, *arguments, "--json", "--list-jobs", exit_code=exit_code)
        return json.loads(done.stdout)

    def test_plan_contains_exactly_the_matching_keys(self):
        self.start_kms()
        found = self.planned(*self.at_kms)
        self.assertEqual((found["keys"], found["replicas"], found["actions"]["create"]), (12, 24, 24))
        # One page of keys, DescribeKey for each of the 31 keys (not repeated by the survey), tags of each.
        self.assertEqual(found["survey_calls"], 1 + 31 + 31)

    def test_run_creates_the_selected_replicas_once(self):
        self.start_kms()
        self.keyferry("run", self.fleet, *self.at_kms)
        rerun = self.keyferry("run", self.fleet, *self.at_kms)
        self.assertIn("24 of 24 replicas exist", rerun.stdout)
        made = self.replicas_made()
        self.assertEqual((len(made), len(set(made))), (24, 24))

    def test_offline_plan_reports_unresolved_selections(self):
        self.fleet.write_text(spec(a=TEAM_A))
        done = self.keyferry("plan", self.fleet, "--offline")
        self.assertIn("this is done without AWS calls", done.stderr)
        self.assertIn("The keys selected by group 'a' are missing", " ".join(done.stdout.split()))
        self.assertEqual(self.planned("--offline")["replicas"], 0)

    def test_changed_selection_requires_replan(self):
        self.start_kms()
        self.keyferry("run", self.fleet, *self.at_kms)
        self.fleet.write_text(spec(a=TEAM_A, b=TEAM_B))
        refused = self.keyferry("run", self.fleet, *self.at_kms, exit_code=3)
        self.assertIn("--replan", refused.stderr)
        self.keyferry("run", self.fleet, *self.at_kms, "--replan")
        self.assertEqual(len(set(self.replicas_made())), 48)

    def test_saved_plan_keeps_its_keys_until_the_selection_changes(self):
        self.start_kms()
        plan = self.home / "fleet.plan"
        self.keyferry("plan", self.fleet, *self.at_kms, "--out", plan)
        self.assertIn("24 replicas", self.keyferry("show", plan).stdout)
        whole = self.fleet.read_text()
        self.fleet.write_text(spec(a=TEAM_B))
        refused = self.keyferry("run", plan, *self.at_kms, exit_code=2)
        self.assertIn("the selection of keys or their Regions", refused.stderr)
        self.fleet.write_text(whole.replace('"us-west-2"', '"us-west-1"'))
        refused = self.keyferry("run", plan, *self.at_kms, exit_code=2)
        self.assertIn("12 replicas in the plan but no longer in the spec", refused.stderr)
        self.fleet.write_text(whole)
        self.keyferry("run", plan, *self.at_kms)
        self.assertEqual(len(set(self.replicas_made())), 24)

    def test_saved_part_without_selected_keys_survives_changes_of_other_groups(self):
        self.start_kms()
        self.fleet.write_text(spec(a=TEAM_A) + LISTED)
        plan = self.home / "fleet.plan"
        self.keyferry("plan", self.fleet, *self.at_kms, "--group", "listed", "--out", plan)
        self.fleet.write_text(spec(a=TEAM_B) + LISTED)
        self.assertIn("which has changed since, but not in this part", self.keyferry("show", plan).stderr)
        self.keyferry("run", plan, *self.at_kms)
        self.assertEqual(len(self.replicas_made()), 1)

    def test_denied_list_ends_the_search(self):
        self.start_kms("--fault", "ListKeys.denied=1")
        for command in ("plan", "run"):
            done = self.keyferry(command, self.fleet, *self.at_kms, exit_code=6)
            self.assertIn("ListKeys in us-east-1 of account 111122223333: AccessDenied", done.stderr)
        self.assertEqual(self.replicas_made(), [])

    def test_inaccessible_keys_are_named_and_omitted(self):
        self.start_kms("--fault", "ListResourceTags.denied=0.3")
        done = self.keyferry("plan", self.fleet, *self.at_kms, "--json", exit_code=6)
        self.assertIn("could not be checked against the groups' selections", done.stderr)
        self.assertIn("  arn:aws:kms:us-east-1:111122223333:key/mrk-", done.stderr)
        plan = json.loads(done.stdout)
        self.assertLess(plan["keys"], 12)
        self.assertIn("keys_unseen", [finding["code"] for finding in plan["findings"]])
        self.assertIn("keys that groups may select are missing",
                      self.keyferry("run", self.fleet, *self.at_kms, exit_code=6).stderr)

    def test_saved_plan_lists_omitted_keys(self):
        self.start_kms("--fault", "ListResourceTags.denied=0.3")
        self.keyferry("plan", self.fleet, *self.at_kms, "--out", "fleet.plan", exit_code=6)
        log = self.keyferry("run", "fleet.plan", *self.at_kms, exit_code=6).stderr
        self.assertIn("could not be checked when the plan was created", log)
        self.assertIn("create a new plan", log)
        self.fleet.write_text(spec(a=TEAM_A) + LISTED)
        self.keyferry("plan", self.fleet, "--offline", "--out", "offline.plan")
        self.assertIn("the plan lacks the keys that group a selects",
                      self.keyferry("run", "offline.plan", *self.at_kms, exit_code=4).stderr)

    def test_unanswered_key_lookups_stop_the_run(self):
        self.start_kms("--fault", "ListResourceTags.internal=1")
        self.fleet.write_text(self.fleet.read_text().replace("[wait]", '[wait]\npark_timeout = "2s"'))
        self.keyferry("plan", self.fleet, *self.at_kms, exit_code=5)
        done = self.keyferry("run", self.fleet, *self.at_kms, exit_code=5)
        self.assertIn("nothing was changed. Run the command again", done.stderr)
        self.assertFalse(self.journal.exists())

    def test_keys_without_a_valid_response_do_not_stop_the_others(self):
        self.start_kms()
        key = self.planned(*self.at_kms)["jobs"][0]["primary"].rsplit("/", 1)[-1]
        proxy = KmsProxy(self.at_kms[1], change=lambda call, body: body.replace(key.encode(), b"mrk-" + b"f" * 32)
                         if call.operation == "DescribeKey" and call.key == key else body)
        self.addCleanup(proxy.close)
        at_proxy = ("--endpoint-url", proxy.url)
        done = self.keyferry("run", self.fleet, *at_proxy, "--json", exit_code=5)
        counts = json.loads(done.stdout)["counts"]
        self.assertEqual((counts["created"], counts["jobs"]), (22, 22))
        self.assertIn(f"  arn:aws:kms:us-east-1:111122223333:key/{key}", done.stderr)
        self.assertIn("1 key that groups may select is missing because KMS did not respond (see above). To include it, "
                      "run the command again (keyferry run: with --replan)", done.stderr)
        self.keyferry("sync", self.fleet, *at_proxy, exit_code=5)
        self.keyferry("run", self.fleet, *at_proxy, exit_code=5)
        self.assertEqual(len(set(self.replicas_made())), 22)

    def test_filter_on_empty_selection_is_not_an_error(self):
        self.start_kms()
        self.fleet.write_text(spec(c='tags = { team = "c" }'))
        for part in (("--group", "c"), ("--region", "eu-west-1"), ("--first", "3"), ("--key", "mrk-1*")):
            self.keyferry("plan", self.fleet, *self.at_kms, *part)
            self.keyferry("run", self.fleet, *self.at_kms, *part)
        refused = self.keyferry("plan", self.fleet, *self.at_kms, "--region", "eu-wset-1", exit_code=3)
        self.assertIn("--region 'eu-wset-1' matches none", refused.stderr)

    def test_empty_selection_is_a_warning(self):
        self.start_kms()
        self.fleet.write_text(spec(c='tags = { team = "c" }'))
        done = self.keyferry("run", self.fleet, *self.at_kms)
        self.assertIn("WARNING: group c selects no key", done.stderr)
        self.assertIn("0 of 0 replicas exist", done.stdout)

    def test_rehearsal_reports_example_keys(self):
        self.fleet.write_text(spec(a=TEAM_A, b='alias = "app/*", key_usage = "SIGN_VERIFY"'))
        planned = self.keyferry("plan", self.fleet, "--simulate")
        self.assertIn("24 primary keys in 1 account -> 48 replicas", planned.stdout)
        self.assertIn("groups that select keys use 12 example keys each", planned.stderr)
        self.keyferry("plan", self.fleet, "--simulate", "--out", "made-up.plan", exit_code=3)
        run = self.keyferry("run", self.fleet, "--simulate", "--creating", "0s")
        self.assertIn("48 of 48 replicas exist", run.stdout)

    def test_validate_makes_no_calls(self):
        self.fleet.write_text(spec(a=TEAM_A))
        self.assertIn("plus the keys that 1 group selects", self.keyferry("validate", self.fleet).stdout)

    def test_permissions_cover_all_selectable_keys(self):
        self.fleet.write_text(spec(a=TEAM_A))
        policy = json.loads(self.keyferry("permissions", self.fleet).stdout)
        resources = {statement["Action"]: statement["Resource"] for statement in policy["Statement"]}
        self.assertEqual(set(resources), {"kms:ReplicateKey", "kms:CreateKey", "kms:DescribeKey", "kms:ListKeys",
                                          "kms:ListResourceTags"})
        self.assertEqual(resources["kms:ReplicateKey"], ["arn:aws:kms:us-east-1:111122223333:key/mrk-*"])
        self.assertEqual(resources["kms:ListKeys"], ["*"])


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    del CommandTest  # the tests of the imported class run elsewhere
    unittest.main()
