#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# GnuTLS's p11tool: lists, exports the chain, signs.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need p11tool
begin
account work 012345678901

p11t()
{
    timeout 60 p11tool --batch --provider "$box/mô đun.so" "$@" </dev/null
}
# p11-kit writes a label's letters in percent form.
token=$(p11t --list-token-urls 2>/dev/null | grep smartca -i | head -n 1)
[ -n "$token" ] || token=$(p11t --list-token-urls 2>/dev/null | grep 'Nguy' | head -n 1)
expect "the token is listed" "Label: Nguyễn Thị Mẫu" p11t --list-tokens
expect "key and certificate are listed without a login" "Type: Private key" p11t --list-all "$token"
expect "the certificate is listed" "Type: X.509 Certificate" p11t --list-all "$token"
certificate=$(p11t --list-all-certs "$token" 2>/dev/null | awk '/URL:.*type=cert/ { print $2; exit }')
expect "its text is shown" "BEGIN CERTIFICATE" p11t --export "$certificate"
expect "--export-chain gives the certificate" "BEGIN CERTIFICATE" p11t --export-chain "$certificate"
key=$(p11t --list-all-privkeys "$token" 2>/dev/null | awk '/URL:.*type=private/ { print $2; exit }')
host GnuTLS "$(package_version gnutls-bin)"
action "sign (p11tool --test-sign)"
expect "--test-sign signs and verifies" "Verifying against public key in the token... ok" p11t --test-sign "$key"
equal "one signature paid" "$(counter paid)" 1
equal "one prompt" "$(counter prompts)" 1
