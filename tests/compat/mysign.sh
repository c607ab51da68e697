#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An account of Viettel MySign, through the module and the agent: the same programs, another cloud.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl
begin
service_account viettel-mysign work CMT_012345678901

expect "the first listing logs in and fetches the certificate" "Nguyễn Thị Mẫu" p11 --list-slots
expect "the token names its maker" "Viettel" p11 --list-slots
check "the certificate can be read" certificate_files
expect "smartca certs shows the serial in hexadecimal" \
    "$(openssl x509 -in cert.pem -noout -serial | cut -d= -f2 | tr '[:upper:]' '[:lower:]')" "$tool" certs --json
equal "one log-in" "$(counter logins)" 1

sign()
{
    p11 --sign --id "$(key_id)" -m SHA256-RSA-PKCS "$@"
}

echo "a file" >short
check "SHA256-RSA-PKCS signs" sign -i short -o short.sig
expect "OpenSSL verifies it" "Verified OK" verified short short.sig
equal "one signature paid" "$(counter paid)" 1
equal "the log-in was enough" "$(counter logins)" 1
check "the same digest again" sign -i short -o again.sig
equal "was known" "$(counter paid)" 1

order /switch '{"auto": "reject"}' >/dev/null
echo "another file" >other
refuse "rejecting on the phone ends the call" "CKR_FUNCTION_REJECTED|\(0x200\)" sign -i other -o other.sig
order /switch '{"auto": "approve", "signatures_left": 0}' >/dev/null
refuse "a spent pack ends the call" "CKR_FUNCTION_REJECTED|\(0x200\)" sign -i other -o other.sig
equal "the log says so" "$(last_log outcome)" quota
order /switch '{"signatures_left": -1}' >/dev/null

# A token that the service has forgotten: that request fails and costs nothing, the next one, which
# pkcs11-tool makes by itself, has a new one.
order /tokens '{"expire": "access"}' >/dev/null
sign -i other -o other.sig >/dev/null 2>&1
expect "a forgotten token is refused once" "refused .*pkcs11-tool" "$tool" log
check "and replaced" sign -i other -o other.sig
expect "OpenSSL verifies it" "Verified OK" verified other other.sig
equal "two signatures paid" "$(counter paid)" 2
equal "two log-ins" "$(counter logins)" 2

# The reply to the sign request is lost, and with it the id.
order /fault '{"path": "signHash$", "action": "act-then-close"}' >/dev/null
echo "lost" >lost
prompts=$(counter prompts)
refuse "a lost reply is uncertain" "CKR_DEVICE_ERROR" sign -i lost -o lost.sig
expect "the log says that nobody can be asked" "cannot be asked what became of it" "$tool" log
refuse "and stays so: nothing is sent again" "CKR_" sign -i lost -o lost.sig
equal "the phone rang once for it" "$(counter prompts)" $((prompts + 1))
equal "a careful client to the service" "$(counter violations)" 0
