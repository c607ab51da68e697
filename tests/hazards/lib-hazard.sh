#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the scripts of this folder share: hosts that do what a library must survive (main.c), with a real agent and the
# simulator. docs/testing.md has the table of hazards. Sourced, not run.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../compat/lib.sh"
hazards=$work/plain/tests/hazards
# shellcheck disable=SC2034 # for those who source this
hazard=$hazards/hazard

# documents NAME...: files to be signed, each different
documents()
{
    local name
    for name in "$@"; do
        echo "$name $RANDOM $(date +%N)" >"$name"
        rm -f "$name.sig"
    done
}

# numbered PREFIX COUNT: PREFIX-1 PREFIX-2 ...
numbered()
{
    seq -f "$1-%.0f" "$2"
}

all_verified()
{
    local name
    for name in "$@"; do
        verified "$name" "$name.sig" || return 1
    done
}

# signs NAME FILE COMMAND...: the command signs the file, and pays once
signs()
{
    local name=$1 file=$2 before
    shift 2
    documents "$file"
    before=$(counter paid)
    check "$name: signed" "$@"
    check "$name: OpenSSL verifies it" all_verified "$file"
    equal "$name: one paid" $(($(counter paid) - before)) 1
}

# start_waiting COMMAND...: starts a host that waits for a word from us; returns when the phone rings
start_waiting()
{
    order /switch '{"auto": "none"}' >/dev/null
    rm -f word
    mkfifo word
    "$@" <word >host.out 2>&1 &
    host_pid=$!
    exec 9>word
    wait_for waiting
}

say_the_word()
{
    echo >&9
    exec 9>&-
}

approve_all()
{
    order /switch '{"auto": "approve"}' >/dev/null
    order /approve >/dev/null
}

# host_ends NAME: the host that was started comes to a good end
host_ends()
{
    local status
    wait "$host_pid"
    status=$?
    cp host.out said
    [ $status = 0 ] || echo "# status $status"
    if [ $status = 0 ]; then pass "$1"; else fail "$1"; fi
}

# why_no_namespace: nothing, or why a file system of one's own cannot be had
why_no_namespace()
{
    unshare --mount --pid --fork --mount-proc "${as_other[@]}" mount -t tmpfs none /run 2>/dev/null ||
        echo "mounts of one's own are not permitted here"
}
as_other=()
[ "$(id -u)" = 0 ] || as_other=(--map-root-user)

# in_namespace SCRIPT ARGUMENT...: with mounts and processes of its own; all of them are gone when it ends
in_namespace()
{
    local script=$1
    shift
    unshare --mount --pid --fork --kill-child --mount-proc "${as_other[@]}" bash -c "$script" bash "$@"
}
