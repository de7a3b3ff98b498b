#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`keyferry sync`: updates existing replicas to match the spec.

    sync_test.py KEYFERRY
"""

import json
import os
import signal
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import command_test  # noqa: E402
from command_test import CommandTest, fleet_text  # noqa: E402
from kms_fakes import JSON, KmsProxy  # noqa: E402

POLICY = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":'
          '{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},'
          '{"Effect":"Deny","Principal":"*","Action":"kms:DisableKey","Resource":"*"}]}')


class Sync(CommandTest):
    def start_with_replicas(self, *arguments, keys=2):
        """Replicates keys, then changes every part in the spec."""
        self.fleet.write_text(fleet_text(keys))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s", *arguments)["endpoint"]
        self.at_kms = ("--endpoint-url", endpoint)
        self.keyferry("run", self.fleet, *self.at_kms)
        text = self.fleet.read_text()
        for before, after in (('team = "payments"', 'team = "cards"'), ('"a replica"', '"ours"'),
                              ('policy = "default"',
                               f"policy = {{ inline = '{POLICY}' }}\naliases = [\"alias/{{key_id}}\"]")):
            self.assertIn(before, text)
            text = text.replace(before, after)
        self.fleet.write_text(text)

    def sync(self, *arguments, exit_code=0):
        return self.keyferry("sync", self.fleet, *self.at_kms, *arguments, exit_code=exit_code)

    def records(self):
        return sorted(self.home.glob("fleet.sync-*.jsonl"))

    def changing_calls(self):
        """Stops the simulator, so that its ledger is complete, and returns the requests it received."""
        self.simulator.terminate()
        self.assertEqual(self.simulator.wait(timeout=command_test.WAIT_S_MAX), 0)
        entries = [json.loads(line) for line in self.ledger.read_text().splitlines()]
        return [entry for entry in entries if entry["operation"] in
                ("PutKeyPolicy", "TagResource", "UpdateKeyDescription", "CreateAlias")]

    def test_sync_updates_differences_and_is_idempotent(self):
        self.start_with_replicas()
        done = self.sync()
        self.assertIn('Sync of fleet "', done.stdout)
        self.assertIn("24 of 24 changes to 6 replicas made", done.stdout)
        again = self.sync()
        self.assertIn("all existing replicas match the spec", again.stdout)
        plan = self.keyferry("plan", self.fleet, *self.at_kms, "--drift", "--detailed-exitcode", "--json")
        self.assertEqual(json.loads(plan.stdout)["actions"]["exists"], 6)
        self.assertEqual(len(self.records()), 1, "nothing changed, nothing recorded")

    def test_previous_values_are_recorded_first(self):
        self.start_with_replicas()
        self.sync()
        (record,) = self.records()
        self.assertEqual(record.stat().st_mode & 0o777, 0o600)
        header, *replicas, end = [json.loads(line) for line in record.read_text().splitlines()]
        self.assertEqual((header["format"], header["replicas"], end), ("keyferry-sync", 6, {"end": True}))
        for replica in replicas:
            self.assertEqual(replica["description"], {"from": "a replica", "to": "ours"})
            self.assertIn({"key": "team", "from": "payments", "to": "cards"}, replica["tags"])
            self.assertIn("kms:*", replica["policy"]["from"])
            self.assertEqual(len(replica["aliases"]), 1)

    def test_dry_run_reports_and_changes_nothing(self):
        self.start_with_replicas()
        text = self.sync("--dry-run", "--detailed-exitcode", exit_code=2).stdout
        self.assertIn("24 changes to 6 replicas would be made", text)
        self.assertIn("description  'a replica' -> 'ours'", text)
        planned = json.loads(self.sync("--dry-run", "--json").stdout)
        self.assertEqual((planned["changes"], len(planned["planned"]), planned["dry_run"]), (24, 6, True))
        self.assertEqual((self.records(), self.changing_calls()), ([], []))

    def test_filters_by_part_key_and_region(self):
        self.start_with_replicas()
        done = json.loads(self.sync("--part", "aliases", "--region", "eu-west-1", "--first", 1, "--json").stdout)
        self.assertEqual((done["changes"], done["made"]), (1, 1))
        self.assertEqual([entry["operation"] for entry in self.changing_calls()], ["CreateAlias"])

    def test_more_changes_than_allowed_are_refused(self):
        self.start_with_replicas()
        self.assertIn("24 changes exceed --max-changes 23",
                      self.sync("--max-changes", 23, exit_code=3).stderr)
        self.sync("--max-changes", 24)
        self.assertEqual(len(self.changing_calls()), 24)

    def test_nothing_is_changed_if_the_record_cannot_be_written(self):
        self.start_with_replicas()
        record = self.home / "mine"
        record.write_text("precious")
        for path, why in ((record, "File exists"), (self.home / "none" / "record", "No such file")):
            done = self.sync("--record", path, exit_code=74)
            self.assertIn("nothing was changed", done.stderr)
            self.assertIn(why, done.stderr)
        self.assertEqual(record.read_text(), "precious")
        self.assertEqual(self.changing_calls(), [])

    def test_denied_changes_are_reported_and_others_continue(self):
        self.start_with_replicas("--fault", "eu-west-1/PutKeyPolicy.denied=1")
        done = self.sync(exit_code=6)
        self.assertIn("in eu-west-1, policy: AccessDeniedException", done.stdout)
        self.assertIn("22 of 24 changes to 6 replicas made", done.stdout)

    def test_refusals_that_pass_are_retried(self):
        for operation, code, message in (
                ("PutKeyPolicy", "MalformedPolicyDocumentException", "Policy contains a statement with one or more "
                 "invalid principals."),
                ("UpdateKeyDescription", "KMSInvalidStateException", "arn:aws:kms:eu-west-1:key is updating.")):
            with self.subTest(operation=operation):
                self.journal.unlink(missing_ok=True)
                self.start_with_replicas()
                refused = []

                def trouble(call, operation=operation, code=code, message=message, refused=refused):
                    if call.operation != operation or call.region != "eu-west-1" or len(refused) >= 5:
                        return None
                    refused.append(call)
                    return 400, JSON, json.dumps({"__type": code, "message": message})

                proxy = KmsProxy(self.at_kms[1], trouble)
                self.addCleanup(proxy.close)
                self.at_kms = ("--endpoint-url", proxy.url)
                # With two attempts, only what is known to pass is tried more often.
                self.fleet.write_text(self.fleet.read_text() + """\
