# SPDX-License-Identifier: Apache-2.0
"""Finds owning temporaries in expressions with co_await, which g++ 12.2 destroys twice.

In a full expression with co_await, g++ 12.2 runs the destructors of some temporaries twice: those of
an aggregate's members, regardless of the syntax (`{...}`, `Type{...}`, `{.name = ...}`, a
default argument `= {}`, C++20's `Type(a, b)`), and those of a closure's owning captures. g++ prints no warning, and the
heap is corrupted later. tests/checks/examples/coroutine_temporaries.cpp contains every tested form, with the behavior
of the compiled program.

The check has a fast stage and an exact stage:

1. `suspects` reads tokens (milliseconds). It reports every brace, every capture by value and every
   aggregate built with parentheses in an expression with co_await. It has no type information, so it also
   reports harmless code, such as a class with a constructor.
2. `judged` runs clang-query-14, which has type information, on the files that have suspects (seconds per file;
   results are cached by content in build/checks). Suspects that it clears are not reported. Without clang-query, every
   suspect is reported; moving the object to the line above is always correct.

Neither stage finds an aggregate in a macro (the tree has none) or `Aggregate(one_value)` with a single
value in parentheses.
"""

import hashlib
import json
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from checks.cpp_tokens import Source, enclosing_scopes_only, is_lambda_introducer, read_source
from checks.tree import Finding

_ADVICE = "name it on the line above and std::move it; g++ 12.2 destroys it twice"
_CONDITIONS = {"if", "while", "for", "switch"}
# Trivially destructible, so destroying them twice is harmless.
_SCALARS = {
    "bool", "char", "int", "unsigned", "long", "double", "float", "size_t", "uint8_t", "uint16_t",
    "uint32_t", "uint64_t", "int32_t", "int64_t", "nanoseconds", "microseconds", "milliseconds",
    "seconds", "minutes", "hours", "string_view",
}
_CLANG_ARGUMENTS = ["-xc++", "-std=c++20", "-w", "-ferror-limit=0", "-DBOOST_ASIO_SEPARATE_COMPILATION",
                    "-DBOOST_BEAST_SEPARATE_COMPILATION", "-DBOOST_ASIO_NO_DEPRECATED"]
_QUERY = Path(__file__).with_name("coroutine_temporaries.query")
_MATCH = re.compile(r'^(?P<path>/[^:\n]+):(?P<line>\d+):\d+: note: "(?P<what>[^"]+)" binds here', re.M)
_ERROR = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+):\d+: (?:fatal )?error: (?P<what>.*)", re.M)


# ------------------------------------------------------------------------------------ the fast stage
def suspects(path: str, source: Source, aggregates: set) -> list:
    """Findings in one file; `aggregates` as from aggregate_names()."""
    found = set()
    for index, token in enumerate(source.tokens):
        if token.text == "co_await":
            for line, what in _in_expression(source, *_full_expression(source, index), aggregates):
                found.add(Finding(path, line, f"{what} in an expression with co_await: {_ADVICE}"))
    for line in _default_aggregates(source, aggregates):
        found.add(Finding(path, line, "a coroutine's default argument is an aggregate in the caller's "
                                      "co_await expression: write an overload or give it a constructor"))
    return sorted(found)


def aggregate_names(sources: list) -> set:
    """Names of all structs in these sources that declare no constructor."""
    names = set()
    for source in sources:
        for index, token in enumerate(source.tokens):
            if token.text == "struct" and source.text(index + 2) == "{":
                name, first, last = source.text(index + 1), index + 2, source.tokens[index + 2].partner
                body = range(first + 1, max(last, first + 1))
                if not any(source.text(i) == name and source.text(i + 1) == "(" for i in body):
                    names.add(name)
    return names


def _full_expression(source: Source, index: int) -> tuple:
    """The first and last token of the full expression (or declaration) around the one at `index`."""
    tokens = source.tokens
    first = index
    while first > 0:
        before = tokens[first - 1]
        if before.text == ";" or (before.text == "{" and before.opens != "initialiser"):
            break
        if before.text == "(" and source.text(first - 2) in _CONDITIONS | {"constexpr"}:
            break
        if before.text == "}" and tokens[before.partner].opens not in ("initialiser", "lambda"):
            break
        first = before.partner if before.text in ("}", ")", "]", "]]") else first - 1
    last = index
    while last + 1 < len(tokens):
        after = tokens[last + 1]
        if after.text == ";" or (after.text == "{" and after.opens not in ("initialiser", "lambda")):
            break
        if after.text == "}" and tokens[after.partner].opens != "initialiser":
            break
        if after.text == ")" and source.text(after.partner - 1) in _CONDITIONS:
            break
        last = after.partner if after.text in ("{", "(", "[", "[[") and after.partner > 0 else last + 1
    return first, last


