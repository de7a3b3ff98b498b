#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the output of `keyferry validate`.

    spec_commands_test.py KEYFERRY
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

KEYFERRY = ""
ROOT = Path(__file__).resolve().parents[2]

GOOD = """\
[fleet]
name = "tested"
account = "111122223333"
primary = "us-east-1"

[[group]]
name = "cards"
keys = ["mrk-1234abcd12ab34cd56ef1234567890ab", "mrk-0987dcba09fe87dc65ba0987654321fe"]
replicate_to = ["eu-west-1", "ap-southeast-2"]
policy = "default"
"""


class Validate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="keyferry-spec-")
        self.addCleanup(folder.cleanup)
        self.fleet = Path(folder.name) / "fleet.toml"

    def validate(self, *options, exit_code=0):
        done = subprocess.run([KEYFERRY, "validate", self.fleet, *options], capture_output=True, text=True,
                              timeout=60, check=False, env={"PATH": os.environ["PATH"]})
        self.assertEqual(done.returncode, exit_code, done.stdout + done.stderr)
        return done

    def test_valid_spec_is_summarized_in_one_line(self):
        self.fleet.write_text(GOOD)
        done = self.validate()
        self.assertEqual(done.stdout, f'{self.fleet}: valid: fleet "tested", 2 keys, 4 replicas, 2 Regions, '
                                      "1 group\n")
        self.assertEqual(done.stderr, "")

    def test_all_errors_are_reported(self):
        self.fleet.write_text(GOOD.replace("name =", "nmae =", 1).replace("default", "defalt"))
        done = self.validate(exit_code=3)
        self.assertEqual(done.stdout, "")
        self.assertIn(f"{self.fleet}:2:1: unknown key 'nmae'", done.stderr)
        self.assertIn(f"{self.fleet}:10:10: 'defalt' is not a policy", done.stderr)

    def test_warnings_do_not_invalidate_a_spec(self):
        self.fleet.write_text(GOOD.replace("ap-southeast-2", "ap-southeast-42"))
        done = self.validate()
        self.assertIn("warning: this version of keyferry does not recognize Region 'ap-southeast-42'", done.stderr)
        self.assertIn("4 replicas", done.stdout)

    def test_json_summarizes_a_valid_spec(self):
        self.fleet.write_text(GOOD)
        done = self.validate("--json")
        report = json.loads(done.stdout)
        self.assertRegex(report.pop("sha256"), "^[0-9a-f]{64}$")
        self.assertEqual(report, {"format": "keyferry-validate-1", "file": str(self.fleet), "valid": True, "errors": 0,
                                  "warnings": 0, "problems": [], "fleet": "tested", "keys": 2, "replicas": 4,
                                  "regions": 2, "groups": 1, "selecting_groups": 0})
        self.assertEqual(done.stderr, "")

    def test_json_reports_every_error_with_location(self):
        self.fleet.write_text(GOOD.replace("us-east-1", "us-esat-1").replace("default", "defalt"))
        report = json.loads(self.validate("--json", exit_code=3).stdout)
        self.assertEqual((report["valid"], report["errors"], report["warnings"]), (False, 1, 1))
        places = [(problem["file"], problem["line"], problem["column"], problem["severity"])
                  for problem in report["problems"]]
        self.assertEqual(places, [(str(self.fleet), 4, 11, "warning"), (str(self.fleet), 10, 10, "error")])
        self.assertNotIn("keys", report)

    def test_missing_file_is_reported_like_other_errors(self):
        report = json.loads(self.validate("--json", exit_code=3).stdout)
        [problem] = report["problems"]
        self.assertEqual((problem["line"], problem["column"]), (1, 1))
        self.assertIn("No such file", problem["text"])

    def test_every_example_is_valid(self):
        for example in sorted((ROOT / "configs").glob("*.toml")):
            self.fleet = example
            self.validate()


if __name__ == "__main__":
    KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
