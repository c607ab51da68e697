#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Ten mistakes of a person who wants to sign, and what the person does with the command that smartca doctor names: for
# doctor.sh, and for the clean system of tests/package.sh. Clock and network are this test's own, small programs change
# them. Sourced, not run; behind lib.sh and begin.
#
#   provoke NAME            a new home in which it is so
#   follow NAME COMMAND     first what only a person can do, then the command, and what it asks is answered
# shellcheck disable=SC2034,SC2154 # for those who source this; from stage.sh
mistakes=(password clock expired network address locked agent module profile limit)
mkdir -p "$box/tools"
PATH=$box/tools:$inst/bin:$PATH

# made NAME LINES: a program of the person's
made()
{
    printf '#!/bin/sh\n%s\n' "$2" >"$box/tools/$1"
    chmod 755 "$box/tools/$1"
}
made timedatectl "[ \"\$*\" = 'set-ntp true' ] && exec /usr/bin/python3 '$stage/compat/helper.py' order '$control' /switch '{\"clock_offset\": 0}'"
# One place for secrets on every computer.
made secret-tool "exit 1"
made systemd-creds "exit 1"
made nmcli "[ \"\$*\" = 'networking on' ] && exec rm '$box/offline'"

# Where the cable is out, there is not even loopback.
without_network()
{
    if unshare --net true 2>/dev/null; then
        unshare --net "$@"
    else
        unshare --user --map-current-user --net "$@"
    fi
}

doctor()
{
    if [ -e "$box/offline" ]; then
        without_network "$tool" doctor "$@"
    else
        "$tool" doctor "$@"
    fi
}

# rsa_slot: the first with an RSA key, for a person may have others; nobody has more than five
rsa_slot()
{
    local slot
    for slot in 0 1 2 3 4; do
        p11 --slot-index "$slot" --list-objects --type privkey 2>/dev/null | grep -q RSA && break
    done
    echo "$slot"
}

documents=0
sign()
{
    documents=$((documents + 1))
    echo "document $documents of $BASHPID" >file
    p11 --slot-index "$(rsa_slot)" --sign -m SHA256-RSA-PKCS -i file -o file.sig
}

provoke()
{
    new_home "home $1"
    "provoke_$1"
}

follow()
{
    if [ "$(type -t "follow_$1")" = function ]; then
        "follow_$1" "$2"
    else
        eval "$2"
    fi
}

# ---- what is asked, in both languages
# asked PATTERN [WHAT]...: the steps of the question so named: Enter, or what at_terminal.py shall do before it
declare -A questions=(
    [url]='(Address of the service|Địa chỉ của dịch vụ)' [sp_id]='(The sp_id that VNPT|sp_id mà VNPT)' [sp_password]='sp_password (that belongs|đi kèm)'
    [client_id]='(The client_id that|client_id mà)' [client_secret]='client_secret (that belongs|đi kèm)'
    [user]='(Your identity number|Số căn cước công dân)' [password]='(Your password for the service|Mật khẩu của bạn tại dịch vụ)'
    [csc_user]='(Your user name at the service|Tên đăng nhập của bạn)' [pin]='(The PIN of your signing key|Mã PIN của khóa ký)'
    [totp]='(The key of your one-time codes|Khóa của mã OTP)'
)

# answer COMMAND QUESTION[=STEP]...: at a terminal; STEP is what at_terminal.py does before Enter
answer()
{
    local command=$1 question steps=()
    shift
    for question in "$@"; do
        steps+=("see=${questions[${question%%=*}]}[^>]*> \$")
        [ "$question" = "${question%%=*}" ] || steps+=("${question#*=}")
        steps+=(key=enter)
    done
    timeout 200 /usr/bin/python3 "$stage/compat/at_terminal.py" "${steps[@]}" end -- bash -c "$command"
}

# ---- the mistakes
provoke_password()
{
    service_account vnpt-smartca-oauth work 012345678901 "password = sai-mat-khau-00"
}

follow_password()
{
    answer "$1" url client_id client_secret user "password=blind=$(helper person "$sim/persons.json" 012345678901 password)"
}

provoke_clock()
{
    account work 012345678901
    order /switch '{"clock_offset": 4000}' >/dev/null
}

provoke_expired()
{
    account work 012345678904
}

follow_expired() # with the provider first
{
    order /persons '{"user_id": "012345678904", "renew": "cu", "same_key": true}' >/dev/null && eval "$1"
}

provoke_network()
{
    account work 012345678901
    touch "$box/offline"
}

follow_network()
{
    eval "$1" && stop_agents # the one that the doctor started has no network, ever
}

provoke_address()
{
    account work 012345678901
    sed -i 's|^url = .*|url = https://127.0.0.1:1/sca/sp769|' "$conf"
}

follow_address()
{
    answer "$1" "url=type=$(cat "$sim/url")$(cat "$sim/base-path")" sp_id sp_password user
}

provoke_locked()
{
    service_account vnpt-smartca-oauth work 012345678901
    order /persons '{"user_id": "012345678901", "lock": 900}' >/dev/null
}

follow_locked() # waits
{
    order /persons '{"user_id": "012345678901", "lock": 0}' >/dev/null && eval "$1"
}

provoke_agent()
{
    account work 012345678901
    export SMARTCA_AGENT=$box/khong-co
}

provoke_module()
{
    account work 012345678901
    mkdir -p "$HOME/.pki/nssdb" "$HOME/.config/chromium"
    certutil -N -d "sql:$HOME/.pki/nssdb" --empty-password
}

provoke_profile()
{
    provoke_module
    sleep 600 &
    browser=$!
    ln -s "$(hostname)-$browser" "$HOME/.config/chromium/SingletonLock"
}

follow_profile() # closes the browser
{
    kill "$browser"
    wait "$browser" 2>/dev/null
    rm "$HOME/.config/chromium/SingletonLock"
    eval "$1"
}

provoke_limit()
{
    same_day 120
    account work 012345678901 "max-per-day = 1"
    sign >/dev/null 2>&1
}
