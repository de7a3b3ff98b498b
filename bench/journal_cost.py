#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the cost of the journal at full speed.

    bench/journal_cost.py --build build/release [--rounds 5] [--calls 200000] [--folder FOLDER]

Runs pipeline_load (the executor and HTTP client of keyferry, 512 calls in flight, very high quotas)
against a server that does almost nothing, alternating between a journal on disk, in --folder, and no
journal. Both threads of the client run on the first processor, the server on the last. Prints the
medians over the rounds, and the median difference between each round with the journal and the
adjacent round without it.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path

from end_to_end import CLIENT_PROCESSOR, Server, pinned


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True, help="a release build folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, help="for the journals, on a real disk")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        server = Server(arguments.build, Path(folder))
        try:
            command = [str(arguments.build / "bench/pipeline_load"), "--url", server.url("http"),
                       "--rounds", str(arguments.rounds), "--calls", str(arguments.calls), "--folder", folder]
            output = subprocess.run(pinned(CLIENT_PROCESSOR, command), check=True, capture_output=True, text=True)
        finally:
            server.stop()
    runs = json.loads(output.stdout)
    with_journal = [run for run in runs if run["journal"]]
    without = [run for run in runs if not run["journal"]]

    def median(figures: list) -> str:
        return f"{statistics.median(figures):.2f} ({min(figures):.2f} to {max(figures):.2f})"

    print("| | calls/s | CPU us per call |\n|---|---:|---:|")
    for name, some in (("journal off", without), ("journal on", with_journal)):
        speed = [run["calls"] / run["wall_s"] for run in some]
        print(f"| {name} | {statistics.median(speed):.0f} | {median([run['cpu_us'] for run in some])} |")
    slowdowns = [100 * (1 - off["wall_s"] / on["wall_s"]) for on, off in zip(with_journal, without)]
    extra_cpu_us = [on["cpu_us"] - off["cpu_us"] for on, off in zip(with_journal, without)]
    print(f"| the journal costs | {median(slowdowns)} % | {median(extra_cpu_us)} |")


if __name__ == "__main__":
    main()
