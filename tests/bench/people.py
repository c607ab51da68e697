#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The people of the benchmark, for the simulator: people.py PERSONS IDENTITIES COUNT...

Writes a persons file with, for each COUNT, persons who have so many certificates together (an account has 256 at most),
and one who signs; and their certificates into the simulator's folder of identities. A thousand RSA keys would take
minutes, and only the signer signs: the moduli are products of a few primes, each another one, and their keys are nowhere.
"""
import itertools
import os
import sys

from cryptography.hazmat.primitives.asymmetric import rsa

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from smartca_sim import files, pki  # noqa: E402
from smartca_sim.identities import Identities  # noqa: E402
from smartca_sim.persons import Credential  # noqa: E402

PER_PERSON = 250
BITS = 2048
SIGNER = "099000000000"


class PublicOnly:
    """What a certificate is made from."""

    def __init__(self, modulus):
        self.numbers = rsa.RSAPublicNumbers(65537, modulus)

    def public_key(self):
        return self.numbers.public_key()


def moduli(count):
    """Products of two primes whose two top bits are set, so all of the whole length."""
    few = next(n for n in itertools.count(2) if n * (n - 1) // 2 >= count)
    primes = []
    while len(primes) < few:
        numbers = rsa.generate_private_key(public_exponent=65537, key_size=BITS).private_numbers()
        primes += [numbers.p, numbers.q]
    return [p * q for p, q in itertools.combinations(primes, 2)]


def credential(name, user_id, number):
    return {"id": f"bench-{user_id}-{number}", "bits": BITS,
            "subject": [["C", "VN"], ["ST", "Hà Nội"], ["CN", f"{name} {number}"], ["UID", f"CCCD:{user_id}"]],
            "remote": {"auth": [], "scal": "1", "multisign": 50}}


def person(user_id, name, count):
    return {"user_id": user_id, "name": name, "kind": "phone", "password": "Mat-khau-do",
            "credentials": [credential(name, user_id, number) for number in range(count)]}


def persons(counts):
    """A person's id tells the count and which of its persons this is: 09 COUNT(4) INDEX(6)."""
    people = [person(SIGNER, "Người Ký", 1)]
    for count in counts:
        for index, first in enumerate(range(0, count, PER_PERSON)):
            people.append(person(f"09{count:04}{index:06}", f"Người Đo {count}-{index}", min(PER_PERSON, count - first)))
    return people


def issue(vault, definitions):
    """The certificates that an earlier run made stay."""
    missing = [one for one in (Credential(definition, vault) for definition in definitions)
               if not os.path.exists(vault.path(one.serial + ".crt.pem"))]
    for one, modulus in zip(missing, moduli(len(missing)) if missing else []):
        made = pki.holder(one.definition["subject"], PublicOnly(modulus), int(one.serial, 16),
                          one.definition["valid_days"], vault.ca_key, vault.ca)
        files.write(vault.path(one.serial + ".crt.pem"), pki.pem(made))


def main():
    target, folder = sys.argv[1:3]
    os.umask(0o077)
    people = persons([int(text) for text in sys.argv[3:]])
    issue(Identities(folder), [c for p in people for c in p["credentials"] if p["user_id"] != SIGNER])
    files.write_json(target, people)


main()
