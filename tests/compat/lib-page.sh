#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A person who permits signatures on a web page, in a browser that is a script. Sourced after lib.sh, lib-csc.sh and begin.
# What the script finds around itself goes to browser.env, each page's address to visits.
# shellcheck disable=SC2034 # for those who source this
# shellcheck disable=SC2154 # box, sim and stage are the stage's
app=012345678913
export DISPLAY=:99 BROWSER=$box/browser
visits=$box/visits
cat >"$BROWSER" <<EOF
#!/bin/bash
env >"$box/browser.env"
grep Seccomp: /proc/self/status >>"$box/browser.env"
sed 's/^/cgroup /' /proc/self/cgroup >>"$box/browser.env"
[ ! -e "$box/stays" ] || { sleep 1000 & echo \$! >"$box/browser.pid"; }
export SIM_CA_FILE="$sim/ca.pem" SIM_BROWSER_LOG="$visits" SIM_USER=$app
export SIM_PASSWORD="$(helper person "$sim/persons.json" $app password)"
SIM_DECISION=\$(cat "$box/decision") exec "$stage/sim/consent_browser.py" "\$@"
EOF
chmod +x "$BROWSER"
csc_prompt=auto
oauth=("serial-number = $(helper serial "$sim" $app may-web)" "client-id = $(json_file "$sim/services.json" csc-v1.public_client_id)" "profile-id = basic")

person_will()
{
    echo "$1" >"$box/decision"
    : >"$visits"
}

pages()
{
    wc -l <"$visits"
}
