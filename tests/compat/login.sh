#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# smartca login by itself: what it says, and that nothing is kept, where the person does not let it in, the browser cannot
# come back, what lasts cannot be stored, or the service is away.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
begin
export DISPLAY=:99 BROWSER=$box/browser
user=012345678901

# person_will DECISION: what happens on the page
person_will()
{
    cat >"$BROWSER" <<EOF
#!/bin/bash
export SIM_CA_FILE="$sim/ca.pem" SIM_USER=$user SIM_PASSWORD="$(helper person "$sim/persons.json" $user password)" SIM_DECISION=$1
exec "$stage/sim/consent_browser.py" "\$@"
EOF
    chmod +x "$BROWSER"
}

kept()
{
    find "$HOME/.local/state/smartca" -type f -name token-work 2>/dev/null | wc -l
}

account work $user
refuse "no account named" "Name one account" "$tool" login
refuse "two of them" "Name one account" "$tool" login work other
refuse "an account that there is not" 'no account "other"' "$tool" login other
refuse "a service without a log-in" "needs no log-in" "$tool" login work

service_account vnpt-smartca-oauth work $user
sed -i '/^password = /d' "$conf"
person_will deny
refuse "not let in" "did not let the program in. Nothing was stored" "$tool" login work
equal "not let in: nothing is kept" "$(kept)" 0
person_will allow
# shellcheck disable=SC2016 # for the shell inside
refuse "no room for the address of the page" "smartca: A file could not be .*written" bash -c '"$1" login work >/dev/full' bash "$tool"
equal "no room for the address: nothing is kept" "$(kept)" 0

# What lasts has no place: a folder stands there.
(umask 077 && mkdir -p "$HOME/.local/state/smartca/token-work/in the way")
refuse "it cannot be stored" "could not be stored. Check the free disk space" "$tool" login work
rm -r "$HOME/.local/state/smartca/token-work"

# The browser cannot come back.
/usr/bin/python3 -c '
import signal, socket
taken = socket.socket()
taken.bind(("127.0.0.1", 0))
taken.listen()
print(taken.getsockname()[1], flush=True)
signal.pause()' >port &
taken=$!
tries=0
until [ -s port ] || [ $((tries += 1)) -gt 600 ]; do sleep 0.1; done
cp "$conf" good.conf
echo "redirect-uri = http://127.0.0.1:$(cat port)/" >>"$conf"
refuse "the port of redirect-uri is taken" "port of redirect-uri is taken" "$tool" login work
kill "$taken"
cp good.conf "$conf"

# The service answers what makes no sense.
for action in garbage truncate status; do
    order /fault "{\"action\": \"$action\", \"path\": \"token\", \"count\": 10}" >/dev/null
    refuse "the service answers with $action" "smartca: The service .* makes no sense" "$tool" login work
    order /reset >/dev/null
done
equal "by all this nothing is kept" "$(kept)" 0
sed -i 's/^language = .*/language = vi/' "$conf"
expect "let in, in Vietnamese" "Bạn đã đăng nhập" "$tool" login work
equal "that is kept" "$(kept)" 1
expect "and good for the certificates" "Nguyễn Thị Mẫu" "$tool" certs
equal "nothing is paid for it" "$(counter paid)" 0
