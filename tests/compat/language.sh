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
