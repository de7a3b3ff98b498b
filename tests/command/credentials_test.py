#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests credentials from every source and for every account, and their renewal during a run. All sources are fakes on
loopback; no AWS endpoint is called.

    credentials_test.py KEYFERRY
"""

import hashlib
import json
import os
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))

import command_test  # noqa: E402
from command_test import SECRET, CommandTest, fleet_text  # noqa: E402
from credential_fakes import ACCOUNT, CANARY, ExpiringKms, Sources  # noqa: E402
from kms_fakes import FakeKms  # noqa: E402

ROLE = f"arn:aws:iam::{ACCOUNT}:role/ferry"
OTHER = "444455556666"


def occurrences_in_memory(pid, text):
    """Skips the test if the program has terabytes of sanitizer shadow memory."""
    found = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if rights.startswith("rw"):
                first, end = (int(address, 16) for address in span.split("-"))
                if end - first > 1 << 40:
                    raise unittest.SkipTest("built with a sanitizer")
                memory.seek(first)
                found += memory.read(end - first).count(text)
    return found


class CredentialsTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.sources = Sources()
        self.addCleanup(self.sources.close)
        self.folder = self.home / ".aws"
        self.folder.mkdir()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"):
            del self.environment[name]
        self.environment |= {
            "AWS_ENDPOINT_URL_STS": self.sources.url,
            "AWS_ENDPOINT_URL_SSO": self.sources.url,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.sources.url,
            # All other requests go here and fail.
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        }
        self.fleet.write_text(fleet_text(1))

    def config(self, text):
        (self.folder / "config").write_text(text)

    def whoami(self, *arguments, exit_code=0, **environment):
        done = self.keyferry("whoami", self.fleet, "--json", *arguments, exit_code=exit_code, **environment)
        self.assertNotIn(CANARY, done.stdout + done.stderr)
        return json.loads(done.stdout)["accounts"][0]

    def source(self, *arguments, **environment):
        return self.whoami(*arguments, **environment)["source"]


class EverySource(CredentialsTest):
    def test_the_environment(self):
        self.assertIn("the environment", self.source(AWS_ACCESS_KEY_ID="AKID", AWS_SECRET_ACCESS_KEY=CANARY))

    def test_the_shared_files(self):
        (self.folder / "credentials").write_text(
            f"[dr]\naws_access_key_id = AKID\naws_secret_access_key = {CANARY}\n")
        self.assertIn("profile 'dr' of ", self.source("--profile", "dr"))
        self.assertIn("profile 'dr' of ", self.source(AWS_PROFILE="dr"))

    def test_a_role_with_the_keys_of_another_profile(self):
        (self.folder / "credentials").write_text(
            f"[base]\naws_access_key_id = AKID\naws_secret_access_key = {CANARY}\n")
        self.config(f"[profile dr]\nrole_arn = {ROLE}\nsource_profile = base\nexternal_id = e-1\n"
                    "role_session_name = me\nduration_seconds = 900\nregion = eu-west-1\n")
        account = self.whoami("--profile", "dr")
        self.assertIn(f"role {ROLE} for profile 'dr' ({self.folder}/config:2), assumed with profile 'base' of",
                      account["source"])
        self.assertEqual(account["arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/ferry/s")
        self.assertEqual(account["expires_at"], "2099-01-01 00:00:00")
        asked = self.sources.actions("AssumeRole")[0]
        self.assertEqual((asked["RoleArn"], asked["ExternalId"], asked["RoleSessionName"], asked["DurationSeconds"]),
                         (ROLE, "e-1", "me", "900"))

    def test_a_role_with_the_keys_of_the_environment(self):
        self.config(f"[profile dr]\nrole_arn = {ROLE}\ncredential_source = Environment\n")
        self.assertIn("assumed with the environment",
                      self.source("--profile", "dr", AWS_ACCESS_KEY_ID="AKID", AWS_SECRET_ACCESS_KEY=CANARY))

    def test_pod_web_identity(self):
        token = self.home / "token"
        token.write_text(f"{CANARY}.web.token\n")
        self.assertIn("through web identity, the environment",
                      self.source(AWS_WEB_IDENTITY_TOKEN_FILE=str(token), AWS_ROLE_ARN=ROLE))
        self.assertEqual(self.sources.actions("AssumeRoleWithWebIdentity")[0]["WebIdentityToken"],
                         f"{CANARY}.web.token")

    def test_container_credentials_endpoint(self):
        token = self.home / "token"
        token.write_text(f"{CANARY}Pod")
        self.assertIn("the container credentials endpoint at ",
                      self.source(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{self.sources.url}/container",
                                  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(token)))
        self.assertEqual(self.sources.seen[0][2]["Authorization"], f"{CANARY}Pod")

    def test_instance_role(self):
        self.assertEqual(self.source(), "EC2 instance role ferry-role")

    def test_a_process(self):
        script = self.home / "keys"
        script.write_text("#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"'$1'\"}'\n")
        script.chmod(0o700)
        self.config(f"[profile dr]\ncredential_process = {script} {CANARY}\n")
        self.assertIn(f"credential_process '{script}' of profile 'dr'", self.source("--profile", "dr"))

    def test_output_of_a_process_does_not_stay_in_memory(self):
        # A member that keyferry does not read stays in memory only as long as the whole output does.
        script = self.home / "keys"
        script.write_text("#!/bin/sh\nprintf '{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"s\",'\n"
                          "printf '\"Unread\":\"%s%s\"}' Canary OfTheOutput\n")
        script.chmod(0o700)
        self.config(f"[profile dr]\ncredential_process = {script}\n")
        kms = FakeKms(lambda call: (400, "ThrottlingException"))
        self.addCleanup(kms.close)
        process = self.start("run", self.fleet, "--profile", "dr", "--no-preflight", "--endpoint-url", kms.url)
        self.wait_until(lambda: kms.calls)
        try:
            self.assertEqual(occurrences_in_memory(process.pid, b"CanaryOfTheOutput"), 0)
        except PermissionError:
            self.skipTest("the memory of a child process cannot be read")

    def test_aws_decides_whether_credentials_have_expired(self):
        script = self.home / "keys"
        script.write_text("#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"s\","
                          "\"Expiration\":\"2020-01-01T00:00:00Z\"}'\n")
        script.chmod(0o700)
        self.config(f"[profile dr]\ncredential_process = {script}\n")
        self.assertEqual(self.whoami("--profile", "dr")["expires_at"], "2020-01-01 00:00:00")

    def test_single_sign_on(self):
        self.config("[profile dr]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Admin\n"
                    "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n")
        missing = self.whoami("--profile", "dr", exit_code=6)["problem"]
        self.assertIn("aws sso login --profile dr", missing)
        cache = self.folder / "sso" / "cache"
        cache.mkdir(parents=True)
        (cache / (hashlib.sha1(b"corp").hexdigest() + ".json")).write_text(
            json.dumps({"accessToken": f"{CANARY}Sso", "expiresAt": "2099-01-01T00:00:00Z"}))
        self.assertIn("role Admin of account 111122223333 through single sign-on", self.source("--profile", "dr"))

    def test_missing_credentials_list_searched_sources(self):
        done = self.keyferry("run", self.fleet, exit_code=6,
                             AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:1")
        for tried in ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "/.aws/credentials does not exist",
                      "/.aws/config does not exist", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                      "the EC2 metadata service at http://127.0.0.1:1"):
            self.assertIn(tried, done.stderr)
        self.assertFalse(self.journal.exists())

    def test_profile_loops_are_reported_with_file_and_line(self):
        self.config(f"[profile a]\nrole_arn = {ROLE}\nsource_profile = b\n"
                    f"[profile b]\nrole_arn = {ROLE}\nsource_profile = a\n")
        self.assertIn(f"{self.folder}/config:6: the source_profile settings form a loop: 'a' -> 'b' -> 'a'",
                      self.whoami("--profile", "a", exit_code=6)["problem"])


class Accounts(CredentialsTest):
    KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET}

    def other_group(self):
        return f"""
