#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests runs and surveys in which KMS denies calls, refuses connections, throttles, is slow or is down.

    outages_test.py KEYFERRY

Outages that last minutes are rehearsed in virtual time (plan --simulate); the other cases use a fake KMS on
loopback or the simulator. bench/outages.py measures the same cases.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import unittest
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))

import command_test  # noqa: E402
from command_test import CommandTest  # noqa: E402
from credential_fakes import ACCOUNT, Sources  # noqa: E402
from kms_fakes import FakeKms, KmsProxy, key_name  # noqa: E402

OTHER = "444455556666"
DEFAULT_IN_FLIGHT_PER_ENDPOINT = 64


def key_arns(region, numbers, account=ACCOUNT):
    return [f"arn:aws:kms:{region}:{account}:key/{key_name(number)}" for number in numbers]


def spec(keys, quota=5, wait="", regions=("eu-west-1",), tables=""):
    """`keys`: ARNs, or the number of keys in us-east-1."""
    if isinstance(keys, int):
        keys = key_arns("us-east-1", range(1, keys + 1))
    listed = "\n".join(f'  "{arn}",' for arn in keys)
    return f"""\
[fleet]
name = "troubled"

[[group]]
name = "all"
policy = "default"
replicate_to = {json.dumps(regions)}
keys = [
{listed}
]

[[limits.quota]]
ReplicateKey = {quota}
CreateKey = {2 * quota}

[wait]
{wait}
{tables}
"""


class OutageTest(CommandTest):
    def fake_kms(self, trouble):
        kms = FakeKms(trouble)
        self.addCleanup(kms.close)
        return kms

    def proxy(self, endpoint, trouble):
        kms = KmsProxy(endpoint, trouble)
        self.addCleanup(kms.close)
        return kms

    @staticmethod
    def dead_url():
        with socket.socket() as free:  # no process listens on this port afterwards
            free.bind(("127.0.0.1", 0))
            return f"http://127.0.0.1:{free.getsockname()[1]}"

    def ledger_count(self, text):
        return self.ledger.read_text().count(text)

    def run_against(self, url, exit_code, *options):
        done = self.keyferry("run", self.fleet, "--endpoint-url", url, "--json", *options, exit_code=exit_code)
        return json.loads(done.stdout), done.stderr


