#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# smartca doctor as somebody meets it whose signing does not work: ten mistakes, in Vietnamese and English. Each is one
# line that names it, and the command beneath, run as it stands, is the way out. The editor, the clock and the network of
# this test are small programs that do what a person would do with them.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl certutil unshare
begin
limit=60
mkdir -p "$box/tools"
export PATH=$box/tools:$inst/bin:$PATH EDITOR=editor

# made NAME LINES: a program of the person's
made()
{
    printf '#!/bin/sh\n%s\n' "$2" >"$box/tools/$1"
    chmod 755 "$box/tools/$1"
}
# shellcheck disable=SC2016 # for the program
made editor 'case $1 in +[1-9]*) ;; *) exit 1 ;; esac; exec sed -i "$CORRECTION" "$2"'
made timedatectl "[ \"\$*\" = 'set-ntp true' ] && exec /usr/bin/python3 '$stage/compat/helper.py' order '$control' /switch '{\"clock_offset\": 0}'"
made nmcli "[ \"\$*\" = 'networking on' ] && exec rm '$box/offline'"

# Where the cable is out, there is not even loopback.
doctor()
{
    if [ -e "$box/offline" ]; then
        unshare --user --map-current-user --net "$tool" doctor "$@"
    else
        "$tool" doctor "$@"
    fi
}

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
    sed -e '/^    /d' vi.txt | helper english
}

