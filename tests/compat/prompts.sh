#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Asking the person: the real pinentries at a terminal and in a window, in both languages; PINs typed into programs that
# have a dialog of their own; codes by C_Login(CKU_CONTEXT_SPECIFIC); and what happens where nobody can be asked.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl pinentry-curses pinentry-tty
begin
otp_host=$(own_host otp_host)
# Codes are good once; the service's clock moves on instead of anybody waiting for the next.
clock=0
tick()
{
    clock=$((clock + 90))
    order /switch "{\"clock_offset\": $clock, \"otp_window\": 1}" >/dev/null
}

fresh_code()
{
    helper totp "$sim" "$1" $clock
}

# set_conf NAME VALUE: a line of [smartca]
set_conf()
{
    sed -i -e "/^$1 = /d" -e "s|^\[smartca\]|&\n$1 = $2|" "$conf"
}

at_terminal()
{
    timeout 150 /usr/bin/python3 "$compat/at_terminal.py" "$@"
}

sign_at_terminal()
{
    local steps=()
    while [ "$1" != -- ]; do steps+=("$1"); shift; done
    rm -f file.sig
    at_terminal "${steps[@]}" end -- pkcs11-tool --module "$box/mô đun.so" --sign --id "$id" -m SHA256-RSA-PKCS -i file -o file.sig
}

sign_quietly()
{
    rm -f file.sig
    p11 --sign --id "$id" -m SHA256-RSA-PKCS -i file -o file.sig "$@"
}

new_file()
{
    files=$((${files:-0} + 1))
    echo "file number $files" >file
}

ask_account()
{
    service_account "$@"
    "$tool" refresh >/dev/null 2>&1
    certificate_files
    id=$(key_id)
}

# pin_account [line]...: a key with a PIN that is asked for
pin_account()
{
    ask_account csc-v2 work 012345678911 "serial-number = $(helper serial "$sim" 012345678911 khoa-rsa2048)" "$@"
}
pin=$(helper person "$sim/persons.json" 012345678911 pin)

# ---- pinentry at the terminal
for kind in curses tty; do
    new_home "home $kind"
    fresh_counters
    pin_account "credential-pin = prompt"
    set_conf prompt "pinentry:$(command -v pinentry-$kind)"
    # One without echo takes what was typed before it was ready.
    case $kind in
    curses) type=type away=(type=1 key=tab key=tab key=enter) ;; # to the button, which is "Cancel"
    tty) type=blind away=(key=enter) ;;                           # nothing
    esac
    new_file
    check "pinentry-$kind asks for the PIN, says what for, and it signs" sign_at_terminal \
        "see=The PIN of your signing key, account work" "see=pkcs11-tool on .*1 document, code [0-9A-Z]{3}-[0-9A-Z]{3}" \
        "$type=$pin" key=enter --
    expect "OpenSSL verifies it" "Verified OK" verified file file.sig
    equal "one paid" "$(counter paid)" 1

    set_conf language vi
    new_file
    check "pinentry-$kind in Vietnamese" sign_at_terminal \
        "see=Mã PIN của khóa ký, tài khoản work" "see=1 tài liệu, mã đối chiếu" "$type=$pin" key=enter --
    expect "OpenSSL verifies it" "Verified OK" verified file file.sig
    set_conf language en
    new_file
    refuse "closed without an answer: cancelled" "CKR_FUNCTION_CANCELED|0x50" sign_at_terminal "see=The PIN of" "${away[@]}" --
    equal "nothing paid for it, no wrong PIN" "$(counter paid) $(counter wrong_pins)" "2 0"
    new_file
    refuse "a wrong PIN" "CKR_PIN_INCORRECT|0xa0|0xA0" sign_at_terminal "see=The PIN of" "$type=000000" key=enter --
    expect "is said" "PIN|password" last_log sentence
    equal "and sent once" "$(counter wrong_pins)" 1
done

# ---- a code that the service sends, asked for when it is there
new_home "home sent"
fresh_counters
service_account csc-v2 work 012345678912 "serial-number = $(helper serial "$sim" 012345678912 ma-online)"
set_conf prompt "pinentry:$(command -v pinentry-curses)"
"$tool" refresh >/dev/null 2>&1
certificate_files
id=$(key_id)
new_file
sent_code()
{
    rm -f file.sig
    at_terminal "see=OTP" "type=\$(/usr/bin/python3 '$compat/helper.py' state $control messages.0.code)" key=enter end -- \
        pkcs11-tool --module "$box/mô đun.so" --sign --id "$id" -m ECDSA-SHA256 --signature-format openssl -i file -o file.sig
}
check "a code that was sent is asked for" sent_code
expect "OpenSSL verifies it" "Verified OK" openssl dgst -sha256 -verify public.pem -signature file.sig file
equal "sent once, paid once" "$(counter messages) $(counter paid)" "1 1"

