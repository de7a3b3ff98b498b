# SPDX-License-Identifier: Apache-2.0
"""A fleet that other people change every hour: the spec, and the keys in KMS."""

import json
import random
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

from fleet_model import COPY, Fleet, Group, Selector
from simulated_fleet import COMMAND_S_MAX
from world import policy_text
from signed_request import signed

ACCOUNT = "111122223333"
PRIMARY = "us-east-1"
REGIONS = ["eu-west-1", "eu-central-1", "us-west-2"]
NEW_REGION = "ap-southeast-2"
HOUR_S = 3600
SETTINGS = """
[[limits.quota]]
ReplicateKey = 1000
CreateKey = 2000

[wait]
until_ready = {until_ready}
ready_timeout = "1s"
poll_delay_min = "100ms"
poll_delay_max = "300ms"
doubt_timeout = "1s"
"""
CHANGES = {"create_selected_key": 2, "create_listed_key": 2, "drop_key": 1, "disable_replica": 4, "enable_replica": 3,
           "disable_primary": 1, "enable_primary": 2, "schedule_deletion": 2, "cancel_deletion": 2, "promote": 3,
           "change_policy": 2, "change_tags": 3, "remove_tags": 2, "change_description": 2, "delete_alias": 1,
           "select_key": 1, "unselect_key": 1, "change_spec": 1}


