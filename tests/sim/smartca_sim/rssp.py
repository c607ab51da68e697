# SPDX-License-Identifier: Apache-2.0
"""Mobile-ID's RSSP, the Vietnamese dialect of CSC. Much of it is not public; see ../rssp.md."""
import base64
import time
import uuid

from . import csc_check, factors, pki, schemes, strict
from .csc import Batch, Machine
from .csc_sad import BadSad, Permissions
from .faults import Reply, json_reply
from .rssp_login import BadHeader, RelyingParty, WrongHeader
from .spoil import signatures as spoilt_signatures
from .tokens import Tokens

BASE = "/rssp/v2"
PROFILE = "rssp-119.432-v2.0"
# PSS is asked for by this one value, the DER of its OID, beside signAlgo rsaEncryption.
PSS_PARAMS = "BgkqhkiG9w0BAQo="
MODES = {"pin": ("EXPLICIT/PIN", "PASSCODE"), "online": ("EXPLICIT/OTP-SMS", "OTPSMS"),
         "app": ("IMPLICIT/TSE", "TSE")}
STATUS = {"VALID": "OPERATED", "EXPIRED": "EXPIRED", "REVOKED": "REVOKED", "SUSPENDED": "BLOCKED"}
# Only 0, 3005 and 3006 are known of the service; the others are this simulator's.
ERRORS = {
    1001: "Request is malformed", 3001: "Relying party authentication failed", 3002: "User authentication failed",
    3003: "User is locked", 3004: "Time is out of range", 3005: "Token has expired", 3006: "Token is invalid",
    3008: "Credential does not exist", 3010: "Authorize code is invalid", 3011: "Credential is temporarily locked",
    3012: "SAD is invalid", 3013: "SAD has expired", 3014: "Hash is not authorized by the SAD",
    3015: "Too many signatures", 3016: "Credential is not operated", 3017: "No signing counter remains",
    3018: "User rejected", 3019: "User did not confirm in time", 3020: "Algorithm is not supported",
    5000: "Internal error",
}
SAD_ERRORS = {"unknown": (3012, None), "used": (3012, "a SAD was used again after its last signature or its renewal"),
              "other": (3012, "the SAD belongs to another credential"), "expired": (3013, None),
              "hash": (3014, "a hash is not one that the SAD was given for"),
              "again": (3014, "a hash was signed before with this SAD"),
              "count": (3015, "more hashes than the SAD permits")}
COMMON = {"profile": (str, True), "lang": (str, False), "rpRequestID": (str, False), "requestID": (str, False)}
WHO = {**COMMON, "agreementUUID": (str, False)}
PARTS = {"certificates": (str, False), "certInfo": (bool, False), "certInfoEnabled": (bool, False),
         "authInfo": (bool, False), "authInfoEnabled": (bool, False)}
SHOWN = {name: (str, False, 500) for name in (
    "notificationMessage", "messageCaption", "message", "logoURI", "bgImageURI", "rpIconURI", "rpName",
    "confirmationPolicy", "scaIdentity", "responseURI")}
USE = {"credentialID": (str, True), "signAlgoParams": (str, False), "operationMode": (str, False),
       "validityPeriod": (int, False), "clientInfo": (dict, False)}


class Refused(Exception):
    """sentence: why it is a violation too, or None; more: fields beside the error."""

    def __init__(self, code, sentence=None, **more):
        super().__init__(ERRORS[code])
        self.code, self.sentence, self.more = code, sentence, more


