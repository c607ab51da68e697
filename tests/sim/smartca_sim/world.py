# SPDX-License-Identifier: Apache-2.0
"""The state of one simulator run, behind one condition variable.

Every change is made with `changed` held and ends in touch(), so that whoever waits (POST /wait,
the phone page, the clock) sees each state exactly once it is true and nobody has to sleep.
"""
import collections
import threading
import time

from .faults import Faults
from .transactions import Transactions, iso

COUNTERS = ("connections", "reused_connections", "tls_handshakes", "tls_resumed", "tls_failures",
            "listings", "polls", "prompts", "paid", "repeated_digests", "duplicates_refused",
            "wrong_passwords", "wrong_otps", "logins", "refreshes", "spent_refreshes",
            "refused_tokens", "wrong_pins", "messages", "consents", "extensions", "unasked", "lists", "faults_used")
STATES = ("waiting", "approved", "rejected", "expired", "unsigned")
KEPT_REQUESTS = 1000
KEPT_MESSAGES = 20


class NotFound(Exception):
    """There is no such transaction."""


class Conflict(Exception):
    """The transaction has ended otherwise; str() says how."""


class World:
    def __init__(self, switches, persons):
        lock = threading.RLock()
        self.changed = threading.Condition(lock)
        self.alarm = threading.Condition(lock)  # something is due that was not: for the clock
        self.stopping = threading.Event()
        self.switches = switches
        self.persons = persons
        self.token_stores = []
        self.faults = Faults()
        self.phone_version = 0
        self.clear()

    def clear(self):
        self.transactions = Transactions()
        self.violations = []
        self.messages = collections.deque(maxlen=KEPT_MESSAGES)
        self.requests = collections.deque(maxlen=KEPT_REQUESTS)
        self.by_path = collections.Counter()
        self.counters = collections.Counter({name: 0 for name in COUNTERS})
        self.signed_digests = set()
        self.faults.clear()

    def reset(self, everything=False):
        with self.changed:
            self.clear()
            if everything:
                self.switches.reset()
                self.persons.reset()
                for store in self.token_stores:
                    store.forget()
            self.touch(phone=True)

    def touch(self, phone=False):
        if phone:
            self.phone_version += 1
        self.changed.notify_all()

    def count(self, name, by=1):
        with self.changed:
            self.counters[name] += by
            self.touch()

    def now(self):
        """The cloud's clock, which a switch may set wrong."""
        return time.time() + self.switches["clock_offset"]

    def note_request(self, record, path):
        with self.changed:
            self.by_path[path] += 1
            self.requests.append(record)
            self.touch()

    def violation(self, path, sentence, refused=True):
        with self.changed:
            self.violations.append({"time": iso(time.time()), "path": path,
                                    "sentence": sentence, "refused": refused})
            self.touch()

    # transactions

    def open_transaction(self, transaction):
        with self.changed:
            verdict = self.switches["auto"]
            if transaction.channel == "phone":
                self.counters["prompts"] += 1
                if verdict != "none":
                    transaction.auto_verdict = verdict
                    transaction.auto_at = time.monotonic() + self.switches["auto_delay_ms"] / 1000
            self.transactions.add(transaction)
            self.act_due()
            self.alarm.notify()
            self.touch(phone=True)

    def act_due(self):
        """Do what the clock has made due: automatic verdicts first, then expiry."""
        now = time.monotonic()
        for transaction in self.transactions.all():
            if transaction.state != "waiting":
                continue
            if transaction.auto_at is not None and transaction.auto_at <= now:
                self.finish(transaction, "approved" if transaction.auto_verdict == "approve" else "rejected")
            elif transaction.deadline <= now:
                self.finish(transaction, "expired")

    def next_due(self):
        due = [t.deadline if t.auto_at is None else min(t.deadline, t.auto_at)
               for t in self.transactions.all() if t.state == "waiting"]
        return min(due, default=None)

    def pack_allows(self, count):
        left = self.switches["signatures_left"]
        return left < 0 or self.counters["paid"] + count <= left

    def finish(self, transaction, state):
        if state == "approved" and transaction.channel == "phone" and self.switches["after_tap"] == "fail":
            state = "unsigned"
        if state == "approved" and transaction.signs:
            self.sign(transaction, transaction.documents)
        transaction.state = state
        transaction.finished = time.time()
        self.touch(phone=True)

    def sign(self, transaction, documents):
        """Each signature made here is one paid signature."""
        self.charge(transaction, documents)
        transaction.credential.sign_all(documents)

    def charge(self, transaction, documents):
        """From here on they are paid for, and nothing else signs them."""
        for document in documents:
            document.charged = True
            mark = (transaction.credential.serial, document.digest)
            self.counters["repeated_digests"] += mark in self.signed_digests
            self.signed_digests.add(mark)
        transaction.paid += len(documents)
        self.counters["paid"] += len(documents)

    def send_message(self, person, text, code):
        """A short message to the phone, shown on its page."""
        with self.changed:
            self.counters["messages"] += 1
            self.messages.append({"time": iso(time.time()), "user_id": person.user_id,
                                  "holder": person.name, "text": text, "code": code})
            self.touch(phone=True)

    def decide(self, transaction_id, state):
        """A tap on the phone. Saying the same twice changes nothing."""
        with self.changed:
            self.act_due()
            transaction = self.chosen(transaction_id)
            if transaction.state == state:
                return transaction, False
            if transaction.state != "waiting":
                raise Conflict(f"the transaction is {transaction.state}")
            self.finish(transaction, state)
            return transaction, True

    def chosen(self, transaction_id):
        if transaction_id is None:
            waiting = self.transactions.waiting()
            if not waiting:
                raise NotFound("nothing is waiting")
            return waiting[0]
        transaction = self.transactions.find(transaction_id)
        if transaction is None or transaction.channel != "phone":
            raise NotFound("no transaction on the phone has this id")
        return transaction

    def run_clock(self):
        with self.changed:
            while not self.stopping.is_set():
                self.act_due()
                due = self.next_due()
                self.alarm.wait(None if due is None else max(0.001, due - time.monotonic()))

    # reading

    def reached(self, what):
        """The present value of what POST /wait can wait for."""
        if what == "waiting":
            return len(self.transactions.waiting())
        if what in STATES:
            return self.transactions.count(what)
        if what == "finished":
            return sum(self.transactions.count(state) for state in STATES[1:])
        if what == "violations":
            return len(self.violations)
        if what == "requests":
            return sum(self.by_path.values())
        if what.startswith("requests:"):
            return self.by_path[what.partition(":")[2]]
        if what.startswith("polls:"):
            found = self.transactions.find(what.partition(":")[2])
            return found.polls if found else 0
        if what in self.counters:
            return self.counters[what]
        raise KeyError(what)

    def wait(self, what, count, timeout):
        with self.changed:
            done = self.changed.wait_for(
                lambda: self.stopping.is_set() or self.reached(what) >= count, timeout)
            return bool(done) and not self.stopping.is_set(), self.reached(what)

    def describe(self):
        with self.changed:
            self.act_due()
            return {
                "time": iso(self.now()),
                "counters": {"requests": dict(self.by_path),
                             "requests_total": sum(self.by_path.values()),
                             "violations": len(self.violations), **self.counters},
                "transactions": [t.describe() for t in self.transactions.all()],
                "violations": list(self.violations),
                "messages": list(self.messages),
                "faults": self.faults.describe(),
                "switches": dict(self.switches.values),
            }

    def stop(self):
        self.stopping.set()
        with self.changed:
            self.changed.notify_all()
            self.alarm.notify()
