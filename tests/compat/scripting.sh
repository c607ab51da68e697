#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The commands of docs/scripting.md, taken out of it and run as they stand there: one confirmation for all
# files, each paid once, each verified without the module. FILES=50 tries it in full.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/compat/lib-csc.sh
. "$compat/lib-csc.sh"
# shellcheck source=tests/compat/lib-engine.sh
. "$compat/lib-engine.sh"
need pkcs11-tool openssl xargs
begin
files=${FILES:-8}
document=$compat/../../docs/scripting.md
export MODULE="$box/mô đun.so"
PATH=${tool%/*}:$PATH
mkdir work
cd work || exit 1

# block KIND NAME: what stands in the document after <!-- KIND: NAME -->
block()
{
    awk -v mark="<!-- $1: $2 -->" '
        $0 == mark { found = 1; next }
        found && /^```/ { if (inside) exit; inside = 1; next }
        inside' "$document"
}

# do_block NAME: runs it in the person's shell, which stays
do_block()
{
    echo "$1" >>"$box/ran"
    block commands "$1" >"$box/block.sh"
    [ -s "$box/block.sh" ] || { echo "there are no commands \"$1\""; return 1; }
    # shellcheck source=/dev/null
    . "$box/block.sh" </dev/null
}

# run_block NAME: the same as a test command; fails with the first command that does
run_block()
{
    set -e -o pipefail
    do_block "$1"
}

# lines_of NAME: settings of the document, as arguments of account; the window lasts until all files wait, so that the test does not
# depend on how fast programs start
lines_of()
{
    mapfile -t lines < <(block settings "$1" | sed 's/^batch-window = .*/batch-window = 10000/')
    [ ${#lines[@]} -gt 0 ] || fail "the document has no settings \"$1\""
}

# gather COUNT: a confirmation is asked for as soon as so many wait
gather()
{
    sed -i '/^max-batch = /d' "$conf"
    sed -i "s/^batch-window = .*/&\nmax-batch = $1/" "$conf"
}

make_files()
{
    local number
    for number in $(seq "$files"); do
        echo "$1 $number" >"tệp $number.$1"
    done
}

good_lines()
{
    grep -c -- "$1" "$box/said"
}

# ---- one confirmation for all that come together
lines_of together
account work 012345678901 "${lines[@]}"
do_block prepare >/dev/null 2>&1
equal "the certificate is here" "$(openssl x509 -in cert.pem -noout -subject 2>&1 | grep -c "Nguyễn Thị Mẫu\|CCCD:012345678901")" 1
gather "$files"

make_files xml
check "pkcs11-tool signs $files files" run_block pkcs11-tool
equal "one confirmation, $files paid" "$(counter prompts) $(counter paid)" "1 $files"
check "they are verified" run_block pkcs11-tool-verify
equal "all of them" "$(good_lines "Verified OK")" "$files"
check "the same command again" run_block pkcs11-tool
equal "costs and asks nothing" "$(counter prompts) $(counter paid)" "1 $files"
# What was missing is all that is asked for.
echo "one more" >"thêm.xml"
gather 1
check "the same command with one more file" run_block pkcs11-tool
equal "costs one" "$(counter prompts) $(counter paid)" "2 $((files + 1))"

if [ -f "$engine" ]; then
    fresh_counters
    order /switch '{"auto": "approve"}' >/dev/null
    gather "$files"
    cat "$sim/chain.pem" "$sim/root.pem" >ca.pem
    make_files docx
    check "smartca setup openssl" run_block cms-setup
    check "openssl cms signs $files files" run_block cms
    equal "one confirmation, $files paid" "$(counter prompts) $(counter paid)" "1 $files"
    check "they are verified" run_block cms-verify
    equal "all of them" "$(good_lines "CMS Verification successful")" "$files"
else
    skip "openssl cms" "libengine-pkcs11-openssl is not installed"
fi

if command -v pdfsig >/dev/null && command -v modutil >/dev/null && command -v certutil >/dev/null; then
    fresh_counters
    order /switch '{"auto": "approve"}' >/dev/null
    gather 1
    cp "$sim/root.pem" root.pem
    openssl x509 -in "$sim/chain.pem" -out issuer.pem
    helper pdf first.pdf
    for number in $(seq "$files"); do
        helper pdf "contract-$number.pdf"
        echo "% $number" >>"contract-$number.pdf"
    done
    check "pdfsig is told of the module" run_block pdfsig-setup
    check "pdfsig signs a first PDF" run_block pdfsig-first
    equal "two paid, one for measuring" "$(counter prompts) $(counter paid)" "2 2"
    gather "$files"
    check "pdfsig signs $files PDFs" run_block pdfsig
    equal "one confirmation more, $files paid" "$(counter prompts) $(counter paid)" "3 $((files + 2))"
    check "they are verified" run_block pdfsig-verify
    equal "all of them" "$(good_lines "Signature is Valid")" "$files"
else
    skip "pdfsig" "poppler-utils or libnss3-tools are not installed"
fi

# ---- one confirmation for those that come one after another
new_home "home session"
fresh_counters
order /switch '{"auto": "approve"}' >/dev/null
lines_of session
csc_account csc-v1 012345678914 "serial-number = $(helper serial "$sim" 012345678914 phien-app)" "${lines[@]}"
unset ID
do_block prepare >/dev/null 2>&1
[ "$files" -lt 50 ] || files=49 # so that something is left to be locked
make_files txt
expect "a session: $files files one after another" "more signatures? without confirmation" run_block session
equal "one confirmation, $files paid" "$(counter prompts) $(counter paid)" "1 $files"
check "they are verified" run_block session-verify
equal "all of them" "$(good_lines "Verified OK")" "$files"
expect "smartca lock ends it" "1 session ended" run_block session-end

# Nothing stands in the document that was not tried.
equal "every command of the document was run" "$(sort -u "$box/ran" | wc -l)" \
    "$(grep -c '^<!-- commands: ' "$document")"
equal "and there are no others" "$(grep -c '^```sh' "$document")" "$(grep -c '^<!-- commands: ' "$document")"
