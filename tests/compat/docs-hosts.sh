#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The commands in the pages of the hosts, as they stand there, with the real programs: docs/hosts/*.md, each for a new reader, after
# what docs/hosts.md has them do first. What the signatures are good for is proved by the hosts' own scripts.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/compat/lib-docs.sh
. "$compat/lib-docs.sh"
# shellcheck source=tests/compat/lib-nss.sh
. "$compat/lib-nss.sh"
# shellcheck source=tests/compat/lib-tls.sh
. "$compat/lib-tls.sh"
# shellcheck source=tests/compat/lib-office.sh
. "$compat/lib-office.sh"
# shellcheck source=tests/compat/lib-sandbox.sh
. "$compat/lib-sandbox.sh"
# shellcheck source=tests/compat/lib-engine.sh
. "$compat/lib-engine.sh"
limit=240
docs script "$top" docs/hosts.md >"$box/first"

# wants PROGRAM...: says which is missing
wants()
{
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || [ -e "$program" ] || { echo "$program is not installed"; return 1; }
    done
}

profile_of()
{
    mozilla_profile "$1"
    export PROFILE=$profile
}

# What is there before the page: programs, profiles, servers. Says what is missing and fails where something is.
ready_chromium() { wants chromium modutil && nss_trust "$HOME/.pki/nssdb"; }
ready_firefox() { wants firefox-esr modutil && profile_of "$HOME/.mozilla/firefox"; }
ready_thunderbird() { wants thunderbird modutil && profile_of "$HOME/.thunderbird"; }
ready_gnutls() { wants certtool p11tool; }
ready_gpgsm() { wants gpgsm gnupg-pkcs11-scd; }
ready_nss_tools() { wants certutil modutil cmsutil; }
ready_openssl_engine() { wants "$engine"; }
ready_p11_kit_proxy() { wants /usr/lib/x86_64-linux-gnu/p11-kit-proxy.so; }
ready_pkcs11_tool() { :; }
ready_poppler_pdfsig() { wants pdfsig certutil modutil; }
ready_pykcs11() { /usr/bin/python3 -c 'import PyKCS11' 2>/dev/null || { echo "python3-pykcs11 is not installed"; return 1; }; }

ready_curl()
{
    wants curl "$engine" && tls_authority && tls_server "twelve" 1.2 || return 1
    export SITE=$web CURL_CA_BUNDLE=$PWD/web-ca.pem NO_PROXY='*'
}

ready_java()
{
    wants keytool jarsigner jar && mkdir classes && echo "a program" >classes/program.txt &&
        jar --create --file program.jar -C classes program.txt
}

ready_libreoffice()
{
    wants soffice pdfsig modutil && profile_of "$HOME/.mozilla/firefox" || return 1
    make_odt "a contract" contract >/dev/null 2>&1
}

ready_flatpak_and_snap()
{
    wants flatpak modutil certutil "$(echo /usr/lib/*/pkcs11/p11-kit-client.so)" || return 1
    flatpak_homes
    snap_homes
    user_systemctl
    flatpak override --user --show org.mozilla.firefox >/dev/null
    PATH=$box/fake:$PATH
}

