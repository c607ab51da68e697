#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The matrix of hosts: what one thing that a person does costs in each program.

matrix.py begin STATE CONTROL LEDGER HOST VERSION ACTION   an action begins
matrix.py tally STATE CONTROL LEDGER [--reset]             before counters (--reset) or ledger change
matrix.py end STATE CONTROL LEDGER FAILURES                prints its row: a line `# host {JSON}`
matrix.py table [--markdown] OUTPUT...                     the rows in outputs of scripts, as a table
matrix.py check DOCUMENT OUTPUT...                         does the document's table say the same?

Prompts and paid signatures are the simulator's counters, mechanisms come from the agent's ledger.
STATE is a file for the time between. CONTROL is the URL of the simulator's control port.
An OUTPUT is named SCRIPT.txt and ends with a line `# status N`.
"""
import json
import os
import re
import sys
import unicodedata

import helper

COUNTED = ("prompts", "paid")
COLUMNS = ("host", "version", "action", "mechanism", "prompts", "paid", "result")
SKIPPED = 77


# ---- the account of one action

def counters(url):
    return {name: helper.control(url, "GET", "/state")[1]["counters"][name] for name in COUNTED}


def ledger_lines(path, skip):
    """The lines after the first `skip`, and how many there are in all."""
    try:
        with open(path, encoding="utf-8") as source:
            lines = source.read().splitlines()
    except FileNotFoundError:
        return [], 0
    return [json.loads(line) for line in lines[skip:]], len(lines)


def begin(path, url, ledger, host, version, action):
    state = {"host": host, "version": version, "action": action, "mechanism": [], "base": counters(url),
             "seen": {ledger: ledger_lines(ledger, 0)[1]}, **dict.fromkeys(COUNTED, 0)}
    store(path, state)


def tally(path, url, ledger, reset=""):
    with open(path, encoding="utf-8") as source:
        state = json.load(source)
    now = counters(url)
    for name in COUNTED:
        state[name] += now[name] - state["base"][name]
    state["base"] = dict.fromkeys(COUNTED, 0) if reset else now
    lines, state["seen"][ledger] = ledger_lines(ledger, state["seen"].get(ledger, 0))
    for line in lines:
        name = line["mechanism"]
        if name and line["outcome"] in ("signed", "replayed") and name not in state["mechanism"]:
            state["mechanism"].append(name)
    store(path, state)
    return state


def store(path, state):
    with open(path, "w", encoding="utf-8") as target:
        json.dump(state, target)


def end(path, url, ledger, failures):
    state = tally(path, url, ledger)
    row = {name: state[name] for name in COLUMNS if name in state}
    print("# host " + json.dumps({**row, "failures": int(failures)}, ensure_ascii=False))
    os.unlink(path)


# ---- the table

def rows_of(path):
    """The rows of one script; one without numbers for a script that told nothing."""
    name = os.path.splitext(os.path.basename(path))[0].removeprefix("out-compat-")
    with open(path, encoding="utf-8", errors="replace") as source:
        lines = source.read().splitlines()
    status = next((int(line.split()[-1]) for line in reversed(lines) if line.startswith("# status ")), 1)
    rows = [json.loads(line[7:]) for line in lines if line.startswith("# host ")]
    skipped = [re.sub(r".*# SKIP *", "", line) for line in lines if re.match(r"ok .*# SKIP", line)]
    if status == SKIPPED and not rows:
        said = [line for line in lines if not line.startswith("#")]
        return [{"host": name, "result": "SKIP: " + (said[-1] if said else "no reason given")}]
    if not rows:
        return [{"host": name, "result": f"FAILED: told nothing, status {status}"}] if status else []
    bad = status != 0 and not any(row["failures"] for row in rows)
    for row in rows:
        row["mechanism"] = ", ".join(row["mechanism"]) or "-"
        row["result"] = "FAILED" if row["failures"] else "FAILED elsewhere" if bad else "ok"
        if skipped:
            row["result"] += f", SKIP: {'; '.join(skipped)}"
    return rows


def table(markdown, paths):
    rows = [row for path in paths for row in rows_of(path)]
    cells = [[str(row.get(name, "-")) for name in COLUMNS] for row in rows]
    if markdown:
        lines = [list(COLUMNS), ["---"] * len(COLUMNS)] + cells
        print("\n".join("| " + " | ".join(line) + " |" for line in lines))
    else:
        lines = [list(COLUMNS)] + cells
        wide = [max(width(line[i]) for line in lines) for i in range(len(COLUMNS))]
        print("\n".join("  ".join(cell + " " * (wide[i] - width(cell)) for i, cell in enumerate(line)).rstrip()
                        for line in lines))
    return any(row["result"].startswith("FAILED") for row in rows)


def width(text):
    return sum(not unicodedata.combining(letter) for letter in text)


def check(document, paths):
    """Versions come and go with the distribution; what a signature costs does not."""
    with open(document, encoding="utf-8") as source:
        said = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in source if line.startswith("| ")]
    told = {(row[0], row[2]): row[3:6] for row in said if len(row) == len(COLUMNS)}
    wrong = 0
    for row in (row for path in paths for row in rows_of(path) if "action" in row):
        found = [str(row[name]) for name in ("mechanism", "prompts", "paid")]
        wanted = told.get((row["host"], row["action"]))
        if found != wanted and row["result"].startswith("ok"):
            wrong += 1
            print(f"not ok - {row['host']}, {row['action']}: found {found}, {os.path.basename(document)} says {wanted}")
    if not wrong:
        print(f"ok - {os.path.basename(document)} says what was counted")
    return wrong > 0


def main():
    command, *rest = sys.argv[1:]
    if command == "table":
        markdown = "--markdown" in rest
        return table(markdown, [path for path in rest if path != "--markdown"])
    if command == "check":
        return check(rest[0], rest[1:])
    {"begin": begin, "tally": tally, "end": end}[command](*rest)
    return 0


if __name__ == "__main__":
    sys.exit(main())
