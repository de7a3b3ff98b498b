# SPDX-License-Identifier: Apache-2.0
"""The state of a simulator: writes the file that `keyferry simulate --state` loads, and reads the list that a running
simulator returns.

A file can contain every key state, including those that only KMS itself can cause (Unavailable) or that last only
moments (Creating, Updating).
"""

import json

POLYNOMIAL = 0x82F63B78  # CRC-32C, reflected
STATE_VERSION = 4


def crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


TABLE = crc_table()


def crc32c(data, crc=0):
    """The check value for b"123456789" is 0xe3069283. `crc` is the result for the preceding bytes."""
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def packed_tags(tags):
    """Tags in the form of the records. The sizes are in bytes; all tags of these tests are ASCII."""
    return "".join(f"{len(text)}:{text}" for tag in tags.items() for text in tag)


def unpacked_tags(packed):
    texts = []
    while packed:
        size, _, rest = packed.partition(":")
        texts.append(rest[:int(size)])
        packed = rest[int(size):]
    return dict(zip(texts[::2], texts[1::2]))


def write_state(path, seed, keys, aliases):
    """Writes a state file. `keys` and `aliases` are in the form of the simulator's records, except that `tags` of a key
    is a dict."""
    records = [{"state": {"version": STATE_VERSION, "seed": seed, "starts": 0}}]
    for key in keys:
        regions = [region | {"tags": packed_tags(region["tags"])} for region in key["regions"]]
        records.append({"key": key | {"regions": regions}})
    records += [{"alias": alias} for alias in aliases]
    records.append({"complete": {"records": len(records)}})
    lines, checksum = [], 0
    for record in records:
        rest = json.dumps(record, separators=(",", ":"))[1:].encode()
        checksum = crc32c(rest, checksum)
        lines.append(b'{"crc32c":"%08x",' % checksum + rest + b"\n")
    path.write_bytes(b"".join(lines))


class KmsKey:
    """A key with all its related keys, as the simulator lists it."""

    def __init__(self, record):
        self.id = record["id"]
        self.account = record["account"]
        self.primary_region = record["primary_region"]
        self.origin = record["origin"]
        self.is_multi_region = self.id.startswith("mrk-")
        self.regions = {each["region"]: KmsRegionalKey(each) for each in record["regions"]}

    @property
    def primary(self):
        return self.regions[self.primary_region]


class KmsRegionalKey:
    def __init__(self, record):
        self.state = record.get("passing_state", record["state"])
        self.description = record["description"]
        self.policy = record["policy"]  # "" is KMS's default policy
        self.tags = unpacked_tags(record["tags"])
        self.deletion_s = record["deletion_s"]
        self.aliases = set()


class KmsState:
    """All keys of a simulator."""

    def __init__(self, listing):
        """`listing` is the response to GET /_keyferry/keys."""
        self.keys = {(key.account, key.id): key for key in map(KmsKey, listing["keys"])}
        self.alias_targets = {}  # (account, Region, name) -> key ID
        for alias in listing["aliases"]:
            account, region, target = alias["account"], alias["region"], alias.get("key")
            self.alias_targets[account, region, alias["name"]] = target
            key = self.keys.get((account, target))
            if key is not None and region in key.regions:
                key.regions[region].aliases.add(alias["name"])

    def find(self, account, key_id):
        return self.keys.get((account, key_id))
