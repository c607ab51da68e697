#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the documents promise.

docs.py list FOLDER     documents that have blocks marked "<!-- run -->"
docs.py blocks FILE     those blocks of one document, as one script
docs.py links FOLDER    the links to files that are not there; 1 where there is one
"""
import os
import re
import sys
import urllib.parse

MARKED = re.compile(r"^( *)<!-- run -->\n\1```sh\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def documents(folder):
    for here, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith(".md"):
                yield os.path.join(here, name)


def read(path):
    with open(path, encoding="utf-8") as source:
        return source.read()


def blocks(path):
    return "".join(re.sub(f"^{indent}", "", lines, flags=re.MULTILINE) for indent, lines in MARKED.findall(read(path)))


def dead_links(folder):
    for path in documents(folder):
        for target in LINK.findall(CODE.sub("", read(path))):
            name = urllib.parse.unquote(target.partition("#")[0])
            if name and "://" not in name and not os.path.exists(os.path.join(os.path.dirname(path), name)):
                yield f"{path}: {target}"


def main():
    command, where = sys.argv[1:]
    if command == "blocks":
        print(blocks(where), end="")
        return 0
    if command == "list":
        print(*(path for path in documents(where) if blocks(path)), sep="\n")
        return 0
    dead = list(dead_links(where))
    print(*dead, sep="\n")
    return 1 if dead else 0


sys.exit(main())
