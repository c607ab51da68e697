#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/performance.svg from the rows of one run: plot.py JSON SVG

Left and middle: time and memory of a listing by the number of certificates, ours and SoftHSM2's, both axes logarithmic.
Right: every row with a limit, as a part of what it allows: what ends left of the line keeps it.
"""
import html
import json
import math
import sys

WIDTH, HEIGHT = 1000, 400
TOP, BOTTOM = 56, 350
OURS, THEIRS, MISSED = "#1f6f54", "#8a8f98", "#b3402f"
SHORT = {
    "list.one": "list 1", "list.many": "list 1000", "list.growth": "growth of a listing", "host-memory.one": "memory, host, 1",
    "host-memory.many": "memory, host, 1000", "agent-memory.one": "memory, agent, 1", "agent-memory.some": "memory, agent, 100",
    "agent-memory.many": "memory, agent, 1000", "one-thread": "one thread", "one-thread.memory": "one thread, no disk",
    "together.memory.threads": "64 threads, no disk", "together.memory.processes": "64 processes, no disk",
    "batch.memory.threads": "batch, threads, no disk", "batch.memory.processes": "batch, processes, no disk",
    "together.csc.threads": "64 threads, CSC", "together.csc.processes": "64 processes, CSC",
    "together.vnpt.threads": "64 threads, VNPT", "together.vnpt.processes": "64 processes, VNPT",
    "batch.csc.threads": "batch, threads, CSC", "batch.csc.processes": "batch, processes, CSC",
    "batch.vnpt.threads": "batch, threads, VNPT", "batch.vnpt.processes": "batch, processes, VNPT",
    "tap.p95": "tap to signature, 95 %", "instructions.sign": "C_Sign, instructions",
}


def text(x, y, words, anchor="start", size=12, colour="#222", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}" font-weight="{weight}">'
            f'{html.escape(words)}</text>')


def line(x1, y1, x2, y2, colour="#ccc", width=1, dash=""):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"'
            + (f' stroke-dasharray="{dash}"' if dash else "") + "/>")


class Log:
    """A logarithmic axis from whole power of ten to whole power of ten."""

    def __init__(self, values, start, end):
        self.low, self.high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        self.start, self.end = start, end

    def at(self, value):
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self):
        return [10.0 ** power for power in range(self.low, self.high + 1)]


def number(value):
    return f"{value:g}"


def curves(rows, left, right, title, prefix, divisor):
    points = [(int(rows[f"list.{size}"]["name"].split()[2]), rows[f"{prefix}.{size}"]) for size in ("one", "some", "many")]
    across = Log([count for count, _ in points], left, right)
    up = Log([row[key] / divisor for _, row in points for key in ("value", "reference")], BOTTOM, TOP)
    out = [text((left + right) / 2, 32, title, "middle", 14, weight="bold")]
    for tick in up.ticks():
        out += [line(left, up.at(tick), right, up.at(tick)), text(left - 6, up.at(tick) + 4, number(tick), "end")]
    for count, _ in points:
        out.append(text(across.at(count), BOTTOM + 18, str(count), "middle"))
    out.append(text((left + right) / 2, BOTTOM + 38, "certificates", "middle"))
    for key, colour, name in (("reference", THEIRS, "SoftHSM2"), ("value", OURS, "smartca-pkcs11")):
        places = [(across.at(count), up.at(row[key] / divisor)) for count, row in points]
        out.append('<polyline fill="none" stroke-width="2.5" stroke="%s" points="%s"/>' % (
            colour, " ".join(f"{x:.1f},{y:.1f}" for x, y in places)))
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in places]
        out.append(text(places[0][0] + 8, places[0][1] + (20 if key == "value" else -10), name, colour=colour, weight="bold"))
    return out


def part(row):
    """1: just what is allowed; less is better."""
    sign, limit = row["limit"].split()
    value = row["ratio"] if row["limit_of"] == "ratio" else row["value"]
    return value / float(limit) if sign == "<=" else float(limit) / value


def parts(rows, left, right):
    limited = [row for row in rows.values() if "limit" in row]
    across = Log([0.1] + [part(row) for row in limited], left, right)
    out = [text((left + right) / 2 - 60, 32, "Part of what is allowed", "middle", 14, weight="bold")]
    step = (BOTTOM - TOP) / len(limited)
    for index, row in enumerate(limited):
        y, end = TOP + index * step, across.at(part(row))
        out.append(f'<rect x="{left:.1f}" y="{y + 2:.1f}" width="{max(1, end - left):.1f}" height="{step - 4:.1f}" '
                   f'fill="{OURS if row["ok"] else MISSED}"/>')
        out.append(text(left - 6, y + step / 2 + 4, SHORT.get(row["id"], row["id"]), "end", 11))
    for tick in across.ticks():
        out.append(text(across.at(tick), BOTTOM + 18, number(tick), "middle"))
    out += [line(across.at(1), TOP - 8, across.at(1), BOTTOM + 4, "#222", 1.5, "4 3")]
    return out


def main():
    with open(sys.argv[1], encoding="utf-8") as source:
        rows = {row["id"]: row for row in json.load(source)["rows"]}
    drawn = curves(rows, 50, 290, "A listing, ms", "list", 1)
    drawn += curves(rows, 360, 600, "Memory in the host, MiB", "host-memory", 1024)
    drawn += parts(rows, 780, 980)
    with open(sys.argv[2], "w", encoding="utf-8") as target:
        target.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="DejaVu Sans, sans-serif">\n'
                     f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n' + "\n".join(drawn) + "\n</svg>\n")


main()
