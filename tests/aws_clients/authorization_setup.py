# SPDX-License-Identifier: Apache-2.0
"""The callers, policies and keys of authorization_cases.txt, without the expected results."""

HOME = "111122223333"
OTHER = "444455556666"
COLUMNS = ["admin", "reader", "nobody", "eu", "denied", "root", "session", "cards", "foreign", "stranger"]


def allow(action, resource="*", **condition):
    """A statement of an identity-based policy. `condition` maps operators to {key: value}."""
    return {"Effect": "Allow", "Action": action, "Resource": resource,
            **({"Condition": {name.replace("__", ":"): keys for name, keys in condition.items()}}
               if condition else {})}


def deny(action, **condition):
    return {**allow(action, **condition), "Effect": "Deny"}


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def to(principal, action="kms:*", resource="*", **condition):
    """A statement of a key policy."""
    return {**allow(action, resource, **condition), "Principal": principal}


def but(principal, action="kms:*", **condition):
    return {**to(principal, action, **condition), "Effect": "Deny"}


def all_but(*principals):
    """A denial of DescribeKey for everyone but `principals`."""
    return {**deny("kms:DescribeKey"),
            "NotPrincipal": {"AWS": [principal["AWS"] for principal in principals]}}


def user(name, account=HOME):
    return {"AWS": f"arn:aws:iam::{account}:user/{name}"}


ACCOUNT = {"AWS": f"arn:aws:iam::{HOME}:root"}
ROLE = {"AWS": f"arn:aws:iam::{HOME}:role/deployer"}
SESSION = {"AWS": f"arn:aws:sts::{HOME}:assumed-role/deployer/me"}
ADMIN = to(user("admin"))
OWN_TEAM = "${aws:PrincipalTag/team}"
IN_EU = {"aws:RequestedRegion": "eu-*"}

# The policies of the identities; None: an administrator.
IDENTITIES = {
    "admin": None,
    "reader": policy(allow(["kms:Describe*", "kms:List*", "kms:Get*"])),
    "nobody": policy(allow("s3:*")),
    "eu": policy(allow("kms:*", StringLike=IN_EU)),
    "denied": policy(allow("kms:*"), deny("kms:DescribeKey")),
    "root": policy(allow("s3:*")),
    "session": policy(allow("kms:*")),
    "cards": policy(allow("kms:*", StringEquals={"aws:ResourceTag/team": OWN_TEAM})),
    "foreign": None,
    "stranger": policy(allow("s3:*")),
    "replicator": policy(
        allow("kms:ReplicateKey", f"arn:aws:kms:*:{HOME}:key/mrk-*",
              StringEquals={"kms:ReplicaRegion": ["eu-west-1", "eu-central-1"],
                            "kms:MultiRegionKeyType": "PRIMARY"}),
        allow("kms:CreateKey", StringLike={**IN_EU, "kms:ReplicaRegion": "eu-*"}),
        allow("kms:TagResource", f"arn:aws:kms:*:{HOME}:key/*",
              ForAllValues__StringEquals={"aws:TagKeys": "team"},
              StringEquals={"aws:RequestTag/team": "cards"}),
        allow("kms:PutKeyPolicy", StringEquals={"kms:MultiRegionKeyType": "REPLICA",
                                                "aws:RequestedRegion": "eu-west-1"})),
    "nobypass": policy(allow("kms:*"),
                       deny("*", Bool={"kms:BypassPolicyLockoutSafetyCheck": "true"})),
    "halfway": policy(allow("kms:ReplicateKey")),
    "tagger": policy(allow("kms:CreateKey"),
                     allow("kms:TagResource", f"arn:aws:kms:*:{HOME}:key/*",
                           ForAllValues__StringEquals={"aws:TagKeys": ["team"]})),
    "untagger": policy(allow("kms:CreateKey")),
    "specs": policy(allow("kms:CreateKey", Bool={"kms:MultiRegion": "true"},
                          StringEquals={"kms:KeySpec": "RSA_2048", "kms:KeyUsage": "SIGN_VERIFY"})),
    "mover": policy(allow("kms:UpdatePrimaryRegion", StringEquals={"kms:PrimaryRegion": "us-east-1"})),
    "alias-maker": policy(allow("kms:CreateAlias", [f"arn:aws:kms:*:{HOME}:alias/app/*",
                                                    f"arn:aws:kms:*:{HOME}:key/*"])),
    "by-alias": policy(allow("kms:DescribeKey", StringEquals={"kms:RequestAlias": "alias/app/one"})),
    "of-alias": policy(allow("kms:DescribeKey",
                             ForAnyValue__StringLike={"kms:ResourceAliases": "alias/app/*"})),
    "sealer": policy(allow(["kms:Encrypt", "kms:GenerateDataKey"],
                           StringEquals={"kms:EncryptionContext:team": "cards"})),
    "waiter": policy(allow("kms:ScheduleKeyDeletion")),
    "grantee": policy(allow("s3:*")),
    "timed": policy(allow("kms:DescribeKey", DateGreaterThan={"aws:CurrentTime": "2100-01-01"})),
    "granter": policy(allow("kms:CreateGrant",
                            ForAllValues__StringEquals={"kms:GrantOperations": ["DescribeKey", "Decrypt"]})),
}
NAMES = {"root": "root", "session": "assumed-role/deployer/me"}
CONTEXTS = {"cards": {"aws:PrincipalTag/team": "cards", "aws:SourceIp": "2001:db8::77"},
            "timed": {"aws:CurrentTime": "2100-01-02T00:00:00Z"}}
