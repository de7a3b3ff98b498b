#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the executor soak test with thousands of seeds on all processors and prints a summary.

    tests/soak/soak.py --soak build/release/tests/keyferry_soak --seeds 1..1000 [--hours 24] [--jobs 2]

Each failed seed is printed with the violated invariant and the command that replays it. The digest over
all seeds is the same for every compiler and build type. Exit code 1 if a seed failed.
"""

import argparse
import concurrent.futures
import hashlib
import os
import re
import subprocess
import sys
import time

SEEDS_PER_PROCESS = 20
RESULT = re.compile(r"^seed=(?P<seed>\d+) digest=(?P<digest>[0-9a-f]+) virtual_s=(?P<virtual_s>[\d.]+) "
                    r"jobs=(?P<jobs>\d+) lives=(?P<lives>\d+) calls=(?P<calls>\d+) "
                    r"wall_s=(?P<wall_s>[\d.]+) verdict=(?P<verdict>\w+)$")


def soak(program: str, first: int, last: int, hours: str) -> list:
    """Returns the output lines for seeds `first` to `last`."""
    command = [program, "--seeds", f"{first}..{last}", "--hours", hours]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        return [f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}"]
    return done.stdout.splitlines()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--soak", required=True, help="path of the program keyferry_soak")
    parser.add_argument("--seeds", default="1..1000", help="FIRST..LAST")
    parser.add_argument("--hours", default="24", help="virtual hours with failures, for each seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="number of parallel processes")
    options = parser.parse_args()
    first, last = (int(number) for number in options.seeds.split(".."))

    began = time.monotonic()
    results, others = [], []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = [pool.submit(soak, options.soak, start, min(last, start + SEEDS_PER_PROCESS - 1), options.hours)
                   for start in range(first, last + 1, SEEDS_PER_PROCESS)]
        for future in futures:
            for line in future.result():
                match = RESULT.match(line)
                if match:
                    results.append(match)
                if not match or match["verdict"] != "ok":
                    others.append(line)
    for line in others:
        print(line)

    failed = sum(result["verdict"] != "ok" for result in results)
    missing = last - first + 1 - len(results)
    digest = hashlib.sha256("".join(result["digest"] for result in results).encode()).hexdigest()[:16]
    slowest = max(results, key=lambda result: float(result["wall_s"]), default=None)
    total = {name: sum(float(result[name]) for result in results)
             for name in ("virtual_s", "jobs", "lives", "calls", "wall_s")}
    print(f"{len(results)} seeds, {failed} failed, {missing} without a result; digest of all {digest}")
    print(f"{total['virtual_s'] / 3600:,.0f} virtual hours, {total['jobs']:,.0f} jobs, {total['lives']:,.0f} lives, "
          f"{total['calls']:,.0f} calls in {time.monotonic() - began:.0f} s")
    if slowest:
        print(f"slowest: seed {slowest['seed']}, {float(slowest['virtual_s']) / 3600:.1f} virtual hours "
              f"in {slowest['wall_s']} s")
    return 1 if failed or missing or others else 0


if __name__ == "__main__":
    sys.exit(main())
