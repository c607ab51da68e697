# SPDX-License-Identifier: Apache-2.0
"""What a request to sp769 must look like. Pure: a parsed body in, sentences out.

Stricter than the cloud is known to be: a client that passes here holds to the documents.
No sentence repeats a value, for values may be secrets.
"""
import calendar
import json
import re
import time

from . import strict

LISTING = {"sp_id": True, "sp_password": True, "user_id": True, "transaction_id": True,
           "serial_number": False}
SIGN_V1 = {**LISTING, "sign_files": True, "transaction_desc": False, "time_stamp": False}
SIGN_V2 = {**SIGN_V1, "password": True, "otp": True, "serial_number": True}
CONFIRM = {"sp_id": True, "sp_password": True, "user_id": True, "password": True,
           "transaction_id": True, "sad": True}
FILE = {"doc_id": True, "file_type": True, "sign_type": True, "data_to_be_signed": True}
LIMITS = {"transaction_desc": 500, "doc_id": 255, "user_id": 50, "file_type": 20}
TRANSACTION_ID = re.compile(r"[A-Za-z0-9_.-]{1,100}")
SERIAL = re.compile(r"[0-9A-Fa-f]{1,40}")
HEX = re.compile(r"[0-9a-f]*")
SECRETS = ("sp_password", "password", "otp", "sad")
LENGTHS = {"sha256": (64,), "by-length": (64, 96, 128)}
TIME_STAMP_SLACK = 900


def headers(found, body):
    said = strict.headers(found, body)
    if found.get("Authorization"):
        said.append("an Authorization header was sent; the secrets belong in the body")
    return said


def shape(value, fields, ignore_unknown):
    said = []
    for name, required in fields.items():
        if name not in value:
            if required:
                said.append(f"{name} is missing")
        elif name != "sign_files":
            said += strict.text(name, value[name], required, LIMITS.get(name, strict.LONGEST))
    if not ignore_unknown:
        said += [f"{name!r} is no field of this call" for name in value if name not in fields]
    return said


def ids(value):
    said = []
    transaction_id = value.get("transaction_id")
    if isinstance(transaction_id, str) and transaction_id and not TRANSACTION_ID.fullmatch(transaction_id):
        said.append("transaction_id holds other characters than letters, digits, _ . - or is too long")
    serial = value.get("serial_number")
    if isinstance(serial, str) and serial and not SERIAL.fullmatch(serial):
        said.append("serial_number is not hexadecimal")
    return said


def listing(value, switches):
    return shape(value, LISTING, switches["unknown_fields"] == "ignore") + ids(value)


def sign(value, version, switches):
    ignore = switches["unknown_fields"] == "ignore"
    said = shape(value, SIGN_V2 if version == "v2" else SIGN_V1, ignore) + ids(value)
    if version == "v2" and isinstance(value.get("otp"), str) and not re.fullmatch("[0-9]{6}", value["otp"]):
        said.append("otp is not six digits")
    if isinstance(value.get("time_stamp"), str):
        said += time_stamp(value["time_stamp"])
    if "sign_files" in value:
        said += sign_files(value["sign_files"], switches, ignore)
    return said


def confirm(value, switches):
    return shape(value, CONFIRM, switches["unknown_fields"] == "ignore") + ids(value)


def time_stamp(value):
    """YYYYMMDDhhmmss in UTC, with or without Z, and the present time."""
    if not re.fullmatch(r"[0-9]{14}Z?", value):
        return ["time_stamp does not have the form YYYYMMDDhhmmssZ"]
    try:
        moment = calendar.timegm(time.strptime(value[:14], "%Y%m%d%H%M%S"))
    except ValueError:
        return ["time_stamp is no date"]
    if abs(moment - time.time()) > TIME_STAMP_SLACK:
        return ["time_stamp is not the present time in UTC"]
    return []


def sign_files(value, switches, ignore):
    if not isinstance(value, list) or not value:
        return ["sign_files is not a list with at least one item"]
    if len(value) > switches["max_documents"]:
        return [f"sign_files has more than {switches['max_documents']} items"]
    said = []
    for at, item in enumerate(value):
        said += [f"sign_files[{at}]: {sentence}" for sentence in one_file(item, switches, ignore)]
    doc_ids = [item.get("doc_id") for item in value if isinstance(item, dict)]
    if len({str(doc_id) for doc_id in doc_ids}) != len(doc_ids):
        said.append("a doc_id stands twice in one request")
    return said


def one_file(item, switches, ignore):
    if not isinstance(item, dict):
        return ["not an object"]
    said = shape(item, FILE, ignore)
    if said:
        return said
    if item["sign_type"] != "hash":
        said.append("Currently we only support type hash")
    digest = item["data_to_be_signed"]
    if not HEX.fullmatch(digest):
        said.append("data_to_be_signed is not lower-case hexadecimal")
    elif len(digest) not in LENGTHS[switches["hashes"]]:
        said.append(f"data_to_be_signed has {len(digest)} digits, "
                    f"not {' or '.join(str(n) for n in LENGTHS[switches['hashes']])}")
    return said


def poll(body):
    """A poll's body is ignored by the cloud, but no secret needs to travel in it."""
    if not body:
        return []
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ["the body of the poll is not JSON"]
    if isinstance(value, dict):
        return [f"{name} was sent in a poll, which needs no secret" for name in SECRETS if name in value]
    return []
