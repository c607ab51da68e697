#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every provider with the same unchanged programs: pkcs11-tool, OpenSSL's engine and LibreOffice sign with an account of
# each, others verify, and each signature is paid for once. Then one person's accounts with three providers together.
#   providers.sh              all of it
#   providers.sh pkcs11-tool  this program only
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl soffice pdfsig certutil modutil
# shellcheck source=tests/compat/lib-engine.sh
. "$compat/lib-engine.sh"
# shellcheck source=tests/compat/lib-nss.sh
. "$compat/lib-nss.sh"
# shellcheck source=tests/compat/lib-office.sh
. "$compat/lib-office.sh"
programs=${*:-pkcs11-tool engine office}
begin

# service, person, and which of the person's certificates where there are several
table="
vnpt-smartca 012345678901
vnpt-smartca-th 012345678903
vnpt-smartca-oauth 012345678901
viettel-mysign CMT_012345678901
csc-v1 012345678911 khoa-rsa2048
csc-v2 012345678911 khoa-rsa3072
rssp 012345678911 khoa-rsa2048
"

provider_account()
{
    local service=$1 user=$2 credential=${3:-} lines=()
    [ -z "$credential" ] || lines=("serial-number = $(helper serial "$sim" "$user" "$credential")")
    service_account "$service" work "$user" "${lines[@]}"
}

# Each a function of the service: signs something new, has another program verify it.
sign_pkcs11-tool()
{
    echo "a contract of $1" >contract.txt
    check "$1: pkcs11-tool signs" p11 --sign --id "$(key_id)" -m SHA256-RSA-PKCS -i contract.txt -o contract.sig
    expect "$1: OpenSSL verifies it" "Verified OK" verified contract.txt contract.sig
}

sign_engine()
{
    if [ ! -f "$engine" ]; then
        skip "$1: OpenSSL's engine" "libengine-pkcs11-openssl is not installed"
        return
    fi
    echo "a letter of $1" >letter.txt
    check "$1: OpenSSL's engine signs a CMS" with_engine cms -sign -engine pkcs11 -keyform engine -inkey "$(key_uri)" \
        -signer cert.pem -certfile "$sim/chain.pem" -md sha256 -binary -in letter.txt -outform DER -out letter.p7s
    expect "$1: OpenSSL without the module verifies it" "successful" openssl cms -verify -inform DER -in letter.p7s \
        -content letter.txt -binary -CAfile "$sim/root.pem" -purpose any -out /dev/null
}

signed_pdf()
{
    pdfsig -nssdir sql:db to-khai.pdf
}

sign_office()
{
    limit=240
    nss_database db
    check "$1: a document is made" make_odt "Tờ khai thuế, $1" to-khai
    check "$1: LibreOffice signs it as PDF" export_signed to-khai.odt
    expect "$1: pdfsig verifies it" "Signature Validation: Signature is Valid" signed_pdf
    unset limit
    rm -rf db to-khai.pdf
}

engine_configuration
while read -r service user credential <&3; do
    [ -n "$service" ] || continue
    new_home "home of $service"
    fresh_counters
    order /switch '{"auto": "approve"}' >/dev/null
    # shellcheck disable=SC2086 # there may be none
    provider_account "$service" "$user" $credential
    check "$service: the certificate is listed" certificate_files
    signed=0
    for program in $programs; do
        "sign_$program" "$service"
        signed=$((signed + 1))
    done
    equal "$service: one paid signature for each" "$(counter paid)" $signed
    equal "$service: a careful client" "$(counter violations)" 0
done 3<<<"$table"
[ $# -eq 0 ] || exit 0

# ---- one person, three providers
new_home "home with three"
fresh_counters
new_configuration
add_account viettel-mysign phone CMT_012345678901
add_account vnpt-smartca both 012345678902
add_account csc-v2 keys 012345678911
wanted=$({
    helper serial "$sim" 012345678901 mau
    { helper serial "$sim" 012345678902 thu; helper serial "$sim" 012345678902 thu-eseal; } | sort
    for key in rsa2048 rsa3072 p256 p384 p521; do helper serial "$sim" 012345678911 khoa-$key; done | sort
} | tr 'A-F\n' 'a-f ')
check "the three are listed" "$tool" refresh
in_order()
{
    "$tool" certs --json | helper each serial | tr 'A-F\n' 'a-f '
}
equal "accounts as in the file, certificates by serial" "$(in_order)" "$wanted"
first=$(p11 --list-token-slots 2>/dev/null | grep -e "^Slot" -e serial)
for account in keys phone both; do
    check "refreshed: $account" "$tool" refresh $account
done
equal "a refresh in another order changes no order" "$(p11 --list-token-slots 2>/dev/null | grep -e "^Slot" -e serial)" "$first"
stop_agents
equal "nor does a new agent" "$(p11 --list-token-slots 2>/dev/null | grep -e "^Slot" -e serial)" "$first"
paid=0
for slot in 0 1 2; do
    id=$(p11 --slot-index $slot --list-objects --type privkey 2>/dev/null | awk '$1 == "ID:" { print $2; exit }')
    p11 --slot-index $slot --read-object --type cert --id "$id" -o slot.der >/dev/null 2>&1
    openssl x509 -inform DER -in slot.der -noout -pubkey -out public.pem
    echo "a file for slot $slot" >file
    check "slot $slot signs" p11 --slot-index $slot --sign --id "$id" -m SHA256-RSA-PKCS -i file -o file.sig
    expect "and OpenSSL verifies" "Verified OK" verified file file.sig
    paid=$((paid + 1))
done
equal "one paid signature each" "$(counter paid)" $paid
