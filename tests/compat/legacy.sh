#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A program that does as the older Vietnamese signing agents do, and gives up after a while: its second try picks the
# signature up, and nothing is paid twice.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl
begin
account work 012345678901
certificate_files
host "legacy agent" "-"
serial=$(openssl x509 -in cert.pem -noout -serial | cut -d= -f2)
legacy=$(own_host legacy_host)

new_document()
{
    echo "$1" >document
    openssl dgst -sha256 -binary document >digest
    rm -f document.sig
}

new_document "a declaration"
action "sign a digest"
check "it signs with a typed PIN" "$legacy" "$box/mô đun.so" "$serial" 12345678 digest document.sig
end_action
expect "OpenSSL verifies it" "Verified OK" verified document document.sig
equal "one prompt, one paid" "$(counter prompts) $(counter paid)" "1 1"

order /switch '{"auto": "none"}' >/dev/null
new_document "another declaration"
"$legacy" "$box/mô đun.so" "$serial" 12345678 digest document.sig >/dev/null 2>&1 &
gives_up=$!
disown
wait_for waiting
kill -9 $gives_up # as after 15 seconds
order /approve >/dev/null
check "its second try picks the signature up" "$legacy" "$box/mô đun.so" "$serial" 12345678 digest document.sig
expect "OpenSSL verifies it" "Verified OK" verified document document.sig
equal "one more prompt, one more paid" "$(counter prompts) $(counter paid)" "2 2"

