#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how outages, rejected calls and broken responses affect a run, with any keyferry binary.

    bench/outages.py KEYFERRY [--only CASE ...]

Prints a row of Markdown for each case: exit code, real time (virtual where the row says so), the jobs by outcome and
the line of the output that shows the effect. To compare two versions, run it with each binary. The cases use the
simulator of the binary, or the fake KMS of the command tests on loopback; nothing connects to AWS.
"""

import argparse
import fcntl
import inspect
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "command" / "support"))

from credential_fakes import ACCOUNT, Sources  # noqa: E402
from isolated_environment import isolated_environment  # noqa: E402
from kms_fakes import JSON, FakeKms, KmsProxy, key_name  # noqa: E402

OTHER = "444455556666"
SIOCSIFFLAGS = 0x8914


class Result:
    def __init__(self, code, seconds, stdout, stderr):
        self.code, self.seconds, self.stdout, self.stderr = code, seconds, stdout, stderr

    @property
    def counts(self):
        try:
            counts = json.loads(self.stdout).get("counts", {})
        except ValueError:
            return {}
        return {name: value for name, value in counts.items() if value and name not in ("jobs", "records")}

    def line(self, pattern):
        """The first line of output that contains the pattern."""
        for line in (self.stderr + "\n" + self.stdout).splitlines():
            if re.search(pattern, line):
                return line.strip()
        return "-"

    def __str__(self):
        counts = ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in self.counts.items()
                           if not isinstance(value, dict))
        return f"exit {self.code} after {self.seconds:.1f} s" + (f": {counts}" if counts else "")


class Bench:
    """One case, in a separate folder."""

    def __init__(self, keyferry):
        self.keyferry = keyferry
        self.home = Path(tempfile.mkdtemp(prefix="keyferry-outages-"))
        self.fleet, self.journal = self.home / "fleet.toml", self.home / "fleet.journal"
        self.ledger = self.home / "ledger"
        self.environment = isolated_environment(self.home)
        self.children, self.servers = [], []

    def close(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.communicate()
        for server in self.servers:
            server.close()
        shutil.rmtree(self.home)

    def serve(self, server):
        self.servers.append(server)
        return server

    def spec(self, keys, regions=("eu-west-1",), accounts=(ACCOUNT,), policy='"default"', quota="", tables="",
             more=""):
        names = [f"arn:aws:kms:us-east-1:{account}:key/{key_name(number)}" for account in accounts
                 for number in range(1, keys + 1)]
        (self.home / "keys").write_text("\n".join(names) + "\n")
        self.fleet.write_text(f"""\
[fleet]
name = "outages"

[[group]]
name = "all"
policy = {policy}
replicate_to = {json.dumps(regions)}
{more}
keys_file = "keys"

[[limits.quota]]
{quota or "ReplicateKey = 1000" + chr(10) + "CreateKey = 2000"}

