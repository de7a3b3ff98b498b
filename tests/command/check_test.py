#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests `keyferry check` against a simulator whose replicas are missing, unusable, changed or inaccessible.

    check_test.py KEYFERRY
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import unittest
import urllib.request
from datetime import datetime, timezone
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import command_test  # noqa: E402
from command_test import CommandTest, fleet_text  # noqa: E402
from isolated_environment import SECRET  # noqa: E402
from kms_fakes import KmsProxy, key_name  # noqa: E402
from signed_request import signed  # noqa: E402

ALL_IS_WELL = "All 12 replicas exist, are usable and match the spec.\n"


class Check(CommandTest):
    def start_with_replicas(self, keys=4, *arguments):
        self.fleet.write_text(fleet_text(keys))
        self.endpoint = self.simulate("--quota-scale", 0, "--creating", "0s", *arguments)["endpoint"]
        self.at_kms = ("--endpoint-url", self.endpoint)
        self.keyferry("run", self.fleet, *self.at_kms)

    def call(self, region, operation, **body):
        now = datetime.fromtimestamp(self.time()["time_ms"] / 1000, timezone.utc)
        return self.respond(signed(self.endpoint, region, operation, json.dumps(body).encode(), now))

    def time(self, ahead=None):
        """Returns the simulator's time. If `ahead` is given, advances it by this duration first."""
        return self.respond(urllib.request.Request(self.endpoint + "/_keyferry/time", data=ahead and ahead.encode(),
                                                   method="PUT" if ahead else "GET"))

    @staticmethod
    def respond(request):
        with urllib.request.urlopen(request, timeout=command_test.WAIT_S_MAX) as response:
            return json.loads(response.read() or b"{}")

    def checked(self, *arguments, exit_code=0, fleet=None, at_kms=None, **environment):
        """Returns the JSON report, which is the only output on standard output."""
        done = self.keyferry("check", fleet or self.fleet, *(at_kms or self.at_kms), "--json", *arguments,
                             exit_code=exit_code, **environment)
        return json.loads(done.stdout)

    def check_text(self, *arguments, exit_code=0):
        return self.keyferry("check", self.fleet, *self.at_kms, *arguments, exit_code=exit_code).stdout

    @staticmethod
    def problems(report):
        """Returns the number of replicas by status, and by reason if they are unusable."""
        return {each["reason"] if each["status"] == "unusable" else each["status"]: each["replicas"]
                for each in report["problems"]}

    def proxied(self, trouble):
        proxy = KmsProxy(self.endpoint, trouble)
        self.addCleanup(proxy.close)
        return ("--endpoint-url", proxy.url)


