#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests fleets with several accounts, one of which denies access, and filters that exclude accounts.

    accounts_test.py KEYFERRY

The simulator acts as KMS and STS. Each account has a role; the role of the third account requires an external ID.
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

ACCOUNTS = ("111122223333", "222233334444", "333344445555")
REFUSED = ACCOUNTS[2]
SETTINGS = """
[[limits.quota]]
ReplicateKey = 1000
CreateKey = 2000

[retry]
attempts_max = 2
transient_delay_base = "1ms"

[wait]
poll_delay_min = "100ms"
poll_delay_max = "200ms"
doubt_timeout = "1s"
"""
GROUP = """
[[group]]
name = "{name}"
account = "{account}"
{keys}
replicate_to = ["eu-west-1", "us-west-2"]
policy = {policy}
tags = {{ team = "{team}" }}
"""


def listed(number):
    return f'keys = ["mrk-{number}000000000000000000000000000000a", "mrk-{number}000000000000000000000000000000b"]'


def selected(number):
    return f'select = {{ tags = {{ team = "{number}" }} }}'


def role_of(account, name="ferry"):
    return f"arn:aws:iam::{account}:role/{name}"


class Accounts(CommandTest):
    def spec(self, keys=listed, external_id="wrong", accounts=None, team="blue", policy='"default"'):
        groups = "".join(GROUP.format(name=f"g{number}", account=account, keys=keys(number), team=team, policy=policy)
                         for number, account in enumerate(ACCOUNTS, 1))
        if accounts is None:
            accounts = "".join(f'\n[accounts.{account}]\nrole = "{role_of(account)}"\n' for account in ACCOUNTS)
            accounts += f'external_id = "{external_id}"\n'
        self.fleet.write_text('[fleet]\nname = "accounts"\nprimary = "us-east-1"\n' + groups + SETTINGS + accounts)

    def start_kms(self, *arguments, external_id="right"):
        roles = [{"name": "ferry", "account": account} for account in ACCOUNTS]
        roles[2]["external_id"] = external_id
        identities = self.home / "identities.json"
        identities.write_text(json.dumps({"roles": roles}))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s", "--identities", identities,
                                 *arguments)["endpoint"]
        self.environment["AWS_ENDPOINT_URL"] = endpoint

    def calls(self):
        """The operations and accounts in the simulator's ledger so far."""
        return [json.loads(line) for line in self.ledger.read_text().splitlines()]

    def made(self):
        return len(set(self.replicas_made()))

    def report(self, *arguments, exit_code=6):
        done = self.keyferry(*arguments, "--json", exit_code=exit_code)
        return json.loads(done.stdout), done.stderr


