#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What tests/screenshots.sh does in the system of its own, as the invented person's user: screenshots-inside.sh FOLDER [NAME]...
# The names are of the views below, both languages each; all where none is given.
set -u
compat=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/compat
# shellcheck source=tests/compat/lib.sh
. "$compat/lib.sh"
# shellcheck source=tests/compat/lib-nss.sh
. "$compat/lib-nss.sh"
# shellcheck source=tests/compat/lib-office.sh
. "$compat/lib-office.sh"
out=$1
shift
views=("$@")
[ $# -gt 0 ] || views=(doctor wizard waiting watch phone notice libreoffice firefox thunderbird)
mkdir -p "$out"
begin
person=/home/mau
export HOME=$person XDG_RUNTIME_DIR=/run/user/1000
conf=$HOME/.config/smartca/smartca.conf
cd "$HOME" || exit 1
cp "$sim/ca.pem" ca.pem
colours=('#1b1f24' '#e4e7eb')

# speak LANGUAGE: for programs of the terminal and of windows
speak()
{
    language=$1 suffix=
    export LANG=en_GB.UTF-8 LANGUAGE=en LC_ALL=en_GB.UTF-8
    [ "$1" = en ] || { suffix=-$1; export LANG=vi_VN.UTF-8 LANGUAGE=vi LC_ALL=vi_VN.UTF-8; }
}

# picture NAME < text of a terminal
picture()
{
    local text
    text=$(sed -e 's/\r$//' -e 's/[%\\]/&&/g')
    convert -background "${colours[0]}" -fill "${colours[1]}" -font "Noto Sans Mono" -pointsize 10 -define pango:markup=false "pango:$text" \
        -bordercolor "${colours[0]}" -border 14 -colors 12 -strip "PNG8:$out/$1$suffix.png"
}

# account_of_person: the only account, with an agent that knows it
account_of_person()
{
    stop_agents_here
    rm -rf "$HOME/.cache" "$HOME/.local" "$HOME/.config/smartca"
    account work 012345678901
    sed -i -e "s/^language = .*/language = auto/" -e "s|^ca-file = .*|ca-file = $HOME/ca.pem|" "$conf"
    smartca refresh >/dev/null
    id=$(key_id)
}
stop_agents_here()
{
    local pid
    for pid in $(helper peers "$XDG_RUNTIME_DIR"); do
        kill "$pid" && timeout 20 tail --pid="$pid" -f /dev/null
    done
}

# sign NAME: a document of that name, in the background
sign()
{
    echo "$1 $language $RANDOM" >"$1"
    p11 --sign --id "$id" -m SHA256-RSA-PKCS -i "$1" -o "$1.sig" >/dev/null 2>&1
}

at_terminal()
{
    timeout 200 /usr/bin/python3 "$compat/at_terminal.py" "$@"
}

doctor()
{
    account_of_person
    sign contract
    sed -i 's/^sp-password = .*/sp-password = wrong/' "$conf"
    script -qc "stty cols 80; smartca doctor" /dev/null </dev/null | sed '/account edit/{n;q}' | picture doctor
}

wizard()
{
    stop_agents_here
    rm -rf "$HOME/.config/smartca" "$HOME/.cache" "$HOME/.local"
    AT_TERMINAL_LINES=40 at_terminal "see=\[1\] > $" type=1 key=enter "see=\[vnpt-smartca\] > $" type=work key=enter "see=gwsca[^>]*> $" key=enter \
        "see=sp_id [^>]*> $" type=don-vi-mau key=enter "see=sp_password[^>]*> $" blind=1 key=enter "see=CCCD[^>]*> $" type=012345678901 key=interrupt \
        end -- smartca setup | sed '/012345678901/q' | picture wizard
}

waiting()
{
    account_of_person
    order /switch '{"auto": "none"}' >/dev/null
    echo "a report, $language" >bao-cao.txt
    set -- --module "$(readlink -f "$module")" --sign -m SHA256-RSA-PKCS -i bao-cao.txt -o bao-cao.sig
    # shellcheck disable=SC2016 # the inner shell's
    at_terminal "see=, [^,]*4:5[0-9]" key=interrupt end -- bash -c 'echo "mau@may-tinh-1:~\$ pkcs11-tool $*"; exec pkcs11-tool "$@"' - "$@" | picture waiting
    order /approve >/dev/null
    order /switch '{"auto": "approve"}' >/dev/null
}

watch()
{
    account_of_person
    sign contract
    order /switch '{"auto": "reject"}' >/dev/null
    sign invoice
    order /switch '{"auto": "none"}' >/dev/null
    sign declaration &
    wait_for waiting
    at_terminal "see=[45]:[0-9]{2}.*pkcs11-tool.*pkcs11-tool" key=interrupt end -- smartca watch >screen
    picture watch <screen
    order /approve >/dev/null
    wait $!
    order /switch '{"auto": "approve"}' >/dev/null
}

phone()
{
    fresh_counters
    account_of_person
    order /switch '{"auto": "none"}' >/dev/null
    sign declaration &
    wait_for waiting
    /usr/bin/python3 "$compat/phone_page.py" "$(cat "$sim/phone-url")" approve "$box/phone" "$language" >/dev/null
    convert "$box/phone-waiting.png" -dither None -colors 48 -trim -strip "PNG8:$out/phone$suffix.png"
    wait $!
    order /switch '{"auto": "approve"}' >/dev/null
}

# ---- windows

# desktop: a screen, a window manager, a bus
desktop()
{
    [ -z "${DISPLAY:-}" ] || return 0
    Xvfb -displayfd 5 -screen 0 1000x720x24 -br -nolisten tcp 5>display 2>/dev/null &
    until [ -s display ]; do kill -0 $! || die "Xvfb did not start"; sleep 0.1; done
    DISPLAY=:$(cat display)
    dbus-daemon --session --nofork --nopidfile --print-address=5 5>bus 2>/dev/null &
    until [ -s bus ]; do kill -0 $! || die "the bus did not start"; sleep 0.1; done
    DBUS_SESSION_BUS_ADDRESS=$(cat bus)
    export DISPLAY DBUS_SESSION_BUS_ADDRESS
    openbox >/dev/null 2>&1 &
}

# shot NAME [WINDOW]: what is on the screen, without the empty margin; or that window with its frame
shot()
{
    local area=-trim frame=20
    if [ $# = 2 ]; then
        eval "$(xdotool search --onlyvisible --name "$2" getwindowgeometry --shell)"
        # The place is said with the frame counted twice.
        # shellcheck disable=SC2153 # these come from there
        area="-crop $((WIDTH + 2))x$((HEIGHT + frame + 1))+$((X - 2))+$((Y - 2 * frame))"
    fi
    import -window root "$box/screen.png"
    # shellcheck disable=SC2086 # two words
    convert "$box/screen.png" $area +repage -dither None -colors 64 -strip "PNG8:$out/$1$suffix.png"
}

until_window()
{
    local tries=0
    until xdotool search --onlyvisible --name "$1" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { echo "no window $1; there are:"; xdotool search --onlyvisible --name . getwindowname %@; return 1; }
        sleep 0.1
    done
    sleep 2 # it is drawn
}

# click X Y WINDOW: there, until that window is seen
click()
{
    local tries=0
    until xdotool search --onlyvisible --name "$3" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 20 ] || return 1
        xdotool mousemove "$1" "$2" click 1
        sleep 6
    done
    until_window "$3"
}

notice()
{
    local daemon
    desktop
    /usr/lib/notification-daemon/notification-daemon >/dev/null 2>&1 &
    daemon=$!
    account_of_person
    order /switch '{"auto": "none"}' >/dev/null
    sign declaration &
    wait_for waiting
    sleep 4
    shot notice
    order /approve >/dev/null
    wait $!
    kill $daemon
    order /switch '{"auto": "approve"}' >/dev/null
}

# The module's certificates by a database of their own, with the simulator's authority.
certificates()
{
    mkdir -p "$1"
    nss_trust "$1"
    smartca setup "nss:$1" >/dev/null
}

# office_settings: the language, and nothing that asks at a first start
office_settings()
{
    mkdir -p office/user
    cat >office/user/registrymodifications.xcu <<XCU
<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Linguistic/General"><prop oor:name="UILocale" oor:op="fuse"><value>$1</value></prop></item>
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooLocale" oor:op="fuse"><value>$1</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="FirstRun" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="ShowTipOfTheDay" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Setup/Product"><prop oor:name="ooSetupLastVersion" oor:op="fuse"><value>7.4</value></prop></item>
<item oor:path="/org.openoffice.Setup/Product"><prop oor:name="LastTimeGetInvolvedShown" oor:op="fuse"><value>$(date +%s)</value></prop></item>
<item oor:path="/org.openoffice.Setup/Product"><prop oor:name="LastTimeDonateShown" oor:op="fuse"><value>$(date +%s)</value></prop></item>
</oor:items>
XCU
}

libreoffice()
{
    local soffice
    account_of_person
    rm -rf db office
    certificates db
    make_odt "$([ "$language" = vi ] && echo "Hợp đồng thuê nhà" || echo "A lease")" lease >/dev/null 2>&1
    sign_odf lease.odt
    rm -rf office
    office_settings "$language"
    sign_odf lease.odt >/dev/null
    desktop
    NO_AT_BRIDGE=1 MOZILLA_CERTIFICATE_FOLDER=sql:$PWD/db soffice --norestore --nologo "-env:UserInstallation=file://$HOME/office" \
        lease.odt >office.log 2>&1 &
    soffice=$!
    until_window "lease" || return
    click 845 140 "Digital Signatures" || return # "Show Signatures"
    shot libreoffice "Digital Signatures"
    click 386 519 "Select X.509 Certificate" || return # "Sign Document..."
    shot libreoffice-choose "Select X.509 Certificate"
    kill_below $soffice
    kill $soffice
}

# mozilla PROGRAM FOLDER WINDOW: mozilla_view.py's view of it
mozilla()
{
    account_of_person
    rm -rf "${HOME:?}/$2"
    mozilla_profile "$HOME/$2"
    smartca setup "${1%-esr}" >/dev/null
    desktop
    /usr/bin/python3 "$compat/mozilla_view.py" "$1" "$profile" "$language" "$box/mozilla-ready" &
    until [ -e "$box/mozilla-ready" ]; do kill -0 $! || return; sleep 0.2; done
    sleep 2
    shot "${1%-esr}" "$3"
    rm "$box/mozilla-ready"
    wait $!
}

firefox()
{
    mozilla firefox-esr .mozilla/firefox 'Device Manager|Quản lí thiết bị'
}

thunderbird()
{
    mozilla thunderbird .thunderbird Thunderbird
}

for view in "${views[@]}"; do
    for one in en vi; do
        speak $one
        "$view"
    done
done
