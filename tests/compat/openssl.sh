#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# OpenSSL through libengine-pkcs11: dgst and cms.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need openssl
# shellcheck source=tests/compat/lib-engine.sh
. "$compat/lib-engine.sh"
[ -f "$engine" ] || skip_all "libengine-pkcs11-openssl is not installed"
begin
account work 012345678901
engine_configuration
certificate_files
uri=$(key_uri)
echo "a contract" >contract.txt
check "dgst signs" with_engine dgst -engine pkcs11 -keyform engine -sha256 -sign "$uri" -out contract.sig contract.txt
expect "and OpenSSL without the module verifies" "Verified OK" verified contract.txt contract.sig
equal "one signature paid" "$(counter paid)" 1
check "cms signs" with_engine cms -sign -engine pkcs11 -keyform engine -inkey "$uri" -signer cert.pem \
    -certfile "$sim/chain.pem" -md sha256 -binary -in contract.txt -outform DER -out contract.p7s
expect "and OpenSSL without the module verifies" "successful" openssl cms -verify -inform DER -in contract.p7s \
    -content contract.txt -binary -CAfile "$sim/root.pem" -purpose any -out /dev/null
equal "two signatures paid" "$(counter paid)" 2
refuse "SHA-1 is refused" "." with_engine dgst -engine pkcs11 -keyform engine -sha1 -sign "$uri" -out bad.sig contract.txt
equal "and the phone did not ring" "$(counter prompts)" 2
