# SPDX-License-Identifier: Apache-2.0
"""PIN and one-time codes of a credential: wrong ones are counted and lock it for a while."""
import hmac
import secrets
import time

CODE_DIGITS = 6


class WrongFactor(Exception):
    """factor "pin" or "otp"; locked: whether the credential is locked now; reused: a spent code."""

    def __init__(self, factor, locked, reused=False):
        super().__init__(factor)
        self.factor, self.locked, self.reused = factor, locked, reused


def locked(credential):
    return time.monotonic() < credential.locked_until


def seconds_locked(credential):
    return max(0, int(credential.locked_until - time.monotonic() + 0.999))


def tries_left(world, credential):
    return 0 if locked(credential) else world.switches["lock_after"] - credential.wrong_codes


def send_code(world, person, credential):
    """A code of digits on the phone; a new one replaces the last."""
    code = f"{secrets.randbelow(10 ** CODE_DIGITS):0{CODE_DIGITS}d}"
    seconds = world.switches["sent_code_seconds"]
    credential.sent_code = [code, time.monotonic() + seconds, False]
    world.send_message(person, credential.id, code)
    return code


def check(world, person, credential, given):
    """given: {"pin": text, "otp": text} as far as the credential asks for them. Raises WrongFactor.

    All are looked at before one is spent; a wrong PIN does not spend the code.
    """
    if locked(credential):
        raise WrongFactor("pin" if "pin" in given else "otp", True)
    if "pin" in given and not hmac.compare_digest(given["pin"].encode(), (person.pin or "").encode()):
        world.count("wrong_pins")
        raise wrong(world, credential, "pin")
    if "otp" in given:
        found = check_code(world, person, credential, given["otp"])
        if found != "ok":
            world.count("wrong_otps")
            raise wrong(world, credential, "otp", found == "reused")
    credential.wrong_codes = 0


def wrong(world, credential, factor, reused=False):
    credential.wrong_codes += 1
    if credential.wrong_codes >= world.switches["lock_after"]:
        credential.locked_until = time.monotonic() + world.switches["lock_seconds"]
        credential.wrong_codes = 0
    return WrongFactor(factor, locked(credential), reused)


def check_code(world, person, credential, code):
    switches = world.switches
    reuse = switches["otp_reuse"] == "accept"
    if "totp" in credential.remote["auth"]:
        return person.check_otp(code, world.now(), switches["otp_window"], reuse)
    sent = credential.sent_code
    if sent is None or not hmac.compare_digest(sent[0].encode(), code.encode()):
        return "wrong"
    if sent[2] and not reuse:
        return "reused"
    if time.monotonic() >= sent[1]:
        return "wrong"
    sent[2] = True
    return "ok"