class Gaps(Check):
    def test_complete_fleet(self):
        self.start_with_replicas()
        self.assertEqual(self.check_text(), ALL_IS_WELL)
        report = self.checked()
        self.assertEqual((report["verdict"], report["replicas"], report["as_specified"]), ("complete", 12, 12))
        self.assertEqual(report["problems"], [])
        self.assertNotIn("findings", report)

    def test_each_kind_of_gap_is_counted_and_named(self):
        self.start_with_replicas()
        self.call("eu-west-1", "ScheduleKeyDeletion", KeyId=key_name(2), PendingWindowInDays=7)
        self.time("169h")
        self.call("us-west-2", "DisableKey", KeyId=key_name(1))
        self.call("eu-central-1", "ScheduleKeyDeletion", KeyId=key_name(1), PendingWindowInDays=30)
        self.call("eu-central-1", "UpdateKeyDescription", KeyId=key_name(3), Description="another")
        self.call("eu-central-1", "TagResource", KeyId=key_name(4), Tags=[{"TagKey": "team", "TagValue": "x"}])
        report = self.checked(exit_code=2)
        self.assertEqual((report["verdict"], report["as_specified"]), ("gaps", 7))
        self.assertEqual(self.problems(report),
                         {"missing": 1, "disabled": 1, "pending deletion": 1, "differs": 2})
        self.assertEqual([each["reason"] for each in report["problems"] if each["status"] == "unusable"],
                         ["disabled", "pending deletion"])
        by_status = {each["status"]: each for each in report["problems"]}
        self.assertEqual(by_status["missing"]["regions"], [{"region": "eu-west-1", "replicas": 1}])
        self.assertEqual([each["differs"] for each in by_status["differs"]["affected"]], [["description"], ["tags"]])
        self.assertIn("deletion_date_s", by_status["unusable"]["affected"][0])
        text = self.check_text(exit_code=2)
        self.assertTrue(text.startswith("7 of 12 replicas exist, are usable and match the spec.\n"), text)
        self.assertIn("missing: 1 replica\n", text)
        self.assertIn("unusable (disabled): 1 replica\n", text)
        self.assertIn("eu-central-1 (description)", text)
        for advice in ("keyferry run", "EnableKey", "CancelKeyDeletion", "keyferry sync"):
            self.assertIn(advice, text)

    def test_explain_shows_what_is_known_about_one_key(self):
        self.start_with_replicas(2)
        self.call("us-west-2", "DisableKey", KeyId=key_name(1))
        self.call("eu-central-1", "UpdateKeyDescription", KeyId=key_name(1), Description="another")
        explain = ("explain", f"arn:aws:kms:eu-west-1:111122223333:key/{key_name(1)}", self.fleet)
        done = self.keyferry(*explain, *self.at_kms, exit_code=2)
        self.assertRegex(done.stdout, r"us-east-1 +PRIMARY +Enabled +AWS_KMS +primary\n")
        self.assertRegex(done.stdout, r"us-west-2 +REPLICA +Disabled +AWS_KMS +unusable \(disabled\)\n")
        self.assertRegex(done.stdout, r"eu-central-1 +REPLICA +Enabled +AWS_KMS +differs \(description\)\n")
        self.assertIn("call EnableKey in its Region", " ".join(done.stdout.split()))
        known = json.loads(self.keyferry(*explain, *self.at_kms, "--json", exit_code=2).stdout)
        self.assertEqual((known["key"], known["verdict"]), (key_name(1), "gaps"))
        self.assertEqual({each["region"]: each.get("status") for each in known["kms"]},
                         {"us-east-1": None, "us-west-2": "unusable", "eu-central-1": "differs",
                          "eu-west-1": "as specified"})
        self.assertEqual([job["outcome"] for job in known["journal"]["jobs"]], ["done"] * 3)
        self.assertEqual([each["event"] for each in known["journal"]["jobs"][0]["records"]][0], "sent")
        other = ("explain", key_name(2), self.fleet)
        self.keyferry(*other, *self.at_kms)
        offline = json.loads(self.keyferry(*other, "--offline", "--json").stdout)
        self.assertEqual((offline["kms"], len(offline["spec"]["regions"])), (None, 3))
        self.keyferry("explain", key_name(2), "--journal", self.journal)
        unknown = self.keyferry("explain", key_name(9), self.fleet, "--offline", exit_code=2)
        self.assertIn("Not in this fleet: KEY 'mrk-", unknown.stdout)
        self.assertIn("No record about this key", unknown.stdout)
        self.keyferry("explain", "alias/orders", self.fleet, exit_code=3)
        self.keyferry("explain", key_name(2), exit_code=3)
        self.keyferry("explain", key_name(2), "--journal", self.fleet, exit_code=74)

    def test_explain_shows_one_account_and_what_a_sync_did(self):
        self.start_with_replicas(1)
        other = "444455556666"
        key = key_name(1)
        two = self.fleet.read_text().replace("[wait]", f"""\
[[group]]
name = "other"
account = "{other}"
keys = ["{key}"]
replicate_to = ["eu-west-1"]
policy = "default"

[wait]""")
        both = self.home / "both.toml"
        both.write_text(two)
        rehearsal = self.home / "both.journal"
        self.keyferry("run", both, "--simulate", "--creating", "0s", "--journal", rehearsal)
        for arguments in ((both, "--offline"), ("--journal", rehearsal)):
            unclear = self.keyferry("explain", key, *arguments, exit_code=3).stderr
            self.assertIn(f"KEY: {arguments[-1] if arguments[0] == '--journal' else both} has keys with this ID in "
                          f"several accounts (111122223333, {other}): name the key by its ARN", unclear)
        for account, replicas in (("111122223333", 3), (other, 1)):
            arn = f"arn:aws:kms:us-east-1:{account}:key/{key}"
            known = json.loads(self.keyferry("explain", arn, both, "--offline", "--json").stdout)
            self.assertEqual((len(known["spec"]["regions"]), len(known["journal"]["jobs"])), (replicas, replicas))
        self.fleet.write_text(self.fleet.read_text().replace('"a replica"', '"ours"').replace('"payments"', '"cards"'))
        self.keyferry("sync", self.fleet, *self.at_kms)
        (synced,) = self.home.glob("fleet.sync-*.journal")
        text = self.keyferry("explain", key, "--journal", synced).stdout
        self.assertIn(f"{synced}, the journal of a sync\n", text)
        self.assertIn("eu-west-1: description synced\n", text)
        self.assertIn("eu-west-1: tags synced\n", text)
        self.assertNotIn("created", text)
        journal = json.loads(self.keyferry("explain", key, "--journal", synced, "--json").stdout)["journal"]
        self.assertEqual((journal["verb"], {job["part"] for job in journal["jobs"]}), ("sync", {"description", "tags"}))
        self.keyferry("sync", self.fleet, *self.at_kms, "--undo", synced)
        (undone,) = self.home.glob("fleet.undo-*.journal")
        self.assertIn("eu-west-1: tags undone\n", self.keyferry("explain", key, "--journal", undone).stdout)

    def test_explain_without_credentials_shows_spec_and_journal(self):
        self.start_with_replicas(1)
        for environment, why in (({"AWS_SECRET_ACCESS_KEY": "wrong"}, "InvalidSignatureException"),
                                 ({"AWS_PROFILE": "gone"}, "there is no profile 'gone'")):
            with self.subTest(why):
                explain = ("explain", key_name(1), self.fleet, *self.at_kms)
                done = self.keyferry(*explain, exit_code=6, **environment)
                self.assertIn(why, done.stdout)
                self.assertIn(why, done.stderr)
                self.assertIn("done (created)", done.stdout)
                known = json.loads(self.keyferry(*explain, "--json", exit_code=6, **environment).stdout)
                self.assertIn(why, known["refusal"])
                self.assertEqual((len(known["spec"]["regions"]), len(known["journal"]["jobs"])), (3, 3))
                self.assertEqual((known["kms"], known["verdict"]), (None, None))

    def assert_plan_and_run_agree(self, unusable, key_state, journal):
        """Checks that plan, its preflight and status call these replicas unusable, for the same reasons."""
        plan = json.loads(self.keyferry("plan", self.fleet, *self.at_kms, "--json", "--list-jobs",
                                        "--detailed-exitcode", exit_code=2).stdout)
        replicas = sum(unusable.values())
        self.assertEqual(plan["actions"]["unusable"], replicas)
        self.assertEqual(sum(region["actions"]["unusable"] for region in plan["regions"]), replicas)
        self.assertEqual({each["reason"]: each["replicas"] for each in plan["reasons"]
                          if each["action"] == "unusable"}, unusable)
        self.assertEqual(len([job for job in plan["jobs"] if job["action"] == "unusable"]), replicas)
        self.assertEqual({each["code"]: (each["severity"], each["affected"]) for each in plan["findings"]
                          if each["code"].startswith("unusable_")},
                         {"unusable_" + reason.replace(" ", "_"): ("error", count)
                          for reason, count in unusable.items()})
        run = json.loads(self.keyferry("run", self.fleet, *self.at_kms, "--journal", journal, "--json",
                                       exit_code=4).stdout)
        self.assertEqual((run["counts"]["unusable"], run["counts"]["conflict"]), (replicas, 0))
        self.assertIn(("unusable", key_state), [(each["outcome"], each["code"]) for each in run["stuck"]])
        status = json.loads(self.keyferry("status", journal, "--json", exit_code=4).stdout)
        self.assertEqual(status["counts"], run["counts"])
        preflight = self.keyferry("run", self.fleet, *self.at_kms, "--journal", self.home / "new.journal",
                                  "--progress", "json", exit_code=4).stderr
        found = [json.loads(line)["preflight"] for line in preflight.splitlines() if line.startswith('{"preflight')]
        self.assertEqual([each["keys"]["unusable"] for each in found], [unusable])

    def test_every_command_calls_a_disabled_replica_unusable(self):
        self.start_with_replicas(2)
        self.call("us-west-2", "DisableKey", KeyId=key_name(1))
        self.assertEqual(self.problems(self.checked(exit_code=2)), {"disabled": 1})
        self.assert_plan_and_run_agree({"disabled": 1}, "Disabled", self.home / "fleet.journal")

    def test_run_and_sync_close_the_gaps_that_check_reports(self):
        self.start_with_replicas(4)
        self.call("eu-west-1", "ScheduleKeyDeletion", KeyId=key_name(2), PendingWindowInDays=7)
        self.time("169h")
        self.call("us-west-2", "UpdateKeyDescription", KeyId=key_name(3), Description="another")
        self.assertEqual(self.problems(self.checked(exit_code=2)), {"missing": 1, "differs": 1})
        self.keyferry("run", self.fleet, *self.at_kms, "--journal", self.home / "again.journal")
        self.keyferry("sync", self.fleet, *self.at_kms)
        self.assertEqual(self.check_text(), ALL_IS_WELL)

    def test_many_keys_are_named_up_to_a_limit(self):
        self.start_with_replicas(2)
        self.fleet.write_text(fleet_text(15))
        text = self.check_text(exit_code=2)
        self.assertIn("blocked (primary absent)", text)
        self.assertIn("  and 3 more keys\n", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 100)
        blocked = self.checked(exit_code=2)["problems"][0]
        self.assertEqual((blocked["reason"], len(blocked["affected"])), ("primary absent", 39))

    def test_replica_in_creation_is_a_gap(self):
        self.start_with_replicas(1)
        self.simulator.terminate()
        self.simulator.wait(timeout=command_test.WAIT_S_MAX)
        self.endpoint = self.simulate("--quota-scale", 0, "--creating", "1h")["endpoint"]
        self.at_kms = ("--endpoint-url", self.endpoint)
        self.call("us-east-1", "ReplicateKey", KeyId=key_name(1), ReplicaRegion="eu-west-1")
        self.assertEqual(self.problems(self.checked(exit_code=2)), {"missing": 2, "creating": 1})

    def test_moved_primary_is_followed(self):
        self.start_with_replicas()
        self.call("us-east-1", "UpdatePrimaryRegion", KeyId=key_name(1), PrimaryRegion="eu-west-1")
        self.time("1h")
        report = self.checked(exit_code=2)
        self.assertEqual(self.problems(report), {"differs": 1})
        replica = report["problems"][0]["affected"][0]["replica"]
        self.assertTrue(replica.startswith("arn:aws:kms:us-east-1:"), "the former primary: " + replica)

    @unittest.skipUnless(shutil.which("openssl"), "requires openssl")
    def test_replica_without_key_material_is_a_gap(self):
        self.start_with_replicas(1)
        key = self.call("us-east-1", "CreateKey", MultiRegion=True, Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        wrapping = self.call("us-east-1", "GetParametersForImport", KeyId=key, WrappingKeySpec="RSA_2048",
                             WrappingAlgorithm="RSAES_OAEP_SHA_256")
        public_key = self.home / "wrapping.der"
        public_key.write_bytes(base64.b64decode(wrapping["PublicKey"]))
        material = subprocess.run(["openssl", "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", public_key,
                                   "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256"],
                                  input=bytes(range(32)), capture_output=True, check=True).stdout
        self.call("us-east-1", "ImportKeyMaterial", KeyId=key, ImportToken=wrapping["ImportToken"],
                  EncryptedKeyMaterial=base64.b64encode(material).decode(),
                  ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")
        self.fleet.write_text(self.fleet.read_text().replace(key_name(1), key))
        self.keyferry("run", self.fleet, *self.at_kms, "--journal", self.home / "external.journal", exit_code=4)
        report = self.checked(exit_code=2)
        self.assertEqual(self.problems(report), {"pending import": 3})
        self.assertIn("Import", report["problems"][0]["advice"])
        self.assert_plan_and_run_agree({"pending import": 3}, "PendingImport", self.home / "external.journal")


class NotChecked(Check):
    def denied_in(self, region):
        """Starts a simulator with an identity that may do anything except in this Region."""
        identities = self.home / "identities.json"
        identities.write_text(json.dumps({"identities": [{
            "access_key_id": "AKIDLIMITED", "secret_access_key": SECRET, "name": "user/limited",
            "account": "111122223333", "policy": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "kms:*", "Resource": "*"},
                {"Effect": "Deny", "Action": "kms:*", "Resource": "*",
                 "Condition": {"StringEquals": {"aws:RequestedRegion": region}}}]}}]}))
        self.start_with_replicas(4, "--identities", identities)
        return {"AWS_ACCESS_KEY_ID": "AKIDLIMITED"}

    def test_denied_region_is_not_counted_as_complete(self):
        limited = self.denied_in("us-west-2")
        report = self.checked(exit_code=6, **limited)
        self.assertEqual((report["verdict"], report["as_specified"]), ("denied", 8))
        self.assertEqual(self.problems(report), {"denied": 4})
        self.assertEqual(report["problems"][0]["regions"], [{"region": "us-west-2", "replicas": 4}])
        self.keyferry("check", self.fleet, *self.at_kms, "--region", "eu-*", **limited)
        self.call("eu-west-1", "DisableKey", KeyId=key_name(1))
        both = self.checked(exit_code=2, **limited)
        self.assertEqual(self.problems(both), {"disabled": 1, "denied": 4})

    def test_denied_primaries_leave_the_replicas_unchecked(self):
        limited = self.denied_in("us-east-1")
        report = self.checked(exit_code=6, **limited)
        self.assertEqual(self.problems(report), {"denied": 12})
        self.keyferry("plan", self.fleet, *self.at_kms, "--detailed-exitcode", exit_code=6, **limited)

    def test_denied_comparison(self):
        self.start_with_replicas(4)
        at_kms = self.proxied(lambda call: (400, "AccessDeniedException")
                              if call.operation == "ListResourceTags" and call.region == "eu-west-1" else None)
        self.assertEqual(self.problems(self.checked(exit_code=6, at_kms=at_kms)), {"denied": 4})

    def test_missing_responses_can_be_repeated(self):
        self.start_with_replicas(2)
        self.fleet.write_text(fleet_text(2).replace("[wait]", '[wait]\npark_timeout = "2s"'))

        def silent(call):
            return (200, "text/plain", "busy") if call.region == "eu-west-1" else None
        report = self.checked(exit_code=5, at_kms=self.proxied(silent))
        self.assertEqual((report["verdict"], self.problems(report)), ("no response", {"no response": 2}))
        self.checked()

    def test_wrong_credentials(self):
        self.start_with_replicas(1)
        done = self.keyferry("check", self.fleet, *self.at_kms, "--json", exit_code=6, AWS_SECRET_ACCESS_KEY="wrong")
        self.assertIn("InvalidSignature", json.loads(done.stdout)["error"]["message"])


