#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests `keyferry simulate` with the AWS CLI, over HTTP and HTTPS.

    aws_cli_test.py KEYFERRY

Exit code 77 (skipped) if `aws` is not installed. The client runs in a separate environment, without
the AWS_* variables and the ~/.aws of this machine.
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
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # from the signing examples in AWS's documentation
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                   "Action": "kms:*", "Resource": "*"}],
}
KEYFERRY = ""
CLI = None  # an AwsCli


class AwsCliTest(unittest.TestCase):
    """Starts a simulator for each test; `options` are its additional arguments."""

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
        """Requests the ledger over HTTP, since lines reach the file with a delay."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.ready['endpoint']}/_keyferry/ledger", timeout=60) as response:
            return [json.loads(line) for line in response.read().splitlines()]

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
        """Makes a call that must succeed. Returns its response."""
        result = self.run_aws(region, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def refused(self, code, region, *arguments, **options):
        """Makes a call that must fail with this error code. Returns its standard error."""
        result = self.run_aws(region, *arguments, **options)
        self.assertNotEqual(result.returncode, 0, result.stdout)
        self.assertIn(f"({code})", result.stderr)
        return result.stderr

    def succeeds(self, region, *arguments):
        """Makes a call that must succeed without a response."""
        result = self.run_aws(region, *arguments)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)

    def reaches(self, state, region, key):
        """Waits until the key is in this state. Returns its metadata."""
        deadline = time.monotonic() + 30
        while True:
            seen = self.aws(region, "describe-key", "--key-id", key)["KeyMetadata"]
            if seen["KeyState"] == state or time.monotonic() > deadline:
                self.assertEqual(seen["KeyState"], state)
                return seen

    def import_material(self, region, key, material):
        """Follows AWS's guide: get-parameters-for-import, openssl, import-key-material."""
        response = self.aws(region, "get-parameters-for-import", "--key-id", key, "--wrapping-algorithm",
                          "RSAES_OAEP_SHA_256", "--wrapping-key-spec", "RSA_2048")
        (self.home / "token").write_bytes(base64.b64decode(response["ImportToken"]))
        wrapped(base64.b64decode(response["PublicKey"]), material, self.home)
        return self.run_aws(region, "import-key-material", "--key-id", key, "--import-token",
                            f"fileb://{self.home}/token", "--encrypted-key-material",
                            f"fileb://{self.home}/wrapped", "--expiration-model",
                            "KEY_MATERIAL_DOES_NOT_EXPIRE")

    def encrypt(self, region, key):
        """Writes the ciphertext of "plain" with an encryption context to a file."""
        (self.home / "plain").write_bytes(b"plain")
        sealed = self.aws(region, "encrypt", "--key-id", key, "--plaintext", f"fileb://{self.home}/plain",
                          "--encryption-context", "purpose=test")
        file = self.home / f"sealed-in-{region}"
        file.write_bytes(base64.b64decode(sealed["CiphertextBlob"]))
        return file

    def check_decrypt(self, region, ciphertext):
        """Decrypts without a key ID. Also checks that the encryption context is required."""
        opened = self.aws(region, "decrypt", "--ciphertext-blob", f"fileb://{ciphertext}",
                          "--encryption-context", "purpose=test")
        self.assertEqual(base64.b64decode(opened["Plaintext"]), b"plain")
        self.refused("InvalidCiphertextException", region, "decrypt", "--ciphertext-blob",
                     f"fileb://{ciphertext}")

    def run_life_cycle(self):
        """Exercises the full life cycle of a multi-Region key."""
        regions = ["eu-west-1", "eu-central-1", "ap-southeast-2"]
        key = self.new_primary()["KeyId"]
        for region in regions:
            self.aws("us-east-1", "replicate-key", "--key-id", key, "--replica-region", region)
        for region in regions:
            self.reaches("Enabled", region, key)
        ireland = regions[0]
        self.succeeds(ireland, "create-alias", "--alias-name", "alias/orders", "--target-key-id", key)
        self.refused("AlreadyExistsException", ireland, "create-alias", "--alias-name",
                     "alias/orders", "--target-key-id", key)
        self.succeeds(ireland, "update-alias", "--alias-name", "alias/orders", "--target-key-id", key)
        listed = self.aws(ireland, "list-aliases", "--key-id", key)["Aliases"]
        self.assertEqual([each["AliasName"] for each in listed], ["alias/orders"])
        self.succeeds(ireland, "delete-alias", "--alias-name", "alias/orders")
        self.succeeds(ireland, "tag-resource", "--key-id", key, "--tags", "TagKey=a,TagValue=1")
        self.succeeds(ireland, "untag-resource", "--key-id", key, "--tag-keys", "a")
        self.succeeds(ireland, "put-key-policy", "--key-id", key, "--policy-name", "default", "--policy",
                  json.dumps(POLICY))
        self.succeeds(ireland, "update-key-description", "--key-id", key, "--description", "d")
        self.succeeds("us-east-1", "disable-key", "--key-id", key)
        self.refused("DisabledException", "us-east-1", "replicate-key", "--key-id", key,
                     "--replica-region", "eu-west-2")
        self.succeeds("us-east-1", "enable-key", "--key-id", key)
        scheduled = self.aws("us-east-1", "schedule-key-deletion", "--key-id", key,
                             "--pending-window-in-days", "7")
        self.assertEqual(scheduled["KeyState"], "PendingReplicaDeletion")
        self.refused("KMSInvalidStateException", "us-east-1", "enable-key", "--key-id", key)
        self.aws("us-east-1", "cancel-key-deletion", "--key-id", key)
        self.succeeds("us-east-1", "enable-key", "--key-id", key)
        self.succeeds("us-east-1", "enable-key-rotation", "--key-id", key)
        status = self.aws(ireland, "get-key-rotation-status", "--key-id", key)
        self.assertTrue(status["KeyRotationEnabled"])
        sealed = self.encrypt("us-east-1", key)
        self.check_decrypt(ireland, sealed)
        self.succeeds("us-east-1", "update-primary-region", "--key-id", key, "--primary-region", ireland)
        promoted = self.reaches("Enabled", ireland, key)["MultiRegionConfiguration"]
        self.assertEqual(promoted["MultiRegionKeyType"], "PRIMARY")
        for region in regions:
            self.check_decrypt(region, sealed)

        created = self.aws("us-east-1", "create-key", "--multi-region", "--origin", "EXTERNAL")
        key = created["KeyMetadata"]["KeyId"]
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
        self.check_decrypt("us-east-1", self.encrypt(ireland, key))

    def new_primary(self):
        created = self.aws("us-east-1", "create-key", "--multi-region", "--description", "primary")
        return created["KeyMetadata"]


