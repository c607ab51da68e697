#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Looks for secrets where none may be.

canary.py persons FILE             the simulator's persons with passwords and PINs that cannot be mistaken
canary.py more SIM NOTES           adds to NOTES what never travels: keys of one-time codes
canary.py files NOTES PATH...      all files below these paths
canary.py process NOTES PID...     arguments and environment
canary.py memory NOTES PID         all memory but what is locked and left out of core files
canary.py dies COMMAND...          runs it, lets it die of SIGSEGV once it says "ok": no core may come of it

NOTES is the file secrets of a simulator with --note-secrets. What is found is printed, without its value;
the status is 1 then. A token of the person's log-in may stand in the file token-ACCOUNT.
"""
import base64
import json
import os
import re
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
KEPT = ("refresh_token", "refreshToken")  # a log-in is kept, in a file of its own
SHORT = 8                  # digits of a code: looked for as words only, and not in memory
CHUNK = 1 << 22


def persons(path):
    with open(os.path.join(HERE, "..", "sim", "smartca_sim", "persons-builtin.json"), encoding="utf-8") as source:
        everybody = json.load(source)
    for number, person in enumerate(everybody):
        person["password"] = f"canary-password-{number:02}-Xq7wPz"
        if "pin" in person:
            person["pin"] = f"77{number:02}31415926"
    with open(path, "w", encoding="utf-8") as out:
        json.dump(everybody, out)
    return 0


def more(sim, notes):
    with open(os.path.join(sim, "persons.json"), encoding="utf-8") as source:
        seeds = [person["totp_secret"] for person in json.load(source) if person.get("totp_secret")]
    with open(notes, "a", encoding="utf-8") as out:
        for seed in seeds:
            print(json.dumps({"name": "totp_secret", "value": seed}), file=out)
    return 0


def known(notes):
    """[(name, bytes)]: each secret in the forms in which it may be met."""
    found = []
    with open(notes, encoding="utf-8") as source:
        for line in source:
            secret = json.loads(line)
            found.append((secret["name"], secret["value"].encode()))
            if secret["name"] == "totp_secret":
                raw = base64.b64decode(secret["value"])
                found += [("totp_secret, raw", raw), ("totp_secret, base32", base64.b32encode(raw).rstrip(b"="))]
    return found


def report(where, name):
    print(f"{where}: {name}")
    return 1


def files(notes, *paths):
    leaks = seen = 0
    for path in paths:
        for whole in below(path):
            seen += 1
            with open(whole, "rb") as source:
                leaks += in_text(notes, whole, source.read())
    print(f"{seen} files, {leaks} leaks")
    return 1 if leaks or not seen else 0


def below(path):
    """The regular files there, or the file itself."""
    if not os.path.isdir(path):
        return [path]
    found = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
    return [whole for whole in found if os.path.isfile(whole) and not os.path.islink(whole)]


def in_text(notes, where, text):
    leaks = 0
    for name, value in known(notes):
        if name in KEPT and os.path.basename(where).startswith("token-"):
            continue
        there = value in text if len(value) >= SHORT else re.search(rb"(?<![\w.])%s(?![\w.])" % re.escape(value), text)
        if there:
            leaks += report(where, name)
    return leaks


def process(notes, *pids):
    leaks = 0
    for pid in pids:
        for what in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{what}", "rb") as source:
                text = source.read()
            if what == "cmdline" and not text:
                leaks += report(pid, "no arguments to look at")
            leaks += in_text(notes, f"/proc/{pid}/{what}", text)
    return 1 if leaks or not pids else 0


def regions(pid):
    """(start, end, name, flags) of readable memory."""
    found = []
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as source:
        for line in source:
            head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)", line)
            if head:
                found.append([int(head[1], 16), int(head[2], 16), head[4], [], head[3]])
            elif line.startswith("VmFlags:"):
                found[-1][3] = line.split()[1:]
    return [tuple(region[:4]) for region in found if region[4].startswith("r") and region[2] not in ("[vvar]", "[vsyscall]")]


def memory(notes, pid):
    secrets = [(name, value) for name, value in known(notes) if len(value) >= SHORT]
    leaks = looked = kept = 0
    with open(f"/proc/{pid}/mem", "rb", 0) as source:
        for start, end, name, flags in regions(pid):
            locked = "lo" in flags and "dd" in flags
            data = read(source, start, end)
            looked += len(data)
            for secret, value in secrets:
                at = data.find(value)
                if at >= 0 and locked:
                    kept += 1
                elif at >= 0:
                    leaks += report(f"{name or 'anonymous'} {start + at:x} {data[max(0, at - 40):at]!r}", secret)
    print(f"{looked} bytes, {kept} secrets in locked pages, {leaks} leaks")
    return 1 if leaks or looked < 1 << 20 else 0


def read(source, start, end):
    parts = []
    for at in range(start, end, CHUNK):
        try:
            source.seek(at)
            parts.append(source.read(min(CHUNK, end - at)))
        except OSError:
            break
    return b"".join(parts)


def dies(*command):
    """With the most generous limit of the host."""
    before = set(os.listdir("/"))
    ready, tell = os.pipe()
    shell = "ulimit -c unlimited 2>/dev/null; exec \"$@\""
    with subprocess.Popen(["/bin/sh", "-c", shell, "sh", *command, "--ready-fd", str(tell)], stdin=subprocess.DEVNULL,
                          pass_fds=(tell,)) as agent:
        os.close(tell)
        said = os.read(ready, 100).strip()
        with open(f"/proc/{agent.pid}/limits", encoding="ascii") as source:
            limit = next(line for line in source if line.startswith("Max core file size")).split()[4:6]
        agent.send_signal(signal.SIGSEGV)
        agent.wait(20)
    new = set(os.listdir("/")) - before, os.listdir(".")
    print(said, limit, agent.returncode, new)
    return 0 if (said, limit, agent.returncode, new) == (b"ok", ["0", "0"], -signal.SIGSEGV, (set(), [])) else 1


COMMANDS = {"persons": persons, "more": more, "files": files, "process": process, "memory": memory, "dies": dies}

if __name__ == "__main__":
    sys.exit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
