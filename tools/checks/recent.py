# SPDX-License-Identifier: Apache-2.0
"""Selects the files for checks that are too slow for the whole tree: recently changed files and a share of the others.

Recent files are files that differ from a base commit, even if not committed. The share rotates with the hash of the
commit, so that every file is checked eventually and the author cannot choose the files.
"""

import hashlib
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

COMMITS = 10


@dataclass(frozen=True)
class Recent:
    """Files that changed since `base`, and the commit that determines the share."""

    base: str
    commit: str
    paths: frozenset = field(default_factory=frozenset)

    def share(self, names: list, parts: int) -> list:
        """One of `parts` shares of these names."""
        chosen = _number(self.commit) % parts
        return [name for name in names if _number(name) % parts == chosen]

    def rotated(self, things: list) -> list:
        """Returns all items, starting at a position that depends on the commit."""
        first = _number(self.commit) % len(things)
        return things[first:] + things[:first]

    def shuffled(self, things: list) -> list:
        """Returns all items in an order that depends on the commit."""
        return sorted(things, key=lambda thing: _number(f"{self.commit} {thing}"))


def _number(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)


def _git(root: Path, *arguments: str) -> str:
    if not shutil.which("git"):
        return ""
    ran = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else ""


def find(root: Path, base: str = "") -> Recent:
    """`base` is a commit; default: the commit at which the branch diverged from its upstream, otherwise 10 commits back
    or the oldest commit. The result is empty without git."""
    commit = _git(root, "rev-parse", "HEAD")
    if not commit:
        return Recent("", "")
    start = _git(root, "rev-parse", "--verify", f"{base}^{{commit}}") if base else _default_base(root, commit)
    if not start:
        raise ValueError(f'unknown commit "{base}"' if base else "git reports no commit to compare with")
    # A file that was only moved is not checked again.
    changed = _git(root, "diff", "--name-status", "--find-renames", "--diff-filter=d", start)
    paths = {line.split("\t")[-1] for line in changed.splitlines() if not line.startswith("R100")}
    paths |= set(_git(root, "ls-files", "--others", "--exclude-standard").splitlines())
    return Recent(start, commit, frozenset(paths))


def _default_base(root: Path, commit: str) -> str:
    upstream = _git(root, "merge-base", "HEAD", "@{upstream}")
    if upstream and upstream != commit:
        return upstream
    listed = _git(root, "rev-list", "--first-parent", f"--max-count={COMMITS + 1}", "HEAD").splitlines()
    return listed[-1]
