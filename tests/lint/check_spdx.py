#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every source file says its licence in its first two lines; every C file what it is for."""
import re

import lintlib

SUFFIXES = (".c", ".h", ".py", ".sh", ".js", ".css", "meson.build", "meson_options.txt", ".map")
LINE = "SPDX-License-Identifier: Apache-2.0"
PURPOSE = re.compile(r"\A/\* " + re.escape(LINE) + r" \*/\n/\*(\n \*)? \S")


def main():
    root = lintlib.options(__doc__).root
    problems = []
    scripts = set(lintlib.shell_scripts(root)) | set(lintlib.python_scripts(root))
    for path in sorted(set(lintlib.walk(root, suffixes=SUFFIXES)) | scripts):
        source = lintlib.text(root, path)
        if not source.strip():
            continue
        if not any(LINE in line for line in source.splitlines()[:2]):
            problems.append(f"{path}:1: no line {LINE}")
        elif path.endswith((".c", ".h")) and not PURPOSE.match(source):
            problems.append(f"{path}:2: no comment that says what the file is for")
    lintlib.finish(problems)


main()
