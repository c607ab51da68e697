#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# OpenSSL through libengine-pkcs11: dgst, cms, req, and s_client logging in to a web server.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need openssl
# shellcheck source=tests/compat/lib-engine.sh
. "$compat/lib-engine.sh"
[ -f "$engine" ] || skip_all "libengine-pkcs11-openssl is not installed"
begin
# shellcheck source=tests/compat/lib-tls.sh
. "$compat/lib-tls.sh"
# shellcheck source=tests/compat/lib-csc.sh
. "$compat/lib-csc.sh"
account work 012345678901
engine_configuration
certificate_files
uri=$(key_uri)
echo "a contract" >contract.txt
host "OpenSSL engine" "$(package_version openssl)"
action "sign a file (dgst)"
check "dgst signs" with_engine dgst -engine pkcs11 -keyform engine -sha256 -sign "$uri" -out contract.sig contract.txt
expect "and OpenSSL without the module verifies" "Verified OK" verified contract.txt contract.sig
equal "one signature paid" "$(counter paid)" 1
action "sign a CMS (cms)"
check "cms signs" with_engine cms -sign -engine pkcs11 -keyform engine -inkey "$uri" -signer cert.pem \
    -certfile "$sim/chain.pem" -md sha256 -binary -in contract.txt -outform DER -out contract.p7s
expect "and OpenSSL without the module verifies" "successful" openssl cms -verify -inform DER -in contract.p7s \
    -content contract.txt -binary -CAfile "$sim/root.pem" -purpose any -out /dev/null
equal "two signatures paid" "$(counter paid)" 2
action "sign a certificate request (req)"
check "req signs" with_engine req -new -engine pkcs11 -keyform engine -key "$uri" -sha256 -subj "/CN=New" -out new.csr
end_action
expect "and OpenSSL without the module verifies" "verify OK" openssl req -in new.csr -noout -verify
equal "three signatures paid" "$(counter paid)" 3
refuse "SHA-1 is refused" "." with_engine dgst -engine pkcs11 -keyform engine -sha1 -sign "$uri" -out bad.sig contract.txt
equal "and the phone did not ring" "$(counter prompts)" 3

tls_authority
ask_page()
{
    http_request | with_engine s_client -ign_eof -quiet \
        -connect "${web:8:-1}" -servername localhost -CAfile web-ca.pem -verify_return_error -engine pkcs11 \
        -keyform engine -key "$uri" -cert cert.pem -cert_chain "$sim/chain.pem"
}
tls_server twelve 1.2
refuse "s_client, TLS 1.2, a cloud without PSS, nothing configured: no page" "error" ask_page
equal "and the phone did not ring" "$(counter prompts)" 3
tls_setting "ClientSignatureAlgorithms = RSA+SHA256"
action "log in to a server, TLS 1.2 (s_client)"
expect "s_client, TLS 1.2 and ClientSignatureAlgorithms: logged in" "Xin chào, Nguyễn Thị Mẫu" ask_page
end_action
engine_configuration
fresh_counters
order /switch '{"auto": "approve"}' >/dev/null
csc_account csc-v2 012345678901
tls_server thirteen 1.3
action "log in to a server, TLS 1.3 (s_client, cloud with PSS)"
expect "s_client, TLS 1.3, a cloud with PSS: logged in" "Xin chào, Nguyễn Thị Mẫu" ask_page
end_action
equal "one signature paid" "$(counter paid)" 1