{tables}
""")

    def start(self, *arguments, through=(), **environment):
        child = subprocess.Popen([*through, self.keyferry, *map(str, arguments)], cwd=self.home, text=True,
                                 env=self.environment | environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        self.children.append(child)
        return child

    def simulate(self, *arguments, quota_scale=0, creating="0s"):
        child = self.start("simulate", "--fleet", self.fleet, "--ledger", self.ledger, "--seed", 7, "--quota-scale",
                           quota_scale, "--creating", creating, *arguments)
        return json.loads(child.stdout.readline())["endpoint"]

    def finish(self, child, began, time_max_s=400):
        try:
            stdout, stderr = child.communicate(timeout=time_max_s)
        except subprocess.TimeoutExpired:
            child.kill()
            stdout, stderr = child.communicate()
        return Result(child.returncode, time.monotonic() - began, stdout, stderr)

    def run(self, *arguments, through=(), time_max_s=400, **environment):
        began = time.monotonic()
        return self.finish(self.start(*arguments, through=through, **environment), began, time_max_s)

    def run_fleet(self, url, *options, **keywords):
        return self.run("run", self.fleet, "--json", "--progress", "none", "--endpoint-url", url, *options, **keywords)

    def ledger_entries(self):
        entries = []
        for line in self.ledger.read_text().splitlines():
            try:
                entries.append(json.loads(line))
            except ValueError:  # being written
                pass
        return entries

    def recorded(self, event):
        return self.journal.read_text().count(f'"ev":"{event}"') if self.journal.exists() else 0

    def dead_url(self):
        with socket.socket() as free:  # no process listens on this port afterwards
            free.bind(("127.0.0.1", 0))
            return f"http://127.0.0.1:{free.getsockname()[1]}"


def virtual(bench, fault):
    bench.spec(60, quota="ReplicateKey = 5\nCreateKey = 10")
    done = bench.run("plan", bench.fleet, "--simulate", "--fault", fault)
    took = re.search(r"in virtual time: ([0-9.]+ s)", done.stdout)
    return (", ".join(re.findall(r"[1-9]\d* (?:created|existed|failed|unknown|deferred)(?=[,\n])", done.stdout)) +
            (f" after {took[1]}" if took else ""))


def first_contact(bench):
    """E1 virtual: eu-west-1 throttles DescribeKey for 50 s from the start"""
    return virtual(bench, "eu-west-1/DescribeKey.throttle=1@0s..50s")


def first_contact_down(bench):
    """E1 virtual: DescribeKey of eu-west-1 is down for 45 s from the start"""
    return virtual(bench, "eu-west-1/DescribeKey.down=1@0s..45s")


def first_contact_primary(bench):
    """E1 virtual: the Region of the primaries is down for 5 min from the start"""
    return virtual(bench, "us-east-1/down=1@0s..5m")


def denied(bench, keys):
    bench.spec(40, quota="ReplicateKey = 10\nCreateKey = 20", tables='[wait]\npark_timeout = "20s"')
    denied_keys = {key_name(number) for number in keys}
    kms = bench.serve(FakeKms(lambda call: (400, "AccessDeniedException") if call.operation == "ReplicateKey"
                              and call.key in denied_keys else None))
    return f"{bench.run_fleet(kms.url)}; rerun {bench.run_fleet(kms.url)}"


def denied_in_front(bench):
    """E2: the first 25 of 40 keys are denied, park_timeout 20 s, twice"""
    return denied(bench, range(1, 26))


def denied_at_the_end(bench):
    """E2: the last 12 of 40 keys are denied, park_timeout 20 s, twice"""
    return denied(bench, range(29, 41))


def credentials_of_one_account(bench):
    """E3: the credentials of one of two accounts expire after 10 of 120 jobs and are not renewed"""
    bench.spec(120, accounts=(ACCOUNT, OTHER), quota="ReplicateKey = 50\nCreateKey = 100",
               tables=f'[accounts.{ACCOUNT}]\nprofile = "one"\n[accounts.{OTHER}]\nprofile = "two"\n'
                      f'[wait]\npark_timeout = "20s"\n')
    starts = bench.home / "starts"
    folder = bench.home / ".aws"
    folder.mkdir()
    config = ""
    for name in ("one", "two"):
        script = bench.home / name
        script.write_text(f"#!/bin/sh\necho {name} >> {starts}\necho '{{\"Version\":1,\"AccessKeyId\":\"AKID{name}\","
                          "\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\","
                          "\"Expiration\":\"2099-01-01T00:00:00Z\"}'\n")
        script.chmod(0o700)
        config += f"[profile {name}]\ncredential_process = {script}\n"
    (folder / "config").write_text(config)
    made = []

    def trouble(call):
        if call.caller != "AKIDtwo":
            return None
        if len(made) >= 10:
            return 400, "ExpiredTokenException"
        if call.operation == "ReplicateKey":
            made.append(call.key)
        return None
    kms, sources = bench.serve(FakeKms(trouble)), bench.serve(Sources())
    sources.account = lambda headers: OTHER if "AKIDtwo" in headers["Authorization"] else ACCOUNT
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del bench.environment[name]
    done = bench.run_fleet(kms.url, AWS_ENDPOINT_URL_STS=sources.url)
    return (f"{done}; {bench.recorded('sent')} intents in the journal; credential_process of the account started "
            f"{starts.read_text().count('two')} times; `{done.line('credentials refused|no usable|network')}`")


def reset_during_survey(bench):
    """E4: KMS resets every connection for 100 ms while `plan` surveys 20,000 keys"""
    bench.spec(20000)
    url = bench.simulate("--fault", "slow=1,slow-delay=30ms..40ms,us-east-1/DescribeKey.reset=1@5000ms..5100ms")
    done = bench.run("plan", bench.fleet, "--endpoint-url", url, "--progress", "none")
    return f"{done}; `{done.line('no response|no answer|gave no|not checked|unknown')}`"


def dead_survey(bench):
    """E5: `plan` of 100,000 keys at an endpoint that refuses connections"""
    bench.spec(100000)
    done = bench.run("plan", bench.fleet, "--endpoint-url", bench.dead_url(), "--progress", "none")
    return f"{done}; `{done.line('refused')}`"


def slow_place(bench):
    """E6: `plan` of 12,000 keys at 8/s and of 12,000 at 1,600/s, killed when these are done or after 28 s"""
    listed = [f'"arn:aws:kms:{region}:{ACCOUNT}:key/{key_name(number + offset)}",'
              for region, offset in (("us-east-1", 0), ("us-west-2", 20000)) for number in range(1, 12001)]
    bench.fleet.write_text('[fleet]\nname = "two"\n[[group]]\nname = "all"\npolicy = "default"\n'
                           'replicate_to = ["eu-west-1"]\nkeys = [\n' + "\n".join(listed) + "\n]\n"
                           '[[limits.quota]]\nregion = "us-east-1"\nDescribeKey = 10\n'
                           '[[limits.quota]]\nregion = "us-west-2"\nDescribeKey = 2000\n')
    url = bench.simulate()
    began = time.monotonic()
    child = bench.start("plan", bench.fleet, "--endpoint-url", url, "--progress", "none")
    calls = {"us-east-1": 0, "us-west-2": 0}
    while time.monotonic() < began + 28 and calls["us-west-2"] < 12000 and child.poll() is None:
        time.sleep(0.2)
        text = bench.ledger.read_text()
        calls = {region: text.count(f'"region":"{region}"') for region in calls}
    took = time.monotonic() - began
    return (f"after {took:.1f} s: {calls['us-east-1']} calls at 8/s, {calls['us-west-2']} calls at 1,600/s" +
            (f"; {bench.finish(child, began).stderr}" if child.poll() is not None else ""))


def slow_region(bench):
    """E7: one of three Regions takes 20 to 25 s per response; 300 keys, ReplicateKey 100/s, CreateKey 50/s"""
    def last_of_others(*fault):
        bench.spec(300, regions=("eu-west-1", "eu-central-1", "us-west-2"), quota="ReplicateKey = 100\nCreateKey = 50")
        bench.journal.unlink(missing_ok=True)
        url = bench.simulate(*fault)
        done = bench.run_fleet(url)
        made = [entry for entry in bench.ledger_entries() if entry.get("effect") == "replica_created"]
        times = [entry["time_ms"] for entry in made if entry["effect_region"] != "eu-west-1"]
        return (max(times) - min(entry["time_ms"] for entry in made)) / 1000, done
    healthy, _ = last_of_others()
    slow, done = last_of_others("--fault", "eu-west-1/ReplicateKey.slow=1,slow-delay=20s..25s")
    return f"the other Regions take {slow:.1f} s instead of {healthy:.1f} s; {done}"


def slow_disk(bench):
    """E8: fdatasync takes 150 ms; 600 jobs at 50/s (ideal: 12 s)"""
    def makespan(*through):
        bench.spec(600, quota="ReplicateKey = 50\nCreateKey = 100",
                   tables="[wait]\nuntil_ready = false\n[limits]\nshare = 1.0")
        bench.journal.unlink(missing_ok=True)
        url = bench.simulate()
        done = bench.run_fleet(url, through=through)
        times = [entry["time_ms"] for entry in bench.ledger_entries() if entry.get("effect") == "replica_created"]
        return (max(times) - min(times)) / 1000, done
    usual, _ = makespan()
    slow, done = makespan("strace", "--follow-forks", "--output", os.devnull, "--trace", "fdatasync", "--inject",
                          "fdatasync:delay_exit=150000")
    return f"first to last request {slow:.1f} s, with a fast disk {usual:.1f} s; {done}"


def torn_tail_on_a_full_disk(bench):
    """E9: killed in a write, then another file fills the disk (tests/faults/full_disk.py --only resume_torn)"""
    done = subprocess.run([ROOT / "tests/faults/full_disk.py", bench.keyferry, "--only", "resume_torn"], text=True,
                          capture_output=True)
    lines = done.stdout.splitlines()
    return next(line for line in lines if " cases, " in line) + "; `" + lines[0] + "`"


def expiry_by_local_clock(bench):
    """E10: a credential_process states an expiry that has passed by the local clock; KMS accepts the credentials"""
    bench.spec(5)
    (bench.home / ".aws").mkdir()
    script = bench.home / "credentials"
    script.write_text("#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"s\","
                      "\"SessionToken\":\"t\",\"Expiration\":\"2020-01-01T00:00:00Z\"}'\n")
    script.chmod(0o700)
    (bench.home / ".aws" / "config").write_text(f"[profile dr]\ncredential_process = {script}\n")
    kms, sources = bench.serve(FakeKms()), bench.serve(Sources())
    done = bench.run_fleet(kms.url, "--profile", "dr", AWS_ENDPOINT_URL_STS=sources.url)
    return f"{done}; `{done.line('expired|Expir')}`"


def two_rehearsals(bench):
    """E11: a second rehearsal of the fleet starts while the first is active"""
    bench.spec(3)
    journal = bench.home / "fleet.simulated.journal"
    began = time.monotonic()
    first = bench.start("run", bench.fleet, "--simulate", "--creating", "1h", "--json")
    while not journal.exists() or journal.read_text().count('"accepted"') < 3:
        time.sleep(0.01)
    second = bench.run("run", bench.fleet, "--simulate", "--creating", "0s", "--json")
    first.send_signal(signal.SIGINT)
    return f"first (interrupted) {bench.finish(first, began)}; second {second}"


def sync_refused_at_first(bench, code, times):
    bench.spec(3, more='description = "before"\ntags = { team = "a" }', tables='[wait]\npoll_delay_max = "1s"')
    url = bench.simulate()
    bench.run_fleet(url)
    bench.fleet.write_text(bench.fleet.read_text().replace('"before"', '"after"'))
    refused = {}

    def trouble(call):
        if call.operation != "UpdateKeyDescription" or refused.get(call.key, 0) >= times:
            return None
        refused[call.key] = refused.get(call.key, 0) + 1
        return 400, JSON, json.dumps({"__type": code, "message": f"{call.request['KeyId']} is updating."})
    proxy = bench.serve(KmsProxy(url, trouble))
    done = bench.run("sync", bench.fleet, "--endpoint-url", proxy.url, "--progress", "none")
    return f"{done}; {max(refused.values())} refusals of one call; `{done.line('changes? to')}`"


def sync_of_new_principal(bench):
    """E12: KMS refuses a policy 12 times with MalformedPolicyDocumentException, because a principal is new; `sync`"""
    return sync_refused_at_first(bench, "MalformedPolicyDocumentException", 12)


def sync_of_busy_replica(bench):
    """E12: a replica is still Updating for 12 attempts of `sync` (KMSInvalidStateException)"""
    return sync_refused_at_first(bench, "KMSInvalidStateException", 12)


def empty_list(bench, body):
    bench.spec(3)
    url = bench.simulate()
    text = re.sub("keys_file.*", 'select = "all"\naccount = "111122223333"\nprimary = "us-east-1"',
                  bench.fleet.read_text())
    bench.fleet.write_text(text)
    proxy = bench.serve(KmsProxy(url, lambda call: (200, JSON, body) if call.operation == "ListKeys" else None))
    done = bench.run("plan", bench.fleet, "--endpoint-url", proxy.url, "--progress", "none")
    return f"{done}; `{done.line('selects|select|no answer|no response|ListKeys')}`"


def empty_body(bench):
    """E13: ListKeys responds with 200 with 0 bytes; `plan` of a group that selects keys"""
    return empty_list(bench, "")


def missing_list(bench):
    """E13: ListKeys responds with 200 with `{}`; `plan` of a group that selects keys"""
    return empty_list(bench, "{}")


def key_state(bench, state):
    bench.spec(3, tables='[wait]\npoll_delay_min = "100ms"\npoll_delay_max = "200ms"')
    url = bench.simulate()
    looks = {}

    def change(call, body):
        answer = json.loads(body)
        if call.operation == "ReplicateKey":
            answer["ReplicaKeyMetadata"]["KeyState"] = "Creating"
        elif call.operation == "DescribeKey" and call.region != "us-east-1" and "KeyMetadata" in answer:
            looks[call.key] = looks.get(call.key, 0) + 1
            if looks[call.key] <= 3:
                if state:
                    answer["KeyMetadata"]["KeyState"] = state
                else:
                    del answer["KeyMetadata"]["KeyState"]
        return json.dumps(answer)
    proxy = bench.serve(KmsProxy(url, change=change))
    done = bench.run_fleet(proxy.url)
    return f"{done}; {max(looks.values())} DescribeKey for one replica"


def missing_state(bench):
    """E14: DescribeKey of new replicas lacks KeyState 3 times, then reports Enabled"""
    return key_state(bench, None)


def unknown_state(bench):
    """E14: DescribeKey of new replicas reports an unknown KeyState 3 times, then Enabled"""
    return key_state(bench, "Migrating")


def printed_secret(bench):
    """E17: the output of a credential_process remains in the memory of the run"""
    bench.spec(5)
    (bench.home / ".aws").mkdir()
    script = bench.home / "credentials"
    # A member that keyferry does not read is in memory only as long as the whole output is.
    script.write_text("#!/bin/sh\nprintf '{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"s\",'\n"
                      "printf '\"SessionToken\":\"t\",\"Canary\":\"%s%s\"}' CanaryOf TheOutput\n")
    script.chmod(0o700)
    (bench.home / ".aws" / "config").write_text(f"[profile dr]\ncredential_process = {script}\n")
    kms = bench.serve(FakeKms(lambda call: (400, "ThrottlingException") if call.operation == "ReplicateKey" else None))
    sources = bench.serve(Sources())
    child = bench.start("run", bench.fleet, "--profile", "dr", "--endpoint-url", kms.url,
                        AWS_ENDPOINT_URL_STS=sources.url)
    while not any(call.operation == "ReplicateKey" for call in kms.calls):
        time.sleep(0.01)
    found = 0
    with open(f"/proc/{child.pid}/maps") as maps, open(f"/proc/{child.pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            start, end = (int(each, 16) for each in span.split("-"))
            try:
                memory.seek(start)
                found += memory.read(end - start).count(b"CanaryOfTheOutput")
            except OSError:
                pass
    return f"the output is found {found} times in the memory of the run"


def dead_endpoint(bench):
    """E18: 200,000 keys, quotas of 500,000/s, an endpoint that refuses connections; park_timeout 20 s"""
    bench.spec(200_000, quota="ReplicateKey = 500000\nCreateKey = 1000000", tables='[wait]\npark_timeout = "20s"')
    done = bench.run_fleet(bench.dead_url(), "--no-preflight")
    return (f"{done}; {bench.recorded('sent')} intents, a journal of {bench.journal.stat().st_size / 1e6:.1f} MB; "
            f"`{done.line('refused')[:200]}`")


def null_members(bench):
    """E19: DescribeKey and ListResourceTags contain null for optional members; `plan` with tags = "copy\""""
    bench.spec(3, more='tags = "copy"')
    url = bench.simulate()

    def change(call, body):
        answer = json.loads(body)
        if call.operation == "ListResourceTags":
            answer |= {"NextMarker": None, "Truncated": None}
        elif call.operation == "DescribeKey" and "KeyMetadata" in answer:
            answer["KeyMetadata"] |= {"Description": None, "DeletionDate": None, "CustomKeyStoreId": None}
        return json.dumps(answer)
    proxy = bench.serve(KmsProxy(url, change=change))
    done = bench.run("plan", bench.fleet, "--endpoint-url", proxy.url, "--progress", "none")
    return f"{done}; `{done.line('no answer|could not be read|no response|create ')}`"


