# SPDX-License-Identifier: Apache-2.0
"""Runs the agent in a home of its own and speaks its socket's language, for tests in Python."""
import base64
import hashlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "sim"))
from simclient import Sim  # noqa: E402

HELLO, REFRESH, SIGN, STATUS, QUIT = 1, 2, 3, 4, 5
PROGRESS, SIGNATURE, DONE, ERROR, TEXT = 64, 65, 66, 67, 68
VERSION, BUILD, PROGRAM, LANGUAGE, DISPLAY, TTY = 1, 2, 3, 4, 5, 9
MODE, ACCOUNT, CREDENTIAL, SCHEME, HASH, DIGEST, PIN, OTP = 11, 12, 13, 14, 15, 16, 17, 18
STATE, CODE, SECONDS, LINE, SIGNED, TXN, REPLAYED = 19, 20, 21, 22, 23, 24, 25
NUMBER, SENTENCE, BODY = 26, 27, 28
WAITING, LOOKING_UP = 2, 3
REJECTED, BUDGET, IO, PERM, NEWER = 30, 32, 3, 4, 10

USER = "012345678901"
LIMIT = 60  # seconds that nothing here takes


def u32(value):
    return struct.pack("<I", value)


def frame(kind, fields):
    body = bytes([kind])
    for tag, value in fields.items():
        if isinstance(value, int):
            value = u32(value)
        elif isinstance(value, str):
            value = value.encode("utf-8")
        body += bytes([tag]) + u32(len(value)) + value
    return u32(len(body)) + body


class Closed(Exception):
    """The agent ended the connection."""


class Line:
    """One connection to the agent; with first=FRAME that goes along with HELLO, as from the module."""

    def __init__(self, path, **hello):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(LIMIT)
        self.socket.connect(path)
        self.progress = []
        if hello.get("silent"):
            return
        fields = {VERSION: 1, BUILD: "0.1.0", PROGRAM: "test-host", LANGUAGE: "en_US.UTF-8"}
        fields.update(hello.get("fields", {}))
        self.socket.sendall(frame(HELLO, fields) + hello.get("first", b""))
        self.greeting = self.receive()

    def send(self, kind, fields):
        self.socket.sendall(frame(kind, fields))

    def exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise Closed
            data += part
        return data

    def receive(self):
        try:
            length, = struct.unpack("<I", self.exactly(4))
            body = self.exactly(length)
        except ConnectionError as problem:
            raise Closed from problem
        fields, at = {}, 1
        while at < len(body):
            size, = struct.unpack_from("<I", body, at + 1)
            fields[body[at]] = body[at + 5:at + 5 + size]
            at += 5 + size
        return body[0], fields

    def answer(self):
        """The last frame of a request; what came before is kept in progress."""
        while True:
            kind, fields = self.receive()
            if kind != PROGRESS:
                return kind, fields
            self.progress.append(fields)

    def until(self, state):
        """Reads progress until that state."""
        while True:
            kind, fields = self.receive()
            assert kind == PROGRESS, (kind, fields)
            self.progress.append(fields)
            if fields[STATE] == u32(state):
                return fields

    def close(self):
        self.socket.close()


def number(fields, tag=NUMBER):
    return struct.unpack("<I", fields[tag])[0]


