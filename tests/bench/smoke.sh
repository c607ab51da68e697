#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# That the benchmark still measures everything it should; how fast it all is stands nowhere here.
set -u
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
expected='list.one list.some list.many list.growth host-memory.one host-memory.some host-memory.many agent-memory.one
agent-memory.some agent-memory.many find.one find.some find.many sessions one-thread one-thread.memory disk ceiling.1 ceiling.2 together.memory.threads
together.memory.processes batch.memory.threads batch.memory.processes together.csc.threads
together.csc.processes together.vnpt.threads together.vnpt.processes batch.csc.threads batch.csc.processes
batch.vnpt.threads batch.vnpt.processes tap.p50 tap.p95 tap.max agent-memory.waiting instructions.initialize
instructions.find instructions.sign size.module size.crypto size.tool'

if ! "$bench/run" --installed --quick --json "$out/rows.json" >"$out/said" 2>&1; then
    sed 's/^/# /' "$out/said" | tail -n 30
    echo "not ok - the benchmark runs"
    exit 1
fi
echo "ok - the benchmark runs"
# shellcheck disable=SC2086 # a list of names
/usr/bin/python3 - "$out/rows.json" "$out/said" $expected <<'PYTHON'
import json
import sys
rows = {row["id"]: row for row in json.load(open(sys.argv[1], encoding="utf-8"))["rows"]}
table = open(sys.argv[2], encoding="utf-8").read()
for name in sys.argv[3:]:
    row = rows.get(name)
    # What memory grew by is a difference: the agent may have given some back meanwhile.
    good = row is not None and (row["value"] >= 0 or "memory" in name) and row["name"] in table
    print("ok" if good else "not ok", "- a row for", name)
    rows.pop(name, None)
print("not ok" if rows else "ok", "- and no other row", *rows)
PYTHON