def html_errors(bench):
    """E20: every ReplicateKey gets HTTP 500 with an HTML body; park_timeout 3 s"""
    bench.spec(5, tables='[wait]\npark_timeout = "3s"\ndoubt_timeout = "1s"')
    kms = bench.serve(FakeKms(lambda call: (500, "text/html", "<html><body>Internal Server Error</body></html>")
                              if call.operation == "ReplicateKey" else None))
    done = bench.run_fleet(kms.url)
    return f"{done}; `{done.line('parked|abandoned|reach|unavailable')}`"


def cost_of_finished_fleet(bench):
    """E21: rerun of a finished fleet of 5 replicas with --max-cost 3"""
    bench.spec(5)
    url = bench.simulate()
    bench.run_fleet(url)
    done = bench.run_fleet(url, "--max-cost", 3)
    return f"{done}; `{done.line('cost')}`"


def estimate_while_parked(bench):
    """E22: progress while the only endpoint is parked; park_timeout 6 s"""
    bench.spec(500, quota="ReplicateKey = 50\nCreateKey = 100", tables='[wait]\npark_timeout = "6s"')
    done = bench.run("run", bench.fleet, "--progress", "log", "--no-preflight", "--endpoint-url", bench.dead_url())
    return f"{done}; `{done.line('/500 done')}`"


