#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the makespan over sockets and in real time, compared with the lower bound.

    bench/real_time.py --build build/release [--scale 20] [--seconds 40] [--fleets 3] [--check]

Runs three fleets with `keyferry run` against `keyferry simulate` on this machine, with the quotas of
both scaled by the same factor so that a run takes about --seconds. The makespan is the time from the
first to the last ReplicateKey in the simulator's ledger. The bound is the plan's lower bound. Exits with status 1 if
a replica is missing and, with --check, if a ratio is above 1.05, a call was throttled, or a quota was exceeded.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

RATIO_MAX = 1.05
SHARE = 0.8
DEFAULT_QUOTA = 5  # of ReplicateKey and CreateKey, requests per second
CREATE_KEY_PER_REPLICA = 2
REGIONS = ["eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1", "ap-south-1",
           "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2",
           "ca-central-1", "sa-east-1", "us-west-1", "us-west-2"]
IDENTITY = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}


@dataclass
class Group:
    """Keys of one primary Region. `weight` is their number relative to that of the other groups."""

    primary: str
    replicas: list
    weight: int


# Name, groups, and quotas as fractions of the default quota.
FLEETS = [
    ("1 primary, 1 replica Region", [Group("us-east-1", REGIONS[:1], 1)], {}),
    ("1 primary, 3 replica Regions", [Group("us-east-1", REGIONS[:3], 1)], {}),
    ("3 primaries, 15 replica Regions, uneven keys and quotas",
     [Group("us-east-1", REGIONS, 3), Group("us-east-2", REGIONS[:5], 8), Group("us-west-1", REGIONS[3:6], 2)],
     {("eu-west-1", "CreateKey"): 0.6, ("eu-north-1", "CreateKey"): 0.8, ("us-east-2", "ReplicateKey"): 0.6}),
]


def spec(groups: list, quotas: dict, scale: float, keys_per_weight: int) -> str:
    quota = DEFAULT_QUOTA * scale
    text = ['[fleet]\nname = "real-time"\naccount = "111122223333"\nprimary = "us-east-1"',
            f"[limits]\nshare = {SHARE}",
            f"[[limits.quota]]\nReplicateKey = {quota}\nCreateKey = {quota}\nDescribeKey = {2000 * scale}"]
    for (region, api), part in quotas.items():
        text.append(f'[[limits.quota]]\nregion = "{region}"\n{api} = {quota * part}')
    number = 0
    for index, group in enumerate(groups):
        count = group.weight * keys_per_weight
        keys = ", ".join(f'"mrk-{number + key:032x}"' for key in range(count))
        number += count
        text.append(f'[[group]]\nname = "g{index}"\nprimary = "{group.primary}"\npolicy = "default"\n'
                    f"replicate_to = {json.dumps([r for r in group.replicas if r != group.primary])}\n"
                    f"keys = [{keys}]")
    return "\n".join(text) + "\n"


class Bench:
    def __init__(self, keyferry: Path, folder: Path, scale: float):
        self.keyferry, self.folder, self.scale = keyferry, folder, scale
        self.fleet = folder / "fleet.toml"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder)} | IDENTITY

    def plan(self) -> dict:
        done = subprocess.run([self.keyferry, "plan", "--offline", self.fleet, "--json"], env=self.environment,
                              capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def size(self, groups: list, quotas: dict, seconds: float) -> dict:
        """Writes a spec whose bound is about `seconds`; returns its plan."""
        keys_per_weight = 1000  # enough for the quotas to set the bound
        self.fleet.write_text(spec(groups, quotas, self.scale, keys_per_weight))
        keys_per_weight = max(1, round(keys_per_weight * seconds / self.plan()["seconds_min"]))
        self.fleet.write_text(spec(groups, quotas, self.scale, keys_per_weight))
        return self.plan()

    def run(self) -> list:
        """Runs the fleet. Returns the ReplicateKey entries of the ledger."""
        ledger = self.folder / "ledger"
        server = subprocess.Popen(
            [self.keyferry, "simulate", "--fleet", self.fleet, "--quota-scale", str(self.scale),
             "--creating", "10ms", "--ledger", ledger], env=self.environment, stdout=subprocess.PIPE)
        try:
            endpoint = json.loads(server.stdout.readline())["endpoint"]
            journal = self.folder / "journal"
            journal.unlink(missing_ok=True)
            subprocess.run([self.keyferry, "run", self.fleet, "--endpoint-url", endpoint, "--journal", journal,
                            "--progress", "none", "--no-preflight"], env=self.environment, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=True)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
        entries = [json.loads(line) for line in ledger.read_text().splitlines()]
        return [entry for entry in entries if entry["operation"] == "ReplicateKey"]


def windows_over(entries: list, plan: dict) -> int:
    """Counts the plan's quotas that the arrivals exceeded in some one-second window."""
    quotas = {(q["region"], q["api"]): q["quota_per_s"] for q in plan["quotas"]}
    arrivals = {}
    for entry in entries:
        arrivals.setdefault((entry["region"], "ReplicateKey"), []).append((entry["time_ms"], 1))
        arrivals.setdefault((entry["replica_region"], "CreateKey"), []).append(
            (entry["time_ms"], CREATE_KEY_PER_REPLICA))
    return sum(peak(times) > quotas[quota] for quota, times in arrivals.items())


def peak(arrivals: list) -> int:
    """The maximum number of tokens in any second."""
    most, tokens, first = 0, 0, 0
    for time_ms, cost in arrivals:
        tokens += cost
        while arrivals[first][0] <= time_ms - 1000:
            tokens -= arrivals[first][1]
            first += 1
        most = max(most, tokens)
    return most


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True, help="a release build folder")
    parser.add_argument("--scale", type=float, default=20, help="factor for KMS's default quotas")
    parser.add_argument("--seconds", type=float, default=40, help="approximate lower bound of each fleet")
    parser.add_argument("--fleets", type=int, default=len(FLEETS), help="number of fleets to run")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a goal is missed")
    arguments = parser.parse_args()
    failed = False
    print("| fleet | replicas | bound s | makespan s | / bound | throttled | windows over |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, groups, quotas in FLEETS[:arguments.fleets]:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(arguments.build.resolve() / "keyferry", Path(folder), arguments.scale)
            plan = bench.size(groups, quotas, arguments.seconds)
            entries = bench.run()
        created = sum(entry.get("effect") == "replica_created" for entry in entries)
        throttled = sum(entry.get("code") == "ThrottlingException" for entry in entries)
        times = [entry["time_ms"] for entry in entries]
        makespan = (max(times) - min(times)) / 1000
        ratio = makespan / plan["seconds_min"]
        over = windows_over(entries, plan)
        print(f"| {name} | {plan['replicas']} | {plan['seconds_min']:.2f} | {makespan:.2f} | {ratio:.4f} "
              f"| {throttled} | {over} |", flush=True)
        missed = ratio > RATIO_MAX or throttled > 0 or over > 0
        failed = failed or created != plan["replicas"] or (arguments.check and missed)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
