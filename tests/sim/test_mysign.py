#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The simulator's Viettel MySign service: login, certificates, hashes, every status, blocking calls."""
import base64
import os
import sys
import threading
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from cryptography import x509  # noqa: E402

from simcase import RSA, SimCase, b64, digest, verify  # noqa: E402
from smartca_sim import mysign_check  # noqa: E402

NAME = "viettel-mysign"
ONE, SEAL, STOPPED = "CMT_012345678901", "MST_0100000000", "CMT_012345678905"
LOGIN, INFO = "/vtss/service/ras/v1/login", "/vtss/service/certificates/info"
SIGN, STATUS = "/vtss/service/signHash", "/vtss/service/requests/status"
SHA256 = "2.16.840.1.101.3.4.2.1"


class MySignCase(SimCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls.sim.services[NAME]
        cls.client = {name: cls.service[name] for name in ("client_id", "client_secret")}

    def post(self, path, value, access=None):
        return self.json(self.service["base"] + path, value, access)

    def who(self, user_id, **more):
        return {**self.client, "profile_id": self.service["profile_id"], "user_id": user_id, **more}

    def access(self, user_id=ONE):
        status, value = self.post(LOGIN, self.who(user_id))
        self.assertEqual(status, 200)
        return value["access_token"]

    def listing(self, access, user_id=ONE):
        return self.post(INFO, self.who(user_id, certificates="chain", certInfo=True, authInfo=True), access)

    def credential(self, user_id=ONE, name="mau"):
        person = self.sim.persons[user_id[4:]]
        return person["services"][NAME]["credentials"][user_id][name]

    def sign_body(self, *names, mode=1, **more):
        return {**self.client, "credentialID": self.credential(), "numSignatures": len(names),
                "description": b64("mô tả".encode()),
                "documents": [{"document_id": n, "document_name": n} for n in names],
                "hash": [b64(digest(n)) for n in names], "hashAlgo": SHA256, "signAlgo": RSA,
                "async": mode, **more}

    def signed(self, access, *names, mode=1):
        status, value = self.post(SIGN, self.sign_body(*names, mode=mode), access)
        self.assertEqual(status, 200)
        return value["transactionId"]

    def state(self, access, transaction_id):
        status, value = self.post(STATUS, {"transactionId": transaction_id}, access)
        self.assertEqual(status, 200)
        return value

    def check(self, access, signatures, names):
        text = self.listing(access)[1][0]["cert"]["certificates"][0]
        self.assertEqual(len(signatures), len(names))
        for name, value in zip(names, signatures):
            verify(text, value, digest(name))


class Signing(MySignCase):
    def test_poll(self):
        access = self.access()
        for mode in (1, 2):
            transaction_id = self.signed(access, "a", "b", mode=mode)
            waiting = self.state(access, transaction_id)
            self.assertEqual((waiting["status"], waiting["signatures"]), ("4000", None))
            self.sim.order("/approve")
            done = self.state(access, transaction_id)
            self.assertEqual(done["status"], "1")
            self.assertIn("\r\n", done["signatures"][0])
            self.check(access, done["signatures"], ["a", "b"])
        state = self.sim.state()
        self.assertEqual((state["counters"]["paid"], state["counters"]["prompts"]), (4, 2))
        self.assertEqual(state["transactions"][0]["description"], "mô tả")
        self.assertEqual(state["violations"], [])

    def blocked(self, access):
        """A blocking call under way; join() gives its answer."""
        found = []
        thread = threading.Thread(target=lambda: found.append(
            self.post(SIGN, self.sign_body("a", mode=0), access)))
        thread.start()
        self.sim.order("/wait", {"what": "waiting"})
        self.assertEqual(found, [])

        def join():
            thread.join(60)
            return found[0]
        return join

    def test_blocking_call(self):
        access = self.access()
        join = self.blocked(access)
        self.sim.order("/approve")
        status, value = join()
        self.assertEqual(status, 200)
        self.check(access, value["signatures"], ["a"])
        join = self.blocked(access)
        self.sim.order("/reject")
        status, value = join()
        self.assertEqual((status, value["error"]), (400, "4002"))
        self.switch(mysign_sync_error="status")
        join = self.blocked(access)
        self.sim.order("/expire")
        self.assertEqual(join(), (200, {"status": "4001", "signatures": None}))
        join = self.blocked(access)
        self.sim.order("/reset")
        self.assertEqual(join()[0], 503)

    def test_every_status(self):
        access = self.access()
        for pending in ("0", "6000", "4000"):
            self.switch(mysign_pending_status=pending)
            transaction_id = self.signed(access, "a")
            self.assertEqual(self.state(access, transaction_id)["status"], pending)
        for order, expected in (("/reject", "4002"), ("/expire", "4001")):
            transaction_id = self.signed(access, "a")
            self.sim.order(order, {"transaction_id": transaction_id})
            self.assertEqual(self.state(access, transaction_id)["status"], expected)
        self.switch(after_tap="fail")
        for expected in ("4004", "4005", "13004", "50000"):
            self.switch(mysign_failed_status=expected)
            transaction_id = self.signed(access, "a")
            self.sim.order("/approve", {"transaction_id": transaction_id})
            self.assertEqual(self.state(access, transaction_id)["status"], expected)
        self.switch(mysign_status="777", mysign_numbers="number", mysign_message_field="description")
        self.assertEqual(self.state(access, transaction_id),
                         {"status": 777, "signatures": None, "description": ""})
        self.assertEqual(self.sim.counter("paid"), 0)

    def test_signing_takes_polls(self):
        self.switch(auto="approve", mysign_signing_polls=2)
        access = self.access()
        transaction_id = self.signed(access, "a")
        shown = [self.state(access, transaction_id)["status"] for _ in range(4)]
        self.assertEqual(shown, ["6000", "6000", "1", "1"])

    def test_quota_and_certificate_fail_without_a_prompt(self):
        self.switch(signatures_left=0)
        access = self.access()
        self.assertEqual(self.state(access, self.signed(access, "a"))["status"], "4005")
        status, value = self.post(SIGN, self.sign_body("a", mode=0), access)
        self.assertEqual((status, value["error"]), (400, "4005"))
        stopped = self.access(STOPPED)
        body = self.sign_body("a", credentialID=self.credential(STOPPED, "ngung-1"))
        transaction_id = self.post(SIGN, body, stopped)[1]["transactionId"]
        self.assertEqual(self.state(stopped, transaction_id)["status"], "13004")
        self.assertEqual((self.sim.counter("prompts"), self.violations()), (0, []))

    def test_spoilt_results(self):
        self.switch(auto="approve", mysign_signature_crlf="none")
        access = self.access()
        transaction_id = self.signed(access, "a", "b")
        good = self.state(access, transaction_id)["signatures"]
        self.switch(signature="swapped")
        self.assertEqual(self.state(access, transaction_id)["signatures"], good[::-1])
        self.switch(signature="good", documents="missing")
        self.assertEqual(self.state(access, transaction_id)["signatures"], good[:1])

    def test_strictness(self):
        access, good = self.access(), self.sign_body("a")
        named = lambda name: [{"document_id": "1", "document_name": name}]
        cases = {
            "hexadecimal": {"hash": [digest("a").hex()]},
            "not base64": {"hash": ["#"]},
            "do not agree": {"numSignatures": 2},
            "numSignatures is not a whole number": {"numSignatures": "1"},
            "'credentialId' is no field": {"credentialId": "x"},
            "async is not 0": {"async": 3},
            "hashAlgo": {"hashAlgo": "1.3.14.3.2.26"},
            "signAlgo": {"signAlgo": "1.2.840.113549.1.1.11"},
            "document_name is neither plain": {"documents": named("hợp đồng")},
            "document_name is not shorter": {"documents": named("a" * 100)},
            "description is neither plain": {"description": "a.pdf"},
            "description is not shorter": {"description": b64("ệ".encode() * 25)},
        }
        for expected, change in cases.items():
            with self.subTest(expected):
                status, value = self.post(SIGN, {**good, **change}, access)
                self.assertEqual((status, value["error"]), (400, "invalid_request"))
                self.assertIn(expected, self.violations()[-1])
        self.assertEqual(self.sim.counter("prompts"), 0)
        self.assertEqual(self.sim.call("GET", self.service["base"] + STATUS)[0], 405)
        self.assertEqual(self.post("/vtss/service/nothing", {}, access)[0], 404)

    def test_unknown_things(self):
        access, other = self.access(), self.access(STOPPED)
        transaction_id = self.signed(access, "a")
        self.assertEqual(self.post(STATUS, {"transactionId": transaction_id}, other)[1]["error"], "62000")
        self.assertEqual(self.post(STATUS, {"transactionId": "x"}, access)[1]["error"], "62000")
        self.assertEqual(self.post(SIGN, self.sign_body("a"), other)[1]["error"], "60000")


class Who(MySignCase):
    def test_certificates(self):
        items = self.listing(self.access())[1]
        self.assertEqual(len(items), 1)
        item = items[0]
        self.assertEqual(item["credential_id"], self.credential())
        self.assertEqual((item["key"]["len"], item["key"]["curve"], item["multisign"], item["scal"]),
                         ("2048", None, "2147483647", "2"))
        self.assertEqual((item["authMode"], item["cert"]["status"]), ("implicit", "valid"))
        chain = [x509.load_der_x509_certificate(base64.b64decode(c)) for c in item["cert"]["certificates"]]
        self.assertEqual(len(chain), 3)
        self.assertEqual(item["cert"]["serialNumber"], str(chain[0].serial_number))
        self.assertRegex(item["cert"]["validTo"], r"^\d{14}\+0000$")
        self.switch(mysign_numbers="number", mysign_serial="hex", key_status="disabled")
        item = self.listing(self.access())[1][0]
        self.assertEqual((item["key"]["len"], item["key"]["status"]), (2048, "disabled"))
        self.assertEqual(item["cert"]["serialNumber"], self.sim.serial(ONE[4:]))

    def test_kinds_of_user_id(self):
        for user_id, expected in ((SEAL, "thu-eseal"), ("CMT_012345678902", "thu"), ("012345678902", "thu")):
            found = [i["credential_id"] for i in self.listing(self.access(user_id), user_id)[1]]
            listed = self.sim.persons["012345678902"]["services"][NAME]["credentials"]
            self.assertEqual(found, [dict(kv for one in listed.values() for kv in one.items())[expected]])
        self.assertEqual(self.listing(self.access("012345678906"), "012345678906")[1], [])

    def test_errors(self):
        cases = {"58007": {"client_id": "x"}, "86024": {"client_secret": "x"}, "58008": {"user_id": "CMT_999"}}
        for error, change in cases.items():
            status, value = self.post(LOGIN, {**self.who(ONE), **change})
            self.assertEqual((status, value["error"]), (400, error))
        self.sim.order("/persons", {"user_id": ONE[4:], "lock": 60})
        status, value = self.post(LOGIN, self.who(ONE))
        self.assertEqual((status, value["error"]), (401, "59033"))
        self.switch(mysign_error_code="86002")
        self.assertEqual(self.post(LOGIN, self.who(ONE))[1]["error"], "86002")
        self.assertEqual(self.violations(), [])
        self.assertEqual(self.post(LOGIN, {**self.who(ONE), "profile_id": "x"})[0], 400)
        self.assertEqual(self.violations(), ["profile_id is not known"])

    def test_tokens(self):
        value = self.post(LOGIN, self.who(ONE))[1]
        self.assertEqual((value["expires_in"], value["refresh_token"]), ("3600", ""))
        access = value["access_token"]
        self.assertEqual(self.listing(access, STOPPED)[0], 401)
        self.assertEqual(self.violations(), ["the token is that of another user_id"])
        transaction_id = self.signed(access, "a")
        self.sim.order("/tokens", {"expire": "access"})
        self.assertEqual(self.post(STATUS, {"transactionId": transaction_id}, access)[0], 401)
        self.assertEqual(self.state(self.access(), transaction_id)["status"], "4000")
        self.assertEqual(self.post(SIGN, self.sign_body("a"))[0], 401)
        self.assertEqual(self.violations()[1:], ["there is no bearer token"])
        self.assertEqual((self.sim.counter("logins"), self.sim.counter("refused_tokens")), (2, 2))


class Texts(unittest.TestCase):
    def test_plain_and_encoded(self):
        for text in ("Hop dong", "mã đối chiếu", "a.pdf", "ệệệ"):
            plain = mysign_check.PLAIN.fullmatch(text)
            sent = text if plain else b64(text.encode())
            self.assertEqual(mysign_check.encoded("x", sent), [])
            self.assertEqual(mysign_check.decoded(sent), text)
        for text in ("a.pdf", "ệ", b64(b"\xff\xfe\xfd\xfc"), b64(b"a\x00b.")):
            if not mysign_check.PLAIN.fullmatch(text):
                self.assertNotEqual(mysign_check.encoded("x", text), [])
        self.assertEqual(mysign_check.decoded("document"), "document")


if __name__ == "__main__":
    unittest.main()
