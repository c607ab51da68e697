# SPDX-License-Identifier: Apache-2.0
"""Transactions: what was asked to be signed, by whom, and what became of it."""
import dataclasses
import datetime
import re
import time
import unicodedata
import uuid

# The product's own description; anything else is shown as it came.
DESCRIPTION = (
    re.compile(r"^(?P<program>.+) trên (?P<computer>.+): (?P<count>\d+) tài liệu, "
               r"mã đối chiếu (?P<code>[A-Z0-9]{3}-[A-Z0-9]{3})$"),
    re.compile(r"^(?P<program>.+) on (?P<computer>.+): (?P<count>\d+) documents?, "
               r"code (?P<code>[A-Z0-9]{3}-[A-Z0-9]{3})$"),
)


def parse_description(text):
    for form in DESCRIPTION:
        found = form.match(unicodedata.normalize("NFC", text or ""))
        if found:
            return {"program": found["program"], "computer": found["computer"],
                    "count_said": int(found["count"]), "code": found["code"]}
    return {"program": None, "computer": None, "count_said": None, "code": None}


def iso(moment):
    if moment is None:
        return None
    stamp = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
    return stamp.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclasses.dataclass
class Document:
    doc_id: str
    digest: bytes
    file_type: str = ""
    signature: bytes = None
    scheme: object = None
    charged: bool = False


@dataclasses.dataclass
class Transaction:
    """channel "phone": a person decides; "confirm": the client confirms with a sad (v2); others
    are decided when they are opened. signs: approval makes the signatures; otherwise it permits
    them, and they are made (and paid) by a later request."""
    service: str
    transaction_id: str
    person: object
    credential: object
    description: str
    documents: list
    channel: str
    deadline: float
    version: str = "v1"
    opened: float = dataclasses.field(default_factory=time.monotonic)
    auto_at: float = None
    auto_verdict: str = None
    state: str = "waiting"
    tran_code: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    created: float = dataclasses.field(default_factory=time.time)
    finished: float = None
    polls: int = 0
    paid: int = 0
    client_ref: str = ""
    failure: str = None
    signs: bool = True
    pinned: bool = True

    def seconds_left(self):
        if self.state != "waiting":
            return 0.0
        return max(0.0, self.deadline - time.monotonic())

    def describe(self):
        return {
            "service": self.service, "version": self.version, "channel": self.channel,
            "transaction_id": self.transaction_id, "tran_code": self.tran_code,
            "client_ref": self.client_ref, "failure": self.failure, "state": self.state, "user_id": self.person.user_id, "holder": self.credential.holder,
            "serial_number": self.credential.serial,
            "service_type": self.credential.definition["service_type"],
            "description": self.description, **parse_description(self.description),
            "documents": [{"doc_id": d.doc_id, "digest": d.digest.hex(), "file_type": d.file_type,
                           "signed": d.signature is not None} for d in self.documents],
            "created": iso(self.created), "finished": iso(self.finished),
            "seconds_left": round(self.seconds_left(), 3), "polls": self.polls, "paid": self.paid,
        }


class Transactions:
    def __init__(self):
        self.by_id = {}

    def add(self, transaction):
        self.by_id[transaction.transaction_id] = transaction

    def find(self, transaction_id):
        return self.by_id.get(transaction_id)

    def find_code(self, tran_code):
        return next((t for t in self.by_id.values() if t.tran_code == tran_code), None)

    def all(self):
        return list(self.by_id.values())

    def waiting(self):
        """Those on the phone, oldest first."""
        return [t for t in self.by_id.values() if t.state == "waiting" and t.channel == "phone"]

    def count(self, state):
        return sum(1 for t in self.by_id.values() if t.state == state)
