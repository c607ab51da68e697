#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# smartca doctor as somebody meets it whose signing does not work: ten mistakes, in Vietnamese and English. Each is one
# line that names it, and the command beneath, run as it stands, is the way out.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl certutil unshare
begin
limit=60
# shellcheck source=tests/compat/lib-mistakes.sh
. "$compat/lib-mistakes.sh"

speak()
{
    sed -i "s/^language = .*/language = $1/" "$conf"
}

# found CHECK FIELD [PATTERN]: of the first finding of that check that is not good
found()
{
    doctor --json >doctor.json
    helper finding "$1" "$2" "${3:-}" <doctor.json
}

not_found()
{
    ! found "$@"
}

in_vietnamese()
{
    speak vi
    doctor >vi.txt
    sed -e '/^    /d' vi.txt | only_vietnamese
}

fits()
{
    export -f doctor without_network
    export tool
    helper wide 80 --copied bash -c doctor
}

# mistake NAME CHECK ENGLISH VIETNAMESE COMMAND: doctor names it in both languages, and has that command
mistake()
{
    local name=$1 check=$2 english=$3 vietnamese=$4 wanted=$5
    speak en
    expect "$name: doctor says so" "$english" found "$check" sentence "$english"
    equal "$name: and what to run" "$(helper finding "$check" command "$english" <doctor.json)" "$wanted"
    check "$name: nothing but Vietnamese in Vietnamese" in_vietnamese
    expect "$name: and says it there" "$vietnamese" cat vi.txt
    check "$name: fits 80 columns" fits
    cat vi.txt >>everything
    cat doctor.json >>everything
    speak en
}

# cured NAME MISTAKE CHECK PATTERN COMMAND: the command mends it
cured()
{
    local name=$1 mistake=$2 check=$3 pattern=$4 command=$5
    follow "$mistake" "$command" >said 2>&1
    equal "$name: the command works" $? 0
    check "$name: and cures it" not_found "$check" sentence "$pattern"
}

edit="smartca account edit work"

