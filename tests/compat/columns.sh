#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the tool says fits a terminal of 80 columns, in both languages: tables, the log, every help.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool
begin
export PATH=$inst/bin:$PATH

account work 012345678901 "max-per-day = 9"
echo "a file" >file
sign()
{
    p11 --sign --id "$(key_id)" -m SHA256-RSA-PKCS -i file -o file.sig
}
check "one is signed" sign
order /switch '{"auto": "reject"}' >/dev/null
echo "another" >file
refuse "one is rejected" "CKR_FUNCTION_REJECTED|0x200" sign

for language in en vi; do
    sed -i "s/^language = .*/language = $language/" "$conf"
    for command in status certs log "account list" "setup --list" --help \
        {account,login,refresh,certs,status,watch,lock,log,reconcile,doctor,setup,unsetup,agent}" --help"; do
        # shellcheck disable=SC2086 # words of a command
        check "$language: $command" helper wide 80 smartca $command
    done
done

# What is too wide for a row is all there.
in_blocks()
{
    script -qec "stty cols 80; smartca certs" /dev/null </dev/null | tr -d '\r' >blocks
    smartca certs >rows
    [ "$(wc -l <rows)" = 2 ] && for word in $(tail -n 1 rows); do grep -qF "$word" blocks || return 1; done
}
check "certs: a line for each cell" in_blocks
expect "certs: beside its heading" "^SỐ SÊ-RI +[0-9a-f]{32}$" cat blocks
