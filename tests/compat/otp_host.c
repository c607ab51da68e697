/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host with a PIN dialog that gives a one-time code as PKCS#11 2.40 has it (section 5.6,
 * C_Login with CKU_CONTEXT_SPECIFIC after C_SignInit):
 *
 *     otp_host MODULE FILE SIGNATURE [PIN [CODE]]
 *
 * Signs the bytes of FILE with the first slot's key by CKM_SHA256_RSA_PKCS. "-" leaves a PIN out.
 * Prints the call that failed and its value; exit status 1 then.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cryptoki.h"

#define FILE_MAX      65536
#define SIGNATURE_MAX 1024

static const CK_FUNCTION_LIST *p11;

static void must(const char *call, CK_RV rv)
{
    if (rv == CKR_OK)
        return;
    printf("%s: 0x%lx\n", call, rv);
    (void)p11->C_Finalize(NULL);
    exit(1);
}

static void load(const char *path)
{
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get = NULL;
    CK_FUNCTION_LIST *list = NULL;

    if (module)
        *(void **)&get = dlsym(module, "C_GetFunctionList");
    if (!get || get(&list) != CKR_OK)
        exit(2);
    p11 = list;
}

static size_t read_file(const char *path, CK_BYTE data[static FILE_MAX])
{
    FILE *file = fopen(path, "re");
    if (!file)
        exit(2);
    const size_t len = fread(data, 1, FILE_MAX, file);
    fclose(file);
    return len;
}

static void write_file(const char *path, const CK_BYTE *data, size_t len)
{
    FILE *file = fopen(path, "we");
    if (!file || fwrite(data, 1, len, file) != len || fclose(file) != 0)
        exit(2);
}

static CK_OBJECT_HANDLE private_key(CK_SESSION_HANDLE session)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE wanted = {CKA_CLASS, &class, sizeof class};
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_ULONG found = 0;

    must("C_FindObjectsInit", p11->C_FindObjectsInit(session, &wanted, 1));
    must("C_FindObjects", p11->C_FindObjects(session, &key, 1, &found));
    must("C_FindObjectsFinal", p11->C_FindObjectsFinal(session));
    return key;
}

static void login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin)
{
    if (!pin || strcmp(pin, "-") == 0)
        return;
    must(user == CKU_USER ? "C_Login" : "C_Login(CONTEXT_SPECIFIC)",
         p11->C_Login(session, user, (CK_UTF8CHAR *)(uintptr_t)pin, strlen(pin)));
}

int main(int argc, char **argv)
{
    static CK_BYTE data[FILE_MAX];
    CK_BYTE signature[SIGNATURE_MAX];
    CK_ULONG signature_len = sizeof signature;
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_SLOT_ID slot = 0;
    CK_ULONG slots = 1;
    CK_SESSION_HANDLE session = 0;

    if (argc < 4)
        return 2;
    load(argv[1]);
    const size_t len = read_file(argv[2], data);
    must("C_Initialize", p11->C_Initialize(NULL));
    const CK_RV rv = p11->C_GetSlotList(CK_TRUE, &slot, &slots);
    must("C_GetSlotList", rv == CKR_BUFFER_TOO_SMALL ? CKR_GENERAL_ERROR : rv);
    must("C_OpenSession", p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session));
    login(session, CKU_USER, argc > 4 ? argv[4] : NULL);
    must("C_SignInit", p11->C_SignInit(session, &mechanism, private_key(session)));
    login(session, CKU_CONTEXT_SPECIFIC, argc > 5 ? argv[5] : NULL);
    must("C_Sign", p11->C_Sign(session, data, len, signature, &signature_len));
    must("C_Finalize", p11->C_Finalize(NULL));
    write_file(argv[3], signature, signature_len);
    return 0;
}
