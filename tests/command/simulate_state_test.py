#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests `keyferry simulate --state`: no acknowledged change is lost when the simulator is killed.

    simulate_state_test.py KEYFERRY
"""

import json
import os
import random
import sys
import threading
import unittest
import urllib.error
import urllib.request
from datetime import datetime, timezone
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import command_test  # noqa: E402
from command_test import CommandTest  # noqa: E402
from isolated_environment import SECRET  # noqa: E402
from signed_request import signed  # noqa: E402

KILLS_BETWEEN_REQUESTS = 40
KILLS_UNDER_LOAD = 15
KEYS_PER_LIFE_MAX = 40
CLIENTS = 4
FIRST_STARTS = 6
STATE_IN_USE = 75
REGIONS = ("us-east-1", "eu-west-1", "eu-central-1")


class Life:
    """Generates random requests that create and change keys, and records the keys."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.keys = []
        self.aliases = 0

    def request(self):
        """Returns the operation and its body."""
        if not self.keys or self.dice.random() < 0.3:
            return "CreateKey", {"MultiRegion": True}
        key = {"KeyId": self.dice.choice(self.keys)}
        self.aliases += 1
        return self.dice.choice([
            ("ReplicateKey", key | {"ReplicaRegion": "eu-west-1"}),
            ("ReplicateKey", key | {"ReplicaRegion": "eu-central-1"}),
            ("TagResource", key | {"Tags": [{"TagKey": "n", "TagValue": str(self.aliases)}]}),
            ("UpdateKeyDescription", key | {"Description": f"the {self.aliases}th"}),
            ("CreateAlias", {"AliasName": f"alias/n{self.aliases}", "TargetKeyId": key["KeyId"]}),
            ("DeleteAlias", {"AliasName": f"alias/n{self.dice.randint(1, self.aliases)}"}),
            ("UpdatePrimaryRegion", key | {"PrimaryRegion": "eu-west-1"}),
            ("EnableKeyRotation", key),
            ("RotateKeyOnDemand", key),
            ("DisableKey", key),
            ("EnableKey", key),
            ("ScheduleKeyDeletion", key | {"PendingWindowInDays": 7}),
            ("CancelKeyDeletion", key),
        ])


