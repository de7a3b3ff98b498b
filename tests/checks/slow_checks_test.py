#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests tools/check --tidy and --headers with a small tree that contains errors."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))

from checks import headers, plain_tree, recent, tidy  # noqa: E402

FILES = {
    "CMakeLists.txt": "cmake_minimum_required(VERSION 3.25)\nproject(small LANGUAGES CXX)\n"
                      "add_library(small STATIC engine/a.cpp engine/b.cpp engine/c.cpp)\n"
                      "target_include_directories(small PRIVATE ${CMAKE_SOURCE_DIR})\n",
    "engine/a.hpp": "#pragma once\nint a();\n",
    "engine/a.cpp": '#include "engine/a.hpp"\nstatic int one() {\n    return 1;\n}\nint a() {\n    return one();\n}\n',
    # The same name as in a.cpp, so that the two files cannot be compiled as one unit.
    "engine/b.cpp": "static int one() {\n    return 2;\n}\nint b();\nint b() {\n    return one();\n}\n",
    "engine/c.hpp": "#pragma once\nstd::string c(int* pointer);\n",
    "engine/c.cpp": '#include <string>\n#include "engine/c.hpp"\nstd::string c(int* pointer) {\n'
                    "    return pointer == 0 ? std::string() : std::string(1, 'c');\n}\n",
}


def compiled(**targets) -> dict:
    """Maps each path to its Compiled; `targets` are the targets with their paths."""
    return {path: plain_tree.Compiled(path, target, (f"-D{target}",))
            for target, paths in targets.items() for path in paths}


class Choice(unittest.TestCase):
    def test_units_have_files_of_one_target_and_a_size_limit(self):
        many = [f"engine/{number:02}.cpp" for number in range(tidy.UNIT_FILES_MAX + 1)]
        tree = compiled(engine=many, planner=["planner/a.cpp"])
        units = tidy.units_of(tree, tree)
        self.assertEqual([len(unit.paths) for unit in units], [tidy.UNIT_FILES_MAX, 1, 1])
        self.assertEqual([path for unit in units for path in unit.paths], sorted(tree))
        self.assertEqual([unit.paths for unit in tidy.Unit("t", ("a", "b", "c")).halves()], [("a",), ("b", "c")])

    def test_a_changed_header_is_checked_through_one_file(self):
        tree = compiled(engine=["engine/a.cpp", "engine/b.cpp", "engine/c.cpp"])
        reached = {"engine/a.cpp": {"engine/a.hpp"}, "engine/b.cpp": {"engine/a.hpp", "engine/only.hpp"},
                   "engine/c.cpp": {"engine/only.hpp"}}

        def changed(*paths: str) -> list:
            return tidy.changed_paths(recent.Recent("0", "1", frozenset(paths)), tree, reached)

        self.assertEqual(changed("engine/b.cpp", "README.md"), ["engine/b.cpp"])
        self.assertEqual(changed("engine/a.hpp"), ["engine/a.cpp"])
        self.assertEqual(changed("engine/only.hpp"), ["engine/c.cpp"])
        self.assertEqual(changed("engine/only.hpp", "engine/b.cpp"), ["engine/b.cpp"])

    def test_the_rotating_share_covers_all_files(self):
        tree = compiled(**{f"t{number}": [f"engine/{number}.cpp"] for number in range(30)})
        seen = set()
        for commit in range(500):
            units = tidy.recent_units(recent.Recent("0", str(commit)), tree, ["engine/1.cpp"])
            paths = [path for unit in units for path in unit.paths]
            self.assertIn("engine/1.cpp", paths)
            self.assertEqual(len(paths), len(set(paths)))
            self.assertLessEqual(len(paths), tidy.UNIT_FILES_MAX + 1)
            seen.add(units[0].paths)
        self.assertEqual(len(seen), 30)

    def test_a_header_is_compiled_with_the_flags_of_a_file_that_includes_it(self):
        tree = compiled(engine=["engine/a.cpp"], tests=["tests/a_test.cpp"])
        reached = {"engine/a.cpp": {"engine/a.hpp", "io/b.hpp"}, "tests/a_test.cpp": {"tests/c.hpp"}}
        flags = headers.flags_of(["engine/a.hpp", "io/b.hpp", "tests/c.hpp", "io/unused.hpp"], tree, reached)
        self.assertEqual(flags, {"engine/a.hpp": ("-Dengine",), "io/b.hpp": ("-Dengine",), "tests/c.hpp": ("-Dtests",)})


class SmallTree(unittest.TestCase):
    def setUp(self):
        if not plain_tree.compiler() or not shutil.which(tidy.COMMAND):
            self.skipTest("clang-tidy-16 or clang++-16 is not installed")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        for path, content in FILES.items():
            (self.root / path).parent.mkdir(exist_ok=True)
            (self.root / path).write_text(content)
        (self.root / ".gitignore").write_text("/build/\n")
        (self.root / ".clang-tidy").write_text((ROOT / ".clang-tidy").read_text())

    def check(self, *options: str) -> subprocess.CompletedProcess:
        return subprocess.run([ROOT / "tools" / "check", "--root", self.root, *options], capture_output=True, text=True,
                              check=False)

    def commit(self) -> None:
        for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
            subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments], cwd=self.root,
                           check=True, capture_output=True)

    def test_tidy_splits_units_that_do_not_compile(self):
        ran = self.check("--tidy")
        self.assertEqual(ran.returncode, 1, ran.stderr)
        self.assertRegex(ran.stdout, r"^engine/c\.cpp:4: use nullptr \[modernize-use-nullptr\]\n$")
        self.assertIn("split in half", ran.stderr)
        (self.root / "engine/c.cpp").write_text(FILES["engine/c.cpp"].replace("== 0", "== nullptr"))
        ran = self.check("--tidy")
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def test_reports_headers_that_do_not_compile_alone(self):
        ran = self.check("--headers")
        self.assertEqual(ran.returncode, 1, ran.stderr)
        self.assertRegex(ran.stdout, r"^engine/c\.hpp:2: does not compile alone: .*std.*\n$")

    def test_recent_includes_uncommitted_changes(self):
        self.commit()
        (self.root / "engine/a.cpp").write_text(FILES["engine/a.cpp"] + "int* z = 0;\n")
        ran = self.check("--tidy", "--recent")
        self.assertEqual(ran.returncode, 1, ran.stderr)
        self.assertIn("engine/a.cpp:8: use nullptr", ran.stdout)
        self.assertIn("1 files for the changes", ran.stderr)


if __name__ == "__main__":
    unittest.main()
