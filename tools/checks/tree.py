# SPDX-License-Identifier: Apache-2.0
"""Lists the files to check; defines Finding."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_LEFT_OUT = {".git", "build", ".cache", "__pycache__"}


@dataclass(frozen=True, order=True)
class Finding:
    """A violation to fix. A warning is printed but does not fail the check."""

    path: str
    line: int
    what: str
    warning: bool = False

    def __str__(self) -> str:
        mark = "warning: " if self.warning else ""
        return f"{self.path}:{self.line}: {mark}{self.what}"


def source_files(root: Path) -> list:
    """Paths under `root`, as text with "/", of all files that git tracks or does not ignore."""
    names = _names_from_git(root)
    if names is None:  # an unpacked archive, no git, or another user's checkout, which git refuses
        names = {path.relative_to(root).as_posix() for path in root.rglob("*")}
        names = {name for name in names if not _LEFT_OUT.intersection(name.split("/"))}
    return sorted(name for name in names if (root / name).is_file())


def _names_from_git(root: Path):
    if not (root / ".git").exists() or not shutil.which("git"):
        return None
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root, capture_output=True, check=False,
    )
    if listed.returncode != 0:
        return None
    return {name for name in listed.stdout.decode().split("\0") if name}


def is_cpp(path: str) -> bool:
    return path.endswith((".cpp", ".hpp"))


def is_example(path: str) -> bool:
    """Files that violate checks intentionally."""
    return path.startswith("tests/checks/examples/")
