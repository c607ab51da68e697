# SPDX-License-Identifier: Apache-2.0
"""The simulator's side of the benchmark: orders, what it saw, how fast it signs."""
import base64
import glob
import json
import os
import ssl
import sys
import time
import urllib.request

import host  # noqa: F401  helper's folder is on the path from here on
import helper

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from smartca_sim import files, identities, pki  # noqa: E402

SIM = os.environ["SMARTCA_BENCH_SIM"]
CONTROL = os.environ["SMARTCA_BENCH_CONTROL"]
SIGNER = "099000000000"


def order(path, body):
    status, value = helper.control(CONTROL, "POST", path, json.dumps(body))
    if status != 200:
        raise SystemExit(f"simulator: {path}: {value}")
    return value


def wait(what, count=1):
    order("/wait", {"what": what, "count": count, "timeout": 60})


def state():
    return helper.control(CONTROL, "GET", "/state")[1]


def read(name):
    with open(os.path.join(SIM, name), encoding="utf-8") as source:
        return json.load(source) if name.endswith(".json") else source.read().strip()


def token(base):
    """An access token of our own, as the service's basic login gives it."""
    person = next(p for p in read("persons.json") if p["user_id"] == SIGNER)
    secret = base64.b64encode(f"{SIGNER}:{person['password']}".encode()).decode()
    request = urllib.request.Request(base + "/auth/login", b"{}", {
        "Authorization": f"Basic {secret}", "Content-Type": "application/json"})
    context = ssl.create_default_context(cafile=os.path.join(SIM, "ca.pem"))
    with urllib.request.urlopen(request, context=context) as reply:
        return json.load(reply)["access_token"]


def exchanges_of_one_signature():
    """The last signature's requests, each with its connection, address, header and body: for the bare client."""
    requests = [r for r in helper.control(CONTROL, "GET", "/requests")[1] if r["status"] == 200]
    last = max(i for i, r in enumerate(requests) if r["path"].endswith("/signatures/signHash"))
    first = max((i for i, r in enumerate(requests[:last]) if r["path"].endswith("/signatures/signHash")), default=-1) + 1
    base = read("url") + read("services.json")["csc-v1"]["base"]
    header = f"Authorization: Bearer {token(base)}"
    exchanges = []
    for one in requests[first:last + 1]:
        body = one["body"]
        if "hash" in body:
            body["hash"] = ["@DIGEST@"]
        if "SAD" in body:
            body["SAD"] = "@SAD@"
        exchanges.append(("kept" if one["reused_connection"] else "fresh", read("url") + one["path"],
                          header if "Authorization" in one["headers"] else "", json.dumps(body, ensure_ascii=False)))
    return exchanges


def of_batch(exchanges, count):
    """The same exchanges with so many documents."""
    many = []
    for line, url, header, body in exchanges:
        body = json.loads(body)
        if "hash" in body:
            body["hash"] = ["@DIGEST@"] * count
        if "numSignatures" in body:
            body["numSignatures"] = count
        many.append((line, url, header, json.dumps(body, ensure_ascii=False)))
    return many


def rsa_rate(count):
    """Signatures per second by the simulator's own function and key, without anything around it: the fastest fifty."""
    folder = os.environ["SMARTCA_BENCH_IDENTITIES"]
    key = pki.load_key(files.read(glob.glob(os.path.join(folder, f"bench-{SIGNER}-*.key.pem"))[0]))
    digests = [os.urandom(32) for _ in range(count)]
    took = []
    for at in range(0, count, 50):
        begin = time.monotonic()
        for digest in digests[at:at + 50]:
            identities.sign_digest(key, digest)
        took.append((time.monotonic() - begin) / len(digests[at:at + 50]))
    return 1 / min(took)

