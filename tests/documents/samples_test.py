#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands that README.md and tools/manual/ show, and compares their output with the pages.

    samples_test.py KEYFERRY [--update]

--update rewrites the samples in place with the real output instead of comparing; review the result
with git diff.

A page is run from top to bottom in an empty folder without AWS settings. The following parts are used:

    <!-- file: fleet.toml -->         the code block that follows is written to this file; files of
                                      README.md exist on every page
    ```console                        lines that begin with "$ " are commands, the lines that follow
                                      are their standard output
    <!-- sample: ... -->              specifies how the console block that follows is compared, with
                                      these rules, separated by semicolons:
        with stderr                   the sample also shows standard error
        exit code 3                   of the last command; all others must exit with 0
        first 3 lines, last 1 lines   the sample shows only these lines of the output
        ends before "1 run,"          the sample shows only the lines before the first line that
                                      begins with this text
        numbers vary                  digits, host names and runs of spaces are not compared

The time at which a plan was made is always shown as MADE.

Code blocks of other languages, such as sh, are not run. Every keyferry command in any code block or
code span must use a subcommand and options that exist.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from dataclasses import dataclass, field
from pathlib import Path

KEYFERRY = ""
ROOT = Path(__file__).resolve().parents[2]
COMMAND_S_MAX = 120

FENCE = re.compile(r"^```(\w*)$")
DIRECTIVE = re.compile(r"^<!-- (file|sample): (.*) -->$")
CODE_SPAN = re.compile(r"`([^`]+)`")
MADE = "2026-11-24T18:00:00.000Z"
MADE_LINE = re.compile(r"^(  made +)\S+(?= by )")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def pages() -> list:
    """README.md first, since its files are used by the others."""
    return [ROOT / "README.md", *sorted((ROOT / "tools" / "manual").glob("*.md"))]


@dataclass
class Block:
    """A fenced code block of a page."""

    language: str
    first: int  # index of the line after the opening fence
    lines: list = field(default_factory=list)
    file: str = ""
    rules: str = ""


def blocks_of(text: str) -> list:
    blocks, block, directive = [], None, {}
    for index, line in enumerate(text.split("\n")):
        if block is not None:
            if line == "```":
                blocks.append(block)
                block = None
            else:
                block.lines.append(line)
        elif fence := FENCE.match(line):
            block = Block(fence[1], index + 1, [], directive.get("file", ""), directive.get("sample", ""))
            directive = {}
        elif found := DIRECTIVE.match(line):
            directive[found[1]] = found[2]
        elif line:
            directive = {}
    return blocks


@dataclass
class Sample:
    command: str
    shown: list
    lines: list  # of the command itself, as on the page


def samples_of(block: Block) -> list:
    samples = []
    for line in block.lines:
        if line.startswith("$ "):
            samples.append(Sample(line[2:], [], [line]))
        elif samples and samples[-1].command.endswith("\\") and not samples[-1].shown:
            samples[-1].command = samples[-1].command[:-1] + line.strip()
            samples[-1].lines.append(line)
        else:
            samples[-1].shown.append(line)
    return samples


@dataclass
class Rules:
    """How the output of a console block is compared."""

    with_stderr: bool = False
    exit_code: int = 0
    first: int = 0
    last: int = 0
    ends_before: str = ""
    numbers_vary: bool = False

    @staticmethod
    def parse(text: str) -> "Rules":
        rules = Rules()
        for rule in filter(None, (part.strip() for part in text.split(";"))):
            if rule == "with stderr":
                rules.with_stderr = True
            elif rule == "numbers vary":
                rules.numbers_vary = True
            elif found := re.fullmatch(r"exit code (\d+)", rule):
                rules.exit_code = int(found[1])
            elif found := re.fullmatch(r"(first|last) (\d+) lines", rule):
                setattr(rules, found[1], int(found[2]))
            elif found := re.fullmatch(r'ends before "(.+)"', rule):
                rules.ends_before = found[1]
            else:
                raise ValueError(f"unknown rule of a sample: {rule}")
        return rules

    def cut(self, lines: list) -> list:
        """The part of the output that the page shows."""
        if self.ends_before:
            begins = [line.startswith(self.ends_before) for line in lines]
            if True not in begins:
                raise AssertionError(f'no line of the output begins with "{self.ends_before}":\n' + "\n".join(lines))
            lines = lines[: begins.index(True)]
        lines = lines[: self.first] if self.first else lines[-self.last:]
        while lines and not lines[-1]:
            lines = lines[:-1]
        return lines

    def compared(self, lines: list) -> list:
        if not self.numbers_vary:
            return lines
        lines = [re.sub(re.escape(os.uname().nodename), "HOST", line) for line in lines]
        lines = [re.sub(r"\d[\d,.:]*", "N", line) for line in lines]
        # The length of a number or a host name decides where a long line wraps.
        return " ".join(lines).split()


class Folder:
    """The environment for the commands of one page: a temporary home folder, and keyferry on the PATH."""

    def __init__(self):
        self.home = Path(tempfile.mkdtemp(prefix="keyferry-documents-"))
        programs = self.home / ".programs"
        programs.mkdir()
        (programs / "keyferry").symlink_to(KEYFERRY)
        self.environment = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(self.home), "LC_ALL": "C.UTF-8",
                            "AWS_EC2_METADATA_DISABLED": "true"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    def write(self, text: str):
        for block in blocks_of(text):
            if block.file:
                (self.home / block.file).write_text("\n".join(block.lines) + "\n")

    def run(self, command: str, rules: Rules):
        """(exit code, lines of output)"""
        done = subprocess.run(["bash", "-c", command], cwd=self.home, env=self.environment, text=True, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=COMMAND_S_MAX,
                              stderr=subprocess.STDOUT if rules.with_stderr else subprocess.PIPE)
        return done.returncode, done.stdout.rstrip("\n").split("\n") if done.stdout else [], done.stderr or ""

    def remove(self):
        shutil.rmtree(self.home)


