#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A person's browser in small: opens a page of the simulator, answers it, goes back to where it leads.

consent_browser.py ADDRESS; the environment says how the person is:
SIM_CA_FILE      the simulator's authority
SIM_BROWSER_LOG  a file that gets each address, one a line; may be missing
SIM_DECISION     allow, deny, close (the window, without an answer), fail (nothing can be shown)
SIM_USER, SIM_PASSWORD  what is typed into the page where it asks
"""
import os
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request


def note(address):
    name = os.environ.get("SIM_BROWSER_LOG")
    if name:
        with open(name, "a", encoding="utf-8") as log:
            log.write(address + "\n")


def fetch(address, form=None):
    """The text of the page at the end of all redirections, and whether it is still the service's."""
    trusted = ssl.create_default_context(cafile=os.environ["SIM_CA_FILE"])
    body = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(address, body, timeout=30, context=trusted) as reply:
        return reply.read().decode(), reply.geturl().startswith("https:")


def main():
    address, decision = sys.argv[1], os.environ.get("SIM_DECISION", "allow")
    note(address)
    if decision in ("close", "fail"):
        return 0 if decision == "close" else 3
    try:
        text, asked = fetch(address)
        if asked and "<form" in text:
            text, asked = fetch(address, {"decision": decision, "username": os.environ.get("SIM_USER", ""),
                                          "password": os.environ.get("SIM_PASSWORD", "")})
    except urllib.error.HTTPError as problem:
        text = problem.read().decode()
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
