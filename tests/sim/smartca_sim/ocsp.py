# SPDX-License-Identifier: Apache-2.0
"""The issuer's status service (OCSP, RFC 6960): what it says is what the persons' certificates are."""
import datetime

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from .faults import Reply

MEDIA = "application/ocsp-response"


def credential_of(world, serial):
    for person in world.persons.by_id.values():
        for one in person.credentials:
            if int(one.serial, 16) == serial:
                return one
    return None


def answer(world, body):
    try:
        asked = ocsp.load_der_ocsp_request(body)
    except ValueError:
        refused = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        return reply(refused)
    vault = world.persons.vault
    credential = credential_of(world, asked.serial_number)
    if credential is None:
        return reply(ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED))
    revoked = credential.status == "REVOKED"
    now = datetime.datetime.utcnow()
    signed = ocsp.OCSPResponseBuilder().add_response(
        cert=credential.certificate, issuer=vault.ca, algorithm=hashes.SHA1(),
        cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD, this_update=now,
        next_update=now + datetime.timedelta(hours=1), revocation_time=now if revoked else None,
        revocation_reason=None).responder_id(ocsp.OCSPResponderEncoding.HASH, vault.ca)
    return reply(signed.sign(vault.ca_key, hashes.SHA256()))


def reply(response):
    return Reply(200, response.public_bytes(serialization.Encoding.DER), {"Content-Type": MEDIA})
