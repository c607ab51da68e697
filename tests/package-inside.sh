#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What tests/package.sh does in the clean system: a person who reads Vietnamese only, with installed packages only, goes from
# the wizard to a signed PDF, in the commands that a person types. package-inside.sh AT_TERMINAL PDF; TAP lines.
set -u
at_terminal=$1 pdf=$2
home=$(mktemp -d)
export HOME=$home XDG_RUNTIME_DIR=$home/run
mkdir -m 700 "$XDG_RUNTIME_DIR"
cd "$home" || exit 1
sim=$home/sim

# shellcheck disable=SC2317 # called by the trap
finish()
{
    local status=$? agent
    agent=$(smartca status --json 2>/dev/null | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')
    [ -z "$agent" ] || kill "$agent"
    kill "$sim_pid"
    wait
    cd / && rm -rf "$home"
    exit $status
}

smartca-sim --dir "$sim" --auto approve >sim.out 2>&1 &
sim_pid=$!
trap finish EXIT
for _ in $(seq 600); do
    [ ! -s "$sim/url" ] || break
    kill -0 $sim_pid || { cat sim.out; exit 1; }
    sleep 0.1
done

value()
{
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$sim/sp.json" "$1"
}

umask 077
value sp_password >sp-password
smartca account add work --service vnpt-smartca --user 012345678901 --url "$(cat "$sim/url")$(cat "$sim/base-path")" \
    --set ca-file="$sim/ca.pem" --set sp-id="$(value sp_id)" --set poll-interval=1 --store file --secret-file sp-password || exit 1
rm sp-password
echo "ok - an account is added by options"
smartca doctor || exit 1
echo "ok - the doctor has nothing to mend"
smartca account remove work --secrets delete || exit 1
echo "ok - and it is removed"
smartca setup </dev/null 2>&1 | grep -q -- "--secret-file" || exit 1
echo "ok - without a terminal, setup says which options to use"

# wizard: smartca setup, and what the person answers: service, name, address, the organisation's id and secret, the own number; the
# simulator's certificate is nobody's, so it is named; all programs that are there.
wizard()
{
    local url
    url=$(cat "$sim/url")$(cat "$sim/base-path")
    LC_ALL=C.UTF-8 LANGUAGE=vi timeout 300 python3 "$at_terminal" 'see=Dịch vụ nào giữ khóa ký[^>]*> $' type=1 key=enter \
        'see=Tên ngắn[^>]*> $' type=work key=enter 'see=Địa chỉ của dịch vụ[^>]*> $' "type=$url" key=enter \
        'see=sp_id mà VNPT[^>]*> $' "type=$(value sp_id)" key=enter 'see=sp_password đi kèm[^>]*> $' "blind=$(value sp_password)" key=enter \
        'see=Số căn cước công dân[^>]*> $' type=012345678901 key=enter \
        'see=Địa chỉ của dịch vụ[^>]*> $' key=enter 'see=tệp PEM[^>]*> $' "type=$sim/ca.pem" key=enter \
        'see=Phần mềm nào[^>]*> $' key=enter 'see=Xong' end -- smartca setup
}

wizard || exit 1
echo "ok - 1: smartca setup, to the listing that proves it works"
printf 'poll-interval = 1\n' >>.config/smartca/smartca.conf
module=$(echo /usr/lib/*/pkcs11/smartca-pkcs11.so)
grep -q "^module: $module" /usr/share/p11-kit/modules/smartca.module || exit 1
echo "ok - p11-kit is told where the module is"
LC_ALL=C.UTF-8 LANGUAGE=vi smartca doctor || exit 1
echo "ok - 2: smartca doctor has nothing to mend"
mkdir db && certutil -N -d sql:db --empty-password && LC_ALL=C.UTF-8 LANGUAGE=vi smartca setup nss:db || exit 1
echo "ok - 3, 4: a database of certificates, and smartca setup nss:db"
nick="Nguyễn Thị Mẫu:Nguyễn Thị Mẫu"
LC_ALL=C.UTF-8 pdfsig -nssdir sql:db -add-signature -nick "$nick" "$pdf" signed.pdf || exit 1
pdfsig -nssdir sql:db signed.pdf | grep "Signature Validation: Signature is Valid" || exit 1
echo "ok - 5, 6: a PDF is signed and verified"
id=$(pkcs11-tool --module "$module" --list-objects --type privkey | awk '$1 == "ID:" { print $2; exit }')
echo "a contract" >contract
pkcs11-tool --module "$module" --read-object --type pubkey --id "$id" -o public.der || exit 1
openssl rsa -pubin -inform DER -in public.der -out public.pem || exit 1
pkcs11-tool --module "$module" --sign -m SHA256-RSA-PKCS --id "$id" -i contract -o contract.sig || exit 1
openssl dgst -sha256 -verify public.pem -signature contract.sig contract || exit 1
echo "ok - pkcs11-tool signs, OpenSSL verifies"
LC_ALL=C.UTF-8 LANGUAGE=vi smartca log | grep -q pkcs11-tool || exit 1
echo "ok - and it is in the log"
