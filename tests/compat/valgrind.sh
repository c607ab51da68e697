#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One signing with module and agent under valgrind.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need valgrind pkcs11-tool openssl
begin
account work 012345678901
certificate_files
stop_agents
limit=240
grind=(valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite
    --show-leak-kinds=definite)

"${grind[@]}" --log-file=agent.log "$tool" agent --foreground >agent.out 2>&1 </dev/null &
agent=$!
until [ -n "$(agent_pids)" ] || ! kill -0 $agent 2>/dev/null; do sleep 0.1; done

echo "under valgrind" >file
check "pkcs11-tool signs, no error in it" "${grind[@]}" --log-file=host.log \
    pkcs11-tool --module "$module" --sign -m SHA256-RSA-PKCS --id "$(key_id)" -i file -o file.sig
expect "OpenSSL verifies it" "Verified OK" verified file file.sig
cp host.log said
equal "nothing of ours in valgrind's report" "$(grep -c 'smartca\|sca_' host.log)" 0
kill $agent
wait $agent
equal "the agent ends without an error or a leak" "$?" 0
cp agent.log said
# valgrind 3.19 does not know pidfd_send_signal (424), answers ENOSYS as an old kernel would, and says so.
unknown_call='WARNING: unhandled amd64-linux syscall: 424|You may be able to write your own handler|README_MISSING_SYSCALL|we consider this a bug|valgrind.org/support'
equal "and valgrind has nothing to say about it" "$(grep -vE "$unknown_call" agent.log)" ""
