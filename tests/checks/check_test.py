#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests tools/check: each check must report a file with a violation and accept a file without one."""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "tests" / "checks" / "examples"
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))

from checks import coroutines, cpp_tokens, format, includes, rooms, text  # noqa: E402


def marked_lines(source: str, *marks: str) -> set:
    pattern = re.compile(r"\S\s+// (" + "|".join(marks) + r")$")
    return {number for number, line in enumerate(source.split("\n"), 1) if pattern.search(line)}


class CoroutineTemporaries(unittest.TestCase):
    def setUp(self):
        self.path = "tests/checks/examples/coroutine_temporaries.cpp"
        self.code = (ROOT / self.path).read_text()

    def suspects(self, path: str, code: str) -> list:
        source = cpp_tokens.read_source(code)
        return coroutines.suspects(path, source, coroutines.aggregate_names([source]))

    def test_fast_stage_reports_every_form_and_lookalikes(self):
        found = {finding.line for finding in self.suspects(self.path, self.code)}
        self.assertEqual(found, marked_lines(self.code, "twice", "harmless"))
        self.assertGreater(len(marked_lines(self.code, "twice")), 15)

    def test_clang_query_clears_only_harmless_forms(self):
        if not coroutines.clang_query():
            self.skipTest("clang-query-14 is not installed")
        answer = coroutines.ask_clang_query(ROOT, self.path)
        self.assertEqual(answer["errors"], [])
        found = {finding.line for finding in coroutines.settle(self.path, self.suspects(self.path, self.code), answer)}
        self.assertEqual(found, marked_lines(self.code, "twice"))

    def test_reports_aggregates_that_clang_query_cannot_parse(self):
        path = "tests/checks/examples/coroutine_disguised_aggregates.cpp"
        code = (ROOT / path).read_text()
        found = self.suspects(path, code)
        self.assertEqual({finding.line for finding in found}, marked_lines(code, "twice"))
        answer = {"errors": [[1, "unreadable"]], "matches": []}
        self.assertEqual(coroutines.settle(path, found, answer), found)

    def test_ignores_braces_and_closures_in_other_statements(self):
        code = """awaitable<void> f(Client& client) {
    Request request{.key = "a"};
    if (client.ready()) {
        co_await client.send(std::move(request));
    }
    auto retry = [request] { return Row{request}; };
    for (int i = 0; i < 3; ++i) {
        co_await wait(std::chrono::seconds{1}, rows[index[0]]);
    }
}
"""
        self.assertEqual(self.suspects("engine/a.cpp", code), [])


# The rooms of the test trees and the rooms that each uses, from the lowest layer to the highest.
ORDER = [("io/names", ""), ("io/aws", "io/names"), ("io/http", "io/names"), ("planner", "io/names"),
         ("engine", "planner"), ("tools/simulator", "io/aws")]


