#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What Flatpak and Snap keep in a home, and a systemctl that does what our units say, for there is no user manager here. Sourced.
# shellcheck disable=SC2154,SC2034 # inst and box are the stage's; app and snapped are for those who source this

# one_profile FOLDER: a list of profiles, and one with a database
one_profile()
{
    mkdir -p "$1/a.default"
    printf '[Profile0]\nName=a\nIsRelative=1\nPath=a.default\n' >"$1/profiles.ini"
    certutil -N -d "sql:$1/a.default" --empty-password
}

# flatpak_homes: Firefox's, whose profiles are in $app, and Chromium's
flatpak_homes()
{
    app=$HOME/.var/app/org.mozilla.firefox/.mozilla/firefox
    one_profile "$app"
    mkdir -p "$HOME/.var/app/org.chromium.Chromium/.pki/nssdb"
    certutil -N -d "sql:$HOME/.var/app/org.chromium.Chromium/.pki/nssdb" --empty-password
}

# snap_homes: the same of Snap; $snapped
snap_homes()
{
    snapped=$HOME/snap/firefox/common/.mozilla/firefox
    one_profile "$snapped"
    mkdir -p "$HOME/snap/chromium/12/.pki/nssdb" "$HOME/snap/chromium/common/chromium"
    ln -s 12 "$HOME/snap/chromium/current"
    certutil -N -d "sql:$HOME/snap/chromium/12/.pki/nssdb" --empty-password
}

# user_systemctl: systemctl in $box/fake
user_systemctl()
{
    export UNITS=$inst/lib/systemd/user
    mkdir "$box/fake"
    cat >"$box/fake/systemctl" <<'END'
#!/bin/bash
wants=$HOME/.config/systemd/user/sockets.target.wants
unit=$4
instance=${unit#*@}
instance=${instance%.socket}
template=${unit/@*./@.}
said()
{
    sed -n -e "s/^$1=//p" "$UNITS/${template%.socket}.$2"
}
socket=$(said ListenStream socket)
[ -n "$socket" ] || exit 1
socket=${socket//"%t"/$XDG_RUNTIME_DIR}
socket=${socket//"%i"/$instance}
case "$1 $2 $3" in
"--user enable --now")
    mkdir -p "$wants" "${socket%/*}"
    ln -s "$UNITS/$template" "$wants/$unit"
    eval "words=($(said ExecStart service))"
    words=("${words[@]//"%t"/$XDG_RUNTIME_DIR}")
    "${words[@]//"%i"/$instance}" >/dev/null 2>&1 </dev/null &
    for _ in {1..600}; do [ -S "$socket" ] && break; sleep 0.1; done
    echo $! >"${socket%/*}/pid" ;;
"--user disable --now")
    server=$(cat "${socket%/*}/pid")
    kill "$server"
    timeout 60 tail --sleep-interval=0.1 --pid="$server" -f /dev/null # it removes its socket itself
    rm -r "$wants/$unit" "${socket%/*}" ;;
*) exit 1 ;;
esac
END
    chmod 700 "$box/fake/systemctl"
}
