#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A folder of the system covered by one of ours, for one command only: in a private mount namespace,
# so nothing is left behind. Sourced after lib.sh; skips the whole script where that is not allowed.
need unshare
if [ "$(id -u)" = 0 ]; then apart=(unshare --mount); else apart=(unshare --map-root-user --mount); fi
"${apart[@]}" true 2>/dev/null || skip_all "no private mount namespace is allowed here"

# covered OURS SYSTEM COMMAND...
covered()
{
    # shellcheck disable=SC2016 # the inner shell expands it
    "${apart[@]}" bash -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' bash "$@"
}
