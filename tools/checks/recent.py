# SPDX-License-Identifier: Apache-2.0
"""Which files a check that is too slow for the whole tree looks at: recent changes and a share.

Recent are the files that differ from a base commit, in commits or uncommitted. The share rotates with
the commit, so that each file has its turn, and no commit decides which.
"""

import hashlib
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

COMMITS = 10


@dataclass(frozen=True)
class Recent:
    """Files that changed since `base`, and the commit that chooses the share."""

    base: str
    commit: str
    paths: frozenset = field(default_factory=frozenset)

    def share(self, names: list, parts: int) -> list:
        """One of `parts` shares of these names."""
        chosen = _number(self.commit) % parts
        return [name for name in names if _number(name) % parts == chosen]

    def rotated(self, things: list) -> list:
        """All of them, beginning with the one whose turn it is."""
        first = _number(self.commit) % len(things)
        return things[first:] + things[:first]

    def shuffled(self, things: list) -> list:
        """All of them in an order that each commit changes."""
        return sorted(things, key=lambda thing: _number(f"{self.commit} {thing}"))


def _number(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)


def _git(root: Path, *arguments: str) -> str:
    if not shutil.which("git"):
        return ""
    ran = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else ""


def find(root: Path, base: str = "") -> Recent:
    """`base` is a commit; without one it is where the branch left its upstream, or else 10 commits
    back, or as far back as the history goes. Without git nothing is recent."""
    commit = _git(root, "rev-parse", "HEAD")
    if not commit:
        return Recent("", "")
    start = _git(root, "rev-parse", "--verify", f"{base}^{{commit}}") if base else _default_base(root, commit)
    if not start:
        raise ValueError(f'there is no commit "{base}"' if base else "git tells of no commit to compare with")
    # A file that moved and stayed as it was needs no other look.
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
