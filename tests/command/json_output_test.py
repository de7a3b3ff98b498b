#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests that with --json every command writes exactly one JSON object to standard output, and only JSON Lines to
standard error, whatever happens.

    json_output_test.py KEYFERRY
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import command_test  # noqa: E402
from command_test import WAIT_S_MAX, CommandTest, fleet_text  # noqa: E402
from outputs_test import commands  # noqa: E402


def strictly(text):
    """Parses one JSON object."""
    def refuse(word):
        raise ValueError(f"{word} is not JSON")
    value = json.loads(text, parse_constant=refuse)
    if not isinstance(value, dict):
        raise ValueError(f"not an object: {text}")
    return value


class JsonOutput(CommandTest):
    def setUp(self):
        super().setUp()
        self.fleet.write_text(fleet_text(2))
        self.plan = self.home / "fleet.plan"
        self.keyferry("plan", "--offline", self.fleet, "--out", self.plan)
        self.keyferry("run", self.fleet, "--simulate", "--creating", "0s", "--journal", self.journal)
        damaged = self.journal.read_bytes().splitlines(keepends=True)
        self.damaged = self.home / "damaged.journal"
        self.damaged.write_bytes(b"".join(damaged[:3] + [b"x" + damaged[3][1:]] + damaged[4:]))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s")["endpoint"]
        self.environment["AWS_ENDPOINT_URL_STS"] = endpoint
        self.at_kms = ("--endpoint-url", endpoint)
        self.keyferry("run", self.fleet, *self.at_kms, "--journal", self.home / "kms.journal")

    def successes(self):
        """{command: its arguments for a success}"""
        return {
            "plan": (self.fleet, *self.at_kms),
            "show": (self.plan,),
            "check": (self.fleet, *self.at_kms),
            "run": (self.fleet, *self.at_kms, "--journal", self.home / "kms.journal"),
            "sync": (self.fleet, *self.at_kms),
            "status": (self.journal,),
            "explain": ("mrk-" + "0" * 31 + "1", self.fleet, *self.at_kms),
            "validate": (self.fleet,),
            "whoami": (self.fleet,),
            "journal verify": (self.journal,),
            "journal compact": (self.journal,),
            "journal salvage": (self.damaged, "--out", self.home / "salvaged.journal"),
            "journal export": (self.journal, "--csv=" + str(self.home / "jobs.csv")),
        }

    def expect_json(self, words, exit_codes, **options):
        """Runs the command and returns its object and messages."""
        done = subprocess.run(self.command(*words), env=self.environment, capture_output=True, text=True,
                              timeout=WAIT_S_MAX, cwd=self.home, check=False, **options)
        self.assertIn(done.returncode, exit_codes, done.stdout + done.stderr)
        return self.parsed(done.returncode, done.stdout, done.stderr)

    def parsed(self, exit_code, stdout, stderr):
        found = strictly(stdout)
        messages = [strictly(line) for line in stderr.splitlines()]
        if "error" in found:
            self.assertEqual(set(found), {"error"})
            self.assertEqual(found["error"]["code"], exit_code)
            self.assertTrue(found["error"]["message"])
        for message in messages:
            if "level" in message:
                self.assertEqual(set(message), {"level", "message"})
                self.assertIn(message["level"], ("info", "warning", "error"))
        return found, messages

    def test_every_command_succeeds_and_fails_in_json(self):
        garbage = self.home / "garbage"
        garbage.write_text('a "quoted" line\n\x1b[31m\n')
        found = {command for command, text in commands([command_test.KEYFERRY]).items() if "  --json " in text}
        self.assertEqual(found, set(self.successes()))
        for command, arguments in self.successes().items():
            words = command.split()
            with self.subTest(command):
                self.assertNotIn("error", self.expect_json((*words, *arguments, "--json"), {0})[0])
            for name, wrong in (("missing file", self.home / "missing"), ("garbage", garbage), ("folder", self.home)):
                with self.subTest(f"{command}: {name}"):
                    (self.home / "salvaged.journal").unlink(missing_ok=True)
                    report, messages = self.expect_json((*words, wrong, *arguments[1:], "--json"), {1, 2, 3, 74})
                    self.assertTrue("error" in report or command in ("validate", "journal verify"), report)
                    if "error" in report:  # otherwise, the report of validate or verify states what is wrong
                        self.assertIn(str(wrong), report["error"]["message"])
                        self.assertEqual([each["level"] for each in messages][-1:], ["error"])
            for name, wrong in (("unknown option", ("--nonesuch",)), ("second argument", ("a", "b")),
                                ("empty argument", ("",))):
                with self.subTest(f"{command}: {name}"):
                    report, messages = self.expect_json((*words, *arguments, *wrong, "--json"), {3})
                    self.assertRegex(report["error"]["message"], f"'keyferry( {command})? --help'")
                    self.assertEqual(len(messages), 1)

    def test_limits_are_errors_or_part_of_the_report(self):
        self.fleet.write_text(fleet_text(3).replace("a replica", "another description"))
        plan = ("plan", self.fleet, "--offline", "--json")
        for words, text in (((*plan, "--max-jobs", 1), "--max-jobs is 1"),
                            (("run", self.fleet, "--simulate", "--json", "--max-jobs", 1), "--max-jobs is 1"),
                            (("run", self.fleet, "--simulate", "--json", "--max-cost", 1), "--max-cost"),
                            (("sync", self.fleet, *self.at_kms, "--json", "--max-changes", 1), "--max-changes 1")):
            with self.subTest(words):
                report, messages = self.expect_json(words, {2})
                said = [each["message"] for each in messages if each.get("level") == "error"]
                self.assertIn(text, said[-1])
                if "error" in report:
                    self.assertIn(text, report["error"]["message"])
        report, messages = self.expect_json((*plan, "--max-cost", 1), {2})
        self.assertEqual(report["cost"]["keys_added"], 9, "the report, to see why")
        self.assertIn("--max-cost", messages[-1]["message"])

    def test_all_errors_of_a_spec_are_messages(self):
        self.fleet.write_text(fleet_text(1).replace('"us-east-1"', '"nowhere"').replace("policy =", "polcy ="))
        for words in (("plan", self.fleet, "--offline"), ("run", self.fleet, "--simulate"),
                      ("check", self.fleet, *self.at_kms), ("sync", self.fleet, *self.at_kms),
                      ("whoami", self.fleet)):
            with self.subTest(words):
                report, messages = self.expect_json((*words, "--json"), {3})
                self.assertGreater(len(messages), 2)
                self.assertIn("fleet.toml:4:", report["error"]["message"])
                self.assertIn("nothing was done", report["error"]["message"])

    def test_progress_and_rehearsals_are_json(self):
        for progress in ("auto", "bar", "log", "json", "none"):
            with self.subTest(progress):
                self.expect_json(("run", self.fleet, "--simulate", "--json", "--progress", progress,
                                  "--creating", "0s", "--fault", "throttle=0.3"), {0})
        self.expect_json(("plan", self.fleet, "--simulate", "--format", "json"), {0})
        self.expect_json(("plan", self.fleet, "--simulate", "--format=json", "--progress", "bar"), {0})
        for conflict in (("--json",), ("--format", "json")):
            report, _ = self.expect_json(("plan", self.fleet, "--offline", *conflict, "--out", "-"), {3})
            self.assertIn("cannot share standard output", report["error"]["message"])
        # Without --json, standard output receives the plan itself.
        done = self.keyferry("plan", self.fleet, "--offline", "--out", "-", "--detailed-exitcode", exit_code=2)
        self.assertEqual([strictly(line) for line in done.stdout.splitlines()][-1]["end"], True)

    def test_reports_say_their_format_and_begin_alike(self):
        for command, arguments in self.successes().items():
            if command not in ("validate", "whoami", "journal compact", "journal salvage", "journal export"):
                with self.subTest(command):
                    report, _ = self.expect_json((*command.split(), *arguments, "--json"), {0})
                    self.assertEqual(next(iter(report)), "format", report)
        head = ["fleet", "plan_sha256", "simulated", "last_record", "host", "endpoint", "filter", "verb", "live"]
        for words in (("status", self.journal), ("status", self.journal, "--failed")):
            report, _ = self.expect_json((*words, "--json"), {0})
            self.assertEqual(list(report)[1:10], head)
        report, _ = self.expect_json(("explain", "mrk-" + "0" * 31 + "1", "--journal", self.journal, "--json"), {0})
        self.assertEqual(list(report["journal"])[1:10], head)

    def test_names_that_are_not_utf_8_are_escaped(self):
        folder = os.fsencode(self.home) + b"/caf\xe9"
        os.mkdir(folder)
        for file in (self.fleet, self.plan, self.journal, self.damaged, self.home / "kms.journal"):
            os.rename(file, folder + b"/" + os.fsencode(file.name))
        for command, arguments in self.successes().items():
            with self.subTest(command):
                words = [os.fsencode(str(word)).replace(os.fsencode(self.home), folder)
                         for word in (command_test.KEYFERRY, *command.split(), *arguments, "--json")]
                done = subprocess.run(words, env=self.environment, capture_output=True, timeout=WAIT_S_MAX,
                                      cwd=self.home, check=False)
                self.assertIn(done.returncode, (0, 3), done)
                self.parsed(done.returncode, done.stdout.decode(), done.stderr.decode())  # strictly UTF-8
                if command in ("plan", "run", "explain", "journal verify", "journal compact", "journal export"):
                    self.assertIn(b"caf\\\\xe9", done.stdout + done.stderr)
        wrong = subprocess.run([*map(os.fsencode, (command_test.KEYFERRY, "status", "--json")), b"\xff"],
                               env=self.environment, capture_output=True, timeout=WAIT_S_MAX, check=False)
        self.assertIn("\\xff", self.parsed(74, wrong.stdout.decode(), wrong.stderr.decode())[0]["error"]["message"])
        plan = subprocess.run([*map(os.fsencode, (command_test.KEYFERRY, "plan", "--offline", "--json", "--out", "p")),
                               folder + b"/fleet.toml"], env=self.environment, capture_output=True,
                              cwd=self.home, check=False)
        self.assertIn("not valid UTF-8", self.parsed(3, plan.stdout.decode(), plan.stderr.decode())[0]["error"]["message"])
        self.assertFalse(self.home.joinpath("p").exists(), "a plan that could not be read")

    def test_no_credentials_and_a_closed_output(self):
        del self.environment["AWS_ACCESS_KEY_ID"], self.environment["AWS_SECRET_ACCESS_KEY"]
        self.environment["AWS_EC2_METADATA_DISABLED"] = "true"
        for command in ("plan", "check", "run", "sync"):
            with self.subTest(command):
                self.assertIn("error", self.expect_json((command, self.fleet, "--json"), {6})[0])
        self.expect_json(("whoami", self.fleet, "--json"), {6})
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run(self.command("plan", self.fleet, "--offline", "--json"), env=self.environment,
                                  stdout=full, stderr=subprocess.PIPE, text=True, timeout=WAIT_S_MAX, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(strictly(done.stderr.splitlines()[-1])["level"], "error")

    def test_a_signal_before_main_still_gives_an_object(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is missing")
        # The first two calls install the handlers of SIGINT and SIGTERM. Those of main() come later.
        strace = ["strace", "--output", os.devnull, "--trace", "rt_sigaction",
                  "--inject", "rt_sigaction:signal=SIGTERM:when=3"]
        done = subprocess.run([*strace, *self.command("status", self.journal, "--json")], env=self.environment,
                              capture_output=True, text=True, timeout=WAIT_S_MAX, check=False)
        report, _ = self.parsed(done.returncode, done.stdout, done.stderr)
        self.assertEqual(report["error"], {"code": 130, "message": "interrupted"})

    def test_an_interrupted_command_still_writes_its_object(self):
        started = self.home / "started"
        script = self.home / "keys"
        script.write_text(f"#!/bin/sh\ntouch {started}\nexec sleep 1000\n")
        script.chmod(0o700)
        (self.home / ".aws").mkdir()
        (self.home / ".aws" / "config").write_text(f"[profile slow]\ncredential_process = {script}\n")
        for command in ("plan", "run"):
            with self.subTest(command):
                process = self.start(command, self.fleet, "--profile", "slow", "--json")
                self.wait_until(started.exists)
                process.send_signal(signal.SIGINT)
                stdout, stderr = process.communicate(timeout=WAIT_S_MAX)
                report, _ = self.parsed(process.returncode, stdout, stderr)
                self.assertEqual(report["error"]["code"], 130)
                self.assertTrue(report["error"]["message"].startswith("interrupted"))
                started.unlink()


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
