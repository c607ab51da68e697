#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# LibreOffice without a screen: makes a document, exports it as a signed PDF. Sourced.

office()
{
    MOZILLA_CERTIFICATE_FOLDER=sql:$PWD/db soffice --headless --norestore \
        "-env:UserInstallation=file://${HOME// /%20}/office" "$@"
}

# make_odt TEXT NAME: NAME.odt with this text
make_odt()
{
    printf '%s\n' "$1" >"$2.txt"
    office --infilter="Text (encoded):UTF8" --convert-to odt "$2.txt" && [ -s "$2.odt" ]
}

# export_signed FILE.odt: FILE.pdf, signed with the key of cert.pem
export_signed()
{
    local subject filter
    subject=$(openssl x509 -in cert.pem -noout -subject -nameopt RFC2253,-esc_msb,utf8)
    filter='pdf:writer_pdf_Export:{"SignPDF":{"type":"boolean","value":"true"},'
    filter+='"SignCertificateSubjectName":{"type":"string","value":"'${subject#subject=}'"}}'
    office --convert-to "$filter" "$1" && [ -s "${1%.odt}.pdf" ]
}
