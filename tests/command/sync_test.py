#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests `keyferry sync`, which updates existing replicas to match the spec.

    sync_test.py KEYFERRY
"""

import json
import os
import re
import resource
import shlex
import signal
import sys
import unittest
import urllib.error
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import command_test  # noqa: E402
from command_test import CommandTest, fleet_text  # noqa: E402
from kms_fakes import JSON, KmsProxy  # noqa: E402
from signed_request import signed  # noqa: E402

POLICY = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":'
          '{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},'
          '{"Effect":"Deny","Principal":"*","Action":"kms:CancelKeyDeletion","Resource":"*"}]}')


class Sync(CommandTest):
    def start_with_replicas(self, *arguments, keys=2):
        """Replicates keys, then changes every part in the spec."""
        self.fleet.write_text(fleet_text(keys))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s", *arguments)["endpoint"]
        self.endpoint, self.keys = endpoint, keys
        self.at_kms = ("--endpoint-url", endpoint)
        for number in range(1, keys + 1):  # a run would wait between the replicas of a key
            for region in command_test.REGIONS:
                self.kms("us-east-1", "ReplicateKey", KeyId=f"mrk-{number:032x}", ReplicaRegion=region,
                         Tags=[{"TagKey": "team", "TagValue": "payments"}], Description="a replica")
        text = self.fleet.read_text()
        for before, after in (('team = "payments"', 'team = "cards"'), ('"a replica"', '"ours"'),
                              ('policy = "default"',
                               f"policy = {{ inline = '{POLICY}' }}\naliases = [\"alias/{{key_id}}\"]")):
            self.assertIn(before, text)
            text = text.replace(before, after)
        self.fleet.write_text(text)

    def start_with_stale_reads(self):
        """Reads show changes after half a second. The replicas themselves are visible immediately."""
        self.start_with_replicas("--stale", "500ms")

        def are_visible():
            try:
                return bool(self.contents())
            except urllib.error.HTTPError:
                return False

        self.wait_until(are_visible)

    def sync(self, *arguments, exit_code=0):
        return self.keyferry("sync", self.fleet, *self.at_kms, *arguments, exit_code=exit_code)

    def journals(self, verb="sync"):
        return sorted(self.home.glob(f"fleet.{verb}-*.journal"))

    def undo(self, *journals, exit_code=0, options=()):
        return self.sync(*(f"--undo={journal}" for journal in journals), *options, exit_code=exit_code)

    def contents(self):
        """Returns the policy, tags, description and aliases of every replica in KMS."""
        contents = {}
        for number in range(1, self.keys + 1):
            key = f"mrk-{number:032x}"
            for region in command_test.REGIONS:
                def call(operation, **members):
                    return self.kms(region, operation, KeyId=key, **members)
                aliases = [alias["AliasName"] for alias in call("ListAliases")["Aliases"]]
                contents[key, region] = (
                    call("DescribeKey")["KeyMetadata"]["Description"],
                    json.loads(call("GetKeyPolicy")["Policy"]),
                    sorted((tag["TagKey"], tag["TagValue"]) for tag in call("ListResourceTags")["Tags"]),
                    sorted(aliases))
        return contents

    def kms(self, region, operation, **members):
        """Calls KMS as another client would."""
        request = signed(self.endpoint, region, operation, json.dumps(members).encode())
        with urllib.request.urlopen(request, timeout=command_test.WAIT_S_MAX) as response:
            return json.loads(response.read() or "{}")

    def changing_calls(self):
        """Stops the simulator, so that its ledger is complete, and returns the requests it received."""
        self.simulator.terminate()
        self.assertEqual(self.simulator.wait(timeout=command_test.WAIT_S_MAX), 0)
        entries = [json.loads(line) for line in self.ledger.read_text().splitlines()]
        return [entry for entry in entries if entry["operation"] in
                ("PutKeyPolicy", "TagResource", "UpdateKeyDescription", "CreateAlias", "UntagResource",
                 "DeleteAlias", "EnableKey", "DisableKey")]

    def test_sync_updates_differences_and_is_idempotent(self):
        self.start_with_replicas()
        done = self.sync()
        self.assertIn('Sync of fleet "', done.stdout)
        self.assertIn("24 of 24 changes to 6 replicas made", done.stdout)
        again = self.sync()
        self.assertIn("all existing replicas match the spec", again.stdout)
        plan = self.keyferry("plan", self.fleet, *self.at_kms, "--drift", "--detailed-exitcode", "--json")
        self.assertEqual(json.loads(plan.stdout)["actions"]["exists"], 6)
        self.assertEqual(len(self.journals()), 1, "nothing changed, nothing recorded")

    def test_previous_values_are_journalled_first(self):
        self.start_with_replicas()
        self.sync()
        (journal,) = self.journals()
        self.assertEqual(journal.stat().st_mode & 0o777, 0o600)
        records = [json.loads(line) for line in journal.read_text().splitlines()]
        self.assertEqual((records[0]["verb"], records[0]["jobs"]), ("sync", 24))
        events = [record["ev"] for record in records]
        self.assertLess(max(at for at, event in enumerate(events) if event == "before"),
                        events.index("sent"))
        values = {}
        for record in records:
            if record["ev"] == "before":
                values.setdefault((record["job"], record["act"]), []).append(record["text"])
        self.assertEqual(len(values), 24)
        for (_, action), parts in values.items():
            value = json.loads("".join(parts))
            if action == "UpdateKeyDescription":
                self.assertEqual(value, {"from": "a replica", "to": "ours"})
            elif action == "TagResource":
                self.assertIn({"key": "team", "from": "payments", "to": "cards"}, value["tags"])
            elif action == "PutKeyPolicy":
                self.assertIn("kms:*", value["from"])
            else:
                self.assertTrue(value["alias"].startswith("alias/mrk-"))

    def test_journal_commands_support_syncs(self):
        self.start_with_replicas()
        faults = urllib.request.Request(self.endpoint.rstrip("/") + "/_keyferry/faults",
                                        data=b"eu-west-1/TagResource.denied=1", method="PUT")
        urllib.request.urlopen(faults, timeout=command_test.WAIT_S_MAX).close()
        self.sync(exit_code=6)
        (journal,) = self.journals()
        status = self.keyferry("status", journal, exit_code=6)
        self.assertIn('Sync of fleet "tested": 22 of 24 changes made', status.stdout)
        self.assertNotIn("exist", status.stdout)
        report = json.loads(self.keyferry("status", journal, "--json", exit_code=6).stdout)
        self.assertEqual((report["verb"], report["counts"]["made"], report["counts"]["failed"]), ("sync", 22, 2))
        verified = json.loads(self.keyferry("journal", "verify", journal, "--json").stdout)
        self.assertEqual((verified["verb"], verified["state"]), ("sync", "whole"))
        exported = self.keyferry("journal", "export", journal, "--csv").stdout
        self.assertEqual(exported.count("PutKeyPolicy"), 6)
        self.keyferry("journal", "export", journal, "--sqlite", self.home / "db")
        for command in (("run", self.fleet, *self.at_kms, "--journal", journal),
                        ("run", self.fleet, *self.at_kms, "--replan", "--journal", journal)):
            self.assertIn("is from a sync, not from a run", self.keyferry(*command, exit_code=3).stderr)
        self.assertIn("is from a sync", self.keyferry("journal", "compact", journal, exit_code=74).stderr)
        self.keyferry("run", self.fleet, *self.at_kms)
        self.assertIn("is from a run, not from a sync", self.undo(self.journal, exit_code=3).stderr)

    def test_undo_restores_intact_changes_of_a_damaged_journal(self):
        self.start_with_replicas()
        before = self.contents()
        self.sync()
        (journal,) = self.journals()
        intact = journal.read_text()
        lines = intact.splitlines(keepends=True)
        lost = next(index for index, line in enumerate(lines) if '"ev":"before"' in line and "PutKeyPolicy" in line)
        record = json.loads(lines[lost])
        journal.write_text("".join(lines[:lost] + [lines[lost].replace("PutKey", "PutKex")] + lines[lost + 1:]))
        for command in (("status", journal), ("journal", "verify", journal)):
            done = self.keyferry(*command, exit_code=74)
            text = " ".join((done.stdout + done.stderr).split())
            self.assertIn("`keyferry sync --undo` undoes the changes whose records are intact", text)
            self.assertNotIn("salvage", text)
        other = self.home / "other.journal"
        other.write_text(intact)
        self.assertIn("Undo the syncs one at a time", self.undo(journal, other, exit_code=74).stderr)
        done = self.undo(journal, exit_code=4)
        self.assertIn("one of its records is lost. 1 change cannot be undone reliably", done.stderr)
        key, region = record["key"].split("/")[1], record["key"].split(":")[3]
        self.assertIn(f"change {record['job']} ({key} in {region}, PutKeyPolicy): its previous value is lost",
                      done.stdout)
        self.assertIn("23 of 23 changes to 6 replicas made", done.stdout)
        after = self.contents()
        self.assertEqual([at for at in before if before[at] != after[at]], [(key, region)])
        self.assertEqual(after[key, region][0], before[key, region][0])
        self.assertNotEqual(after[key, region][1], before[key, region][1], "the policy is left as it is")

    def test_dry_run_reports_and_changes_nothing(self):
        self.start_with_replicas()
        text = self.sync("--dry-run", "--detailed-exitcode", exit_code=2).stdout
        self.assertIn("24 changes to 6 replicas would be made", text)
        self.assertIn("description  'a replica' -> 'ours'", text)
        planned = json.loads(self.sync("--dry-run", "--json").stdout)
        self.assertEqual((planned["changes"], len(planned["planned"]), planned["dry_run"]), (24, 6, True))
        self.assertEqual((self.journals(), self.changing_calls()), ([], []))

    def test_filters_by_part_key_and_region(self):
        self.start_with_replicas()
        done = json.loads(self.sync("--part", "aliases", "--region", "eu-west-1", "--first", 1, "--json").stdout)
        self.assertEqual((done["changes"], done["made"]), (1, 1))
        self.assertEqual([entry["operation"] for entry in self.changing_calls()], ["CreateAlias"])

    def test_more_changes_than_allowed_are_refused(self):
        self.start_with_replicas()
        self.assertIn("24 changes exceed --max-changes 23",
                      self.sync("--max-changes", 23, exit_code=2).stderr)
        self.sync("--max-changes", 24)
        self.assertEqual(len(self.changing_calls()), 24)

    def test_nothing_is_changed_if_the_journal_cannot_be_written(self):
        self.start_with_replicas()
        journal = self.home / "mine"
        journal.write_text("precious")
        for path, why in ((journal, "File exists"), (self.home / "none" / "journal", "No such file"),
                          ("/dev/full", "")):
            done = self.sync("--journal", path, exit_code=74)
            self.assertIn("nothing was changed", done.stderr)
            self.assertIn(why, done.stderr)
        self.assertEqual(journal.read_text(), "precious")
        self.assertEqual(self.changing_calls(), [])

    def test_journal_that_other_syncs_do_not_find_is_reported(self):
        self.start_with_replicas()
        elsewhere = self.home / "elsewhere"
        elsewhere.mkdir()
        done = self.sync("--journal", elsewhere / "sync.journal")
        self.assertIn("another sync or undo will not find it", done.stderr)
        done = self.undo(elsewhere / "sync.journal", options=("--journal", elsewhere / "undo.journal"))
        self.assertIn("another sync or undo will not find it", done.stderr)
        done = self.undo(elsewhere / "undo.journal", options=("--journal", self.home / "redo.journal"))
        self.assertNotIn("does not find it", done.stderr)

    def test_denied_changes_are_reported_and_others_continue(self):
        self.start_with_replicas("--fault", "eu-west-1/PutKeyPolicy.denied=1")
        done = self.sync(exit_code=6)
        self.assertIn("2 changes failed: AccessDeniedException", done.stdout)
        self.assertIn("in eu-west-1, policy\n", done.stdout)
        self.assertIn("What to do: The caller needs permission", done.stdout)
        self.assertIn("22 of 24 changes to 6 replicas made", done.stdout)

    def test_temporary_refusals_are_retried(self):
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
                # With a limit of two attempts, only errors that are known to be temporary are retried more often.
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
        self.assertEqual(len(self.changing_calls()), 22, "changes of all readable parts")

    def test_unchecked_replicas_are_not_counted_as_equal(self):
        self.start_with_replicas("--fault", "us-east-1/DescribeKey.denied=1")
        done = self.sync("--dry-run", exit_code=6)
        self.assertIn("0 replicas compared, 0 differ", done.stdout)
        self.assertIn("Not synced\n  6 replicas: denied\n", done.stdout)
        self.assertNotIn("not exist", done.stdout)

    def test_unusable_replicas_and_missing_responses_and_denials_have_their_own_exit_codes(self):
        self.start_with_replicas()
        self.sync()
        self.kms("eu-west-1", "DisableKey", KeyId=f"mrk-{1:032x}")
        done = self.sync(exit_code=4)
        self.assertIn("6 replicas compared, 0 differ", done.stdout)
        self.assertIn(f"  1 replica: unusable (disabled)\n    mrk-{1:032x} in eu-west-1\n", done.stdout)
        self.assertIn("What to do: Find out why the replica was disabled", done.stdout)
        report = json.loads(self.sync("--json", exit_code=4).stdout)
        self.assertEqual((report["replicas_compared"], report["replicas_not_compared"]), (6, 0))
        self.assertEqual([(each["status"], each["reason"], each["replicas"], len(each["affected"]))
                          for each in report["not_synced"]], [("unusable", "disabled", 1, 1)])

        def through(code):
            proxy = KmsProxy(self.endpoint, lambda call: code if call.operation == "ListResourceTags"
                             and call.region == "us-west-2" else None)
            self.addCleanup(proxy.close)
            return ("--endpoint-url", proxy.url)
        denied = self.keyferry("sync", self.fleet, *through((400, "AccessDeniedException")), exit_code=4)
        self.assertIn("  2 replicas: denied\n", denied.stdout)
        self.fleet.write_text(self.fleet.read_text().replace("[wait]", '[wait]\npark_timeout = "2s"'))
        silent = self.keyferry("sync", self.fleet, *through((200, "text/plain", "busy")), exit_code=5)
        self.assertIn("  2 replicas: no response\n", silent.stdout)
        self.assertIn("  1 replica: unusable (disabled)\n", silent.stdout)
        self.fleet.write_text(self.fleet.read_text().replace('"ours"', '"theirs"'))
        self.sync("--dry-run", exit_code=4)
        self.sync("--dry-run", "--detailed-exitcode", exit_code=2)

    def enabled_in_group(self, value):
        text = self.fleet.read_text()
        lines = [line for line in text.splitlines(keepends=True) if not line.startswith("enabled =")]
        at = next(index for index, line in enumerate(lines) if line.startswith("policy ="))
        self.fleet.write_text("".join(lines[:at] + [f"enabled = {value}\n"] + lines[at:]))

    def states(self):
        return {self.kms(region, "DescribeKey", KeyId=f"mrk-{number:032x}")["KeyMetadata"]["KeyState"]
                for number in range(1, self.keys + 1) for region in command_test.REGIONS}

    def test_replicas_should_be_disabled_if_the_spec_says_so(self):
        self.start_with_replicas()
        self.sync()
        self.enabled_in_group("false")
        run = json.loads(self.keyferry("run", self.fleet, *self.at_kms, "--json", exit_code=4).stdout)
        self.assertEqual((run["counts"]["existed"], run["counts"]["unusable"]), (0, 6))
        self.assertEqual([each["code"] for each in run["stuck"]], ["Enabled"])
        self.assertIn("6 unusable, Enabled", self.keyferry("status", self.journal, exit_code=4).stdout)
        check = self.keyferry("check", self.fleet, *self.at_kms, exit_code=2).stdout
        self.assertIn("unusable (enabled): 6 replicas\n", check)
        plan = json.loads(self.keyferry("plan", self.fleet, *self.at_kms, "--json").stdout)
        self.assertEqual((plan["actions"]["unusable"], plan["groups"][0]["enabled"]), (6, False))
        self.assertIn("state        'Enabled' -> 'Disabled'",
                      self.sync("--dry-run", "--detailed-exitcode", exit_code=2).stdout)
        self.assertIn("6 of 6 changes to 6 replicas made", self.sync().stdout)
        self.assertEqual(self.states(), {"Disabled"})
        self.assertIn("All 6 replicas", self.keyferry("check", self.fleet, *self.at_kms).stdout)
        run = json.loads(self.keyferry("run", self.fleet, *self.at_kms, "--json").stdout)
        self.assertEqual((run["counts"]["existed"], run["counts"]["unusable"]), (6, 0))
        self.fleet.write_text(self.fleet.read_text().replace('"ours"', '"standby"'))
        self.assertIn("6 of 6 changes", self.sync("--part", "description").stdout)
        journals = self.journals()
        done = self.undo(journals[-2])
        self.assertIn("6 of 6 changes to 6 replicas made", done.stdout)
        self.assertEqual(self.states(), {"Enabled"})
        self.sync()
        self.enabled_in_group("true")
        self.sync(exit_code=4)
        self.assertEqual(self.states(), {"Disabled"}, "they may have been disabled on purpose")
        self.sync("--part", "enabled")
        self.assertEqual(self.states(), {"Enabled"})

    def test_replicas_are_enabled_while_the_region_of_their_primaries_is_down(self):
        self.start_with_replicas()
        self.sync()
        for number in (1, 2):
            for region in command_test.REGIONS:
                self.kms(region, "DisableKey", KeyId=f"mrk-{number:032x}")
        silent = []

        def trouble(call):
            if call.region == "us-east-1":
                silent.append(call)
                raise OSError("down")

        proxy = KmsProxy(self.at_kms[1], trouble)
        self.addCleanup(proxy.close)
        self.at_kms = ("--endpoint-url", proxy.url)
        self.fleet.write_text(self.fleet.read_text().replace("[wait]", """\
