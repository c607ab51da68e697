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
# Where the translations are, the texts, and what they are written in: the product's, and the simulator's.
DOMAINS = (("po", "src", (".c", ".h"), "C"), ("po/sim", "tests/sim/smartca_sim", (".py",), "Python"))


def marked_files(root, folder, suffixes):
    return [p for p in lintlib.walk(root, folder, suffixes=suffixes)
            if MARKED.search(re.sub(r"/\*.*?\*/", "", lintlib.text(root, p), flags=re.S))]


def words_of(root, path):
    return lintlib.text(root, path).split() if os.path.exists(os.path.join(root, path)) else []


def check_list(path, marked, listed):
    problems = [f"{path}:1: {p} is not named, and has texts for people" for p in marked if p not in listed]
    return problems + [f"{path}:1: {p} has no text for people" for p in listed if p not in marked]


def check_language(path, wanted, there):
    problems = []
    for text in wanted:
        said, doubtful = there.get(text, ([""], False))
        if not all(said):
            problems.append(f"{path}:1: not translated: {text[:160]}")
        elif doubtful:
            problems.append(f"{path}:1: fuzzy: {text[:160]}")
    return problems


def check_domain(root, po, folder, suffixes, language):
    listed = words_of(root, f"{po}/POTFILES")
    problems = check_list(f"{po}/POTFILES", marked_files(root, folder, suffixes), listed)
    present = [p for p in listed if os.path.exists(os.path.join(root, p))]
    with tempfile.TemporaryDirectory() as scratch:
        template = os.path.join(scratch, "all.pot")
        xgettext = lintlib.need("xgettext")
        subprocess.run([xgettext, "--from-code=UTF-8", *KEYWORDS, "-o", template, *(present or ["/dev/null"]), "-L", language],
                       cwd=root, check=True, stderr=subprocess.DEVNULL)
        if os.path.exists(template):
            wanted = entries(lintlib.text(root, template))
            for name in words_of(root, f"{po}/LINGUAS"):
                path = f"{po}/{name}.po"
                problems += check_language(path, wanted, entries(lintlib.text(root, path)))
    return problems


def main():
    root = lintlib.options(__doc__).root
    lintlib.finish([problem for domain in DOMAINS for problem in check_domain(root, *domain)])


main()
