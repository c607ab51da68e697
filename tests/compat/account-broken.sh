#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What breaks while an account is saved: two who save at once, a full disk, a death at each step, files that cannot be
# read or are not where they seem. Nothing that was there is lost, and the sentence says what to do.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need strace flock
begin
url=$(cat "$sim/url")$(cat "$sim/base-path")
printf 'first-secret' >first
printf 'second-secret' >second
secrets=.config/smartca/secrets

# add NAME SECRET-FILE; edit NAME [option]...: without asking the service
add()
{
    "$tool" account add "$1" --service vnpt-smartca --user 012345678901 --url "$url" --set ca-file="$sim/ca.pem" \
        --set sp-id=x --store file --no-check --secret-file "$2"
}
edit()
{
    "$tool" account edit "$1" --store file --no-check "${@:2}"
}

# files: every file of the configuration, with mode and content
files()
{
    (cd "$HOME/.config/smartca" && find . -type f -exec stat -c '%a %n' {} + -exec sha256sum {} + 2>/dev/null) | LC_ALL=C sort
}

# ---- two at once: both have read the files, and wait for the lock on their folder
waiting()
{
    [ "$(grep -c -- "-> FLOCK .*:$(stat -c %i "$HOME/.config/smartca") " /proc/locks)" = "$1" ]
}
# both COMMAND -- COMMAND: statuses in "one.status" and "two.status", what was said in "one" and "two"
both()
{
    local one=() hold pids=()
    while [ "$1" != -- ]; do one+=("$1"); shift; done
    shift
    flock "$HOME/.config/smartca" sleep 600 &
    hold=$!
    until ! flock --nonblock "$HOME/.config/smartca" true; do sleep 0.05; done
    { "${one[@]}" >one 2>&1; echo $? >one.status; } &
    pids+=($!)
    { "$@" >two 2>&1; echo $? >two.status; } &
    pids+=($!)
    until waiting 2; do sleep 0.05; done
    kill_below $hold
    wait $hold "${pids[@]}"
    cat one two
    [ "$(sort one.status two.status | tr '\n' ' ')" = "0 1 " ]
}
# winner: which of the two it was
winner()
{
    if [ "$(cat one.status)" = 0 ]; then echo first; else echo second; fi
}
new_configuration
expect "two add the same account: one is told so" "has changed the account .* try again" both add work first -- add work second
check "one section" test "$(grep -c '^\[account:work\]' "$conf")" = 1
check "with the secret of the one that was saved" cmp "$HOME/$secrets/work.sp-password" "$(winner)"
expect "two edit it: one is told so" "has changed the account .* try again" both edit work --set label=first -- edit work --set label=second
check "the other's change stands" grep -qx "label = $(winner)" "$conf"
expect "one removes it, one edits it: one is told so" "has changed the account .* try again" \
    both "$tool" account remove work --secrets delete -- edit work --set label=third --secret-file first
if [ "$(winner)" = first ]; then
    check "removed, with its secret" sh -c "! grep -q account:work '$conf' && [ ! -e '$HOME/$secrets/work.sp-password' ]"
else
    check "edited, and nothing removed" sh -c "grep -q account:work '$conf' && cmp '$HOME/$secrets/work.sp-password' first"
fi

# ---- the disk is full: no byte can be written to any file
new_home "home full"
new_configuration
add work first >/dev/null
files >before
full()
{
    (ulimit -f 0 && "$@") 2>&1 | cat
    return "${PIPESTATUS[0]}"
}
refuse "full disk: a new secret" "secret sp-password cannot be kept.*Nothing was changed.*--store" full edit work --secret-file second
files >now
check "nothing was changed" diff before now
refuse "full disk: another setting" "cannot be written.*Nothing was changed.*free disk space" full edit work --set label=Lan
files >now
check "nothing was changed, again" diff before now
refuse "full disk: a new account" "cannot be kept.*Nothing was changed" full add other second
files >now
check "nothing was left of it" diff before now
refuse "full disk: setup" "cannot be kept.*Nothing was changed" full "$tool" setup --module "$module" openssl
check "nor of that" sh -c "! find '$HOME' -name '.*.sca-??????' | grep ."

