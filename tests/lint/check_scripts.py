#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shell scripts pass shellcheck, Python files compile."""
import subprocess

import lintlib


def main():
    root = lintlib.options(__doc__).root
    problems = []
    for path in lintlib.python_scripts(root):
        try:
            compile(lintlib.text(root, path), path, "exec")
        except SyntaxError as mistake:
            problems.append(f"{path}:{mistake.lineno}: {mistake.msg}")
    scripts = lintlib.shell_scripts(root)
    if scripts:
        run = subprocess.run([lintlib.need("shellcheck"), "-x", "-f", "gcc", *scripts], cwd=root,
                             capture_output=True, text=True)
        problems += run.stdout.splitlines()
        if run.returncode != 0 and not run.stdout:
            problems.append(f"shellcheck: {run.stderr.strip()}")
    lintlib.finish(problems)


main()
