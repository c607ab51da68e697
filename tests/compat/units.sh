#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The systemd units: they are valid, and the agent lives by a socket that systemd holds.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl systemd-analyze systemd-socket-activate
begin
units=$inst/lib/systemd/user

for unit in smartca-agent.socket smartca-agent.service smartca-refresh.timer smartca-refresh.service \
    p11-kit-smartca.socket p11-kit-smartca.service p11-kit-smartca-snap@.socket p11-kit-smartca-snap@.service; do
    SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --user --man=no "$units/${unit/@/@firefox}" >verified 2>&1
    equal "$unit is valid" "$(grep -v -e "/usr/lib/systemd" -e "^$" verified)" ""
done

# The number counts what an unprivileged manager cannot take away (capabilities, name spaces); it may not grow.
for unit in smartca-agent.service smartca-refresh.service; do
    exposure=$(systemd-analyze security --user --offline=true --no-pager "$units/$unit" 2>&1 | sed -n 's/.*exposure level for .*: \([0-9.]*\).*/\1/p')
    echo "# $unit: exposure ${exposure:-unknown}"
    check "$unit is as closed as it was" awk -v is="${exposure:-10}" 'BEGIN { exit !(is <= 7.3) }'
done

# What the unit says, done by hand, since there is no user manager here.
listen=$(sed -n 's/^ListenStream=//p' "$units/smartca-agent.socket")
equal "the socket is where programs look" "${listen/"%t"/$XDG_RUNTIME_DIR}" "$XDG_RUNTIME_DIR/smartca/agent.sock"
read -r -a start <<<"$(sed -n 's/^ExecStart=//p' "$units/smartca-agent.service")"
mkdir -m 700 "$XDG_RUNTIME_DIR/smartca"
systemd-socket-activate --listen="$XDG_RUNTIME_DIR/smartca/agent.sock" \
    --setenv=HOME --setenv=XDG_RUNTIME_DIR --setenv=LC_ALL --setenv=PATH "${start[@]}" >activated 2>&1 &
activator=$!
until [ -S "$XDG_RUNTIME_DIR/smartca/agent.sock" ]; do
    kill -0 $activator || break
    sleep 0.1
done
chmod "$(sed -n 's/^SocketMode=//p' "$units/smartca-agent.socket")" "$XDG_RUNTIME_DIR/smartca/agent.sock"
account work 012345678901
check "the certificate can be read" certificate_files
echo "a file" >file
check "a program signs" p11 --sign --id "$(key_id)" -m SHA256-RSA-PKCS -i file -o file.sig
expect "OpenSSL verifies it" "Verified OK" verified file file.sig
# systemd-socket-activate becomes the service with the first connection.
equal "through the agent that was started with the socket" "$("$tool" status --json | json pid)" "$activator"