class Outages(OutageTest):
    def rehearse(self, fault):
        """Returns the counts of a run in virtual time, by outcome."""
        text = self.keyferry("plan", self.fleet, "--simulate", "--fault", fault).stdout
        return {outcome: int(count) for count, outcome in
                re.findall(r"(\d+) (created|existed|failed|unknown|deferred)(?=[,\n])", text)}

    def test_initial_throttling_does_not_abandon_regions(self):
        self.fleet.write_text(spec(60))
        counts = self.rehearse("eu-west-1/DescribeKey.throttle=1@0s..50s")
        self.assertEqual((counts["created"], counts["deferred"]), (60, 0))

    def test_outages_from_the_first_call_are_waited_out(self):
        self.fleet.write_text(spec(60))
        for fault in ("eu-west-1/DescribeKey.down=1@0s..45s", "eu-west-1/down=1@0s..5m", "us-east-1/down=1@0s..5m",
                      "us-east-1/internal=1@0s..5m"):
            counts = self.rehearse(fault)
            self.assertEqual((counts["failed"], counts["unknown"], counts["deferred"]), (0, 0, 0), fault)

    def test_denied_keys_fail_individually_and_do_not_block_others(self):
        self.fleet.write_text(spec(40, quota=500))
        denied = {key_name(number) for number in range(1, 26)}
        kms = self.fake_kms(lambda call: (400, "AccessDeniedException") if call.operation == "ReplicateKey"
                            and call.key in denied else None)
        report, _ = self.run_against(kms.url, 6)
        self.assertEqual(report["counts"]["created"], 15)
        self.assertEqual(report["counts"]["failed"], 25)
        tried = [call.key for call in kms.calls if call.operation == "ReplicateKey"]
        self.assertEqual(len(tried), 40, "one attempt for each key")
        for key in denied:
            self.assertIn(f"AccessDeniedException for {key}", self.journal.read_text())

    def test_unreachable_endpoint_is_parked_after_few_attempts(self):
        self.fleet.write_text(spec(3000, quota=100_000, wait='park_timeout = "3s"'))
        _, stderr = self.run_against(self.dead_url(), 5)
        self.assertLessEqual(self.journalled("sent"), 600, "at most the number of concurrent calls")
        jobs = re.findall(r'"ev":"sent".*?"job":(\d+)', self.journal.read_text())
        self.assertEqual(len(jobs), len(set(jobs)), "a request that was never sent is recorded once")
        self.assertIn("unreachable", stderr)

    def test_expired_credentials_are_not_reported_as_a_network_problem(self):
        self.fleet.write_text(spec(5, quota=500))
        kms = self.fake_kms(lambda call: (400, "ExpiredTokenException") if call.operation == "ReplicateKey" else None)
        done = self.keyferry("run", self.fleet, "--endpoint-url", kms.url, exit_code=6)
        self.assertIn("credentials refused", done.stderr)
        self.assertIn("expired", done.stderr)
        self.assertNotIn("network", done.stderr)

    def test_unusable_credentials_end_only_the_jobs_of_their_account(self):
        self.fleet.write_text(spec(key_arns("us-east-1", range(1, 41)) + key_arns("us-east-1", range(1, 41), OTHER),
                                   quota=500, tables=f"""
[accounts.{ACCOUNT}]
profile = "one"
[accounts.{OTHER}]
profile = "two"
"""))
        starts = self.home / "starts"
        (self.home / ".aws").mkdir()
        config = ""
        for name in ("one", "two"):
            script = self.home / name
            script.write_text(f"#!/bin/sh\necho {name} >> {starts}\n"
                              f"echo '{{\"Version\":1,\"AccessKeyId\":\"AKID{name}\","
                              "\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\"}'\n")
            script.chmod(0o700)
            config += f"[profile {name}]\ncredential_process = {script}\n"
        (self.home / ".aws" / "config").write_text(config)
        kms = self.fake_kms(lambda call: (400, "ExpiredTokenException") if call.caller == "AKIDtwo"
                            and call.operation == "ReplicateKey" else None)
        sources = Sources()
        self.addCleanup(sources.close)
        sources.account = lambda headers: OTHER if "AKIDtwo" in headers["Authorization"] else ACCOUNT
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            del self.environment[name]
        self.environment["AWS_ENDPOINT_URL_STS"] = sources.url
        report, stderr = self.run_against(kms.url, 6)
        self.assertEqual((report["counts"]["created"], report["counts"]["deferred"]), (40, 40))
        self.assertIn(f'"account":"{OTHER}","about":"account","state":"abandoned","reason":"credentials refused"',
                      stderr)
        jobs = re.findall(r'"ev":"sent".*?"job":(\d+)', self.journal.read_text())
        self.assertEqual(len(jobs), len(set(jobs)), "no request without credentials is recorded twice")
        self.assertEqual(starts.read_text().count("two"), 2, "one attempt to renew the credentials")

    def test_region_that_refuses_the_token_does_not_stop_others(self):
        keys = key_arns("us-east-1", range(1, 21)) + key_arns("me-south-1", range(101, 121))
        self.fleet.write_text(spec(keys, quota=500, wait='park_timeout = "1s"\npoll_delay_min = "100ms"'))
        kms = self.proxy(self.simulate("--quota-scale", 0, "--creating", "0s")["endpoint"],
                         lambda call: (400, "UnrecognizedClientException") if call.region == "me-south-1" else None)
        report, _ = self.run_against(kms.url, 5, "--no-preflight")
        self.assertEqual((report["counts"]["created"], report["counts"]["deferred"]), (20, 20))

    def test_slow_region_leaves_connections_to_others(self):
        self.fleet.write_text(spec(300, quota=200, regions=("eu-west-1", "eu-central-1", "us-west-2")))
        url = self.simulate("--quota-scale", 0, "--creating", "0s", "--fault",
                            "eu-west-1/ReplicateKey.slow=1,slow-delay=1h..1h")["endpoint"]
        self.start("run", self.fleet, "--no-preflight", "--endpoint-url", url)

        def sent_to_slow_region():
            return self.journal.read_text().count('"region":"eu-west-1"') if self.journal.exists() else 0

        # The first calls to the slow Region do not return. Keys without such a call proceed in the other Regions.
        self.wait_until(lambda: sent_to_slow_region() >= DEFAULT_IN_FLIGHT_PER_ENDPOINT or
                        self.ledger_count('"effect_region":"eu-central-1"') >= 200)
        self.assertLess(sent_to_slow_region(), DEFAULT_IN_FLIGHT_PER_ENDPOINT)

    def test_progress_estimates_no_time_while_parked(self):
        self.fleet.write_text(spec(500, quota=50, wait='park_timeout = "6s"'))  # a progress line every 5 s
        done = self.keyferry("run", self.fleet, "--no-preflight", "--progress", "log", "--endpoint-url",
                             self.dead_url(), exit_code=5)
        lines = [line for line in done.stderr.splitlines() if "/500 done" in line]
        self.assertTrue(lines, done.stderr)
        for line in lines:
            self.assertRegex(line, r"parked: KMS in us-east-1 of account 111122223333 \(.*\), next probe in [0-9]+ s, "
                                   "gives up in [0-9]+ s")
            self.assertNotIn("left", line)

    def test_journal_reserves_space_in_steps(self):
        (self.home / "keys").write_text("\n".join(key_arns("us-east-1", range(1, 200_001))) + "\n")
        text = spec(1).split("keys = [")[0] + 'keys_file = "keys"\n'
        self.fleet.write_text(text)
        self.start("run", self.fleet, "--simulate")
        journal = self.home / "fleet.simulated.journal"
        self.wait_until(lambda: journal.exists() and b'"ev":"sent"' in journal.read_bytes()[:1_000_000])
        self.assertLess(journal.stat().st_blocks * 512, 80_000_000)


