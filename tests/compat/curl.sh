#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# curl and OpenSSL's s_client log in to a web server with the token's certificate, by PKCS#11 URI and
# OpenSSL's engine. OpenSSL takes PSS wherever the server offers it, so a cloud without PSS needs one
# line of its configuration.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need curl openssl
# shellcheck source=tests/compat/lib-engine.sh
. "$compat/lib-engine.sh"
[ -f "$engine" ] || skip_all "libengine-pkcs11-openssl is not installed"
begin
# shellcheck source=tests/compat/lib-tls.sh
. "$compat/lib-tls.sh"
# shellcheck source=tests/compat/lib-csc.sh
. "$compat/lib-csc.sh"
account work 012345678901
certificate_files
cat cert.pem "$sim/chain.pem" >with-chain.pem
uri=$(key_uri)
tls_authority
tls_server twelve 1.2
twelve=$web
tls_server thirteen 1.3

fetch()
{
    OPENSSL_CONF=$box/openssl.cnf timeout --foreground 60 curl --silent --show-error --fail --noproxy '*' \
        --cacert web-ca.pem --cert with-chain.pem --engine pkcs11 --key-type ENG --key "$uri" "$@"
}

engine_configuration
refuse "a cloud without PSS, nothing configured: no page" "." fetch "$twelve"
equal "and the phone did not ring" "$(counter prompts)" 0
refuse "TLS 1.3 with a cloud without PSS: no page" "." fetch "$web"
equal "and the phone did not ring" "$(counter prompts)" 0

tls_setting "ClientSignatureAlgorithms = RSA+SHA256"
host curl "$(package_version curl)"
action "log in to a web site, TLS 1.2"
expect "TLS 1.2: logged in" "Xin chào, Nguyễn Thị Mẫu" fetch "$twelve"
end_action
equal "by TLS 1.2" "$(came twelve tls)" TLSv1.2
equal "the server saw this certificate" "$(came twelve serial)" "$(openssl x509 -in cert.pem -noout -serial | cut -d= -f2)"
equal "one signature paid" "$(counter paid)" 1
order /switch '{"auto": "reject"}' >/dev/null
refuse "rejected on the phone: no page" "." fetch "$twelve"
equal "the log says so" "$(last_log outcome)" rejected
equal "nothing paid, asked once" "$(counter paid) $(counter prompts)" "1 2"

fresh_counters
order /switch '{"auto": "approve"}' >/dev/null
csc_account csc-v2 012345678901
engine_configuration
action "log in to a web site, TLS 1.3 (cloud with PSS)"
expect "TLS 1.3 with a cloud with PSS: logged in" "Xin chào, Nguyễn Thị Mẫu" fetch "$web"
end_action
equal "by TLS 1.3" "$(came thirteen tls)" TLSv1.3
equal "one signature paid" "$(counter paid)" 1
