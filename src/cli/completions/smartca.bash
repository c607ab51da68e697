# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of smartca for bash.

_smartca_hosts='p11-kit firefox thunderbird libreoffice chromium java openssl openssh gnupg flatpak snap nss:'

_smartca_accounts()
{
    sed -n 's/^\[account:\(.*\)\][[:space:]]*$/\1/p' "${SMARTCA_CONF:-${XDG_CONFIG_HOME:-$HOME/.config}/smartca/smartca.conf}" \
        /etc/smartca/smartca.conf 2>/dev/null
}

# What may follow "smartca account ..." so far.
_smartca_account_words()
{
    local change='--service --user --url --set --secret-file --store --no-check --help'
    if [ "$COMP_CWORD" -eq 2 ]; then
        echo 'add edit remove list --help'
        return
    fi
    case ${COMP_WORDS[2]} in
    add) echo "$change" ;;
    edit) echo "$change $(_smartca_accounts)" ;;
    remove) echo "--secrets --help $(_smartca_accounts)" ;;
    list) echo '--json --help' ;;
    esac
}

_smartca()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=''
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        words='account login refresh certs status watch lock log reconcile doctor setup unsetup agent help --help --version'
    elif [ "$prev" = --export ]; then
        words=csv
    elif [ "$prev" = --module ]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
    elif [ "$prev" = --service ]; then
        words='vnpt-smartca vnpt-smartca-th vnpt-smartca-oauth viettel-mysign csc rssp'
    elif [ "$prev" = --store ]; then
        words='secret-tool systemd-creds file prompt'
    elif [ "$prev" = --secrets ]; then
        words='delete keep'
    elif [ "$prev" = --secret-file ]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
    elif [ "$prev" = --account ]; then
        words=$(_smartca_accounts)
    else
        case ${COMP_WORDS[1]} in
        account) words=$(_smartca_account_words) ;;
        login) words="--no-browser --help $(_smartca_accounts)" ;;
        refresh | lock) words="--help $(_smartca_accounts)" ;;
        reconcile) words="--json --help $(_smartca_accounts)" ;;
        certs | status | watch | doctor) words='--json --help' ;;
        setup) words="--all --list --dry-run --module --help $_smartca_hosts" ;;
        unsetup) words="--all --list --dry-run --module --help $_smartca_hosts" ;;
        log) words='--json --export --verify --last --account --help' ;;
        agent) words='--foreground --quit --help' ;;
        help) words='account login refresh certs status watch lock log reconcile doctor setup unsetup agent' ;;
        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _smartca smartca