# ---- files that cannot be read, or are not where they seem
new_home "home odd"
mkdir -p "$HOME/dotfiles" "${conf%/*}"
printf '[smartca]\nlanguage = en\n' >"$HOME/dotfiles/smartca.conf"
chmod 600 "$HOME/dotfiles/smartca.conf"
ln -s ../../dotfiles/smartca.conf "$conf"
touch -d '2 minutes ago' "$HOME/dotfiles/.smartca.conf.backup" "$HOME/dotfiles/.other.sca-Xk3Pq0"
check "a link of the person's" add work first
check "stays one" test -L "$conf"
check "and leads to the account" grep -q account:work "$HOME/dotfiles/smartca.conf"
check "the person's other files are left alone" test -e "$HOME/dotfiles/.smartca.conf.backup" -a -e "$HOME/dotfiles/.other.sca-Xk3Pq0"
rm "$conf"
ln -s nowhere/smartca.conf "$conf"
refuse "a link that leads nowhere" "leads nowhere.*Remove the link" add work second
check "the secret that was there is there" cmp "$HOME/$secrets/work.sp-password" first
rm "$conf"
cp "$HOME/dotfiles/smartca.conf" "$conf"
rm -r "${conf:?}" && mkdir "$conf"
refuse "a folder in its place" "smartca.conf.*Nothing was changed" add other second

# ---- a death at each step
renames='?rename,?renameat,?renameat2' # what this processor has
# age_halves: what a minute does to halves of files
age_halves()
{
    find "$HOME" -name '.*.sca-??????' -exec touch -d '2 minutes ago' {} +
}
# killed STEP COMMAND...: when it is about to replace its STEPth file; 137, or its status when there are not so many
killed()
{
    # The shell would say "Killed".
    { strace -E LSAN_OPTIONS=detect_leaks=0 -f -o trace -e "trace=$renames" -e "inject=$renames:signal=SIGKILL:when=$1" "${@:2}" >said.killed 2>&1; } 2>/dev/null
}
for step in 1 2 3; do
    new_home "home killed $step"
    new_configuration
    add work first >/dev/null
    files >before
    export step tool url sim
    export -f add edit killed
    killed $step "$tool" account edit work --store file --no-check --set label=Lan --secret-file second
    status=$?
    [ $step = 3 ] || check "killed before file $step: it was" test $status -ne 0
    expect "what programs read is whole" "^work +VNPT SmartCA" "$tool" account list
    check "the secret is the old or the new" sh -c "cmp '$HOME/$secrets/work.sp-password' first || cmp '$HOME/$secrets/work.sp-password' second"
    age_halves
    check "done again" edit work --set label=Lan --secret-file second
    check "it is as it should be" sh -c "grep -qx 'label = Lan' '$conf' && cmp '$HOME/$secrets/work.sp-password' second"
    check "no half of a file is left" sh -c "! find '$HOME' -name '.*.sca-??????' | grep ."
done
for step in 1 2 3 4; do
    new_home "home setup killed $step"
    mkdir -p "$HOME/.ssh"
    echo "Host nowhere" >"$HOME/.ssh/config"
    find "$HOME" -type f -exec sha256sum {} + >before
    killed $step "$tool" setup --module "$module" openssh
    check "setup, killed before file $step: the person's lines are there" grep -qx "Host nowhere" "$HOME/.ssh/config"
    age_halves
    check "done again" "$tool" setup --module "$module" openssh
    check "it is set up once" test "$(grep -c '^PKCS11Provider' "$HOME/.ssh/config")" = 1
    check "and taken out" "$tool" unsetup openssh
    find "$HOME" -type f -exec sha256sum {} + >now
    check "all is as it was" diff before now
done
new_home "home setup killed late"
killed 3 "$tool" setup --module "$module" openssl
age_halves
check "setup, killed before the record is finished: taken out all the same" "$tool" unsetup openssl
check "nothing is left" sh -c "! find '$HOME' -type f | grep ."
