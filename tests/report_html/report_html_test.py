#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the HTML report in a browser: on a phone, on a desktop and printed.

    report_html_test.py KEYFERRY [--keep FOLDER]

Headless Chromium, with a temporary profile, renders the reports of small fleets, one of them surveyed, and of a
fleet with 100,000 keys and 10 Regions. The pages must not make network requests, write to the console or be wider
than the window, and no label may be cut off or overlap another. With --keep, screenshots and pages are kept in
FOLDER for inspection.

Exit codes: 0 success; 1 a test failed; 77 Chromium is not installed.
"""

import html
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from urllib.parse import urlsplit

SKIPPED = 77
WAIT_S_MAX = 120
PAGE_BYTES_MAX = 1_000_000
PHONE, DESKTOP, PAPER = 360, 1280, 673  # pixels; PAPER is A4 without margins
SHEETS_MAX = {"small": 12, "accounts": 20, "large": 100, "surveyed": 14}  # some pages list jobs
REGIONS = ("eu-west-1", "eu-central-1", "us-west-2", "ap-southeast-2", "ap-northeast-1", "ca-central-1",
           "sa-east-1", "eu-north-1", "ap-south-1", "ap-east-1")
ACCOUNTS = ("111122223333", "444455556666")
HOSTILE = '<script>document.title=1</script><img src=http://a.example/x onerror=alert(1)> "&\' long' + "g" * 30

KEYFERRY = ""
KEEP = None


def chromium():
    return shutil.which("chromium") or shutil.which("chromium-browser") or ""


def group_text(name, account, keys, regions):
    return f"""\
[[group]]
name = {json.dumps(name)}
account = "{account}"
keys_file = "{keys}"
replicate_to = {json.dumps(regions)}
policy = "default"
"""


# A page that measures the reports in frames, since the reports run no scripts. A frame can have the width of a
# phone, regardless of the minimum width of a window.
FRAME = '<iframe src="{page}" style="border:0;width:{width}px;height:800px"></iframe>'
MEASURE = """<!DOCTYPE html><title>measure</title>{frames}<pre id=result></pre><script>
function measured(frame) {{
    const page = frame.contentDocument, root = page.documentElement;
    const folded = [...page.querySelectorAll('pre')].filter(function (code) {{ return !code.checkVisibility(); }});
    page.querySelectorAll('details').forEach(function (part) {{ part.open = true; }});
    const box = function (element) {{ return element.getBoundingClientRect(); }};
    const overlapping = [...page.querySelectorAll('svg.bars g')].filter(function (row) {{
        const texts = row.querySelectorAll('text');
        return box(texts[0]).right > box(texts[1]).left;
    }});
    const cut = [...page.querySelectorAll('svg.coverage text')].filter(function (text) {{
        const picture = box(text.ownerSVGElement);
        return box(text).left < picture.left || box(text).top < picture.top;
    }});
    const wide = [...page.querySelectorAll('body *')].filter(function (element) {{
        return !element.closest('.scroll') && !element.closest('thead')
            && element.getBoundingClientRect().right > root.clientWidth + 1;
    }});
    return {{
        width: root.clientWidth, scroll_width: root.scrollWidth, title: page.title,
        wide: wide.map(function (element) {{ return element.tagName + '.' + element.getAttribute('class'); }}),
        pictures: page.querySelectorAll('svg[role=img]').length,
        named: page.querySelectorAll('svg[role=img] > title + desc').length,
        folded: folded.length, codes: [...page.querySelectorAll('pre')].map(function (code) {{
            return code.textContent; }}),
        boxes: page.querySelectorAll('.checklist input[type=checkbox]').length,
        overlapping: overlapping.map(function (row) {{ return row.textContent; }}),
        cut: cut.map(function (text) {{ return text.textContent; }}),
        scripts: page.scripts.length, images: page.images.length,
        dead_links: [...page.querySelectorAll('a')].filter(function (link) {{
            return !page.getElementById(link.getAttribute('href').slice(1)); }}).length
    }};
}}
window.onload = function () {{
    const all = [...document.querySelectorAll('iframe')].map(measured);
    document.getElementById('result').textContent = JSON.stringify(all);
}};
</script>"""
# Hosts that the browser itself contacts for any page. No request is sent, since host names are not resolved.
BROWSER_HOSTS = ("google.com", "googleapis.com", "gvt1.com")


class ReportHtmlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = Path(KEEP or tempfile.mkdtemp(prefix="keyferry-report-html-")).resolve()
        cls.home.mkdir(parents=True, exist_ok=True)
        if not KEEP:
            cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.write_fleet("small", HOSTILE, keys=10, regions=REGIONS[:4])
        cls.write_fleet("accounts", "two accounts", keys=10, regions=REGIONS[:4], accounts=ACCOUNTS)
        cls.write_fleet("large", "everything", keys=12_500, regions=REGIONS, groups=8)
        cls.write_fleet("surveyed", "half replicated", keys=6, regions=REGIONS[:4])
        cls.pages = {"small": cls.report("small", "--offline"),
                     "accounts": cls.report("accounts", "--offline", "--list-jobs"),
                     "large": cls.report("large", "--offline", "--list-jobs"),
                     "surveyed": cls.surveyed_report("surveyed")}

    @classmethod
    def write_fleet(cls, name, fleet_name, keys, regions, groups=1, accounts=ACCOUNTS[:1]):
        """Writes a fleet with `groups` groups of `keys` keys in each account."""
        spec = f"""\
