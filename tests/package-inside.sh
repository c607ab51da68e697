#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What tests/package.sh does in the clean system, where the tests it needs are copied to: a person who reads Vietnamese
# only, with installed packages only, goes from the wizard to a signed PDF, in the commands that a person types; then makes
# ten mistakes, and what smartca doctor prints is all that is needed to get out of each; and meets no English sentence of
# ours on the way. package-inside.sh PDF; TAP lines.
pdf=$1
export SMARTCA_TEST_PACKAGES=yes
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/compat/lib.sh"
begin
# shellcheck source=tests/compat/lib-mistakes.sh
. "$compat/lib-mistakes.sh"
unset LC_ALL
export LANG=vi_VN.UTF-8
# shellcheck disable=SC2034 # what configurations say of it
speech=auto
umask 077
seen=$box/seen # all that our programs said

# shown COMMAND...: what it prints is seen by the person
shown()
{
    local status
    "$@" >"$box/shown" 2>&1
    status=$?
    tee -a "$seen" <"$box/shown"
    return $status
}

# at_terminal STEP... -- COMMAND...
at_terminal()
{
    AT_TERMINAL_LOG=$seen timeout 300 /usr/bin/python3 "$compat/at_terminal.py" "$@"
}

# healthy: doctor finds nothing, not even a warning, but for OpenSSL where nobody set that up
healthy()
{
    shown doctor && ! grep '^[✗!]' "$box/shown" | grep -v '^! OpenSSL không thấy'
}

url=$(cat "$sim/url")$(cat "$sim/base-path")
sp_id=$(json_file "$sim/sp.json" sp_id)
sp_password=$(json_file "$sim/sp.json" sp_password)

# ---- by options, as scripts do
add()
{
    printf '%s\n' "$sp_password" | shown smartca account add work --service vnpt-smartca --user 012345678901 --url "$url" \
        --set ca-file="$sim/ca.pem" --set sp-id="$sp_id" --set poll-interval=1 --store file --secret-file -
}
check "an account is added by options" add
check "the doctor has nothing to mend" healthy
check "and it is removed" shown smartca account remove work --secrets delete
refuse "without a terminal, setup says which options to use" "--secret-file" shown smartca setup

# ---- from the wizard to a signed PDF
# What the person answers: service, name, address, the organisation's id and secret, the own number; the simulator's
# certificate is nobody's, so it is named; all programs that are there.
wizard()
{
    at_terminal 'see=Dịch vụ nào giữ khóa ký[^>]*> $' type=1 key=enter \
        'see=Tên ngắn[^>]*> $' type=work key=enter 'see=Địa chỉ của dịch vụ[^>]*> $' "type=$url" key=enter \
        'see=sp_id mà VNPT[^>]*> $' "type=$sp_id" key=enter 'see=sp_password đi kèm[^>]*> $' "blind=$sp_password" key=enter \
        'see=Số căn cước công dân[^>]*> $' type=012345678901 key=enter \
        'see=Địa chỉ của dịch vụ[^>]*> $' key=enter 'see=tệp PEM[^>]*> $' "type=$sim/ca.pem" key=enter \
        'see=Phần mềm nào[^>]*> $' key=enter 'see=Xong' end -- smartca setup
}
check "1: smartca setup, to the listing that proves it works" wizard
printf 'poll-interval = 1\n' >>"$conf"
check "p11-kit is told where the module is" grep -q "^module: $module" /usr/share/p11-kit/modules/smartca.module
check "2: smartca doctor has nothing to mend" healthy
mkdir db
check "3: a database of certificates" certutil -N -d sql:db --empty-password
check "4: smartca setup nss:db" shown smartca setup nss:db
nick="Nguyễn Thị Mẫu:Nguyễn Thị Mẫu"
check "5: a PDF is signed" pdfsig -nssdir sql:db -add-signature -nick "$nick" "$pdf" signed.pdf
expect "6: and verified" "Signature Validation: Signature is Valid" pdfsig -nssdir sql:db signed.pdf
certificate_files
echo "a contract" >contract
check "pkcs11-tool signs" p11 --sign -m SHA256-RSA-PKCS --id "$(key_id)" -i contract -o contract.sig
expect "OpenSSL verifies it" "Verified OK" verified contract contract.sig
expect "and it is in the log" pkcs11-tool shown smartca log

