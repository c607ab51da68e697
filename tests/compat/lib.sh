#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the scripts of this folder share: a stage (tests/stage.sh) and cases that print TAP lines.
# Sourced, not run.
#
#   . lib.sh; need pkcs11-tool; begin; account work 012345678901
#   check  NAME COMMAND...           good when the command succeeds
#   expect NAME PATTERN COMMAND...   good when it succeeds and prints the pattern (grep -E)
#   refuse NAME PATTERN COMMAND...   good when it fails and prints the pattern
#   equal  NAME FOUND WANTED
#
# A script that tries a host reports to the matrix (matrix.py, tests/compat/run). It says which host
# it tries and which thing a person would do with it; prompts, paid signatures and mechanisms are
# counted from there to the next action, or to end_action:
#   host NAME VERSION                host pdfsig "$(package_version poppler-utils)"
#   action TEXT                      action "sign a PDF"
# docs/hosts.md has the same rows; tests/compat/run --markdown prints them.
set -u
compat=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/stage.sh
. "$compat/../stage.sh"
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
failures=0

# need PROGRAM...: the whole script is skipped without it
need()
{
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip_all "$program is not installed"
    done
}

skip_all()
{
    echo "$*"
    exit 77
}

pass()
{
    echo "ok - $1"
}

fail()
{
    failures=$((failures + 1))
    [ ! -s "$box/said" ] || sed 's/^/# /' "$box/said" | tail -n 25
    echo "not ok - $1"
}

skip()
{
    echo "ok - $1 # SKIP $2"
}

# What the last command of check, expect or refuse printed is in $box/said. A function brings time
# limits of its own.
run_said()
{
    if [ "$(type -t "$1")" = function ]; then
        ("$@") >"$box/said" 2>&1 </dev/null
    else
        timeout --kill-after=5 "${limit:-60}" "$@" >"$box/said" 2>&1 </dev/null
    fi
}

check()
{
    local name=$1
    shift
    if run_said "$@"; then pass "$name"; else fail "$name"; fi
}

expect()
{
    local name=$1 pattern=$2
    shift 2
    if run_said "$@" && grep -Eq -- "$pattern" "$box/said"; then pass "$name"; else fail "$name"; fi
}

refuse()
{
    local name=$1 pattern=$2 status
    shift 2
    run_said "$@"
    status=$?
    if [ $status -ne 0 ] && [ $status -lt 124 ] && grep -Eq -- "$pattern" "$box/said"; then
        pass "$name"
    else
        echo "# status $status"
        fail "$name"
    fi
}

equal()
{
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        printf '# found:  %s\n# wanted: %s\n' "$2" "$3"
        : >"$box/said"
        fail "$1"
    fi
}

# package_version PACKAGE: upstream's version of a Debian package
package_version()
{
    dpkg-query -W -f='${Version}' "$1" 2>/dev/null | sed -e 's/^[0-9]*://' -e 's/-[^-]*$//'
}

# remote: is the module reached through p11-kit's server?
remote()
{
    [ -n "${P11_KIT_SERVER_ADDRESS:-}" ]
}

# logged_as PROGRAM: what the log calls it; behind p11-kit's server all programs are its child
logged_as()
{
    if remote; then echo p11-kit-remote; else echo "$1"; fi
}

# "${with_execs[@]}" COMMAND...: with the programs that it runs, and all their arguments, in the file "execs". Who is
# traced cannot look for leaks.
# shellcheck disable=SC2034 # for those who source this
with_execs=(strace -E LSAN_OPTIONS=detect_leaks=0 -D -f -s 4096 -e trace=execve -o execs)

# used: what the limit of the account counts, those that wait included
used()
{
    "$tool" status --json | json budgets.0.used
}

until_used()
{
    local tries=0
    until [ "$(used)" = "$1" ]; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || return 1
        sleep 0.1
    done
}

# same_day SECONDS: for limits of a day; waits for the next one where less than that is left
same_day()
{
    local left=$(($(date -d "tomorrow 0:00" +%s) - $(date +%s)))
    [ $left -gt "$1" ] || sleep $((left + 1))
}

# ---- the matrix
host_name='' host_version='' in_action=no

host()
{
    end_action
    host_name=$1 host_version=$2
}

# matrix COMMAND [ARGUMENT]...: keeps account of the action
matrix()
{
    local command=$1
    shift
    /usr/bin/python3 "$compat/matrix.py" "$command" "$box/action.json" "$control" "$HOME/.local/state/smartca/ledger" "$@"
}

action()
{
    end_action
    matrix begin "$host_name" "$host_version" "$1" && in_action=yes
    action_failures=$failures
}

end_action()
{
    [ $in_action = yes ] || return 0
    in_action=no
    matrix end $((failures - action_failures))
}

# Counters or ledger are about to change.
before_change()
{
    [ $in_action = no ] || matrix tally "$@"
}

at_end()
{
    end_action
}

# verified FILE SIGNATURE: RSA with SHA-256, by OpenSSL
verified()
{
    openssl dgst -sha256 -verify public.pem -signature "$2" "$1"
}

# only_vietnamese: prints what of standard input is English; false where there is some
only_vietnamese()
{
    /usr/bin/python3 "$compat/vietnamese.py" "$top/po/vi.po" "$top/po/sim/vi.po"
}

# last_log FIELD: of the newest entry of `smartca log`
last_log()
{
    "$tool" log --json --last 1 | json "0.$1"
}
