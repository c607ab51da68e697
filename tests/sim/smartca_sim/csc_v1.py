# SPDX-License-Identifier: Apache-2.0
"""CSC 1.0.4: PIN and OTP as fields of their own, implicit mode, hash and hashAlgo."""
from . import csc_info, factors, schemes
from .csc import Csc
from .csc_check import bad, refused
from .faults import Reply

LANG, DATA = {"lang": (str, False, 35)}, {"clientData": (str, False)}
ID = {"credentialID": (str, True)}
PARTS = {"certificates": (str, False), "certInfo": (bool, False), "authInfo": (bool, False)}


class CscV1(Csc):
    name = "csc-v1"
    version = "v1"
    base = "/rsv1"
    hashes_field, hash_algo_field, legacy_pkce = "hash", "hashAlgo", True
    calls = {
        "info": ("info", False, LANG),
        "auth/login": ("login", False, {"refresh_token": (str, False), "rememberMe": (bool, False), **DATA}),
        "auth/revoke": ("revoke", True, {"token": (str, True), "token_type_hint": (str, False), **DATA}),
        "credentials/list": ("list", True, {"userID": (str, False), "maxResults": (int, False),
                                            "pageToken": (str, False), **DATA}),
        "credentials/info": ("credential_info", True, {**ID, **PARTS, **LANG, **DATA}),
        "credentials/sendOTP": ("send_otp", True, {**ID, **DATA}),
        "credentials/authorize": ("authorize", True, {
            **ID, "numSignatures": (int, True), "hash": (list, False), "PIN": (str, False, 64),
            "OTP": (str, False, 64), "description": (str, False, 500), **DATA}),
        "credentials/extendTransaction": ("extend", True, {
            **ID, "hash": (list, False), "SAD": (str, True), **DATA}),
        "signatures/signHash": ("sign_hash", True, {
            "SAD": (str, True), **ID, "hash": (list, True), "signAlgo": (str, True),
            "hashAlgo": (str, False), "signAlgoParams": (str, False), **DATA}),
    }

    def specs(self):
        return "1.0.4.0"

    def more_info(self, auth):
        return {"oauth2": auth}

    def auth_info(self, credential, wanted):
        factor = credential.remote["auth"]
        mode = "oauth2code" if "oauth" in factor else "explicit" if set(factor) & {"pin", "totp", "online"} else "implicit"
        value = {"authMode": mode}
        if not wanted or mode != "explicit":
            return value
        for name in ("pin", "totp", "online"):
            if name in factor:
                label, description = csc_info.LABELS[name]
                value[label] = {"presence": "true", "format": "N", "label": label, "description": description}
                if label == "OTP":
                    value[label].update({"type": "offline" if name == "totp" else "online",
                                         "ID": f"{name}-otp", "provider": "simulated"})
        for label in ("PIN", "OTP"):
            value.setdefault(label, {"presence": "false"})
        return value

    def send_otp(self, call):
        person, credential = self.credential(call)
        if "online" not in credential.remote["auth"]:
            raise bad("Invalid parameter credentialID", "sendOTP for a credential without an online OTP")
        factors.send_code(self.world, person, credential)
        return Reply(200, b"{}", {"Content-Type": "application/json"})

    def check_lengths(self, value, hashes):
        known = {schemes.HASHES[name].digest_size for name in schemes.HASHES}
        if any(len(digest) not in known for digest in hashes):
            raise bad("Invalid digest value length")

    def authorize(self, call):
        person, credential = self.credential(call)
        factor = credential.remote["auth"]
        if "oauth" in factor:
            raise bad("Invalid parameter credentialID", "credentials/authorize for a credential of mode oauth2code")
        self.usable(credential)
        count, hashes = self.wanted(call, credential)
        self.check_factors(call, person, credential, self.given(call, factor))
        channel = "phone" if "app" in factor else "direct"
        transaction = self.permissions.open(self.version, person, credential, count, hashes, channel,
                                            call.value.get("description", ""))
        return self.blocked(transaction)

    def given(self, call, factor):
        given = {}
        for field, kinds in (("PIN", ("pin",)), ("OTP", ("totp", "online"))):
            needed = any(kind in factor for kind in kinds)
            if needed and field not in call.value:
                raise bad(f"Missing (or invalid type) string parameter {field}")
            if needed:
                if not call.value[field].isdigit():
                    raise bad(f"Invalid parameter {field}", f"{field} is not of format N")
                given[field.lower()] = call.value[field]
            elif field in call.value:
                raise bad(f"Invalid parameter {field}", f"{field} was sent, which this credential does not ask for")
        return given

    def wrong_factor(self, wrong):
        if wrong.locked:
            return refused("PIN locked" if wrong.factor == "pin" else "OTP locked")
        if wrong.factor == "pin":
            return refused("The PIN is invalid", "invalid_pin")
        return refused("The OTP is invalid", "invalid_otp")

    def permitted(self, call):
        _, credential = self.credential(call)
        return credential, self.sad(call, call.value["SAD"], credential)
