#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The fault table: every provider, every step of a signature, every fault, through a real agent.

Usage: test_table.py PROGRAM SERVICE [REGEX]; PROGRAM is the built smartca, SERVICE a row of ROWS, REGEX chooses cells.

A cell is one signature during which one thing goes wrong. For each is checked: what the host gets (its CKR) and within
which time; that the sentence is honest about what was paid; that the same document is never paid twice, also when it is
asked for again; that the next signature works; that journal and ledger are whole; that the service saw a careful client.
"""
import concurrent.futures
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import time
import traceback

import agentlib
from agentlib import Home, Sim, number
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

sys.path.insert(0, os.path.join(agentlib.HERE, "..", "compat"))
import helper  # noqa: E402

WORKERS = 8
PHONE, TH, KEYS, APP = "012345678901", "012345678903", "012345678911", "012345678913"
LIMIT_S = 75  # confirm-timeout is 10; what is looked up once more, and a loaded machine, take the rest

# Which CKR a host gets for the agent's error: module/cryptoki/rv.c, tested there.
DEVICE, REJECTED, CANCELED, PIN, KEY, OK = "DEVICE_ERROR", "FUNCTION_REJECTED", "FUNCTION_CANCELED", "PIN_INCORRECT", "KEY", "OK"
CKR = {20: CANCELED, 21: CANCELED, 30: REJECTED, 31: CANCELED, 32: REJECTED, 33: REJECTED, 34: PIN, 38: KEY}

# sign: the request that can cost a signature. result: those after it. permission: between log-in and it.
# lookup: a lost reply to it can be asked after. typed: password and code come with the request.
ROWS = {
    "vnpt-smartca": dict(user=PHONE, phone=True, lookup=True,
                         steps={"sign": "/v1/signatures/sign$", "result": "/status$"}),
    "vnpt-smartca-th": dict(user=TH, phone=False, lookup=False, typed="Mat-khau-03",
                            steps={"sign": "/v2/signatures/sign$", "result": "/v2/signatures/confirm$"}),
    "vnpt-smartca-oauth": dict(user=PHONE, phone=True, lookup=False,
                               steps={"token": "/auth/token$", "sign": "/csc/signature/signhash$", "result": "gettraninfo$"}),
    "viettel-mysign": dict(user=f"CMT_{PHONE}", phone=True, lookup=False,
                           steps={"token": "/v1/login$", "sign": "/signHash$", "result": "/requests/status$"}),
    "csc-v1": dict(user=KEYS, credential="khoa-rsa2048", phone=False, lookup=False,
                   steps={"token": "/auth/login$", "permission": "/credentials/authorize$", "sign": "/signHash$"}),
    "csc-v2": dict(user=KEYS, credential="khoa-rsa2048", phone=False, lookup=False,
                   steps={"token": "/auth/login$", "permission": "/credentials/authorize$", "sign": "/signHash$"}),
    "csc-v2-app": dict(user=APP, credential="may-app", phone=True, lookup=False,
                       steps={"token": "/auth/login$", "permission": "/credentials/authorize$", "result": "/authorizeCheck$"}),
    "rssp": dict(user=KEYS, credential="khoa-rsa2048", phone=False, lookup=False,
                 steps={"token": "/auth/login$", "permission": "/credentials/authorize$", "sign": "/signHash$"}),
}

# How a request goes wrong. acts: the service does what was asked, all the same. whole: the answer arrives in the end.
TRANSPORT = {
    "reset": dict(order={"action": "reset-before"}),
    "end": dict(order={"action": "close-before"}),
    "stall": dict(order={"action": "stall", "seconds": 2}),
    "429": dict(order={"action": "status", "status": 429, "headers": {"Retry-After": "1"}}),
    "500 HTML": dict(order={"action": "status", "status": 500}),
    "503 HTML": dict(order={"action": "status", "status": 503, "headers": {"Retry-After": "1"}}),
    "redirect": dict(order={"action": "redirect"}),
    "10 MB": dict(order={"action": "huge"}),
    "nested": dict(order={"action": "deep"}),
    "garbage": dict(order={"action": "garbage"}),
    "acted, reset": dict(order={"action": "act-then-reset"}, acts=True),
    "acted, end": dict(order={"action": "act-then-close"}, acts=True),
    "acted, stall": dict(order={"action": "act-then-stall", "seconds": 2}, acts=True),
    "acted, 500": dict(order={"action": "act-then-status", "status": 500}, acts=True),
    "acted, 502": dict(order={"action": "act-then-status", "status": 502}, acts=True),
    "truncated": dict(order={"action": "truncate"}, acts=True),
    "wrong types": dict(order={"action": "wrong-type"}, acts=True),
    "slow drip": dict(order={"action": "drip", "seconds": 2, "size": 16}, acts=True, whole=True),
    "chunked": dict(order={"action": "chunked"}, acts=True, whole=True),
    "text/html": dict(order={"action": "content-type"}, acts=True, whole=True),
    "clock wrong": dict(order={"action": "bad-date", "seconds": -86400}, acts=True, whole=True),
    "line ends after": dict(order={"action": "close-after"}, acts=True, whole=True),
}

# What the service says in the end, or the person does: switches, what the host gets, and who has it.
ANSWERS = {
    "other key": dict(switch={"signature": "other-key"}, gets={DEVICE}, paid=1),
    "corrupted": dict(switch={"signature": "corrupted"}, gets={DEVICE}, paid=1),
    "short": dict(switch={"signature": "short"}, gets={DEVICE}, paid=1),
    "not base64": dict(switch={"signature": "not-base64"}, gets={DEVICE}, paid=1),
    "rejected": dict(switch={"auto": "reject"}, gets={REJECTED}, paid=0, who="phone"),
    "never confirmed": dict(switch={"auto": "none"}, gets={CANCELED}, paid=0, who="phone"),
    "expired": dict(switch={"auto": "none", "confirm_seconds": 2}, gets={CANCELED}, paid=0, who="phone"),
    "out of signatures": dict(switch={"signatures_left": 0}, gets={REJECTED, DEVICE}, paid=0, who=("vnpt-smartca-oauth", "viettel-mysign")),
    "two signatures swapped": dict(switch={"signature": "swapped"}, gets={DEVICE}, paid=2, who="batch"),
    "no such document": dict(switch={"documents": "wrong-id"}, gets={DEVICE, CANCELED}, paid=1, who=("vnpt-smartca", "vnpt-smartca-th")),
    "no document": dict(switch={"documents": "missing"}, gets={DEVICE, CANCELED}, paid=1),
    "an extra document": dict(switch={"documents": "extra"}, gets={OK, DEVICE, CANCELED}, paid=1),
    "a document twice": dict(switch={"documents": "twice"}, gets={OK, DEVICE, CANCELED}, paid=1),
    "duplicate id": dict(switch={"duplicate_id": "same"}, gets={OK}, paid=1, who=("vnpt-smartca", "vnpt-smartca-th")),
    "revoked": dict(person={"status": "REVOKED"}, gets={KEY, DEVICE}, paid=0),
    "renewed": dict(person="renew", gets={OK, DEVICE, KEY}, paid=None),
    "token expired": dict(tokens="access", gets={OK, DEVICE}, paid=None, who="token"),
}

NOTHING_PAID = re.compile(r"No signature was used|Nothing was sent")


class Failure(AssertionError):
    pass


def must(true, what):
    if not true:
        raise Failure(what)


def cells(row):
    """name -> (step or None, fault)"""
    found = {}
    for step in row["steps"]:
        for name, fault in TRANSPORT.items():
            found[f"{step}: {name}"] = (step, fault)
        if step == "sign":
            found["connect: refused"] = ("connect", dict(order={"action": "refuse-connection"}))
            found["connect: no TLS"] = ("connect", dict(order={"action": "tls-garbage"}))
            found["connect: another authority"] = ("connect", dict(switch={"tls_certificate": "other-ca"}))
            found["connect: another host's certificate"] = ("connect", dict(switch={"tls_certificate": "wrong-host"}))
    for name, answer in ANSWERS.items():
        who = answer.get("who")
        if answer.get("person") == "renew" and "credential" in row:
            continue  # chosen by a serial number that is no more
        if who == "batch" and not row.get("typed"):
            found[f"answer: {name}"] = (None, answer)
        elif who is None or (who == "phone" and row["phone"]) or (who == "token" and "token" in row["steps"]) or row["name"] in who:
            found[f"answer: {name}"] = (None, answer)
    return found


def expected(row, step, fault):
    """The CKRs that are right, and how many signatures may be paid after the first request."""
    if step is None:
        return fault["gets"], fault["paid"]
    if step == "connect":
        return {DEVICE}, 0
    if step == "token":
        # A sign request that meets a token which is over is never repeated; the next one brings a new token.
        return {OK, DEVICE}, None
    if fault.get("whole"):
        return {OK}, 1
    if step == "permission":
        # The request counts tries and may ring the phone: it is not repeated. Nothing is paid with it.
        return {DEVICE, CANCELED, REJECTED}, 0
    if step == "result":
        return {OK}, 1
    if fault.get("acts") and row["lookup"]:
        return {OK}, 1
    return {DEVICE}, None


class Cell:
    def __init__(self, program, sim, row, name):
        self.sim, self.row, self.name = sim, row, name
        self.step, self.fault = cells(row)[name]
        sim.order("/reset", {"all": True})
        sim.order("/switch", {"auto": "approve"})
        service = row["name"].removesuffix("-app")
        keys = helper.settings(sim.folder, service, row["user"])
        if row.get("typed"):
            keys.pop("password"), keys.pop("totp-secret")
            keys["pin"] = "password"
        if self.fault.get("who") == "batch":
            keys["batch-window"] = "2000"  # so that both travel together
        if row.get("credential"):
            wanted = next(c for c in sim.persons[row["user"]]["credentials"] if c["id"] == row["credential"])
            keys["serial-number"] = wanted["serial_number"]
        self.clock = 0
        self.home = Home(program, sim, general="language = en\nnotify = none\nprompt = none", account=keys, **{"confirm-timeout": "10"})

    def smartca(self, *words):
        return subprocess.run([self.home.program, *words], env=self.home.environment(), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False)

    def begin(self):
        self.home.start()
        shown = self.smartca("certs", "--json")
        listed = json.loads(shown.stdout or "[]")
        must(listed, f"no certificate is listed: {shown.stderr}")
        self.know(listed[0])

    def know(self, listed):
        self.home.credential = listed["credential"]
        with open(os.path.join(os.environ["SMARTCA_SIM_IDENTITIES"], f"{listed['serial'].lower()}.crt.pem"), "rb") as source:
            self.key = x509.load_pem_x509_certificate(source.read()).public_key()

    def sign_two(self):
        """What the first of two gets that travel together; the second must get the same."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            first, second = pool.map(self.sign, ("the document", "the one beside it"))
        must(first[0] == second[0], f"{first} and {second}")
        return first

    def sign(self, text):
        """(CKR, sentence) of one request."""
        digest = helper.hashlib.sha256(text.encode()).digest()
        fields = {}
        if self.row.get("typed"):
            self.clock += 90
            self.sim.order("/switch", {"clock_offset": self.clock, "otp_window": 1})
            fields = {agentlib.PIN: self.row["typed"], agentlib.OTP: helper.code_of(self.sim.folder, self.row["user"], self.clock)}
        began = time.monotonic()
        line = self.home.ask(digest, fields=fields)
        kind, answer = line.answer()
        line.close()
        must(time.monotonic() - began < LIMIT_S, "it took too long")
        if kind == agentlib.SIGNATURE:
            self.key.verify(answer[agentlib.SIGNED], digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
            return OK, ""
        must(kind == agentlib.ERROR, f"answer {kind}")
        return CKR.get(number(answer), DEVICE), answer[agentlib.SENTENCE].decode()

    def spoil(self):
        fault = self.fault
        if "order" in fault:
            where = {} if self.step == "connect" else {"path": self.row["steps"][self.step]}
            self.sim.order("/fault", {**where, **fault["order"]})
        if "switch" in fault:
            self.sim.order("/switch", fault["switch"])
        if "tokens" in fault:
            self.sim.order("/tokens", {"expire": fault["tokens"]})
        if self.step == "token":
            self.sim.order("/tokens", {"expire": "access"})
        if "person" in fault:
            self.change_person(fault["person"])

    def change_person(self, change):
        user = self.row["user"].removeprefix("CMT_")
        credential = self.row.get("credential") or self.sim.persons[user]["credentials"][0]["id"]
        order = {"renew": credential} if change == "renew" else {"status": {credential: change["status"]}}
        self.sim.order("/persons", {"user_id": user, **order})

    def heal(self):
        self.sim.order("/fault", {"clear": True})
        self.sim.order("/switch", {"auto": "approve", "signature": "good", "documents": "all", "signatures_left": -1,
                                   "tls_certificate": "good", "confirm_seconds": 300, "duplicate_id": "refuse"})
        user = self.row["user"].removeprefix("CMT_")
        for credential in self.sim.persons[user]["credentials"] if self.fault.get("person") != "renew" else []:
            self.sim.order("/persons", {"user_id": user, "status": {credential["id"]: "VALID"}})

    def run(self):
        self.begin()
        self.spoil()
        got, sentence = self.sign_two() if self.fault.get("who") == "batch" else self.sign("the document")
        right, paid_wanted = expected(self.row, self.step, self.fault)
        must(got in right, f"the host got {got}, not {' or '.join(sorted(right))}: {sentence}")
        must(got == OK or len(sentence) > 20 and "{" not in sentence, f"no sentence: {sentence}")
        must(self.row["phone"] or "phone" not in sentence, f"there is no phone here: {sentence}")
        paid = self.sim.counter("paid")
        must(paid <= (paid_wanted or 1), f"{paid} signatures paid for one document")
        must(paid_wanted is None or paid == paid_wanted, f"{paid} paid, not {paid_wanted}")
        must(got == OK or paid == 0 or not NOTHING_PAID.search(sentence), f"paid, and the person is told: {sentence}")
        must(self.sim.counter("prompts") <= 1, "the phone rang twice for one document")
        self.heal()
        self.again(got)
        self.another()
        self.books()
        return got

    def again(self, first):
        """The same document once more: never a second payment."""
        if self.fault.get("person") == "renew":
            return
        got, sentence = self.sign("the document")
        must(self.sim.counter("repeated_digests") == 0, f"paid twice ({first}, then {got} {sentence})")
        must(first != OK or got == OK, f"what was signed is refused: {sentence}")
        must(self.row["phone"] is False or self.sim.counter("prompts") <= 2, "the phone rang again and again")

    def another(self):
        """The next document is as if nothing had happened."""
        if self.fault.get("person") == "renew":
            must(self.smartca("refresh").returncode == 0, "the renewed certificate is not fetched")
            self.know(json.loads(self.smartca("certs", "--json").stdout)[0])
        before = self.sim.counter("paid")
        got, sentence = self.sign("another document")
        if got != OK and self.step is None and "tokens" in self.fault:
            got, sentence = self.sign("another document")
        must(got == OK, f"the next document: {got}: {sentence}")
        must(self.sim.counter("paid") - before == 1, "the next document was not paid once")

    def books(self):
        """Journal, ledger, and what the service thinks of us."""
        for name in self.home.journal():
            must(self.home.record(name).get("state"), f"a journal record without state: {name}")
        must(self.smartca("log", "--verify").returncode == 0, "the ledger does not verify")
        signed = [entry for entry in self.home.ledger() if entry["outcome"] == "signed"]
        must(len(signed) <= self.sim.counter("paid"), f"{len(signed)} lines \"signed\", {self.sim.counter('paid')} paid")
        wrong = [v for v in self.sim.state()["violations"] if not self.unavoidable(v)]
        must(not wrong, wrong)

    def unavoidable(self, violation):
        """The reply with the next refresh token was lost: whether the old one is spent only a try can tell."""
        return self.step == "token" and self.fault.get("acts") and "refresh token was used again" in violation["sentence"]

    def end(self):
        log = ""
        for agent in self.home.agents:
            if agent.poll() is None:
                self.home.stop(agent)
        log = self.home.read("agent.log")
        self.home.remove()
        for bad in ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:"):
            must(bad not in log, log[-3000:])


def try_cell(program, sims, row, name):
    sim = sims.get()
    try:
        cell = Cell(program, sim, row, name)
        try:
            return name, cell.run(), None
        finally:
            cell.end()
    except Failure as failure:
        return name, None, str(failure)
    except Exception:  # a cell that breaks is a failed cell
        return name, None, traceback.format_exc()
    finally:
        sims.put(sim)


def main():
    program, service = sys.argv[1:3]
    row = {"name": service, **ROWS[service]}
    wanted = re.compile(sys.argv[3] if len(sys.argv) > 3 else "")
    names = [name for name in cells(row) if wanted.search(name)]
    sims = queue.Queue()
    started = []
    for _ in range(min(WORKERS, len(names))):
        started.append(Sim(identities=os.environ.get("SMARTCA_SIM_IDENTITIES")))
        sims.put(started[-1])
    failed = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for name, got, problem in pool.map(lambda cell: try_cell(program, sims, row, cell), names):
                failed += problem is not None
                print(f"test_cell ({service}, {name}) ... {'ok' if problem is None else 'FAIL'}")
                print(f"    {got if problem is None else problem}", flush=True)
    finally:
        for sim in started:
            sim.stop()
    print(f"{service}: {len(names)} cells, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
