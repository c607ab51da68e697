#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What of standard input, which the product has said to a person who reads Vietnamese only, is English.

vietnamese.py [PO]...    prints it; status 1 where there is some

Any line with a word that English sentences cannot do without; with PO, translations, also each part of an English
text of ours, however its lines are broken. Paths, options and names with dots or dashes are no words.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lint"))
from po import entries  # noqa: E402  (the path comes first)

# No Vietnamese syllable is spelled like these.
WORDS = ("about again and are because been before but by cannot could does each every for from had has have how if into is it its"
         " more must not nothing of once only or other please should than that the their them then there these they this those"
         " was were what when where which who will with would you your").split()
ENGLISH = re.compile(rf"(?<![\w/.-])({'|'.join(WORDS)})(?![\w/.-])", re.IGNORECASE)
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|[\r\a]")
# Where something is filled in, or a line ends.
GAP = re.compile(r"%(?:\([a-z_]+\))?[-+ #0]*\d*(?:\.[\d*]+)?(?:hh|h|ll|l|z|j)?[a-zA-Z]|\{[a-z_]+\}|\\n|\n")
LETTER = r"[^\W\d_]"
SHORTEST = 4


def plain(text):
    return text.replace('\\"', '"').replace("\\\\", "\\")


def squeezed(text):
    return re.sub(r"\s+", " ", text)


def parts(text):
    for part in GAP.split(plain(text)):
        part = squeezed(part).strip(" .,:;()[]\"'!?=-")
        if len(re.findall(LETTER, part)) >= SHORTEST:
            yield part


def word_of(part):
    return re.compile(rf"(?<![\w/.=-]){re.escape(part)}(?![\w/=-])")


def of_ours(said, path):
    """Parts of English texts, but not those that a translation has too: names, commands, settings."""
    with open(path, encoding="utf-8") as source:
        texts = entries(source.read())
    translated = squeezed(" ".join(plain(one).replace("\\n", " ") for those, _ in texts.values() for one in those))
    every = {part for text in texts for part in parts(text)}
    return sorted(part for part in every if word_of(part).search(said) and not word_of(part).search(translated))


def main():
    said = CONTROL.sub("", sys.stdin.read())
    found = [line for line in said.splitlines() if ENGLISH.search(line)]
    for path in sys.argv[1:]:
        found += of_ours(squeezed(said), path)
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


sys.exit(main())
