#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""AWS's own command line client against `keyferry simulate`, over HTTP and HTTPS.

    aws_cli_test.py KEYFERRY

Exit code 77 (skipped) where there is no `aws`. The client gets an environment of its own: no AWS_*
variable and no ~/.aws of this machine.
"""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent.parent / "aws_clients"))
from forked_cli import AwsCli  # noqa: E402
from running_simulator import wrapped  # noqa: E402

SKIPPED = 77
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # of AWS's documented signing examples
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                   "Action": "kms:*", "Resource": "*"}],
}
KEYFERRY = ""
CLI = None  # an AwsCli


class AwsCliTest(unittest.TestCase):
    """Starts a simulator for each test; `options` are its further arguments."""

    options = []

    def setUp(self):
        self.home = Path(tempfile.mkdtemp(prefix="keyferry-aws-cli-"))
        self.addCleanup(shutil.rmtree, self.home)
        command = [KEYFERRY, "simulate", "--quota-scale", "0",
                   *[option.format(home=self.home) for option in self.options]]
        self.simulator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end_simulator)
        self.ready = json.loads(self.simulator.stdout.readline())

    def end_simulator(self):
        if self.simulator.poll() is None:
            self.simulator.send_signal(signal.SIGTERM)
        self.assertEqual(self.simulator.wait(timeout=10), 0)
        self.simulator.stdout.close()

    def ledger_so_far(self):
        """Asked for over HTTP: the file gets its lines a little later."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.ready['endpoint']}/_keyferry/ledger", timeout=60) as answer:
            return [json.loads(line) for line in answer.read().splitlines()]

    def run_aws(self, region, *arguments, secret=SECRET, ca_bundle=None):
        whole = ["--endpoint-url", self.ready["endpoint"], "--region", region, "--output", "json",
                 "kms", *arguments]
        bundle = ca_bundle or self.ready.get("certificate")
        if bundle:
            whole[:0] = ["--ca-bundle", bundle]
        return CLI.run(whole, self.environment(secret))

    def environment(self, secret=SECRET):
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
        }

    def aws(self, region, *arguments):
        """The answer of a call that must succeed."""
        result = self.run_aws(region, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def refused(self, code, region, *arguments, **options):
        """The message of a call that must fail with this error code."""
        result = self.run_aws(region, *arguments, **options)
        self.assertNotEqual(result.returncode, 0, result.stdout)
        self.assertIn(f"({code})", result.stderr)
        return result.stderr

    def does(self, region, *arguments):
        """A call that must succeed and has no answer."""
        result = self.run_aws(region, *arguments)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)

    def reaches(self, state, region, key):
        """Waits until the key is in this state."""
        give_up = time.monotonic() + 30
        while True:
            seen = self.aws(region, "describe-key", "--key-id", key)["KeyMetadata"]
            if seen["KeyState"] == state or time.monotonic() > give_up:
                self.assertEqual(seen["KeyState"], state)
                return seen

    def import_material(self, region, key, material):
        """As AWS's guide has it: get-parameters-for-import, openssl, import-key-material."""
        answer = self.aws(region, "get-parameters-for-import", "--key-id", key, "--wrapping-algorithm",
                          "RSAES_OAEP_SHA_256", "--wrapping-key-spec", "RSA_2048")
        (self.home / "token").write_bytes(base64.b64decode(answer["ImportToken"]))
        wrapped(base64.b64decode(answer["PublicKey"]), material, self.home)
        return self.run_aws(region, "import-key-material", "--key-id", key, "--import-token",
                            f"fileb://{self.home}/token", "--encrypted-key-material",
                            f"fileb://{self.home}/wrapped", "--expiration-model",
                            "KEY_MATERIAL_DOES_NOT_EXPIRE")

    def live(self):
        """The full life of a multi-Region key."""
        regions = ["eu-west-1", "eu-central-1", "ap-southeast-2"]
        key = self.new_primary()["KeyId"]
        for region in regions:
            self.aws("us-east-1", "replicate-key", "--key-id", key, "--replica-region", region)
        for region in regions:
            self.reaches("Enabled", region, key)
        ireland = regions[0]
        self.does(ireland, "create-alias", "--alias-name", "alias/orders", "--target-key-id", key)
        self.refused("AlreadyExistsException", ireland, "create-alias", "--alias-name",
                     "alias/orders", "--target-key-id", key)
        self.does(ireland, "update-alias", "--alias-name", "alias/orders", "--target-key-id", key)
        listed = self.aws(ireland, "list-aliases", "--key-id", key)["Aliases"]
        self.assertEqual([each["AliasName"] for each in listed], ["alias/orders"])
        self.does(ireland, "delete-alias", "--alias-name", "alias/orders")
        self.does(ireland, "tag-resource", "--key-id", key, "--tags", "TagKey=a,TagValue=1")
        self.does(ireland, "untag-resource", "--key-id", key, "--tag-keys", "a")
        self.does(ireland, "put-key-policy", "--key-id", key, "--policy-name", "default", "--policy",
                  json.dumps(POLICY))
        self.does(ireland, "update-key-description", "--key-id", key, "--description", "d")
        self.does("us-east-1", "disable-key", "--key-id", key)
        self.refused("DisabledException", "us-east-1", "replicate-key", "--key-id", key,
                     "--replica-region", "eu-west-2")
        self.does("us-east-1", "enable-key", "--key-id", key)
        scheduled = self.aws("us-east-1", "schedule-key-deletion", "--key-id", key,
                             "--pending-window-in-days", "7")
        self.assertEqual(scheduled["KeyState"], "PendingReplicaDeletion")
        self.refused("KMSInvalidStateException", "us-east-1", "enable-key", "--key-id", key)
        self.aws("us-east-1", "cancel-key-deletion", "--key-id", key)
        self.does("us-east-1", "enable-key", "--key-id", key)
        self.does("us-east-1", "enable-key-rotation", "--key-id", key)
        status = self.aws(ireland, "get-key-rotation-status", "--key-id", key)
        self.assertTrue(status["KeyRotationEnabled"])
        self.does("us-east-1", "update-primary-region", "--key-id", key, "--primary-region", ireland)
        promoted = self.reaches("Enabled", ireland, key)["MultiRegionConfiguration"]
        self.assertEqual(promoted["MultiRegionKeyType"], "PRIMARY")

        made = self.aws("us-east-1", "create-key", "--multi-region", "--origin", "EXTERNAL")
        key = made["KeyMetadata"]["KeyId"]
        material = os.urandom(32)
        done = self.import_material("us-east-1", key, material)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.reaches("Enabled", "us-east-1", key)
        self.aws("us-east-1", "replicate-key", "--key-id", key, "--replica-region", ireland)
        self.reaches("PendingImport", ireland, key)
        other = self.import_material(ireland, key, os.urandom(32))
        self.assertIn("(IncorrectKeyMaterialException)", other.stderr)
        done = self.import_material(ireland, key, material)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.reaches("Enabled", ireland, key)

    def new_primary(self):
        made = self.aws("us-east-1", "create-key", "--multi-region", "--description", "primary")
        return made["KeyMetadata"]


