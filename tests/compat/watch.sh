#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# smartca watch: at an 80-column terminal, as plain lines, as JSON.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool
/usr/bin/python3 -c 'import pyte' 2>/dev/null || skip_all "python3-pyte is not installed"
begin
export PATH=$inst/bin:$PATH

# until_in FILE PATTERN
until_in()
{
    local tries=0
    until grep -Eq "$2" "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || { cat "$1"; return 1; }
        sleep 0.1
    done
}

number=0
start_signing()
{
    number=$((number + 1))
    echo "document $number" >file
    p11 --sign --id "$id" -m SHA256-RSA-PKCS -i file -o file.sig >sign.out 2>&1 &
    signer=$!
    wait_for waiting
}

account work 012345678901
order /switch '{"auto": "none"}' >/dev/null

# ---- plain lines and JSON, before there is an agent
smartca watch >lines 2>&1 &
lines=$!
smartca watch --json >json 2>&1 &
json=$!
id=$(key_id)
start_signing
check "a line when something waits" until_in lines "^[0-9:]{8}  [0-9A-Z]{3}-[0-9A-Z]{3}  waits for you  pkcs11-tool, 1 document, [45]:[0-9]{2} left$"
order /approve >/dev/null
wait $signer
equal "it signs" $? 0
check "a line when it is signed" until_in lines "^[0-9:]{8}  [0-9A-Z]{3}-[0-9A-Z]{3}  signed  pkcs11-tool$"
start_signing
check "the next" until_in json '"event":"waiting".*"state":"waiting"'
order /reject >/dev/null
wait $signer
check "a rejection, with its sentence" until_in lines "rejected  pkcs11-tool  You rejected this on your phone. No signature was used.$"
check "JSON has it as the log has" until_in json '"event":"log".*"outcome":"rejected"'
kill -INT $lines
wait $lines
equal "it ends when told" $? 0
kill -TERM $json
wait $json
every_line_is_json()
{
    /usr/bin/python3 -c 'import json, sys; print({json.loads(line)["event"] for line in sys.stdin})' <json
}
expect "each line is an object" "'log', 'waiting'|'waiting', 'log'" every_line_is_json
check "neither has anything for a terminal" bash -c "! grep -E $'\\033' lines json"

# ---- the terminal
start_signing
at_terminal()
{
    timeout 120 /usr/bin/python3 "$compat/at_terminal.py" "$@"
}
check "the screen: what waits, and the time running" at_terminal "see=Waiting for your confirmation" \
    "see=waits for you pkcs11-tool, 1 document, [45]:[0-9]{2} left Last in the log" "see=rejected pkcs11-tool You rejected" key=interrupt end -- smartca watch
approved_meanwhile()
{
    at_terminal "see=waits for you" "blind=\$(/usr/bin/python3 '$compat/helper.py' order '$control' /approve '{}' >/dev/null)" "gone=waits for you" \
        "see=Nothing is waiting for confirmation" "see=Last in the log .*signed pkcs11-tool .*rejected .*signed pkcs11-tool" key=interrupt end -- smartca watch
}
check "the screen changes when the phone confirms" approved_meanwhile
wait $signer
sed -i 's/^language = .*/language = vi/' "$conf"
expect "in Vietnamese" "đã ký" at_terminal "see=Đang chờ bạn xác nhận" "see=Gần nhất trong nhật ký .*đã ký pkcs11-tool" key=interrupt end -- smartca watch
equal "watching asks nothing of the service" "$(counter paid) $(counter prompts)" "2 3"

# ---- lines that are too long for the screen, with letters of two and three bytes and with wide ones
long="phần mềm kế toán 署名署名署名 bản mới"
cp /usr/bin/pkcs11-tool "$long"
echo "a long name" >file
"$(sanitized_host "$PWD/$long")" --module "$box/mô đun.so" --sign --id "$id" -m SHA256-RSA-PKCS -i file -o file.sig >sign.out 2>&1 </dev/null &
signer=$!
wait_for waiting
# rows SCREEN: what is on it, without the blank lines
rows()
{
    at_terminal "see=$1" "see=Gần nhất trong nhật ký" "see=$2" key=interrupt end -- smartca watch
}
waiting_row="phần mềm kế toán.*, 1 tài liệu, còn [45]:[0-9]{2}"
expect "a program with a long name waits" "^[0-9A-Z]{3}-[0-9A-Z]{3}  chờ bạn xác nhận  phần mềm kế toán .*署名 ?…, 1 tài liệu, còn [45]:[0-9]{2}$" rows "$waiting_row" "từ chối"
equal "each thing is one row" "$(wc -l <"$box/said")" $((3 + $(smartca log --json | helper each code | wc -l)))
AT_TERMINAL_COLUMNS=40 expect "on a narrow screen, too" "^[0-9A-Z]{3}-[0-9A-Z]{3}  chờ bạn xác nhận  , 1 tài liệ…$" rows "chờ bạn xác nhận , 1 tài liệ…" "từ chối"
order /approve >/dev/null
wait $signer
for _ in 1 2; do
    start_signing
    order /approve >/dev/null
    wait $signer
done
start_signing
AT_TERMINAL_LINES=9 expect "on a low screen the first line stays" "^Đang chờ bạn xác nhận" rows "^ ?Đang chờ bạn xác nhận" "(đã ký pkcs11-tool.*){2}"
equal "and as much of the log as there is room for" "$(grep -c "đã ký  pkcs11-tool" "$box/said")" 2
order /approve >/dev/null
wait $signer

# ---- what is left out has a mark, of the terminal's letters
# narrow_signing LOCALE MARK: the module's own line at a narrow terminal
narrow_signing()
{
    echo "a document for a locale, $1" >file
    AT_TERMINAL_COLUMNS=70 at_terminal "see=Ký số [^:]*$2: xác nhận trên điện thoại, mã đối chiếu [0-9A-Z]{3}-[0-9A-Z]{3}, còn [45]:[0-9]{2}" \
        "blind=\$(/usr/bin/python3 '$compat/helper.py' order '$control' /approve '{}' >/dev/null)" end -- \
        env "LC_ALL=$1" pkcs11-tool --module "$box/mô đun.so" --sign --id "$id" -m SHA256-RSA-PKCS -i file -o file.sig
}
narrow_watch()
{
    AT_TERMINAL_COLUMNS=20 at_terminal "see=Đang chờ bạn [^….]*$2" key=interrupt end -- env "LC_ALL=$1" smartca watch
}
for pair in "C.UTF-8 …" "C [.]{3}"; do
    read -r locale mark <<<"$pair"
    check "the waiting line, cut, in $locale" narrow_signing "$locale" "$mark"
    check "smartca watch, cut, in $locale" narrow_watch "$locale" "$mark"
done
