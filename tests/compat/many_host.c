/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host that signs one file after another in one process:
 *
 *     many_host MODULE FILE...
 *
 * Signs the bytes of each FILE into FILE.sig, with the first slot's key by CKM_SHA256_RSA_PKCS.
 */
#include <stdio.h>
#include "hostkit.h"

#define SIGNATURE_MAX 1024
#define PATH_SIZE     4096

static void sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *from)
{
    static CK_BYTE data[HOSTKIT_FILE_MAX];
    CK_BYTE signature[SIGNATURE_MAX];
    CK_ULONG signature_len = sizeof signature;
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    char to[PATH_SIZE];
    const size_t len = hostkit_read(from, data);

    hostkit_must("C_SignInit", p11->C_SignInit(session, &mechanism, key));
    hostkit_must("C_Sign", p11->C_Sign(session, data, len, signature, &signature_len));
    snprintf(to, sizeof to, "%s.sig", from);
    hostkit_write(to, signature, signature_len);
}

int main(int argc, char **argv)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE wanted = {CKA_CLASS, &class, sizeof class};
    CK_SESSION_HANDLE session = 0;

    if (argc < 3)
        return 2;
    hostkit_load(argv[1]);
    hostkit_must("C_Initialize", p11->C_Initialize(NULL));
    hostkit_must("C_OpenSession",
                 p11->C_OpenSession(hostkit_slot(), CKF_SERIAL_SESSION, NULL, NULL, &session));
    const CK_OBJECT_HANDLE key = hostkit_find(session, &wanted, 1);
    for (int i = 2; i < argc; i++)
        sign(session, key, argv[i]);
    hostkit_must("C_Finalize", p11->C_Finalize(NULL));
    return 0;
}
