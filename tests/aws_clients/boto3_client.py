# SPDX-License-Identifier: Apache-2.0
"""boto3 clients of a simulator, whose responses are checked against KMS's service model."""

import json
import os
import shutil
import sys
import time
import unittest

from response_model import problems
from running_simulator import RunningSimulator, SECRET, wrapped

try:
    import boto3
    import botocore.config
    import botocore.exceptions
    import botocore.parsers
    import botocore.session
except ImportError:
    boto3 = botocore = None

SKIPPED = 77


def run_tests():
    """Runs the tests of the main program, whose first argument is the path of keyferry."""
    if boto3 is None:
        print("skipped: boto3 is not installed (Debian: python3-boto3)")
        sys.exit(SKIPPED)
    Boto3Test.keyferry = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)


def session_with_model(simulator):
    """A session without the AWS configuration of this machine, with the model in KEYFERRY_KMS_MODEL."""
    model = os.environ.get("KEYFERRY_KMS_MODEL")
    if model:
        folder = simulator.home / "models" / "kms" / "2014-11-01"
        folder.mkdir(parents=True)
        shutil.copy(model, folder / "service-2.json")
        os.environ["AWS_DATA_PATH"] = str(simulator.home / "models")
    core = botocore.session.Session()
    if model:
        core.get_component("data_loader").search_paths.insert(0, os.environ["AWS_DATA_PATH"])
    return boto3.session.Session(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key=SECRET,
                                 botocore_session=core)


class Boto3Test(unittest.TestCase):
    """Starts a simulator for each test."""

    keyferry = ""
    https = False

    def setUp(self):
        self.simulator = RunningSimulator(self.keyferry, "--creating", "50ms", https=self.https)
        self.addCleanup(lambda: self.assertEqual(self.simulator.end(), 0))
        self.session = session_with_model(self.simulator)
        self.clients = {}
        self.checked = 0
        self.check_responses()

    def check_responses(self):
        """Checks each body before boto3 parses it."""
        parse = botocore.parsers.BaseJSONParser.parse
        test = self

        def checking(parser, response, shape):
            body = response["body"]
            value = json.loads(body) if body else {}
            if response["status_code"] < 300:
                # Older models have fewer members, so only a recent one can detect unknown members.
                found = problems(shape, value) if shape is not None else []
                if not test.is_recent:
                    found = [each for each in found if "is not a member of" not in each]
                test.assertEqual(found, [])
            else:
                test.assertIn("__type", value)
            test.assertIn("x-amzn-requestid", {name.lower() for name in response["headers"]})
            test.checked += 1
            return parse(parser, response, shape)

        botocore.parsers.BaseJSONParser.parse = checking
        self.addCleanup(setattr, botocore.parsers.BaseJSONParser, "parse", parse)

    def kms(self, region="us-east-1"):
        if region not in self.clients:
            self.clients[region] = self.session.client(
                "kms", region_name=region, endpoint_url=self.simulator.endpoint,
                verify=self.simulator.certificate or None,
                config=botocore.config.Config(retries={"max_attempts": 0}))
        return self.clients[region]

    @property
    def is_recent(self):
        return "CurrentKeyMaterialId" in self.kms().meta.service_model.shape_for(
            "KeyMetadata").members

    def state(self, region, key, wanted=None):
        """Returns the state of the key. If `wanted` is given, waits for that state first."""
        deadline = time.monotonic() + 20
        while True:
            state = self.kms(region).describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
            if wanted in (None, state) or time.monotonic() > deadline:
                return state

    def new_key(self, **more):
        return self.kms().create_key(MultiRegion=True, **more)["KeyMetadata"]

    def refused(self, exception, call, **request):
        """Expects that the call fails with this exception type of the client. Returns the message."""
        with self.assertRaises(getattr(self.kms().exceptions, exception)) as caught:
            call(**request)
        return caught.exception.response["Error"]["Message"]

    def import_into(self, region, key, material):
        kms = self.kms(region)
        response = kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256",
                                               WrappingKeySpec="RSA_2048")
        return kms.import_key_material(
            KeyId=key, ImportToken=response["ImportToken"],
            EncryptedKeyMaterial=wrapped(response["PublicKey"], material, self.simulator.home),
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")
