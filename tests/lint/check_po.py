#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every text for people is there in every language of po/: none missing, none doubtful, no file left out."""
import os
import re
import subprocess
import tempfile

import lintlib
from po import entries

MARKED = re.compile(r"(?<![A-Za-z0-9_])(?:N?_\(\s*\"|ngettext\()")
KEYWORDS = ("--keyword=_", "--keyword=N_", "--keyword=ngettext:1,2")


def marked_files(root):
    return [p for p in lintlib.walk(root, "src", suffixes=(".c", ".h"))
            if MARKED.search(re.sub(r"/\*.*?\*/", "", lintlib.text(root, p), flags=re.S))]


def check_list(marked, listed):
    problems = [f"po/POTFILES:1: {p} is not named, and has texts for people" for p in marked if p not in listed]
    return problems + [f"po/POTFILES:1: {p} has no text for people" for p in listed if p not in marked]


def check_language(root, wanted, language):
    path = os.path.join("po", f"{language}.po")
    there = entries(lintlib.text(root, path))
    problems = []
    for text in wanted:
        said, doubtful = there.get(text, ([""], False))
        if not all(said):
            problems.append(f"{path}:1: not translated: {text[:160]}")
        elif doubtful:
            problems.append(f"{path}:1: fuzzy: {text[:160]}")
    return problems


def main():
    root = lintlib.options(__doc__).root
    listed = lintlib.text(root, "po/POTFILES").split()
    problems = check_list(marked_files(root), listed)
    present = [p for p in listed if os.path.exists(os.path.join(root, p))]
    with tempfile.TemporaryDirectory() as folder:
        template = os.path.join(folder, "all.pot")
        xgettext = lintlib.need("xgettext")
        subprocess.run([xgettext, "--from-code=UTF-8", *KEYWORDS, "-o", template, *(present or ["/dev/null"]), "-LC"],
                       cwd=root, check=True, stderr=subprocess.DEVNULL)
        if os.path.exists(template):
            wanted = entries(lintlib.text(root, template))
            for language in lintlib.text(root, "po/LINGUAS").split():
                problems += check_language(root, wanted, language)
    lintlib.finish(problems)


main()
