#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the order of credential sources in keyferry and the AWS CLI: with the same random environment variables
and files, both must sign with the same credentials, or both must find none.

    credentials_order_test.py KEYFERRY [--cases N] [--seed N]

Each source returns an access key ID that identifies it, and a fake STS records which one signs GetCallerIdentity.
Before version 2.13, AWS CLI 2 ignores AWS_ENDPOINT_URL_STS and AWS_ENDPOINT_URL_SSO (Debian 12 has 2.9): it cannot be
directed to fakes of the sources that need these services, so the cases in which keyferry uses them are skipped.
Exit code 77 (skipped) if `aws` is not installed.
"""

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "command"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "command" / "support"))

from command_test import fleet_text  # noqa: E402
from credential_fakes import Sources  # noqa: E402
from forked_cli import AwsCli  # noqa: E402

SKIPPED = 77
ROLE = "arn:aws:iam::111122223333:role/ferry"
PROFILES = ("default", "a", "b")
# Requests whose endpoint can be changed only with an environment variable.
NEEDS_VARIABLE = ("AssumeRole", "AssumeRoleWithWebIdentity", "/federation/credentials")
# Even if the AWS CLI ignores the variables, none of its requests reaches AWS.
NO_NETWORK = {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1", "AWS_MAX_ATTEMPTS": "1"}
START_URL = "https://corp.awsapps.com/start"


class Case:
    """A home folder, environment variables and, in some cases, a --profile."""

    def __init__(self, seed, sources, home):
        self.dice = random.Random(seed)
        self.home = home
        (home / "fleet.toml").write_text(fleet_text(1))
        (home / "web").write_text("a.web.token")
        keys = home / "keys"
        keys.write_text('#!/bin/sh\necho \'{"Version":1,"AccessKeyId":"AKIDPROCESS","SecretAccessKey":"s"}\'\n')
        keys.chmod(0o700)
        cache = home / ".aws" / "sso" / "cache"
        cache.mkdir(parents=True)
        for name in ("corp", START_URL):
            (cache / (hashlib.sha1(name.encode()).hexdigest() + ".json")).write_text(
                json.dumps({"accessToken": "t", "expiresAt": "2099-01-01T00:00:00Z"}))
        self.write_files()
        self.environment = self.drawn_environment(sources)
        self.profile = ["--profile", self.dice.choice(PROFILES)] if self.chance(0.4) else []

    def chance(self, probability):
        return self.dice.random() < probability

    def write_files(self):
        if self.chance(0.9):
            sections = [f"[{'' if name == 'default' else 'profile '}{name}]\n" + self.section("CONFIG", 1)
                        for name in PROFILES if self.chance(0.85)]
            sections.append(f"[sso-session corp]\nsso_start_url = {START_URL}\nsso_region = eu-west-1\n")
            (self.home / ".aws" / "config").write_text("".join(sections))
        if self.chance(0.6):
            (self.home / ".aws" / "credentials").write_text("".join(
                f"[{name}]\n" + self.section("SHARED", 0.15) for name in PROFILES if self.chance(0.6)))

    def section(self, mark, others):
        """The lines of a profile, with random credential sources."""
        lines = []
        if self.chance(0.3):
            lines += [f"aws_access_key_id = AKID{mark}", "aws_secret_access_key = s"]
        if self.chance(others):
            named = self.dice.choice(("Environment", "EcsContainer", "Ec2InstanceMetadata"))
            for chance, more in ((0.4, [f"role_arn = {ROLE}"]),
                                 (0.4, [f"source_profile = {self.dice.choice(PROFILES)}"]),
                                 (0.12, [f"credential_source = {named}"]),
                                 (0.12, [f"web_identity_token_file = {self.home / 'web'}"]),
                                 (0.2, ["sso_account_id = 111122223333", "sso_role_name = Admin"] + self.sign_on()),
                                 (0.2, [f"credential_process = {self.home / 'keys'}"])):
                lines += more if self.chance(chance) else []
        self.dice.shuffle(lines)
        return "".join(line + "\n" for line in lines)

    def sign_on(self):
        return self.dice.choice((["sso_session = corp"], [f"sso_start_url = {START_URL}", "sso_region = eu-west-1"]))

    def drawn_environment(self, sources):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "AWS_REGION": "eu-west-1",
                       "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL_STS": sources.url,
                       "AWS_ENDPOINT_URL_SSO": sources.url, "AWS_EC2_METADATA_SERVICE_ENDPOINT": sources.url + "/",
                       "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_PAGER": ""}
        for chance, more in ((0.2, {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s"}),
                             (0.2, {"AWS_WEB_IDENTITY_TOKEN_FILE": str(self.home / "web"), "AWS_ROLE_ARN": ROLE}),
                             (0.2, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": sources.url + "/container"}),
                             (0.2, {"AWS_PROFILE": self.dice.choice(PROFILES)}),
                             (0.1, {"AWS_DEFAULT_PROFILE": self.dice.choice(PROFILES)})):
            environment |= more if self.chance(chance) else {}
        return environment

    def description(self):
        files = "".join(f"--- {path.name}\n{path.read_text()}" for path in sorted((self.home / ".aws").glob("*"))
                        if path.is_file())
        variables = {name: value for name, value in self.environment.items() if name.startswith("AWS_")}
        return f"{self.profile} {variables}\n{files}"


def signer(sources, call):
    """Runs `call`. Returns the access key IDs that signed GetCallerIdentity, without their trailing digits, and the
    output."""
    sources.seen.clear()
    done = call()
    ids = {re.search("Credential=([^/]+)/", headers["Authorization"]).group(1).rstrip("0123456789")
           for _, action, headers, _ in sources.seen if action == "GetCallerIdentity"}
    return ids or {"no credentials"}, done.stdout + done.stderr


class TestedCli:
    """The AWS CLI and its supported features."""

    def __init__(self, sources):
        self.sources = sources
        self.cli = AwsCli()
        self.honours_variables = self.reaches_fake_sts()

    def reaches_fake_sts(self):
        with tempfile.TemporaryDirectory(prefix="keyferry-order-") as home:
            environment = {"PATH": os.environ["PATH"], "HOME": home, "AWS_REGION": "eu-west-1",
                           "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDENV",
                           "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL_STS": self.sources.url}
            self.sources.seen.clear()
            self.cli.run(["sts", "get-caller-identity"], environment | NO_NETWORK)
            return bool(self.sources.seen)

    def get_caller_identity(self, case):
        endpoint = [] if self.honours_variables else ["--endpoint-url", self.sources.url]
        return self.cli.run([*endpoint, *case.profile, "sts", "get-caller-identity"], case.environment | NO_NETWORK)

    def can_run_like(self, requests):
        """Whether the CLI can be configured to send `requests`, which keyferry has sent, to the fakes."""
        return self.honours_variables or not any(path.startswith(NEEDS_VARIABLE) for _, path, _, _ in requests)


def whoami(keyferry, case):
    return subprocess.run([keyferry, "whoami", f"{case.home}/fleet.toml", *case.profile], env=case.environment,
                          capture_output=True, text=True, timeout=60, check=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("keyferry", type=os.path.abspath)
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if shutil.which("aws") is None:
        print("skipped: the AWS CLI is not installed (Debian: awscli)")
        return SKIPPED
    sources = Sources()
    cli = TestedCli(sources)
    if not cli.honours_variables:
        print("this AWS CLI ignores AWS_ENDPOINT_URL_STS: cases with roles, web identity or single sign-on are skipped")
    seen = set()
    differences = 0
    skipped = 0
    for seed in range(options.seed, options.seed + options.cases):
        with tempfile.TemporaryDirectory(prefix="keyferry-order-") as home:
            case = Case(seed, sources, Path(home))
            ours, our_text = signer(sources, lambda: whoami(options.keyferry, case))
            if not cli.can_run_like(sources.seen):
                skipped += 1
                continue
            theirs, their_text = signer(sources, lambda: cli.get_caller_identity(case))
            seen |= theirs
            if theirs != ours:
                differences += 1
                print(f"--seed {seed} --cases 1: signed by the AWS CLI with {theirs}, by keyferry with {ours}\n"
                      f"{case.description()}--- aws\n{their_text}--- keyferry\n{our_text}")
    sources.close()
    cli.cli.close()
    print(f"{options.cases} cases, {skipped} skipped, {differences} differences; signers: {', '.join(sorted(seen))}")
    if options.cases >= 40 and len(seen) < (6 if cli.honours_variables else 4):
        print("too few different sources were used for a meaningful result")
        return 1
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
