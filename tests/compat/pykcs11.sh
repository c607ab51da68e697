#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# PyKCS11: a Python program lists every object with every attribute, signs and verifies.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl
/usr/bin/python3 -c 'import PyKCS11' 2>/dev/null || skip_all "python3-pykcs11 is not installed"
known=()
[ "${SMARTCA_TEST_THROUGH:-}" != p11-kit-client ] || known=(known)
begin
account work 012345678901
check "the certificate can be read" certificate_files
host PyKCS11 "$(package_version python3-pykcs11)"
echo "a file" >file
action "sign a file"
expect "it lists, signs and verifies" "verified True" /usr/bin/python3 "$compat/pykcs11.py" "$box/mô đun.so" file file.sig "${known[@]}"
end_action
expect "OpenSSL verifies it" "Verified OK" verified file file.sig
equal "one prompt, one paid" "$(counter prompts) $(counter paid)" "1 1"
