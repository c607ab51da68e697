# SPDX-License-Identifier: Apache-2.0
"""Which fields are secrets; and, where a test wants to look for them elsewhere, a file of their values."""
import json
import threading
import urllib.parse

SECRETS = {"sp_password", "password", "otp", "sad", "client_secret", "refresh_token", "access_token",
           "code", "code_verifier", "PIN", "OTP", "SAD", "token", "authData", "authorizeCode", "refreshToken", "accessToken"}
FORM = "application/x-www-form-urlencoded"


def read_body(body, kind):
    """The value of a form or of JSON; None where it is neither."""
    try:
        if kind.partition(";")[0].strip().lower() == FORM:
            return dict(urllib.parse.parse_qsl(body.decode("utf-8"), keep_blank_values=True))
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def found_in(value):
    """(name, text) of each secret in a value."""
    if isinstance(value, list):
        for item in value:
            yield from found_in(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in SECRETS and isinstance(item, str):
                yield name, item
            else:
                yield from found_in(item)


class Secrets:
    """A file with one line for each secret: {"name": ..., "value": ...}, each once."""

    def __init__(self, path):
        self.lock, self.known = threading.Lock(), set()
        self.out = open(path, "a", buffering=1, encoding="utf-8")

    def note(self, headers, body, reply):
        found = list(found_in(read_body(body, headers.get("Content-Type", ""))))
        if "Authorization" in headers:
            found.append(("Authorization", headers["Authorization"].partition(" ")[2]))
        if reply is not None:
            found += found_in(read_body(reply.body, "application/json"))
            asked = urllib.parse.urlsplit(reply.headers.get("Location") or "").query
            found += found_in(dict(urllib.parse.parse_qsl(asked)))
        with self.lock:
            for name, value in found:
                if value and value not in self.known:
                    self.known.add(value)
                    self.out.write(json.dumps({"name": name, "value": value}) + "\n")
