#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The terms of the trade in texts for people, and English without misspellings."""
import os
import re
import subprocess
import unicodedata

import lintlib

FOLDERS = ("src", "include", "docs", "po", "p11kit-module", "tests", "README.md")
WRONG = [
    (re.compile("chứng chỉ số", re.I), "it is called “chứng thư số”"),
    (re.compile("vân tay số", re.I), "it is called “giá trị băm” (digest)"),
]
BINARY = (".png", ".pdf", ".odt", ".der", ".p12", ".mo", ".ttf", ".gz")
# Texts in Vietnamese, and lists of words, are no English.
NO_ENGLISH = re.compile(r"(\.po|\.pot|words\.js|\.vi\.md|\.vi\.\d|persons-builtin\.json|/vi/.*|codespell-ignore\.txt)$")


def main():
    root = lintlib.options(__doc__).root
    problems = []
    ours = os.path.join("tests", "lint")
    paths = [p for p in lintlib.walk(root, *FOLDERS)
             if not p.endswith(BINARY) and not p.startswith(ours)]
    for path in paths:
        source = unicodedata.normalize("NFC", lintlib.text(root, path))
        for pattern, why in WRONG:
            problems += [f"{path}:{lintlib.line_of(source, m.start())}: {m.group()}: {why}"
                         for m in pattern.finditer(source)]
    english = [p for p in paths if not NO_ENGLISH.search(p)]
    ignored = os.path.join(lintlib.ROOT, ours, "codespell-ignore.txt")
    if english:
        run = subprocess.run([lintlib.need("codespell"), "--ignore-words", ignored, *english], cwd=root,
                             capture_output=True, text=True)
        problems += run.stdout.splitlines()
        if run.returncode != 0 and not run.stdout:
            problems.append(f"codespell: {run.stderr.strip()}")
    lintlib.finish(problems)


main()
