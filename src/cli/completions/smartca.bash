# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of smartca for bash.

_smartca_accounts()
{
    sed -n 's/^\[account:\(.*\)\][[:space:]]*$/\1/p' "${SMARTCA_CONF:-${XDG_CONFIG_HOME:-$HOME/.config}/smartca/smartca.conf}" \
        /etc/smartca/smartca.conf 2>/dev/null
}

_smartca()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=''
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        words='login refresh certs status log doctor agent help --help --version'
    elif [ "$prev" = --export ]; then
        words=csv
    elif [ "$prev" = --account ]; then
        words=$(_smartca_accounts)
    else
        case ${COMP_WORDS[1]} in
        login) words="--no-browser --help $(_smartca_accounts)" ;;
        refresh) words="--help $(_smartca_accounts)" ;;
        certs | status | doctor) words='--json --help' ;;
        log) words='--json --export --verify --last --account --help' ;;
        agent) words='--foreground --help' ;;
        help) words='login refresh certs status log doctor agent' ;;
        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _smartca smartca
