#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The simulator's RSSP service: login by the relying party's key, three second factors, counters."""
import base64
import json
import os
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from cryptography.hazmat.primitives import hashes  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import padding  # noqa: E402
from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: E402

from simcase import ECDSA, HASH_OID, RSA, SimCase, b64, digest, verify  # noqa: E402

PIN, CODES, APP, SMARTCA = "012345678911", "012345678912", "012345678913", "012345678901"
PSS_PARAMS = "BgkqhkiG9w0BAQo="


class Rssp(SimCase):
    def setUp(self):
        super().setUp()
        self.service = self.sim.services["rssp"]
        with open(self.service["relying_party_p12"], "rb") as source:
            self.key = pkcs12.load_key_and_certificates(
                source.read(), self.service["relying_party_p12_password"].encode())[0]

    def header(self, person=None, password=None, stamp=None, kind=None, basic=", Basic "):
        parts = [self.service[f"relying_party_{name}"] for name in ("user", "password", "signature")]
        parts.append(str(int(time.time() * 1000) if stamp is None else stamp))
        proof = self.key.sign("".join(parts).encode(), padding.PKCS1v15(), kind or hashes.SHA1())
        text = "SSL2 " + b64(":".join([*parts, b64(proof)]).encode())
        if person:
            password = password or self.person(person)["password"]
            text += basic + b64(f"USERNAME:{person}:{password}".encode())
        return text

    def call(self, path, value, token=None, header=None):
        body = {"profile": self.service["profile"], "lang": "VN", "rpRequestID": None, **value}
        status, reply = self.json(self.service["base"] + "/" + path, body, token, header)
        self.assertEqual(status, 200)
        return reply

    def good(self, path, value, token=None):
        reply = self.call(path, value, token)
        self.assertEqual(reply["error"], 0, reply)
        return reply

    def refused(self, code, path, value, token):
        reply = self.call(path, value, token)
        self.assertEqual(reply["error"], code, reply)
        return reply

    def login(self, *who, **more):
        return self.call("auth/login", {"relyingParty": self.service["relying_party"], "rememberMe": True},
                         header=self.header(*who, **more))

    def token(self, person=PIN):
        return self.login(person)["accessToken"]

    def digests(self, values, name="sha256"):
        return {"hashes": [b64(v) for v in values], "hashAlgorithmOID": HASH_OID[name]}

    def authorize_body(self, person, name, values, code=None, **more):
        body = {"credentialID": self.id(person, name), "numSignatures": len(values), "operationMode": "S",
                "documentDigests": self.digests(values), **more}
        return {**body, "authorizeCode": code} if code else body

    def sign_body(self, person, name, sad, values, algo=RSA, hash_name="sha256", **more):
        return {"credentialID": self.id(person, name), "SAD": sad, "documentDigests": self.digests(values, hash_name),
                "signAlgo": algo, "operationMode": "S", **more}

    def cert(self, person, name, token):
        return self.good("credentials/info", {"credentialID": self.id(person, name)}, token)["cert"]["certificates"][0]

    def test_login(self):
        reply = self.login(PIN)
        self.assertEqual((reply["error"], reply["expiresIn"]), (0, 3600))
        self.assertEqual(self.login(PIN, basic=",basic ")["error"], 0)
        again = self.call("auth/login", {"relyingParty": self.service["relying_party"]}, reply["refreshToken"])
        self.good("credentials/list", {}, again["accessToken"])
        self.no_violations()

    def test_login_refused(self):
        self.assertEqual(self.login(PIN, kind=hashes.SHA256())["error"], 3001)
        self.assertEqual(self.login(PIN, stamp=int((time.time() - 3600) * 1000))["error"], 3004)
        reply = self.login(PIN, password="x")
        self.assertEqual((reply["error"], reply["remainingCounter"], reply["tempLockoutDuration"]), (3002, 4, 0))
        self.switch(rssp_login_hash="any")
        self.assertEqual(self.login(PIN, kind=hashes.SHA256())["error"], 0)
        self.no_violations()
        for header in ("Basic eA==", "SSL2 !", "SSL2 " + b64(b"a:b"), self.header(PIN, stamp=int(time.time()))):
            self.call("auth/login", {"relyingParty": self.service["relying_party"]}, header=header)
        self.assertEqual(len(self.violations()), 4)

    def test_lock_of_the_password(self):
        for _ in range(5):
            reply = self.login(PIN, password="x")
        self.assertEqual((reply["error"], reply["remainingCounter"]), (3003, 0))
        self.assertGreater(reply["tempLockoutDuration"], 250)
        self.assertEqual(self.login(PIN)["error"], 3003)

    def test_two_factor_method(self):
        found = []
        for person in (PIN, CODES, APP, SMARTCA):
            body = {"relyingParty": self.service["relying_party"], "user": person, "userType": "USERNAME"}
            found.append(self.call("auth/getTwoFactorMethod", body, header=self.header())["twoFactorMethod"])
        self.assertEqual(found, ["PASSCODE", "OTPSMS", "TSE", "TSE"])

    def test_listing(self):
        token = self.token()
        certs = self.good("credentials/list", {
            "searchConditions": {"certificateStatus": "ALL", "certificatePurpose": "ALL"}, "certificates": "chain",
            "certInfoEnabled": True, "authInfoEnabled": True}, token)["certs"]
        self.assertEqual([c["credentialID"] for c in certs], [c["cert_id"] for c in self.person(PIN)["credentials"]])
        self.assertEqual((certs[0]["status"], certs[0]["remainingSigningCounter"], len(certs[0]["certificates"])),
                         ("OPERATED", 1000, 3))
        info = self.good("credentials/info", {"credentialID": self.id(PIN, "khoa-p384"), "certInfo": True}, token)
        self.assertEqual((info["authMode"], info["SCAL"], info["key"]["len"]), ("EXPLICIT/PIN", 2, 384))
        self.no_violations()
        self.refused(3008, "credentials/info", {"credentialID": "x"}, token)
        self.refused(1001, "credentials/info", {"credentialID": 5}, token)
        self.refused(1001, "credentials/list", {"profile": "v1"}, token)
        self.assertEqual(len(self.violations()), 2)

    def test_relying_party_alone(self):
        token = self.login()["accessToken"]
        self.refused(1001, "credentials/list", {}, token)
        agreement = self.person(PIN)["services"]["rssp"]["agreement_uuid"]
        self.assertEqual(len(self.good("credentials/list", {"agreementUUID": agreement}, token)["certs"]), 5)

    def test_passcode(self):
        token, values = self.token(), [digest("a"), digest("b")]
        reply = self.good("credentials/authorize", self.authorize_body(PIN, "khoa-rsa2048", values, "135790"), token)
        self.assertEqual((reply["remainingCounter"], reply["expiresIn"]), (5, 300))
        done = self.good("signatures/signHash", self.sign_body(PIN, "khoa-rsa2048", reply["SAD"], values), token)
        for value, signature in zip(values, done["signatures"]):
            verify(self.cert(PIN, "khoa-rsa2048", token), signature, value)
        self.assertEqual((done["remainingSigningCounter"], self.sim.counter("paid")), (998, 2))
        self.no_violations()
        self.refused(3012, "signatures/signHash", self.sign_body(PIN, "khoa-rsa2048", reply["SAD"], values), token)
        self.assertEqual(len(self.violations()), 1)

    def test_ecdsa_and_pss(self):
        token, value = self.token(), digest("a", "sha384")
        body = self.authorize_body(PIN, "khoa-p384", [value], "135790", documentDigests=self.digests([value], "sha384"))
        sad = self.good("credentials/authorize", body, token)["SAD"]
        done = self.good("signatures/signHash", self.sign_body(PIN, "khoa-p384", sad, [value], ECDSA + "3", "sha384"), token)
        verify(self.cert(PIN, "khoa-p384", token), done["signatures"][0], value, "sha384")
        value = digest("a")
        sad = self.good("credentials/authorize", self.authorize_body(PIN, "khoa-rsa3072", [value], "135790"), token)["SAD"]
        sign = self.sign_body(PIN, "khoa-rsa3072", sad, [value], signAlgoParams=PSS_PARAMS)
        self.refused(3020, "signatures/signHash", {**sign, "signAlgoParams": "BQA="}, token)
        done = self.good("signatures/signHash", sign, token)
        verify(self.cert(PIN, "khoa-rsa3072", token), done["signatures"][0], value, pss=True)

    def test_wrong_passcode_counts_and_locks(self):
        token, a = self.token(), digest("a")
        body = self.authorize_body(PIN, "khoa-p256", [a], "000000")
        found = [self.call("credentials/authorize", body, token) for _ in range(5)]
        self.assertEqual([(r["error"], r["remainingCounter"]) for r in found],
                         [(3010, 4), (3010, 3), (3010, 2), (3010, 1), (3011, 0)])
        self.assertGreater(found[-1]["tempLockoutDuration"], 250)
        self.refused(3011, "credentials/authorize", {**body, "authorizeCode": "135790"}, token)
        self.no_violations()

    def test_sent_code(self):
        token, a = self.token(CODES), digest("a")
        asked = self.good("credentials/sendOTP", {"credentialID": self.id(CODES, "ma-sms")}, token)
        body = self.authorize_body(CODES, "ma-sms", [a], self.last_code(), requestID=asked["responseID"])
        sad = self.good("credentials/authorize", body, token)["SAD"]
        self.good("signatures/signHash", self.sign_body(CODES, "ma-sms", sad, [a], ECDSA + "2"), token)
        self.no_violations()
        self.refused(3010, "credentials/authorize", body, token)
        self.refused(3010, "credentials/authorize", {**body, "requestID": "other"}, token)
        self.assertEqual(self.violations(), ["a one-time code was used twice", "requestID is not the responseID of sendOTP"])

    def test_phone_app(self):
        token, a, found = self.token(APP), digest("a"), []
        body = self.authorize_body(APP, "may-app-p256", [a], message="soffice on pc: 1 document, code 7QF-29K",
                                   notificationMessage="x", vcEnabled=True)
        worker = threading.Thread(target=lambda: found.append(self.call("credentials/authorize", body, token)))
        worker.start()
        self.sim.order("/wait", {"what": "waiting"})
        self.assertEqual(self.sim.state()["transactions"][0]["code"], "7QF-29K")
        self.sim.order("/approve")
        worker.join()
        done = self.good("signatures/signHash", self.sign_body(APP, "may-app-p256", found[0]["SAD"], [a], ECDSA + "2"), token)
        verify(self.cert(APP, "may-app-p256", token), done["signatures"][0], a)
        counters = self.sim.state()["counters"]
        self.assertEqual((counters["prompts"], counters["paid"], counters["violations"]), (1, 1, 0))
        self.switch(auto="reject")
        self.refused(3018, "credentials/authorize", body, token)

    def test_extend(self):
        token, a, b = self.token(), digest("a"), digest("b")
        body = {**self.authorize_body(PIN, "khoa-p256", [a], "135790"), "numSignatures": 2}
        sad = self.good("credentials/authorize", body, token)["SAD"]
        self.refused(3014, "signatures/signHash", self.sign_body(PIN, "khoa-p256", sad, [b], ECDSA + "2"), token)
        more = {"credentialID": self.id(PIN, "khoa-p256"), "SAD": sad, "documentDigests": self.digests([b])}
        sad = self.good("credentials/extendTransaction", more, token)["SAD"]
        self.good("signatures/signHash", self.sign_body(PIN, "khoa-p256", sad, [b, a], ECDSA + "2"), token)

    def test_counter_and_states(self):
        token, a = self.token(), digest("a")
        self.switch(rssp_signing_counter=1)
        sad = self.good("credentials/authorize", self.authorize_body(PIN, "khoa-p256", [a], "135790"), token)["SAD"]
        self.good("signatures/signHash", self.sign_body(PIN, "khoa-p256", sad, [a], ECDSA + "2"), token)
        self.refused(3017, "credentials/authorize", self.authorize_body(PIN, "khoa-p256", [a], "135790"), token)
        self.sim.order("/persons", {"user_id": PIN, "status": {"khoa-p384": "SUSPENDED"}})
        self.refused(3016, "credentials/authorize", self.authorize_body(PIN, "khoa-p384", [a], "135790"), token)

    def test_tokens(self):
        token = self.token()
        self.sim.order("/tokens", {"expire": "access"})
        self.refused(3005, "credentials/list", {}, token)
        token = self.token()
        self.good("auth/revoke", {"tokenType": 0, "token": token}, token)
        self.switch(rssp_token_error="3006", rssp_numbers="string")
        self.assertEqual(self.call("credentials/list", {}, token)["error"], "3006")
        self.no_violations()

    def test_strictness(self):
        token, a = self.token(), digest("a")
        good = self.authorize_body(PIN, "khoa-p256", [a], "135790")
        for change in ({"numSignatures": "1"}, {"documentDigests": {"hashes": [a.hex()], "hashAlgorithmOID": HASH_OID["sha256"]}},
                       {"documentDigests": None}, {"authorizeCode": None}, {"operationMode": "A"}, {"lang": "DE"}, {"PIN": "135790"}):
            self.refused(1001, "credentials/authorize", {**good, **change}, token)
        self.refused(3015, "credentials/authorize", {**good, "numSignatures": 11}, token)
        self.assertEqual(len(self.violations()), 8)

    def test_secrets_are_blanked(self):
        token = self.token()
        self.call("credentials/authorize", self.authorize_body(PIN, "khoa-p256", [digest("a")], "135790"), token)
        text = json.dumps(self.sim.control("/requests", method="GET")[1])
        for secret in ("135790", token, self.service["relying_party_password"]):
            self.assertNotIn(secret, text)
        self.assertNotIn(base64.b64encode(self.service["relying_party_user"].encode()).decode()[:12], text)


if __name__ == "__main__":
    unittest.main()
