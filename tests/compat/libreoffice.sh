#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# LibreOffice, headless, exports a document to a signed PDF, which pdfsig checks, and signs an
# OpenDocument file, which xmlsec checks.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need soffice pdfsig xmlsec1 unzip certutil modutil
begin
account work 012345678901
# shellcheck source=tests/compat/lib-nss.sh
. "$compat/lib-nss.sh"
# shellcheck source=tests/compat/lib-office.sh
. "$compat/lib-office.sh"
# shellcheck source=tests/compat/lib-tsa.sh
. "$compat/lib-tsa.sh"
nss_database db
certificate_files
limit=240

check "a document is made" make_odt "Tờ khai thuế" to-khai
host LibreOffice "$(package_version libreoffice-core-nogui)"
action "export a signed PDF"
check "LibreOffice signs it as PDF" export_signed to-khai.odt
end_action
signed_pdf()
{
    pdfsig -nssdir sql:db to-khai.pdf
}
expect "pdfsig verifies it" "Signature Validation: Signature is Valid" signed_pdf
expect "and trusts the certificate" "Certificate Validation: Certificate is Trusted" signed_pdf
equal "one signature paid" "$(counter paid)" 1
expect "the log names the program" "$(logged_as soffice)" "$tool" log
rm -f to-khai.pdf
order /switch '{"auto": "reject"}' >/dev/null
export_signed to-khai.odt >/dev/null 2>&1
equal "no file when the person rejects" "$(ls to-khai.pdf 2>/dev/null)" ""
equal "and nothing paid" "$(counter paid)" 1

order /switch '{"auto": "approve"}' >/dev/null
action "sign an OpenDocument file"
expect "LibreOffice signs the document itself" "^signed by .*CN=Nguyễn Thị Mẫu" sign_odf to-khai.odt
end_action
equal "one more paid" "$(counter paid)" 2
check_odf()
{
    (cd content && xmlsec1 --verify --id-attr:Id SignatureProperty --id-attr:Id SignedProperties --trusted-pem "$sim/root.pem" \
        --untrusted-pem ../issuer.pem META-INF/documentsignatures.xml)
}
unzip -q -d content to-khai.odt
expect "xmlsec verifies it" "^OK" check_odf
sed -i 's/Tờ khai thuế/Tờ khai khác/' content/content.xml
refuse "and would see a change" "FAIL" check_odf
make_odt "Tờ khai khác" other >/dev/null 2>&1
order /switch '{"auto": "reject"}' >/dev/null
refuse "rejected: not signed" "^not signed" sign_odf other.odt
equal "no signature in the document" "$(unzip -l other.odt | grep -c documentsignatures)" 0
equal "and nothing paid" "$(counter paid)" 2

# 7.4 signs twice for a time stamp: without the attribute that names the certificate, for the stamp, then with it.
# The two are different signatures, so both are paid for.
fresh_counters
order /switch '{"auto": "approve"}' >/dev/null
tsa_server
action "export a signed PDF with a time stamp"
check "LibreOffice signs with a time stamp" export_signed to-khai.odt "$tsa"
end_action
expect "pdfsig verifies it" "Signature Validation: Signature is Valid" signed_pdf
equal "one stamp was asked for" "$(cat tsa.count)" 1
equal "two signatures paid" "$(counter paid)" 2
equal "of different content" "$(counter repeated_digests)" 0
