#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the client's CPU time per call and compares it with wrk in the same run.

    bench/end_to_end.py --build build/release [--rounds 5] [--calls 200000] [--connections 64]
    bench/end_to_end.py --build build/release --client 'run={keyferry} run fleet.toml --endpoint-url {url}'

Each round sends requests to a server that does almost nothing (fixed_responder), first with wrk, then
with each client, over HTTP and over TLS. Clients run on the first processor, the server on the last.
wrk does not sign, parse or keep a journal, so it measures only the cost of the transport. Ratios to wrk can be
compared between machines. CPU time is what the kernel attributes to the client process, including its startup.
The server counts the calls.

--client NAME=COMMAND measures a client and may be repeated. {url}, {ca_file}, {calls}, {connections},
{folder} (a new scratch folder with a fleet.toml of {calls} calls) and {keyferry} are replaced. Without
--client, two clients are measured: client_load (signed ReplicateKey calls, no scheduler, no journal) and the
whole pipeline, `keyferry run`.
"""

import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

# The first and the last processor that this process may use.
CLIENT_PROCESSOR, SERVER_PROCESSOR = min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0))
TOOL_MISSING = 77  # ctest counts it as skipped
HERE = Path(__file__).resolve().parent
DEFAULT_CLIENTS = [
    "client_load={client_load} --url {url} --ca-file {ca_file} --calls {calls} "
    "--connections {connections}",
    "run={keyferry} run {folder}/fleet.toml --endpoint-url {url} --ca-bundle {ca_file} "
    "--progress none --no-preflight",
]
# Quotas so high that every call is sent as soon as a connection is free.
FLEET = """[fleet]
name = "end-to-end"
account = "111122223333"
primary = "us-east-1"
[[group]]
name = "all"
keys_file = "keys"
replicate_to = ["eu-west-1"]
policy = "default"
tags = { team = "payments" }
[limits]
share = 1.0
in_flight_max_per_endpoint = 512 # most of them wait for the journal, few for a response
[[limits.quota]]
ReplicateKey = 500000
CreateKey = 1000000
"""
IDENTITY = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SESSION_TOKEN": "t" * 703,
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}


def pinned(processor: int, command: list) -> list:
    return ["taskset", "--cpu-list", str(processor), *command]


class Server:
    """A running fixed_responder."""

    def __init__(self, build: Path, folder: Path):
        self.ca_file = folder / "ca.pem"
        command = [str(build / "bench/fixed_responder"), "--ca-file", str(self.ca_file),
                   "--key-state", "Enabled"]
        self.process = subprocess.Popen(pinned(SERVER_PROCESSOR, command), stdout=subprocess.PIPE)
        self.ports = json.loads(self.process.stdout.readline())

    def url(self, scheme: str) -> str:
        return f"{scheme}://127.0.0.1:{self.ports[scheme]}"

    def calls(self) -> int:
        """The number of calls served so far, requested without the environment's proxy settings."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url("http") + "/count", timeout=10) as response:
            return int(response.read())

    def stop(self):
        self.process.kill()
        self.process.wait()


def write_fleet(folder: Path, keys: int):
    (folder / "fleet.toml").write_text(FLEET)
    (folder / "keys").write_text("".join(f"mrk-{number:032x}\n" for number in range(keys)))


def measure(server: Server, command: list) -> float:
    """Returns the CPU microseconds per call of `command`."""
    before = server.calls()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(pinned(CLIENT_PROCESSOR, command), stdout=output, stderr=output,
                                   env={"PATH": os.environ["PATH"]} | IDENTITY)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        calls = server.calls() - before
        if process.returncode != 0 or calls == 0:
            output.seek(0)
            sys.exit(f"end_to_end: {shlex.join(command)}: exit {process.returncode}, {calls} calls\n"
                     f"{output.read().decode(errors='replace')}")
    return (usage.ru_utime + usage.ru_stime) * 1e6 / calls


def table(figures: dict, schemes: list) -> str:
    """`figures`: (client, scheme) -> one figure per round."""
    clients = sorted({client for client, _ in figures}, key=lambda name: name != "wrk")
    lines = ["| CPU per call | " + " | ".join(f"{s.upper()} us | min..max | x wrk" for s in schemes) + " |",
             "|---" + "|---:" * 3 * len(schemes) + "|"]
    for client in clients:
        cells = []
        for scheme in schemes:
            rounds = figures[client, scheme]
            ratios = [mine / wire for mine, wire in zip(rounds, figures["wrk", scheme])]
            cells.append(f"{statistics.median(rounds):.2f} | {min(rounds):.2f}..{max(rounds):.2f} | "
                         f"{statistics.median(ratios):.2f}")
        lines.append(f"| {client} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True, help="a release build folder")
    parser.add_argument("--client", action="append", metavar="NAME=COMMAND", help="may be given more than once")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=3, help="how long wrk runs")
    parser.add_argument("--scheme", choices=["http", "https"], action="append")
    arguments = parser.parse_args()
    for program in ("wrk", "taskset"):
        if shutil.which(program) is None:
            print(f"end_to_end: {program} is not installed (apt-get install wrk util-linux)", file=sys.stderr)
            sys.exit(TOOL_MISSING)
    schemes = arguments.scheme or ["http", "https"]
    clients = dict(client.split("=", 1) for client in arguments.client or DEFAULT_CLIENTS)
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        server = Server(arguments.build, Path(folder))
        try:
            for number in range(arguments.rounds):
                for scheme in schemes:
                    url = server.url(scheme)
                    wire = ["wrk", "-t1", f"-c{arguments.connections}", f"-d{arguments.seconds}s",
                            "-s", str(HERE / "wrk_post.lua"), url + "/"]
                    figures.setdefault(("wrk", scheme), []).append(measure(server, wire))
                    for name, template in clients.items():
                        scratch = tempfile.mkdtemp(dir=folder)
                        write_fleet(Path(scratch), arguments.calls)
                        command = template.format(
                            url=url, ca_file=server.ca_file, calls=arguments.calls, folder=scratch,
                            connections=arguments.connections, keyferry=arguments.build / "keyferry",
                            client_load=arguments.build / "bench/client_load")
                        figures.setdefault((name, scheme), []).append(measure(server, shlex.split(command)))
                print(f"round {number + 1} of {arguments.rounds} done", file=sys.stderr)
        finally:
            server.stop()
    print(table(figures, schemes))


if __name__ == "__main__":
    main()
