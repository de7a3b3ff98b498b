#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the journal commands verify, compact and salvage, and run --replan.

    journal_commands_test.py KEYFERRY
"""

import json
import os
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))

import command_test  # noqa: E402
from command_test import fleet_text  # noqa: E402
from journal_case import JournalTest  # noqa: E402


class Verify(JournalTest):
    def verify(self, exit_code=0):
        done = self.keyferry("journal", "verify", self.journal, "--json", exit_code=exit_code)
        return json.loads(done.stdout)

    def test_intact_journal_is_summarized(self):
        self.rehearse(2)
        text = self.keyferry("journal", "verify", self.journal).stdout
        self.assertIn(f"{self.journal}: intact", text)
        self.assertIn("6 done", text)
        found = self.verify()
        self.assertEqual(found["state"], "whole")
        self.assertTrue(found["simulated"])
        self.assertEqual(found["jobs_by_phase"]["done"], 6)
        self.assertEqual(found["records"], len(self.journal.read_text().splitlines()))
        self.assertEqual(sum(found["records_by_event"].values()), found["records"])

    def test_torn_tail_is_harmless_and_located(self):
        self.rehearse(2)
        size = self.journal.stat().st_size
        with self.journal.open("a") as journal:
            journal.write('{"n":99,')
        found = self.verify()
        self.assertEqual((found["state"], found["good_bytes"]), ("torn tail", size))
        self.assertEqual(found["bytes"], size + 8)
        self.assertEqual(self.journal.stat().st_size, size + 8, "the file is not changed")

    def test_damage_is_located_with_advice(self):
        self.rehearse(2)
        self.damage(3)
        refused = self.keyferry("journal", "verify", self.journal, exit_code=74)
        self.assertIn("record 3", refused.stdout)
        self.assertIn("journal salvage", " ".join(refused.stdout.split()))
        self.assertEqual(self.verify(exit_code=74)["damaged_record"], 3)

    def test_empty_file_is_a_valid_new_journal(self):
        self.journal.write_bytes(b"")
        self.assertEqual(self.verify()["state"], "empty")
        self.keyferry("journal", "export", self.journal, "--csv")

    def test_non_journal_is_rejected(self):
        self.journal.write_text("notes\n")
        self.assertEqual(self.verify(exit_code=74)["state"], "not a journal")
        self.journal.unlink()
        self.keyferry("journal", "verify", self.journal, exit_code=74)

    def test_verify_does_not_disturb_a_live_run(self):
        self.fleet.write_text(fleet_text(5))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "1h")["endpoint"]
        process = self.start("run", self.fleet, "--endpoint-url", endpoint)
        self.wait_until(lambda: self.journalled("accepted") >= 1)
        found = self.verify()
        self.assertTrue(found["held"])
        self.assertTrue(found["usable"])
        self.assertIsNone(process.poll())


class Compact(JournalTest):
    def test_compaction_keeps_reports_and_old_journal(self):
        self.rehearse(5)
        before, status = self.journal.read_bytes(), self.keyferry("status", self.journal).stdout
        done = json.loads(self.keyferry("journal", "compact", self.journal, "--json").stdout)
        self.assertEqual(done["bytes_before"], len(before))
        self.assertEqual(done["bytes"], self.journal.stat().st_size)
        self.assertLess(done["bytes"], len(before))
        self.assertEqual(Path(done["kept_as"]).read_bytes(), before)
        self.assertIn("compacted", self.keyferry("journal", "verify", self.journal).stdout)
        after = self.keyferry("status", self.journal).stdout
        self.assertEqual([line for line in after.splitlines() if "compacted" not in line],
                         status.splitlines())

    def test_run_resumes_with_compacted_journal(self):
        run = self.run_and_interrupt(20, after=8)
        self.keyferry("journal", "compact", self.journal)
        self.keyferry(*run)
        self.expect_each_replica_once(20)

    def test_journal_in_use_is_not_compacted(self):
        self.fleet.write_text(fleet_text(5))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "1h")["endpoint"]
        process = self.start("run", self.fleet, "--endpoint-url", endpoint)
        self.wait_until(lambda: self.journalled("accepted") >= 1)
        refused = self.keyferry("journal", "compact", self.journal, exit_code=75)
        self.assertIn(str(process.pid), refused.stderr)
        self.assertEqual(sorted(path.name for path in self.home.iterdir()),
                         ["fleet.journal", "fleet.toml", "ledger"])

    def test_leftover_of_killed_rewrite_is_reported_and_kept(self):
        self.rehearse(2)
        gone = self.start("--version")
        gone.wait()
        left = self.home / f"fleet.journal.unfinished-{gone.pid}-0123456789abcdef"
        left.write_text("half")
        alive = self.home / f"fleet.journal.unfinished-{os.getpid()}-0123456789abcdef"
        alive.write_text("half")
        self.assertIn(left.name, self.keyferry("journal", "verify", self.journal).stdout)
        found = json.loads(self.keyferry("journal", "verify", self.journal, "--json").stdout)
        self.assertEqual(found["left_unfinished"], [str(left)])
        stderr = self.keyferry("journal", "compact", self.journal).stderr
        self.assertIn(left.name, stderr)
        self.assertNotIn(alive.name, stderr)
        self.assertEqual((left.read_text(), alive.read_text()), ("half", "half"))


class Replan(JournalTest):
    def test_changed_fleet_requires_replan(self):
        self.fleet.write_text(fleet_text(6))
        endpoint = self.simulate("--quota-scale", 0, "--creating", "0s")["endpoint"]
        self.fleet.write_text(fleet_text(4))
        run = ("run", self.fleet, "--endpoint-url", endpoint)
        self.keyferry(*run)
        self.fleet.write_text(fleet_text(6))
        before = self.journal.read_bytes()
        refused = self.keyferry(*run, exit_code=3)
        self.assertIn("--replan", refused.stderr)
        self.assertIn("12 started jobs are in both (12 done)", refused.stderr)
        self.assertEqual(self.journal.read_bytes(), before)
        done = self.keyferry(*run, "--replan")
        self.assertIn("replanned", done.stderr)
        self.assertIn("18 of 18 replicas exist", done.stdout)
        self.assertEqual(self.home.joinpath("fleet.journal.old").read_bytes(), before)
        self.keyferry(*run, "--replan")  # nothing has changed since
        self.assertFalse(self.home.joinpath("fleet.journal.old-2").exists())
        self.expect_each_replica_once(6)

    def test_interrupted_run_resumes_with_changed_plan(self):
        run = self.run_and_interrupt(10, after=5)
        self.fleet.write_text(fleet_text(12, quota=20))
        self.keyferry(*run, "--replan")
        self.expect_each_replica_once(12)

    def test_dropped_jobs_and_changed_parameters_are_reported(self):
        self.rehearse(3)
        self.fleet.write_text(fleet_text(2).replace("a replica", "another text"))
        done = self.keyferry("run", self.fleet, "--simulate", "--creating", "0s", "--journal",
                             self.journal, "--replan")
        self.assertIn("3 started jobs were removed", done.stderr)
        self.assertIn("6 jobs done with different parameters", done.stderr)

    def test_replan_without_journal_is_reported(self):
        self.fleet.write_text(fleet_text(2))
        refused = self.keyferry("run", self.fleet, "--simulate", "--replan", exit_code=3)
        self.assertIn("--journal", refused.stderr)
        self.assertEqual([path.name for path in self.home.iterdir()], ["fleet.toml"])

    def test_unresolved_dropped_jobs_are_reported_before_replacing_journal(self):
        self.rehearse(3)
        lines = self.journal.read_bytes().splitlines(keepends=True)
        self.journal.write_bytes(b"".join(lines[:10]))
        self.damage(2)
        salvaged = self.home / "salvaged.journal"
        self.keyferry("journal", "salvage", self.journal, "--out", salvaged)
        self.fleet.write_text(fleet_text(3).replace('"us-west-2"', '"sa-east-1"'))
        phases = json.loads(self.keyferry("journal", "verify", salvaged, "--json").stdout)["jobs_by_phase"]
        done = self.keyferry("run", self.fleet, "--simulate", "--creating", "0s", "--journal", salvaged,
                             "--replan")
        warned = done.stderr.find(f"has lost records, so {phases['not_started']} job")
        self.assertGreater(warned, 0, done.stderr)
        self.assertLess(warned, done.stderr.find("replanned:"))

    def test_simulated_journal_is_rejected_by_real_run(self):
        self.rehearse(2)
        before = self.journal.read_bytes()
        endpoint = self.simulate("--quota-scale", 0)["endpoint"]
        refused = self.keyferry("run", self.fleet, "--endpoint-url", endpoint, "--replan",
                                exit_code=3)
        self.assertIn("simulated", refused.stderr)
        self.assertEqual(self.journal.read_bytes(), before)


class Salvage(JournalTest):
    def test_rerun_after_salvage_creates_nothing_twice(self):
        run = self.run_and_interrupt(10, after=6)
        lines = self.journal.read_text().splitlines()
        sent = next(index for index, line in enumerate(lines) if '"ev":"sent"' in line)
        self.damage(sent)
        self.assertIn("journal salvage", self.keyferry(*run, exit_code=74).stderr)
        salvaged = self.home / "salvaged.journal"
        damaged = self.journal.read_bytes()
        done = self.keyferry("journal", "salvage", self.journal, "--out", salvaged, "--json")
        found = json.loads(done.stdout)
        self.assertEqual(found["records_lost"], 1)
        self.assertEqual(found["ranges"][0]["first_record"], sent)
        self.assertEqual(self.journal.read_bytes(), damaged, "it is only read")
        self.assertIn("lost", self.keyferry("journal", "verify", salvaged).stdout)
        self.assertIn("lost", self.keyferry("status", salvaged, exit_code=5).stdout)
        summary = self.keyferry("journal", "export", salvaged, f"--csv={self.home / 'out.csv'}", "--json")
        self.assertEqual(json.loads(summary.stdout)["lost_records"], 1)
        found = json.loads(self.keyferry("journal", "verify", salvaged, "--json").stdout)
        phases = found["jobs_by_phase"]
        in_doubt = sum(phases[name] for name in ("sent", "accepted", "unknown", "not_started"))
        rerun = self.keyferry(*run, "--journal", salvaged)
        self.assertIn(f"{phases['done']} of 30 jobs done, {in_doubt} unresolved or in progress", rerun.stderr)
        self.expect_each_replica_once(10)

    def test_unrelated_files_are_not_reported_as_leftovers(self):
        self.rehearse(2)
        mine = self.home / "salvaged.unfinished"
        self.damage(3)
        self.journal.rename(mine)
        damaged = mine.read_bytes()
        self.keyferry("journal", "salvage", mine, "--out", self.home / "salvaged")
        self.assertEqual(mine.read_bytes(), damaged)
        beside = self.home / "salvaged.unfinished-mine"
        beside.write_text("mine")
        self.keyferry("journal", "compact", self.home / "salvaged")
        self.assertEqual(mine.read_bytes(), damaged)
        self.assertEqual(beside.read_text(), "mine")

    def test_zeroed_second_half_is_salvaged(self):
        self.rehearse(2)
        with self.journal.open("ab") as journal:
            journal.write(bytes(1_000_000))
        verdict = self.keyferry("journal", "verify", self.journal, exit_code=74).stdout
        self.assertIn("journal salvage", " ".join(verdict.split()))
        self.keyferry("journal", "salvage", self.journal, "--out", self.home / "salvaged")

    def test_intact_journal_is_not_salvaged_or_overwritten(self):
        self.rehearse(1)
        other = self.home / "other"
        refused = self.keyferry("journal", "salvage", self.journal, "--out", other, exit_code=1)
        self.assertIn("intact", refused.stderr)
        self.assertFalse(other.exists())
        other.write_text("mine")
        self.damage(2)
        self.keyferry("journal", "salvage", self.journal, "--out", other, exit_code=74)
        self.assertEqual(other.read_text(), "mine")
        self.keyferry("journal", "salvage", self.journal, exit_code=3)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
