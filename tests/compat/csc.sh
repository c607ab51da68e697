#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Keys of a Cloud Signature Consortium service in unchanged programs: RSA with PKCS#1 and PSS, ECDSA
# on three curves; pkcs11-tool, p11tool and OpenSSL's engine. What they get is verified by OpenSSL
# without the module.
# shellcheck source=tests/compat/lib.sh
# shellcheck disable=SC2001 # a pattern with & is for sed
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/compat/lib-engine.sh
. "$compat/lib-engine.sh"
# shellcheck source=tests/compat/lib-csc.sh
. "$compat/lib-csc.sh"
# shellcheck source=tests/compat/lib-keys.sh
. "$compat/lib-keys.sh"
need pkcs11-tool openssl
begin
keys=012345678911
codes=012345678912
app=012345678913

data=contract.txt
echo "a contract" >contract.txt
for hash in 256 384 512; do
    openssl dgst -"sha$hash" -binary contract.txt >digest.$hash
done
for service in csc-v1 csc-v2; do
    fresh_counters
    order /switch '{"auto": "approve"}' >/dev/null
    csc_account $service $keys
    equal "$service: five keys, five slots" "$(p11 --list-token-slots 2>/dev/null | grep -c ^Slot)" 5

    use "Public-Key: (2048 bit)"
    for hash in 256 384 512; do
        check "$service: RSA, PKCS#1 v1.5, SHA-$hash" sign -m SHA$hash-RSA-PKCS
        expect "and OpenSSL verifies" "Verified OK" verify -sha$hash
        check "$service: RSA, PSS, SHA-$hash" sign -m SHA$hash-RSA-PKCS-PSS --mgf MGF1-SHA$hash
        expect "and OpenSSL verifies" "Verified OK" verify -sha$hash -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest
    done
    data=digest.256
    check "$service: RSA, PSS of a digest" sign -m RSA-PKCS-PSS --mgf MGF1-SHA256 --hash-algorithm SHA256
    data=contract.txt
    expect "and OpenSSL verifies" "Verified OK" verify -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest

    for curve in P-256 P-384 P-521; do
        use "NIST CURVE: $curve"
        check "$service: $curve, ECDSA with SHA-256" sign -m ECDSA-SHA256 --signature-format openssl
        expect "and OpenSSL verifies" "Verified OK" verify -sha256
        check "$service: $curve, ECDSA with SHA-384" sign -m ECDSA-SHA384 --signature-format openssl
        expect "and OpenSSL verifies" "Verified OK" verify -sha384
        data=digest.512
        check "$service: $curve, ECDSA of a digest" sign -m ECDSA --signature-format openssl
        data=contract.txt
        expect "and OpenSSL verifies" "Verified OK" verify -sha512
    done
    expect "the module verifies, too" "Signature is valid" p11 --slot-index "$slot" --id "$id" --verify -m ECDSA-SHA512 \
        --input-file contract.txt --signature-file <(sign -m ECDSA-SHA512 >/dev/null 2>&1; cat data.sig)
    equal "no phone" "$(counter prompts)" 0
    equal "nothing that a careful client would not do" "$(counter violations)" 0
done

if [ -f "$engine" ]; then
    engine_configuration
    use "NIST CURVE: P-256"
    uri="pkcs11:id=$(echo "$id" | sed 's/../%&/g');type=private"
    check "an EC key signs a CMS through OpenSSL's engine" with_engine cms -sign -engine pkcs11 -keyform engine -inkey "$uri" \
        -signer cert.pem -certfile "$sim/chain.pem" -md sha256 -binary -in contract.txt -outform DER -out contract.p7s
    expect "and OpenSSL without the module verifies" "successful" openssl cms -verify -inform DER -in contract.p7s \
        -content contract.txt -binary -CAfile "$sim/root.pem" -purpose any -out /dev/null
    use "Public-Key: (3072 bit)"
    uri="pkcs11:id=$(echo "$id" | sed 's/../%&/g');type=private"
    check "an RSA key signs with PSS through OpenSSL's engine" with_engine dgst -engine pkcs11 -keyform engine -sha256 \
        -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest -sign "$uri" -out data.sig contract.txt
    expect "and OpenSSL verifies" "Verified OK" verify -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest
