# SPDX-License-Identifier: Apache-2.0
"""One simulator for a class of tests, and what tests of the bearer-token services share."""
import base64
import hashlib
import json
import os
import shutil
import tempfile
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from simclient import Sim

HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
HASH_OID = {"sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2",
            "sha512": "2.16.840.1.101.3.4.2.3"}
RSA, PSS, ECDSA = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.4.3."


def digest(text, name="sha256"):
    return hashlib.new(name, text.encode()).digest()


def b64(raw):
    return base64.b64encode(raw).decode()


def verify(cert_base64, signature_base64, hashed, name="sha256", pss=False):
    key = x509.load_der_x509_certificate(base64.b64decode(cert_base64)).public_key()
    kind, signature = utils.Prehashed(HASHES[name]), base64.b64decode(signature_base64)
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, hashed, ec.ECDSA(kind))
    elif pss:
        pad = padding.PSS(padding.MGF1(HASHES[name]), HASHES[name].digest_size)
        key.verify(signature, hashed, pad, kind)
    else:
        key.verify(signature, hashed, padding.PKCS1v15(), kind)


class SimCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keep = os.environ.get("SMARTCA_SIM_IDENTITIES")
        cls.identities = cls.keep or tempfile.mkdtemp(prefix="sim-identities-")
        cls.sim = Sim(identities=cls.identities)

    @classmethod
    def tearDownClass(cls):
        cls.sim.stop()
        if not cls.keep:
            shutil.rmtree(cls.identities)

    def setUp(self):
        self.sim.order("/reset", {"all": True})

    def switch(self, **values):
        self.sim.order("/switch", values)

    def violations(self):
        return [v["sentence"] for v in self.sim.state()["violations"]]

    def no_violations(self):
        self.assertEqual(self.violations(), [])

    def person(self, user_id):
        return self.sim.persons[user_id]

    def id(self, user_id, name):
        """The credentialID of one of the person's credentials."""
        return next(c["cert_id"] for c in self.person(user_id)["credentials"] if c["id"] == name)

    def json(self, path, value, token=None, header=None):
        """(status, JSON or None) of a POST."""
        headers = {"Content-Type": "application/json"}
        if token or header:
            headers["Authorization"] = header or "Bearer " + token
        status, _, body = self.sim.call("POST", path, json.dumps(value), headers)
        return status, json.loads(body) if body else None

    def last_code(self):
        return self.sim.state()["messages"][-1]["code"]
