# SPDX-License-Identifier: Apache-2.0
"""Checks that C++ files are formatted by clang-format 14 with .clang-format."""

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from checks.tree import Finding

_COMPLAINT = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+):\d+: error: ", re.M)


def clang_format() -> str:
    """The command, or "" if it is not installed. Other releases produce different output."""
    return shutil.which("clang-format-14") or ""


def check_format(root: Path, paths: list) -> list:
    shares = [paths[start :: os.cpu_count() or 1] for start in range(os.cpu_count() or 1)]
    with ThreadPoolExecutor() as pool:
        return [finding for found in pool.map(lambda share: _check_share(root, share), shares)
                for finding in found]


def _check_share(root: Path, paths: list) -> list:
    if not paths:
        return []
    ran = subprocess.run([clang_format(), "--dry-run", "-Werror", *paths], cwd=root, capture_output=True,
                         text=True, check=False)
    first_lines = {}
    for match in _COMPLAINT.finditer(ran.stderr):
        first_lines.setdefault(match["path"], int(match["line"]))
    if ran.returncode != 0 and not first_lines:
        raise RuntimeError(f"{clang_format()} failed: {ran.stderr.strip()}")
    return [Finding(path, line, f"not formatted; run clang-format-14 -i {path}")
            for path, line in first_lines.items()]
