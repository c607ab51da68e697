#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every allocation and system call of host and agent fails once; the host is killed at every step.

Usage: test_failures.py PROGRAM FAIL_HOST FAIL_AGENT [unittest options]: the built smartca, and the two programs of this
folder in which failures can be ordered (tests/fail). SMARTCA_SIM_IDENTITIES names a folder for the simulator's keys.
SMARTCA_FAIL_EVERY=1 tries every failure of the agent, not a sample.

After each: nobody crashed, hung or leaked (a sanitizer's build says so), the host got a code or a sentence, the same
document is signed at the next try, and paid for once; the payment is in journal and ledger, and the ledger verifies.
"""
import concurrent.futures
import errno
import json
import os
import queue
import signal
import subprocess
import sys
import unittest

import agentlib
from agentlib import Home, Sim, until

sys.path.insert(0, os.path.join(agentlib.HERE, "..", "compat"))
import helper  # noqa: E402

PROGRAM = HOST = AGENT = None
KEYS, CREDENTIAL = "012345678911", "khoa-rsa2048"
IDENTITIES = os.environ.get("SMARTCA_SIM_IDENTITIES")
LIMIT_S = 300
WORKERS = 4
SAMPLE = 30  # failures of one kind of the agent that a run tries
ERRNOS = (errno.EIO, errno.EINTR, errno.EMFILE, errno.ENOMEM)


class World:
    """A simulator, and a person with a configuration there."""

    def __init__(self, phone=False, program=None):
        self.sim = Sim(identities=IDENTITIES)
        self.phone = phone
        self.new(program)

    def new(self, program=None):
        self.sim.order("/reset", {"all": True})
        general = "language = en\nnotify = none\nprompt = none"
        if self.phone:
            self.home = Home(program or PROGRAM, self.sim, general=general)
            return
        keys = helper.settings(self.sim.folder, "csc-v1", KEYS)
        wanted = next(c for c in self.sim.persons[KEYS]["credentials"] if c["id"] == CREDENTIAL)
        keys["serial-number"] = wanted["serial_number"]
        self.home = Home(program or PROGRAM, self.sim, general=general, account=keys)

    def environment(self, **more):
        return {**self.home.environment(), "SMARTCA_AGENT": PROGRAM, **more}

    def smartca(self, *words):
        return subprocess.run([PROGRAM, *words], env=self.environment(), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=LIMIT_S, check=False)

    def books(self):
        """What is wrong in journal and ledger, or None. All that was paid stands in both, once."""
        paid = self.sim.counter("paid")
        if self.sim.counter("repeated_digests"):
            return "a document was paid twice"
        verified = self.smartca("log", "--verify")
        if verified.returncode != 0:
            return f"the ledger does not verify: {verified.stdout}{verified.stderr}"
        shown = self.smartca("log", "--json")
        signed = sum(entry["outcome"] == "signed" for entry in json.loads(shown.stdout or "[]"))
        if signed != paid:
            return f"{paid} paid, {signed} in the ledger"
        journaled = 0
        for name in self.home.journal():
            journaled += sum(bool(doc["signature"]) for doc in self.home.record(name)["docs"])
        if journaled != paid:
            return f"{paid} paid, {journaled} in the journal"
        return self.sim.state()["violations"] or None

    def end(self):
        for agent in self.home.agents:
            if agent.poll() is None:
                self.home.stop(agent)
        log = self.home.read("agent.log")
        self.home.remove()
        return next((log[-3000:] for bad in ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:") if bad in log), None)


class HostFails(unittest.TestCase):
    def fail_all(self, kind, error=errno.EIO, step=1, agent=True):
        world = World()
        self.addCleanup(world.sim.stop)
        if agent:
            self.assertEqual(world.home.start().said, "ok")
        self.assertEqual(world.smartca("refresh").returncode, 0)
        first = 1
        ran = subprocess.run([HOST, f"{kind} {error}", kind, str(error), str(first), str(step)], env=world.environment(),
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             timeout=LIMIT_S, check=False)
        last = ran.stdout.strip().splitlines()[-1]
        self.assertEqual(ran.returncode, 0, ran.stdout[-4000:])
        tried, documents = (int(part.split()[1]) for part in last.split(", "))
        self.assertGreater(tried, 3, ran.stdout)
        print(f"# host, {kind} {errno.errorcode[error]}: {tried} failures tried", file=sys.stderr)
        self.assertEqual(world.sim.counter("paid"), documents)
        self.assertIsNone(world.books())
        self.assertIsNone(world.end())

    def test_memory(self):
        self.fail_all("memory")

    def test_memory_from_then_on(self):
        self.fail_all("dry")

    def test_calls(self):
        for error in ERRNOS:
            with self.subTest(error=errno.errorcode[error]):
                self.fail_all("call", error)

    def test_short(self):
        self.fail_all("short")


class AgentFails(unittest.TestCase):
    """Sampled: the n-th failure from the agent's start to its end, with one signature in between."""

    def attempt(self, world, order, text):
        """What is wrong after one signature with a failing agent and another with a whole one; and what failed."""
        world.new(AGENT)
        world.sim.order("/switch", {"auto": "approve"})
        report = os.path.join(world.home.folder, "report")
        plain = world.home.environment
        world.home.environment = lambda fault=None: {**plain(fault), "SMARTCA_FAIL": order, "SMARTCA_FAIL_REPORT": report}
        agent = world.home.start()
        said = None
        if agent.said == "ok":
            said = self.ask(world, text)
        agent.terminate()
        status = agent.wait(LIMIT_S)
        counts = json.loads(world.home.read("report") or "{}")
        wrong = None
        if status not in (0, 1, -signal.SIGTERM):  # the last: before it was ready for it
            wrong = f"the agent ended with {status}"
        elif not agent.said and counts.get("where") != "write":
            wrong = "the agent ended without a word"
        elif said and said[0] == agentlib.ERROR and len(said[1].get(agentlib.SENTENCE, b"")) < 20:
            wrong = f"no sentence: {said}"
        world.home.environment = plain
        return wrong or self.again(world, text), counts

    def ask(self, world, text):
        """The answer, or None when the agent has hung up."""
        try:
            return world.home.sign(helper.hashlib.sha256(text.encode()).digest())
        except (agentlib.Closed, OSError, TypeError):
            return None

    def again(self, world, text):
        """Until it works: what was sent is looked up, at most for the time of one confirmation."""
        world.home.program = PROGRAM
        if world.home.start().said != "ok":
            return "the next agent does not start"
        world.home.refresh()  # a listing that failed is not tried again for a minute, unless asked for
        kind, fields = world.home.sign(helper.hashlib.sha256(text.encode()).digest())
        if kind != agentlib.SIGNATURE:
            return f"the second try does not sign: {fields}"
        if world.sim.counter("paid") != 1 or world.sim.counter("prompts") != 1:
            return f"{world.sim.counter('paid')} paid, {world.sim.counter('prompts')} prompts"
        return world.books()

    def one(self, worlds, order):
        world = worlds.get()
        try:
            wrong, counts = self.attempt(world, order, "a document")
            return order, wrong or world.end(), counts
        except Exception as problem:  # a worker's must not be lost
            return order, f"{type(problem).__name__}: {problem}", {}
        finally:
            worlds.put(world)

    def sample(self, count):
        if os.environ.get("SMARTCA_FAIL_EVERY"):
            return range(1, count + 1)
        step = max(count / SAMPLE, 1)
        return sorted({int(i * step) + 1 for i in range(SAMPLE) if i * step < count})

    def fail_sampled(self, kinds):
        worlds = queue.Queue()
        for _ in range(WORKERS):
            world = World(phone=True)
            self.addCleanup(world.sim.stop)
            world.home.remove()
            worlds.put(world)
        wrong, counts = self.one(worlds, "memory:1000000000")[1:]
        self.assertIsNone(wrong)
        orders = [f"{kind}:{n}{more}" for kind, more in kinds
                  for n in self.sample(counts["memory" if kind == "dry" else kind])]
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            results = list(pool.map(lambda order: self.one(worlds, order), orders))
        failed = [f"{order} ({seen.get('where', '?')}): {what}" for order, what, seen in results if what]
        hits = sum(bool(seen.get("where")) for _, _, seen in results)
        print(f"# agent, {' '.join(kind for kind, _ in kinds)}: {len(results)} of {counts} tried, {hits} known to have failed",
              file=sys.stderr)
        self.assertFalse(failed, "\n".join(failed))

    def test_memory(self):
        self.fail_sampled([("memory", ""), ("dry", "")])

    def test_calls(self):
        self.fail_sampled([("call", f":{errno.EIO}"), ("call", f":{errno.EINTR}"), ("short", "")])


class HostKilled(unittest.TestCase):
    """SIGKILL of the host at each step: the agent goes on, the next host picks the document up, nothing is paid twice."""

    # Step: an order to the host (tests/fail) or what is done from here, and what was paid without another host. None:
    # the agent drops what it has not sent when it sees the host gone in time, else goes on; both are right.
    STEPS = {
        "before it connects": ("kill:1:connect", 0),
        "connected, before a word": ("kill:1:send", 0),
        "the request is sent": ("killed:1:send", None),
        "while it waits": (None, 1),
        "just after the tap": ("tap", 1),
        "before it reads the reply": ("stop", 1),
    }

    def setUp(self):
        self.world = World(phone=True)
        self.addCleanup(self.world.sim.stop)
        self.assertEqual(self.world.home.start().said, "ok")
        self.assertEqual(self.world.smartca("refresh").returncode, 0)

    def start(self, text, order=None):
        more = {"SMARTCA_FAIL": order} if order else {}
        return subprocess.Popen([HOST, text], env=self.world.environment(**more), stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL)

    def signed(self):
        return self.world.home.outcomes().count("signed")

    def kill(self, text, how):
        """The host is dead when this returns, and the tap has come if there was anything to tap."""
        sim, before = self.world.sim, self.signed()
        host = self.start(text, how if how and ":" in how else None)
        if how is None or ":" not in how:
            sim.order("/wait", {"what": "waiting", "count": 1, "timeout": agentlib.LIMIT})
        if how == "stop":
            host.send_signal(signal.SIGSTOP)
        if how in ("tap", "stop"):
            sim.order("/approve")
        if how == "stop":
            until(lambda: self.signed() > before, "the agent has the signature")
        if how is None or ":" not in how:
            host.kill()
        # The look that finds the tap may come just then, and the host have its signature before the signal.
        self.assertIn(host.wait(LIMIT_S), (-signal.SIGKILL, 0) if how == "tap" else (-signal.SIGKILL,))

    def test_table(self):
        sim = self.world.sim
        for number, (step, (how, alone)) in enumerate(self.STEPS.items()):
            with self.subTest(step=step):
                before = sim.counter("paid")
                sim.order("/switch", {"auto": "none" if alone else "approve"})
                self.kill(step, how)
                if how is None:
                    sim.order("/approve")
                if alone:
                    until(lambda: self.signed() > before, "the agent finishes alone")
                if alone is not None:
                    self.assertEqual(sim.counter("paid") - before, alone)
                sim.order("/switch", {"auto": "approve"})
                self.assertEqual(self.start(step).wait(LIMIT_S), 0, "the next host signs")
                self.assertEqual(sim.counter("paid") - before, 1)
                self.assertEqual(sim.counter("prompts"), number + 1)
                self.assertIsNone(self.world.books())
        self.assertIsNone(self.world.end())


def main():
    global PROGRAM, HOST, AGENT
    PROGRAM, HOST, AGENT = (os.path.abspath(sys.argv.pop(1)) for _ in range(3))
    return 0 if unittest.main(exit=False).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
