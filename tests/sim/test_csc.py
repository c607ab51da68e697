#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The simulator's Cloud Signature Consortium service, version 1.0.4."""
import base64
import json
import os
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from cryptography.exceptions import InvalidSignature  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import utils  # noqa: E402

from csccase import APP, CODES, PIN, REDIRECT, SEAL, SMARTCA, CscCase  # noqa: E402
from simcase import ECDSA, HASH_OID, PSS, RSA, b64, digest, verify  # noqa: E402
from smartca_sim import schemes  # noqa: E402
from smartca_sim.persons import totp  # noqa: E402

SHA1 = "1.3.14.3.2.26"


def tlv(tag, *parts):
    content = b"".join(parts)
    return bytes([tag, len(content)]) + content


def hash_algorithm(name, null=True):
    last = {"sha256": 1, "sha384": 2, "sha512": 3}[name]
    oid = tlv(6, bytes([0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last]))
    return tlv(0x30, oid, b"\x05\x00" if null else b"")


def pss_params(name, salt, mask=None, null=True):
    mgf1 = tlv(6, bytes.fromhex("2a864886f70d010108"))
    return b64(tlv(0x30, tlv(0xa0, hash_algorithm(name, null)),
                   tlv(0xa1, tlv(0x30, mgf1, hash_algorithm(mask or name, null))),
                   tlv(0xa2, tlv(2, bytes([salt])))))


