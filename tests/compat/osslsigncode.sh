#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# osslsigncode through OpenSSL's engine: a Windows cabinet file is signed and verified.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need osslsigncode gcab pkcs11-tool openssl
# shellcheck source=tests/compat/lib-engine.sh
. "$compat/lib-engine.sh"
[ -f "$engine" ] || skip_all "libengine-pkcs11-openssl is not installed"
begin
account work 012345678901
check "the certificate can be read" certificate_files
host osslsigncode "$(package_version osslsigncode)"
echo "a program" >program.txt
gcab --create program.cab program.txt
cat cert.pem "$sim/chain.pem" >chain.pem
action "sign a cabinet file"
check "osslsigncode signs" osslsigncode sign -pkcs11module "$module" -certs chain.pem \
    -key "$(key_uri)" -h sha256 -in program.cab -out signed.cab
end_action
# The person's certificate is not for signing programs, and that is all it finds fault with.
judged()
{
    osslsigncode verify -CAfile "$sim/root.pem" -in signed.cab >judgement 2>&1
    cat judgement
    [ "$(sed -n 's/^Current message digest *: //p' judgement)" = "$(sed -n 's/^Calculated message digest *: //p' judgement)" ] &&
        grep -q "^Number of verified signatures: 1" judgement && grep -q "^Unsupported Signer's certificate purpose XKU_CODE_SIGN" judgement
}
expect "and verifies digest and signature" "Calculated message digest" judged
equal "one prompt, one paid" "$(counter prompts) $(counter paid)" "1 1"
