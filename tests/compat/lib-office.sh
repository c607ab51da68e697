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

# export_signed FILE.odt [URL]: FILE.pdf, signed with the key of cert.pem; with the stamp of a time stamp server
export_signed()
{
    local subject filter
    subject=$(openssl x509 -in cert.pem -noout -subject -nameopt RFC2253,-esc_msb,utf8)
    filter='pdf:writer_pdf_Export:{"SignPDF":{"type":"boolean","value":"true"},'
    [ $# = 1 ] || filter+='"SignatureTSA":{"type":"string","value":"'$2'"},'
    filter+='"SignCertificateSubjectName":{"type":"string","value":"'${subject#subject=}'"}}'
    office --convert-to "$filter" "$1" && [ -s "${1%.odt}.pdf" ]
}

# sign_odf FILE: by a macro in LibreOffice itself, and on a copy, which takes the file's place when it
# is signed
# shellcheck disable=SC2154 # compat is lib.sh's
sign_odf()
{
    local library="$HOME/office/user/basic/Standard"
    mkdir -p "$library"
    cp "$compat/sign_odf.xba" "$library/Module1.xba"
    cat >"$library/script.xlb" <<EOF
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false" library:passwordprotected="false"><library:element library:name="Module1"/></library:library>
EOF
    cp "$1" "$1.new"
    office "macro:///Standard.Module1.Sign(\"$PWD/$1.new\")"
    cat "$1.new.said"
    grep -q "^signed by" "$1.new.said" && mv "$1.new" "$1"
}