class Version1(CscCase):
    def authorize(self, user_id, name, token, values, **more):
        return self.call("credentials/authorize", {
            "credentialID": self.id(user_id, name), "numSignatures": len(values),
            "hash": [b64(v) for v in values], **more}, token)

    def sad(self, user_id, name, token, values, **more):
        status, reply = self.authorize(user_id, name, token, values, **more)
        self.assertEqual(status, 200, reply)
        return reply["SAD"]

    def sign(self, user_id, name, token, sad, values, algo=RSA, **more):
        return self.good("signatures/signHash", self.sign_body(user_id, name, sad, values, algo, **more), token)["signatures"]

    def test_info(self):
        info = self.good("info", {})
        self.assertEqual(info["specs"], "1.0.4.0")
        self.assertTrue(info["oauth2"].endswith(self.service["oauth2"]))
        self.assertIn("signatures/signHash", info["methods"])
        self.switch(csc_oauth2_uri="slash")
        self.assertTrue(self.good("info", {})["oauth2"].endswith("/"))

    def test_login(self):
        status, reply = self.login(rememberMe=True)
        self.assertEqual((status, reply["expires_in"]), (200, 3600))
        again = self.json(self.service["base"] + "/auth/login", {"refresh_token": reply["refresh_token"]})
        self.assertEqual(again[0], 200)
        self.assertEqual(self.login(password="x")[1]["error"], "authentication_error")
        self.assertEqual(self.call("auth/revoke", {"token": reply["access_token"]}, reply["access_token"]), (204, None))
        self.refused("credentials/list", {}, reply["access_token"], "The access token is not valid", "invalid_token", 401)
        self.no_violations()
        self.assertEqual(self.json(self.service["base"] + "/auth/login", {})[0], 401)
        self.assertEqual(self.json(self.service["base"] + "/auth/login", {}, header="Basic " + b64(b"x"))[1]["error_description"],
                         "Malformed username-password")
        self.assertEqual(len(self.violations()), 2)

    def test_lock_of_the_password(self):
        for _ in range(5):
            self.login(password="x")
        self.assertEqual(self.login()[0], 400)

    def test_tokens(self):
        token = self.token()
        self.sim.order("/tokens", {"expire": "access"})
        self.switch(csc_expired_error="expired_token")
        self.assertEqual(self.call("credentials/list", {}, token)[1]["error"], "expired_token")
        self.no_violations()
        self.refused("credentials/list", {}, None, "Malformed authorization header")
        self.assertEqual(self.violations(), ["Malformed authorization header"])

    def test_list_and_paging(self):
        token = self.token()
        every = self.good("credentials/list", {}, token)["credentialIDs"]
        self.assertEqual(every, [c["cert_id"] for c in self.person(PIN)["credentials"]])
        self.switch(csc_page_size=2)
        found, page = [], {}
        while True:
            reply = self.good("credentials/list", page, token)
            self.assertLessEqual(len(reply["credentialIDs"]), 2)
            found += reply["credentialIDs"]
            if "nextPageToken" not in reply:
                break
            page = {"pageToken": reply["nextPageToken"]}
        self.assertEqual(found, every)
        self.no_violations()
        self.refused("credentials/list", {"userID": PIN}, token, "userID parameter MUST be null")
        self.refused("credentials/list", {"maxResults": "5"}, token, "Invalid parameter maxResults")
        self.refused("credentials/list", {"x": 1}, token, "Invalid parameter x")
        self.assertEqual(len(self.violations()), 3)

    def test_credential_info(self):
        token = self.token(CODES)
        info = self.good("credentials/info", {"credentialID": self.id(CODES, "ma-totp"), "certificates": "chain",
                                              "certInfo": True, "authInfo": True}, token)
        self.assertEqual((info["authMode"], info["PIN"]["presence"], info["OTP"]["type"]), ("explicit", "true", "offline"))
        self.assertEqual((info["SCAL"], info["multisign"], info["key"]["len"]), ("2", 10, 2048))
        self.assertEqual(len(info["cert"]["certificates"]), 3)
        self.assertRegex(info["cert"]["validTo"], r"^[0-9]{14}Z$")
        other = self.good("credentials/info", {"credentialID": self.id(CODES, "ma-sms"), "authInfo": True}, token)
        self.assertEqual((other["OTP"]["type"], other["PIN"]["presence"]), ("online", "false"))
        self.assertEqual(other["key"]["curve"], "1.2.840.10045.3.1.7")
        self.refused("credentials/info", {}, token, "Missing (or invalid type) string parameter credentialID")
        self.refused("credentials/info", {"credentialID": self.id(PIN, "khoa-p256")}, token, "Invalid parameter credentialID")
        self.refused("credentials/info", {"credentialID": self.id(CODES, "ma-sms"), "certificates": "all"}, token,
                     "Invalid parameter certificates")

    def test_forms_of_the_info(self):
        token = self.token(CODES)
        asked = {"credentialID": self.id(CODES, "ma-sms")}
        self.switch(csc_types="strings", csc_algo_form="string", csc_optional="null", csc_chain="signer")
        info = self.good("credentials/info", {**asked, "certificates": "chain"}, token)
        self.assertEqual((info["multisign"], info["key"]["len"], info["SCAL"]), ("10", "256", None))
        self.assertEqual((info["key"]["algo"], info["description"]), (ECDSA + "2", None))
        self.assertEqual(len(info["cert"]["certificates"]), 1)

    def test_pin_and_rsa(self):
        token = self.token()
        cert = self.cert(PIN, "khoa-rsa2048", token)
        values = [digest("a"), digest("b")]
        sad = self.sad(PIN, "khoa-rsa2048", token, values, PIN="135790")
        for value, signature in zip(values, self.sign(PIN, "khoa-rsa2048", token, sad, values)):
            verify(cert, signature, value)
        counters = self.sim.state()["counters"]
        self.assertEqual((counters["paid"], counters["prompts"]), (2, 0))
        self.no_violations()
        self.refused("signatures/signHash", self.sign_body(PIN, "khoa-rsa2048", sad, values), token, "Invalid parameter SAD")
        self.assertIn("used again", self.violations()[0])

    def test_every_scheme(self):
        token = self.token()
        for name in ("khoa-rsa2048", "khoa-rsa3072", "khoa-p256", "khoa-p384", "khoa-p521"):
            cert = self.cert(PIN, name, token)
            for at, hash_name in enumerate(HASH_OID):
                value = digest("x", hash_name)
                ways = [{"algo": ECDSA + str(2 + at)}] if "-p" in name else [
                    {"hash_name": hash_name}, {"algo": f"1.2.840.113549.1.1.{11 + at}"},
                    {"algo": PSS, "signAlgoParams": pss_params(hash_name, len(value)), "hashAlgo": HASH_OID[hash_name]}]
                for way in ways:
                    with self.subTest(f"{name} {hash_name} {way}"):
                        sad = self.sad(PIN, name, token, [value], PIN="135790")
                        found = self.sign(PIN, name, token, sad, [value], **way)
                        verify(cert, found[0], value, hash_name, way.get("algo") == PSS)
        self.no_violations()

    def test_raw_ecdsa(self):
        token = self.token()
        self.switch(ecdsa_form="raw")
        sad = self.sad(PIN, "khoa-p521", token, [digest("a", "sha512")], PIN="135790")
        raw = base64.b64decode(self.sign(PIN, "khoa-p521", token, sad, [digest("a", "sha512")], ECDSA + "4")[0])
        self.assertEqual(len(raw), 132)
        r, s = (int.from_bytes(half, "big") for half in (raw[:66], raw[66:]))
        verify(self.cert(PIN, "khoa-p521", token), b64(utils.encode_dss_signature(r, s)), digest("a", "sha512"), "sha512")

    def test_pss_parameters(self):
        token, value = self.token(), digest("a")
        sad = self.sad(PIN, "khoa-rsa2048", token, [value], PIN="135790")
        body = self.sign_body(PIN, "khoa-rsa2048", sad, [value], PSS)
        self.refused("signatures/signHash", body, token, "Missing (or invalid type) string parameter signAlgoParams")
        wrong = [pss_params("sha256", 20), pss_params("sha256", 32, "sha384"), b64(b"\x05\x00"),
                 b64(base64.b64decode(pss_params("sha256", 32)) + b"\x00"), "BgkqhkiG9w0BAQo="]
        for params in wrong:
            self.refused("signatures/signHash", {**body, "signAlgoParams": params}, token, "Invalid parameter signAlgoParams")
        self.refused("signatures/signHash", {**body, "signAlgoParams": pss_params("sha256", 32), "hashAlgo": HASH_OID["sha384"]},
                     token, "Invalid parameter hashAlgo")
        self.good("signatures/signHash", {**body, "signAlgoParams": pss_params("sha256", 32, null=False)}, token)
        self.assertEqual(len(self.violations()), 7)

    def test_scal2_pins_the_hashes(self):
        token, a, b = self.token(), digest("a"), digest("b")
        status, reply = self.call("credentials/authorize", {
            "credentialID": self.id(PIN, "khoa-p256"), "numSignatures": 1, "PIN": "135790"}, token)
        self.assertEqual(reply["error_description"], "Missing (or invalid type) array parameter hash")
        sad = self.sad(PIN, "khoa-p256", token, [a], PIN="135790")
        self.refused("signatures/signHash", self.sign_body(PIN, "khoa-p256", sad, [b], ECDSA + "2"), token,
                     "Hash is not authorized by the SAD")
        self.sign(PIN, "khoa-p256", token, sad, [a], ECDSA + "2")
        self.assertEqual(self.sim.counter("paid"), 1)

    def test_scal1_takes_any_hash_but_not_more(self):
        token = self.token()
        sad = self.good("credentials/authorize", {
            "credentialID": self.id(PIN, "khoa-rsa2048"), "numSignatures": 2, "PIN": "135790"}, token)["SAD"]
        self.sign(PIN, "khoa-rsa2048", token, sad, [digest("a")])
        self.refused("signatures/signHash", self.sign_body(PIN, "khoa-rsa2048", sad, [digest("b"), digest("c")]), token,
                     "Numbers of signatures is too high")
        self.sign(PIN, "khoa-rsa2048", token, sad, [digest("b")])

    def test_extend(self):
        token, a, b = self.token(), digest("a"), digest("b")
        first = self.good("credentials/authorize", {
            "credentialID": self.id(PIN, "khoa-p256"), "numSignatures": 2, "hash": [b64(a)], "PIN": "135790"}, token)["SAD"]
        self.sign(PIN, "khoa-p256", token, first, [a], ECDSA + "2")
        body = {"credentialID": self.id(PIN, "khoa-p256"), "hash": [b64(b)], "SAD": first}
        second = self.good("credentials/extendTransaction", body, token)["SAD"]
        self.refused("signatures/signHash", self.sign_body(PIN, "khoa-p256", first, [b], ECDSA + "2"), token, "Invalid parameter SAD")
        self.sign(PIN, "khoa-p256", token, second, [b], ECDSA + "2")
        self.assertEqual((self.sim.counter("paid"), len(self.violations())), (2, 1))

    def test_sad_expires_and_is_bound(self):
        token, a = self.token(), digest("a")
        sad = self.sad(PIN, "khoa-p256", token, [a], PIN="135790")
        self.refused("signatures/signHash", self.sign_body(PIN, "khoa-p384", sad, [a], ECDSA + "2"), token, "Invalid parameter SAD")
        self.switch(csc_sad_seconds=0.01)
        sad = self.sad(PIN, "khoa-p256", token, [a], PIN="135790")
        time.sleep(0.02)  # the SAD's own life, nothing else to wait for
        self.refused("signatures/signHash", self.sign_body(PIN, "khoa-p256", sad, [a], ECDSA + "2"), token, "SAD expired")
        self.assertEqual(self.sim.counter("paid"), 0)

    def test_pin_lock(self):
        token, a = self.token(), digest("a")
        for _ in range(4):
            self.assertEqual(self.authorize(PIN, "khoa-p256", token, [a], PIN="000000")[1]["error"], "invalid_pin")
        for _ in range(2):
            self.assertEqual(self.authorize(PIN, "khoa-p256", token, [a], PIN="000000")[1]["error_description"], "PIN locked")
        self.assertEqual(self.sim.counter("wrong_pins"), 5)
        self.assertEqual(self.authorize(PIN, "khoa-p384", token, [a], PIN="135790")[0], 200)

    def test_totp(self):
        token, a = self.token(CODES), digest("a")
        key = base64.b64decode(self.person(CODES)["totp_secret"])
        self.switch(otp_window=1)
        otp = totp(key, int(time.time()) // 30)
        self.assertEqual(self.authorize(CODES, "ma-totp", token, [a], PIN="246813", OTP=f"{(int(otp) + 7) % 10**6:06d}")[1]["error"],
                         "invalid_otp")
        self.sad(CODES, "ma-totp", token, [a], PIN="246813", OTP=otp)
        self.no_violations()
        self.assertEqual(self.authorize(CODES, "ma-totp", token, [a], PIN="246813", OTP=otp)[1]["error_description"], "The OTP is invalid")
        self.assertEqual(self.violations(), ["a one-time code was used twice"])

    def test_online_otp(self):
        token, a = self.token(CODES), digest("a")
        self.good("credentials/sendOTP", {"credentialID": self.id(CODES, "ma-online")}, token)
        code = self.last_code()
        sad = self.sad(CODES, "ma-online", token, [a], PIN="246813", OTP=code)
        verify(self.cert(CODES, "ma-online", token), self.sign(CODES, "ma-online", token, sad, [a], ECDSA + "2")[0], a)
        self.no_violations()
        self.assertEqual(self.authorize(CODES, "ma-online", token, [a], PIN="246813", OTP=code)[1]["error"], "invalid_otp")
        self.assertEqual(self.call("credentials/sendOTP", {"credentialID": self.id(CODES, "ma-totp")}, token)[0], 400)
        self.assertEqual(len(self.violations()), 2)

    def test_app_blocks_until_the_tap(self):
        token, a = self.token(APP), digest("a")
        self.cert(APP, "may-app", token)
        result = self.blocked(lambda: self.authorize(APP, "may-app", token, [a], description="soffice on pc: 1 document, code 7QF-29K"))
        self.sim.order("/wait", {"what": "waiting"})
        self.assertEqual(self.sim.state()["transactions"][0]["code"], "7QF-29K")
        self.sim.order("/approve")
        status, reply = result()
        self.assertEqual((status, self.sim.counter("paid")), (200, 0))
        verify(self.cert(APP, "may-app", token), self.sign(APP, "may-app", token, reply["SAD"], [a])[0], a)
        counters = self.sim.state()["counters"]
        self.assertEqual((counters["paid"], counters["prompts"], counters["violations"]), (1, 1, 0))

    def test_app_rejected_and_expired(self):
        token, a = self.token(APP), digest("a")
        self.cert(APP, "may-app", token)
        self.switch(auto="reject")
        self.assertEqual(self.authorize(APP, "may-app", token, [a])[1]["error"], "access_denied")
        self.switch(csc_reject_form="400-invalid_authentication_data")
        self.assertEqual(self.authorize(APP, "may-app", token, [a])[1]["error"], "invalid_authentication_data")
        self.switch(auto="none", confirm_seconds=0.05)
        self.assertEqual(self.authorize(APP, "may-app", token, [a])[0], 400)
        self.switch(confirm_seconds=300, csc_block_seconds=0.05)
        self.assertEqual(self.authorize(APP, "may-app", token, [a])[0], 503)
        self.assertEqual(self.sim.counter("paid"), 0)

    def test_smartca_persons_are_here_too(self):
        self.switch(auto="approve")
        token, a = self.token(SMARTCA), digest("a")
        sad = self.sad(SMARTCA, "mau", token, [a])
        verify(self.cert(SMARTCA, "mau", token), self.sign(SMARTCA, "mau", token, sad, [a])[0], a)

    def test_extend_of_what_is_pinned(self):
        token, a, b = self.token(), digest("a"), digest("b")
        first = self.sad(PIN, "khoa-rsa2048", token, [a, b], PIN=self.person(PIN)["services"]["csc-v1"]["pin"])
        body = {"credentialID": self.id(PIN, "khoa-rsa2048"), "SAD": first, "hash": [b64(a), b64(b)]}
        second = self.good("credentials/extendTransaction", body, token)["SAD"]
        self.assertEqual(len(self.sign(PIN, "khoa-rsa2048", token, second, [a, b])), 2)
        self.no_violations()
        third = self.sad(PIN, "khoa-rsa2048", token, [a], PIN=self.person(PIN)["services"]["csc-v1"]["pin"])
        self.refused("credentials/extendTransaction", {**body, "SAD": third, "hash": [b64(b)]}, token,
                     "Hash is not authorized by the SAD")

    def test_seal_asks_nothing(self):
        token, a = self.token(SEAL), digest("a", "sha384")
        sad = self.sad(SEAL, "dau", token, [a])
        verify(self.cert(SEAL, "dau", token), self.sign(SEAL, "dau", token, sad, [a], ECDSA + "3")[0], a, "sha384")
        self.no_violations()

    def test_strictness(self):
        token, a = self.token(), digest("a")
        authorize = {"credentialID": self.id(PIN, "khoa-rsa2048"), "numSignatures": 1, "hash": [b64(a)], "PIN": "135790"}
        cases = {
            "Missing (or invalid type) integer parameter numSignatures": {"numSignatures": "1"},
            "Invalid value for parameter numSignatures": {"numSignatures": 0},
            "Numbers of signatures is too high": {"numSignatures": 11},
            "Invalid Base64 hash string parameter": {"hash": [a.hex() + "!"]},
            "Empty hash array": {"hash": []},
            "Invalid digest value length": {"hash": [b64(a[:20])]},
            "Missing (or invalid type) string parameter PIN": {"PIN": None},
            "Invalid parameter OTP": {"OTP": "123456"},
            "Invalid parameter description": {"description": "x" * 501},
        }
        for description, change in cases.items():
            body = {name: value for name, value in {**authorize, **change}.items() if value is not None}
            self.refused("credentials/authorize", body, token, description)
        sad = self.good("credentials/authorize", authorize, token)["SAD"]
        sign = self.sign_body(PIN, "khoa-rsa2048", sad, [a])
        cases = {
            "Missing (or invalid type) string parameter hashAlgo": {"hashAlgo": None},
            "Invalid parameter hashAlgo": {"hashAlgo": SHA1},
            "Invalid parameter signAlgo": {"signAlgo": ECDSA + "2"},
            "Missing (or invalid type) string parameter SAD": {"SAD": None},
            "Missing (or invalid type) array parameter hash": {"hash": b64(a)},
            "Invalid digest value length": {"hashAlgo": HASH_OID["sha512"]},
            "Invalid parameter signAlgoParams": {"signAlgoParams": "BQA="},
        }
        for description, change in cases.items():
            body = {name: value for name, value in {**sign, **change}.items() if value is not None}
            self.refused("signatures/signHash", body, token, description)
        self.assertEqual(len(self.violations()), 16)
        self.assertEqual(self.sim.call("GET", self.service["base"] + "/info")[0], 405)
        self.assertEqual(self.call("signatures/timestamp", {}, token)[0], 501)

    def test_states_of_the_certificate(self):
        token, a = self.token(), digest("a")
        sad = self.sad(PIN, "khoa-p256", token, [a], PIN="135790")
        self.sim.order("/persons", {"user_id": PIN, "status": {"khoa-p256": "EXPIRED", "khoa-p384": "SUSPENDED"}})
        reply = self.call("signatures/signHash", self.sign_body(PIN, "khoa-p256", sad, [a], ECDSA + "2"), token)[1]
        self.assertRegex(reply["error_description"], "^Signing certificate '.*CN=Ngô Thị Khóa.*' is expired$")
        self.assertEqual(self.authorize(PIN, "khoa-p384", token, [a], PIN="135790")[1]["error_description"],
                         "The credential identified by credentialID is disabled")
        info = self.good("credentials/info", {"credentialID": self.id(PIN, "khoa-p384")}, token)
        self.assertEqual((info["key"]["status"], info["cert"]["status"]), ("disabled", "suspended"))

    def test_algorithms_and_hashes_by_switch(self):
        token, value = self.token(), digest("a", "sha512")
        self.switch(csc_algos=RSA, csc_hashes="sha256")
        info = self.good("credentials/info", {"credentialID": self.id(PIN, "khoa-rsa2048")}, token)
        self.assertEqual(info["key"]["algo"], [RSA])
        sad = self.sad(PIN, "khoa-rsa2048", token, [value], PIN="135790")
        self.refused("signatures/signHash", self.sign_body(PIN, "khoa-rsa2048", sad, [value], hash_name="sha512"), token,
                     "Invalid parameter hashAlgo")
        self.no_violations()

    def test_spoilt_signatures(self):
        token, values = self.token(), [digest("a"), digest("b")]
        cert = self.cert(PIN, "khoa-p256", token)
        for form in ("other-key", "swapped", "hex-digest", "corrupted"):
            self.switch(signature=form)
            sad = self.sad(PIN, "khoa-p256", token, values, PIN="135790")
            found = self.sign(PIN, "khoa-p256", token, sad, values, ECDSA + "2")
            with self.assertRaises(InvalidSignature, msg=form):
                verify(cert, found[0], values[0])
        self.switch(signature="good", documents="missing")
        sad = self.sad(PIN, "khoa-p256", token, values, PIN="135790")
        self.assertEqual(len(self.sign(PIN, "khoa-p256", token, sad, values, ECDSA + "2")), 1)

    def test_secrets_are_blanked(self):
        token = self.token()
        self.sad(PIN, "khoa-p256", token, [digest("a")], PIN="135790")
        text = json.dumps(self.sim.control("/requests", method="GET")[1])
        for secret in ("135790", token, "Mat-khau-11"):
            self.assertNotIn(secret, text)
            self.assertNotIn(b64(f"{PIN}:{secret}".encode()), text)

    def test_oauth_for_the_service(self):
        self.assertIn("<form", self.browse(self.page())[1])
        back = self.allow(PIN, self.page())
        self.assertEqual(back["state"], "xyz")
        status, reply = self.by_code(back["code"])
        self.assertEqual((status, reply["token_type"]), (200, "Bearer"))
        self.good("credentials/list", {}, reply["access_token"])
        status, second = self.exchange(grant_type="refresh_token", refresh_token=reply["refresh_token"])
        self.assertEqual(status, 200)
        self.no_violations()
        self.assertEqual(self.exchange(grant_type="refresh_token", refresh_token=reply["refresh_token"])[1]["error"], "invalid_grant")
        self.assertEqual(self.exchange(grant_type="refresh_token", refresh_token=second["refresh_token"])[1]["error"], "invalid_grant")
        self.assertEqual(len(self.violations()), 1)

    def test_oauth_refusals(self):
        self.assertEqual(self.browse(self.page(client_id="x"))[0], 400)
        self.assertEqual(self.browse(self.page(redirect_uri="https://elsewhere.example/"))[0], 400)
        self.assertEqual(self.browse(self.page(scope="all"))[1]["error"], "invalid_scope")
        self.assertEqual(self.browse(self.page(code_challenge_method="plain"))[1]["error"], "invalid_request")
        back = self.allow(PIN, self.page())
        self.assertEqual(self.exchange(grant_type="authorization_code", code=back["code"], redirect_uri=REDIRECT,
                                       code_verifier="w" * 43)[1]["error"], "invalid_grant")
        self.assertEqual(self.by_code(back["code"])[0], 200)
        self.assertEqual(self.by_code(back["code"])[1]["error"], "invalid_grant")
        self.assertEqual(len(self.violations()), 6)
        self.switch(consent="deny")
        self.assertEqual(self.browse(self.page())[1]["error"], "access_denied")
        self.switch(consent=PIN)
        self.assertIn("code", self.browse(self.page())[1])

    def test_oauth_for_a_credential(self):
        a = digest("a")
        hashed = base64.urlsafe_b64encode(a).rstrip(b"=").decode()
        values = self.page(scope="credential", credentialID=self.id(APP, "may-web"), numSignatures="1", hash=hashed)
        status, reply = self.by_code(self.allow(APP, values)["code"])
        self.assertEqual((status, reply["token_type"], "refresh_token" in reply), (200, "SAD", False))
        token = self.token(APP)
        found = self.sign(APP, "may-web", token, reply["access_token"], [a], ECDSA + "2")
        verify(self.cert(APP, "may-web", token), found[0], a)
        self.assertEqual(self.sim.counter("consents"), 1)
        self.no_violations()
        self.assertEqual(self.authorize(APP, "may-web", token, [a])[0], 400)
        self.assertEqual(self.browse({**values, "hash": b64(a)})[1]["error_description"], "Invalid Base64 hash string parameter")

    def test_machines_name_the_person(self):
        status, reply = self.exchange(grant_type="client_credentials", scope="service")
        self.assertEqual((status, "refresh_token" in reply), (200, False))
        self.refused("credentials/list", {}, reply["access_token"], "Invalid parameter userID")
        found = self.good("credentials/list", {"userID": SEAL}, reply["access_token"])["credentialIDs"]
        self.assertEqual(found, [self.id(SEAL, "dau")])
        a = digest("a", "sha384")
        sad = self.sad(SEAL, "dau", reply["access_token"], [a])
        self.assertEqual(len(self.sign(SEAL, "dau", reply["access_token"], sad, [a], ECDSA + "3")), 1)
        self.no_violations()


class Der(unittest.TestCase):
    def test_pss(self):
        raw = base64.b64decode(pss_params("sha512", 64))
        self.assertEqual(schemes.pss_scheme(raw), schemes.Scheme("pss", "sha512", 64))
        for spoilt in (raw[:-1], raw + b"\x00", b"", b"\x30\x81\x00", raw.replace(b"\x05\x00", b"\x05\x01", 1)):
            self.assertRaises(schemes.BadDer, schemes.pss_scheme, spoilt)


if __name__ == "__main__":
    unittest.main()
