# SPDX-License-Identifier: Apache-2.0
"""A fleet spec as Python objects, so that a test knows its meaning without parsing it."""

import json
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

COPY = "copy"


@dataclass
class Selector:
    tags: dict = field(default_factory=dict)  # name -> list of patterns
    aliases: list = field(default_factory=list)  # patterns, without "alias/"
    states: list = field(default_factory=list)
    origins: list = field(default_factory=list)
    excluded: list = field(default_factory=list)  # key IDs

    def matches(self, key, region):
        """Whether it selects a key because of the related key in `region`."""
        here = key.regions[region]
        return (key.is_multi_region and key.id not in self.excluded
                and all(any(fnmatchcase(here.tags.get(name, "\0"), pattern) for pattern in patterns)
                        for name, patterns in self.tags.items())
                and (not self.aliases or any(fnmatchcase(alias.removeprefix("alias/"), pattern)
                                             for alias in here.aliases for pattern in self.aliases))
                and (not self.states or here.state in self.states)
                and (not self.origins or key.origin in self.origins))

    def toml(self):
        criteria = {"tags": self.tags, "alias": self.aliases, "state": self.states, "origin": self.origins,
                    "except": self.excluded}
        return toml_value({name: value for name, value in criteria.items() if value})


@dataclass(eq=False)
class Group:
    name: str
    account: str
    primaries: list
    replicate_to: list
    keys: list = field(default_factory=list)  # key IDs and ARNs, as written in the spec
    select: Selector = None
    policy: str = "default"  # "default", COPY, or the text of a policy, in which templates may be filled
    is_template: bool = False
    description: str = None  # None, COPY or a text
    tags: object = None  # None, COPY or a dict
    aliases: object = None  # None, COPY or a list of templates
    enabled: object = True  # True, False or COPY

    @property
    def regions(self):
        """The Regions in which its keys should exist."""
        return set(self.primaries) | set(self.replicate_to)

    def policy_toml(self, folder):
        if self.policy in ("default", COPY):
            return toml_value(self.policy)
        if not self.is_template:
            return f"{{ inline = '{self.policy}' }}"
        path = folder / f"{self.name}.policy.json"
        path.write_text(self.policy)
        return toml_value({"template": path.name})

    def toml(self, folder):
        settings = {"account": self.account, "keys": self.keys or None, "replicate_to": self.replicate_to,
                    "primary": self.primaries if len(self.primaries) > 1 else self.primaries[0],
                    "description": self.description, "tags": self.tags, "aliases": self.aliases}
        lines = ["[[group]]", f'name = "{self.name}"', f"policy = {self.policy_toml(folder)}"]
        lines += [f"{name} = {toml_value(value)}" for name, value in settings.items() if value is not None]
        if self.select is not None:
            lines.append(f"select = {self.select.toml()}")
        if self.enabled is not True:
            lines.append(f"enabled = {toml_value(self.enabled)}")
        return "\n".join(lines) + "\n"


@dataclass(eq=False)
class Fleet:
    groups: list
    settings: str  # the other tables, as TOML
    name: str = "worlds"

    def write(self, path):
        groups = "\n".join(group.toml(path.parent) for group in self.groups)
        path.write_text(f'[fleet]\nname = "{self.name}"\n\n{groups}\n{self.settings}')


def toml_value(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {toml_value(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value)
