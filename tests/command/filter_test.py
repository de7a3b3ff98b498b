#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Filters of `plan` and `run` that select part of a fleet.

    filter_test.py KEYFERRY
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

KEYFERRY = ""

GROUP = """
[[group]]
name = "{name}"
account = "{account}"
keys = ["mrk-{letter}0000000000000000000000000000000", "mrk-{letter}1111111111111111111111111111111"]
replicate_to = ["eu-west-1", "eu-central-1", "us-west-2"]
policy = "default"
"""
FLEET = ('[fleet]\nname = "tested"\nprimary = "us-east-1"\n'
         + GROUP.format(name="cards", account="111122223333", letter="a")
         + GROUP.format(name="orders", account="444455556666", letter="b")
         + '[[limits.quota]]\nReplicateKey = 1000\nCreateKey = 1000\n'
         + '[wait]\npoll_delay_min = "100ms"\npoll_delay_max = "200ms"\n')


class Filters(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="keyferry-filter-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.fleet = self.folder / "fleet.toml"
        self.fleet.write_text(FLEET)

    def keyferry(self, *arguments, exit_code=0):
        done = subprocess.run([KEYFERRY, *arguments], capture_output=True, text=True, timeout=60, check=False,
                              cwd=self.folder, env={"PATH": os.environ["PATH"], "HOME": str(self.folder)})
        self.assertEqual(done.returncode, exit_code, done.stdout + done.stderr)
        return done

    def plan(self, *options):
        return json.loads(self.keyferry("plan", "--offline", *options, "fleet.toml", "--json", "--list-jobs").stdout)

    def run_simulated(self, *options, exit_code=0):
        return self.keyferry("run", "fleet.toml", "--simulate", "--creating", "0s", *options, exit_code=exit_code)

    def journals(self):
        return sorted(path.name for path in self.folder.glob("*.journal"))

    def test_each_option_narrows_the_plan(self):
        for options, replicas in (((), 12), (("--key", "mrk-a*"), 6), (("--region", "eu-*"), 8),
                                  (("--region", "us-west-2", "--region", "eu-west-1"), 8),
                                  (("--group", "cards"), 6), (("--shard", "2/2"), 6),
                                  (("--first", "5", "--order-by", "region"), 5),
                                  (("--group", "orders", "--region", "us-*", "--first", "1"), 1)):
            self.assertEqual(self.plan(*options)["replicas"], replicas, options)

    def test_list_option_does_not_consume_the_fleet_argument(self):
        done = self.keyferry("plan", "--offline", "--key", "mrk-a*", "fleet.toml")
        self.assertIn("6 replicas", done.stdout)

    def test_order_selects_the_first_and_requires_first(self):
        by_region = self.plan("--first", "4", "--order-by", "region")["jobs"]
        self.assertEqual({job["replica"].split(":")[3] for job in by_region}, {"eu-central-1"})
        by_group = self.plan("--first", "6", "--order-by", "group")
        self.assertEqual([group["name"] for group in by_group["groups"]], ["cards"])
        self.keyferry("plan", "--offline", "fleet.toml", "--order-by", "region", exit_code=3)

    def test_shards_cover_the_fleet_and_share_no_account(self):
        shards = [self.plan("--shard", f"{shard}/2") for shard in (1, 2)]
        self.assertEqual(shards[0]["accounts"] + shards[1]["accounts"], ["111122223333", "444455556666"])
        jobs = [json.dumps(job) for shard in shards for job in shard["jobs"]]
        self.assertEqual(sorted(jobs), sorted(map(json.dumps, self.plan()["jobs"])))

    def test_invalid_filters_are_usage_errors(self):
        for options, expected in ((("--region", "eu-wset-1"), "did you mean 'eu-west-1'?"),
                                  (("--group", "card"), "did you mean 'cards'?"),
                                  (("--key", "mrk-z*"), "--key 'mrk-z*' matches none of the plan's 4 keys"),
                                  (("--shard", "1/3"), "the plan has 2 accounts"),
                                  (("--shard", "0/2"), "'0/2' is not a shard"),
                                  (("--shard", "3/2"), "'3/2' is not a shard"),
                                  (("--shard", "1/2x"), "'1/2x' is not a shard"),
                                  (("--first", "0"), "'0' is not a number from 1 to "),
                                  (("--first", "1", "--order-by", "date"), "'date' is not one of key, region, group")):
            for command in (("plan", "--offline"), ("run",)):
                done = self.keyferry(*command, "fleet.toml", *options, exit_code=3)
                self.assertIn(expected, done.stderr, options)
        self.assertEqual(self.journals(), [])

    def test_keys_file_selects_listed_keys(self):
        keys = self.folder / "again.txt"
        first, other = (f"arn:aws:kms:eu-west-1:111122223333:key/mrk-a{digit * 31}" for digit in "01")
        keys.write_text(f"# two keys\n{first}\n\nmrk-b{'1' * 31}  # a comment\n")
        self.assertEqual(self.plan("--keys-file", "again.txt")["replicas"], 6)
        self.assertEqual(self.plan("--keys-file", "again.txt", "--region", "us-*")["replicas"], 2)
        self.assertEqual(self.plan("--keys-file", "again.txt", "--key", other)["replicas"], 9)
        self.run_simulated("--keys-file", "again.txt")
        [journal] = self.journals()
        self.assertIn("\n  filter: --keys-file again.txt (2 keys)\n", self.keyferry("status", journal).stdout)
        self.assertEqual(json.loads(self.keyferry("status", journal, "--json").stdout)["filter"],
                         "--keys-file again.txt (2 keys)")
        for text, expected in (("mrk-*\n", "--keys-file: again.txt:1:1: "), ("# none\n", "again.txt contains no keys"),
                               (f"mrk-c{'1' * 31}", "--key or --keys-file: 'mrk-c111"), (None, "No such file")):
            keys.unlink() if text is None else keys.write_text(text)
            self.assertIn(expected, self.keyferry("plan", "--offline", "fleet.toml", "--keys-file", "again.txt",
                                                  exit_code=3).stderr)

    def test_keys_are_read_from_standard_input_and_pipes(self):
        keys = f"mrk-a{'0' * 31}\nmrk-b{'1' * 31}\n"
        arguments = [KEYFERRY, "plan", "--offline", "fleet.toml", "--json", "--keys-file"]
        reader, writer = os.pipe()
        os.write(writer, keys.encode())
        os.close(writer)
        for name, options in (("-", {"input": keys}), ("/dev/stdin", {"input": keys}),
                              (f"/dev/fd/{reader}", {"pass_fds": (reader,)})):
            done = subprocess.run([*arguments, name, "--key", "mrk-a*"], capture_output=True, text=True, timeout=60,
                                  check=True, cwd=self.folder, env={"HOME": str(self.folder)}, **options)
            plan = json.loads(done.stdout)
            self.assertEqual((plan["replicas"], plan["provenance"]["part_of"]["filter"]),
                             (9, f"--key 'mrk-a*' --keys-file {name} (2 keys)"))
        os.close(reader)

    def test_max_jobs_counts_what_would_be_created(self):
        for command in (("plan", "--offline"), ("plan", "--simulate"), ("run", "--simulate")):
            done = self.keyferry(*command, "fleet.toml", "--max-jobs", "11", exit_code=2)
            self.assertIn("refused: 12 replicas to create; --max-jobs is 11", done.stderr)
        self.assertEqual(self.journals(), [])
        self.keyferry("plan", "--offline", "fleet.toml", "--out", "fleet.plan", "--max-jobs", "11", exit_code=2)
        self.assertFalse((self.folder / "fleet.plan").exists())
        self.keyferry("plan", "--offline", "fleet.toml", "--max-jobs", "12")
        self.keyferry("plan", "--offline", "fleet.toml", "--max-jobs", "1", "--first", "1")
        self.run_simulated("--journal", "j", "--fault", "ReplicateKey.denied=0.5", "--seed", "3", exit_code=6)
        again = ("--journal", "j", "--retry-failed", "--max-jobs")
        self.run_simulated(*again, "1", exit_code=2)
        self.assertIn("12 of 12 replicas exist", self.run_simulated(*again, "11").stdout)

    def test_keys_of_jobs_that_are_not_done_can_be_run_again(self):
        self.run_simulated("--fault", "ReplicateKey.denied=0.4", "--seed", "3", exit_code=6)
        status = ("status", "fleet.simulated.journal", "--failed")
        failed = json.loads(self.keyferry(*status, "--json", exit_code=6).stdout)["jobs"]
        keys = {job["primary"] for job in failed}
        self.assertTrue(0 < len(keys) <= len(failed) < 12, failed)
        text = self.keyferry(*status, exit_code=6).stdout
        self.assertEqual(text.count("is not authorized to perform"), 1, "each message once")
        self.assertEqual(text.count("\n  arn:aws:kms:us-east-1:"), len(failed))
        (self.folder / "again.txt").write_text(self.keyferry(*status, "--format", "keys", exit_code=6).stdout)
        again = self.run_simulated("--keys-file", "again.txt")
        self.assertIn(f"{3 * len(keys)} of {3 * len(keys)} replicas exist", again.stdout)

    def test_filtered_run_finds_its_own_journal_again(self):
        first = self.run_simulated("--region", "eu-*", "--region", "us-west-2", "--first", "3")
        [journal] = self.journals()
        self.assertRegex(journal, r"^fleet\.[0-9a-f]{8}\.simulated\.journal$")
        self.assertIn(f"journal {journal}", first.stderr)
        self.assertIn("3 of 3 replicas exist", first.stdout)
        self.run_simulated("--first", "3", "--region", "us-west-2", "--region", "eu-*", "--max-jobs", "5")
        self.assertEqual(self.journals(), [journal], "the order of options and the limits do not matter")
        self.run_simulated("--first", "4", "--region", "us-west-2", "--region", "eu-*")
        self.run_simulated()
        self.assertEqual(len(self.journals()), 3)
        self.assertIn("fleet.simulated.journal", self.journals())

    def test_changed_filtered_plan_requires_replan(self):
        options = ("--group", "cards", "--journal", "part.journal")
        self.run_simulated(*options)
        self.fleet.write_text(FLEET.replace('"us-west-2"]', '"sa-east-1"]', 1))
        refused = self.run_simulated(*options, exit_code=3)
        self.assertIn("another plan", refused.stderr)
        done = self.run_simulated(*options, "--replan")
        self.assertIn("6 of 6 replicas exist", done.stdout)


if __name__ == "__main__":
    KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
