#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The simulator's own tests: strictness, counting, signatures, faults, switches."""
import base64
import contextlib
import glob
import hashlib
import http.client
import json
import os
import socket
import ssl
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from cryptography import x509  # noqa: E402
from cryptography.exceptions import InvalidSignature  # noqa: E402
from cryptography.hazmat.primitives import hashes  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import padding  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed  # noqa: E402

import simcase  # noqa: E402
from simclient import Sim, signatures  # noqa: E402
from smartca_sim import faults, switches  # noqa: E402
from smartca_sim.persons import totp  # noqa: E402

ONE, MANY, TH, EXPIRED, STOPPED, NONE, LARGE = (f"01234567890{n}" for n in range(1, 8))
SIGN, CONFIRM = "/v1/signatures/sign", "/v2/signatures/confirm"
DROPPED = (OSError, http.client.HTTPException)


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def check(cert, signature, hexdigest, kind=None):
    cert.public_key().verify(signature, bytes.fromhex(hexdigest), padding.PKCS1v15(),
                             Prehashed(kind or hashes.SHA256()))


class Sp769Case(simcase.SimCase):
    def cert(self, user_id, at=0):
        status, reply = self.sim.listing(user_id)
        self.assertEqual(status, 200)
        text = reply["data"]["user_certificates"][at]["cert_data"]
        return x509.load_der_x509_certificate(base64.b64decode(text))

    def signed(self, user_id, digests, transaction_id, **more):
        body = self.sim.sign_body(user_id, digests, transaction_id, **more)
        status, reply = self.sim.post(SIGN, body)
        self.assertEqual((status, reply["status_code"]), (200, 200))
        return body


class Happy(Sp769Case):
    def test_sign_wait_approve_poll(self):
        self.signed(ONE, {"a": digest("a"), "b": digest("b")}, "t-1")
        status, reply = self.sim.poll("t-1")
        self.assertEqual((status, reply["status_code"], reply["data"]["signatures"]), (200, 200, None))
        self.assertEqual(self.sim.counter("paid"), 0)
        self.assertEqual(self.sim.order("/wait", {"what": "waiting"})["count"], 1)
        self.assertTrue(self.sim.order("/approve")["changed"])
        found = signatures(self.sim.poll("t-1")[1])
        for name in "ab":
            check(self.cert(ONE), found[name], digest(name))
        state = self.sim.state()
        self.assertEqual((state["counters"]["paid"], state["counters"]["prompts"]), (2, 1))
        self.assertEqual(state["violations"], [])

    def test_approving_twice_pays_once(self):
        self.signed(ONE, {"a": digest("a")}, "t-1")
        self.sim.order("/approve", {"transaction_id": "t-1"})
        self.assertFalse(self.sim.order("/approve", {"transaction_id": "t-1"})["changed"])
        self.assertEqual(self.sim.control("/reject", {"transaction_id": "t-1"})[0], 409)
        self.assertEqual(self.sim.control("/approve", {})[0], 404)
        self.assertEqual(self.sim.counter("paid"), 1)

    def test_reject_and_expire_are_free(self):
        self.signed(ONE, {"a": digest("a")}, "t-1")
        self.signed(ONE, {"a": digest("a")}, "t-2")
        self.sim.order("/reject", {"transaction_id": "t-1"})
        self.sim.order("/expire", {"transaction_id": "t-2"})
        self.assertEqual(self.sim.poll("t-1")[1]["message"], "sig_user_rejected")
        self.assertEqual(self.sim.poll("t-2")[1]["message"], "sig_expired")
        self.assertEqual(self.sim.counter("paid"), 0)

    def test_expires_by_itself(self):
        self.sim.order("/switch", {"confirm_seconds": 0.05})
        self.signed(ONE, {"a": digest("a")}, "t-1")
        self.sim.order("/wait", {"what": "expired"})
        self.assertEqual(self.sim.control("/approve", {"transaction_id": "t-1"})[0], 409)

    def test_auto_approval(self):
        self.sim.order("/switch", {"auto": "approve"})
        self.signed(ONE, {"a": digest("a")}, "t-1")
        self.assertEqual(len(signatures(self.sim.poll("t-1")[1])), 1)
        self.sim.order("/switch", {"auto": "reject", "auto_delay_ms": 30})
        self.signed(ONE, {"a": digest("a")}, "t-2")
        self.sim.order("/wait", {"what": "rejected"})

    def test_wait_wakes_another_thread(self):
        found = []
        waiter = threading.Thread(target=lambda: found.append(
            self.sim.control("/wait", {"what": "requests:" + SIGN, "timeout": 10})))
        waiter.start()
        self.signed(ONE, {"a": digest("a")}, "t-1")
        waiter.join()
        self.assertEqual(found[0][0], 200)
        self.assertEqual(self.sim.control("/wait", {"what": "paid", "timeout": 0.05})[0], 408)
        self.assertEqual(self.sim.control("/wait", {"what": "nonsense"})[0], 400)

    def test_repeated_digest_is_noticed(self):
        self.sim.order("/switch", {"auto": "approve"})
        for name in ("t-1", "t-2"):
            self.signed(ONE, {"a": digest("same")}, name)
        self.assertEqual((self.sim.counter("paid"), self.sim.counter("repeated_digests")), (2, 1))

    def test_large_key(self):
        self.sim.order("/switch", {"auto": "approve"})
        self.signed(LARGE, {"a": digest("a")}, "t-1")
        found = signatures(self.sim.poll("t-1")[1])["a"]
        self.assertEqual(len(found), 384)
        check(self.cert(LARGE), found, digest("a"))


