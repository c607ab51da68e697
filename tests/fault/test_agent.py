#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The agent as a process, against the simulator: deaths at every point, its life and its peers.

Usage: test_agent.py PROGRAM [unittest options]; PROGRAM is the built smartca. SMARTCA_SIM_IDENTITIES
names a folder for the simulator's keys; SMARTCA_FAULT_POINTS says that PROGRAM can be told where to die.
"""
import hashlib
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import unittest

import agentlib
from agentlib import Home, Sim, number, u32, until
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

PROGRAM = None
SIM = None


def digest_of(text):
    return hashlib.sha256(text.encode()).digest()


class AgentTest(unittest.TestCase):
    def setUp(self):
        SIM.order("/reset", {"all": True})
        SIM.order("/listen", {"on": True})
        self.home = Home(PROGRAM, SIM)
        self.addCleanup(self.finish)

    def finish(self):
        """Everything ends well, the agent too."""
        log = ""
        for agent in self.home.agents:
            if agent.poll() is None:
                self.home.stop(agent)
            log = self.home.read("agent.log")
        self.home.remove()
        if SIM.state()["violations"]:
            self.fail(SIM.state()["violations"])
        for bad in ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:"):
            self.assertNotIn(bad, log)

    def agent(self, fault=None):
        agent = self.home.start(fault)
        self.assertEqual(agent.said, "ok", self.home.read("agent.log"))
        return agent

    def assert_signature(self, answer, digest, replayed=None):
        kind, fields = answer
        self.assertEqual(kind, agentlib.SIGNATURE, fields)
        key = x509.load_der_x509_certificate(self.home.der).public_key()
        key.verify(fields[agentlib.SIGNED], digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
        if replayed is not None:
            self.assertEqual(number(fields, agentlib.REPLAYED), int(replayed))

    def assert_error(self, answer, err):
        kind, fields = answer
        self.assertEqual(kind, agentlib.ERROR, fields)
        self.assertEqual(number(fields), err, fields)
        self.assertTrue(fields[agentlib.SENTENCE])

    def wait_for(self, what, count=1):
        SIM.order("/wait", {"what": what, "count": count, "timeout": agentlib.LIMIT})


class Signing(AgentTest):
    def test_happy(self):
        self.agent()
        digest = digest_of("happy")
        line = self.home.ask(digest)
        line.until(agentlib.WAITING)
        SIM.order("/approve")
        self.assert_signature(line.answer(), digest, replayed=False)
        self.assert_signature(self.home.sign(digest), digest, replayed=True)
        self.assertEqual(SIM.counter("paid"), 1)
        self.assertEqual(self.home.outcomes(), ["replayed", "signed"])
        self.assertEqual(self.home.ledger()[0]["program"], "test-host")
        self.assertEqual(self.home.ledger()[0]["pid"], os.getpid())

    def test_rejection(self):
        self.agent()
        line = self.home.ask(digest_of("no"))
        line.until(agentlib.WAITING)
        SIM.order("/reject")
        self.assert_error(line.answer(), agentlib.REJECTED)
        self.assertEqual(SIM.counter("paid"), 0)

    def test_eight_hosts_one_prompt(self):
        self.home.configure(batch_window="2000")  # so that they travel together
        self.agent()
        self.home.refresh()
        digests = [digest_of(f"batch {i}") for i in range(8)]
        lines = [self.home.line() for _ in digests]
        for line, digest in zip(lines, digests):
            self.home.ask(digest, line)
        codes = {line.until(agentlib.WAITING)[agentlib.CODE] for line in lines}
        self.assertEqual(len(codes), 1)
        SIM.order("/approve")
        for line, digest in zip(lines, digests):
            self.assert_signature(line.answer(), digest)
        self.assertEqual(SIM.counter("prompts"), 1)
        self.assertEqual(SIM.counter("paid"), 8)

    def test_one_handshake(self):
        """Transactions and a burst: keys are exchanged once, and only sign requests have lines of their own."""
        SIM.order("/switch", {"auto": "approve", "auto_delay_ms": 300})
        SIM.order("/reset")
        self.agent()
        self.home.refresh()
        for number in range(3):
            digest = digest_of(f"alone {number}")
            self.assert_signature(self.home.sign(digest), digest)
        digests = [digest_of(f"burst {number}") for number in range(20)]
        lines = [self.home.line() for _ in digests]
        for line, digest in zip(lines, digests):
            self.home.ask(digest, line)
        for line, digest in zip(lines, digests):
            self.assert_signature(line.answer(), digest)
        counters = SIM.state()["counters"]
        self.assertEqual(counters["paid"], 23)
        self.assertEqual(counters["tls_handshakes"] - counters["tls_resumed"], 1)
        self.assertEqual(counters["connections"], 1 + counters["prompts"])

    def test_terminal_line(self):
        self.home.configure(general="notify = tty")
        self.agent()
        line = self.home.ask(digest_of("tty"), self.home.line(fields={agentlib.TTY: "/dev/pts/9"}))
        told = line.until(agentlib.WAITING)
        self.assertIn(told[agentlib.CODE], told[agentlib.LINE])
        quiet = self.home.ask(digest_of("tty"))
        self.assertNotIn(agentlib.LINE, quiet.until(agentlib.WAITING))

    def test_budget_from_a_changed_configuration(self):
        self.agent()
        self.home.refresh()
        self.home.configure(max_per_day="0")
        self.assert_error(self.home.sign(digest_of("poor")), agentlib.BUDGET)
        self.assertEqual(SIM.counter("prompts"), 0)
        self.assertEqual(self.home.outcomes(), ["budget"])

    def hear_both(self, fields=None, shown=1):
        """Asks, rejects when so many lines were shown, and returns the code that both notices must show."""
        self.agent()
        line = self.home.ask(digest_of("notice"), self.home.line(fields=fields or {}))
        code = line.until(agentlib.WAITING)[agentlib.CODE].decode()
        until(lambda: self.home.read("said").count("\n") == shown, "the first notice")
        SIM.order("/reject")
        line.answer()
        return code

    def test_notify_command(self):
        path = self.home.script("notice", f'echo "$SMARTCA_EVENT $SMARTCA_CODE $1" >> {self.home.folder}/said')
        self.home.configure(general=f"notify = command:{path}")
        code = self.hear_both()
        until(lambda: f"waiting {code} " in self.home.read("said"), "the waiting notice")
        until(lambda: f"ended {code} " in self.home.read("said"), "the last notice")

    def test_notify_send(self):
        self.home.script("notify-send", f'echo 77; echo "$DISPLAY $*" >> {self.home.folder}/said')
        self.home.configure(general="notify = auto")
        self.hear_both({agentlib.DISPLAY: ":7"}, shown=2)
        until(lambda: self.home.read("said").count("\n") == 3, "both notices, the first without and with its button")
        first, button, second = self.home.read("said").splitlines()
        self.assertTrue(first.startswith(":7 --app-name=SmartCA -p -t "), first)
        self.assertRegex(button, "^:7 --app-name=SmartCA -p -r 77 -t [0-9]+000 -A cancel=Cancel -- SmartCA ")
        self.assertTrue(second.startswith(":7 --app-name=SmartCA -p -r 77 -- SmartCA "), second)

    def test_old_notify_send(self):
        self.home.script("notify-send", f'case "$*" in *" -p "*) exit 1;; esac; echo "$*" >> {self.home.folder}/said')
        self.home.configure(general="notify = desktop")
        self.hear_both({agentlib.DISPLAY: ":7"})
        until(lambda: self.home.read("said").count("--app-name=SmartCA -- SmartCA") == 2, "both notices")

    def test_password_and_otp(self):
        person = SIM.persons["012345678903"]
        self.home.remove()
        self.home = Home(PROGRAM, SIM, person["user_id"], provider="vnpt-smartca-th", password=person["password"],
                         totp_secret="base64:" + person["totp_secret"])
        self.agent()
        digest = digest_of("th")
        self.assert_signature(self.home.sign(digest), digest, replayed=False)
        self.assertEqual(SIM.counter("paid"), 1)

    def test_typed_pin(self):
        person = SIM.persons["012345678903"]
        self.home.remove()
        self.home = Home(PROGRAM, SIM, person["user_id"], provider="vnpt-smartca-th", pin="password",
                         totp_secret="base64:" + person["totp_secret"])
        self.agent()
        digest = digest_of("typed")
        self.assertEqual(self.home.sign(digest)[0], agentlib.ERROR)
        self.assertEqual(SIM.counter("prompts"), 0)
        line = self.home.ask(digest, fields={agentlib.PIN: person["password"]})
        self.assert_signature(line.answer(), digest)
        self.assertEqual(SIM.counter("paid"), 1)


class Deaths(AgentTest):
    def assert_one_paid_in_all(self, digest):
        self.agent()
        SIM.order("/switch", {"auto": "approve"})
        SIM.order("/approve-all")
        self.assert_signature(self.home.sign(digest), digest)
        self.assertEqual(SIM.counter("paid"), 1)
        self.assertEqual(SIM.counter("prompts"), 1)
        self.assertEqual(self.home.outcomes().count("signed"), 1)

    def dies_at(self, point, auto="none"):
        if "SMARTCA_FAULT_POINTS" not in os.environ:
            self.skipTest("no fault points in this build; the asan run has them")
        SIM.order("/switch", {"auto": auto})
        agent = self.agent(point)
        digest = digest_of("dies at " + point)
        with self.assertRaises(agentlib.Closed):
            self.home.sign(digest)
        self.assertEqual(agent.wait(agentlib.LIMIT), -signal.SIGKILL)
        return digest

    def test_before_journal(self):
        digest = self.dies_at("before-journal")
        self.assertEqual(self.home.journal(), [])
        self.assertEqual(SIM.counter("prompts"), 0)
        self.assert_one_paid_in_all(digest)

    def test_journaled_and_not_sent(self):
        digest = self.dies_at("journaled")
        self.assertEqual(len(self.home.journal()), 1)
        self.assertEqual(SIM.counter("prompts"), 0)
        self.assert_one_paid_in_all(digest)

    def test_while_waiting(self):
        self.assert_one_paid_in_all(self.dies_at("waiting"))

    def test_signed_and_not_journaled(self):
        self.assert_one_paid_in_all(self.dies_at("verified", "approve"))

    def test_journaled_and_not_in_the_ledger(self):
        self.assert_one_paid_in_all(self.dies_at("before-ledger", "approve"))

    def test_sent_and_not_answered(self):
        SIM.order("/fault", {"action": "act-then-stall", "path": "/v1/signatures/sign$"})
        agent = self.agent()
        digest = digest_of("killed while sending")
        self.home.ask(digest)
        self.wait_for("prompts")
        self.home.stop(agent, signal.SIGKILL)
        self.assert_one_paid_in_all(digest)

    def test_reply_lost(self):
        SIM.order("/fault", {"action": "act-then-reset", "path": "/v1/signatures/sign$"})
        SIM.order("/switch", {"auto": "approve"})
        self.agent()
        digest = digest_of("lost reply")
        self.assert_signature(self.home.sign(digest), digest)
        self.assertEqual(SIM.counter("paid"), 1)
        self.assertEqual(SIM.counter("prompts"), 1)

    def test_host_killed(self):
        self.agent()
        digest = digest_of("host killed")
        line = self.home.ask(digest)
        line.until(agentlib.WAITING)
        line.close()
        SIM.order("/approve")
        until(lambda: "signed" in self.home.outcomes(), "the agent finishes alone")
        self.assert_signature(self.home.sign(digest), digest, replayed=True)
        self.assertEqual(SIM.counter("paid"), 1)

    def test_agent_killed_and_nobody_asks(self):
        agent = self.agent()
        line = self.home.ask(digest_of("alone"))
        line.until(agentlib.WAITING)
        self.home.stop(agent, signal.SIGKILL)
        SIM.order("/approve")
        self.agent()
        until(lambda: "signed" in self.home.outcomes(), "the new agent looks it up")
        self.assertEqual(SIM.counter("paid"), 1)

    def test_known_only_by_the_service_s_own_code(self):
        SIM.order("/switch", {"path_id": "tran_code"})
        agent = self.agent()
        digest = digest_of("by its own code")
        self.home.ask(digest).until(agentlib.WAITING)
        self.home.stop(agent, signal.SIGKILL)
        self.assert_one_paid_in_all(digest)

    def test_terminated_while_waiting(self):
        agent = self.agent()
        digest = digest_of("terminated")
        self.home.ask(digest).until(agentlib.WAITING)
        self.assertEqual(self.home.stop(agent), 0)
        self.assert_one_paid_in_all(digest)

    def test_disk_full(self):
        agent = self.agent()
        self.home.refresh()
        resource.prlimit(agent.pid, resource.RLIMIT_FSIZE, (0, 0))
        self.assert_error(self.home.sign(digest_of("full")), agentlib.IO)
        self.assertEqual(SIM.counter("prompts"), 0)


class Life(AgentTest):
    def test_one_of_many(self):
        agents = []
        threads = [threading.Thread(target=lambda: agents.append(self.home.start())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([agent.said for agent in agents], ["ok"] * 8)
        until(lambda: sum(agent.poll() is None for agent in agents) == 1, "one remains")
        self.assertEqual({agent.returncode for agent in agents}, {None, 0})
        self.assertEqual(self.home.line().greeting[0], agentlib.HELLO)

    def test_stale_socket(self):
        self.home.stop(self.agent(), signal.SIGKILL)
        self.assertIsNotNone(self.home.socket_path())
        self.agent()
        self.assertEqual(self.home.line().greeting[0], agentlib.HELLO)

    def test_journal_that_cannot_be_read(self):
        os.makedirs(os.path.join(self.home.folder, ".local/state/smartca"), 0o700)
        folder = os.path.join(self.home.folder, ".local/state/smartca/journal")
        os.mkdir(folder)
        os.chmod(folder, 0o755)
        agent = self.agent()
        self.home.refresh()
        SIM.order("/switch", {"auto": "approve"})
        self.assert_error(self.home.sign(digest_of("unread")), agentlib.PERM)
        self.assertEqual(SIM.counter("prompts"), 0)
        os.chmod(folder, 0o700)
        self.assert_signature(self.home.sign(digest_of("unread")), digest_of("unread"))
        self.assertEqual(self.home.stop(agent), 0)

    def test_systemd_socket(self):
        path = os.path.join(self.home.folder, "systemd.sock")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        listener.listen()
        agent = subprocess.Popen(
            ["/bin/sh", "-c", f'exec 3<&{listener.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" agent --foreground',
             PROGRAM], env=self.home.environment(), pass_fds=[listener.fileno()], stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.home.agents.append(agent)
        line = agentlib.Line(path)
        self.assertEqual(line.greeting[0], agentlib.HELLO)
        line.close()
        self.assertEqual(self.home.stop(agent), 0)
        self.assertTrue(os.path.exists(path), "the socket is systemd's")
        listener.close()

    def test_detached(self):
        ours, theirs = os.pipe()
        starter = subprocess.Popen([PROGRAM, "agent", "--ready-fd", str(theirs)], pass_fds=[theirs],
                                   env=self.home.environment(), stdin=subprocess.DEVNULL)
        os.close(theirs)
        with os.fdopen(ours) as ready:
            self.assertEqual(ready.readline(), "ok\n")
            self.assertEqual(ready.read(), "")
        self.assertEqual(starter.wait(agentlib.LIMIT), 0)
        line = self.home.line()
        pid = struct.unpack("3i", line.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
        self.assertEqual(os.readlink(f"/proc/{pid}/fd/2"), "/dev/null")
        os.kill(pid, signal.SIGTERM)
        until(lambda: self.home.socket_path() is None, "it leaves")

    def test_idle(self):
        self.home.configure(general="agent-idle = 3")  # long enough to be greeted before it leaves
        agent = self.agent()
        self.home.line().close()
        self.assertEqual(agent.wait(agentlib.LIMIT), 0)
        self.assertIsNone(self.home.socket_path())

    def test_cannot_start(self):
        os.chmod(self.home.runtime, 0o700)
        path = os.path.join(self.home.folder, "run2")
        os.mkdir(path, 0o700)
        self.home.runtime = path
        first = self.agent()
        folder = os.path.dirname(self.home.socket_path())
        self.home.stop(first)
        os.chmod(folder, 0o755)
        agent = self.home.start()
        self.assertNotEqual(agent.wait(agentlib.LIMIT), 0)
        self.assertNotEqual(agent.said, "ok")
        self.assertNotEqual(agent.said, "")

    def test_faulty_configuration(self):
        with open(self.home.conf, "a", encoding="utf-8") as out:
            out.write("\n[account:broken]\nprovider = nobody\nnonsense = 1\n")
        self.agent()
        digest = digest_of("beside a broken account")
        SIM.order("/switch", {"auto": "approve"})
        self.assert_signature(self.home.sign(digest), digest)

    def test_newer_client(self):
        agent = self.agent()
        digest = digest_of("older agent")
        waiting = self.home.ask(digest)
        waiting.until(agentlib.WAITING)
        newer = self.home.line(fields={agentlib.VERSION: 2})
        self.assertEqual(newer.greeting[0], agentlib.ERROR)
        self.assertEqual(number(newer.greeting[1]), agentlib.NEWER)
        self.assertIsNone(self.home.socket_path(), "the place is free")
        successor = self.agent()
        self.assertIsNone(successor.poll())
        joined = self.home.ask(digest)
        joined.until(agentlib.WAITING)
        self.assertIsNone(agent.poll())
        SIM.order("/approve")
        self.assert_signature(waiting.answer(), digest)
        self.assert_signature(joined.answer(), digest)
        waiting.close()
        newer.close()
        self.assertEqual(agent.wait(agentlib.LIMIT), 0)
        self.assertEqual(SIM.counter("paid"), 1)
        self.assertEqual(self.home.outcomes().count("signed"), 1)
        self.assertEqual(self.home.line().greeting[0], agentlib.HELLO)

    def test_request_along_with_hello(self):
        """Who is not spoken with is not signed for, either."""
        agent = self.agent()
        SIM.order("/switch", {"auto": "approve"})
        digest = digest_of("along with hello")
        first = agentlib.frame(agentlib.SIGN, self.home.wish(digest))
        line = self.home.line(first=first)
        self.assert_signature(line.answer(), digest)
        newer = self.home.line(first=agentlib.frame(agentlib.SIGN, self.home.wish(digest_of("newer"))),
                               fields={agentlib.VERSION: 2})
        self.assertEqual(number(newer.greeting[1]), agentlib.NEWER)
        with self.assertRaises(agentlib.Closed):
            newer.answer()
        line.close()
        self.assertEqual(agent.wait(agentlib.LIMIT), 0)
        self.assertEqual(SIM.counter("prompts"), 1)

    def test_newer_build_leaves_older_build_stays(self):
        agent = self.agent()
        self.assertEqual(self.home.line(fields={agentlib.BUILD: "0.0.9"}).greeting[0], agentlib.HELLO)
        self.assertEqual(self.home.line(fields={agentlib.BUILD: "0.10.0"}).greeting[0], agentlib.ERROR)
        self.assertEqual(agent.wait(agentlib.LIMIT), 0)

    def test_quit(self):
        agent = self.agent()
        line = self.home.line()
        line.send(agentlib.QUIT, {})
        self.assertEqual(line.answer()[0], agentlib.DONE)
        self.assertIsNone(self.home.socket_path(), "the place is free")
        line.close()
        self.assertEqual(agent.wait(agentlib.LIMIT), 0)

    def test_status(self):
        self.home.configure(max_per_day="7")
        self.agent()
        self.home.refresh()
        waiting = self.home.ask(digest_of("status"))
        waiting.until(agentlib.WAITING)
        line = self.home.line()
        line.send(agentlib.STATUS, {})
        kind, fields = line.answer()
        self.assertEqual(kind, agentlib.TEXT)
        status = agentlib.json.loads(fields[agentlib.BODY])
        self.assertEqual(status["accounts"][0]["credentials"], 1)
        self.assertEqual(status["waiting"][0]["program"], "test-host")
        self.assertEqual(status["waiting"][0]["documents"], 1)
        self.assertTrue(0 < status["waiting"][0]["seconds_left"] <= 300)
        self.assertEqual(status["budgets"], [{"account": "work", "used": 1, "limit": 7}])


class Peers(AgentTest):
    def assert_cut_off(self, line):
        with self.assertRaises(agentlib.Closed):
            line.receive()

    def test_nonsense(self):
        self.agent()
        bad = [b"\xff" * 4, u32(1) + b"\x00", u32(1 << 21), u32(6) + bytes([1, 1]) + u32(99),
               agentlib.frame(agentlib.SIGN, {}), agentlib.frame(agentlib.STATUS, {}),
               agentlib.frame(agentlib.TEXT, {}), agentlib.frame(agentlib.HELLO, {})]
        for data in bad:
            line = self.home.line(silent=True)
            line.socket.sendall(data)
            self.assert_cut_off(line)
        self.assertEqual(self.home.line().greeting[0], agentlib.HELLO)

    def test_silence(self):
        self.agent()
        self.assert_cut_off(self.home.line(silent=True))

    def test_bad_requests_are_answered(self):
        self.agent()
        good = {agentlib.ACCOUNT: "work", agentlib.CREDENTIAL: self.home.credential, agentlib.SCHEME: 1,
                agentlib.HASH: 3, agentlib.DIGEST: b"x" * 32}
        line = self.home.line()
        for spoiled in ({agentlib.DIGEST: b"short"}, {agentlib.DIGEST: b""}, {agentlib.HASH: 99},
                        {agentlib.SCHEME: 0}, {agentlib.ACCOUNT: "nobody"}, {agentlib.CREDENTIAL: "f" * 64},
                        {agentlib.CREDENTIAL: "f" * 200}, {agentlib.HASH: 1, agentlib.DIGEST: b"x" * 20}):
            line.send(agentlib.SIGN, {**good, **spoiled})
            kind, fields = line.answer()
            self.assertEqual(kind, agentlib.ERROR)
            self.assertTrue(fields[agentlib.SENTENCE])
        self.assertEqual(SIM.counter("prompts"), 0)

    def test_two_requests_at_once(self):
        self.agent()
        self.home.refresh()
        line = self.home.ask(digest_of("first"))
        line.until(agentlib.WAITING)
        self.home.ask(digest_of("second"), line)
        with self.assertRaises(agentlib.Closed):
            line.answer()

    def test_crowd(self):
        self.agent()
        resource.setrlimit(resource.RLIMIT_NOFILE, (2048, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        crowd = []
        for _ in range(1024):
            crowd.append(self.home.line())
        self.assert_cut_off(self.home.line(silent=True))
        for line in crowd:
            line.close()
        until(lambda: self.greeted(), "there is room again")

    def greeted(self):
        try:
            return self.home.line().greeting[0] == agentlib.HELLO
        except (agentlib.Closed, ConnectionError):  # turned away before it had a word, or after it
            return False

    def test_peer_that_does_not_read(self):
        self.agent()
        line = self.home.line()
        line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        line.socket.setblocking(False)
        with self.assertRaises((BlockingIOError, ConnectionError)):
            while True:
                line.socket.sendall(agentlib.frame(agentlib.STATUS, {}))
        self.assertEqual(self.home.line().greeting[0], agentlib.HELLO)


def main():
    global PROGRAM, SIM
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    SIM = Sim(identities=os.environ.get("SMARTCA_SIM_IDENTITIES"))
    try:
        return 0 if unittest.main(exit=False).result.wasSuccessful() else 1
    finally:
        SIM.stop()


if __name__ == "__main__":
    sys.exit(main())
