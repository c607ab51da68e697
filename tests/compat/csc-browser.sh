#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A key that asks for permission on a web page, in unchanged pkcs11-tool: the agent opens the page in
# the person's browser (a script here), which comes back to this computer. No screen, a refusal, a
# page that is closed, and a host that gives up.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/compat/lib-csc.sh
. "$compat/lib-csc.sh"
# shellcheck source=tests/compat/lib-keys.sh
. "$compat/lib-keys.sh"
need pkcs11-tool openssl
begin
# shellcheck source=tests/compat/lib-page.sh
. "$compat/lib-page.sh"
# shellcheck disable=SC2034 # for lib-keys.sh
data=contract.txt

# listeners: ports on which the agent waits for a browser
listeners()
{
    local pid inodes
    for pid in $(agent_pids); do
        inodes=$(find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null | tr -dc '0-9\n')
        awk -v own="$inodes" 'BEGIN { n = split(own, list, "\n"); for (i = 1; i <= n; i++) mine[list[i]] = 1 }
            FNR > 1 && $4 == "0A" && $10 in mine' /proc/net/tcp
    done | wc -l
}

# until_true COMMAND WANTED: within a minute; what is asked about afterwards shows whether it came
until_true()
{
    local tries=0
    until [ "$("$1")" = "$2" ] || [ $tries -ge 600 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
}

# One page for several signatures.
holder=012345678914
session=("serial-number = $(helper serial "$sim" $holder phien-web)" "${oauth[@]:1}" "session = 3/10" "session-scope = program")
sed -e "s/$app/$holder/" -e "s/SIM_PASSWORD=.*/SIM_PASSWORD=\"$(helper person "$sim/persons.json" $holder password)\"/" "$BROWSER" >"$BROWSER-2"
chmod +x "$BROWSER-2"

for service in csc-v1 csc-v2; do
    fresh_counters
    person_will allow
    csc_account $service $app "${oauth[@]}"
    use "NIST CURVE: P-256"

    echo "a contract by $service" >contract.txt
    check "$service: the person permits it on the page" sign -m ECDSA-SHA256 --signature-format openssl
    expect "and OpenSSL verifies" "Verified OK" verify -sha256
    equal "one page" "$(pages)" 1
    equal "the browser can use the token itself" "$(grep -c "^SMARTCA_INSIDE_AGENT=" browser.env)" 0
    equal "one permission" "$(counter consents)" 1
    equal "one signature paid" "$(counter paid)" 1
    expect "the page names the program and the code" "description=pkcs11-tool.*code" cat "$visits"
    check "the same document again" sign -m ECDSA-SHA256 --signature-format openssl
    equal "costs no page" "$(pages)" 1

    person_will deny
    echo "another contract by $service" >contract.txt
    refuse "$service: the person refuses" "CKR_FUNCTION_REJECTED|0x200" sign -m ECDSA-SHA256
    expect "which is said" "You did not permit this in your browser" "$tool" log
    equal "one page, though pkcs11-tool asks twice" "$(pages)" 1

    person_will fail
    echo "a third contract by $service" >contract.txt
    refuse "$service: there is no browser" "CKR_USER_NOT_LOGGED_IN|0x101" sign -m ECDSA-SHA256
    expect "which is said" "no screen or browser" "$tool" log

    person_will close
    csc_account $service $app "${oauth[@]}" "confirm-timeout = 10"
    refuse "$service: the person closes the page" "CKR_FUNCTION_CANCELED|0x50" sign -m ECDSA-SHA256
    expect "which is said" "Nobody confirmed in the browser in time" "$tool" log
    until_true listeners 0
    equal "nobody listens any more" "$(listeners)" 0

    person_will close
    csc_account $service $app "${oauth[@]}"
    sign -m ECDSA-SHA256 >/dev/null 2>&1 &
    host_pid=$!
    until_true pages 1
    equal "$service: somebody listens while the page is open" "$(listeners)" 1
    kill_below "$host_pid"
    wait "$host_pid" 2>/dev/null
    until_true listeners 0
    equal "and nobody once the host is gone" "$(listeners)" 0

    (
        unset DISPLAY
        person_will allow
        refuse "$service: there is no screen" "CKR_USER_NOT_LOGGED_IN|0x101" sign -m ECDSA-SHA256
        equal "no page" "$(pages)" 0
        exit $failures
    )
    failures=$((failures + $?))
    equal "one signature paid in all" "$(counter paid)" 1
    equal "nothing that a careful client would not do" "$(counter violations)" 0

    (
        new_home "home session $service"
        export BROWSER=$BROWSER-2
        fresh_counters
        person_will allow
        csc_account $service $holder "${session[@]}"
        use "NIST CURVE: P-256"
        for number in 1 2; do
            echo "contract $number by $service" >contract.txt
            check "$service: a session by a page, signature $number" sign -m ECDSA-SHA256 --signature-format openssl
            expect "and OpenSSL verifies" "Verified OK" verify -sha256
        done
        equal "one page, two paid" "$(pages) $(counter consents) $(counter paid)" "1 1 2"
        expect "the page said for how many" "1\+document.*up.*to.*2\+more|up%20to%202%20more" cat "$visits"
        expect "smartca lock ends it" "1 session ended" "$tool" lock
        check "at the service, too" wait_for requests:/auth/oauth2/revoke
        echo "contract 3 by $service" >contract.txt
        check "the next signature" sign -m ECDSA-SHA256 --signature-format openssl
        equal "is permitted on a page of its own" "$(pages) $(counter consents)" "2 2"
        equal "nothing that a careful client would not do" "$(counter violations)" 0
        stop_agents # of this home
        exit $failures
    )
    failures=$((failures + $?))
done
