#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Completion in bash as a person meets it; zsh and fish read their files.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
box=$(mktemp -d)
trap 'rm -rf "$box"; exit $((failures > 0))' EXIT
export SMARTCA_CONF=$box/smartca.conf
printf '[smartca]\n[account:work]\n# [account:off]\n[account:home]\n' >"$SMARTCA_CONF"

# complete_line WORD...: what completes the last word, in one line
complete_line()
{
    bash --norc -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _smartca; echo "${COMPREPLY[*]}"' \
        - "$inst/share/bash-completion/completions/smartca" "$@"
}

equal "commands by their first letters" "$(complete_line smartca lo)" "login lock log"
equal "options of a command" "$(complete_line smartca log --l)" "--last"
equal "accounts of the configuration" "$(complete_line smartca refresh "")" "--help work home"
equal "what can be done with an account" "$(complete_line smartca account "")" "add edit remove list --help"
equal "services" "$(complete_line smartca account add new --service vn)" "vnpt-smartca vnpt-smartca-th vnpt-smartca-oauth"
equal "accounts to change" "$(complete_line smartca account remove w)" "work"
equal "accounts after --account" "$(complete_line smartca log --account h)" "home"
equal "every command that the tool has" \
    "$(complete_line smartca "" | tr ' ' '\n' | grep -v -e ^help$ -e ^-- | sort)" \
    "$("$inst/bin/smartca" --help | awk '/^  [a-z]/ { print $1 }' | sort)"
if command -v zsh >/dev/null; then
    check "zsh reads its file" zsh -n "$inst/share/zsh/site-functions/_smartca"
else
    skip "zsh reads its file" "zsh is not installed"
fi
if command -v fish >/dev/null; then
    expect "fish completes, too" "^login" fish --no-config -c \
        "source $inst/share/fish/vendor_completions.d/smartca.fish; complete -C 'smartca lo'"
else
    skip "fish completes" "fish is not installed"
fi
