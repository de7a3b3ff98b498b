# SPDX-License-Identifier: Apache-2.0
"""Checks the includes between rooms, and where libraries may be included.

CMakeLists.txt defines the order of the rooms, and includes that violate the order do not compile.
This check reports such includes in milliseconds, with the line. It also checks what CMake cannot: libraries
in headers, headers that a source file does not include first, and cycles.
"""

import re
from pathlib import Path

from checks import rooms
from checks.tree import Finding, is_cpp

# These may include everything; product code must not include them.
OUTSIDE = ("tests", "bench")

_ASIO_SOCKETS = r"boost/asio/(ip|ssl|local)[/.]"
# (folder, only in headers, forbidden include, remedy)
_LIBRARY_RULES = [
    (r".*", True, r"boost/beast", "include Beast only in .cpp files, because it takes seconds to compile"),
    (r"(?!io/|tests/|tools/simulator/cryptography/openssl_handles)", True, r"openssl/|boost/asio/ssl",
     "headers outside io/ must not include OpenSSL"),
    (r"planner/", False, r"boost/(asio|beast)|openssl/|sys/socket\.h|thread$|mutex$|future$",
     "the planner must not use sockets, clocks or threads"),
    (r"planner/", False, r"fstream$|fcntl\.h$", "the planner must not open files; pass the text as an argument"),
    (r"io/names/", False, r"boost/(asio|beast)|openssl/", "io/names contains only plain values"),
    (r"engine/", False, rf"{_ASIO_SOCKETS}|boost/beast|openssl/|sys/socket\.h",
     "the engine must not use sockets; use io/kms/kms_client.hpp"),
    (r"engine/", False, r"(iostream|cstdio|stdio\.h|print)$|CLI/", "the engine must not print; return a value"),
    (r"(?!planner/|tests/)", False, r"toml\+\+/", "only planner/ reads TOML"),
    (r"(?!tools/keyferry/command_line/)", False, r"CLI/",
     "use tools/keyferry/command_line/command_line.hpp, because CLI11 takes seconds to compile"),
    (r".*", True, r"pugixml", "include pugixml only in a .cpp file of the room that reads XML"),
    (r".*", True, r"toml\+\+/", "include toml++ only in one .cpp file, because it takes seconds to compile"),
    (r".*", False, r"boost/asio\.hpp$",
     "include only the parts of Asio that are used, because all of Asio takes seconds to compile"),
]
_INCLUDE = re.compile(r'#\s*include\s*(?:"(?P<own>[^"]+)"|<(?P<library>[^>]+)>)')


def room_of(path: str, known) -> str:
    """The room of a file: the longest folder in `known` that contains it, or its top folder."""
    folder = path.rsplit("/", 1)[0] if "/" in path else ""
    while folder and folder not in known:
        folder = folder.rsplit("/", 1)[0] if "/" in folder else ""
    return folder or path.split("/")[0]


def own_includes(path: str, source) -> list:
    """(line, path from the root) of the project's own headers that a file includes."""
    matches = ((line, _INCLUDE.match(text)) for line, text in source.directives)
    return [(line, _from_root(path, match["own"])) for line, match in matches if match and match["own"]]


def _from_root(path: str, name: str) -> str:
    # Folders under tests/ are not rooms. A test includes a header in its own folder by its bare name.
    return f"{path.rsplit('/', 1)[0]}/{name}" if "/" not in name and path.startswith("tests/") else name


def check_includes(root: Path, sources: dict) -> list:
    """Findings for `sources`, which maps each C++ file to its checks.cpp_tokens.Source."""
    allowed = rooms.allowed(root)
    findings = rooms.check_order(rooms.rooms(root))
    for path, source in sources.items():
        findings += _own_rules(root, path, source, allowed)
        findings += _library_rules(path, source)
        findings += _form_rules(path, source, sources)
    return findings + _cycles(sources) + _toml_readers(sources)


def reached_from(sources: dict) -> dict:
    """Maps each file to all project files that it includes, directly or indirectly."""
    direct = {path: {name for _, name in own_includes(path, source) if name in sources}
              for path, source in sources.items()}
    reached = {}
    for path in direct:
        seen, waiting = set(), [path]
        while waiting:
            for name in direct[waiting.pop()] - seen:
                seen.add(name)
                waiting.append(name)
        reached[path] = seen
    return reached


def _own_rules(root: Path, path: str, source, allowed: dict) -> list:
    findings = []
    room = room_of(path, allowed)
    for line, name in own_includes(path, source):
        other = room_of(name, allowed)
        if name.startswith(".") or "/" not in name or not (root / name).is_file():
            findings.append(Finding(path, line, f'"{name}" does not exist below the root; write includes as '
                                                '"folder/file.hpp"'))
        elif room in OUTSIDE or other == room or path.endswith("/main.cpp"):
            continue
        elif other in OUTSIDE:
            findings.append(Finding(path, line, f"{room} includes {other}; product code may not depend on {other}"))
        elif other not in allowed.get(room, ()):
            findings.append(Finding(path, line, f"{room} may not include {other}; move the code or the type, "
                                                f"or add it to room({room}) in CMakeLists.txt, and explain why"))
    return findings


def _library_rules(path: str, source) -> list:
    findings = []
    for line, text in source.directives:
        match = _INCLUDE.match(text)
        library = match["library"] if match else None
        if not library or (path == "io/boost_impl.cpp" and library.endswith("src.hpp")):
            continue
        for where, headers_only, forbidden, what_to_do in _LIBRARY_RULES:
            if headers_only and not path.endswith(".hpp"):
                continue
            if re.match(where, path) and re.match(forbidden, library):
                findings.append(Finding(path, line, f"includes <{library}>; {what_to_do}"))
                break
    return findings


def _form_rules(path: str, source, sources: dict) -> list:
    findings = []
    if path.endswith(".hpp"):
        first = source.directives[0] if source.directives else (1, "")
        if first[1] != "#pragma once" or any(token.line < first[0] for token in source.tokens):
            findings.append(Finding(path, first[0], "no #pragma once as the first line of code; put it there"))
    own_header = path[: -len(".cpp")] + ".hpp"
    includes = [name for _, name in own_includes(path, source)]
    if path.endswith(".cpp") and own_header in sources and includes[:1] != [own_header]:
        # Including it first reveals an include that the header itself lacks.
        findings.append(Finding(path, 1, f'does not include "{own_header}" first; put it first, so that the '
                                         "header is known to compile on its own"))
    return findings


def _cycles(sources: dict) -> list:
    """Cycles among headers. CMake rejects cycles among rooms."""
    reached = reached_from(sources)
    return [Finding(path, 1, "includes itself through other headers; break the cycle")
            for path in sources if path in reached[path]]


def _toml_readers(sources: dict) -> list:
    readers = [path for path, source in sources.items() if not path.startswith("tests/")
               and any("<toml++/" in text for _, text in source.directives)]
    return [Finding(path, 1, f"{readers[0]} already includes toml++; use only one file")
            for path in readers[1:]]


def cpp_sources(root: Path, paths: list, read_source) -> dict:
    return {path: read_source((root / path).read_text(errors="replace")) for path in paths if is_cpp(path)}
