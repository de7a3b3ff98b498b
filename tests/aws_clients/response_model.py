# SPDX-License-Identifier: Apache-2.0
"""Checks whether a response conforms to KMS's service model: every member is known and has the type,
range, length, pattern and enumeration of the model, and every required member is present. Stricter
than any client."""

import base64
import re


def problems(shape, value, where="body"):
    """Returns the violations of a botocore shape by a JSON value; empty if the value conforms."""
    check = CHECKS.get(shape.type_name)
    return check(shape, value, where) if check else [f"{where}: no check for {shape.type_name}"]


def of_structure(shape, value, where):
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is not an object"]
    found = [f"{where}: {name} is missing" for name in shape.required_members if name not in value]
    for name, member in value.items():
        if name not in shape.members:
            found.append(f"{where}: {name} is not a member of {shape.name}")
        elif member is None:
            found.append(f"{where}: {name} is null, but KMS omits absent members")
        else:
            found += problems(shape.members[name], member, f"{where}.{name}")
    return found


def of_list(shape, value, where):
    if not isinstance(value, list):
        return [f"{where}: {value!r} is not a list"]
    found = in_range(shape, len(value), where)
    for number, item in enumerate(value):
        found += problems(shape.member, item, f"{where}[{number}]")
    return found


def of_map(shape, value, where):
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is not a map"]
    return [found for key, item in value.items()
            for found in problems(shape.key, key, where) + problems(shape.value, item, f"{where}.{key}")]


def of_string(shape, value, where):
    if not isinstance(value, str):
        return [f"{where}: {value!r} is not a string"]
    found = in_range(shape, len(value), where)
    if getattr(shape, "enum", None) and value not in shape.enum:
        found.append(f"{where}: {value} is not one of {shape.enum}")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern.removeprefix("^").removesuffix("$"), value):
        found.append(f"{where}: {value} does not match {pattern}")
    return found


def of_integer(shape, value, where):
    if not isinstance(value, int) or isinstance(value, bool):
        return [f"{where}: {value!r} is not an integer"]
    return in_range(shape, value, where)


def of_boolean(_shape, value, where):
    return [] if isinstance(value, bool) else [f"{where}: {value!r} is not a boolean"]


def of_timestamp(_shape, value, where):
    # Seconds since 1970. A value that is not a date of this century is in other units.
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and 9e8 < value < 5e9
    return [] if good else [f"{where}: {value!r} is not a date"]


def of_blob(shape, value, where):
    try:
        return in_range(shape, len(base64.b64decode(value, validate=True)), where)
    except (ValueError, TypeError):
        return [f"{where}: {value!r} is not base64"]


def in_range(shape, size, where):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least or most is not None and size > most:
        return [f"{where}: {size} is not in {least}..{most}"]
    return []


CHECKS = {"structure": of_structure, "list": of_list, "map": of_map, "string": of_string,
          "integer": of_integer, "boolean": of_boolean, "timestamp": of_timestamp, "blob": of_blob}
