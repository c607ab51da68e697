#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# GnuTLS: certtool signs a certificate request and a CMS, gnutls-cli logs in to a web server, all with
# the key as a PKCS#11 URL. OpenSSL without the module verifies. (p11tool: p11tool.sh)
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need certtool gnutls-cli p11tool openssl
begin
# shellcheck source=tests/compat/lib-tls.sh
. "$compat/lib-tls.sh"
# shellcheck source=tests/compat/lib-csc.sh
. "$compat/lib-csc.sh"
account work 012345678901
certificate_files
cat cert.pem "$sim/chain.pem" >with-chain.pem
tls_authority
echo "a contract" >contract.txt
echo 'cn = "New"' >template.cfg

# key_url: the first token's key; GnuTLS wants the token's name in it
key_url()
{
    echo "$(p11tool --batch --provider "$box/mô đun.so" --list-token-urls 2>/dev/null | grep Nguy);id=$(key_id | sed 's/../%&/g');type=private"
}
key=$(key_url)
with_module()
{
    local program=$1
    shift
    timeout --foreground 60 "$program" --provider "$box/mô đun.so" "$@"
}

host GnuTLS "$(package_version gnutls-bin)"
action "sign a certificate request (certtool)"
check "certtool signs a request" with_module certtool --generate-request --load-privkey "$key" --template template.cfg \
    --hash SHA256 --outfile new.csr
end_action
expect "OpenSSL verifies it" "verify OK" openssl req -in new.csr -noout -verify
action "sign a CMS (certtool)"
check "certtool signs a CMS" with_module certtool --p7-detached-sign --load-privkey "$key" --load-certificate with-chain.pem \
    --hash SHA256 --outder --infile contract.txt --outfile contract.p7s
end_action
expect "OpenSSL verifies it" "successful" openssl cms -verify -inform DER -in contract.p7s -content contract.txt -binary \
    -CAfile "$sim/root.pem" -purpose any -out /dev/null
equal "two signatures paid" "$(counter paid)" 2

ask_page()
{
    local port=${web##*:}
    http_request | with_module gnutls-cli --x509cafile web-ca.pem \
        --x509keyfile "$key" --x509certfile with-chain.pem --port "${port%/}" localhost
}
tls_server twelve 1.2
action "log in to a server, TLS 1.2 (gnutls-cli)"
expect "TLS 1.2: logged in" "Xin chào, Nguyễn Thị Mẫu" ask_page
end_action
equal "by TLS 1.2" "$(came twelve tls)" TLSv1.2
order /switch '{"auto": "reject"}' >/dev/null
refuse "rejected on the phone: no page" "." ask_page
equal "the log says so" "$(last_log outcome)" rejected
equal "nothing paid, asked once" "$(counter paid) $(counter prompts)" "3 4"
tls_server thirteen 1.3
refuse "TLS 1.3 with a cloud without PSS: no page" "." ask_page
equal "and the phone did not ring" "$(counter prompts)" 4

fresh_counters
order /switch '{"auto": "approve"}' >/dev/null
csc_account csc-v2 012345678901
key=$(key_url)
action "log in to a server, TLS 1.3 (gnutls-cli, cloud with PSS)"
expect "TLS 1.3 with a cloud with PSS: logged in" "Xin chào, Nguyễn Thị Mẫu" ask_page
end_action
equal "one signature paid" "$(counter paid)" 1
