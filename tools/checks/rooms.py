#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rooms of the source tree and their order, read from the room(...) lines of CMakeLists.txt.

    tools/checks/rooms.py              print the rooms and their allowed includes as a Markdown table
    tools/checks/rooms.py --graph      print the includes between rooms; exit code 1 if an include
                                       violates the order
    tools/checks/rooms.py --update     rewrite the table in ARCHITECTURE.md and the "May include:"
                                       sentences of the rooms' READMEs from CMakeLists.txt

The order is defined only in CMakeLists.txt. tools/check uses this module to verify that
the includes, ARCHITECTURE.md and the READMEs agree with it.
"""

import argparse
import re
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from checks.tree import Finding, is_cpp, source_files  # noqa: E402

TABLE_BEGIN = "<!-- rooms: written by tools/checks/rooms.py --update -->"
TABLE_END = "<!-- end of rooms -->"

_ROOM_LINE = re.compile(r"^room\(([^)]*)\)", re.M)
_KEYWORDS = ("USES", "LIBRARIES")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
_TABLE_ROW = re.compile(r"^\| `([\w/]+)` \| (.*?) \| (.*?) \|$", re.M)
# Up to the first full stop that ends a line or is followed by a space.
_MAY_INCLUDE = re.compile(r"^May include:.*?\.(?=\s|\Z)", re.M | re.S)
_ROOM_NAME = re.compile(r"\b(?:io|planner|engine|tools)/[\w/]*\w")


def rooms(root: Path) -> dict:
    """Maps each room to the rooms that it names in USES, in the order of CMakeLists.txt."""
    listing = root / "CMakeLists.txt"
    if not listing.is_file():
        return {}
    text = re.sub(r"#.*", "", listing.read_text())
    found = {}
    for match in _ROOM_LINE.finditer(text):
        folder, *words = match[1].split()
        keyword, uses = "", []
        for word in words:
            if word in _KEYWORDS:
                keyword = word
            elif keyword == "USES":
                uses.append(word)
        found[folder] = uses
    return found


def allowed(root: Path) -> dict:
    """Maps each room to the set of all other rooms whose headers it may include."""
    closure = {}
    for room, uses in rooms(root).items():
        closure[room] = set(uses).union(*(closure.get(used, set()) for used in uses))
    return closure


def room_of(path: str, known) -> str:
    """The room of a file: the longest folder of its path that is in `known`; "" if none is."""
    folder = path.rpartition("/")[0]
    while folder and folder not in known:
        folder = folder.rpartition("/")[0]
    return folder


def included_rooms(root: Path) -> dict:
    """Room -> {room that it includes: (file, header) of one such include}, from the C++ sources."""
    known = rooms(root)
    graph = {room: {} for room in known}
    for path in source_files(root):
        room = room_of(path, known)
        if not room or not is_cpp(path):
            continue
        for header in _INCLUDE.findall((root / path).read_text(errors="replace")):
            other = room_of(header, known)
            if other and other != room:
                graph[room].setdefault(other, (path, header))
    return graph


# ---------------------------------------------------------------------------------------- the checks
def check_rooms(root: Path) -> list:
    """Findings: the order itself, the table in ARCHITECTURE.md and the rooms' READMEs."""
    known = rooms(root)
    if not known:
        return []
    findings = check_order(known)
    findings += _check_table(root, known)
    for room, uses in known.items():
        findings += _check_readme(root, room, uses)
    return findings


def check_order(known: dict) -> list:
    findings, above = [], set()
    for room, uses in known.items():
        for used in uses:
            if used not in above:
                findings.append(Finding("CMakeLists.txt", 1, f"room({room}) uses {used}, which is not defined "
                                                             "above it; rooms may use only rooms above them"))
        above.add(room)
    return findings


