# SPDX-License-Identifier: Apache-2.0
"""Starts a simulator and talks to it, for tests written in Python."""
import base64
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import uuid

HERE = os.path.dirname(os.path.realpath(__file__))
PROGRAM = os.path.join(HERE, "smartca-sim")
BASE = "/sca/sp769"


class Sim:
    def __init__(self, *options, identities=None):
        self.folder = tempfile.mkdtemp(prefix="sim-test-")
        command = [sys.executable, PROGRAM, "--dir", self.folder, *options]
        if identities:
            command += ["--identities", identities]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if "https://" not in self.process.stdout.readline():
            raise RuntimeError("the simulator did not start")
        self.port = int(self.read("url").rsplit(":", 1)[1])
        self.control_port = int(self.read("control-url").rsplit(":", 1)[1])
        self.phone_url = self.read("phone-url")
        self.sp = json.loads(self.read("sp.json"))
        self.services = json.loads(self.read("services.json"))
        self.persons = {p["user_id"]: p for p in json.loads(self.read("persons.json"))}
        self.trust = ssl.create_default_context(cafile=os.path.join(self.folder, "ca.pem"))

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as source:
            return source.read().strip()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.process.returncode

    # control

    def control(self, path, order=None, method="POST"):
        line = http.client.HTTPConnection("127.0.0.1", self.control_port, timeout=90)
        try:
            line.request(method, path, None if order is None else json.dumps(order))
            reply = line.getresponse()
            return reply.status, json.loads(reply.read() or b"null")
        finally:
            line.close()

    def order(self, path, order=None):
        status, value = self.control(path, order or {})
        if status != 200:
            raise RuntimeError(f"{path}: {status} {value}")
        return value

    def state(self):
        return self.control("/state", method="GET")[1]

    def counter(self, name):
        return self.state()["counters"][name]

    # the cloud

    def line(self, host="127.0.0.1"):
        return http.client.HTTPSConnection(host, self.port, timeout=60, context=self.trust)

    def raw(self, path, body, line=None, method="POST", kind="application/json"):
        """(status, headers, body) of a call of sp769."""
        return self.call(method, BASE + path, body, {"Content-Type": kind} if kind else {}, line)

    def call(self, method, path, body=None, headers=None, line=None):
        """(status, headers, body) of a whole path; a line given stays open."""
        used = line or self.line()
        try:
            used.request(method, path, body, headers or {})
            if used.sock is not None:
                used.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reply = used.getresponse()
            return reply.status, reply.headers, reply.read()
        finally:
            if line is None:
                used.close()

    def post(self, path, value, line=None):
        status, _, body = self.raw(path, json.dumps(value), line)
        return status, json.loads(body)

    def who(self, user_id, **more):
        return {**self.sp, "user_id": user_id, **more}

    def serial(self, user_id, at=0):
        return self.persons[user_id]["credentials"][at]["serial_number"]

    def sign_body(self, user_id, digests, transaction_id=None, **more):
        """digests: {doc_id: hex}."""
        files = [{"doc_id": name, "file_type": "pdf", "sign_type": "hash", "data_to_be_signed": digest}
                 for name, digest in digests.items()]
        return self.who(user_id, serial_number=self.serial(user_id),
                        transaction_id=transaction_id or str(uuid.uuid4()), sign_files=files, **more)

    def poll(self, transaction_id, line=None):
        return self.post(f"/v1/signatures/sign/{transaction_id}/status", {}, line)

    def listing(self, user_id, **more):
        body = self.who(user_id, transaction_id="listing", **more)
        return self.post("/v1/credentials/get_certificate", body)


def signatures(reply):
    return {item["doc_id"]: base64.b64decode(item["signature_value"]) for item in reply["data"]["signatures"]}
