#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# p11-kit finds the module through a module file. As root p11-kit heeds the system's folder only, so
# that folder is covered by ours in a private mount namespace.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need p11-kit p11tool
# shellcheck source=tests/compat/lib-apart.sh
. "$compat/lib-apart.sh"
system=$(pkg-config --variable=p11_module_configs p11-kit-1 2>/dev/null || echo /usr/share/p11-kit/modules)
[ -d "$system" ] || skip_all "p11-kit's module folder $system is missing"
begin
account work 012345678901

mkdir modules
sed "s|^module:.*|module: $box/mô đun.so|" "$inst/share/p11-kit/modules/smartca.module" >modules/smartca.module
with_module_file()
{
    covered "$box/modules" "$system" "$@"
}
expect "the installed module file names the installed module" "^module: *($module|smartca-pkcs11.so)$" \
    cat "$inst/share/p11-kit/modules/smartca.module"
expect "and is not critical" "^critical: *no" cat "$inst/share/p11-kit/modules/smartca.module"
expect "p11-kit lists module and token" "token: Nguyễn Thị Mẫu" with_module_file p11-kit list-modules
expect "p11tool finds it through p11-kit" "pkcs11:.*Nguy" with_module_file p11tool --list-tokens
check "p11-kit's proxy carries it too" \
    with_module_file pkcs11-tool --module /usr/lib/x86_64-linux-gnu/p11-kit-proxy.so --list-slots
echo "through the proxy" >file
proxy_sign()
{
    with_module_file pkcs11-tool --module /usr/lib/x86_64-linux-gnu/p11-kit-proxy.so --sign \
        -m SHA256-RSA-PKCS --id "$(key_id)" -i file -o file.sig
}
host "p11-kit proxy" "$(package_version p11-kit)"
action "sign a file (pkcs11-tool)"
check "and signs" proxy_sign
end_action
certificate_files
expect "OpenSSL verifies it" "Verified OK" verified file file.sig
equal "one signature paid" "$(counter paid)" 1
