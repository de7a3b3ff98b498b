# SPDX-License-Identifier: Apache-2.0
"""Calls the AWS CLI efficiently: a server process imports its Python modules once and forks for each call. Starting
`aws` for each call would take a second of CPU time.

Each call still runs the installed `aws` in a separate process with a separate environment and home folder. An `aws`
that is not a Python program, such as that of AWS's installer, is started for each call.
"""

import gc
import importlib
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

CALL_S_MAX = 60
MODULES = ("awscli.clidriver", "awscli.handlers")


def interpreter_of(program):
    """Returns the Python interpreter that the first line of a script names; None for other programs."""
    with open(program, "rb") as file:
        first = file.readline().decode(errors="replace")
    words = first.removeprefix("#!").split() if first.startswith("#!") else []
    if words and os.path.basename(words[0]) == "env":
        del words[0]
    if len(words) != 1 or not os.path.basename(words[0]).startswith("python"):
        return None
    return shutil.which(words[0])


def version_of(program):
    done = subprocess.run([program, "--version"], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True,
                          timeout=CALL_S_MAX, check=False)
    return done.returncode, done.stdout, done.stderr


def python_program(program):
    """Returns `program` if it is a Python script. If it is a launcher such as pyenv's, returns the `aws` script of
    the running Python if both print the same version. None otherwise."""
    if interpreter_of(program):
        return program
    ours = os.path.join(sysconfig.get_path("scripts"), "aws")
    is_same = os.path.isfile(ours) and interpreter_of(ours) and version_of(ours) == version_of(program)
    return ours if is_same else None


class AwsCli:
    """The `aws` in PATH. `is_forked`: whether calls are forked rather than started."""

    def __init__(self):
        self.program = shutil.which("aws")
        self.folder = Path(tempfile.mkdtemp(prefix="keyferry-aws-cli-"))
        # Modules of the CLI read the home folder on import, so it is a link to that of the current call.
        self.home = self.folder / "home"
        self.server = self.started_server()
        self.is_forked = self.server is not None

    def started_server(self):
        script = python_program(self.program)
        if script is None:
            return None
        self.link_home(self.folder)
        server = subprocess.Popen([interpreter_of(script), __file__, script], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True,
                                  env={"PATH": os.environ["PATH"], "HOME": str(self.home)})
        if server.stdout.readline() == "ready\n":
            return server
        server.communicate()
        return None

    def link_home(self, folder):
        self.home.unlink(missing_ok=True)
        self.home.symlink_to(folder)

    def run(self, arguments, environment):
        """Equivalent to subprocess.run(["aws", *arguments], env=environment, capture_output=True, text=True)."""
        if not self.is_forked:
            return self.run_started(arguments, environment)
        self.link_home(environment["HOME"])
        call = {"arguments": arguments, "environment": environment | {"HOME": str(self.home)}}
        self.server.stdin.write(json.dumps(call) + "\n")
        self.server.stdin.flush()
        return subprocess.CompletedProcess(arguments, **json.loads(self.server.stdout.readline()))

    def run_started(self, arguments, environment):
        return subprocess.run([self.program, *arguments], env=environment, capture_output=True, text=True,
                              timeout=CALL_S_MAX, check=False)

    def close(self):
        if self.server is not None:
            self.server.communicate()
        shutil.rmtree(self.folder)


def become_call(program, call, added, output, errors):
    """Runs in the forked process: sets up what a started program gets from the kernel and Python, then runs it."""
    signal.alarm(CALL_S_MAX)
    os.environ.clear()
    os.environ.update(added | call["environment"])
    for target, number in ((output.fileno(), 1), (errors.fileno(), 2)):
        os.dup2(target, number)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    sys.argv = [program, *call["arguments"]]
    code = 0
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        code = end.code or 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # skips the cleanup of all modules, which takes half the time of a call


def execute(program, call, added):
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = os.fork()
        if process == 0:
            become_call(program, call, added, output, errors)
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read())
    return {"returncode": code, "stdout": texts[0], "stderr": texts[1]}


def serve(program):
    """Reads calls from standard input, one JSON document per line, forks for each and writes its result."""
    before = dict(os.environ)
    for module in MODULES:
        importlib.import_module(module)
    gc.freeze()  # keeps the collector of each forked process from scanning and copying all imported objects
    # Importing sets environment variables that the CLI reads later.
    added = {name: value for name, value in os.environ.items() if before.get(name) != value}
    calls, results = sys.stdin, os.fdopen(os.dup(1), "w")
    print("ready", file=results, flush=True)
    for line in calls:
        print(json.dumps(execute(program, json.loads(line), added)), file=results, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