class Rssp:
    name = "rssp"
    base = BASE

    def __init__(self, world, vault, folder):
        self.world, self.vault = world, vault
        self.tokens = Tokens(world)
        self.permissions = Permissions(world, "rssp")
        self.party = RelyingParty(world, vault, folder)
        self.sent = {}
        self.calls = {
            "/auth/login": (self.login, {
                **COMMON, "relyingParty": (str, True), "rememberMe": (bool, False), "rememberMeEnabled": (bool, False),
                "clientInfo": (dict, False), "tseNotification": (dict, False)}),
            "/auth/getTwoFactorMethod": (self.two_factor, {
                **COMMON, "relyingParty": (str, True), "user": (str, True), "userType": (str, True)}),
            "/auth/revoke": (self.revoke, {**WHO, "tokenType": (int, True), "token": (str, True), "credentialID": (str, False)}),
            "/credentials/list": (self.list, {**WHO, **PARTS, "searchConditions": (dict, False)}),
            "/credentials/info": (self.info, {**WHO, **PARTS, "credentialID": (str, True)}),
            "/credentials/sendOTP": (self.send_otp, {
                **WHO, "credentialID": (str, True), "notificationTemplate": (str, False), "notificationSubject": (str, False)}),
            "/credentials/authorize": (self.authorize, {
                **WHO, **USE, **SHOWN, "authorizeCode": (str, False, 64), "numSignatures": (int, True),
                "documentDigests": (dict, False), "signAlgo": (str, False), "vcEnabled": (bool, False),
                "acEnabled": (bool, False)}),
            "/credentials/extendTransaction": (self.extend, {
                **WHO, **USE, **SHOWN, "SAD": (str, True), "documentDigests": (dict, True), "signAlgo": (str, False)}),
            "/signatures/signHash": (self.sign_hash, {
                **WHO, **USE, "SAD": (str, True), "documentDigests": (dict, True), "signAlgo": (str, True),
                "scaIdentity": (str, False), "responseURI": (str, False)}),
        }

    def describe(self):
        return {"profile": PROFILE, **self.party.describe()}

    def account(self, person):
        if self.person(person.user_id) is None:
            return None
        return {"username": person.user_id, "password": person.password, "passcode": person.pin,
                "agreement_uuid": agreement(person), "credentials": {c.id: c.cert_id for c in offered(person)}}

    def person(self, user_id):
        return self.world.persons.find(user_id, "rssp")

    def short_path(self, path):
        return path[len(BASE):]

    # requests

    def handle(self, request):
        path = request.path.partition("?")[0]
        short = path[len(BASE):]
        if short not in self.calls:
            self.world.violation(path, "there is no such call")
            return json_reply(404, {"error": 1001, "errorDescription": "Not found"})
        if request.method != "POST":
            self.world.violation(path, f"{request.method} was used; every call is a POST")
            return Reply(405, b"", {"Allow": "POST"})
        try:
            with self.world.changed:
                self.world.act_due()
                act, table = self.calls[short]
                return self.reply(0, **act(self.body(request, table), request.headers, path))
        except Refused as problem:
            if problem.sentence:
                self.world.violation(path, problem.sentence)
            return self.reply(problem.code, **problem.more)

    def reply(self, code, **more):
        value = {"error": code, "errorDescription": ERRORS.get(code, "Successfully"),
                 "responseID": more.pop("responseID", None) or str(uuid.uuid4()), **more}
        if self.world.switches["rssp_numbers"] == "string":
            value = {name: str(item) if type(item) is int else item for name, item in value.items()}
        return json_reply(200, value)

    def body(self, request, table):
        said = strict.headers(request.headers, request.body)
        try:
            value = strict.parse(request.body)
        except strict.BadBody as problem:
            raise Refused(1001, str(problem)) from None
        # These clients write null for what they do not send.
        value = {name: item for name, item in value.items() if item is not None}
        said += strict.shape(value, table, self.world.switches["unknown_fields"] == "ignore")
        if not said and value["profile"] != PROFILE:
            said.append(f"profile is not {PROFILE}")
        if not said and value.get("lang", "VN") not in ("VN", "EN", ""):
            said.append("lang is neither VN nor EN")
        if said:
            raise Refused(1001, said[0])
        return value

    def grant(self, headers):
        grant, why = self.tokens.bearer(headers)
        if grant is None and why == "missing":
            raise Refused(3006, "there is no bearer token")
        if grant is None:
            self.world.count("refused_tokens")
            raise Refused(int(self.world.switches["rssp_token_error"]) if why == "expired" else 3006)
        return grant

    def whose(self, value, headers):
        """The person of the token, or of agreementUUID when the relying party came alone."""
        person = self.grant(headers).person
        if not isinstance(person, Machine):
            if value.get("agreementUUID", agreement(person)) != agreement(person):
                raise Refused(3008, "agreementUUID is another person's")
            return person
        if "agreementUUID" not in value:
            raise Refused(1001, "neither a person's login nor agreementUUID says whose credentials are meant")
        for one in self.world.persons.by_id.values():
            if agreement(one) == value["agreementUUID"] and self.person(one.user_id):
                return one
        raise Refused(3008)

    def credential(self, value, headers):
        person = self.whose(value, headers)
        for credential in offered(person):
            if credential.cert_id == value["credentialID"]:
                return person, credential
        raise Refused(3008)

    # login

    def party_header(self, value, headers):
        try:
            user, password = self.party.check(headers.get("Authorization"))
        except BadHeader as problem:
            raise Refused(3001, str(problem)) from None
        except WrongHeader as problem:
            raise Refused(3004 if str(problem) == "clock" else 3001) from None
        if value["relyingParty"] != self.party.describe()["relying_party"]:
            raise Refused(3001)
        return user, password

    def login(self, value, headers, path):
        if headers.get("Authorization", "").startswith("Bearer "):
            return self.relogin(headers["Authorization"][7:])
        user, password = self.party_header(value, headers)
        person, switches = Machine(value["relyingParty"]), self.world.switches
        if user is not None:
            person = self.person(user)
            if person is None:
                raise Refused(3002)
            if person.locked() or not person.check_password(password, switches["lock_after"], switches["lock_seconds"]):
                self.world.count("wrong_passwords")
                left = 0 if person.locked() else switches["lock_after"] - person.wrong_passwords
                raise Refused(3003 if person.locked() else 3002, remainingCounter=left,
                              tempLockoutDuration=lock_left(person))
        self.world.count("logins")
        remember = value.get("rememberMe") or value.get("rememberMeEnabled")
        return self.token_reply(person, 30 * 86400 if remember else None)

    def relogin(self, token):
        old = self.tokens.by_refresh.get(token)
        if old is None or time.monotonic() >= old.refresh_until:
            raise Refused(3006 if old is None else 3005)
        self.world.count("refreshes")
        return self.token_reply(old.person, None)

    def token_reply(self, person, lasting):
        seconds = self.world.switches["rssp_token_seconds"]
        grant = self.tokens.issue(person, "rssp", "service", seconds, lasting)
        value = {"accessToken": grant.access, "expiresIn": int(seconds)}
        if grant.refresh:
            value["refreshToken"] = grant.refresh
        return value

    def two_factor(self, value, headers, path):
        self.party_header(value, headers)
        if value["userType"] != "USERNAME":
            raise Refused(1001, "userType is not USERNAME")
        person = self.person(value["user"])
        found = offered(person) if person else []
        if not found:
            raise Refused(3002)
        return {"twoFactorMethod": MODES[found[0].remote["auth"][0]][1]}

    def revoke(self, value, headers, path):
        self.grant(headers)
        grant = (self.tokens.by_refresh if value["tokenType"] == 1 else self.tokens.by_access).get(value["token"])
        if value["tokenType"] not in (0, 1) or grant is None:
            raise Refused(1001, "tokenType or token is wrong")
        if value["tokenType"] == 1:
            self.tokens.revoke(grant.family)
        grant.access_until = 0.0
        return {}

    # credentials

    def list(self, value, headers, path):
        self.world.count("listings")
        person = self.whose(value, headers)
        wanted = value.get("searchConditions", {})
        if set(wanted) - {"certificateStatus", "certificatePurpose"}:
            raise Refused(1001, "searchConditions holds unknown fields")
        found = [c for c in offered(person) if wanted.get("certificateStatus", "ALL") in ("ALL", STATUS[c.status_now()])]
        return {"certs": [self.item(c, value) for c in found]}

    def item(self, credential, value):
        cert, certificates = credential.certificate, value.get("certificates", "single")
        if certificates not in ("none", "single", "chain"):
            raise Refused(1001, "certificates is none of none, single, chain")
        item = {"credentialID": credential.cert_id, "status": STATUS[credential.status_now()], "purpose": "SIGNING",
                "version": 3, "multisign": credential.remote["multisign"],
                "remainingSigningCounter": self.remaining(credential),
                "thumbprint": cert.fingerprint(pki.hashes.SHA1()).hex()}
        if certificates != "none":
            certs = [cert] + ([self.vault.ca, self.vault.root] if certificates == "chain" else [])
            item["certificates"] = [base64.b64encode(pki.der(c)).decode() for c in certs]
        if value.get("certInfo") or value.get("certInfoEnabled"):
            item.update({"issuerDN": cert.issuer.rfc4514_string(), "subjectDN": cert.subject.rfc4514_string(),
                         "serialNumber": credential.serial, "validFrom": stamp(cert.not_valid_before),
                         "validTo": stamp(cert.not_valid_after)})
        if value.get("authInfo") or value.get("authInfoEnabled"):
            item["authorizationPhone"] = "09xxxxx" + credential.serial[-3:]
        return item

    def remaining(self, credential):
        used = sum(t.paid for t in self.world.transactions.all()
                   if t.service == "rssp" and t.credential is credential)
        return max(0, self.world.switches["rssp_signing_counter"] - used)

    def info(self, value, headers, path):
        _, credential = self.credential(value, headers)
        mode = MODES[credential.remote["auth"][0]][0]
        algorithms = schemes.EC_ALGORITHMS if credential.curve else schemes.RSA_ALGORITHMS
        return {"cert": self.item(credential, value), "authMode": mode, "authModes": [mode],
                "key": {"status": "enabled", "algo": [oid for oid in algorithms if oid != schemes.PSS],
                        "len": credential.key.key_size},
                "SCAL": int(credential.remote["scal"]), "multisign": credential.remote["multisign"],
                "remainingSigningCounter": self.remaining(credential), "sharedMode": "PRIVATE_MODE",
                "contractExpirationDate": stamp(credential.certificate.not_valid_after)}

    # permissions

    def send_otp(self, value, headers, path):
        person, credential = self.credential(value, headers)
        if credential.remote["auth"] != ["online"]:
            raise Refused(1001, "sendOTP for a credential without a code that is sent")
        factors.send_code(self.world, person, credential)
        self.sent[credential.cert_id] = str(uuid.uuid4())
        return {"responseID": self.sent[credential.cert_id]}

    def authorize(self, value, headers, path):
        person, credential = self.credential(value, headers)
        if credential.status_now() != "VALID":
            raise Refused(3016)
        self.check_mode(value)
        count = value["numSignatures"]
        if count < 1:
            raise Refused(1001, "numSignatures is less than 1")
        if count > credential.remote["multisign"]:
            raise Refused(3015, "numSignatures is more than multisign")
        hashes, _ = self.digests(value) if "documentDigests" in value else ([], None)
        if not hashes and credential.remote["scal"] == "2":
            raise Refused(1001, "documentDigests is missing, which SCAL 2 needs")
        if len(hashes) > count:
            raise Refused(3015, "more hashes than numSignatures")
        if self.remaining(credential) < count:
            raise Refused(3017)
        self.check_code(value, person, credential, path)
        channel = "phone" if credential.remote["auth"] == ["app"] else "direct"
        text = value.get("message") or value.get("notificationMessage", "")
        transaction = self.permissions.open("v2", person, credential, count, hashes, channel, text)
        self.world.changed.wait_for(lambda: transaction.state != "waiting" or self.world.stopping.is_set())
        if transaction.state != "approved":
            raise Refused({"rejected": 3018, "expired": 3019}.get(transaction.state, 5000))
        return {"SAD": self.permissions.give(transaction), "expiresIn": int(self.world.switches["rssp_sad_seconds"]),
                "remainingCounter": factors.tries_left(self.world, credential), "tempLockoutDuration": 0}

    def check_mode(self, value):
        if value.get("operationMode", "S") != "S":
            raise Refused(1001, "operationMode is not S")
        if value.get("validityPeriod", 1) < 1:
            raise Refused(1001, "validityPeriod is not positive")

    def check_code(self, value, person, credential, path):
        factor, code = credential.remote["auth"][0], value.get("authorizeCode")
        if factor == "app":
            if code:
                raise Refused(1001, "authorizeCode was sent, which the phone app does not need")
            return
        if not code:
            raise Refused(1001, "authorizeCode is missing")
        if factor == "online" and value.get("requestID") != self.sent.get(credential.cert_id, ""):
            raise Refused(3010, "requestID is not the responseID of sendOTP")
        try:
            factors.check(self.world, person, credential, {"pin" if factor == "pin" else "otp": code})
        except factors.WrongFactor as wrong:
            raise Refused(3011 if wrong.locked else 3010, "a one-time code was used twice" if wrong.reused else None,
                          remainingCounter=factors.tries_left(self.world, credential),
                          tempLockoutDuration=factors.seconds_locked(credential)) from None

    def digests(self, value):
        """(hashes, name of their algorithm)."""
        found = value["documentDigests"]
        if set(found) != {"hashes", "hashAlgorithmOID"}:
            raise Refused(1001, "documentDigests is not {hashes, hashAlgorithmOID}")
        name = schemes.HASH_OIDS.get(found["hashAlgorithmOID"])
        if name is None:
            raise Refused(3020, "hashAlgorithmOID is none of SHA-256, SHA-384, SHA-512")
        try:
            hashes = csc_check.digests(found["hashes"], "hashes")
            csc_check.lengths(hashes, name)
        except csc_check.Refused as problem:
            raise Refused(1001, problem.sentence) from None
        return hashes, name

    def sad(self, value, credential):
        try:
            return self.permissions.find(value["SAD"], credential)
        except BadSad as problem:
            raise Refused(*SAD_ERRORS[problem.kind]) from None

    def extend(self, value, headers, path):
        _, credential = self.credential(value, headers)
        sad = self.sad(value, credential)
        hashes, _ = self.digests(value)
        try:
            token = self.permissions.extend(sad, hashes)
        except BadSad as problem:
            raise Refused(*SAD_ERRORS[problem.kind]) from None
        return {"SAD": token, "expiresIn": int(self.world.switches["rssp_sad_seconds"])}

    # signatures

    def sign_hash(self, value, headers, path):
        _, credential = self.credential(value, headers)
        self.check_mode(value)
        sad = self.sad(value, credential)
        hashes, name = self.digests(value)
        scheme = self.scheme(value, credential, name)
        if credential.status_now() != "VALID":
            raise Refused(3016)
        if self.remaining(credential) < len(hashes) or not self.world.pack_allows(len(hashes)):
            raise Refused(3017)
        try:
            documents = self.permissions.choose(sad, hashes)
        except BadSad as problem:
            raise Refused(*SAD_ERRORS[problem.kind]) from None
        for document in documents:
            document.scheme = scheme
        self.world.sign(sad.transaction, documents)
        self.world.touch(phone=True)
        return {"signatures": self.texts(credential, documents, scheme),
                "remainingSigningCounter": self.remaining(credential)}

    def texts(self, credential, documents, scheme):
        made = Batch.of(self.world, credential, documents, scheme)
        return [text for _, text in spoilt_signatures(self.world.switches, self.vault, made)]

    def scheme(self, value, credential, name):
        kind, fixed = schemes.ALGORITHMS.get(value["signAlgo"], (None, None))
        if kind is None or (kind == "ecdsa") != bool(credential.curve) or kind == "pss":
            raise Refused(3020, "signAlgo is not one of the credential's")
        if fixed is not None and fixed != name:
            raise Refused(3020, "signAlgo and hashAlgorithmOID contradict each other")
        if "signAlgoParams" not in value:
            return schemes.Scheme(kind, name)
        if kind != "pkcs1" or value["signAlgoParams"] != PSS_PARAMS:
            raise Refused(3020, f"signAlgoParams is not {PSS_PARAMS} beside an RSA algorithm")
        return schemes.Scheme("pss", name, schemes.HASHES[name].digest_size)


def agreement(person):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "rssp:" + person.user_id))


def offered(person):
    """Credentials with one factor that this service knows."""
    return [c for c in person.credentials if len(c.remote["auth"]) == 1 and c.remote["auth"][0] in MODES]


def stamp(moment):
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def lock_left(person):
    return max(0, int(person.locked_until - time.monotonic() + 0.999))
