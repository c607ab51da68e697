#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# cppcheck over the product: cppcheck.sh BUILD. Prints one TAP line and what was found.
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$1
command -v cppcheck >/dev/null || { echo "cppcheck is not installed"; exit 77; }
cache=$build/cppcheck
mkdir -p "$cache"
# missingIncludeSystem: library headers are not read. unmatchedSuppression: not each is met by each file.
if output=$(cppcheck --quiet --project="$build/compile_commands.json" --file-filter="$top/src/*" -j "$(nproc)" \
    --cppcheck-build-dir="$cache" --enable=warning,performance,portability --inline-suppr \
    --library="$top/tests/lint/cppcheck.cfg" --suppress=missingIncludeSystem --suppress=unmatchedSuppression \
    --suppressions-list="$top/tests/lint/cppcheck-suppressions.txt" \
    --error-exitcode=1 --template='{file}:{line}: {severity}: {message} [{id}]' 2>&1); then
    echo "ok - cppcheck"
else
    printf '%s\n' "$output"
    echo "not ok - cppcheck"
fi