else
    skip "OpenSSL's engine" "libengine-pkcs11-openssl is not installed"
fi

if command -v p11tool >/dev/null; then
    p11t()
    {
        timeout 60 p11tool --batch --provider "$box/mô đun.so" "$@" </dev/null
    }
    # The slot's token: p11tool looks at the first one only.
    token_url()
    {
        local serial
        serial=$(p11 --slot-index "$slot" --list-token-slots 2>/dev/null | awk '/^Slot/ { at = $2 } at == "'"$slot"'" && /serial num/ { print $4 }')
        p11t --list-token-urls 2>/dev/null | grep "serial=$serial"
    }
    for curve in P-256 P-384 P-521; do
        use "NIST CURVE: $curve"
        expect "p11tool signs and verifies with $curve" "in the token... ok" p11t --test-sign \
            "$(token_url);id=$(echo "$id" | sed 's/../%&/g');type=private"
    done
    use "Public-Key: (2048 bit)"
    expect "p11tool signs and verifies with PSS" "in the token... ok" p11t --test-sign --sign-params=RSA-PSS --hash SHA256 \
        "$(token_url);id=$(echo "$id" | sed 's/../%&/g');type=private"
fi

# ---- the other factors
fresh_counters
order /switch '{"auto": "approve"}' >/dev/null
csc_account csc-v2 $codes
use "Public-Key: (2048 bit)"
check "a computed code" sign -m SHA256-RSA-PKCS
expect "and OpenSSL verifies" "Verified OK" verify -sha256
use "NIST CURVE: P-256"
refuse "a code that is sent, and no way to ask for it" "CKR_USER_NOT_LOGGED_IN|0x101" sign -m ECDSA-SHA256
equal "one signature paid" "$(counter paid)" 1

fresh_counters
order /switch '{"auto": "approve", "auto_delay_ms": 300}' >/dev/null
for service in csc-v1 csc-v2; do
    csc_account $service $app
    use "Public-Key: (2048 bit)"
    echo "a contract by $service" >contract.txt
    check "$service: the phone" sign -m SHA256-RSA-PKCS
    expect "and OpenSSL verifies" "Verified OK" verify -sha256
done
equal "two prompts" "$(counter prompts)" 2
equal "two signatures paid" "$(counter paid)" 2
order /switch '{"auto": "reject"}' >/dev/null
echo "another contract" >contract.txt
refuse "rejected on the phone" "CKR_FUNCTION_REJECTED|0x200" sign -m SHA256-RSA-PKCS
equal "asked once, though pkcs11-tool asks twice" "$(counter prompts)" 3
equal "nothing paid for it" "$(counter paid)" 2

# ---- MySign's flavour: its own log-in, documents beside the hashes
fresh_counters
order /switch '{"auto": "approve"}' >/dev/null
csc_account csc-mysign CMT_012345678901
use "Public-Key:"
echo "a contract by csc-mysign" >contract.txt
check "MySign by its CSC flavour: the phone" sign -m SHA256-RSA-PKCS
expect "and OpenSSL verifies" "Verified OK" verify -sha256
equal "one prompt" "$(counter prompts)" 1
equal "one signature paid" "$(counter paid)" 1
order /switch '{"auto": "reject"}' >/dev/null
echo "another contract" >contract.txt
refuse "rejected on the phone" "CKR_FUNCTION_REJECTED|0x200" sign -m SHA256-RSA-PKCS
equal "asked once, though pkcs11-tool asks twice" "$(counter prompts)" 2
equal "nothing that a careful client would not do" "$(counter violations)" 0
