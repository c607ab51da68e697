#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# OpenSSH: a login to a server on this computer with the key of the certificate, by the client itself and by its agent. It asks
# for SHA-512 unless told otherwise, which a service of SHA-256 refuses before the phone rings.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need ssh ssh-agent ssh-add ssh-keygen pkcs11-tool
sshd=$(command -v sshd) || skip_all "openssh-server is not installed"
[ "$(id -u)" = 0 ] || skip_all "only root can let somebody in here"
begin
account work 012345678901
check "the certificate can be read" certificate_files
host OpenSSH "$(package_version openssh-client)"

expect "ssh-keygen -D lists the key" "^ssh-rsa " ssh-keygen -D "$module"
cp said keys
mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N "" -f "$box/host_key"
grep '^ssh-rsa' keys | head -n 1 >"$box/authorized"
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >sshd_config <<EOF2
ListenAddress 127.0.0.1
Port $port
HostKey "$box/host_key"
AuthorizedKeysFile "$box/authorized"
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
EOF2
"$sshd" -D -e -f "$box/sshd_config" 2>sshd.log &
until grep -q "Server listening" sshd.log || ! kill -0 $!; do sleep 0.1; done

login()
{
    timeout 60 ssh -F none -o "UserKnownHostsFile=\"$box/known\"" -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o IdentitiesOnly=no \
        -o LogLevel=ERROR -p "$port" "$@" root@127.0.0.1 echo "logged in with a token" </dev/null
}
sha256=(-o PubkeyAcceptedAlgorithms=rsa-sha2-256)
action "log in"
expect "ssh logs in with SHA-256" "logged in with a token" login "${sha256[@]}" -o "PKCS11Provider=$module"
end_action
equal "one prompt, one paid" "$(counter prompts) $(counter paid)" "1 1"
denied()
{
    login "$@"
    [ $? = 255 ] # ssh's own failure, not the command's
}
expect "SHA-512 is refused" "Permission denied" denied -o PubkeyAcceptedAlgorithms=rsa-sha2-512 -o "PKCS11Provider=$module"
equal "before the phone rings" "$(counter prompts)" 1
expect "and the person is told why" "SHA-512" last_log sentence

# The agent takes modules of known folders only, and asks for a PIN that is not needed.
printf '#!/bin/sh\necho 0000\n' >askpass && chmod 700 askpass
with_agent()
{
    # shellcheck disable=SC2016 # the inner shell expands it
    SSH_ASKPASS=$PWD/askpass SSH_ASKPASS_REQUIRE=force ssh-agent -P "$(realpath "$module")" bash -c \
        'ssh-add -s "$0" && ssh-add -L && '"$(declare -f login)"' && port=$1 box=$2 && login -o PubkeyAcceptedAlgorithms=rsa-sha2-256' \
        "$(realpath "$module")" "$port" "$box"
}
action "log in through ssh-agent"
expect "ssh-agent logs in" "logged in with a token" with_agent
end_action
equal "one more prompt, one more paid" "$(counter prompts) $(counter paid)" "2 2"
