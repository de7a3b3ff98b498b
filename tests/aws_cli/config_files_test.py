#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares how keyferry and botocore read the AWS configuration files: with the same unusual but plausible files, both
must use the same access key and Region, or both must refuse.

    config_files_test.py KEYFERRY [--cases N] [--seed N]
    config_files_test.py KEYFERRY --update

config_files.json contains the verdicts of botocore for the default cases, so that keyferry is compared with them on
every machine. If botocore is installed, it must still give the same verdicts. --update replaces them; cases other than
the default ones need botocore.
"""

import argparse
import configparser
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "command"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "command" / "support"))

from command_test import fleet_text  # noqa: E402
from credential_fakes import Sources  # noqa: E402

try:
    import botocore
    import botocore.exceptions
    import botocore.session
    import botocore.utils
except ImportError:
    botocore = None

OLDEST_BOTOCORE = (1, 29)  # the first with [sso-session]; Debian 12 has 1.29
RECORDED = Path(__file__).with_name("config_files.json")
REFUSED = "refused"
SINGLE_SIGN_ON = "single sign-on"
NO_REGION = "no Region"
FLEET_REGION = "us-east-1"  # keyferry signs for it if no Region is configured
START_URL = "https://corp.awsapps.com/start"
NO_BREAK_SPACE = "\u00a0"

HEADERS = (*["[profile {}]"] * 5, "[profile {}]  # mine", "[profile {}] text = more", "[profile {}];]", "[profile '{}']",
           '[profile "{}"]', "[profiles {}]", "[profilex\t{}]", "[profile  {}]", "  [profile {}]", "\t[profile {}]",
           "[ profile {}]", "[profile {} ]", "[profile {} more]", '[profile "{}]', "[{}]")
NAMES = ("default", "dev", "dev", "base", "my[dev]", "two words")
DELIMITERS = (" = ", " = ", "=", ": ", ":", " : ", "\t=\t", f" ={NO_BREAK_SPACE}")
REGIONS = ("eu-central-1", "eu-west-3", "ap-south-1", "ca-central-1")
# Lines that follow a section's keys, where # is a number. Some continue the value of the last key.
HARMLESS = ("x# = less\n    -F\n", "x# =\n  a = 1\n  a = 2\n", "  ; comment\n", "; comment\n", "\n \n",
            "use_fips_endpoint = maybe\n", "s# =\n  addressing_style = path\n\n  region = x\n", "s#:\n\ta = b\n",
            "output# = json  ; not a comment\n", "[half# = open\n", "x# = \n", "x# = 1\n  [profile dev]\n",
            "x# = [profile dev]\n", "x# = a\n; comment\n  b\n", "x# = a = b : c\n", "X#=1\r", "x# = 1\r\n")
FATAL = ("lonely\n", "= value\n", "region = eu-west-1\nREGION: eu-west-2\n", "s3 =\n  lonely\n", "[]\n", "[profile open\n",
         "[profile twice]\n[profile twice]\n", "[DEFAULT]\noutput = a\noutput = b\n", ": value\n")
SESSION_LINES = (f"sso_start_url = {START_URL}\n", "sso_region = eu-west-1\n")


class Case:
    """A home folder and environment variables, which depend only on the seed. Only random() is used, because Python
    guarantees its results."""

    def __init__(self, seed):
        self.random = random.Random(seed).random
        self.number = 0
        self.variables = {}
        self.files = {"config": self.config()}
        if self.chance(0.35):
            self.files["credentials"] = "".join(
                self.section(header, 0.5) for header in ("[default]\n", "[dev]  # mine\n", "[base]\n", "[DEFAULT]\n")
                if self.chance(0.4))
        if self.chance(0.8):
            self.variables["AWS_PROFILE"] = self.pick([*self.names, *self.names, self.pick(NAMES)])
        if self.chance(0.08):
            self.variables |= {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s"}
        if self.chance(0.15):
            self.files["config.elsewhere"] = self.files.pop("config")
            self.variables["AWS_CONFIG_FILE"] = self.pick(
                ("~/.aws/config.elsewhere", "$HOME/.aws/config.elsewhere", "${HOME}/.aws/config.elsewhere",
                 "$NOT_SET/config.elsewhere"))

    def chance(self, probability):
        return self.random() < probability

    def pick(self, values):
        return values[int(self.random() * len(values))]

    def config(self):
        self.names = [name for name in ("default", "dev", "base") if self.chance(0.8)]
        if self.chance(0.3):
            self.names.append(self.pick(NAMES))
        sections = [self.section(self.header(name), 0.85) for name in self.names]
        if self.chance(0.3):
            self.insert(sections, self.section("[DEFAULT]\n", 0.4))
        if self.chance(0.35):
            self.names += ["corp", "corp"]
            self.insert(sections, self.sign_on())
        if self.chance(0.1):
            self.insert(sections, self.pick(FATAL))
        return "".join(sections)

    def insert(self, sections, section):
        sections.insert(int(self.random() * (len(sections) + 1)), section)

    def header(self, name):
        return ("[default]" if name == "default" and self.chance(0.7) else self.pick(HEADERS).format(name)) + "\n"

    def section(self, header, keys):
        """A header, with an access key in the proportion `keys` of the cases, and random other lines."""
        lines = []
        if self.chance(keys):
            self.number += 1
            name, secret = self.pick((("aws_access_key_id", "aws_secret_access_key"),
                                      ("AWS_Access_Key_Id", "AWS_SECRET_ACCESS_KEY")))
            lines += [name + self.pick(DELIMITERS) + f"AKID{chr(ord('A') + self.number)}",
                      secret + self.pick(DELIMITERS) + "s"]
        if self.chance(0.7):
            lines.append("region" + self.pick(DELIMITERS) + self.pick(REGIONS))
        indent = self.pick(("", "", "", "  "))
        text = "".join(f"{indent}{line}\n" for line in lines)
        while self.chance(0.4):
            self.number += 1
            text += self.pick(HARMLESS).replace("#", str(self.number))
        return header + text

    def sign_on(self):
        """A profile that uses a sso-session, which it may contradict."""
        lines = ["sso_session = corp\n", "sso_account_id = 111122223333\n", "sso_role_name = Admin\n"]
        lines += [line for line in (*SESSION_LINES, "sso_region : us-west-2\n") if self.chance(0.35)]
        session = "[sso-session 'corp']\n" + "".join(SESSION_LINES)
        return self.header("corp") + "".join(lines) + (session if self.chance(0.9) else "")

    def digest(self):
        return hashlib.sha256(json.dumps([self.files, self.variables]).encode()).hexdigest()[:12]

    def description(self):
        return f"{self.variables}\n" + "".join(f"--- {name}\n{text}\n" for name, text in self.files.items())

    def write(self, home):
        """Writes the files to the home folder and returns the environment."""
        cache = home / ".aws" / "sso" / "cache"
        cache.mkdir(parents=True)
        (cache / (hashlib.sha1(b"corp").hexdigest() + ".json")).write_text(
            json.dumps({"accessToken": "t", "expiresAt": "2099-01-01T00:00:00Z"}))
        for name, text in self.files.items():
            (home / ".aws" / name).write_bytes(text.encode())
        return {"PATH": os.environ["PATH"], "HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true",
                **self.variables}


def verdict_of_botocore(environment):
    """What botocore does with these files: "AKIDB eu-west-3" or "refused"."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        session = botocore.session.Session()
        credentials = session.get_credentials()
        region = session.get_config_variable("region")
        if credentials is None:
            return REFUSED
        if region is not None:
            botocore.utils.validate_region_name(region)
        if credentials.method == "sso":  # reading the key would call the portal
            botocore.utils.validate_region_name(session.full_config["sso_sessions"]["corp"]["sso_region"])
            return f"{SINGLE_SIGN_ON} {region or NO_REGION}"
        key, secret = credentials.access_key, credentials.secret_key
    except (botocore.exceptions.BotoCoreError, configparser.Error, TypeError):
        return REFUSED
    finally:
        os.environ.clear()
        os.environ.update(before)
    # A continued value has several lines, and no access key of AWS has. botocore would sign with it nevertheless.
    return f"{key} {region or NO_REGION}" if re.fullmatch("[!-~]+", key + secret) else REFUSED


