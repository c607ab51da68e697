#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A session at Viettel MySign (its CSC flavour): the service is told not to ask for a while. One confirmation for several
# signatures; and when the session is over here while the service may still not ask, the person is asked at the screen,
# whatever the agent has gone through. Both readings of the service: authorize goes on asking, or does not.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/compat/lib-csc.sh
. "$compat/lib-csc.sh"
# shellcheck source=tests/compat/lib-session.sh
. "$compat/lib-session.sh"
need pkcs11-tool openssl
begin
many_host=$work/plain/tests/compat/many_host
user=CMT_012345678901

# mysign_account [line]...
mysign_account()
{
    csc_account csc-mysign $user "$@"
    set_prompt "pinentry:$box/pinentry"
    certificate_files
    id=$(key_id)
}

# sign COUNT: how many are verified, then how often phone and screen were asked meanwhile, then how many were paid
sign()
{
    local prompts screens paid
    prompts=$(counter prompts) screens=$(confirmations) paid=$(counter paid)
    sign_files "$1" >"$box/out"
    echo "$(cat "$box/out"), phone $(($(counter prompts) - prompts)), screen $(($(confirmations) - screens)), paid $(($(counter paid) - paid))"
}

# refused NAME PATTERN: a signature that is not made, and what is said of it
refused()
{
    local paid
    paid=$(counter paid)
    new_file
    refuse "$1" "$2" p11 --sign --id "$id" -m SHA256-RSA-PKCS -i "$file" -o "$file.sig"
    equal "$1: nothing paid" "$(counter paid)" "$paid"
}

for mode in extend authorize; do
    fresh_counters
    new_home "home $mode"
    screen_pinentry
    order /switch "{\"csc_sad_seconds\": 3600, \"mysign_unasked\": \"$mode\"}" >/dev/null
    # What the phone is asked after the session, when the service may or may not ask
    [ $mode = extend ] && rings=1 || rings=0
    mysign_account "session = 4/10" "session-scope = program"
    equal "$mode: the first is confirmed on the phone" "$(sign 1)" "1 of 1, phone 1, screen 0, paid 1"
    equal "$mode: the service was told once" "$(counter extensions)" 1
    expect "$mode: the status shows the session" "3 more signatures without confirmation, 10 min left" "$tool" status
    equal "$mode: those that follow are not asked about" "$(sign 3)" "3 of 3, phone 0, screen 0, paid 3"
    equal "$mode: the session is over" "$(status_of sessions)" "[]"
    equal "$mode: the fifth is confirmed at the screen" "$(sign 1)" "1 of 1, phone $rings, screen 1, paid 1"
    expect "$mode: who is asked is told what for" "SETDESC Sign with account work.*the service itself may not ask you" cat asked
    expect "$mode: and the status says why" "work: the service may not ask you until 20.*; outside a session you are asked on this screen" "$tool" status
    expect "$mode: it began a session" "3 more signatures without confirmation" "$tool" status
    equal "$mode: the log marks all of them" "$("$tool" log --json | grep -c '"session": "[0-9a-f-]\{36\}"')" 5

    expect "$mode: smartca lock ends it" "1 session ended" "$tool" lock work
    equal "$mode: after it the screen asks" "$(sign 1)" "1 of 1, phone $rings, screen 1, paid 1"
    stop_agents
    equal "$mode: a new agent asks, too" "$(sign 1)" "1 of 1, phone $rings, screen 1, paid 1"
    screens=$(confirmations)
    new_file
    check "$mode: another program signs" "$many_host" "$box/mô đun.so" "$file"
    expect "$mode: OpenSSL verifies it" "Verified OK" verified "$file" "$file.sig"
    if remote; then
        skip "$mode: the screen asked for it" "behind p11-kit's server all programs are one"
    else
        equal "$mode: the screen asked for it" "$(($(confirmations) - screens))" 1
    fi
    "$tool" lock >/dev/null
    say_no
    refused "$mode: who says no is heeded" "CKR_FUNCTION_REJECTED|0x200"
    expect "$mode: and told so" "You did not confirm this on your screen. Nothing was signed." last_log sentence
    say_yes
    sed -i '/^session/d' "$conf"
    equal "$mode: without the setting it is the same" "$(sign 1)" "1 of 1, phone $rings, screen 1, paid 1"
    set_prompt none
    stop_agents
    refused "$mode: where nobody may be asked nothing is signed" "CKR_USER_NOT_LOGGED_IN|0x101"
    expect "$mode: and that is said" "This has to be confirmed on your screen, and there was no way to ask you" last_log sentence
    equal "$mode: nothing that a careful client would not do" "$(counter violations)" 0
done

# The other flavour of the service, for the same person.
service_account viettel-mysign work $user
set_prompt "pinentry:$box/pinentry"
"$tool" refresh >/dev/null 2>&1
certificate_files
id=$(key_id)
equal "an account of viettel-mysign asks at the screen, too" "$(sign 1)" "1 of 1, phone 1, screen 1, paid 1"

# Over at the service and here: the phone alone is enough.
csc_account csc-mysign $user
set_prompt "pinentry:$box/pinentry"
until=$(cat "$HOME"/.local/state/smartca/unasked-*)
equal "what is kept is the time that the service said" "$((until > $(date +%s) && until <= $(date +%s) + 600))" 1
echo 1 >"$(ls "$HOME"/.local/state/smartca/unasked-*)"
order /switch '{"clock_offset": 7200}' >/dev/null
equal "when that is over the phone alone asks" "$(sign 1)" "1 of 1, phone 1, screen 0, paid 1"

# A service that says nothing usable: no session, and it is not trusted to ask.
fresh_counters
new_home "home strange"
screen_pinentry
order /switch '{"csc_sad_seconds": 3600, "mysign_expire_form": "strange"}' >/dev/null
mysign_account "session = 4/10" "session-scope = user"
equal "the document is signed" "$(sign 1)" "1 of 1, phone 1, screen 0, paid 1"
equal "without a session" "$(status_of sessions)" "[]"
equal "it is not known until when" "$(cat "$HOME"/.local/state/smartca/unasked-*)" unknown
expect "the status says so" "work: the service may not ask you; outside a session" "$tool" status
equal "so the screen asks" "$(sign 1)" "1 of 1, phone 1, screen 1, paid 1"

# Told by somebody else, as from another computer: that is found out before anything is signed.
new_home "home elsewhere"
screen_pinentry
mysign_account "session = 4/10" "session-scope = user"
equal "the screen asks although nothing was known" "$(sign 1)" "1 of 1, phone 1, screen 1, paid 1"
say_no
"$tool" lock >/dev/null
refused "and its no counts" "CKR_FUNCTION_REJECTED|0x200"