ACCOUNTS = {"foreign": OTHER, "stranger": OTHER}

SERVICE_CONTROL_POLICIES = [
    policy(allow("*")),
    policy(deny("kms:ScheduleKeyDeletion",
                ArnNotLike={"aws:PrincipalArn": "arn:aws:iam::*:role/breakglass"}),
           deny("kms:*", StringNotLike={"aws:RequestedRegion": ["us-east-1", "eu-*"]})),
]

# The principals that exist: all that the policies below name, except role/unborn and user/deleted.
PRINCIPALS = [f"arn:aws:iam::{HOME}:user/{name}" for name in ("admin", "reader", "nobody", "replicator", "somebody",
                                                              "grantee")]
PRINCIPALS += [f"arn:aws:iam::{HOME}:role/deployer", f"arn:aws:iam::{OTHER}:user/foreign",
               f"arn:aws:iam::{OTHER}:user/other",
               {"arn": f"arn:aws:iam::{HOME}:role/unborn", "exists_after": "20m"},
               {"arn": f"arn:aws:iam::{HOME}:user/deleted", "exists_until": "0s"}]

KEY_POLICIES = {
    "default": None,
    "root": policy(to(ACCOUNT)),
    "account-id": policy(to({"AWS": HOME})),
    "lower-case": policy(to(ACCOUNT, "kms:describekey")),
    "question-mark": policy(to(ACCOUNT, "kms:Describe???")),
    "own-arn": policy(to(ACCOUNT, resource=f"arn:aws:kms:us-east-1:{HOME}:key/*")),
    "null": policy(to(ACCOUNT, Null={"kms:ViaService": "true"})),
    "if-exists": policy(to(ACCOUNT, StringEqualsIfExists={"kms:ViaService": "s3.us-east-1.amazonaws.com"})),
    "named": policy(ADMIN, to(user("reader"), "kms:DescribeKey")),
    "role": policy(to(ROLE)),
    "session": policy(to(SESSION)),
    "other-session": policy(to({"AWS": f"arn:aws:sts::{HOME}:assumed-role/deployer/you"})),
    "everyone": policy(ADMIN, to("*", "kms:DescribeKey")),
    "caller-account": policy(to({"AWS": "*"}, StringEquals={"kms:CallerAccount": HOME})),
    "deny-reader": policy(to(ACCOUNT), but(user("reader"))),
    "deny-but-role": policy(to(ACCOUNT), but("*", "kms:DescribeKey",
                                             ArnNotLike={"aws:PrincipalArn": "arn:aws:iam::*:role/deploy*"})),
    "deny-account": policy(to(ACCOUNT), but(ACCOUNT, "kms:DescribeKey")),
    "not-principal": policy(to(ACCOUNT), all_but(user("admin"), ACCOUNT)),
    "not-principal-user": policy(to(ACCOUNT), all_but(user("admin"))),
    "not-principal-role": policy(to(ACCOUNT), all_but(ROLE, ACCOUNT)),
    "not-principal-session": policy(to(ACCOUNT), all_but(ROLE, SESSION, ACCOUNT)),
    "variable": policy(to({"AWS": "*"}, StringEquals={"aws:PrincipalTag/team": OWN_TEAM})),
    "variable-2008": {**policy(to({"AWS": "*"}, StringEquals={"aws:PrincipalTag/team": OWN_TEAM})),
                      "Version": "2008-10-17"},
    "escaped-star": policy(to({"AWS": "*"}, StringLike={"aws:PrincipalTag/team": "${*}"})),
    "date": policy(to(ACCOUNT, DateLessThan={"aws:CurrentTime": "2100-01-01T00:00:00+01:00"})),
    "unix-time": policy(to(ACCOUNT, DateGreaterThan={"aws:CurrentTime": "1500000000"})),
    "epoch-time": policy(to(ACCOUNT, DateGreaterThan={"aws:EpochTime": "2017-07-14"})),
    "date-other": policy(to(ACCOUNT, DateLessThan={"aws:EpochTime": "2017-07-14T02:40:00Z"})),
    "address": policy(to("*", IpAddress={"aws:SourceIp": ["192.0.2.0/24", "2001:DB8:0:0::/32"]})),
    "address-other": policy(to("*", IpAddress={"aws:SourceIp": ["0.0.0.0/0", "2001:db9::/32"]})),
    "shared": policy(to(ACCOUNT), to({"AWS": OTHER}, "kms:DescribeKey")),
    "shared-user": policy(to(ACCOUNT), to(user("foreign", OTHER), "kms:DescribeKey")),
    "service": policy(ADMIN, to({"Service": "s3.amazonaws.com"})),
    "via-service": policy(to("*", StringEquals={"kms:ViaService": "s3.us-east-1.amazonaws.com"})),
    "not-action": policy({"Effect": "Allow", "Principal": ACCOUNT, "NotAction": "kms:DescribeKey",
                          "Resource": "*"}),
    "other-resource": policy(ADMIN, to(ACCOUNT, resource=f"arn:aws:kms:us-east-1:{HOME}:key/mrk-0")),
    "region": policy(to(ACCOUNT, StringLike=IN_EU)),
    "principal-type": policy(to("*", StringEquals={"aws:PrincipalType": "AssumedRole"})),
    "principal-tag": policy(to({"AWS": "*"}, StringEquals={"aws:PrincipalTag/team": "cards"})),
    "ignore-case": policy(to({"AWS": "*"}, StringEqualsIgnoreCase={"aws:PrincipalTag/team": "CARDS"})),
    "string-like-arn": policy(to("*", StringLike={"aws:PrincipalArn": "arn:*:role/deployer"})),
    "arn-like-arn": policy(to("*", ArnLike={"aws:PrincipalArn": "arn:*:role/deployer"})),
    "no-mfa": policy(to(ACCOUNT), but("*", "kms:DescribeKey",
                                      BoolIfExists={"aws:MultiFactorAuthPresent": "false"})),
    "no-mfa-stated": policy(to(ACCOUNT), but("*", "kms:DescribeKey",
                                             Bool={"aws:MultiFactorAuthPresent": "false"})),
    "tagged": None,
    "numeric-other": policy(to(ACCOUNT, NumericLessThan={"kms:RotationPeriodInDays": "365"})),
    "key-spec": policy(to(ACCOUNT, StringEquals={
        "kms:KeySpec": "SYMMETRIC_DEFAULT", "kms:KeyUsage": "ENCRYPT_DECRYPT", "kms:KeyOrigin": "AWS_KMS",
        "kms:MultiRegion": "true", "kms:MultiRegionKeyType": "PRIMARY"})),
    "key-spec-deprecated": policy(to(ACCOUNT, StringEquals={
        "kms:CustomerMasterKeySpec": "SYMMETRIC_DEFAULT", "kms:CustomerMasterKeyUsage": "ENCRYPT_DECRYPT"})),
    "key-spec-other": policy(to(ACCOUNT, StringEquals={"kms:KeySpec": "RSA_2048"})),
    "granted": policy(ADMIN),
    "granted-abroad": policy(ADMIN),
    "grant-only": policy(to(ACCOUNT, "kms:CreateGrant")),
    "single": None,
    "constrained": policy(ADMIN),
    "signing": None,
}

# Key policies that are used only in calls.
MORE_POLICIES = {
    "replicator": policy(to(user("replicator"))),
    "unborn": policy(to(ACCOUNT), to({"AWS": f"arn:aws:iam::{HOME}:role/unborn"})),
    "deleted": policy(to(ACCOUNT), to(user("deleted"))),
    "group": policy(to(ACCOUNT), to({"AWS": f"arn:aws:iam::{HOME}:group/admins"})),
    "partition": policy(to(ACCOUNT), to({"AWS": f"arn:aws-cn:iam::{HOME}:root"})),
}

# A key with a grant of Decrypt and CreateGrant to grantee, for the encryption context team=cards.
CONSTRAINED_GRANT = {"GranteePrincipal": user("grantee")["AWS"], "Operations": ["Decrypt", "CreateGrant"],
                     "Constraints": {"EncryptionContextSubset": {"team": "cards"}}}

GRANTS = [("granted", user("nobody")["AWS"]), ("granted", ROLE["AWS"]),
          ("granted-abroad", user("foreign", OTHER)["AWS"]), ("granted-abroad", user("other", OTHER)["AWS"])]
