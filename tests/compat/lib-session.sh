#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the scripts about sessions share. Sourced after lib.sh.
# shellcheck disable=SC2154 # box, conf and tool are the stage's, id the script's

# A new one each time, in subshells, too.
new_file()
{
    files=$(($(cat "$box/files" 2>/dev/null || echo 0) + 1))
    echo $files >"$box/files"
    file=file-$files
    echo "file number $files" >"$file"
}

# sign_files COUNT: each by a pkcs11-tool of its own; prints how many are verified
sign_files()
{
    local good=0 number
    for number in $(seq "$1"); do
        new_file
        p11 --sign --id "$id" -m SHA256-RSA-PKCS -i "$file" -o "$file.sig" >"$box/said" 2>&1
        ! verified "$file" "$file.sig" >/dev/null 2>&1 || good=$((good + 1))
    done
    echo "$good of $number"
}

status_of()
{
    "$tool" status --json | json "$1"
}

# A pinentry without a screen: what it is told goes to $box/asked, what it answers to CONFIRM
# stands in $box/answer.
screen_pinentry()
{
    cat >"$box/pinentry" <<END
#!/bin/bash
echo "OK at your service"
while read -r line; do
    printf '%s\n' "\$line" >>"$box/asked"
    case \$line in
    CONFIRM) cat "$box/answer" ;;
    *) echo OK ;;
    esac
done
END
    chmod 755 "$box/pinentry"
    : >"$box/asked"
    say_yes
}

say_yes()
{
    echo OK >"$box/answer"
}

say_no()
{
    echo "ERR 83886194 Not confirmed" >"$box/answer"
}

# confirmations: how often the screen was asked
confirmations()
{
    grep -c '^CONFIRM$' "$box/asked"
}

set_prompt()
{
    sed -i -e '/^prompt = /d' -e "s|^language = .*|&\nprompt = $1|" "$conf"
}
