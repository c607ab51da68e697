#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Many at once: fifty programs that sign at the same time are one tap and fifty paid signatures; a rejection is everybody's; a
# limit of one's own holds through races and restarts.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl
begin
same_day 120
many=50

# sign_many NAME COUNT: so many programs at once, in the background; NAME-N, NAME-N.sig, NAME-N.said
sign_many()
{
    local number
    pids=()
    for number in $(seq "$2"); do
        echo "$1 $number" >"$1-$number"
        (
            timeout 300 pkcs11-tool --module "$box/mô đun.so" --sign --id "$id" -m SHA256-RSA-PKCS \
                -i "$1-$number" -o "$1-$number.sig" </dev/null >"$1-$number.said" 2>&1
            true
        ) &
        pids+=($!)
    done
}

count_verified()
{
    local number good=0
    for number in $(seq "$2"); do
        ! verified "$1-$number" "$1-$number.sig" >/dev/null 2>&1 || good=$((good + 1))
    done
    echo $good
}

account work 012345678901 "max-per-day = 1000"
check "the certificate can be read" certificate_files
id=$(key_id)

# While the person looks at a first document the others gather.
order /switch '{"auto": "none"}' >/dev/null
sign_many first 1
first=("${pids[@]}")
wait_for waiting
sign_many many $many
check "all of them wait" until_used $((many + 1))
order /switch '{"auto": "approve"}' >/dev/null
order /approve >/dev/null
wait "${first[@]}" "${pids[@]}"
equal "$many programs at once: one tap" "$(counter prompts)" 2
equal "$many paid, and the first" "$(counter paid)" $((many + 1))
equal "$many verified" "$(count_verified many $many)" $many
expect "the phone was told how many" "$many (documents|tài liệu)" helper state "$control" transactions

# A rejection is everybody's.
order /switch '{"auto": "none"}' >/dev/null
sign_many held 1
first=("${pids[@]}")
wait_for waiting
sign_many rejected 10
check "ten more wait" until_used $((many + 12))
order /approve >/dev/null
wait "${first[@]}"
wait_for waiting
order /reject >/dev/null
wait "${pids[@]}"
equal "rejected: everybody is told" "$(grep -l -e "CKR_FUNCTION_REJECTED" -e "0x200" rejected-*.said | wc -l)" 10
equal "and nothing is paid for it" "$(counter paid)" $((many + 2))

# One that is ended takes only its own document out of what is not sent yet.
sign_many held2 1
first=("${pids[@]}")
wait_for waiting
before=$(used)
sign_many killed 5
check "five more wait" until_used $((before + 5))
kill_below "${pids[2]}"
check "one is gone" until_used $((before + 4))
order /switch '{"auto": "approve"}' >/dev/null
order /approve >/dev/null
wait "${first[@]}" "${pids[@]}" 2>/dev/null
equal "the other four are signed" "$(count_verified killed 5)" 4
equal "and paid" "$(counter paid)" $((many + 7))

# A limit of one's own.
new_home "home with a limit"
fresh_counters
order /switch '{"auto": "approve"}' >/dev/null
account work 012345678901 "max-per-day = 20"
certificate_files
sign_many limited $many
wait "${pids[@]}"
equal "a limit of 20, $many at once: 20 paid" "$(counter paid)" 20
equal "20 verified" "$(count_verified limited $many)" 20
equal "the others are refused" "$(grep -l -e "CKR_FUNCTION_REJECTED" -e "0x200" limited-*.said | wc -l)" $((many - 20))
expect "the status says what is spent and left" "work: 20 of your own limit of 20 a day spent, 0 left" "$tool" status
stop_agents
prompts=$(counter prompts)
echo "one more" >"one-more"
refuse "a new agent remembers" "CKR_FUNCTION_REJECTED|0x200" p11 --sign --id "$id" -m SHA256-RSA-PKCS -i one-more -o one-more.sig
equal "before the phone rings" "$(counter prompts)" "$prompts"
