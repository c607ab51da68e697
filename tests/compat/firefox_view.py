#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Firefox in a window, with its list of security devices open, for a picture.

firefox_view.py PROFILE LANGUAGE READY   writes the file READY when it is to be seen, ends when that is gone
"""
import os
import sys
import time

import marionette

OPEN = """
    const view = window.openDialog("chrome://pippki/content/device_manager.xhtml", "devices", "chrome,dialog=no,width=760,height=420");
    await new Promise(resolve => view.addEventListener("load", resolve, {once: true}));
    window.view = view;
"""
# The token, in the row below the module's name.
CHOOSE = """
    const [wanted] = given;
    const tree = window.view.document.getElementById("device_tree");
    for (let row = 0; row < tree.view.rowCount; row++)
        if (tree.view.getCellText(row, tree.columns.getFirstColumn()).includes(wanted)) {
            tree.view.selection.select(row);
            tree.ensureRowIsVisible(row);
            return true;
        }
    return false;
"""


def main():
    profile, language, ready = sys.argv[1:]
    preferences = {"intl.locale.requested": {"en": "en-US"}.get(language, language)}
    with marionette.Marionette("firefox-esr", profile, preferences, headless=False) as firefox:
        firefox.chrome(OPEN)
        end = time.monotonic() + 30
        while not firefox.chrome(CHOOSE, "Nguyễn Thị Mẫu") and time.monotonic() < end:
            time.sleep(0.5)
        with open(ready, "w", encoding="ascii"):
            pass
        while os.path.exists(ready):
            time.sleep(0.2)
    return 0


sys.exit(main())
