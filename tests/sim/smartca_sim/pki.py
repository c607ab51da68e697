# SPDX-License-Identifier: Apache-2.0
"""Certificates: the signing chain a Vietnamese CA would issue, and the TLS ones of the server."""
import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
OIDS = {
    "C": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "CN": NameOID.COMMON_NAME,
    "UID": NameOID.USER_ID,
}


def utc_now():
    return datetime.datetime.utcnow().replace(microsecond=0)


def new_rsa(bits):
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


CURVES = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}


def new_ec(curve):
    return ec.generate_private_key(CURVES[curve]())


def key_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def load_key(pem):
    return serialization.load_pem_private_key(pem, password=None)


def pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


def der(cert):
    return cert.public_bytes(serialization.Encoding.DER)


def public_der(key):
    return key.public_key().public_bytes(serialization.Encoding.DER,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)


def name(parts):
    """parts: [["C", "VN"], ...] in the order of issue."""
    return x509.Name([x509.NameAttribute(OIDS[kind], value) for kind, value in parts])


def name_text(parts):
    return ",".join(f"{kind}={value}" for kind, value in parts)


def usage(**wanted):
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
             "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{bit: wanted.get(bit, False) for bit in every})


def builder(subject, issuer, public_key, issuer_key, serial, begin, end):
    return (x509.CertificateBuilder()
            .subject_name(subject).issuer_name(issuer).public_key(public_key)
            .serial_number(serial).not_valid_before(begin).not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False))


def authority(subject, issuer, key, issuer_key, years, path_length):
    """A CA certificate; a root when key and issuer_key are the same."""
    begin = utc_now() - 365 * DAY
    made = builder(name(subject), name(issuer), key.public_key(), issuer_key,
                   x509.random_serial_number(), begin, begin + years * 365 * DAY)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), True)
    made = made.add_extension(usage(key_cert_sign=True, crl_sign=True), True)
    return made.sign(issuer_key, hashes.SHA256())


def holder(subject, key, serial, days, ca_key, ca_cert, ocsp=None, crl=None):
    """A subscriber's signing certificate; days = [from, to] counted from now; addresses of the status service and the list."""
    begin, end = utc_now() + days[0] * DAY, utc_now() + days[1] * DAY
    made = builder(name(subject), ca_cert.subject, key.public_key(), ca_key, serial, begin, end)
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    made = made.add_extension(usage(digital_signature=True, content_commitment=True), True)
    made = made.add_extension(x509.ExtendedKeyUsage([
        ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
    if ocsp:
        made = made.add_extension(x509.AuthorityInformationAccess([x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp))]), False)
    if crl:
        made = made.add_extension(x509.CRLDistributionPoints([x509.DistributionPoint(
            [x509.UniformResourceIdentifier(crl)], None, None, None)]), False)
    return made.sign(ca_key, hashes.SHA256())


def tls_authority(common_name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = [["CN", common_name]]
    return key, authority(subject, subject, key, key, 3, 0)


def tls_server(ca_key, ca_cert, hosts, days=(-1, 30)):
    key = ec.generate_private_key(ec.SECP256R1())
    made = builder(name([["CN", hosts[0]]]), ca_cert.subject, key.public_key(), ca_key,
                   x509.random_serial_number(), utc_now() + days[0] * DAY, utc_now() + days[1] * DAY)
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    made = made.add_extension(usage(digital_signature=True), True)
    made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    made = made.add_extension(x509.SubjectAlternativeName([alternative(h) for h in hosts]), False)
    return key, made.sign(ca_key, hashes.SHA256())


def alternative(host):
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
