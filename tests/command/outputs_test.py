#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests every kind of target for every option that writes a file. The same rule applies to all options.

    outputs_test.py KEYFERRY
"""

import json
import os
import re
import select
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import command_test  # noqa: E402
from command_test import WAIT_S_MAX, CommandTest, fleet_text  # noqa: E402

# Every option and argument with a value, grouped by how it uses a path. A new option must be added here.
WRITES = {("plan", "--out"), ("journal export", "--csv"), ("journal export", "--sqlite"), ("journal salvage", "--out"),
          ("simulate", "--ledger"), ("simulate", "--certificate-out"), ("simulate", "--state"),
          ("run", "--journal"), ("sync", "--journal")}
REWRITES = {("journal compact", "JOURNAL")}  # the file must be a journal; it is locked and replaced
READS = {"--ca-bundle", "--fault-file", "--identities", "--organization", "--fleet", "--undo", "--keys-file", "FLEET",
         "PLAN", "JOURNAL"}
READ_BY_ONE = {("explain", "--journal")}
NO_PATHS = {"--endpoint-url", "--profile", "--progress", "--key", "--region", "--group", "--shard", "--first",
            "--order-by", "--max-jobs", "--only", "--max-cost", "--format", "--creating", "--updating", "--stale",
            "--fault", "--seed", "--part", "--max-changes", "--listen", "--host", "--account", "--quota-scale",
            "--keys-per-region", "--hot-key-spacing", "--clock-ahead", "--expect-sha256", "--fail-on"}


def commands(command_line):
    """Returns {command: help} for all commands, found from the help texts."""
    found = {}
    pending = [()]
    while pending:
        command = pending.pop()
        text = subprocess.run([*command_line, *command, "--help"], capture_output=True, text=True, check=True,
                              timeout=WAIT_S_MAX).stdout
        found[" ".join(command)] = text
        listed = re.search(r"^(?:Subcommands|Commands):\n((?:  .*\n)+)", text, re.MULTILINE | re.IGNORECASE)
        for line in listed.group(1).splitlines() if listed else ():
            if name := re.match(r"  ([a-z-]+)(?: |$)", line):
                pending.append((*command, name.group(1)))
    return found


def values_of(text):
    """Yields the names of the options and arguments in a help text that take a value."""
    options = text.split("\nExamples:")[0]
    for name, rest in re.findall(r"^  (?:-\w,)?(--[a-z0-9-]+)(.*)$", options, re.MULTILINE):
        if re.match(r" (?!Excludes|Needs)[A-Z\[{]", rest):
            yield name
    usage = re.search(r"^Usage: (.*)$", text, re.MULTILINE)
    yield from re.findall(r"\b(FLEET|PLAN|JOURNAL)\b", usage.group(1) if usage else "")


class OutputTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.fleet.write_text(fleet_text(1))
        self.real = self.home / "real.journal"
        self.keyferry("run", self.fleet, "--simulate", "--journal", self.real)
        damaged = self.real.read_bytes().splitlines(keepends=True)
        self.damaged = self.home / "damaged.journal"
        self.damaged.write_bytes(b"".join(damaged[:3] + [b"x" + damaged[3][1:]] + damaged[4:]))
        self.target = self.home / "target"
        mask = os.umask(0)
        self.addCleanup(os.umask, mask)

    def arguments_for(self, command, option, target, force):
        """The command line that writes `target` with `option`."""
        forced = ("--force",) if force else ()
        return {
            ("plan", "--out"): ("plan", self.fleet, "--offline", "--out", target, *forced),
            ("journal export", "--csv"): ("journal", "export", self.real, f"--csv={target}", *forced),
            ("journal export", "--sqlite"): ("journal", "export", self.real, "--sqlite", target, *forced),
            ("journal salvage", "--out"): ("journal", "salvage", self.damaged, "--out", target),
            ("simulate", "--ledger"): ("simulate", "--fleet", self.fleet, "--ledger", target, *forced),
            ("simulate", "--certificate-out"): ("simulate", "--https", "--certificate-out", target, *forced),
            ("simulate", "--state"): ("simulate", "--state", target),
            ("run", "--journal"): ("run", self.fleet, "--simulate", "--journal", target),
            ("sync", "--journal"): ("sync", self.fleet, *self.at_kms, "--journal", target),
        }[command, option]

    def finish(self, process):
        """Waits for the command; stops the simulator if it starts one. Returns (exit code, stdout, stderr)."""
        if process.args[1] == "simulate":
            for line in process.stdout:
                if line.startswith("{"):  # ready; a certificate may come first
                    process.send_signal(signal.SIGTERM)
                    break
        output, errors = process.communicate(timeout=WAIT_S_MAX)
        return process.returncode, output, errors

    def write(self, command, option, target, force=False):
        """Returns (exit code, stderr)."""
        code, _, errors = self.finish(self.start(*self.arguments_for(command, option, target, force)))
        self.assertEqual(list(self.home.glob("*.unfinished*")), [])
        return code, errors

    def made_by(self, command, option):
        """The bytes that the option writes."""
        path = self.home / "example"
        code, errors = self.write(command, option, path)
        self.assertEqual(code, 0, errors)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600, "with umask 0")
        made = path.read_bytes()
        path.unlink()
        return made

    def expect_refused(self, command, option, target, force):
        before = os.lstat(target)
        content = target.read_bytes() if target.is_file() and not target.is_symlink() else None
        link = os.readlink(target) if target.is_symlink() else None
        code, errors = self.write(command, option, target, force)
        self.assertNotEqual(code, 0)
        self.assertIn(target.name, errors)
        after = os.lstat(target)
        self.assertEqual((before.st_ino, before.st_mode, before.st_uid), (after.st_ino, after.st_mode, after.st_uid))
        self.assertEqual(content, target.read_bytes() if content is not None else None)
        self.assertEqual(link, os.readlink(target) if link is not None else None)
        return errors

    def start_kms(self):
        """A KMS whose replica differs from the spec, so that a sync has a journal to write."""
        fleet = self.home / "kms.toml"
        fleet.write_text(fleet_text(1))
        kms = self.start("simulate", "--fleet", fleet, "--quota-scale", 0, "--creating", "0s")
        self.at_kms = ("--endpoint-url", json.loads(kms.stdout.readline())["endpoint"])
        self.keyferry("run", fleet, *self.at_kms)
        self.fleet.write_text(fleet_text(1).replace("a replica", "another description"))


class OptionTree(OutputTest):
    def test_every_option_with_a_value_is_classified(self):
        found = set()
        for command, text in commands([command_test.KEYFERRY]).items():
            for name in values_of(text):
                found.add((command, name))
                is_known = name in READS or name in NO_PATHS or (command, name) in WRITES | REWRITES | READ_BY_ONE
                self.assertTrue(is_known, f"{command} {name}: add it to a list of this test")
        self.assertEqual((WRITES | REWRITES) - found, set())
        self.assertGreater(len(found), 60)


class EmptyNames(OutputTest):
    def test_an_option_without_the_name_of_a_file_is_refused(self):
        paths = [(command, option) for command, text in commands([command_test.KEYFERRY]).items()
                 for option in values_of(text) if option in READS or (command, option) in WRITES | REWRITES]
        self.assertGreater(len(paths), 20)
        for command, option in paths:
            with self.subTest(f"{command} {option}"):
                value = (option, "") if option.startswith("--") else ("",)
                refused = self.keyferry(*command.split(), *value, exit_code=3)
                self.assertRegex(refused.stderr, f"the value of {option} is empty|an argument is empty")
                self.assertEqual(refused.stdout, "")


class Matrix(OutputTest):
    STREAMS = {("plan", "--out"), ("journal export", "--csv"), ("simulate", "--ledger"),
               ("simulate", "--certificate-out")}
    FORCED = STREAMS | {("journal export", "--sqlite")}

    def setUp(self):
        super().setUp()
        self.start_kms()

    def cells(self):
        return [(command, option, force) for command, option in sorted(WRITES)
                for force in ((False, True) if (command, option) in self.FORCED else (False,))]

    def test_a_device_receives_the_output_or_is_refused(self):
        for command, option, force in self.cells():
            with self.subTest(f"{command} {option}" + " --force" * force):
                terminal, device = os.openpty()  # not below /dev, where a bug could replace a device of the machine
                path = Path(os.ttyname(device))
                if (command, option) in self.STREAMS:
                    inode = path.stat().st_ino
                    code, errors = self.write(command, option, path, force)
                    self.assertEqual((code, path.stat().st_ino), (0, inode), errors)
                    if option != "--ledger":  # no request was made
                        self.assertTrue(select.select([terminal], [], [], 0)[0], "nothing was written")
                else:
                    self.expect_refused(command, option, path, force)
                os.close(terminal)
                os.close(device)

    def test_a_fifo_receives_the_output_or_is_refused(self):
        for command, option, force in self.cells():
            with self.subTest(f"{command} {option}" + " --force" * force):
                os.mkfifo(self.target)
                reader = os.open(self.target, os.O_RDONLY | os.O_NONBLOCK)
                if (command, option) in self.STREAMS:
                    code, errors = self.write(command, option, self.target, force)
                    self.assertEqual(code, 0, errors)
                    self.assertTrue(self.target.is_fifo())
                    if option != "--ledger":
                        self.assertNotEqual(os.read(reader, 100), b"")
                else:
                    self.expect_refused(command, option, self.target, force)
                os.close(reader)
                self.target.unlink()

    def test_standard_output_is_written_or_refused(self):
        for command, option, force in self.cells():
            with self.subTest(f"{command} {option}" + " --force" * force):
                process = self.start(*self.arguments_for(command, option, "-", force))
                code, output, errors = self.finish(process)
                self.assertFalse((self.home / "-").exists())
                if (command, option) in self.STREAMS:
                    self.assertEqual(code, 0, errors)
                    if command == "plan":
                        self.assertTrue(output.startswith('{"format":"keyferry-plan"'), "the plan without the report")
                else:
                    self.assertNotEqual(code, 0)

    def test_a_symbolic_link_is_refused(self):
        other = self.home / "other"
        for to in ("file", "fifo", "nothing", "folder"):
            if to == "file":
                other.write_text("mine")
            elif to == "fifo":
                os.mkfifo(other)
            elif to == "folder":
                other.mkdir()
            self.target.symlink_to("other")
            for command, option, force in self.cells():
                with self.subTest(f"{command} {option}" + " --force" * force):
                    self.expect_refused(command, option, self.target, force)
                    if to == "file":
                        self.assertEqual(other.read_text(), "mine")
                    elif to == "nothing":
                        self.assertFalse(other.exists())
            self.target.unlink()
            if to != "nothing":
                other.rmdir() if to == "folder" else other.unlink()

    def test_a_folder_is_refused(self):
        self.target.mkdir()
        for command, option, force in self.cells():
            with self.subTest(f"{command} {option}" + " --force" * force):
                errors = self.expect_refused(command, option, self.target, force)
                self.assertRegex(errors.lower(), "folder|directory|exists")
        self.assertEqual(list(self.target.iterdir()), [])

    def test_a_folder_that_cannot_be_written_is_an_error(self):
        for command, option, force in self.cells():
            with self.subTest(f"{command} {option}" + " --force" * force):
                for path in ("/sys/kernel/target", self.home / "missing/target"):  # not even root can write in /sys
                    code, errors = self.write(command, option, path, force)
                    self.assertNotEqual(code, 0)
                    self.assertIn("target", errors)

    def files(self):
        """Files of every kind: {name: (content, set of options that replace or continue it)}"""
        everything = {(command, option): self.made_by(command, option) for command, option in sorted(WRITES)
                      if option not in ("--ledger", "--journal") and command != "journal salvage"}
        kinds = {option[1] + " of " + option[0]: (made, {option}) for option, made in everything.items()}
        kinds["ledger"] = (b'{"time_ms":1}\n', {("simulate", "--ledger")})
        kinds["spec"] = (self.fleet.read_bytes(), set())
        kinds["text"] = (b"mine", set())
        kinds["other CA"] = (b"-----BEGIN CERTIFICATE-----\n", set())
        kinds["other database"] = (b"SQLite format 3\0" + bytes(100), set())
        return kinds

    def test_only_a_file_of_the_same_kind_is_replaced_without_force(self):
        kinds = self.files()
        for command, option, force in self.cells():
            with self.subTest(f"{command} {option}" + " --force" * force):
                for kind, (content, replacing) in kinds.items():
                    self.target.write_bytes(content)
                    self.target.chmod(0o640)
                    if (command, option) in replacing or force:
                        inode = self.target.stat().st_ino
                        os.chown(self.target, os.getuid(), os.getgid())
                        code, errors = self.write(command, option, self.target, force)
                        self.assertEqual(code, 0, f"{kind}: {errors}")
                        self.assertNotEqual(self.target.stat().st_ino, inode, f"{kind}: written in place")
                        self.assertEqual(self.target.stat().st_mode & 0o777, 0o640, kind)
                    else:
                        self.expect_refused(command, option, self.target, force)
                    self.target.unlink()

    def test_an_empty_file_is_replaced_and_keeps_its_mode(self):
        for command, option, force in self.cells():
            with self.subTest(f"{command} {option}" + " --force" * force):
                if command == "journal salvage" or (command, option) == ("sync", "--journal"):
                    continue  # require a name that does not exist
                self.target.write_bytes(b"")
                self.target.chmod(0o604)
                code, errors = self.write(command, option, self.target, force)
                self.assertEqual(code, 0, errors)
                self.assertEqual(self.target.stat().st_mode & 0o777, 0o604)
                self.target.unlink()

    @unittest.skipUnless(os.geteuid() == 0, "only root may give files away")
    def test_the_owner_is_kept(self):
        kinds = self.files()
        for command, option, force in self.cells():
            with self.subTest(f"{command} {option}" + " --force" * force):
                for content, replacing in kinds.values():
                    if (command, option) not in replacing:
                        continue
                    self.target.write_bytes(content)
                    os.chown(self.target, 12345, 54321)
                    code, errors = self.write(command, option, self.target, force)
                    self.assertEqual(code, 0, errors)
                    self.assertEqual((self.target.stat().st_uid, self.target.stat().st_gid), (12345, 54321))
                    self.target.unlink()

    def test_a_journal_is_never_replaced(self):
        for command, option, force in self.cells():
            with self.subTest(f"{command} {option}" + " --force" * force):
                if (command, option) == ("run", "--journal"):
                    continue  # resumes it
                self.target.write_bytes(self.real.read_bytes())
                self.expect_refused(command, option, self.target, force)
                self.target.unlink()

    def test_a_journal_in_use_is_never_replaced(self):
        busy = self.home / "busy.journal"
        process = self.start("run", self.fleet, "--simulate", "--creating", "1h", "--journal", busy)
        self.wait_until(lambda: busy.exists() and busy.read_text().count('"accepted"') == 3)
        for command, option, force in self.cells():
            with self.subTest(f"{command} {option}" + " --force" * force):
                inode = busy.stat().st_ino
                code, _ = self.write(command, option, busy, force)
                self.assertNotEqual(code, 0)
                self.assertEqual(busy.stat().st_ino, inode)
        self.assertIsNone(process.poll(), "the run goes on")
        self.assertEqual(self.keyferry("journal", "verify", busy, "--json").returncode, 0)

    def test_a_locked_file_of_any_kind_is_never_replaced(self):
        state = self.home / "kms.state"
        process = self.start("simulate", "--state", state)
        process.stdout.readline()
        for command, option, force in self.cells():
            with self.subTest(f"{command} {option}" + " --force" * force):
                inode = state.stat().st_ino
                code, errors = self.write(command, option, state, force)
                self.assertNotEqual(code, 0, errors)
                self.assertEqual(state.stat().st_ino, inode)

    def test_the_spec_is_not_replaced_by_its_own_plan(self):
        before = self.fleet.read_bytes()
        for force in ((), ("--force",)):
            refused = self.keyferry("plan", self.fleet, "--offline", "--out", self.fleet, *force, exit_code=3)
            self.assertIn("the fleet spec itself", refused.stderr)
            self.assertEqual(self.fleet.read_bytes(), before)

    def test_an_output_is_refused_before_any_work(self):
        self.target.write_text("mine")
        refused = self.keyferry("plan", self.fleet, "--endpoint-url", "http://127.0.0.1:1", "--out", self.target,
                                exit_code=3)
        self.assertEqual(len(refused.stderr.splitlines()), 1, refused.stderr)
        self.assertEqual(refused.stdout, "")

    def test_ledger_and_certificate_need_two_files(self):
        process = self.start("simulate", "--https", "--ledger", self.target, "--certificate-out", self.target)
        code, _, errors = self.finish(process)
        self.assertEqual(code, 3, errors)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
