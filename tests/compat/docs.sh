#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The commands in the documents: each block below "<!-- run -->" is run as it stands, in the order of its document, by
# somebody who has an account and has signed once. Links lead to files; pages for people are there in both languages.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool
begin
export PATH=$inst/bin:$PATH
docs()
{
    /usr/bin/python3 "$compat/docs.py" "$@"
}

check "no link leads nowhere" docs links "$top/docs"
same_commands()
{
    docs blocks "$top/docs/vi/$title" | grep -o '^smartca [a-z-]*' >commands.vi
    docs blocks "$top/docs/$title" | grep -o '^smartca [a-z-]*' >commands.en
    cmp commands.vi commands.en
}
for page in "$top"/docs/vi/*.md; do
    title=${page##*/}
    check "$title is there in English" test -f "$top/docs/$title"
    check "$title: the same commands in both languages" same_commands
done

account work 012345678901
echo "a document" >file
check "somebody who has signed" p11 --sign --id "$(key_id)" -m SHA256-RSA-PKCS -i file -o file.sig
mapfile -t pages < <(docs list "$top/docs")
for page in "${pages[@]}"; do
    docs blocks "$page" >commands
    check "${page#"$top/"}: its commands work" bash -eu commands
done
check "there are documents with commands" test ${#pages[@]} -gt 0
equal "reading cost nothing" "$(counter paid)" 1
