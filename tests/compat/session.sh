#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One confirmation for several signatures (session = N/M) at both versions of the Cloud Signature
# Consortium's service: how many, by which processes, and everything that ends it. Keys and services
# that cannot are named.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/compat/lib-csc.sh
. "$compat/lib-csc.sh"
# shellcheck source=tests/compat/lib-session.sh
. "$compat/lib-session.sh"
need pkcs11-tool openssl
begin
many_host=$(own_host many_host)
person=012345678914
serial=$(helper serial "$sim" $person phien-app)

# session_account SERVICE [line]...: the key that may have sessions, confirmed on the phone
session_account()
{
    local service=$1
    shift
    csc_account "$service" $person "serial-number = $serial" "$@"
    certificate_files
    id=$(key_id)
}

# The first line of smartca watch that tells of a session.
watched()
{
    local watch tries=0
    : >"$box/watched" # of the one before
    "$tool" watch >"$box/watched" &
    watch=$!
    until grep -m 1 session "$box/watched" || [ $tries -ge 300 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    kill $watch
    wait $watch || true # a signal that comes early ends it before it listens
}

for service in csc-v1 csc-v2; do
    fresh_counters
    new_home "home $service"
    order /switch '{"csc_sad_seconds": 3600}' >/dev/null
    session_account $service "session = 5/10" "session-scope = program" "poll-interval = 1"
    sign_files 1 >"$box/out"
    equal "$service: the first signature is confirmed" "$(cat "$box/out") $(counter prompts)" "1 of 1 1"
    expect "$service: the phone was told that it is for five" "1 document and up to 4 more within 10 min" helper state "$control" transactions
    equal "$service: four are left" "$(status_of sessions.0.signatures_left)" 4
    expect "$service: who watches sees it" "^[0-9:]{8}  work: session of pkcs11-tool \(program\), 4 more signatures without confirmation, 10 min left$" watched
    expect "$service: the status says so to people" "4 more signatures without confirmation, 10 min left" "$tool" status
    sign_files 4 >"$box/out"
    equal "$service: five signatures, one confirmation" "$(cat "$box/out") $(counter prompts)" "4 of 4 1"
    equal "$service: five paid" "$(counter paid)" 5
    equal "$service: the session is over" "$(status_of sessions)" "[]"
    sign_files 1 >"$box/out"
    equal "$service: the sixth is confirmed" "$(cat "$box/out") $(counter prompts)" "1 of 1 2"
    equal "$service: the log marks all of them" "$("$tool" log --json | grep -c '"session": "[0-9a-f-]\{36\}"')" 6
    expect "$service: and names the one that was confirmed" "within the session that $("$tool" log --json | json 0.transaction) began" "$tool" log

    expect "$service: smartca lock ends it" "1 session ended" "$tool" lock work
    expect "$service: once" "There was no session" "$tool" lock
    equal "$service: nothing is left" "$(status_of sessions)" "[]"
    sign_files 1 >"$box/out"
    equal "$service: after it the next is confirmed" "$(cat "$box/out") $(counter prompts)" "1 of 1 3"

    stop_agents
    sign_files 1 >"$box/out"
    equal "$service: a new agent knows of no session" "$(cat "$box/out") $(counter prompts)" "1 of 1 4"

    # Another program has nothing of it.
    new_file
    check "$service: another program signs" "$many_host" "$box/mô đun.so" "$file"
    expect "$service: OpenSSL verifies it" "Verified OK" verified "$file" "$file.sig"
    if remote; then
        skip "$service: it is confirmed by itself" "behind p11-kit's server all programs are one"
    else
        equal "$service: it is confirmed by itself" "$(counter prompts)" 5
    fi
    echo "# a comment" >>"$conf"
    before=$(counter prompts)
    sign_files 1 >"$box/out"
    equal "$service: a changed configuration ends it" "$(cat "$box/out") $(($(counter prompts) - before))" "1 of 1 1"
    equal "$service: nothing that a careful client would not do" "$(counter violations)" 0
done

# Without a wider scope each process is confirmed, and one process is not asked twice.
fresh_counters
new_home "home process"
session_account csc-v1 "session = 5/10"
sign_files 2 >"$box/out"
if remote; then
    skip "two processes do not share one" "behind p11-kit's server all programs are one process"
else
    equal "two processes do not share one" "$(cat "$box/out") $(counter prompts)" "2 of 2 2"
fi
fresh_counters
"$tool" lock >/dev/null
for number in 1 2 3 4 5 6; do echo "number $number" >"in-one-$number"; done
check "one process signs six files" "$many_host" "$box/mô đun.so" in-one-1 in-one-2 in-one-3 in-one-4 in-one-5 in-one-6
good=0
for number in 1 2 3 4 5 6; do
    ! verified "in-one-$number" "in-one-$number.sig" >/dev/null || good=$((good + 1))
done
equal "six verified, six paid, two confirmations" "$good $(counter paid) $(counter prompts)" "6 6 2"

# All programs of the person, where the configuration says so.
fresh_counters
new_home "home user"
same_day 60
session_account csc-v1 "session = 5/10" "session-scope = user" "max-per-day = 3"
sign_files 2 >"$box/out"
new_file
check "another program shares it" "$many_host" "$box/mô đun.so" "$file"
equal "three paid by one confirmation" "$(counter paid) $(counter prompts)" "3 1"
new_file
refuse "a limit of one's own holds in a session" "CKR_FUNCTION_REJECTED|0x200" p11 --sign --id "$id" -m SHA256-RSA-PKCS -i "$file" -o "$file.sig"
expect "the status says what is spent and left" "work: 3 of your own limit of 3 a day spent, 0 left" "$tool" status
equal "and nothing was sent" "$(counter paid) $(counter prompts)" "3 1"

# A PIN typed into a program's own dialog: what begins the session is the PIN. Within it programs still have to log in, as the
# token says, but what is typed is not sent.
fresh_counters
new_home "home pin"
csc_account csc-v1 012345678911 "serial-number = $(helper serial "$sim" 012345678911 khoa-rsa2048)" "session = 3/10" "session-scope = user" \
    "credential-pin = " "pin = password"
certificate_files
otp_host=$(own_host otp_host)
new_file
refuse "without a PIN nothing is signed" "0x101" "$otp_host" "$box/mô đun.so" "$file" "$file.sig"
check "a typed PIN begins a session" "$otp_host" "$box/mô đun.so" "$file" "$file.sig" "$(helper person "$sim/persons.json" 012345678911 pin)"
new_file
refuse "within it a program that does not log in is refused as ever" "0x101" "$otp_host" "$box/mô đun.so" "$file" "$file.sig"
for number in 2 3; do
    new_file
    check "what is typed within it is not sent, $number" "$otp_host" "$box/mô đun.so" "$file" "$file.sig" 000000 000000
    expect "OpenSSL verifies it" "Verified OK" verified "$file" "$file.sig"
done
equal "no wrong PIN, three paid" "$(counter wrong_pins) $(counter paid)" "0 3"
new_file
refuse "after it the PIN counts again" "0xa0|0xA0" "$otp_host" "$box/mô đun.so" "$file" "$file.sig" 000000
equal "and nothing was paid" "$(counter wrong_pins) $(counter paid)" "1 3"

# Who cannot: a key whose permissions are bound to documents, a service without such permissions.
fresh_counters
new_home "home pinned"
csc_account csc-v2 012345678913 "serial-number = $(helper serial "$sim" 012345678913 may-app)" "session = 5/10" "session-scope = user"
certificate_files
id=$(key_id)
sign_files 2 >"$box/out"
equal "a key of SCAL 2: every signature is confirmed" "$(cat "$box/out") $(counter prompts)" "2 of 2 2"
expect "the status says why" "work: \"session\" does nothing, because the service binds every confirmation" "$tool" status
refuse "the doctor says what to do" "Remove the line \"session\"" "$tool" doctor
account work 012345678901 "session = 5/10"
refuse "a service that cannot: account, setting and remedy are named" \
    "Account work cannot have \"session\": VNPT SmartCA.*Remove the line" "$tool" doctor
csc_account csc-v2 $person "session = 501/10"
refuse "more than may be set is refused" "from 2 to 500 signatures and from 1 to 120 minutes" "$tool" doctor
refuse "lock knows its accounts" "There is no account \"nobody\"" "$tool" lock nobody
stop_agents
expect "without an agent there is no session" "There was no session" "$tool" lock
