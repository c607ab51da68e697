# SPDX-License-Identifier: Apache-2.0
"""Signature activation data: what one permission still allows. Serves CSC and RSSP.

A permission is a transaction that signs nothing when it is approved. Its documents are the
signatures it allows: with a digest they are pinned to it, without one they take any (SCAL1).
"""
import dataclasses
import secrets
import time
import uuid

from .transactions import Document, Transaction


@dataclasses.dataclass
class Sad:
    transaction: object
    until: float
    replaced: bool = False


class BadSad(Exception):
    """kind: unknown, used, expired, other (credential), hash, again (hash), count."""

    def __init__(self, kind):
        super().__init__(kind)
        self.kind = kind


class Permissions:
    def __init__(self, world, service):
        self.world, self.service = world, service
        self.lifetime = service + "_sad_seconds"
        self.by_token = {}

    def open(self, version, person, credential, count, hashes, channel, description="", labels=()):
        """A transaction on the phone, or (another channel) one that is approved already."""
        documents = []
        for at in range(count):
            label = labels[at] if at < len(labels) and labels[at] else str(at + 1)
            documents.append(Document(label, hashes[at] if at < len(hashes) else b""))
        transaction = Transaction(
            service=self.service, version=version, transaction_id=str(uuid.uuid4()), person=person,
            credential=credential, description=description, documents=documents, channel=channel,
            deadline=time.monotonic() + self.world.switches["confirm_seconds"], signs=False)
        transaction.pinned = bool(hashes) or credential.remote["scal"] == "2"
        self.world.open_transaction(transaction)
        if channel != "phone":
            self.world.finish(transaction, "approved")
        return transaction

    def give(self, transaction, token=None):
        """A SAD for an approved transaction; a token given by somebody else may serve as one."""
        token = token or secrets.token_urlsafe(33)
        self.by_token[token] = Sad(transaction, time.monotonic() + self.world.switches[self.lifetime])
        return token

    def find(self, token, credential):
        sad = self.by_token.get(token)
        # After a reset the transactions are gone, and with them what permitted anything.
        if sad is None or self.world.transactions.find(sad.transaction.transaction_id) is None:
            raise BadSad("unknown")
        if sad.transaction.credential is not credential:
            raise BadSad("other")
        if sad.replaced or not left(sad.transaction):
            raise BadSad("used")
        if time.monotonic() >= sad.until:
            raise BadSad("expired")
        return sad

    def choose(self, sad, hashes):
        """The documents that these digests may use now."""
        free = left(sad.transaction)
        if len(hashes) > len(free):
            raise BadSad("count")
        chosen = []
        for digest in hashes:
            fits = [d for d in free if d.digest == digest
                    or (d.digest == b"" and not sad.transaction.pinned)]
            if not fits:
                spent = any(d.digest == digest and d.charged for d in sad.transaction.documents)
                raise BadSad("again" if spent else "hash")
            free.remove(fits[0])
            chosen.append(fits[0])
        for document, digest in zip(chosen, hashes):
            document.digest = digest
        return chosen

    def extend(self, sad, hashes):
        """A new SAD for what is left: digests that are pinned already, or that pin the next documents."""
        free = left(sad.transaction)
        if len(hashes) > len(free):
            raise BadSad("count")
        for digest in hashes:
            fits = [d for d in free if d.digest == digest] or [d for d in free if d.digest == b""]
            if not fits:
                raise BadSad("hash")
            free.remove(fits[0])
            fits[0].digest = digest
        sad.replaced = True
        return self.give(sad.transaction)


def left(transaction):
    return [d for d in transaction.documents if not d.charged]
