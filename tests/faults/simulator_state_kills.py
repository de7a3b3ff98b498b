#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills `keyferry simulate --state` at each of its system calls while several clients change keys.

    simulator_state_kills.py KEYFERRY [--share PERCENT] [--jobs N] [--seed N]

For N = 1, 2, ... SIGKILL ends the simulator at its Nth call on the state or send on a socket: before the call, and in
the middle of a write. Calls on the state include those on its folder and on the copies of a rewrite. A response is sent
after the change was written, so this covers each moment between a request and its response, while other requests are in
flight. Each client records which requests were answered. After the next start, all answered requests must have taken
effect. In addition, only the one request that each client had in flight may have taken effect.
"""

import json
import os
import shutil
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "command" / "support"))

from fleet_under_fault import Mismatch, expect  # noqa: E402
from isolated_environment import isolated_environment  # noqa: E402
from judged_cases import parse_arguments, run_cases  # noqa: E402
from signed_request import signed  # noqa: E402
from watched_process import SENDS, HalfThenKill, Kill, WatchedProcess  # noqa: E402

CLIENTS = 3
CHANGES = 12  # of each client, after its CreateKey
REQUEST_S_MAX = 30
GRANTEE = "arn:aws:iam::111122223333:user/app"


class Client(threading.Thread):
    """Creates a key and changes it, one request after another, until the simulator is gone."""

    def __init__(self, number):
        super().__init__(daemon=True)
        self.name_of_client = f"c{number}"
        self.endpoint = ""
        self.key = None
        self.answered = 0  # changes

    def call(self, operation, body):
        request = signed(self.endpoint, "us-east-1", operation, json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=REQUEST_S_MAX) as response:
            return json.loads(response.read() or b"{}")

    def change(self, number):
        """Five kinds of changes, in turn."""
        key, text = {"KeyId": self.key}, str(number)
        return [("UpdateKeyDescription", key | {"Description": text}),
                ("TagResource", key | {"Tags": [{"TagKey": "n", "TagValue": text}]}),
                ("CreateAlias", {"AliasName": f"alias/{self.name_of_client}-{text}", "TargetKeyId": self.key}),
                ("CreateGrant", key | {"GranteePrincipal": GRANTEE, "Operations": ["Encrypt"], "Name": text}),
                ("Encrypt", key | {"Plaintext": "AAAA"})][number % 5]

    def run(self):
        try:
            self.key = self.call("CreateKey", {})["KeyMetadata"]["KeyId"]
            for number in range(CHANGES):
                self.call(*self.change(number))
                self.answered += 1
        except urllib.error.HTTPError as error:
            self.unexpected = error.read()
        except (OSError, ValueError):
            pass  # the simulator was killed

    def expected(self, changes):
        """Description, tag, aliases, grants and whether the key was used, after this many changes."""
        kinds = [[number for number in range(changes) if number % 5 == kind] for kind in range(5)]
        last = [str(kind[-1]) if kind else "" for kind in kinds]
        return (last[0], last[1], {f"alias/{self.name_of_client}-{number}" for number in kinds[2]},
                [str(number) for number in kinds[3]], bool(kinds[4]))

    def found(self, state):
        key = next((key for key in state["keys"] if key["id"] == self.key), None)
        expect(key is not None, f"{self.key} was created, then lost")
        tags = key["regions"][0]["tags"]  # "1:n" and the value, each after its length
        aliases = {alias["name"] for alias in state["aliases"] if alias.get("key") == self.key}
        return (key["regions"][0]["description"], tags[len("1:n"):].partition(":")[2], aliases,
                [grant["name"] for grant in key.get("grants", [])], "last_uses" in key)


class WatchedSimulator(WatchedProcess):
    """Starts the clients when the simulator is ready, and stops it when they are done."""

    clients = ()

    def _read_pipes(self):
        line = self.process.stdout.readline()
        for client in self.clients if line else ():
            client.endpoint = json.loads(line)["endpoint"]
            client.start()
        for client in self.clients if line else ():
            client.join()
        if self.process.poll() is None:
            self.process.terminate()
        super()._read_pipes()


class KillAt:
    """`number` counts the calls on the state and the sends, or with `half` only the writes."""

    def __init__(self, number, half=False):
        self.number, self.half = number, half
        self.seen = 0
        self.hit = None

    def __call__(self, call):
        is_write = call.name in ("write", "pwrite64")
        if self.half and not is_write:
            return None
        self.seen += 1
        if self.seen != self.number:
            return None
        self.hit = "send" if call.name in SENDS else call.name
        return HalfThenKill() if self.half else Kill()


def command_of(keyferry, state):
    return [os.path.abspath(keyferry), "simulate", "--quota-scale", "0", "--state", str(state)]


def state_of(keyferry, folder):
    """Starts the simulator without faults and returns its keys and aliases."""
    watched = WatchedSimulator(command_of(keyferry, folder / "kms.state"), lambda call: None, lambda path: False,
                               isolated_environment(folder), folder)
    reader = Reader()
    watched.clients = [reader]
    finished = watched.finish()
    expect(finished.code == 0 and reader.state, f"the next start failed: {finished.code} {finished.stderr}")
    return reader.state


class Reader(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.endpoint, self.state = "", None

    def run(self):
        with urllib.request.urlopen(f"{self.endpoint}/_keyferry/keys", timeout=REQUEST_S_MAX) as response:
            self.state = json.loads(response.read())


def kill_and_start_again(keyferry, fault):
    folder = Path(tempfile.mkdtemp(prefix="keyferry-state-kills-"))
    try:
        watched = WatchedSimulator(command_of(keyferry, folder / "kms.state"), fault,
                                   lambda path: path.startswith(str(folder)), isolated_environment(folder), folder)
        watched.clients = [Client(number) for number in range(CLIENTS)]
        finished = watched.finish()
        expect(finished.was_killed if fault.hit else finished.code == 0,
               f"ended with {finished.code}: {finished.stderr}")
        state = state_of(keyferry, folder)
        for client in watched.clients:
            expect(not hasattr(client, "unexpected"), f"an error response: {vars(client)}")
            if client.key is None:
                continue  # it is unknown whether it was created
            found = client.found(state)
            if found not in (client.expected(client.answered), client.expected(client.answered + 1)):
                raise Mismatch(f"{client.answered} changes were answered, but there are {found}")
        return f"killed at {fault.hit}" if fault.hit else "completed"
    finally:
        shutil.rmtree(folder)


def cases_of(options):
    counter, writes = KillAt(0), KillAt(0, half=True)
    for fault in (counter, writes):
        kill_and_start_again(options.keyferry, fault)
    print(f"a run makes {counter.seen} calls and sends, and {writes.seen} writes")
    cases = []
    for number in range(1, counter.seen + 1):
        cases.append((f"killed-{number}", lambda n=number: kill_and_start_again(options.keyferry, KillAt(n))))
    for number in range(1, writes.seen + 1):
        cases.append((f"half-{number}", lambda n=number: kill_and_start_again(options.keyferry, KillAt(n, half=True))))
    return cases


if __name__ == "__main__":
    options = parse_arguments(__doc__)
    sys.exit(run_cases(cases_of(options), options))
