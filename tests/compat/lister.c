/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host that only lists, and links nothing but libc: lister MODULE [maps | hold]. Prints how many
 * slots and objects there are, and which files are mapped once C_Finalize is over, or keeps the
 * module until standard input ends.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include "cryptoki.h"

#define MAX_SLOTS 64

static CK_ULONG count_objects(const CK_FUNCTION_LIST *p11, CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session;
    CK_ULONG total = 0;
    if (p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
        return 0;
    if (p11->C_FindObjectsInit(session, NULL, 0) == CKR_OK) {
        CK_OBJECT_HANDLE object;
        CK_ULONG found = 0;
        while (p11->C_FindObjects(session, &object, 1, &found) == CKR_OK && found == 1) {
            CK_BYTE value[8192];
            CK_ATTRIBUTE wanted = {CKA_VALUE, value, sizeof(value)};
            (void)p11->C_GetAttributeValue(session, object, &wanted, 1);
            total++;
        }
        (void)p11->C_FindObjectsFinal(session);
    }
    (void)p11->C_CloseSession(session);
    return total;
}

static int list(const CK_FUNCTION_LIST *p11, CK_ULONG *ret_slots, CK_ULONG *ret_objects)
{
    CK_SLOT_ID slots[MAX_SLOTS];
    CK_ULONG count = MAX_SLOTS;
    CK_ULONG objects = 0;
    if (p11->C_Initialize(NULL) != CKR_OK || p11->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
        return 1;
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO token;
        if (p11->C_GetTokenInfo(slots[i], &token) != CKR_OK)
            return 1;
        objects += count_objects(p11, slots[i]);
    }
    *ret_slots = count;
    *ret_objects = objects;
    return p11->C_Finalize(NULL) == CKR_OK ? 0 : 1;
}

static int print_maps(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    if (!maps)
        return 1;
    char line[4096];
    while (fgets(line, sizeof(line), maps))
        fputs(line, stdout);
    return fclose(maps) ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    void *module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    CK_C_GetFunctionList get = NULL;
    *(void **)&get = dlsym(module, "C_GetFunctionList");
    CK_FUNCTION_LIST *p11 = NULL;
    if (!get || get(&p11) != CKR_OK)
        return 1;
    CK_ULONG slots = 0;
    CK_ULONG objects = 0;
    if (list(p11, &slots, &objects))
        return 1;
    printf("slots %lu objects %lu\n", slots, objects);
    if (argc > 2 && strcmp(argv[2], "hold") == 0)
        return fflush(stdout) == EOF || getchar() != EOF ? 1 : 0;
    return argc > 2 && strcmp(argv[2], "maps") == 0 ? print_maps() : 0;
}
