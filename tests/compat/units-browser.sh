#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The agent as a systemd service opens a page: the browser is started outside of the unit, where its sandbox works and
# where it lives on when the agent leaves. First with a systemd-run that is a script, then with the real units under a
# user manager of this script's own.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/compat/lib-csc.sh
. "$compat/lib-csc.sh"
# shellcheck source=tests/compat/lib-keys.sh
. "$compat/lib-keys.sh"
need pkcs11-tool openssl
begin
# shellcheck source=tests/compat/lib-page.sh
. "$compat/lib-page.sh"
# shellcheck disable=SC2034 # for lib-keys.sh
data=contract.txt

# permitted NAME: a document is signed after one page
permitted()
{
    person_will allow
    echo "$1" >contract.txt
    check "$1: signed" sign -m ECDSA-SHA256 --signature-format openssl
    expect "$1: OpenSSL verifies it" "Verified OK" verify -sha256
    equal "$1: one page" "$(pages)" 1
}

# ---- a systemd-run of our own
mkdir bin
cat >bin/systemd-run <<EOF
#!/bin/bash
printf '%s\n' "\$@" >"$box/words"
while [ "\$1" != -- ]; do shift; done
shift
[ ! -e "$box/no-manager" ] || exit 1
exec "\$@"
EOF
chmod 700 bin/systemd-run
csc_account csc-v1 $app "${oauth[@]}"
use "NIST CURVE: P-256"

stop_agents
PATH=$box/bin:$PATH bash -c 'SYSTEMD_EXEC_PID=$BASHPID exec "$1" agent --foreground' - "$tool" &
until [ -n "$(agent_pids)" ]; do kill -0 $! || break; sleep 0.1; done
permitted "as a service"
check "systemd-run was asked, for the user's manager" grep -qx -- --user words
check "the browser gets the screen, by its name" grep -qx -- --setenv=DISPLAY words
equal "and the page" "$(tail -n 1 words)" "$(cat "$visits")"
rm words
touch no-manager
permitted "as a service whose manager does not listen"
check "systemd-run was asked first" test -s words
rm words
stop_agents
PATH=$box/bin:$PATH permitted "as a program's child"
check "systemd-run was not asked" test ! -e words
stop_agents

# ---- the real units
[ "$(id -u)" = 0 ] || { skip "under a user manager" "it needs root"; exit; }
[ ! -d /run/systemd/system ] || { skip "under a user manager" "this computer has managers of its own"; exit; }
groups=()
for tree in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    [ -e "$tree/cgroup.procs" ] && mkdir "$tree/smartca-test.$$" 2>/dev/null && groups+=("$tree/smartca-test.$$")
done
[ ${#groups[@]} -gt 0 ] || { skip "under a user manager" "no control groups can be made here"; exit; }
mkdir -p "$HOME/.config/systemd/user"
cp "$inst/lib/systemd/user/smartca-agent.socket" "$inst/lib/systemd/user/smartca-agent.service" "$HOME/.config/systemd/user/"
cat >manager <<'MANAGER'
for group in "$@"; do echo $$ >"$group/cgroup.procs"; done
mount --make-rprivate / && mount -t tmpfs none /run/systemd && mkdir /run/systemd/system &&
    exec /lib/systemd/systemd --user --unit=smartca-agent.socket
MANAGER
unshare -m bash manager "${groups[@]}" >manager.out 2>&1 &
manager=$!
at_end()
{
    end_action
    [ ! -e "$box/browser.pid" ] || kill "$(cat "$box/browser.pid")"
    kill "$manager" && timeout 20 tail --pid="$manager" -f /dev/null
    for group in "${groups[@]}"; do
        find "$group" -depth -type d -exec rmdir {} +
    done
}
tries=0
until [ -S "$XDG_RUNTIME_DIR/smartca/agent.sock" ]; do
    tries=$((tries + 1))
    if [ $tries -gt 300 ] || ! kill -0 $manager 2>/dev/null; then
        sed 's/^/# /' manager.out
        skip "under a user manager" "none can be started here"
        exit
    fi
    sleep 0.1
done
touch stays
permitted "under the unit"
main=$(systemctl --user show --value -p MainPID smartca-agent.service)
equal "by the agent of the unit" "$("$tool" status --json | json pid)" "$main"
equal "which lives under the unit's filter" "$(awk '$1 == "Seccomp:" { print $2 }' "/proc/$main/status")" 2
equal "the browser does not" "$(awk '$1 == "Seccomp:" { print $2 }' browser.env)" 0
check "the browser has the screen" grep -qx "DISPLAY=:99" browser.env
equal "and is none of the unit's processes" "$(grep -c "^cgroup.*smartca-agent.service" browser.env)" 0
systemctl --user stop smartca-agent.socket smartca-agent.service
check "the agent has left" bash -c "! kill -0 $main 2>/dev/null"
check "the browser has not" kill -0 "$(cat browser.pid)"
