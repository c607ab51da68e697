# SPDX-License-Identifier: Apache-2.0
"""Viettel MySign, the "vtss" service: login, certificates/info, signHash, requests/status."""
import base64
import collections
import hmac
import re
import time
import uuid

from . import mysign_check, pki, spoil, strict
from .faults import Reply, json_reply
from .tokens import Tokens
from .transactions import Document, Transaction

BASE = "/mysign"
LOGIN = "/vtss/service/ras/v1/login"
CLIENT_ID = "samples_test_client"
CLIENT_SECRET = "bi-mat-thu-nghiem-viettel"
PROFILE_ID = mysign_check.PROFILES[0]
PHONE_SECONDS = 120
ERRORS = {
    "58007": "Client is not known", "58008": "User is not known", "59033": "User or password is wrong",
    "86024": "Client secret is wrong", "86002": "TLS client certificate is revoked",
    "60110": "Extension is registered already", "invalid_token": "The access token is not valid",
    "60000": "Credential is not known", "62000": "Transaction is not known",
    "4001": "Time is over", "4002": "The user refused", "4004": "Signing failed",
    "4005": "Out of quota or balance", "13004": "The certificate is expired or revoked",
    "50000": "Internal error",
}
UNAUTHORIZED = ("59033", "invalid_token")
MESSAGES = {**ERRORS, "0": "Waiting", "1": "Done", "4000": "Waiting for the user", "6000": "Signing"}
KEY_NAMES = ["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11"]


class Refused(Exception):
    def __init__(self, error, text=None):
        super().__init__(text or ERRORS.get(error, "Error"))
        self.error = error


def same(one, other):
    return hmac.compare_digest(one.encode(), other.encode())


def subject_id(credential):
    """CCCD:... of a person, MST:... of an organisation."""
    return dict(credential.definition["subject"]).get("UID", "")


