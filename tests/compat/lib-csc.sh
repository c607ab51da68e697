#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Accounts of the simulated Cloud Signature Consortium services. Sourced after lib.sh.

# csc_account SERVICE USER_ID [line]...: the configuration with one account, listed; csc_prompt is its prompt: none where not set
# shellcheck disable=SC2154 # conf and tool are the stage's
csc_account()
{
    local service=$1 user=$2
    shift 2
    service_account "$service" work "$user" "$@"
    sed -i "s/^language = .*/&\nprompt = ${csc_prompt:-none}/" "$conf"
    "$tool" refresh >/dev/null 2>"$box/said" || fail "refresh: $(cat "$box/said")"
}
