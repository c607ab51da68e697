# SPDX-License-Identifier: Apache-2.0
"""MySign's CSC-v1 flavour: log-in by vtss, documents beside the hashes, authorize waits for the app.

Calls that nobody has seen there (info, auth/login, sendOTP) are not there; what is not said of a field is as in CSC 1.0.4.
"""
from . import csc_check as check
from . import mysign_check
from .csc_check import bad, refused
from .csc_v1 import DATA, ID, CscV1
from .mysign import CLIENT_ID, CLIENT_SECRET, PROFILE_ID

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
    calls["signatures/signHash"] = ("sign_hash", True, {
        **CscV1.calls["signatures/signHash"][2], "documents": (list, True)})

    def __init__(self, world, vault, mysign):
        super().__init__(world, vault)
        self.mysign, self.tokens = mysign, mysign.tokens

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
        return super().authorize(call)

    def sign_hash(self, call):
        self.documents(call)
        return super().sign_hash(call)
