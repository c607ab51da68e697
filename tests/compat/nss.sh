#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# NSS's tools: modutil and certutil list (which must never ask for a password), certutil signs a
# certificate request, cmsutil a CMS, tstclnt logs in to a server. OpenSSL verifies.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need certutil modutil cmsutil tstclnt openssl
begin
account work 012345678901
# shellcheck source=tests/compat/lib-nss.sh
. "$compat/lib-nss.sh"
# shellcheck source=tests/compat/lib-tls.sh
. "$compat/lib-tls.sh"
# shellcheck source=tests/compat/lib-csc.sh
. "$compat/lib-csc.sh"
certificate_files
nss_database db

expect "modutil shows the token" "token: Nguyễn Thị Mẫu" modutil -dbdir sql:db -list
no_prompt()
{
    "$@" && ! grep -qiE "password|pin" "$box/said"
}
expect "certutil lists the certificate without a question" "Nguyễn Thị Mẫu:" no_prompt certutil -L -d sql:db -h all
expect "certutil lists the private key without a question" "rsa" no_prompt certutil -K -d sql:db -h "Nguyễn Thị Mẫu"
expect "the certificate is good for signing mail" "certificate is valid" \
    no_prompt certutil -V -d sql:db -u S -n "Nguyễn Thị Mẫu:Nguyễn Thị Mẫu"
equal "no prompt on the phone either" "$(counter prompts)" 0

nick="Nguyễn Thị Mẫu:Nguyễn Thị Mẫu"
printf 'a contract\n' >contract.txt
host "NSS tools" "$(package_version libnss3-tools)"
action "sign a certificate request (certutil)"
check "certutil signs a request" no_prompt certutil -R -d sql:db -h "Nguyễn Thị Mẫu" -a -Z SHA256 -s "CN=New" -o new.csr \
    -k "$(certutil -K -d sql:db -h "Nguyễn Thị Mẫu" | sed -n 's/.* rsa *\([0-9a-f]*\) .*/\1/p')"
end_action
expect "OpenSSL verifies it" "verify OK" openssl req -in new.csr -noout -verify
# -Y NONE: by default cmsutil wants a certificate for encryption as well.
action "sign a CMS (cmsutil)"
check "cmsutil signs" no_prompt cmsutil -S -d sql:db -N "$nick" -Y NONE -H SHA256 -T -G -i contract.txt -o contract.p7s
end_action
expect "OpenSSL verifies it" "successful" openssl cms -verify -inform DER -in contract.p7s -content contract.txt -binary \
    -CAfile "$sim/root.pem" -purpose any -out /dev/null
expect "cmsutil verifies it" "signer0.status=GoodSignature" cmsutil -D -d sql:db -n -h 1 -c contract.txt -i contract.p7s
equal "two signatures paid" "$(counter paid)" 2

tls_authority
certutil -A -d sql:db -n web -t C,, -i web-ca.pem
http_request >request
ask_page()
{
    local port=${web##*:}
    timeout --foreground 60 tstclnt -4 -h localhost -p "${port%/}" -d sql:db -n "$nick" -A request -V "tls$1:tls$1" || return 1 # 254
}
tls_server twelve 1.2
action "log in to a server, TLS 1.2 (tstclnt)"
expect "tstclnt, TLS 1.2: logged in" "Xin chào, Nguyễn Thị Mẫu" ask_page 1.2
end_action
equal "by TLS 1.2" "$(came twelve tls)" TLSv1.2
order /switch '{"auto": "reject"}' >/dev/null
refuse "rejected on the phone: no page" "PKCS11_ERROR" ask_page 1.2
equal "the log says so" "$(last_log outcome)" rejected
equal "nothing paid, asked once" "$(counter paid) $(counter prompts)" "3 4"
tls_server thirteen 1.3
refuse "tstclnt, TLS 1.3 with a cloud without PSS: no page" "_ERROR" ask_page 1.3
equal "and the phone did not ring" "$(counter prompts)" 4

fresh_counters
order /switch '{"auto": "approve"}' >/dev/null
csc_account csc-v2 012345678901
action "log in to a server, TLS 1.3 (tstclnt, cloud with PSS)"
expect "tstclnt, TLS 1.3 with a cloud with PSS: logged in" "Xin chào, Nguyễn Thị Mẫu" ask_page 1.3
end_action
equal "one signature paid" "$(counter paid)" 1
