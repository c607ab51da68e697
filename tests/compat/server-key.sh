#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The pin of a service's public key (server-key =): with the right one everything works, with a wrong one nothing is sent and the
# person is told which account and which keys.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl
begin
wrong=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

sign()
{
    echo "$1" >file
    rm -f file.sig
    p11 --sign -m SHA256-RSA-PKCS -i file -o file.sig
}

# The command of the manual page.
address=$(sed -e 's|.*//||' -e 's|/.*||' "$sim/url")
key=sha256//$(openssl s_client -connect "$address" </dev/null 2>/dev/null | openssl x509 -noout -pubkey |
    openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64)

account work 012345678901 "server-key = $key"
check "the right key: signs" sign right
check "the certificate can be read" certificate_files
check "the right key: it verifies" verified file file.sig
equal "the right key: one paid" "$(counter paid)" 1

# The listing is known; then the pin changes.
account work 012345678901 "server-key = $wrong"
before=$(counter requests_total)
refuse "a wrong key: the program is told" "CKR_DEVICE_ERROR|0x30" sign wrong
equal "a wrong key: not a request arrived" "$(counter requests_total)" "$before"
equal "a wrong key: nothing paid" "$(counter paid)" 1
equal "a wrong key: the phone did not ring" "$(counter prompts)" 1
expect "the log names both keys and the account" "shows another public key \(${key//+/[+]}\) than account work expects \($wrong\). Nothing was sent" last_log sentence
equal "and has a word for it" "$(last_log outcome)" server-key
refuse "smartca doctor says so, too" "than account work expects \($wrong\)" "$tool" doctor

account work 012345678901 "server-key = $wrong;$key"
check "one of two keys: signs" sign two
account work 012345678901 "server-key = $key" "ca-file = /etc/ssl/certs/ca-certificates.crt"
refuse "the right key does not stand in for the certificate" "CKR_DEVICE_ERROR|0x30" sign authority
account work 012345678901 "server-key = ${key%=}"
refuse "what is no pin forbids the account" "server-key: Write sha256//BASE64" "$tool" doctor
equal "two paid in all" "$(counter paid)" 2