class OverHttp(AwsCliTest):
    options = ["--creating", "24h"]

    def test_a_key_and_its_replica(self):
        primary = self.new_primary()
        self.assertTrue(primary["KeyId"].startswith("mrk-"))
        self.assertEqual(primary["MultiRegionConfiguration"]["MultiRegionKeyType"], "PRIMARY")
        self.assertEqual(primary["EncryptionAlgorithms"], ["SYMMETRIC_DEFAULT"])

        response = self.aws("us-east-1", "replicate-key", "--key-id", primary["KeyId"],
                          "--replica-region", "eu-west-1", "--description", "caf\u00e9",
                          "--policy", json.dumps(POLICY), "--tags",
                          "TagKey=team,TagValue=payments", "TagKey=empty,TagValue=")
        replica = response["ReplicaKeyMetadata"]
        self.assertEqual(replica["KeyState"], "Creating")
        self.assertEqual(replica["Arn"], primary["Arn"].replace("us-east-1", "eu-west-1"))
        self.assertEqual(replica["Description"], "caf\u00e9")
        self.assertEqual(json.loads(response["ReplicaPolicy"]), POLICY)
        self.assertEqual(response["ReplicaTags"], [{"TagKey": "team", "TagValue": "payments"},
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
        effects = [(entry["effect"], entry["effect_region"]) for entry in entries if "effect" in entry]
        self.assertEqual(effects, [("key_created", "us-east-1"), ("replica_created", "eu-west-1")])

    def test_list_keys_follows_the_markers(self):
        arns = {self.new_primary()["Arn"] for _ in range(3)}
        listed = self.aws("us-east-1", "list-keys", "--page-size", "2")["Keys"]
        self.assertEqual({key["KeyArn"] for key in listed}, arns)
        self.assertEqual(len(listed), 3)
        self.assertEqual(self.aws("eu-west-1", "list-keys")["Keys"], [])

    def test_a_wrong_secret_is_rejected(self):
        message = self.refused("InvalidSignatureException", "us-east-1", "list-keys", secret="wrong")
        self.assertIn("The request signature we calculated does not match", message)

    def test_a_forked_client_behaves_like_a_started_one(self):
        """Verifies that the forked calls test the installed program."""
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

    def test_the_client_recognizes_errors(self):
        self.refused("NotFoundException", "us-east-1", "describe-key", "--key-id", "alias/none")
        self.refused("ValidationException", "us-east-1", "replicate-key", "--key-id", "x",
                     "--replica-region", "Ireland")
        self.refused("UnknownOperationException", "us-east-1", "describe-custom-key-stores")

    def test_attributes_of_a_key(self):
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


class LifeCycleOverHttp(AwsCliTest):
    options = ["--creating", "0s"]

    def test_the_life_cycle_of_a_key(self):
        self.run_life_cycle()


class OverHttps(AwsCliTest):
    options = ["--https", "--certificate-out", "{home}/authority.pem", "--creating", "0s"]

    def test_a_key_and_its_replica(self):
        self.assertTrue(self.ready["endpoint"].startswith("https://127.0.0.1:"))
        primary = self.new_primary()
        response = self.aws("us-east-1", "replicate-key", "--key-id", primary["KeyId"],
                          "--replica-region", "eu-west-1")
        self.assertIn("arn:aws:iam::111122223333:root", response["ReplicaPolicy"])
        self.assertNotIn("ReplicaTags", response)
        seen = self.aws("eu-west-1", "describe-key", "--key-id", primary["KeyId"])["KeyMetadata"]
        self.assertEqual(seen["KeyState"], "Enabled")
        self.refused("InvalidSignatureException", "us-east-1", "list-keys", secret="wrong")

    def test_attributes_of_a_key(self):
        key = self.new_primary()["KeyId"]
        self.aws("us-east-1", "replicate-key", "--key-id", key, "--replica-region", "eu-west-1",
                 "--tags", "TagKey=team,TagValue=payments")
        self.assertEqual(self.aws("eu-west-1", "list-resource-tags", "--key-id", key)["Tags"],
                         [{"TagKey": "team", "TagValue": "payments"}])
        self.assertEqual(self.aws("us-east-1", "list-resource-tags", "--key-id", key)["Tags"], [])
        policy = self.aws("eu-west-1", "get-key-policy", "--key-id", key, "--policy-name", "default")
        self.assertIn("arn:aws:iam::111122223333:root", policy["Policy"])
        self.assertEqual(self.aws("eu-west-1", "list-aliases", "--key-id", key)["Aliases"], [])

    def test_the_life_cycle_of_a_key(self):
        self.run_life_cycle()

    def test_a_client_that_trusts_other_authorities_fails(self):
        others = next((path for path in ("/etc/ssl/certs/ca-certificates.crt",)
                       if Path(path).exists()), None)
        if others is None:
            self.skipTest("no system certificates")
        result = self.run_aws("us-east-1", "list-keys", ca_bundle=others)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("SSL validation failed", result.stderr)


if __name__ == "__main__":
    if shutil.which("aws") is None:
        print("skipped: the AWS CLI is not installed (Debian: awscli)")
        sys.exit(SKIPPED)
    KEYFERRY = os.path.abspath(sys.argv.pop(1))
    CLI = AwsCli()
    try:
        unittest.main(verbosity=2)
    finally:
        CLI.close()
