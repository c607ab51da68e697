#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""coverage.py SUMMARY.json: gcovr's summary as a table of rooms, then TAP lines for those that must not fall."""
import collections
import json
import os
import sys

LEAST = {"src/cloud": 90.0, "src/cli": 80.0}  # percent of lines


def room_of(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def rooms(files):
    sums = collections.defaultdict(collections.Counter)
    for entry in files:
        for name in (room_of(entry["filename"]), "all"):
            for kind in ("line", "branch"):
                sums[name][kind] += entry[f"{kind}_covered"]
                sums[name][f"{kind}_total"] += entry[f"{kind}_total"]
    return sums


def percent(room, kind):
    return 100.0 * room[kind] / room[f"{kind}_total"] if room[f"{kind}_total"] else 100.0


def main():
    with open(sys.argv[1], encoding="utf-8") as summary:
        files = json.load(summary)["files"]
    sums = rooms(files)
    print(f"# {'room':<14}{'lines':>8}{'run':>9}{'branches':>11}{'run':>9}")
    for name in sorted(sums, key=lambda room: (room == "all", room)):
        room = sums[name]
        print(f"# {name:<14}{room['line_total']:>8}{percent(room, 'line'):>7.1f} %"
              f"{room['branch_total']:>11}{percent(room, 'branch'):>7.1f} %")
    worst = sorted(files, key=lambda entry: entry["line_covered"] - entry["line_total"])[:8]
    for entry in worst:
        print(f"# most lines not run: {os.path.join(entry['filename'])}, {entry['line_total'] - entry['line_covered']}")
    failed = False
    for name, least in LEAST.items():
        reached = percent(sums[name], "line")
        failed = failed or reached < least
        print(f"{'ok' if reached >= least else 'not ok'} - {name}: {reached:.1f} % of lines, at least {least:.0f} wanted")
    sys.exit(1 if failed else 0)


main()
