#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# smartca setup without arguments: the person at an 80-column terminal, in both languages, from nothing to a signed file;
# every mistake is said in a sentence and asked again; Ctrl-C at every question leaves the files as they were.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl strace
begin
export AT_TERMINAL_LINES=60 # what is looked for has not scrolled away, however many programs this computer has
url=$(cat "$sim/url")$(cat "$sim/base-path")
sp_id=$(json_file "$sim/sp.json" sp_id)
sp_password=$(json_file "$sim/sp.json" sp_password)
user=012345678901
echo "a contract" >contract
# Neither keyring nor systemd-creds: one place for secrets on every machine that runs this.
mkdir bin
for name in secret-tool systemd-creds; do
    printf '#!/bin/sh\nexit 1\n' >bin/$name
    chmod 700 bin/$name
done
PATH=$box/bin:$PATH

# What the screen shows at each question; the last line is the one that waits.
# shellcheck disable=SC2034 # speak chooses
declare -A en=(
    [service]='Which service keeps your signing key[^>]*> $' [name]='short name[^>]*> $' [url]='Address of the service[^>]*> $'
    [sp_id]='The sp_id that VNPT[^>]*> $' [sp_password]='sp_password that belongs to it[^>]*> $' [user]='Your identity number[^>]*> $'
    [ca]='PEM file[^>]*> $' [what]='What shall be done[^>]*> $' [hosts]='Which of them[^>]*> $' [begin]='What would you like[^>]*> $'
    [keep]='Where shall the secrets[^>]*> $'
    [none]='This is none of them' [bad_name]='Names of accounts consist' [taken]='There is an account "work" already'
    [https]='begins with https' [unreachable]='cannot be reached' [tls]='is not safe' [refused]='did not accept account'
    [needed]='This is needed' [found]='has 1 certificate' [plain]='in a plain file' [saved]='Account "work" is saved'
    [proof]='certificate and key' [done]='Done\.' [stopped]='Stopped\. Nothing was changed' [half]='Stopped\. The account is saved'
    [no_hosts]='none' [press]='Press Enter where nothing changes'
)
# shellcheck disable=SC2034
declare -A vi=(
    [service]='Dịch vụ nào giữ khóa ký[^>]*> $' [name]='Tên ngắn[^>]*> $' [url]='Địa chỉ của dịch vụ[^>]*> $'
    [sp_id]='sp_id mà VNPT[^>]*> $' [sp_password]='sp_password đi kèm[^>]*> $' [user]='Số căn cước công dân[^>]*> $'
    [ca]='tệp PEM[^>]*> $' [what]='Bạn muốn làm gì\?[^>]*> $' [hosts]='Phần mềm nào[^>]*> $' [begin]='Bạn muốn làm gì tiếp[^>]*> $'
    [keep]='Giữ thông tin bí mật[^>]*> $'
    [none]='Không có lựa chọn này' [bad_name]='Tên tài khoản gồm' [taken]='Đã có tài khoản "work"'
    [https]='https://' [unreachable]='Không kết nối được|không kết nối|Không liên lạc' [tls]='không an toàn' [refused]='không chấp nhận tài khoản|không chấp nhận'
    [needed]='là bắt buộc' [found]='Dịch vụ có 1 chứng thư số' [plain]='trong một tệp thường' [saved]='Tài khoản "work" đã được lưu'
    [proof]='chứng thư số và khóa' [done]='Xong\.' [stopped]='Đã dừng\. Chưa thay đổi gì' [half]='Đã dừng\. Tài khoản đã được lưu'
    [no_hosts]='không' [press]='Nhấn Enter ở chỗ không cần sửa'
)

# speak LANGUAGE: how the questions are, and what the tool is told of it
speak()
{
    declare -gn say=$1
    case $1 in vi) export LANGUAGE=vi LANG=vi_VN.UTF-8 ;; *) unset LANGUAGE LANG ;; esac
}

# wizard STEP...: smartca setup at a terminal
wizard()
{
    timeout 200 /usr/bin/python3 "$compat/at_terminal.py" "$@" end -- "$tool" setup --module "$box/mô đun.so"
}

# The whole path with right answers, without the choice of programs; see=... of each question and what is typed there.
answers()
{
    path=("see=${say[service]}" type=1 key=enter "see=${say[name]}" type=work key=enter "see=${say[url]}" "type=$url" key=enter
        "see=${say[sp_id]}" "type=$sp_id" key=enter "see=${say[sp_password]}" "blind=$sp_password" key=enter
        "see=${say[user]}" "type=$user" key=enter "see=${say[url]}" key=enter "see=${say[ca]}" "type=$sim/ca.pem" key=enter
        "see=${say[hosts]}")
}

