# SPDX-License-Identifier: Apache-2.0
"""Draws a fleet spec and the keys of five accounts from a seed.

Keys are listed by ID, by ARN and by selection. Primaries and replicas are in all key states, primaries have moved, and
replicas are missing, are not in the spec, or differ from it. There is at most one key with a given ID in an account, as
in KMS, so no replica is replaced by an unrelated key.
"""

import json
import random
import time

from fleet_model import COPY, Fleet, Group, Selector

ACCOUNTS = ("111122223333", "222233334444", "333344445555", "444455556666", "555566667777")
REFUSED = ACCOUNTS[3]  # its role requires an external ID that the spec does not have
THROTTLED = ACCOUNTS[1]  # the spec states quotas that are higher than those in effect
REGIONS = ("us-east-1", "eu-west-1", "us-west-2", "eu-central-1", "ap-southeast-2", "ap-northeast-1")
ELSEWHERE = "sa-east-1"  # in no group
REPLICAS = 1200
QUOTA_SCALE = 4
HOUR_MS = 3_600_000
DAY_S = 86_400
ROLE = "arn:aws:iam::{account}:role/keyferry"

SETTINGS = f"""
[limits]
share = 1.0
in_flight_max_per_endpoint = 64

[[limits.quota]]
ReplicateKey = {5 * QUOTA_SCALE}
CreateKey = {5 * QUOTA_SCALE}
DescribeKey = {2000 * QUOTA_SCALE}
ListKeys = {500 * QUOTA_SCALE}
ListAliases = {500 * QUOTA_SCALE}
ListResourceTags = {2000 * QUOTA_SCALE}
GetKeyPolicy = {1000 * QUOTA_SCALE}

[[limits.quota]]
account = "{THROTTLED}"
ReplicateKey = {500 * QUOTA_SCALE}
CreateKey = {500 * QUOTA_SCALE}

[retry]
throttle_delay_base = "100ms"
delay_max = "1s"

[wait]
ready_timeout = "1s"
poll_delay_min = "100ms"
poll_delay_max = "300ms"
doubt_timeout = "1s"

[accounts]
role = "{ROLE}"
"""


def policy_text(account, statement_id, resource_region=None):
    """A policy that delegates to the account, so that no caller is locked out."""
    statements = [{"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                   "Action": "kms:*", "Resource": "*"},
                  {"Sid": statement_id, "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:role/app"},
                   "Action": ["kms:Decrypt", "kms:Encrypt"], "Resource": "*"}]
    if resource_region:
        statements[1]["Condition"] = {"StringEquals": {"aws:RequestedRegion": resource_region}}
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def renamed(policy):
    """The same policy in another notation."""
    document = json.loads(policy)
    for statement in document["Statement"]:
        if isinstance(statement["Action"], str):
            statement["Action"] = [statement["Action"]]
        else:
            statement["Action"].reverse()
    return json.dumps(dict(reversed(document.items())), indent=1)


