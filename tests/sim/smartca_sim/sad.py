# SPDX-License-Identifier: Apache-2.0
"""The "sad" of v2: an RS256 JWT bound to one transaction of one person."""
import base64
import json
import uuid

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding


def encode(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def make(key, transaction, now, seconds):
    header = {"alg": "RS256", "typ": "JWT"}
    claims = {"sub": transaction.person.user_id, "transaction_id": transaction.transaction_id,
              "jti": str(uuid.uuid4()), "iat": int(now), "exp": now + seconds}
    signed = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    return signed + "." + encode(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))


def problem(key, token, transaction, person, now):
    """Why this sad does not serve this transaction, or None."""
    try:
        signed, _, signature = token.rpartition(".")
        key.public_key().verify(decode(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        claims = json.loads(decode(signed.split(".")[1]))
    except (ValueError, IndexError, InvalidSignature):
        return "sad_invalid"
    if transaction is None:
        return "transaction_not_exist"
    if claims["transaction_id"] != transaction.transaction_id or claims["sub"] != person.user_id:
        return "sad_of_another_transaction"
    if claims["exp"] < now:
        return "sad_expired"
    return None
