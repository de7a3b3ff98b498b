# SPDX-License-Identifier: Apache-2.0
"""Checks that each header compiles on its own, so that it can be included first anywhere.

A header is compiled with the flags of its own .cpp file. If it has none, the flags of a file that includes it are used,
or else those of any file in its folder.
"""

import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from checks import plain_tree
from checks.tree import Finding

SHARE_PARTS = 20
_FAULT = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+):\d+: (?:fatal )?error: (?P<what>.*)$", re.M)


def flags_of(headers: list, compiled: dict, reached: dict) -> dict:
    """Maps each header to its compiler arguments. Omits headers that no compiled file includes."""
    flags = {}
    for header in headers:
        own = header[: -len(".hpp")] + ".cpp"
        folder = header.rsplit("/", 1)[0] + "/"
        users = [path for path in sorted(compiled) if header in reached.get(path, ())]
        beside = [path for path in users if path.startswith(folder)]
        for path in [own, *beside, *users]:
            if path in compiled:
                flags[header] = compiled[path].arguments
                break
    return flags


def recent_headers(recent, flags: dict) -> list:
    """The changed headers, followed by those of the rotating share."""
    changed = [header for header in sorted(flags) if header in recent.paths]
    share = [header for header in recent.share(sorted(flags), SHARE_PARTS) if header not in changed]
    return recent.shuffled(changed) + share


def check(root: Path, headers: list, flags: dict, budget: float) -> tuple:
    """Returns (findings, headers skipped for lack of time). `budget` is in seconds, 0 for no limit."""
    began = time.monotonic()
    left = []

    def look(header: str) -> list:
        if budget > 0 and time.monotonic() - began > budget:
            left.append(header)
            return []
        return _compile(root, header, flags[header])

    with ThreadPoolExecutor(plain_tree.processors()) as pool:
        findings = [finding for found in pool.map(look, headers) for finding in found]
    return sorted(set(findings)), sorted(left)


def _compile(root: Path, header: str, arguments: tuple) -> list:
    # The header is included because compilers warn about #pragma once in the main file. It is included by its full path
    # because the include folders of a room contain only the headers that it may use.
    ran = subprocess.run([plain_tree.COMPILER, *arguments, "-fsyntax-only", "-x", "c++", "-"], cwd=root,
                         input=f'#include "{root / header}"\n', capture_output=True, text=True, check=False)
    if ran.returncode == 0:
        return []
    fault = _FAULT.search(ran.stderr)
    what = fault["what"] if fault else f"{plain_tree.COMPILER} exited with {ran.returncode}"
    line = int(fault["line"]) if fault and fault["path"].endswith(header) else 1
    return [Finding(header, line, f"does not compile alone: {what}; add the missing include")]
