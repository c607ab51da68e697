# SPDX-License-Identifier: Apache-2.0
"""What every service asks of a request. Pure: what came in, sentences out.

No sentence repeats a value, for values may be secrets.
"""
import base64
import binascii
import json
import re
import urllib.parse

LONGEST = 4096
KINDS = {str: "a string", int: "a whole number", bool: "true or false", list: "a list", dict: "an object"}


class BadBody(ValueError):
    """Not the one object that is expected; str() says why."""


def parse(body):
    """One JSON object in UTF-8, no key twice, no NaN."""
    try:
        value = json.loads(utf8(body), object_pairs_hook=unique, parse_constant=no_constant)
    except RecursionError as problem:
        raise BadBody("the body is nested too deeply") from problem
    except BadBody:
        raise
    except ValueError as problem:
        raise BadBody("the body is not JSON") from problem
    if not isinstance(value, dict):
        raise BadBody("the body is not a JSON object")
    return value


def parse_form(body):
    """One application/x-www-form-urlencoded body or query, no name twice."""
    try:
        pairs = urllib.parse.parse_qsl(utf8(body), keep_blank_values=True, strict_parsing=True,
                                       errors="strict") if body else []
    except ValueError as problem:
        raise BadBody("the form is not name=value&name=value in UTF-8") from problem
    return unique(pairs)


def utf8(body):
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise BadBody("the body is not UTF-8") from problem


def unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadBody("a key stands twice in one object")
    return found


def no_constant(text):
    raise BadBody(f"{text} is not JSON")


def headers(found, body, wanted="application/json"):
    said = []
    parts = [part.strip().lower() for part in found.get("Content-Type", "").split(";")]
    if parts[0] != wanted:
        said.append(f"Content-Type is not {wanted}")
    elif any(part.startswith("charset=") and part != "charset=utf-8" for part in parts[1:]):
        said.append("the charset is not UTF-8")
    if not found.get("Host"):
        said.append("there is no Host header")
    if body and found.get("Content-Length") is None:
        said.append("there is no Content-Length header")
    return said


def text(name, value, required, longest=LONGEST):
    if not isinstance(value, str):
        return [f"{name} is not a string"]
    if required and not value:
        return [f"{name} is empty"]
    if len(value) > longest:
        return [f"{name} is longer than {longest} characters"]
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        return [f"{name} holds control characters"]
    return []


def shape(value, table, ignore_unknown=False):
    """table: {name: (str, int, bool or list; required)} or with the longest text as third."""
    if not isinstance(value, dict):
        return ["not an object"]
    said = []
    for name, (kind, required, *longest) in table.items():
        if name not in value:
            if required:
                said.append(f"{name} is missing")
        elif kind is str:
            said += text(name, value[name], required, *longest)
        elif type(value[name]) is not kind:
            said.append(f"{name} is not {KINDS[kind]}")
        elif kind is list and required and not value[name]:
            said.append(f"{name} is an empty list")
    if not ignore_unknown:
        said += [f"{name!r} is no field of this call" for name in value if name not in table]
    return said


def base64_bytes(value):
    """The bytes of standard base64 with padding and without white space, or None."""
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        return None


def base64_digest(name, value, lengths):
    """Sentences about a digest that has to come in base64, with one of these byte lengths."""
    if re.fullmatch(r"(?:[0-9a-fA-F]{2}){20,64}", value):
        return [f"{name} is hexadecimal; base64 is wanted here"]
    raw = base64_bytes(value)
    if raw is None:
        return [f"{name} is not base64"]
    if len(raw) not in lengths:
        return [f"{name} has {len(raw)} bytes, not {' or '.join(str(n) for n in lengths)}"]
    return []
