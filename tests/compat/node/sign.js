// SPDX-License-Identifier: Apache-2.0
// Signs a file through pkcs11js, and another through graphene: sign.js MODULE FILE SIGNATURE OTHER_SIGNATURE [locking]
// locking: C_Initialize with CKF_OS_LOCKING_OK, without which p11-kit's client refuses pkcs11js's structure.
"use strict";
const fs = require("fs");
const pkcs11js = require("pkcs11js");
const graphene = require("graphene-pk11");

const [module_, source, target, other, locking] = process.argv.slice(2);
const started = locking ? [{ flags: pkcs11js.CKF_OS_LOCKING_OK }] : [];
const data = fs.readFileSync(source);

function byPkcs11js() {
    const p11 = new pkcs11js.PKCS11();
    p11.load(module_);
    p11.C_Initialize(...started);
    const slot = p11.C_GetSlotList(true)[0];
    const session = p11.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION);
    p11.C_Login(session, pkcs11js.CKU_USER, "12345678");
    p11.C_FindObjectsInit(session, [{ type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PRIVATE_KEY }]);
    const key = p11.C_FindObjects(session);
    p11.C_FindObjectsFinal(session);
    p11.C_SignInit(session, { mechanism: pkcs11js.CKM_SHA256_RSA_PKCS }, key);
    fs.writeFileSync(target, p11.C_Sign(session, data, Buffer.alloc(512)));
    p11.C_Logout(session);
    p11.C_Finalize();
    p11.close();
}

function byGraphene() {
    const module = graphene.Module.load(module_, "SmartCA");
    module.initialize(...started);
    const session = module.getSlots(0, true).open();
    session.login("12345678");
    const key = session.find({ class: graphene.ObjectClass.PRIVATE_KEY }).items(0).toType();
    const sign = session.createSign("SHA256_RSA_PKCS", key);
    sign.update(data.subarray(0, 5));
    sign.update(data.subarray(5));
    fs.writeFileSync(other, sign.final());
    session.logout();
    session.close();
    module.finalize();
}

byPkcs11js();
byGraphene();
console.log("signed twice");
