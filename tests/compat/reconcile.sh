#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The log beside what the service says: what agrees, what was paid and is not known here, what is known and not there, what was
# given up and is settled by the answer. Nothing is signed by it.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl
begin

sign()
{
    rm -f "$1.sig"
    [ -f "$1" ] || echo "file $1" >"$1"
    p11 --sign --id "$id" -m SHA256-RSA-PKCS -i "$1" -o "$1.sig"
}

# verdicts: how many of each
verdicts()
{
    "$tool" reconcile --json "$@" | /usr/bin/python3 -c '
import collections, json, sys
found = collections.Counter(line["verdict"] for line in json.load(sys.stdin)["transactions"])
print(" ".join(f"{name}={number}" for name, number in sorted(found.items())))'
}

# rewrite TRANSACTION NAME=VALUE...: numbers of its record in the journal, while no agent runs
rewrite()
{
    /usr/bin/python3 -c '
import json, sys
with open(sys.argv[1], encoding="utf-8") as source:
    record = json.loads(source.read().splitlines()[-1])
for change in sys.argv[2:]:
    name, value = change.split("=")
    assert isinstance(record[name], int), name
    record[name] = int(value)
with open(sys.argv[1], "w", encoding="utf-8") as out:
    json.dump(record, out)' "$HOME/.local/state/smartca/journal/$1" "${@:2}"
}

# ledger_lines OUTCOME: how many
ledger_lines()
{
    grep -c "\"outcome\":\"$1\"" "$HOME/.local/state/smartca/ledger"
}

account work 012345678901 "confirm-timeout = 10"
expect "before the first signature there is nothing to compare" "nothing to compare" "$tool" reconcile
check "the certificate can be read" certificate_files
id=$(key_id)
check "a first file is signed" sign one
check "a second" sign two
paid=$(counter paid) prompts=$(counter prompts)
expect "both agree" "2  transactions agree" "$tool" reconcile
equal "nothing was paid for asking" "$(counter paid) $(counter prompts)" "$paid $prompts"
order /switch '{"auto": "reject"}' >/dev/null
sign rejected >/dev/null 2>&1
equal "a rejected one agrees" "$(verdicts)" "agrees=3"
order /switch '{"auto": "approve"}' >/dev/null

# The agent dies while the phone rings; the person confirms; nobody looks for a day.
order /switch '{"auto": "none"}' >/dev/null
sign lost >lost.said 2>&1 &
signer=$!
wait_for waiting
kill_below $signer
kill -9 "$(agent_pids)"
wait $signer 2>/dev/null
order /approve >/dev/null
order /switch '{"auto": "approve"}' >/dev/null
lost=$(helper state "$control" transactions | json -1.transaction_id)
rewrite "$lost" state=4 created=$(($(date +%s) - 86400))
before=$(ledger_lines signed)
expect "what was given up and signed all the same is settled" "$lost" "$tool" reconcile
cp "$box/said" settled
expect "and said" "This was open, and was signed" cat settled
equal "it has its line in the log" "$(ledger_lines signed)" $((before + 1))
check "the file again" sign lost
equal "costs nothing more" "$(counter paid)" $((paid + 1))
equal "now everything agrees" "$(verdicts)" "agrees=4"
expect "the log is whole" "No line was removed" "$tool" log --verify

# Two who ask at once, and an account that was removed.
both()
{
    local first
    "$tool" reconcile >first &
    first=$!
    "$tool" reconcile >second && wait "$first" && grep -h "transactions agree" first second
}
both >said
equal "two at once: each is told of all" "$(grep -c "4  transactions agree" said)" 2
sed -i 's/^\[account:work\]/[account:moved]/' "$conf"
equal "an account that was removed is not asked for" "$(verdicts)" "unasked=4"
expect "and said" "4  cannot be asked about" "$tool" reconcile
sed -i 's/^\[account:moved\]/[account:work]/' "$conf"
equal "it is there again" "$(verdicts)" "agrees=4"

# Ended here, signed and counted there.
second=$("$tool" log --json | json 1.transaction)
stop_agents
rewrite "$second" state=3 err=-30
refuse "paid there and not known here: status 1" "$second" "$tool" reconcile
cp "$box/said" differs
expect "and said" "has signed and counted this; here it is not known" cat differs
expect "with both words" "here: rejected, service: signed" cat differs
equal "the others agree" "$(verdicts work)" "agrees=3 differs=1"
stop_agents
rewrite "$second" state=2 err=0

# Signed here, unknown there.
paid=$(counter paid)
before_change
order /reset '{}' >/dev/null
refuse "known here and not there: status 1" "does not say so" "$tool" reconcile
equal "each of those that were signed" "$(verdicts)" "agrees=1 differs=3"

# No answer.
order /listen '{"on": false}' >/dev/null
refuse "a service that does not answer: status 1" "4  could not be compared" "$tool" reconcile
order /listen '{"on": true}' >/dev/null
refuse "an account that is not there" "There is no account \"other\"" "$tool" reconcile other
sed -i 's/^language = .*/language = vi/' "$conf"
refuse "in Vietnamese, too" "khác nhau" "$tool" reconcile
equal "nothing was signed by all this" "$(counter paid) $(counter prompts)" "0 0"
equal "no rule of the service broken" "$(counter violations)" 0

# What the journal has forgotten.
sed -i 's/^language = .*/language = en/' "$conf"
stop_agents
rm "$HOME/.local/state/smartca/journal/$second"
refuse "only the log has it" "1  are too old" "$tool" reconcile

while read -r service user credential wanted <&3; do
    [ -n "$service" ] || continue
    new_home "home of $service"
    fresh_counters
    order /switch '{"auto": "approve"}' >/dev/null
    lines=()
    [ "$credential" = - ] || lines=("serial-number = $(helper serial "$sim" "$user" "$credential")")
    service_account "$service" work "$user" "${lines[@]}"
    "$tool" refresh >/dev/null 2>&1
    id=$(key_id)
    check "$service: signs" sign "$service"
    equal "$service: $wanted" "$(verdicts)" "$wanted=1"
    equal "$service: one paid" "$(counter paid)" 1
done 3<<END
vnpt-smartca-th 012345678903 - agrees
vnpt-smartca-oauth 012345678901 - agrees
viettel-mysign CMT_012345678901 - agrees
csc-v1 012345678911 khoa-rsa2048 unasked
rssp 012345678911 khoa-rsa2048 unasked
END
