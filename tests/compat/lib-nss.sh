#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An NSS database that trusts the simulator's authority and knows the module. Sourced by hosts of NSS.

# nss_database FOLDER
# shellcheck disable=SC2154 # sim and box are lib.sh's
nss_database()
{
    mkdir "$1"
    {
        certutil -N -d "sql:$1" --empty-password &&
            certutil -A -d "sql:$1" -n root -t C,C,C -i "$sim/root.pem" &&
            openssl x509 -in "$sim/chain.pem" -out issuer.pem &&
            certutil -A -d "sql:$1" -n issuer -t ,, -i issuer.pem &&
            modutil -dbdir "sql:$1" -add smartca -libfile "$box/mô đun.so" -force
    } >nssdb.log 2>&1 </dev/null || {
        cat nssdb.log
        die "the NSS database cannot be made"
    }
}
