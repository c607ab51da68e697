#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a host's process does around the module: forks, exits, threads, signals.
# shellcheck source=tests/hazards/lib-hazard.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-hazard.sh"
need pkcs11-tool openssl
begin
account work 012345678901 "max-per-day = 1000"
certificate_files

# ---- fork
documents parent child
start_waiting "$hazard" fork "$module" parent child
say_the_word
until grep -q forked host.out || ! kill -0 $host_pid 2>/dev/null; do sleep 0.1; done
approve_all
host_ends "fork while a thread waits: 20 children look, one signs, the parent gets its signature"
check "fork: OpenSSL verifies both" all_verified parent child
equal "fork: two prompts, two paid" "$(counter prompts) $(counter paid)" "2 2"

documents execs
start_waiting "$hazard" exec "$module" execs
say_the_word
approve_all
host_ends "exec while a thread waits: no descriptor of ours is inherited"
check "exec: OpenSSL verifies it" all_verified execs

# ---- exit
documents late
expect "C_CloseSession in an exit handler, C_Finalize in a library's destructor, after dlclose" "late: finalized" \
    "$hazard" late "$module" late
check "late: OpenSSL verifies what was signed before" all_verified late
fresh_counters
documents leaving
start_waiting "$hazard" exit-waiting "$module" leaving
say_the_word
host_ends "exit while a thread waits: C_Finalize in an exit handler ends the wait"
approve_all
wait_for paid
check "exit while a thread waits: the signature is there for the next one" "$hazard" sign "$module" leaving
check "exit while a thread waits: OpenSSL verifies it" all_verified leaving
equal "exit while a thread waits: one prompt, one paid" "$(counter prompts) $(counter paid)" "1 1"

# ---- threads
for form in null nothing system own own-or-system no-library-threads; do
    fresh_counters
    mapfile -t files < <(numbered "locks-$form" 4)
    documents "${files[@]}"
    check "C_Initialize, form $form: four threads sign" "$hazard" locking "$module" $form 4 "locks-$form"
    check "C_Initialize, form $form: OpenSSL verifies all" all_verified "${files[@]}"
    equal "C_Initialize, form $form: four paid" "$(counter paid)" 4
done

fresh_counters
before=$(used)
mapfile -t files < <(numbered waiting 16)
documents "${files[@]}"
start_waiting "$hazard" finalize "$module" 16 waiting
check "C_Finalize while 16 threads wait: all of them do" until_used $((before + 16))
say_the_word
host_ends "C_Finalize while 16 threads wait: each is told CKR_FUNCTION_CANCELED"
sed 's/^/# /' host.out
approve_all
check "C_Finalize while 16 threads wait: the signatures are there for the next ones" "$hazard" locking "$module" null 16 waiting
check "C_Finalize while 16 threads wait: OpenSSL verifies all" all_verified "${files[@]}"
equal "C_Finalize while 16 threads wait: 16 paid" "$(counter paid)" 16

# ---- signals; from the start of the agent on
limit=100
stop_agents
rm -rf "$HOME/.cache"
signs "signals, mask, timer, umask, locale, environment, limits are the host's" signals "$hazard" signals "$module" signals
stop_agents
rm -rf "$HOME/.cache"
signs "1,000 interruptions a second" storm "$hazard" storm "$module" storm
for how in handler ignore; do
    stop_agents
    rm -rf "$HOME/.cache"
    signs "a host that reaps every child ($how)" "reaper-$how" "$hazard" reaper "$module" "reaper-$how" $how
done

documents pipe
before=$(counter paid)
start_waiting "$hazard" default-pipe "$module" pipe
exec 9>&-
kill -9 "$(agent_pids)"
approve_all
host_ends "a broken pipe kills the host, the agent dies: the host lives and gets its signature"
check "broken pipe: OpenSSL verifies it" all_verified pipe
equal "broken pipe: one paid" $(($(counter paid) - before)) 1
