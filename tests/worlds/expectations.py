# SPDX-License-Identifier: Apache-2.0
"""What the commands should report and do, given the truth before they run (see truth.py)."""

from collections import Counter
from dataclasses import dataclass, field

import truth
from truth import Truth, policy_meaning, wanted_state

# Exit codes by precedence: a later one prevails.
PRECEDENCE = (0, 6, 4, 5, 2)
GAPS, ACTION_NEEDED, RERUN, PERMISSION = 2, 4, 5, 6


def combined(codes):
    return max(codes, key=PRECEDENCE.index, default=0)


def check_status(job):
    """The status in the report of `keyferry check`."""
    if job.action == "create":
        return "missing"
    if job.action == "blocked":
        return "denied" if job.reason == "no credentials" else "blocked"
    if job.action == "exists":
        return "as specified" if job.reason == "ready" else job.reason
    return "differs" if job.action == "sync" else "unusable"


def check_exit_code(known):
    statuses = Counter(map(check_status, known.jobs.values()))
    if set(statuses) - {"as specified", "denied"} or known.elsewhere or known.empty_groups:
        return GAPS
    return PERMISSION if statuses["denied"] or known.refused else 0


def plan_exit_code(known):
    """With --detailed-exitcode."""
    needs_work = any(job.action in ("create", "sync", "unusable") or
                     (job.action == "blocked" and job.reason != "no credentials") for job in known.jobs.values())
    return GAPS if needs_work or known.elsewhere else PERMISSION if known.refused else 0


def extra_replicas(known):
    """(primary ARN, Region) of related keys that are not in the spec."""
    keys = {(job.account, job.key_id): job for job in known.jobs.values() if job.key is not None}
    return {(job.primary, region) for place, job in keys.items() for region in job.key.regions
            if region != job.primary_region and (*place, region) not in known.jobs}


def run_outcome(job, until_ready):
    """The outcome in the report of a run without failures. `until_ready`: as in the spec. KMS creates replicas Enabled,
    and those of keys with imported key material without key material."""
    if job.action == "create":
        is_usable = job.key.origin != "EXTERNAL" and wanted_state(job) == "Enabled"
        return "created" if is_usable else "unusable"
    if job.reason in ("ready", "differs"):
        return "existed"
    if job.reason == "creating" and not until_ready:
        return "existed" if wanted_state(job) == "Enabled" else "unusable"
    if job.action == "exists":  # still Creating or Updating after ready_timeout
        return "unknown"
    if job.reason == "primary unavailable" and job.key.primary.state == "Unavailable":
        return "failed"  # KMS refuses the request; while Creating or Updating, a run waits
    if job.reason in ("no credentials", "primary unavailable"):
        return "deferred"
    return job.action


def run_exit_code(known, outcomes):
    """`outcomes`: by job, see run_outcome()."""
    codes = [{"unknown": RERUN, "unusable": ACTION_NEEDED, "blocked": ACTION_NEEDED, "failed": ACTION_NEEDED,
              "deferred": PERMISSION if known.jobs[place].reason == "no credentials" else RERUN}.get(outcome, 0)
             for place, outcome in outcomes.items()]
    return combined(codes + ([PERMISSION] if known.has_unsearched_groups else []))


@dataclass
class SyncExpectation:
    changes: Counter = field(default_factory=Counter)  # by part
    failures: set = field(default_factory=set)  # (replica ARN, alias) of aliases that belong to other keys
    shared: set = field(default_factory=set)  # (account, Region, alias) that the spec sets for several keys
    not_synced: dict = field(default_factory=dict)  # replica ARN -> (status, reason)
    counts: Counter = field(default_factory=Counter)  # of "missing", "compared" and "not_compared"
    state: dict = field(default_factory=dict)  # snapshot() after the sync
    exit_code: int = 0


def snapshot(state):
    """All that a sync may change or must not change, by (account, key ID, Region)."""
    return {(*place, region): {"state": here.state, "description": here.description, "tags": dict(here.tags),
                               "policy": policy_meaning(here.policy, key.account), "aliases": set(here.aliases)}
            for place, key in state.keys.items() for region, here in key.regions.items()}


def shared_aliases(known):
    wanted = Counter((job.account, job.region, alias) for job in known.jobs.values() if job.key is not None
                     for alias in truth.wanted_aliases(job))
    return {alias for alias, count in wanted.items() if count > 1}


def expect_sync(known: Truth):
    expected = SyncExpectation(shared=shared_aliases(known), state=snapshot(known.state))
    codes = [PERMISSION] if known.refused else []
    codes += [ACTION_NEEDED] if expected.shared else []
    for job in known.jobs.values():
        status = check_status(job)
        if status in ("missing", "blocked"):
            expected.counts["missing"] += 1
            continue
        is_compared = job.reason in ("ready", "differs", "enabled", "disabled")
        expected.counts["compared" if is_compared else "not_compared"] += 1
        parts = set(job.differs)
        if job.group.enabled is True:
            parts.discard("enabled")  # it may have been disabled on purpose
        if status not in ("as specified", "differs") and "enabled" not in parts:
            expected.not_synced[job.replica] = (status, job.reason)
            codes.append({"unusable": ACTION_NEEDED, "denied": PERMISSION}.get(status, RERUN))
        expect_changes(expected, known, job, parts)
    codes += [ACTION_NEEDED] if expected.failures else []
    expected.exit_code = combined(codes)
    return expected


def expect_changes(expected, known, job, parts):
    after = expected.state.get((job.account, job.key_id, job.region))
    for part in parts - {"aliases"}:
        expected.changes[part] += 1
    if "description" in parts:
        after["description"] = truth.wanted_description(job)
    if "tags" in parts:
        after["tags"] |= truth.wanted_tags(job)
    if "policy" in parts:
        after["policy"] = policy_meaning(truth.wanted_policy(job), job.account)
    if "enabled" in parts:
        after["state"] = wanted_state(job)
    for alias in job.missing_aliases if "aliases" in parts else ():
        if (job.account, job.region, alias) in expected.shared:
            continue
        expected.changes["aliases"] += 1
        if (job.account, job.region, alias) in known.state.alias_targets:
            expected.failures.add((job.replica, alias))
        else:
            after["aliases"].add(alias)
