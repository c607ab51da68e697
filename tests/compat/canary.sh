#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Secrets that cannot be mistaken, at every provider, through signatures and errors, with all log components on: afterwards none
# stands in a log, journal, ledger, listing or token image, in the arguments or environment of agent, pinentry, browser or
# `command:`, in the agent's memory outside of locked pages, or in a core file.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl
cases=$(mktemp -d)
canary()
{
    /usr/bin/python3 "$compat/canary.py" "$@"
}
canary persons "$cases/persons.json"
sim_options=(--note-secrets --persons "$cases/persons.json")
begin
mv "$cases/persons.json" "$box/persons" && rmdir "$cases"
notes=$sim/secrets
check "what never travels is noted, too" canary more "$sim" "$notes"

# watched PROGRAM NAME: a script that leaves what it was started with in $box/seen-NAME-*, and becomes the program
watched()
{
    cat >"$box/$2" <<SCRIPT
#!/bin/bash
tr '\0' '\n' </proc/\$\$/cmdline >"$box/seen/$2-\$\$-arguments"
tr '\0' '\n' </proc/\$\$/environ >"$box/seen/$2-\$\$-environment"
exec "$1" "\$@"
SCRIPT
    chmod +x "$box/$2"
    echo "$box/$2"
}
mkdir "$box/seen"

# talkative: the log of the home gets everything
talkative()
{
    sed -i "s|^language = en|&\nlog-level = debug\nlog-file = $HOME/smartca.log|" "$conf"
    export SMARTCA_DEBUG=all
}

# sign MECHANISM [option]...
sign()
{
    local mechanism=$1
    shift
    files=$((${files:-0} + 1))
    echo "file number $files" >file
    rm -f file.sig
    p11 --sign --id "$id" -i file -o file.sig -m "$mechanism" "$@"
}

# traces: what a program of the person's may be told afterwards
traces()
{
    "$tool" status --json
    "$tool" log --json
    "$tool" doctor
    "$tool" certs --json
}

# clean NAME: nothing anywhere
clean()
{
    traces >"$HOME/traces" 2>&1
    touch "$HOME/smartca.log"
    check "$1: no secret in any file but the configuration" canary files "$notes" "$HOME/smartca.log" "$HOME/traces" \
        "$HOME/.cache" "$HOME/.local" "$box/run" "$box/seen"
    # shellcheck disable=SC2046 # numbers
    check "$1: none in the agent's arguments and environment" canary process "$notes" $(agent_pids)
    if [ "$(id -u)" = 0 ]; then
        check "$1: none in the agent's memory, but in locked pages" canary memory "$notes" "$(agent_pids)"
    else
        skip "$1: none in the agent's memory, but in locked pages" "only root can read it"
    fi
}

table="
vnpt-smartca 012345678901
vnpt-smartca-th 012345678903
vnpt-smartca-oauth 012345678901
viettel-mysign CMT_012345678901
csc-v1 012345678911 khoa-rsa2048
csc-v2 012345678911 khoa-rsa3072
rssp 012345678911 khoa-rsa2048
"
while read -r service user credential <&3; do
    [ -n "$service" ] || continue
    new_home "home of $service"
    fresh_counters
    order /switch '{"auto": "approve"}' >/dev/null
    lines=()
    [ -z "$credential" ] || lines=("serial-number = $(helper serial "$sim" "$user" "$credential")")
    service_account "$service" work "$user" "${lines[@]}" "confirm-timeout = 10"
    talkative
    check "$service: the certificate is listed" "$tool" refresh
    id=$(key_id)
    check "$service: signs" sign SHA256-RSA-PKCS
    clean "$service, signed"
    order /fault '{"action": "act-then-reset", "count": 2}' >/dev/null
    sign SHA256-RSA-PKCS >/dev/null 2>&1
    order /fault '{"action": "act-then-status", "status": 500, "count": 3}' >/dev/null
    sign SHA256-RSA-PKCS >/dev/null 2>&1
    order /fault '{"clear": true}' >/dev/null
    order /tokens '{"expire": "all"}' >/dev/null
    order /switch '{"auto": "reject"}' >/dev/null
    sign SHA256-RSA-PKCS >/dev/null 2>&1
    sed -i 's/^\(sp-password\|password\|client-secret\|credential-pin\|relying-party-password\) = .*/&-wrong/' "$conf"
    "$tool" refresh >/dev/null 2>&1
    sign SHA256-RSA-PKCS >/dev/null 2>&1
    check "$service: the errors are in the log" test -s "$HOME/smartca.log"
    clean "$service, after errors"
done 3<<<"$table"

# Asked for by a pinentry, brought by a command and a file.
new_home "home of a pinentry"
fresh_counters
order /switch '{"auto": "approve"}' >/dev/null
canary_pin=$(helper person "$sim/persons.json" 012345678911 pin)
cat >"$box/answers" <<SCRIPT
#!/bin/bash
echo OK
while read -r command _; do
    [ "\$command" != GETPIN ] || printf 'D %s\n' "\$(cat "$box/typed")"
    echo OK
    [ "\$command" != BYE ] || exit 0
done
SCRIPT
chmod +x "$box/answers"
printf '%s' "$canary_pin" >"$box/typed"
helper person "$sim/persons.json" 012345678911 password >"$box/password"
chmod 600 "$box/password"
service_account csc-v2 work 012345678911 "serial-number = $(helper serial "$sim" 012345678911 khoa-rsa2048)" \
    "credential-pin = prompt" "password = command:\"$(watched /bin/cat fetch)\" \"$box/password\""
sed -i "s|^language = .*|&\nprompt = pinentry:$(watched "$box/answers" pinentry)|" "$conf"
talkative
check "pinentry and command: the certificate is listed" "$tool" refresh
id=$(key_id)
check "pinentry and command: signs" sign SHA256-RSA-PKCS
check "pinentry was watched" test -n "$(find "$box/seen" -name 'pinentry-*-arguments')"
check "the command was watched" test -n "$(find "$box/seen" -name 'fetch-*-arguments')"
clean "pinentry and command"

# A permission on a web page; its code comes back by the browser, as RFC 8252 has it, and is good once.
new_home "home of a browser"
fresh_counters
app=012345678913
export SIM_CA_FILE=$sim/ca.pem
cat >"$box/page" <<SCRIPT
#!/bin/bash
export SIM_CA_FILE="$sim/ca.pem" SIM_USER=$app SIM_PASSWORD="\$(cat "$box/page-password")"
exec "$stage/sim/consent_browser.py" "\$@"
SCRIPT
chmod +x "$box/page"
helper person "$sim/persons.json" $app password >"$box/page-password"
DISPLAY=:99 BROWSER=$(watched "$box/page" browser)
export DISPLAY BROWSER
service_account csc-v1 work $app "serial-number = $(helper serial "$sim" $app may-web)" "profile-id = basic" \
    "client-id = $(json_file "$sim/services.json" csc-v1.public_client_id)"
talkative
check "browser: the certificate is listed" "$tool" refresh
id=$(key_id)
check "browser: signs" sign ECDSA-SHA256 --signature-format openssl
check "the browser was watched" test -n "$(find "$box/seen" -name 'browser-*-arguments')"
clean "browser"
unset DISPLAY BROWSER

# A death leaves nothing behind.
stop_agents
mkdir "$box/dead" && cd "$box/dead" || exit 1
check "an agent that dies leaves no core file" canary dies "$tool" agent --foreground
