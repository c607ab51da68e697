# SPDX-License-Identifier: Apache-2.0
"""VNPT SmartCA OAuth, the CSC-like service: bearer tokens, credentials, hashes in base64, tranStatus."""
import base64
import re
import time
import uuid

from . import pki, spoil, strict
from .faults import Reply, json_reply
from .tokens import Tokens
from .transactions import Document, Transaction, iso
from .vnpt_oauth_login import Login

BASE = "/gwsca"
CLIENT_ID = "0000-000000000000000002.apps.smartcaapi.com"
CLIENT_SECRET = "bi-mat-thu-nghiem & =+%"
LOCALE = re.compile(r"^/(?:vi|en)(?=/)")
RSA_NAMES = ["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11"]
CREDENTIAL_ID = {"credentialId": (str, True)}
SHAPES = {
    "/identityapi/userinfo/info": {},
    "/csc/credentials/list": {},
    "/csc/credentials/info": {**CREDENTIAL_ID, "certificates": (str, True), "certInfo": (bool, False),
                              "authInfo": (bool, False)},
    "/csc/signature/signhash": {**CREDENTIAL_ID, "refTranId": (str, True, 100), "notifyUrl": (str, False),
                                "description": (str, False, 500), "datas": (list, True)},
    "/csc/credentials/gettraninfo": {"tranId": (str, True)},
}
DATA = {"name": (str, True, 255), "hash": (str, True)}
LENGTHS = {"sha256": (32,), "by-length": (32, 48, 64)}
STATUSES = {1: "SUCCESS", 4000: "WAITING_FOR_SIGNER_CONFIRM", 4001: "EXPIRED", 4002: "SIGNER_REJECTED",
            4003: "AUTHORIZE_KEY_FAILED", 4004: "SIGN_FAILED"}
ERRORS = {
    30000: "Input is invalid", 50000: "Internal error", 60000: "Credential does not exist",
    60001: "Credential is not of this identity", 60002: "No result", 60003: "Credential status is invalid",
    61000: "Key assignment failed", 62000: "Transaction not found",
    62001: "Transaction is of another identity", 62002: "Transaction has expired",
    62003: "Transaction is not waiting", 62010: "Request data is malformed",
    63000: "Signer authentication failed", 63001: "Hash signer could not be made", 63002: "Upload failed",
    64000: "File type is not supported", 64001: "Generation failed",
    64002: "Acceptance transaction already exists", 65000: "Service pack is exceeded or invalid",
    1: "User rejected", 2: "Unknown", 3: "Device not found", 4: "Key challenge cannot be signed",
    5: "PIN is wrong", 6: "KAK is missing", 7: "PIN is missing", 8: "Token has expired",
}


class Refused(Exception):
    def __init__(self, code):
        super().__init__(ERRORS.get(code, "Error"))
        self.code = code