# ---- what else is shown: what waits, what is refused, what is asked for wrongly, the help
# The program's own words, which are English, go elsewhere.
signing="pkcs11-tool --module '$module' --sign -m SHA256-RSA-PKCS --id $(key_id) -i document -o document.sig >program.txt"
# waiting STEP...: a document waits for the phone; what at_terminal.py does then
waiting()
{
    date +%N >document
    order /switch '{"auto": "none"}' >/dev/null
    at_terminal 'see=xác nhận trên điện thoại, mã đối chiếu' "$@" end -- sh -c "$signing"
}
# decided WHAT: on the phone, in a step of at_terminal.py
decided()
{
    echo "blind=\$(/usr/bin/python3 '$compat/helper.py' order '$control' /$1 '{}' >/dev/null)"
}
check "the waiting line" waiting "$(decided approve)"
refuse "a rejection" "" waiting "$(decided reject)"
refuse "nobody confirms" "" waiting "$(decided expire)"
made note "printf '%s\n' \"\$@\" >>'$seen'"
printf '[smartca]\nnotify = command:%s\n' "$box/tools/note" >>"$conf"
notified()
{
    date +%N >document
    sh -c "$signing" 2>/dev/null &
    wait_for waiting
    order "/$1" >/dev/null
    wait $!
}
for verdict in approve reject; do
    notified $verdict
done
order /switch '{"auto": "approve"}' >/dev/null
check "the notices" grep -q "từ chối trên điện thoại" "$seen"
printf '\060\041\060\011\006\005\053\016\003\002\032\005\000\004\02401234567890123456789' >sha1
refuse "SHA-1" "" p11 --sign -m RSA-PKCS --id "$(key_id)" -i sha1 -o sha1.sig
look_around()
{
    local command
    for command in status certs log "log --last 3" "log --verify" "account list" "refresh work" "reconcile" "lock work" --help \
        {account,login,refresh,certs,status,watch,lock,log,reconcile,doctor,setup,unsetup,agent}" --help" \
        nonsense "doctor --nonsense" "log --last" "account edit" "account add work" "account edit nobody" "account" "refresh nobody" \
        "setup nonsense" "account edit work --set colour=blue" "account edit work --set url=http://example.org" "login work"; do
        # shellcheck disable=SC2086 # words of a command
        shown smartca $command
    done
    for command in --help --nonsense "--port 65536" "--port $(sed 's/.*://' "$sim/url")"; do
        # shellcheck disable=SC2086 # words of a command
        shown smartca-sim $command
    done
    at_terminal "see=Đang chờ|Không có" "see=Gần nhất trong nhật ký" key=interrupt end -- smartca watch
}
check "the commands that look" look_around
check "all of it is in Vietnamese" grep -q "Cách dùng: smartca account add" "$seen"
check "the simulator, too" grep -q "^smartca-sim: Không dùng được cổng" "$seen"

# ---- the mistakes
# the_cure: the command below the first thing that is wrong, else not as it should be, as doctor has just printed it
the_cure()
{
    local mark
    for mark in ✗ !; do
        awk -v mark=$mark '/^[^ ]/ { there = $1 == mark } there && /^    / { print substr($0, 5); exit }' "$box/shown"
    done | head -n 1
}
for mistake in "${mistakes[@]}"; do
    provoke "$mistake"
    shown doctor >/dev/null
    cure=$(the_cure)
    check "$mistake: doctor names a command" test -n "$cure"
    follow "$mistake" "$cure" >followed 2>&1
    equal "$mistake: \"$cure\" works" $? 0
    cat followed >>"$seen"
    check "$mistake: then doctor is content" healthy
    check "$mistake: and a signature works" sign
done

# ---- no English
# pkcs11-tool's own lines, among those of the module, are not ours.
tr '\r' '\n' <"$seen" | sed 's/\x1b\[K/\n/g' | grep -avE '^(Using slot|Using signature algorithm|error: PKCS11|Aborting)' >said_to_person
equal "what was said to the person is Vietnamese" \
    "$(only_vietnamese <said_to_person)" ""
equal "nothing that a careful client would not do" "$(counter violations)" 0
