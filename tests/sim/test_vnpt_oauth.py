#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The simulator's VNPT SmartCA OAuth service: logins, tokens, credentials, hashes, every status."""
import base64
import http.server
import json
import os
import sys
import threading
import unittest
import urllib.parse
import uuid

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from cryptography import x509  # noqa: E402

from browser import CHROMIUM, Browser  # noqa: E402
from simcase import SimCase, b64, digest, verify  # noqa: E402

ONE, MANY, STOPPED = "012345678901", "012345678902", "012345678905"
NAME = "vnpt-smartca-oauth"
SIGN, INFO, STATE = "/csc/signature/signhash", "/csc/credentials/info", "/csc/credentials/gettraninfo"
REDIRECT = "http://127.0.0.1:4711/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(digest(VERIFIER)).rstrip(b"=").decode()


class OauthCase(SimCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls.sim.services[NAME]
        cls.client = {name: cls.service[name] for name in ("client_id", "client_secret")}

    def form(self, path, values):
        status, headers, body = self.sim.call(
            "POST", self.service["base"] + path, urllib.parse.urlencode(values),
            {"Content-Type": "application/x-www-form-urlencoded"})
        return status, headers, body

    def token(self, **values):
        status, _, body = self.form("/auth/token", {**self.client, **values})
        return status, json.loads(body)

    def password(self, user=ONE, password=None, **more):
        account = self.sim.persons[user]["services"][NAME]
        return self.token(grant_type="password", username=account["username"],
                          password=password or account["password"], **more)

    def refresh(self, token):
        return self.token(grant_type="refresh_token", refresh_token=token, scope="sign offline_access")

    def access(self, user=ONE):
        status, value = self.password(user)
        self.assertEqual(status, 200)
        return value["access_token"]

    def post(self, path, value, access):
        return self.json(self.service["base"] + path, value, access)

    def credential(self, user=ONE, name="mau"):
        return self.sim.persons[user]["services"][NAME]["credentials"][name]

    def sign_body(self, *names, **more):
        return {"credentialId": self.credential(), "refTranId": str(uuid.uuid4()), "description": "mô tả",
                "datas": [{"name": name, "hash": b64(digest(name))} for name in names], **more}

    def signed(self, access, *names):
        status, value = self.post(SIGN, self.sign_body(*names), access)
        self.assertEqual((status, value["code"]), (200, 0))
        return value["content"]["tranId"]

    def state(self, access, tran_id):
        return self.post(STATE, {"tranId": tran_id}, access)[1]["content"]

    def authorize(self, method="GET", form=None, **changes):
        asked = {"response_type": "code", "client_id": self.client["client_id"], "state": "st 1",
                 "redirect_uri": REDIRECT, "scope": "sign offline_access", **changes}
        asked = {name: value for name, value in asked.items() if value is not None}
        path = self.service["base"] + "/auth/authorize?" + urllib.parse.urlencode(asked)
        status, headers, body = self.sim.call(
            method, path, urllib.parse.urlencode(form) if form else None)
        to, _, query = (headers["Location"] or "").partition("?")
        return status, to, dict(urllib.parse.parse_qsl(query)), body.decode()

    def code(self, **changes):
        self.switch(consent=ONE)
        status, to, values, _ = self.authorize(**changes)
        self.assertEqual((status, to, values["state"]), (303, REDIRECT, "st 1"))
        return values["code"]

    def redeem(self, code, **more):
        return self.token(**{"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **more})


class Signing(OauthCase):
    def certificate(self, access):
        info = self.post(INFO, {"credentialId": self.credential(), "certificates": "chain"}, access)[1]
        texts = info["cert"]["certificates"]
        chain = [x509.load_der_x509_certificate(base64.b64decode(text)) for text in texts]
        for one, issuer in zip(chain, chain[1:]):
            self.assertEqual(one.issuer, issuer.subject)
        return texts[0]

    def test_two_hashes(self):
        access = self.access()
        tran_id = self.signed(access, "a", "b")
        waiting = self.state(access, tran_id)
        self.assertEqual((waiting["tranStatus"], waiting["tranStatusDesc"]), (4000, "WAITING_FOR_SIGNER_CONFIRM"))
        self.assertEqual([d["sig"] for d in waiting["documents"]], [None, None])
        self.sim.order("/approve", {"transaction_id": tran_id})
        done = self.state(access, tran_id)
        self.assertEqual((done["tranStatus"], done["tranType"], done["tranTypeDesc"]), (1, 3, "SIGNHASH"))
        certificate = self.certificate(access)
        for document in done["documents"]:
            self.assertEqual(document["hash"], b64(digest(document["name"])))
            verify(certificate, document["sig"], digest(document["name"]))
        counters = self.sim.state()["counters"]
        self.assertEqual((counters["prompts"], counters["paid"], counters["polls"]), (1, 2, 2))
        self.assertEqual(self.violations(), [])

    def test_every_status(self):
        access = self.access()
        for order, expected in (("/reject", 4002), ("/expire", 4001)):
            tran_id = self.signed(access, "a")
            self.sim.order(order)
            self.assertEqual(self.state(access, tran_id)["tranStatus"], expected)
        self.switch(after_tap="fail")
        for expected, text in ((4003, "AUTHORIZE_KEY_FAILED"), (4004, "SIGN_FAILED")):
            self.switch(oauth_failed_status=expected)
            tran_id = self.signed(access, "a")
            self.assertEqual(self.sim.order("/approve")["state"], "unsigned")
            shown = self.state(access, tran_id)
            self.assertEqual((shown["tranStatus"], shown["tranStatusDesc"]), (expected, text))
        self.switch(oauth_tran_status=4999, oauth_numbers="string")
        self.assertEqual(self.state(access, tran_id)["tranStatus"], "4999")
        self.assertEqual(self.sim.counter("paid"), 0)

    def test_spoilt_results(self):
        self.switch(auto="approve")
        access = self.access()
        tran_id = self.signed(access, "a", "b")
        good = {d["name"]: d["sig"] for d in self.state(access, tran_id)["documents"]}
        self.switch(signature="swapped", order="reversed")
        shown = [(d["name"], d["sig"]) for d in self.state(access, tran_id)["documents"]]
        self.assertEqual(shown, [("b", good["a"]), ("a", good["b"])])
        self.switch(signature="good", oauth_sig_field="dataSigned", documents="missing", signature_crlf="end")
        shown = self.state(access, tran_id)["documents"]
        self.assertEqual(len(shown), 1)
        self.assertEqual((shown[0]["sig"], shown[0]["dataSigned"]), (None, good["a"] + "\r\n"))

    def test_errors(self):
        access = self.access()
        body = self.sign_body("a")
        cases = {60000: {**body, "credentialId": str(uuid.uuid4())},
                 60001: {**body, "credentialId": self.credential(MANY, "thu")}}
        for code, value in cases.items():
            status, reply = self.post(SIGN, value, access)
            self.assertEqual((status, reply["code"], reply["content"]), (400, code, None))
        stopped = self.access(STOPPED)
        value = {**body, "credentialId": self.credential(STOPPED, "ngung-1")}
        self.assertEqual(self.post(SIGN, value, stopped)[1]["code"], 60003)
        self.assertEqual(self.post(STATE, {"tranId": "x"}, access)[1]["code"], 62000)
        tran_id = self.signed(access, "a")
        self.assertEqual(self.post(STATE, {"tranId": tran_id}, stopped)[1]["code"], 62001)
        self.sim.order("/expire")
        self.switch(expire_form="http-400")
        self.assertEqual(self.post(STATE, {"tranId": tran_id}, access)[1]["code"], 62002)
        self.switch(signatures_left=0)
        self.assertEqual(self.post(SIGN, self.sign_body("a"), access)[1]["code"], 65000)
        self.switch(signatures_left=-1, oauth_error_code=63000, error_http="200")
        self.assertEqual(self.post(SIGN, self.sign_body("a"), access), (200, {
            "code": 63000, "codeDesc": None, "message": "Signer authentication failed", "content": None}))
        self.assertEqual(self.sim.counter("prompts"), 1)

    def test_strictness(self):
        access = self.access()
        cases = {
            "hexadecimal": [{"name": "a", "hash": digest("a").hex()}],
            "not base64": [{"name": "a", "hash": b64(digest("a")) + " "}],
            "20 bytes": [{"name": "a", "hash": b64(b"x" * 20)}],
            "more than 50": [{"name": str(n), "hash": b64(digest("a"))} for n in range(51)],
            "empty list": [],
            "name is missing": [{"hash": b64(digest("a"))}],
            "'size' is no field": [{"name": "a", "hash": b64(digest("a")), "size": 1}],
        }
        for expected, datas in cases.items():
            with self.subTest(expected):
                status, reply = self.post(SIGN, {**self.sign_body("a"), "datas": datas}, access)
                self.assertEqual((status, reply["code"]), (400, 62010))
                self.assertIn(expected, self.violations()[-1])
        body = self.sign_body("a")
        del body["refTranId"]
        self.assertEqual(self.post(SIGN, body, access)[1]["code"], 62010)
        self.assertEqual(self.post("/csc/credentials/list", {"x": 1}, access)[1]["code"], 30000)
        self.assertEqual(self.post("/csc/nothing", {}, access)[0], 404)
        self.assertEqual(self.sim.call("GET", self.service["base"] + SIGN)[0], 405)
        self.assertEqual(self.sim.counter("prompts"), 0)

    def test_used_reference_is_noted(self):
        access, body = self.access(), self.sign_body("a")
        for _ in range(2):
            self.assertEqual(self.post(SIGN, body, access)[0], 200)
        self.assertEqual(self.violations(), ["refTranId was used before"])

    def test_fault_by_path(self):
        access = self.access()
        self.sim.order("/fault", {"action": "act-then-status", "path": "signhash$", "status": 502})
        status, _, _ = self.sim.call("POST", self.service["base"] + SIGN, json.dumps(self.sign_body("a")),
                                     {"Content-Type": "application/json", "Authorization": f"Bearer {access}"})
        self.assertEqual((status, self.sim.counter("prompts")), (502, 1))
        self.assertEqual(self.sim.order("/wait", {"what": "requests:" + SIGN})["count"], 1)


class Credentials(OauthCase):
    def test_list_and_info(self):
        access = self.access(MANY)
        found = self.post("/csc/credentials/list", {}, access)[1]["content"]
        self.assertEqual(found, list(self.sim.persons[MANY]["services"][NAME]["credentials"].values()))
        body = {"credentialId": found[0], "certificates": "single", "certInfo": True, "authInfo": True}
        info = self.post(INFO, body, access)[1]
        self.assertEqual((info["key"]["status"], info["key"]["len"], info["authMode"], info["scal"]),
                         ("ENABLED", 2048, "oauth2code", "SCAL2"))
        self.assertIn("\r\n", info["cert"]["certificates"][0])
        self.assertEqual((len(info["cert"]["certificates"]), info["cert"]["status"]), (1, "VALID"))
        self.assertRegex(info["cert"]["validTo"], r"^\d{14}Z$")
        self.assertEqual(info["cert"]["serialNumber"], self.sim.serial(MANY))
        self.switch(oauth_info_form="enveloped", key_status="disabled", oauth_success_code=1)
        enveloped = self.post(INFO, {**body, "certificates": "none"}, access)[1]
        self.assertEqual((enveloped["code"], enveloped["content"]["key"]["status"]), (1, "DISABLED"))
        self.assertEqual(enveloped["content"]["cert"]["certificates"], [])
        self.assertEqual(self.post(INFO, {"credentialId": found[0]}, access)[1]["code"], 30000)
        self.assertEqual(self.violations(), ["certificates is missing"])

    def test_locale_and_user(self):
        access = self.access()
        self.assertEqual(self.post("/en/csc/credentials/list", {}, access)[0], 200)
        self.assertEqual(self.post("/identityapi/userinfo/info", {}, access)[1]["content"]["uid"], ONE)
        self.assertEqual(self.sim.state()["counters"]["requests"]["/csc/credentials/list"], 1)


class Tokens(OauthCase):
    def test_password_grant(self):
        status, value = self.password()
        self.assertEqual((status, value["token_type"], value["expires_in"]), (200, "bearer", 3600))
        self.assertRegex(value["refresh_token"], "^[0-9a-f]{64}$")
        self.switch(oauth_expires_in="string")
        self.assertEqual(self.password(scope="sign")[1]["expires_in"], "3600")
        self.assertNotIn("refresh_token", self.password(scope="sign")[1])
        self.assertEqual(self.password(scope="all")[1]["error"], "invalid_scope")
        self.assertEqual(self.token(grant_type="password", username=ONE, password="x", client_secret="y")[1]["error"],
                         "invalid_client")
        self.switch(oauth_grants="no-password")
        self.assertEqual(self.password()[1]["error"], "unauthorized_client")

    def test_lock_after_more_than_five(self):
        for left in (5, 4, 3, 2, 1):
            status, value = self.password(password="wrong & @")
            self.assertEqual((status, value["error"]), (400, "invalid_grant"))
            self.assertIn(f": {left} attempts left", value["error_description"])
        self.assertEqual(self.password(password="wrong")[1]["error_description"], "account_locked")
        self.assertEqual(self.password()[1]["error_description"], "account_locked")
        self.assertEqual(self.sim.counter("wrong_passwords"), 6)
        self.sim.order("/persons", {"user_id": ONE, "lock": 0})
        self.assertEqual(self.password()[0], 200)

    def test_rotation(self):
        first = self.password()[1]
        status, second = self.refresh(first["refresh_token"])
        self.assertEqual(status, 200)
        self.assertEqual(self.violations(), [])
        self.assertEqual(self.refresh(first["refresh_token"])[1]["error"], "invalid_grant")
        self.assertEqual(self.refresh(second["refresh_token"])[0], 200)
        counters = self.sim.state()["counters"]
        self.assertEqual((counters["refreshes"], counters["spent_refreshes"], counters["logins"]), (2, 1, 1))
        self.switch(oauth_reuse="revoke")
        self.refresh(first["refresh_token"])
        self.assertEqual(self.post("/csc/credentials/list", {}, second["access_token"])[0], 401)

    def test_no_rotation(self):
        token = self.password()[1]["refresh_token"]
        self.switch(oauth_rotation="same")
        self.assertEqual(self.refresh(token)[1]["refresh_token"], token)
        self.switch(oauth_rotation="absent")
        self.assertNotIn("refresh_token", self.refresh(token)[1])
        self.assertEqual((self.refresh(token)[0], self.violations()), (200, []))

    def test_expired_tokens(self):
        value = self.password()[1]
        self.assertEqual(self.sim.order("/tokens", {"expire": "access"})["expired"], 1)
        self.assertEqual(self.post("/csc/credentials/list", {}, value["access_token"])[0], 401)
        self.assertEqual((self.sim.counter("refused_tokens"), self.violations()), (1, []))
        self.sim.order("/tokens", {"expire": "refresh"})
        self.assertEqual(self.refresh(value["refresh_token"])[1]["error"], "invalid_grant")
        self.assertEqual(self.sim.call("POST", self.service["base"] + SIGN, "{}")[0], 401)
        self.assertEqual(self.violations(), ["there is no bearer token"])

    def test_secrets_are_not_kept(self):
        self.access()
        self.post("/csc/credentials/list", {}, self.access())
        kept = json.dumps(self.sim.control("/requests", method="GET")[1])
        self.assertNotIn(self.sim.persons[ONE]["password"], kept)
        self.assertNotIn(self.client["client_secret"], kept)
        self.assertIn("Bearer ***", kept)

    def test_token_call_is_strict(self):
        json_body = json.dumps({**self.client, "grant_type": "password", "username": ONE, "password": "x"})
        status, _, _ = self.sim.call("POST", self.service["base"] + "/auth/token", json_body,
                                     {"Content-Type": "application/json"})
        self.assertEqual(status, 400)
        self.assertEqual(self.token(grant_type="password", username=ONE)[1]["error"], "invalid_request")
        self.assertEqual(self.token(grant_type="magic")[1]["error"], "unsupported_grant_type")
        self.assertEqual(self.token(grant_type="refresh_token", refresh_token="x")[1]["error"], "invalid_request")
        self.assertGreaterEqual(len(self.violations()), 4)


class Codes(OauthCase):
    def test_page_and_code(self):
        status, _, _, page = self.authorize()
        self.assertEqual(status, 200)
        self.assertIn('name="password"', page)
        allow = {"username": ONE, "password": "no", "decision": "allow"}
        self.assertIn("Sai số định danh", self.authorize("POST", allow)[3])
        allow["password"] = self.sim.persons[ONE]["password"]
        status, to, values, _ = self.authorize("POST", allow)
        self.assertEqual((status, to, values["state"]), (303, REDIRECT, "st 1"))
        self.assertEqual(self.redeem(values["code"])[0], 200)
        denied = self.authorize("POST", {"decision": "deny"})[2]
        self.assertEqual(denied, {"error": "access_denied", "state": "st 1"})
        self.assertEqual(self.violations(), [])

    def test_code_is_good_once(self):
        code = self.code()
        access = self.redeem(code)[1]["access_token"]
        self.assertEqual(self.redeem(code)[1]["error"], "invalid_grant")
        self.assertEqual(self.post("/csc/credentials/list", {}, access)[0], 401)
        self.assertEqual(self.violations(), ["a code was used twice"])

    def test_code_lives_briefly(self):
        self.assertEqual(self.sim.state()["switches"]["oauth_code_seconds"], 15)
        code = self.code()
        self.sim.order("/tokens", {"expire": "code"})
        self.assertEqual(self.redeem(code)[1]["error_description"], "code has expired")
        self.assertEqual(self.redeem(self.code(), redirect_uri="http://127.0.0.1:1/x")[1]["error"], "invalid_grant")

    def test_pkce(self):
        asked = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        self.assertEqual(self.redeem(self.code(**asked), code_verifier=VERIFIER)[0], 200)
        self.assertEqual(self.violations(), [])
        self.assertEqual(self.redeem(self.code(**asked), code_verifier="w" * 43)[0], 400)
        self.assertEqual(self.redeem(self.code(**asked))[0], 400)
        self.assertEqual(self.redeem(self.code(), code_verifier=VERIFIER)[0], 400)
        self.assertEqual(self.authorize(**{**asked, "code_challenge_method": "plain"})[2]["error"], "invalid_request")
        self.switch(oauth_pkce="required")
        self.assertEqual(self.authorize()[2]["error"], "invalid_request")
        self.switch(oauth_pkce="ignored")
        self.assertEqual(self.redeem(self.code(**asked))[0], 200)

    def test_bad_requests(self):
        for change in ({"client_id": "other"}, {"redirect_uri": "http://elsewhere.example/"},
                       {"redirect_uri": None}):
            status, to, _, page = self.authorize(**change)
            self.assertEqual((status, to), (400, ""))
            self.assertIn("không biết client-id này" if "client_id" in change else "chưa được đăng ký", page)
        self.switch(oauth_redirect_uri="http://127.0.0.1:1/exact")
        self.assertEqual(self.authorize()[0], 400)
        self.switch(oauth_redirect_uri=REDIRECT)
        self.assertEqual(self.authorize(scope="all")[2]["error"], "invalid_scope")
        self.assertEqual(self.authorize(response_type="token")[2]["error"], "unsupported_response_type")
        self.assertEqual(len(self.violations()), 6)


class Visitor(http.server.BaseHTTPRequestHandler):
    """The program that waits for the browser."""

    def do_GET(self):
        if self.path.startswith("/callback"):  # a browser also asks for an icon, or opens a line and says nothing
            self.server.seen = self.path
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<title>back</title>")

    def log_message(self, *arguments):
        pass


@unittest.skipUnless(os.path.exists(CHROMIUM), "Chromium is not installed")
class Page(OauthCase):
    def test_person_allows(self):
        program = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Visitor)
        self.addCleanup(program.server_close)
        threading.Thread(target=program.serve_forever, args=(0.05,), daemon=True).start()
        self.addCleanup(program.shutdown)
        page = Browser("about:blank")
        self.addCleanup(page.close)
        redirect = f"http://127.0.0.1:{program.server_port}/callback"
        asked = {"response_type": "code", "client_id": self.client["client_id"], "state": "s",
                 "redirect_uri": redirect, "scope": "sign offline_access"}
        page.call("Security.setIgnoreCertificateErrors", ignore=True)
        page.call("Page.navigate", url=f"https://127.0.0.1:{self.sim.port}{self.service['base']}"
                                       "/auth/authorize?" + urllib.parse.urlencode(asked))
        page.until("document.querySelector('[name=password]') !== null")
        self.assertEqual(page.value("document.documentElement.lang"), "vi")
        for name, value in (("username", ONE), ("password", self.sim.persons[ONE]["password"])):
            page.value(f"document.querySelector('[name={name}]').value = {json.dumps(value)}")
        page.click("[value=allow]")
        page.until("document.title === 'back'")
        values = dict(urllib.parse.parse_qsl(program.seen.partition("?")[2]))
        self.assertEqual(values["state"], "s")
        self.assertEqual(self.redeem(values["code"], redirect_uri=redirect)[0], 200)
        self.assertEqual((self.sim.counter("consents"), self.violations()), (1, []))


if __name__ == "__main__":
    unittest.main()
