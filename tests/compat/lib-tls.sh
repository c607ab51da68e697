#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A web server on loopback that lets in whom the simulator's authority knows, for clients that log
# in with a certificate. Sourced after lib.sh.

# tls_authority: web-ca.pem, which clients trust for the server, and the server's web.pem, web.key
tls_authority()
{
    {
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout web-ca.key -out web-ca.pem \
            -subj "/CN=Web CA of the test" -days 2 -addext keyUsage=critical,keyCertSign &&
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout web.key -out web.csr -subj /CN=localhost &&
            printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' >web.ext &&
            openssl x509 -req -in web.csr -CA web-ca.pem -CAkey web-ca.key -set_serial 2 -days 2 -extfile web.ext -out web.pem
    } >web.log 2>&1 || {
        cat web.log
        die "the web server's certificate cannot be made"
    }
}

# tls_server NAME VERSION [OPTION]...: starts one that speaks this TLS version only ("1.2", "1.3");
# its page is at $web. Who came is in NAME.jsonl (web_server.py).
# shellcheck disable=SC2154,SC2034 # sim is the stage's, web for those who source this
tls_server()
{
    local name=$1 version=$2 tries=0
    shift 2
    /usr/bin/python3 "$compat/web_server.py" --tls "$version" --certificate web.pem --key web.key \
        --clients "$sim/root.pem" --url "$name.url" --log "$name.jsonl" "$@" >"$name.out" 2>&1 &
    until [ -s "$name.url" ]; do
        tries=$((tries + 1))
        if [ $tries -gt 600 ] || ! kill -0 $! 2>/dev/null; then
            cat "$name.out"
            die "the web server did not start"
        fi
        sleep 0.1
    done
    web=$(cat "$name.url")
}

# http_request: what asks for the page, for clients that only carry bytes
http_request()
{
    printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
}

# came NAME FIELD: of the last client that got a page: name, serial, tls, path
came()
{
    tail -n 1 "$1.jsonl" | json "$2"
}
