#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests `keyferry journal export`: CSV and SQLite, files, pipes, and overwrite protection.

    journal_export_test.py KEYFERRY
"""

import csv
import io
import json
import os
import shlex
import sqlite3
import subprocess
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))

import command_test  # noqa: E402
from command_test import REGIONS  # noqa: E402
from journal_case import JournalTest  # noqa: E402


class Export(JournalTest):
    def test_csv_has_a_line_for_each_job(self):
        self.rehearse(3)
        done = self.keyferry("journal", "export", self.journal, "--csv")
        rows = list(csv.DictReader(io.StringIO(done.stdout, newline="")))
        self.assertEqual(len(rows), 9)
        self.assertEqual({row["outcome"] for row in rows}, {"done"})
        self.assertEqual({row["region"] for row in rows}, set(REGIONS))
        self.assertEqual({row["attempts"] for row in rows}, {"1"})
        for row in rows:
            self.assertTrue(row["primary"].startswith("arn:aws:kms:us-east-1:111122223333:key/"))
            self.assertLessEqual(row["first_sent"], row["last_record"])

    def test_pending_jobs_are_counted_but_not_exported(self):
        self.run_and_interrupt(20, after=5)
        out = self.home / "out.csv"
        summary = json.loads(self.keyferry("journal", "export", self.journal, f"--csv={out}",
                                           "--json").stdout)
        rows = list(csv.DictReader(io.StringIO(out.read_text(), newline="")))
        self.assertEqual(summary["jobs_exported"], len(rows))
        self.assertEqual(summary["jobs_without_records"], 60 - len(rows))
        self.assertLess(len(rows), 60)

    def test_sqlite_can_be_queried(self):
        self.rehearse(3)
        database = self.home / "out.db"
        self.keyferry("journal", "export", self.journal, "--sqlite", database)
        with sqlite3.connect(database) as connection:
            def ask(question):
                return connection.execute(question).fetchall()
            self.assertEqual(ask("SELECT outcome, count(*) FROM jobs GROUP BY 1"), [("done", 9)])
            self.assertEqual(ask("SELECT jobs, jobs_without_records, simulated FROM journal"),
                             [(9, 0, 1)])
            self.assertEqual(ask("SELECT how, torn_bytes FROM runs"), [("finished", 0)])
            lines = self.journal.read_text().splitlines()
            self.assertEqual(ask("SELECT count(*) FROM records"), [(len(lines),)])
            self.assertEqual(ask("SELECT typeof(replica_created) FROM jobs LIMIT 1"), [("real",)])
            self.assertEqual(ask("PRAGMA integrity_check"), [("ok",)])
        self.assertEqual(database.stat().st_mode & 0o777, 0o600)

    def test_nothing_is_overwritten_without_force(self):
        self.rehearse(1)
        for option in ("--csv={}", "--sqlite={}"):
            out = self.home / "out"
            out.unlink(missing_ok=True)
            out.write_text("mine")
            export = ("journal", "export", self.journal, option.format(out))
            self.assertIn("exists", self.keyferry(*export, exit_code=3).stderr)
            self.assertEqual(out.read_text(), "mine")
            self.keyferry(*export, "--force")
            self.assertNotEqual(out.read_bytes(), b"mine")
            self.assertEqual(list(self.home.glob("out.unfinished*")), [])

    def test_leftover_of_killed_export_is_reported_and_kept(self):
        self.rehearse(1)
        gone = self.start("--version")
        gone.wait()
        left = self.home / f"out.csv.unfinished-{gone.pid}-0123456789abcdef"
        left.write_text("half")
        stderr = self.keyferry("journal", "export", self.journal, f"--csv={self.home / 'out.csv'}").stderr
        self.assertIn(left.name, stderr)
        self.assertEqual(left.read_text(), "half")

    def test_force_replaces_only_regular_non_journal_files(self):
        self.rehearse(1)
        before = self.journal.read_bytes()
        other = self.home / "other.journal"
        other.write_bytes(before)
        hard_link = self.home / "hard"
        os.link(self.journal, hard_link)
        link = self.home / "link"
        link.symlink_to("target")
        for out in (self.journal, other, hard_link, link, self.home):
            for option in (f"--csv={out}", f"--sqlite={out}"):
                refused = self.keyferry("journal", "export", self.journal, option, "--force", exit_code=3)
                self.assertNotIn("use --force to overwrite", refused.stderr)
        self.damage(0)  # no longer looks like a journal
        damaged = self.journal.read_bytes()
        self.keyferry("journal", "export", self.journal, f"--csv={self.journal}", "--force", exit_code=3)
        self.assertEqual(self.journal.read_bytes(), damaged)
        self.assertEqual(other.read_bytes(), before)
        self.assertTrue(link.is_symlink())
        self.assertFalse((self.home / "target").exists())

    def test_swapped_arguments_do_not_suggest_force(self):
        self.rehearse(1)
        refused = self.keyferry("journal", "export", "--csv", self.journal, self.home / "out.csv", exit_code=3)
        self.assertIn("is a keyferry journal", refused.stderr)
        self.assertNotIn("--force", refused.stderr)

    # Uses no path below /dev except a terminal: if root runs the test, a bug could replace a device of the machine.
    def test_devices_and_pipes_are_not_replaced(self):
        self.rehearse(1)
        pipe = self.home / "pipe"
        os.mkfifo(pipe)
        process = self.start("journal", "export", self.journal, f"--csv={pipe}")
        self.assertEqual(len(pipe.read_text().splitlines()), 4)
        process.communicate(timeout=command_test.WAIT_S_MAX)
        self.assertEqual(process.returncode, 0)
        self.assertTrue(pipe.is_fifo())
        self.keyferry("journal", "export", self.journal, f"--sqlite={pipe}", "--force", exit_code=3)
        terminal, device = os.openpty()
        self.addCleanup(os.close, terminal)
        self.addCleanup(os.close, device)
        self.keyferry("journal", "export", self.journal, f"--csv={os.ttyname(device)}", "--force")
        self.assertTrue(os.read(terminal, 1000).startswith(b"job,"))

    def test_csv_can_be_written_to_an_open_descriptor(self):
        self.rehearse(1)
        done = self.keyferry("journal", "export", self.journal, "--csv=/proc/self/fd/1", "--force")
        self.assertEqual(len(done.stdout.splitlines()), 4)
        with open("/dev/full", "wb") as full:
            failed = subprocess.run(
                self.command("journal", "export", self.journal, "--csv=/proc/self/fd/1"), env=self.environment,
                stdout=full, stderr=subprocess.PIPE, timeout=command_test.WAIT_S_MAX, check=False)
        self.assertEqual(failed.returncode, 1, failed.stderr)

    def test_directory_may_be_a_link(self):
        self.rehearse(1)
        (self.home / "folder").mkdir()
        (self.home / "way").symlink_to("folder")
        self.keyferry("journal", "export", self.journal, f"--sqlite={self.home}/way/out.db")
        self.assertTrue((self.home / "folder/out.db").exists())

    def test_failed_export_leaves_no_partial_file(self):
        self.rehearse(2)
        self.keyferry("journal", "export", self.journal, "--csv=/dev/full/out", exit_code=1)
        self.damage(3)
        self.keyferry("journal", "export", self.journal, f"--sqlite={self.home / 'out'}",
                      exit_code=74)
        self.assertEqual(list(self.home.glob("out*")), [])

    def test_rejected_journal_prints_nothing(self):
        self.rehearse(2)
        self.damage(3)
        self.assertEqual(self.keyferry("journal", "export", self.journal, "--csv", exit_code=74).stdout, "")
        self.journal.write_text("notes\n")
        self.assertEqual(self.keyferry("journal", "export", self.journal, "--csv", exit_code=74).stdout, "")

    def test_query_in_help_is_valid_sql(self):
        self.rehearse(1)
        database = self.home / "out.db"
        self.keyferry("journal", "export", self.journal, "--sqlite", database)
        usage = self.keyferry("journal", "export", "--help").stdout
        question = shlex.split(next(line for line in usage.splitlines() if "SELECT" in line))[2]
        self.assertNotIn('"', question, "a name in SQL, not a text")
        with sqlite3.connect(database) as connection:
            self.assertEqual(connection.execute(question).fetchall(), [])

    def test_output_is_required(self):
        self.rehearse(1)
        self.keyferry("journal", "export", self.journal, exit_code=3)
        self.keyferry("journal", "export", self.journal, "--csv", "--json", exit_code=3)
        self.assertIn("--csv=", self.keyferry("journal", "export", self.journal, "--csv=", exit_code=3).stderr)
        self.keyferry("journal", exit_code=3)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