def verdict_of_keyferry(keyferry, home, environment, sources):
    """What keyferry does, and its output."""
    (home / "fleet.toml").write_text(fleet_text(1))
    sources.seen.clear()
    done = subprocess.run([keyferry, "whoami", "fleet.toml"], cwd=home, capture_output=True, text=True, timeout=60,
                          check=False, env=environment | {"AWS_ENDPOINT_URL_STS": sources.url,
                                                          "AWS_ENDPOINT_URL_SSO": sources.url})
    for _, action, headers, _ in sources.seen:
        if action == "GetCallerIdentity":
            key, _, region = re.search("Credential=([^/]+)/([^/]+)/([^/]+)/", headers["Authorization"]).groups()
            return (f"{SINGLE_SIGN_ON if key.startswith('ASIASso') else key} "
                    f"{NO_REGION if region == FLEET_REGION else region}"), done.stdout + done.stderr
    return REFUSED, done.stdout + done.stderr


def write_verdicts(verdicts):
    lines = ",\n".join(f'  "{seed}": {json.dumps(verdict)}' for seed, verdict in verdicts.items())
    RECORDED.write_text(f"{{\n{lines}\n}}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("keyferry", type=os.path.abspath)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--update", action="store_true", help="record botocore's verdicts of these cases")
    options = parser.parse_args()
    recorded = {} if options.update else json.loads(RECORDED.read_text())
    asks_botocore = botocore is not None and tuple(map(int, botocore.__version__.split(".")[:2])) >= OLDEST_BOTOCORE
    if not asks_botocore:
        print("botocore is not installed or too old: only the recorded verdicts are compared")
    sources = Sources()
    verdicts = {}
    failures = 0
    for seed in range(options.seed, options.seed + options.cases):
        case = Case(seed)
        with tempfile.TemporaryDirectory(prefix="keyferry-config-") as folder:
            environment = case.write(Path(folder))
            expected = {}
            if str(seed) in recorded:
                digest, expected["recorded"] = recorded[str(seed)]
                if digest != case.digest():
                    sys.exit(f"case {seed} is not the recorded one; run this test with --update")
            if asks_botocore:
                expected["botocore"] = verdict_of_botocore(environment)
            if not expected:
                sys.exit(f"the verdict of case {seed} is not recorded and botocore is not installed")
            ours, text = verdict_of_keyferry(options.keyferry, Path(folder), environment, sources)
        verdicts[seed] = [case.digest(), next(iter(expected.values()))]
        if set(expected.values()) != {ours}:
            failures += 1
            print(f"--seed {seed} --cases 1: keyferry: {ours}, {expected}\n{case.description()}--- keyferry\n{text}")
    sources.close()
    if options.update:
        write_verdicts(verdicts)
    refused = sum(verdict == REFUSED for _, verdict in verdicts.values())
    seen = {verdict for _, verdict in verdicts.values()}
    print(f"{options.cases} cases, {failures} differences; {refused} are refused, {len(seen)} different verdicts")
    if options.cases >= 100 and not (len(verdicts) / 4 <= refused <= len(verdicts) * 3 / 4 and len(seen) >= 15):
        print("the cases are too much alike for a meaningful result")
        return 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
