#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Files of at most 600 lines; functions of at most 100 lines and complexity 15.

Complexity is pmccabe's "modified" number, in which a switch counts once. An exception is a line
in size-exceptions.txt: `path lines N: reason` or `path:function lines|complexity N: reason`.
"""
import os
import re
import subprocess

import lintlib

FILE_LINES, FUNCTION_LINES, COMPLEXITY = 600, 100, 15
EXCEPTION = re.compile(r"^(\S+) (lines|complexity) (\d+): \S.*$")
COUNTED = (".c", ".h", ".py", ".sh", ".js", ".css", ".html")


def exceptions(root):
    path = "tests/lint/size-exceptions.txt"
    found = {}
    if os.path.exists(os.path.join(root, path)):
        for number, line in enumerate(lintlib.text(root, path).splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                match = EXCEPTION.match(line)
                if not match:
                    lintlib.finish([f"{path}:{number}: not of the form `where what number: reason`"])
                found[match.group(1), match.group(2)] = int(match.group(3))
    return found


def measure(root):
    """(where, line, what, value, limit) for everything that has a size."""
    for path in lintlib.walk(root, "src", "include", "tests", suffixes=COUNTED):
        yield path, 1, "lines", lintlib.text(root, path).count("\n"), FILE_LINES
    sources = [p for p in lintlib.c_files(root) if p.endswith(".c")]
    if not sources:
        return
    output = subprocess.run([lintlib.need("pmccabe"), *sources], cwd=root, check=True, text=True,
                            capture_output=True).stdout
    for row in output.splitlines():
        modified, _, _, first, lines, place = row.split("\t")
        path, name = re.match(r"(.*)\(\d+\): (.*)", place).groups()
        yield f"{path}:{name}", int(first), "complexity", int(modified), COMPLEXITY
        yield f"{path}:{name}", int(first), "lines", int(lines), FUNCTION_LINES


def main():
    root = lintlib.options(__doc__).root
    allowed, used, problems = exceptions(root), set(), []
    for where, line, what, value, limit in measure(root):
        if value <= limit:
            continue
        used.add((where, what))
        if value > allowed.get((where, what), limit):
            path, _, name = where.partition(":")
            problems.append(f"{path}:{line}: {name or 'file'}: {what} {value}, limit {limit}")
    problems += [f"size-exceptions.txt: {where} {what} is no longer needed"
                 for where, what in sorted(set(allowed) - used)]
    lintlib.finish(problems)


main()
