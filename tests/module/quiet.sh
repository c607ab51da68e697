#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Listing from an image touches memory and small local files only: no socket, no child process.
# Usage: quiet.sh LIST_ONCE
set -eu

trace=$(mktemp)
trap 'rm -f "$trace"' EXIT

if ! command -v strace >/dev/null; then
    echo "SKIP: strace is not installed"
    exit 77
fi
if ! strace -qq -o /dev/null true 2>/dev/null; then
    echo "SKIP: this system does not let strace attach (ptrace is not allowed)"
    exit 77
fi

# LeakSanitizer wants to trace, too; leaks are looked for by the other tests.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
strace -f -qq -o "$trace" -e trace=%network,%process "$1"
if grep -vE '(execve|exit_group)\(|\+\+\+' "$trace"; then
    echo "the calls above go out of the process"
    exit 1
fi
if [ "$(grep -c 'execve(' "$trace")" -ne 1 ]; then
    echo "a program was started"
    exit 1
fi
