#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Firefox ESR logs in to a web server with the token's certificate, from a profile that `smartca
# setup` has told of the module, its own dialog included. What OpenSSL's server lets in is good. TLS 1.3 signs
# with PSS only, which a cloud may not have.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need firefox-esr certutil modutil
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
mozilla_profile "$HOME/.mozilla/firefox"
certutil -A -d "sql:$profile" -n web -t C,, -i web-ca.pem

login()
{
    timeout --foreground 300 /usr/bin/python3 "$compat/firefox_login.py" "$profile" "$@"
}
serial=$(openssl x509 -in cert.pem -noout -serial | cut -d= -f2)
check "smartca setup tells Firefox of the module" "$tool" setup --module "$box/mô đun.so" firefox
host "Firefox ESR" "$(package_version firefox-esr)"

tls_server twelve 1.2
action "log in to a web site, TLS 1.2"
expect "TLS 1.2: logged in" "Xin chào, Nguyễn Thị Mẫu" login "$web"
equal "the dialog offered one certificate, once" "$(grep -c '^asked: Nguyễn Thị Mẫu \[.*\]$' "$box/said")" 1
end_action
equal "the server saw this certificate" "$(came twelve serial)" "$serial"
equal "by TLS 1.2" "$(came twelve tls)" TLSv1.2
equal "one signature paid" "$(counter paid)" 1
equal "one prompt" "$(counter prompts)" 1
expect "set to choose by itself it logs in, too" "Xin chào, Nguyễn Thị Mẫu" login "$web" --automatic
equal "without a dialog" "$(grep -c '^asked:' "$box/said")" 0
equal "two signatures paid" "$(counter paid)" 2
refuse "no certificate chosen, no page" "neterror|asked" login "$web" --cancel
equal "and the phone did not ring" "$(counter prompts)" 2
# Firefox 153 leaves the page loading when a signature fails: no page is all there is to see.
order /switch '{"auto": "reject"}' >/dev/null
refuse "rejected on the phone: no page" "asked" login "$web" --until "'$tool' log | grep -q rejected"
equal "the log says so" "$(last_log outcome)" rejected
equal "nothing paid, asked once" "$(counter paid) $(counter prompts)" "2 3"

tls_server thirteen 1.3
prompts=$(counter prompts)
refuse "TLS 1.3 with a cloud without PSS: no page" "neterror" login "$web"
equal "and the phone did not ring" "$(counter prompts)" "$prompts"

fresh_counters
order /switch '{"auto": "approve"}' >/dev/null
csc_account csc-v2 012345678901
action "log in to a web site, TLS 1.3 (cloud with PSS)"
expect "TLS 1.3 with a cloud with PSS: logged in" "Xin chào, Nguyễn Thị Mẫu" login "$web"
end_action
equal "by TLS 1.3" "$(came thirteen tls)" TLSv1.3
equal "one signature paid" "$(counter paid)" 1
