# SPDX-License-Identifier: Apache-2.0
"""CSC 2.0 to 2.2: authData, 202 with a handle, credentialInfos, asynchronous signHash."""
import secrets
import time

from . import csc_check as check
from . import csc_info, factors, schemes
from .csc import Csc, Response
from .csc_check import bad, refused
from .csc_oauth import Machine
from .csc_v1 import DATA, ID, LANG, PARTS
from .faults import Reply, json_reply

TYPES = {"pin": {"type": "Password", "format": "N"},
         "totp": {"type": "Password", "format": "N", "generator": "totp"},
         "online": {"type": "ChallengeResponse", "format": "N"},
         "app": {"type": "ChallengeResponseOOB"}}
IDS = {"pin": "PIN", "totp": "OTP", "online": "OTP", "app": "mobile"}
PENDING = "The previous async request has been accepted but not yet completed"
PENDING_400 = "The previous asynchronous signature request has not been completed yet"
HASHES = {"hashes": (list, False), "hashAlgorithmOID": (str, False)}
LONGEST_VALIDITY_MS = 3_600_000


class CscV2(Csc):
    name = "csc-v2"
    version = "v2"
    base = "/rsv2"
    hashes_field, hash_algo_field, legacy_pkce = "hashes", "hashAlgorithmOID", False
    calls = {
        "info": ("info", False, LANG),
        "auth/login": ("login", False, {"refresh_token": (str, False), "rememberMe": (bool, False), **DATA}),
        "auth/revoke": ("revoke", True, {"token": (str, True), "token_type_hint": (str, False), **DATA}),
        "credentials/list": ("list", True, {
            "userID": (str, False), "credentialInfo": (bool, False), **PARTS, "onlyValid": (bool, False),
            "maxResults": (int, False), "pageToken": (str, False), **LANG, **DATA}),
        "credentials/info": ("credential_info", True, {**ID, **PARTS, **LANG, **DATA}),
        "credentials/getChallenge": ("get_challenge", True, {**ID, "authObjectID": (str, True), **DATA}),
        "credentials/authorize": ("authorize", True, {
            **ID, "numSignatures": (int, True), **HASHES, "authData": (list, False),
            "description": (str, False, 500), **DATA}),
        "credentials/authorizeCheck": ("authorize_check", True, {"handle": (str, True), **DATA}),
        "credentials/extendTransaction": ("extend", True, {**ID, **HASHES, "SAD": (str, True), **DATA}),
        "signatures/signHash": ("sign_hash", True, {
            "SAD": (str, False), **ID, "hashes": (list, True), "signAlgo": (str, True),
            "hashAlgorithmOID": (str, False), "signAlgoParams": (str, False), "operationMode": (str, False),
            "validity_period": (int, False), "response_uri": (str, False), **DATA}),
        "signatures/signPolling": ("sign_polling", True, {
            "requestID": (str, True), "userID": (str, False), **DATA}),
    }

    def __init__(self, world, vault):
        super().__init__(world, vault)
        self.handles = {}
        # The metadata of the issuer is at its own, fixed place (RFC 8414).
        self.bases = [self.base, "/.well-known/oauth-authorization-server" + self.base]

    # info

    def specs(self):
        return self.world.switches["csc_v2_specs"]

    def more_info(self, auth):
        switches = self.world.switches
        value = {
            "asynchronousOperationMode": True, "validationInfo": False,
            "signAlgorithms": {"algos": [*schemes.RSA_ALGORITHMS, *schemes.EC_ALGORITHMS],
                               "algoParams": [schemes.PSS]},
            "signature_formats": {"formats": [], "envelope_properties": []}, "conformance_levels": []}
        if switches["csc_oauth2_form"] == "issuer":
            value["oauth2Issuer"] = auth
        else:
            value["oauth2"] = auth
        if switches["csc_v2_specs"].startswith("2.0"):
            return value
        value.update({"supportsRar": True, "supportedHashTypes": list(schemes.HASH_OIDS)})
        if switches["csc_oauth2_form"] == "servers":
            del value["oauth2"]
            value["oauth2Servers"] = [{"label": "simulated", "baseUri": auth, "supportsRar": True,
                                       "authType": ["oauth2code", "oauth2client"]}]
        return value

    def auth_info(self, credential, wanted):
        factor = credential.remote["auth"]
        if "oauth" in factor:
            return {"auth": {"mode": "oauth2code"}}
        auth = {"mode": "explicit"}
        if wanted:
            auth["objects"] = [self.auth_object(name) for name in factor]
            if factor:
                auth["expression"] = " AND ".join(IDS[name] for name in factor)
        return {"auth": auth}

    def auth_object(self, name):
        label, description = csc_info.LABELS[name]
        return {**TYPES[name], "id": IDS[name], "label": label, "description": description}

    # permissions

    def get_challenge(self, call):
        person, credential = self.credential(call)
        if "online" not in credential.remote["auth"] or call.value["authObjectID"] != IDS["online"]:
            raise bad("Invalid parameter authObjectID", "there is no challenge for this authentication object")
        factors.send_code(self.world, person, credential)
        return Reply(204)

    def check_lengths(self, value, hashes):
        if not hashes:
            return
        if "hashAlgorithmOID" not in value:
            raise bad("Missing (or invalid type) string parameter hashAlgorithmOID")
        check.lengths(hashes, check.hash_name(value["hashAlgorithmOID"], "hashAlgorithmOID"))

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
        if channel == "direct" or self.world.switches["csc_app_flow"] == "block":
            return self.blocked(transaction)
        handle = secrets.token_urlsafe(24)
        self.handles[handle] = [transaction, None]
        return json_reply(202, {"handle": handle})

    def given(self, call, factor):
        """The values of authData by factor; every object that the credential has must be there."""
        if "authData" not in call.value:
            raise bad("Missing (or invalid type) array parameter authData")
        found = {}
        for item in call.value["authData"]:
            if not isinstance(item, dict) or not isinstance(item.get("id"), str) or set(item) - {"id", "value"}:
                raise bad("Invalid parameter authData", "authData holds something else than {id, value}")
            if item["id"] in found:
                raise bad("Invalid parameter authData", "an id stands twice in authData")
            found[item["id"]] = item.get("value")
        if set(found) != {IDS[name] for name in factor}:
            raise bad("Invalid parameter authData", "authData does not hold the credential's objects")
        if "app" in factor and found.pop(IDS["app"]) is not None:
            raise bad("Invalid parameter authData", "an out-of-band object carries a value")
        if not all(isinstance(value, str) and value.isdigit() for value in found.values()):
            raise bad("Invalid parameter authData", "a value is not a string of format N")
        return {name.lower(): value for name, value in found.items()}

    def wrong_factor(self, wrong):
        if wrong.locked:
            return refused("Credential locked")
        return refused("The authentication data is invalid", "invalid_authentication_data")

    def authorize_check(self, call):
        self.world.count("polls")
        kept = self.handles.get(call.value["handle"])
        if kept is None or self.world.transactions.find(kept[0].transaction_id) is None:
            raise refused("Invalid parameter handle")
        transaction, answer = kept
        transaction.polls += 1
        if transaction.state == "waiting":
            return json_reply(202, {"handle": call.value["handle"]})
        if transaction.state != "approved":
            raise self.ended(transaction)
        kept[1] = answer or self.sad_reply(transaction)
        return kept[1]

    # signatures

    def permitted(self, call):
        _, credential = self.credential(call)
        token = call.value.get("SAD")
        if token is None:
            if call.grant.scope != "credential":
                raise bad("Missing (or invalid type) string parameter SAD")
            token = call.grant.access
        return credential, self.sad(call, token, credential)

    def mode(self, call):
        value = call.value
        mode = value.get("operationMode", "S")
        if mode not in ("S", "A"):
            raise bad("Invalid parameter operationMode")
        period = value.get("validity_period")
        if mode == "S" and (period is not None or "response_uri" in value):
            name = "response_uri" if period is None else "validity_period"
            raise bad(f"Invalid parameter {name}", f"{name} belongs to operationMode A only")
        if period is not None and not 0 < period <= LONGEST_VALIDITY_MS:
            raise bad("Out of bounds parameter validity_period")
        return self.later if mode == "A" else None

    def later(self, call, texts):
        period = call.value.get("validity_period", LONGEST_VALIDITY_MS)
        response_id = secrets.token_urlsafe(18)
        self.responses[response_id] = Response(
            call.grant.person, texts, self.world.switches["csc_async_polls"], time.monotonic() + period / 1000)
        return {"responseID": response_id}

    def sign_polling(self, call):
        self.world.count("polls")
        if call.value.get("userID") is not None and not isinstance(call.grant.person, Machine):
            raise bad("userID parameter SHALL be null")
        found = self.responses.get(call.value["requestID"])
        if found is None or found.person is not call.grant.person or time.monotonic() >= found.until:
            raise refused("Invalid parameter requestID")
        if found.polls_left > 0:
            found.polls_left -= 1
            return self.pending()
        return {"signatures": found.texts}

    def pending(self):
        form = self.world.switches["csc_polling"]
        if form == "202-empty":
            return Reply(202)
        if form == "400":
            raise refused(PENDING_400)
        return json_reply(202, {"error": "accepted_request", "error_description": PENDING})
