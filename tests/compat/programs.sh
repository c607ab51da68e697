#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An account's list of programs (programs =): who is in it signs, who is not is refused before the phone rings, told why and
# what to do, and does not get what another one has paid for.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl
begin

# path_of PROGRAM: its file, as the kernel has it
path_of()
{
    readlink -f "$(command -v "$1")"
}

sign_with()
{
    rm -f file.sig
    timeout --foreground 60 "$1" --module "$box/mô đun.so" --sign --id "$id" -m SHA256-RSA-PKCS -i file -o file.sig </dev/null
}

account work 012345678901 "programs = $(path_of openssl), $(path_of pkcs11-tool)"
check "a listing is free for all" certificate_files
id=$(key_id)
cp "$(path_of pkcs11-tool)" "$box/một bản sao"
echo one >file
refuse "a copy of a program is another program" "CKR_FUNCTION_REJECTED|0x200" sign_with "$box/một bản sao"
equal "the phone did not ring" "$(counter prompts)" 0
expect "the log names the path to add" "$box/một bản sao is not in its list of programs. Nothing was sent" last_log sentence
equal "and has a word for it" "$(last_log outcome)" program
check "a program of the list signs" sign_with pkcs11-tool
check "it verifies" verified file file.sig
refuse "the other one does not get the same signature from memory" "CKR_FUNCTION_REJECTED|0x200" sign_with "$box/một bản sao"
expect "smartca doctor shows the list" "only these programs may sign: $(path_of openssl), $(path_of pkcs11-tool)" "$tool" doctor

account work 012345678901 "programs = $box/một bản sao"
check "the list is obeyed as soon as it changes" sign_with "$box/một bản sao"
refuse "in both directions" "CKR_FUNCTION_REJECTED|0x200" sign_with pkcs11-tool
LC_ALL=C.UTF-8 sed -i 's/^language = .*/language = vi/' "$conf"
refuse "in Vietnamese, too" "CKR_FUNCTION_REJECTED|0x200" sign_with pkcs11-tool
expect "with the path" "không được ký bằng tài khoản work: $(path_of pkcs11-tool)" last_log sentence

# A script is its interpreter, and p11-kit's server signs for all its clients.
new_home "home of a script"
fresh_counters
python=$(path_of /usr/bin/python3)
cat >sign.py <<PYTHON
#!/usr/bin/python3
import subprocess, sys
sys.exit(subprocess.run(sys.argv[1:]).returncode)
PYTHON
account work 012345678901 "programs = $python"
certificate_files
refuse "a child of a program in the list is a program of its own" "CKR_FUNCTION_REJECTED|0x200" \
    "$python" sign.py pkcs11-tool --module "$box/mô đun.so" --sign --id "$id" -m SHA256-RSA-PKCS -i file -o file.sig
account work 012345678901 "programs = /nowhere/soffice.bin"
expect "a path without a program is warned of" "there is no program /nowhere/soffice.bin" "$tool" doctor
account work 012345678901 "programs = soffice.bin"
refuse "a name without a path forbids the account" "programs: Write whole paths" "$tool" doctor
equal "nothing was paid for" "$(counter paid)" 0
