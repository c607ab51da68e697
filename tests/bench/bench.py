#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One part of the benchmark, in the home that tests/bench/run has made: bench.py [--quick] PART [WORD]...

Each part adds rows to the file of rows, one JSON object a line: id, name, unit, value, and where there is one
the reference, what it is, the ratio to it and the limit that the ratio or the value should keep.
"""
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

import cloud
import host

QUICK = "--quick" in sys.argv
SIZES = ("one", "some", "many")


def row(row_id, name, unit, value, reference=None, reference_name=None, limit=None, limit_of="value"):
    """limit: "<= 0.2" and the like, of the ratio or the value."""
    one = {"id": row_id, "name": name, "unit": unit, "value": value}
    if reference is not None:
        one.update(reference=reference, reference_name=reference_name, ratio=value / reference if reference else None)
    if limit is not None:
        one.update(limit=limit, limit_of=limit_of)
    with open(os.environ["SMARTCA_BENCH_ROWS"], "a", encoding="utf-8") as rows:
        rows.write(json.dumps(one) + "\n")


def rounds(full, quick):
    return quick if QUICK else full


# without a signature

def listing(at, count, *agents):
    at, count = int(at), int(count)
    size = SIZES[at]
    ours, theirs = [], []
    for _ in range(rounds(15, 3)):  # in turn, so that a busy moment meets both
        ours.append(host.once("list", host.MODULE))
        theirs.append(host.once("list", host.REFERENCE))
    certificates = f"{count} certificate{'s' if count > 1 else ''}"

    def least(results):
        """What disturbs can only add."""
        return min(result["us"] for result in results) / 1000

    def middle(results):
        return statistics.median(result["kib"] for result in results)
    row(f"list.{size}", f"load, list {certificates}, finalize", "ms", least(ours), least(theirs), "SoftHSM2",
        {0: "<= 0.2", 2: "<= 0.1"}.get(at), "ratio")
    row(f"host-memory.{size}", f"memory added to the host, {certificates}", "KiB", middle(ours), middle(theirs),
        "SoftHSM2", {0: "<= 1024", 2: "<= 4096"}.get(at))
    row(f"agent-memory.{size}", f"the agent, resident, {certificates}", "KiB",
        max(host.resident(int(pid)) for pid in agents), limit="<= 12288")
    row(f"find.{size}", f"find by CKA_ID, 10 attributes, {certificates}", "us",
        host.best("find", host.MODULE, rounds(2000, 200), times=5), host.best("find", host.REFERENCE, rounds(20, 5), times=3),
        "SoftHSM2")
    if at == 0:
        many = rounds(10000, 1000)
        row("sessions", f"{many} sessions, opened and closed", "ms", host.best("sessions", host.MODULE, many, times=3) / 1000,
            host.best("sessions", host.REFERENCE, many, times=1) / 1000, "SoftHSM2")


# signatures

def in_between(returned):
    """Milliseconds from one return to the next, without the first: it fetches tokens and opens lines."""
    return [(b - a) / 1e6 for a, b in zip(returned[1:], returned[2:])]


def durable_write_ms(folder):
    """What one record costs that must outlive a crash: written, synced, renamed, and the folder synced."""
    took = []
    line = os.open(folder, os.O_RDONLY)
    for _ in range(rounds(40, 5)):
        begin = time.monotonic_ns()
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as record:
            record.write(bytes(3000))
            record.flush()
            os.fsync(record.fileno())
        os.rename(record.name, os.path.join(folder, "durable"))
        os.fsync(line)
        took.append((time.monotonic_ns() - begin) / 1e6)
    os.close(line)
    os.unlink(os.path.join(folder, "durable"))
    return statistics.median(took)


def one_thread(place):
    """place: "disk", where journal and ledger are by default, or "memory", where syncing costs nothing."""
    count = rounds(60, 6)
    with host.Signer(1, 3) as first:  # its exchanges are those of the bare client
        first.go()
    exchanges = cloud.exchanges_of_one_signature()
    ours, bare = [], []
    for _ in range(rounds(3, 1)):
        with host.Signer(1, count) as signer:
            ours += in_between(signer.go())
        bare += [us / 1000 for us in host.bare(exchanges, count)][1:]
    suffix, words = {"disk": ("", ""), "memory": (".memory", ", journal in memory")}[place]
    row(f"one-thread{suffix}", f"one thread, one signature{words}", "ms", statistics.median(ours), statistics.median(bare),
        "bare libcurl", "<= 1.10", "ratio")
    if place == "disk":
        row("disk", "one durable write on this disk", "ms", durable_write_ms(os.environ["HOME"]))


def rate(signers):
    """Signatures per second, from begin to the last return."""
    begin = time.monotonic_ns()
    for signer in signers:
        signer.begin()
    ends = [signer.end() for signer in signers]
    return sum(len(returned) for returned in ends) / (max(max(returned) for returned in ends) - begin) * 1e9


def ceiling(bare):
    """What the exchanges alone would allow: the bare client's batches of 50, and two such clients at once."""
    with host.Signer(1, 3) as first:
        first.go()
    exchanges = cloud.of_batch(cloud.exchanges_of_one_signature(), 50)
    count = rounds(20, 2)
    for clients, words in ((1, "one after the other"), (2, "two at a time")):
        took = host.bare(exchanges, count, clients)
        row(f"ceiling.{clients}", f"bare libcurl, batches of 50, {words}", "1/s", 50 * clients / statistics.mean(took) * 1e6,
            bare, "the simulator's RSA alone")


