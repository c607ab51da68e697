# SPDX-License-Identifier: Apache-2.0
"""The subscribers: invented persons with passwords, TOTP keys and certificates."""
import base64
import copy
import hashlib
import hmac
import json
import os
import struct
import time

from . import identities, pki
from .words import _

BUILTIN = os.path.join(os.path.dirname(__file__), "persons-builtin.json")
STATUSES = {"VALID": "Đang hoạt động", "REVOKED": "Đã thu hồi", "SUSPENDED": "Tạm dừng",
            "EXPIRED": "Hết hạn"}
CREDENTIAL_DEFAULTS = {"service_type": "SMARTCA", "service_name": "SMARTCA PERSONAL PRO",
                       "bits": 2048, "valid_days": [-30, 700], "status": "VALID"}
# How a remote signing service lets the key be used. auth: of "pin", "totp", "online" (a code is
# sent), "app" (the phone), "oauth" (a web page); none of them: the service asks nothing.
REMOTE_DEFAULTS = {"auth": ["app"], "scal": "2", "multisign": 50}
PERSON_FIELDS = {"user_id", "name", "kind", "password", "note", "credentials", "pin", "at"}
CREDENTIAL_FIELDS = set(CREDENTIAL_DEFAULTS) | {"id", "subject", "serial_prefix", "key_name", "curve",
                                                "remote", "ocsp", "crl"}


class PersonError(ValueError):
    """A persons file or a change of a person that makes no sense; str() says why."""


def misfit(sentence, needed, unknown):
    said = sentence.format(needed=", ".join(needed))
    return said + " " + _("Not known: {names}.").format(names=", ".join(sorted(unknown))) if unknown else said


class Credential:
    def __init__(self, definition, vault):
        unknown = set(definition) - CREDENTIAL_FIELDS
        if unknown or "id" not in definition or "subject" not in definition:
            raise PersonError(misfit(_("A credential needs {needed}."), ["id", "subject"], unknown))
        self.definition = {**CREDENTIAL_DEFAULTS, "key_name": definition["id"], **definition}
        self.vault = vault
        self.id = definition["id"]
        self.status = self.definition["status"]
        # What the certificate says does not change when its status does.
        self.issued = {k: v for k, v in self.definition.items() if k not in ("status", "remote")}
        self.remote = {**REMOTE_DEFAULTS, **self.definition.get("remote", {})}
        self.curve = self.definition.get("curve")
        self.wrong_codes = 0
        self.locked_until = 0.0
        self.sent_code = None
        self.serial = vault.current_serial(self.issued)
        self.cert_id = str(uuid_of(self.serial))

    @property
    def key(self):
        return self.vault.key(self.definition["key_name"], self.definition["bits"], self.curve)

    @property
    def certificate(self):
        return self.vault.certificate(self.issued, self.serial)

    @property
    def holder(self):
        return dict(self.definition["subject"])["CN"]

    def status_now(self):
        if self.status == "VALID" and self.certificate.not_valid_after < pki.utc_now():
            return "EXPIRED"
        return self.status

    def sign(self, digest, scheme=None):
        return identities.sign_digest(self.key, digest, scheme)

    def sign_all(self, documents):
        key = self.key
        for document in documents:
            document.signature = identities.sign_digest(key, document.digest, document.scheme)

    def describe(self):
        return {"id": self.id, "serial_number": self.serial, "status": self.status,
                "service_type": self.definition["service_type"], "cert_id": self.cert_id,
                "bits": None if self.curve else self.definition["bits"], "curve": self.curve,
                **self.remote,
                "subject": pki.name_text(self.definition["subject"])}


def uuid_of(serial):
    digits = hashlib.sha256(serial.encode()).hexdigest()[:32]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


