#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# NSS's certutil and modutil: listing must never ask for a password.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need certutil modutil
begin
account work 012345678901
# shellcheck source=tests/compat/lib-nss.sh
. "$compat/lib-nss.sh"
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
