# SPDX-License-Identifier: Apache-2.0
"""Reads files of translations (.po)."""
import re


def entries(source):
    """msgid -> (its translations, is it doubtful); escapes as they stand there; obsolete ones are left out"""
    found = {}
    for block in re.split(r"\n\s*\n", source):
        lines = [line for line in block.splitlines() if not line.startswith("#~")]
        texts, key = {}, None
        for line in lines:
            match = re.match(r"(msgid|msgid_plural|msgstr(?:\[\d\])?) (\".*\")$", line)
            if match:
                key, texts[match[1]] = match[1], match[2][1:-1]
            elif key and line.startswith('"'):
                texts[key] += line[1:-1]
        if texts.get("msgid"):
            said = [text for name, text in texts.items() if name.startswith("msgstr")]
            found[texts["msgid"]] = (said, any(line.startswith("#,") and "fuzzy" in line for line in lines))
    return found