class OverHttp(AwsCliTest):
    options = ["--creating", "24h"]

    def test_a_key_and_its_replica(self):
        primary = self.new_primary()
        self.assertTrue(primary["KeyId"].startswith("mrk-"))
        self.assertEqual(primary["MultiRegionConfiguration"]["MultiRegionKeyType"], "PRIMARY")
        self.assertEqual(primary["EncryptionAlgorithms"], ["SYMMETRIC_DEFAULT"])

        answer = self.aws("us-east-1", "replicate-key", "--key-id", primary["KeyId"],
                          "--replica-region", "eu-west-1", "--description", "caf\u00e9",
                          "--policy", json.dumps(POLICY), "--tags",
                          "TagKey=team,TagValue=payments", "TagKey=empty,TagValue=")
        replica = answer["ReplicaKeyMetadata"]
        self.assertEqual(replica["KeyState"], "Creating")
        self.assertEqual(replica["Arn"], primary["Arn"].replace("us-east-1", "eu-west-1"))
        self.assertEqual(replica["Description"], "caf\u00e9")
        self.assertEqual(json.loads(answer["ReplicaPolicy"]), POLICY)
        self.assertEqual(answer["ReplicaTags"], [{"TagKey": "team", "TagValue": "payments"},
                                                 {"TagKey": "empty", "TagValue": ""}])

        seen = self.aws("eu-west-1", "describe-key", "--key-id", primary["KeyId"])["KeyMetadata"]
        self.assertEqual(seen["MultiRegionConfiguration"]["MultiRegionKeyType"], "REPLICA")
        self.assertEqual(seen["MultiRegionConfiguration"]["PrimaryKey"]["Arn"], primary["Arn"])
        seen = self.aws("us-east-1", "describe-key", "--key-id", primary["Arn"])["KeyMetadata"]
        self.assertEqual(seen["MultiRegionConfiguration"]["ReplicaKeys"],
                         [{"Arn": replica["Arn"], "Region": "eu-west-1"}])

        message = self.refused("AlreadyExistsException", "us-east-1", "replicate-key", "--key-id",
                               primary["KeyId"], "--replica-region", "eu-west-1")
        self.assertIn("You can create only one replica of each primary key in each AWS Region.",
                      message)
        message = self.refused("UnsupportedOperationException", "eu-west-1", "replicate-key",
                               "--key-id", primary["KeyId"], "--replica-region", "eu-central-1")
        self.assertIn(f"{replica['Arn']} is not a multi-region primary key.", message)

        entries = self.ledger_so_far()
        made = [(entry["effect"], entry["effect_region"]) for entry in entries if "effect" in entry]
        self.assertEqual(made, [("key_created", "us-east-1"), ("replica_created", "eu-west-1")])

    def test_list_keys_follows_the_markers(self):
        arns = {self.new_primary()["Arn"] for _ in range(3)}
        listed = self.aws("us-east-1", "list-keys", "--page-size", "2")["Keys"]
        self.assertEqual({key["KeyArn"] for key in listed}, arns)
        self.assertEqual(len(listed), 3)
        self.assertEqual(self.aws("eu-west-1", "list-keys")["Keys"], [])

    def test_a_wrong_secret_does_not_match(self):
        message = self.refused("InvalidSignatureException", "us-east-1", "list-keys", secret="wrong")
        self.assertIn("The request signature we calculated does not match", message)

    def test_a_forked_client_does_what_a_started_one_does(self):
        """Else this script would test something else than what is installed."""
        kms = ["--endpoint-url", self.ready["endpoint"], "--region", "us-east-1", "kms"]
        key = self.new_primary()["KeyId"]
        for arguments in (["--version"], ["kms", "no-such-command"], [*kms, "list-keys"],
                          [*kms, "describe-key", "--key-id", key, "--output", "json"],
                          [*kms, "disable-key", "--key-id", key],
                          ["--profile", "none", *kms, "list-keys"]):
            with self.subTest(arguments=arguments):
                forked, started = (run(arguments, self.environment())
                                   for run in (CLI.run, CLI.run_started))
                self.assertEqual((forked.returncode, forked.stdout, forked.stderr),
                                 (started.returncode, started.stdout, started.stderr))

    def test_errors_are_understood(self):
        self.refused("NotFoundException", "us-east-1", "describe-key", "--key-id", "alias/none")
        self.refused("ValidationException", "us-east-1", "replicate-key", "--key-id", "x",
                     "--replica-region", "Ireland")
        self.refused("UnknownOperationException", "us-east-1", "list-grants", "--key-id", "x")

    def test_what_belongs_to_a_key(self):
        tags = [{"TagKey": f"key{number}", "TagValue": str(number)} for number in range(5)]
        text = json.dumps(POLICY, indent=3) + " "
        primary = self.aws("us-east-1", "create-key", "--policy", text, "--tags",
                           *[f"TagKey={tag['TagKey']},TagValue={tag['TagValue']}" for tag in tags])
        key = primary["KeyMetadata"]["KeyId"]
        listed = self.aws("us-east-1", "list-resource-tags", "--key-id", key, "--page-size", "2")
        self.assertEqual(listed["Tags"], tags)
        entries = self.ledger_so_far()
        pages = [entry for entry in entries if entry["operation"] == "ListResourceTags"]
        self.assertEqual([page["key"] for page in pages], [key] * 3)
        self.refused("ValidationException", "us-east-1", "list-resource-tags", "--key-id", key,
                     "--limit", "51")
        self.refused("InvalidMarkerException", "us-east-1", "list-resource-tags", "--key-id", key,
                     "--marker", "x")

        policy = self.aws("us-east-1", "get-key-policy", "--key-id", primary["KeyMetadata"]["Arn"],
                          "--policy-name", "default")
        self.assertEqual(policy["Policy"], text)
        self.refused("NotFoundException", "us-east-1", "get-key-policy", "--key-id", key,
                     "--policy-name", "other")

        self.assertEqual(self.aws("us-east-1", "list-aliases")["Aliases"], [])
        self.assertEqual(self.aws("us-east-1", "list-aliases", "--key-id", key)["Aliases"], [])
        self.refused("NotFoundException", "eu-west-1", "list-aliases", "--key-id", key)
        self.refused("NotFoundException", "eu-west-1", "list-resource-tags", "--key-id", key)


