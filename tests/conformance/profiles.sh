#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The mandatory test cases of the PKCS#11 Profiles, replayed against the agent and the simulator.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../compat/lib.sh"
need pkcs11-tool openssl
begin
profiles=$work/plain/tests/conformance/profiles

# replay ACCOUNT PIN: all four
replay()
{
    local account=$1 pin=$2 case before
    certificate_files
    cp cert.der to-be-signed # whatever it is
    expect "$account: the token says which profiles it keeps" "^1 2 3 4 $" "$profiles" "$module" list
    before=$(counter prompts)
    for case in BL-M-1 EXT-M-1 CERT-M-1; do
        check "$account: $case" "$profiles" "$module" $case "$pin"
    done
    equal "$account: the phone did not ring for these" "$(counter prompts)" "$before"
    before=$(counter paid)
    check "$account: AUTH-M-1" "$profiles" "$module" AUTH-M-1 "$pin" to-be-signed to-be-signed.sig
    expect "$account: OpenSSL verifies what AUTH-M-1 signed" "Verified OK" verified to-be-signed to-be-signed.sig
    equal "$account: AUTH-M-1 paid one" $(($(counter paid) - before)) 1
}

account work 012345678901
replay "VNPT SmartCA, no PIN needed" 12345678

new_home "home pin"
service_account csc-v2 work 012345678911 "serial-number = $(helper serial "$sim" 012345678911 khoa-rsa2048)" \
    "pin = password"
sed -i '/^credential-pin =/d' "$conf"
replay "CSC, the PIN is the key's" "$(helper person "$sim/persons.json" 012345678911 pin)"