class State(CommandTest):
    def setUp(self):
        super().setUp()
        self.state = self.home / "kms.state"

    def begin(self, *arguments):
        self.simulator = self.start("simulate", "--quota-scale", 0, "--creating", "0s", "--updating", "0s",
                                    "--state", self.state, *arguments)
        line = self.simulator.stdout.readline()
        self.assertTrue(line, "the simulator does not start")
        self.ready = json.loads(line)
        self.endpoint = self.ready["endpoint"]

    def kill(self):
        self.simulator.kill()
        self.simulator.communicate()

    def control(self, path, method="GET", body=None):
        request = urllib.request.Request(self.endpoint + path, data=body, method=method)
        with urllib.request.urlopen(request, timeout=command_test.WAIT_S_MAX) as response:
            return json.loads(response.read())

    def now(self):
        return datetime.fromtimestamp(self.control("/_keyferry/time")["time_ms"] / 1000, timezone.utc)

    def call(self, operation, body, region="us-east-1", time=None, access_key_id="AKIDEXAMPLE"):
        """Returns the response, or None for an error response."""
        return self.response(signed(self.endpoint, region, operation, json.dumps(body).encode(), time, access_key_id))

    @staticmethod
    def response(request):
        try:
            with urllib.request.urlopen(request, timeout=command_test.WAIT_S_MAX) as response:
                return json.loads(response.read() or b"{}")
        except urllib.error.HTTPError as error:
            error.close()
            return None

    def test_killed_between_requests(self):
        life = Life(1)
        self.begin()
        self.control("/_keyferry/time", "PUT", b"rate=0")  # nothing expires between a kill and the comparison
        for kill in range(KILLS_BETWEEN_REQUESTS):
            time = self.now()
            for _ in range(life.dice.randint(1, 5)):
                operation, body = life.request()
                response = self.call(operation, body, time=time)
                if response and operation == "CreateKey":
                    life.keys.append(response["KeyMetadata"]["KeyId"])
            if life.dice.random() < 0.2:
                self.control("/_keyferry/time", "PUT", b"20h")
            before = self.control("/_keyferry/keys")
            self.kill()
            self.begin()
            self.assertEqual(self.control("/_keyferry/keys"), before, f"after kill {kill + 1}")
            self.assertEqual(self.ready["keys"], sum(len(key["regions"]) for key in before["keys"]))
        self.assertEqual(len(life.keys), len(set(life.keys)), "a key ID was used twice")
        self.assertGreater(len(life.keys), 10)

    def create_until_the_end(self, created, killed_at):
        """The client that gets the last response kills the simulator while it serves the others."""
        while True:
            try:
                response = self.call("CreateKey", {"MultiRegion": True})
                created.append(response["KeyMetadata"]["KeyId"])
            except (OSError, ValueError):
                return
            if len(created) >= killed_at:
                self.simulator.kill()

    def test_killed_under_load(self):
        dice = random.Random(2)
        created = []
        for _ in range(KILLS_UNDER_LOAD):
            self.begin()
            killed_at = len(created) + dice.randint(1, KEYS_PER_LIFE_MAX)
            clients = [threading.Thread(target=self.create_until_the_end, args=(created, killed_at))
                       for _ in range(CLIENTS)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
            self.simulator.communicate()
        self.begin()
        existing = {key["id"] for key in self.control("/_keyferry/keys")["keys"]}
        self.assertEqual(set(created) - existing, set(), "created, then lost")
        self.assertEqual(len(created), len(set(created)), "a key ID was used twice")

    def test_grants_and_ciphertexts_survive_a_kill(self):
        identities = self.home / "identities.json"
        identities.write_text(json.dumps({"identities": [
            {"access_key_id": "AKIDAPP", "secret_access_key": SECRET, "name": "user/app", "allow": []}]}))
        self.begin("--identities", identities)
        key = {"KeyId": self.call("CreateKey", {})["KeyMetadata"]["KeyId"]}
        context = {"EncryptionContext": {"team": "cards"}}
        sealed = self.call("Encrypt", key | context | {"Plaintext": "c2VjcmV0"})["CiphertextBlob"]
        decrypt = context | {"CiphertextBlob": sealed}
        self.assertIsNone(self.call("Decrypt", decrypt, access_key_id="AKIDAPP"), "not granted yet")
        grant = self.call("CreateGrant", key | {"GranteePrincipal": "arn:aws:iam::111122223333:user/app",
                                                "Operations": ["Decrypt"],
                                                "Constraints": {"EncryptionContextEquals": {"team": "cards"}}})
        used = self.call("GetKeyLastUsage", key)
        for _ in range(2):  # the second start reads the file that the first one has rewritten
            self.kill()
            self.begin("--identities", identities)
            self.assertEqual(self.call("GetKeyLastUsage", key), used)
            plain = self.call("Decrypt", decrypt, access_key_id="AKIDAPP")
            self.assertEqual(plain["Plaintext"], "c2VjcmV0")
            used = self.call("GetKeyLastUsage", key)
            self.assertEqual(used["KeyLastUsage"]["Operation"], "Decrypt")
        self.assertIsNone(self.call("Encrypt", key | context | {"Plaintext": "c2VjcmV0"}, access_key_id="AKIDAPP"))
        self.call("RevokeGrant", key | {"GrantId": grant["GrantId"]})
        self.kill()
        self.begin("--identities", identities)
        self.assertIsNone(self.call("Decrypt", decrypt, access_key_id="AKIDAPP"), "revoked")

    def test_temporary_credentials_survive_a_kill(self):
        identities = self.home / "identities.json"
        identities.write_text(json.dumps({"roles": [{"name": "deployer"}]}))
        self.begin("--identities", identities)
        credentials = self.control("/_keyferry/container/deployer")

        def list_keys():
            request = signed(self.endpoint, "us-east-1", "ListKeys", b"{}",
                             access_key_id=credentials["AccessKeyId"], secret=credentials["SecretAccessKey"])
            request.add_header("X-Amz-Security-Token", credentials["Token"])
            return self.response(request)

        for _ in range(2):  # the second start reads the file that the first one has rewritten
            self.kill()
            self.begin("--identities", identities)
            self.assertEqual(list_keys()["Keys"], [])
        self.kill()
        self.begin()
        self.assertIsNone(list_keys(), "its role is not defined anymore")

    def test_time_never_goes_back_and_can_remain_stopped(self):
        self.begin()
        self.control("/_keyferry/time", "PUT", b"rate=86400")
        before = self.now()
        self.kill()
        self.begin()
        started = self.control("/_keyferry/time", "PUT", b"rate=0")
        self.assertGreaterEqual(started["time_ms"] / 1000, before.timestamp(), "time never goes back")
        self.kill()
        self.begin()
        self.assertEqual(self.control("/_keyferry/time")["time_ms"], started["time_ms"], "stopped time remains stopped")

    def test_the_first_line_counts_what_exists(self):
        identities = self.home / "identities.json"
        identities.write_text(json.dumps({
            "identities": [{"access_key_id": "AKIDOTHER", "secret_access_key": SECRET, "account": "444455556666"}],
            "roles": [{"name": "deployer", "account": "777788889999"}]}))
        self.begin("--identities", identities)
        key = {"KeyId": self.call("CreateKey", {"MultiRegion": True})["KeyMetadata"]["KeyId"]}
        self.call("ReplicateKey", key | {"ReplicaRegion": "eu-west-1"})
        self.call("CreateKey", {}, access_key_id="AKIDOTHER")
        self.call("CreateAlias", {"AliasName": "alias/orders", "TargetKeyId": key["KeyId"]})
        self.call("CreateGrant", key | {"GranteePrincipal": "arn:aws:iam::111122223333:user/app",
                                        "Operations": ["Decrypt"]})
        self.kill()
        self.begin("--identities", identities)
        counts = {name: self.ready[name]
                  for name in ("accounts", "regions", "keys", "aliases", "grants", "identities", "roles")}
        self.assertEqual(counts, {"accounts": 3, "regions": 2, "keys": 3, "aliases": 1, "grants": 1,
                                  "identities": 2, "roles": 1})

    def test_another_seed_is_rejected(self):
        self.begin()
        self.kill()
        stderr = self.keyferry("simulate", "--state", self.state, "--seed", "7", exit_code=1).stderr
        self.assertIn("was created with seed 1; use --seed 1", stderr)

    def test_one_simulator_at_a_time(self):
        self.begin()
        stderr = self.keyferry("simulate", "--state", self.state, exit_code=STATE_IN_USE).stderr
        self.assertIn("is in use by another simulator", stderr)

    def test_only_one_of_several_first_starts_gets_the_file(self):
        started = [self.start("simulate", "--state", self.state) for _ in range(FIRST_STARTS)]
        ready = [simulator for simulator in started if simulator.stdout.readline()]
        self.assertEqual(len(ready), 1)
        for simulator in started:
            if simulator not in ready:
                _, stderr = simulator.communicate(timeout=command_test.WAIT_S_MAX)
                self.assertEqual(simulator.returncode, STATE_IN_USE, stderr)
                self.assertIn("is in use by another simulator", stderr)

    def test_a_line_that_is_missing_prevents_the_start(self):
        self.begin()
        for _ in range(3):
            self.call("CreateKey", {})
        self.kill()
        lines = self.state.read_text().splitlines(keepends=True)
        self.state.write_text("".join(lines[:3] + lines[4:]))
        stderr = self.keyferry("simulate", "--state", self.state, exit_code=1).stderr
        self.assertIn("kms.state:4: not a valid simulator state: the checksum does not match", stderr)
        self.assertIn("head -n 3 ", stderr)

    def test_starting_keys_stay_promoted_and_deleted(self):
        """The next start with the same fleet adds no key that the state already contains."""
        self.fleet.write_text(command_test.fleet_text(2))
        key, other = ({"KeyId": f"mrk-{number:032x}"} for number in (1, 2))
        self.begin("--fleet", self.fleet)
        self.call("ReplicateKey", key | {"ReplicaRegion": "eu-west-1"})
        self.call("UpdatePrimaryRegion", key | {"PrimaryRegion": "eu-west-1"})
        for deleted in (key, other):
            self.call("ScheduleKeyDeletion", deleted | {"PendingWindowInDays": 7})
        self.control("/_keyferry/time", "PUT", b"200h")
        self.call("ListKeys", {}, time=self.now())
        for _ in range(2):  # the second start reads what the first has rewritten
            keys = self.control("/_keyferry/keys")["keys"]
            self.assertEqual([(each["id"], [region["region"] for region in each["regions"]]) for each in keys],
                             [(key["KeyId"], ["eu-west-1"])])
            self.kill()
            self.begin("--fleet", self.fleet)

    def test_files_are_private(self):
        certificate = self.home / "ca.pem"
        ledger = self.home / "ledger"
        mask = os.umask(0)
        self.addCleanup(os.umask, mask)
        self.begin("--https", "--certificate-out", certificate, "--ledger", ledger)
        for file in (self.state, certificate, ledger):
            self.assertEqual(file.stat().st_mode & 0o777, 0o600, file)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
