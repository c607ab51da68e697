# SPDX-License-Identifier: Apache-2.0
"""What a request to Viettel MySign must look like. Pure: a parsed body in, sentences out."""
import re

from . import strict

CLIENT = {"client_id": (str, True), "client_secret": (str, True)}
WHO = {**CLIENT, "profile_id": (str, True), "user_id": (str, True)}
SHAPES = {
    "/vtss/service/ras/v1/login": WHO,
    "/vtss/service/certificates/info": {**WHO, "certificates": (str, True), "certInfo": (bool, True),
                                        "authInfo": (bool, True)},
    "/vtss/service/signHash": {**CLIENT, "credentialID": (str, True), "numSignatures": (int, True),
                               "description": (str, True), "documents": (list, True), "hash": (list, True),
                               "hashAlgo": (str, True), "signAlgo": (str, True), "async": (int, True)},
    "/vtss/service/requests/status": {"transactionId": (str, True)},
}
DOCUMENT = {"document_id": (str, True, 100), "document_name": (str, True)}
PROFILES = ("adss:ras:profile:001", "adss:ras:profile:008")
USER_ID = re.compile(r"(?:CMT_|MST_)?[0-9A-Z-]{1,40}")
PLAIN = re.compile(r"[A-Za-z0-9_ -]*")
TEXT_BELOW = 100
RSA = "1.2.840.113549.1.1.1"
DIGESTS = {"2.16.840.1.101.3.4.2.1": 32, "2.16.840.1.101.3.4.2.2": 48, "2.16.840.1.101.3.4.2.3": 64}


def request(short, value, switches):
    ignore = switches["unknown_fields"] == "ignore"
    said = strict.shape(value, SHAPES[short], ignore)
    if said:
        return said
    if value.get("profile_id", PROFILES[0]) not in PROFILES:
        said.append("profile_id is not known")
    if not USER_ID.fullmatch(value.get("user_id", "0")):
        said.append("user_id is not CMT_, MST_ or nothing, and a number")
    if value.get("certificates", "none") not in ("none", "single", "chain"):
        said.append("certificates is none of none, single, chain")
    if short.endswith("/signHash"):
        said += sign(value, switches, ignore)
    return said


def sign(value, switches, ignore):
    said = []
    if value["signAlgo"] != RSA:
        said.append(f"signAlgo is not {RSA}")
    known = list(DIGESTS)[:1] if switches["hashes"] == "sha256" else list(DIGESTS)
    if value["hashAlgo"] not in known:
        return said + ["hashAlgo is not that of SHA-256"]
    if value["async"] not in (0, 1, 2):
        said.append("async is not 0, 1 or 2")
    if not value["numSignatures"] == len(value["hash"]) == len(value["documents"]):
        said.append("numSignatures, hash and documents do not agree in number")
    for at, digest in enumerate(value["hash"]):
        if isinstance(digest, str):
            said += strict.base64_digest(f"hash[{at}]", digest, [DIGESTS[value["hashAlgo"]]])
        else:
            said.append(f"hash[{at}] is not a string")
    said += encoded("description", value["description"])
    for at, document in enumerate(value["documents"]):
        found = strict.shape(document, DOCUMENT, ignore)
        found = found or encoded("document_name", document["document_name"])
        said += [f"documents[{at}]: {sentence}" for sentence in found]
    return said


def encoded(name, value):
    """Sentences about a text that is plain or base64 of UTF-8, and shorter than 100."""
    if len(value) >= TEXT_BELOW:
        return [f"{name} is not shorter than {TEXT_BELOW} characters as sent"]
    if not PLAIN.fullmatch(value) and unwrapped(value) is None:
        return [f"{name} is neither plain (letters, digits, _ - space) nor base64 of UTF-8"]
    return []


def unwrapped(value):
    """The text within base64, or None."""
    raw = strict.base64_bytes(value)
    try:
        text = raw.decode("utf-8") if raw else None
    except UnicodeDecodeError:
        return None
    return text if text is not None and text.isprintable() else None


def decoded(value):
    """What the phone shows. Letters and digits alone may be either: they are base64 if what is
    within could not have been sent plainly."""
    text = unwrapped(value)
    if text is not None and not (PLAIN.fullmatch(value) and PLAIN.fullmatch(text)):
        return text
    return value
