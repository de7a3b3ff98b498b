# SPDX-License-Identifier: Apache-2.0
"""Rules for all text files: line endings, names, leftover to-do notes, length of files and functions."""

import re
from pathlib import Path

from checks.tree import Finding

FUNCTION_LINES_MAX = 70
FILE_LINES_WANTED = 400

_TEXT_ENDINGS = (".cpp", ".hpp", ".py", ".md", ".toml", ".txt", ".json", ".query", ".sh", ".cmake", ".service",
                 ".clang-format", ".clang-tidy", ".editorconfig", ".gitignore")
# Names that do not describe the content of a file.
_EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
# The words are split so that the check does not report this file.
_NOTES = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")


def check_name(path: str) -> list:
    parts = set(re.split(r"[/_.\-]", path.lower()))
    return [Finding(path, 1, f'"{word}" is not a meaningful name; name the file after its concept')
            for word in sorted(parts & _EMPTY_NAMES)]


def is_text(root: Path, path: str) -> bool:
    """Whether a file is text, by its extension or as a script without one. Test data may contain arbitrary bytes."""
    if "/data/" in path:
        return False
    if path.endswith(_TEXT_ENDINGS):
        return True
    with (root / path).open("rb") as file:
        return file.read(2) == b"#!"


def check_text(path: str, content: bytes) -> list:
    findings = []
    if not content:
        return [Finding(path, 1, "empty file; remove it")]
    if not content.endswith(b"\n"):
        findings.append(Finding(path, content.count(b"\n") + 1, "no newline at the end; add one"))
    if content.endswith(b"\n\n"):
        findings.append(Finding(path, content.count(b"\n"), "blank line at the end; remove it"))
    if b"\r" in content:
        line = content.count(b"\n", 0, content.index(b"\r")) + 1
        findings.append(Finding(path, line, "carriage return; end lines with a line feed only"))
    for number, line in enumerate(content.decode(errors="replace").split("\n"), 1):
        if line.rstrip("\r") != line.rstrip():
            findings.append(Finding(path, number, "space at the end of the line; remove it"))
        if _NOTES.search(line):
            findings.append(Finding(path, number, "a note about work left to do; do the work or explain why not"))
    return findings


def check_file_length(path: str, content: bytes) -> list:
    lines = content.count(b"\n")
    if lines <= FILE_LINES_WANTED:
        return []
    return [Finding(path, 1, f"{lines} lines, more than {FILE_LINES_WANTED}; split it if it covers two concepts",
                    warning=True)]


def check_function_lengths(path: str, source) -> list:
    findings = []
    for token in source.tokens:
        if token.opens == "function" and token.partner > 0:
            lines = source.tokens[token.partner].line - token.line + 1
            if lines > FUNCTION_LINES_MAX:
                findings.append(Finding(path, token.line, f"a function of {lines} lines; split it "
                                                          f"(the limit is {FUNCTION_LINES_MAX})"))
    return findings
