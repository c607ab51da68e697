#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Signs a file through PyKCS11 as its documentation shows: pykcs11.py MODULE FILE SIGNATURE [known].

known: asks for a few attributes by name; p11-kit 0.24's client ends a request for all that PyKCS11 can name.
"""
import sys

import PyKCS11


def main():
    module, source, target, *known = sys.argv[1:]
    library = PyKCS11.PyKCS11Lib()
    library.load(module)
    slot = library.getSlotList(tokenPresent=True)[0]
    print(library.getTokenInfo(slot).label.strip(), len(library.getMechanismList(slot)))
    session = library.openSession(slot)
    for found in session.findObjects():
        if known:
            print(session.getAttributeValue(found, [PyKCS11.CKA_CLASS, PyKCS11.CKA_LABEL, PyKCS11.CKA_ID]))
        else:
            shown = found.to_dict()  # some 130 attributes, most of which no object has
            print(shown["CKA_CLASS"], shown.get("CKA_LABEL"))
    key = session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY)])[0]
    with open(source, "rb") as data:
        signature = session.sign(key, data.read(), PyKCS11.Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS))
    with open(target, "wb") as out:
        out.write(bytes(signature))
    public = session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PUBLIC_KEY)])[0]
    with open(source, "rb") as data:
        print("verified", session.verify(public, data.read(), signature, PyKCS11.Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS)))
    session.closeSession()


main()
