#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Thunderbird writes a message signed with S/MIME, from a profile that `smartca setup` has told of the
# module; OpenSSL verifies it. (The key signs the message's head and text; nothing is sent.)
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need thunderbird certutil modutil openssl
begin
# shellcheck source=tests/compat/lib-nss.sh
. "$compat/lib-nss.sh"
account work 012345678901
certificate_files
mozilla_profile "$HOME/.thunderbird"
check "smartca setup tells Thunderbird of the module" "$tool" setup --module "$box/mô đun.so" thunderbird

write_mail()
{
    timeout --foreground 300 /usr/bin/python3 "$compat/thunderbird_mail.py" "$profile" "$1"
}
host Thunderbird "$(package_version thunderbird)"
action "write a signed mail (S/MIME)"
expect "a mail is signed" "Nguyễn Thị Mẫu" write_mail tax.eml
end_action
expect "OpenSSL verifies it" "successful" openssl cms -verify -in tax.eml -CAfile "$sim/root.pem" -out text.txt -signer signer.pem
expect "it says what was written" "Kính gửi cơ quan thuế" openssl cms -verify -in tax.eml -CAfile "$sim/root.pem"
equal "by this certificate" "$(openssl x509 -in signer.pem -noout -serial)" "$(openssl x509 -in cert.pem -noout -serial)"
equal "one signature paid" "$(counter paid)" 1
order /switch '{"auto": "reject"}' >/dev/null
refuse "rejected on the phone: no mail" "." write_mail rejected.eml
equal "the log says so" "$(last_log outcome)" rejected
equal "no file" "$(ls rejected.eml 2>/dev/null)" ""
equal "nothing paid, asked once" "$(counter paid) $(counter prompts)" "1 2"
