#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The wizard at every service, by each of its ways: user name and password, an organisation's client, a log-in in the
# browser (a script here). Programs see the certificate afterwards; "smartca account add" and "edit" ask, too.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool
begin
export AT_TERMINAL_LINES=60 # what is looked for has not scrolled away, however many programs this computer has
mkdir bin
printf '#!/bin/sh\nexit 1\n' >bin/secret-tool
cp bin/secret-tool bin/systemd-creds
chmod 700 bin/*
PATH=$box/bin:$PATH

# What each setting's question begins with.
declare -A asks=(
    [url]='Address of the service' [sp-id]='The sp_id that VNPT gave' [sp-password]='The sp_password that belongs'
    [client-id]='The client_id that' [client-secret]='The client_secret that belongs' [redirect-uri]='The address for coming back'
    [profile-id]='The profile id' [user-id]='(Your user name|Your identity number|CMT_ and)' [password]='Your password for the service'
    [totp-secret]='The key of your one-time codes' [relying-party]="The relying party's name" [relying-party-user]="The relying party's user"
    [relying-party-password]="The relying party's password" [relying-party-signature]="The relying party's \"signature\""
    [relying-party-key]='The file with the relying party' [relying-party-key-password]='The password of that file'
)

# steps_for NUMBER WAY KEY...: what the person does; values are in the array "values"; a key that has none is left out
steps_for()
{
    local number=$1 way=$2 key
    shift 2
    steps=("see=Which service[^>]*> $" "type=$number" key=enter)
    [ -z "$way" ] || steps+=("see=How do you log in[^>]*> $" "type=$way" key=enter)
    steps+=("see=short name[^>]*> $" type=work key=enter)
    for key in "$@"; do
        steps+=("see=${asks[$key]}[^>]*> $")
        case $key in
        *password | *secret | *signature) steps+=("blind=${values[$key]:-}") ;;
        *) [ -z "${values[$key]:-}" ] || steps+=("type=${values[$key]}") ;;
        esac
        steps+=(key=enter)
    done
    # The simulator's authority is nobody else's.
    steps+=("see=is not safe" "see=${asks[url]}[^>]*> $" key=enter "see=PEM file[^>]*> $" "type=$sim/ca.pem" key=enter)
}

# values_of SERVICE USER
values_of()
{
    local line
    declare -gA values=()
    while IFS= read -r line; do
        [ "${line#\[}" != "$line" ] || values[${line%% = *}]=${line#* = }
    done < <(helper section "$sim" "$@")
}

at_terminal()
{
    timeout 200 /usr/bin/python3 "$compat/at_terminal.py" "$@"
}
walk()
{
    at_terminal "${steps[@]}" "see=has [0-9]+ certificate" "see=is saved" "see=Which of them[^>]*> $" type=none key=enter \
        "see=certificate and key" "see=Done" end -- "$tool" setup --module "$box/mô đun.so"
}

# service NAME NUMBER WAY USER KEY...
service()
{
    local name=$1 number=$2 way=$3 user=$4
    shift 4
    new_home "home $number $way"
    values_of "$name" work "$user"
    # A bare key, as people get it, is taken for base32.
    steps_for "$number" "$way" "$@"
    check "$name${way:+, way $way}: to the proof" walk
    expect "$name${way:+, way $way}: the doctor has nothing to mend" "knows this account" "$tool" doctor
    check "$name${way:+, way $way}: no secret in the configuration file" no_secret
}
no_secret()
{
    local key
    for key in "${!values[@]}"; do
        case $key in
        *password | *secret | *signature) [ -z "${values[$key]}" ] || ! grep -qF -- "${values[$key]}" "$conf" || return 1 ;;
        esac
    done
}

service vnpt-smartca-th 2 "" 012345678903 url sp-id sp-password user-id password totp-secret
service viettel-mysign 4 "" CMT_012345678901 url client-id client-secret profile-id user-id
service csc-v2 5 1 012345678911 url user-id password
service rssp 6 "" 012345678911 url relying-party relying-party-user relying-party-password relying-party-signature relying-party-key \
    relying-party-key-password user-id password
service vnpt-smartca-oauth 3 2 012345678901 url client-id client-secret user-id password

service csc-mysign 5 3 CMT_012345678901 url client-id client-secret profile-id user-id

# with_client NAME USER KEY: the values of an account whose organisation is known to the service; KEY is the client's name there
with_client()
{
    values_of "$1" work "$2"
    values[client-id]=$(json_file "$sim/services.json" "$1.$3")
    values[client-secret]=''
    [ "$3" != client_id ] || values[client-secret]=$(json_file "$sim/services.json" "$1.client_secret")
}
new_home "home csc organisation"
with_client csc-v1 012345678911 client_id
steps_for 5 3 url client-id client-secret profile-id user-id
check "csc, an organisation that has no profile id: to the proof" walk
expect "csc, an organisation: the doctor has nothing to mend" "knows this account" "$tool" doctor
check "csc, an organisation: no secret in the configuration file" no_secret
check "smartca account edit knows the way" at_terminal "see=${asks[url]}[^>]*> $" key=enter "see=${asks[client-id]}[^>]*> $" key=enter \
    "see=${asks[client-secret]}[^>]*> $" key=enter "see=${asks[profile-id]}[^>]*> $" key=enter "see=${asks[user-id]}[^>]*> $" key=enter \
    "see=is saved" end -- "$tool" account edit work

# ---- in the browser
export DISPLAY=:99 BROWSER=$box/browser
person_in_browser()
{
    cat >"$BROWSER" <<BROWSER
#!/bin/bash
export SIM_CA_FILE="$sim/ca.pem" SIM_USER=$1 SIM_PASSWORD="$(helper person "$sim/persons.json" "$1" password)" SIM_DECISION=$2
"$stage/sim/consent_browser.py" "\$@"
sleep 1 # it ends when the wizard asks the next question, or later
BROWSER
    chmod +x "$BROWSER"
}

# in_browser NAME NUMBER WAY USER CLIENT
in_browser()
{
    new_home "home $1 browser"
    person_in_browser "$4" allow
    with_client "$1" "$4" "$5"
    steps_for "$2" "$3" url client-id client-secret redirect-uri
    check "$1, in the browser: to the proof" walk
    expect "$1, in the browser: the log-in lasts" "knows this account" "$tool" doctor
    check "$1, in the browser: no secret in the configuration file" no_secret
}
# The browser may outlive the log-in: nothing of that is left in the wizard, which valgrind would see, as a sanitizer does.
watched=$tool
if [ -z "${SMARTCA_TEST_SANITIZED:-}" ] && command -v valgrind >/dev/null; then
    watched=$box/watched
    printf '#!/bin/sh\nexec valgrind -q --error-exitcode=9 "%s" "$@"\n' "$tool" >"$watched"
    chmod 700 "$watched"
fi
tool=$watched in_browser vnpt-smartca-oauth 3 1 012345678901 client_id
echo "a contract" >contract
check "and signs" p11 --sign --id "$(key_id)" -m SHA256-RSA-PKCS -i contract -o contract.sig
in_browser csc-v1 5 2 012345678911 public_client_id
person_in_browser 012345678911 deny
new_home "home csc refused"
with_client csc-v1 012345678911 public_client_id
refused()
{
    at_terminal "${steps[@]}" "see=did not let the program in" "see=What shall be done[^>]*> $" type=3 key=enter "see=Nothing was changed" end -- \
        "$tool" setup --module "$box/mô đun.so"
}
refuse "csc, in the browser: the person does not permit it" "Nothing was changed" refused
check "nothing is saved" test ! -e "$conf"
check "no log-in is kept" sh -c "! ls '$HOME/.local/state/smartca/' 2>/dev/null | grep -q '^token-work'"
unset DISPLAY BROWSER

# ---- the account alone
new_home "home alone"
values_of vnpt-smartca work 012345678901
steps_for 1 "" url sp-id sp-password user-id
# The name is given on the command line.
alone=()
for step in "${steps[@]}"; do
    case $step in "see=short name"*) skip_name=2 ;; *) [ "${skip_name:-0}" -gt 0 ] && skip_name=$((skip_name - 1)) || alone+=("$step") ;; esac
done
add_alone()
{
    at_terminal "${alone[@]}" "see=is saved" end -- "$tool" account add work
}
check "smartca account add NAME asks for the rest" add_alone
add_more()
{
    at_terminal "see=Which service[^>]*> $" key=interrupt "see=Nothing was changed" end -- "$tool" account add
}
refuse "smartca account add asks for everything" "Nothing was changed" add_more
expect "programs see it" "Nguyễn Thị Mẫu" p11 --list-slots
edit_alone()
{
    at_terminal "see=Press Enter where nothing changes" "see=${asks[url]}[^>]*> $" key=enter "see=${asks[sp-id]}[^>]*> $" key=enter \
        "see=${asks[sp-password]}[^>]*> $" key=enter "see=${asks[user-id]}[^>]*> $" type=012345678902 key=enter "see=is saved" end -- \
        "$tool" account edit work
}
check "smartca account edit NAME asks, and keeps what is not answered" edit_alone
check "the new answer is written" grep -qx "user-id = 012345678902" "$conf"
check "the others are as they were" grep -qx "sp-id = ${values[sp-id]}" "$conf"
remove_alone()
{
    at_terminal "see=Remove account \"work\"[^>]*> $" "type=$1" key=enter "see=Delete its stored secrets[^>]*> $" key=enter "see=is removed" end -- \
        "$tool" account remove work
}
remove_not()
{
    at_terminal "see=Remove account \"work\"[^>]*> $" key=enter "see=Nothing was changed" end -- "$tool" account remove work
}
cp "$conf" before
refuse "smartca account remove asks; no is the usual answer" "Nothing was changed" remove_not
check "nothing is different" cmp before "$conf"
check "yes removes it with its secrets" remove_alone yes
check "no secret is left" test ! -e "$HOME/.config/smartca/secrets"
