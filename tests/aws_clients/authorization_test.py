#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests authorization in `keyferry simulate` with boto3 and the expected results in authorization_cases.txt.

    authorization_test.py KEYFERRY

Exit code 77 (skipped) if boto3 is not installed.
"""

import json
import re
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True

import authorization_setup as setup  # noqa: E402
from running_simulator import RunningSimulator  # noqa: E402

SKIPPED = 77
KEYFERRY = ""
CASES = Path(__file__).with_name("authorization_cases.txt")
REGION = "us-east-1"

# Maps KMS's error messages to results. The first match in this list applies.
DENIALS = [
    ("t", r"You don't have the kms:TagResource permission that is required to add tags"),
    ("L", r"The new key policy will not allow you to update the key policy in the future\."),
    ("P", r"Policy contains a statement with one or more invalid principals\."),
    ("i", r"because no identity-based policy allows the kms:\w+ action$"),
    ("k", r"because no resource-based policy allows the kms:\w+ action$"),
    ("S", r"with an explicit deny in a service control policy$"),
    ("I", r"with an explicit deny in an identity-based policy$"),
    ("K", r"with an explicit deny in a resource-based policy$"),
    ("f", r"because the resource does not exist in this Region, no resource-based policies allow access"),
]
# The request was authorized, and failed or would have succeeded for another reason.
AUTHORIZED = ("AlreadyExistsException", "DryRunOperation", "DryRunOperationException")


def identities():
    """The identities file of the simulator."""
    items = []
    for name, policy in setup.IDENTITIES.items():
        item = {"access_key_id": "AKID" + name.upper(), "secret_access_key": "secret",
                "account": setup.ACCOUNTS.get(name, setup.HOME),
                "name": setup.NAMES.get(name, "user/" + name)}
        if policy is not None:
            item["policy"] = policy
        if name in setup.CONTEXTS:
            item["context"] = setup.CONTEXTS[name]
        items.append(item)
    return {"identities": items, "service_control_policies": setup.SERVICE_CONTROL_POLICIES,
            "principals": setup.PRINCIPALS}


class Cases:
    """The tables and calls of authorization_cases.txt."""

    def __init__(self):
        self.rows = []   # (operation, subject, verdicts, reason)
        self.calls = []  # (words, verdict, reason)
        section = ""
        for line in CASES.read_text(encoding="utf-8").splitlines():
            if not line or line.startswith("#"):
                continue
            if line.startswith("["):
                section = line.strip("[]")
            elif section == "calls":
                words, verdict, reason = re.fullmatch(r"(.+?) +-> (\S)  (.+)", line).groups()
                self.calls.append((words.split(), verdict, reason))
            else:
                subject, verdicts, reason = re.fullmatch(r"(\S+) +(\S{10})  (.+)", line).groups()
                self.rows.append((section, subject, verdicts, reason))

    def count(self):
        return len(self.rows) * len(setup.COLUMNS) + len(self.calls)


class Authorization(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "identities.json"
            path.write_text(json.dumps(identities()), encoding="utf-8")
            cls.simulator = RunningSimulator(KEYFERRY, "--creating", "0s", "--updating", "0s",
                                             "--identities", str(path))
        cls.clients = {}
        cls.keys = {}
        for name, policy in setup.KEY_POLICIES.items():
            cls.keys[name] = cls.new_key(name, policy)
        for name, grantee in setup.GRANTS:
            cls.kms("admin").create_grant(KeyId=cls.keys[name], GranteePrincipal=grantee,
                                          Operations=["DescribeKey"])
        cls.kms("admin").replicate_key(KeyId=cls.keys["tagged"], ReplicaRegion="eu-west-1")

    @classmethod
    def tearDownClass(cls):
        code = cls.simulator.end()
        assert code == 0, code

    @classmethod
    def new_key(cls, name, policy):
        more = {"Tags": [{"TagKey": "team", "TagValue": "cards"}]} if name == "tagged" else {}
        if policy is not None:
            more.update(Policy=json.dumps(policy), BypassPolicyLockoutSafetyCheck=True)
        created = cls.kms("admin").create_key(MultiRegion=name != "single", **more)
        return created["KeyMetadata"]["Arn"]

    @classmethod
    def kms(cls, caller, region=REGION):
        if (caller, region) not in cls.clients:
            # The clients of a session share the parsed service model, which takes a long time to load.
            cls.session = getattr(cls, "session", None) or boto3.session.Session()
            cls.clients[caller, region] = cls.session.client(
                "kms", region_name=region, endpoint_url=cls.simulator.endpoint,
                aws_access_key_id="AKID" + caller.upper(), aws_secret_access_key="secret",
                config=botocore.config.Config(retries={"max_attempts": 0}))
        return cls.clients[caller, region]

    def verdict(self, call, **request):
        try:
            call(**request)
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in AUTHORIZED:
                return "+"
            message = error.response["Error"]["Message"]
            return next((letter for letter, text in DENIALS if re.search(text, message)),
                        f"{error.response['Error']['Code']}: {message}")
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
        for operation, subject, verdicts, reason in CASES_READ.rows:
            found = [self.call_on(operation, subject, caller) for caller in setup.COLUMNS]
            for caller, wanted, got in zip(setup.COLUMNS, verdicts, found):
                with self.subTest(operation=operation, subject=subject, caller=caller, why=reason):
                    self.assertEqual(got, wanted)

    @staticmethod
    def members(words):
        """The members of CreateKey and ReplicateKey in "tag=team:cards policy=root bypass"."""
        request = {}
        for word in words:
            name, _, value = word.partition("=")
            if name == "tag":
                key, _, text = value.partition(":")
                request.setdefault("Tags", []).append({"TagKey": key, "TagValue": text})
            elif name == "policy":
                request["Policy"] = json.dumps({**setup.KEY_POLICIES, **setup.MORE_POLICIES}[value])
            elif name == "bypass":
                request["BypassPolicyLockoutSafetyCheck"] = True
            elif name == "spec":
                request["KeySpec"] = value
            elif name == "usage":
                request["KeyUsage"] = value
        return request

    def call(self, caller, what, *words):
        kms = self.kms(caller)
        if what == "create":
            return self.verdict(self.kms(caller, words[0]).create_key,
                                MultiRegion="single" not in words, **self.members(words[1:]))
        key = {"KeyId": self.keys.get(words[0], words[0])}
        if what == "replicate":
            return self.verdict(kms.replicate_key, ReplicaRegion=words[1], **key,
                                **self.members(words[2:]))
        if what == "put":
            return self.verdict(kms.put_key_policy, **key, **self.members(["policy=" + words[1]]))
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
        return self.verdict(kms.create_grant, GranteePrincipal=setup.user("somebody")["AWS"],
                            Operations=list(words[1:]), DryRun=True, **key)

    def test_zz_calls(self):  # runs after the tables, because the calls change keys
        for words, wanted, reason in CASES_READ.calls:
            with self.subTest(call=" ".join(words), why=reason):
                self.assertEqual(self.call(*words), wanted)

    def test_number_of_cases(self):
        self.assertGreaterEqual(CASES_READ.count(), 300)


if __name__ == "__main__":
    try:
        import boto3
        import botocore.config
        import botocore.exceptions
        import botocore.session
    except ImportError:
        print("skipped: boto3 is not installed")
        sys.exit(SKIPPED)
    KEYFERRY = sys.argv.pop(1)
    CASES_READ = Cases()
    unittest.main()