[[group]]
name = "other"
account = "{OTHER}"
keys = ["mrk-ffffffffffffffffffffffffffffffff"]
replicate_to = ["eu-west-1"]
policy = "default"
"""

    def start_kms(self):
        self.endpoint = self.simulate("--quota-scale", 0, "--creating", "0s")["endpoint"]
        return ("--endpoint-url", self.endpoint)

    def test_credentials_of_another_account_stop_the_run_before_any_change(self):
        at_kms = self.start_kms()
        self.sources.account = OTHER
        refused = self.keyferry("run", self.fleet, *at_kms, exit_code=6, **self.KEYS)
        self.assertIn(f"the keys belong to account {ACCOUNT}, but the credentials from the environment", refused.stderr)
        self.assertIn(f"belong to account {OTHER} (arn:aws:sts::{OTHER}:assumed-role/ferry/s)", refused.stderr)
        self.assertFalse(self.journal.exists())
        self.assertEqual(self.replicas_made(), [])
        self.assertIn(f"these credentials belong to account {OTHER}",
                      self.whoami(exit_code=6, **self.KEYS)["problem"])

    def test_credentials_that_sts_refuses_stop_a_run(self):
        at_kms = self.start_kms()
        self.sources.sts = lambda *_: (403, "text/xml", "<E><Error><Code>InvalidClientTokenId</Code></Error></E>")
        refused = self.keyferry("run", self.fleet, *at_kms, exit_code=6, **self.KEYS)
        self.assertIn("InvalidClientTokenId", refused.stderr)
        self.assertEqual(self.replicas_made(), [])

    def test_the_journal_names_the_caller(self):
        at_kms = self.start_kms()
        self.keyferry("run", self.fleet, *at_kms, **self.KEYS)
        records = [json.loads(line) for line in self.journal.read_text().splitlines()]
        run = next(record for record in records if record["ev"] == "run")
        self.assertEqual(run["caller"], f"arn:aws:sts::{ACCOUNT}:assumed-role/ferry/s")

    def test_accounts_can_have_their_own_roles(self):
        policy = '{"Version":"2012-10-17"}'
        self.fleet.write_text(fleet_text(1, extra=self.other_group()) + f"""