class Home:
    """A person's folders, configuration and agent. @account replaces all that is said of an account."""

    def __init__(self, program, sim, user=USER, account=None, **keys):
        self.program, self.sim, self.user, self.account = program, sim, user, account
        self.folder = tempfile.mkdtemp(prefix="sca-agent-")
        self.runtime = os.path.join(self.folder, "run")
        os.mkdir(self.runtime, 0o700)
        self.conf = os.path.join(self.folder, "smartca.conf")
        self.agents, self.lines = [], []
        self.configure(**keys)
        if account is None:
            self.know()

    def know(self):
        found = self.sim.listing(self.user)[1]["data"]["user_certificates"][0]
        self.der = base64.b64decode("".join(found["cert_data"].split()))
        self.credential = hashlib.sha256(self.der).hexdigest()

    def configure(self, general="notify = none", **keys):
        usual = {"provider": "vnpt-smartca", "url": f"https://127.0.0.1:{self.sim.port}/sca/sp769",
                 "ca-file": os.path.join(self.sim.folder, "ca.pem"), "sp-id": self.sim.sp["sp_id"],
                 "sp-password": self.sim.sp["sp_password"], "user-id": self.user, "poll-interval": "1"}
        keys = {**(self.account or usual),
                **{key.replace("_", "-"): value for key, value in keys.items()}}
        text = f"[smartca]\n{general}\n[account:work]\n"
        text += "".join(f"{key} = {value}\n" for key, value in keys.items())
        beside = self.conf + ".new"
        with open(beside, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as out:
            out.write(text)
        os.rename(beside, self.conf)

    def environment(self, fault=None):
        kept = {name: value for name, value in os.environ.items() if name.startswith(("ASAN", "UBSAN", "LSAN"))}
        kept.update(PATH=f"{self.folder}/bin:/usr/bin:/bin", HOME=self.folder, XDG_RUNTIME_DIR=self.runtime, SMARTCA_CONF=self.conf)
        if fault:
            kept["SMARTCA_FAULT_POINT"] = fault
        return kept

    def start(self, fault=None):
        """A new agent that listens; its process."""
        ours, theirs = os.pipe()
        log = open(os.path.join(self.folder, "agent.log"), "ab")
        agent = subprocess.Popen([self.program, "agent", "--foreground", "--ready-fd", str(theirs)],
                                 env=self.environment(fault), pass_fds=[theirs], stderr=log, stdout=log,
                                 stdin=subprocess.DEVNULL)
        log.close()
        os.close(theirs)
        with os.fdopen(ours) as ready:
            agent.said = ready.readline().strip()
        self.agents.append(agent)
        return agent

    def socket_path(self):
        for here, _, names in os.walk(self.runtime):
            if "agent.sock" in names:
                return os.path.join(here, "agent.sock")
        return None

    def line(self, **hello):
        line = Line(self.socket_path(), **hello)
        self.lines.append(line)
        return line

    def refresh(self):
        line = self.line()
        line.send(REFRESH, {MODE: 1})
        kind, fields = line.answer()
        line.close()
        return kind, fields

    def ask(self, digest, line=None, **more):
        line = line or self.line()
        line.send(SIGN, self.wish(digest, more.get("fields")))
        return line

    def wish(self, digest, fields=None):
        return {ACCOUNT: "work", CREDENTIAL: self.credential, SCHEME: 1, HASH: 3, DIGEST: digest, **(fields or {})}

    def sign(self, digest):
        line = self.ask(digest)
        try:
            return line.answer()
        finally:
            line.close()

    def script(self, name, text):
        """A program of that name, found first on the agent's PATH; its path."""
        os.makedirs(os.path.join(self.folder, "bin"), exist_ok=True)
        path = os.path.join(self.folder, "bin", name)
        with open(path, "w", encoding="utf-8") as out:
            out.write("#!/bin/sh\n" + text + "\n")
        os.chmod(path, 0o700)
        return path

    def read(self, name):
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as source:
            return source.read()

    def ledger(self):
        path = os.path.join(self.folder, ".local/state/smartca/ledger")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as source:
            return [json.loads(line) for line in source if line.endswith("\n")]  # the last one may be under way

    def outcomes(self):
        return sorted(entry["outcome"] for entry in self.ledger())

    def journal(self):
        folder = os.path.join(self.folder, ".local/state/smartca/journal")
        return os.listdir(folder) if os.path.isdir(folder) else []

    def record(self, name):
        """What the journal says of one transaction now: the last line that is whole."""
        with open(os.path.join(self.folder, ".local/state/smartca/journal", name), encoding="utf-8") as source:
            for line in reversed(source.read().splitlines()):
                try:
                    return json.loads(line)
                except ValueError:
                    continue
        raise ValueError(f"no whole line: {name}")

    def stop(self, agent, how=signal.SIGTERM):
        agent.send_signal(how)
        return agent.wait(LIMIT)

    def remove(self):
        for line in self.lines:
            line.close()
        for agent in self.agents:
            if agent.poll() is None:
                agent.kill()
                agent.wait(LIMIT)
        shutil.rmtree(self.folder, ignore_errors=True)


def until(true, what):
    """Waits for what only a look can tell."""
    deadline = time.monotonic() + LIMIT
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"never happened: {what}")
        time.sleep(0.02)
