#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Poppler's pdfsig. It signs twice: first always the same bytes, to measure, then the document. The
# measuring pass costs once per certificate; afterwards its signature is known.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pdfsig certutil modutil
begin
account work 012345678901
# shellcheck source=tests/compat/lib-nss.sh
. "$compat/lib-nss.sh"
nss_database db
nick="Nguyễn Thị Mẫu:Nguyễn Thị Mẫu"

# sign FILE: pdfsig signs; newer poppler may end badly in NSS's exit handler after the file is written
sign()
{
    pdfsig -nssdir sql:db -add-signature -nick "$nick" "$1" "signed-$1"
}
trusted()
{
    pdfsig -nssdir sql:db "$1" && ! grep -q "Signature Validation: Signature is Invalid" "$box/said"
}
for n in 1 2 3; do
    helper pdf "$n.pdf"
    echo "% $n" >>"$n.pdf"
done
host "poppler pdfsig" "$(package_version poppler-utils)"
action "sign a PDF, the first with this certificate"
check "a document is signed" sign 1.pdf
expect "pdfsig verifies it" "Signature Validation: Signature is Valid" trusted signed-1.pdf
expect "and trusts the certificate" "Certificate Validation: Certificate is Trusted" trusted signed-1.pdf
equal "two signatures paid, one of them for measuring" "$(counter paid)" 2
action "sign another PDF"
check "a second one" sign 2.pdf
expect "pdfsig verifies it" "Signature Validation: Signature is Valid" trusted signed-2.pdf
equal "one more paid: the measuring pass was known" "$(counter paid)" 3
end_action
stop_agents
check "a third one, with a new agent" sign 3.pdf
equal "one more paid: the measuring pass is still known" "$(counter paid)" 4
equal "one prompt each" "$(counter prompts)" 4