[accounts.{OTHER}]
role = "arn:aws:iam::{OTHER}:role/ferry"
external_id = "e-2"
session_policy = {{ inline = '{policy}' }}
""")
        self.sources.account = lambda headers: OTHER if "X-Amz-Security-Token" in headers else ACCOUNT
        rows = json.loads(self.keyferry("whoami", self.fleet, "--json", **self.KEYS).stdout)["accounts"]
        self.assertEqual([(row["account"], row["correct"]) for row in rows], [(ACCOUNT, True), (OTHER, True)])
        asked = self.sources.actions("AssumeRole")
        self.assertEqual(len(asked), 1)
        self.assertEqual((asked[0]["RoleArn"], asked[0]["ExternalId"], asked[0]["Policy"], asked[0]["RoleSessionName"]),
                         (f"arn:aws:iam::{OTHER}:role/ferry", "e-2", policy, "keyferry"))
        text = self.keyferry("whoami", self.fleet, **self.KEYS).stdout
        self.assertIn(f"[accounts.{OTHER}], assumed with the environment", text)

    def test_one_run_uses_a_profile_per_account(self):
        (self.folder / "credentials").write_text("".join(
            f"[{name}]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = {SECRET}\n"
            for name in ("one", "two")))
        self.fleet.write_text(fleet_text(2))
        at_kms = self.start_kms()
        self.fleet.write_text(fleet_text(2, extra=self.other_group()) +
                              f'\n[accounts.{ACCOUNT}]\nprofile = "one"\n[accounts.{OTHER}]\nprofile = "two"\n')
        # In the simulator's STS, the example identity belongs to only one account, so the fake returns each account
        # once.
        answers = iter((ACCOUNT, OTHER))
        self.sources.account = lambda _: next(answers)
        done = self.keyferry("run", self.fleet, *at_kms, "--json", exit_code=6)
        self.assertIn("credentials from 2 sources", done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["counts"]["created"], 6, "the simulator's identity belongs to the first account")
        self.assertEqual(report["counts"]["failed"], 1)

    def test_whoami_prints_identities_and_sets_exit_code(self):
        shown = self.keyferry("whoami", self.fleet, **self.KEYS).stdout
        self.assertEqual(shown, f"account {ACCOUNT}\n  caller   arn:aws:sts::{ACCOUNT}:assumed-role/ferry/s\n"
                                "  from     the environment (AWS_ACCESS_KEY_ID)\n  expires  unknown\n")
        self.sources.account = OTHER
        self.assertIn(f"account {ACCOUNT}  WRONG ACCOUNT\n",
                      self.keyferry("whoami", self.fleet, exit_code=6, **self.KEYS).stdout)
        self.assertIn("  UNKNOWN IDENTITY\n", self.keyferry("whoami", self.fleet, exit_code=6, **self.KEYS,
                                                           AWS_ENDPOINT_URL_STS="http://127.0.0.1:1").stdout)
        self.assertIn("  NO CREDENTIALS\n",
                      self.keyferry("whoami", self.fleet, "--profile", "gone", exit_code=6).stdout)

    def test_denied_role_is_reported_with_its_account(self):
        self.sources.refusal = "AccessDenied"
        self.fleet.write_text(fleet_text(1) + f'\n[accounts.{ACCOUNT}]\nrole = "{ROLE}"\n')
        refused = self.keyferry("run", self.fleet, exit_code=6, **self.KEYS)
        self.assertIn(f"keyferry: [accounts.{ACCOUNT}]: AssumeRole of {ROLE}: STS returned AccessDenied: not you",
                      refused.stderr)
        self.fleet.write_text(fleet_text(1) + f'\n[accounts.{ACCOUNT}]\nprofile = "gone"\n')
        refused = self.keyferry("run", self.fleet, exit_code=6, **self.KEYS)
        self.assertIn(f"keyferry: [accounts.{ACCOUNT}]: there is no profile 'gone'", refused.stderr)


class Refresh(CredentialsTest):
    def test_run_survives_ten_expirations_with_one_refresh_each(self):
        # Fewer concurrent calls than one token allows: otherwise these calls could also exhaust the next token.
        self.fleet.write_text(fleet_text(40, extra="[limits]\nin_flight_max = 4\n"))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s")["endpoint"]
        kms = ExpiringKms(endpoint, SECRET, calls_a_token=10)
        self.addCleanup(kms.close)
        done = self.keyferry("run", self.fleet, "--endpoint-url", kms.url, "--json",
                             AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{self.sources.url}/container")
        counts = json.loads(done.stdout)["counts"]
        self.assertEqual((counts["created"], counts["failed"]), (120, 0))
        self.assertGreaterEqual(kms.expired, 10)
        self.assertEqual(self.sources.given["Container"], kms.expired + 1)
        self.assertNotIn(CANARY, done.stdout + done.stderr + self.journal.read_text())
        self.expect_each_replica_once(40)

    def test_failure_to_renew_credentials_is_reported_with_account_and_source(self):
        self.fleet.write_text(fleet_text(40, extra="[limits]\nin_flight_max = 4\n"))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s")["endpoint"]
        kms = ExpiringKms(endpoint, SECRET, calls_a_token=20)
        self.addCleanup(kms.close)
        agent = self.sources.agent
        self.sources.agent = lambda source: (agent(source) if not self.sources.given else
                                             (403, "application/json", '{"message":"the task has ended"}'))
        done = self.keyferry("run", self.fleet, "--endpoint-url", kms.url, exit_code=6,
                             AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{self.sources.url}/container")
        self.assertIn(f"no usable credentials for account {ACCOUNT}: AWS rejected the credentials from the container "
                      f"credentials endpoint at {self.sources.url}", done.stderr)
        self.assertIn("returned HTTP status 403: the task has ended", done.stderr)
        self.assertNotIn("the network", done.stderr + done.stdout)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