files()
{
    (cd "$HOME" && find . \( -path ./.cache -o -path ./.local/state/smartca -o -path ./.gnupg \) -prune -o -type f -exec stat -c '%a %n' {} + -exec sha256sum {} +) |
        LC_ALL=C sort
}
unchanged()
{
    files >now
    check "$1: no file is different" diff before now
    check "$1: no secret stayed" sh -c "! grep -rqF '$sp_password' '$HOME' '$XDG_RUNTIME_DIR'"
}

signs()
{
    certificate_files
    check "$1: pkcs11-tool signs" p11 --sign --id "$(key_id)" -m SHA256-RSA-PKCS -i contract -o contract.sig
    expect "$1: OpenSSL verifies it" "Verified OK" verified contract contract.sig
}

# screens LOG: what was written to a wide terminal, as plain lines
screens()
{
    sed -e 's/\x1b\[[0-9;?]*[A-Za-z]//g' -e 's/\r//g' "$1"
}
# The widest line that is not one long word, as a path is, or what the test typed.
too_wide()
{
    screens "$1" | /usr/bin/python3 -c '
import sys, unicodedata
for line in sys.stdin.read().split("\n"):
    columns = sum(0 if unicodedata.combining(c) else 1 for c in line)
    if columns > 80 and " " in line.strip() and not line.startswith("> "):
        print(columns, line)'
}
# ---- the whole path, with a mistake at every question
for language in en vi; do
    new_home "home $language"
    speak $language
    : >"log $language"
    export AT_TERMINAL_LOG="$box/log $language"
    check "$language: every mistake is said and asked again; to the listing" wizard \
        "see=${say[service]}" type=9 key=enter "see=${say[none]}" type=1 key=enter \
        "see=${say[name]}" "type=hai từ" key=enter "see=${say[bad_name]}" type=work key=enter \
        "see=${say[url]}" type=http://127.0.0.1:9 key=enter "see=${say[https]}" "see=${say[url]}" type=https://127.0.0.1:9 key=enter \
        "see=${say[sp_id]}" key=enter "see=${say[needed]}" "type=$sp_id" key=enter \
        "see=${say[sp_password]}" blind=wrong key=enter "see=${say[user]}" "type=$user" key=enter \
        "see=${say[unreachable]}" "see=${say[url]}" "type=$url" key=enter \
        "see=${say[tls]}" "see=${say[what]}" key=enter "see=${say[url]}" key=enter "see=${say[ca]}" "type=$sim/ca.pem" key=enter \
        "see=${say[refused]}" "see=${say[what]}" key=enter "see=${say[sp_id]}" key=enter "see=${say[sp_password]}" "blind=$sp_password" key=enter \
        "see=${say[saved]}" "see=${say[hosts]}" type=1 key=enter "see=${say[proof]}" "see=${say[done]}"
    check "$language: the certificate was shown" grep -q "Nguyễn Thị Mẫu" "$AT_TERMINAL_LOG"
    screens "$AT_TERMINAL_LOG" | tr '\n' ' ' | tr -s ' ' >shown
    expect "$language: how many there are" "${say[found]}" cat shown
    expect "$language: where the secret is kept is said plainly" "${say[plain]}" cat shown
    check "$language: no secret was shown" sh -c "! grep -qF '$sp_password' '$AT_TERMINAL_LOG'"
    equal "$language: files are the person's alone" "$(stat -c %a "$conf" "$HOME/.config/smartca/secrets/"*)" "$(printf '600\n600')"
    signs "$language"
    [ $language = en ] || equal "$language: no English sentence" "$(screens "$AT_TERMINAL_LOG" | only_vietnamese)" ""

    # Again: it offers more; a name that is taken; then a change.
    files >before
    refuse "$language: run again: another account, a name that is taken, Ctrl-C" "${say[stopped]}" wizard \
        "see=${say[begin]}" key=enter "see=${say[service]}" key=enter "see=${say[name]}" type=work key=enter "see=${say[taken]}" \
        "see=${say[name]}" key=interrupt
    files >now
    check "$language: run again: no file is different" diff before now
    check "$language: run again: a change" wizard "see=${say[begin]}" type=2 key=enter "see=${say[press]}" "see=${say[url]}" key=enter \
        "see=${say[sp_id]}" key=enter "see=${say[sp_password]}" key=enter "see=${say[user]}" key=enter \
        "see=${say[saved]}" "see=${say[hosts]}" "type=${say[no_hosts]}" key=enter "see=${say[proof]}" "see=${say[done]}"
    unchanged_but_secret()
    {
        files >now
        diff before now
    }
    check "$language: nothing changed, nothing is different" unchanged_but_secret
    check "$language: run again: only the proof" wizard "see=${say[begin]}" type=3 key=enter "see=${say[hosts]}" "type=${say[no_hosts]}" \
        key=enter "see=${say[proof]}"
    [ $language = en ] || equal "$language: no English sentence" "$(screens "$AT_TERMINAL_LOG" | only_vietnamese)" ""
