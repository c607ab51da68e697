#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The stage for tests and demonstration: a private home (with a blank and a Vietnamese letter in its
# name), the simulator, an account. Everything is stopped and removed at the end, however that
# comes. Sourced, not run.
stage=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/setup.sh
. "$stage/setup.sh"
# shellcheck source=tests/sanitized.sh
. "$stage/sanitized.sh"
box=
sim_options=()

# what_is_tried: the installed build, or with SMARTCA_TEST_PACKAGES=yes the packages of this system
# shellcheck disable=SC2034 # for those who source this
what_is_tried()
{
    if [ "${SMARTCA_TEST_PACKAGES:-}" = yes ]; then
        module=$(echo /usr/lib/*/pkcs11/smartca-pkcs11.so) tool=/usr/bin/smartca simulator=(/usr/bin/smartca-sim)
    else
        module=$inst/lib/pkcs11/smartca-pkcs11.so tool=$inst/bin/smartca
        simulator=(env "SMARTCA_LOCALE_DIR=$inst/share/locale" /usr/bin/python3 "$stage/sim/smartca-sim")
    fi
    [ -f "$module" ] || die "not built and installed: run tests/run.sh"
}

# begin: sets everything up; sim_options are handed to the simulator
begin()
{
    what_is_tried
    box=$(mktemp -d "${TMPDIR:-/tmp}/smartca thử.XXXXXX")
    trap finish EXIT
    trap 'exit 1' INT TERM HUP
    # How programs in Flatpak and Snap get in: they load p11-kit's client, a server loads the module.
    real_module=$module
    if [ "${SMARTCA_TEST_THROUGH:-}" = p11-kit-client ]; then
        module=$(echo /usr/lib/*/pkcs11/p11-kit-client.so)
        [ -f "$module" ] || die "p11-kit-client.so is not installed: package p11-kit-modules"
    fi
    # The module's path has an awkward name too.
    ln -s "$module" "$box/mô đun.so"
    new_home home
    unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS SMARTCA_CONF SMARTCA_AGENT SMARTCA_DEBUG \
        LANGUAGE LANG OPENSSL_CONF XDG_CONFIG_HOME XDG_CACHE_HOME XDG_STATE_HOME XDG_DATA_HOME
    export LC_ALL=C.UTF-8 XDG_RUNTIME_DIR=$box/run
    cd "$box" || exit 1
    sanitizers_write
    start_simulator
    serve_module
}

# serve_module: p11-kit's server for the home as it is now, where the module is reached through it
serve_module()
{
    [ "$module" != "$real_module" ] || return 0
    if [ -n "${p11_server:-}" ]; then
        kill "$p11_server" && wait "$p11_server" 2>/dev/null
        rm -f "$box/p11.sock"
    fi
    p11-kit server --foreground --name "$box/p11.sock" --provider "$real_module" "pkcs11:" >"$box/p11-server.out" 2>&1 &
    p11_server=$!
    until [ -S "$box/p11.sock" ]; do
        kill -0 $p11_server 2>/dev/null || die "p11-kit's server did not start: $(cat "$box/p11-server.out")"
        sleep 0.1
    done
    P11_KIT_SERVER_ADDRESS=unix:path=$(helper quote "$box/p11.sock")
    export P11_KIT_SERVER_ADDRESS
}

# new_home NAME: an empty home and runtime folder; the agent of the one before is stopped
new_home()
{
    before_change
    stop_agents
    rm -rf "${box:?}/run"
    mkdir -p "$box/$1"
    mkdir -m 700 "$box/run"
    export HOME=$box/$1
    conf=$HOME/.config/smartca/smartca.conf
    [ -z "${p11_server:-}" ] || serve_module
}

start_simulator()
{
    sim=$box/sim
    mkdir -p "$work/identities"
    "${simulator[@]}" --dir "$sim" --identities "$work/identities" \
        --auto approve "${sim_options[@]}" >"$box/sim.out" 2>&1 &
    sim_pid=$!
    local tries=0
    until [ -s "$sim/url" ]; do
        tries=$((tries + 1))
        if [ $tries -gt 600 ] || ! kill -0 $sim_pid 2>/dev/null; then
            cat "$box/sim.out"
            die "the simulator did not start" "bộ mô phỏng không khởi động"
        fi
        sleep 0.1
    done
    control=$(cat "$sim/control-url")
}

