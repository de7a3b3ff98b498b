#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End-to-end tests of the keyferry command over real sockets and TLS, including kills, interruptions and misuse.

    command_test.py KEYFERRY

Uses an isolated environment, home directory and files.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))

from isolated_environment import SECRET, isolated_environment  # noqa: E402

KEYFERRY = ""
WAIT_S_MAX = 60
REGIONS = ("eu-west-1", "eu-central-1", "us-west-2")


def fleet_text(keys, quota=1000, extra=""):
    listed = "\n".join(f'    "mrk-{number:032x}",' for number in range(1, keys + 1))
    return f"""\
[fleet]
name = "tested"
account = "111122223333"
primary = "us-east-1"

[[group]]
name = "all"
keys = [
{listed}
]
replicate_to = {json.dumps(REGIONS)}
policy = "default"
tags = {{ team = "payments" }}
description = "a replica"
{extra}
[[limits.quota]]
ReplicateKey = {quota}
CreateKey = {2 * quota}

[wait]
poll_delay_min = "100ms"
poll_delay_max = "200ms"
doubt_timeout = "1s"
"""


class CommandTest(unittest.TestCase):
    def setUp(self):
        self.home = Path(tempfile.mkdtemp(prefix="keyferry-command-"))
        self.addCleanup(shutil.rmtree, self.home)
        self.fleet = self.home / "fleet.toml"
        self.journal = self.home / "fleet.journal"
        self.ledger = self.home / "ledger"
        self.environment = isolated_environment(self.home)

    def command(self, *arguments):
        return [KEYFERRY, *map(str, arguments)]

    def keyferry(self, *arguments, exit_code=0, **environment):
        """Runs the command to completion, checks its exit code, and returns the finished process."""
        done = subprocess.run(self.command(*arguments), env=self.environment | environment,
                              capture_output=True, text=True, timeout=WAIT_S_MAX, cwd=self.home)
        self.assertEqual(done.returncode, exit_code, done.stdout + done.stderr)
        return done

    def start(self, *arguments):
        process = subprocess.Popen(self.command(*arguments), env=self.environment, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.home)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def simulate(self, *arguments):
        """Starts a simulator with the fleet's keys and returns its first line of output."""
        self.simulator = self.start("simulate", "--fleet", self.fleet, "--ledger", self.ledger,
                                    "--seed", 7, *arguments)
        return json.loads(self.simulator.stdout.readline())

    def journalled(self, event):
        """Returns the number of records of this kind in the journal."""
        if not self.journal.exists():
            return 0
        return self.journal.read_text().count(f'"ev":"{event}"')

    def wait_until(self, condition):
        deadline = time.monotonic() + WAIT_S_MAX
        while not condition():
            self.assertLess(time.monotonic(), deadline, "timed out waiting")
            time.sleep(0.001)  # polls a file; no test depends on the interval

    def replicas_made(self):
        """Returns (key, Region) of every replica that the simulator created, with duplicates. Stops the
        simulator first, so that its ledger is complete."""
        self.simulator.terminate()
        self.assertEqual(self.simulator.wait(timeout=WAIT_S_MAX), 0)
        made = []
        for line in self.ledger.read_text().splitlines():
            entry = json.loads(line)
            if entry.get("effect") == "replica_created":
                made.append((entry["effect_key"], entry["effect_region"]))
        return made

    def expect_each_replica_once(self, keys):
        made = self.replicas_made()
        self.assertEqual(len(made), len(set(made)), "a replica was created twice")
        self.assertEqual(len(made), keys * len(REGIONS), "a replica is missing")


class Permissions(CommandTest):
    def test_the_policy_alone_is_json(self):
        self.fleet.write_text(fleet_text(2))
        policy = json.loads(self.keyferry("permissions", self.fleet).stdout)
        self.assertEqual([statement["Action"] for statement in policy["Statement"]],
                         ["kms:ReplicateKey", "kms:CreateKey", "kms:TagResource", "kms:DescribeKey"])

    def test_multiple_policies_are_announced(self):
        self.fleet.write_text(fleet_text(50))
        done = self.keyferry("permissions", self.fleet)
        self.assertEqual(len(json.loads(done.stdout)), 2)
        self.assertIn("6144", done.stderr)
        text = self.keyferry("permissions", self.fleet, "--format", "text").stdout
        self.assertIn("IAM policy 2 of 2 for account 111122223333", text)
        self.assertIn("[ ] kms:MultiRegion", text)

    def test_account_option_selects_an_account_of_the_fleet(self):
        other = """
[[group]]
name = "other"
account = "444455556666"
keys = ["mrk-ffffffffffffffffffffffffffffffff"]
replicate_to = ["eu-west-1"]
policy = "default"
"""
        self.fleet.write_text(fleet_text(1, extra=other))
        self.assertIn("--account", self.keyferry("permissions", self.fleet, exit_code=3).stderr)
        done = self.keyferry("permissions", self.fleet, "--account", "444455556666")
        self.assertNotIn("111122223333", done.stdout)
        self.keyferry("permissions", self.fleet, "--account", "999988887777", exit_code=3)
        self.keyferry("permissions", self.fleet, "--account", "12", exit_code=3)