# ---- a window
if command -v Xvfb pinentry-gtk-2 xdotool >/dev/null && [ "$(command -v Xvfb pinentry-gtk-2 xdotool | wc -l)" = 3 ]; then
    new_home "home window"
    fresh_counters
    pin_account "credential-pin = prompt"
    Xvfb -displayfd 5 -screen 0 800x600x24 -nolisten tcp 5>display 2>/dev/null &
    xvfb=$!
    until [ -s display ] || ! kill -0 $xvfb; do sleep 0.1; done
    DISPLAY=:$(cat display)
    export DISPLAY
    new_file
    type_into_window()
    {
        local window
        window=$(timeout 30 xdotool search --sync --onlyvisible --class pinentry | tail -n 1)
        mkdir -p "$work/screenshots"
        ! command -v import >/dev/null || timeout 20 import -window root "$work/screenshots/pinentry.png"
        xdotool windowfocus --sync "$window" type "$pin"
        xdotool key Return
    }
    type_into_window >window.log 2>&1 &
    check "a window asks, and it signs" sign_quietly
    expect "OpenSSL verifies it" "Verified OK" verified file file.sig
    unset DISPLAY
    stop_agents
    kill $xvfb
else
    skip "a window" "Xvfb, pinentry-gtk2 or xdotool is not installed"
fi

# ---- PINs typed into programs
new_home "home pin"
fresh_counters
pin_account "pin = password" "credential-pin ="
sed -i '/^credential-pin =/d' "$conf"
"$tool" refresh >/dev/null 2>&1
new_file
expect "the token wants a login" "login required" p11 --list-slots
check "pin = password: the PIN is the key's" sign_quietly --login --pin "$pin"
expect "OpenSSL verifies it" "Verified OK" verified file file.sig
new_file
# pkcs11-tool tries once more by itself, and is not logged in any more.
refuse "a wrong one" "CKR_PIN_INCORRECT|CKR_USER_NOT_LOGGED_IN" sign_quietly --login --pin 000000
equal "is sent once" "$(counter wrong_pins)" 1

new_home "home code"
fresh_counters
tick
ask_account vnpt-smartca-th work 012345678903 "pin = password+otp"
sed -i -e '/^totp-secret = /d' -e '/^password = /d' "$conf"
"$tool" refresh >/dev/null 2>&1
new_file
check "pin = password+otp: both in one" sign_quietly --login --pin "Mat-khau-03$(fresh_code 012345678903)"
expect "OpenSSL verifies it" "Verified OK" verified file file.sig

tick
sed -i -e 's/^pin = .*/pin = otp\npassword = Mat-khau-03/' "$conf"
"$tool" refresh >/dev/null 2>&1
new_file
check "pin = otp: the PIN is the code" sign_quietly --login --pin "$(fresh_code 012345678903)"
expect "OpenSSL verifies it" "Verified OK" verified file file.sig
new_file
refuse "a wrong code" "CKR_PIN_INCORRECT|CKR_USER_NOT_LOGGED_IN" sign_quietly --login --pin 000000
equal "is sent once" "$(counter wrong_otps)" 1

# ---- CKU_CONTEXT_SPECIFIC
tick
sed -i -e 's/^pin = .*/pin = password/' -e '/^password = /d' "$conf"
"$tool" refresh >/dev/null 2>&1
paid=$(counter paid)
new_file
check "a code by C_Login(CKU_CONTEXT_SPECIFIC)" "$otp_host" "$box/mô đun.so" file file.sig Mat-khau-03 "$(fresh_code 012345678903)"
expect "OpenSSL verifies it" "Verified OK" verified file file.sig
equal "one paid" "$(counter paid)" $((paid + 1))
tick
wrong=$(counter wrong_otps)
new_file
refuse "a wrong code there" "C_Sign: 0xa0" "$otp_host" "$box/mô đun.so" file file.sig Mat-khau-03 000000
equal "is sent once" "$(counter wrong_otps)" $((wrong + 1))

new_home "home csc code"
fresh_counters
tick
service_account csc-v2 work 012345678912 "serial-number = $(helper serial "$sim" 012345678912 ma-totp)" "pin = password"
sed -i -e '/^credential-pin = /d' -e '/^totp-secret = /d' "$conf"
"$tool" refresh >/dev/null 2>&1
certificate_files
id=$(key_id)
new_file
check "the same at a CSC service: PIN of the key, and a code" "$otp_host" "$box/mô đun.so" file file.sig \
    "$(helper person "$sim/persons.json" 012345678912 pin)" "$(fresh_code 012345678912)"
expect "OpenSSL verifies it" "Verified OK" verified file file.sig
equal "one paid" "$(counter paid)" 1

# ---- the account is locked; nobody can be asked
new_home "home locked"
fresh_counters
tick
ask_account vnpt-smartca-th work 012345678903
order /persons '{"user_id": "012345678903", "lock": 300}' >/dev/null
new_file
refuse "a locked account" "CKR_PIN_LOCKED|0xa4|0xA4" sign_quietly
expect "is said" "lock" last_log sentence
order /persons '{"user_id": "012345678903", "lock": 0}' >/dev/null

sed -i 's/^password = .*/password = prompt/' "$conf"
new_file
refuse "nobody can be asked: no terminal, no screen" "CKR_USER_NOT_LOGGED_IN|0x101" sign_quietly
expect "what to configure is said" "no way to ask you.*set pin" last_log sentence
set_conf prompt none
refuse "nobody may be asked: prompt = none" "CKR_USER_NOT_LOGGED_IN|0x101" sign_quietly
equal "nothing paid, the phone did not ring" "$(counter paid) $(counter prompts)" "0 0"
equal "nothing that a careful client would not do" "$(counter violations)" 0
