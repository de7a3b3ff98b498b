#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the hourly script of tools/manual/running.md over simulated hours, while the fleet changes.

    tests/worlds/hourly.py KEYFERRY [--hours 48] [--seeds 1..2] [--keys 30]

Every hour, people change the spec and the keys (see changing_fleet.py), and replicas whose waiting period has ended are
deleted. Then the script's three lines run. Their exit codes and what they print (text, not JSON) are compared with
what follows from the simulator's own list of keys. Exit code 1 if there are differences.
"""

import argparse
import re
import sys
import time
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True

import expectations  # noqa: E402
from simulated_fleet import SEED, SimulatedFleet  # noqa: E402
from changing_fleet import ChangingFleet  # noqa: E402
from compared_commands import ComparedCommands  # noqa: E402
from expectations import check_status, run_outcome, snapshot  # noqa: E402
from simulator_state import write_state  # noqa: E402

MANUAL = Path(__file__).resolve().parents[2] / "tools" / "manual" / "running.md"
COUNT = re.compile(r"^  (\S.*?) +([\d,]+)(?:  .*)?$")


def hourly_script():
    """The commands of the script in the manual, without the program's name."""
    text = MANUAL.read_text(encoding="utf-8")
    block = text[text.index("A scheduled job, for example hourly"):].split("\n\n")[1]
    lines = [line.split()[1:] for line in block.splitlines()]
    assert [line[0] for line in lines] == ["run", "sync", "check"], lines
    return lines


def number(text):
    return int(text.replace(",", ""))


def table_after(text, head):
    """The rows "name   count" below the line that begins with `head`."""
    rows = Counter()
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(head):
            break
    for line in lines:
        row = COUNT.match(line)
        if not row:
            break
        rows[row[1]] += number(row[2])
    return rows


class HourlyScript:
    """Compares what each line of the script says with the truth. `made`: (primary ARN, Region) of the replicas in the
    current plan that earlier runs have created."""

    def __init__(self, fleet, changing, until_ready):
        self.fleet, self.changing, self.until_ready = fleet, changing, until_ready
        self.compared = ComparedCommands(fleet, changing.spec, (), until_ready)
        self.differences = self.compared.differences
        self.made = set()
        self.codes = Counter()

    def hour(self):
        for command, judge in zip(hourly_script(), (self.run, self.sync, self.check)):
            known = self.compared.look()
            done = self.fleet.run(*command)
            code = judge(known, done.stdout)
            self.codes[f"{command[0]} exited with {done.returncode}"] += 1
            self.compared.expect(done.returncode == code, f"{command[0]}: exit code", done.returncode,
                                 f"{code}: {done.stderr[-1000:]}")

    def run(self, known, text):
        outcomes = {place: run_outcome(job, self.until_ready) for place, job in known.jobs.items()}
        for place, job in known.jobs.items():
            if outcomes[place] == "existed" and (job.primary, job.region) in self.made:
                outcomes[place] = "created"
        self.made = {(job.primary, job.region) for place, job in known.jobs.items()
                     if outcomes[place] == "created" or job.action == "create" or (job.primary, job.region) in self.made}
        true = Counter(outcomes.values())
        done = true["created"] + true["existed"]
        usable = " and are usable" if true["unusable"] else ""
        self.compared.same("run: first line", text.splitlines()[:1],
                           [f'Fleet "hourly": {done} of {len(outcomes)} replicas exist{usable}'])
        rows = table_after(text, "  outcome")
        total = rows.pop("total", None)
        self.compared.same_entries("run: outcome", {name: count for name, count in rows.items() if count}, true)
        self.compared.same("run: total", total, len(outcomes))
        self.compare_created(known)
        return expectations.run_exit_code(known, outcomes)

    def compare_created(self, known):
        state = self.fleet.kms_state()
        before = {(*place, region) for place, key in known.state.keys.items() for region in key.regions}
        after = {(*place, region) for place, key in state.keys.items() for region in key.regions}
        created = {place for place, job in known.jobs.items() if job.action == "create"}
        self.compared.same("run: created", sorted(after - before), sorted(created))
        self.compared.same("run: deleted", sorted(before - after), [])

    def sync(self, known, text):
        expected = expectations.expect_sync(known)
        changes = sum(expected.changes.values())
        first = text.splitlines()[0] if text else ""
        if changes > 0:
            said = re.match(r'Sync of fleet "hourly": ([\d,]+) of ([\d,]+) changes? to ([\d,]+) replicas? made$', first)
            self.compared.same("sync: made", said and (number(said[1]), number(said[2])),
                               (changes - len(expected.failures), changes))
            self.compared.same_entries("sync: part", table_after(text, "  part"), expected.changes)
        elif expected.not_synced:
            compared = expected.counts["compared"]
            self.compared.same("sync: first line", first, f'Sync of fleet "hourly": {compared} '
                               f'{"replica" if compared == 1 else "replicas"} compared, 0 differ')
        else:
            self.compared.same("sync: first line", first,
                               'Sync of fleet "hourly": all existing replicas match the spec')
        said = {match[2]: number(match[1])
                for match in re.finditer(r"^  ([\d,]+) replicas?: (.*)$", text, re.MULTILINE)}
        true = Counter(f"{status} ({reason})" if status == "unusable" else status
                       for status, reason in expected.not_synced.values())
        self.compared.same_entries("sync: not synced", said, true)
        missing = re.search(r"^([\d,]+) replicas? in the spec do(?:es)? not exist", text, re.MULTILINE)
        self.compared.same("sync: missing", number(missing[1]) if missing else 0, expected.counts["missing"])
        self.compared.same_entries("sync: key", snapshot(self.fleet.kms_state()), expected.state)
        return expected.exit_code

    def check(self, known, text):
        statuses = Counter()
        for job in known.jobs.values():
            status = check_status(job)
            if status != "as specified":
                label = f"{status} ({job.reason})" if status in ("unusable", "blocked") else status
                statuses[f"{label}, {job.region}"] += 1
        total, good = len(known.jobs), len(known.jobs) - sum(statuses.values())
        answer = f"All {total} replicas" if good == total else f"{good} of {total} replicas"
        self.compared.same("check: first line", text.splitlines()[:1],
                           [f"{answer} exist, are usable and match the spec."])
        rows, label = Counter(), ""
        for match in re.finditer(r"^  (.*?) {2,}(\S+-\d) +([\d,]+)$", text, re.MULTILINE):
            label = match[1].strip() or label  # stated once for all Regions
            rows[f"{label}, {match[2]}"] += number(match[3])
        self.compared.same_entries("check: problem", rows, statuses)
        for primary in known.elsewhere:
            self.compared.expect(primary in text, "check: key elsewhere", text, primary)
        return expectations.check_exit_code(known)


