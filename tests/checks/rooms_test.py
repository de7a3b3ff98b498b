#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests tools/checks/rooms.py and documents.py with valid and invalid trees."""

import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))

from checks import documents, rooms  # noqa: E402

LISTING = """\
function(room folder)
endfunction()
# room(io/old) is a comment
room(io/names)
room(io/clock    LIBRARIES boost_impl)
room(planner/plan  USES io/names
                        io/clock LIBRARIES fmt::fmt)
room(engine/run  USES planner/plan)
"""
TABLE = f"""\
# Architecture

{rooms.TABLE_BEGIN}
| room | owns | includes |
|---|---|---|
| `io/names` | names | - |
| `io/clock` | clocks | - |
| `planner/plan` | the plan | `io/names`, `io/clock` |
| `engine/run` | runs | `planner/plan` |
{rooms.TABLE_END}
"""
TREE = {
    "CMakeLists.txt": LISTING,
    "ARCHITECTURE.md": TABLE,
    "io/names/README.md": "# io/names\n\nMay include: no other room.\n",
    "io/clock/README.md": "# io/clock\n\nMay include: Boost headers. Read first: `clock.hpp`, then planner/plan.\n",
    "planner/plan/README.md": "# Plan\n\nMay include: `io/names`, `io/clock`\nand their dependencies. Pure.\n",
    "engine/run/README.md": "# Run\n\nMay include: planner/plan and its dependencies.\n",
}


class Tree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def write(self, files: dict):
        for path, content in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(content)

    def findings(self, **changed) -> list:
        """The findings in the valid tree with some files changed. The names are paths without the extension, with "__"
        for "/"."""
        self.write(TREE | {path.replace("__", "/") + ".md": text for path, text in changed.items()})
        return [str(finding) for finding in rooms.check_rooms(self.root)]


class Rooms(Tree):
    def test_reads_rooms_in_the_order_of_the_listing(self):
        self.write(TREE)
        self.assertEqual(list(rooms.rooms(self.root).items()),
                         [("io/names", []), ("io/clock", []), ("planner/plan", ["io/names", "io/clock"]),
                          ("engine/run", ["planner/plan"])])

    def test_a_room_may_include_the_dependencies_of_its_rooms(self):
        self.write(TREE)
        self.assertEqual(rooms.allowed(self.root)["engine/run"], {"planner/plan", "io/names", "io/clock"})
        self.assertEqual(rooms.allowed(self.root)["io/names"], set())

    def test_a_file_belongs_to_the_innermost_room(self):
        self.assertEqual(rooms.room_of("io/names/a.hpp", {"io/names": []}), "io/names")
        self.assertEqual(rooms.room_of("io/boost_impl.cpp", {"io/names": []}), "")

    def test_a_tree_without_a_listing_has_no_rooms(self):
        self.assertEqual(rooms.rooms(self.root), {})
        self.assertEqual(rooms.check_rooms(self.root), [])

    def test_the_graph_has_the_actual_includes(self):
        self.write(TREE | {"engine/run/a.cpp": '#include "io/names/a.hpp"\n#include <string>\n'})
        self.assertEqual(rooms.included_rooms(self.root)["engine/run"],
                         {"io/names": ("engine/run/a.cpp", "io/names/a.hpp")})

    def test_the_listing_of_this_tree_is_in_order(self):
        self.assertGreater(len(rooms.rooms(ROOT)), 40)
        self.assertEqual(rooms.check_order(rooms.rooms(ROOT)), [])


class RoomDocuments(Tree):
    def assert_one(self, findings: list, expected: str):
        self.assertEqual(len(findings), 1, findings)
        self.assertIn(expected, findings[0])

    def test_a_valid_tree_has_no_findings(self):
        self.assertEqual(self.findings(), [])

    def test_rooms_use_only_rooms_defined_before_them(self):
        self.assertEqual(rooms.check_order({"io/a": [], "io/b": ["io/a"]}), [])
        self.assert_one([str(finding) for finding in rooms.check_order({"io/b": ["io/a"], "io/a": []})],
                        "room(io/b) uses io/a")

    def test_reports_an_outdated_table(self):
        self.assert_one(self.findings(ARCHITECTURE=TABLE.replace("`io/names`, `io/clock`", "`io/names`")),
                        "ARCHITECTURE.md:3: the table differs")

    def test_reports_a_room_without_a_description(self):
        self.assert_one(self.findings(ARCHITECTURE=TABLE.replace("| the plan |", "|  |")),
                        "ARCHITECTURE.md:8: planner/plan has no description")

    def test_reports_a_missing_table(self):
        self.assert_one(self.findings(ARCHITECTURE="# Architecture\n"), "no table of rooms")

    def test_reports_a_readme_with_other_rooms(self):
        self.assert_one(self.findings(engine__run__README="# Run\n\nMay include: io/names.\n"),
                        "engine/run/README.md:3: differs from CMakeLists.txt")

    def test_reports_a_readme_without_the_sentence(self):
        self.assert_one(self.findings(engine__run__README="# Run\n"), 'no "May include:" sentence')

    def test_reports_a_missing_readme(self):
        self.write(TREE)
        (self.root / "engine/run/README.md").unlink()
        self.assert_one([str(finding) for finding in rooms.check_rooms(self.root)], "engine/run/README.md:1: missing")

    def test_update_makes_the_documents_pass(self):
        self.findings(ARCHITECTURE=TABLE.replace("| the plan | `io/names`, `io/clock` |", "| the plan | - |"),
                      engine__run__README="# Run\n\nMay include: io/names. Read a.hpp.\n")
        self.assertEqual(rooms.update_documents(self.root), ["ARCHITECTURE.md", "engine/run/README.md"])
        self.assertEqual(rooms.check_rooms(self.root), [])
        self.assertEqual((self.root / "ARCHITECTURE.md").read_text(), TABLE)
        self.assertIn("plan and its dependencies. Read a.hpp.", (self.root / "engine/run/README.md").read_text())


class Documents(Tree):
    def document_findings(self, files: dict) -> list:
        self.write(files)
        return [str(finding) for finding in documents.check_documents(self.root, list(files))]

    def test_reports_broken_links(self):
        self.assertEqual(self.document_findings({
            "a/b.md": "# B\n\n## It's `c`, d\n\n[x](../c.md) [y](https://example.com/z) [z](#its-c-d)\n",
            "c.md": "[x](a/b.md#b)\n\n```\n[y](none.md)\n```\n",
        }), [])
        for link in ("none.md", "../none.md", "b.md#none", "#none"):
            found = self.document_findings({"a/b.md": f"# B\n\n[x]({link})\n"})
            self.assertEqual(len(found), 1, link)
            self.assertTrue(found[0].startswith("a/b.md:3: "), found)

    def test_reports_missing_paths_in_documents_for_contributors(self):
        files = {"io/a.hpp": "#pragma once\n", "README.md": "`io/a.hpp`, `io/`, `build/x`, `other/y`, `tools`\n"}
        self.assertEqual(self.document_findings(files), [])
        self.assertEqual(self.document_findings({"README.md": "\n`io/b.hpp`\n", "c.md": "`io/b.hpp`\n"}),
                         ["README.md:2: io/b.hpp does not exist; name the file that replaced it"])


if __name__ == "__main__":
    unittest.main()
