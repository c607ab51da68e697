/* SPDX-License-Identifier: Apache-2.0 */
/* See hostkit.h. */
#include "hostkit.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CK_FUNCTION_LIST *p11;
static void *module;

void hostkit_load(const char *path)
{
    CK_C_GetFunctionList get = NULL;

    module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module)
        *(void **)&get = dlsym(module, "C_GetFunctionList");
    if (!get || get(&p11) != CKR_OK)
        exit(2);
}

void hostkit_unload(void)
{
    p11 = NULL;
    if (dlclose(module) != 0)
        exit(2);
}

void hostkit_must(const char *call, CK_RV rv)
{
    if (rv == CKR_OK)
        return;
    printf("%s: 0x%lx\n", call, rv);
    (void)p11->C_Finalize(NULL);
    exit(1);
}

CK_SLOT_ID hostkit_slot(void)
{
    CK_SLOT_ID slots[64] = {0};
    CK_ULONG count = 64;

    hostkit_must("C_GetSlotList", p11->C_GetSlotList(CK_TRUE, slots, &count));
    hostkit_must("no slot", count > 0 ? CKR_OK : CKR_TOKEN_NOT_PRESENT);
    return slots[0];
}

CK_OBJECT_HANDLE hostkit_find(CK_SESSION_HANDLE session, CK_ATTRIBUTE *wanted, CK_ULONG count)
{
    CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
    CK_ULONG found = 0;

    hostkit_must("C_FindObjectsInit", p11->C_FindObjectsInit(session, wanted, count));
    hostkit_must("C_FindObjects", p11->C_FindObjects(session, &object, 1, &found));
    hostkit_must("C_FindObjectsFinal", p11->C_FindObjectsFinal(session));
    return found == 1 ? object : CK_INVALID_HANDLE;
}

void hostkit_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin)
{
    hostkit_must(user == CKU_USER ? "C_Login" : "C_Login(CONTEXT_SPECIFIC)",
                 p11->C_Login(session, user, (CK_UTF8CHAR *)(uintptr_t)pin, strlen(pin)));
}

size_t hostkit_read(const char *path, CK_BYTE data[static HOSTKIT_FILE_MAX])
{
    FILE *file = fopen(path, "re");

    if (!file)
        exit(2);
    const size_t len = fread(data, 1, HOSTKIT_FILE_MAX, file);
    fclose(file);
    return len;
}

void hostkit_write(const char *path, const CK_BYTE *data, size_t len)
{
    FILE *file = fopen(path, "we");

    if (!file || fwrite(data, 1, len, file) != len || fclose(file) != 0)
        exit(2);
}