class Person:
    def __init__(self, definition, vault):
        unknown = set(definition) - PERSON_FIELDS
        if unknown or not {"user_id", "name", "password"} <= set(definition):
            raise PersonError(misfit(_("A person needs {needed}."), ["user_id", "name", "password"], unknown))
        self.vault = vault
        self.user_id = definition["user_id"]
        self.name = definition["name"]
        self.password = definition["password"]
        self.note = definition.get("note", "")
        self.is_th = definition.get("kind", "phone") == "th"
        self.pin = definition.get("pin")
        self.at = definition.get("at")
        self.credentials = [Credential(c, vault) for c in definition.get("credentials", [])]
        # As VNPT hands it out: the HMAC key is the text of 32 upper-case hex digits, not the
        # 16 bytes that they spell.
        self.totp_key = hashlib.sha256(b"totp " + self.user_id.encode()).hexdigest()[:32].upper().encode()
        self.last_otp_step = None
        self.wrong_passwords = 0
        self.locked_until = 0.0

    def locked(self):
        return time.monotonic() < self.locked_until

    def lock(self, seconds):
        self.locked_until = time.monotonic() + seconds
        self.wrong_passwords = 0

    def check_password(self, password, lock_after, lock_seconds):
        if hmac.compare_digest(password.encode(), self.password.encode()):
            self.wrong_passwords = 0
            return True
        self.wrong_passwords += 1
        if self.wrong_passwords >= lock_after:
            self.lock(lock_seconds)
        return False

    def check_otp(self, otp, now, window, reuse):
        """The step of a right code is remembered: a code is good once."""
        step = int(now) // 30
        for candidate in range(step - window, step + window + 1):
            if hmac.compare_digest(totp(self.totp_key, candidate), otp):
                if not reuse and self.last_otp_step is not None and candidate <= self.last_otp_step:
                    return "reused"
                self.last_otp_step = candidate
                return "ok"
        return "wrong"

    def totp_secret(self):
        wanted = self.is_th or any("totp" in c.remote["auth"] for c in self.credentials)
        return base64.b64encode(self.totp_key).decode() if wanted else None

    def describe(self):
        return {"user_id": self.user_id, "name": self.name, "kind": "th" if self.is_th else "phone",
                "note": self.note, "password": self.password,
                "pin": self.pin, "totp_secret": self.totp_secret(),
                "locked": self.locked(),
                "credentials": [c.describe() for c in self.credentials]}


def totp(key, step):
    """RFC 6238 with HMAC-SHA-1, six digits."""
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack_from('>I', digest, offset)[0] & 0x7fffffff) % 1000000:06d}"


def definitions(path):
    try:
        with open(path, encoding="utf-8") as source:
            found = json.load(source)
    except ValueError:
        raise PersonError(_("{file} is not JSON.").format(file=path)) from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise PersonError(_("{file} has no list of persons.").format(file=path))
    return found


class Persons:
    def __init__(self, vault, path=None):
        self.vault = vault
        self.services = []
        self.definitions = definitions(path or BUILTIN)
        self.reset()

    def reset(self):
        people = [Person(copy.deepcopy(d), self.vault) for d in self.definitions]
        self.by_id = {person.user_id: person for person in people}

    def find(self, user_id, service=None):
        """service: only a person that is known there ("at"; who has no such list is everywhere)."""
        person = self.by_id.get(user_id)
        if person is None or (service and person.at is not None and service not in person.at):
            return None
        return person

    def describe(self):
        return [self.describe_one(person) for person in self.by_id.values()]

    def describe_one(self, person):
        accounts = {service.name: service.account(person) for service in self.services}
        return {**person.describe(), "services": accounts}

    def change(self, order):
        """One order of POST /persons; see the README for its fields."""
        known = {"user_id", "lock", "password", "status", "renew", "same_key", "days", "ocsp", "crl", "remove",
                 "add"}
        if set(order) - known:
            raise PersonError(f"unknown: {sorted(set(order) - known)}; known: {sorted(known)}")
        person = self.find(order.get("user_id"))
        if person is None:
            raise PersonError("no person has this user_id")
        if "lock" in order:
            person.lock(float(order["lock"] or 0))
        if "password" in order:
            person.password = str(order["password"])
        for credential_id, status in order.get("status", {}).items():
            if status not in STATUSES:
                raise PersonError(f"status is one of {sorted(STATUSES)}")
            credential(person, credential_id).status = status
        if "renew" in order:
            renew(person, order)
        if "remove" in order:
            person.credentials.remove(credential(person, order["remove"]))
        if "add" in order:
            person.credentials.append(Credential(order["add"], self.vault))
        return person


def credential(person, credential_id):
    for one in person.credentials:
        if one.id == credential_id:
            return one
    raise PersonError(f"{person.user_id} has no credential {credential_id}")


def renew(person, order):
    """The old certificate leaves the list and a new one takes its place, as after a renewal."""
    old = credential(person, order["renew"])
    definition = copy.deepcopy(old.definition)
    stem, _, count = old.id.partition("-renewed-")
    definition["id"] = f"{stem}-renewed-{int(count or 0) + 1}"
    definition["valid_days"] = [0, int(order.get("days", 1000))]
    definition["status"] = "VALID"
    for address in ("ocsp", "crl"):
        if address in order:
            definition[address] = str(order[address])
    if not order.get("same_key", False):
        definition["key_name"] = definition["id"]
    person.credentials[person.credentials.index(old)] = Credential(definition, person.vault)