[retry]
attempts_max = 2
throttle_delay_base = "10ms"
transient_delay_base = "10ms"
delay_max = "50ms"

[wait]
park_timeout = "1s\""""))
        self.enabled_in_group("true")
        done = self.sync("--part", "enabled")
        self.assertIn("6 of 6 changes to 6 replicas made", done.stdout)
        self.assertEqual(self.states(), {"Enabled"})
        self.assertTrue(silent)
        (journal,) = (each for each in self.journals() if "EnableKey" in each.read_text())
        self.undo(journal)
        self.assertEqual(self.states(), {"Disabled"})
        self.enabled_in_group('"copy"')
        self.assertIn("6 replicas: no response", self.sync("--part", "enabled", exit_code=5).stdout)
        self.assertEqual(self.states(), {"Disabled"}, "the state to copy is unknown")
        # The state is set even if values that the spec copies from the primaries are unknown.
        self.enabled_in_group("true")
        self.fleet.write_text(re.sub("(?m)^(policy|tags) = .*$", r'\1 = "copy"', self.fleet.read_text()))
        self.assertIn("6 of 6 changes to 6 replicas made", self.sync("--part", "enabled", exit_code=5).stdout)
        self.assertEqual(self.states(), {"Enabled"})

    def test_replicas_copy_the_state_of_their_primary(self):
        self.start_with_replicas()
        self.sync()
        self.enabled_in_group('"copy"')
        self.assertIn("all existing replicas match the spec", self.sync().stdout)
        for number in (1, 2):
            self.kms("us-east-1", "DisableKey", KeyId=f"mrk-{number:032x}")
        self.keyferry("run", self.fleet, *self.at_kms, exit_code=4)
        self.assertIn("6 of 6 changes to 6 replicas made", self.sync().stdout)
        self.assertEqual(self.states(), {"Disabled"})
        self.kms("us-east-1", "EnableKey", KeyId=f"mrk-{1:032x}")
        self.assertIn("unusable (disabled): 3 replicas\n",
                      self.keyferry("check", self.fleet, *self.at_kms, exit_code=2).stdout)
        self.assertIn("3 of 3 changes to 3 replicas made", self.sync().stdout)

    def test_missing_replicas_are_not_created(self):
        self.start_with_replicas()
        self.fleet.write_text(self.fleet.read_text().replace('"eu-west-1"', '"eu-west-1", "eu-north-1"'))
        self.assertIn("2 replicas in the spec do not exist", self.sync().stdout)

    def test_interrupted_sync_is_resumed(self):
        self.start_with_replicas(keys=10)
        process = self.start("sync", self.fleet, *self.at_kms, "--progress", "none", "--json")
        self.wait_until(lambda: "UpdateKeyDescription" in self.ledger.read_text())  # its quotas take seconds
        process.send_signal(signal.SIGINT)
        output, notes = process.communicate(timeout=command_test.WAIT_S_MAX)
        self.assertEqual(process.returncode, 130, notes)
        self.assertIn("run the same command again: it compares the replicas with the spec again", notes)
        self.assertIn(f"keyferry sync {self.fleet} --undo {self.journals()[0]}", notes)
        first = json.loads(output)
        self.assertLess(first["made"], 120)
        second = json.loads(self.sync("--json").stdout)
        self.assertEqual(second["journals_before"], [str(self.journals()[0])])
        self.assertEqual(first["made"] + second["made"], 120)
        self.assertEqual(len(self.changing_calls()), 120, "each change once")

    def test_moved_journal_is_detected(self):
        self.start_with_replicas(keys=10)
        process = self.start("sync", self.fleet, *self.at_kms, "--progress", "none")
        self.wait_until(lambda: self.journals() and '"ev":"done"' in self.journals()[0].read_text())
        self.journals()[0].rename(self.home / "moved")
        process.send_signal(signal.SIGINT)
        output, notes = process.communicate(timeout=command_test.WAIT_S_MAX)
        self.assertEqual(process.returncode, 130, output + notes)
        self.assertIn("removed or replaced while it was in use", notes)
        self.assertNotIn("--undo", output + notes)

    def test_printed_commands_are_quoted_for_the_shell(self):
        self.start_with_replicas(keys=1)
        home = self.home / "Ann's $HOME"
        home.mkdir()
        self.fleet = self.fleet.rename(home / "my fleet.toml")
        output = self.sync().stdout
        command = output[output.index("keyferry sync"):].splitlines()[0]
        (journal,) = home.glob("my fleet.sync-*.journal")
        self.assertEqual(shlex.split(command), ["keyferry", "sync", str(self.fleet), "--undo", str(journal)])

    def test_denials_do_not_hide_other_failures(self):
        self.start_with_replicas()
        self.sync()
        (journal,) = self.journals()
        self.kms("us-west-2", "UpdateKeyDescription", KeyId=f"mrk-{1:032x}", Description="someone else's")
        faults = urllib.request.Request(self.endpoint.rstrip("/") + "/_keyferry/faults",
                                        data=b"eu-west-1/TagResource.denied=1", method="PUT")
        urllib.request.urlopen(faults, timeout=command_test.WAIT_S_MAX).close()
        done = self.undo(journal, exit_code=4)
        self.assertIn("changed since by another caller", done.stdout)
        self.assertIn("AccessDeniedException", done.stdout)

    def test_refused_policy_is_reported_immediately(self):
        self.start_with_replicas(keys=1)

        def refuse(call):
            if call.operation != "PutKeyPolicy":
                return None
            return 400, JSON, json.dumps({"__type": "MalformedPolicyDocumentException",
                                          "message": "Policy contains a statement with one or more invalid principals."})

        proxy = KmsProxy(self.at_kms[1], refuse)
        self.addCleanup(proxy.close)
        self.at_kms = ("--endpoint-url", proxy.url)
        for progress, text in (("none", "PutKeyPolicy in eu-west-1 (account 111122223333) was refused; retrying for "
                                "up to 2 min"), ("json", '"operation":"PutKeyPolicy","code":"MalformedPolicy')):
            with self.subTest(progress=progress):
                process = self.start("sync", self.fleet, *self.at_kms, "--progress", progress)
                self.assertTrue(any(text in line for line in process.stderr))
                self.assertIsNone(process.poll(), "still retried")
                process.kill()
                process.communicate(timeout=command_test.WAIT_S_MAX)

    def test_undo_restores_exactly(self):
        self.start_with_replicas()
        before = self.contents()
        self.sync()
        (journal,) = self.journals()
        dry = json.loads(self.undo(journal, options=("--dry-run", "--json")).stdout)
        self.assertEqual((dry["verb"], dry["changes"], dry["unchanged"]), ("undo", 24, 0))
        self.assertEqual(self.journals("undo"), [])
        self.assertIn("24 changes exceed --max-changes 2",
                      self.undo(journal, options=("--max-changes", 2), exit_code=2).stderr)
        done = self.keyferry("sync", "--undo", journal, *self.at_kms)  # FLEET is not needed
        self.assertNotIn("does not find it", done.stderr)
        self.assertIn("24 of 24 changes to 6 replicas made", done.stdout)
        self.assertEqual(self.contents(), before)
        self.assertIn("nothing to restore", self.undo(journal).stdout)
        (undone,) = self.journals("undo")
        self.undo(undone)  # an undo of the undo
        self.assertIn("all existing replicas match the spec", self.sync().stdout)
        self.undo(journal, options=("--part", "tags"))
        self.assertIn("6 changes to 6 replicas would be made", self.sync("--dry-run").stdout)

    def test_undo_after_kills_restores_exactly(self):
        self.start_with_replicas(keys=4)
        before = self.contents()
        for changes in (1, 9, 20):
            process = self.start("sync", self.fleet, *self.at_kms, "--progress", "none")
            count = len(self.journals())
            self.wait_until(lambda: len(self.journals()) > count and
                            self.journals()[-1].read_text().count('"ev":"done"') >= changes)
            process.kill()
            process.wait()
            self.assertIn("killed", self.keyferry("status", self.journals()[-1], exit_code=5).stdout)
            self.assertNotEqual(self.contents(), before)
            self.undo(*self.journals())
            self.assertEqual(self.contents(), before)
        process = self.start("sync", self.fleet, *self.at_kms, "--progress", "none")
        self.wait_until(lambda: len(self.journals()) > 3 and
                        self.journals()[-1].read_text().count('"ev":"done"') >= 5)
        process.kill()
        process.wait()
        killed = self.journals()[-1]
        self.assertIn(f"keyferry sync {self.fleet} --undo {killed} --undo", self.sync().stdout)  # continues the undo
        self.assertIn("all existing replicas match the spec", self.sync().stdout)
        self.undo(*reversed(self.journals()))
        self.assertEqual(self.contents(), before)

    def test_full_disk_ends_the_sync(self):
        self.start_with_replicas(keys=4)
        before = self.contents()
        process = self.start("sync", self.fleet, *self.at_kms, "--progress", "none")
        self.wait_until(lambda: self.journals() and '"ev":"done"' in self.journals()[0].read_text())
        (journal,) = self.journals()
        size = journal.stat().st_size + 600  # in the middle of a record
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))
        output, notes = process.communicate(timeout=command_test.WAIT_S_MAX)
        self.assertEqual(process.returncode, 74, output + notes)
        self.assertIn("no changes were sent after that", notes)
        self.assertRegex(notes, "not in the journal: [A-Za-z]+ of arn:aws:kms:.* is done")
        self.undo(journal)
        self.assertEqual(self.contents(), before)
        sent = journal.read_text().count('"ev":"sent"')
        undone = self.journals("undo")[0].read_text().count('"ev":"sent"')
        self.assertLessEqual(len(self.changing_calls()), sent + undone, "every change was recorded first")

    def test_undo_keeps_changes_of_others(self):
        self.start_with_replicas()
        self.sync()
        (journal,) = self.journals()
        key = f"mrk-{1:032x}"
        self.kms("eu-west-1", "UpdateKeyDescription", KeyId=key, Description="someone else's")
        self.kms("eu-west-1", "UpdateAlias", AliasName=f"alias/{key}", TargetKeyId=f"mrk-{2:032x}")
        done = self.undo(journal, exit_code=4)
        self.assertIn(f"{key} in eu-west-1, description: changed since by another caller or a later sync", done.stdout)
        self.assertIn("22 of 22 changes to 6 replicas made", done.stdout)
        contents = self.contents()
        self.assertEqual(contents[key, "eu-west-1"][0], "someone else's")
        self.assertEqual(contents[f"mrk-{2:032x}", "eu-west-1"][3], [f"alias/{key}"])

    def correct_spec(self, before='"ours"', after='"corrected"'):
        self.fleet.write_text(self.fleet.read_text().replace(before, after))

    def recorded_values(self, journal, action):
        """Returns the values before and after the changes of a journal with this action."""
        records = [json.loads(line) for line in journal.read_text().splitlines()]
        return [json.loads(record["text"]) for record in records
                if record["ev"] == "before" and record["act"] == action]

    def test_sync_right_after_an_undo_compares_with_what_the_undo_restored(self):
        self.start_with_stale_reads()
        self.sync()
        (journal,) = self.journals()
        self.undo(journal)
        again = self.sync()
        self.assertIn("that a sync or undo has just changed", again.stderr)
        self.assertIn("24 of 24 changes to 6 replicas made", again.stdout)

    def test_sync_right_after_a_sync_records_what_that_sync_set(self):
        self.start_with_stale_reads()
        elsewhere = self.home / "elsewhere"
        elsewhere.mkdir()
        self.sync("--journal", self.home / "any name")
        self.correct_spec()
        journal = elsewhere / "journal"
        self.sync("--part", "description", "--journal", journal)
        self.assertEqual(self.recorded_values(journal, "UpdateKeyDescription"),
                         6 * [{"from": "ours", "to": "corrected"}])

    def test_consecutive_undos_are_not_mistaken_for_changes_of_others(self):
        self.start_with_stale_reads()
        before = self.contents()
        self.sync()
        self.correct_spec()
        self.sync()
        first, second = self.journals()
        self.undo(second)
        self.undo(first)
        self.wait_until(lambda: self.contents() == before)

    def test_one_sync_or_undo_of_a_fleet_at_a_time(self):
        self.start_with_replicas(keys=10)
        self.sync()
        (journal,) = self.journals()
        process = self.start("sync", self.fleet, "--undo", journal, *self.at_kms, "--progress", "none")
        self.wait_until(lambda: self.journals("undo") and '"ev":"done"' in self.journals("undo")[0].read_text())
        process.send_signal(signal.SIGSTOP)  # so that it does not end before the others
        self.assertIn("is in use by a process", self.undo(journal, exit_code=75).stderr)
        for options in ((), ("--journal", self.home / "other"), ("--region", "eu-west-1")):
            with self.subTest(options=options):
                self.assertIn("nothing was changed", self.sync(*options, exit_code=75).stderr)
        process.send_signal(signal.SIGCONT)
        output, notes = process.communicate(timeout=command_test.WAIT_S_MAX)
        self.assertEqual(process.returncode, 0, output + notes)
        self.assertEqual(len(self.journals() + self.journals("undo")), 2)
        self.assertFalse((self.home / "other").exists())

    def test_filtered_sync_waits_for_a_sync_of_the_whole_fleet_and_of_the_same_part(self):
        self.start_with_replicas(keys=10)
        part, other = ("--region", "eu-west-1"), ("--region", "us-west-2")
        for running, refused in (((), (part, ())), (part, (part, ()))):
            before = len(self.journals())
            process = self.start("sync", self.fleet, *self.at_kms, "--progress", "none", *running)
            self.wait_until(lambda: len(self.journals()) > before and '"ev":"done"' in self.journals()[-1].read_text())
            process.send_signal(signal.SIGSTOP)
            for filters in refused:
                with self.subTest(running=running, filters=filters):
                    self.assertIn("another sync or undo of this fleet is running",
                                  self.sync(*filters, exit_code=75).stderr)
            if running:
                self.assertIn("changes to 10 replicas made", self.sync(*other).stdout)
            process.send_signal(signal.SIGCONT)
            output, notes = process.communicate(timeout=command_test.WAIT_S_MAX)
            self.assertEqual(process.returncode, 0, output + notes)
            self.correct_spec('"ours"' if not running else '"corrected"', '"corrected"' if not running else '"again"')

    def test_undo_command_names_the_interrupted_and_the_last_undo(self):
        self.start_with_replicas(keys=10)
        self.sync()
        (journal,) = self.journals()
        process = self.start("sync", self.fleet, "--undo", journal, *self.at_kms, "--progress", "none")
        self.wait_until(lambda: self.journals("undo") and '"ev":"done"' in self.journals("undo")[0].read_text())
        process.kill()
        process.wait()
        done = self.undo(journal, options=("--undo", journal)).stdout  # named twice
        first, second = self.journals("undo")
        self.assertIn(f"reapply the undone changes: keyferry sync {self.fleet} --undo {first} --undo {second}\n",
                      done)

    def test_undo_lists_unrecorded_changes_of_a_journal_without_an_end(self):
        self.start_with_replicas()
        self.sync()
        (journal,) = self.journals()
        lines = journal.read_text().splitlines(keepends=True)
        cut = self.home / "cut"
        cut.write_text("".join(lines[:next(n for n, line in enumerate(lines) if '"ev":"sent"' in line)]))
        done = self.undo(cut, exit_code=4).stdout
        self.assertIn("description: it has the value that the sync was meant to set, but the journal has neither", done)
        self.assertIn("24 changes are not recorded as sent", done)
        # When truncated before the previous values, the file looks as if the sync was killed before its first change.
        first_value = next(n for n, line in enumerate(lines) if '"ev":"before"' in line)
        for values, missing in ((0, 24), (10, 14)):
            with self.subTest(values=values):
                cut.write_text("".join(lines[:first_value + values]))
                done = " ".join(self.undo(cut, exit_code=4).stdout.split())
                self.assertIn(f"{missing} changes cannot be restored, because a journal ends before the record of their previous", done)
                self.assertNotIn("were not made", done)

    def test_undo_does_not_change_primaries(self):
        self.start_with_replicas()
        self.sync()
        (journal,) = self.journals()
        key = f"mrk-{1:032x}"
        self.kms("us-east-1", "UpdatePrimaryRegion", KeyId=key, PrimaryRegion="eu-west-1")
        self.wait_until(lambda: self.kms("eu-west-1", "DescribeKey", KeyId=key)["KeyMetadata"][
            "MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY")
        before = self.contents()[key, "eu-west-1"]
        done = self.undo(journal, exit_code=4)
        self.assertIn(f"{key} in eu-west-1, policy: the key is now the primary", done.stdout)
        self.assertEqual(self.contents()[key, "eu-west-1"], before)

    def test_undo_without_changes_succeeds(self):
        self.start_with_replicas()
        self.sync("--part", "tags")
        (journal,) = self.journals()
        self.assertIn("nothing to restore", self.undo(journal, options=("--part", "policy")).stdout)

    def test_undo_requires_the_same_kms_and_a_sync_that_has_ended(self):
        self.start_with_replicas(keys=10)
        process = self.start("sync", self.fleet, *self.at_kms, "--progress", "none")
        self.wait_until(lambda: self.journals() and '"ev":"done"' in self.journals()[0].read_text())
        self.assertIn("is in use by a process", self.undo(self.journals()[0], exit_code=75).stderr)
        self.assertIn("another sync or undo of this fleet is running", self.sync(exit_code=75).stderr)
        process.kill()
        process.wait()
        other = self.keyferry("sync", "--undo", self.journals()[0], "--endpoint-url", "http://127.0.0.1:1",
                              exit_code=3)
        self.assertIn("belongs to a sync with another KMS", other.stderr)
        self.assertIn("cannot be combined with filters",
                      self.undo(self.journals()[0], options=("--key", "x"), exit_code=3).stderr)

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
    del CommandTest  # the tests of the imported class run elsewhere
    unittest.main()
