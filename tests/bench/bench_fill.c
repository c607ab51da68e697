/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Equal objects for the module of reference: every certificate is created there as our module shows
 * it, CA certificates once. Keys are left out, which is to the reference's advantage: it reads one
 * file for each object.
 */
#include "bench_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 16384, ID_MAX = 64, AT_ONCE = 16, CA_MAX = 16 };

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS certificate_class = CKO_CERTIFICATE;
static CK_CERTIFICATE_TYPE x509 = CKC_X_509;

static void create(const struct bench_module *target, CK_SESSION_HANDLE session,
                   CK_ATTRIBUTE *attrs, CK_ULONG count)
{
    CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;

    bench_must("C_CreateObject", target->p11->C_CreateObject(session, attrs, count, &made));
}

static void copy_certificate(const struct bench_module *from, CK_SESSION_HANDLE session,
                             CK_OBJECT_HANDLE object, const struct bench_module *to,
                             CK_SESSION_HANDLE target)
{
    static CK_BYTE values[6][VALUE_MAX];
    CK_ATTRIBUTE attrs[] = {{CKA_VALUE, values[0], VALUE_MAX},
                            {CKA_SUBJECT, values[1], VALUE_MAX},
                            {CKA_ISSUER, values[2], VALUE_MAX},
                            {CKA_SERIAL_NUMBER, values[3], VALUE_MAX},
                            {CKA_LABEL, values[4], VALUE_MAX},
                            {CKA_ID, values[5], VALUE_MAX},
                            {CKA_CLASS, &certificate_class, sizeof certificate_class},
                            {CKA_CERTIFICATE_TYPE, &x509, sizeof x509},
                            {CKA_TOKEN, &yes, sizeof yes},
                            {CKA_PRIVATE, &no, sizeof no}};

    bench_must("C_GetAttributeValue", from->p11->C_GetAttributeValue(session, object, attrs, 6));
    create(to, target, attrs, sizeof attrs / sizeof attrs[0]);
}

/* A CA certificate that an earlier slot had as well is not copied again. */
static bool known_ca(const struct bench_module *from, CK_SESSION_HANDLE session,
                     CK_OBJECT_HANDLE object)
{
    static CK_BYTE seen[CA_MAX][ID_MAX];
    static size_t count;
    CK_BYTE id[ID_MAX] = {0};
    CK_ULONG category = 0;
    CK_ATTRIBUTE attrs[] = {{CKA_CERTIFICATE_CATEGORY, &category, sizeof category},
                            {CKA_ID, id, sizeof id}};

    bench_must("C_GetAttributeValue", from->p11->C_GetAttributeValue(session, object, attrs, 2));
    if (category != CK_CERTIFICATE_CATEGORY_AUTHORITY)
        return false;
    for (size_t i = 0; i < count; i++)
        if (memcmp(seen[i], id, sizeof id) == 0)
            return true;
    if (count < CA_MAX)
        memcpy(seen[count++], id, sizeof id);
    return false;
}

static void copy_certificates(const struct bench_module *from, CK_SESSION_HANDLE session,
                              const struct bench_module *to, CK_SESSION_HANDLE target)
{
    CK_ATTRIBUTE wanted = {CKA_CLASS, &certificate_class, sizeof certificate_class};
    CK_OBJECT_HANDLE objects[AT_ONCE];
    CK_ULONG found = 0;

    bench_must("C_FindObjectsInit", from->p11->C_FindObjectsInit(session, &wanted, 1));
    bench_must("C_FindObjects", from->p11->C_FindObjects(session, objects, AT_ONCE, &found));
    bench_must("C_FindObjectsFinal", from->p11->C_FindObjectsFinal(session));
    for (CK_ULONG i = 0; i < found; i++)
        if (!known_ca(from, session, objects[i]))
            copy_certificate(from, session, objects[i], to, target);
}

static CK_SESSION_HANDLE open_to_write(const struct bench_module *module)
{
    static CK_SLOT_ID slots[BENCH_SLOTS_MAX];
    CK_UTF8CHAR pin[] = "1234";
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

    if (bench_slots(module, slots) == 0)
        bench_die("the target has no token");
    bench_must("C_OpenSession",
               module->p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                                          &session));
    bench_must("C_Login", module->p11->C_Login(session, CKU_USER, pin, sizeof pin - 1));
    return session;
}

int bench_cmd_fill(int argc, char **argv)
{
    static CK_SLOT_ID slots[BENCH_SLOTS_MAX];
    struct bench_module from, to;

    (void)argc;
    bench_load(argv[2], &from);
    bench_load(argv[3], &to);
    bench_must("C_Initialize", from.p11->C_Initialize(NULL));
    bench_must("C_Initialize of the target", to.p11->C_Initialize(NULL));
    const CK_ULONG count = bench_slots(&from, slots);
    const CK_SESSION_HANDLE target = open_to_write(&to);
    for (CK_ULONG i = 0; i < count; i++) {
        const CK_SESSION_HANDLE session = bench_open(&from, slots[i]);

        copy_certificates(&from, session, &to, target);
        bench_must("C_CloseSession", from.p11->C_CloseSession(session));
    }
    bench_must("C_Finalize of the target", to.p11->C_Finalize(NULL));
    bench_must("C_Finalize", from.p11->C_Finalize(NULL));
    printf("{\"credentials\": %lu}\n", count);
    return 0;
}
