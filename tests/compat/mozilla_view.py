#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Firefox or Thunderbird in a window, for a picture: where it shows the token or its certificate.

mozilla_view.py PROGRAM PROFILE LANGUAGE READY   writes the file READY when it is to be seen, ends when that is gone
"""
import os
import sys
import time

import marionette

OWNER = "Nguyễn Thị Mẫu"
WAIT_SECONDS = 30

# The list of security devices.
DEVICES = """
    const view = window.openDialog("chrome://pippki/content/device_manager.xhtml", "devices", "chrome,dialog=no,width=760,height=420");
    await new Promise(resolve => view.addEventListener("load", resolve, {once: true}));
    window.view = view;
"""
# The token, in the row below the module's name.
TOKEN = """
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
# An account that receives nothing, there before Thunderbird would ask for one.
ACCOUNT = {
    "mail.accountmanager.accounts": "account1",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.account.account1.identities": "id1",
    "mail.account.account1.server": "server1",
    "mail.identity.id1.fullName": OWNER,
    "mail.identity.id1.useremail": "mau@example.vn",
    "mail.server.server1.type": "pop3",
    "mail.server.server1.hostname": "example.vn",
    "mail.server.server1.userName": "mau",
    "mail.server.server1.name": "mau@example.vn",
    "mail.server.server1.check_new_mail": False,
    "mail.server.server1.login_at_startup": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "mail.rights.version": 1,
    "mailnews.start_page.enabled": False,
}
# Its settings, with the token's certificate chosen.
CHOOSE = """
    const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
    const database = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
    const own = database.getCerts().find(one => one.certType & Ci.nsIX509Cert.USER_CERT);
    if (!own)
        throw new Error("no certificate to sign with");
    const account = MailServices.accounts.defaultAccount;
    account.defaultIdentity.setUnicharAttribute("signing_cert_name", own.displayName);
    account.defaultIdentity.setCharAttribute("signing_cert_dbkey", own.dbKey);
    window.resizeTo(980, 690);
    window.MsgAccountManager("am-e2e.xhtml", account.incomingServer);
"""
# The part of S/MIME.
SETTINGS = """
    const page = document.getElementById("tabmail").currentTabInfo.browser?.contentDocument;
    const settings = page?.getElementById("contentFrame")?.contentDocument;
    const name = settings?.getElementById("identity_signing_cert_name");
    if (!name?.value)
        return false;
    name.closest("fieldset").scrollIntoView();
    return true;
"""
VIEWS = {"firefox-esr": ({}, DEVICES, TOKEN), "thunderbird": (ACCOUNT, CHOOSE, SETTINGS)}


def main():
    program, profile, language, ready = sys.argv[1:]
    preferences, open_view, is_shown = VIEWS[program]
    preferences = {"intl.locale.requested": {"en": "en-US"}.get(language, language), **preferences}
    with marionette.Marionette(program, profile, preferences, headless=False) as host:
        host.chrome(open_view)
        end = time.monotonic() + WAIT_SECONDS
        while not host.chrome(is_shown, OWNER) and time.monotonic() < end:
            time.sleep(0.5)
        with open(ready, "w", encoding="ascii"):
            pass
        while os.path.exists(ready):
            time.sleep(0.2)
    return 0


sys.exit(main())
