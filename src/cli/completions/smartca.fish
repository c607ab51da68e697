# SPDX-License-Identifier: Apache-2.0
# Completion of smartca for fish.

function __smartca_accounts
    set -l conf $HOME/.config/smartca/smartca.conf
    set -q XDG_CONFIG_HOME; and set conf $XDG_CONFIG_HOME/smartca/smartca.conf
    set -q SMARTCA_CONF; and set conf $SMARTCA_CONF
    sed -n 's/^\[account:\(.*\)\][[:space:]]*$/\1/p' $conf /etc/smartca/smartca.conf 2>/dev/null
end

complete -c smartca -f
complete -c smartca -n __fish_use_subcommand -a account -d 'add, change, remove or list accounts'
complete -c smartca -n __fish_use_subcommand -a login -d 'log in to a service with your browser'
complete -c smartca -n __fish_use_subcommand -a refresh -d 'fetch the certificates again'
complete -c smartca -n __fish_use_subcommand -a certs -d 'the certificates that programs see'
complete -c smartca -n __fish_use_subcommand -a status -d 'the agent, and what waits for confirmation'
complete -c smartca -n __fish_use_subcommand -a watch -d 'what waits and what was signed, as it happens'
complete -c smartca -n __fish_use_subcommand -a lock -d 'end sessions, so that the next signature is confirmed again'
complete -c smartca -n __fish_use_subcommand -a log -d 'what was signed'
complete -c smartca -n __fish_use_subcommand -a reconcile -d 'compare the log with what the services say'
complete -c smartca -n __fish_use_subcommand -a doctor -d 'what is wrong, and how to mend it'
complete -c smartca -n __fish_use_subcommand -a setup -d 'tell programs of the module'
complete -c smartca -n __fish_use_subcommand -a unsetup -d 'take back what setup did'
complete -c smartca -n __fish_use_subcommand -a agent -d 'run the agent'
complete -c smartca -n '__fish_seen_subcommand_from account; and not __fish_seen_subcommand_from add edit remove list' -a 'add edit remove list'
complete -c smartca -n '__fish_seen_subcommand_from account; and __fish_seen_subcommand_from edit remove' -a '(__smartca_accounts)'
complete -c smartca -n '__fish_seen_subcommand_from add edit' -l service -x -a 'vnpt-smartca vnpt-smartca-th vnpt-smartca-oauth viettel-mysign csc rssp' -d 'the service'
complete -c smartca -n '__fish_seen_subcommand_from add edit' -l user -x -d 'identity number or user name'
complete -c smartca -n '__fish_seen_subcommand_from add edit' -l url -x -d 'address of the service'
complete -c smartca -n '__fish_seen_subcommand_from add edit' -l set -x -d 'a setting, NAME=VALUE'
complete -c smartca -n '__fish_seen_subcommand_from add edit' -l secret-file -r -F -d 'a secret'
complete -c smartca -n '__fish_seen_subcommand_from add edit' -l store -x -a 'secret-tool systemd-creds file prompt' -d 'where secrets are kept'
complete -c smartca -n '__fish_seen_subcommand_from add edit' -l no-check -d 'do not ask the service'
complete -c smartca -n '__fish_seen_subcommand_from account; and __fish_seen_subcommand_from remove' -l secrets -x -a 'delete keep' -d 'of the account'
complete -c smartca -n '__fish_seen_subcommand_from account; and __fish_seen_subcommand_from list' -l json -d 'as JSON'
complete -c smartca -n '__fish_seen_subcommand_from login refresh lock reconcile' -a '(__smartca_accounts)'
complete -c smartca -n '__fish_seen_subcommand_from login' -l no-browser -d 'only print the address'
complete -c smartca -n '__fish_seen_subcommand_from certs status watch doctor log reconcile' -l json -d 'as JSON'
complete -c smartca -n '__fish_seen_subcommand_from log' -l export -x -a csv -d 'for a spreadsheet'
complete -c smartca -n '__fish_seen_subcommand_from log' -l verify -d 'was a line removed, changed or moved'
complete -c smartca -n '__fish_seen_subcommand_from log' -l last -x -d 'only the last entries'
complete -c smartca -n '__fish_seen_subcommand_from log' -l account -x -a '(__smartca_accounts)' -d 'only this account'
complete -c smartca -n '__fish_seen_subcommand_from setup unsetup' -a 'p11-kit firefox thunderbird libreoffice chromium java openssl openssh gnupg flatpak snap nss:'
complete -c smartca -n '__fish_seen_subcommand_from setup unsetup' -l all -d 'every program'
complete -c smartca -n '__fish_seen_subcommand_from setup unsetup' -l list -d 'the programs, and which are set up'
complete -c smartca -n '__fish_seen_subcommand_from setup unsetup' -l dry-run -d 'change nothing'
complete -c smartca -n '__fish_seen_subcommand_from setup unsetup' -l module -r -F -d 'another module'
complete -c smartca -n '__fish_seen_subcommand_from agent' -l foreground -d 'stay in the foreground'
complete -c smartca -n '__fish_seen_subcommand_from agent' -l quit -d 'have the agent that runs leave'
complete -c smartca -l help -d 'help'
