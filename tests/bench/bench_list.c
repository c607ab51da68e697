/* SPDX-License-Identifier: Apache-2.0 */
/* Listing, searching and sessions: what a host does without asking anybody for a signature. */
#include "bench_host.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 16384, LABEL_MAX = 512, ID_MAX = 64, AT_ONCE = 16, ATTRIBUTES = 10 };

static void read_certificate(const struct bench_module *module, CK_SESSION_HANDLE session,
                             CK_OBJECT_HANDLE object, struct bench_listing *listing)
{
    static CK_BYTE value[VALUE_MAX], subject[VALUE_MAX], label[LABEL_MAX], id[ID_MAX];
    CK_ATTRIBUTE wanted[] = {{CKA_VALUE, value, sizeof value},
                             {CKA_SUBJECT, subject, sizeof subject},
                             {CKA_LABEL, label, sizeof label},
                             {CKA_ID, id, sizeof id}};

    bench_must("C_GetAttributeValue", module->p11->C_GetAttributeValue(session, object, wanted, 4));
    listing->certificates++;
    listing->bytes += wanted[0].ulValueLen;
}

static void list_slot(const struct bench_module *module, CK_SLOT_ID slot,
                      struct bench_listing *listing)
{
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_ATTRIBUTE wanted = {CKA_CLASS, &class, sizeof class};
    CK_OBJECT_HANDLE objects[AT_ONCE];
    CK_ULONG found = 0;
    const CK_SESSION_HANDLE session = bench_open(module, slot);

    bench_must("C_FindObjectsInit", module->p11->C_FindObjectsInit(session, &wanted, 1));
    do {
        bench_must("C_FindObjects", module->p11->C_FindObjects(session, objects, AT_ONCE, &found));
        for (CK_ULONG i = 0; i < found; i++)
            read_certificate(module, session, objects[i], listing);
    } while (found > 0);
    bench_must("C_FindObjectsFinal", module->p11->C_FindObjectsFinal(session));
    bench_must("C_CloseSession", module->p11->C_CloseSession(session));
    listing->slots++;
}

void bench_list(const struct bench_module *module, struct bench_listing *ret_listing)
{
    static CK_SLOT_ID slots[BENCH_SLOTS_MAX];
    struct bench_listing listing = {0};

    bench_must("C_Initialize", module->p11->C_Initialize(NULL));
    const CK_ULONG count = bench_slots(module, slots);
    for (CK_ULONG i = 0; i < count; i++)
        list_slot(module, slots[i], &listing);
    *ret_listing = listing;
}

/* Twice in two processes would do as well: memory is looked at before C_Finalize, off the clock. */
int bench_cmd_list(int argc, char **argv)
{
    struct bench_module module;
    struct bench_listing listing;

    (void)argc;
    const long before_kib = bench_resident_kib();
    const int64_t begin_ns = bench_now_ns();
    bench_load(argv[2], &module);
    bench_list(&module, &listing);
    const int64_t listed_ns = bench_now_ns();
    const long after_kib = bench_resident_kib();
    const int64_t again_ns = bench_now_ns();
    bench_must("C_Finalize", module.p11->C_Finalize(NULL));
    const int64_t end_ns = bench_now_ns();
    printf("{\"slots\": %lu, \"certificates\": %lu, \"bytes\": %lu, \"us\": %.1f, \"kib\": %ld}\n",
           listing.slots, listing.certificates, listing.bytes,
           (double)(listed_ns - begin_ns + end_ns - again_ns) / 1000, after_kib - before_kib);
    return 0;
}

