#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests that plans are created from a survey of KMS, saved, shown and run, and that stale plans are rejected.

    saved_plans_test.py KEYFERRY
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import command_test  # noqa: E402
from command_test import REGIONS, CommandTest, fleet_text  # noqa: E402


class PlansTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.plan = self.home / "fleet.plan"

    def start_kms(self, keys, *arguments):
        """Starts a simulator with these keys and writes a fleet of the same size."""
        self.fleet.write_text(fleet_text(keys))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s", *arguments)["endpoint"]
        self.at_kms = ("--endpoint-url", endpoint)

    def planned(self, *arguments, exit_code=0):
        done = self.keyferry("plan", self.fleet, *self.at_kms, "--json", *arguments, exit_code=exit_code)
        return json.loads(done.stdout)

    def save(self, *arguments):
        return self.keyferry("plan", self.fleet, *self.at_kms, "--out", self.plan, *arguments)

    def expect_nothing_made(self):
        self.assertEqual(self.replicas_made(), [])


class Plan(PlansTest):
    def test_existing_and_missing_replicas_are_distinguished(self):
        self.start_kms(4)
        found = self.planned("--detailed-exitcode", exit_code=2)
        self.assertTrue(found["surveyed"])
        self.assertEqual((found["actions"]["create"], found["survey_calls"]), (12, 4))
        self.keyferry("run", self.fleet, *self.at_kms, "--region", "eu-west-1")
        found = self.planned("--detailed-exitcode", exit_code=2)
        self.assertEqual((found["actions"]["create"], found["actions"]["exists"]), (8, 4))
        self.assertEqual(found["survey_calls"], 8, "one lookup for each primary and each replica")
        self.assertEqual([(quota["region"], quota["api"], quota["requests"]) for quota in found["survey_quotas"]],
                         [("eu-west-1", "DescribeKey", 4), ("us-east-1", "DescribeKey", 4)])
        self.keyferry("run", self.fleet, *self.at_kms)
        self.assertEqual(self.planned("--detailed-exitcode")["actions"]["exists"], 12)
        self.expect_each_replica_once(4)

    def test_plan_is_written_into_a_fifo_or_descriptor_but_not_over_a_folder(self):
        self.fleet.write_text(fleet_text(1))
        plan = ("plan", "--offline", self.fleet, "--out")
        pipe = self.home / "pipe"
        os.mkfifo(pipe)
        process = self.start(*plan, pipe)
        saved = pipe.read_text()
        process.communicate(timeout=command_test.WAIT_S_MAX)
        self.assertEqual(process.returncode, 0)
        self.assertTrue(pipe.is_fifo())
        self.plan.write_text(saved)
        self.keyferry("show", self.plan)
        for path in ("/proc/self/fd/1", "-"):
            self.assertEqual(self.keyferry(*plan, path).stdout[:30], saved[:30], "the plan without the report")
            self.assertIn("cannot share standard output",
                          self.keyferry(*plan, path, "--format", "json", exit_code=3).stderr)
        refused = self.keyferry(*plan, self.home, exit_code=3)
        self.assertIn(f"cannot save the plan: {self.home} is a folder", refused.stderr)
        self.assertEqual(list(self.home.parent.glob(f"{self.home.name}.unfinished*")), [])

    def test_replicas_outside_the_spec_are_reported_and_kept(self):
        self.start_kms(2)
        self.keyferry("run", self.fleet, *self.at_kms)
        self.fleet.write_text(self.fleet.read_text().replace('"us-west-2"', '"eu-north-1"'))
        found = self.planned()
        self.assertEqual(found["extra_replicas"], 2)
        self.assertEqual((found["actions"]["create"], found["actions"]["exists"]), (2, 4))

    def test_jobs_can_be_listed_by_action(self):
        self.start_kms(3)
        self.keyferry("run", self.fleet, *self.at_kms, "--first", "2")
        found = self.planned("--only", "exists", "--list-jobs")
        self.assertEqual({job["action"] for job in found["jobs"]}, {"exists"})
        self.assertEqual(found["replicas"], 2)
        refused = self.keyferry("plan", self.fleet, *self.at_kms, "--only", "unusable", exit_code=3)
        self.assertIn("--only", refused.stderr)

    def test_missing_primary_blocks_only_its_replicas(self):
        self.start_kms(2)
        self.fleet.write_text(fleet_text(3))
        found = self.planned()
        self.assertEqual((found["actions"]["create"], found["actions"]["blocked"]), (6, 3))
        self.assertEqual([reason["reason"] for reason in found["reasons"]
                          if reason["action"] == "blocked"], ["primary absent"])
        self.assertEqual([(key["reason"], key["regions"]) for key in found["blocked"]],
                         [("primary absent", sorted(REGIONS))])

    def test_missing_credentials_suggest_offline(self):
        self.fleet.write_text(fleet_text(1))
        del self.environment["AWS_ACCESS_KEY_ID"], self.environment["AWS_SECRET_ACCESS_KEY"]
        refused = self.keyferry("plan", self.fleet, exit_code=6, AWS_EC2_METADATA_DISABLED="true")
        self.assertIn("--offline", refused.stderr)

    def test_wrong_secret_fails_after_one_response(self):
        self.start_kms(3)
        refused = self.keyferry("plan", self.fleet, *self.at_kms, exit_code=6,
                                AWS_SECRET_ACCESS_KEY="wrong")
        self.assertIn("InvalidSignature", refused.stderr)

    def test_unresponsive_kms_requires_a_rerun(self):
        self.start_kms(2, "--fault", "us-east-1/down=1")
        self.fleet.write_text(self.fleet.read_text().replace("[wait]", '[wait]\npark_timeout = "2s"'))
        done = self.keyferry("plan", self.fleet, *self.at_kms, "--json", "--detailed-exitcode", exit_code=5)
        self.assertIn("no response from KMS for 2 of 2 keys", done.stderr)
        self.assertEqual(json.loads(done.stdout)["actions"]["blocked"], 6)

    def test_denied_describe_key_is_reported(self):
        self.start_kms(2, "--fault", "us-east-1/DescribeKey.denied=1")
        found = self.planned()
        self.assertEqual(found["actions"]["blocked"], 6)
        self.assertEqual({reason["reason"] for reason in found["reasons"]}, {"primary denied"})


