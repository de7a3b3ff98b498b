#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Guards against slowdowns: compares the instructions per job of a run with the recorded figure.

    bench/instructions.py [--build build/release] [--record REASON]

Uses callgrind to count the instructions of bench/fixed_run, which reads a spec, plans it and runs it against the
simulator in virtual time. The difference between two sizes excludes the program's startup. The count does not depend
on the load of the machine. Nor does it depend on the processor, because this script pins the functions that glibc
and OpenSSL select by processor features.

bench/instructions.txt contains the figures, one per line; the last one applies:

    DATE  INSTRUCTIONS  COMPILER  REASON

--record appends the measured figure. The message of the commit that changes the file must contain the
reason word for word; this script checks the last such commit.

Exit codes: 0 at most 5 % above the record, or the record is from another compiler, whose figures
cannot be compared; 1 more than 5 % above it, or the commit message lacks the reason; 2 the
measurement failed; 77 valgrind is not installed.
"""

import argparse
import datetime
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORDS = "bench/instructions.txt"
TOLERANCE_PERCENT = 5.0
KEYS = (200, 1000)
NOT_INSTALLED = 77
# Selects the SSE2 variant of each function that has several: every x86-64 processor has SSE2. valgrind
# reports AVX, AVX2 and SSE4.2 if the processor has them.
PINNED = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-AVX_Fast_Unaligned_Load,-FMA,-BMI1,-BMI2,-LZCNT,-MOVBE,"
                      "-SSE4_2,-SSE4_1,-SSSE3,-ERMS,-FSRM",
    "OPENSSL_ia32cap": "0x0000000007008000:0x0",
    "LC_ALL": "C",
}


class NotMeasured(Exception):
    """The measurement failed; the text states why."""


@dataclass(frozen=True)
class Record:
    date: str
    instructions: int
    compiler: str
    reason: str

    def __str__(self) -> str:
        return f"{self.date}  {self.instructions}  {self.compiler}  {self.reason}"


def parse_records(text: str) -> list:
    """Returns the records of a file, oldest first. Raises ValueError for an invalid line."""
    records = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split(maxsplit=3)
        if len(parts) != 4 or not parts[1].isdigit() or int(parts[1]) == 0:
            raise ValueError(f"{RECORDS}:{number}: not DATE  INSTRUCTIONS  COMPILER  REASON")
        records.append(Record(parts[0], int(parts[1]), parts[2], parts[3].strip()))
    return records


def percent(before: float, after: float) -> float:
    return 100.0 * (after - before) / before


def steps(records: list) -> list:
    """Returns the changes between consecutive records in percent, except where the compiler changed."""
    return [percent(before.instructions, after.instructions)
            for before, after in zip(records, records[1:]) if before.compiler == after.compiler]


def history(records: list) -> str:
    changes = steps(records)
    rises = [change for change in changes if change > 0]
    falls = [change for change in changes if change < 0]
    return (f"sum of all rises since {records[0].date}: {sum(rises):+.1f} % in {len(rises)} records; "
            f"of all falls: {sum(falls):.1f} % in {len(falls)}")


def verdict(records: list, measured: int, compiler: str) -> tuple:
    """Returns (exit code, message) for a measured figure."""
    if not records:
        return 1, 'no figure is recorded yet: bench/instructions.py --record "first figure"'
    recorded = records[-1]
    change = percent(recorded.instructions, measured)
    lines = [f"instructions per job: {measured} measured, {recorded.instructions} recorded on {recorded.date}, "
             f"{change:+.2f} %", history(records)]
    code = 0
    if compiler != recorded.compiler:
        lines.append(f"the record is from {recorded.compiler} and this build from {compiler}: not compared")
    elif change > TOLERANCE_PERCENT:
        code = 1
        lines.append(f"that is more than {TOLERANCE_PERCENT:.0f} % above the record. Find the cause and remove it, "
                     f'or record the figure in the same commit:\n    bench/instructions.py --record "REASON"\n'
                     "and state the same reason in the commit message.")
    elif change < -TOLERANCE_PERCENT:
        lines.append("faster: record it, so that a later rise is noticed:\n"
                     '    bench/instructions.py --record "REASON"')
    return code, "\n".join(lines)


def states(message: str, reason: str) -> bool:
    """Whether a commit message contains a reason, regardless of line breaks."""
    def plain(text: str) -> str:
        return " ".join(text.lower().split())

    return plain(reason) in plain(message)


def git(root: Path, *arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else ""


def check_commit(root: Path, records: list) -> tuple:
    """Returns (exit code, message) for the commit that last changed the records."""
    if not shutil.which("git") or not git(root, "rev-parse", "--git-dir"):
        return 0, "no git history: the commit message was not checked"
    if git(root, "status", "--porcelain", "--", RECORDS):
        return 0, f"{RECORDS} is changed and not committed: state the reason in the commit message"
    commit = git(root, "log", "-1", "--format=%H", "--", RECORDS)
    shallow = root / git(root, "rev-parse", "--git-path", "shallow")
    if not commit or (shallow.is_file() and commit in shallow.read_text().split()):
        return 0, "the history does not reach back to the last record: its commit message was not checked"
    if states(git(root, "log", "-1", "--format=%B", commit), records[-1].reason):
        return 0, ""
    return 1, (f"commit {commit[:12]} changes {RECORDS}, but its message does not contain the recorded reason "
               f'"{records[-1].reason}"; amend the message or the line')


def build_facts(build: Path) -> str:
    """The compiler of a release build, in the format of the records."""
    cache = (build / "CMakeCache.txt").read_text() if (build / "CMakeCache.txt").is_file() else ""
    if not re.search(r"^CMAKE_BUILD_TYPE:\w+=Release$", cache, re.M) or \
            re.search(r"^KEYFERRY_SANITIZE:\w+=.+$", cache, re.M):
        raise NotMeasured(f"{build} is not a release build without sanitizers; build the preset release")
    described = next(build.glob("CMakeFiles/*/CMakeCXXCompiler.cmake")).read_text()
    name = re.search(r'CMAKE_CXX_COMPILER_ID "([^"]+)"', described)[1]
    version = re.search(r'CMAKE_CXX_COMPILER_VERSION "([^"]+)"', described)[1]
    return f"{name}-{version}-{platform.machine()}"


def count(build: Path, keys: int) -> tuple:
    """Returns (instructions, jobs, calls) of one run."""
    program = build / "bench" / "fixed_run"
    if not program.is_file():
        raise NotMeasured(f"{program} does not exist; build the preset release")
    profile = build / "bench" / f"fixed_run.{keys}.callgrind"
    ran = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile.resolve()}", str(program.resolve()),
         str(keys)], env={"PATH": os.environ.get("PATH", ""), **PINNED}, cwd="/", capture_output=True, text=True,
        check=False)
    collected = re.search(r"Collected : (\d+)", ran.stderr)
    output = re.fullmatch(r"(\d+) (\d+)\n", ran.stdout)
    if ran.returncode != 0 or not collected or not output:
        raise NotMeasured(f"fixed_run {keys} under valgrind exited with {ran.returncode}:\n{ran.stderr}")
    return int(collected[1]), int(output[1]), int(output[2])


def measure(build: Path) -> int:
    small, large = (count(build, keys) for keys in KEYS)
    jobs = large[1] - small[1]
    print(f"fixed_run: {large[1]} jobs with {large[2]} calls, {large[0]} instructions; {small[1]} jobs with "
          f"{small[2]} calls, {small[0]}")
    return round((large[0] - small[0]) / jobs)


def record(measured: int, compiler: str, reason: str) -> None:
    with (ROOT / RECORDS).open("a", encoding="utf-8") as file:
        file.write(f"{Record(datetime.date.today().isoformat(), measured, compiler, ' '.join(reason.split()))}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release", help="a release build folder")
    parser.add_argument("--record", metavar="REASON", help="append the measured figure to bench/instructions.txt")
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        print("instructions: valgrind is not installed; nothing was measured", file=sys.stderr)
        return NOT_INSTALLED
    path = ROOT / RECORDS
    try:
        records = parse_records(path.read_text(encoding="utf-8")) if path.is_file() else []
        compiler = build_facts(arguments.build)
        measured = measure(arguments.build)
    except (NotMeasured, ValueError) as problem:
        print(f"instructions: {problem}", file=sys.stderr)
        return 2
    if arguments.record:
        record(measured, compiler, arguments.record)
        records = parse_records(path.read_text(encoding="utf-8"))
    code, message = verdict(records, measured, compiler)
    print(message)
    if records:
        commit_code, commit_message = check_commit(ROOT, records)
        print(commit_message, end="\n" if commit_message else "")
        code = code or commit_code
    return code


if __name__ == "__main__":
    sys.exit(main())
