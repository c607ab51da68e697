#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# scan-build (the Clang static analyzer across functions, with its default checkers) over the product: scan-build.sh BUILD.
# One TAP line, and what was found. BUILD is a folder of its own, below which it builds and reports.
#
# Two checkers are off, for version 14 knows nothing of __attribute__((cleanup)), by which everything here is released:
# unix.Malloc would call each such block leaked (the asan suite looks for leaks), deadcode.DeadStores each "fd = -1" that
# hands a descriptor on useless.
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$1
command -v scan-build >/dev/null || { echo "scan-build is not installed"; exit 77; }
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
scan=(scan-build --use-cc=clang --status-bugs -plist-html -o "$build/reports"
    -disable-checker unix.Malloc -disable-checker deadcode.DeadStores)
rm -rf "$build"
mkdir -p "$build"
if ! "${scan[@]}" meson setup "$build/build" "$top" -Dtests=disabled -Dman=disabled >"$build/setup.log" 2>&1; then
    tail -n 20 "$build/setup.log"
    echo "not ok - scan-build: does not configure"
    exit 1
fi
"${scan[@]}" ninja -C "$build/build" >"$build/build.log" 2>&1
status=$?
files=$(grep -c 'Compiling C object' "$build/build.log")
if [ $status != 0 ] || [ "$files" -lt 100 ]; then
    grep -E -A 8 'warning:|error:|FAILED' "$build/build.log" | head -n 60
    echo "not ok - scan-build: status $status, $files files"
    exit 1
fi
echo "ok - scan-build: $files files"