class MySign:
    name = "viettel-mysign"
    base = BASE

    def __init__(self, world, vault):
        self.world, self.vault = world, vault
        self.tokens = Tokens(world)
        self.signing_polls = collections.Counter()
        self.calls = {"/vtss/service/certificates/info": self.certificates,
                      "/vtss/service/signHash": self.sign_hash,
                      "/vtss/service/requests/status": self.status}

    def describe(self):
        return {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "profile_id": PROFILE_ID}

    def account(self, person):
        if self.world.persons.find(person.user_id, self.name) is None:
            return None
        found = {f"CMT_{person.user_id}": {}}
        for credential in person.credentials:
            kind, _, number = subject_id(credential).partition(":")
            user_id = f"MST_{number}" if kind == "MST" else f"CMT_{person.user_id}"
            found.setdefault(user_id, {})[credential.id] = credential.cert_id
        return {"user_ids": list(found), "credentials": found}

    def identity(self, user_id):
        """(person, credentials): an organisation's are listed under MST_, a person's otherwise."""
        kind, _, number = user_id.rpartition("_")
        if kind == "MST":
            for person in self.world.persons.by_id.values():
                owned = [c for c in person.credentials if subject_id(c) == f"MST:{number}"]
                if owned and self.world.persons.find(person.user_id, self.name):
                    return person, owned
            return None, []
        person = self.world.persons.find(number, self.name)
        owned = person.credentials if person else []
        return person, [c for c in owned if not subject_id(c).startswith("MST:")]

    def short_path(self, path):
        return path[len(BASE):]

    def handle(self, request):
        path = request.path.partition("?")[0]
        short = self.short_path(path)
        if short != LOGIN and short not in self.calls:
            self.world.violation(path, "there is no such call")
            return json_reply(404, {"error": "404", "error_description": "Not Found"})
        if request.method != "POST":
            self.world.violation(path, f"{request.method} was used; every call is a POST")
            return Reply(405, b"", {"Allow": "POST"})
        try:
            with self.world.changed:
                self.world.act_due()
                return self.call(request, path, short)
        except Refused as refused:
            status = 401 if refused.error in UNAUTHORIZED else 400
            return json_reply(status, {"error": refused.error, "error_description": str(refused)})

    def call(self, request, path, short):
        if short == LOGIN:
            if request.headers.get("Authorization"):
                self.world.violation(path, "an Authorization header was sent to login", refused=False)
            return self.login(self.body(request, path, short))
        grant, problem = self.tokens.bearer(request.headers)
        if grant is None:
            self.world.count("refused_tokens")
            if problem == "missing":
                self.world.violation(path, "there is no bearer token")
            raise Refused("invalid_token")
        return self.calls[short](grant, self.body(request, path, short), path)

    def body(self, request, path, short):
        said = strict.headers(request.headers, request.body)
        value = {}
        try:
            value = strict.parse(request.body)
        except strict.BadBody as problem:
            said.append(str(problem))
        said = said or mysign_check.request(short, value, self.world.switches)
        for sentence in said:
            self.world.violation(path, sentence)
        if said:
            raise Refused("invalid_request", said[0])
        self.check_client(value)
        forced = self.world.switches["mysign_error_code"]
        if forced and re.search(self.world.switches["mysign_error_path"], path):
            raise Refused(forced)
        return value

    def check_client(self, value):
        if "client_id" in value and not same(value["client_id"], CLIENT_ID):
            raise Refused("58007")
        if "client_secret" in value and not same(value["client_secret"], CLIENT_SECRET):
            raise Refused("86024")

    def number(self, value):
        return value if self.world.switches["mysign_numbers"] == "number" else str(value)

    # who

    def login(self, value):
        person, _ = self.identity(value["user_id"])
        if person is None:
            raise Refused("58008")
        if person.locked():
            raise Refused("59033")
        seconds = self.world.switches["mysign_token_seconds"]
        grant = self.tokens.issue(person, CLIENT_ID, value["user_id"], seconds)
        self.world.count("logins")
        return json_reply(200, {"access_token": grant.access, "refresh_token": "", "token_type": "bearer",
                                "expires_in": self.number(int(seconds))})

    def certificates(self, grant, value, path):
        self.world.count("listings")
        if value["user_id"] != grant.scope:
            self.world.violation(path, "the token is that of another user_id")
            raise Refused("invalid_token")
        return json_reply(200, [self.item(c, value) for c in self.identity(grant.scope)[1]])

    def item(self, credential, value):
        switches = self.world.switches
        chain = [credential.certificate, self.vault.ca, self.vault.root]
        crlf = "inside" if switches["cert_crlf"] else "none"
        kept = chain[:{"none": 0, "single": 1, "chain": 3}[value["certificates"]]]
        item = {
            "credential_id": credential.cert_id, "description": credential.holder,
            "key": {"status": switches["key_status"], "algo": KEY_NAMES,
                    "len": self.number(credential.definition["bits"]), "curve": None},
            "cert": {"certificates": [spoil.base64_lines(pki.der(cert), crlf) for cert in kept]},
            "multisign": self.number(2147483647), "scal": self.number(2),
        }
        if value["certInfo"]:
            item["cert"].update(self.facts(credential))
        if value["authInfo"]:
            item["authMode"] = "implicit"
        return item

    def facts(self, credential):
        cert = credential.certificate
        decimal = self.world.switches["mysign_serial"] == "decimal"
        return {"status": credential.status_now().lower(), "issuerDN": cert.issuer.rfc4514_string(),
                "serialNumber": str(cert.serial_number) if decimal else credential.serial,
                "subjectDN": pki.name_text(credential.definition["subject"]),
                "validFrom": cert.not_valid_before.strftime("%Y%m%d%H%M%S+0000"),
                "validTo": cert.not_valid_after.strftime("%Y%m%d%H%M%S+0000")}

    # signing

    def sign_hash(self, grant, value, path):
        owned = self.identity(grant.scope)[1]
        credential = next((c for c in owned if c.cert_id == value["credentialID"]), None)
        if credential is None:
            raise Refused("60000")
        if len({d["document_id"] for d in value["documents"]}) != len(value["documents"]):
            self.world.violation(path, "a document_id stands twice", refused=False)
        transaction = self.opened(grant, credential, value)
        if value["async"] != 0:
            return json_reply(200, {"transactionId": transaction.transaction_id})
        self.world.changed.wait_for(lambda: not self.pending(transaction))
        return self.synchronous(transaction)

    def pending(self, transaction):
        """Still on the phone: neither decided, nor forgotten by a reset, nor is this the end."""
        return (transaction.state == "waiting" and not self.world.stopping.is_set()
                and self.world.transactions.find(transaction.transaction_id) is transaction)

    def opened(self, grant, credential, value):
        """Who cannot sign is not asked: the transaction has failed when it is opened."""
        failure = None
        if credential.status_now() != "VALID" or self.world.switches["key_status"] == "disabled":
            failure = "13004"
        elif not self.world.pack_allows(len(value["hash"])):
            failure = "4005"
        else:
            credential.key  # made now, not while the lock is held for an approval
        names = [mysign_check.decoded(d["document_name"]) for d in value["documents"]]
        transaction = Transaction(
            service=self.name, version="vtss", channel="none" if failure else "phone",
            transaction_id=str(uuid.uuid4()), person=grant.person, credential=credential,
            description=mysign_check.decoded(value["description"]),
            documents=[Document(name, base64.b64decode(h)) for name, h in zip(names, value["hash"])],
            deadline=time.monotonic() + min(self.world.switches["confirm_seconds"], PHONE_SECONDS),
            state="unsigned" if failure else "waiting", failure=failure)
        if failure:
            transaction.finished = transaction.created
        self.world.open_transaction(transaction)
        return transaction

    def synchronous(self, transaction):
        status = self.true_status(transaction)
        if status == "1":
            return json_reply(200, {"signatures": self.signatures(transaction)})
        if transaction.state == "waiting":
            return Reply(503, b"", close=True)
        if self.world.switches["mysign_sync_error"] == "status":
            return json_reply(200, {"status": self.shown(status), "signatures": None})
        raise Refused(status)

    def status(self, grant, value, path):
        self.world.count("polls")
        transaction = self.world.transactions.find(value["transactionId"])
        if transaction is None or transaction.service != self.name \
                or transaction.person.user_id != grant.person.user_id:
            raise Refused("62000")
        transaction.polls += 1
        self.world.touch()
        status = self.world.switches["mysign_status"] or self.still(transaction)
        content = {"status": self.shown(status), "signatures": None,
                   self.world.switches["mysign_message_field"]: MESSAGES.get(status, "")}
        if status == "1" and transaction.state == "approved":
            content["signatures"] = self.signatures(transaction)
        elif self.world.switches["pending_form"] == "absent":
            del content["signatures"]
        elif self.world.switches["pending_form"] == "empty":
            content["signatures"] = []
        return json_reply(200, content)

    def still(self, transaction):
        """The true status, after as many polls with 6000 as a switch says."""
        if transaction.state == "approved":
            self.signing_polls[transaction.transaction_id] += 1
            if self.signing_polls[transaction.transaction_id] <= self.world.switches["mysign_signing_polls"]:
                return "6000"
        return self.true_status(transaction)

    def true_status(self, transaction):
        switches = self.world.switches
        waiting = switches["mysign_pending_status"]
        return {"waiting": waiting, "approved": "1", "rejected": "4002",
                "expired": waiting if switches["expire_form"] == "never" else "4001",
                "unsigned": transaction.failure or switches["mysign_failed_status"]}[transaction.state]

    def shown(self, status):
        whole = self.world.switches["mysign_numbers"] == "number" and status.isdigit()
        return int(status) if whole else status

    def signatures(self, transaction):
        crlf = self.world.switches["mysign_signature_crlf"]
        return [value for _, value in spoil.signatures(self.world.switches, self.vault, transaction, crlf)]