helper()
{
    /usr/bin/python3 "$stage/compat/helper.py" "$@"
}

# json_file FILE PATH; json PATH < text: the value at a path like 0.sentence
json_file()
{
    helper json "$2" <"$1"
}

json()
{
    helper json "$1"
}

# order PATH [JSON]: one order to the simulator's control port
order()
{
    helper order "$control" "$1" "${2:-"{}"}"
}

# counter NAME: paid, prompts, polls ...
counter()
{
    helper counter "$control" "$1"
}

fresh_counters()
{
    before_change --reset
    order /reset '{"all": true}' >/dev/null
}

# wait_for WHAT [COUNT [SECONDS]]: until the simulator has seen it
wait_for()
{
    order /wait "{\"what\": \"$1\", \"count\": ${2:-1}, \"timeout\": ${3:-60}}" >/dev/null
}

# new_configuration: without accounts; in English, or what $speech says
new_configuration()
{
    mkdir -p "${conf%/*}"
    (
        umask 077
        printf '%s\n' "[smartca]" "language = ${speech:-en}" "agent-idle = 60" "" >"$conf"
    )
}

# add_account SERVICE NAME USER_ID [line]...: one more account, at one of the simulator's services; the lines replace
# what it would have said by itself
add_account()
{
    local service=$1 name=$2 user=$3 line own=()
    shift 3
    for line in "$@"; do
        own+=("${line%% =*}")
    done
    {
        helper section "$sim" "$service" "$name" "$user" "${own[@]}"
        [ $# -eq 0 ] || printf '%s\n' "$@"
        echo
    } >>"$conf"
}

# service_account SERVICE NAME USER_ID [line]...: the configuration with this account only
service_account()
{
    new_configuration
    add_account "$@"
}

# account NAME USER_ID [line]...: the same at VNPT SmartCA
account()
{
    service_account vnpt-smartca "$@"
}

# agent_pids: the agents that listen below this box
agent_pids()
{
    [ -n "$box" ] && helper peers "$box/run"
}

stop_agents()
{
    local pid
    for pid in $(agent_pids); do
        kill "$pid" 2>/dev/null
        timeout 20 tail --pid="$pid" -f /dev/null || kill -9 "$pid" 2>/dev/null
    done
}

# kill_below PID: its children and theirs, not itself
kill_below()
{
    local pid
    for pid in $(pgrep -P "$1"); do
        kill_below "$pid"
        kill "$pid" 2>/dev/null
    done
}

# What those who source this want done while everything still runs.
before_change()
{
    :
}

at_end()
{
    :
}

# Hosts first: one that still waits would start its agent again.
# shellcheck disable=SC2317 # called by the trap
finish()
{
    local status=$?
    trap - EXIT
    at_end
    kill_below $$
    wait 2>/dev/null
    stop_agents
    sanitizers_wrote || status=1
    cd / && rm -rf "$box"
    [ $status -ne 0 ] || status=$((${failures:-0} > 0))
    exit $status
}

p11()
{
    timeout --foreground 60 pkcs11-tool --module "$box/mô đun.so" "$@" </dev/null
}

# certificate_files: cert.pem and public.pem of the first slot, by way of the module
certificate_files()
{
    p11 --read-object --type cert --id "$(key_id)" -o cert.der >/dev/null 2>&1 &&
        openssl x509 -inform DER -in cert.der -out cert.pem &&
        openssl x509 -in cert.pem -noout -pubkey -out public.pem
}

# own_host NAME: the program of tests/compat by that name
own_host()
{
    sanitized_host "$work/plain/tests/compat/$1"
}

# key_id: CKA_ID of the first slot's key, in hex
key_id()
{
    p11 --list-objects --type privkey 2>/dev/null | awk '$1 == "ID:" { print $2; exit }'
}

