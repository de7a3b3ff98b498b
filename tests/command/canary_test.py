#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Passes a distinctive secret through every credential source and through runs that succeed, fail, are killed
or crash. Then searches for the secret in all output, in every written file, in core files and in the command
lines of all processes.

    canary_test.py KEYFERRY
"""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))

import command_test  # noqa: E402
from command_test import SECRET, WAIT_S_MAX, fleet_text  # noqa: E402
from credential_fakes import CANARY, ExpiringKms  # noqa: E402
from credentials_test import ROLE, CredentialsTest  # noqa: E402


class CommandLines:
    """Repeatedly reads the command lines of all processes until the context ends."""

    def __enter__(self):
        self.seen = set()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def watch(self):
        while not self.over.wait(0.002):  # would otherwise keep a processor busy
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes())
                except OSError:  # the process has ended
                    pass


class Canary(CredentialsTest):
    def setUp(self):
        super().setUp()
        # Do not wait for sources and endpoints that fail.
        self.fleet.write_text(self.fleet.read_text().replace("[wait]", '[wait]\npark_timeout = "1s"'))
        self.outputs = ""
        # Files that the test writes itself, which contain the canary.
        self.given = set()

    def give(self, name, text, mode=0o600):
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        self.given.add(path)
        return path

    def run_keyferry(self, *arguments, **environment):
        done = subprocess.run(self.command(*arguments), env=self.environment | environment, cwd=self.home,
                              capture_output=True, text=True, timeout=WAIT_S_MAX)
        self.outputs += done.stdout + done.stderr
        return done.returncode

    def expect_no_canary(self, command_lines):
        self.assertNotIn(CANARY, self.outputs)
        for path in self.home.rglob("*"):
            if path.is_file() and path not in self.given:
                self.assertNotIn(CANARY.encode(), path.read_bytes(), path)
        self.assertGreater(len(command_lines.seen), 1)
        for line in command_lines.seen:
            self.assertNotIn(CANARY.encode(), line)

    def test_no_source_leaks_the_secret(self):
        keys = self.give("keys", f'#!/bin/sh\necho \'{{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"{CANARY}"}}\'\n',
                         0o700)
        failing = self.give("failing", f"#!/bin/sh\necho {CANARY}\nexit 1\n", 0o700)
        web = self.give("web", f"{CANARY}.web\n")
        self.give(".aws/credentials", f"[base]\naws_access_key_id = AKID\naws_secret_access_key = {CANARY}\n"
                                      f"[broken]\naws_access_key_id = AKID\naws_secret_access_key = {CANARY} # mine\n")
        self.give(".aws/config", f"[profile role]\nrole_arn = {ROLE}\nsource_profile = base\n"
                                 f"[profile process]\ncredential_process = {keys}\n"
                                 f"[profile failing]\ncredential_process = {failing}\n"
                                 f"[profile loose]\ncredential_process = {failing} '{CANARY}\n")
        ways = [{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": CANARY, "AWS_SESSION_TOKEN": CANARY},
                {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": f"{CANARY} "},
                {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.sources.url}/container",
                 "AWS_CONTAINER_AUTHORIZATION_TOKEN": CANARY},
                {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.sources.url}/container",
                 "AWS_CONTAINER_AUTHORIZATION_TOKEN": f"{CANARY}\r\nX: y"},
                {"AWS_WEB_IDENTITY_TOKEN_FILE": str(web), "AWS_ROLE_ARN": ROLE},
                *({"AWS_PROFILE": name} for name in ("base", "broken", "role", "process", "failing", "loose")),
                {}]
        with CommandLines() as command_lines:
            codes = [self.run_keyferry("whoami", self.fleet, **way) for way in ways]
            self.sources.refusal = "AccessDenied"
            codes += [self.run_keyferry("whoami", self.fleet, **way) for way in ways]
            codes += [self.run_keyferry("plan", self.fleet, **way) for way in ways]
        self.assertEqual(set(codes), {0, 5, 6})
        self.expect_no_canary(command_lines)

    def test_no_run_leaks_the_secret(self):
        self.fleet.write_text(fleet_text(20, quota=20, extra="[limits]\nin_flight_max = 4\n"))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "10ms..50ms",
                                 "--fault", "throttle=0.05,ReplicateKey.lost=0.05")["endpoint"]
        kms = ExpiringKms(endpoint, SECRET, calls_a_token=20)
        self.addCleanup(kms.close)
        self.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{self.sources.url}/container"
        run = ("run", self.fleet, "--endpoint-url", kms.url)
        with CommandLines() as command_lines:
            for stop_signal in (signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV):
                self.run_until_killed(run, stop_signal)
            code = self.run_keyferry(*run)
            self.run_keyferry("status", self.journal, "--json")
            self.run_keyferry("journal", "export", self.journal)
        self.assertEqual(code, 0, self.outputs)
        self.expect_no_canary(command_lines)

    def run_until_killed(self, run, stop_signal):
        """Sends `stop_signal` to a run after it has created some more replicas, with unlimited core size."""
        def allow_cores():
            try:
                hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
                resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
            except (OSError, ValueError):
                pass

        before = self.journalled("done")
        # With sanitizers, the signal must end the process in the same way as in the release build.
        environment = self.environment | {"ASAN_OPTIONS": "handle_segv=0:handle_abort=0"}
        process = subprocess.Popen(self.command(*run), env=environment, text=True, cwd=self.home,
                                   preexec_fn=allow_cores, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end, process)
        self.wait_until(lambda: self.journalled("done") >= before + 3)
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        core = next(line.split() for line in limits.splitlines() if line.startswith("Max core file size"))
        self.assertEqual(core[4:6], ["0", "0"], "no core is written, wherever the system would put it")
        process.send_signal(stop_signal)
        output, notes = process.communicate(timeout=WAIT_S_MAX)
        self.outputs += output + notes
        self.assertEqual(process.returncode, -stop_signal)
        self.assertEqual(list(self.home.glob("core*")), [])

    def test_the_search_finds_a_leaked_secret(self):
        self.give(".aws/credentials", f"[default]\naws_access_key_id = AKID\naws_secret_access_key = {CANARY}\n")
        sleeper = subprocess.Popen(["sh", "-c", f"sleep {WAIT_S_MAX} # {CANARY}"])
        try:
            with CommandLines() as command_lines:
                self.wait_until(lambda: any(CANARY.encode() in line for line in list(command_lines.seen)))
        finally:
            sleeper.kill()
            sleeper.wait()
        (self.home / "leak.log").write_text(json.dumps({"secret": CANARY}))
        with self.assertRaises(AssertionError):
            self.expect_no_canary(command_lines)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