class RefusedAccount(Accounts):
    def test_plan_reports_the_refused_account(self):
        self.spec()
        self.start_kms()
        plan, log = self.report("plan", self.fleet)
        self.assertEqual((plan["actions"]["create"], plan["actions"]["blocked"]), (8, 4))
        finding = next(each for each in plan["findings"] if each["code"] == "blocked_no_credentials")
        self.assertEqual(len(finding["examples"]), 1, finding)
        self.assertIn(f"account {REFUSED}: ", finding["examples"][0])
        self.assertIn(f"AssumeRole of {role_of(REFUSED)}", finding["examples"][0])
        self.assertIn(f"account {REFUSED} is left out: [accounts.{REFUSED}]: AssumeRole", log)

    def test_run_defers_the_refused_account_and_a_rerun_completes(self):
        self.spec()
        self.start_kms()
        report, _ = self.report("run", self.fleet)
        self.assertEqual((report["counts"]["created"], report["counts"]["deferred"]), (8, 4))
        status = self.keyferry("status", self.journal, exit_code=6).stdout
        self.assertIn(f"AssumeRole of {role_of(REFUSED)}", " ".join(status.split()))
        self.assertIn(f":{REFUSED}:key/mrk-3", status)
        self.assertIn("4 deferred, AccessDenied\n", status)
        self.assertIn("credentials were rejected or could not be obtained", " ".join(status.split()))
        check = self.keyferry("check", self.fleet, exit_code=6).stdout
        self.assertIn("Fix the role, profile or credentials of the account", " ".join(check.split()))
        again, _ = self.report("run", self.fleet)
        self.assertEqual((again["counts"]["created"], again["counts"]["deferred"]), (8, 4))
        self.spec(external_id="right")
        done, _ = self.report("run", self.fleet, exit_code=0)
        self.assertEqual(done["counts"]["created"], 12)
        made = self.replicas_made()
        self.assertEqual((len(made), len(set(made))), (12, 12))

    def test_sync_changes_the_other_accounts(self):
        self.spec(external_id="right")
        self.start_kms()
        self.keyferry("run", self.fleet)
        self.spec(team="green")
        report, log = self.report("sync", self.fleet)
        self.assertEqual((report["changes"], report["made"]), (8, 8), report)
        self.assertEqual(report["replicas_not_compared"], 4)
        self.assertIn(f"account {REFUSED} is left out", log)
        self.spec(team="green", external_id="right")
        self.keyferry("sync", self.fleet)
        self.report("sync", self.fleet, "--dry-run", "--detailed-exitcode", exit_code=0)

    def test_other_failures_determine_the_exit_code(self):
        self.spec()
        self.start_kms("--fault", "eu-west-1/ReplicateKey.limit=1")
        self.fleet.write_text(self.fleet.read_text().replace("[wait]", '[wait]\npark_timeout = "1s"'))
        self.report("run", self.fleet, exit_code=5)

    def test_profile_process_and_wrong_account_are_reported_with_the_account(self):
        self.spec(external_id="right")
        self.start_kms()
        folder = self.home / ".aws"
        folder.mkdir()
        (folder / "config").write_text("[profile broken]\ncredential_process = /bin/false\n")
        others = "".join(f'\n[accounts.{account}]\nrole = "{role_of(account)}"\n' for account in ACCOUNTS[:2])
        for access, reason in ((f'\n[accounts.{REFUSED}]\nprofile = "gone"\n', "there is no profile 'gone'"),
                               (f'\n[accounts.{REFUSED}]\nprofile = "broken"\n', "/bin/false"),
                               ("", f"the keys belong to account {REFUSED}, but the credentials from")):
            self.spec(accounts=others + access)
            plan, log = self.report("plan", self.fleet)
            self.assertEqual((plan["actions"]["create"], plan["actions"]["blocked"]), (8, 4))
            self.assertIn(reason, log)
            self.assertIn(reason, json.dumps(plan["findings"]))
        self.assertFalse([call for call in self.calls() if call.get("account") == REFUSED], "a call for the account")

    def test_all_accounts_refused_end_before_the_first_call(self):
        self.spec(accounts="".join(f'\n[accounts.{account}]\nprofile = "gone"\n' for account in ACCOUNTS))
        self.start_kms()
        for command in ("plan", "run", "sync"):
            done = self.keyferry(command, self.fleet, exit_code=6)
            self.assertIn(f"[accounts.{ACCOUNTS[0]}]: there is no profile 'gone'", done.stderr)
        self.assertFalse(self.journal.exists())
        self.assertEqual(self.calls(), [])

    def test_plan_with_the_credentials_of_one_account_checks_identities(self):
        self.spec(accounts="")
        self.start_kms()
        plan, log = self.report("plan", self.fleet)
        self.assertEqual((plan["actions"]["create"], plan["actions"]["blocked"]), (4, 8))
        self.assertIn(f"the keys belong to account {ACCOUNTS[1]}, but the credentials from", log)
        self.assertNotIn("primary_denied", json.dumps(plan["findings"]))

    def test_saved_plan_defers_the_refused_account(self):
        plan = self.home / "fleet.plan"
        for external_id, planned in (("wrong", 6), ("right", 0)):  # refused when planned, or only when run
            self.spec(external_id=external_id)
            self.start_kms()
            self.keyferry("plan", self.fleet, "--out", plan, exit_code=planned)
            shown = json.loads(self.keyferry("show", plan, "--json").stdout)
            refusals = [finding["examples"] for finding in shown["findings"]
                        if finding["code"] == "blocked_no_credentials"]
            self.assertEqual(["AssumeRole of" in str(examples) for examples in refusals], [True] * (planned == 6))
            self.replicas_made()  # ends the simulator
            self.start_kms(external_id="changed")
            for _ in range(2):
                report, _ = self.report("run", plan)
                self.assertEqual((report["counts"]["created"], report["counts"]["deferred"]), (8, 4))
                self.assertIn(f"AssumeRole of {role_of(REFUSED)}", json.dumps(report["stuck"]))
            check = self.keyferry("check", plan, exit_code=6).stdout
            self.assertIn("Fix the role, profile or credentials of the account", " ".join(check.split()))
            rehearsal = json.loads(
                self.keyferry("run", plan, "--simulate", "--json", exit_code=6 if planned else 0).stdout)
            self.assertEqual(rehearsal["counts"]["created"], 8 if planned else 12)
            self.replicas_made()
            self.home.joinpath("fleet.plan.journal").unlink()

    def test_copied_policies_of_the_other_accounts_are_read(self):
        self.spec(policy='"copy"')
        self.start_kms()
        report, _ = self.report("run", self.fleet)
        self.assertEqual((report["counts"]["created"], report["counts"]["deferred"]), (8, 4))
        plan = self.home / "fleet.plan"
        self.keyferry("plan", self.fleet, "--out", plan, exit_code=6)
        rehearsal = json.loads(self.keyferry("run", plan, "--simulate", "--json", exit_code=6).stdout)
        self.assertEqual(rehearsal["counts"]["deferred"], 4)

    def test_account_that_is_refused_later_keeps_its_jobs(self):
        self.spec(external_id="right", policy='"copy"')
        self.start_kms()
        self.keyferry("run", self.fleet)
        self.spec(policy='"copy"')
        self.report("run", self.fleet, exit_code=3)
        report, _ = self.report("run", self.fleet, "--replan")
        self.assertEqual((report["counts"]["created"], report["unchecked"]), (12, 4))