class Samples(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)

    def outputs_of(self, block: Block):
        """Yields each sample of a console block with its real output, limited to the part that the page shows."""
        rules = Rules.parse(block.rules)
        samples = samples_of(block)
        for sample in samples:
            exit_code, lines, errors = self.folder.run(sample.command, rules)
            expected = rules.exit_code if sample is samples[-1] else 0
            self.assertEqual(exit_code, expected, "\n".join([sample.command, *lines, errors]))
            yield sample, [MADE_LINE.sub(rf"\g<1>{MADE}", line) for line in rules.cut(lines)], rules

    def prepare(self, page: Path) -> str:
        self.folder.write(pages()[0].read_text())
        text = page.read_text()
        self.folder.write(text)
        return text

    def check(self, page: Path):
        for block in blocks_of(self.prepare(page)):
            if block.language == "console":
                for sample, output, rules in self.outputs_of(block):
                    self.assertEqual(rules.compared(sample.shown), rules.compared(output),
                                     f"{page.relative_to(ROOT)}:{block.first}: {sample.command}\n"
                                     "If the page is out of date, run this script with --update.")

    def update(self, page: Path) -> bool:
        """Returns whether the page has changed."""
        lines = self.prepare(page).split("\n")
        replaced = []
        for block in blocks_of("\n".join(lines)):
            if block.language == "console":
                shown = []
                for sample, output, rules in self.outputs_of(block):
                    same = rules.compared(sample.shown) == rules.compared(output)
                    shown += sample.lines + (sample.shown if same else output)
                replaced.append((block.first, len(block.lines), shown))
        for first, count, shown in reversed(replaced):
            lines[first:first + count] = shown
        new = "\n".join(lines)
        changed = new != page.read_text()
        if changed:
            page.write_text(new)
        return changed


def add_page_tests():
    for page in pages():
        name = re.sub(r"\W", "_", page.stem.lower())
        setattr(Samples, f"test_output_on_page_{name}", lambda self, page=page: self.check(page))


class Commands(unittest.TestCase):
    """Checks commands that a page only mentions or shows without their output."""

    helps = {}

    def help_of(self, *subcommands) -> str:
        if subcommands not in self.helps:
            done = subprocess.run([KEYFERRY, *subcommands, "--help"], capture_output=True, text=True, check=False,
                                  timeout=COMMAND_S_MAX)
            self.helps[subcommands] = done.stdout if done.returncode == 0 else ""
        return self.helps[subcommands]

    def subcommands(self, *parents) -> list:
        _, found, listed = self.help_of(*parents).partition("Subcommands:\n")
        return re.findall(r"^  (\w[\w-]*) ", listed.split("\n\n")[0], re.M) if found else []

    def check(self, command: str, where: str):
        words = re.split(r"\s[|>&;#]", command)[0].split()[1:]
        chosen = ()
        while words and words[0] in self.subcommands(*chosen):
            chosen += (words.pop(0),)
        if not chosen:
            self.assertTrue(not words or not words[0][0].islower(), f"{where}: no such command: {command}")
        options = OPTION.findall(" ".join(words))
        known = OPTION.findall(self.help_of(*chosen))
        self.assertEqual([], [option for option in options if option not in known], f"{where}: {command}")

    def all_options(self) -> set:
        options = set(OPTION.findall(self.help_of()))
        for name in self.subcommands():
            for subcommands in ((name,), *((name, inner) for inner in self.subcommands(name))):
                options.update(OPTION.findall(self.help_of(*subcommands)))
        return options

    def commands_of(self, text: str) -> list:
        lines = [line for block in blocks_of(text) for line in block.lines]
        prose = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
        spans = [span.replace("\n", " ") for span in CODE_SPAN.findall(prose)]
        commands = [line.strip().removeprefix("$ ") for line in lines] + spans
        return [part.strip() for command in commands for part in command.split("&&")]

    def test_commands_and_options_exist(self):
        options = self.all_options()
        self.assertIn("--offline", options)
        checked = 0
        for page in [*pages(), ROOT / "configs" / "README.md", ROOT / "tools" / "simulator" / "README.md"]:
            where = str(page.relative_to(ROOT))
            for command in self.commands_of(page.read_text()):
                if command.startswith("keyferry ") and not command.startswith("keyferry:"):
                    self.check(command, where)
                    checked += 1
                elif command.startswith("--"):
                    self.assertIn(OPTION.match(command)[0], options, where)
        self.assertGreater(checked, 20)


def update_pages() -> int:
    """Returns the exit code: 1 if a command did not behave as described on its page, which is then not updated."""
    failures = 0
    for page in pages():
        test = Samples()
        test.setUp()
        try:
            if test.update(page):
                print(f"updated {page.relative_to(ROOT)}")
        except AssertionError as problem:
            failures += 1
            print(f"{page.relative_to(ROOT)}: {problem}", file=sys.stderr)
        finally:
            test.doCleanups()
    return 1 if failures else 0


if __name__ == "__main__":
    KEYFERRY = os.path.abspath(sys.argv.pop(1))
    if "--update" in sys.argv[1:]:
        sys.exit(update_pages())
    add_page_tests()
    unittest.main(verbosity=1)
