#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# smartca account add, edit, remove and list: the person's file keeps every other byte, secrets go where they were told
# to and nowhere else, a mistake changes nothing, and what was added signs.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl strace
begin
url=$(cat "$sim/url")$(cat "$sim/base-path")
sp_id=$(json_file "$sim/sp.json" sp_id)
json_file "$sim/sp.json" sp_password >sp-password
sp_password=$(cat sp-password)
echo "not-the-password" >wrong-password
echo "a contract" >contract

# add [option]...: the account of Nguyễn Thị Mẫu, as "work"
add()
{
    "$tool" account add work --service vnpt-smartca --user 012345678901 --url "$url" --set ca-file="$sim/ca.pem" \
        --set sp-id="$sp_id" --set poll-interval=1 --store file "$@"
}

# hand_made: a file as a person writes it, with what editors leave behind
hand_made()
{
    mkdir -p "${conf%/*}"
    printf '# Lan, 2026\r\n[smartca]\r\nlanguage=en\r\n  agent-idle =  60  \r\n\r\n; the office account\n[account:office]
provider = vnpt-smartca\nuser-id = 012345678902\nsp-id = x # not a comment\nsp-password = prompt\n# the end, no newline' >"$conf"
    chmod 600 "$conf"
}

# files: every file of the home but the agent's own
files()
{
    (cd "$HOME" && find .config -type f -exec stat -c '%a %n' {} + -exec sha256sum {} + 2>/dev/null) | LC_ALL=C sort
}
unchanged()
{
    files >now
    check "$1: nothing was written" diff before now
}

# refuse_unchanged NAME PATTERN COMMAND...
refuse_unchanged()
{
    files >before
    refuse "$@"
    unchanged "$1"
}

