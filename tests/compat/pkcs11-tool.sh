#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# OpenSC's pkcs11-tool: lists, reads, signs with each mechanism, tests, refuses early.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl
begin
account work 012345678901

expect "the first listing fetches the certificate" "Nguyễn Thị Mẫu" p11 --list-slots
expect "the library names itself" "Cryptoki version +[23]\.[04]" p11 --show-info
expect "mechanisms are listed as hardware ones" "SHA256-RSA-PKCS, .*hw.*sign" p11 --list-mechanisms
expect "the private key is never extractable" "sensitive.*always sensitive.*never extractable" p11 --list-objects --type privkey
check "the certificate can be read" certificate_files
check "the certificate is what the cloud's authority issued" \
    openssl verify -CAfile "$sim/root.pem" -untrusted "$sim/chain.pem" cert.pem
p11 --read-object --type pubkey --id "$(key_id)" -o public.der >/dev/null 2>&1
equal "the public key is the certificate's" \
    "$(openssl pkey -pubin -inform DER -in public.der -outform PEM)" "$(cat public.pem)"
equal "listing paid nothing" "$(counter paid)" 0

sign()
{
    p11 --sign --id "$(key_id)" "$@"
}

echo "a short file" >short
head -c 300000 /dev/urandom >long
openssl dgst -sha256 -binary short >short.sha256
{ printf '\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20'; cat short.sha256; } >short.info

host pkcs11-tool "$(package_version opensc)"
action "sign a file"
check "SHA256-RSA-PKCS signs" sign -m SHA256-RSA-PKCS -i short -o short.sig
end_action
expect "OpenSSL verifies it" "Verified OK" verified short short.sig
equal "one signature paid" "$(counter paid)" 1
expect "smartca log shows it" "signed .*$(logged_as pkcs11-tool)" "$tool" log
equal "and the mechanism" "$(last_log mechanism)" CKM_SHA256_RSA_PKCS
action "sign the same again"
check "RSA-PKCS signs a DigestInfo" sign -m RSA-PKCS -i short.info -o info.sig
end_action
expect "OpenSSL verifies it" "Verified OK" verified short info.sig
equal "the same digest was known: still one paid" "$(counter paid)" 1
equal "the log says replayed" "$(last_log outcome)" replayed
equal "by another mechanism" "$(last_log mechanism)" CKM_RSA_PKCS
check "a long file goes in many parts" sign -m SHA256-RSA-PKCS -i long -o long.sig
expect "OpenSSL verifies it" "Verified OK" verified long long.sig
equal "two signatures paid" "$(counter paid)" 2
expect "the module verifies too" "Signature is valid" \
    p11 --verify -m SHA256-RSA-PKCS --id "$(key_id)" -i long --signature-file long.sig
printf x >>long
expect "and notices a change" "Invalid signature" \
    p11 --verify -m SHA256-RSA-PKCS --id "$(key_id)" -i long --signature-file long.sig

prompts=$(counter prompts)
refuse "a bare digest is refused" "CKR_DATA_(LEN_RANGE|INVALID)" sign -m RSA-PKCS -i short.sha256 -o bad.sig
{ printf '\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14'; head -c 20 /dev/zero; } >sha1.info
refuse "a SHA-1 DigestInfo is refused" "CKR_(DATA_INVALID|DATA_LEN_RANGE|MECHANISM_INVALID)" sign -m RSA-PKCS -i sha1.info -o bad.sig
refuse "SHA1-RSA-PKCS is refused" "CKR_MECHANISM_INVALID|not supported" sign -m SHA1-RSA-PKCS -i short -o bad.sig
refuse "raw RSA is refused" "CKR_MECHANISM_INVALID|not supported" sign -m RSA-X-509 -i short -o bad.sig
refuse "PSS is refused where the cloud cannot do it" "CKR_MECHANISM_INVALID|not supported" sign -m RSA-PKCS-PSS --hash-algorithm SHA256 -i short.sha256 -o bad.sig
equal "the phone never rang for these" "$(counter prompts)" "$prompts"

order /switch '{"auto": "reject"}' >/dev/null
echo "another file" >other
refuse "rejecting on the phone ends the call" "CKR_FUNCTION_REJECTED|\(0x200\)" sign -m SHA256-RSA-PKCS -i other -o other.sig
equal "the log says so" "$(last_log outcome)" rejected
equal "two signatures paid" "$(counter paid)" 2
order /switch '{"auto": "approve"}' >/dev/null

check "random numbers" p11 --generate-random 16 -o random.bin
equal "sixteen of them" "$(wc -c <random.bin)" 16

# --test ends with a SHA-1 DigestInfo, which the service does not sign: it must be refused, at once, and
# everything before it must be right.
# p11-kit's client by itself refuses to ask for no random bytes.
if remote; then not_ours="C_GenerateRandom(buf1,0) failed: CKR_BUFFER_TOO_SMALL"; fi
test_login()
{
    ! p11 --test --login --pin 1234 && ! grep "ERR:" "$box/said" | grep -qv "${not_ours:-^$}"
}
fresh_counters
expect "--test --login: signing, in parts and at once" "all 4 signature functions seem to work" test_login
cp said test.said
expect "--test --login: digests" "all 4 digest functions seem to work" cat test.said
equal "--test --login: the SHA-1 test alone is refused" "$(grep -c CKR_DATA_INVALID test.said)" 1
equal "--test --login: one prompt" "$(counter prompts)" 1
equal "nothing but the documented form was sent" "$(counter violations)" 0
check "without a mechanism named, the file is hashed" p11 --sign --id "$(key_id)" -i short -o default.sig
expect "OpenSSL verifies it" "Verified OK" verified short default.sig
test_fork()
{
    p11 --test-fork && ! grep -qiE "ERR:|CKR_" "$box/said"
}
check "--test-fork" test_fork
check "--test-threads" p11 --test-threads ILGISLT0GISLT0 --test-threads ILGISLT0GISLT0 --test-threads INSLGIT0
