#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each header compiles alone, with the flags that its room is compiled with.

--build: the build folder, whose compile_commands.json holds the flags.
"""
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys

import lintlib


def room(path):
    return "/".join(path.split("/")[:2])


def flags_by_room(root, build):
    """Compiler and flags of the first source of each room, without what names files."""
    found = {}
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as source:
        for command in json.load(source):
            path = os.path.relpath(os.path.join(command["directory"], command["file"]), root)
            words = shlex.split(command["command"])
            kept, skip = [], False
            for word in words:
                if skip or word in ("-o", "-MF", "-MQ", "-c", "-MD", "-o"):
                    skip = not skip and word in ("-o", "-MF", "-MQ", "-c")
                    continue
                kept.append(word)
            found.setdefault(room(path), (command["directory"], kept))
    return found


def compile_alone(root, path, command):
    directory, words = command
    source = f'#include "{os.path.join(root, path)}"\nextern int sca_header_stands_alone;\n'
    # A header's static inline functions and constants are not used here: that is no fault.
    run = subprocess.run([*words, "-fsyntax-only", "-Werror", "-Wno-unused", "-x", "c", "-"], cwd=directory,
                         input=source, capture_output=True, text=True)
    return None if run.returncode == 0 else f"{path}:1: does not compile alone:\n{run.stderr.strip()}"


def main():
    given = lintlib.options(__doc__, "build")
    if given.build is None:
        sys.exit("check_headers.py: --build is needed")
    rooms = flags_by_room(given.root, given.build)
    if not rooms:
        lintlib.finish(["compile_commands.json names no source"])
    fallback = rooms.get("src/module") or rooms.get("src/common") or next(iter(rooms.values()))
    headers = lintlib.walk(given.root, "src", "include", suffixes=(".h",))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(
            lambda h: compile_alone(given.root, h, rooms.get(room(h), fallback)), headers)
        lintlib.finish([r for r in results if r])


main()
