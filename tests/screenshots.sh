#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes the pictures of docs/screenshots: what the real programs show of an invented person at the simulated service. Run
# by hand after such a view has changed, when tests/run.sh has built: tests/screenshots.sh
set -u
compat=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/compat
# shellcheck source=tests/compat/lib.sh
. "$compat/lib.sh"
need convert script chromium pkcs11-tool unshare
font=/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf
out=$top/docs/screenshots
begin
# As long as what is shown in their place, so that lines break as they would there.
short_home=$(mktemp -d /tmp/mXXX)
short_run=$(mktemp -d /tmp/runXXXXXX)
at_end()
{
    [ -z "$(helper peers "$short_run")" ] || kill "$(helper peers "$short_run")"
    rm -rf "$short_home" "$short_run"
}
export HOME=$short_home XDG_RUNTIME_DIR=$short_run PATH=$inst/bin:$PATH
conf=$HOME/.config/smartca/smartca.conf

# picture NAME < text of a terminal
picture()
{
    local text
    text=$(sed -e "s|$short_home|/home/mau|g" -e "s|$short_run|/run/user/1000|g" -e 's/\r$//' -e 's/[%\\]/&&/g')
    convert -background '#1b1f24' -fill '#e4e7eb' -font "$font" -pointsize 13 "label:$text" -bordercolor '#1b1f24' -border 14 \
        -colors 12 -strip "PNG8:$out/$1.png"
}

mkdir -p "$out"
account work 012345678901
# The computer has a name of the pictures' own.
unshare --map-root-user --uts sh -c "hostname may-tinh-1 && exec '$tool' agent" &
until [ -n "$(helper peers "$short_run")" ]; do sleep 0.1; done
"$tool" refresh >/dev/null
id=$(key_id)
echo "contract" >contract
p11 --sign --id "$id" -m SHA256-RSA-PKCS -i contract -o contract.sig >/dev/null 2>&1
sed -i 's/^sp-password = .*/sp-password = wrong/' "$conf"
script -qc "stty cols 80; smartca doctor" /dev/null </dev/null | sed -n '1,/account edit/p' | picture doctor
helper section "$sim" vnpt-smartca work 012345678901 | grep '^sp-password' >right
sed -i "s/^sp-password = .*/$(cat right)/" "$conf"

order /switch '{"auto": "none"}' >/dev/null
echo "declaration" >declaration
p11 --sign --id "$id" -m SHA256-RSA-PKCS -i declaration -o declaration.sig >/dev/null 2>&1 &
wait_for waiting
/usr/bin/python3 "$compat/at_terminal.py" "see=waits for you" "see=Last in the log" key=interrupt end -- smartca watch >screen
sed -e '/^\^C/d' screen | picture watch
/usr/bin/python3 "$compat/phone_page.py" "$(cat "$sim/phone-url")" approve "$box/phone" >/dev/null
convert "$box/phone-waiting.png" -colors 24 -strip "PNG8:$out/phone.png"
ls -l "$out"