def _in_expression(source: Source, first: int, last: int, aggregates: set):
    """Yields (line, what) for each suspect among these tokens, but not in the bodies of lambdas."""
    index = first
    while index <= last:
        token = source.tokens[index]
        if token.text == "{" and token.opens != "initialiser":
            index = token.partner
        elif token.text == "{" and source.text(index - 1) not in _SCALARS:
            yield token.line, "a braced value"
        elif is_lambda_introducer(source, index) and _captures_by_value(source, index):
            yield token.line, "a closure that captures by value"
        elif token.text in aggregates and _has_two_arguments(source, index + 1):
            yield token.line, f"an aggregate {token.text}(...)"
        index += 1


def _captures_by_value(source: Source, index: int) -> bool:
    """Whether a lambda has any capture other than `&`, `&name`, `&name = ...` and `this`."""
    position, last = index + 1, source.tokens[index].partner
    while position < last:
        if source.text(position) not in ("&", "this", "..."):
            return True
        while position < last and source.text(position) != ",":
            inner = source.tokens[position].partner
            position = inner if inner > position else position + 1
        position += 1
    return False


def _has_two_arguments(source: Source, index: int) -> bool:
    if source.text(index) != "(" or source.text(index - 2) in (".", "->"):
        return False
    position, last = index + 1, source.tokens[index].partner
    while position < last:
        if source.text(position) == ",":
            return True
        inner = source.tokens[position].partner
        position = inner + 1 if inner > position else position + 1
    return False


def _default_aggregates(source: Source, aggregates: set):
    """Lines of `Aggregate name = ...` among the parameters of a declared coroutine."""
    for index, token in enumerate(source.tokens):
        if token.text != "awaitable" or not enclosing_scopes_only(source, index):
            continue
        position = index
        while source.text(position) not in ("(", ";", "{", "}", ""):
            position += 1
        parameter = set()
        for inner in range(position + 1, source.tokens[position].partner if source.text(position) == "(" else 0):
            text = source.text(inner)
            if text == "=" and parameter & aggregates:
                yield source.tokens[inner].line
            parameter = set() if text == "," else parameter | {text}


# ------------------------------------------------------------------------------------ the exact stage
def clang_query() -> str:
    """The command, or "" if it is not installed."""
    return shutil.which("clang-query-14") or ""


def judged(root: Path, found: list, includes: dict) -> list:
    """The findings of the fast stage that clang-query does not clear.

    `includes` maps each file to all project files that it includes, directly or indirectly. A changed header may turn a
    class into an aggregate, so headers are part of the cache key. """
    by_path = {}
    for finding in found:
        by_path.setdefault(finding.path, []).append(finding)
    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda path: _ask(root, path, includes.get(path, set())), by_path)
        return [finding for path, answer in zip(by_path, answers)
                for finding in settle(path, by_path[path], answer)]


def settle(path: str, found: list, answer: dict) -> list:
    """The findings of the fast stage in one file that clang-query's result does not clear."""
    if answer["errors"]:
        # clang 14 rejects aggregates built with parentheses and some newer code: it cannot clear what it
        # cannot parse.
        return found
    defaults = [finding for finding in found if "default argument" in finding.what]
    exact = [Finding(path, line, f"{what}: {_ADVICE}") for line, what in answer["matches"]]
    return sorted(set(defaults + exact))


def _ask(root: Path, path: str, included: set) -> dict:
    digest = hashlib.sha256(_QUERY.read_bytes())
    digest.update("\0".join(_CLANG_ARGUMENTS).encode())
    for name in sorted({path} | included):
        digest.update(name.encode() + b"\0" + (root / name).read_bytes())
    kept = root / "build" / "checks" / f"{digest.hexdigest()[:32]}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    answer = ask_clang_query(root, path)
    kept.parent.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_suffix(".part")
    unfinished.write_text(json.dumps(answer))
    unfinished.rename(kept)
    return answer


def ask_clang_query(root: Path, path: str) -> dict:
    """The result of clang-query for one file: "errors" and "matches", each a list of (line, what)."""
    command = [clang_query(), "-f", str(_QUERY), str(root / path), "--", *_CLANG_ARGUMENTS, f"-I{root}"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    said = ran.stdout + ran.stderr
    errors = [[int(m["line"]), m["what"]] for m in _ERROR.finditer(said)]
    if ran.returncode != 0 and not errors:
        errors = [[1, f"clang-query exited with {ran.returncode}"]]
    matches = sorted({(int(m["line"]), m["what"]) for m in _MATCH.finditer(said)})
    return {"errors": errors, "matches": matches}
