#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# NSS databases that trust the simulator's authority and know the module. Sourced by hosts of NSS.

# nss_trust FOLDER: a new database, which knows the authority only
# shellcheck disable=SC2154 # sim is the stage's
nss_trust()
{
    mkdir -p "$1"
    {
        certutil -N -d "sql:$1" --empty-password &&
            certutil -A -d "sql:$1" -n root -t C,C,C -i "$sim/root.pem" &&
            openssl x509 -in "$sim/chain.pem" -out issuer.pem &&
            certutil -A -d "sql:$1" -n issuer -t ,, -i issuer.pem
    } >nssdb.log 2>&1 </dev/null || {
        cat nssdb.log
        die "the NSS database cannot be made" "không tạo được cơ sở dữ liệu NSS"
    }
}

# nss_database FOLDER: the same with the module
# shellcheck disable=SC2154 # box is the stage's
nss_database()
{
    nss_trust "$1"
    modutil -dbdir "sql:$1" -add smartca -libfile "$box/mô đun.so" -force >nssdb.log 2>&1 </dev/null || {
        cat nssdb.log
        die "the NSS database cannot be told of the module" "không thêm được mô-đun vào cơ sở dữ liệu NSS"
    }
}

# mozilla_profile FOLDER: one profile "thử" below it, known to the program, with the authority; $profile
# shellcheck disable=SC2034 # for those who source this
mozilla_profile()
{
    profile=$1/thử
    nss_trust "$profile"
    printf '[General]\nStartWithLastProfile=1\n\n[Profile0]\nName=test\nIsRelative=1\nPath=thử\nDefault=1\n' >"$1/profiles.ini"
}