def compare_hours(keyferry, seed, hours, keys):
    """Prints the differences as they occur. Returns their number and the exit codes with their frequency."""
    until_ready = seed % 2 == 1
    changing = ChangingFleet(seed, keys, until_ready)
    creating = "0s" if until_ready else "20m..50m"
    differences = 0
    with SimulatedFleet(keyferry, "--quota-scale", 0, "--creating", creating, "--updating", "10m..30m") as fleet:
        fleet.identities.write_text("{}")
        write_state(fleet.state, SEED, changing.keys, [])
        fleet.start_simulator()
        script = HourlyScript(fleet, changing, until_ready)
        for hour in range(1, hours + 1):
            names = changing.change(fleet, changing.dice.randint(1, 5))  # complete when the script runs
            fleet.control("time", "1h")
            if changing.dice.random() < 0.3:
                names += changing.change(fleet, 1)  # in progress when the script runs
            changing.spec.write(fleet.fleet)
            script.hour()
            if script.differences:
                print(f"seed {seed}, hour {hour}, after {', '.join(names)}: {len(script.differences)} differences")
                print("\n".join("  " + line for line in script.differences[:20]), flush=True)
                differences += len(script.differences)
                script.differences.clear()
    return differences, script.codes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("keyferry", help="the program under test")
    parser.add_argument("--hours", type=int, default=48, help="simulated hours")
    parser.add_argument("--seeds", default="1..2", help="FIRST..LAST")
    parser.add_argument("--keys", type=int, default=30, help="keys at the beginning")
    options = parser.parse_args()
    first, last = (int(each) for each in options.seeds.split(".."))
    began = time.monotonic()
    differences, codes = 0, Counter()
    for seed in range(first, last + 1):
        more, of_seed = compare_hours(options.keyferry, seed, options.hours, options.keys)
        differences += more
        codes += of_seed
        print(f"seed {seed}: {options.hours} hours, {more} differences, after {time.monotonic() - began:.0f} s",
              flush=True)
    for code, count in sorted(codes.items()):
        print(f"{count:5} {code}")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
