# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy 16 on the tree or on recent changes.

clang-tidy spends most of its time in library headers, ten to twenty seconds per file. Therefore the files of one
target are checked together, as one unit that includes them all. Twelve files then take as long as two. A unit
that does not compile, for example because two files define the same name, is split until it compiles.

A unit hides only a few findings, such as a `using` that only another file uses, or a missing include that another
file has.
"""

import re
import subprocess
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from checks import plain_tree
from checks.tree import Finding

COMMAND = "clang-tidy-16"
UNIT_FILES_MAX = 12
_FINDING = re.compile(r"^(?P<path>/[^:\n]+):(?P<line>\d+):\d+: (?:warning|error): (?P<what>.*?) "
                      r"\[(?P<check>[^\]]+)\]$", re.M)
_FAULT = re.compile(r"^(?:[^:\n]+:\d+:\d+: )?(?:fatal )?error: (?P<what>.*)$", re.M)


@dataclass(frozen=True)
class Unit:
    """Files of one target that are checked together."""

    target: str
    paths: tuple

    def __str__(self) -> str:
        others = f" and {len(self.paths) - 1} more" if len(self.paths) > 1 else ""
        return f"{self.paths[0]}{others}"

    def halves(self) -> list:
        middle = len(self.paths) // 2
        return [Unit(self.target, self.paths[:middle]), Unit(self.target, self.paths[middle:])]


@dataclass
class Outcome:
    """The result of clang-tidy for one unit."""

    findings: list
    compiles: bool
    seconds: float


def units_of(compiled: dict, paths) -> list:
    """Units of these files, by target, of at most UNIT_FILES_MAX each."""
    by_target = {}
    for path in sorted(set(paths)):
        by_target.setdefault(compiled[path].target, []).append(path)
    return [Unit(target, tuple(members[start : start + UNIT_FILES_MAX]))
            for target, members in sorted(by_target.items())
            for start in range(0, len(members), UNIT_FILES_MAX)]


def changed_paths(recent, compiled: dict, reached: dict) -> list:
    """The .cpp files that cover the changes. A header is covered by its own .cpp, otherwise by the user of
    the header that includes the least."""
    changed = {path for path in recent.paths if path in compiled}
    for header in sorted(path for path in recent.paths if path.endswith(".hpp")):
        own = header[: -len(".hpp")] + ".cpp"
        users = [path for path in compiled if header in reached.get(path, ())]
        if own in compiled:
            changed.add(own)
        elif users and not changed.intersection(users):
            changed.add(min(users, key=lambda path: (len(reached[path]), path)))
    return sorted(changed)


def recent_units(recent, compiled: dict, changed: list) -> list:
    """Units for the changes, and units of the whole tree by rotation, with at least UNIT_FILES_MAX files. The first
    rotated unit comes first, so that it is checked even if a lot has changed."""
    turn = recent.rotated(units_of(compiled, compiled))
    files, share = 0, []
    while turn and files < UNIT_FILES_MAX:
        share.append(turn.pop(0))
        files += len(share[-1].paths)
    shared = {path for unit in share for path in unit.paths}
    return [share[0], *recent.shuffled(units_of(compiled, set(changed) - shared)), *share[1:]]


def check(root: Path, compiled: dict, units: list, budget: float, say) -> tuple:
    """Checks the units in this order, on all processors. Returns (findings, the skipped units).

    `budget` is in seconds, 0 for no limit: a unit starts only if the longest unit so far would still
    fit. """
    began = time.monotonic()
    waiting, findings, longest = list(units), [], 0.0
    with ThreadPoolExecutor(plain_tree.processors()) as pool:
        running = {}
        while waiting or running:
            fits = budget <= 0 or time.monotonic() - began + longest <= budget
            while waiting and fits and len(running) < plain_tree.processors():
                unit = waiting.pop(0)
                running[pool.submit(_look, root, compiled, unit)] = unit
            if not running:
                break
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                unit, outcome = running.pop(done), done.result()
                longest = max(longest, outcome.seconds)
                if not outcome.compiles and len(unit.paths) > 1:
                    waiting = unit.halves() + waiting
                    say(f"{unit}: does not compile as one unit; split in half ({outcome.seconds:.0f} s)")
                    continue
                findings += outcome.findings
                say(f"{unit}: {len(outcome.findings)} findings, {outcome.seconds:.0f} s")
    return sorted(set(findings)), waiting


def _look(root: Path, compiled: dict, unit: Unit) -> Outcome:
    began = time.monotonic()
    first = compiled[unit.paths[0]]
    file = root / unit.paths[0]
    if len(unit.paths) > 1:
        name = re.sub(r"\W", "_", unit.paths[0])
        file = root / plain_tree.FOLDER / "units" / f"{name}_{len(unit.paths)}.cpp"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f'#include "{root / path}"\n' for path in unit.paths))
        # Fails in two seconds if the files do not compile together, instead of after all checks.
        if not _compiles(root, unit, first, file):
            return Outcome([], False, time.monotonic() - began)
    ran = subprocess.run(
        [COMMAND, "--quiet", f"--config-file={root / '.clang-tidy'}", str(file), "--", *_without_warnings(first),
         *_beside(root, unit)],
        cwd=root, capture_output=True, text=True, check=False)
    findings = read_findings(root, ran.stdout)
    if ran.returncode != 0 and not findings:
        fault = _FAULT.search(ran.stdout + ran.stderr)
        said = fault["what"] if fault else (ran.stderr.strip().splitlines() or ["nothing"])[-1]
        findings = [Finding(unit.paths[0], 1, f"{COMMAND} exited with {ran.returncode}: {said}")]
    return Outcome(findings, True, time.monotonic() - began)


def _compiles(root: Path, unit: Unit, first, file: Path) -> bool:
    ran = subprocess.run([plain_tree.COMPILER, *_without_warnings(first), *_beside(root, unit), "-w", "-fsyntax-only",
                          str(file)], cwd=root, capture_output=True, check=False)
    return ran.returncode == 0


def _without_warnings(compiled) -> list:
    """Compiler warnings are reported by the build. -Werror would turn them into findings here."""
    return [argument for argument in compiled.arguments if not argument.startswith("-W")]


def _beside(root: Path, unit: Unit) -> list:
    """Tests include headers in their folder by bare name, so a unit needs these include folders."""
    return [f"-I{root / folder}" for folder in sorted({path.rsplit("/", 1)[0] for path in unit.paths})
            if folder.startswith("tests/")]


def read_findings(root: Path, output: str) -> list:
    """clang-tidy's findings, in the project's own files, by their path from the root."""
    findings = set()
    for match in _FINDING.finditer(output):
        path = Path(match["path"]).resolve()
        if path.is_relative_to(root):
            check_name = match["check"].removesuffix(",-warnings-as-errors")
            findings.add(Finding(path.relative_to(root).as_posix(), int(match["line"]),
                                 f"{match['what']} [{check_name}]"))
    return sorted(findings)
