#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the fuzz targets with libFuzzer, AddressSanitizer and UBSan, and runs each of them.

    tests/fuzz/fuzz.py --seconds 60
    tests/fuzz/fuzz.py --seconds 3600 --target journal_recovery
    tests/fuzz/fuzz.py --seconds 15 --share        only one target, which depends on the commit, as in the tests

New inputs are kept in build/fuzz/corpus/TARGET, from which the next run continues. Failing inputs
are kept in build/fuzz/findings: fix the code, then move the input to tests/fuzz/corpus/TARGET, where
the tests of every preset replay it.

Exit codes: 0 no failures, 1 failures found, 77 clang-16 or its libFuzzer is not installed.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "fuzz"
COMPILER = "clang++-16"
NOT_INSTALLED = 77
# Longer inputs find the same failures, but later.
INPUT_BYTES_MAX = 8192


def targets() -> list:
    return sorted(path.name.removesuffix("_fuzz.cpp") for path in (ROOT / "tests/fuzz").glob("*_fuzz.cpp"))


def has_compiler() -> bool:
    if shutil.which(COMPILER) is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "empty.cpp"
        source.write_text('extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }\n')
        made = subprocess.run([COMPILER, "-fsanitize=fuzzer,address", source, "-o", f"{folder}/empty"],
                              capture_output=True, check=False)
        return made.returncode == 0


def share_of_targets() -> list:
    """Returns one target that depends on the current commit, so that every target is run eventually; all targets without a commit."""
    if shutil.which("git") is None:
        return targets()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    if commit.returncode != 0:
        return targets()
    return [targets()[int(commit.stdout, 16) % len(targets())]]


def build(chosen: list) -> None:
    jobs = str(os.cpu_count() or 1)
    subprocess.run(["cmake", "--preset", "fuzz"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    programs = [f"fuzz_{target}" for target in chosen]
    subprocess.run(["cmake", "--build", "--preset", "fuzz", "-j", jobs, "--target", *programs], cwd=ROOT, check=True)


def fuzz(target: str, seconds: int) -> bool:
    """Returns whether the run found no failure."""
    program = BUILD / "tests/fuzz" / f"fuzz_{target}"
    learned = BUILD / "corpus" / target
    seeds = BUILD / "seeds" / target
    findings = BUILD / "findings"
    for folder in (learned, findings):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(seeds, ignore_errors=True)
    subprocess.run([program, "--write-seeds", seeds], check=True)
    known = ROOT / "tests/fuzz/corpus" / target
    print(f"fuzz: {target} for {seconds} s", flush=True)
    run = subprocess.run(
        [program, f"-max_total_time={seconds}", f"-max_len={INPUT_BYTES_MAX}", "-timeout=10", "-rss_limit_mb=2048",
         f"-artifact_prefix={findings}/{target}-", "-print_final_stats=1", learned, seeds,
         *([known] if known.is_dir() else [])],
        text=True, stderr=subprocess.PIPE, check=False, env={**os.environ, "ASAN_OPTIONS": "malloc_context_size=4"})
    print_result(target, run.stderr, run.returncode)
    return run.returncode == 0


def print_result(target: str, log: str, code: int) -> None:
    if code != 0:
        print(log[-6000:])
        print(f"fuzz: {target} failed; the input is in {BUILD / 'findings'}")
        return
    figures = dict(re.findall(r"stat::(\w+):\s+(\d+)", log))
    covered = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", log)
    edges, features, inputs = covered[-1] if covered else ("?", "?", "?")
    print(f"fuzz: {target}: {figures.get('number_of_executed_units', '?')} inputs, "
          f"{figures.get('average_exec_per_sec', '?')} per second, {edges} edges, {features} features, "
          f"{inputs} inputs kept, {figures.get('peak_rss_mb', '?')} MB peak; no failures", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="per target (default: 60)")
    parser.add_argument("--target", choices=targets(), action="append", help="run only this target; repeatable")
    parser.add_argument("--share", action="store_true", help="run only one target, which depends on the commit")
    arguments = parser.parse_args()
    if not has_compiler():
        print(f"fuzz: {COMPILER} with libFuzzer is not installed: tools/install_packages fuzz")
        return NOT_INSTALLED
    chosen = arguments.target or (share_of_targets() if arguments.share else targets())
    build(chosen)
    outcomes = [fuzz(target, arguments.seconds) for target in chosen]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
