# SPDX-License-Identifier: Apache-2.0
"""Runs the cases of a script in this folder, several at a time, and prints a summary.

A case is a name and a function that returns a short description of the outcome or a dict of counts. Outcomes
are counted and counts are added up. Exit code 1 if a case failed, 77 (skipped, for ctest) if the system does
not allow the tests to intercept system calls.
"""

import argparse
import concurrent.futures
import random
import sys
import time

from collections import Counter

from watched_process import CannotWatch

SKIPPED = 77


def parse_arguments(description, jobs=6, more=()):
    """`more`: (name, settings) of additional options of the script."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("keyferry", help="the program under test")
    parser.add_argument("--share", type=float, default=100, help="percentage of the cases to run, selected by the seed")
    parser.add_argument("--seed", type=int, default=1, help="seed of all random numbers")
    parser.add_argument("--jobs", type=int, default=jobs, help="number of concurrent cases, most of which only wait")
    parser.add_argument("--only", default="", help="run only the cases whose names contain this text")
    for name, settings in more:
        parser.add_argument(name, **settings)
    return parser.parse_args()


def run_cases(cases, options):
    """`cases`: (name, function). Prints the failures and the counts; returns the exit code."""
    began = time.monotonic()
    cases = [case for case in cases if options.only in case[0]]
    if options.share < 100:
        cases = random.Random(options.seed).sample(cases, max(1, round(len(cases) * options.share / 100)))
    ended, failed = Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(run): name for name, run in cases}
        for future in concurrent.futures.as_completed(futures):
            try:
                result = future.result()
                ended.update(result if isinstance(result, dict) else [result])
            except CannotWatch as reason:
                print(f"skipped: {reason}")
                return SKIPPED
            except Exception as error:  # fails this case only; the others continue
                failed += 1
                print(f"FAILED {futures[future]}: {type(error).__name__}: {error}", flush=True)
    print(f"{len(cases)} cases, {failed} failed, in {time.monotonic() - began:.0f} s; seed {options.seed}")
    for how, count in sorted(ended.items()):
        print(f"  {count:5} {how}")
    sys.stdout.flush()
    return 1 if failed else 0
