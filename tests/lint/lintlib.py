# SPDX-License-Identifier: Apache-2.0
"""What the checks share: which files the project has, C text without comments, the report.

A check is a program: `check_x.py [--root DIR] ...`. It prints one line per problem,
`file:line: sentence`, and ends with 0 (good), 1 (problems) or 77 (a tool is missing).
"""
import argparse
import os
import re
import shutil
import sys

SKIP = 77
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
NOT_OURS = re.compile(r"^(build.*|\.git|__pycache__|subprojects)$")


def options(description, *extra):
    """The command line; @extra: names of further options that take a value."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--root", default=ROOT, help="the project's top folder")
    for name in extra:
        parser.add_argument(f"--{name}")
    return parser.parse_args()


def walk(root, *folders, suffixes=None):
    """Paths relative to @root, sorted. Without @folders the whole tree."""
    found = []
    for folder in folders or ("",):
        start = os.path.join(root, folder)
        if os.path.isfile(start):
            found.append(folder)
        for here, dirs, names in os.walk(start):
            dirs[:] = [d for d in dirs if not NOT_OURS.match(d)]
            found += [os.path.relpath(os.path.join(here, n), root) for n in names]
    return sorted({f for f in found if suffixes is None or f.endswith(suffixes)})


def c_files(root):
    return walk(root, "src", "include", "tests", suffixes=(".c", ".h"))


def text(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="surrogateescape") as source:
        return source.read()


def shebang(root, path):
    with open(os.path.join(root, path), "rb") as source:
        first = source.readline(200)
    return first.decode("utf-8", "replace") if first.startswith(b"#!") else ""


def shell_scripts(root):
    return [p for p in walk(root) if p.endswith(".sh") or re.search(r"\b(ba|da)?sh\b", shebang(root, p))]


def python_scripts(root):
    return [p for p in walk(root) if p.endswith(".py") or "python" in shebang(root, p)]


BLANKED = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


def code_only(source):
    """C text with comments and the insides of strings blanked; lines stay where they are."""
    def blank(match):
        found = match.group()
        if found[0] in "\"'":
            return found[0] + " " * (len(found) - 2) + found[0]
        return re.sub(r"[^\n]", " ", found)
    return BLANKED.sub(blank, source)


def line_of(source, position):
    return source.count("\n", 0, position) + 1


def need(tool):
    """The path of a program, or the end of this check as skipped."""
    found = shutil.which(tool)
    if found is None:
        print(f"SKIP: {tool} is not installed")
        sys.exit(SKIP)
    return found


def finish(problems):
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} problem(s)")
    sys.exit(1 if problems else 0)
