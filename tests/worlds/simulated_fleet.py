# SPDX-License-Identifier: Apache-2.0
"""A folder with a fleet spec, a simulator as KMS and STS, and the commands that run against it."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "command" / "support"))

from isolated_environment import isolated_environment  # noqa: E402
from simulator_state import KmsState  # noqa: E402

COMMAND_S_MAX = 120
SEED = 7


class SimulatedFleet:
    """Use as a context manager. The simulator loads `state` if this file exists."""

    def __init__(self, keyferry, *simulator_options):
        self.keyferry = os.path.abspath(keyferry)
        self.folder = Path(tempfile.mkdtemp(prefix="keyferry-worlds-"))
        self.fleet, self.state = self.folder / "fleet.toml", self.folder / "state"
        self.journal, self.identities = self.folder / "fleet.journal", self.folder / "identities.json"
        self.environment = isolated_environment(self.folder)
        self.simulator_options = simulator_options
        self.simulator = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.simulator is not None:
            self.simulator.kill()
            self.simulator.communicate()
        shutil.rmtree(self.folder)

    def start_simulator(self):
        command = [self.keyferry, "simulate", "--state", self.state, "--seed", str(SEED), "--identities",
                   self.identities, *map(str, self.simulator_options)]
        with open(self.folder / "simulator.log", "w", encoding="utf-8") as log:
            self.simulator = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=log,
                                              text=True)
        line = self.simulator.stdout.readline()
        if not line:
            raise RuntimeError("the simulator did not start: " + (self.folder / "simulator.log").read_text())
        self.endpoint = json.loads(line)["endpoint"]
        self.environment["AWS_ENDPOINT_URL"] = self.endpoint

    def control(self, path, body=None):
        request = urllib.request.Request(f"{self.endpoint}/_keyferry/{path}", data=body and body.encode(),
                                         method="PUT" if body else "GET")
        with urllib.request.urlopen(request, timeout=COMMAND_S_MAX) as response:
            return response.read().decode()

    def listing(self):
        return json.loads(self.control("keys"))

    def ledger(self, start=0):
        return [json.loads(line) for line in self.control(f"ledger?from={start}").splitlines()]

    def kms_state(self):
        return KmsState(self.listing())

    def run(self, *arguments):
        return subprocess.run([self.keyferry, *map(str, arguments)], env=self.environment, capture_output=True,
                              text=True, timeout=COMMAND_S_MAX, cwd=self.folder, check=False)

    def json_of(self, *arguments):
        """Returns the JSON report and the exit code."""
        done = self.run(*arguments, "--json")
        report = json.loads(done.stdout) if done.stdout.startswith("{") else {"error": "no JSON"}
        if "error" in report:
            raise RuntimeError(f"keyferry {' '.join(map(str, arguments))}: exit code {done.returncode}, "
                               f"{done.stdout[-500:]}{done.stderr[-1500:]}")
        return report, done.returncode

    def journal_jobs(self):
        """The jobs that the journal records, by (account, key ID, Region)."""
        done = self.run("journal", "export", self.journal, "--csv")
        if done.returncode != 0:
            raise RuntimeError(f"journal export: {done.stderr}")
        jobs = {}
        for row in csv.DictReader(io.StringIO(done.stdout, newline="")):
            account, key_id = row["primary"].split(":")[4], row["primary"].rsplit("/")[-1]
            jobs[account, key_id, row["region"]] = row
        return jobs