ready_node_js()
{
    wants node npm make g++ || return 1
    mkdir -p "$work/node"
    cp "$compat"/node/* "$work/node/"
    (
        cd "$work/node" || return 1
        [ ! -d /usr/include/node ] || export npm_config_nodedir=/usr
        [ -f node_modules/pkcs11js/build/Release/pkcs11.node ] || HOME=$work/node npm ci --no-audit --no-fund
    ) >"$box/npm" 2>&1 || { echo "pkcs11js cannot be built: $(tail -n 1 "$box/npm")"; return 1; }
    ln -s "$work/node/node_modules" node_modules
}

ready_osslsigncode()
{
    wants osslsigncode gcab "$engine" && gcab --create program.cab contract.txt
}

# A server on this computer lets in the owner of the key; somebody's ssh knows it as "server".
ready_openssh()
{
    local port
    wants ssh ssh-agent /usr/sbin/sshd || return 1
    mkdir -p /run/sshd 2>/dev/null || { echo "only root can let somebody in here"; return 1; }
    mkdir -p "$HOME/.ssh"
    chmod 700 "$HOME/.ssh"
    ssh-keygen -q -t ed25519 -N "" -f host_key
    ssh-keygen -D "$installed" 2>/dev/null | grep '^ssh-rsa' >authorized
    port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    printf '%s\n' "ListenAddress 127.0.0.1" "Port $port" "HostKey \"$PWD/host_key\"" "AuthorizedKeysFile \"$PWD/authorized\"" "PidFile none" \
        "StrictModes no" "UsePAM no" "PermitRootLogin yes" "PasswordAuthentication no" "KbdInteractiveAuthentication no" >sshd_config
    /usr/sbin/sshd -D -e -f "$PWD/sshd_config" 2>sshd.log &
    until grep -q "Server listening" sshd.log || ! kill -0 $!; do sleep 0.1; done
    printf '%s\n' "Host server" "HostName 127.0.0.1" "Port $port" "User root" "BatchMode yes" "StrictHostKeyChecking accept-new" \
        "UserKnownHostsFile \"$PWD/known\"" >"$HOME/.ssh/config"
    printf '#!/bin/sh\necho any\n' >askpass
    chmod 700 askpass
    export SERVER=server SSH_ASKPASS=$PWD/askpass SSH_ASKPASS_REQUIRE=force
}

end_gpgsm()
{
    gpgconf --kill gpg-agent
}

# What a page's commands cost; the others' cost nothing.
declare -A costs=([curl]=1 [gnutls]=1 [gpgsm]=1 [java]=1 [libreoffice]=1 [node-js]=1 [nss-tools]=1 [openssh]=3 [openssl-engine]=2
    [osslsigncode]=1 [pkcs11-tool]=1 [poppler-pdfsig]=2 [pykcs11]=1)
# Where the certificate is to be seen afterwards, or what has to be printed for it.
declare -A databases=([chromium]=.pki/nssdb [firefox]=.mozilla/firefox/thử [libreoffice]=.mozilla/firefox/thử [thunderbird]=.thunderbird/thử)
declare -A lists=([gnutls]="Label: Nguyễn Thị Mẫu" [p11-kit-proxy]="token label +: Nguyễn Thị Mẫu" [pkcs11-tool]="token label +: Nguyễn Thị Mẫu"
    [flatpak-and-snap]="Flatpak: set up in .*/.var/app/org.mozilla.firefox/")

# came_true NAME PAGE: after its commands were run
came_true()
{
    equal "$2: what it cost" "$(counter paid)" "${costs[$1]:-0}"
    [ -z "${databases[$1]:-}" ] ||
        expect "$2: the program sees the certificate" "Nguyễn Thị Mẫu:" certutil -L -h all -d "sql:$HOME/${databases[$1]}"
    [ -z "${lists[$1]:-}" ] || expect "$2: the token is listed" "${lists[$1]}" cat "$box/printed"
}

chosen=" ${DOCS_ONLY:-} "
while read -r page; do
    name=$(basename "$page" .md)
    [ "$chosen" = "  " ] || [ "${chosen/ $name /}" != "$chosen" ] || continue
    new_reader
    began=$SECONDS
    if "ready_${name//-/_}" >"$box/missing"; then
        run_page "$page" "$box/first"
        came_true "$name" "$page"
        [ "$(type -t "end_${name//-/_}")" != function ] || "end_${name//-/_}"
    else
        skip "$page" "$(tail -n 1 "$box/missing")"
    fi
    echo "# $name: $((SECONDS - began)) s"
done < <(docs pages "$top" | grep '^docs/hosts/')
