#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `smartca certs` says when something is not as it should be: no agent, no service, no room for what it writes, a
# listing that was lost, arguments that make no sense.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need openssl
begin

# certs FIELD: of the first certificate
certs()
{
    "$tool" certs --json | json "0.$1"
}

# full COMMAND...: what it prints has no room
full()
{
    "$tool" "$@" >/dev/full
}

account work 012345678901
expect "never fetched: fetched now" "^0 .*Nguyễn Thị Mẫu .*work$" "$tool" certs
listings=$(counter listings)
order /listen '{"on": false}' >/dev/null
stop_agents
expect "without agent and service all is there" "^0 .*Nguyễn Thị Mẫu .*work$" env SMARTCA_AGENT=/nonexistent "$tool" certs
for command in certs "certs --json" status "account list" --help --version; do
    # shellcheck disable=SC2086 # words
    refuse "no room for what it prints is an error: $command" "could not be written" full $command
done
# reader_gone: who prints into a pipe that nobody reads, and is not killed by it
reader_gone()
{
    /usr/bin/python3 -c '
import os, subprocess, sys
reader, writer = os.pipe()
os.close(reader)
sys.exit(subprocess.run(sys.argv[1:], stdout=writer, restore_signals=False).returncode)' "$@"
}
check "a reader that has left is no error" reader_gone "$tool" certs
equal "and nothing is said of it" "$(cat "$box/said")" ""
refuse "too many words" '"work" is too much' "$tool" certs work
refuse "an option that there is not" "--nothing" "$tool" certs --nothing
expect "help" "Usage: smartca certs" "$tool" certs --help

# The listing of the account is lost or no listing: what programs see is still there.
spoil="$HOME/.cache/smartca/accounts/work.json"
cp "$spoil" kept
for damage in "" "[]" "{" "$(printf '\377\376')"; do
    printf '%s' "$damage" >"$spoil"
    expect "listing spoiled (${damage@Q}): the slot is shown" "^0 .*work$" "$tool" certs
    check "listing spoiled (${damage@Q}): as JSON, too" certs label
done
rm "$spoil"
expect "no listing: the slot is shown" "^0 .* - +- +- .*work$" "$tool" certs
equal "no listing: nothing is made up" "$(certs serial)$(certs holder)" ""
cp kept "$spoil"

# The token image is lost or no image.
image="$HOME/.cache/smartca/tokens"
printf 'garbage' >"$image"
refuse "image spoiled, no agent: doctor is named" "could not be fetched.*smartca doctor" env SMARTCA_AGENT=/nonexistent "$tool" certs
rm "$image"
refuse "no image, no agent: the same" "could not be fetched.*smartca doctor" env SMARTCA_AGENT=/nonexistent "$tool" certs
order /listen '{"on": true}' >/dev/null
expect "with the agent it is made again" "^0 .*Nguyễn Thị Mẫu .*work$" "$tool" certs
equal "from the listing that was there" "$(counter listings)" "$listings"

new_home "home expired"
account work 012345678904
expect "expired" " expired +work$" "$tool" certs
equal "expired: days are less than none" "$(($(certs days_left) < 0))" 1
new_home "home blocked"
account work 012345678905
expect "revoked" " blocked +work$" "$tool" certs
new_home "home none"
account work 012345678906
refuse "none: doctor is named" "No certificate is known. \"smartca doctor\" says why" "$tool" certs
equal "none: JSON is empty" "$("$tool" certs --json 2>/dev/null)" "[]"
