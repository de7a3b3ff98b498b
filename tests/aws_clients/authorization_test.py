#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests authorization in `keyferry simulate` with boto3 and the expected results in authorization_cases.txt.

    authorization_test.py KEYFERRY

Exit code 77 (skipped) if boto3 is not installed.
"""

import json
import sys
import unittest

try:
    import botocore.exceptions
except ImportError:
    botocore = None

sys.dont_write_bytecode = True

import authorization_setup as setup  # noqa: E402
from authorization_matrix import CASES, CallersAndKeys, members, verdict_of  # noqa: E402

SKIPPED = 77
KEYFERRY = ""

# The request was authorized: it failed for another reason, or would have succeeded.
AUTHORIZED = ("AlreadyExistsException", "DryRunOperation", "DryRunOperationException")


class Authorization(CallersAndKeys, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.start(KEYFERRY)

    @classmethod
    def tearDownClass(cls):
        cls.stop()

    def verdict(self, call, **request):
        try:
            call(**request)
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in AUTHORIZED:
                return "+"
            message = error.response["Error"]["Message"]
            return verdict_of(message) or f"{error.response['Error']['Code']}: {message}"
        return "+"

    def call_on(self, operation, subject, caller):
        """One cell of a table."""
        if subject in ("us-east-1", "eu-west-1", "us-west-2"):
            kms = self.kms(caller, subject)
            return {"ListKeys": lambda: self.verdict(kms.list_keys),
                    "ListAliases": lambda: self.verdict(kms.list_aliases),
                    "CreateKey": lambda: self.verdict(kms.create_key)}[operation]()
        kms = self.kms(caller)
        key = {"KeyId": self.keys[subject]}
        return {
            "DescribeKey": lambda: self.verdict(kms.describe_key, **key),
            "GetKeyPolicy": lambda: self.verdict(kms.get_key_policy, **key),
            "ListGrants": lambda: self.verdict(kms.list_grants, **key),
            "UpdateKeyDescription":
                lambda: self.verdict(kms.update_key_description, Description="x", **key),
            "Encrypt": lambda: self.verdict(kms.encrypt, Plaintext=b"x", **key),
            "CreateGrant": lambda: self.verdict(
                kms.create_grant, GranteePrincipal=setup.user("somebody")["AWS"],
                Operations=["DescribeKey"], DryRun=True, **key),
            "PutKeyPolicy": lambda: self.verdict(
                kms.put_key_policy, Policy=json.dumps(setup.KEY_POLICIES[subject]),
                BypassPolicyLockoutSafetyCheck=True, **key),
            "ScheduleKeyDeletion": lambda: self.verdict(kms.schedule_key_deletion, **key),
        }[operation]()

    def test_tables(self):
        for operation, subject, verdicts, reason in CASES.rows:
            found = [self.call_on(operation, subject, caller) for caller in setup.COLUMNS]
            for caller, wanted, got in zip(setup.COLUMNS, verdicts, found):
                with self.subTest(operation=operation, subject=subject, caller=caller, why=reason):
                    self.assertEqual(got, wanted)

    def call(self, caller, what, *words):
        kms = self.kms(caller)
        if what == "create":
            return self.verdict(self.kms(caller, words[0]).create_key,
                                MultiRegion="single" not in words, **members(words[1:]))
        key = {"KeyId": self.keys.get(words[0], words[0])}
        if what == "replicate":
            return self.verdict(kms.replicate_key, ReplicaRegion=words[1], **key,
                                **members(words[2:]))
        if what == "put":
            return self.verdict(kms.put_key_policy, **key, **members(["policy=" + words[1]]))
        if what == "move":
            seen = self.kms("admin").describe_key(**key)["KeyMetadata"]
            primary = seen["MultiRegionConfiguration"]["PrimaryKey"]
            return self.verdict(self.kms(caller, primary["Region"]).update_primary_region,
                                KeyId=primary["Arn"], PrimaryRegion=words[1])
        if what == "alias":
            return self.verdict(kms.create_alias, AliasName=words[1],
                                TargetKeyId=key["KeyId"].rpartition("/")[2])
        if what == "describe":
            return self.verdict(kms.describe_key, **key)
        if what == "encrypt":
            context = dict(word.split(":") for word in words[1:])
            return self.verdict(kms.encrypt, Plaintext=b"x", EncryptionContext=context, **key)
        if what == "delete-after":
            return self.verdict(kms.schedule_key_deletion, PendingWindowInDays=int(words[1]), **key)
        self.assertEqual(what, "grant")
        operations = [word for word in words[1:] if "=" not in word]
        constraints = {}
        for word in words[1 + len(operations):]:
            kind, pair = word.split("=")
            name, value = pair.split(":")
            constraints.setdefault(f"EncryptionContext{kind.title()}", {})[name] = value
        return self.verdict(kms.create_grant, GranteePrincipal=setup.user("somebody")["AWS"],
                            Operations=operations, Constraints=constraints, DryRun=True, **key)

    def test_zz_calls(self):  # runs after the tables, because the calls change keys
        for words, wanted, reason in CASES.calls:
            with self.subTest(call=" ".join(words), why=reason):
                self.assertEqual(self.call(*words), wanted)

    def test_number_of_cases(self):
        self.assertGreaterEqual(CASES.count(), 300)


if __name__ == "__main__":
    if botocore is None:
        print("skipped: boto3 is not installed")
        sys.exit(SKIPPED)
    KEYFERRY = sys.argv.pop(1)
    unittest.main()
