#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Keys of several kinds in one account, each in a slot of its own. Sourced after lib.sh; sets slot
# and id, and writes cert.der, cert.pem, public.pem and data.sig.
# shellcheck disable=SC2154 # data is the script's

# slot_of TEXT: number of the slot whose certificate has this key ("RSA 2048 bits", "P-384")
slot_of()
{
    p11 --list-token-slots 2>/dev/null | awk '/^Slot/ { print $2 }' | while read -r slot; do
        p11 --slot-index "$slot" --read-object --type cert -o any.der --id "$(slot_id "$slot")" >/dev/null 2>&1
        if openssl x509 -inform DER -in any.der -noout -text | grep -q "$1"; then
            echo "$slot"
            break
        fi
    done
}

slot_id()
{
    p11 --slot-index "$1" --list-objects --type privkey 2>/dev/null | awk '$1 == "ID:" { print $2; exit }'
}

# use TEXT: the slot with such a key; its certificate and public key in cert.pem and public.pem
use()
{
    slot=$(slot_of "$1")
    [ -n "$slot" ] || fail "there is no key \"$1\""
    id=$(slot_id "$slot")
    p11 --slot-index "$slot" --read-object --type cert --id "$id" -o cert.der >/dev/null 2>&1
    openssl x509 -inform DER -in cert.der -out cert.pem
    openssl x509 -in cert.pem -noout -pubkey -out public.pem
}

sign()
{
    rm -f data.sig
    p11 --slot-index "$slot" --id "$id" --sign --input-file "$data" --output-file data.sig "$@"
}

# verify OPTION...: OpenSSL alone, over contract.txt
verify()
{
    openssl dgst "$@" -verify public.pem -signature data.sig contract.txt
}
