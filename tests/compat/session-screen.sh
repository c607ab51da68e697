#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sessions that the person confirms at the screen, because no service asks: VNPT SmartCA TH with the key of the one-time
# codes in the account. One yes for several signatures, and everything that ends it.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/compat/lib-session.sh
. "$compat/lib-session.sh"
need pkcs11-tool openssl
begin
many_host=$work/plain/tests/compat/many_host
screen_pinentry

# Nobody waits here for the next code: the agent forgets which one it used last, and the service takes one twice.
sign()
{
    local number
    for number in $(seq "$1"); do
        rm -f "$HOME/.local/state/smartca/otp-work"
        sign_files 1
    done | sort | uniq -c | sed 's/^ *//'
}

th_account()
{
    order /switch '{"otp_reuse": "accept", "otp_window": 1}' >/dev/null
    service_account vnpt-smartca-th work 012345678903 "$@"
    set_prompt "pinentry:$box/pinentry"
    "$tool" refresh >/dev/null 2>"$box/said" || fail "refresh: $(cat "$box/said")"
    certificate_files
    id=$(key_id)
}

th_account
equal "without session nobody is asked, as ever" "$(sign 2) $(confirmations) $(counter paid)" "2 1 of 1 0 2"

new_home "home session"
fresh_counters
th_account "session = 3/10" "session-scope = program"
equal "the first is confirmed at the screen" "$(sign 1) $(confirmations) $(counter paid)" "1 1 of 1 1 1"
expect "who is asked is told what for" "SETDESC Sign with account work.*1 document and up to 2 more within 10 min" cat asked
expect "with buttons that say what they do" "SETCANCEL Do not sign" cat asked
expect "the status shows the session" "2 more signatures without confirmation, 10 min left" "$tool" status
equal "three signatures, one confirmation, no phone" "$(sign 2) $(confirmations) $(counter paid) $(counter prompts)" "2 1 of 1 1 3 0"
equal "the session is over" "$(status_of sessions)" "[]"
equal "the fourth is confirmed" "$(sign 1) $(confirmations) $(counter paid)" "1 1 of 1 2 4"
equal "the log marks all of them" "$("$tool" log --json | grep -c '"session": "[0-9a-f-]\{36\}"')" 4

expect "smartca lock ends it" "1 session ended" "$tool" lock work
equal "after it the next is confirmed" "$(sign 1) $(confirmations)" "1 1 of 1 3"
stop_agents
equal "a new agent knows of no session" "$(sign 1) $(confirmations)" "1 1 of 1 4"
new_file
rm -f "$HOME/.local/state/smartca/otp-work"
check "another program signs" "$many_host" "$box/mô đun.so" "$file"
expect "OpenSSL verifies it" "Verified OK" verified "$file" "$file.sig"
if remote; then
    skip "it is confirmed by itself" "behind p11-kit's server all programs are one"
else
    equal "it is confirmed by itself" "$(confirmations)" 5
fi

"$tool" lock >/dev/null
paid=$(counter paid)
asked=$(confirmations)
say_no
new_file
refuse "who says no is heeded" "CKR_FUNCTION_REJECTED|0x200" p11 --sign --id "$id" -m SHA256-RSA-PKCS -i "$file" -o "$file.sig"
expect "and told so" "You did not confirm this on your screen. Nothing was signed." last_log sentence
equal "asked once, nothing paid, no session" "$(($(confirmations) - asked)) $(counter paid) $(status_of sessions)" "1 $paid []"
say_yes
set_prompt none
new_file
refuse "where nobody may be asked nothing is signed" "CKR_USER_NOT_LOGGED_IN|0x101" p11 --sign --id "$id" -m SHA256-RSA-PKCS -i "$file" -o "$file.sig"
expect "and that is said" "This has to be confirmed on your screen, and there was no way to ask you" last_log sentence
equal "nothing paid" "$(counter paid)" "$paid"
equal "nothing that a careful client would not do" "$(counter violations)" 0

# Who types a code for each signature has nothing of a session.
new_home "home typed"
th_account "session = 3/10"
sed -i '/^totp-secret = /d' "$conf"
expect "the status says what is missing" "work: \"session\" does nothing, because you type a password or code.*Set password and totp-secret" \
    bash -c "\"$tool\" refresh && \"$tool\" status"
refuse "and so does the doctor" "Set password and totp-secret" "$tool" doctor
