#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proxies as curl's users expect them: HTTPS_PROXY, ALL_PROXY, NO_PROXY of the program that starts the agent. A proxy sees which
# server is meant and nothing else; what opens it stands in no log.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl
begin
secret="proxy-canary-7Wq2"

# start_proxy NAME [USER:PASSWORD]: its address in $proxy
start_proxy()
{
    mkdir -p "$box/$1"
    /usr/bin/python3 "$compat/proxy_server.py" "$box/$1" "${@:2}" 2>"$box/$1/said" &
    until [ -s "$box/$1/url" ]; do
        kill -0 $! 2>/dev/null || die "the proxy did not start: $(cat "$box/$1/said")"
        sleep 0.05
    done
    proxy=$(cat "$box/$1/url")
    : >"$box/$1/seen"
}

# with_home NAME: a home of its own whose agent logs everything
with_home()
{
    new_home "$1"
    fresh_counters
    service_account "${2:-vnpt-smartca}" work "${3:-012345678901}"
    log=$HOME/smartca.log
    sed -i "s|^language = en|language = en\nlog-level = debug\nlog-file = $log|" "$conf"
}

sign()
{
    echo "$RANDOM $1" >file
    rm -f file.sig
    shift
    env "$@" timeout --foreground 60 pkcs11-tool --module "$box/mô đun.so" --sign -m SHA256-RSA-PKCS -i file -o file.sig </dev/null
}

# seen NAME: how often the proxy was used
seen()
{
    wc -l <"$box/$1/seen"
}

service=$(sed -e 's|.*//||' -e 's|/.*||' "$sim/url")
start_proxy plain
plain=$proxy
start_proxy locked "anna:$secret"
locked=$proxy

for name in HTTPS_PROXY https_proxy ALL_PROXY; do
    with_home "home of $name"
    : >"$box/plain/seen"
    check "$name: signs" sign "$name" "$name=$plain"
    check "$name: the proxy was used" test "$(seen plain)" -gt 0
    equal "$name: one paid" "$(counter paid)" 1
    equal "$name: it saw CONNECT, and no header of ours" "$(sort -u "$box/plain/seen")" \
        "CONNECT $service host,proxy-connection,user-agent"
done
expect "what a proxy says of time and patience is not taken for the service's" "clock agrees" "$tool" doctor

with_home "home with an exception"
: >"$box/plain/seen"
check "NO_PROXY: signs" sign "exception" "HTTPS_PROXY=$plain" "NO_PROXY=example.org,127.0.0.1"
equal "NO_PROXY: the proxy was not used" "$(seen plain)" 0

# Log-ins carry a bearer token: it is for the service, not for the proxy.
with_home "home with a token" viettel-mysign CMT_012345678901
: >"$box/plain/seen"
check "with a token: signs" sign "token" "HTTPS_PROXY=$plain"
equal "with a token: no Authorization at the proxy" "$(grep -ci authorization "$box/plain/seen")" 0

with_home "home with a locked proxy"
check "user name and password: signs" sign "locked" "HTTPS_PROXY=${locked/\/\//\/\/anna:$secret@}"
equal "user name and password: one paid" "$(counter paid)" 1
check "there is a log to look at" grep -q . "$log"
equal "user name and password: not in the log" "$(grep -c -e "$secret" -e "$(printf 'anna:%s' "$secret" | base64)" "$log")" 0

with_home "home with a wrong password"
refuse "a wrong password: refused" "CKR_DEVICE_ERROR|CKR_TOKEN_NOT_PRESENT|[Nn]o slots" \
    sign "wrong" "HTTPS_PROXY=${locked/\/\//\/\/anna:$secret-wrong@}"
equal "a wrong password: nothing paid" "$(counter paid)" 0
equal "a wrong password: not in the log" "$(grep -c "$secret" "$log")" 0
equal "a wrong password: the service was never reached" "$(counter requests_total)" 0

with_home "home with a dead proxy"
refuse "a proxy that is not there: refused" "CKR_DEVICE_ERROR|CKR_TOKEN_NOT_PRESENT|[Nn]o slots" \
    sign "dead" "HTTPS_PROXY=http://anna:$secret@127.0.0.1:9"
equal "a proxy that is not there: no way round it" "$(counter requests_total)" 0
equal "a proxy that is not there: not in the log" "$(grep -c "$secret" "$log")" 0
