# SPDX-License-Identifier: Apache-2.0
"""The answers of sp769, in every form that the switches know."""
from . import spoil
from .faults import json_reply

MESSAGE_FORMS = {"as-is": str, "upper": str.upper, "lower": str.lower,
                 "spaced": lambda text: " " + text, "null": lambda text: None}


def envelope(switches, code, message, data, http=None):
    shown = {"number": code, "string": str(code), "zero": 0 if code == 200 else code}
    value = {"status_code": shown[switches["status_code_form"]],
             "message": MESSAGE_FORMS[switches["message_form"]](message), "data": data}
    if data is None and code != 200:
        if switches["error_data"] == "absent":
            del value["data"]
        elif switches["error_data"] == "empty":
            value["data"] = {}
    if http is None:
        http = 200 if switches["error_http"] == "200" else code if 200 <= code < 600 else 400
    return json_reply(http, value)


def unfinished(switches, transaction):
    """A poll of a transaction without signatures: waiting, rejected or expired."""
    if transaction.state == "rejected":
        return ended(switches, switches["reject_form"], switches["reject_message"])
    if transaction.state == "expired" and switches["expire_form"] != "never":
        return ended(switches, switches["expire_form"], switches["expire_message"])
    code = switches["pending_http"]
    data = {"transaction_id": transaction.transaction_id}
    form = switches["pending_form"]
    if form == "null":
        data["signatures"] = None
    elif form == "empty":
        data["signatures"] = []
    elif form in ("empty-value", "null-value"):
        value = "" if form == "empty-value" else None
        data["signatures"] = [item(d.doc_id, value) for d in transaction.documents]
    elif form == "data-null":
        data = None
    return envelope(switches, code, switches["pending_message"], data, http=code)


def ended(switches, form, message):
    http = {"200-400": 200, "http-400": 400, "http-403": 403}[form]
    return envelope(switches, 403 if form == "http-403" else 400, message, None, http=http)


def unknown(switches):
    form = switches["unknown_form"]
    http = 404 if form == "http-404" else 200
    return envelope(switches, 400 if form == "200-400" else 404, switches["unknown_message"], None,
                    http=http)


def signatures(switches, vault, transaction):
    """The data of a finished transaction."""
    shown = transaction.transaction_id if switches["result_id"] == "echo" else transaction.tran_code
    return {"transaction_id": shown, "signatures": [
        item(doc_id, value) for doc_id, value in spoil.signatures(switches, vault, transaction)]}


def item(doc_id, value):
    return {"doc_id": doc_id, "signature_value": value, "timestamp_signature": None}
