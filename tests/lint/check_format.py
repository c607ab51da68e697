#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every C file is as clang-format would write it. The style is that of version 14."""
import re
import subprocess

import lintlib


def main():
    root = lintlib.options(__doc__).root
    tool = lintlib.need("clang-format")
    version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    if "version 14." not in version:
        print(f"SKIP: the style is checked with clang-format 14, this is {version.strip()}")
        raise SystemExit(lintlib.SKIP)
    problems = []
    for path in lintlib.c_files(root):
        run = subprocess.run([tool, "--dry-run", "-Werror", path], cwd=root, capture_output=True, text=True)
        if run.returncode != 0:
            line = re.search(rf"{re.escape(path)}:(\d+)", run.stderr)
            problems.append(f"{path}:{line.group(1) if line else 1}: run clang-format -i on it")
    lintlib.finish(problems)


main()
