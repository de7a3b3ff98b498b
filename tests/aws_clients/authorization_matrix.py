# SPDX-License-Identifier: Apache-2.0
"""The verdicts of authorization_cases.txt, and a simulator with their callers and keys."""

import json
import re
import tempfile
from pathlib import Path

try:
    import boto3
    import botocore.config
except ImportError:
    boto3 = None

import authorization_setup as setup
from running_simulator import RunningSimulator

CASES_FILE = Path(__file__).with_name("authorization_cases.txt")
REGION = "us-east-1"

# Maps KMS's error messages to verdicts. The first match in this list applies.
DENIALS = [
    ("t", r"You don't have the kms:TagResource permission that is required to add tags"),
    ("L", r"The new key policy will not allow you to update the key policy in the future\."),
    ("P", r"Policy contains a statement with one or more invalid principals\."),
    # A grant that KMS rejects for this key, for any caller.
    ("V", r"is not supported on this KMS key|constraints are supported only on symmetric|1 validation error"),
    ("i", r"because no identity-based policy allows the kms:\w+ action$"),
    ("k", r"because no resource-based policy allows the kms:\w+ action$"),
    ("S", r"with an explicit deny in a service control policy$"),
    ("I", r"with an explicit deny in an identity-based policy$"),
    ("K", r"with an explicit deny in a resource-based policy$"),
    ("f", r"because the resource does not exist in this Region, no resource-based policies allow access"),
]


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
        for line in CASES_FILE.read_text(encoding="utf-8").splitlines():
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


CASES = Cases()


def verdict_of(message):
    """The letter of the first denial whose text is in `message`, or None."""
    return next((letter for letter, text in DENIALS if re.search(text, message)), None)


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


class CallersAndKeys:
    """A simulator with the callers and keys of authorization_setup.py, and boto3 clients of it."""

    @classmethod
    def start(cls, keyferry):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "identities.json"
            path.write_text(json.dumps(identities()), encoding="utf-8")
            cls.simulator = RunningSimulator(keyferry, "--creating", "0s", "--updating", "0s",
                                             "--identities", str(path))
        cls.clients = {}
        cls.keys = {}
        for name, policy in setup.KEY_POLICIES.items():
            cls.keys[name] = cls.new_key(name, policy)
        for name, grantee in setup.GRANTS:
            cls.kms("admin").create_grant(KeyId=cls.keys[name], GranteePrincipal=grantee,
                                          Operations=["DescribeKey"])
        cls.kms("admin").create_grant(KeyId=cls.keys["constrained"], **setup.CONSTRAINED_GRANT)
        cls.kms("admin").replicate_key(KeyId=cls.keys["tagged"], ReplicaRegion="eu-west-1")

    @classmethod
    def stop(cls):
        code = cls.simulator.end()
        assert code == 0, code

    @classmethod
    def new_key(cls, name, policy):
        more = {"Tags": [{"TagKey": "team", "TagValue": "cards"}]} if name == "tagged" else {}
        if name == "signing":
            more.update(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
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