class ChangingFleet:
    """Draws all changes from a seed."""

    def __init__(self, seed, keys, until_ready):
        self.dice = random.Random(seed)
        listed = Group("listed", ACCOUNT, [PRIMARY], list(REGIONS), policy=policy_text(ACCOUNT, "App"),
                       description="a replica", tags={"team": "payments"}, aliases=["alias/app-{key_id}"])
        selected = Group("selected", ACCOUNT, [PRIMARY, "eu-west-1"], list(REGIONS[1:]), policy=COPY, tags=COPY,
                         description=COPY, enabled=COPY, select=Selector(tags={"fleet": ["selected"]}))
        self.spec = Fleet([listed, selected], SETTINGS.format(until_ready=json.dumps(until_ready)), name="hourly")
        self.listed, self.selected = listed, selected
        self.keys = []  # records of the initial state
        for number in range(keys):
            self.keys.append(self.first_key(number))
        self.endpoint, self.now = None, None

    def first_key(self, number):
        """A key with some of its replicas; some of these will be deleted in one of the next two days."""
        now_s = int(time.time())
        is_listed = number % 2 == 0
        key_id = f"mrk-{self.dice.getrandbits(128):032x}"
        if is_listed:
            self.listed.keys.append(key_id)
        tags = {"owner": "cards"} | ({} if is_listed else {"fleet": "selected"})
        regions = [PRIMARY] + [region for region in REGIONS if self.dice.random() < 0.8]
        records = []
        for region in regions:
            record = {"region": region, "state": "Enabled", "created_ms": (now_s - 9 * HOUR_S) * 1000,
                      "description": "a key", "policy": "", "tags": dict(tags), "deletion_s": 0, "deletion_days": 0}
            if region != PRIMARY and self.dice.random() < 0.25:
                record |= {"state": "PendingDeletion", "deletion_days": 7,
                           "deletion_s": now_s + self.dice.randint(1, 47) * HOUR_S + HOUR_S // 2}
            records.append(record)
        return {"id": key_id, "account": ACCOUNT, "primary_region": PRIMARY, "spec": "SYMMETRIC_DEFAULT",
                "usage": "ENCRYPT_DECRYPT", "origin": "AWS_KMS", "regions": records}

    def change(self, fleet, changes):
        """Makes this many changes, and returns their names. KMS may refuse some because of the state of the key."""
        self.endpoint = fleet.endpoint
        self.now = datetime.fromtimestamp(json.loads(fleet.control("time"))["time_ms"] / 1000, timezone.utc)
        names = self.dice.choices(list(CHANGES), list(CHANGES.values()), k=changes)
        for name in names:
            state = fleet.kms_state()
            keys = sorted(state.keys.values(), key=lambda key: key.id)
            getattr(self, name)(self.dice.choice(keys))
        return names

    def call(self, region, operation, **body):
        """Returns the response, or None if KMS refuses the call."""
        request = signed(self.endpoint, region, operation, json.dumps(body).encode(), self.now)
        try:
            with urllib.request.urlopen(request, timeout=COMMAND_S_MAX) as response:
                return json.loads(response.read() or b"{}")
        except urllib.error.HTTPError as refusal:
            if refusal.code != 400:
                raise
            return None

    def replica_of(self, key, states=("Enabled",)):
        """The Region of a replica in one of these states, or None."""
        regions = [region for region, here in sorted(key.regions.items())
                   if region != key.primary_region and here.state in states]
        return self.dice.choice(regions) if regions else None

    def change_replica(self, key, operation, states=("Enabled",), **body):
        region = self.replica_of(key, states)
        if region:
            self.call(region, operation, KeyId=key.id, **body)

    def create_key(self, tags):
        made = self.call(PRIMARY, "CreateKey", MultiRegion=True, Description="a new key",
                         Tags=[{"TagKey": name, "TagValue": value} for name, value in tags.items()])
        return made["KeyMetadata"]["KeyId"]

    def create_selected_key(self, _):
        self.create_key({"fleet": "selected", "owner": "loans"})

    def create_listed_key(self, _):
        self.listed.keys.append(self.create_key({"owner": "loans"}))

    def drop_key(self, _):
        if len(self.listed.keys) > 4:
            self.listed.keys.remove(self.dice.choice(self.listed.keys))

    def disable_replica(self, key):
        self.change_replica(key, "DisableKey")

    def enable_replica(self, key):
        self.change_replica(key, "EnableKey", ("Disabled",))

    def disable_primary(self, key):
        self.call(key.primary_region, "DisableKey", KeyId=key.id)

    def enable_primary(self, key):
        self.call(key.primary_region, "EnableKey", KeyId=key.id)

    def schedule_deletion(self, key):
        self.change_replica(key, "ScheduleKeyDeletion", PendingWindowInDays=7)

    def cancel_deletion(self, key):
        self.change_replica(key, "CancelKeyDeletion", ("PendingDeletion",))

    def promote(self, key):
        region = self.replica_of(key)
        if region:
            self.call(key.primary_region, "UpdatePrimaryRegion", KeyId=key.id, PrimaryRegion=region)

    def change_policy(self, key):
        region = self.dice.choice(sorted(key.regions))
        self.call(region, "PutKeyPolicy", KeyId=key.id, Policy=policy_text(ACCOUNT, self.dice.choice(["App", "Other"])))

    def change_tags(self, key):
        region = self.dice.choice(sorted(key.regions))
        tag = {"TagKey": self.dice.choice(["team", "owner"]), "TagValue": self.dice.choice(["payments", "loans"])}
        self.call(region, "TagResource", KeyId=key.id, Tags=[tag])

    def remove_tags(self, key):
        self.change_replica(key, "UntagResource", TagKeys=["team", "owner"])

    def change_description(self, key):
        region = self.dice.choice(sorted(key.regions))
        self.call(region, "UpdateKeyDescription", KeyId=key.id, Description=self.dice.choice(["a key", "another key"]))

    def delete_alias(self, key):
        region = self.dice.choice(sorted(key.regions))
        for alias in sorted(key.regions[region].aliases):
            self.call(region, "DeleteAlias", AliasName=alias)

    def select_key(self, key):
        self.call(key.primary_region, "TagResource", KeyId=key.id, Tags=[{"TagKey": "fleet", "TagValue": "selected"}])

    def unselect_key(self, key):
        self.call(key.primary_region, "UntagResource", KeyId=key.id, TagKeys=["fleet"])

    def change_spec(self, _):
        what = self.dice.choice(["tags", "description", "regions", "policy"])
        if what == "tags":
            self.listed.tags = {"team": self.dice.choice(["payments", "cards"])}
        elif what == "description":
            self.listed.description = self.dice.choice(["a replica", "a replica of the primary"])
        elif what == "policy":
            self.listed.policy = policy_text(ACCOUNT, self.dice.choice(["App", "Other"]))
        elif NEW_REGION not in self.listed.replicate_to:
            self.listed.replicate_to.append(NEW_REGION)
