#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy with .clang-tidy over the product: tidy.sh BUILD. One TAP line per source file.
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$1
command -v clang-tidy >/dev/null || { echo "clang-tidy is not installed"; exit 77; }
export build top

one()
{
    local file=$1 output
    if output=$(clang-tidy --quiet --warnings-as-errors='*' -p "$build" "$top/$file" 2>/dev/null); then
        echo "ok - $file"
    else
        printf '%s\nnot ok - %s\n' "$output" "$file"
    fi
}
export -f one
cd "$top" || exit 1
# shellcheck disable=SC2016 # the inner shell expands it
find src -name '*.c' | sort | xargs -P "$(nproc)" -I{} bash -c 'one "$1"' one {}
