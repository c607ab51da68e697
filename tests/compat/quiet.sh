#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A host that only lists: no connection, no process, no libcrypto, with the cloud off.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need strace
lister=$work/plain/tests/compat/lister
[ -x "$lister" ] || skip_all "not built: run tests/run.sh"
strace -o /dev/null true 2>/dev/null || skip_all "tracing is not permitted here"
begin
account work 012345678901

expect "the first listing fetches the token image" "slots 1" "$lister" "$module"
stop_agents
order /listen '{"on": false}' >/dev/null
expect "with cloud and agent off the listing is complete" "objects ([5-9]|1[0-9])" \
    strace -f -o trace -e trace=network,process "$lister" "$module"
equal "no connection" "$(grep -cE 'socket\(|connect\(|sendto\(' trace)" 0
equal "no process" "$(grep -cE 'clone|fork|execve' trace)" 1
equal "no agent was started" "$(agent_pids)" ""
expect "the module is mapped" "smartca-pkcs11" "$lister" "$module" maps
equal "libcrypto, libcurl and libuv are not" "$(grep -cE 'libcrypto|libssl|libcurl|libuv|smartca-crypto' "$box/said")" 0
