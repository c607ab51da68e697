# SPDX-License-Identifier: Apache-2.0
"""What the tests of both versions of the Cloud Signature Consortium's API share."""
import base64
import hashlib
import json
import threading
import urllib.parse

from simcase import HASH_OID, RSA, SimCase, b64

PIN, CODES, APP, SEAL, SMARTCA = "012345678911", "012345678912", "012345678913", "0100000001", "012345678901"
REDIRECT = "http://127.0.0.1:4711/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class CscCase(SimCase):
    name = "csc-v1"
    hashes, hash_algo = "hash", "hashAlgo"

    def setUp(self):
        super().setUp()
        self.service = self.sim.services[self.name]

    def login(self, user_id=PIN, password=None, **more):
        pair = f"{user_id}:{password or self.person(user_id)['password']}"
        return self.json(self.service["base"] + "/auth/login", more, header="Basic " + b64(pair.encode()))

    def token(self, user_id=PIN):
        return self.login(user_id)[1]["access_token"]

    def call(self, method, value, token=None):
        return self.json(f"{self.service['base']}/{method}", value, token)

    def good(self, method, value, token=None):
        status, reply = self.call(method, value, token)
        self.assertEqual(status, 200, reply)
        return reply

    def refused(self, method, value, token, description, error="invalid_request", status=400):
        found, reply = self.call(method, value, token)
        self.assertEqual((found, reply["error"], reply["error_description"]), (status, error, description))

    def cert(self, user_id, name, token):
        info = self.good("credentials/info", {"credentialID": self.id(user_id, name)}, token)
        return info["cert"]["certificates"][0]

    def sign_body(self, user_id, name, sad, values, algo=RSA, hash_name="sha256", **more):
        body = {"credentialID": self.id(user_id, name), self.hashes: [b64(v) for v in values],
                "signAlgo": algo, **more}
        if sad:
            body["SAD"] = sad
        if algo == RSA:
            body[self.hash_algo] = HASH_OID[hash_name]
        return body

    # the browser

    def page(self, **more):
        values = {"response_type": "code", "client_id": self.service["client_id"], "redirect_uri": REDIRECT,
                  "scope": "service", "state": "xyz", "code_challenge": CHALLENGE,
                  "code_challenge_method": "S256", **more}
        return {name: value for name, value in values.items() if value is not None}

    def browse(self, values, form=None):
        """(status, what came back in the redirect, or the page)."""
        path = f"{self.service['oauth2']}/oauth2/authorize?" + urllib.parse.urlencode(values)
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        status, headers, body = self.sim.call("POST" if form else "GET", path,
                                              urllib.parse.urlencode(form) if form else None, kind)
        if status != 303:
            return status, body.decode()
        return status, dict(urllib.parse.parse_qsl(headers["Location"].partition("?")[2]))

    def allow(self, user_id, values):
        form = {"username": user_id, "password": self.person(user_id)["password"], "decision": "allow"}
        return self.browse(values, form)[1]

    def post_form(self, path, **values):
        status, _, body = self.sim.call(
            "POST", f"{self.service['oauth2']}/oauth2/{path}", urllib.parse.urlencode(values),
            {"Content-Type": "application/x-www-form-urlencoded"})
        return status, json.loads(body) if body else None

    def exchange(self, **values):
        client = {name: self.service[name] for name in ("client_id", "client_secret")}
        return self.post_form("token", **{**client, **values})

    def by_code(self, code, **more):
        return self.exchange(grant_type="authorization_code", code=code, redirect_uri=REDIRECT,
                             code_verifier=VERIFIER, **more)

    def blocked(self, act):
        """act in a thread; returns a function that waits for its result."""
        found = []
        worker = threading.Thread(target=lambda: found.append(act()))
        worker.start()

        def result():
            worker.join()
            return found[0]
        return result
