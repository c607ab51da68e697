#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The reader of a document: a computer on which the packages are installed, a home with an account, a folder with the files that
# the pages name, the programs of the pages. Sourced after lib.sh, in place of begin; the script runs once more in a mount
# namespace of its own, where the module is in its place in the system.
# shellcheck disable=SC2154,SC2034 # lib.sh and the stage give names, and those who source this use them
need pkcs11-tool openssl
if [ -z "${DOCS_APART:-}" ]; then
    # shellcheck source=tests/compat/lib-apart.sh
    . "$compat/lib-apart.sh"
    DOCS_APART=yes exec "${apart[@]}" bash "$0"
fi
begin
real_tool=$tool

# put_over FOLDER FILE: a folder of the system with one file more
put_over()
{
    local copy
    copy=$box/system/$(basename "$1")
    mkdir -p "$copy"
    cp -a "$1/." "$copy/"
    cp "$2" "$copy/"
    mount --bind "$copy" "$1"
}
put_over "$(echo /usr/lib/*/pkcs11)" "$inst/lib/pkcs11/smartca-pkcs11.so"
installed=$(echo /usr/lib/*/pkcs11/smartca-pkcs11.so)
if [ -d /usr/share/p11-kit/modules ]; then
    echo "module: smartca-pkcs11.so" >"$box/smartca.module"
    put_over /usr/share/p11-kit/modules "$box/smartca.module"
fi

# What the reader has where we have something else: an account at the service that everybody has, and the home that ssh goes to.
mkdir "$box/bin"
cat >"$box/bin/smartca" <<EOF
#!/bin/bash
case "\$1 \$2 \$*" in
"account add "*--help* | "account add "*--url*) ;;
"account add "*)
    set -- "\${@/#sp-id=*/sp-id=$(json_file "$sim/sp.json" sp_id)}" --url "$(cat "$sim/url")$(cat "$sim/base-path")" --set "ca-file=$sim/ca.pem"
    ;;
esac
exec "$real_tool" "\$@"
EOF
cat >"$box/bin/smartca-sim" <<EOF
#!/bin/bash
exec $(printf '%q ' "${simulator[@]}")--identities "$work/identities" "\$@"
EOF
cat >"$box/bin/ssh" <<'EOF'
#!/bin/bash
exec /usr/bin/ssh -F "$HOME/.ssh/config" "$@"
EOF
chmod 700 "$box"/bin/*
export PATH=$box/bin:$inst/bin:$PATH

docs()
{
    /usr/bin/python3 "$compat/docs.py" "$@"
}

# new_reader: a home of one who has signed once, and a folder with files to sign
readers=0
new_reader()
{
    readers=$((readers + 1))
    new_home "home $readers"
    fresh_counters
    order /switch '{"auto": "approve"}' >/dev/null
    account work 012345678901
    mkdir "$box/files $readers"
    cd "$box/files $readers" || exit 1
    cp "$sim/root.pem" root.pem
    openssl x509 -in "$sim/chain.pem" -out issuer.pem
    cat issuer.pem root.pem >ca.pem
    echo "a document" >contract.txt
    helper pdf contract.pdf
    "$real_tool" refresh >/dev/null 2>&1 || fail "the certificates cannot be fetched"
}

signed_once()
{
    p11 --sign --id "$(key_id)" -m SHA256-RSA-PKCS -i contract.txt -o contract.sig >/dev/null 2>&1 || fail "somebody who has signed"
}

# run_page PAGE [FILE]: its commands, in the order of the page, after those of the file; then what the page shows of them
run_page()
{
    { [ $# = 1 ] || cat "$2"; docs script "$top" "$1"; } >"$box/commands"
    check "$1: its commands work" timeout --foreground --kill-after=5 "${limit:-120}" bash -eu "$box/commands"
    cp "$box/said" "$box/printed"
    docs shown "$top" "$1" </dev/null >/dev/null ||
        equal "$1: they print what it shows" "$(docs shown "$top" "$1" <"$box/printed" | sed '/^$/d')" ""
}