def late_effect(bench):
    """S: requests whose responses were lost take effect after the run has deferred them; rerun"""
    bench.spec(3, tables='[wait]\npoll_delay_min = "100ms"\npoll_delay_max = "200ms"\ndoubt_timeout = "1s"\n'
               'park_timeout = "3s"\n[retry]\nattempts_max = 2')
    kms = bench.serve(FakeKms())

    def trouble(call):
        if call.operation == "ReplicateKey":
            raise ConnectionResetError
    kms.trouble = trouble
    first = bench.run_fleet(kms.url)
    for number in range(1, 4):
        kms.replicas[key_name(number)]["eu-west-1"] = time.time()
    kms.trouble = lambda call: (400, "AlreadyExistsException") if call.operation == "ReplicateKey" else None
    return f"{first}; rerun {bench.run_fleet(kms.url)}"


def token_of_opt_in_region(bench):
    """S: one of two Regions of primaries refuses the token (UnrecognizedClientException); park_timeout 3 s"""
    keys = [f"arn:aws:kms:{region}:{ACCOUNT}:key/{key_name(number + offset)}"
            for region, offset in (("us-east-1", 0), ("me-south-1", 100)) for number in range(1, 21)]
    bench.spec(0, quota="ReplicateKey = 10\nCreateKey = 20", tables='[wait]\npark_timeout = "3s"\n'
               'poll_delay_min = "100ms"\npoll_delay_max = "200ms"')
    (bench.home / "keys").write_text("\n".join(keys) + "\n")
    url = bench.simulate()
    proxy = bench.serve(KmsProxy(url, lambda call: (400, "UnrecognizedClientException")
                                 if call.region == "me-south-1" else None))
    done = bench.run_fleet(proxy.url, "--no-preflight")
    return f"{done}; `{done.line('UnrecognizedClient|token')[:300]}`"


