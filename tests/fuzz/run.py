#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every fuzz target for a while: run.py BUILD SECONDS [NAME]...; BUILD was made with -Dfuzz=true and clang.

Starts from the committed seeds (seeds.py) only, so that a run depends on no earlier one. Prints one TAP line per target
with the inputs tried and the failures simulated, and all of them at the end. What crashes is kept, and its name printed.
"""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
GRACE_S = 120  # for building the corpus, and a sanitizer's report


def number(said, name):
    found = re.search(rf"^stat::{name}: +(\d+)$", said, re.M)
    return int(found.group(1)) if found else 0


def fuzz(build, name, seconds):
    """Name, whether all went well, inputs tried, failures simulated, what was said."""
    work = os.path.join(build, "corpus")
    findings = os.path.join(build, "findings", name) + "-"
    command = [os.path.join(build, "tests", "fuzz", f"fuzz_{name}"), f"-max_total_time={seconds}", "-seed=1", "-print_final_stats=1",
               "-max_len=4096", "-timeout=20", "-rss_limit_mb=2048", f"-artifact_prefix={findings}"]
    command += [os.path.join(work, name)] if os.path.isdir(os.path.join(work, name)) else []
    try:
        ran = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             timeout=seconds + GRACE_S)
        said, well = ran.stdout.decode("utf-8", "replace"), ran.returncode == 0
    except subprocess.TimeoutExpired as slow:
        said, well = (slow.stdout or b"").decode("utf-8", "replace") + "\nit did not end\n", False
    tried = number(said, "number_of_executed_units")
    return name, well and tried > 0, tried, number(said, "failures_simulated"), said


def report(result):
    name, well, tried, failures, said = result
    if not well:
        print("\n".join([line for line in said.splitlines() if not line.startswith("#")][-60:]))
        kept = re.search(r"Test unit written to (\S+)", said)
        print(f"# replay: tests/fuzz/fuzz_{name} {kept.group(1) if kept else '(nothing was kept)'}")
    print(f"{'ok' if well else 'not ok'} - {name}: {tried} inputs, {failures} failures simulated", flush=True)


def main():
    build, seconds, chosen = os.path.abspath(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    names = sorted(name[5:-2] for name in os.listdir(HERE) if re.fullmatch(r"fuzz_\w+\.c", name) and name != "fuzz_main.c")
    for folder in ("corpus", "findings"):
        shutil.rmtree(os.path.join(build, folder), ignore_errors=True)
        os.makedirs(os.path.join(build, folder))
    subprocess.run([sys.executable, os.path.join(HERE, "seeds.py"), os.path.join(build, "corpus")], check=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = [pool.submit(fuzz, build, name, seconds) for name in chosen or names]
        for result in concurrent.futures.as_completed(results):
            report(result.result())
    done = [result.result() for result in results]
    print(f"# {len(done)} targets, {sum(row[2] for row in done)} inputs, {sum(row[3] for row in done)} failures simulated")
    return 0 if all(row[1] for row in done) else 1


if __name__ == "__main__":
    sys.exit(main())