class World:
    """`fleet`: the spec; `keys` and `aliases`: the state of KMS as records of simulator_state.write_state()."""

    def __init__(self, seed, replicas):
        self.seed = seed
        self.dice = random.Random(seed)
        self.now_ms = int(time.time() * 1000)
        self.keys, self.aliases = [], []
        self.serial = 0
        self.until_ready = self.chance(0.7)
        groups = []
        for account in ACCOUNTS:
            groups += self.draw_account(account, replicas // len(ACCOUNTS))
        self.dice.shuffle(groups)
        self.fleet = Fleet(groups, SETTINGS.replace("[wait]", f"[wait]\nuntil_ready = {json.dumps(self.until_ready)}"))

    def chance(self, probability):
        return self.dice.random() < probability

    def draw(self, weights):
        return self.dice.choices(list(weights), list(weights.values()))[0]

    def draw_account(self, account, replicas):
        listed = self.draw_group(account, "listed")
        selected = self.draw_group(account, "selected")
        selected.select = self.draw_selector(selected)
        groups = [listed, selected]
        if self.chance(0.3):  # selects some of the same keys
            groups.append(self.draw_group(account, "overlap"))
            groups[-1].select = Selector(tags={"fleet": ["sel*"]}, excluded=[])
        drawn = 0
        while drawn < replicas:
            group = self.draw({listed: 5, selected: 4}) if self.chance(0.95) else groups[-1]
            drawn += len(group.regions) - 1
            self.draw_key(group)
        return groups

    def draw_group(self, account, kind):
        regions = self.dice.sample(REGIONS, self.dice.randint(3, 5))
        primaries = self.draw({1: 7, 2: 3})
        policy = self.draw({"default": 3, COPY: 2, "inline": 3, "template": 2})
        group = Group(f"{kind}-{account[:4]}", account, regions[:primaries], regions[primaries:])
        if policy == "inline":
            group.policy = policy_text(account, "App")
        elif policy == "template":
            group.policy, group.is_template = policy_text("{account}", "App", "{region}"), True
        else:
            group.policy = policy
        group.description = self.draw({None: 2, COPY: 2, "a replica": 3})
        group.tags = self.draw({None: 2, COPY: 2, "own": 4})
        if group.tags == "own":
            group.tags = {"team": "payments", "tier": str(self.dice.randint(1, 3))}
        group.aliases = self.draw({None: 4, COPY: 2, "own": 3})
        if group.aliases == "own":
            group.aliases = ["alias/" + kind + "-{key_id}", "alias/{region}/{key_id}"][:self.dice.randint(1, 2)]
        group.enabled = self.draw({"true": 6, "false": 1, COPY: 2})
        group.enabled = {"true": True, "false": False}.get(group.enabled, COPY)
        return group

    def draw_selector(self, group):
        selector = Selector(tags={"fleet": ["selected"]})
        kind = self.draw({"tags": 5, "alias": 3, "origin": 1, "state": 2})
        if kind == "alias":
            selector = Selector(aliases=["sel/*"])
        elif kind == "origin":
            selector.origins = ["AWS_KMS"]
        elif kind == "state":
            selector.states = ["Enabled", "Disabled", "Updating"]
        return selector

    def draw_key(self, group):
        self.serial += 1
        key_id = f"mrk-{self.dice.getrandbits(96):024x}{self.serial:08x}"
        places = {"stated": group.primaries[:1], "one of them": group.primaries, "moved": sorted(group.regions),
                  "elsewhere": [ELSEWHERE]}
        primary = self.dice.choice(places[self.draw({"stated": 80, "one of them": 10, "moved": 8, "elsewhere": 2})])
        if not group.select:
            self.list_key(group, key_id)
            if self.chance(0.03):
                return  # does not exist
        elif self.chance(0.02):
            self.draw_single_region_key(group, primary)
        elif self.chance(0.02):
            group.select.excluded.append(key_id)
        key = self.draw_related_keys(group, key_id, primary)
        self.keys.append(key)
        for region in key["regions"]:
            self.draw_content(group, key, region)

    def list_key(self, group, key_id):
        form = self.draw({"id": 3, "primary": 2, "any": 1})
        if form == "id":
            group.keys.append(key_id)
            return
        region = group.primaries[0] if form == "primary" else self.dice.choice(sorted(group.regions))
        group.keys.append(f"arn:aws:kms:{region}:{group.account}:key/{key_id}")

    def draw_single_region_key(self, group, region):
        """A key that matches the group's criteria but cannot be replicated."""
        digits = f"{self.dice.getrandbits(128):032x}"
        key_id = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        key = self.key_record(group.account, key_id, region, "AWS_KMS", [self.region_record(region, "Enabled")])
        self.keys.append(key)
        self.draw_content(group, key, key["regions"][0])

    @staticmethod
    def key_record(account, key_id, primary, origin, regions):
        return {"id": key_id, "account": account, "primary_region": primary, "spec": "SYMMETRIC_DEFAULT",
                "usage": "ENCRYPT_DECRYPT", "origin": origin, "regions": regions}

    def region_record(self, region, state):
        record = {"region": region, "state": state, "created_ms": self.now_ms - self.dice.randint(1, 100) * HOUR_MS,
                  "description": "", "policy": "", "tags": {}, "deletion_s": 0, "deletion_days": 0}
        if state in ("Creating", "Updating"):
            record |= {"state": "Enabled", "passing_state": state, "ready_ms": self.now_ms + HOUR_MS}
        if state == "PendingDeletion":
            record["deletion_days"] = self.dice.randint(7, 30)
            record["deletion_s"] = self.now_ms // 1000 + record["deletion_days"] * DAY_S
        if state == "PendingReplicaDeletion":
            record["deletion_days"] = 7
        return record

    def draw_related_keys(self, group, key_id, primary):
        origin = self.draw({"AWS_KMS": 92, "EXTERNAL": 8})
        importing = {"PendingImport": 40} if origin == "EXTERNAL" else {}
        missing = 0.5 if group.account == THROTTLED else 0.25
        states = {"Enabled": 75, "Disabled": 10, "PendingDeletion": 6, "Unavailable": 3, "Creating": 6} | importing
        replicas = {region: self.draw(states) for region in sorted(group.regions - {primary})
                    if not self.chance(missing)}
        if self.chance(0.05):
            replicas[self.draw({ELSEWHERE: 1, self.dice.choice(REGIONS): 1})] = "Enabled"
        replicas.pop(primary, None)
        state = self.draw({"Enabled": 80, "Disabled": 8, "leaving": 5, "Updating": 4, "Unavailable": 2, "Creating": 1}
                          | {name: 25 for name in importing})
        if state == "Creating":
            replicas = {}
        elif state == "leaving":
            state = "PendingReplicaDeletion" if replicas else "PendingDeletion"
        elif state == "Updating":  # a replica was the primary until now
            if not replicas:
                state = "Enabled"
            else:
                replicas[self.dice.choice(sorted(replicas))] = "Updating"
        states = {primary: state} | replicas
        key = self.key_record(group.account, key_id, primary, origin,
                              [self.region_record(region, each) for region, each in states.items()])
        if origin == "EXTERNAL":
            imported = [{"region": region} for region, each in states.items() if each != "PendingImport"]
            key["life"] = {"next_rotation_ms": 0, "materials": [
                {"id": f"{self.dice.getrandbits(256):064x}", "state": 0, "description": "", "on_demand": False,
                 "imported": imported}]}
        return key

    def draw_content(self, group, key, region):
        """The policy, tags, description and aliases of a key in one Region. About one in five replicas differs."""
        account, place = group.account, region["region"]
        is_primary = place == key["primary_region"]
        as_specified = not is_primary and self.chance(0.8)
        first = key["regions"][0]  # the primary
        tags = {"team": "payments", "tier": "1"} if self.chance(0.8) else {"owner": "cards"}
        if as_specified:
            tags = first["tags"] if group.tags == COPY else group.tags or tags
        region["tags"] = dict(tags) | ({"aws:origin": "generated"} if self.chance(0.1) else {})
        if group.select and group.select.tags and self.chance(0.95):
            region["tags"]["fleet"] = "selected"
        region["description"] = self.draw({"": 1, "a replica": 2, "another": 1})
        if as_specified and group.description is not None:
            region["description"] = first["description"] if group.description == COPY else group.description
        policies = {"": 2, policy_text(account, "App"): 2, policy_text(account, "Other"): 1,
                    policy_text(account, "App", place): 2}
        region["policy"] = self.draw(policies)
        if as_specified and group.policy != "default":
            text = first["policy"] if group.policy == COPY else group.policy
            if group.is_template:
                text = text.replace("{account}", account).replace("{region}", place)
            region["policy"] = renamed(text) if text and self.chance(0.2) else text
        self.draw_aliases(group, key, region, as_specified)

    def draw_aliases(self, group, key, region, as_specified):
        names = set()
        if group.select and group.select.aliases and self.chance(0.95):
            names.add(f"alias/sel/{key['id'][-12:]}")
        if self.chance(0.3):
            names.add(f"alias/k/{key['id'][-12:]}")
        if as_specified and isinstance(group.aliases, list):
            names |= {template.replace("{key_id}", key["id"]).replace("{region}", region["region"])
                      for template in group.aliases}
        if as_specified and group.aliases == COPY:
            names |= {alias["name"] for alias in self.aliases
                      if alias["key"] == key["id"] and alias["region"] == key["primary_region"]}
        for name in names:
            self.add_alias(group.account, region["region"], name, key["id"])
        if isinstance(group.aliases, list) and not names and self.chance(0.05) and len(self.keys) > 1:
            other = self.dice.choice(self.keys)  # has the alias that the spec sets for this key
            name = group.aliases[0].replace("{key_id}", key["id"]).replace("{region}", region["region"])
            if other["account"] == group.account and region["region"] in [at["region"] for at in other["regions"]]:
                self.add_alias(group.account, region["region"], name, other["id"])

    def add_alias(self, account, region, name, key_id):
        self.aliases.append({"account": account, "region": region, "name": name, "key": key_id,
                             "created_ms": self.now_ms, "updated_ms": self.now_ms})

    def identities(self):
        roles = [{"name": "keyferry", "account": account} for account in ACCOUNTS]
        roles[ACCOUNTS.index(REFUSED)]["external_id"] = "required"
        return json.dumps({"roles": roles})
