#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Accounts of the simulated Cloud Signature Consortium services. Sourced after lib.sh.

# csc_account SERVICE USER_ID [line]...: the configuration with one account, listed
# shellcheck disable=SC2154 # conf, sim and tool are the stage's
csc_account()
{
    local service=$1 user=$2
    shift 2
    mkdir -p "${conf%/*}"
    (
        umask 077
        cat >"$conf" <<LINES
[smartca]
language = en
agent-idle = 60
prompt = none

[account:work]
provider = csc
url = $(cat "$sim/url")$(json_file "$sim/services.json" "$service.base")
ca-file = $sim/ca.pem
user-id = $user
password = $(helper person "$sim/persons.json" "$user" password)
credential-pin = $(helper person "$sim/persons.json" "$user" pin)
poll-interval = 1
LINES
        [ $# -eq 0 ] || printf '%s\n' "$@" >>"$conf"
    )
    "$tool" refresh >/dev/null 2>"$box/said" || fail "refresh: $(cat "$box/said")"
}
