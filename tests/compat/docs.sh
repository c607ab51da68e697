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

"$tool" setup --list | awk '{ print $1 }' >programs
# shellcheck disable=SC2016 # the backquotes are the documents'
unknown_programs()
{
    grep -rohE '`smartca (un)?setup [a-z0-9 -]+`' "$top/docs" "$top/README.md" | tr -d '`' | cut -d' ' -f3- | tr ' ' '\n' |
        grep -v '^--' | sort -u | grep -vxFf programs
}
equal "the programs that are to be set up are known ones" "$(unknown_programs)" ""

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
