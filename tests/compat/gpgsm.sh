#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# gpgsm through gnupg-pkcs11-scd: a CMS signature.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need gpgsm gpg-agent gpg-connect-agent gnupg-pkcs11-scd pkcs11-tool openssl
begin
account work 012345678901
check "the certificate can be read" certificate_files
host gpgsm "$(package_version gpgsm)"
# Its sockets' paths must be short.
GNUPGHOME=$(mktemp -d /tmp/gpg.XXXXXX)
export GNUPGHOME
cat >"$GNUPGHOME/gnupg-pkcs11-scd.conf" <<EOF2
providers smartca
provider-smartca-library $(realpath "$module")
EOF2
cat >"$GNUPGHOME/gpg-agent.conf" <<EOF2
scdaemon-program $(command -v gnupg-pkcs11-scd)
pinentry-program /bin/false
EOF2
printf 'disable-crl-checks\ndisable-policy-checks\n' >"$GNUPGHOME/gpgsm.conf"
openssl x509 -in "$sim/root.pem" -noout -fingerprint -sha1 | sed 's/.*=//; s/$/ S relax/' >"$GNUPGHOME/trustlist.txt"

end_gpg()
{
    gpgconf --kill gpg-agent
    rm -rf "$GNUPGHOME"
}
check "gpgsm takes the authority's certificates" gpgsm --batch --import "$sim/root.pem" "$sim/chain.pem"
check "and learns the card's" gpgsm --batch --learn-card
key=$(gpgsm --batch --list-keys --with-colons 2>/dev/null | awk -F: '$1 == "crs" || $1 == "crt" { seen = 1 } $1 == "fpr" && seen { f = $10 } $1 == "uid" && /Mẫu/ { print f; exit }')
echo "a letter" >letter
action "sign a letter (CMS)"
check "gpgsm signs" gpgsm --batch --disable-crl-checks -u "${key:-none}" --digest-algo SHA256 --detach-sign -o letter.p7s letter
end_action
# gpg-agent puts a zero byte before a card's signature whose first bit is set, and gpgsm leaves it there: gpgsm takes such a
# CMS, OpenSSL does not. Signed again, with another time in it, it may begin otherwise.
expect "gpgsm verifies it" "Good signature" gpgsm --batch --verify letter.p7s letter
signatures=1
signature_bytes()
{
    openssl asn1parse -inform DER -in letter.p7s | sed -n 's/.*l= *\([0-9]*\) prim: *OCTET STRING.*/\1/p' | tail -n 1
}
while [ "$(signature_bytes)" -ne 256 ] && [ $signatures -lt 40 ]; do
    echo "# $(signature_bytes) bytes of signature; once more"
    echo "a letter, $signatures" >letter
    rm -f letter.p7s
    gpgsm --batch --disable-crl-checks -u "$key" --digest-algo SHA256 --detach-sign -o letter.p7s letter >/dev/null 2>&1
    signatures=$((signatures + 1))
done
expect "OpenSSL verifies it" "successful" openssl cms -verify -inform DER -in letter.p7s -content letter -binary \
    -CAfile "$sim/root.pem" -certfile "$sim/chain.pem" -purpose any -out /dev/null
equal "one prompt, one paid for each" "$(counter prompts) $(counter paid)" "$signatures $signatures"
end_gpg
