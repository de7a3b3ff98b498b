#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how long a rerun takes to its first call and how long `keyferry status` takes, for a large journal.

    bench/resume.py --build build/release [--jobs 10000000] [--open 5000] [--rounds 3] [--folder FOLDER]

big_journal writes the journal of a killed run with --jobs jobs, two records each, into --folder
(4.5 GB for ten million jobs; it is removed at the end). With this journal, it measures:

    resume        resume_time: open the journal and start the executor, up to the first call, and
                  the memory that this needs in addition to the plan
    status        `keyferry status`, the whole process
    run           `keyferry run`, from its start, including reading and planning the spec, to the
                  first request that a server receives. This request locates a primary; the
                  journal is opened later

The page cache is warm after the first round; --cold drops it before each measurement (needs root).
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from end_to_end import IDENTITY, Server

POLL_S = 0.02


def drop_page_cache():
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("1")


def measured_process(command: list) -> tuple:
    """Returns the seconds and MiB of a process."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return time.monotonic() - begun, usage.ru_maxrss / 1024


def run_to_first_request(build: Path, folder: Path) -> tuple:
    """Returns the seconds until the server receives a request, and the MiB of the process. Interrupts the run then."""
    server = Server(build, folder)
    try:
        command = [str(build / "keyferry"), "run", str(folder / "fleet.toml"), "--endpoint-url",
                   server.url("http"), "--progress", "none", "--no-preflight"]
        begun = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={"PATH": os.environ["PATH"]} | IDENTITY)
        while server.calls() == 0:
            if process.poll() is not None:
                raise SystemExit(f"resume: keyferry run exited with {process.returncode}")
            time.sleep(POLL_S)
        seconds = time.monotonic() - begun
        for _ in range(2):  # the second one does not wait for the report
            os.kill(process.pid, signal.SIGINT)  # send_signal() could wait for the process before wait4() does
        _, _, usage = os.wait4(process.pid, 0)
        return seconds, usage.ru_maxrss / 1024
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True, help="a release build folder")
    parser.add_argument("--jobs", type=int, default=10_000_000)
    parser.add_argument("--open", type=int, default=5_000, help="jobs with a request but no response")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cold", action="store_true", help="drop the page cache each time")
    parser.add_argument("--folder", type=Path, help="for the journal, on a real disk")
    arguments = parser.parse_args()
    bench = arguments.build / "bench"
    figures = {}

    def note(name: str, value: float):
        figures.setdefault(name, []).append(value)

    with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
        folder = Path(scratch)
        written = subprocess.run([str(bench / "big_journal"), scratch, "--jobs", str(arguments.jobs),
                                  "--open", str(arguments.open)], check=True, stdout=subprocess.PIPE)
        print(written.stdout.decode().strip())
        for _ in range(arguments.rounds):
            if arguments.cold:
                drop_page_cache()
            resumed = subprocess.run([str(bench / "resume_time"), str(folder / "fleet.toml"),
                                      str(folder / "fleet.journal")], check=True, stdout=subprocess.PIPE)
            resumed = json.loads(resumed.stdout)
            note("plan, s", resumed["plan_s"])
            note("resume: journal, s", resumed["journal_s"])
            note("resume: executor to its first call, s", resumed["executor_s"])
            note("resume, s", resumed["journal_s"] + resumed["executor_s"])
            note("plan, MiB", resumed["plan_mib"])
            note("resume above the plan, MiB", resumed["above_plan_mib"])
            if arguments.cold:
                drop_page_cache()
            seconds, mib = measured_process([str(arguments.build / "keyferry"), "status",
                                             str(folder / "fleet.journal")])
            note("status, s", seconds)
            note("status, MiB", mib)
            if arguments.cold:
                drop_page_cache()
            seconds, mib = run_to_first_request(arguments.build, folder)
            note("run to its first request, s", seconds)
            note("run, MiB", mib)
    print("| | median | minimum to maximum |\n|---|---:|---:|")
    for name, values in figures.items():
        print(f"| {name} | {statistics.median(values):.2f} | {min(values):.2f} to {max(values):.2f} |")


if __name__ == "__main__":
    main()
