#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What can be wrong, and what it looks like: the CKR that a program gets, the sentence that the person
# finds in `smartca log` or `smartca doctor`. Nothing hangs, nothing rings the phone for nothing.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl
begin
limit=20
number=0

# with_home: each case has a home of its own
with_home()
{
    number=$((number + 1))
    new_home "home $number"
    fresh_counters
}

# listed USER: a home in which the account was fetched, so that only signing can go wrong
listed()
{
    with_home
    account work "$1"
    p11 --list-slots >/dev/null 2>&1
}

sign()
{
    echo "bad input $number" >file
    rm -f file.sig
    timeout --foreground 20 pkcs11-tool --module "$module" --sign -m SHA256-RSA-PKCS -i file -o file.sig </dev/null
}

no_slot()
{
    refuse "$1: the listing is empty and quick" "^No slots" p11 --list-slots
}

doctor_says()
{
    refuse "$1: smartca doctor says so" "$2" "$tool" doctor
}

# fails NAME CKR: signing ends with this CKR
fails()
{
    refuse "$1: the program gets $2" "$2" sign
}

# log_says NAME PATTERN: the newest entry's sentence
log_says()
{
    expect "$1: smartca log says so" "$2" last_log sentence
}

nothing_sent()
{
    equal "$1: the phone did not ring" "$(counter prompts)" 0
    equal "$1: nothing paid" "$(counter paid)" 0
}

with_home
no_slot "no configuration"
doctor_says "no configuration" "no configuration file"

with_home
account work 012345678901
chmod 644 "$conf"
no_slot "configuration readable by others"
doctor_says "configuration readable by others" "chmod 600|chmod go-"

if [ "$(id -u)" != 0 ]; then
    with_home
    account work 012345678901
    chmod 000 "$conf"
    no_slot "configuration unreadable"
    doctor_says "configuration unreadable" "cannot be read"
else
    skip "configuration unreadable" "root reads everything"
fi

with_home
account work 012345678901 "colour = blue"
expect "unknown key: the rest works" "Nguyễn Thị Mẫu" p11 --list-slots
doctor_says "unknown key" "smartca.conf:[0-9]+: .*colour"

with_home
account work 012345678901 "batch-window = soon"
doctor_says "bad value" "smartca.conf:[0-9]+: .*batch-window"

with_home
account work 012345678901
sed -i 's/^provider = .*/provider = smartcard-2000/' "$conf"
no_slot "unknown provider"
doctor_says "unknown provider" "smartca.conf:[0-9]+: .*provider"

with_home
account work 012345678906
no_slot "account without certificate"
doctor_says "account without certificate" "no (such )?certificate"
nothing_sent "account without certificate"

listed 012345678904
expect "expired certificate: it is listed" "Phạm Văn Cũ" p11 --list-slots
fails "expired certificate" CKR_KEY_FUNCTION_NOT_PERMITTED
log_says "expired certificate" "expired"
doctor_says "expired certificate" "expired"
nothing_sent "expired certificate"

listed 012345678905
fails "revoked certificate" CKR_KEY_FUNCTION_NOT_PERMITTED
log_says "revoked certificate" "revoked"
nothing_sent "revoked certificate"

with_home
account work 012345678901
sed -i 's/^sp-password = .*/sp-password = wrong/' "$conf"
no_slot "wrong sp-password"
doctor_says "wrong sp-password" "sp-id|sp-password"

listed 012345678901
sed -i 's/^sp-password = .*/sp-password = wrong/' "$conf"
fails "sp-password became wrong" CKR_DEVICE_ERROR
log_says "sp-password became wrong" "sp-id|sp-password"
nothing_sent "sp-password became wrong"

listed 012345678901
order /listen '{"on": false}' >/dev/null
fails "service unreachable" CKR_DEVICE_ERROR
log_says "service unreachable" "reach"
doctor_says "service unreachable" "reach"
order /listen '{"on": true}' >/dev/null
nothing_sent "service unreachable"

