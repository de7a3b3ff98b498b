# SPDX-License-Identifier: Apache-2.0
"""What keyferry should say about a fleet, derived from the spec and the simulator's own list of keys.

This is a second implementation of the rules in configs/README.md and tools/manual/. It shares no code with keyferry
and uses nothing that keyferry prints.
"""

import json
from collections import Counter
from dataclasses import dataclass

from fleet_model import COPY

UNUSABLE_STATES = {"PendingImport": "pending import", "PendingDeletion": "pending deletion",
                   "PendingReplicaDeletion": "pending deletion", "Unavailable": "unavailable"}
PASSING_STATES = {"Creating": "creating", "Updating": "updating"}
BLOCKING_STATES = {"Disabled": "primary disabled", "PendingDeletion": "primary pending deletion",
                   "PendingReplicaDeletion": "primary pending deletion", "PendingImport": "primary pending import",
                   "Creating": "primary unavailable", "Updating": "primary unavailable",
                   "Unavailable": "primary unavailable"}
NOTHING = frozenset()


def arn_of(account, region, key_id):
    return f"arn:aws:kms:{region}:{account}:key/{key_id}"


@dataclass
class Job:
    """A replica that the spec defines."""

    group: object
    account: str
    key_id: str
    primary_region: str
    region: str
    key: object = None  # the KmsKey; None if it does not exist or cannot be looked up
    action: str = ""
    reason: str = ""
    differs: frozenset = NOTHING
    missing_aliases: tuple = ()

    @property
    def primary(self):
        return arn_of(self.account, self.primary_region, self.key_id)

    @property
    def replica(self):
        return arn_of(self.account, self.region, self.key_id)

    @property
    def here(self):
        """The key in the replica's Region, or None."""
        return self.key and self.key.regions.get(self.region)

    def set(self, action, reason):
        self.action, self.reason = action, reason


class Truth:
    """`jobs`: by (account, key ID, Region). `elsewhere`: ARNs of the primaries of keys that groups select and that are
    in Regions which these groups do not have. `empty_groups`: names of the searched groups that select no keys."""

    def __init__(self, fleet, state, refused=()):
        self.fleet, self.state, self.refused = fleet, state, set(refused)
        self.jobs, self.elsewhere, self.empty_groups = {}, set(), []
        listed = set()
        for group in fleet.groups:
            for text in group.keys:
                key_id = text.rsplit("/")[-1]
                listed.add((group.account, key_id))
                self.add_listed(group, text, key_id)
        self.select_keys(listed)
        for job in self.jobs.values():
            self.judge(job)
        self.has_unsearched_groups = any(group.select and group.account in self.refused for group in fleet.groups)

    def add_jobs(self, group, key_id, primary_region, key):
        for region in group.regions - {primary_region}:
            self.jobs[group.account, key_id, region] = Job(group, group.account, key_id, primary_region, region, key)

    def add_listed(self, group, text, key_id):
        named_region = text.split(":")[3] if text.startswith("arn:") else None
        stated = named_region if named_region in group.primaries else group.primaries[0]
        key = None if group.account in self.refused else self.state.find(group.account, key_id)
        if key is not None and not group.regions & set(key.regions):
            key = None  # keyferry looks only in the group's Regions
        self.add_jobs(group, key_id, key.primary_region if key else stated, key)

    def select_keys(self, listed):
        used = set()
        for key in self.state.keys.values():
            if key.account in self.refused or (key.account, key.id) in listed:
                continue
            selecting = [group for group in self.fleet.groups
                         if group.account == key.account and group.select
                         and any(region in key.regions and group.select.matches(key, region)
                                 for region in group.primaries)]
            wanting = [group for group in selecting if key.primary_region in group.regions]
            wanting.sort(key=lambda group: key.primary_region not in group.primaries)  # stable
            if wanting:
                used.add(wanting[0].name)
                self.add_jobs(wanting[0], key.id, key.primary_region, key)
            elif selecting:
                self.elsewhere.add(arn_of(key.account, key.primary_region, key.id))
        self.empty_groups = [group.name for group in self.fleet.groups
                             if group.select and not group.keys and group.account not in self.refused
                             and group.name not in used]

    def judge(self, job):
        if job.account in self.refused:
            job.set("blocked", "no credentials")
        elif job.key is None:
            job.set("blocked", "primary absent")
        elif job.here is None:
            reason = BLOCKING_STATES.get(job.key.primary.state)
            job.set("blocked" if reason else "create", reason or "absent")
        else:
            self.judge_replica(job)

    def judge_replica(self, job):
        state = job.here.state
        if state in PASSING_STATES:
            job.set("exists", PASSING_STATES[state])
            return
        if state in UNUSABLE_STATES:
            job.set("unusable", UNUSABLE_STATES[state])
            return
        differs = differences(job)
        job.missing_aliases = tuple(sorted(wanted_aliases(job) - job.here.aliases))
        if job.missing_aliases:
            differs.add("aliases")
        if state != wanted_state(job):
            differs.add("enabled")
            job.set("unusable", state.lower())
        elif differs:
            job.set("sync", "differs")
        else:
            job.set("exists", "ready")
        job.differs = frozenset(differs)

    def actions(self):
        return Counter(job.action for job in self.jobs.values())


def wanted_state(job):
    enabled = job.group.enabled
    if enabled == COPY:
        return "Disabled" if job.key.primary.state == "Disabled" else "Enabled"
    return "Enabled" if enabled else "Disabled"


def filled(template, job):
    for name, value in (("region", job.region), ("account", job.account), ("key_id", job.key_id)):
        template = template.replace("{" + name + "}", value)
    return template


def wanted_aliases(job):
    if job.group.aliases == COPY:
        return set(job.key.primary.aliases)
    return {filled(template, job) for template in job.group.aliases or ()}


def wanted_tags(job):
    tags = job.key.primary.tags if job.group.tags == COPY else job.group.tags or {}
    return {name: value for name, value in tags.items() if not name.startswith("aws:")}


def wanted_description(job):
    """None if the spec sets none."""
    return job.key.primary.description if job.group.description == COPY else job.group.description


def wanted_policy(job):
    """None if the spec sets none, "" for KMS's default policy."""
    if job.group.policy == "default":
        return None
    if job.group.policy == COPY:
        return job.key.primary.policy
    return filled(job.group.policy, job) if job.group.is_template else job.group.policy


def policy_meaning(policy, account):
    """A value that is equal for policies that differ only in notation."""
    if policy == "":
        policy = json.dumps({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [
            {"Sid": "Enable IAM User Permissions", "Effect": "Allow",
             "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}]})
    return without_notation(json.loads(policy))


def without_notation(value):
    if isinstance(value, dict):
        return tuple(sorted((name, without_notation(each)) for name, each in value.items()))
    if isinstance(value, list):
        values = sorted(map(without_notation, value), key=repr)
        return values[0] if len(values) == 1 else tuple(values)
    return value


def differences(job):
    """Which of policy, tags and description of the replica differ from the spec."""
    parts = set()
    policy, description = wanted_policy(job), wanted_description(job)
    if policy is not None and (policy_meaning(policy, job.account) !=
                               policy_meaning(job.here.policy, job.account)):
        parts.add("policy")
    if description is not None and description != job.here.description:
        parts.add("description")
    if not wanted_tags(job).items() <= job.here.tags.items():
        parts.add("tags")
    return parts
