#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shows the whole of it on a fresh Debian 12: installs, builds, starts the simulated cloud, signs a
# document in LibreOffice, a text with pkcs11-tool and a letter with OpenSSL, verifies each, and says what each
# cost. With --interactive the phone page waits for your tap.
set -u
case ${LANGUAGE:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}} in vi*) language="vi" ;; *) language="en" ;; esac
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/stage.sh
. "$here/stage.sh"
# shellcheck source=tests/compat/lib-nss.sh
. "$here/compat/lib-nss.sh"
# shellcheck source=tests/compat/lib-office.sh
. "$here/compat/lib-office.sh"
# shellcheck source=tests/compat/lib-engine.sh
. "$here/compat/lib-engine.sh"

heading()
{
    printf '\n%s' "$bold"
    tell "$@"
    printf '%s' "$plain"
}

interactive=no
case "$*" in
'') ;;
--interactive) interactive=yes ;;
--help)
    tell "usage: tests/demo.sh [--interactive]" "cách dùng: tests/demo.sh [--interactive]"
    tell "  --interactive   you confirm each signature yourself, on the phone page" \
        "  --interactive   bạn tự xác nhận từng lần ký trên trang điện thoại"
    exit 0
    ;;
*)
    tell "usage: tests/demo.sh [--interactive]" "cách dùng: tests/demo.sh [--interactive]" >&2
    exit 2
    ;;
esac
bold='' plain=''
[ ! -t 1 ] || bold=$'\e[1m' plain=$'\e[0m'
display=${DISPLAY:-} wayland=${WAYLAND_DISPLAY:-} browser_home=${HOME:-/}

heading "SmartCA as a token: a demonstration" "SmartCA thành token ảo: bản trình diễn"
tell "Cloud and phone are simulated on this computer; the persons are invented; nothing is paid for." \
    "Dịch vụ và điện thoại được mô phỏng trên máy này, người dùng là giả định, không mất lượt ký thật nào."

heading "1. Setting up" "1. Chuẩn bị"
tell "Missing packages are installed, then everything is built below $work." \
    "Cài các gói còn thiếu rồi dựng toàn bộ trong $work."
[ -n "${HOME:-}" ] || export HOME=$work/home
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
install_packages build demo
build_and_install demo -Dtests=disabled || die "the build failed, see $work/demo.log" "không dựng được, xem $work/demo.log"
result=$work/demo-result
rm -rf "$result"
mkdir -p "$result"
if [ $interactive = yes ]; then
    sim_options=(--auto none)
else
    # As if somebody looked at the code and tapped.
    sim_options=(--auto approve --auto-delay 1500)
fi
begin
account work 012345678901
sed -i "s/^language = .*/language = $language/" "$conf"
certificate_files || die "the certificate cannot be read: $("$tool" doctor 2>&1)" "không đọc được chứng thư số: $("$tool" doctor 2>&1)"
nss_database db
cp "$sim/root.pem" .
"$tool" certs

phone="$(cat "$sim/phone-url")?lang=$language"
if [ $interactive = yes ]; then
    heading "The phone: $phone" "Điện thoại: $phone"
    tell "Open it in a browser of this computer and leave it open; it updates itself." \
        "Hãy mở trang này bằng trình duyệt trên máy này và để mở; trang tự cập nhật."
    if [ -n "$display$wayland" ] && command -v xdg-open >/dev/null; then
        HOME=$browser_home DISPLAY=$display WAYLAND_DISPLAY=$wayland \
            setsid -f xdg-open "$phone" >/dev/null 2>&1 </dev/null
    fi
fi

documents=0
wrong=0

# on_the_phone: what the request says there, once it has arrived
on_the_phone()
{
    local text
    wait_for prompts "$documents" 120 || return
    text=$(helper state "$control" transactions.-1.description) || return
    tell "   on the phone:  $text" "   trên điện thoại:  $text"
    [ $interactive = no ] ||
        tell "   Compare the code there, then tap." "   Hãy so mã trên trang đó rồi xác nhận hoặc từ chối."
}

