# SPDX-License-Identifier: Apache-2.0
"""The signatures of a finished transaction, spoilt as the switches say. Serves every service."""
import base64
import hashlib

from . import identities


def signatures(switches, vault, transaction, crlf=None):
    """[[doc_id, base64 text], ...]; crlf overrides the switch signature_crlf."""
    pairs = [[d.doc_id, spoilt(switches, vault, transaction, d)] for d in transaction.documents]
    if switches["signature"] == "swapped":
        values = [value for _, value in pairs]
        pairs = [[doc_id, value] for (doc_id, _), value in zip(pairs, values[1:] + values[:1])]
    form = switches["documents"]
    if form == "missing":
        pairs = pairs[:-1]
    elif form == "extra":
        pairs.append(["not-asked-for", pairs[0][1]])
    elif form == "wrong-id":
        pairs[0][0] += "-other"
    elif form == "twice":
        pairs.append(list(pairs[0]))
    if switches["order"] == "reversed":
        pairs.reverse()
    crlf = crlf or switches["signature_crlf"]
    return [[doc_id, text(switches, value, crlf)] for doc_id, value in pairs]


def spoilt(switches, vault, transaction, document):
    form = switches["signature"]
    credential = transaction.credential
    if form == "other-key":
        curve = credential.curve
        other = vault.key(f"spare-{curve}" if curve else "spare", credential.definition["bits"], curve)
        return identities.sign_digest(other, document.digest, document.scheme)
    if form == "hex-digest":
        name = document.scheme.hash if document.scheme else "sha256"
        return credential.sign(hashlib.new(name, document.digest.hex().encode()).digest(), document.scheme)
    if form == "corrupted":
        return document.signature[:-1] + bytes([document.signature[-1] ^ 1])
    if form == "short":
        return document.signature[:-1]
    return document.signature


def text(switches, value, crlf):
    if switches["signature"] == "not-base64":
        return "*** not base64 ***"
    return base64_lines(value, crlf)


def base64_lines(value, crlf):
    """crlf: "inside" (every 76 characters and at the end), "end", "none"."""
    if crlf == "inside":
        return base64.encodebytes(value).decode().replace("\n", "\r\n")
    return base64.b64encode(value).decode() + ("\r\n" if crlf == "end" else "")