class NameServer:
    """Resolves every name to 127.0.0.1, except names that contain `silent`. Needs a private network namespace."""

    def __init__(self, silent):
        self.silent = silent
        self.queries = {}  # name -> when it was first queried
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as loopback:
            up_and_running = struct.pack("16sH22x", b"lo", 0x41)
            fcntl.ioctl(loopback, SIOCSIFFLAGS, up_and_running)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, client = self.socket.recvfrom(512)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            name, (kind,) = ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])
            self.queries.setdefault(name, time.monotonic())
            if self.silent in name:
                continue
            records = b""
            if kind == 1:  # A
                records = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton("127.0.0.1")
            header = query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1 if records else 0, 0, 0)
            self.socket.sendto(header + query[12:at + 5] + records, client)


def stalled_resolver(bench):
    """S: the name server does not respond for one Region: delay until the others' names are looked up"""
    if not options.inside:
        inside = ["unshare", "-rmn", sys.executable, __file__, bench.keyferry, "--inside", "--only", "stalled_resolver"]
        done = subprocess.run(inside, capture_output=True, text=True)
        return done.stdout.split(" | ")[-1].removesuffix(" |\n") or done.stderr
    (bench.home / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", bench.home / "resolv.conf", "/etc/resolv.conf"], check=True)
    server = NameServer("ap-south-1")
    bench.spec(0)
    keys = [f"arn:aws:kms:{region}:{ACCOUNT}:key/{key_name(number)}"
            for number, region in ((1, "ap-south-1"), (2, "eu-central-1"))]
    (bench.home / "keys").write_text("\n".join(keys) + "\n")
    bench.start("run", bench.fleet, AWS_ENDPOINT_URL_STS="http://127.0.0.1:1")
    names = [f"kms.{region}.amazonaws.com" for region in ("ap-south-1", "eu-central-1", "eu-west-1")]
    deadline = time.monotonic() + 60
    while not all(name in server.queries for name in names) and time.monotonic() < deadline:
        time.sleep(0.1)
    subprocess.run(["umount", "/etc/resolv.conf"], check=True)
    first = server.queries[names[0]]
    return ", ".join(f"{name} {server.queries[name] - first:.1f} s" for name in names[1:]) + " after the silent one"


def reserved_space(bench):
    """S: disk space that the journal of a run with 500,000 jobs takes at the start"""
    bench.spec(500_000)
    kms = bench.serve(FakeKms(lambda call: (400, "ThrottlingException")))
    child = bench.start("run", bench.fleet, "--no-preflight", "--endpoint-url", kms.url)
    while not kms.calls and child.poll() is None:
        time.sleep(0.01)
    return f"{bench.journal.stat().st_blocks * 512 / 1e6:.0f} MB"


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("keyferry", help="the program to measure")
    parser.add_argument("--only", nargs="*", default=[], metavar="CASE", help="functions of this script")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    cases = [value for value in globals().values() if inspect.isfunction(value) and value.__module__ == __name__
             and (value.__doc__ or "").startswith(("E", "S")) and (not options.only or value.__name__ in options.only)]
    for case in cases:
        bench = Bench(os.path.abspath(options.keyferry))
        try:
            outcome = case(bench)
        except Exception as error:  # the other cases continue
            outcome = f"{type(error).__name__}: {error}"
        finally:
            bench.close()
        print(f"| {case.__doc__} | {outcome} |", flush=True)


if __name__ == "__main__":
    options = parse_options()
    main()
