#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The phone page in a headless Chromium: one request approved, one rejected, with screenshots in
# build/screenshots. What the program gets must follow the tap.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need chromium pkcs11-tool
sim_options=(--auto none)
begin
account work 012345678901
certificate_files
shots=$work/screenshots
mkdir -p "$shots"
echo "to be approved" >approve
echo "to be rejected" >reject

# tap WHICH: signs the file WHICH in the background and lets the page decide; the outcome is in
# WHICH.status, what the page showed in WHICH.page
tap()
{
    local which=$1 signer
    p11 --sign -m SHA256-RSA-PKCS --id "$(key_id)" -i "$which" -o "$which.sig" >"$which.out" 2>&1 &
    signer=$!
    /usr/bin/python3 "$compat/phone_page.py" "$(cat "$sim/phone-url")" "$which" "$shots/phone-$which" >"$which.page" 2>"$box/said"
    echo $? >"$which.tapped"
    wait $signer
    echo $? >"$which.status"
}

tap approve
equal "the page was tapped" "$(cat approve.tapped)" 0
equal "the program got its signature" "$(cat approve.status)" 0
expect "OpenSSL verifies it" "Verified OK" verified approve approve.sig
expect "the page names the program" "pkcs11-tool" cat approve.page
expect "and the computer" "$(uname -n)" cat approve.page
expect "the page shows the code that the log shows" "$(last_log code)" cat approve.page
equal "a code has six letters or digits" "$(last_log code | tr -d '[:alnum:]' | tr -d '\n')" "-"
tap reject
equal "the page was tapped" "$(cat reject.tapped)" 0
expect "the program is told: rejected" "CKR_FUNCTION_REJECTED|\(0x200\)" cat reject.out
equal "the log says so" "$(last_log outcome)" rejected
equal "one signature paid" "$(counter paid)" 1
