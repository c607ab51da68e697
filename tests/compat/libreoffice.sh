#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# LibreOffice, headless, exports a document to a signed PDF; pdfsig checks it.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need soffice pdfsig certutil modutil
begin
account work 012345678901
# shellcheck source=tests/compat/lib-nss.sh
. "$compat/lib-nss.sh"
# shellcheck source=tests/compat/lib-office.sh
. "$compat/lib-office.sh"
nss_database db
certificate_files
limit=240

check "a document is made" make_odt "Tờ khai thuế" to-khai
check "LibreOffice signs it as PDF" export_signed to-khai.odt
signed_pdf()
{
    pdfsig -nssdir sql:db to-khai.pdf
}
expect "pdfsig verifies it" "Signature Validation: Signature is Valid" signed_pdf
expect "and trusts the certificate" "Certificate Validation: Certificate is Trusted" signed_pdf
equal "one signature paid" "$(counter paid)" 1
expect "the log names the program" "soffice" "$tool" log
rm -f to-khai.pdf
order /switch '{"auto": "reject"}' >/dev/null
export_signed to-khai.odt >/dev/null 2>&1
equal "no file when the person rejects" "$(ls to-khai.pdf 2>/dev/null)" ""
equal "and nothing paid" "$(counter paid)" 1