[fleet]
name = {json.dumps(fleet_name)}
primary = "us-east-1"
"""
        for number, account in enumerate(account for account in accounts for _ in range(groups)):
            file = f"{name}-{number}.keys"
            (cls.home / file).write_text("".join(f"mrk-{number:04x}{key:028x}\n" for key in range(keys)))
            spec += group_text(f"{number} {HOSTILE}"[:120], account, file, regions)
        (cls.home / f"{name}.toml").write_text(spec)

    @classmethod
    def keyferry(cls, *arguments):
        environment = {"PATH": os.environ["PATH"], "HOME": str(cls.home), "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
                       "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
        return subprocess.run([KEYFERRY, *arguments], cwd=cls.home, env=environment, capture_output=True,
                              timeout=WAIT_S_MAX, check=True).stdout

    @classmethod
    def report(cls, name, *options):
        page = cls.home / f"{name}.html"
        page.write_bytes(cls.keyferry("plan", f"{name}.toml", "--format", "html", *options))
        return page

    @classmethod
    def surveyed_report(cls, name):
        """The report on a fleet with half of its replicas created in the simulator."""
        simulator = subprocess.Popen([KEYFERRY, "simulate", "--fleet", f"{name}.toml", "--creating", "0s"],
                                     cwd=cls.home, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            at_kms = ("--endpoint-url", json.loads(simulator.stdout.readline())["endpoint"])
            for region in REGIONS[:2]:
                journal = cls.home / f"{name}-{region}.journal"
                journal.unlink(missing_ok=True)  # from an earlier test with another simulator
                cls.keyferry("run", f"{name}.toml", "--region", region, "--journal", journal, *at_kms)
            return cls.report(name, "--list-jobs", *at_kms)
        finally:
            simulator.terminate()
            simulator.wait(timeout=WAIT_S_MAX)
            simulator.stdout.close()

    def browse(self, address, *flags):
        """Opens `address`. Returns standard output, console messages and the requested URLs."""
        profile = Path(tempfile.mkdtemp(prefix="keyferry-chromium-"))
        self.addCleanup(shutil.rmtree, profile, ignore_errors=True)
        log = profile / "net-log.json"
        done = subprocess.run(
            [chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-dev-shm-usage", "--hide-scrollbars", "--allow-file-access-from-files",
             f"--user-data-dir={profile / 'profile'}", "--enable-logging=stderr", f"--log-net-log={log}",
             "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=5000", *flags, address],
            capture_output=True, text=True, timeout=WAIT_S_MAX, env=os.environ | {"HOME": str(profile)},
            check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
        requested = {url for url in re.findall(r'"url":"([^"]+)"', log.read_text(errors="replace"))
                     if url.startswith("http") and not urlsplit(url).hostname.endswith(BROWSER_HOSTS)}
        return done.stdout, console, requested

    def measured(self, *frames):
        """Returns the measurements of each (page, width)."""
        page = self.home / "measure.html"
        page.write_text(MEASURE.format(frames="".join(FRAME.format(page=framed.name, width=width)
                                                      for framed, width in frames)))
        text, console, requested = self.browse(page.as_uri(), "--dump-dom")
        result = re.search(r'<pre id="result">(.*?)</pre>', text, re.S)
        self.assertTrue(result and result[1], text)
        return json.loads(html.unescape(result[1])), console, requested

    def test_pages_fit_their_window_and_contain_no_injected_markup(self):
        frames = [(page, width) for page in self.pages.values() for width in (PHONE, DESKTOP)]
        measured, console, requested = self.measured(*frames)
        self.assertEqual((console, requested), ([], set()))
        self.assertEqual(len(measured), len(frames))
        for (page, width), found in zip(frames, measured):
            with self.subTest(page=page.name, width=width):
                self.assertEqual(found["width"], width)
                self.assertLessEqual(found["scroll_width"], width)
                self.assertEqual(found["wide"], [])
                self.assertGreaterEqual(found["pictures"], 3)
                self.assertEqual(found["named"], found["pictures"])
                self.assertEqual((found["scripts"], found["images"], found["dead_links"]), (0, 0, 0))
                self.assertEqual((found["overlapping"], found["cut"]), ([], []))
        self.assertIn("<script>", measured[0]["title"])

    def test_policies_are_collapsed_on_screen_and_expanded_in_print(self):
        paper = {}
        for name, page in self.pages.items():
            paper[name] = self.home / f"{name}-as-on-paper.html"
            paper[name].write_text(page.read_text().replace("@media print", "@media all"))
        for name, page in self.pages.items():
            (screen, printed), _, _ = self.measured((page, DESKTOP), (paper[name], PAPER))
            accounts = 2 if name == "accounts" else 1
            with self.subTest(page=name):
                self.assertEqual((screen["folded"], printed["folded"]), (accounts, 0))
                self.assertEqual(screen["boxes"], 6 * accounts)
                self.assertEqual(printed["wide"], [])
                for code in screen["codes"]:
                    actions = {statement["Action"] for statement in json.loads(code)["Statement"]}
                    self.assertEqual(actions, {"kms:ReplicateKey", "kms:CreateKey", "kms:DescribeKey"})

    def test_a_surveyed_plan_shows_existing_replicas(self):
        page = self.pages["surveyed"].read_text()
        self.assertIn("keyferry plan, surveyed", page)
        self.assertIn('<td class="right" data-label="survey">6</td>', page)
        jobs = page.split('<h2 id="jobs">')[1].split("</section>")[0]
        self.assertEqual(jobs.count('data-label="action">exists</td>'), 6)
        self.assertEqual(jobs.count('data-label="action">create</td>'), 6)

    def test_a_page_makes_no_requests_and_logs_no_errors(self):
        for name, page in self.pages.items():
            for width, height in ((PHONE, 4000), (DESKTOP, 4000)):
                with self.subTest(page=name, width=width):
                    picture = self.home / f"{name}-{width}.png"
                    _, console, requested = self.browse(page.as_uri(), f"--window-size={width},{height}",
                                                        f"--screenshot={picture}")
                    self.assertEqual((console, requested), ([], set()))
                    self.assertEqual(struct.unpack(">II", picture.read_bytes()[16:24]), (width, height))

    def test_pages_can_be_printed(self):
        for name, page in self.pages.items():
            with self.subTest(page=name):
                paper = self.home / f"{name}.pdf"
                _, console, _ = self.browse(page.as_uri(), f"--print-to-pdf={paper}", "--no-pdf-header-footer")
                self.assertEqual(console, [])
                sheets = len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes()))
                self.assertIn(sheets, range(1, SHEETS_MAX[name] + 1))

    def test_the_page_of_a_large_fleet_is_small(self):
        self.assertLess(self.pages["large"].stat().st_size, PAGE_BYTES_MAX)

    def test_the_checks_detect_a_bad_page(self):
        bad = self.home / "bad.html"
        bad.write_text('<!DOCTYPE html><body style="margin:0"><div style="width:500px">wide</div>'
                       '<img src="http://a.example/x.png"><script>console.error("seen")</script>')
        (found,), console, requested = self.measured((bad, PHONE))
        self.assertEqual(len([line for line in console if "seen" in line]), 1)
        self.assertEqual(requested, {"http://a.example/x.png"})
        self.assertEqual((found["scroll_width"], found["scripts"], found["images"]), (500, 1, 1))
        self.assertIn("DIV.null", found["wide"])

    def test_the_checks_detect_cut_off_and_overlapping_labels(self):
        bad = self.home / "bad-labels.html"
        bad.write_text('<!DOCTYPE html><svg class="bars" width="100"><g><text y="9">a name as long as this</text>'
                       '<text x="100%" y="9" text-anchor="end">value</text></g></svg>'
                       '<svg class="coverage"><text x="9" y="50" text-anchor="end">cut off</text></svg>')
        (found,), _, _ = self.measured((bad, PHONE))
        self.assertEqual((len(found["overlapping"]), found["cut"]), (1, ["cut off"]))


def main():
    global KEYFERRY, KEEP
    arguments = sys.argv[1:]
    if not arguments:
        sys.exit(__doc__)
    if not chromium():
        print("report_html_test: skipped, Chromium is not installed (tools/install_packages browser)")
        sys.exit(SKIPPED)
    KEYFERRY = str(Path(arguments.pop(0)).resolve())
    if arguments[:1] == ["--keep"]:
        KEEP = arguments[1]
        del arguments[:2]
    unittest.main(argv=sys.argv[:1] + arguments)


if __name__ == "__main__":
    main()
