#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Another user of the computer who gets hold of the socket's folder, its name, or our files: nothing is said to them, nothing of
# theirs is believed, nothing is signed, and the person is told. Also while the folder is swapped under our hands.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ "$(id -u)" = 0 ] || skip_all "only root can play another user"
need pkcs11-tool openssl
begin
other=65534
helpers=()

another_user()
{
    /usr/bin/python3 "$compat/ownership.py" "$@"
}

# another_user_does NAME COMMAND...: in the background, from "ok" on; ends with end_others
another_user_does()
{
    local name=$1 tries=0
    shift
    : >"$box/$name.said"
    /usr/bin/python3 "$compat/ownership.py" "$@" >"$box/$name.said" 2>&1 &
    helpers+=($!)
    until grep -q ok "$box/$name.said"; do
        tries=$((tries + 1))
        [ $tries -lt 1200 ] || die "$(cat "$box/$name.said")"
        sleep 0.05
    done
}

end_others()
{
    kill "${helpers[@]}" 2>/dev/null
    wait "${helpers[@]}" 2>/dev/null
    helpers=()
}

sign()
{
    echo "$1" >file
    rm -f file.sig
    p11 --sign -m SHA256-RSA-PKCS -i file -o file.sig
}

# with_home NAME: listed, no agent runs
with_home()
{
    new_home "$1"
    fresh_counters
    account work 012345678901
    certificate_files
    stop_agents
}

# refused NAME: signing ends with an error, nothing is paid, doctor says PATTERN
refused()
{
    refuse "$1: the program gets an error" "CKR_DEVICE_ERROR|0x30" sign "$1"
    equal "$1: nothing paid" "$(counter paid)" 0
    refuse "$1: smartca doctor says so" "$2" "$tool" doctor
}

with_home "home with a foreign folder"
chown $other "$XDG_RUNTIME_DIR/smartca"
refused "the socket's folder is another user's" "can be used by others"

with_home "home with a link"
rm -rf "$XDG_RUNTIME_DIR/smartca"
mkdir "$box/elsewhere" && chown $other "$box/elsewhere"
ln -s "$box/elsewhere" "$XDG_RUNTIME_DIR/smartca"
refused "the socket's folder is a link to another user's" "can be used by others"
equal "nothing was made there" "$(ls -A "$box/elsewhere")" ""

with_home "home with an open folder"
chmod 777 "$XDG_RUNTIME_DIR/smartca"
refused "others can write into the socket's folder" "can be used by others"

with_home "home with a foreign agent"
rm -f "$XDG_RUNTIME_DIR/smartca/agent.sock"
another_user_does listener listen "$XDG_RUNTIME_DIR/smartca/agent.sock" "$box/heard"
refuse "another user listens: the program gets an error" "CKR_DEVICE_ERROR|0x30" sign foreign
equal "and they hear nothing" "$(wc -c <"$box/heard")" 0
end_others

with_home "home with a visitor"
"$tool" refresh
chmod 755 "$box" "$XDG_RUNTIME_DIR"
chmod 711 "$XDG_RUNTIME_DIR/smartca" && chmod 666 "$XDG_RUNTIME_DIR/smartca/agent.sock"
expect "another user who reaches the socket gets no answer" "^0 bytes" another_user knock "$XDG_RUNTIME_DIR/smartca/agent.sock"
chmod 700 "$XDG_RUNTIME_DIR/smartca" && chmod 600 "$XDG_RUNTIME_DIR/smartca/agent.sock"
chmod 700 "$box" "$XDG_RUNTIME_DIR"
check "the person is served as before" sign visitor

# The folder changes between ours and theirs all the time: each look meets one or the other, or both in turn.
with_home "home in a race"
"$tool" refresh
mkdir "$XDG_RUNTIME_DIR/theirs"
another_user_does racer listen "$XDG_RUNTIME_DIR/theirs/agent.sock" "$box/heard"
chown -R $other "$XDG_RUNTIME_DIR/theirs"
another_user_does swapper exchange "$XDG_RUNTIME_DIR/smartca" "$XDG_RUNTIME_DIR/theirs"
served=0 turned=0
for number in $(seq 200); do
    if timeout 20 "$tool" status --json >status.json 2>status.said; then
        served=$((served + 1))
    else
        turned=$((turned + 1))
    fi
done
echo "# $served served, $turned turned away"
for number in 1 2 3 4 5; do
    sign "race $number" >/dev/null 2>&1
done
end_others
equal "in a race, they hear nothing" "$(wc -c <"$box/heard")" 0
equal "in a race, no rule of the service is broken" "$(counter violations)" 0
[ "$(stat -c %u "$XDG_RUNTIME_DIR/smartca")" = 0 ] || mv -T "$XDG_RUNTIME_DIR/theirs" "$XDG_RUNTIME_DIR/smartca.theirs"
rm -rf "$XDG_RUNTIME_DIR/theirs"

# Files.
with_home "home with a foreign configuration"
chown $other "$conf"
refuse "a configuration of another user is not used" "belongs to another user" "$tool" doctor

with_home "home with a foreign journal"
mkdir -p "$HOME/.local/state" && mkdir -m 700 "$HOME/.local/state/smartca" && chown $other "$HOME/.local/state/smartca"
refuse "a state folder of another user: nothing is signed" "CKR_DEVICE_ERROR|0x30" sign journal
equal "nor sent" "$(counter paid) $(counter prompts)" "0 0"
chown 0 "$HOME/.local/state/smartca"
check "ours again: it signs" sign journal
stop_agents
chown $other "$HOME/.local/state/smartca/ledger"
refuse "a ledger of another user is not verified" "cannot be read" "$tool" log --verify

with_home "home with a link for a log"
echo "theirs" >"$box/victim"
sed -i "s|^language = .*|&\nlog-level = debug\nlog-file = $HOME/smartca.log|" "$conf"
ln -s "$box/victim" "$HOME/smartca.log"
check "a link where the log is to be: it signs" sign log
equal "and the link's target is left alone" "$(cat "$box/victim")" "theirs"
rm "$HOME/smartca.log"
ln "$box/victim" "$HOME/smartca.log" && chown $other "$box/victim"
check "another user's file there: it signs" sign log2
equal "and it is left alone" "$(cat "$box/victim")" "theirs"

with_home "home with a foreign image"
chown $other "$HOME/.cache/smartca/tokens"
check "a token image of another user is not believed, but made anew" sign image
equal "it is ours again" "$(stat -c %u "$HOME/.cache/smartca/tokens")" 0
