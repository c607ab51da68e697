#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `smartca status` says of money: limits of one's own with what is spent and left, and what a service that counts says is
# left in the pack.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl
begin
person=012345678911
serial=$(helper serial "$sim" $person khoa-rsa2048)

sign_one()
{
    echo "file number $1" >"file-$1"
    p11 --sign --id "$id" -m SHA256-RSA-PKCS -i "file-$1" -o "file-$1.sig"
}

# left: what the service says, as the status has it
left()
{
    "$tool" status --json | json accounts.0.counts.0.signatures_left
}

same_day 60
service_account rssp work $person "serial-number = $serial" "max-per-day = 10" "max-per-program = pkcs11-tool:4, soffice.bin:2"
"$tool" refresh >/dev/null 2>&1
certificate_files
id=$(key_id)
equal "the service counts: 1000" "$(left)" 1000
expect "people are told so" "work: 1000 left in the pack of Ngô Thị Khóa \([0-9a-f]+\), as the service said at 20[0-9-]+ [0-9:]+" "$tool" status
check "a signature" sign_one 1
check "another" sign_one 2
expect "OpenSSL verifies it" "Verified OK" verified file-2 file-2.sig
check "the certificates are fetched again" "$tool" refresh
equal "two fewer" "$(left)" 998
expect "998 are told" "work: 998 left in the pack" "$tool" status
expect "a limit of one's own" "work: 2 of your own limit of 10 a day spent, 8 left" "$tool" status
program=$(logged_as pkcs11-tool)
if remote; then
    skip "a limit of a program" "behind p11-kit's server all programs are $program"
else
    expect "a limit of a program" "work, pkcs11-tool: 2 of your own limit of 4 a day spent, 2 left" "$tool" status
fi
expect "one that nothing was spent of" "work, soffice.bin: 0 of your own limit of 2 a day spent, 2 left" "$tool" status
sed -i 's/^language = .*/language = vi/' "$conf"
expect "in Vietnamese" "work: còn 998 lượt ký trong gói của Ngô Thị Khóa" "$tool" status
expect "the limits, too" "work: đã dùng 2 trong giới hạn tự đặt 10 chữ ký mỗi ngày, còn 8" "$tool" status

# Services that say nothing of it, and no limits: nothing is made up.
new_home "home without"
account work 012345678901
"$tool" refresh >/dev/null 2>&1
equal "a service that does not count" "$("$tool" status --json | json accounts.0.counts)" "[]"
equal "nothing of packs or limits is said" "$("$tool" status | grep -cE 'pack|limit')" 0
