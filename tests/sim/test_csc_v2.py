#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The simulator's Cloud Signature Consortium service, versions 2.x."""
import base64
import json
import os
import sys
import unittest
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from csccase import APP, CODES, PIN, REDIRECT, VERIFIER, CscCase  # noqa: E402
from simcase import ECDSA, HASH_OID, PSS, RSA, b64, digest, verify  # noqa: E402


class Version2(CscCase):
    name = "csc-v2"
    hashes, hash_algo = "hashes", "hashAlgorithmOID"

    def authorize(self, user_id, name, token, values, data, **more):
        return self.call("credentials/authorize", {
            "credentialID": self.id(user_id, name), "numSignatures": len(values), "hashes": [b64(v) for v in values],
            "hashAlgorithmOID": HASH_OID["sha256"], "authData": data, **more}, token)

    def sad(self, user_id, name, token, values, data):
        status, reply = self.authorize(user_id, name, token, values, data)
        self.assertEqual(status, 200, reply)
        return reply["SAD"]

    def sign(self, user_id, name, token, sad, values, algo=ECDSA + "2", **more):
        return self.good("signatures/signHash", self.sign_body(user_id, name, sad, values, algo, **more), token)

    def pin(self):
        return [{"id": "PIN", "value": "135790"}]

    def test_info(self):
        info = self.good("info", {})
        self.assertEqual((info["specs"], info["asynchronousOperationMode"]), ("2.0.0.2", True))
        self.assertIn(PSS, info["signAlgorithms"]["algos"])
        self.switch(csc_v2_specs="2.2.0.0", csc_oauth2_form="servers")
        info = self.good("info", {})
        self.assertTrue(info["oauth2Servers"][0]["baseUri"].endswith(self.service["oauth2"]))
        self.switch(csc_oauth2_form="issuer")
        issuer = urllib.parse.urlsplit(self.good("info", {})["oauth2Issuer"])
        path = "/.well-known/oauth-authorization-server" + issuer.path
        found = json.loads(self.sim.call("GET", path)[2])
        self.assertEqual(found["token_endpoint"], issuer.geturl() + "/oauth2/token")

    def test_everything_in_one_listing(self):
        token = self.token(CODES)
        asked = {"credentialInfo": True, "certificates": "chain", "certInfo": True, "authInfo": True, "onlyValid": True}
        reply = self.good("credentials/list", asked, token)
        self.assertTrue(reply["onlyValid"])
        infos = {i["credentialID"]: i for i in reply["credentialInfos"]}
        auth = infos[self.id(CODES, "ma-totp")]["auth"]
        self.assertEqual((auth["mode"], auth["expression"]), ("explicit", "PIN AND OTP"))
        self.assertEqual([o["type"] for o in auth["objects"]], ["Password", "Password"])
        self.assertEqual(infos[self.id(CODES, "ma-sms")]["auth"]["objects"][0]["type"], "ChallengeResponse")
        self.switch(csc_list_infos=False)
        self.assertNotIn("credentialInfos", self.good("credentials/list", asked, token))
        self.no_violations()

    def test_pin(self):
        token, values = self.token(), [digest("a"), digest("b")]
        sad = self.sad(PIN, "khoa-rsa3072", token, values, self.pin())
        found = self.sign(PIN, "khoa-rsa3072", token, sad, values, RSA)["signatures"]
        for value, signature in zip(values, found):
            verify(self.cert(PIN, "khoa-rsa3072", token), signature, value)
        self.no_violations()
        reply = self.authorize(PIN, "khoa-p256", token, values, [{"id": "PIN", "value": "000000"}])
        self.assertEqual((reply[0], reply[1]["error"]), (400, "invalid_authentication_data"))

    def test_challenge(self):
        token, a = self.token(CODES), digest("a")
        asked = {"credentialID": self.id(CODES, "ma-online"), "authObjectID": "OTP"}
        self.assertEqual(self.call("credentials/getChallenge", asked, token), (204, None))
        data = [{"id": "PIN", "value": "246813"}, {"id": "OTP", "value": self.last_code()}]
        sad = self.sad(CODES, "ma-online", token, [a], data)
        self.sign(CODES, "ma-online", token, sad, [a])
        self.no_violations()
        self.assertEqual(self.authorize(CODES, "ma-online", token, [a], data)[1]["error"], "invalid_authentication_data")
        self.assertEqual(self.violations(), ["a one-time code was used twice"])

    def test_app_with_a_handle(self):
        token, a = self.token(APP), digest("a")
        status, reply = self.authorize(APP, "may-app-p256", token, [a], [{"id": "mobile"}])
        self.assertEqual((status, list(reply)), (202, ["handle"]))
        self.assertEqual(self.call("credentials/authorizeCheck", reply, token)[0], 202)
        self.sim.order("/approve")
        status, done = self.call("credentials/authorizeCheck", reply, token)
        self.assertEqual(status, 200)
        self.assertEqual(self.call("credentials/authorizeCheck", reply, token)[1], done)
        verify(self.cert(APP, "may-app-p256", token), self.sign(APP, "may-app-p256", token, done["SAD"], [a])["signatures"][0], a)
        counters = self.sim.state()["counters"]
        self.assertEqual((counters["prompts"], counters["paid"], counters["polls"], counters["violations"]), (1, 1, 3, 0))
        self.assertEqual(self.call("credentials/authorizeCheck", {"handle": "x"}, token)[1]["error_description"], "Invalid parameter handle")

    def test_app_rejected(self):
        token = self.token(APP)
        self.switch(auto="reject")
        reply = self.authorize(APP, "may-app-p256", token, [digest("a")], [{"id": "mobile"}])[1]
        self.assertEqual(self.call("credentials/authorizeCheck", reply, token)[1]["error"], "access_denied")

    def test_asynchronous(self):
        token, a = self.token(), digest("a")
        for form, status in (("202", 202), ("400", 400)):
            self.switch(csc_polling=form)
            sad = self.sad(PIN, "khoa-p256", token, [a], self.pin())
            reply = self.sign(PIN, "khoa-p256", token, sad, [a], operationMode="A", validity_period=60000)
            poll = {"requestID": reply["responseID"]}
            found, pending = self.call("signatures/signPolling", poll, token)
            self.assertEqual(found, status)
            self.assertIn("previous async", pending["error_description"])
            verify(self.cert(PIN, "khoa-p256", token), self.good("signatures/signPolling", poll, token)["signatures"][0], a)
        self.assertEqual(self.sim.counter("paid"), 2)
        self.no_violations()
        sad = self.sad(PIN, "khoa-p256", token, [a], self.pin())
        for more, description in (({"operationMode": "X"}, "Invalid parameter operationMode"),
                                  ({"validity_period": 5}, "Invalid parameter validity_period"),
                                  ({"operationMode": "A", "validity_period": 0}, "Out of bounds parameter validity_period")):
            self.refused("signatures/signHash", self.sign_body(PIN, "khoa-p256", sad, [a], ECDSA + "2", **more), token, description)

    def test_strictness(self):
        token, a = self.token(), digest("a")
        good = {"credentialID": self.id(PIN, "khoa-p256"), "numSignatures": 1, "hashes": [b64(a)],
                "hashAlgorithmOID": HASH_OID["sha256"], "authData": self.pin()}
        cases = [
            ("Missing (or invalid type) string parameter hashAlgorithmOID", {"hashAlgorithmOID": None}),
            ("Invalid digest value length", {"hashAlgorithmOID": HASH_OID["sha384"]}),
            ("Missing (or invalid type) array parameter authData", {"authData": None}),
            ("Invalid parameter authData", {"authData": []}),
            ("Invalid parameter authData", {"authData": self.pin() * 2}),
            ("Invalid parameter authData", {"authData": [{"id": "PIN", "value": 135790}]}),
            ("Invalid parameter PIN", {"PIN": "135790"}),
        ]
        for description, change in cases:
            body = {name: value for name, value in {**good, **change}.items() if value is not None}
            self.refused("credentials/authorize", body, token, description)
        self.assertEqual(len(self.violations()), len(cases))

    def test_pkce_is_required(self):
        self.assertEqual(self.browse(self.page(code_challenge=None))[1]["error"], "invalid_request")
        self.assertEqual(self.browse(self.page(code_challenge_method=None))[1]["error"], "invalid_request")
        self.assertEqual(len(self.violations()), 2)

    def test_public_client(self):
        public = self.service["public_client_id"]
        back = self.allow(PIN, self.page(client_id=public))
        status, reply = self.post_form("token", grant_type="authorization_code", code=back["code"], client_id=public,
                                       redirect_uri=REDIRECT, code_verifier=VERIFIER)
        self.assertEqual(status, 200, reply)
        self.no_violations()

    def test_credential_token_is_enough(self):
        a = digest("a")
        hashed = base64.urlsafe_b64encode(a).rstrip(b"=").decode()
        values = self.page(scope="credential", credentialID=self.id(APP, "may-web"), numSignatures="1", hashes=hashed,
                           hashAlgorithmOID=HASH_OID["sha256"])
        reply = self.by_code(self.allow(APP, values)["code"])[1]
        self.assertEqual(reply["token_type"], "Bearer")
        found = self.sign(APP, "may-web", reply["access_token"], None, [a])["signatures"]
        verify(self.cert(APP, "may-web", self.token(APP)), found[0], a)
        self.no_violations()
        self.refused("credentials/list", {}, reply["access_token"], "The access token is not valid", "invalid_token", 401)

    def test_pushed_and_rich(self):
        a, b = digest("a"), digest("b")
        details = json.dumps([{"type": "credential", "credentialID": self.id(APP, "may-web"),
                               "documentDigests": [{"hash": b64(a), "label": "one.pdf"}, {"hash": b64(b), "label": "two.pdf"}],
                               "hashAlgorithmOID": HASH_OID["sha256"]}])
        values = self.page(scope=None, authorization_details=details)
        status, reply = self.post_form("pushed_authorize", client_secret=self.service["client_secret"], **values)
        self.assertEqual(status, 201, reply)
        back = self.allow(APP, {"client_id": self.service["client_id"], "request_uri": reply["request_uri"]})
        status, reply = self.by_code(back["code"], authorization_details=details)
        self.assertEqual((status, reply["authorization_details"]), (200, json.loads(details)))
        found = self.sign(APP, "may-web", reply["access_token"], None, [a, b])["signatures"]
        self.assertEqual(len(found), 2)
        self.assertEqual([d["doc_id"] for d in self.sim.state()["transactions"][0]["documents"]], ["one.pdf", "two.pdf"])
        self.no_violations()


if __name__ == "__main__":
    unittest.main()
