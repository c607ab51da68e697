/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host with a PIN dialog that gives a one-time code as PKCS#11 2.40 has it (section 5.6,
 * C_Login with CKU_CONTEXT_SPECIFIC after C_SignInit):
 *
 *     otp_host MODULE FILE SIGNATURE [PIN [CODE]]
 *
 * Signs the bytes of FILE with the first slot's key by CKM_SHA256_RSA_PKCS. "-" leaves a PIN out.
 */
#include <string.h>
#include "hostkit.h"

#define SIGNATURE_MAX 1024

static void login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin)
{
    if (pin && strcmp(pin, "-") != 0)
        hostkit_login(session, user, pin);
}

int main(int argc, char **argv)
{
    static CK_BYTE data[HOSTKIT_FILE_MAX];
    CK_BYTE signature[SIGNATURE_MAX];
    CK_ULONG signature_len = sizeof signature;
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE wanted = {CKA_CLASS, &class, sizeof class};
    CK_SESSION_HANDLE session = 0;

    if (argc < 4)
        return 2;
    hostkit_load(argv[1]);
    const size_t len = hostkit_read(argv[2], data);
    hostkit_must("C_Initialize", p11->C_Initialize(NULL));
    hostkit_must("C_OpenSession",
                 p11->C_OpenSession(hostkit_slot(), CKF_SERIAL_SESSION, NULL, NULL, &session));
    login(session, CKU_USER, argc > 4 ? argv[4] : NULL);
    hostkit_must("C_SignInit",
                 p11->C_SignInit(session, &mechanism, hostkit_find(session, &wanted, 1)));
    login(session, CKU_CONTEXT_SPECIFIC, argc > 5 ? argv[5] : NULL);
    hostkit_must("C_Sign", p11->C_Sign(session, data, len, signature, &signature_len));
    hostkit_must("C_Finalize", p11->C_Finalize(NULL));
    hostkit_write(argv[3], signature, signature_len);
    return 0;
}