class Options(Check):
    def test_saved_plan_includes_the_replicas_that_it_does_not_create(self):
        self.start_with_replicas()
        plan = self.home / "fleet.plan"
        self.keyferry("plan", self.fleet, *self.at_kms, "--out", plan)
        self.assertEqual(self.checked(fleet=plan)["as_specified"], 12)
        self.call("us-west-2", "DisableKey", KeyId=key_name(1))
        self.assertEqual(self.problems(self.checked(fleet=plan, exit_code=2)), {"disabled": 1})
        self.fleet.write_text(self.fleet.read_text().replace('"a replica"', '"ours"'))
        refused = self.keyferry("check", plan, *self.at_kms, exit_code=2)
        self.assertIn("out of date", refused.stderr)
        self.assertIn("add --without-spec", refused.stderr)
        self.assertEqual(self.problems(self.checked("--without-spec", fleet=plan, exit_code=2)), {"disabled": 1})
        self.assertIn("not a saved plan", self.keyferry("check", self.fleet, "--without-spec", exit_code=3).stderr)

    def test_saved_plan_without_selected_keys_is_refused(self):
        self.fleet.write_text(fleet_text(1) + '[[group]]\nname = "found"\nreplicate_to = ["eu-west-1"]\n'
                              'policy = "default"\nselect = "all"\n')
        plan = self.home / "fleet.plan"
        done = self.keyferry("plan", "--offline", self.fleet, "--out", plan)
        self.assertIn("omitted", done.stderr)
        self.assertIn("create a new plan", self.keyferry("check", plan, exit_code=3).stderr)

    def test_group_that_selects_no_keys_is_a_gap(self):
        self.start_with_replicas(1)
        group = '[[group]]\nname = "found"\nselect = { alias = "alias/none-*" }\nreplicate_to = ["eu-west-1"]\n' \
                'policy = "default"\n'
        self.fleet.write_text(fleet_text(1) + group)
        report = self.checked(exit_code=2)
        self.assertEqual((report["as_specified"], report["empty_groups"]), (3, ["found"]))
        self.assertIn("No keys are selected by group 'found'.", self.check_text(exit_code=2))
        self.assertEqual(self.checked("--group", "all")["empty_groups"], [])

    def test_denied_keys_of_a_selection_are_not_forgotten(self):
        self.start_with_replicas(2)
        self.fleet.write_text(fleet_text(1) + '[[group]]\nname = "found"\nselect = "all"\n'
                              'replicate_to = ["eu-west-1"]\npolicy = "default"\n')
        self.assertEqual(self.checked()["as_specified"], 4)
        at_kms = self.proxied(lambda call: (400, "AccessDeniedException")
                              if call.operation == "DescribeKey" and call.key == key_name(2) else None)
        report = self.checked(at_kms=at_kms, exit_code=6)
        self.assertEqual((report["as_specified"], report["unchecked_keys"]["denied"], report["empty_groups"]),
                         (3, 1, []))

    def test_filters(self):
        self.start_with_replicas()
        self.call("us-west-2", "DisableKey", KeyId=key_name(1))
        self.assertEqual(self.checked("--region", "eu-*")["replicas"], 8)
        self.assertEqual(self.checked("--key", key_name(2))["replicas"], 3)
        self.assertEqual(self.checked("--first", "1", "--region", "us-west-2", exit_code=2)["replicas"], 1)
        self.assertIn("--region", self.keyferry("check", self.fleet, *self.at_kms, "--region", "ap-*",
                                                exit_code=3).stderr)

    def test_fail_on_findings(self):
        self.start_with_replicas()
        self.fleet.write_text(self.fleet.read_text().replace(', "us-west-2"', ""))
        self.assertEqual(self.checked("--fail-on", "error")["findings"], [])
        report = self.checked("--fail-on", "notice", exit_code=2)
        self.assertEqual((report["verdict"], [each["code"] for each in report["findings"]]),
                         ("complete", ["extra_replicas"]))
        self.assertIn("Findings\n", self.check_text("--fail-on", "notice", exit_code=2))
        self.checked("--fail-on", "never")
        self.keyferry("check", self.fleet, "--fail-on", "some", exit_code=3)

    def test_extra_replicas_are_counted_and_accepted(self):
        self.start_with_replicas()
        self.fleet.write_text(self.fleet.read_text().replace(', "us-west-2"', ""))
        report = self.checked()
        self.assertEqual((report["replicas"], report["extra_replicas"]), (8, 4))