done

# ---- no line is wider than the screen
speak vi
new_home "home wide"
export AT_TERMINAL_LOG=$box/wide AT_TERMINAL_COLUMNS=200
answers
check "on a wide terminal" wizard "${path[@]}" "type=${say[no_hosts]}" key=enter "see=${say[done]}"
equal "no line is wider than 80 columns" "$(too_wide "$AT_TERMINAL_LOG")" ""
unset AT_TERMINAL_COLUMNS AT_TERMINAL_LOG

# ---- Ctrl-C and the end of input at every question
speak en
answers
new_home "home stopped"
mkdir -p "${conf%/*}"
printf '# by hand\n[smartca]\nlanguage = en\n# the end, no newline' >"$conf"
files >before
question=0
so_far=()
for step in "${path[@]}"; do
    so_far+=("$step")
    case $step in see=*) ;; *) continue ;; esac
    question=$((question + 1))
    [ "$question" -lt 9 ] || break
    refuse "Ctrl-C at question $question" "${say[stopped]}" wizard "${so_far[@]}" key=interrupt
    unchanged "Ctrl-C at question $question"
done
refuse "the end of input" "${say[stopped]}" wizard "see=${say[service]}" key=end
unchanged "the end of input"
echo_is_back()
{
    timeout 60 /usr/bin/python3 "$compat/at_terminal.py" "see=${say[service]}" type=1 key=enter "see=${say[name]}" type=work key=enter \
        "see=${say[url]}" key=enter "see=${say[sp_id]}" type=x key=enter "see=${say[sp_password]}" blind=x key=interrupt \
        "see=${say[stopped]}" "see=echo is on" end -- sh -c "trap : INT; '$tool' setup; stty -a | grep -qw -- '-echo' || echo 'echo is on'"
}
check "after Ctrl-C at a secret the terminal shows again what is typed" echo_is_back
refuse "Ctrl-C when programs are chosen: the account is saved, which is said" "${say[half]}" wizard "${path[@]}" key=interrupt
check "and what was in the file is there" sh -c "head -n 4 '$conf' | cmp -n 55 - '$conf' && grep -q 'account:work' '$conf'"

# ---- no terminal
new_home "home odd"
mkdir -p "${conf%/*}"
echo "[smartca]" >"$conf"
chmod 666 "$conf"
refuse "a file that cannot be changed is said before the first question" "chmod 600" wizard
new_home "home script"
no_terminal()
{
    timeout 20 "$tool" setup </dev/null >printed 2>&1
    echo "$?"
}
equal "without a terminal: status 2, at once" "$(no_terminal)" 2
check "and the options are named" grep -q -- "account add .*--secret-file" printed
equal "account edit without options and terminal: status 2" "$("$tool" account edit work </dev/null >/dev/null 2>&1; echo $?)" 1

# ---- secrets are in no program's arguments
answers
mkdir -p "${conf%/*}"
printf '[smartca]\nlog-level = debug\nlog-file = %s\n' "$box/debug.log" >"$conf"
"$tool" certs >/dev/null 2>&1 # has an agent run that is not watched
traced()
{
    timeout 200 /usr/bin/python3 "$compat/at_terminal.py" "${path[@]}" type=none key=enter "see=${say[done]}" end -- env SMARTCA_DEBUG=all \
        "${with_execs[@]}" "$tool" setup --module "$box/mô đun.so"
}
check "watched" traced
check "the secret is in no program's arguments" sh -c "! grep -qF '$sp_password' execs"
check "the log tells much" test -s debug.log
check "but not the secret" sh -c "! grep -qF '$sp_password' debug.log"

# ---- a keyring: the person is asked
# shellcheck source=tests/compat/lib-keyring.sh
. "$compat/lib-keyring.sh"
export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent
new_home "home keyring"
check "with a keyring there is a choice" wizard "${path[@]:0:${#path[@]}-1}" "see=${say[keep]}" key=enter "see=${say[saved]}" \
    "see=${say[hosts]}" type=none key=enter "see=${say[done]}"
check "the configuration names it" grep -q "^sp-password = command:secret-tool lookup" "$conf"
check "the secret is in no file of the home" sh -c "! grep -rqF '$sp_password' '$HOME'"
new_home "home keyring too"
rm -f keyring/*
refuse "Ctrl-C at the choice" "${say[stopped]}" wizard "${path[@]:0:${#path[@]}-1}" "see=${say[keep]}" key=interrupt
equal "leaves nothing in the keyring" "$(ls keyring)" ""
check "the file may be chosen by its word" wizard "${path[@]:0:${#path[@]}-1}" "see=${say[keep]}" type=file key=enter "see=${say[saved]}" \
    "see=${say[hosts]}" type=none key=enter "see=${say[done]}"
check "then it is there" grep -q "^sp-password = file:" "$conf"
