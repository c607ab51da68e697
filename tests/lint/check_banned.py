#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls and words that the project does without; the tables say where and why."""
import re

import lintlib

EVERYWHERE = {
    "sprintf": "use snprintf", "vsprintf": "use vsnprintf", "strcpy": "carry lengths",
    "stpcpy": "carry lengths", "strcat": "carry lengths", "strncat": "carry lengths",
    "strtok": "use strtok_r or pointers", "gets": "unbounded", "atoi": "no error reported",
    "atol": "no error reported", "atoll": "no error reported", "alloca": "unbounded stack",
    "system": "runs a shell", "popen": "runs a shell", "tmpnam": "races", "mktemp": "races",
}
PRODUCT = {"getenv": "use secure_getenv, once, at the start"}
# Code that runs inside somebody else's process.
GUEST = {name: "the module is a guest in its host" for name in (
    "setenv", "putenv", "unsetenv", "clearenv", "setlocale", "printf", "vprintf", "puts", "putchar",
    "perror", "exit", "_exit", "abort", "atexit", "on_exit", "signal", "sigaction", "fork", "vfork",
    "execv", "execve", "execvp", "execl", "execlp", "pthread_create", "thrd_create", "umask",
    "chdir", "dlclose")}
GUEST["strerror"] = "not thread-safe; use strerror_r or %m"
CLOUD = {"setenv": "changes the whole process", "putenv": "changes the whole process"}

WORD_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
WORDS = [
    (re.compile(r"\b(TODO|FIXME|XXX)\b"), "finish it, or write an issue"),
    (re.compile(r"\b0\.0\.0\.0\b|\bINADDR_ANY\b|\bin6addr_any\b"), "listen on loopback only"),
]
WORD_FOLDERS = ("src", "include", "docs", "po", "p11kit-module", "tests/sim", "README.md", "meson.build")
DEFINE = re.compile(r"^[ \t]*#[ \t]*define\b(?:[^\n]*\\\n)*[^\n]*", re.M)
HIDDEN = re.compile(r"\b(return|goto)\b|\bpthread_mutex_(?:lock|unlock)\b")
ASSERT = re.compile(r"\bassert(?:_\w+)?\s*\(([^;]*)\)\s*;")
EFFECT = re.compile(r"\+\+|--|(?<![=!<>])=(?!=)")
UNSET = re.compile(r"\b\w+_AUTO\s*(\w+)\s*;")
GUEST_ROOMS = ("src/module/", "src/common/")


def tables(path):
    found = [EVERYWHERE]
    if path.startswith(("src/", "include/")):
        found.append(PRODUCT)
    if path.startswith(GUEST_ROOMS):
        found.append(GUEST)
    if path.startswith("src/cloud/"):
        found.append(CLOUD)
    return found


def check_calls(path, code):
    banned = tables(path)
    for match in WORD_CALL.finditer(code):
        for table in banned:
            if match.group(1) in table:
                yield match.start(), f"{match.group(1)}(): {table[match.group(1)]}"
    for match in re.finditer(r"\bgoto\b", code):
        yield match.start(), "goto: return early, clean up by attribute"
    if path.startswith(GUEST_ROOMS):
        for match in re.finditer(r"\b(stdout|destructor)\b", code):
            yield match.start(), f"{match.group(1)}: {GUEST['exit']}"


def check_macros(code):
    for match in DEFINE.finditer(code):
        hidden = HIDDEN.search(match.group())
        if hidden:
            yield match.start(), f"macro hides {hidden.group()}"


def check_asserts(path, code):
    if not path.startswith(("src/", "include/")):
        return
    for match in ASSERT.finditer(code):
        if EFFECT.search(match.group(1)):
            yield match.start(), "assert with a side effect"


def check_cleanups(code):
    """A cleanup attribute runs at each return: its variable has a value by then."""
    for match in UNSET.finditer(code):
        used = re.compile(rf"\b{match.group(1)}\b").search(code, match.end())
        if used and re.search(r"\breturn\b", code[match.end():used.start()]):
            yield match.start(), f"{match.group(1)} is cleaned up by a return before it has a value"


def main():
    root = lintlib.options(__doc__).root
    problems = []
    for path in lintlib.c_files(root):
        code = lintlib.code_only(lintlib.text(root, path))
        for check in (check_calls(path, code), check_macros(code), check_asserts(path, code), check_cleanups(code)):
            problems += [f"{path}:{lintlib.line_of(code, at)}: {why}" for at, why in check]
    for path in lintlib.walk(root, *WORD_FOLDERS):
        source = lintlib.text(root, path)
        for pattern, why in WORDS:
            problems += [f"{path}:{lintlib.line_of(source, m.start())}: {m.group()}: {why}"
                         for m in pattern.finditer(source)]
    lintlib.finish(problems)


main()
