#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The benchmark's table: table.py ROWS [JSON]; table.py --markdown JSON: the same for docs/performance.md"""
import json
import os
import platform
import sys

WIDTHS = (56, 10, 10, 9, 9, 8, 6)


def good(row):
    sign, limit = row["limit"].split()
    value = row["ratio"] if row["limit_of"] == "ratio" else row["value"]
    return value <= float(limit) if sign == "<=" else value >= float(limit)


def number(value):
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def line(cells):
    texts = [str(cells[0]).ljust(WIDTHS[0])] + [str(c).rjust(w) for c, w in zip(cells[1:], WIDTHS[1:])]
    return " ".join(texts).rstrip()


def growth(rows):
    """How much more a certificate costs where there are many: 1 is linear."""
    value = {row["id"]: row for row in rows}
    few, many = value["list.some"], value["list.many"]

    def certificates(row):
        return int(row["name"].split()[2])
    per = (many["value"] / certificates(many)) / (few["value"] / certificates(few))
    return {"id": "list.growth", "name": f"listing, cost of each of {certificates(many)} to each of {certificates(few)}",
            "unit": "ratio", "value": per, "limit": "<= 1.0", "limit_of": "value"}


def show(rows):
    print(line(("what", "unit", "ours", "reference", "ratio", "limit", "")))
    for row in rows:
        limit = row.get("limit", "")
        print(line((row["name"], row["unit"], number(row["value"]), number(row.get("reference")), number(row.get("ratio")),
                    limit, "" if not limit else "ok" if good(row) else "missed")))
    names = sorted({row["reference_name"] for row in rows if row.get("reference_name")})
    print("limits are of the ratio where there is one, else of our value; references:", "; ".join(names))


def markdown(rows):
    print("| what | unit | ours | reference | ratio | limit | |\n|---|---|---|---|---|---|---|")
    for row in rows:
        reference = f"{number(row.get('reference'))} ({row['reference_name']})" if row.get("reference") is not None else ""
        limit = row.get("limit", "") + (" of it" if row.get("limit_of") == "ratio" and "limit" in row else "")
        print(f"| {row['name']} | {row['unit']} | {number(row['value'])} | {reference} | {number(row.get('ratio'))} | {limit} | "
              f"{'' if 'limit' not in row else 'ok' if row['ok'] else '**missed**'} |")


def main():
    if sys.argv[1] == "--markdown":
        with open(sys.argv[2], encoding="utf-8") as source:
            markdown(json.load(source)["rows"])
        return
    with open(sys.argv[1], encoding="utf-8") as source:
        rows = [json.loads(text) for text in source]
    rows.append(growth(rows))
    for row in rows:
        if "limit" in row:
            row["ok"] = good(row)
    show(rows)
    if len(sys.argv) > 2:
        machine = {"processors": os.cpu_count(), "machine": platform.machine(), "kernel": platform.release()}
        with open(sys.argv[2], "w", encoding="utf-8") as target:
            json.dump({"machine": machine, "rows": rows}, target, indent=1)
            target.write("\n")


main()
