# SPDX-License-Identifier: Apache-2.0
"""Checks that links in Markdown files, and paths in the documents for contributors, exist.

Paths are code spans that begin with a top folder, such as `io/kms/kms_client.hpp`.
"""

import re
from pathlib import Path

from checks.tree import Finding

# Files in which a path in a code span must exist in this source tree.
WITH_PATHS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "bench/README.md", "tests/README.md",
              "tools/README.md", "tools/checks/README.md")
_TOP_FOLDERS = ("bench", "build", "configs", "engine", "io", "planner", "tests", "tools")

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE_SPAN = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(rf"(?:{'|'.join(_TOP_FOLDERS)})/[\w./-]*")
_HEADING = re.compile(r"^#+ +(.*)$", re.M)


def check_documents(root: Path, paths: list) -> list:
    """Findings for the Markdown files among `paths`."""
    findings = []
    for path in paths:
        if path.endswith(".md"):
            text = _without_code_blocks((root / path).read_text(errors="replace"))
            findings += _link_findings(root, path, text)
            if path in WITH_PATHS:
                findings += _path_findings(root, path, text)
    return findings


def _without_code_blocks(text: str) -> str:
    """The text without the content of fenced blocks; line numbers are unchanged."""
    return re.sub(r"^```.*?^```$", lambda match: "\n" * match[0].count("\n"), text, flags=re.M | re.S)


def _link_findings(root: Path, path: str, text: str) -> list:
    findings = []
    for match in _LINK.finditer(text):
        target, _, anchor = match[1].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (root / path).parent / target if target else root / path
        line = text.count("\n", 0, match.start()) + 1
        if not file.exists():
            findings.append(Finding(path, line, f"the link to {match[1]} is broken; correct it"))
        elif anchor and file.suffix == ".md" and anchor not in _anchors(file.read_text(errors="replace")):
            findings.append(Finding(path, line, f"{target or path} has no heading #{anchor}; correct the link"))
    return findings


def _anchors(text: str) -> set:
    """The anchors of all headings, as GitHub generates them."""
    headings = _HEADING.findall(_without_code_blocks(text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _path_findings(root: Path, path: str, text: str) -> list:
    findings = []
    for match in _CODE_SPAN.finditer(text):
        name = match[1].split()[0]
        if _PATH.fullmatch(name) and not name.startswith("build/") and not (root / name).exists():
            findings.append(Finding(path, text.count("\n", 0, match.start()) + 1,
                                    f"{name} does not exist; name the file that replaced it"))
    return findings
