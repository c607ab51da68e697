#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Odd places to be loaded in: no standard descriptors, no environment, chroot without /proc, a set-id program, a label that
# does not fit.
# shellcheck source=tests/hazards/lib-hazard.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-hazard.sh"
need pkcs11-tool openssl setpriv
begin
account work 012345678901
certificate_files

stop_agents
signs "descriptors 0 to 2 closed" closed "$hazard" closed-stdio "$module" closed

# ---- labels of 32 bytes: "ễ" has three, so one of three beginnings cuts it at each place
for begin in "" "a" "ab"; do
    new_home "home label$begin"
    account work 012345678901 "label = ${begin}ễễễễễễễễễễễễ"
    whole=$(((32 - ${#begin}) / 3))
    expect "label cut inside a letter, ${#begin} before: whole letters only" "^$begin(ễ){$whole}$" "$hazard" label "$module"
done
new_home "home label"
account work 012345678901 "label = Công ty TNHH Một thành viên Đầu tư Thương mại Dịch vụ"
expect "label cut: a company's name" "^Công ty TNHH Một thành vi" "$hazard" label "$module"

# ---- env -i: the home comes from the password database, the agent's place from the user's number
reason=$(why_no_namespace)
if [ -z "$reason" ]; then
    new_home home
    account work 012345678901
    printf 'person:x:%s:0::%s:/bin/sh\n' 0 "$HOME" >passwd
    documents bare
    # shellcheck disable=SC2016 # for the shell inside
    check "env -i: signed" in_namespace '
        mount --bind passwd /etc/passwd && mount -t tmpfs none /run && mkdir -p /run/user && mkdir -m 700 /run/user/0 &&
        env -i "$@"' "$hazard" sign "$module" bare
    check "env -i: OpenSSL verifies it" all_verified bare
else
    skip "env -i" "$reason"
fi

# ---- chroot: no /proc, no /dev, no password database; the agent is outside
# into_jail FILE...: with the libraries that it needs
into_jail()
{
    local file
    for file in "$@"; do
        cp --parents -L "$file" jail/
        ldd "$file" | grep -o '/[^ ]*' | xargs -r cp --parents -L -t jail/
    done
}
if [ "$(id -u)" != 0 ]; then
    skip "chroot without /proc" "only root may chroot"
else
    mkdir -p jail
    new_home jail/home
    mkdir -m 700 jail/run
    rmdir run && ln -s jail/run run
    export XDG_RUNTIME_DIR=$box/jail/run
    account work 012345678901
    check "chroot: listed outside" "$tool" certs
    into_jail "$hazard" "$hazards/libhazard-late.so" "$module" "$inst/lib/smartca/smartca-crypto.so"
    documents jailed
    cp jailed jail/
    check "chroot without /proc: signed" env HOME=/home XDG_RUNTIME_DIR=/run LD_LIBRARY_PATH="$hazards" \
        chroot jail "$hazard" sign "$module" /jailed
    mv jail/jailed.sig .
    check "chroot without /proc: OpenSSL verifies it" all_verified jailed
    stop_agents
    export XDG_RUNTIME_DIR=$box/run
    rm -rf jail
fi

# ---- set-id: nothing of the caller's environment counts
owner=54321 caller=54322
cp "$hazards/secure_host" plain
cp plain set-id

why_not_set_id()
{
    [ "$(id -u)" = 0 ] || { echo "only root can make a program set-id"; return; }
    [ -z "$reason" ] || { echo "$reason"; return; }
    setpriv --reuid $caller --regid $caller --clear-groups test -x "$tool" -a -r "$module" || {
        echo "other users cannot reach the build"
        return
    }
    chmod 711 "$box" && chown $owner set-id && chmod 4755 set-id
    as_caller ./set-id "$module" | grep -q "^set-id" || echo "set-id programs are not permitted here"
}

# as_caller COMMAND...: as the caller, with the owner's home in the password database
as_caller()
{
    # shellcheck disable=SC2016 # for the shell inside
    in_namespace 'mount --bind passwd /etc/passwd && exec setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"' $caller "$@"
}

# tricked HOME COMMAND...: the same with an environment that leads to the caller's own files
tricked()
{
    local theirs=$1
    shift
    as_caller env HOME="$theirs" XDG_RUNTIME_DIR="$theirs/run" SMARTCA_CONF="$theirs/.config/smartca/smartca.conf" \
        XDG_CONFIG_HOME="$theirs/.config" XDG_CACHE_HOME="$theirs/.cache" XDG_STATE_HOME="$theirs/.local/state" \
        SMARTCA_AGENT="$box/their-agent" SMARTCA_CRYPTO="$box/their-crypto.so" HAZARD_MARK="$box/marks/crypto" \
        SMARTCA_DEBUG=all "$@"
}

# a_home USER NAME: a home in which the account was listed, given to the user
a_home()
{
    new_home "$2"
    export SMARTCA_CONF=$conf # as the caller's environment says it
    account work 012345678901
    "$tool" certs >/dev/null
    stop_agents
    unset SMARTCA_CONF
    mkdir -m 700 "$2/run"
    chown -R "$1" "$2"
}

marks()
{
    echo marks/*
    rm -f marks/*
}

echo "person:x:$owner:$owner::$box/home owner:/bin/sh" >passwd
why=$(why_not_set_id)
if [ -n "$why" ]; then
    skip "set-id host" "$why"
    exit
fi
shopt -s nullglob
mkdir -m 777 marks && chmod 777 marks
printf '#!/bin/sh\ntouch "%s/marks/agent"\n' "$box" >their-agent
chmod 755 their-agent
cp "$hazards/marked_crypto.so" their-crypto.so
chmod 755 their-crypto.so plain
a_home $caller "home caller"
a_home $caller "home cold"
rm -rf "home cold/.cache"
new_home "home owner"
account work 012345678901
"$tool" certs >/dev/null
stop_agents
chown -R $owner "home owner"

expect "a plain host follows its environment" "^plain, slots 1" tricked "$box/home caller" ./plain "$module"
equal "so much that it loads what the environment says" "$(marks)" "marks/crypto"
expect "a plain host follows its environment to another agent" "^plain, slots 0" tricked "$box/home cold" ./plain "$module"
equal "and starts it" "$(marks)" "marks/agent"
for caller_home in "home caller" "home cold"; do
    check "a set-id host does not ($caller_home)" tricked "$box/$caller_home" ./set-id "$module"
    equal "it sees its owner's token, has digests and says nothing" "$(cat said)" "set-id, slots 1
digest"
    equal "it runs nothing of theirs" "$(marks)" ""
done
touch "home owner/.config/smartca/smartca.conf" # now the owner's list must be asked for
check "a set-id host that needs an agent" tricked "$box/home cold" ./set-id "$module"
equal "it starts none of theirs" "$(marks)" ""
rm -rf "/tmp/smartca-$owner"
