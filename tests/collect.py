#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Turns test logs into lines `PASS name`, `FAIL name`, `SKIP name: reason`.

collect.py meson LABEL < testlog.json   one object per test program; cmocka's cases are counted singly
collect.py tap LABEL STATUS < output    lines `ok`, `not ok`, `ok ... # SKIP reason`; STATUS: the exit status
"""
import json
import re
import sys

# How cmocka and Python's unittest name their cases.
CASES = [("PASS", re.compile(r"^\[ +OK +\] (.+)$", re.M)),
         ("FAIL", re.compile(r"^\[ +(?:FAILED|ERROR) +\] (?!\d+ test)(?:.*: )?(\w+)$", re.M)),
         ("SKIP", re.compile(r"^\[ +SKIPPED +\] (?!\d+ test)(\w+)$", re.M)),
         ("PASS", re.compile(r"^(test_\w+) \(.*\)(?:\n.*)? \.\.\. ok$", re.M)),
         ("FAIL", re.compile(r"^(test_\w+) \(.*\)(?:\n.*)? \.\.\. (?:FAIL|ERROR)$", re.M)),
         ("SKIP", re.compile(r"^(test_\w+) \(.*\)(?:\n.*)? \.\.\. skipped (.+)$", re.M))]
TAP = re.compile(r"^(ok|not ok)\b[ \d]*-? *(.*?)(?: # SKIP *(.*))?$")
SKIPPED = 77
LAST_LINES = 40


def case_text(verdict, case, said):
    if isinstance(case, tuple):
        return ": ".join(case)
    if verdict != "SKIP":
        return case
    # cmocka's skip() says no reason: the test prints one before.
    reason = re.search(rf"^SKIP {case}: (.+)$", said, re.M)
    return f"{case}: {reason.group(1) if reason else 'no reason given'}"


def from_meson(label):
    for line in sys.stdin:
        test = json.loads(line)
        name = f"{label} {test['name'].rpartition('/ ')[2]}"
        said = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
        cases = dict.fromkeys((verdict, case) for verdict, pattern in CASES for case in pattern.findall(said))
        if test["result"] == "SKIP":
            reason = re.search(r"SKIP: *(.*)", said)
            yield f"SKIP {name}: {reason.group(1) if reason else 'no reason given'}"
            continue
        whole = test["result"] == "OK"
        if not cases or (not whole and not any(verdict == "FAIL" for verdict, _ in cases)):
            yield f"{'PASS' if whole else 'FAIL'} {name}" + ("" if whole else f" ({test['result']})")
        yield from (f"{verdict} {name}: {case_text(verdict, case, said)}" for verdict, case in cases)
        if not whole:
            yield from ("    " + row for row in said.strip().splitlines()[-LAST_LINES:])


def from_tap(label, status):
    lines = [line.rstrip("\n") for line in sys.stdin]
    seen, failed = 0, False
    for line in lines:
        match = TAP.match(line)
        if not match:
            continue
        seen += 1
        verdict, name, reason = match.groups()
        if verdict == "not ok":
            failed = True
            yield f"FAIL {label}: {name}"
        elif reason is not None:
            yield f"SKIP {label}: {name}: {reason}"
        else:
            yield f"PASS {label}: {name}"
    if status == SKIPPED and seen == 0:
        said = [line for line in lines if line and not line.startswith("#")]
        yield f"SKIP {label}: {said[-1] if said else 'no reason given'}"
    elif (status != 0 and not failed) or seen == 0:
        failed = True
        yield f"FAIL {label}: ended with status {status} after {seen} cases"
    if failed:
        yield from ("    " + line for line in lines[-LAST_LINES:])


def main():
    kind, label = sys.argv[1:3]
    lines = from_meson(label) if kind == "meson" else from_tap(label, int(sys.argv[3]))
    for line in lines:
        print(line)


main()