class LifeOverHttp(AwsCliTest):
    options = ["--creating", "0s"]

    def test_the_life_of_a_key(self):
        self.live()


class OverHttps(AwsCliTest):
    options = ["--https", "--certificate-out", "{home}/authority.pem", "--creating", "0s"]

    def test_a_key_and_its_replica(self):
        self.assertTrue(self.ready["endpoint"].startswith("https://127.0.0.1:"))
        primary = self.new_primary()
        answer = self.aws("us-east-1", "replicate-key", "--key-id", primary["KeyId"],
                          "--replica-region", "eu-west-1")
        self.assertIn("arn:aws:iam::111122223333:root", answer["ReplicaPolicy"])
        self.assertNotIn("ReplicaTags", answer)
        seen = self.aws("eu-west-1", "describe-key", "--key-id", primary["KeyId"])["KeyMetadata"]
        self.assertEqual(seen["KeyState"], "Enabled")
        self.refused("InvalidSignatureException", "us-east-1", "list-keys", secret="wrong")

    def test_what_belongs_to_a_key(self):
        key = self.new_primary()["KeyId"]
        self.aws("us-east-1", "replicate-key", "--key-id", key, "--replica-region", "eu-west-1",
                 "--tags", "TagKey=team,TagValue=payments")
        self.assertEqual(self.aws("eu-west-1", "list-resource-tags", "--key-id", key)["Tags"],
                         [{"TagKey": "team", "TagValue": "payments"}])
        self.assertEqual(self.aws("us-east-1", "list-resource-tags", "--key-id", key)["Tags"], [])
        policy = self.aws("eu-west-1", "get-key-policy", "--key-id", key, "--policy-name", "default")
        self.assertIn("arn:aws:iam::111122223333:root", policy["Policy"])
        self.assertEqual(self.aws("eu-west-1", "list-aliases", "--key-id", key)["Aliases"], [])

    def test_the_life_of_a_key(self):
        self.live()

    def test_a_client_that_trusts_others_goes_away(self):
        others = next((path for path in ("/etc/ssl/certs/ca-certificates.crt",)
                       if Path(path).exists()), None)
        if others is None:
            self.skipTest("no system certificates")
        result = self.run_aws("us-east-1", "list-keys", ca_bundle=others)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("SSL validation failed", result.stderr)


if __name__ == "__main__":
    if shutil.which("aws") is None:
        print("skipped: there is no AWS CLI here (Debian: awscli)")
        sys.exit(SKIPPED)
    KEYFERRY = os.path.abspath(sys.argv.pop(1))
    CLI = AwsCli()
    try:
        unittest.main(verbosity=2)
    finally:
        CLI.close()