class Runs(CommandTest):
    def test_a_fleet_is_replicated_and_reported(self):
        self.fleet.write_text(fleet_text(5))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s")["endpoint"]
        done = self.keyferry("run", self.fleet, "--endpoint-url", endpoint, "--json")
        report = json.loads(done.stdout)
        self.assertEqual(report["counts"]["created"], 15)
        self.expect_each_replica_once(5)

    def test_tls_requires_a_trusted_certificate_authority(self):
        self.fleet.write_text(fleet_text(2) + 'park_timeout = "1s"\n')
        authority = self.home / "authority.pem"
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s", "--https",
                                 "--certificate-out", authority)["endpoint"]
        self.assertTrue(endpoint.startswith("https://"))
        refused = self.keyferry("run", self.fleet, "--endpoint-url", endpoint, exit_code=5)
        self.assertIn("certificate", refused.stdout)
        self.assertEqual(self.ledger.read_text(), "", "no request reached an untrusted server")
        self.keyferry("run", self.fleet, "--endpoint-url", endpoint, AWS_CA_BUNDLE=str(authority))
        self.expect_each_replica_once(2)

    def test_killed_run_resumes_and_creates_every_replica_once(self):
        self.fleet.write_text(fleet_text(40, quota=60))
        endpoint = self.simulate("--quota-scale", 12, "--creating", "10ms..50ms",
                                 "--fault", "throttle=0.02,ReplicateKey.lost=0.02")["endpoint"]
        run = ("run", self.fleet, "--endpoint-url", endpoint)
        for outcomes in (10, 30, 60):
            process = self.start(*run)
            self.wait_until(lambda: self.journalled("done") >= outcomes)
            process.kill()
            process.wait()
        dead = self.keyferry("status", self.journal, exit_code=5)
        self.assertIn("killed", dead.stdout)
        done = self.keyferry(*run)
        self.assertIn("resuming", done.stderr)
        self.assertIn("120 of 120 replicas exist", done.stdout)
        self.expect_each_replica_once(40)

    def test_interrupted_run_stops_and_rerun_finishes(self):
        self.fleet.write_text(fleet_text(20, quota=20))
        endpoint = self.simulate("--quota-scale", 4, "--creating", "0s")["endpoint"]
        run = ("run", self.fleet, "--endpoint-url", endpoint)
        process = self.start(*run)
        self.wait_until(lambda: self.journalled("done") >= 5)
        process.send_signal(signal.SIGINT)
        output, notes = process.communicate(timeout=WAIT_S_MAX)
        self.assertEqual(process.returncode, 130, output + notes)
        self.assertIn("stopping after", notes)
        self.assertEqual(self.journalled("end"), 1)
        self.keyferry(*run)
        self.expect_each_replica_once(20)

    def test_second_run_on_same_journal_is_refused_with_lock_holder(self):
        self.fleet.write_text(fleet_text(5))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "1h")["endpoint"]
        run = ("run", self.fleet, "--endpoint-url", endpoint)
        first = self.start(*run)
        self.wait_until(lambda: self.journalled("accepted") >= 1)
        second = self.keyferry(*run, exit_code=75)
        self.assertIn(str(first.pid), second.stderr)
        first.kill()
        first.wait()
        self.assertIn("killed", self.keyferry("status", self.journal, exit_code=5).stdout)

    def test_second_rehearsal_of_a_fleet_is_refused_while_the_first_is_active(self):
        self.fleet.write_text(fleet_text(3))
        journal = self.home / "fleet.simulated.journal"
        first = self.start("run", self.fleet, "--simulate", "--creating", "1h")
        self.wait_until(lambda: journal.exists() and journal.read_text().count('"accepted"') == 9)
        refused = self.keyferry("run", self.fleet, "--simulate", "--creating", "0s", exit_code=75)
        self.assertIn(str(first.pid), refused.stderr)
        self.assertIn("its own --journal", refused.stderr)
        other = self.home / "other.journal"
        self.keyferry("run", self.fleet, "--simulate", "--creating", "0s", "--journal", other)
        first.send_signal(signal.SIGINT)
        output, _ = first.communicate(timeout=WAIT_S_MAX)
        self.assertIn("0 of 9 replicas exist", output)
        self.keyferry("run", self.fleet, "--simulate", "--creating", "0s")

    def test_run_reports_from_the_journal_that_it_wrote(self):
        self.fleet.write_text(fleet_text(3))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "1h")["endpoint"]
        first = self.start("run", self.fleet, "--endpoint-url", endpoint)
        self.wait_until(lambda: self.journalled("accepted") == 9)
        self.journal.rename(self.home / "moved")
        self.journal.write_text("a user's file\n")
        first.send_signal(signal.SIGINT)
        output, notes = first.communicate(timeout=WAIT_S_MAX)
        self.assertEqual(first.returncode, 130, output + notes)
        self.assertIn("0 of 9 replicas exist", output)
        self.assertIn("removed or replaced while it was in use", notes)

    def test_changed_spec_is_refused_with_old_journal(self):
        self.fleet.write_text(fleet_text(1))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s")["endpoint"]
        self.keyferry("run", self.fleet, "--endpoint-url", endpoint)
        self.fleet.write_text(fleet_text(2))
        refused = self.keyferry("run", self.fleet, "--endpoint-url", endpoint, exit_code=3)
        self.assertIn("another plan", refused.stderr)
        self.assertEqual(len(self.replicas_made()), 3)

    def test_wrong_secret_stops_the_run_and_rerun_finishes(self):
        self.fleet.write_text(fleet_text(10))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s")["endpoint"]
        run = ("run", self.fleet, "--endpoint-url", endpoint)
        refused = self.keyferry(*run, exit_code=6, AWS_SECRET_ACCESS_KEY="not-the-secret")
        self.assertIn("InvalidSignatureException", refused.stderr)
        self.assertNotIn("not-the-secret", refused.stdout + refused.stderr)
        self.keyferry(*run, "--no-preflight", exit_code=6, AWS_SECRET_ACCESS_KEY="not-the-secret")
        self.keyferry("status", self.journal, exit_code=6)
        self.keyferry(*run)
        self.expect_each_replica_once(10)

    def test_denied_describe_key_is_reported_by_exit_code(self):
        self.fleet.write_text(fleet_text(2))
        done = self.keyferry("run", self.fleet, "--simulate", "--creating", "1s",
                             "--fault", "DescribeKey.denied=1", exit_code=6)
        self.assertIn("unknown, AccessDeniedException", done.stdout)
        self.assertIn("The caller needs kms:DescribeKey", " ".join(done.stdout.split()))

    def test_rehearsal_makes_no_aws_calls_and_needs_no_credentials(self):
        self.fleet.write_text(fleet_text(5))
        done = self.keyferry("run", self.fleet, "--simulate", "--creating", "0s",
                             AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="",
                             AWS_ENDPOINT_URL="http://127.0.0.1:1")
        self.assertIn("simulated", done.stdout)
        self.assertFalse(self.journal.exists(), "the real run uses a different journal")

    def test_no_secret_is_in_any_file_or_output(self):
        self.fleet.write_text(fleet_text(2))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s")["endpoint"]
        done = self.keyferry("run", self.fleet, "--endpoint-url", endpoint)
        kept = done.stdout + done.stderr + self.journal.read_text()
        self.assertNotIn(SECRET, kept)
        self.assertNotIn("Signature=", kept)
        self.assertEqual(self.journal.stat().st_mode & 0o777, 0o600)


