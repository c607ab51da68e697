#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Firefox opens a page that asks for a certificate, and its own dialog is answered.

firefox_login.py PROFILE URL [--cancel | --automatic] [--until COMMAND]
Prints "asked: " with the dialog's certificate for each dialog that came, then the page's text. The
answer is OK with the dialog's default "for this session", or with --cancel the other button. Fails
when the page does not come. --automatic: Firefox is set to choose by itself. --until: nobody waits for the
page any more once the command succeeds.
"""
import argparse
import subprocess
import sys
import time

import marionette

ANSWER = """
    const [accept] = given;
    window.asked = [];
    Services.obs.addObserver(dialog => {
        const list = dialog.ownerDocument.getElementById("nicknames");
        window.asked.push(Array.from(list.menupopup.children, item => item.label).join(", "));
        accept ? dialog.acceptDialog() : dialog.cancelDialog();
    }, "cert-dialog-loaded");
"""


def wait(command):
    end = time.monotonic() + marionette.SCRIPT_SECONDS
    while time.monotonic() < end and subprocess.run(command, shell=True, check=False).returncode:
        time.sleep(0.2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile")
    parser.add_argument("url")
    parser.add_argument("--cancel", action="store_true")
    parser.add_argument("--automatic", action="store_true")
    parser.add_argument("--until")
    options = parser.parse_args()
    # Written in either case: a profile remembers.
    preferences = {"security.default_personal_cert": "Select Automatically" if options.automatic else "Ask Every Time"}
    with marionette.Marionette("firefox-esr", options.profile, preferences) as firefox:
        firefox.chrome(ANSWER, not options.cancel)
        page = ""
        try:
            firefox.open(options.url, *([1] if options.until else []))
            page = firefox.run("return document.body.innerText")
        except marionette.Refused as reason:
            print(reason)
            if options.until:
                wait(options.until)
                page = firefox.run("return document.body.innerText")
        for certificate in firefox.chrome("return window.asked"):
            print("asked:", certificate)
        print(page)
    return 0 if page else 1


sys.exit(main())