class Listing(Sp769Case):
    def test_chain_and_profile(self):
        item = self.sim.listing(ONE)[1]["data"]["user_certificates"][0]
        self.assertIn("\r\n", item["cert_data"])
        cert, ca, root = (x509.load_der_x509_certificate(base64.b64decode(text)) for text in (
            item["cert_data"], item["chain_data"]["ca_cert"], item["chain_data"]["root_cert"]))
        for one, issuer in ((cert, ca), (ca, root), (root, root)):
            self.assertEqual(one.issuer, issuer.subject)
            issuer.public_key().verify(one.signature, one.tbs_certificate_bytes, padding.PKCS1v15(),
                                       one.signature_hash_algorithm)
        usage = cert.extensions.get_extension_for_class(x509.KeyUsage).value
        self.assertTrue(usage.digital_signature and usage.content_commitment)
        self.assertEqual(f"{cert.serial_number:032x}", item["serial_number"])
        self.assertTrue(item["serial_number"].startswith("5401"))
        self.assertIn("UID=CCCD:" + ONE, item["cert_subject"])

    def test_persons(self):
        kinds = [c["service_type"] for c in self.sim.listing(MANY)[1]["data"]["user_certificates"]]
        self.assertEqual(kinds, ["SMARTCA", "ESEAL"])
        codes = [c["cert_status_code"] for u in (EXPIRED, STOPPED)
                 for c in self.sim.listing(u)[1]["data"]["user_certificates"]]
        self.assertEqual(codes, ["EXPIRED", "REVOKED", "SUSPENDED"])
        self.assertEqual(self.sim.listing(NONE)[1]["data"]["user_certificates"], [])
        self.assertEqual(self.sim.listing("999")[1]["message"], "no_credential_match_id")
        self.assertEqual(self.cert(LARGE).public_key().key_size, 3072)

    def test_filter_and_short_serial(self):
        serial = self.sim.serial(MANY, 1)
        self.assertTrue(serial.startswith("0"))
        self.sim.order("/switch", {"serial_form": "short"})
        found = self.sim.listing(MANY, serial_number=serial.lstrip("0"))[1]["data"]["user_certificates"]
        self.assertEqual([c["serial_number"] for c in found], [serial.lstrip("0")])

    def test_unusable_certificates_are_refused(self):
        for user in (EXPIRED, STOPPED):
            status, reply = self.sim.post(SIGN, self.sim.sign_body(user, {"a": digest("a")}))
            self.assertEqual((status, reply["status_code"]), (403, 403))
        self.assertEqual(self.sim.counter("prompts"), 0)

    def test_renewal(self):
        before = self.cert(ONE)
        self.sim.order("/persons", {"user_id": ONE, "renew": "mau"})
        after = self.cert(ONE)
        self.assertNotEqual(before.serial_number, after.serial_number)
        self.assertNotEqual(before.public_key().public_numbers(), after.public_key().public_numbers())
        self.assertEqual(before.subject, after.subject)

    def test_same_certificates_after_a_restart(self):
        other = Sim(identities=self.identities)
        try:
            reply = other.listing(ONE)[1]["data"]["user_certificates"][0]
        finally:
            self.assertEqual(other.stop(), 0)
        mine = self.sim.listing(ONE)[1]["data"]["user_certificates"][0]
        self.assertEqual(reply["cert_data"], mine["cert_data"])