class Includes(unittest.TestCase):
    def findings(self, files: dict) -> list:
        """The findings of check_includes in a tree of these files."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "CMakeLists.txt").write_text("".join(f"room({room} USES {uses})\n" for room, uses in ORDER))
            for path, content in files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(content)
            sources = includes.cpp_sources(root, list(files), cpp_tokens.read_source)
            return [str(finding) for finding in includes.check_includes(root, sources)]

    def assert_one(self, files: dict, expected: str):
        findings = self.findings(files)
        self.assertEqual(len(findings), 1, findings)
        self.assertIn(expected, findings[0])

    def test_a_valid_tree_has_no_findings(self):
        self.assertEqual(self.findings({
            "io/names/a.hpp": "// What it owns.\n#pragma once\n#include <string>\n",
            "planner/b.hpp": '#pragma once\n#include "io/names/a.hpp"\n',
            "planner/b.cpp": '#include "planner/b.hpp"\n#include <toml++/toml.h>\n',
            "io/http/c.cpp": "#include <boost/beast/http.hpp>\n",
            "tests/planner/b_test.cpp": '#include "planner/b.hpp"\n',
            "engine/d.cpp": '#include "io/names/a.hpp"\n',
        }), [])

    def test_a_room_may_not_include_a_higher_room(self):
        self.assert_one({"engine/a.hpp": "#pragma once\n",
                         "planner/b.hpp": '#pragma once\n#include "engine/a.hpp"\n'},
                        "planner/b.hpp:2: planner may not include engine")

    def test_the_engine_may_not_include_signing_or_http(self):
        self.assert_one({"io/aws/a.hpp": "#pragma once\n",
                         "engine/b.cpp": '#include "io/aws/a.hpp"\n'}, "engine may not include io/aws")

    def test_the_product_may_not_include_tests(self):
        self.assert_one({"tests/support/a.hpp": "#pragma once\n",
                         "engine/b.cpp": '#include "tests/support/a.hpp"\n'}, "product code may not depend on tests")

    def test_includes_are_relative_to_the_root(self):
        self.assert_one({"io/names/a.hpp": "#pragma once\n",
                         "io/names/b.cpp": '#include "a.hpp"\n'}, '"a.hpp" does not exist below the root')

    def test_a_header_in_the_folder_of_a_test_is_included_by_its_name(self):
        self.assertEqual(self.findings({"tests/engine/a.hpp": "#pragma once\n",
                                        "tests/engine/a_test.cpp": '#include "a.hpp"\n'}), [])
        self.assert_one({"tests/engine/a_test.cpp": '#include "b.hpp"\n'}, '"tests/engine/b.hpp" does not exist')

    def test_headers_may_not_include_beast(self):
        self.assert_one({"io/http/a.hpp": "#pragma once\n#include <boost/beast/http.hpp>\n"}, "include Beast only")

    def test_headers_outside_io_may_not_include_openssl(self):
        self.assert_one({"tools/simulator/a.hpp": "#pragma once\n#include <openssl/ssl.h>\n"}, "outside io/")

    def test_the_planner_and_the_engine_may_not_use_sockets(self):
        self.assert_one({"planner/a.cpp": "#include <boost/asio/awaitable.hpp>\n"}, "the planner must not use sockets")
        self.assert_one({"engine/a.cpp": "#include <boost/asio/ip/tcp.hpp>\n"}, "the engine must not use sockets")

    def test_only_one_room_includes_cli11(self):
        self.assert_one({"tools/keyferry/commands/a.cpp": "#include <CLI/CLI.hpp>\n"}, "CLI11 takes seconds")
        self.assert_one({"bench/a.cpp": "#include <CLI/App.hpp>\n"}, "CLI11 takes seconds")
        self.assertEqual(self.findings({"tools/keyferry/command_line/a.cpp": "#include <CLI/CLI.hpp>\n"}), [])

    def test_only_one_file_includes_toml(self):
        self.assert_one({"planner/a.cpp": "#include <toml++/toml.h>\n",
                         "planner/b.cpp": "#include <toml++/toml.h>\n"}, "planner/b.cpp:1: planner/a.cpp already includes toml++")

    def test_headers_begin_with_pragma_once(self):
        self.assert_one({"engine/a.hpp": "#include <string>\n#pragma once\n"}, "no #pragma once")
        self.assert_one({"engine/a.hpp": "int a;\n#pragma once\n"}, "no #pragma once")

    def test_a_source_file_includes_its_header_first(self):
        self.assert_one({"engine/a.hpp": "#pragma once\n", "engine/b.hpp": "#pragma once\n",
                         "engine/a.cpp": '#include "engine/b.hpp"\n#include "engine/a.hpp"\n'},
                        'does not include "engine/a.hpp" first')

    def test_headers_may_not_include_each_other_in_a_cycle(self):
        findings = self.findings({"engine/a.hpp": '#pragma once\n#include "engine/b.hpp"\n',
                                  "engine/b.hpp": '#pragma once\n#include "engine/a.hpp"\n'})
        self.assertEqual(len(findings), 2)
        self.assertIn("break the cycle", findings[0])

    def test_a_room_uses_only_rooms_defined_before_it(self):
        self.assert_one({"CMakeLists.txt": "room(planner USES engine)\nroom(engine)\n"},
                        "room(planner) uses engine, which is not defined above it")

    def test_this_tree_is_in_order(self):
        self.assertEqual(rooms.check_order(rooms.rooms(Path(__file__).resolve().parents[2])), [])


class Text(unittest.TestCase):
    def test_reports_line_ends_blank_lines_and_todo_notes(self):
        self.assertEqual(text.check_text("a.md", b"# A\n\nText.\n"), [])
        for content, expected in [(b"a", "no newline"), (b"a \n", "space at the end"), (b"a\r\n", "carriage"),
                                  (b"", "empty file"), (b"a\n\n", "blank line"), (b"// TO" b"DO: x\n", "a note about work left to do")]:
            found = text.check_text("a.md", content)
            self.assertEqual(len(found), 1, content)
            self.assertIn(expected, found[0].what)

    def test_reports_meaningless_file_names(self):
        self.assertEqual(text.check_name("engine/token_bucket.hpp"), [])
        for path in ("engine/utils.hpp", "io/http/http_helpers.cpp", "planner/common/a.hpp"):
            self.assertEqual(len(text.check_name(path)), 1, path)

    def test_reports_functions_over_the_length_limit(self):
        def function(lines: int, head: str = "int f(int a) {") -> list:
            code = head + "\n" + "    if (true) {}\n" * (lines - 2) + "}\n"
            return text.check_function_lengths("a.cpp", cpp_tokens.read_source(code))

        self.assertEqual(function(text.FUNCTION_LINES_MAX), [])
        for head in ("int f(int a) {", "auto A::f() const -> std::vector<int> {", "TEST(A, B) {",
                     "A::A(int a) : a_{a}, b_(1) {", "awaitable<void> f() noexcept {"):
            self.assertEqual(len(function(text.FUNCTION_LINES_MAX + 1, head)), 1, head)
        self.assertEqual(function(text.FUNCTION_LINES_MAX + 1, "struct A {"), [])


class Format(unittest.TestCase):
    def test_reports_unformatted_code(self):
        if not format.clang_format():
            self.skipTest("clang-format-14 is not installed")
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / ".clang-format").write_text((ROOT / ".clang-format").read_text())
            (root / "good.cpp").write_text("int f() {\n    return 1;\n}\n")
            (root / "bad.cpp").write_text("int f() {\n    return  1;\n}\n")
            found = format.check_format(root, ["bad.cpp", "good.cpp"])
        self.assertEqual([(finding.path, finding.line) for finding in found], [("bad.cpp", 2)])


class Command(unittest.TestCase):
    def test_prints_findings_and_exits_with_1(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "engine").mkdir()
            (Path(folder) / "engine" / "utils.hpp").write_text("#pragma once\n")
            ran = subprocess.run([ROOT / "tools" / "check", "--root", folder], capture_output=True, text=True,
                                 check=False)
        self.assertEqual(ran.returncode, 1)
        self.assertTrue(ran.stdout.startswith('engine/utils.hpp:1: "utils" is not a meaningful name;'), ran.stdout)


if __name__ == "__main__":
    unittest.main()
