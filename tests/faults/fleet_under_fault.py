# SPDX-License-Identifier: Apache-2.0
"""A fleet, a simulated KMS that outlives the runs, and checks of the state after the runs.

The simulator's ledger is the oracle, because it is written by another process that is not subject to faults.
The tests also observe every request when a run sends it, and every earlier sync of the journal.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from watched_process import CHANGES_THE_FILE, SENDS, Fail, Slowly, WatchedProcess

ACCOUNT = "111122223333"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
               "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
RUN_S_MAX = 60
JOURNAL_FAILED = 74
JOURNAL_HELD = 75
SENT_RECORD = re.compile(rb'"ev":"sent","job":\d+,"key":"[^"]*(mrk-[0-9a-f]{32})","region":"([^"]+)"')
REPLICATE_REQUEST = re.compile(
    rb'TrentService\.ReplicateKey\r\n.*"KeyId":"[^"]*(mrk-[0-9a-f]{32})","ReplicaRegion":"([^"]+)"', re.DOTALL)
TORN_COPY = ".torn"
JOURNAL_LOSS_CHANCE = 0.5  # probability that a power cut removes a journal whose folder was not synced


class Mismatch(AssertionError):
    """Raised if ledger, journal, report and exit code are not consistent."""


def expect(condition, text):
    if not condition:
        raise Mismatch(text)


def key_name(number):
    return f"mrk-{number:032x}"


class Fault:
    """Applies `action` to call `number` of a run on its journal and, if `forever`, to all later calls. If `names` is
    given, only calls with these names count."""

    def __init__(self, number, action, forever=False, names=None):
        self.number, self.action, self.forever, self.names = number, action, forever, names
        self.seen = 0
        self.hit = None  # the first call that it was applied to

    def __call__(self, call):
        if self.names is not None and call.name not in self.names:
            return None
        self.seen += 1
        if self.seen == self.number:
            self.hit = call
        return self.action if self.seen == self.number or (self.forever and self.hit) else None


class FleetUnderFault:
    """A fleet of `keys` keys to replicate to `regions`. `simulator`: more options of the simulator."""

    def __init__(self, keyferry, keys=200, regions=("eu-west-1",), quota=100000, simulator=("--creating", "0s"),
                 folder=None):
        self.keyferry, self.keys, self.regions = os.path.abspath(keyferry), keys, regions
        self.folder = Path(tempfile.mkdtemp(prefix="keyferry-faults-")).resolve()
        journal_folder = Path(folder) if folder else self.folder
        self.fleet, self.ledger_path = self.folder / "fleet.toml", self.folder / "ledger"
        self.journal = journal_folder / "fleet.journal"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder)} | CREDENTIALS
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.fleet.write_text(self._spec(quota))
        self.durable_bytes = 0  # of the journal: those that survive a power cut
        self.folder_is_synced = False
        self.tails = []  # torn tails, which recovery must remove
        self.keeps_copies = True  # recovery has space for a copy of the last torn tail
        self.kept = b""  # the whole records that existed before a run
        self.simulator = subprocess.Popen(
            [self.keyferry, "simulate", "--fleet", self.fleet, "--ledger", self.ledger_path, "--quota-scale", "0",
             *simulator], env=self.environment, stdout=subprocess.PIPE, text=True)
        self.endpoint = json.loads(self.simulator.stdout.readline())["endpoint"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.simulator.poll() is None:
            self.simulator.kill()
        self.simulator.communicate()
        shutil.rmtree(self.folder)

    def _spec(self, quota):
        listed = "\n".join(f'    "{key_name(number)}",' for number in range(1, self.keys + 1))
        return (f'[fleet]\nname = "faulty"\naccount = "{ACCOUNT}"\nprimary = "us-east-1"\n\n'
                f'[[group]]\nname = "all"\nkeys = [\n{listed}\n]\n'
                f'replicate_to = {json.dumps(self.regions)}\npolicy = "default"\n\n'
                f"[[limits.quota]]\nReplicateKey = {quota}\nCreateKey = {2 * quota}\n\n"
                '[wait]\npoll_delay_min = "100ms"\npoll_delay_max = "200ms"\ndoubt_timeout = "1s"\n')

    @property
    def jobs(self):
        return {(key_name(number), region) for number in range(1, self.keys + 1) for region in self.regions}

    def run_command(self):
        return [self.keyferry, "run", str(self.fleet), "--journal", str(self.journal), "--json", "--progress", "none",
                "--no-preflight", "--endpoint-url", self.endpoint]

    def start(self):
        """Starts a run without intercepting its calls."""
        return subprocess.Popen(self.run_command(), env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def watched_run(self, fault=lambda call: None, through=()):
        """Runs with a fault, started `through` another command. Returns the Finished process and its Watch."""
        watch = Watch(self, fault)
        process = WatchedProcess([*through, *self.run_command()], watch.decide, watch.concerns, self.environment,
                                 self.folder)
        return process.finish(), watch

    def journal_content(self):
        return self.journal.read_bytes() if self.journal.exists() else b""

    def torn_copies(self):
        return [path.read_bytes() for path in self.journal.parent.glob("*.torn*")]

    def cut_power(self, dice):
        """Loses some of the data that was not synced, like a power failure after the end of the process."""
        if not self.journal.exists():
            return
        copies = self.torn_copies()
        self.tails = [tail for tail in self.tails if tail in copies]  # the others may be lost with the journal's end
        self.kept = b""
        size = self.journal.stat().st_size
        if not self.folder_is_synced and dice.random() < JOURNAL_LOSS_CHANCE:
            self.journal.unlink()
        elif size > self.durable_bytes:
            os.truncate(self.journal, self.durable_bytes + int((size - self.durable_bytes) * dice.random()))

    def status(self):
        done = subprocess.run([self.keyferry, "status", self.journal, "--json"], env=self.environment,
                              capture_output=True, text=True, timeout=RUN_S_MAX, check=False)
        expect(done.returncode in (0, 4, 5), f"status: {done.returncode} {done.stderr}")
        return json.loads(done.stdout)

    def remember_journal(self):
        """Call before a run. Later checks expect that no whole record is lost and that recovery keeps a copy of the
        last torn tail."""
        content = self.journal_content()
        self.expect_nothing_lost(content)
        whole = content.rfind(b"\n") + 1
        self.kept = content[:whole]
        if whole and content[whole:]:
            self.tails.append(content[whole:])

    def expect_nothing_lost(self, content):
        expect(content.startswith(self.kept), f"some of {len(self.kept)} bytes of whole records were lost")

    def resume(self):
        """Runs to completion without faults. Expects that ledger, journal and report agree."""
        self.remember_journal()
        content = self.journal_content()
        if content and b"\n" not in content:
            self._expect_refusal_of_incomplete_header()
        finished, watch = self.watched_run()
        expect(finished.code == 0, f"the resumed run exited with {finished.code}: {finished.stderr}")
        watch.expect_backed_requests()
        self.expect_agreement(json.loads(finished.output))

    def _expect_refusal_of_incomplete_header(self):
        """Expects that the run rejects such a journal, suggests removing it and sends no request."""
        finished, watch = self.watched_run()
        expect(finished.code == JOURNAL_FAILED and "Remove the file" in finished.stderr,
               f"incomplete header: {finished.code} {finished.stderr}")
        expect(watch.requests == 0, "a request was sent although the header was incomplete")
        self.journal.unlink()
        self.durable_bytes = 0

    def ledger(self):
        """Stops the simulator, which completes its ledger, and returns the entries."""
        if self.simulator.poll() is None:
            self.simulator.send_signal(signal.SIGTERM)
            self.simulator.communicate(timeout=RUN_S_MAX)
        return [json.loads(line) for line in self.ledger_path.read_text().splitlines()]

    def expect_agreement(self, report):
        """Expects that ledger, journal and report agree: these runs created each replica exactly once."""
        status = self.status()
        counts = status["counts"]
        expect(report["counts"] == counts, f"report {report['counts']}, status {counts}")
        jobs = len(self.jobs)
        expect(counts["created"] + counts["created_reconciled"] == jobs == counts["jobs"], f"status {counts}")
        expect(status["verdict"] == "all done" and status["ended"], f"status {status['verdict']}")
        ledger = self.ledger()
        created = [(entry["effect_key"], entry["effect_region"]) for entry in ledger
                   if entry.get("effect") == "replica_created"]
        expect(len(created) == len(set(created)), "a replica was created twice")
        expect(set(created) == self.jobs, f"{len(set(created))} of {jobs} replicas were created")
        requested = {(entry["key"].rsplit("/")[-1], entry["replica_region"]) for entry in ledger
                     if entry["operation"] == "ReplicateKey"}
        expect(requested <= self.jobs, "a replica outside the plan was requested")
        content = self.journal_content()
        self.expect_nothing_lost(content)
        done = re.findall(rb'"ev":"done","job":(\d+),', content)
        expect(len(done) == len(set(done)) == jobs, f"{len(done)} done records for {jobs} jobs")
        self._expect_torn_copies(status, content)

    def _expect_torn_copies(self, status, content):
        """Only the last torn tail is kept."""
        copies = self.torn_copies()
        expect(len(copies) <= 1, f"{len(copies)} copies of torn tails")
        if not self.keeps_copies:
            return
        for tail in self.tails[-1:]:
            expect(tail in copies or tail in content, f"{len(tail)} torn bytes were lost")
        recorded = sum(run["torn_bytes"] for run in status["runs"])
        expect(not recorded or copies, f"{recorded} bytes were cut off without a copy")


class Watch:
    """Observes the requests and journal calls of a run in order, and lets `fault` decide the outcome of the calls."""

    def __init__(self, fleet, fault):
        self.fleet, self.fault = fleet, fault
        self.names = []  # of all calls on the journal, its copies and its folder
        self.failed_call = None
        self.changes_after_failure = []
        self.requests_after_failure = 0
        self.requests = 0  # ReplicateKey only
        self.unbacked = []  # requests sent before a sync made their `sent` records durable
        self.intents = self._durable_intents()

    def concerns(self, path):
        return path == str(self.fleet.journal.parent) or path.startswith(str(self.fleet.journal))

    def decide(self, call):
        if call.name in SENDS:
            self._see_request(call)
            return None
        self.names.append(call.name)
        decision = self.fault(call)
        if self.failed_call is not None and call.name in CHANGES_THE_FILE:
            self.changes_after_failure.append(call)
        if isinstance(decision, Fail) and (call.path.endswith(TORN_COPY) or call.name == "fallocate"):
            self.fleet.keeps_copies = False  # a run continues without the copy, because the journal needs the space
        if isinstance(decision, Fail) and not call.path.endswith(TORN_COPY) and self.failed_call is None:
            self.failed_call = call
        if decision is None and call.name == "fsync":
            self.fleet.folder_is_synced = True
        if decision is None and call.name == "fdatasync" and call.path == str(self.fleet.journal):
            return Slowly(self._synced)
        return decision

    def _synced(self):
        self.fleet.durable_bytes = self.fleet.journal.stat().st_size
        self.intents = self._durable_intents()

    def _durable_intents(self):
        return set(SENT_RECORD.findall(self.fleet.journal_content()[:self.fleet.durable_bytes]))

    def _see_request(self, call):
        if self.failed_call is not None:
            self.requests_after_failure += 1
        request = REPLICATE_REQUEST.search(call.content())
        self.requests += 1 if request else 0
        if request and (request.groups() not in self.intents or not self.fleet.folder_is_synced):
            self.unbacked.append(request.groups())

    def expect_backed_requests(self):
        expect(not self.unbacked, f"{len(self.unbacked)} requests sent before their intents were durable: "
                                  f"{self.unbacked[:3]}")
