#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests that the formats of a plan report (text, JSON, Markdown, HTML) are consistent.

    plan_forms_test.py KEYFERRY
"""

import html
import json
import os
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import command_test  # noqa: E402
from command_test import CommandTest, fleet_text  # noqa: E402


class PlanForms(CommandTest):
    def test_each_has_cost_findings_and_the_policy_that_permissions_prints(self):
        self.fleet.write_text(fleet_text(2))
        policy = json.loads(self.keyferry("permissions", self.fleet).stdout)
        forms = {form: self.keyferry("plan", "--offline", self.fleet, "--format", form).stdout
                 for form in ("json", "text", "markdown", "html")}
        report = json.loads(forms.pop("json"))
        self.assertEqual(report["permissions"][0]["policies"], [policy])
        self.assertEqual((report["cost"]["usd_per_month_added"], len(report["findings"])), (6, 2))
        fenced = forms["markdown"].split("```json\n")[1].split("```")[0]
        folded = html.unescape(forms["html"].split("<pre><code>")[1].split("</code></pre>")[0])
        self.assertEqual((json.loads(fenced), json.loads(folded)), (policy, policy))
        for form, text in forms.items():
            for words in ("Cost ($1 per key per month)", report["findings"][0]["advice"].split(",")[0],
                          "kms:ReplicaRegion: must not deny kms:ReplicateKey to"):
                self.assertIn(words, text if form != "html" else html.unescape(text), form)

    def test_each_lists_jobs_on_request_within_limits(self):
        self.fleet.write_text(fleet_text(120))
        for form in ("text", "markdown", "html"):
            plan = ("plan", "--offline", self.fleet, "--format", form)
            self.assertNotIn("not surveyed", self.keyferry(*plan).stdout.split("<main>")[-1], form)
            text = self.keyferry(*plan, "--list-jobs").stdout
            self.assertIn("create (not surveyed)" if form == "text" else "not surveyed", text)
            if form == "markdown":
                self.assertIn("\n... and 20 more, in the JSON report.\n", text)


if __name__ == "__main__":
    command_test.KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
