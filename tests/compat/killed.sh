#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Host killed, agent killed, reply lost: the same file signed again costs nothing more.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl
sim_options=(--auto none)
begin
account work 012345678901
certificate_files

sign()
{
    p11 --sign -m SHA256-RSA-PKCS --id "$(key_id)" -i "$1" -o "$1.sig"
}

# sign_waiting FILE: starts signing; returns when the phone rings. signer: the host's process id
sign_waiting()
{
    pkcs11-tool --module "$module" --sign -m SHA256-RSA-PKCS --id "$(key_id)" -i "$1" -o "$1.sig" \
        >"$1.out" 2>&1 </dev/null &
    signer=$!
    wait_for waiting
}

kill_host()
{
    kill -9 $signer
    { wait $signer; } 2>/dev/null
}

signed_again()
{
    check "$1: the same file again gives the signature" sign "$2"
    expect "$1: OpenSSL verifies it" "Verified OK" verified "$2" "$2.sig"
    equal "$1: one signature paid in all" "$(counter paid)" 1
    equal "$1: one prompt in all" "$(counter prompts)" 1
    equal "$1: no rule of the service broken" "$(counter violations)" 0
}

echo one >host
sign_waiting host
kill_host
order /approve >/dev/null
signed_again "host killed, then approved" host

fresh_counters
echo two >host-later
sign_waiting host-later
kill_host
sign host-later >joined.out 2>&1 &
again=$!
order /approve >/dev/null
wait $again
equal "host killed, a new one joins the waiting transaction" "$?" 0
signed_again "host killed, joined" host-later

fresh_counters
echo three >agent
sign_waiting agent
kill -9 "$(agent_pids)"
order /approve >/dev/null
wait $signer
signed_again "agent killed, then approved" agent

fresh_counters
echo four >agent-later
sign_waiting agent-later
kill -9 "$(agent_pids)"
wait_for polls 2
order /approve >/dev/null
wait $signer
equal "agent killed while the host waits: the host starts another and gets its signature" "$?" 0
signed_again "agent killed, taken up" agent-later

fresh_counters
echo five >both
sign_waiting both
kill -9 $signer "$(agent_pids)"
{ wait $signer; } 2>/dev/null
order /approve >/dev/null
signed_again "host and agent killed, then approved" both

for fault in act-then-reset act-then-close truncate garbage act-then-status; do
    fresh_counters
    order /switch '{"auto": "approve"}' >/dev/null
    order /fault "{\"action\": \"$fault\", \"act\": true, \"path\": \"/v1/signatures/sign\$\"}" >/dev/null
    echo "$fault" >"$fault"
    sign "$fault" >"$fault.out" 2>&1
    signed_again "reply lost ($fault)" "$fault"
done

fresh_counters
order /fault '{"action": "reset-before", "path": "/v1/signatures/sign$"}' >/dev/null
order /switch '{"auto": "approve"}' >/dev/null
echo never >never
sign never >never.out 2>&1
equal "request lost on the way: nothing paid, at most one prompt" "$(($(counter paid) <= 1))" 1
