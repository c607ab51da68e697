# SPDX-License-Identifier: Apache-2.0
"""Signature schemes by their OIDs, as the Cloud Signature Consortium names them, and signing."""
import dataclasses

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
HASH_OIDS = {"2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384",
             "2.16.840.1.101.3.4.2.3": "sha512"}
RSA, PSS, MGF1 = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.8"
EC = "1.2.840.10045.2.1"
# signAlgo: (kind, hash); without a hash the request has to name it.
ALGORITHMS = {
    RSA: ("pkcs1", None),
    "1.2.840.113549.1.1.11": ("pkcs1", "sha256"),
    "1.2.840.113549.1.1.12": ("pkcs1", "sha384"),
    "1.2.840.113549.1.1.13": ("pkcs1", "sha512"),
    PSS: ("pss", None),
    EC: ("ecdsa", None),
    "1.2.840.10045.4.3.2": ("ecdsa", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa", "sha512"),
}
RSA_ALGORITHMS = [oid for oid, (kind, _) in ALGORITHMS.items() if kind in ("pkcs1", "pss")]
EC_ALGORITHMS = [oid for oid, (kind, name) in ALGORITHMS.items() if kind == "ecdsa" and name]
CURVE_OIDS = {"P-256": "1.2.840.10045.3.1.7", "P-384": "1.3.132.0.34", "P-521": "1.3.132.0.35"}


@dataclasses.dataclass(frozen=True)
class Scheme:
    kind: str
    hash: str
    salt_len: int = 0

    @property
    def digest_len(self):
        return HASHES[self.hash].digest_size


def sign(key, digest, scheme):
    """ECDSA results are DER."""
    prehashed = utils.Prehashed(HASHES[scheme.hash])
    if scheme.kind == "ecdsa":
        return key.sign(digest, ec.ECDSA(prehashed))
    if scheme.kind == "pss":
        pad = padding.PSS(padding.MGF1(HASHES[scheme.hash]), scheme.salt_len)
        return key.sign(digest, pad, prehashed)
    return key.sign(digest, padding.PKCS1v15(), prehashed)


def raw_ecdsa(key, signature):
    """r||s, each as long as the curve's order."""
    size = (key.curve.key_size + 7) // 8
    r, s = utils.decode_dss_signature(signature)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


class BadDer(ValueError):
    """Not the DER that was expected; str() says why."""


class Der:
    """Reads one element after the other; lengths in the shortest form only."""

    def __init__(self, raw):
        self.raw, self.at = raw, 0

    def element(self, tag, required=True):
        """The content of the next element if it has this tag."""
        if self.at >= len(self.raw) or self.raw[self.at] != tag:
            if required:
                raise BadDer(f"tag {tag:#x} was expected")
            return None
        length, begin = self.length(self.at + 1)
        self.at = begin + length
        if self.at > len(self.raw):
            raise BadDer("an element is cut off")
        return self.raw[begin:self.at]

    def length(self, at):
        if at >= len(self.raw):
            raise BadDer("an element is cut off")
        first = self.raw[at]
        if first < 0x80:
            return first, at + 1
        count = first & 0x7f
        value = int.from_bytes(self.raw[at + 1:at + 1 + count], "big")
        if count not in (1, 2) or value < 0x80 or (count == 2 and value < 0x100):
            raise BadDer("a length is not in its shortest form")
        return value, at + 1 + count

    def end(self):
        if self.at != len(self.raw):
            raise BadDer("bytes follow the last element")


def oid_text(content):
    parts, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7f
        if not byte & 0x80:
            parts.append(value)
            value = 0
    if not parts or content[-1] & 0x80:
        raise BadDer("an object identifier is cut off")
    first = min(parts[0] // 40, 2)
    return ".".join(str(part) for part in (first, parts[0] - 40 * first, *parts[1:]))


def algorithm(content):
    """AlgorithmIdentifier of a hash; absent parameters and NULL are both right (RFC 4055)."""
    der = Der(content)
    inner = Der(der.element(0x30))
    der.end()
    oid = oid_text(inner.element(0x06))
    if inner.element(0x05, required=False) not in (None, b""):
        raise BadDer("NULL is not empty")
    inner.end()
    return oid


def pss_scheme(raw):
    """RSASSA-PSS-params in DER: same hash for the message and MGF1, none of the SHA-1 defaults."""
    outer = Der(raw)
    der = Der(outer.element(0x30))
    outer.end()
    name = HASH_OIDS.get(algorithm(der.element(0xa0)))
    mask = Der(der.element(0xa1))
    inner = Der(mask.element(0x30))
    mask.end()
    if oid_text(inner.element(0x06)) != MGF1:
        raise BadDer("the mask generation function is not MGF1")
    mask_name = HASH_OIDS.get(algorithm(inner.raw[inner.at:]))
    salt = Der(der.element(0xa2))
    content = salt.element(0x02)
    salt.end()
    if not content or (len(content) > 1 and content[0] == 0 and content[1] < 0x80):
        raise BadDer("the salt length is not in its shortest form")
    if der.element(0xa3, required=False) is not None:
        raise BadDer("the default trailer field is written out")
    der.end()
    if name is None or name != mask_name:
        raise BadDer("hash and mask hash are not the same of SHA-256, SHA-384, SHA-512")
    return Scheme("pss", name, int.from_bytes(content, "big", signed=True))
