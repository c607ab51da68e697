#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Chromium logs in to a web server with the token's certificate. It reads the home's shared NSS
# database; the policy AutoSelectCertificateForUrls answers its dialog. It hashes by itself and signs
# TLS 1.2 and 1.3 with PSS where the token can.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need chromium certutil modutil
# shellcheck source=tests/compat/lib-apart.sh
. "$compat/lib-apart.sh"
[ -d /etc/chromium ] || skip_all "Debian's /etc/chromium is missing"
begin
# shellcheck source=tests/compat/lib-nss.sh
. "$compat/lib-nss.sh"
# shellcheck source=tests/compat/lib-tls.sh
. "$compat/lib-tls.sh"
# shellcheck source=tests/compat/lib-csc.sh
. "$compat/lib-csc.sh"
account work 012345678901
certificate_files
tls_authority
nss_trust "$HOME/.pki/nssdb"
check "smartca setup tells Chromium of the module" "$tool" setup --module "$box/mô đun.so" chromium
certutil -A -d "sql:$HOME/.pki/nssdb" -n web -t C,, -i web-ca.pem
mkdir -p etc/policies/managed
echo '{"AutoSelectCertificateForUrls": ["{\"pattern\": \"https://localhost\", \"filter\": {}}"]}' >etc/policies/managed/test.json

# The flags keep it from looking for hosts of its own.
browse()
{
    rm -rf chromium
    covered "$box/etc" /etc/chromium timeout --foreground --kill-after=5 "240" chromium --headless --no-sandbox \
        --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update \
        --disable-sync --user-data-dir="$box/chromium" --dump-dom "$1"
}
serial=$(openssl x509 -in cert.pem -noout -serial | cut -d= -f2)
host Chromium "$(package_version chromium)"

tls_server twelve 1.2
action "log in to a web site, TLS 1.2"
expect "TLS 1.2: logged in" "Xin chào, Nguyễn Thị Mẫu" browse "$web"
end_action
equal "the server saw this certificate" "$(came twelve serial)" "$serial"
equal "by TLS 1.2" "$(came twelve tls)" TLSv1.2
equal "one signature paid" "$(counter paid)" 1
equal "one prompt" "$(counter prompts)" 1
no_page()
{
    browse "$web" && ! grep -q "Xin chào" "$box/said"
}
order /switch '{"auto": "reject"}' >/dev/null
expect "rejected on the phone: no page" "ERR_" no_page
equal "the log says so" "$(last_log outcome)" rejected
equal "nothing paid, asked once" "$(counter paid) $(counter prompts)" "1 2"

tls_server thirteen 1.3
expect "TLS 1.3 with a cloud without PSS: no page" "ERR_" no_page
equal "and the phone did not ring" "$(counter prompts)" 2

fresh_counters
order /switch '{"auto": "approve"}' >/dev/null
csc_account csc-v2 012345678901
action "log in to a web site, TLS 1.3 (cloud with PSS)"
expect "TLS 1.3 with a cloud with PSS: logged in" "Xin chào, Nguyễn Thị Mẫu" browse "$web"
end_action
equal "by TLS 1.3" "$(came thirteen tls)" TLSv1.3
equal "one signature paid" "$(counter paid)" 1
check "nothing is left in the system's folder" test ! -e /etc/chromium/policies/managed/test.json
