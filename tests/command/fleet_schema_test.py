#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the schema printed by `keyferry schema` with what `keyferry validate` accepts.

    fleet_schema_test.py KEYFERRY

Traverses the schema. For each table, the spec checker and the schema must accept the same keys and, for each
key, the same types and numbers. The schema is evaluated with python3-jsonschema.

Exit codes: 0 success; 1 a test failed; 77 only the keys were compared, because jsonschema (or
tomllib, which requires Python 3.11) is not installed.
"""

import copy
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import jsonschema
    import tomllib
except ImportError:
    jsonschema = None

KEYFERRY = ""
ROOT = Path(__file__).resolve().parents[2]
PARTLY_TESTED = 77

GROUP = {"name": "cards", "keys": ["mrk-1234abcd12ab34cd56ef1234567890ab"], "replicate_to": ["eu-west-1"],
         "policy": "default"}
SPEC = {"fleet": {"name": "tested", "account": "111122223333", "primary": "us-east-1"}, "group": [GROUP]}
OTHER_KINDS = (True, 7, 7.5, "x", ["x"], {"x": "y"})
UNKNOWN = "qqqqqqqqqqqq"  # similar to no key, so that the error lists the valid keys


def toml_value(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def toml(spec):
    return "".join(f"{json.dumps(key)} = {toml_value(value)}\n" for key, value in spec.items())


def with_value(spec, path, value):
    """Returns a copy of `spec` with the value at `path`; missing tables are created. Element 0 of an
    array represents all elements."""
    spec = copy.deepcopy(spec)
    at = spec
    for step, following in zip(path, path[1:] + (None,)):
        if following is None:
            if isinstance(at, list) and step == len(at):
                at.append(value)
            else:
                at[step] = value
            break
        made = [] if following == 0 else {}
        if isinstance(at, list):
            at.extend([made] if step == len(at) else [])
        elif step not in at or not isinstance(at[step], type(made)):
            at[step] = made
        at = at[step]
    return spec


class FleetSchema(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="keyferry-schema-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.text = self.keyferry("schema").stdout
        self.schema = json.loads(self.text)

    def keyferry(self, *arguments):
        return subprocess.run([KEYFERRY, *arguments], capture_output=True, text=True, timeout=60, check=False,
                              env={"PATH": os.environ["PATH"]})

    def errors(self, spec):
        """Returns the errors that `validate` reports for `spec`."""
        fleet = self.folder / "fleet.toml"
        fleet.write_text(toml(spec), encoding="utf-8")
        report = json.loads(self.keyferry("validate", fleet, "--json").stdout)
        self.assertEqual(report["valid"], report["errors"] == 0)
        return [problem["text"] for problem in report["problems"] if problem["severity"] == "error"]

    def accepts(self, spec):
        return not self.errors(spec)

    def schema_accepts(self, spec):
        return jsonschema.Draft202012Validator(self.schema).is_valid(spec)

    def resolved(self, node):
        if "$ref" not in node:
            return node
        target = self.schema
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return {**self.resolved(target), **{key: value for key, value in node.items() if key != "$ref"}}

    def values(self):
        """Yields (path, schema) of every value in the schema, the root first. If there are alternatives, only
        tables are visited."""
        left = [((), self.schema)]
        while left:
            path, node = left.pop(0)
            node = self.resolved(node)
            yield path, node
            for alternative in map(self.resolved, node.get("oneOf", []) + node.get("anyOf", [])):
                if "properties" in alternative:
                    left.append((path, alternative))
            left += [(path + (key,), value) for key, value in node.get("properties", {}).items()]
            if node.get("type") == "array":
                left.append((path + (0,), node["items"]))

    def test_the_command_prints_the_file(self):
        self.assertEqual(self.text, (ROOT / "configs/fleet.schema.json").read_text(encoding="utf-8"))

    def test_tables_have_the_same_keys(self):
        tables = 0
        for path, node in self.values():
            if "properties" not in node:
                continue
            tables += 1
            problems = self.errors(with_value(SPEC, path + (UNKNOWN,), 1))
            lists = [re.search("; valid keys: (.*)", text) for text in problems if f"unknown key '{UNKNOWN}'" in text]
            self.assertEqual(len(lists), 1, f"{path}: {problems}")
            known = set(lists[0].group(1).split(", "))
            where = ".".join(map(str, path)) or "the spec itself"
            self.assertEqual(known - set(node["properties"]), set(),
                             f"configs/fleet.schema.json lacks keys of {where} that fleet_check accepts")
            self.assertEqual(set(node["properties"]) - known, set(),
                             f"configs/fleet.schema.json has keys in {where} that fleet_check rejects")
            self.assertIs(node.get("additionalProperties"), False, where)
        self.assertGreaterEqual(tables, 8)

    def test_every_value_is_described(self):
        for path, node in self.values():
            if path and path[-1] != 0:
                self.assertIn("description", node, path)

    @unittest.skipUnless(jsonschema, "needs python3-jsonschema")
    def test_schema_is_valid_for_its_draft(self):
        self.assertEqual(self.schema["$schema"], jsonschema.Draft202012Validator.META_SCHEMA["$id"])
        jsonschema.Draft202012Validator.check_schema(self.schema)

    @unittest.skipUnless(jsonschema, "needs python3-jsonschema")
    def test_every_example_is_valid(self):
        examples = sorted((ROOT / "configs").glob("*.toml"))
        self.assertGreaterEqual(len(examples), 5)
        for example in examples:
            spec = tomllib.loads(example.read_text())
            errors = [f"{list(error.absolute_path)}: {error.message}"
                      for error in jsonschema.Draft202012Validator(self.schema).iter_errors(spec)]
            self.assertEqual(errors, [], example.name)

    @unittest.skipUnless(jsonschema, "needs python3-jsonschema")
    def test_types_are_the_same(self):
        """The checker may reject more than the schema, but never less."""
        refused = 0
        for path, _ in self.values():
            for value in OTHER_KINDS if path else ():
                spec = with_value(SPEC, path, value)
                if not self.schema_accepts(spec):
                    refused += 1
                    self.assertFalse(self.accepts(spec), f"{path} = {value!r} is rejected by the schema alone")
                elif isinstance(value, (bool, int, float)):
                    self.assertTrue(self.accepts(spec), f"{path} = {value!r}: {self.errors(spec)}")
        self.assertGreater(refused, 200)

    @unittest.skipUnless(jsonschema, "needs python3-jsonschema")
    def test_numbers_have_the_same_bounds(self):
        bounds = 0
        for path, node in self.values():
            inside = [node[word] for word in ("minimum", "maximum") if word in node]
            outside = [node[word] + step for word, step in (("minimum", -1), ("maximum", 1)) if word in node]
            outside += [node["exclusiveMinimum"]] if "exclusiveMinimum" in node else []
            for value in inside + outside:
                bounds += 1
                spec = with_value(SPEC, path, value)
                self.assertEqual(self.schema_accepts(spec), value in inside, f"{path} = {value}")
                self.assertEqual(self.errors(spec) == [], value in inside, f"{path} = {value}")
        self.assertGreaterEqual(bounds, 20)

    def test_durations_have_the_bounds_in_their_descriptions(self):
        units = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
        durations = 0
        for path, node in self.values():
            described = re.search(r"from (\d+)(ms|s|m|h) to (\d+)(ms|s|m|h)", node.get("description", ""))
            self.assertEqual(bool(described), "(ms|s|m|h)" in node.get("pattern", ""), path)
            if not described:
                continue
            durations += 1
            least, most = (int(described[n]) * units[described[n + 1]] for n in (1, 3))
            for value, fits in ((least - 1, False), (least, True), (most, True), (most + 1, False)):
                # Tested individually; constraints between settings are not covered here.
                problems = [text for text in self.errors(with_value(SPEC, path, f"{value}ms"))
                           if "must not be less than" not in text and "requires a role" not in text]
                self.assertEqual(problems == [], fits, f"{path} = {value}ms: {problems}")
        self.assertGreaterEqual(durations, 9)

    @unittest.skipUnless(jsonschema, "needs python3-jsonschema")
    def test_both_accept_and_reject_the_same_specs(self):
        long = "x" * 129
        cases = [
            (("fleet",), {}, False),
            (("fleet", "name"), "", False),
            (("fleet", "name"), long, False),
            (("fleet", "name"), long[1:], True),
            (("fleet", "name"), "two\nlines", False),
            (("fleet", "account"), "11112222333", False),
            (("fleet", "primary"), "us_east_1", False),
            (("group", 0, "keys"), ["1234abcd-12ab-34cd-56ef-1234567890ab"], False),
            (("group", 0, "keys"), ["mrk-1234ABCD12ab34cd56ef1234567890ab"], False),
            (("group", 0, "keys"), ["alias/cards"], False),
            (("group", 0, "keys"), ["arn:aws:kms:us-east-1:111122223333:key/mrk-" + "0" * 32], True),
            (("group", 0, "keys"), ["arn:aws:s3:us-east-1:111122223333:key/mrk-" + "0" * 32], False),
            (("group", 0, "keys"), ["arn:aws:kms:us-east-1:111122223333:alias/mrk-" + "0" * 32], False),
            (("group", 0, "replicate_to"), [], False),
            (("group", 0, "replicate_to"), ["eu-west"], False),
            (("group", 0, "replicate_to"), ["eu-west-1"] * 200, True),
            (("group", 0, "replicate_to"), ["eu-west-1"] * 201, False),
            (("region_sets",), {"many": ["eu-west-1"] * 201}, False),
            (("group", 0, "policy"), "none", False),
            (("group", 0, "policy"), "copy", True),
            (("group", 0, "policy"), "Copy", False),
            (("group", 0, "policy"), {}, False),
            (("group", 0, "policy"), {"inline": "{}", "file": "x"}, False),
            (("group", 0, "description"), "x" * 8192, True),
            (("group", 0, "description"), "x" * 8193, False),
            (("group", 0, "tags"), {"team": "cards", "ключ": "значение 🙂"}, True),
            (("group", 0, "tags"), "copy", True),
            (("group", 0, "tags"), "none", False),
            (("group", 0, "tags"), {"aws:x": "y"}, False),
            (("group", 0, "tags"), {"": "y"}, False),
            (("group", 0, "tags"), {long: "y"}, False),
            (("group", 0, "tags"), {"x": "y" * 257}, False),
            (("group", 0, "tags"), {"x": "y" * 256}, True),
            (("group", 0, "tags"), {"x": "a;b"}, False),
            (("group", 0, "tags"), {"a*b": "x"}, False),
            (("group", 0, "tags"), {str(number): "x" for number in range(50)}, True),
            (("group", 0, "tags"), {str(number): "x" for number in range(51)}, False),
            (("group", 0, "aliases"), "copy", True),
            (("group", 0, "aliases"), "Copy", False),
            (("group", 0, "aliases"), [], True),
            (("group", 0, "aliases"), ["alias/app-{key_id}/{region}_{account}"], True),
            (("group", 0, "aliases"), ["app"], False),
            (("group", 0, "aliases"), ["alias/"], False),
            (("group", 0, "aliases"), ["alias/aws/app"], False),
            (("group", 0, "aliases"), ["alias/app.{key_id}"], False),
            (("group", 0, "aliases"), ["alias/app-{key}"], False),
            (("group", 0, "aliases"), ["alias/a-{key_id}"] * 2, False),
            (("group", 0, "aliases"), ["alias/" + "x" * 250], True),
            (("group", 0, "aliases"), ["alias/" + "x" * 251], False),
            (("group", 0, "aliases"), [f"alias/{number}" for number in range(50)], True),
            (("group", 0, "aliases"), [f"alias/{number}" for number in range(51)], False),
            (("region_sets",), {"empty": []}, False),
            (("region_sets",), {"nested": ["@other"]}, False),
            (("region_sets",), {"europe": ["eu-west-1"]}, True),
            (("limits", "quota"), [{}], False),
            (("limits", "quota"), [{"region": "eu-west-1"}], False),
            (("limits", "quota"), [{"CreateKey": 7.5}], True),
            (("wait", "ready_timeout"), "20 minutes", False),
            (("wait", "ready_timeout"), "1h30m", False),
        ]
        for path, value, fits in cases:
            spec = with_value(SPEC, path, value)
            self.assertEqual(self.schema_accepts(spec), fits, f"the schema, {path} = {value!r}")
            self.assertEqual(self.errors(spec) == [], fits, f"validate, {path} = {value!r}")
        for missing in (("fleet",), ("group",), ("group", 0, "name"), ("group", 0, "keys"),
                        ("group", 0, "replicate_to"), ("group", 0, "policy")):
            spec = copy.deepcopy(SPEC)
            at = spec
            for step in missing[:-1]:
                at = at[step]
            del at[missing[-1]]
            self.assertFalse(self.schema_accepts(spec), f"the schema, without {missing}")
            self.assertFalse(self.accepts(spec), f"validate, without {missing}")


if __name__ == "__main__":
    KEYFERRY = os.path.abspath(sys.argv.pop(1))
    result = unittest.main(verbosity=1, exit=False).result
    sys.exit(1 if not result.wasSuccessful() else PARTLY_TESTED if jsonschema is None else 0)
