# SPDX-License-Identifier: Apache-2.0
"""Keys and certificates of the invented persons, made when first needed and kept in a folder.

RSA keys are slow to make, so the folder may be shared by many runs (--identities). A file lock
keeps two simulators from making two keys under one name.
"""
import contextlib
import fcntl
import hashlib
import json
import os
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from . import files, pki, schemes

ROOT = [["C", "VN"], ["O", "Simulated root authority (tests only)"], ["CN", "Root CA (simulated)"]]
ISSUER = [["C", "VN"], ["O", "Simulated authority (tests only)"],
          ["CN", "VNPT SmartCA RS (simulated)"]]
RENEW_BEFORE_DAYS = 30
HASHES = {32: hashes.SHA256(), 48: hashes.SHA384(), 64: hashes.SHA512()}


def sign_digest(key, digest, scheme=None):
    """An already computed digest; by default RSASSA-PKCS1-v1_5 over its DigestInfo."""
    if scheme is not None:
        return schemes.sign(key, digest, scheme)
    return key.sign(digest, padding.PKCS1v15(), Prehashed(HASHES[len(digest)]))


class Identities:
    def __init__(self, folder):
        self.folder = files.private_folder(folder)
        self.guard = threading.RLock()
        self.keys = {}
        self.certs = {}
        with self.locked():
            self.root_key, self.root = self.root_pair()
            self.ca_key, self.ca = self.ca_pair()

    @contextlib.contextmanager
    def locked(self):
        with self.guard, open(os.path.join(self.folder, ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def path(self, name):
        return os.path.join(self.folder, name)

    def key(self, name, bits, curve=None):
        """An RSA key, or one on a curve: the names of the two kinds must differ."""
        kind = curve.lower() if curve else f"rsa{bits}"
        with self.guard:
            if name not in self.keys:
                with self.locked():
                    self.keys[name] = self.load_or_make(f"{name}-{kind}.key.pem", bits, curve)
            return self.keys[name]

    def load_or_make(self, file_name, bits, curve=None):
        path = self.path(file_name)
        if os.path.exists(path):
            return pki.load_key(files.read(path))
        key = pki.new_ec(curve) if curve else pki.new_rsa(bits)
        files.write(path, pki.key_pem(key))
        return key

    def root_pair(self):
        key = self.load_or_make("root-rsa2048.key.pem", 2048)
        return key, self.ca_cert("root.crt.pem", ROOT, ROOT, key, key, 20, 1)

    def ca_pair(self):
        key = self.load_or_make("ca-rsa2048.key.pem", 2048)
        return key, self.ca_cert("ca.crt.pem", ISSUER, ROOT, key, self.root_key, 10, 0)

    def ca_cert(self, file_name, subject, issuer, key, issuer_key, years, path_length):
        path = self.path(file_name)
        if os.path.exists(path):
            cert = x509.load_pem_x509_certificate(files.read(path))
            if cert.not_valid_after > pki.utc_now() + 1000 * pki.DAY:
                return cert
        cert = pki.authority(subject, issuer, key, issuer_key, years, path_length)
        files.write(path, pki.pem(cert))
        return cert

    def serial(self, definition, generation):
        """32 hex digits. The CA's key takes part: two caches must never issue two certificates
        with one issuer and one serial, which NSS refuses."""
        seed = json.dumps([definition, generation], sort_keys=True).encode()
        digest = hashlib.sha256(pki.public_der(self.ca_key) + seed).hexdigest()
        prefix = definition.get("serial_prefix", "5401")
        return prefix + digest[:32 - len(prefix)]

    def current_serial(self, definition):
        """The serial of the certificate that holds now, without making its key."""
        generation = 0
        while True:
            serial = self.serial(definition, generation)
            path = self.path(serial + ".crt.pem")
            if not os.path.exists(path) or definition["valid_days"][1] < RENEW_BEFORE_DAYS:
                return serial
            cert = x509.load_pem_x509_certificate(files.read(path))
            if cert.not_valid_after > pki.utc_now() + RENEW_BEFORE_DAYS * pki.DAY:
                return serial
            generation += 1

    def certificate(self, definition, serial):
        with self.guard:
            if serial not in self.certs:
                self.certs[serial] = self.load_or_issue(definition, serial)
            return self.certs[serial]

    def load_or_issue(self, definition, serial):
        """A certificate that is there needs no key: whoever put it there may have none."""
        path = self.path(serial + ".crt.pem")
        if os.path.exists(path):
            return x509.load_pem_x509_certificate(files.read(path))
        key = self.key(definition["key_name"], definition["bits"], definition.get("curve"))
        with self.locked():
            return self.load_or_issue_locked(path, definition, serial, key)

    def load_or_issue_locked(self, path, definition, serial, key):
        if os.path.exists(path):
            return x509.load_pem_x509_certificate(files.read(path))
        cert = pki.holder(definition["subject"], key, int(serial, 16),
                          definition["valid_days"], self.ca_key, self.ca, definition.get("ocsp"), definition.get("crl"))
        files.write(path, pki.pem(cert))
        return cert