# ---- a new account in an empty home
expect "add: shows the certificate" "Nguyễn Thị Mẫu" add --secret-file sp-password
cp "$box/said" printed
expect "says where the secret is kept" "$HOME/.config/smartca/secrets" sh -c "tr '\n' ' ' <printed"
equal "the configuration is the person's alone" "$(stat -c %a "$conf")" 600
secret=$HOME/.config/smartca/secrets/work.sp-password
equal "so is the secret" "$(stat -c '%a' "$secret") $(stat -c '%a' "${secret%/*}")" "600 700"
equal "and is what it was" "$(cat "$secret")" "$sp_password"
check "the configuration names it" grep -qx "sp-password = file:$secret" "$conf"
expect "the doctor has nothing to mend" "knows this account" "$tool" doctor
expect "list: service, user, certificates, state" "^work +VNPT SmartCA +…901 +[1-9] +ready" "$tool" account list
equal "list --json: the user is masked" "$("$tool" account list --json | json 0.user)" "…901"
equal "list --json: the certificates" "$("$tool" account list --json | json 0.certificates.0.holder)" "Nguyễn Thị Mẫu"
certificate_files
check "what was added signs" p11 --sign --id "$(key_id)" -m SHA256-RSA-PKCS -i contract -o contract.sig
expect "OpenSSL verifies it" "Verified OK" verified contract contract.sig

# ---- mistakes
refuse_unchanged "the name is there already" "There is an account \"work\" already" add --secret-file sp-password
refuse_unchanged "the name in other letters is the same" "already" "$tool" account add WORK --service csc
again()
{
    "$tool" account add other --service vnpt-smartca --user 012345678901 --url "$url" --set ca-file="$sim/ca.pem" \
        --set sp-id="$sp_id" --store file "$@"
}
refuse_unchanged "a wrong password" "did not accept.*Nothing was saved" again --secret-file wrong-password
refuse_unchanged "a wrong address" "Check the address" again --secret-file sp-password --url "$(cat "$sim/url")/nothing"
refuse_unchanged "nobody listens there" "cannot be reached" again --secret-file sp-password --url https://127.0.0.1:9
refuse_unchanged "an address without https" "begins with https" again --secret-file sp-password --url http://127.0.0.1:9
refuse_unchanged "an unknown service" "no such provider.*vnpt-smartca" "$tool" account add other --service smartcard-2000
refuse_unchanged "an unknown setting" "no setting \"colour\"" again --secret-file sp-password --set colour=blue
refuse_unchanged "a name that cannot be one" "Names of accounts" "$tool" account add "hai từ" --service csc
refuse_unchanged "what is missing is said with its option" "sp-id: .*--set sp-id=" "$tool" account add other --service vnpt-smartca --user 1
refuse_unchanged "the secret too" "sp-password: .*--secret-file sp-password=FILE" "$tool" account add other --service vnpt-smartca --user 1
refuse_unchanged "a secret on the command line" "does not belong on the command line" again --set sp-password="$sp_password"
refuse_unchanged "a file that is not there" "cannot be read" again --secret-file nowhere
: >empty
refuse_unchanged "an empty file" "holds no secret" again --secret-file empty
refuse_unchanged "a place that is not one" "no place \"safe\"" again --secret-file sp-password --store safe
refuse_unchanged "no certificate for this user" "no (such )?certificate" again --secret-file sp-password --user 012345678906
refuse_unchanged "edit: there is no such account" "no account \"other\"" "$tool" account edit other --set label=x
refuse_unchanged "remove: there is no such account" "no account \"other\"" "$tool" account remove other --secrets keep
refuse_unchanged "remove asks, and nobody can be asked" "without a terminal.*--secrets" "$tool" account remove work
usage_status()
{
    "$tool" account remove work >/dev/null 2>&1
    echo $?
}
equal "its status is 2" "$(usage_status)" 2
order /listen '{"on": false}' >/dev/null
refuse_unchanged "no network" "cannot be reached.*--no-check" again --secret-file sp-password
check "--no-check does not ask" again --secret-file sp-password --no-check
order /listen '{"on": true}' >/dev/null
check "and is taken out again with its secret" "$tool" account remove other --secrets delete
check "no trace of it" sh -c "! grep -q other '$conf' && [ ! -e '$HOME/.config/smartca/secrets/other.sp-password' ]"

# ---- a file that a person wrote
new_home "home by hand"
hand_made
cp "$conf" wanted
expect "add to a file of the person's" "Nguyễn Thị Mẫu" add --secret-file sp-password=sp-password
check "what was there is there, byte for byte" cmp -n "$(stat -c %s wanted)" wanted "$conf"
expect "the account that was there is listed, too" "^office +VNPT SmartCA +…902 +0 +never fetched" "$tool" account list
cp "$conf" before-edit
expect "edit" "is saved" "$tool" account edit work --set label=Lan
diff before-edit "$conf" >changed
equal "adds one line" "$(cat changed)" "$(printf '%s\n> label = Lan' "$(head -n 1 changed)")"
expect "edit back" "is saved" "$tool" account edit work --set label=
check "gives the file before" cmp before-edit "$conf"
refuse_unchanged "edit: a wrong secret" "did not accept" "$tool" account edit work --store file --secret-file wrong-password
expect "edit: a new secret, from standard input" "is saved" sh -c "'$tool' account edit work --store file --secret-file sp-password=- <sp-password"
check "gives the same file" cmp before-edit "$conf"
check "the secret may be asked for instead" "$tool" account edit work --set sp-password=prompt
check "then its file is gone" test ! -e "$HOME/.config/smartca/secrets"
check "and no network was needed to say so" grep -qx "sp-password = prompt" "$conf"
check "remove" "$tool" account remove work --secrets keep
printf '\n' >>wanted # the last line had no end
check "what was there is there, byte for byte" cmp wanted "$conf"
ln -s real.conf "${conf%/*}/link" && mv "$conf" "${conf%/*}/real.conf" && mv "${conf%/*}/link" "$conf"
check "a file behind a link: add" add --secret-file sp-password
check "the link stays" test -L "$conf"
check "its target has the account" grep -q "account:work" "${conf%/*}/real.conf"

# ---- files that must not be touched
new_home "home odd"
mkdir -p "${conf%/*}"
printf '# b\303\261 [smartca]\n' | iconv -f UTF-8 -t UTF-16LE | { printf '\377\376'; cat; } >"$conf"
refuse_unchanged "a file in UTF-16" "Save it as UTF-8" add --secret-file sp-password
hand_made
chmod 666 "$conf"
refuse_unchanged "a file that others can change" "chmod 600" add --secret-file sp-password
refuse "edit says so, too" "chmod 600" "$tool" account edit office --set label=x

# ---- what was signed stays in the log
new_home "home log"
check "add" add --secret-file sp-password
check "sign" p11 --sign --id "$(key_id)" -m SHA256-RSA-PKCS -i contract -o contract.sig
cp "$HOME/.local/state/smartca/ledger" ledger
check "remove with its secrets" "$tool" account remove work --secrets delete
check "the log is untouched" cmp ledger "$HOME/.local/state/smartca/ledger"
expect "smartca log has it" pkcs11-tool "$tool" log --account work
refuse "programs do not see the token any more" "No slots" p11 --list-slots
check "no secret is left" sh -c "! grep -rqF '$sp_password' '$HOME'"
add --secret-file sp-password --store file >/dev/null 2>&1
chmod 644 "$conf"
check "edit" "$tool" account edit work --set label=Lan --no-check
equal "a file that others could read is the person's alone again" "$(stat -c %a "$conf")" 600

# ---- secrets are nowhere else
new_home "home trace"
traced()
{
    "${with_execs[@]}" "$tool" account add work --service vnpt-smartca --user 012345678901 \
        --url "$url" --set ca-file="$sim/ca.pem" --set sp-id="$sp_id" --store "$1" --secret-file sp-password
}
check "add, watched" traced file
check "the secret is in no program's arguments" sh -c "! grep -qF '$sp_password' execs"

# ---- the desktop's real keyring
in_session()
{
    # shellcheck disable=SC2016 # the inner shell expands it
    dbus-run-session -- bash -c 'printf login | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; "$@"' bash "$@"
}
keyring_course()
{
    "$tool" account add work --service vnpt-smartca --user 012345678901 --url "$url" --set ca-file="$sim/ca.pem" \
        --set sp-id="$sp_id" --secret-file sp-password >added 2>&1 || return 1
    "$tool" doctor >examined 2>&1
    p11 --list-slots >listed 2>&1
    grep -rlF "$sp_password" "$HOME" >in_files
    "$tool" account remove work --secrets delete
    secret-tool search --all service smartca >left 2>&1
}
if command -v dbus-run-session gnome-keyring-daemon secret-tool | wc -l | grep -qx 3; then
    new_home "home real keyring"
    export -f keyring_course p11
    export tool url sim sp_id sp_password box
    check "gnome-keyring: add, and remove again" in_session keyring_course
    expect "gnome-keyring: is taken by itself, which is said" "keyring \(secret-tool\)" cat added
    expect "gnome-keyring: the doctor gets the secret" "knows this account" cat examined
    expect "gnome-keyring: so does the agent" "Nguyễn Thị Mẫu" cat listed
    equal "gnome-keyring: the secret is in no file as it is" "$(cat in_files)" ""
    equal "gnome-keyring: nothing is left there" "$(cat left)" ""
else
    skip "gnome-keyring" "dbus, gnome-keyring or libsecret-tools is not installed"
fi

# ---- places
# shellcheck source=tests/compat/lib-keyring.sh
. "$compat/lib-keyring.sh"
with_keyring()
{
    PATH=$box/bin:$PATH DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent "${with_execs[@]}" "$@"
}
new_home "home keyring"
PATH=$box/bin:$PATH # the agent asks it, too
keyring_add()
{
    with_keyring "$tool" account add work --service vnpt-smartca --user 012345678901 --url "$url" \
        --set ca-file="$sim/ca.pem" --set sp-id="$sp_id" --secret-file sp-password
}
expect "a keyring is taken by itself where there is one" "keyring" keyring_add
check "the configuration names it" grep -qx "sp-password = command:secret-tool lookup service smartca account work setting sp-password" "$conf"
equal "the keyring has it" "$(cat keyring/*)" "$sp_password"
check "it went there by a pipe" sh -c "! grep -qF '$sp_password' execs"
check "it is in no file of the home" sh -c "! grep -rqF '$sp_password' '$HOME'"
expect "the agent finds it" "Nguyễn Thị Mẫu" p11 --list-slots
check "remove" "$tool" account remove work --secrets delete
equal "the keyring is empty" "$(ls keyring)" ""
printf '#!/bin/sh\nexit 1\n' >bin/secret-tool
refuse_unchanged "a keyring that does not work is said" "cannot be kept by secret-tool" with_keyring "$tool" account add work \
    --service vnpt-smartca --user 012345678901 --url "$url" --set ca-file="$sim/ca.pem" --set sp-id="$sp_id" \
    --secret-file sp-password --store secret-tool
if systemd-creds encrypt --name=smartca - - </dev/null >/dev/null 2>&1; then
    check "systemd-creds" add --store systemd-creds --secret-file sp-password
    check "is encrypted" sh -c "! grep -rqF '$sp_password' '$HOME'"
    expect "the agent finds it" "Nguyễn Thị Mẫu" p11 --list-slots
    check "remove" "$tool" account remove work --secrets delete
    equal "nothing is left" "$(ls "$HOME/.config/smartca")" "smartca.conf"
else
    skip "systemd-creds" "it does not work here"
fi

# ---- every service, as far as it can be asked without a person
for service in vnpt-smartca-th viettel-mysign csc-v2 rssp; do
    new_home "home $service"
    case $service in
    vnpt-smartca-th) user=012345678903 ;;
    viettel-mysign) user=CMT_012345678901 ;;
    *) user=012345678911 ;;
    esac
    options=()
    while IFS= read -r line; do
        key=${line%% = *} value=${line#* = }
        case $key in
        "[account:work]") ;;
        provider) options+=(--service "$value") ;;
        *password | *secret | *pin | *signature)
            printf '%s\n' "$value" >"secret.$key"
            options+=(--secret-file "$key=secret.$key")
            ;;
        *) options+=(--set "$key=$value") ;;
        esac
    done < <(helper section "$sim" $service work $user)
    expect "$service: add" "has [0-9]+ certificate" "$tool" account add work --store file "${options[@]}"
    expect "$service: programs see it" "token label" p11 --list-slots
    check "$service: nothing of the check is left" sh -c "! ls '$XDG_RUNTIME_DIR' | grep -q visit"
done
