#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests bench/instructions.py with made-up values and commit messages."""

import importlib.util
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
_spec = importlib.util.spec_from_file_location("instructions", ROOT / "bench" / "instructions.py")
instructions = importlib.util.module_from_spec(_spec)
sys.modules["instructions"] = instructions
_spec.loader.exec_module(instructions)

GNU = "GNU-12.2.0-x86_64"
THREE = f"""# A comment.
2025-01-01  1000  {GNU}  first figure
2025-02-01  1100  {GNU}  check the policy of each key

2025-03-01  880  {GNU}  fewer copies
"""


class Records(unittest.TestCase):
    def test_reads_records_in_order(self):
        records = instructions.parse_records(THREE)
        self.assertEqual([record.instructions for record in records], [1000, 1100, 880])
        self.assertEqual(records[1].reason, "check the policy of each key")
        self.assertEqual(instructions.parse_records(str(records[2])), records[2:])

    def test_rejects_invalid_records(self):
        for line in ("2025-01-01 1000", f"2025-01-01 many {GNU} reason", f"2025-01-01 0 {GNU} reason",
                     f"2025-01-01 1000 {GNU}"):
            with self.assertRaises(ValueError, msg=line):
                instructions.parse_records(line)

    def test_reads_the_records_of_this_tree(self):
        self.assertTrue(instructions.parse_records((ROOT / instructions.RECORDS).read_text()))

    def test_sums_increases_and_decreases_separately(self):
        said = instructions.history(instructions.parse_records(THREE))
        self.assertIn("sum of all rises since 2025-01-01: +10.0 % in 1 records", said)
        self.assertIn("of all falls: -20.0 % in 1", said)

    def test_a_compiler_change_is_not_an_increase(self):
        records = instructions.parse_records(THREE + "2025-04-01  2000  GNU-13.1.0-x86_64  new compiler\n")
        self.assertEqual(len(instructions.steps(records)), 2)


class Verdict(unittest.TestCase):
    def verdict(self, measured: int, compiler: str = GNU) -> tuple:
        return instructions.verdict(instructions.parse_records(f"2025-01-01  1000  {GNU}  first"), measured, compiler)

    def test_accepts_an_increase_of_up_to_five_percent(self):
        self.assertEqual(self.verdict(1050)[0], 0)
        self.assertEqual(self.verdict(1000)[0], 0)

    def test_a_larger_increase_fails_with_the_remedy(self):
        code, said = self.verdict(1051)
        self.assertEqual(code, 1)
        self.assertIn("+5.10 %", said)
        self.assertIn('--record "REASON"', said)

    def test_a_decrease_passes_and_asks_for_a_record(self):
        code, said = self.verdict(940)
        self.assertEqual(code, 0)
        self.assertIn("record it", said)
        self.assertNotIn("record it", self.verdict(960)[1])

    def test_another_compiler_is_not_compared(self):
        code, said = self.verdict(2000, "GNU-13.1.0-x86_64")
        self.assertEqual(code, 0)
        self.assertIn("not compared", said)

    def test_fails_without_records(self):
        self.assertEqual(instructions.verdict([], 1000, GNU)[0], 1)


class CommitMessage(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "bench").mkdir()

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments], cwd=self.root,
                       check=True, capture_output=True)

    def check(self) -> tuple:
        records = instructions.parse_records((self.root / instructions.RECORDS).read_text())
        return instructions.check_commit(self.root, records)

    def commit(self, message: str) -> None:
        if not (self.root / ".git").exists():
            self.git("init", "-q")
        (self.root / instructions.RECORDS).write_text(THREE)
        self.git("add", ".")
        self.git("commit", "-q", "-m", message)

    def test_the_message_must_state_the_reason(self):
        self.commit("Copy less\n\nA run now makes fewer\ncopies of a policy.")
        self.assertEqual(self.check(), (0, ""))
        self.git("commit", "-q", "--amend", "-m", "Copy less")
        code, said = self.check()
        self.assertEqual(code, 1)
        self.assertIn("fewer copies", said)

    def test_the_message_of_a_later_commit_does_not_count(self):
        self.commit("Copy less")
        (self.root / "other").write_text("x\n")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "fewer copies")
        self.assertEqual(self.check()[0], 1)

    def test_passes_with_a_note_without_git_history(self):
        (self.root / instructions.RECORDS).write_text(THREE)
        code, said = self.check()
        self.assertEqual(code, 0)
        self.assertIn("no git history", said)

    def test_passes_with_a_note_in_a_shallow_clone(self):
        self.commit("Copy less")
        (self.root / "other").write_text("x\n")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "More")
        self.git("clone", "-q", "--depth", "1", f"file://{self.root}", "shallow")
        self.root = self.root / "shallow"
        code, said = self.check()
        self.assertEqual(code, 0)
        self.assertIn("does not reach back", said)


if __name__ == "__main__":
    unittest.main()