[retry]
attempts_max = 2
throttle_delay_base = "10ms"
transient_delay_base = "10ms"
delay_max = "50ms"
""")
                self.assertIn("24 of 24 changes to 6 replicas made", self.sync().stdout)
                self.assertEqual(len(refused), 5)

    def test_unreadable_parts_are_reported(self):
        self.start_with_replicas("--fault", "eu-west-1/GetKeyPolicy.denied=1")
        done = self.sync(exit_code=6)
        self.assertIn("could not be compared", done.stderr)
        self.assertEqual(len(self.changing_calls()), 22, "what could be")

    def test_unchecked_replicas_are_not_counted_as_equal(self):
        self.start_with_replicas("--fault", "us-east-1/DescribeKey.denied=1")
        done = self.sync("--dry-run", exit_code=6)
        self.assertIn("0 replicas compared, none differs", done.stdout)
        self.assertIn("6 replicas could not be compared", done.stdout)
        self.assertNotIn("not exist", done.stdout)

    def test_missing_replicas_are_not_created(self):
        self.start_with_replicas()
        self.fleet.write_text(self.fleet.read_text().replace('"eu-west-1"', '"eu-west-1", "eu-north-1"'))
        self.assertIn("2 replicas of the spec do not exist; keyferry run", self.sync().stdout)

    def test_interrupted_sync_is_resumed(self):
        self.start_with_replicas(keys=10)
        process = self.start("sync", self.fleet, *self.at_kms, "--progress", "none", "--json")
        self.wait_until(lambda: "UpdateKeyDescription" in self.ledger.read_text())  # its quotas take seconds
        process.send_signal(signal.SIGINT)
        output, notes = process.communicate(timeout=command_test.WAIT_S_MAX)
        self.assertEqual(process.returncode, 130, notes)
        self.assertIn("run the same command again to continue", notes)
        first = json.loads(output)
        self.assertLess(first["made"], 120)
        second = json.loads(self.sync("--json").stdout)
        self.assertEqual(first["made"] + second["made"], 120)
        self.assertEqual(len(self.changing_calls()), 120, "each change once")

    def test_run_points_to_sync_for_aliases(self):
        self.start_with_replicas()
        journal = self.home / "second.journal"
        self.assertIn("'keyferry sync'",
                      self.keyferry("run", self.fleet, *self.at_kms, "--journal", journal).stderr)

    def test_contradictory_options_are_refused(self):
        self.start_with_replicas()
        self.sync("--part", "grants", exit_code=3)
        self.fleet.write_text(self.fleet.read_text().replace("alias/{key_id}", "alias/x"))
        self.assertIn("would apply to several keys", self.sync(exit_code=3).stderr)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    del CommandTest  # its own tests are run elsewhere
    unittest.main()