class VnptOauth:
    name = "vnpt-smartca-oauth"
    base = BASE

    def __init__(self, world, vault):
        self.world, self.vault = world, vault
        self.tokens = Tokens(world)
        self.login = Login(self.name, world, self.tokens, CLIENT_ID, CLIENT_SECRET)
        self.calls = {"/identityapi/userinfo/info": self.user, "/csc/credentials/list": self.listing,
                      "/csc/credentials/info": self.info, "/csc/signature/signhash": self.signhash,
                      "/csc/credentials/gettraninfo": self.transaction_info}

    def describe(self):
        return {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "scope": "sign offline_access",
                "redirect_uri": "http://127.0.0.1:*/*"}

    def account(self, person):
        if self.world.persons.find(person.user_id, self.name) is None:
            return None
        return {"username": person.user_id, "password": person.password,
                "credentials": {c.id: c.cert_id for c in person.credentials}}

    def short_path(self, path):
        return LOCALE.sub("", path[len(BASE):], count=1)

    def handle(self, request):
        path = request.path.partition("?")[0]
        short = self.short_path(path)
        if short == "/auth/authorize" and request.method in ("GET", "POST"):
            return self.login.authorize(request)
        if short == "/auth/token":
            return self.login.token(request)
        if short not in self.calls:
            self.world.violation(path, "there is no such call")
            return json_reply(404, {"code": 404, "codeDesc": "NOT_FOUND", "message": None, "content": None})
        if request.method != "POST":
            self.world.violation(path, f"{request.method} was used; this call is a POST")
            return Reply(405, b"", {"Allow": "POST"})
        try:
            return self.resource(request, path, short)
        except Refused as refused:
            http = 200 if self.world.switches["error_http"] == "200" else 400
            return self.envelope(refused.code, None, str(refused), http)

    def resource(self, request, path, short):
        with self.world.changed:
            self.world.act_due()
            grant, problem = self.tokens.bearer(request.headers)
            if grant is None:
                return self.unauthorized(path, problem)
            value = self.body(request, path, short)
            forced = self.world.switches["oauth_error_code"]
            if forced and re.search(self.world.switches["oauth_error_path"], path):
                raise Refused(forced)
            return self.calls[short](grant.person, value, path)

    def unauthorized(self, path, problem):
        self.world.count("refused_tokens")
        if problem == "missing":
            self.world.violation(path, "there is no bearer token")
        return Reply(401, b"", {"WWW-Authenticate": 'Bearer error="invalid_token"'})

    def body(self, request, path, short):
        said = strict.headers(request.headers, request.body)
        value = {}
        try:
            value = strict.parse(request.body)
        except strict.BadBody as problem:
            said.append(str(problem))
        ignore = self.world.switches["unknown_fields"] == "ignore"
        if not said:
            said = strict.shape(value, SHAPES[short], ignore)
        if not said and short.endswith("signhash"):
            said = check_datas(value["datas"], self.world.switches, ignore)
        if not said and value.get("certificates", "none") not in ("none", "single", "chain"):
            said = ["certificates is none of none, single, chain"]
        for sentence in said:
            self.world.violation(path, sentence)
        if said:
            raise Refused(62010 if "/signature/" in short else 30000)
        return value

    def envelope(self, code, content, message=None, http=200, desc=None):
        return json_reply(http, {"code": self.number(code), "codeDesc": desc, "message": message,
                                 "content": content})

    def done(self, content, message=None):
        return self.envelope(self.world.switches["oauth_success_code"], content, message)

    def number(self, value):
        return str(value) if self.world.switches["oauth_numbers"] == "string" else value

    # who and what

    def user(self, person, value, path):
        return self.done({"accType": self.number(0), "uidPre": "CCCD", "uid": person.user_id,
                          "email": f"{person.user_id}@example.vn", "phone": "0900000000"})

    def listing(self, person, value, path):
        self.world.count("listings")
        return self.done([c.cert_id for c in person.credentials])

    def credential(self, person, credential_id):
        for one in self.world.persons.by_id.values():
            for credential in one.credentials:
                if credential.cert_id == credential_id:
                    if one is not person:
                        raise Refused(60001)
                    return credential
        raise Refused(60000)

    def info(self, person, value, path):
        credential = self.credential(person, value["credentialId"])
        switches = self.world.switches
        content = {
            "key": {"status": switches["key_status"].upper(), "alg": RSA_NAMES,
                    "len": self.number(credential.definition["bits"])},
            "cert": {"certificates": self.certificates(credential, value["certificates"])},
        }
        if value.get("certInfo"):
            content["cert"].update(self.certificate_facts(credential))
        if value.get("authInfo"):
            content.update(authMode="oauth2code")
        content.update(scal="SCAL2", multisign=self.number(switches["max_documents"]),
                       servicePacks=[{"id": "1", "name": credential.definition["service_name"]}],
                       defaultServicePackId="1", signType=self.number(0))
        return json_reply(200, content) if switches["oauth_info_form"] == "root" else self.done(content)

    def certificates(self, credential, wanted):
        chain = [credential.certificate, self.vault.ca, self.vault.root]
        crlf = "inside" if self.world.switches["cert_crlf"] else "none"
        kept = {"none": 0, "single": 1, "chain": len(chain)}[wanted]
        return [spoil.base64_lines(pki.der(cert), crlf) for cert in chain[:kept]]

    def certificate_facts(self, credential):
        cert = credential.certificate
        return {"status": credential.status_now(), "serialNumber": credential.serial,
                "subjectDN": pki.name_text(credential.definition["subject"]),
                "issuerDN": cert.issuer.rfc4514_string(),
                "validFrom": cert.not_valid_before.strftime("%Y%m%d%H%M%SZ"),
                "validTo": cert.not_valid_after.strftime("%Y%m%d%H%M%SZ")}

    # signing

    def signhash(self, person, value, path):
        credential = self.credential(person, value["credentialId"])
        switches = self.world.switches
        if credential.status_now() != "VALID" or switches["key_status"] == "disabled":
            raise Refused(60003)
        known = [t for t in self.world.transactions.all() if t.service == self.name]
        if any(t.client_ref == value["refTranId"] for t in known):
            self.world.violation(path, "refTranId was used before", refused=False)
        if len({d["name"] for d in value["datas"]}) != len(value["datas"]):
            self.world.violation(path, "a name stands twice in datas", refused=False)
        if not self.world.pack_allows(len(value["datas"])):
            raise Refused(65000)
        credential.key  # made now, not while the lock is held for an approval
        transaction = Transaction(
            service=self.name, version="oauth", channel="phone", transaction_id=str(uuid.uuid4()),
            person=person, credential=credential, description=value.get("description", ""),
            documents=[Document(d["name"], base64.b64decode(d["hash"])) for d in value["datas"]],
            deadline=time.monotonic() + switches["confirm_seconds"], client_ref=value["refTranId"])
        self.world.open_transaction(transaction)
        return self.done({"tranId": transaction.transaction_id}, "Đang chờ người ký xác nhận")

    def transaction_info(self, person, value, path):
        self.world.count("polls")
        transaction = self.world.transactions.find(value["tranId"])
        if transaction is None or transaction.service != self.name:
            raise Refused(62000)
        if transaction.person.user_id != person.user_id:
            raise Refused(62001)
        transaction.polls += 1
        self.world.touch()
        switches = self.world.switches
        if transaction.state == "expired" and switches["expire_form"] == "http-400":
            raise Refused(62002)
        status = self.status(transaction)
        content = {
            "refTranId": transaction.client_ref, "tranId": transaction.transaction_id,
            "sub": transaction.person.user_id, "credentialId": transaction.credential.cert_id,
            "tranType": self.number(3), "tranTypeDesc": "SIGNHASH", "tranStatus": self.number(status),
            "tranStatusDesc": STATUSES.get(status, "UNKNOWN"), "reqTime": iso(transaction.created),
            "documents": self.documents(transaction),
        }
        if content["documents"] is None and switches["pending_form"] == "absent":
            del content["documents"]
        return self.done(content)

    def status(self, transaction):
        switches = self.world.switches
        if switches["oauth_tran_status"] >= 0:
            return switches["oauth_tran_status"]
        late = 4000 if switches["expire_form"] == "never" else 4001
        return {"waiting": 4000, "approved": 1, "rejected": 4002, "expired": late,
                "unsigned": switches["oauth_failed_status"]}[transaction.state]

    def documents(self, transaction):
        switches = self.world.switches
        if transaction.state == "approved":
            pairs = spoil.signatures(switches, self.vault, transaction)
        else:
            form = switches["pending_form"]
            if form in ("absent", "data-null"):
                return None
            value = "" if form == "empty-value" else None
            pairs = [] if form == "empty" else [[d.doc_id, value] for d in transaction.documents]
        hashes = {d.doc_id: base64.b64encode(d.digest).decode() for d in transaction.documents}
        return [self.document(name, hashes.get(name), value) for name, value in pairs]

    def document(self, name, digest, signature):
        field = self.world.switches["oauth_sig_field"]
        return {"name": name, "type": None, "size": None, "data": None, "hash": digest,
                "sig": None if field == "dataSigned" else signature,
                "dataSigned": None if field == "sig" else signature, "url": None}


def check_datas(datas, switches, ignore):
    if len(datas) > switches["max_documents"]:
        return [f"datas has more than {switches['max_documents']} items"]
    said = []
    for at, item in enumerate(datas):
        found = strict.shape(item, DATA, ignore)
        found = found or strict.base64_digest("hash", item["hash"], LENGTHS[switches["hashes"]])
        said += [f"datas[{at}]: {sentence}" for sentence in found]
    return said