with_home
account work 012345678901
order /listen '{"on": false}' >/dev/null
no_slot "service unreachable at the first listing"
order /listen '{"on": true}' >/dev/null

listed 012345678901
stop_agents
order /switch '{"tls_certificate": "wrong-host"}' >/dev/null
fails "TLS certificate of another host" CKR_DEVICE_ERROR
log_says "TLS certificate of another host" "certificate|trust"
doctor_says "TLS certificate of another host" "certificate|trust"
nothing_sent "TLS certificate of another host"

listed 012345678901
stop_agents
order /switch '{"tls_certificate": "other-ca"}' >/dev/null
fails "TLS certificate of an unknown authority" CKR_DEVICE_ERROR
nothing_sent "TLS certificate of an unknown authority"

for action in truncate garbage huge deep wrong-type status; do
    with_home
    account work 012345678901
    order /fault "{\"action\": \"$action\", \"count\": 100}" >/dev/null
    no_slot "listing answered with $action"
    doctor_says "listing answered with $action" "."
done

for action in truncate garbage huge deep wrong-type status; do
    listed 012345678901
    order /fault "{\"action\": \"$action\", \"act\": true, \"path\": \"sign\", \"count\": 3}" >/dev/null
    check "signing answered with $action: the same transaction is asked again" sign
    equal "signing answered with $action: one paid" "$(counter paid)" 1
    equal "signing answered with $action: one prompt" "$(counter prompts)" 1
done

listed 012345678901
order /switch '{"signature": "other-key"}' >/dev/null
fails "a signature that does not verify" CKR_DEVICE_ERROR
equal "a signature that does not verify: no file" "$(ls file.sig 2>/dev/null)" ""
log_says "a signature that does not verify" "no valid signature"

with_home
account work 012345678901
export SMARTCA_AGENT=/nonexistent
no_slot "agent cannot start, never fetched"
doctor_says "agent cannot start" "cannot be started"
unset SMARTCA_AGENT
listed 012345678901
stop_agents
export SMARTCA_AGENT=/nonexistent
expect "agent cannot start: the listing is complete" "Nguyễn Thị Mẫu" p11 --list-slots
fails "agent cannot start" CKR_DEVICE_ERROR
unset SMARTCA_AGENT
nothing_sent "agent cannot start"

# A mount of our own: even root cannot write to it.
if [ "$(id -u)" = 0 ]; then apart=(unshare --mount); else apart=(unshare --map-root-user --mount); fi
if "${apart[@]}" true 2>/dev/null; then
    read_only()
    {
        # shellcheck disable=SC2016 # the inner shell expands it
        "${apart[@]}" bash -c 'mount --bind "$HOME" "$HOME" && mount -o remount,bind,ro "$HOME" && exec "$@"' bash "$@"
    }
    full_disk()
    {
        # shellcheck disable=SC2016
        "${apart[@]}" bash -c 'mkdir -p "$HOME/.local/state" && cp -a "$HOME/.local" "$HOME/kept" &&
            mount -t tmpfs -o size=64k,mode=700 tmpfs "$HOME/.local" &&
            cp -a "$HOME/kept/." "$HOME/.local/" && { cat /dev/zero >"$HOME/.local/filler" 2>/dev/null; exec "$@"; }' bash "$@"
    }
    export -f sign
    export module number

    with_home
    account work 012345678901
    refuse "read-only home: the first listing is empty and quick" "^No slots" read_only pkcs11-tool --module "$module" --list-slots
    refuse "read-only home: smartca doctor says so" "cannot be written" read_only "$tool" doctor
    listed 012345678901
    stop_agents
    refuse "read-only home: the program gets CKR_DEVICE_ERROR" CKR_DEVICE_ERROR read_only bash -c sign
    nothing_sent "read-only home"

    listed 012345678901
    stop_agents
    refuse "full disk: the program gets CKR_DEVICE_ERROR" CKR_DEVICE_ERROR full_disk bash -c sign
    nothing_sent "full disk"
else
    skip "read-only home" "no private mount namespace is allowed here"
    skip "full disk" "no private mount namespace is allowed here"
fi
