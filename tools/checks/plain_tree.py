# SPDX-License-Identifier: Apache-2.0
"""Configures build/tidy, which provides the compiler flags for clang-tidy and the header check.

It uses clang++-16, whose options clang-tidy supports, and no unity builds, so that each file has its own
flags. The tree is configured but not built.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

FOLDER = "build/tidy"
COMPILER = "clang++-16"


@dataclass(frozen=True)
class Compiled:
    """How one .cpp is compiled: its target, and the compiler arguments without input and output."""

    path: str
    target: str
    arguments: tuple


def compiler() -> str:
    """The command, or "" if it is not installed."""
    return shutil.which(COMPILER) or ""


def processors() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0))


def configure(root: Path) -> dict:
    """Configures the tree and returns path -> Compiled for the project's own files, generated ones excluded.
    Raises RuntimeError when CMake fails."""
    ran = subprocess.run(
        ["cmake", "-S", str(root), "-B", str(root / FOLDER), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
         f"-DCMAKE_CXX_COMPILER={COMPILER}", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", "-DKEYFERRY_UNITY=OFF",
         "--no-warn-unused-cli"], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise RuntimeError(f"CMake cannot configure {FOLDER}:\n{ran.stdout[-2000:]}{ran.stderr[-4000:]}")
    entries = json.loads((root / FOLDER / "compile_commands.json").read_text())
    compiled = (_compiled(root, entry) for entry in entries)
    return {one.path: one for one in compiled if one is not None}


def _compiled(root: Path, entry: dict):
    file = Path(entry["file"])
    if not file.is_relative_to(root) or file.is_relative_to(root / "build"):
        return None
    words = shlex.split(entry["command"])
    output = words[words.index("-o") + 1]
    target = re.sub(r"CMakeFiles/([^/]+)\.dir/.*", r"\1", output)
    arguments = tuple(word for index, word in enumerate(words[1:], 1)
                      if word not in ("-o", "-c", entry["file"]) and words[index - 1] != "-o")
    return Compiled(file.relative_to(root).as_posix(), target, arguments)
