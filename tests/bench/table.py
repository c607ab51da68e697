#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The benchmark's table: table.py ROWS [JSON]"""
import json
import os
import platform
import sys

WIDTHS = (44, 10, 10, 9, 9, 12, 6)


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
        of = " (ratio)" if row.get("limit_of") == "ratio" and limit else ""
        print(line((row["name"], row["unit"], number(row["value"]), number(row.get("reference")), number(row.get("ratio")),
                    limit + of and limit, "" if not limit else "ok" if good(row) else "missed")))
    names = sorted({row["reference_name"] for row in rows if row.get("reference_name")})
    print("references:", "; ".join(names))


def main():
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