class Strictness(Sp769Case):
    def refused(self, change, path=SIGN, user=ONE):
        """change(body) spoils a good body; the reply must be 400 and a violation be noted."""
        before = len(self.sim.state()["violations"])
        body = self.sim.sign_body(user, {"a": digest("a")})
        if path.startswith("/v2"):
            body.update(password="x", otp="123456")
        change(body)
        status, reply = self.sim.post(path, body)
        self.assertEqual((status, reply["status_code"]), (400, 400))
        found = self.sim.state()["violations"][before:]
        self.assertTrue(found and all(v["refused"] for v in found))
        return found[0]["sentence"]

    def test_fields(self):
        first = lambda body: body["sign_files"][0]
        cases = {
            "lower-case": lambda b: first(b).update(data_to_be_signed=digest("a").upper()),
            "digits": lambda b: first(b).update(data_to_be_signed=digest("a")[:40]),
            "type hash": lambda b: first(b).update(sign_type="file"),
            "file_type is missing": lambda b: first(b).pop("file_type"),
            "doc_id stands twice": lambda b: b["sign_files"].append(dict(first(b))),
            "at least one": lambda b: b.update(sign_files=[]),
            "more than 50": lambda b: b.update(sign_files=[{**first(b), "doc_id": str(n)} for n in range(51)]),
            "transaction_id is missing": lambda b: b.pop("transaction_id"),
            "transaction_id holds": lambda b: b.update(transaction_id="a/b"),
            "user_id is not a string": lambda b: b.update(user_id=1),
            "present time": lambda b: b.update(time_stamp="20220316063000Z"),
            "form": lambda b: b.update(time_stamp="2022-03-16"),
            "no date": lambda b: b.update(time_stamp="20221316063000Z"),
            "'password' is no field": lambda b: b.update(password="x"),
            "control": lambda b: b.update(transaction_desc="a\nb"),
            "not hexadecimal": lambda b: b.update(serial_number="xyz"),
        }
        for expected, change in cases.items():
            with self.subTest(expected):
                self.assertIn(expected, self.refused(change))
        self.assertIn("six digits", self.refused(lambda b: b.update(otp="12345"), "/v2/signatures/sign", TH))
        self.assertIn("serial_number is missing",
                      self.refused(lambda b: b.pop("serial_number"), "/v2/signatures/sign", TH))
        self.assertEqual(self.sim.counter("prompts"), 0)

    def test_bodies_and_headers(self):
        good = json.dumps(self.sim.sign_body(ONE, {"a": digest("a")})).encode()
        for body, kind in ((good, "text/plain"), (good, None), (b"[]", "application/json"),
                           (b"{", "application/json"), (b'{"a":1,"a":2}', "application/json"),
                           (b'\xef\xbb\xbf' + good, "application/json"), (b"\xff", "application/json"),
                           (b"[" * 100000, "application/json")):
            self.assertEqual(self.sim.raw(SIGN, body, kind=kind)[0], 400)
        self.assertEqual(len(self.sim.state()["violations"]), 8)

    def test_only_post_and_known_paths(self):
        for method in ("GET", "PUT", "DELETE"):
            self.assertEqual(self.sim.raw("/v1/signatures/sign/x/status", None, method=method)[0], 405)
        self.assertEqual(self.sim.post("/v1/nothing", {})[0], 404)
        self.assertEqual(len(self.sim.state()["violations"]), 4)

    def test_duplicate_id(self):
        body = self.signed(ONE, {"a": digest("a")}, "t-1")
        self.assertEqual(self.sim.post(SIGN, body)[0], 400)
        self.assertEqual(self.sim.counter("duplicates_refused"), 1)
        self.sim.order("/switch", {"duplicate_id": "same"})
        self.assertEqual(self.sim.post(SIGN, body)[0], 200)
        self.assertEqual(self.sim.counter("prompts"), 1)
        self.assertIn("used before", self.sim.state()["violations"][0]["sentence"])

    def test_secret_in_a_poll_is_noted(self):
        self.signed(ONE, {"a": digest("a")}, "t-1")
        self.assertEqual(self.sim.post("/v1/signatures/sign/t-1/status", self.sim.sp)[0], 200)
        self.assertEqual(self.sim.counter("violations"), 1)
        text = json.dumps(self.sim.control("/requests", method="GET")[1])
        self.assertNotIn(self.sim.sp["sp_password"], text)

    def test_wrong_sp(self):
        body = {**self.sim.sign_body(ONE, {"a": digest("a")}), "sp_password": "no"}
        self.assertEqual(self.sim.post(SIGN, body)[0], 401)


