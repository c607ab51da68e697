#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Ways of being loaded: early by the host's openssl.cnf, beside the host's own OpenSSL, twice, deep-bound, a thousand times.
# shellcheck source=tests/hazards/lib-hazard.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-hazard.sh"
need pkcs11-tool openssl curl ssh-keygen nm
# shellcheck source=tests/compat/lib-engine.sh
. "$compat/lib-engine.sh"
begin
account work 012345678901
certificate_files

cp "$module" copy.so
ln -sf "$module" link.so
documents one two
expect "loaded twice, a copy: both sign" "two libraries" "$hazard" twice "$module" ./copy.so one two
check "loaded twice, a copy: OpenSSL verifies both" all_verified one two
documents one two
expect "loaded twice, a link: it is one library" "one library" "$hazard" twice "$module" ./link.so one two
check "loaded twice, a link: OpenSSL verifies both" all_verified one two
equal "loaded twice: four paid" "$(counter paid)" 4

signs "RTLD_DEEPBIND" deep "$hazard" deepbind "$module" deep
expect "loaded and unloaded 1,000 times: no descriptor, thread or memory is left" "^1000 rounds" \
    env GLIBC_TUNABLES=glibc.malloc.tcache_count=0 "$hazard" reload "$module" 1000
sed 's/^/# /' said

# What Node.js does to a module; compat/node.sh has the real one.
nm -D --undefined-only "$inst/lib/smartca/smartca-crypto.so" | awk '$1 == "U" && $2 !~ /GLIBC/ { sub("@.*", "", $2); print $2 }' | sort >needed
nm -D --defined-only "$hazards/openssl_host" | awk '{ print $3 }' | sort >exported
equal "the host exports all of OpenSSL that we use" "$(comm -23 needed exported)" ""
signs "host with an OpenSSL of its own" own "$hazards/openssl_host" "$module" own

# The engine as openssl.cnf can have it: ready in every program, its module loaded with the first key.
if [ -f "$engine" ]; then
    engine_configuration
    sed -i 's/^init = 0/init = 1/' openssl.cnf
    uri=$(key_uri)
    signs "openssl.cnf makes the engine ready" ready with_engine dgst -engine pkcs11 -keyform engine -sha256 -sign "$uri" \
        -out ready.sig ready
    check "openssl.cnf makes the engine ready: curl works" env OPENSSL_CONF="$PWD/openssl.cnf" curl --silent --noproxy '*' \
        --cacert "$sim/ca.pem" --output /dev/null "$(cat "$sim/url")/"
else
    skip "openssl.cnf makes the engine ready" "libengine-pkcs11-openssl is not installed"
fi

# ---- openssl.cnf loads the module into every program of OpenSSL, agent included. Debian 12 has no pkcs11-provider, and its
# engine_pkcs11 (0.4.12) waits for the first key; early_provider.c does what others of either kind have done.
cat >early.cnf <<EOF2
openssl_conf = init
[init]
providers = providers
[providers]
default = ordinary
early = early
[ordinary]
activate = 1
[early]
module = $hazards/early.so
activate = 1
pkcs11-module = $module
EOF2

early()
{
    OPENSSL_CONF=$PWD/early.cnf timeout 60 "$@" </dev/null
}

# Within this time no wait of the agent for itself (5 s) fits.
quick=(timeout 4)

# cold NAME [line]...: a home where nothing was listed yet
cold()
{
    new_home "home $1"
    shift
    fresh_counters
    account work 012345678901 "$@"
}

cold openssl
expect "openssl.cnf loads it, nothing listed yet: openssl works" "^[0-9a-f]{16}$" early "${quick[@]}" openssl rand -hex 8
check "and the module listed what there is" test -s "$HOME/.cache/smartca/tokens"
cold curl
expect "openssl.cnf loads it, nothing listed yet: curl works" "[0-9]{3}" early "${quick[@]}" curl --silent --noproxy '*' \
    --cacert "$sim/ca.pem" --output /dev/null --write-out '%{http_code}' "$(cat "$sim/url")/"
cold ssh
# A key on a curve: to look for the primes of the other kind may take seconds.
check "openssl.cnf loads it, nothing listed yet: ssh-keygen works" early "${quick[@]}" ssh-keygen -q -t ecdsa -N "" -f "$HOME/key"
check "and the module listed what there is, for ssh-keygen, too" test -s "$HOME/.cache/smartca/tokens"

cold agent
early "$tool" agent --foreground >agent.out 2>&1 &
until [ -n "$(agent_pids)" ] || ! kill -0 $! 2>/dev/null; do sleep 0.1; done
expect "openssl.cnf loads it into the agent: it lists at once" "Nguyễn Thị Mẫu" "${quick[@]}" "$tool" certs
signs "openssl.cnf loads it into the agent" inside p11 --sign -m SHA256-RSA-PKCS -i inside -o inside.sig
equal "openssl.cnf loads it into the agent: there is one" "$(agent_pids | wc -w)" 1

# A secret that is fetched by a program of OpenSSL, while the agent waits for it.
printf '#!/bin/sh\nOPENSSL_CONF="%s/early.cnf" openssl rand -hex 8 >/dev/null && cat "%s/secret"\n' "$box" "$box" >fetch
chmod 700 fetch
cold command
sed -n 's/^sp-password = //p' "$conf" >secret
sed -i "s|^sp-password = .*|sp-password = command:\"$box/fetch\"|" "$conf"
expect "openssl.cnf loads it into what fetches a secret: the listing is complete" "Nguyễn Thị Mẫu" "${quick[@]}" "$tool" certs

reason=$(why_no_namespace)
if [ -z "$reason" ]; then
    cold system
    documents everywhere
    limit=60
    # shellcheck disable=SC2016 # for the shell inside
    check "the system's openssl.cnf loads it everywhere: pkcs11-tool lists and signs" in_namespace '
        mount --bind early.cnf /etc/ssl/openssl.cnf || exit
        timeout 4 pkcs11-tool --module "$1" --list-slots | grep "Nguyễn Thị Mẫu" || exit
        pkcs11-tool --module "$1" --sign -m SHA256-RSA-PKCS -i everywhere -o everywhere.sig' "$module"
    check "the system's openssl.cnf loads it everywhere: OpenSSL verifies it" all_verified everywhere
    equal "the system's openssl.cnf loads it everywhere: one paid" "$(counter paid)" 1
else
    skip "the system's openssl.cnf loads it everywhere" "$reason"
fi
