#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# In which language a person is spoken to: what the configuration says, else the locale.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
begin
export PATH=$inst/bin:$PATH

# usage LOCALE COMMAND...: the line of its help that names it
usage()
{
    local locale=$1
    shift
    LANGUAGE=$locale smartca "$@" 2>&1 | grep -E "^(Usage|Cách dùng): smartca"
}

# ---- every help of smartca
for words in --help help nonsense "help status" "status --help" "account add --help"; do
    # shellcheck disable=SC2086 # words of a command
    for pair in "en vi" "vi en"; do
        read -r speech locale <<<"$pair"
        new_configuration
        case $speech in en) wanted=Usage ;; vi) wanted="Cách dùng" ;; esac
        expect "smartca $words: language = $speech is heeded" "^$wanted" usage "$locale" $words
        speech=auto new_configuration
        case $locale in en) wanted=Usage ;; vi) wanted="Cách dùng" ;; esac
        expect "smartca $words: else the locale, $locale" "^$wanted" usage "$locale" $words
    done
done
speech="vi"
new_configuration
printf 'no setting\nagent-idle = never\n[account:]\n[account:work]\nprovider = nobody\n' >>"$conf"
expect "beside what is wrong, too" "^Cách dùng" usage en --help
# broken NAME: a configuration that cannot be used is no reason not to help
broken()
{
    expect "$1: the help is there" "^Cách dùng" usage vi --help
    expect "$1: and a command's" "^Cách dùng" usage vi status --help
}
head -c 4096 /dev/zero >"$conf"
broken "a configuration of zeros"
rm "$conf"
mkdir "$conf"
broken "a folder in its place"
rmdir "$conf"
ln -s smartca.conf "$conf"
broken "a link to itself"
rm "$conf"
mkfifo "$conf"
broken "a pipe that nobody writes to"

# ---- smartca-sim, which knows no configuration
simulate()
{
    "${simulator[@]}" "$@"
}
for name in LANGUAGE LC_ALL LC_MESSAGES LANG; do
    expect "smartca-sim: $name chooses" "^Cách dùng: smartca-sim" \
        env -u LANGUAGE -u LC_ALL -u LC_MESSAGES -u LANG $name=vi_VN.UTF-8 "${simulator[@]}" --help
done
expect "smartca-sim: English else" "^usage: smartca-sim" simulate --help
export LANGUAGE=vi
# in_vietnamese NAME PATTERN COMMAND...: it fails in a Vietnamese sentence, and says nothing in English
in_vietnamese()
{
    refuse "$@"
    equal "$1: no English" "$(only_vietnamese <"$box/said")" ""
}
expect "smartca-sim --help" "^Tùy chọn:" simulate --help
equal "smartca-sim --help: no English" "$(only_vietnamese <"$box/said")" ""
taken=$(sed 's/.*://' "$sim/url")
mkdir second
in_vietnamese "a port that is in use" "^smartca-sim: Không dùng được cổng $taken: " simulate --dir second --identities "$work/identities" --port "$taken"
in_vietnamese "the other one" "--control-port" simulate --dir second --identities "$work/identities" --control-port "$taken"
in_vietnamese "no port" "số từ 0 đến 65535" simulate --port 65536
in_vietnamese "an unknown option" "không biết tùy chọn: --colour" simulate --colour
in_vietnamese "half an option" "hãy ghi đủ" simulate --aut
in_vietnamese "no value" "cần một giá trị" simulate --auto
in_vietnamese "a value too much" "không nhận" simulate --foreground=yes
in_vietnamese "an unknown value" "chọn một trong" simulate --auto perhaps
in_vietnamese "no time" "mili giây" simulate --auto-delay soon
in_vietnamese "an unknown switch" "tên colour" simulate --dir second --identities "$work/identities" --switch colour=blue
in_vietnamese "a switch of another kind" "như 1003" simulate --dir second --identities "$work/identities" --switch otp_code=blue
in_vietnamese "no file of persons" "Không có nobody" simulate --dir second --identities "$work/identities" --persons nobody
in_vietnamese "no persons in it" "JSON" simulate --dir second --identities "$work/identities" --persons "$sim/ca.pem"
in_vietnamese "a file for a folder" "Không dùng được $sim/url" simulate --dir "$sim/url"
second_starts()
{
    local pid
    "${simulator[@]}" --dir second --identities "$work/identities" >second.out 2>&1 &
    pid=$!
    until [ -s second.out ]; do
        kill -0 $pid 2>/dev/null || break
        sleep 0.1
    done
    kill $pid && wait $pid || return
    cat second.out
    only_vietnamese <second.out
}
expect "and when it is ready" "^sẵn sàng https://127[.]0[.]0[.]1:[0-9]+$" second_starts