class Misuse(CommandTest):
    def test_all_spec_errors_are_reported_with_line_and_column(self):
        self.fleet.write_text('[fleet]\nnmae = "x"\naccount = "12"\n\n[[group]]\nname = "g"\n'
                              'keys = ["mrk-1"]\nreplicate_to = ["eu-west-1"]\npolicy = "defalt"\n')
        refused = self.keyferry("plan", "--offline", self.fleet, exit_code=3)
        lines = refused.stderr.splitlines()
        for place in ("2:1", "3:11", "7:9", "9:10"):
            self.assertTrue(any(line.startswith(f"{self.fleet}:{place}: ") for line in lines),
                            f"{place} in\n{refused.stderr}")
        self.assertEqual(refused.stdout, "")

    def test_missing_file_is_named(self):
        self.assertIn("gone.toml", self.keyferry("plan", "--offline", "gone.toml", exit_code=3).stderr)

    def test_plain_http_is_restricted_to_loopback(self):
        self.fleet.write_text(fleet_text(1))
        refused = self.keyferry("run", self.fleet, "--endpoint-url", "http://192.0.2.1/",
                                exit_code=3)
        self.assertIn("loopback", refused.stderr)
        self.assertFalse(self.journal.exists())

    def test_missing_credentials_list_searched_sources(self):
        self.fleet.write_text(fleet_text(1))
        refused = self.keyferry("run", self.fleet, exit_code=6, AWS_ACCESS_KEY_ID="",
                                AWS_SECRET_ACCESS_KEY="")
        self.assertIn("AWS_ACCESS_KEY_ID", refused.stderr)
        self.assertIn("--profile", refused.stderr)
        self.assertFalse(self.journal.exists())

    def test_file_that_is_not_a_journal_is_not_modified(self):
        self.fleet.write_text(fleet_text(1))
        self.journal.write_text("notes of mine\n")
        self.keyferry("run", self.fleet, "--simulate", "--journal", self.journal, exit_code=74)
        self.assertEqual(self.journal.read_text(), "notes of mine\n")

    def test_full_disk_on_standard_output_is_an_error(self):
        self.fleet.write_text(fleet_text(1))
        with open("/dev/full", "w") as full:
            done = subprocess.run(self.command("plan", "--offline", self.fleet), env=self.environment,
                                  stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)

    def test_unknown_commands_and_options_are_usage_errors(self):
        self.assertIn("Usage: keyferry", self.keyferry().stdout)
        self.keyferry("fly", exit_code=3)
        self.keyferry("plan", exit_code=3)
        self.fleet.write_text(fleet_text(1))
        self.keyferry("plan", "--offline", self.fleet, "--simulate", "--fault", "flood=1", exit_code=3)