class PlanExitCodes(Check):
    def planned(self, *arguments, exit_code):
        return self.keyferry("plan", self.fleet, *self.at_kms, *arguments, exit_code=exit_code)

    def test_detailed_exitcode_includes_unusable_and_blocked_replicas(self):
        self.start_with_replicas()
        self.planned("--detailed-exitcode", exit_code=0)
        self.call("us-west-2", "DisableKey", KeyId=key_name(1))
        self.planned("--detailed-exitcode", exit_code=2)
        self.call("us-west-2", "EnableKey", KeyId=key_name(1))
        self.planned("--detailed-exitcode", exit_code=0)
        self.fleet.write_text(fleet_text(5))
        self.planned("--detailed-exitcode", exit_code=2)
        self.planned(exit_code=0)

    def test_fail_on_findings(self):
        self.start_with_replicas()
        self.planned("--fail-on", "notice", exit_code=0)
        self.fleet.write_text(self.fleet.read_text().replace("us-west-2", "us-east-2"))
        self.planned("--fail-on", "error", exit_code=0)
        self.assertIn("1 finding of severity warning or higher (--fail-on)",
                      self.planned("--fail-on", "warning", exit_code=2).stderr)
        self.fleet.write_text(self.fleet.read_text().replace("us-east-2", "us-west-2"))
        self.call("us-west-2", "DisableKey", KeyId=key_name(1))
        self.planned("--fail-on", "error", exit_code=2)
        plan = self.home / "fleet.plan"
        self.planned("--fail-on", "error", "--out", plan, exit_code=2)
        self.assertTrue(plan.exists())

    def test_limits_count_the_replicas_to_create(self):
        self.start_with_replicas()
        self.fleet.write_text(self.fleet.read_text().replace("eu-west-1", "eu-north-1"))
        self.planned("--max-jobs", "3", exit_code=2)
        self.planned("--max-cost", "3", exit_code=2)
        run = ("run", self.fleet, *self.at_kms, "--replan", "--max-jobs")
        self.assertIn("refused: 4 replicas to create", self.keyferry(*run, 3, exit_code=2).stderr)
        self.keyferry(*run, 4, "--max-cost", 4)
        self.keyferry("run", self.fleet, *self.at_kms, "--max-jobs", 0)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    del CommandTest, Check  # base classes; the tests of the imported class run elsewhere
    unittest.main()