class Otp(Sp769Case):
    def setUp(self):
        super().setUp()
        self.switch(otp_window=1)  # a step may end between us and the service

    def body(self, otp=None, password=None, **more):
        person = self.sim.persons[TH]
        key = base64.b64decode(person["totp_secret"])
        return self.sim.sign_body(TH, {"a": digest("a")}, password=password or person["password"],
                                  otp=otp or totp(key, int(time.time()) // 30), **more)

    def sign(self, body):
        return self.sim.post("/v2/signatures/sign", body)

    def confirm(self, body, token):
        return self.sim.post(CONFIRM, self.sim.who(TH, password=body["password"], sad=token,
                                                   transaction_id=body["transaction_id"]))

    def test_key_is_ascii_hex(self):
        key = base64.b64decode(self.sim.persons[TH]["totp_secret"])
        self.assertRegex(key.decode(), "^[0-9A-F]{32}$")
        # RFC 6238, appendix B, last six digits.
        self.assertEqual(totp(b"12345678901234567890", 59 // 30), "287082")

    def test_flow(self):
        body = self.body()
        status, reply = self.sign(body)
        self.assertEqual((status, reply["data"]["expired_in"]), (200, 299))
        self.assertEqual((self.sim.counter("prompts"), self.sim.counter("paid")), (0, 0))
        status, done = self.confirm(body, reply["data"]["sad"])
        check(self.cert(TH), signatures(done)["a"], digest("a"))
        self.confirm(body, reply["data"]["sad"])
        self.assertEqual((status, self.sim.counter("paid")), (200, 1))
        self.assertEqual(len(signatures(self.sim.poll(body["transaction_id"])[1])), 1)

    def test_otp_reuse_and_wrong_otp(self):
        body = self.body()
        self.sign(body)
        again = self.body(otp=body["otp"])
        self.assertEqual(self.sign(again)[1]["status_code"], 1003)
        self.sim.order("/switch", {"otp_reuse": "accept", "otp_code": 401})
        self.assertEqual(self.sign(self.body(otp=body["otp"]))[0], 200)
        wrong = f"{(int(body['otp']) + 1) % 1000000:06d}"
        self.assertEqual(self.sign(self.body(otp=wrong))[0], 401)

    def test_lock(self):
        for _ in range(5):
            self.assertEqual(self.sign(self.body(password="wrong"))[0], 401)
        self.assertEqual(self.sign(self.body())[1]["message"], "account_locked")
        self.sim.order("/persons", {"user_id": TH, "lock": 0})
        self.assertEqual(self.sign(self.body())[0], 200)

    def test_sad_is_bound_and_expires(self):
        self.sim.order("/switch", {"otp_reuse": "accept"})
        first, second = self.body(), self.body()
        token = self.sign(first)[1]["data"]["sad"]
        self.sign(second)
        self.assertEqual(self.confirm(second, token)[1]["message"], "sad_of_another_transaction")
        self.assertEqual(self.confirm(first, token[:-8] + "AAAAAAAA")[1]["message"], "sad_invalid")
        self.sim.order("/switch", {"sad_seconds": 0.02})
        third = self.body()
        token = self.sign(third)[1]["data"]["sad"]
        self.sim.order("/wait", {"what": "expired"})
        self.assertEqual(self.confirm(third, token)[1]["message"], "sad_expired")
        self.assertEqual(self.sim.counter("paid"), 0)

    def test_fallbacks(self):
        self.sim.order("/switch", {"v2_flow": "app", "otp_reuse": "accept"})
        self.assertNotIn("sad", self.sign(self.body())[1]["data"])
        self.assertEqual(self.sim.counter("prompts"), 1)
        self.sim.order("/switch", {"v2_flow": "signed"})
        self.assertEqual(len(signatures(self.sign(self.body())[1])), 1)
        plain = self.sim.sign_body(ONE, {"a": digest("a")}, password="Mat-khau-01", otp="000000")
        self.assertEqual(self.sign(plain)[0], 403)


class Disputes(Sp769Case):
    def done(self, changes, names="abc"):
        self.sim.order("/switch", {"auto": "approve", **changes})
        self.signed(ONE, {name: digest(name) for name in names}, "t-1")
        return self.sim.poll("t-1")

    def test_pending_forms(self):
        self.signed(ONE, {"a": digest("a")}, "t-1")
        data = {form: (self.sim.order("/switch", {"pending_form": form}), self.sim.poll("t-1")[1]["data"])[1]
                for form in switches.CHOICES["pending_form"]}
        self.assertIsNone(data["null"]["signatures"])
        self.assertNotIn("signatures", data["absent"])
        self.assertEqual(data["empty"]["signatures"], [])
        self.assertEqual(data["empty-value"]["signatures"][0]["signature_value"], "")
        self.assertIsNone(data["null-value"]["signatures"][0]["signature_value"])
        self.assertIsNone(data["data-null"])
        self.sim.order("/switch", {"pending_http": 409})
        self.assertEqual(self.sim.poll("t-1")[0], 409)

    def test_ends(self):
        self.signed(ONE, {"a": digest("a")}, "t-1")
        self.sim.order("/reject")
        seen = []
        for form in switches.CHOICES["reject_form"]:
            self.sim.order("/switch", {"reject_form": form})
            status, reply = self.sim.poll("t-1")
            seen.append((status, reply["status_code"]))
        self.assertEqual(seen, [(200, 400), (400, 400), (403, 403)])

    def test_expiry_never_reported(self):
        self.signed(ONE, {"a": digest("a")}, "t-1")
        self.sim.order("/expire")
        self.sim.order("/switch", {"expire_form": "never"})
        self.assertEqual(self.sim.poll("t-1")[1]["message"], "sig_wait_for_user_confirm")

    def test_path_id_and_unknown(self):
        self.signed(ONE, {"a": digest("a")}, "t-1")
        code = self.sim.state()["transactions"][0]["tran_code"]
        self.assertEqual(self.sim.poll(code)[0], 404)
        self.sim.order("/switch", {"path_id": "both", "unknown_form": "200-404"})
        self.assertEqual(self.sim.poll(code)[1]["status_code"], 200)
        status, reply = self.sim.poll("nothing")
        self.assertEqual((status, reply["status_code"]), (200, 404))
        self.sim.order("/switch", {"path_id": "tran_code"})
        self.assertEqual(self.sim.poll("t-1")[1]["status_code"], 404)

    def test_envelope_forms(self):
        self.sim.order("/switch", {"status_code_form": "string", "message_form": "spaced"})
        reply = self.sim.listing(ONE)[1]
        self.assertEqual((reply["status_code"], reply["message"]), ("200", " Success"))
        self.sim.order("/switch", {"error_http": "200", "error_data": "absent", "message_form": "as-is"})
        status, reply = self.sim.listing("999")
        self.assertEqual((status, reply["status_code"]), (200, "400"))
        self.assertNotIn("data", reply)

    def test_result_lists(self):
        names = {form: [s["doc_id"] for s in (self.sim.order("/reset"), self.done({"documents": form}))[1][1]["data"]["signatures"]]
                 for form in switches.CHOICES["documents"]}
        self.assertEqual(names, {"all": ["a", "b", "c"], "missing": ["a", "b"],
                                 "extra": ["a", "b", "c", "not-asked-for"],
                                 "wrong-id": ["a-other", "b", "c"], "twice": ["a", "b", "c", "a"]})
        self.sim.order("/reset")
        reply = self.done({"documents": "all", "order": "reversed", "signature_crlf": "inside", "result_id": "other"})[1]
        self.assertEqual([s["doc_id"] for s in reply["data"]["signatures"]], ["c", "b", "a"])
        self.assertIn("\r\n", reply["data"]["signatures"][0]["signature_value"])
        self.assertNotEqual(reply["data"]["transaction_id"], "t-1")
        check(self.cert(ONE), signatures(reply)["a"], digest("a"))

    def test_bad_signatures(self):
        cert = self.cert(ONE)
        for form in ("other-key", "swapped", "hex-digest", "corrupted", "short"):
            with self.subTest(form):
                self.sim.order("/reset")
                found = signatures(self.done({"signature": form})[1])
                with self.assertRaises(InvalidSignature):
                    check(cert, found["a"], digest("a"))

    def test_longer_hashes_by_length(self):
        self.sim.order("/switch", {"hashes": "by-length", "auto": "approve"})
        values = {"a": hashlib.sha384(b"a").hexdigest(), "b": hashlib.sha512(b"b").hexdigest()}
        self.signed(ONE, values, "t-1")
        found = signatures(self.sim.poll("t-1")[1])
        check(self.cert(ONE), found["a"], values["a"], hashes.SHA384())
        check(self.cert(ONE), found["b"], values["b"], hashes.SHA512())

    def test_bad_orders(self):
        for path, order in (("/switch", {"nothing": 1}), ("/switch", {"pending_form": "x"}),
                            ("/switch", {"keep_alive": 1}), ("/fault", {"action": "x"}),
                            ("/fault", {"action": "stall", "nonsense": 1}),
                            ("/fault", {"action": "stall", "path": "("}),
                            ("/approve", {"id": "x"}), ("/persons", {"user_id": "none"})):
            self.assertEqual(self.sim.control(path, order)[0], 400, path)


class Faults(Sp769Case):
    def fault(self, action, **more):
        self.sim.order("/fault", {"action": action, **more})

    def test_act_then_drop_on_a_reused_line(self):
        for action in ("act-then-reset", "act-then-close"):
            with self.subTest(action):
                self.sim.order("/reset")
                self.fault(action, path="/v1/signatures/sign$", connection="reused")
                line = self.sim.line()
                self.sim.poll("nothing", line)
                with self.assertRaises(DROPPED):
                    self.sim.post(SIGN, self.sim.sign_body(ONE, {"a": digest("a")}, "t-1"), line)
                line.close()
                counters = self.sim.state()["counters"]
                self.assertEqual((counters["prompts"], counters["reused_connections"]), (1, 1))
                self.assertEqual(self.sim.poll("t-1")[0], 200)

    def test_dropped_before(self):
        for action in ("reset-before", "close-before"):
            self.fault(action, path=SIGN)
            with self.assertRaises(DROPPED):
                self.sim.post(SIGN, self.sim.sign_body(ONE, {"a": digest("a")}, "t-1"))
        self.assertEqual((self.sim.counter("prompts"), self.sim.counter("faults_used")), (0, 2))

    def test_connections(self):
        for action in ("refuse-connection", "tls-garbage"):
            self.fault(action)
            with self.assertRaises(OSError):
                self.sim.listing(ONE)
        self.assertEqual(self.sim.listing(ONE)[0], 200)

    def test_stalls(self):
        for action, prompts in (("stall", 0), ("act-then-stall", 1)):
            self.fault(action, path=SIGN, seconds=0.05)
            with self.assertRaises(DROPPED):
                self.sim.post(SIGN, self.sim.sign_body(ONE, {"a": digest("a")}))
            self.assertEqual(self.sim.counter("prompts"), prompts)

    def test_replies(self):
        path = "/v1/credentials/get_certificate"
        body = json.dumps(self.sim.who(ONE, transaction_id="x"))
        self.fault("status", status=429, headers={"Retry-After": "3"})
        status, headers, text = self.sim.raw(path, body)
        self.assertEqual((status, headers["Retry-After"]), (429, "3"))
        self.fault("status", status=502)
        self.assertIn(b"<html>", self.sim.raw(path, body)[2])
        self.fault("redirect")
        self.assertEqual(self.sim.raw(path, body)[0], 307)
        self.fault("huge")
        self.assertGreater(len(self.sim.raw(path, body)[2]), 10_000_000)
        self.fault("deep")
        self.assertIn(b"[[[[", self.sim.raw(path, body)[2])
        self.fault("garbage")
        self.assertRaises(ValueError, json.loads, self.sim.raw(path, body)[2])
        self.fault("wrong-type")
        self.assertIsInstance(json.loads(self.sim.raw(path, body)[2])["message"], list)
        self.fault("content-type")
        self.assertEqual(self.sim.raw(path, body)[1]["Content-Type"], "text/html")
        self.fault("drip", seconds=0.05, size=500)
        self.assertEqual(json.loads(self.sim.raw(path, body)[2])["status_code"], 200)
        self.fault("chunked", size=100)
        self.assertEqual(json.loads(self.sim.raw(path, body)[2])["status_code"], 200)
        self.fault("truncate")
        with self.assertRaises(http.client.IncompleteRead):
            self.sim.raw(path, body)
        self.fault("bad-date", seconds=-86400)
        date = self.sim.raw(path, body)[1]["Date"]
        self.assertNotIn(time.strftime("%d %b", time.gmtime()), date)

    def test_count_and_skip(self):
        self.fault("status", skip=1, count=2, status=500)
        self.assertEqual([self.sim.raw("/v1/x", b"{}")[0] for _ in range(4)], [404, 500, 500, 404])

    def test_every_action_is_listed(self):
        text = ""
        for page in glob.glob(os.path.join(os.path.dirname(os.path.realpath(__file__)), "*.md")):
            with open(page, encoding="utf-8") as source:
                text += source.read()
        names = [*faults.ACTIONS, *switches.CHOICES, *switches.VALUES]
        self.assertEqual([name for name in names if f"`{name}`" not in text], [])


class Transport(Sp769Case):
    def test_keep_alive_is_counted(self):
        line = self.sim.line()
        for _ in range(3):
            self.sim.poll("nothing", line)
        line.close()
        counters = self.sim.state()["counters"]
        self.assertEqual((counters["connections"], counters["tls_handshakes"], counters["polls"]), (1, 1, 3))

    def test_sessions_are_counted(self):
        for newest in ("1.3", "1.2"):
            self.sim.order("/reset", {"all": True})
            self.sim.order("/switch", {"tls_maximum": newest})
            session = None
            for _ in range(3):
                line = socket.create_connection(("127.0.0.1", self.sim.port), timeout=10)
                secured = self.sim.trust.wrap_socket(line, server_hostname="127.0.0.1", session=session)
                self.assertEqual(secured.version(), "TLSv" + newest)
                secured.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                secured.recv(4096)
                session = secured.session
                with secured, contextlib.suppress(OSError):
                    secured.unwrap()  # our end is said, without which the session is over; theirs may be cut short
            counters = self.sim.state()["counters"]
            self.assertEqual((counters["tls_handshakes"], counters["tls_resumed"]), (3, 2))

    def test_certificates(self):
        for name in ("wrong-host", "expired", "other-ca"):
            self.sim.order("/switch", {"tls_certificate": name})
            with self.assertRaises(ssl.SSLCertVerificationError):
                self.sim.listing(ONE)
        self.sim.order("/switch", {"tls_certificate": "good"})
        line = self.sim.line("localhost")
        self.assertEqual(self.sim.poll("nothing", line)[0], 404)
        line.close()

    def test_listening_off_and_on(self):
        line = self.sim.line()
        self.sim.poll("nothing", line)
        self.sim.order("/listen", {"on": False})
        self.assertRaises(ConnectionRefusedError, self.sim.listing, ONE)
        self.assertRaises((OSError, http.client.HTTPException), self.sim.poll, "nothing", line)
        line.close()
        self.sim.order("/listen", {"on": True})
        self.assertEqual(self.sim.listing(ONE)[0], 200)

    def test_many_at_once(self):
        self.sim.order("/switch", {"auto": "approve"})
        workers = [threading.Thread(target=self.signed, args=(ONE, {"a": digest(str(n))}, f"t-{n}"))
                   for n in range(40)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        counters = self.sim.state()["counters"]
        self.assertEqual((counters["prompts"], counters["paid"], counters["connections"]), (40, 40, 40))

    def test_foreign_pages_are_refused(self):
        for headers in ({"Origin": "http://elsewhere.example"}, {"Host": "elsewhere.example"}):
            line = http.client.HTTPConnection("127.0.0.1", self.sim.control_port)
            line.request("POST", "/approve-all", b"{}", headers)
            self.assertEqual(line.getresponse().status, 403)
            line.close()

    def keys(self):
        return {entry.name: entry.stat().st_mtime_ns for entry in os.scandir(self.identities) if "key" in entry.name}

    def test_starts_with_cached_keys(self):
        self.sim.listing(ONE)
        before = self.keys()
        other = Sim(identities=self.identities)
        self.assertEqual(os.stat(other.folder).st_mode & 0o777, 0o700)
        self.assertEqual(other.stop(), 0)
        self.assertEqual(self.keys(), before)


if __name__ == "__main__":
    unittest.main()