/* The identifier of the last certificate of the last slot: where a search from the front ends. */
static CK_ULONG last_id(const struct bench_module *module, CK_SESSION_HANDLE session,
                        CK_BYTE id[static ID_MAX])
{
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_ATTRIBUTE wanted = {CKA_CLASS, &class, sizeof class};
    CK_ATTRIBUTE got = {CKA_ID, id, ID_MAX};
    CK_OBJECT_HANDLE objects[AT_ONCE], last = CK_INVALID_HANDLE;
    CK_ULONG found = 0;

    bench_must("C_FindObjectsInit", module->p11->C_FindObjectsInit(session, &wanted, 1));
    do {
        bench_must("C_FindObjects", module->p11->C_FindObjects(session, objects, AT_ONCE, &found));
        if (found > 0)
            last = objects[found - 1];
    } while (found > 0);
    bench_must("C_FindObjectsFinal", module->p11->C_FindObjectsFinal(session));
    bench_must("C_GetAttributeValue", module->p11->C_GetAttributeValue(session, last, &got, 1));
    return got.ulValueLen;
}

static void get_ten(const struct bench_module *module, CK_SESSION_HANDLE session,
                    CK_OBJECT_HANDLE object)
{
    static const CK_ATTRIBUTE_TYPE types[ATTRIBUTES] = {
        CKA_CLASS,   CKA_TOKEN,  CKA_CERTIFICATE_TYPE, CKA_ID,    CKA_LABEL,
        CKA_SUBJECT, CKA_ISSUER, CKA_SERIAL_NUMBER,    CKA_VALUE, CKA_PRIVATE};
    static CK_BYTE values[ATTRIBUTES][VALUE_MAX];
    CK_ATTRIBUTE wanted[ATTRIBUTES];

    for (size_t i = 0; i < ATTRIBUTES; i++)
        wanted[i] = (CK_ATTRIBUTE){types[i], values[i], VALUE_MAX};
    bench_must("C_GetAttributeValue",
               module->p11->C_GetAttributeValue(session, object, wanted, ATTRIBUTES));
}

int bench_cmd_find(int argc, char **argv)
{
    static CK_SLOT_ID slots[BENCH_SLOTS_MAX];
    struct bench_module module;
    CK_BYTE id[ID_MAX];
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    const long rounds = strtol(argv[3], NULL, 10);

    (void)argc;
    bench_load(argv[2], &module);
    bench_must("C_Initialize", module.p11->C_Initialize(NULL));
    const CK_ULONG count = bench_slots(&module, slots);
    const CK_SESSION_HANDLE session = bench_open(&module, slots[count - 1]);
    CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &class, sizeof class},
                             {CKA_ID, id, last_id(&module, session, id)}};
    const int64_t begin_ns = bench_now_ns();
    for (long i = 0; i < rounds; i++)
        get_ten(&module, session, bench_find(&module, session, wanted, 2));
    const int64_t end_ns = bench_now_ns();
    bench_must("C_Finalize", module.p11->C_Finalize(NULL));
    printf("{\"us\": %.2f}\n", (double)(end_ns - begin_ns) / 1000 / (double)rounds);
    return 0;
}

int bench_cmd_sessions(int argc, char **argv)
{
    static CK_SLOT_ID slots[BENCH_SLOTS_MAX];
    struct bench_module module;
    const long count = strtol(argv[3], NULL, 10);
    CK_SESSION_HANDLE *sessions = calloc((size_t)count, sizeof *sessions);

    (void)argc;
    if (!sessions)
        bench_die("no memory");
    bench_load(argv[2], &module);
    bench_must("C_Initialize", module.p11->C_Initialize(NULL));
    (void)bench_slots(&module, slots);
    const int64_t begin_ns = bench_now_ns();
    for (long i = 0; i < count; i++)
        sessions[i] = bench_open(&module, slots[0]);
    for (long i = 0; i < count; i++)
        bench_must("C_CloseSession", module.p11->C_CloseSession(sessions[i]));
    const int64_t end_ns = bench_now_ns();
    bench_must("C_Finalize", module.p11->C_Finalize(NULL));
    free(sessions);
    printf("{\"us\": %.1f}\n", (double)(end_ns - begin_ns) / 1000);
    return 0;
}
