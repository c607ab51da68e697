# SPDX-License-Identifier: Apache-2.0
"""The issuer's list of revoked certificates (CRL, RFC 5280), from what the persons' certificates are."""
import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from . import pki
from .faults import Reply

MEDIA = "application/pkix-crl"


def answer(world, kind):
    """kind: "" as it ought to be; old: its time is over; foreign: another key has signed it; absent: it is not there."""
    if kind == "absent":
        return Reply(404)
    vault = world.persons.vault
    begin = pki.utc_now() - (30 * pki.DAY if kind == "old" else datetime.timedelta(hours=1))
    made = x509.CertificateRevocationListBuilder().issuer_name(vault.ca.subject).last_update(begin).next_update(
        begin + 7 * pki.DAY)
    for person in world.persons.by_id.values():
        for one in person.credentials:
            if one.status == "REVOKED":
                made = made.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(
                    int(one.serial, 16)).revocation_date(begin).build())
    key = pki.new_rsa(2048) if kind == "foreign" else vault.ca_key
    signed = made.sign(key, hashes.SHA256())
    return Reply(200, signed.public_bytes(serialization.Encoding.DER), {"Content-Type": MEDIA})