class Surveys(OutageTest):
    def test_brief_connection_resets_are_waited_out(self):
        self.fleet.write_text(spec(5000))
        url = self.simulate("--quota-scale", 0)["endpoint"]
        messages = self.home / "messages"
        with messages.open("w") as stderr:
            process = subprocess.Popen(self.command("plan", self.fleet, "--progress", "none", "--endpoint-url", url),
                                       env=self.environment, stdout=subprocess.DEVNULL, stderr=stderr, cwd=self.home)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.wait_until(lambda: self.ledger_count('"DescribeKey"') >= 300)
        self.set_faults(url, "us-east-1/DescribeKey.reset=1")
        self.wait_until(lambda: "parked" in messages.read_text() or process.poll() is not None)
        self.set_faults(url, "")
        self.assertEqual(process.wait(command_test.WAIT_S_MAX), 0, messages.read_text())

    @staticmethod
    def set_faults(url, faults):
        request = urllib.request.Request(url.rstrip("/") + "/_keyferry/faults", data=faults.encode(), method="PUT")
        urllib.request.urlopen(request, timeout=command_test.WAIT_S_MAX).close()

    def test_calls_to_abandoned_endpoint_do_not_wait_for_quota(self):
        self.fleet.write_text(spec(1000, wait='park_timeout = "1s"',
                                   tables='[[limits.quota]]\nregion = "us-east-1"\nDescribeKey = 10'))
        done = self.keyferry("plan", self.fleet, "--endpoint-url", self.dead_url(), exit_code=5)
        self.assertIn("1,000 of 1,000 keys", done.stderr)

    def test_region_with_low_quota_does_not_delay_others(self):
        keys = key_arns("us-east-1", range(1, 11_001)) + key_arns("us-west-2", range(20_001, 21_001))
        self.fleet.write_text(spec(keys, tables='[[limits.quota]]\nregion = "us-east-1"\nDescribeKey = 10'))
        url = self.simulate("--quota-scale", 0)["endpoint"]
        self.start("plan", self.fleet, "--progress", "none", "--endpoint-url", url)
        self.wait_until(lambda: self.ledger_count('"region":"us-west-2"') >= 1000 or
                        self.ledger_count('"region":"us-east-1"') >= 100)
        self.assertGreaterEqual(self.ledger_count('"region":"us-west-2"'), 1000)


if __name__ == "__main__":
    command_test.KEYFERRY = str(Path(sys.argv.pop(1)).resolve())
    del CommandTest, OutageTest
    unittest.main()