class SavedPlan(PlansTest):
    def test_show_and_run_use_the_saved_plan(self):
        self.start_kms(4)
        self.keyferry("run", self.fleet, *self.at_kms, "--region", "us-west-2")
        made = self.save()
        self.assertEqual(self.keyferry("show", self.plan).stdout, made.stdout)
        self.assertEqual(self.plan.stat().st_mode & 0o777, 0o600)
        done = self.keyferry("run", self.plan, *self.at_kms)
        self.assertIn("12 of 12 replicas exist", done.stdout)
        approved = re.search("plan sha256 +([0-9a-f]{64})", made.stdout)[1]
        self.assertIn(approved, done.stdout)
        again = self.keyferry("run", self.plan, *self.at_kms)
        self.assertIn("resuming", again.stderr)
        self.assertTrue(self.home.joinpath("fleet.plan.journal").exists())
        self.expect_each_replica_once(4)

    def test_a_plan_is_saved_before_its_report_is_printed(self):
        self.fleet.write_text(fleet_text(2))
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(self.command("plan", "--offline", self.fleet, "--out", self.plan), stdout=writer,
                              stderr=subprocess.PIPE, env=self.environment, timeout=command_test.WAIT_S_MAX, check=False)
        os.close(writer)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b"cannot write to standard output", done.stderr)
        shown = self.keyferry("show", self.plan).stdout
        with self.plan.open() as plan:
            piped = subprocess.run(self.command("show", "-"), stdin=plan, capture_output=True, text=True, cwd=self.home,
                                   env=self.environment, timeout=command_test.WAIT_S_MAX, check=True)
        self.assertEqual(piped.stdout, shown)
        refused = subprocess.run(self.command("show", "-"), input="x", capture_output=True, text=True,
                                 env=self.environment, timeout=command_test.WAIT_S_MAX, check=False)
        self.assertEqual(refused.returncode, 3)
        self.assertIn("plan (standard input): line 1", refused.stderr)

    def test_a_report_states_by_whom_and_of_what_it_was_made(self):
        self.start_kms(3)
        self.environment["AWS_ENDPOINT_URL_STS"] = self.at_kms[1]
        whole = self.planned("--out", self.plan)
        made = whole["provenance"]
        self.assertRegex(made["made"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual((made["tool"].split()[0], made["spec"], made["spec_sha256"], made["part_of"]),
                         ("keyferry", str(self.fleet), whole["sha256"], None))
        self.assertEqual([caller["account"] for caller in made["callers"]], ["111122223333"])
        self.assertEqual(json.loads(self.keyferry("show", self.plan, "--json").stdout)["provenance"], made)
        for filters in (("--region", "eu-*", "--first", 2), ("--key", f"mrk-{1:032x}")):
            part = self.planned(*filters)
            self.assertNotEqual(part["sha256"], whole["sha256"])
            self.assertEqual(part["provenance"]["part_of"]["sha256"], whole["sha256"])
            self.assertIn(filters[0], part["provenance"]["part_of"]["filter"])
        checked = self.keyferry("check", self.plan, *self.at_kms, "--json", "--region", "us-west-2", exit_code=2)
        found = json.loads(checked.stdout)["provenance"]
        self.assertEqual((found["spec_sha256"], found["part_of"]),
                         (whole["sha256"], {"filter": "--region us-west-2", "sha256": whole["sha256"]}))

    def test_plan_does_not_depend_on_time_or_key_order(self):
        self.start_kms(3)
        self.save()
        first = self.plan.read_text().splitlines()
        text = self.fleet.read_text()
        one, two = f'"mrk-{1:032x}"', f'"mrk-{2:032x}"'
        self.fleet.write_text(text.replace(one, "ONE").replace(two, one).replace("ONE", two))
        self.save()
        second = self.plan.read_text().splitlines()
        self.assertEqual(first[1:-1], second[1:-1])

    def test_a_changed_spec_is_refused_and_named(self):
        for change, expected in ((lambda text: text.replace('team = "payments"', 'team = "other"'),
                                 "9 replicas with a different policy, description, tags or bypass"),
                                (lambda text: text.replace('"us-west-2"', '"eu-north-1"'),
                                 "3 replicas in the plan but no longer in the spec"),
                                (lambda text: text.replace(f'"mrk-{3:032x}",', ""),
                                 "3 replicas in the plan but no longer in the spec"),
                                (lambda text: text.replace("primary =", "primry ="), "no longer a valid fleet spec")):
            with self.subTest(expected):
                self.start_kms(3)
                self.save()
                self.fleet.write_text(change(self.fleet.read_text()))
                refused = self.keyferry("run", self.plan, *self.at_kms, exit_code=2)
                self.assertIn(expected, refused.stderr)
                self.assertFalse(self.home.joinpath("fleet.plan.journal").exists())
                self.expect_nothing_made()

    def test_limits_may_change(self):
        self.start_kms(2)
        self.save()
        self.fleet.write_text(self.fleet.read_text().replace('"100ms"', '"150ms"'))
        done = self.keyferry("run", self.plan, *self.at_kms)
        self.assertIn("[limits], [retry] or [wait] differ from those of the plan", done.stderr)
        self.expect_each_replica_once(2)

    def test_missing_spec_is_refused_without_the_option(self):
        self.start_kms(2)
        self.save()
        self.fleet.unlink()
        for command in (("run", self.plan, *self.at_kms), ("show", self.plan)):
            refused = self.keyferry(*command, exit_code=2)
            self.assertIn("was not found", refused.stderr)
            self.assertIn("--without-spec", refused.stderr)
            self.assertEqual(refused.stdout, "")
        self.keyferry("show", self.plan, "--without-spec")
        done = self.keyferry("run", self.plan, *self.at_kms, "--without-spec")
        self.assertIn("was not compared with its spec", done.stderr)
        self.expect_each_replica_once(2)

    def reseal(self, text):
        """Corrects the checksum, as an attacker would."""
        body = text[:text.rindex('{"end"')]
        return body + re.sub('"checksum":".*?"', f'"checksum":"{hashlib.sha256(body.encode()).hexdigest()}"',
                             text[len(body):])

    def test_plan_that_its_spec_does_not_produce_is_refused(self):
        self.start_kms(2)
        self.save()
        honest = self.plan.read_text()
        policy = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::666655554444:root"}, "Action": "kms:*",
             "Resource": "*"}]})
        evil = self.home / "evil.toml"
        for before, after in (('"us-west-2"', '"sa-east-1"'),
                              ('policy = "default"', f"policy = {{ inline = '{policy}' }}\n"
                                                     "bypass_policy_lockout_safety_check = true"),
                              ('"tested"', '"other"'),
                              ("[wait]", "[accounts.111122223333]\nprofile = 'admin'\n[wait]"),
                              ("[wait]", "[prices]\nkey_usd_per_month = 0.01\n[wait]")):
            evil.write_text(self.fleet.read_text().replace(before, after))
            self.keyferry("plan", evil, "--offline", "--out", self.plan)
            forged = self.plan.read_text()
            for name in ("spec", "spec_sha256"):
                value = re.search(f'"{name}":"(.*?)"', honest).group(0)
                forged = forged.replace(re.search(f'"{name}":"(.*?)"', forged).group(0), value)
            self.plan.write_text(self.reseal(forged))
            for command in (("run", self.plan, *self.at_kms), ("show", self.plan)):
                refused = self.keyferry(*command, exit_code=2)
                self.assertRegex(refused.stderr, "differs from the plan that its spec .* produces")
                self.assertEqual(refused.stdout, "")
        self.expect_nothing_made()

    def test_only_the_expected_plan_is_run(self):
        self.start_kms(1)
        self.save()
        sha256 = json.loads(self.keyferry("show", self.plan, "--json").stdout)["sha256"]
        run = ("run", self.plan, *self.at_kms, "--expect-sha256")
        self.assertIn(sha256, self.keyferry(*run, "0" * 64, exit_code=2).stderr)
        for text in (sha256[:16], sha256[:-1] + "G", sha256 + "0"):
            self.assertIn("64 lowercase hexadecimal digits", self.keyferry(*run, text, exit_code=3).stderr)
        refused = self.keyferry("run", self.fleet, "--expect-sha256", sha256, exit_code=3)
        self.assertIn("is not a saved plan", refused.stderr)
        self.keyferry(*run, sha256)
        self.expect_each_replica_once(1)

    def test_a_changed_policy_file_is_refused_and_named(self):
        policy = self.home / "shared.json"
        allowed = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:'
                   'root"},"Action":"kms:*","Resource":"*"}]}')
        other = allowed.replace('"2012-10-17",', '"2012-10-17","Id":"other",')
        with_file = fleet_text(1).replace('policy = "default"', 'policy = { file = "shared.json" }')
        for change, changed in ((None, f"{policy} has changed since"),
                                ('"a replica"', f"{self.fleet} or a file that it names has changed since")):
            with self.subTest(changed):
                policy.write_text(allowed)
                self.fleet.write_text(with_file)
                self.keyferry("plan", "--offline", self.fleet, "--out", self.plan)
                policy.write_text(other)
                if change:
                    self.fleet.write_text(with_file.replace(change, '"another"'))
                refused = self.keyferry("show", self.plan, exit_code=2).stderr
                self.assertIn(f"is out of date: {changed}", refused)
                self.assertIn("different policy", refused)

    def test_filtered_plan_is_accepted_and_reports_its_share(self):
        self.start_kms(2)
        self.save("--region", "eu-west-1")
        self.assertIn("contains 2 of the 6 replicas", self.keyferry("show", self.plan).stderr)
        self.keyferry("run", self.plan, *self.at_kms)
        self.assertEqual(len(self.replicas_made()), 2)

    def test_filtered_plan_is_refused_only_if_its_own_part_has_changed(self):
        self.start_kms(3)
        spec = self.fleet.read_text()
        self.save("--key", f"mrk-{1:032x}", "--region", "eu-*")
        for before, after, expected in (
                ('"us-west-2"', '"us-west-1"', None),
                (f'    "mrk-{3:032x}",\n', "", None),
                (f'"mrk-{3:032x}",', f'"mrk-{3:032x}", "mrk-{9:032x}",', None),
                (f'"mrk-{1:032x}",', "", "2 replicas in the plan but no longer in the spec"),
                ('"eu-west-1"', '"eu-west-3"', "1 replica in the plan but no longer in the spec"),
                ('"payments"', '"other"', "2 replicas with a different policy, description, tags or bypass")):
            with self.subTest(before):
                self.fleet.write_text(spec.replace(before, after, 1))
                self.assertNotEqual(self.fleet.read_text(), spec)
                if expected:
                    for command in (("run", self.plan, *self.at_kms), ("show", self.plan)):
                        self.assertIn(expected, self.keyferry(*command, exit_code=2).stderr)
                else:
                    log = self.keyferry("show", self.plan).stderr
                    self.assertIn(f"{self.fleet}, which has changed since, but not in this part", log)
        self.fleet.write_text(spec.replace('"us-west-2"', '"us-west-1"'))
        self.keyferry("run", self.plan, *self.at_kms)
        self.assertEqual(len(self.replicas_made()), 2)

    def test_whole_plan_with_copied_values_is_refused_if_keys_were_added(self):
        self.start_kms(2)
        self.fleet.write_text(self.fleet.read_text().replace('policy = "default"', 'policy = "copy"'))
        self.save()
        self.fleet.write_text(self.fleet.read_text().replace(f'"mrk-{2:032x}",', f'"mrk-{2:032x}", "mrk-{9:032x}",'))
        refused = self.keyferry("show", self.plan, exit_code=2)
        self.assertIn("3 replicas in the spec but not in the plan", refused.stderr)

    def test_spec_named_by_a_plan_is_not_quoted(self):
        self.start_kms(1)
        self.save()
        secret = self.home / "credentials"
        secret.write_text("aws_secret_access_key = hunter2\n")
        text = self.plan.read_text()
        self.plan.write_text(self.reseal(text.replace(re.search('"spec":"(.*?)"', text).group(0), f'"spec":"{secret}"')))
        refused = self.keyferry("show", self.plan, exit_code=2)
        self.assertNotIn("hunter2", refused.stderr)
        self.assertIn("keyferry validate", refused.stderr)

    def test_replicas_created_in_the_meantime_are_detected(self):
        self.start_kms(3)
        self.save()
        self.keyferry("run", self.fleet, *self.at_kms, "--region", "eu-west-1")
        done = self.keyferry("run", self.plan, *self.at_kms, "--json")
        self.assertEqual(json.loads(done.stdout)["counts"]["existed"], 3)
        self.expect_each_replica_once(3)

    def test_primary_deleted_since_plan_is_refused_and_named(self):
        self.start_kms(3)
        self.save()
        self.simulator.terminate()
        self.simulator.wait(timeout=command_test.WAIT_S_MAX)
        self.start_kms(2)
        self.fleet.write_text(fleet_text(3))
        refused = self.keyferry("run", self.plan, *self.at_kms, exit_code=2)
        self.assertIn(f"mrk-{3:032x}: primary absent", refused.stderr)
        self.assertIn("out of date", refused.stderr)
        self.expect_nothing_made()

    def test_modified_or_truncated_file_is_rejected_with_line(self):
        self.start_kms(2)
        self.save()
        whole = self.plan.read_text()
        for damaged, expected in ((whole.replace("eu-west-1", "eu-west-9"), "line 5: the checksum"),
                                  (whole[:len(whole) // 2], "truncated"),
                                  (whole.replace('"version":3', '"version":7'), "newer version of keyferry"),
                                  (whole.replace('"version":3', '"version":2'), "keyferry plan /")):
            self.plan.write_text(damaged)
            for command in ("show", "run"):
                refused = self.keyferry(command, self.plan, exit_code=3)
                self.assertIn(expected, refused.stderr)
        self.expect_nothing_made()

    def test_a_file_of_another_kind_is_named(self):
        self.fleet.write_text(fleet_text(1))
        self.keyferry("plan", self.fleet, "--offline", "--out", self.plan)
        self.keyferry("run", self.fleet, "--simulate", "--creating", "0s", "--journal", self.journal)
        for commands, path, code, text in (
                (("plan", "sync", "validate", "permissions"), self.plan, 3, "a saved plan, not a fleet spec"),
                (("plan", "run", "check", "sync", "validate", "permissions"), self.journal, 3,
                 "a keyferry journal, not a fleet spec; 'keyferry status' reads journals"),
                (("show",), self.journal, 3, "a keyferry journal, not a saved plan"),
                (("show",), self.fleet, 3, "a fleet spec, not a saved plan; 'keyferry plan FLEET --out PLAN'"),
                (("status", "status --failed"), self.plan, 74, "a saved plan, not a keyferry journal"),
                (("status", "status --failed"), self.fleet, 74, "a fleet spec, not a keyferry journal")):
            for command in commands:
                with self.subTest(f"{command} {path.name}"):
                    before = path.read_bytes()
                    refused = self.keyferry(*command.split(), path, exit_code=code)
                    self.assertIn(text, refused.stderr)
                    self.assertEqual((refused.stdout, path.read_bytes()), ("", before))
        refused = self.keyferry("run", self.fleet, "--simulate", "--journal", self.plan, exit_code=74)
        self.assertIn("a saved plan, not a keyferry journal", refused.stderr)

    def test_offline_plan_can_be_run_and_empty_plan_succeeds(self):
        self.start_kms(2)
        self.keyferry("plan", self.fleet, "--offline", "--out", self.plan)
        self.assertIn('"surveyed":false', self.plan.read_text())
        self.keyferry("run", self.plan, *self.at_kms)
        self.save()
        self.assertIn("6 of 6 replicas exist", self.keyferry("run", self.plan, *self.at_kms).stdout)
        self.expect_each_replica_once(2)

    def test_full_disk_keeps_the_previous_plan(self):
        self.start_kms(1)
        self.save()
        before = self.plan.read_text()
        self.keyferry("plan", self.fleet, *self.at_kms, "--out", "/proc/none/fleet.plan", exit_code=1)
        self.assertEqual(self.plan.read_text(), before)
        self.save()
        self.assertEqual(sorted(path.name for path in self.home.iterdir()),
                         ["fleet.plan", "fleet.toml", "ledger"])


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
