#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# OpenSSL with libengine-pkcs11, configured for our module. Sourced after stage.sh.
engine=$(openssl version -e 2>/dev/null | sed 's/.*"\(.*\)"/\1/')/pkcs11.so

# engine_configuration: openssl.cnf
# shellcheck disable=SC2154 # box is the stage's
engine_configuration()
{
    cat >openssl.cnf <<EOF
openssl_conf = init
[init]
engines = engines
ssl_conf = ssl
[engines]
pkcs11 = pkcs11
[pkcs11]
engine_id = pkcs11
dynamic_path = $engine
MODULE_PATH = $box/mô đun.so
init = 0
[ssl]
system_default = tls
[tls]
EOF
}

# tls_setting LINE: into its last section, OpenSSL's settings for TLS
tls_setting()
{
    echo "$1" >>openssl.cnf
}

with_engine()
{
    OPENSSL_CONF=$PWD/openssl.cnf timeout --foreground 320 openssl "$@"
}

# The private key of the first slot as a PKCS#11 URI.
key_uri()
{
    echo "pkcs11:id=$(key_id | sed 's/../%&/g');type=private"
}
