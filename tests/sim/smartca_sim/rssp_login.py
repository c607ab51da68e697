# SPDX-License-Identifier: Apache-2.0
"""RSSP: the relying party's key, and the Authorization header "SSL2 ...[, Basic ...]" of a login."""
import base64
import binascii
import hmac
import os
import re
import secrets

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import pkcs12

from . import files, pki

RELYING_PARTY = "SMARTCA-SIM"
USER, PASSWORD = "SMARTCA-SIM_RP", "mat-khau-rp"
P12_PASSWORD = "mat-khau-p12"
P12_NAME = "rssp-rp.p12"
HEADER = re.compile(r"SSL2 ([A-Za-z0-9+/]+={0,2})(?:, ?[Bb]asic ([A-Za-z0-9+/]+={0,2}))?")
LOGIN_HASHES = {"sha1": [hashes.SHA1()], "sha256": [hashes.SHA256()],
                "any": [hashes.SHA1(), hashes.SHA256()]}


class BadHeader(Exception):
    """A header that no careful client sends; str() says why."""


class WrongHeader(Exception):
    """A well-formed header that proves nothing; str() is "rp", "clock" or "user"."""


class RelyingParty:
    def __init__(self, world, vault, folder):
        self.world = world
        key = vault.key("rssp-rp", 2048)
        self.public_key = key.public_key()
        # What the provider hands out besides the password: a long text, proof of nothing by itself.
        self.signature = base64.b64encode(secrets.token_bytes(256)).decode()
        self.path = os.path.join(folder, P12_NAME)
        cert = pki.holder([["C", "VN"], ["CN", RELYING_PARTY]], key, secrets.randbits(120), [-1, 700],
                          vault.ca_key, vault.ca)
        files.write(self.path, pkcs12.serialize_key_and_certificates(
            RELYING_PARTY.encode(), key, cert, None,
            serialization.BestAvailableEncryption(P12_PASSWORD.encode())))

    def describe(self):
        return {"relying_party": RELYING_PARTY, "relying_party_user": USER, "relying_party_password": PASSWORD,
                "relying_party_signature": self.signature, "relying_party_p12": self.path,
                "relying_party_p12_password": P12_PASSWORD}

    def check(self, header):
        """(user, password) of the person, or (None, None) when the relying party logs in alone."""
        found = HEADER.fullmatch(header or "")
        if found is None:
            raise BadHeader('the Authorization header is not "SSL2 base64" or "SSL2 base64, Basic base64"')
        self.check_ssl2(text(found[1]))
        if found[2] is None:
            return None, None
        kind, _, rest = text(found[2]).partition(":")
        user, colon, password = rest.partition(":")
        if kind != "USERNAME" or not colon or not user:
            raise BadHeader("the Basic part is not USERNAME:user:password")
        return user, password

    def check_ssl2(self, content):
        parts = content.rsplit(":", 3)
        user, colon, password = parts[0].partition(":")
        if len(parts) != 4 or not colon:
            raise BadHeader("the SSL2 part does not have five fields")
        _, signature, stamp, proof = parts
        if not re.fullmatch("[0-9]{13}", stamp):
            raise BadHeader("the time in the SSL2 part is not in milliseconds")
        right = same(user, USER) & same(password, PASSWORD) & same(signature, self.signature)
        if not right or not self.proves(user + password + signature + stamp, proof):
            raise WrongHeader("rp")
        if abs(int(stamp) / 1000 - self.world.now()) > self.world.switches["rssp_time_window"]:
            raise WrongHeader("clock")

    def proves(self, signed, proof):
        try:
            raw = base64.b64decode(proof.encode("ascii"), validate=True)
        except (ValueError, binascii.Error):
            raise BadHeader("the signature in the SSL2 part is not base64") from None
        for kind in LOGIN_HASHES[self.world.switches["rssp_login_hash"]]:
            try:
                self.public_key.verify(raw, signed.encode(), padding.PKCS1v15(), kind)
                return True
            except InvalidSignature:
                pass
        return False


def text(part):
    try:
        return base64.b64decode(part, validate=True).decode("utf-8")
    except (ValueError, binascii.Error):
        raise BadHeader("a part of the Authorization header is not base64 of UTF-8") from None


def same(one, other):
    return hmac.compare_digest(one.encode(), other.encode())
