#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rooms include downward only, files form no cycle, and each library stays in its rooms."""
import os
import re

import lintlib

BELOW = {
    "common": set(),
    "module": {"common"},
    "cloud": {"common"},
    "agent": {"common", "cloud"},
    "cli": {"common", "cloud", "agent"},
}
GENERATED = {"build_config.h"}
NETWORKED = {"cloud", "agent", "cli"}
# A library's headers and the rooms that may include them.
LIBRARIES = [
    (re.compile(r"^(curl/|jansson\.h|uv\.h|ini_config|ini_configobj|oath\.h|liboath/)"), NETWORKED),
    (re.compile(r"^openssl/"), NETWORKED | {"src/module/crypto/smartca-crypto.c"}),
    (re.compile(r"^(p11-kit/|pkcs11\.h)"), {"include/cryptoki.h"}),
    (re.compile(r"^(netdb|netinet/|arpa/)"), NETWORKED),
]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def room_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else parts[0]


def module_of(path):
    return os.path.splitext(path)[0]


def resolve(root, path, name):
    for folder in (os.path.dirname(path), "/".join(path.split("/")[:2]), "src", "include", "."):
        candidate = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(os.path.join(root, candidate)):
            return candidate
    return None


def check_library(path, line, name):
    for pattern, allowed in LIBRARIES:
        if pattern.match(name) and path not in allowed and room_of(path) not in allowed:
            return f"{path}:{line}: <{name}> does not belong into {room_of(path)}"
    return None


def check_own(path, line, target):
    here, there = room_of(path), room_of(target)
    if target == "include/cryptoki.h":
        allowed = here in ("module", "agent", "cli", "include")
    elif here == "include":
        allowed = there == "include"
    else:
        allowed = here == there or there in BELOW.get(here, set())
    return None if allowed else f"{path}:{line}: {here} must not include {target}"


def cycles(edges):
    """Groups of modules that reach each other (Tarjan)."""
    index, low, stack, groups = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in edges.get(node, ()):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            group = []
            while not group or group[-1] != node:
                group.append(stack.pop())
            if len(group) > 1:
                groups.append(sorted(group))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return groups


def main():
    root = lintlib.options(__doc__).root
    problems, edges = [], {}
    for path in lintlib.walk(root, "src", "include", suffixes=(".c", ".h")):
        source = lintlib.text(root, path)
        if path.startswith("src/") and room_of(path) not in BELOW:
            problems.append(f"{path}:1: there is no room of this name")
        for match in INCLUDE.finditer(source):
            line, name = lintlib.line_of(source, match.start()), match.group(2)
            target = resolve(root, path, name) if match.group(1) == '"' else None
            if target is not None:
                problems.append(check_own(path, line, target))
                if module_of(target) != module_of(path):
                    edges.setdefault(module_of(path), set()).add(module_of(target))
            elif match.group(1) == '"' and name not in GENERATED:
                problems.append(f'{path}:{line}: "{name}" is no file of the project; write <{name}>')
            else:
                problems.append(check_library(path, line, name))
    problems += [f"cycle: {' '.join(group)}" for group in cycles(edges)]
    lintlib.finish([p for p in problems if p])


main()
