#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A time stamp server of its own authority on loopback. Sourced after lib.sh.

# tsa_server: starts it; its address is $tsa, tsa.count says how many stamps it gave
# shellcheck disable=SC2034,SC2154 # tsa is for those who source this, compat is lib.sh's
tsa_server()
{
    local tries=0
    openssl req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -days 2 -subj "/CN=Time stamps of the test" \
        -addext extendedKeyUsage=critical,timeStamping -addext keyUsage=critical,digitalSignature >tsa.log 2>&1 ||
        die "the time stamp server's certificate cannot be made"
    echo 01 >tsa.serial
    cat >tsa.cnf <<EOF
[tsa]
default_tsa = one
[one]
serial = tsa.serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
EOF
    /usr/bin/python3 "$compat/tsa_server.py" "$PWD" >>tsa.log 2>&1 &
    until [ -s tsa.url ]; do
        tries=$((tries + 1))
        if [ $tries -gt 600 ] || ! kill -0 $! 2>/dev/null; then
            cat tsa.log
            die "the time stamp server did not start"
        fi
        sleep 0.1
    done
    tsa=$(cat tsa.url)
}
