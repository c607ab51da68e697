# SPDX-License-Identifier: Apache-2.0
"""The programs that the benchmark starts, and what it reads about processes."""
import glob
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compat"))
import helper  # noqa: E402

MODULE = os.environ["SMARTCA_BENCH_MODULE"]
REFERENCE = os.environ["SMARTCA_BENCH_REFERENCE"]
TOOL = os.environ["SMARTCA_BENCH_TOOL"]
LIMIT_S = 300


def program(name):
    return os.path.join(os.environ["SMARTCA_BENCH_PROGRAMS"], name)


def once(*words):
    """One run of bench_host, as it says."""
    done = subprocess.run([program("bench_host"), *map(str, words)], check=True, capture_output=True, timeout=LIMIT_S)
    return json.loads(done.stdout)


def best(*words, times):
    """The least of a few runs: what disturbs can only add."""
    return min(once(*words)["us"] for _ in range(times))


def bare(exchanges, count, clients=1):
    """Microseconds of each round of the bare client; of several at once, one after the other."""
    lines = "".join("\t".join(exchange) + "\n" for exchange in exchanges).encode()
    words = [program("bench_bare"), os.path.join(os.environ["SMARTCA_BENCH_SIM"], "ca.pem"), str(count)]
    running = [subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(clients)]
    for one in running:
        one.stdin.write(lines)
        one.stdin.close()
    said = [one.stdout.read() for one in running]
    if any(one.wait(LIMIT_S) != 0 for one in running):
        raise SystemExit("the bare client failed")
    return [float(line) for text in said for line in text.split()]


class Signer:
    """A host that has found its keys and waits for the word."""

    def __init__(self, threads, count):
        self.process = subprocess.Popen([program("bench_host"), "sign", MODULE, str(threads), str(count)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def begin(self):
        self.process.stdin.write(b"begin\n")
        self.process.stdin.flush()

    def end(self):
        """When each signature came, in the nanoseconds of time.monotonic_ns; in order."""
        said, _ = self.process.communicate(timeout=LIMIT_S)
        return sorted(json.loads(said)["returned_ns"])

    def go(self):
        self.begin()
        return self.end()


def resident(pid):
    """KiB."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as source:
        return int(re.search(r"^Rss: *(\d+) kB", source.read(), re.M).group(1))


def agent():
    """The process behind the agent's socket of this home."""
    here = os.getcwd()
    folder = os.path.join(os.environ["XDG_RUNTIME_DIR"], "smartca")
    pid = helper.peer_of(folder, "agent.sock")
    os.chdir(here)
    return pid


def used():
    """What the account's limit of its own counts: those that wait, too."""
    said = subprocess.run([TOOL, "status", "--json"], check=True, capture_output=True, timeout=LIMIT_S).stdout
    return json.loads(said)["budgets"][0]["used"]


def until_used(count):
    for _ in range(600):
        if used() >= count:
            return
        time.sleep(0.05)
    raise SystemExit("the agent never had so many that wait")


def instructions(function, words, folder):
    """What callgrind counts inside of one function of the module, over all its calls in a run, by call."""
    out = os.path.join(folder, "callgrind.%p")
    subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", f"--toggle-collect={function}",
                    "--collect-atstart=no", program("bench_host"), *words], check=True, input=b"begin\n", capture_output=True,
                   timeout=LIMIT_S)
    totals = [int(re.search(r"^(?:totals|summary): (\d+)", open(path, encoding="utf-8").read(), re.M).group(1))
              for path in glob.glob(os.path.join(folder, "callgrind.*"))]
    return max(totals)