# signed FILE COMMAND...: one signing, told as it happens
signed()
{
    local file=$1 before signer status
    shift
    documents=$((documents + 1))
    before=$(counter paid)
    "$@" >"$box/said" 2>&1 </dev/null &
    signer=$!
    on_the_phone &
    local watcher=$!
    wait $signer
    status=$?
    # Who signed was told before; who did not may never have been asked.
    [ -s "$file" ] || kill $watcher 2>/dev/null
    wait $watcher 2>/dev/null
    paid=$(($(counter paid) - before))
    if [ ! -s "$file" ]; then
        tell "   not signed: $(last_log sentence)" "   chưa ký: $(last_log sentence)"
        sed 's/^/   | /' "$box/said" | tail -n 5
        [ "$(last_log outcome)" = rejected ] || wrong=1
        return 1
    fi
    return $status
}

# verified COMMAND...: shows what an independent program says
verified()
{
    printf '   $ %s\n' "$*"
    if "$@" >"$box/said" 2>&1 </dev/null; then
        grep -E 'Validation|Common Name|Verified OK|successful' "$box/said" | sed 's/^ */     /'
    else
        wrong=1
        sed 's/^/     /' "$box/said" | tail -n 5
    fi
    ! grep -q 'is Invalid\|not trusted' "$box/said" || wrong=1
}

last_log()
{
    "$tool" log --json --last 1 | json "0.$1"
}

cost()
{
    local id code
    id=$(last_log transaction) code=$(last_log code)
    if [ "$paid" = 1 ]; then
        tell "   transaction $id, code $code, 1 signature paid" "   giao dịch $id, mã đối chiếu $code, 1 lượt ký"
    else
        wrong=1
        tell "   transaction $id, code $code, $paid signatures paid: that is wrong" \
            "   giao dịch $id, mã đối chiếu $code, $paid lượt ký: không đúng"
    fi
}

heading "2. LibreOffice signs to-khai.odt as to-khai.pdf" "2. LibreOffice ký to-khai.odt thành to-khai.pdf"
make_odt "Tờ khai thuế, quý IV" to-khai >/dev/null 2>&1 || die "LibreOffice cannot make a document" "LibreOffice không tạo được tài liệu"
if signed to-khai.pdf export_signed to-khai.odt; then
    verified pdfsig -nssdir sql:db to-khai.pdf
    cost
    cp to-khai.odt to-khai.pdf "$result"
fi

heading "3. pkcs11-tool signs hop-dong.txt" "3. pkcs11-tool ký hop-dong.txt"
echo "Hợp đồng số 1" >hop-dong.txt
if signed hop-dong.sig timeout --foreground 320 pkcs11-tool --module "$module" --sign -m SHA256-RSA-PKCS --id "$(key_id)" -i hop-dong.txt -o hop-dong.sig; then
    verified openssl dgst -sha256 -verify public.pem -signature hop-dong.sig hop-dong.txt
    cost
    cp hop-dong.* public.pem "$result"
fi

heading "4. OpenSSL signs thu.txt (CMS)" "4. OpenSSL ký thu.txt (CMS)"
echo "Thư trả lời" >thu.txt
engine_configuration
if signed thu.p7s with_engine cms -sign -engine pkcs11 -keyform engine -inkey "$(key_uri)" -signer cert.pem \
    -certfile "$sim/chain.pem" -md sha256 -binary -in thu.txt -outform DER -out thu.p7s; then
    verified openssl cms -verify -inform DER -in thu.p7s -content thu.txt -binary \
        -CAfile root.pem -purpose any -out /dev/null
    cost
    cp thu.* root.pem "$result"
fi

heading "What smartca log keeps" "Nhật ký của smartca log"
"$tool" log
echo
tell "The signed files are in $result." "Các tệp đã ký nằm trong $result."
failures=$wrong
exit $wrong
