# SPDX-License-Identifier: Apache-2.0
"""MySign's CSC-v1 flavour: log-in by vtss, documents beside the hashes, authorize waits for the app.

Calls that nobody has seen there (info, auth/login, sendOTP) are not there; what is not said of a field is as in CSC 1.0.4.
registerExtension is for a person and a client: until it is over extendTransaction makes a new SAD for other documents.
"""
import time

from . import csc_check as check
from . import mysign_check
from .csc_check import bad, refused
from .csc_v1 import DATA, ID, CscV1
from .mysign import CLIENT_ID, CLIENT_SECRET, PROFILE_ID

FORMS = {"iso": "%Y-%m-%dT%H:%M:%S.000+0000", "plain": "%Y-%m-%d %H:%M:%S", "strange": "%d/%m/%Y %H:%M"}
CALLS = ("credentials/list", "credentials/info", "credentials/authorize", "credentials/extendTransaction",
         "signatures/signHash")
DOCUMENT = {"document_id": (str, True), "document_name": (str, True, mysign_check.TEXT_BELOW - 1)}


class MySignCsc(CscV1):
    name = "csc-mysign"
    base = "/mysign/vtss/service/ras"
    bases = [base + "/csc"]
    calls = {name: CscV1.calls[name] for name in CALLS}
    calls["credentials/authorize"] = ("authorize", True, {
        **ID, "numSignatures": (int, True), "documents": (list, True), "hash": (list, True),
        "description": (str, True, mysign_check.TEXT_BELOW - 1), **DATA})
    calls["credentials/extendTransaction"] = ("extend", True, {
        **CscV1.calls["credentials/extendTransaction"][2], "hash": (list, True), "documents": (list, True),
        "numSignatures": (int, True), "hashAlgo": (str, True), "signAlgo": (str, True)})
    calls["credentials/registerExtension"] = ("register", True, {
        "credential_id": (str, True), "SAD": (str, True), "duration": (int, True)})
    calls["signatures/signHash"] = ("sign_hash", True, {
        **CscV1.calls["signatures/signHash"][2], "documents": (list, True)})

    def __init__(self, world, vault, mysign):
        super().__init__(world, vault)
        self.mysign, self.tokens = mysign, mysign.tokens
        self.extensions = {}

    def describe(self):
        return {"base": self.api, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "profile_id": PROFILE_ID}

    def person(self, user_id):
        return self.world.persons.find(user_id, self.mysign.name)

    def whose(self, call):
        if call.value.get("userID") != call.grant.scope:
            raise bad("Invalid parameter userID", "userID is not that of the log-in")
        return call.grant.person

    def credential(self, call):
        for credential in self.mysign.identity(call.grant.scope)[1]:
            if credential.cert_id == call.value["credentialID"]:
                return call.grant.person, credential
        raise refused("Invalid parameter credentialID")

    def documents(self, call):
        found, hashes = call.value["documents"], call.value["hash"]
        if len(found) != len(hashes):
            raise bad("Invalid parameter documents", "documents and hash do not agree in number")
        for document in found:
            if not isinstance(document, dict):
                raise bad("Invalid parameter documents", "documents holds something else than objects")
            check.shape(document, DOCUMENT, self.world.switches["unknown_fields"] == "ignore")
            self.encoded("document_name", document["document_name"])
        if len({document["document_id"] for document in found}) != len(found):
            raise bad("Invalid parameter documents", "a document_id stands twice")

    @staticmethod
    def encoded(name, text):
        said = mysign_check.encoded(name, text)
        if said:
            raise bad(f"Invalid parameter {name}", said[0])

    def authorize(self, call):
        self.documents(call)
        self.encoded("description", call.value["description"])
        call.value["description"] = mysign_check.decoded(call.value["description"])
        if self.world.switches["mysign_unasked"] == "authorize" and self.extended(call):
            return self.unasked(call)
        return super().authorize(call)

    def extended(self, call):
        until, counters = self.extensions.get(call.grant.scope, (0.0, None))
        return counters is self.world.counters and self.world.now() < until  # a reset ends it

    def unasked(self, call):
        """A SAD for these documents, for which nobody is asked."""
        person, credential = self.credential(call)
        self.usable(credential)
        hashes = check.digests(call.value["hash"], "hash")
        if call.value["numSignatures"] != len(hashes):
            raise bad("Invalid value for parameter numSignatures")
        self.world.count("unasked")
        return self.sad_reply(self.permissions.open(self.version, person, credential, len(hashes), hashes, "direct"))

    def given_sad(self, call, credential):
        """One that was given and not replaced; it may be spent already, as programs use it."""
        sad = self.permissions.by_token.get(call.value["SAD"])
        known = sad is not None and self.world.transactions.find(sad.transaction.transaction_id) is not None
        if not known or sad.replaced or sad.transaction.credential is not credential:
            raise refused("Invalid parameter SAD")
        if time.monotonic() >= sad.until:
            raise refused("SAD expired")
        return sad

    def register(self, call):
        call.value["credentialID"] = call.value["credential_id"]
        _, credential = self.credential(call)
        self.given_sad(call, credential)
        if call.value["duration"] < 1:
            raise bad("Invalid parameter duration")
        if self.extended(call):
            raise refused("The user ID is already registered for transaction extend", "60110")
        until = self.world.now() + call.value["duration"] * self.world.switches["mysign_duration_seconds"]
        self.extensions[call.grant.scope] = (until, self.world.counters)
        self.world.count("extensions")
        reply = {"user_id": call.grant.scope, "app_id": CLIENT_ID}
        form = self.world.switches["mysign_expire_form"]
        if form in FORMS:
            reply["expire_date"] = time.strftime(FORMS[form], time.gmtime(until))
        elif form == "epoch":
            reply["expire_date"] = int(until * 1000)
        return reply

    def extend(self, call):
        self.documents(call)
        if not self.extended(call):
            return super().extend(call)
        _, credential = self.credential(call)
        sad = self.given_sad(call, credential)
        reply = self.unasked(call)
        sad.replaced = True
        return reply

    def sign_hash(self, call):
        self.documents(call)
        return super().sign_hash(call)
