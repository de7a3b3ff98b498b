#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the real binary a thousand times, at random moments.

    random_kills.py KEYFERRY [--share PERCENT] [--jobs N] [--seed N]

Runs 25 plans of 600 jobs in three Regions, with throttling, internal errors after the effect, and reset connections.
The run of each plan is killed with SIGKILL 40 times, up to half a second after its start, and started again. The last
run completes, and ledger, journal and report must agree.
"""

import random
import subprocess
import sys

from fleet_under_fault import FleetUnderFault, expect
from judged_cases import parse_arguments, run_cases

PLANS = 25
KILLS_A_PLAN = 40
RUN_S_MAX = (0.03, 0.15, 0.5)  # each for a third of the runs
FAULTS = "throttle=0.01,internal-after=0.02,reset=0.02"


def kill_often(keyferry, seed):
    dice = random.Random(seed)
    simulator = ("--creating", "10ms..200ms", "--fault", FAULTS, "--seed", str(seed))
    with FleetUnderFault(keyferry, keys=200, regions=("eu-west-1", "eu-central-1", "us-west-2"), quota=60,
                         simulator=simulator) as fleet:
        for _ in range(KILLS_A_PLAN):
            run_s = dice.choice(RUN_S_MAX) * dice.random()
            process = fleet.start()
            try:
                _, notes = process.communicate(timeout=run_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
            else:
                expect(False, f"the run ended before it was killed: {process.returncode} {notes}")
            fleet.remember_journal()
        runs = len([line for line in fleet.journal_content().splitlines() if b'"ev":"run"' in line])
        fleet.resume()
        return {"plans": 1, "kills": KILLS_A_PLAN, "kills after the run opened its journal": runs,
                "torn tails": len(fleet.tails)}


def main():
    options = parse_arguments(__doc__)
    return run_cases([(f"seed-{seed}", lambda seed=seed: kill_often(options.keyferry, seed))
                      for seed in range(options.seed, options.seed + PLANS)], options)


if __name__ == "__main__":
    sys.exit(main())
