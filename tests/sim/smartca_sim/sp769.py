# SPDX-License-Identifier: Apache-2.0
"""VNPT SmartCA "sp769": v1 (the phone confirms) and v2 "SmartCA TH" (password and OTP)."""
import hmac
import time
import urllib.parse

from . import pki, sad, sp769_check, sp769_result, spoil, strict
from .faults import Reply
from .persons import STATUSES
from .transactions import Document, Transaction

BASE = "/sca/sp769"
STATUS_PREFIX = "/v1/signatures/sign/"
STATUS_SUFFIX = "/status"


class Refused(Exception):
    """An answer other than success: (status_code, message)."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code, self.message = code, message


class Sp769:
    name = "vnpt-smartca"
    base = BASE

    def __init__(self, world, vault, sp_id, sp_password):
        self.world, self.vault = world, vault
        self.sp_id, self.sp_password = sp_id, sp_password
        self.endpoints = {
            "/v1/credentials/get_certificate": self.listing,
            "/v2/credentials/get_certificate": self.listing,
            "/v1/signatures/sign": self.sign_v1,
            "/v2/signatures/sign": self.sign_v2,
            "/v2/signatures/confirm": self.confirm,
        }

    def describe(self):
        """For services.json: what a client has to know besides the base path."""
        return {"sp_id": self.sp_id, "sp_password": self.sp_password}

    def account(self, person):
        """For persons.json: what this person is called here."""
        return {"user_id": person.user_id}

    def short_path(self, path):
        short = path[len(BASE):]
        return f"{STATUS_PREFIX}{{id}}{STATUS_SUFFIX}" if status_id(short) is not None else short

    def handle(self, request):
        short = request.path[len(BASE):]
        polled = status_id(short)
        if polled is None and short not in self.endpoints:
            self.world.violation(request.path, "there is no such call")
            return self.envelope(404, "Not Found", None)
        if request.method != "POST":
            self.world.violation(request.path, f"{request.method} was used; every call is a POST")
            return Reply(405, b"", {"Allow": "POST"})
        try:
            if polled is not None:
                return self.status(request, polled)
            return self.call(request, short)
        except Refused as refused:
            return self.envelope(refused.code, refused.message, None)

    def call(self, request, short):
        said = sp769_check.headers(request.headers, request.body)
        value = {}
        try:
            value = strict.parse(request.body)
        except strict.BadBody as problem:
            said.append(str(problem))
        if not said:
            said = self.check(value, short)
        if said:
            for sentence in said:
                self.world.violation(request.path, sentence)
            raise Refused(400, "BAD_REQUEST: " + said[0])
        return self.endpoints[short](value, request.path)

    def check(self, value, short):
        switches = self.world.switches
        if short.endswith("get_certificate"):
            return sp769_check.listing(value, switches)
        if short.endswith("confirm"):
            return sp769_check.confirm(value, switches)
        return sp769_check.sign(value, short[1:3], switches)

    def envelope(self, code, message, data):
        return sp769_result.envelope(self.world.switches, code, message, data)

    # who is asking

    def check_sp(self, value):
        right = hmac.compare_digest(value["sp_id"].encode(), self.sp_id.encode())
        right &= hmac.compare_digest(value["sp_password"].encode(), self.sp_password.encode())
        if not right:
            raise Refused(401, "SP_CREDENTIAL_INVALID")

    def person(self, value):
        self.check_sp(value)
        person = self.world.persons.find(value["user_id"], "sp769")
        if person is None:
            raise Refused(400, "no_credential_match_id")
        return person

    def check_password(self, person, value):
        switches = self.world.switches
        if person.locked():
            raise Refused(401, "account_locked")
        if not person.check_password(value["password"], switches["lock_after"], switches["lock_seconds"]):
            self.world.count("wrong_passwords")
            raise Refused(401, "account_locked" if person.locked() else "user_password_invalid")

    def check_otp(self, person, value):
        switches = self.world.switches
        found = person.check_otp(value["otp"], self.world.now(), switches["otp_window"],
                                 switches["otp_reuse"] == "accept")
        if found != "ok":
            self.world.count("wrong_otps")
            raise Refused(switches["otp_code"], "OTP must be verified" if found == "wrong" else "otp_used")

    # listing

    def listing(self, value, path):
        with self.world.changed:
            self.world.count("listings")
            self.check_sp(value)
            person = self.world.persons.find(value["user_id"], "sp769")
            if person is None and self.world.switches["unknown_user"] == "message":
                raise Refused(400, "no_credential_match_id")
            credentials = list(person.credentials) if person else []
            wanted = value.get("serial_number", "")
            if wanted:
                credentials = [c for c in credentials if int(c.serial, 16) == int(wanted, 16)]
                if not credentials and self.world.switches["unknown_user"] == "message":
                    raise Refused(400, "no_credential_match_id")
        items = [self.item(c, value["transaction_id"]) for c in credentials]
        return self.envelope(200, "Success", {"user_certificates": items})

    def item(self, credential, transaction_id):
        switches = self.world.switches
        cert, definition = credential.certificate, credential.definition
        state = credential.status_now()
        forms = {"text": STATUSES[state], "number": int(state == "VALID"),
                 "code": "ACTIVE" if state == "VALID" else state}
        root = self.base64(self.vault.root) if switches["root_cert"] == "present" else None
        item = {
            "service_type": definition["service_type"],
            "service_name": definition["service_name"],
            "cert_id": credential.cert_id,
            "cert_status": forms[switches["cert_status_form"]],
            "cert_status_code": state,
            "serial_number": self.serial(credential),
            "cert_subject": pki.name_text(definition["subject"]),
            "cert_valid_from": cert.not_valid_before.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "cert_valid_to": cert.not_valid_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "cert_data": self.base64(cert),
            "chain_data": {"ca_cert": self.base64(self.vault.ca), "root_cert": root},
            "transaction_id": transaction_id,
        }
        for name in ("service_type", "cert_status_code"):
            if not switches[name]:
                del item[name]
        return item

    def base64(self, cert):
        return spoil.base64_lines(pki.der(cert), "inside" if self.world.switches["cert_crlf"] else "none")

    def serial(self, credential):
        form = self.world.switches["serial_form"]
        if form == "short":
            return credential.serial.lstrip("0")
        return credential.serial.upper() if form == "upper" else credential.serial

    # signing

    def credential(self, person, value, path):
        wanted = value.get("serial_number", "")
        if not person.credentials:
            raise Refused(400, "no_credential_match_id")
        if not wanted:
            self.world.violation(path, "serial_number was not sent", refused=False)
            return person.credentials[0]
        for credential in person.credentials:
            if int(credential.serial, 16) == int(wanted, 16):
                if wanted != self.serial(credential):
                    self.world.violation(path, "serial_number is not the string of the listing",
                                         refused=False)
                return credential
        raise Refused(400, "no_credential_match_id")

    def duplicate(self, value, path):
        """The transaction that already has this id, if any; refusing it is the default."""
        known = self.world.transactions.find(value["transaction_id"])
        if known is None:
            return None
        self.world.violation(path, "transaction_id was used before", refused=False)
        if self.world.switches["duplicate_id"] == "refuse":
            self.world.count("duplicates_refused")
            raise Refused(400, self.world.switches["duplicate_message"])
        return known

    def usable(self, person, value, path):
        credential = self.credential(person, value, path)
        state = credential.status_now()
        if state != "VALID":
            raise Refused(403, f"CREDENTIAL_STATUS_INVALID: {state}")
        if not self.world.pack_allows(len(value["sign_files"])):
            raise Refused(403, "service pack exceeded")
        return credential

    def open(self, person, value, path, version, channel):
        credential = self.usable(person, value, path)
        credential.key  # made now, not while the lock is held for an approval
        name = "sad_seconds" if channel == "confirm" else "confirm_seconds"
        transaction = Transaction(
            service="sp769", version=version, channel=channel,
            transaction_id=value["transaction_id"], person=person, credential=credential,
            description=value.get("transaction_desc", ""),
            documents=[Document(f["doc_id"], bytes.fromhex(f["data_to_be_signed"]), f["file_type"])
                       for f in value["sign_files"]],
            deadline=time.monotonic() + self.world.switches[name])
        self.world.open_transaction(transaction)
        return transaction

    def sign_v1(self, value, path):
        with self.world.changed:
            person = self.person(value)
            transaction = self.duplicate(value, path) or self.open(person, value, path, "v1", "phone")
            return self.accepted(transaction)

    def accepted(self, transaction, **more):
        data = {"transaction_id": transaction.transaction_id, "tran_code": transaction.tran_code, **more}
        if not self.world.switches["sign_tran_code"]:
            del data["tran_code"]
        return self.envelope(200, self.world.switches["sign_message"], data)

    def sign_v2(self, value, path):
        with self.world.changed:
            person = self.person(value)
            known = self.duplicate(value, path)
            if known is not None:
                return self.accepted_v2(known)
            flow = self.world.switches["v2_flow"]
            if not person.is_th:
                if self.world.switches["v2_non_th"] == "refuse":
                    raise Refused(403, "account_does_not_support_otp")
                flow = "app"
            else:
                self.check_password(person, value)
                self.check_otp(person, value)
            transaction = self.open(person, value, path, "v2", "phone" if flow == "app" else "confirm")
            if flow == "signed":
                self.world.finish(transaction, "approved")
                return self.completed(transaction, "Success")
            return self.accepted_v2(transaction)

    def accepted_v2(self, transaction):
        if transaction.channel == "phone":
            return self.accepted(transaction)
        seconds = self.world.switches["sad_seconds"]
        token = sad.make(self.vault.key("sad", 2048), transaction, time.time(), seconds)
        return self.accepted(transaction, sad=token, expired_in=int(seconds))

    def confirm(self, value, path):
        with self.world.changed:
            self.world.act_due()
            person = self.person(value)
            self.check_password(person, value)
            transaction = self.world.transactions.find(value["transaction_id"])
            problem = sad.problem(self.vault.key("sad", 2048), value["sad"], transaction, person, time.time())
            if problem:
                raise Refused(401, problem)
            if transaction.state == "approved" and self.world.switches["confirm_repeat"] == "refuse":
                raise Refused(400, "transaction already confirmed")
            if transaction.state not in ("waiting", "approved"):
                raise Refused(400, f"transaction is {transaction.state}")
            if transaction.state == "waiting":
                self.world.finish(transaction, "approved")
            return self.completed(transaction, "Success")

    def completed(self, transaction, message, **more):
        data = sp769_result.signatures(self.world.switches, self.vault, transaction)
        if message == "Success":
            data["expired_in"] = int(self.world.switches["sad_seconds"])
        return self.envelope(200, message, data)

    # polling

    def status(self, request, polled):
        if request.body:
            for sentence in sp769_check.headers(request.headers, request.body):
                self.world.violation(request.path, sentence, refused=False)
        for sentence in sp769_check.poll(request.body):
            self.world.violation(request.path, sentence, refused=False)
        with self.world.changed:
            self.world.act_due()
            self.world.count("polls")
            transaction = self.lookup(polled)
            if transaction is None:
                return sp769_result.unknown(self.world.switches)
            transaction.polls += 1
            self.world.touch()
            if transaction.state == "approved":
                return self.completed(transaction, "SUCCESS")
            return sp769_result.unfinished(self.world.switches, transaction)

    def lookup(self, polled):
        table, accepted = self.world.transactions, self.world.switches["path_id"]
        found = table.find(polled) if accepted in ("transaction_id", "both") else None
        if found is None and accepted in ("tran_code", "both"):
            found = table.find_code(polled)
        return found


def status_id(short):
    """The id in the path of a poll, or None when the path is another."""
    if short.startswith(STATUS_PREFIX) and short.endswith(STATUS_SUFFIX):
        middle = short[len(STATUS_PREFIX):-len(STATUS_SUFFIX)]
        if middle and "/" not in middle:
            return urllib.parse.unquote(middle)
    return None