def together(service):
    each, name = rounds(8, 1), {"csc": "CSC", "memory": "CSC, journal in memory", "vnpt": "VNPT"}[service]
    with host.Signer(1, 1) as first:
        first.go()
    bare = cloud.rsa_rate(rounds(600, 60))
    if service == "memory":
        ceiling(bare)
    for kind, processes, threads in (("threads", 1, 64), ("processes", 64, 1)):
        cloud.order("/reset", {})
        signers = [host.Signer(threads, each) for _ in range(processes)]
        row(f"together.{service}.{kind}", f"64 {kind}, {name}", "1/s", rate(signers), bare, "the simulator's RSA alone",
            ">= 0.8", "ratio")
        largest = max(len(t["documents"]) for t in cloud.state()["transactions"])
        row(f"batch.{service}.{kind}", f"largest batch of the 64 {kind}, {name}", "documents", largest, limit=">= 50")


def tap():
    """A person needs between one and ten seconds to find the phone and tap."""
    delays = []
    chance = random.Random(769)
    cloud.order("/switch", {"auto": "none"})
    for _ in range(rounds(30, 2)):
        with host.Signer(1, 1) as signer:
            signer.begin()
            cloud.wait("waiting")
            time.sleep(chance.uniform(*rounds((1, 10), (0.1, 0.5))))
            tapped = time.monotonic_ns()
            cloud.order("/approve", {})
            delays.append((signer.end()[0] - tapped) / 1e6)
    cloud.order("/switch", {"auto": "approve"})
    delays.sort()
    row("tap.p50", "from tap to signature, half of them", "ms", statistics.median(delays))
    row("tap.p95", "from tap to signature, 95 %", "ms", delays[min(len(delays) - 1, int(0.95 * len(delays)))], limit="<= 1000")
    row("tap.max", "from tap to signature, the slowest", "ms", delays[-1])


def waiting():
    """What one more host costs that waits for its signature."""
    agent = host.agent()
    cloud.order("/switch", {"auto": "none"})
    before, used = host.resident(agent), host.used()
    with host.Signer(64, 1) as signer:
        signer.begin()
        host.until_used(used + 64)
        cloud.wait("waiting")  # what the agent has counted it may still be about to send
        row("agent-memory.waiting", "the agent, one more waiting signature", "KiB", (host.resident(agent) - before) / 64)
        cloud.order("/switch", {"auto": "approve"})
        cloud.order("/approve-all", {})
        signer.end()


# without a clock

def instructions():
    for row_id, function, words, limit in (
            ("instructions.initialize", "C_Initialize", ("list", host.MODULE), None),
            ("instructions.find", "C_FindObjects", ("list", host.MODULE), None),
            ("instructions.sign", "C_Sign", ("sign", host.MODULE, "1", "1"), "<= 100000")):
        with tempfile.TemporaryDirectory() as folder:
            row(row_id, f"{function}, instructions in the host", "1", host.instructions(function, words, folder), limit=limit)


def sizes():
    folder = os.path.dirname(os.path.dirname(host.MODULE))
    for row_id, path in (("size.module", host.MODULE), ("size.crypto", os.path.join(folder, "smartca", "smartca-crypto.so")),
                         ("size.tool", os.environ["SMARTCA_BENCH_TOOL"])):
        with tempfile.NamedTemporaryFile() as stripped:
            subprocess.run(["strip", "-o", stripped.name, path], check=True)
            reference = os.path.getsize(host.REFERENCE) if row_id == "size.module" else None
            row(row_id, f"{os.path.basename(path)}, stripped", "KiB", os.path.getsize(stripped.name) / 1024,
                reference and reference / 1024, "SoftHSM2")


PARTS = {"listing": listing, "one-thread": one_thread, "together": together, "tap": tap, "waiting": waiting,
         "instructions": instructions, "sizes": sizes}


def main():
    words = [word for word in sys.argv[1:] if word != "--quick"]
    PARTS[words[0]](*words[1:])


main()
