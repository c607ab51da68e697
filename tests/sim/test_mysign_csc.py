#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The simulator's MySign by its CSC flavour: vtss log-in, documents beside the hashes, a blocking authorize."""
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from simcase import HASH_OID, RSA, SimCase, b64, digest, verify  # noqa: E402

USER = "CMT_012345678901"


class MySignCsc(SimCase):
    def setUp(self):
        super().setUp()
        self.service = self.sim.services["csc-mysign"]
        who = {name: self.service[name] for name in ("client_id", "client_secret", "profile_id")}
        self.token = self.json("/mysign/vtss/service/ras/v1/login", {**who, "user_id": USER})[1]["access_token"]
        self.id = self.good("credentials/list", {"userID": USER})["credentialIDs"][0]

    def call(self, method, value):
        return self.json(f"{self.service['base']}/{method}", value, self.token)

    def good(self, method, value):
        status, reply = self.call(method, value)
        self.assertEqual(status, 200, reply)
        return reply

    def body(self, *names, **more):
        return {"credentialID": self.id, "documents": [{"document_id": n, "document_name": n} for n in names],
                "hash": [b64(digest(n)) for n in names], **more}

    def authorize(self, *names, **more):
        return self.call("credentials/authorize", self.body(
            *names, **{"numSignatures": len(names), "description": "mo ta", **more}))

    def test_signed_after_the_tap(self):
        self.switch(auto="approve")
        info = self.good("credentials/info", {"credentialID": self.id, "authInfo": True})
        self.assertEqual(info["authMode"], "implicit")
        sad = self.authorize("a", "b")[1]["SAD"]
        signed = self.good("signatures/signHash", self.body("a", "b", SAD=sad, **self.ALGO))["signatures"]
        for name, value in zip("ab", signed):
            verify(info["cert"]["certificates"][0], value, digest(name))
        self.assertEqual(self.sim.counter("paid"), 2)
        self.no_violations()

    ALGO = {"signAlgo": RSA, "hashAlgo": HASH_OID["sha256"]}

    def register(self, sad, **more):
        return self.call("credentials/registerExtension", {"credential_id": self.id, "SAD": sad, "duration": 10, **more})

    def extend(self, sad, *names):
        return self.call("credentials/extendTransaction",
                         self.body(*names, numSignatures=len(names), SAD=sad, **self.ALGO))

    def sign(self, sad, *names):
        return self.call("signatures/signHash", self.body(*names, SAD=sad, **self.ALGO))[0]

    def test_unasked(self):
        self.switch(auto="approve")
        sad = self.authorize("a")[1]["SAD"]
        self.assertEqual(self.extend(sad, "b")[0], 400)  # nothing was registered
        self.assertEqual(self.sim.counter("violations"), 1)
        status, reply = self.register(sad)
        self.assertEqual(status, 200)
        self.assertRegex(reply["expire_date"], r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}.000[+]0000$")
        self.assertEqual(self.register(sad)[1]["error"], "60110")
        self.assertEqual(self.sign(sad, "a"), 200)
        for names in (("b",), ("c", "d")):  # by one that is spent, as programs do
            sad = self.extend(sad, *names)[1]["SAD"]
            self.assertEqual(self.sign(sad, *names), 200)
        self.assertEqual((self.sim.counter("prompts"), self.sim.counter("paid"), self.sim.counter("unasked")), (1, 4, 2))
        self.authorize("e")
        self.assertEqual(self.sim.counter("prompts"), 2)
        self.switch(mysign_unasked="authorize")
        self.authorize("f")
        self.assertEqual(self.sim.counter("prompts"), 2)
        self.switch(clock_offset=601.0)
        self.authorize("g")
        self.assertEqual(self.sim.counter("prompts"), 3)
        self.assertEqual(self.register(sad, duration=0)[0], 400)

    def test_replaced_permissions_are_over(self):
        self.switch(auto="approve")
        sad = self.authorize("a")[1]["SAD"]
        self.register(sad)
        self.extend(sad, "b")
        self.assertEqual(self.extend(sad, "c")[0], 400)
        self.assertEqual(self.register("nothing")[0], 400)

    def test_forms_of_the_end(self):
        self.switch(auto="approve")
        for form, kind in (("plain", str), ("epoch", int), ("strange", str), ("absent", type(None))):
            self.sim.order("/reset", {})
            self.switch(mysign_expire_form=form, auto="approve")
            reply = self.register(self.authorize("a")[1]["SAD"])[1]
            self.assertIs(type(reply.get("expire_date")), kind, form)

    def test_strictness(self):
        self.switch(auto="approve")
        cases = [{"documents": None}, {"documents": []}, {"documents": ["a"]}, {"description": "mô tả"},
                 {"documents": [{"document_id": "a", "document_name": "tài liệu"}]}, {"PIN": "1"}]
        for change in cases:
            status, _ = self.authorize("a", **change)
            self.assertEqual(status, 400, change)
        self.assertEqual(self.call("credentials/list", {})[0], 400)
        self.assertEqual(self.sim.counter("violations"), len(cases) + 1)
        self.assertEqual(self.sim.counter("prompts"), 0)


if __name__ == "__main__":
    unittest.main()
