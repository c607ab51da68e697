#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Node.js: pkcs11js and graphene-pk11, built from the npm registry as their users do.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need node npm make g++ pkcs11-tool openssl
started=()
[ "${SMARTCA_TEST_THROUGH:-}" != p11-kit-client ] || started=(locking)
begin
account work 012345678901
check "the certificate can be read" certificate_files
host Node.js "$(node --version | tr -d v)"
mkdir -p "$work/node"
cp "$compat"/node/* "$work/node/"
installed()
{
    cd "$work/node" || return 1
    [ ! -d /usr/include/node ] || export npm_config_nodedir=/usr
    [ -f node_modules/pkcs11js/build/Release/pkcs11.node ] || HOME=$work/node npm ci --no-audit --no-fund
}
check "pkcs11js and graphene-pk11 are built" installed
echo "a file" >file
both()
{
    timeout 120 node "$work/node/sign.js" "$box/mô đun.so" "$box/file" "$box/file.sig" "$box/other.sig" "${started[@]}"
}
action "sign a file, twice"
expect "both sign" "signed twice" both
end_action
expect "OpenSSL verifies what pkcs11js made" "Verified OK" verified file file.sig
expect "OpenSSL verifies what graphene made" "Verified OK" verified file other.sig
equal "the same digest: one prompt, one paid" "$(counter prompts) $(counter paid)" "1 1"
