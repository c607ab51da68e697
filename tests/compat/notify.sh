#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The notice on the desktop, by the real notify-send on a session bus of its own, with a daemon that plays the desktop:
# it shows what waits with code and time, is brought up to date, goes away when all is signed, tells when it is not, and
# its button cancels.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool notify-send dbus-daemon
/usr/bin/python3 -c 'import dbus, gi' 2>/dev/null || skip_all "python3-dbus or python3-gi is not installed"
begin

dbus-daemon --session --nofork --nopidfile --print-address=5 5>bus 2>/dev/null &
until [ -s bus ]; do sleep 0.1; done

# desktop [no-actions]: a new one
desktop()
{
    [ -z "${daemon:-}" ] || { kill "$daemon"; wait "$daemon" 2>/dev/null; }
    : >shown
    DBUS_SESSION_BUS_ADDRESS=$(cat bus) /usr/bin/python3 "$compat/notify_daemon.py" "$box/shown" "$@" &
    daemon=$!
    until grep -q ready shown; do kill -0 $daemon || return; sleep 0.1; done
}

# seen PATTERN: until the desktop has seen it
seen()
{
    local tries=0
    until grep -Eq "$1" shown; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || { cat shown; return 1; }
        sleep 0.1
    done
}

number=0
sign()
{
    DBUS_SESSION_BUS_ADDRESS=$(cat bus) p11 --sign --id "$id" -m SHA256-RSA-PKCS -i "file$number" -o "file$number.sig"
}

# waiting [LANGUAGE [PATTERN]]: a new home in which a document waits for the phone, and the desktop has seen that
waiting()
{
    new_home "home $number ${1:-}"
    fresh_counters
    order /switch '{"auto": "none"}' >/dev/null
    account work 012345678901
    sed -i "s/^language = .*/language = ${1:-en}/" "$conf"
    id=$(key_id)
    number=$((number + 1))
    echo "document $number" >"file$number"
    sign >sign.out 2>&1 &
    signer=$!
    seen "${2:-\"buttons\": .\"cancel\"}"
}

# ended: the program's end; what it said is in sign.out, its status in $status
ended()
{
    wait $signer
    status=$?
}

desktop
waiting
expect "what waits is shown, with code and time" "Signing 1 document as Nguyễn Thị Mẫu \(VNPT SmartCA\): confirm on your phone, code [0-9A-Z]{3}-[0-9A-Z]{3}, [45]:[0-9]{2} left" cat shown
expect "with a button" '"event": "replaced", "id": 1.*"buttons": \["cancel", "Cancel"\]' cat shown
order /approve >/dev/null
ended
equal "it signs" $status 0
check "then the same notice says so" seen '"event": "replaced", "id": 1,.*"body": "Signed."'
check "and goes away by itself" seen '"event": "closed", "id": 1, "open": 0, "reason": 1'
equal "one was shown in all" "$(grep -c '"event": "shown"' shown)" 1

desktop
waiting vi
expect "in Vietnamese" "xác nhận trên điện thoại, mã đối chiếu [0-9A-Z]{3}-[0-9A-Z]{3}, còn [45]:" cat shown
expect "the button too" '"buttons": \["cancel", "Hủy"\]' cat shown
kill -USR1 $daemon
ended
expect "the button ends the waiting" "CKR_FUNCTION_CANCELED|0x50" cat sign.out
check "the notice says what it means" seen "Bạn đã hủy.*trên máy tính.*không mất thêm lượt"
equal "the program that asks again by itself gets the same answer" "$(grep -c '"event": "shown"' shown)" 1
expect "smartca log says so" "Bạn đã hủy" last_log sentence
expect "the transaction is not forgotten" '"state": "(waiting|looking-up)"' "$tool" status --json
order /approve >/dev/null
check "confirmed after all: signing it again" p11 --sign --id "$id" -m SHA256-RSA-PKCS -i "file$number" -o again.sig
equal "costs nothing more" "$(counter paid) $(counter prompts)" "1 1"

desktop
waiting
order /reject >/dev/null
ended
expect "a rejection" "CKR_FUNCTION_REJECTED|0x200" cat sign.out
check "the notice becomes the sentence" seen '"event": "replaced".*You rejected this on your phone. No signature was used.'
expect "without a button" "You rejected.*\"buttons\": \[\]" cat shown

desktop
waiting
kill_below $signer
wait $signer 2>/dev/null
check "a program that dies: the notice says so" seen '"event": "replaced".*The program gave up waiting'

desktop no-actions
waiting en shown
check "a desktop without buttons shows it all the same" seen '"event": "shown"'
order /approve >/dev/null
ended
equal "and it signs" $status 0
equal "nothing that a careful client would not do" "$(counter violations)" 0
