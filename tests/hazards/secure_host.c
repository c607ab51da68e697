/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host that the script makes set-id: says what it sees of whose home. A listing may ask an agent,
 * a digest loads smartca-crypto.so. Usage: secure_host MODULE
 */
#include <stdio.h>
#include <sys/auxv.h>
#include "guest.h"

int main(int argc, char **argv)
{
    static CK_BYTE text[] = "abc";
    CK_BYTE digest[64];
    CK_ULONG len = sizeof digest, count = 0;
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};

    if (argc < 2)
        return 2;
    const struct guest guest = guest_start(argv[1]);

    guest_must(guest.p11->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_OK, "C_GetSlotList");
    printf("%s, slots %lu\n", getauxval(AT_SECURE) ? "set-id" : "plain", count);
    if (count > 0) {
        const CK_SESSION_HANDLE session = guest_session(&guest);
        const bool good = guest.p11->C_DigestInit(session, &sha256) == CKR_OK &&
                          guest.p11->C_Digest(session, text, 3, digest, &len) == CKR_OK;
        puts(good ? "digest" : "no digest");
    }
    return guest.p11->C_Finalize(NULL) == CKR_OK ? 0 : 1;
}
