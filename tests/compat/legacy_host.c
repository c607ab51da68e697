/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signs as the older Vietnamese signing agents do:
 *
 *     legacy_host MODULE SERIAL PIN DIGEST SIGNATURE
 *
 * SERIAL in hexadecimal; DIGEST a file with the 32 bytes of a SHA-256. Twice the whole way from
 * dlopen to dlclose, as for choosing the certificate and for signing: first slot, read-only
 * session, typed PIN, certificate by serial number, key by CKA_ID, a DigestInfo of its own into
 * CKM_RSA_PKCS, a buffer of 512 bytes, C_Logout.
 */
#include <stdlib.h>
#include <string.h>
#include "hostkit.h"

#define DIGEST_LEN 32
#define ID_MAX     64

static const CK_BYTE sha256_prefix[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                        0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

/* A DER INTEGER; the serial numbers here are positive and short. Returns its length. */
static CK_ULONG encode_serial(const char *hex, CK_BYTE der[static 64])
{
    CK_ULONG len = 2;

    if (strlen(hex) > 80 || strlen(hex) % 2 != 0)
        exit(2);
    if (strchr("89abcdefABCDEF", hex[0]))
        der[len++] = 0;
    for (; *hex; hex += 2)
        der[len++] = (CK_BYTE)strtoul((const char[]){hex[0], hex[1], '\0'}, NULL, 16);
    der[0] = 0x02;
    der[1] = (CK_BYTE)(len - 2);
    return len;
}

static CK_OBJECT_HANDLE find_key(CK_SESSION_HANDLE session, const char *serial)
{
    CK_OBJECT_CLASS certificate = CKO_CERTIFICATE;
    CK_OBJECT_CLASS key = CKO_PRIVATE_KEY;
    CK_BYTE number[64];
    CK_BYTE id[ID_MAX];
    CK_ATTRIBUTE by_serial[] = {{CKA_CLASS, &certificate, sizeof certificate},
                                {CKA_SERIAL_NUMBER, number, encode_serial(serial, number)}};
    CK_ATTRIBUTE its_id = {CKA_ID, id, sizeof id};

    const CK_OBJECT_HANDLE found = hostkit_find(session, by_serial, 2);
    hostkit_must("C_GetAttributeValue", p11->C_GetAttributeValue(session, found, &its_id, 1));
    CK_ATTRIBUTE by_id[] = {{CKA_CLASS, &key, sizeof key}, {CKA_ID, id, its_id.ulValueLen}};
    return hostkit_find(session, by_id, 2);
}

static void sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *from, const char *to)
{
    static CK_BYTE digest[HOSTKIT_FILE_MAX];
    CK_BYTE info[sizeof sha256_prefix + DIGEST_LEN];
    CK_BYTE signature[512];
    CK_ULONG signature_len = sizeof signature;
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};

    if (hostkit_read(from, digest) != DIGEST_LEN)
        exit(2);
    memcpy(info, sha256_prefix, sizeof sha256_prefix);
    memcpy(info + sizeof sha256_prefix, digest, DIGEST_LEN);
    hostkit_must("C_SignInit", p11->C_SignInit(session, &mechanism, key));
    hostkit_must("C_Sign", p11->C_Sign(session, info, sizeof info, signature, &signature_len));
    hostkit_write(to, signature, signature_len);
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    for (int round = 0; round < 2; round++) {
        CK_SESSION_HANDLE session = 0;

        hostkit_load(argv[1]);
        hostkit_must("C_Initialize", p11->C_Initialize(NULL));
        hostkit_must("C_OpenSession",
                     p11->C_OpenSession(hostkit_slot(), CKF_SERIAL_SESSION, NULL, NULL, &session));
        hostkit_login(session, CKU_USER, argv[3]);
        const CK_OBJECT_HANDLE key = find_key(session, argv[2]);
        if (round == 1)
            sign(session, key, argv[4], argv[5]);
        hostkit_must("C_Logout", p11->C_Logout(session));
        hostkit_must("C_CloseSession", p11->C_CloseSession(session));
        hostkit_must("C_Finalize", p11->C_Finalize(NULL));
        hostkit_unload();
    }
    return 0;
}