def _check_table(root: Path, known: dict) -> list:
    page = root / "ARCHITECTURE.md"
    if not page.is_file():
        return [Finding("ARCHITECTURE.md", 1, "missing; it must contain the table of the rooms")]
    text = page.read_text()
    expected = _with_table(text, known)
    if expected is None:
        return [Finding("ARCHITECTURE.md", 1, f'no table of rooms between "{TABLE_BEGIN}" and "{TABLE_END}"')]
    findings = []
    if expected != text:
        findings.append(Finding("ARCHITECTURE.md", _line_of(text, TABLE_BEGIN),
                                "the table differs from CMakeLists.txt; run tools/checks/rooms.py --update"))
    findings += [Finding("ARCHITECTURE.md", _line_of(text, f"| `{room}` |"), f"{room} has no description; add one")
                 for room, owns in _descriptions(expected).items() if not owns.strip()]
    return findings


def _check_readme(root: Path, room: str, uses: list) -> list:
    path = f"{room}/README.md"
    if not (root / path).is_file():
        return [Finding(path, 1, "missing; describe the room's purpose, what it may include and what to read first")]
    text = (root / path).read_text()
    sentence = _MAY_INCLUDE.search(text)
    if not sentence:
        return [Finding(path, 1, f'no "May include:" sentence; write "{_may_include(uses)}"')]
    named = set(_ROOM_NAME.findall(sentence[0]))
    if named != set(uses):
        return [Finding(path, _line_of(text, "May include:"),
                        f'differs from CMakeLists.txt; write "{_may_include(uses)}" or run '
                        "tools/checks/rooms.py --update")]
    return []


def _line_of(text: str, fragment: str) -> int:
    return text.count("\n", 0, max(text.find(fragment), 0)) + 1


# ------------------------------------------------------------------------------------- the documents
def _may_include(uses: list) -> str:
    if not uses:
        return "May include: no other room."
    return f"May include: {', '.join(uses)} and {'its' if len(uses) == 1 else 'their'} dependencies."


def _descriptions(page: str) -> dict:
    return {match[1]: match[2] for match in _TABLE_ROW.finditer(page)}


def table(known: dict, descriptions: dict) -> str:
    rows = ["| room | owns | includes |", "|---|---|---|"]
    for room, uses in known.items():
        named = ", ".join(f"`{used}`" for used in uses) or "-"
        rows.append(f"| `{room}` | {descriptions.get(room, ' ').strip()} | {named} |")
    return "\n".join(rows) + "\n"


def _with_table(page: str, known: dict):
    """The page with its table generated from `known`, keeping the descriptions; None if the markers are missing."""
    begin, end = page.find(TABLE_BEGIN), page.find(TABLE_END)
    if begin < 0 or end < begin:
        return None
    head = page[: begin + len(TABLE_BEGIN)]
    return f"{head}\n{table(known, _descriptions(page[begin:end]))}{page[end:]}"


def update_documents(root: Path) -> list:
    """Rewrites what check_rooms() compares; returns the paths of the changed files."""
    known, changed = rooms(root), []
    texts = {"ARCHITECTURE.md": lambda text: _with_table(text, known) or text}
    for room, uses in known.items():
        if _check_readme(root, room, uses):
            texts[f"{room}/README.md"] = lambda text, uses=uses: _MAY_INCLUDE.sub(_may_include(uses), text, count=1)
    for path, rewritten in texts.items():
        file = root / path
        if file.is_file() and (new := rewritten(file.read_text())) != file.read_text():
            file.write_text(new)
            changed.append(path)
    return changed


def _print_graph(root: Path) -> int:
    closure, against = allowed(root), []
    for room, included in included_rooms(root).items():
        order = list(closure)
        print(f"{room} -> {', '.join(sorted(included, key=order.index)) or '-'}")
        against += [f"{path}: includes {header}, but {room} may not include {other}"
                    for other, (path, header) in included.items() if other not in closure[room]]
    for line in against:
        print(line, file=sys.stderr)
    return 1 if against else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent.parent)
    parser.add_argument("--graph", action="store_true", help="print the includes between rooms")
    parser.add_argument("--update", action="store_true", help="rewrite ARCHITECTURE.md and the READMEs")
    options = parser.parse_args()
    root = options.root.resolve()
    if options.graph:
        return _print_graph(root)
    if options.update:
        for path in update_documents(root):
            print(f"updated {path}")
        return 0
    page = root / "ARCHITECTURE.md"
    print(table(rooms(root), _descriptions(page.read_text()) if page.is_file() else {}), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
