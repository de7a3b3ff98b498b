#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares plan, check, run, status and sync with the simulator's own list of keys, in worlds drawn from seeds.

    tests/worlds/worlds.py KEYFERRY [--seeds 1..200] [--replicas 1200] [--jobs 2]

Each world is a fleet in five accounts, one of which refuses the caller's role and one of which throttles, with primaries
and replicas in all key states (see world.py). What each command should say about every single replica is derived from
the list of the simulator (see truth.py and expectations.py). Prints the differences and the command that repeats a
world. Exit code 1 if there are any.
"""

import argparse
import concurrent.futures
import os
import sys
import time
from collections import Counter

sys.dont_write_bytecode = True

from compared_commands import ComparedCommands  # noqa: E402
from simulated_fleet import SimulatedFleet  # noqa: E402
from world import QUOTA_SCALE, REFUSED, REPLICAS, THROTTLED, World  # noqa: E402
from simulator_state import write_state  # noqa: E402
from simulated_fleet import SEED  # noqa: E402

DIFFERENCES_SHOWN = 40
PROGRESS_WORLDS = 10


def compare_world(keyferry, seed, replicas):
    """Returns the differences as lines, and counts for the summary."""
    world = World(seed, replicas)
    with SimulatedFleet(keyferry, "--quota-scale", QUOTA_SCALE, "--creating", "0s") as fleet:
        fleet.identities.write_text(world.identities())
        write_state(fleet.state, SEED, world.keys, world.aliases)
        world.fleet.write(fleet.fleet)
        fleet.start_simulator()
        commands = ComparedCommands(fleet, world.fleet, [REFUSED], world.until_ready)
        counts = Counter(worlds=1)
        try:
            compare_commands(commands, counts)
        except Exception as error:  # ends only this world
            commands.differences.append(f"{type(error).__name__}: {error}")
        counts["calls"] += len(fleet.ledger())
    return commands.differences, counts


def compare_commands(commands, counts):
    before = commands.look()
    counts["replicas"] += len(before.jobs)
    for job in before.jobs.values():
        counts[f"  {job.action} ({job.reason})"] += 1
    commands.plan("--drift")
    commands.check()
    throttles = commands.run()
    counts["calls throttled in the throttled account"] += throttles[THROTTLED]
    counts["calls throttled in other accounts"] += sum(throttles.values()) - throttles[THROTTLED]
    commands.status()
    counts["changes"] += commands.sync()
    commands.check()
    commands.plan()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("keyferry", help="the program under test")
    parser.add_argument("--seeds", default="1..200", help="FIRST..LAST")
    parser.add_argument("--replicas", type=int, default=REPLICAS, help="replicas in each world, about")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="number of concurrent worlds")
    options = parser.parse_args()
    first, last = (int(number) for number in options.seeds.split(".."))
    began = time.monotonic()
    total, failed = Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(compare_world, options.keyferry, seed, options.replicas): seed
                   for seed in range(first, last + 1)}
        for future in concurrent.futures.as_completed(futures):
            seed = futures[future]
            try:
                differences, counts = future.result()
            except Exception as error:  # ends only this world
                differences, counts = [f"{type(error).__name__}: {error}"], {}
            total.update(counts)
            if total["worlds"] % PROGRESS_WORLDS == 0:
                print(f"{total['worlds']} worlds, {failed} with differences, after {time.monotonic() - began:.0f} s",
                      file=sys.stderr, flush=True)
            if differences:
                failed += 1
                shown = differences[:DIFFERENCES_SHOWN]
                print(f"seed {seed}: {len(differences)} differences; to repeat: "
                      f"tests/worlds/worlds.py KEYFERRY --seeds {seed}..{seed}")
                print("\n".join("  " + line for line in shown), flush=True)
    print(f"{last - first + 1} worlds, {failed} with differences, in {time.monotonic() - began:.0f} s")
    for name, count in sorted(total.items()):
        print(f"{count:9,} {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