class SelectedKeys(Accounts):
    def select(self, external_id):
        self.spec(keys=selected, external_id=external_id)

    def test_keys_of_the_other_accounts_are_found(self):
        self.select("right")
        self.start_kms()
        self.select("wrong")
        plan, log = self.report("plan", self.fleet)
        self.assertEqual(plan["keys"], 24)
        self.assertIn("keys_not_searched", [finding["code"] for finding in plan["findings"]])
        self.assertIn("the keys that group g3 selects were not searched for, because account "
                      f"{REFUSED} has no usable credentials", log)
        self.assertNotIn("selects no keys", log)
        report, _ = self.report("run", self.fleet)
        self.assertEqual(report["counts"]["created"], 48)
        self.report("sync", self.fleet)
        self.keyferry("check", self.fleet, exit_code=6)
        saved = self.home / "fleet.plan"
        self.keyferry("plan", self.fleet, "--out", saved, exit_code=6)
        shown = json.loads(self.keyferry("show", saved, "--json").stdout)
        self.assertEqual([finding for finding in shown["findings"] if finding["code"] == "keys_not_searched"],
                         [finding for finding in plan["findings"] if finding["code"] == "keys_not_searched"])
        _, log = self.report("run", saved)
        self.assertIn(f"the credentials of account {REFUSED} were refused when the plan was created", log)
        self.report("check", saved)
        self.select("right")
        done, _ = self.report("run", self.fleet, "--replan", exit_code=0)
        self.assertEqual(done["counts"]["created"], 72)

    def test_listed_keys_of_a_refused_account_do_not_stop_the_search_in_others(self):
        self.spec(keys=lambda number: listed(number) if number == 3 else selected(number), external_id="right")
        self.start_kms()
        self.spec(keys=lambda number: listed(number) if number == 3 else selected(number))
        plan, _ = self.report("plan", self.fleet)
        self.assertEqual((plan["actions"]["create"], plan["actions"]["blocked"]), (48, 4))
        report, _ = self.report("run", self.fleet)
        self.assertEqual((report["counts"]["created"], report["counts"]["deferred"]), (48, 4))
        rerun, _ = self.report("run", self.fleet)
        self.assertEqual(rerun["counts"]["deferred"], 4)

    def test_filters_exclude_accounts(self):
        self.select("right")
        self.start_kms()
        self.select("wrong")
        for part in (("--group", "g2"), ("--shard", "2/3"), ("--key", f"arn:aws:kms:us-east-1:{ACCOUNTS[1]}:key/*")):
            before = len(self.calls())
            plan, log = self.report("plan", self.fleet, *part, exit_code=0)
            self.assertEqual(plan["keys"], 12, part)
            self.assertNotIn(REFUSED, log)
            report, _ = self.report("run", self.fleet, *part, exit_code=0)
            self.assertEqual(report["verdict"], "all done", part)
            self.report("sync", self.fleet, *part, exit_code=0)
            calls = self.calls()[before:]
            roles = [call for call in calls if call["operation"] == "AssumeRole"]
            self.assertEqual(len(roles), 3, "one role for each command")
            self.assertEqual({call["account"] for call in calls if call not in roles}, {ACCOUNTS[1]}, part)
        refused = self.keyferry("plan", self.fleet, "--shard", "3/3", exit_code=6)
        self.assertIn(f"[accounts.{REFUSED}]: AssumeRole", refused.stderr)
        too_many = self.keyferry("plan", self.fleet, "--shard", "1/4", exit_code=3)
        self.assertIn("the fleet has 3 accounts", too_many.stderr)
        unknown = self.keyferry("plan", self.fleet, "--group", "g4", exit_code=3)
        self.assertIn("--group 'g4' matches none of the fleet's 3 groups", unknown.stderr)

    def test_group_of_several_accounts_uses_the_default_role(self):
        self.select("right")
        self.start_kms()
        accounts = ", ".join(f'"{account}"' for account in ACCOUNTS[:2])
        group = GROUP.format(name="cards", account="", keys='select = { tags = { team = ["1", "2"] } }',
                             policy='"default"', team="x")
        self.fleet.write_text('[fleet]\nname = "accounts"\nprimary = "us-east-1"\n' +
                              group.replace('account = ""', f"accounts = [{accounts}]") + SETTINGS +
                              f'\n[accounts]\nrole = "{role_of("{account}")}"\n')
        whole, _ = self.report("plan", self.fleet, exit_code=0)
        self.assertEqual(whole["accounts"], list(ACCOUNTS[:2]))
        self.assertEqual(len(whole["groups"]), 2)
        self.assertEqual({group["name"] for group in whole["groups"]}, {f"cards@{account}" for account in ACCOUNTS[:2]})
        both, _ = self.report("plan", self.fleet, "--group", "cards", exit_code=0)
        self.assertEqual(both["keys"], whole["keys"])
        one, _ = self.report("run", self.fleet, "--group", f"cards@{ACCOUNTS[1]}", exit_code=0)
        self.assertEqual(one["counts"]["created"] * 2, whole["replicas"])


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
