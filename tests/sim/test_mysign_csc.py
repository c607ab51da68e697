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
        algo = {"signAlgo": RSA, "hashAlgo": HASH_OID["sha256"]}
        signed = self.good("signatures/signHash", self.body("a", "b", SAD=sad, **algo))["signatures"]
        for name, value in zip("ab", signed):
            verify(info["cert"]["certificates"][0], value, digest(name))
        self.assertEqual(self.sim.counter("paid"), 2)
        self.no_violations()

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