# ---- all is well
new_home "home well"
account work 012345678901
expect "all is well: status 0" "✓ work: The service is reached" doctor
check "in Vietnamese too" in_vietnamese
check "and it fits 80 columns" fits
check "JSON has all that there is" bash -c 'smartca doctor --json | /usr/bin/python3 -c "
import json, sys
found = json.load(sys.stdin)
assert all(set(one) == {\"check\", \"verdict\", \"account\", \"sentence\", \"remedy\", \"command\", \"detail\"} for one in found)
missing = {\"configuration\", \"folder\", \"disk\", \"agent\", \"tls\", \"clock\", \"service\", \"expiry\", \"chain\"} - {one[\"check\"] for one in found}
sys.exit(1 if missing else 0)"'

# ---- 1: a wrong password
provoke password
mistake "wrong password" user-auth "not accepted" "không được chấp nhận" "$edit"
cured "wrong password" password user-auth "" "$edit"

# ---- 2: a wrong clock
provoke clock
mistake "wrong clock" clock "(399[0-9]|40[0-9][0-9]) s off" "Đồng hồ máy tính" "timedatectl set-ntp true"
cured "wrong clock" clock clock "" "timedatectl set-ntp true"

# ---- 3: an expired certificate
provoke expired
mistake "expired certificate" expiry "has expired" "đã hết hạn" "smartca refresh"
cured "expired certificate" expired expiry "" "smartca refresh"
expect "the program sees the new one" "Phạm Văn Cũ" p11 --list-slots
order /persons '{"user_id": "012345678904", "renew": "cu-renewed-1", "same_key": true, "days": 20}' >/dev/null
expect "one that will expire is a warning" "! work: The certificate of Phạm Văn Cũ .* expires in (19|20) days" doctor

# ---- 4: no network
if without_network true 2>/dev/null; then
    provoke network
    mistake "no network" unreachable "connected to no network" "chưa kết nối mạng" "nmcli networking on"
    cured "no network" network unreachable "" "nmcli networking on"
else
    skip "no network" "namespaces are not permitted here"
fi

# ---- 5: a wrong address
provoke address
mistake "wrong address" unreachable "cannot be reached" "[Kk]hông kết nối được" "$edit"
cured "wrong address" address unreachable "" "$edit"
url=$(sed -n 's/^url = //p' "$conf")
sed -i 's|^url = .*|url = https://smartca.invalid/sca/sp769|' "$conf"
expect "a name that nobody knows" "name is not known in this network|connected to no network" found unreachable sentence
sed -i "s|^url = .*|url = $url/sai|" "$conf"
mistake "wrong path" refused "refused the request" "từ chối yêu cầu" "$edit"
cured "wrong path" address refused "" "$edit"
order /reset >/dev/null # it counts every request that it does not know

through_proxy()
{
    https_proxy=http://ten:bi-mat-proxy@127.0.0.1:1 no_proxy='' doctor
}
refuse "a proxy that is not there is named" "through the proxy 127.0.0.1:1" through_proxy
through_proxy >proxy.txt
check "without its password" bash -c "! grep bi-mat-proxy proxy.txt"
expect "and can be done without" "unset https_proxy" cat proxy.txt

# ---- 6: a locked account
provoke locked
mistake "locked account" user-locked "locked" "bị khóa" "smartca doctor"
cured "locked account" locked user-locked "" "smartca doctor"

# The same where the service wants no password for its listing: the last signing tells.
new_home "home last"
order /switch '{"clock_offset": 90, "otp_window": 1}' >/dev/null
service_account vnpt-smartca-th work 012345678903 "password = sai-mat-khau-00"
refuse "wrong password at a service that lists without one" "CKR_PIN_INCORRECT" sign
order /switch '{"clock_offset": 0}' >/dev/null
mistake "the last signing" last "last signing failed: The password" "Lần ký gần nhất không thành" "$edit"
right=$(helper person "$sim/persons.json" 012345678903 password)
check "the command works" answer "$edit" url sp_id sp_password user "password=blind=$right" totp
check "and it signs" sign
check "then doctor is silent about it" not_found last sentence

# A PIN, which the questions of a new account do not ask for.
new_home "home pin"
service_account csc-v2 work 012345678911 "credential-pin = 00000000"
refuse "wrong PIN" "CKR_PIN_INCORRECT" sign
mistake "wrong PIN" last "last signing failed: The password" "Lần ký gần nhất không thành" "$edit"
right=$(helper person "$sim/persons.json" 012345678911 pin)
check "wrong PIN: the command works" answer "$edit" url csc_user password "pin=blind=$right"
check "wrong PIN: and it signs" sign

# ---- 7: no agent
provoke agent
mistake "no agent" agent "cannot be started" "Không khởi động được" "unset SMARTCA_AGENT"
cured "no agent" agent agent "" "unset SMARTCA_AGENT"

# ---- 8 and 9: the module is not registered; the profile is in use
provoke module
mistake "module not registered" program "Chromium, Chrome does not see the token" "Chromium, Chrome không thấy token" "smartca setup chromium"
cured "module not registered" module program "Chromium" "smartca setup chromium"
expect "then it is said to see the token" "Chromium, Chrome sees the token" doctor
provoke profile
mistake "profile in use" program "Chromium, Chrome does not see the token" "hãy đóng lại trước" "smartca setup chromium"
expect "profile in use: close it first" "running and uses this profile: close it first" found program remedy Chromium
refuse "profile in use: setup does not touch it" "Close Chromium" smartca setup chromium
cured "profile in use" profile program "Chromium" "smartca setup chromium"

# ---- 10: the limit is spent
provoke limit
before="$(counter paid) $(counter prompts)"
mistake "limit spent" budget "1 of 1" "đã dùng 1 trên 1" "$edit --set max-per-day=2"
refuse "limit spent: no second one" "CKR_FUNCTION_REJECTED|0x200" sign
cured "limit spent" limit budget "" "$edit --set max-per-day=2"
expect "what is used is said" "Your daily limit: 1 of 2" doctor
equal "doctor paid for nothing, the phone did not ring for it" "$(counter paid) $(counter prompts)" "$before"
check "the second one is signed" sign
sed -i 's/^max-per-day = .*/max-per-program = pkcs11-tool:2/' "$conf"
expect "a program's limit: its line in the file" "^$" found budget detail "pkcs11-tool: 2 of 2"
line=$(grep -n '^\[account:work\]' "$conf" | cut -d : -f 1)
# shellcheck disable=SC2016 # as doctor prints it
equal "is named" "$(helper finding budget command pkcs11-tool <doctor.json)" "$(printf '${EDITOR:-nano} +%s "%s"' "$line" "$conf")"

# ---- the issuer's status service
new_home "home status"
account work 012345678901
order /persons "{\"user_id\": \"012345678901\", \"renew\": \"mau\", \"same_key\": true, \"ocsp\": \"$control/ocsp\"}" >/dev/null
expect "the status service says that it holds" "✓ work: The issuer's status service http.*/ocsp says that the certificate holds" doctor
order /persons '{"user_id": "012345678901", "status": {"mau-renewed-1": "REVOKED"}}' >/dev/null
expect "or that it is revoked" "says that the certificate is revoked" found revocation sentence
order /persons "{\"user_id\": \"012345678901\", \"renew\": \"mau-renewed-1\", \"same_key\": true, \"ocsp\": \"http://127.0.0.1:1/\"}" >/dev/null
expect "or nothing: a warning" "! work: The issuer's status service http://127.0.0.1:1/ does not answer" doctor
check "in Vietnamese too" in_vietnamese

# ---- the issuer's list of revoked certificates
new_home "home list"
account work 012345678901
# renewed ADDRESS: a new certificate that names this list
renewed()
{
    serials=$((${serials:-1} + 1))
    order /persons "{\"user_id\": \"012345678901\", \"renew\": \"mau-renewed-$serials\", \"same_key\": true, \"crl\": \"$1\"}" >/dev/null
}
# how what the doctor says of it begins, of a list at this address
list_is()
{
    renewed "$2"
    expect "$1" "$3 work: .*list of revoked certificates http.* $4" doctor
}
list_is "the list is fresh" "$control/crl" "✓" "is fresh, and the certificate is not in it"
expect "through a proxy, as curl has it" "cannot be fetched" env http_proxy=http://127.0.0.1:1 no_proxy= "$tool" doctor
list_is "or out of date" "$control/crl?old" "!" "is out of date"
list_is "or not the issuer's" "$control/crl?foreign" "!" "is not signed by the issuer"
list_is "or not there" "$control/nothing" "!" "cannot be fetched"
check "in Vietnamese too" in_vietnamese
speak en
# Two accounts whose certificates name one list.
add_account vnpt-smartca other 012345678904
others=2
# once NAME KIND PATTERN: both are told so, for one fetching
once()
{
    local before
    others=$((others + 1))
    renewed "$control/crl$2"
    order /persons "{\"user_id\": \"012345678904\", \"renew\": \"cu-renewed-$((others - 1))\", \"same_key\": true, \"crl\": \"$control/crl$2\"}" >/dev/null
    before=$(counter lists)
    doctor >said
    equal "$1: both certificates are judged by it" "$(grep -c "list of revoked certificates http.* $3" said)" 2
    equal "$1: it is fetched once" $(($(counter lists) - before)) 1
}
once "a list that two certificates name" "" "is fresh"
once "one that is not there" "?absent" "cannot be fetched"
account work 012345678901
renewed "ldap://127.0.0.1/"
check "one that is not fetched by http is passed over" bash -c "! smartca doctor | grep 'list of revoked'"
renewed "$control/crl"
order /persons "{\"user_id\": \"012345678901\", \"status\": {\"mau-renewed-$((serials + 1))\": \"REVOKED\"}}" >/dev/null
expect "or names the certificate" "says that the certificate is revoked" found revocation-list sentence
equal "then a new one is the way out" "$(helper finding revocation-list command revoked <doctor.json)" "smartca refresh"
renewed "$control/crl"

# ---- the agent leaves when told; there is no room
new_home "home version"
account work 012345678901
check "an agent that is told to leave leaves" bash -c "smartca refresh && smartca agent --quit && smartca agent --quit"
version=$("$tool" --version | cut -d ' ' -f 2)
# agent_of DIGIT: an agent of another version, all of whose digits are this one
agent_of()
{
    stop_agents
    LC_ALL=C sed "s/${version//./\\.}/$(printf '%s' "$version" | tr 0-9 "$1")/g" "$tool" >"$box/other" &&
        chmod 700 "$box/other" && "$box/other" agent
}
check "an agent that is newer than the tool" agent_of 9
mistake "another version" agent "version [9.]+, this tool is $version" "phiên bản [9.]+, còn công cụ" "smartca agent --quit"
check "another version: the command works" smartca agent --quit
expect "another version: and cures it" "The agent runs, version $version" doctor
check "an agent that is older than the tool" agent_of 0
expect "leaves by itself" "The agent runs, version $version" doctor

nearly_full()
{
    # shellcheck disable=SC2016 # for the shell inside
    unshare --user --map-root-user --mount bash -c '
        mkdir -p "$HOME/.local/state/smartca" && mount -t tmpfs -o size=512k,mode=700 tmpfs "$HOME/.local/state/smartca" && smartca doctor'
}
if unshare --user --map-root-user --mount true 2>/dev/null; then
    new_home "home disk"
    account work 012345678901
    refuse "no room on the disk" "Only 0 MiB are free" nearly_full
else
    skip "no room on the disk" "namespaces are not permitted here"
fi

# ---- programs that run with a module that was replaced
# hold NAME: a program of that name has the module loaded, until it is ended
hold()
{
    local tries=0
    cp "$work/plain/tests/compat/lister" "$box/$1"
    : >held # of the one before
    "$box/$1" "$box/programs/smartca-pkcs11.so" hold <end >held 7>&- &
    holders+=($!)
    until grep -q slots held; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || return 1
        sleep 0.1
    done
}
# replace: as dpkg does it
replace()
{
    mkdir -p "$box/programs"
    cp "$module" "$box/programs/new" && mv -f "$box/programs/new" "$box/programs/smartca-pkcs11.so"
}
if [ -x "$work/plain/tests/compat/lister" ]; then
    mkfifo end
    exec 7<>end # open as long as this script is
    # Others of this person's may run with an old one, too: told apart by name.
    name=ke-toan-$BASHPID awkward=$'x\e[7m\nla-'$BASHPID
    replace
    hold "$name" && hold "$name.hai" && hold "$awkward"
    equal "three programs have the module loaded" $? 0
    check "none of them is named" not_found old-module sentence "$BASHPID"
    replace
    hold "moi-$BASHPID"
    mistake "module replaced" old-module "run with the old one: .*$name" "vẫn chạy với bản cũ: .*$name" ""
    expect "module replaced: close and start again" "Close these programs and start" found old-module remedy "$name"
    expect "module replaced: each is named" "$name(,.*)? $name\.hai|$name\.hai(,.*)? ${name}[,.]" found old-module sentence
    expect "module replaced: and in signs that harm no terminal" 'x\?\[7m\?la-'"$BASHPID" found old-module sentence
    check "module replaced: who loaded the new one is not named" not_found old-module sentence "moi-$BASHPID"
    kill "${holders[@]}"
    wait "${holders[@]}" 2>/dev/null
    check "module replaced: and cures it" not_found old-module sentence "$name"
else
    skip "programs with an old module" "not built: run tests/run.sh"
fi

# ---- nothing leaks
leaks()
{
    grep -nE "$(helper person "$sim/persons.json" 012345678901 password)|sai-mat-khau|$(sed -n 's/.*"sp_password": "\([^"]*\)".*/\1/p' "$sim/sp.json")" everything
}
check "doctor shows no secret" bash -c "! ($(declare -f leaks helper); stage='$stage' sim='$sim'; leaks)"
equal "nothing that a careful client would not do" "$(counter violations)" 0
