# SPDX-License-Identifier: Apache-2.0
"""Runs commands and compares what they report and do with the truth."""

import dataclasses
from collections import Counter

import expectations
from expectations import check_status, extra_replicas, run_outcome, snapshot
from simulator_state import KmsState
from truth import Truth, differences

SHOWN = 6  # differences of one comparison


class ComparedCommands:
    """`spec`: the Fleet. `refused`: accounts whose credentials are refused. `differences`: lines."""

    def __init__(self, fleet, spec, refused, until_ready):
        self.fleet, self.spec, self.refused, self.until_ready = fleet, spec, refused, until_ready
        self.differences = []
        self.outcomes = {}  # of the last run, by job
        self.created = set()
        self.run_counts = {}
        self.run_code = 0

    def look(self):
        return Truth(self.spec, self.fleet.kms_state(), self.refused)

    def expect(self, condition, what, said, true):
        if not condition:
            self.differences.append(f"{what}: {said}; in truth {true}")

    def same(self, what, said, true):
        self.expect(said == true, what, said, true)

    def same_entries(self, what, said, true):
        """Compares two dicts entry by entry."""
        wrong = [name for name in sorted(said.keys() | true.keys(), key=str) if said.get(name) != true.get(name)]
        for name in wrong[:SHOWN]:
            self.differences.append(f"{what} {name}: {said.get(name)}; in truth {true.get(name)}")
        if len(wrong) > SHOWN:
            self.differences.append(f"{what}: {len(wrong) - SHOWN} more")

    def plan(self, *arguments):
        """Without --drift, plan does not compare the contents of replicas."""
        known = self.look()
        compares = "--drift" in arguments
        if not compares:
            for job in known.jobs.values():
                job.differs &= {"enabled"}
                if job.action == "sync":
                    job.set("exists", "ready")
        said, code = self.fleet.json_of("plan", self.fleet.fleet, "--list-jobs", "--detailed-exitcode", *arguments)
        what = "plan " + " ".join(arguments)
        self.same_entries(f"{what}: job", {job["replica"]: (job["primary"], job["action"], job["reason"],
                                                            frozenset(job.get("differs", ())))
                                           for job in said["jobs"]},
                          {job.replica: (job.primary, job.action, job.reason, job.differs)
                           for job in known.jobs.values()})
        self.same(f"{what}: actions", {name: count for name, count in said["actions"].items() if count},
                  dict(known.actions()))
        self.same(f"{what}: replicas", said["replicas"], len(known.jobs))
        self.same_entries(f"{what}: Region", {each["region"]: {name: count for name, count in each["actions"].items()
                                                               if count} for each in said["regions"]},
                          by_region({place: job.action for place, job in known.jobs.items()}))
        extras = extra_replicas(known)
        self.same(f"{what}: extra replicas", {(each["primary"], each["region"]) for each in said["extras"]}, extras)
        self.same(f"{what}: number of extra replicas", said["extra_replicas"], len(extras))
        self.same(f"{what}: exit code", code, expectations.plan_exit_code(known))

    def check(self):
        known = self.look()
        said, code = self.fleet.json_of("check", self.fleet.fleet)
        statuses = {}
        for problem in said["problems"]:
            self.same(f"check: replicas with problem {problem['status']}", problem["replicas"],
                      len(problem["affected"]))
            for each in problem["affected"]:
                is_one = each["replica"] in statuses
                self.expect(not is_one, "check: replica with two problems", each["replica"], "one")
                statuses[each["replica"]] = (problem["status"], problem["reason"], each["primary"],
                                             frozenset(each.get("differs", ())))
        true = {job.replica: (check_status(job), job.reason, job.primary, job.differs)
                for job in known.jobs.values() if check_status(job) != "as specified"}
        self.same_entries("check: replica", statuses, true)
        self.same("check: replicas", said["replicas"], len(known.jobs))
        self.same("check: as specified", said["as_specified"], len(known.jobs) - len(true))
        self.same("check: keys elsewhere", {each["primary"] for each in said["keys_elsewhere"]}, known.elsewhere)
        self.same("check: empty groups", sorted(said["empty_groups"]), sorted(known.empty_groups))
        self.same("check: unchecked keys", said["unchecked_keys"], {"denied": 0, "no_response": 0})
        self.same("check: extra replicas", said["extra_replicas"], len(extra_replicas(known)))
        true_code = expectations.check_exit_code(known)
        self.same("check: exit code", code, true_code)
        self.same("check: verdict", said["verdict"], {0: "complete", 2: "gaps", 6: "denied"}[true_code])

    def run(self, *arguments):
        """Returns the number of throttled ReplicateKey calls by account."""
        before = self.fleet.listing()
        known = Truth(self.spec, KmsState(before), self.refused)
        start = len(self.fleet.ledger())
        said, code = self.fleet.json_of("run", self.fleet.fleet, *arguments)
        calls = self.fleet.ledger(start)
        self.outcomes = {place: run_outcome(job, self.until_ready) for place, job in known.jobs.items()}
        self.run_counts, self.run_code = said["counts"], code
        self.compare_outcomes("run", said)
        self.same("run: exit code", code, expectations.run_exit_code(known, self.outcomes))
        self.compare_effects(known, before, calls)
        throttles = Counter((call["account"], call["region"]) for call in calls
                            if call["operation"] == "ReplicateKey" and call.get("code") == "ThrottlingException")
        self.same("run: throttled ReplicateKey calls", said["runs"][-1]["throttles"].get("ReplicateKey", {}),
                  dict(sum_by(throttles, lambda place: place[1])))
        return sum_by(throttles, lambda place: place[0])

    def compare_outcomes(self, what, said):
        """Compares a run report with the expected outcomes."""
        true = Counter(self.outcomes.values())
        counts = {name: count for name, count in said["counts"].items() if count and name != "jobs"}
        self.same_entries(f"{what}: jobs", counts, true)
        self.same(f"{what}: total", said["counts"]["jobs"], len(self.outcomes))
        self.same_entries(f"{what}: Region", {each["region"]: {name: count for name, count in each.items()
                                                               if count and name not in ("region", "jobs")}
                                              for each in said["regions"]}, by_region(self.outcomes))

    def compare_effects(self, known, before, calls):
        """Compares the effects of a run, and the keys after it, with those expected."""
        effects = Counter((call["account"], call["effect_key"], call["effect_region"], call["effect"])
                          for call in calls if "effect" in call)
        self.created = {place for place, job in known.jobs.items() if job.action == "create"}
        self.same_entries("run: effect", effects, {(*place, "replica_created"): 1 for place in self.created})
        after = self.fleet.listing()
        others = {place: region for place, region in regional_keys(after).items() if place not in self.created}
        self.same_entries("run: other key", others, regional_keys(before))
        now = Truth(self.spec, KmsState(after), self.refused)
        for place in self.created:
            job = now.jobs.get(place)
            if job is None or job.here is None:
                self.differences.append(f"run: {place} is missing after the run")
                continue
            # With the new replica, another group may select the key.
            made_for = dataclasses.replace(job, group=known.jobs[place].group)
            self.same(f"run: created {place}", differences(made_for), set())
            state = "PendingImport" if job.key.origin == "EXTERNAL" else "Enabled"
            self.same(f"run: state of created {place}", job.here.state, state)

    def status(self):
        said, code = self.fleet.json_of("status", self.fleet.journal)
        self.same("status: exit code", code, self.run_code)
        self.same("status: counts", said["counts"], self.run_counts)
        self.compare_outcomes("status", said)
        rows = self.fleet.journal_jobs()
        self.same_entries("journal: job", {place: row["attribution"] if row["outcome"] == "done" else row["outcome"]
                                           for place, row in rows.items()}, self.outcomes)
        ledger = {(call["account"], call["effect_key"], call["effect_region"]) for call in self.fleet.ledger()
                  if call.get("effect") == "replica_created"}
        created = {place for place, row in rows.items() if row["attribution"].startswith("created")}
        unusable = {place for place, row in rows.items() if row["outcome"] == "unusable"}
        self.same("journal: created, but not according to the ledger", sorted(created - ledger), [])
        self.same("journal: not created, but in the ledger", sorted(ledger - created - unusable), [])

    def sync(self):
        """Returns the number of changes."""
        known = self.look()
        expected = expectations.expect_sync(known)
        said, code = self.fleet.json_of("sync", self.fleet.fleet)
        changes = sum(expected.changes.values())
        self.same("sync: changes", said["changes"], changes)
        if changes > 0:
            self.same_entries("sync: part", {name: part["changes"] for name, part in said["parts"].items()
                                             if part["changes"]}, expected.changes)
            self.same("sync: made", said["made"], changes - len(expected.failures))
            self.same_entries("sync: failure", {(each["key"], each.get("alias")): each["code"]
                                                for each in said["failures"]},
                              {failure: "AlreadyExistsException" for failure in expected.failures})
        self.same_entries("sync: not synced", {replica: (each["status"], each["reason"])
                                               for each in said["not_synced"] for replica in each["affected"]},
                          expected.not_synced)
        for name in ("missing", "compared", "not_compared"):
            self.same(f"sync: replicas {name}", said[f"replicas_{name}"], expected.counts[name])
        self.same("sync: exit code", code, expected.exit_code)
        self.same_entries("sync: key", snapshot(self.fleet.kms_state()), expected.state)
        return changes


def regional_keys(listing):
    """The records of a simulator's list, by (account, key ID, Region)."""
    return {(key["account"], key["id"], region["region"]):
            {name: value for name, value in region.items() if name != "ready_ms"}  # differs by rounding
            for key in listing["keys"] for region in key["regions"]}


def sum_by(counts, name_of):
    total = Counter()
    for name, count in counts.items():
        total[name_of(name)] += count
    return total


def by_region(values):
    """Counts values by Region; `values` is by (account, key ID, Region)."""
    regions = {}
    for (_, _, region), value in values.items():
        regions.setdefault(region, Counter())[value] += 1
    return {region: dict(counts) for region, counts in regions.items()}
