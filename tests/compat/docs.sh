#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The commands in the documents: each block is run as it stands, in the order of its page, by somebody who has an account and has
# signed once, or says why it cannot be (docs.py); so are those in the midst of a sentence. Links lead to files; pages for people are
# there in both languages, with the same commands. The pages of the hosts: docs-hosts.sh; what builds: docs-sources.sh.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/compat/lib-docs.sh
. "$compat/lib-docs.sh"
# shellcheck source=tests/compat/lib-nss.sh
. "$compat/lib-nss.sh"

check "no link leads nowhere" docs links "$top"
check "both languages have the same commands" docs twins "$top"
for page in "$top"/docs/*.md; do
    case ${page##*/} in start.md | faq.md | from-usb-token.md | manager.md) check "${page##*/} is there in Vietnamese" test -f "$top/docs/vi/${page##*/}" ;; esac
done
check "every command is run, or says why not" docs census "$top"
sed 's/^/# /' "$box/said"

# The same of documents that break their word.
broken()
{
    rm -rf "$box/broken"
    mkdir -p "$box/broken/docs/vi"
    printf '%s\n' "$2" >"$box/broken/docs/page.md"
    printf '%s\n' "${3:-$2}" >"$box/broken/docs/vi/page.md"
    cp "$box/broken/docs/page.md" "$box/broken/README.md"
    docs "$1" "$box/broken"
}
block=$'```sh\nsmartca certs\n```'
check "a block with a mark is a good one" broken census "<!-- run -->"$'\n'"$block"
refuse "a block without a mark is found" "README.md:1: nothing runs these" broken census "$block"
refuse "and a reason that is none" "no reason is given" broken census "<!-- not run: lazy -->"$'\n'"$block"
refuse "and a script that has other lines" "no reason is given" broken census "<!-- run by: README.md -->"$'\n'"$block"
refuse "another command in the other language" "other blocks" broken twins "$block" "${block/certs/log}"
# shellcheck disable=SC2016 # the backquotes are the documents'
refuse "another one in its sentences" "other commands" broken twins 'Run `smartca log --last 1`.' 'Run `smartca log --last 2`.'
shown_lines()
{
    broken census "<!-- run -->"$'\n'"$block"$'\n\n```text\nSLOT...\nCODE 7QF-29K\n```' >/dev/null
    printf '%s\n' "$@" | docs shown "$box/broken" docs/page.md
}
check "what is shown is printed" shown_lines "SLOT  LABEL" "CODE 234-567"
refuse "or found missing" "^CODE" shown_lines "SLOT  LABEL"

"$real_tool" setup --list | awk '{ print $1 }' >programs
# shellcheck disable=SC2016 # the backquotes are the documents'
unknown_programs()
{
    grep -rohE '`smartca (un)?setup [a-z0-9 -]+`' "$top/docs" "$top/README.md" | tr -d '`' | cut -d' ' -f3- | tr ' ' '\n' |
        grep -v '^--' | sort -u | grep -vxFf programs
}
equal "the programs that are to be set up are known ones" "$(unknown_programs)" ""

# What readers of some pages have, or have not yet.
ready_for()
{
    case $1 in
    docs/man/*smartca.1.scd)
        signed_once
        mozilla_profile "$HOME/.mozilla/firefox"
        ;;
    README.md | docs/providers.md | tests/sim/README.md | docs/man/*smartca-sim.1.scd)
        new_configuration
        json_file "$sim/sp.json" sp_password >sp-password.txt
        mozilla_profile "$HOME/.mozilla/firefox"
        mozilla_profile "$HOME/.thunderbird"
        ;;
    *)
        signed_once
        ;;
    esac
    [ "$1" != tests/sim/README.md ] || cd "$top" || exit 1
}

while read -r page; do
    new_reader
    ready_for "$page"
    paid=$(counter paid)
    language=en
    case $page in */vi/*) language="vi" ;; esac
    sed -i "s/^language = .*/language = $language/" "$conf"
    LANGUAGE=$language run_page "$page"
    # What only programs read (JSON, CSV) has English names; "    " begins a command.
    [ $language = en ] || equal "$page: no English sentence is met" "$(sed -e '/^    /d' -e '/^  *"/d' "$box/printed" | helper english)" ""
    equal "$page: reading it cost nothing" "$(counter paid)" "$paid"
done < <(docs pages "$top" | grep -v '^docs/hosts/')

# Configuration files are sound; their accounts are nobody's, and the files that they name are not there.
new_reader
mkdir settings
sound()
{
    SMARTCA_CONF=$1 HTTPS_PROXY=http://127.0.0.1:9 "$real_tool" doctor --json >findings
    ! helper finding configuration sentence '^(?!.*that you can read)' <findings
}
while read -r file; do
    check "the settings of ${file##* } are sound" sound "$PWD/$file"
done < <(docs settings "$top" settings)

# Sentences: a command by itself, for somebody who has signed. Words alone, as in "smartca log", name a command.
new_reader
signed_once
while read -r command; do
    case $command in
    *[!a-z\ ]*) ;;
    "smartca "*) command="$command --help" ;;
    esac
    echo "$command" >commands
    check "in a sentence: $command" timeout --foreground 60 bash -eu commands
done < <(docs inline "$top")