class Plans(CommandTest):
    def test_plan_is_deterministic(self):
        self.fleet.write_text(fleet_text(3))
        reports = [json.loads(self.keyferry("plan", "--offline", self.fleet, "--json", "--list-jobs").stdout)
                   for _ in range(2)]
        for report in reports:
            del report["provenance"]["made"]
        self.assertEqual(*map(json.dumps, reports))
        self.assertEqual(len(reports[0]["jobs"]), 9)

    def test_detailed_exit_code_indicates_pending_work(self):
        self.fleet.write_text(fleet_text(3))
        self.keyferry("plan", "--offline", self.fleet)
        self.keyferry("plan", "--offline", self.fleet, "--detailed-exitcode", exit_code=2)

    def test_spec_names_cannot_inject_terminal_sequences(self):
        self.fleet.write_text(fleet_text(1).replace('"all"', '"a\\u009b31mb"'))
        refused = self.keyferry("plan", "--offline", self.fleet, exit_code=3).stderr
        self.assertIn("'a\\xc2\\x9b31mb' is not a valid name", refused)

    def test_arguments_cannot_inject_terminal_sequences(self):
        shown = self.keyferry("plan", "a\u009b31mb", exit_code=3).stderr
        self.assertNotIn("\u009b", shown)
        self.assertIn("a\\x9b31mb", shown)
        self.assertIn("'\\xc2\\x9b31mb'", self.keyferry("\u009b31mb", exit_code=3).stderr)

    def test_plan_over_max_cost_is_refused_with_amounts(self):
        self.fleet.write_text(fleet_text(3))
        self.keyferry("plan", "--offline", self.fleet, "--max-cost", 9)
        refused = self.keyferry("plan", "--offline", self.fleet, "--max-cost", 8.5, exit_code=2)
        self.assertIn("9 replicas at $1 per month each add $9 per month; --max-cost is $8.50",
                      refused.stderr)
        self.assertIn("after     12        $12      $144", refused.stdout)
        self.keyferry("run", self.fleet, "--simulate", "--max-cost", 8.5, exit_code=2)
        self.assertEqual(list(self.home.glob("*.journal")), [])

    def test_rehearsed_plan_reports_the_result(self):
        self.fleet.write_text(fleet_text(3))
        done = self.keyferry("plan", "--offline", self.fleet, "--simulate", "--fault", "throttle=0.2")
        self.assertIn("9 created", done.stdout)


if __name__ == "__main__":
    KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
