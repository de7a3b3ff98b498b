#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests `keyferry simulate` with boto3: the life cycle of a multi-Region key over HTTP and HTTPS.

    boto3_test.py KEYFERRY

Checks every response against KMS's service model: that of the installed botocore or, with
KEYFERRY_KMS_MODEL=FILE, another one (kms service-2.json). Exit code 77 (skipped) if boto3 is not
installed.
"""

import json
import os
import shutil
import sys
import tempfile
import unittest
import unittest.mock
import urllib.request
from datetime import datetime, timezone
from pathlib import Path

sys.dont_write_bytecode = True

from boto3_client import Boto3Test, boto3, botocore, run_tests, session_with_model  # noqa: E402
from running_simulator import RunningSimulator, SECRET  # noqa: E402

REGIONS = ["eu-west-1", "eu-central-1", "ap-southeast-2"]
POLICY = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                   "Action": "kms:*", "Resource": "*"}]})


class OtherServices(unittest.TestCase):
    """Tests the parts of AWS Organizations, Service Quotas and SSO OIDC that KMS clients need."""

    def setUp(self):
        folder = Path(tempfile.mkdtemp(prefix="keyferry-organization-"))
        self.addCleanup(shutil.rmtree, folder)
        organization = folder / "organization.json"
        organization.write_text(json.dumps({
            "management_account": "111122223333", "page_size": 1, "empty_pages": True,
            "accounts": [{"id": "444455556666", "name": "cards", "unit": "prod/cards",
                          "tags": {"env": "prod"}},
                         {"id": "777788889999", "unit": "prod", "state": "SUSPENDED"}]}))
        self.simulator = RunningSimulator(Boto3Test.keyferry, "--organization", str(organization))
        self.addCleanup(lambda: self.assertEqual(self.simulator.end(), 0))
        self.session = session_with_model(self.simulator)

    def client(self, service):
        return self.session.client(service, region_name="us-east-1", endpoint_url=self.simulator.endpoint)

    def test_accounts_are_listed_by_unit(self):
        client = self.client("organizations")
        accounts = [account for page in client.get_paginator("list_accounts").paginate()
                    for account in page["Accounts"]]
        self.assertEqual({account["Id"]: account["Status"] for account in accounts},
                         {"111122223333": "ACTIVE", "444455556666": "ACTIVE", "777788889999": "SUSPENDED"})
        found = {}

        def visit(parent, path):
            units = [unit for page in client.get_paginator("list_organizational_units_for_parent")
                     .paginate(ParentId=parent) for unit in page["OrganizationalUnits"]]
            found[path] = [account["Id"] for page in client.get_paginator("list_accounts_for_parent")
                           .paginate(ParentId=parent) for account in page["Accounts"]]
            for unit in units:
                visit(unit["Id"], path + "/" + unit["Name"])

        visit(client.list_roots()["Roots"][0]["Id"], "")
        self.assertEqual(found, {"": ["111122223333"], "/prod": ["777788889999"],
                                 "/prod/cards": ["444455556666"]})
        self.assertEqual(client.list_tags_for_resource(ResourceId="444455556666")["Tags"],
                         [{"Key": "env", "Value": "prod"}])
        with self.assertRaises(client.exceptions.ParentNotFoundException):
            client.list_accounts_for_parent(ParentId="ou-none-12345678")

    def test_quotas_are_listed(self):
        client = self.client("service-quotas")
        quotas = {quota["QuotaName"]: quota for page in client.get_paginator("list_service_quotas")
                  .paginate(ServiceCode="kms") for quota in page["Quotas"]}
        self.assertEqual(quotas["ReplicateKey request rate"]["Value"], 5)
        keys = client.get_service_quota(ServiceCode="kms", QuotaCode="L-C2F1777E")["Quota"]
        self.assertEqual(keys["QuotaName"], "Customer Master Keys (CMKs)")
        self.assertEqual(keys["Value"], 100000)

    def test_sso_tokens_are_renewed(self):
        client = self.client("sso-oidc")
        renewed = client.create_token(clientId="client", clientSecret="secret", grantType="refresh_token",
                                      refreshToken="simulated-refresh-token")
        self.assertEqual(renewed["expiresIn"], 3600)
        with self.assertRaises(client.exceptions.InvalidGrantException):
            client.create_token(clientId="client", clientSecret="secret", grantType="refresh_token",
                                refreshToken="unknown")


class KeyLifeCycle(Boto3Test):
    def test_from_creation_to_three_regions(self):
        created = self.new_key(Description="orders", Tags=[{"TagKey": "team", "TagValue": "cards"}])
        key = created["KeyId"]
        for region in REGIONS:
            response = self.kms().replicate_key(KeyId=key, ReplicaRegion=region)
            self.assertEqual(response["ReplicaKeyMetadata"]["KeyState"], "Creating")
        for region in REGIONS:
            self.assertEqual(self.state(region, key, "Enabled"), "Enabled")
        seen = self.kms().describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]
        self.assertEqual([each["Region"] for each in seen["ReplicaKeys"]], REGIONS)
        self.refused("AlreadyExistsException", self.kms().replicate_key, KeyId=key,
                     ReplicaRegion=REGIONS[0])
        self.refused("UnsupportedOperationException", self.kms(REGIONS[0]).replicate_key, KeyId=key,
                     ReplicaRegion="eu-west-2")

    def test_attributes_of_a_replica(self):
        key = self.new_key()["KeyId"]
        self.kms().replicate_key(KeyId=key, ReplicaRegion="eu-west-1", Policy=POLICY)
        kms = self.kms("eu-west-1")
        kms.create_alias(AliasName="alias/orders", TargetKeyId=key)
        self.assertEqual(kms.describe_key(KeyId="alias/orders")["KeyMetadata"]["KeyId"], key)
        self.refused("AlreadyExistsException", kms.create_alias, AliasName="alias/orders",
                     TargetKeyId=key)
        self.refused("InvalidAliasNameException", kms.create_alias, AliasName="alias/aws/orders",
                     TargetKeyId=key)
        kms.update_alias(AliasName="alias/orders", TargetKeyId=key)
        aliases = [each["AliasName"] for page in kms.get_paginator("list_aliases").paginate()
                   for each in page["Aliases"]]
        self.assertEqual(aliases, ["alias/orders"])
        kms.delete_alias(AliasName="alias/orders")
        self.refused("NotFoundException", kms.delete_alias, AliasName="alias/orders")

        kms.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "1"},
                                          {"TagKey": "b", "TagValue": ""}])
        kms.untag_resource(KeyId=key, TagKeys=["a"])
        self.assertEqual(kms.list_resource_tags(KeyId=key)["Tags"], [{"TagKey": "b", "TagValue": ""}])
        self.refused("TagException", kms.tag_resource, KeyId=key,
                     Tags=[{"TagKey": "aws:x", "TagValue": ""}])

        self.assertEqual(kms.list_key_policies(KeyId=key)["PolicyNames"], ["default"])
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=POLICY)
        self.assertEqual(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"], POLICY)
        self.refused("MalformedPolicyDocumentException", kms.put_key_policy, KeyId=key,
                     PolicyName="default", Policy="{}")
        kms.update_key_description(KeyId=key, Description="in Ireland")
        self.assertEqual(kms.describe_key(KeyId=key)["KeyMetadata"]["Description"], "in Ireland")

    def test_disabling_and_deleting(self):
        key = self.new_key()["KeyId"]
        self.kms().replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
        self.state("eu-west-1", key, "Enabled")
        self.kms().disable_key(KeyId=key)
        self.refused("DisabledException", self.kms().replicate_key, KeyId=key,
                     ReplicaRegion="eu-west-2")
        self.kms().enable_key(KeyId=key)
        scheduled = self.kms().schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.assertEqual(scheduled["KeyState"], "PendingReplicaDeletion")
        self.assertNotIn("DeletionDate", scheduled)
        self.refused("KMSInvalidStateException", self.kms().enable_key, KeyId=key)
        dated = self.kms("eu-west-1").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.assertEqual(dated["KeyState"], "PendingDeletion")
        self.assertIn("DeletionDate", dated)
        for region in ("us-east-1", "eu-west-1"):
            self.kms(region).cancel_key_deletion(KeyId=key)
            self.assertEqual(self.state(region, key), "Disabled")
            self.kms(region).enable_key(KeyId=key)
        self.refused("KMSInvalidStateException", self.kms().cancel_key_deletion, KeyId=key)

    def test_grants(self):
        key = self.new_key()["KeyId"]
        principal = "arn:aws:iam::111122223333:role/app"
        request = {"KeyId": key, "GranteePrincipal": principal, "Operations": ["Decrypt", "DescribeKey"],
                   "RetiringPrincipal": principal, "Name": "app",
                   "Constraints": {"EncryptionContextSubset": {"purpose": "cards"}}}
        grant = self.kms().create_grant(**request)
        self.assertEqual(self.kms().create_grant(**request)["GrantId"], grant["GrantId"])
        listed = self.kms().list_grants(KeyId=key)["Grants"]
        self.assertEqual([(each["GrantId"], each["Constraints"]) for each in listed],
                         [(grant["GrantId"], request["Constraints"])])
        retirable = self.kms().list_retirable_grants(RetiringPrincipal=principal)["Grants"]
        self.assertEqual([each["Name"] for each in retirable], ["app"])
        self.kms().retire_grant(GrantToken=grant["GrantToken"])
        self.refused("NotFoundException", self.kms().revoke_grant, KeyId=key, GrantId=grant["GrantId"])
        self.assertEqual(self.kms().list_grants(KeyId=key)["Grants"], [])

    def test_promotion(self):
        key = self.new_key()["KeyId"]
        self.kms().replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
        self.state("eu-west-1", key, "Enabled")
        self.kms().update_primary_region(KeyId=key, PrimaryRegion="eu-west-1")
        for region, kind in (("us-east-1", "REPLICA"), ("eu-west-1", "PRIMARY")):
            self.assertEqual(self.state(region, key, "Enabled"), "Enabled")
            seen = self.kms(region).describe_key(KeyId=key)["KeyMetadata"]
            self.assertEqual(seen["MultiRegionConfiguration"]["MultiRegionKeyType"], kind)
        self.refused("UnsupportedOperationException", self.kms().update_primary_region, KeyId=key,
                     PrimaryRegion="eu-west-1")

    def test_rotation(self):
        created = self.new_key()
        key = created["KeyId"]
        kms = self.kms()
        self.assertFalse(kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"])
        kms.enable_key_rotation(KeyId=key)
        self.assertTrue(kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"])
        kms.disable_key_rotation(KeyId=key)
        if not self.is_recent:
            return
        kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
        self.assertEqual(kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"], 90)
        self.assertEqual(kms.rotate_key_on_demand(KeyId=key)["KeyId"], created["Arn"])
        self.refused("ConflictException", kms.rotate_key_on_demand, KeyId=key)
        entries = kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
        self.assertEqual([each["KeyMaterialState"] for each in entries["Rotations"]],
                         ["CURRENT", "PENDING_ROTATION"])
        self.assertEqual(kms.list_key_rotations(KeyId=key)["Rotations"], [])

    def test_imported_material(self):
        created = self.new_key(Origin="EXTERNAL")
        key = created["KeyId"]
        self.assertEqual(created["KeyState"], "PendingImport")
        material = os.urandom(32)
        self.import_into("us-east-1", key, material)
        self.assertEqual(self.state("us-east-1", key), "Enabled")
        self.kms().replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
        self.assertEqual(self.state("eu-west-1", key, "PendingImport"), "PendingImport")
        with self.assertRaises(self.kms().exceptions.IncorrectKeyMaterialException):
            self.import_into("eu-west-1", key, os.urandom(32))
        self.import_into("eu-west-1", key, material)
        self.assertEqual(self.state("eu-west-1", key), "Enabled")
        self.kms("eu-west-1").delete_imported_key_material(KeyId=key)
        self.assertEqual(self.state("eu-west-1", key), "PendingImport")
        self.refused("InvalidImportTokenException", self.kms().import_key_material, KeyId=key,
                     ImportToken=b"none", EncryptedKeyMaterial=b"none",
                     ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")

    def test_lists_page_by_page(self):
        keys = {self.new_key()["KeyId"] for _ in range(5)}
        listed = [each["KeyId"] for page in self.kms().get_paginator("list_keys").paginate(
            PaginationConfig={"PageSize": 2}) for each in page["Keys"]]
        self.assertEqual(set(listed), keys)
        self.refused("InvalidMarkerException", self.kms().list_keys, Marker="none")
        self.assertGreater(self.checked, 5)


class KeyLifeCycleOverHttps(KeyLifeCycle):
    https = True


class Clock(Boto3Test):
    """Verifies the statements about boto3 in the section "Time" of the simulator's manual; they might not hold for
    newer versions."""

    def two_days_later(self):
        request = urllib.request.Request(f"{self.simulator.endpoint}/_keyferry/time", data=b"48h", method="PUT")
        with urllib.request.urlopen(request) as response:
            return datetime.fromtimestamp(json.loads(response.read())["time_ms"] / 1000, timezone.utc)

    def test_is_not_corrected_in_any_retry_mode(self):
        for mode in ("legacy", "standard", "adaptive"):
            kms = self.session.client("kms", region_name="us-east-1", endpoint_url=self.simulator.endpoint,
                                      config=botocore.config.Config(retries={"mode": mode, "total_max_attempts": 3}))
            self.two_days_later()
            for _ in range(2):
                with self.assertRaises(botocore.exceptions.ClientError) as caught:
                    kms.list_keys()
                self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidSignatureException")

    def test_follows_if_it_signs_with_the_simulators_time(self):
        now = self.two_days_later()
        with unittest.mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: now):
            self.assertEqual(self.kms().list_keys()["Keys"], [])


class Callers(unittest.TestCase):
    """Identities with few permissions, and roles."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="keyferry-identities-"))
        self.addCleanup(shutil.rmtree, self.folder)
        file = self.folder / "identities.json"
        file.write_text(json.dumps({
            "identities": [{"access_key_id": "AKIDREADER", "secret_access_key": "s3cret",
                            "name": "user/reader",
                            "allow": [{"actions": ["kms:Describe*", "sts:*"]}]}],
            "roles": [{"name": "deployer",
                       "allow": [{"actions": ["kms:*"], "regions": ["us-*"]}]}]}))
        self.simulator = RunningSimulator(Boto3Test.keyferry, "--identities", str(file))
        self.addCleanup(lambda: self.assertEqual(self.simulator.end(), 0))

    def client(self, service, region="us-east-1", **credentials):
        keys = credentials or {"aws_access_key_id": "AKIDREADER", "aws_secret_access_key": "s3cret"}
        session = boto3.session.Session(botocore_session=botocore.session.Session(), **keys)
        return session.client(service, region_name=region, endpoint_url=self.simulator.endpoint,
                              config=botocore.config.Config(retries={"max_attempts": 0}))

    def denied(self, call, **request):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**request)
        self.assertEqual(caught.exception.response["Error"]["Code"], "AccessDeniedException")
        return caught.exception.response["Error"]["Message"]

    def test_an_identity_has_only_its_permissions(self):
        caller = self.client("sts").get_caller_identity()
        self.assertEqual(caller["Arn"], "arn:aws:iam::111122223333:user/reader")
        self.assertIn("kms:CreateKey", self.denied(self.client("kms").create_key))
        kms = self.client("kms")
        with self.assertRaises(kms.exceptions.NotFoundException):
            kms.describe_key(KeyId="alias/none")

    def test_a_role_has_only_its_permissions(self):
        got = self.client("sts").assume_role(RoleArn="arn:aws:iam::111122223333:role/deployer",
                                             RoleSessionName="me")["Credentials"]
        credentials = {"aws_access_key_id": got["AccessKeyId"],
                       "aws_secret_access_key": got["SecretAccessKey"],
                       "aws_session_token": got["SessionToken"]}
        key = self.client("kms", **credentials).create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
        message = self.denied(self.client("kms", **credentials).replicate_key, KeyId=key,
                              ReplicaRegion="eu-west-1")
        self.assertIn("assumed-role/deployer/me is not authorized to perform: kms:CreateKey", message)
        who = self.client("sts", **credentials).get_caller_identity()["Arn"]
        self.assertEqual(who, "arn:aws:sts::111122223333:assumed-role/deployer/me")


if __name__ == "__main__":
    run_tests()
