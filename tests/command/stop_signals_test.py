#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the signals that stop keyferry (SIGINT, SIGTERM, SIGHUP) at every stage of a run, and the effects of SIGKILL.

    stop_signals_test.py KEYFERRY
"""

import os
import shlex
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


class StopSignalsTest(CommandTest):
    def start_with(self, *arguments, before=(), ignoring=(), **environment):
        """Starts `before` followed by the command, with these signals ignored."""
        def ignore_signals():
            for each in ignoring:
                signal.signal(each, signal.SIG_IGN)
        process = subprocess.Popen([*before, *self.command(*arguments)], env=self.environment | environment, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.home,
                                   preexec_fn=ignore_signals)
        self.addCleanup(self.end, process)
        return process

    def outcome(self, process):
        """Waits for the end of a process; returns its exit code and its messages."""
        _, messages = process.communicate(timeout=WAIT_S_MAX)
        return process.returncode, messages


class DuringCredentialSearch(StopSignalsTest):
    """Uses a credential_process that writes its process ID and then never ends."""

    def setUp(self):
        super().setUp()
        self.started = self.home / "started"
        script = self.home / "keys"
        script.write_text(f"#!/bin/sh\necho $$ > {self.started}.part; mv {self.started}.part {self.started}\n"
                          "exec sleep 1000\n")
        script.chmod(0o700)
        (self.home / ".aws").mkdir()
        (self.home / ".aws" / "config").write_text(f"[profile slow]\ncredential_process = {script}\n")
        self.fleet.write_text(fleet_text(1))
        self.arguments = ("run", self.fleet, "--profile", "slow")

    def start_search(self, **options):
        process = self.start_with(*self.arguments, **options)
        self.wait_until(self.started.exists)
        return process

    def is_running(self, pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except OSError:
            return False

    def expect_child_to_end(self):
        child = self.started.read_text().strip()
        self.wait_until(lambda: not self.is_running(child))

    def test_any_stop_signal_ends_the_program_and_the_credential_process(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number.name):
                self.started.unlink(missing_ok=True)
                process = self.start_search()
                process.send_signal(number)
                self.assertEqual(self.outcome(process), (130, self.interrupted()))
                self.expect_child_to_end()
        self.assertFalse(self.journal.exists())

    def test_a_stop_signal_also_ends_the_children_of_the_credential_process(self):
        script = self.home / "keys"
        script.write_text(f"#!/bin/sh\nsleep 1000 &\necho $! > {self.started}.part; mv {self.started}.part "
                          f"{self.started}\nwait\n")
        self.start_search().send_signal(signal.SIGTERM)
        self.expect_child_to_end()

    def test_killing_the_program_also_kills_the_credential_process(self):
        process = self.start_search()
        process.kill()
        process.wait()
        self.expect_child_to_end()

    def interrupted(self):
        return f"keyferry: interrupted\nkeyferry: To resume: {shlex.join(self.command(*self.arguments))}\n"

    def test_process_1_serves_signals(self):
        unshare = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")
        if shutil.which("unshare") is None or subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
            self.skipTest("process namespaces are not available")
        parent = self.start_search(before=unshare)
        first = int(Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text())
        os.kill(first, signal.SIGTERM)
        self.assertEqual(self.outcome(parent), (130, self.interrupted()))


class CredentialProcessStatus(StopSignalsTest):
    def setUp(self):
        super().setUp()
        (self.home / ".aws").mkdir()
        self.fleet.write_text(fleet_text(1))

    def whoami(self, script):
        """Returns the exit code and output, with SIGCHLD ignored."""
        program = self.home / "keys"
        program.write_text("#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"s\"}'\n" + script)
        program.chmod(0o700)
        (self.home / ".aws" / "config").write_text(f"[profile dr]\ncredential_process = {program}\n")
        process = self.start_with("whoami", self.fleet, "--profile", "dr", ignoring=(signal.SIGCHLD,),
                                  AWS_ENDPOINT_URL_STS="http://127.0.0.1:1")
        output, _ = process.communicate(timeout=WAIT_S_MAX)
        return output

    def test_is_read_even_if_the_parent_ignores_sigchld(self):
        self.assertIn("from     credential_process", self.whoami("exit 0\n"))
        self.assertIn("it exited with status 3", self.whoami("exit 3\n"))


class DuringRun(StopSignalsTest):
    def start_run(self, **options):
        self.fleet.write_text(fleet_text(20, quota=20))
        endpoint = self.simulate("--quota-scale", 4, "--creating", "0s")["endpoint"]
        self.arguments = ("run", self.fleet, "--endpoint-url", endpoint)
        process = self.start_with(*self.arguments, **options)
        self.wait_until(lambda: self.journalled("done") >= 5)
        return process

    def test_first_signal_stops_gracefully(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number.name):
                process = self.start_run()
                process.send_signal(number)
                code, messages = self.outcome(process)
                self.assertEqual(code, 130, messages)
                self.assertIn("stopping after", messages)
                self.assertIn("exit code 130 means", messages)
                resume = "To resume: " + shlex.join(self.command(*self.arguments)) + "\n"
                self.assertEqual(messages.count(resume), 1, messages)
                self.assertEqual(self.journalled("end"), 1)
                self.journal.unlink()
                self.end(self.simulator)

    def test_ignored_sighup_stays_ignored(self):
        process = self.start_run(ignoring=(signal.SIGHUP,))
        process.send_signal(signal.SIGHUP)
        code, messages = self.outcome(process)
        self.assertEqual(code, 0, messages)
        self.expect_each_replica_once(20)

    def test_second_signal_ends_a_run_whose_disk_hangs(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is missing")
        # Starting with the tenth sync, every sync takes an hour.
        process = self.start_run(before=(
            "strace", "--daemonize=grandchild", "--follow-forks", "--output", os.devnull, "--trace", "fdatasync",
            "--inject", "fdatasync:delay_enter=3600000000:when=10+"))
        process.send_signal(signal.SIGTERM)
        for line in process.stderr:
            if "stopping" in line:
                break
        else:
            self.fail(f"exited with {process.wait()} before the second signal")
        process.send_signal(signal.SIGTERM)
        code, messages = self.outcome(process)
        self.assertEqual(code, 130, messages)
        self.assertIn("stopped immediately", messages)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