fits()
{
    export -f doctor
    export tool
    helper wide 80 bash -c doctor
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

# cured NAME CHECK PATTERN COMMAND: the command mends it
cured()
{
    local name=$1 check=$2 pattern=$3 command=$4
    check "$name: the command works" bash -c "$command"
    check "$name: and cures it" not_found "$check" sentence "$pattern"
}

edit_at()
{
    local line
    line=$(grep -n '^\[account:work\]' "$conf" | cut -d : -f 1)
    # shellcheck disable=SC2016 # as doctor prints it
    printf '${EDITOR:-nano} +%s "%s"\n' "$line" "$conf"
}

sign()
{
    p11 --sign --id "$(key_id)" -m SHA256-RSA-PKCS -i file -o file.sig
}

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
new_home "home password"
service_account vnpt-smartca-oauth work 012345678901 "password = sai-mat-khau-00"
mistake "wrong password" user-auth "not accepted" "không được chấp nhận" "$(edit_at)"
right=$(helper person "$sim/persons.json" 012345678901 password)
export CORRECTION="s/^password = .*/password = $right/"
cured "wrong password" user-auth "" "$(edit_at)"

# ---- 2: a wrong clock
new_home "home clock"
account work 012345678901
order /switch '{"clock_offset": 4000}' >/dev/null
mistake "wrong clock" clock "4000 s off|400[1-9] s off" "Đồng hồ máy tính" "timedatectl set-ntp true"
cured "wrong clock" clock "" "timedatectl set-ntp true"

# ---- 3: an expired certificate
new_home "home expired"
account work 012345678904
mistake "expired certificate" expiry "has expired" "đã hết hạn" "smartca refresh"
order /persons '{"user_id": "012345678904", "renew": "cu", "same_key": true}' >/dev/null
cured "expired certificate" expiry "" "smartca refresh"
expect "the program sees the new one" "Phạm Văn Cũ" p11 --list-slots
order /persons '{"user_id": "012345678904", "renew": "cu-renewed-1", "same_key": true, "days": 20}' >/dev/null
expect "one that will expire is a warning" "! work: The certificate of Phạm Văn Cũ .* expires in (19|20) days" doctor

# ---- 4: no network
if unshare --user --map-current-user --net true 2>/dev/null; then
    new_home "home network"
    account work 012345678901
    touch "$box/offline"
    mistake "no network" unreachable "connected to no network" "chưa kết nối mạng" "nmcli networking on"
    cured "no network" unreachable "" "nmcli networking on"
else
    skip "no network" "namespaces are not permitted here"
fi

# ---- 5: a wrong address
new_home "home address"
account work 012345678901
url=$(sed -n 's/^url = //p' "$conf")
sed -i 's|^url = .*|url = https://127.0.0.1:1/sca/sp769|' "$conf"
mistake "wrong address" unreachable "cannot be reached" "[Kk]hông kết nối được" "$(edit_at)"
export CORRECTION="s|^url = .*|url = $url|"
cured "wrong address" unreachable "" "$(edit_at)"
sed -i 's|^url = .*|url = https://smartca.invalid/sca/sp769|' "$conf"
expect "a name that nobody knows" "name is not known in this network|connected to no network" found unreachable sentence
sed -i "s|^url = .*|url = $url/sai|" "$conf"
mistake "wrong path" refused "refused the request" "từ chối yêu cầu" "$(edit_at)"
cured "wrong path" refused "" "$(edit_at)"
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
new_home "home locked"
service_account vnpt-smartca-oauth work 012345678901
order /persons '{"user_id": "012345678901", "lock": 900}' >/dev/null
mistake "locked account" user-locked "locked" "bị khóa" "smartca doctor"
order /persons '{"user_id": "012345678901", "lock": 0}' >/dev/null
cured "locked account" user-locked "" "smartca doctor"

# The same where the service wants no password for its listing: the last signing tells.
new_home "home last"
order /switch '{"clock_offset": 90, "otp_window": 1}' >/dev/null
service_account vnpt-smartca-th work 012345678903 "password = sai-mat-khau-00"
echo "a file" >file
refuse "wrong password at a service that lists without one" "CKR_PIN_INCORRECT" sign
order /switch '{"clock_offset": 0}' >/dev/null
mistake "the last signing" last "last signing failed: The password" "Lần ký gần nhất không thành" "$(edit_at)"
right=$(helper person "$sim/persons.json" 012345678903 password)
export CORRECTION="s/^password = .*/password = $right/"
check "the command works" bash -c "$(edit_at)"
check "and it signs" sign
check "then doctor is silent about it" not_found last sentence

# ---- 7: no agent
new_home "home agent"
account work 012345678901
export SMARTCA_AGENT=$box/khong-co
mistake "no agent" agent "cannot be started" "Không khởi động được" "unset SMARTCA_AGENT"
unset SMARTCA_AGENT
check "no agent: the command cures it" not_found agent sentence

# ---- 8 and 9: the module is not registered; the profile is in use
new_home "home module"
account work 012345678901
mkdir -p "$HOME/.pki/nssdb" "$HOME/.config/chromium"
certutil -N -d "sql:$HOME/.pki/nssdb" --empty-password
mistake "module not registered" program "Chromium, Chrome does not see the token" "Chromium, Chrome không thấy token" "smartca setup chromium"
sleep 600 &
browser=$!
ln -s "$(hostname)-$browser" "$HOME/.config/chromium/SingletonLock"
mistake "profile in use" program "Chromium, Chrome does not see the token" "hãy đóng lại trước" "smartca setup chromium"
expect "profile in use: close it first" "running and uses this profile: close it first" found program remedy Chromium
refuse "profile in use: setup does not touch it" "Close Chromium" smartca setup chromium
kill $browser
wait $browser 2>/dev/null
rm "$HOME/.config/chromium/SingletonLock"
cured "module not registered" program "Chromium" "smartca setup chromium"
expect "then it is said to see the token" "Chromium, Chrome sees the token" doctor

# ---- 10: the limit is spent
new_home "home limit"
account work 012345678901 "max-per-day = 1"
echo "the only one" >file
check "one is signed" sign
before="$(counter paid) $(counter prompts)"
mistake "limit spent" budget "1 of 1" "đã dùng 1 trên 1" "$(edit_at)"
echo "one more" >file
refuse "limit spent: no second one" "CKR_FUNCTION_REJECTED|0x200" sign
export CORRECTION="s/^max-per-day = .*/max-per-day = 5/"
cured "limit spent" budget "" "$(edit_at)"
expect "what is used is said" "Your daily limit: 1 of 5" doctor
equal "doctor paid for nothing, the phone did not ring for it" "$(counter paid) $(counter prompts)" "$before"
check "the second one is signed" sign

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

# ---- the agent leaves when told; there is no room
new_home "home version"
account work 012345678901
check "an agent that is told to leave leaves" bash -c "smartca refresh && smartca agent --quit && smartca agent --quit"
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

# ---- nothing leaks
leaks()
{
    grep -nE "$(helper person "$sim/persons.json" 012345678901 password)|sai-mat-khau|$(sed -n 's/.*"sp_password": "\([^"]*\)".*/\1/p' "$sim/sp.json")" everything
}
check "doctor shows no secret" bash -c "! ($(declare -f leaks helper); stage='$stage' sim='$sim'; leaks)"
equal "nothing that a careful client would not do" "$(counter violations)" 0
