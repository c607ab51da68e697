#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Thunderbird writes a signed message, by the code that makes what it sends.

thunderbird_mail.py PROFILE FILE
The message goes to FILE. The identity's certificate for signing is the one of the token. Fails
with Thunderbird's own words when it cannot sign.
"""
import os
import sys

import marionette

WRITE = """
    const [path] = given;
    const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
    const { MimeMessage } = ChromeUtils.importESModule("resource:///modules/MimeMessage.sys.mjs");
    const make = (name, type) => Cc[`@mozilla.org/messengercompose/${name};1`].createInstance(type);

    const database = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
    const own = database.getCerts().filter(one => one.certType & Ci.nsIX509Cert.USER_CERT);
    if (own.length !== 1)
        throw new Error(`certificates to sign with: ${own.length}`);
    const identity = MailServices.accounts.createIdentity();
    identity.email = "mau@example.vn";
    identity.fullName = "Nguyễn Thị Mẫu";
    identity.setUnicharAttribute("signing_cert_name", own[0].displayName);
    identity.setCharAttribute("signing_cert_dbkey", own[0].dbKey);

    const fields = make("composefields", Ci.nsIMsgCompFields);
    fields.from = "Nguyễn Thị Mẫu <mau@example.vn>";
    fields.to = "thue@example.vn";
    fields.subject = "Tờ khai thuế";
    fields.composeSecure = make("composesecure", Ci.nsIMsgComposeSecure);
    fields.composeSecure.signMessage = true;
    fields.composeSecure.requireEncryptMessage = false;
    const text = String.fromCharCode(...new TextEncoder().encode("Kính gửi cơ quan thuế.\\r\\n"));
    const message = new MimeMessage(identity, fields, "", "text/plain", text,
        Ci.nsIMsgSend.nsMsgDeliverNow, "", Ci.nsIMsgCompType.New, [], make("sendreport", Ci.nsIMsgSendReport));
    const file = await message.createMessageFile();
    const [folder, name] = [PathUtils.parent(path), PathUtils.filename(path)];
    const target = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
    target.initWithPath(folder);
    file.moveTo(target, name);
    return own[0].tokenName;
"""


def main():
    profile, path = map(os.path.abspath, sys.argv[1:3])
    with marionette.Marionette("thunderbird", profile) as thunderbird:
        print(thunderbird.chrome(WRITE, path))


main()
