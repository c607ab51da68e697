#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Java through SunPKCS11: keytool lists, jarsigner signs a jar, a program signs a tax declaration as XML.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
java=$(echo /usr/lib/jvm/java-17-openjdk-*/bin)
[ -x "$java/jarsigner" ] || skip_all "openjdk-17-jdk-headless is not installed"
need pkcs11-tool openssl xmlsec1 unzip
begin
account work 012345678901
check "the certificate can be read" certificate_files
export TZ=UTC
unset JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS
# Its configuration is read as Latin-1: the module's own path, without Vietnamese letters.
printf 'name = SmartCA\nlibrary = %s\nslotListIndex = 0\n' "$module" >p11.cfg
provider=(-addprovider SunPKCS11 -providerArg p11.cfg -keystore NONE -storetype PKCS11)
host Java "$("$java/java" -version 2>&1 | sed -n '1s/.*"\(.*\)".*/\1/p')"
limit=120

listed()
{
    "$java/keytool" -J-Duser.language=en -J-Dfile.encoding=UTF-8 -list "${provider[@]}" -storepass 12345678
}
expect "keytool lists the key" "PrivateKeyEntry" listed
alias=$("$java/keytool" -J-Duser.language=en -list -rfc "${provider[@]}" -storepass 12345678 2>/dev/null | sed -n 's/^Alias name: //p' | head -n 1)
equal "and nothing was signed for it" "$(counter prompts)" 0

mkdir -p jar
echo "a program" >jar/program.txt
"$java/jar" --create --file plain.jar -C jar program.txt
action "sign a jar"
check "jarsigner signs a jar" "$java/jarsigner" "${provider[@]}" -storepass 12345678 -sigalg SHA256withRSA \
    -signedjar signed.jar plain.jar "$alias"
end_action
expect "jarsigner verifies it" "jar verified" "$java/jarsigner" -J-Duser.language=en -verify signed.jar
unzip -q -o signed.jar -d unpacked
block=$(echo unpacked/META-INF/*.RSA)
expect "OpenSSL verifies its signature" "successful" openssl cms -verify -inform DER -in "$block" \
    -content "${block%.RSA}.SF" -binary -CAfile "$sim/root.pem" -certfile "$sim/chain.pem" -purpose any -out /dev/null
equal "one paid" "$(counter paid)" 1

cat >declaration.xml <<XML
<?xml version="1.0" encoding="UTF-8"?>
<HSoThueDTu xmlns="http://kekhaithue.example.vn/TKhaiThue"><HSoKhaiThue id="NODEKY"><TTinChung><NNT><mst>0100000000</mst>
<tenNNT>Công ty TNHH Mẫu Thử</tenNNT></NNT></TTinChung><CTieuTKhaiChinh><ct21>0</ct21></CTieuTKhaiChinh></HSoKhaiThue></HSoThueDTu>
XML
action "sign a tax declaration (XML)"
check "a Java program signs a tax declaration" "$java/java" -Dfile.encoding=UTF-8 "$compat/TaxSigner.java" p11.cfg declaration.xml signed.xml
end_action
expect "xmlsec1 verifies it" "OK" xmlsec1 --verify --trusted-pem "$sim/root.pem" --untrusted-pem "$sim/chain.pem" signed.xml
sed -i 's/<ct21>0/<ct21>1/' signed.xml
refuse "and finds a changed number" "FAIL" xmlsec1 --verify --trusted-pem "$sim/root.pem" --untrusted-pem "$sim/chain.pem" signed.xml
equal "one more paid" "$(counter paid)" 2

order /switch '{"auto": "reject"}' >/dev/null
refuse "rejected on the phone: no jar" "." "$java/jarsigner" "${provider[@]}" -storepass 12345678 -sigalg SHA256withRSA \
    -signedjar rejected.jar plain.jar "$alias"
equal "nothing paid for it" "$(counter paid)" 2
