# SPDX-License-Identifier: Apache-2.0
"""What requests of the Cloud Signature Consortium's API must look like, in its own sentences.

Errors come in the order of the specification's tables; their descriptions are fixed English.
"""
import base64
import binascii
import re

from . import schemes

LONGEST = 4096
WORDS = {str: "string", int: "integer", list: "array", bool: "boolean"}
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Refused(Exception):
    """An answer other than success. sentence: why it is a violation too, or None."""

    def __init__(self, status, error, description, sentence=None):
        super().__init__(description)
        self.status, self.error, self.description, self.sentence = status, error, description, sentence


def bad(description, sentence=None):
    """A request that a careful client never sends."""
    return Refused(400, "invalid_request", description, sentence or description)


def refused(description, error="invalid_request", status=400):
    """A request in due form that cannot be served."""
    return Refused(status, error, description)


def shape(value, table, ignore_unknown):
    """table: {name: (kind, required)} or with the longest text as third."""
    for name, (kind, required, *longest) in table.items():
        if name not in value:
            if required:
                raise bad(f"Missing (or invalid type) {WORDS[kind]} parameter {name}")
            continue
        found = value[name]
        if type(found) is not kind or (kind is str and not found):
            if required:
                raise bad(f"Missing (or invalid type) {WORDS[kind]} parameter {name}")
            raise bad(f"Invalid parameter {name}", f"{name} is not a (full) {WORDS[kind]}")
        if kind is str and (len(found) > (longest[0] if longest else LONGEST) or not printable(found)):
            raise bad(f"Invalid parameter {name}", f"{name} is too long or holds control characters")
    if "lang" in table and "lang" in value and not LANG.fullmatch(value["lang"]):
        raise bad("Invalid parameter lang")
    for name in value:
        if name not in table and not ignore_unknown:
            raise bad(f"Invalid parameter {name}", f"{name!r} is no field of this call")


def printable(text):
    return CONTROL.search(text) is None


def certificates(value):
    if value.get("certificates", "single") not in ("none", "single", "chain"):
        raise bad("Invalid parameter certificates")


def digests(values, name):
    """The bytes of the hashes; standard base64 with padding, written in the only right way."""
    if not isinstance(values, list):
        raise bad(f"Missing (or invalid type) array parameter {name}")
    if not values:
        raise bad("Empty hash array")
    return [one_digest(value) for value in values]


def one_digest(value, urlsafe=False):
    """urlsafe: base64url without padding, as in the address of the authorization page."""
    try:
        text = value.encode("ascii")
        if urlsafe:
            text = text.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(text) % 4)
            if b"+" in value.encode() or b"/" in value.encode() or b"=" in value.encode():
                raise ValueError("standard base64")
        raw = base64.b64decode(text, validate=True)
        if base64.b64encode(raw) != text:
            raise ValueError("spare bits")
    except (ValueError, AttributeError, binascii.Error):
        raise bad("Invalid Base64 hash string parameter") from None
    return raw


def hash_name(oid, name):
    found = schemes.HASH_OIDS.get(oid)
    if found is None:
        raise bad(f"Invalid parameter {name}", f"{name} is none of SHA-256, SHA-384, SHA-512")
    return found


def lengths(values, found):
    wanted = schemes.HASHES[found].digest_size
    if any(len(value) != wanted for value in values):
        raise bad("Invalid digest value length")


def scheme(value, hash_field, algorithms, allowed_hashes):
    """The signature scheme that signAlgo, signAlgoParams and the hash algorithm name together."""
    oid = value["signAlgo"]
    if oid not in algorithms:
        raise bad("Invalid parameter signAlgo", "signAlgo is not one of key/algo")
    kind, name = schemes.ALGORITHMS[oid]
    given = None
    if hash_field in value:
        given = hash_name(value[hash_field], hash_field)
    if kind == "pss":
        found = pss(value)
    else:
        if "signAlgoParams" in value:
            raise bad("Invalid parameter signAlgoParams", "signAlgoParams belongs to RSASSA-PSS only")
        if name is None and given is None:
            raise bad(f"Missing (or invalid type) string parameter {hash_field}")
        found = schemes.Scheme(kind, name or given)
    if given is not None and given != found.hash:
        raise bad(f"Invalid parameter {hash_field}", f"{hash_field} contradicts signAlgo")
    if found.hash not in allowed_hashes:
        raise refused(f"Invalid parameter {hash_field if name is None else 'signAlgo'}")
    return found


def pss(value):
    if "signAlgoParams" not in value:
        raise bad("Missing (or invalid type) string parameter signAlgoParams")
    try:
        raw = base64.b64decode(value["signAlgoParams"].encode("ascii"), validate=True)
        found = schemes.pss_scheme(raw)
    except (ValueError, binascii.Error) as problem:
        raise bad("Invalid parameter signAlgoParams", f"signAlgoParams: {problem}") from None
    if found.salt_len != found.digest_len:
        raise bad("Invalid parameter signAlgoParams", "the salt is not as long as the hash")
    return found
