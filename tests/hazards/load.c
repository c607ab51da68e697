/* SPDX-License-Identifier: Apache-2.0 */
/* Ways of loading: twice, with RTLD_DEEPBIND, a thousand times. */
#include <dirent.h>
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "guest.h"

/* Bytes that a thousand rounds may add, for malloc counts what it caches (less where the caller
 * turns its cache off): the smallest leak in each round would add 24,000. */
#define LEAK_MAX 16000

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DEEPBIND 0 /* the sanitizers' dlopen refuses it */
#else
#define DEEPBIND RTLD_DEEPBIND
#endif

/* sign MODULE FILE */
int hazard_sign(int argc, char **argv)
{
    (void)argc;
    const struct guest guest = guest_start(argv[0]);

    guest_must(guest_sign(&guest, argv[1]) == CKR_OK, "C_Sign");
    guest_must(guest.p11->C_Finalize(NULL) == CKR_OK, "C_Finalize");
    return 0;
}

/* twice MODULE ANOTHER FILE ANOTHER: two paths; is it one library or are there two? */
int hazard_twice(int argc, char **argv)
{
    (void)argc;
    const struct guest one = guest_start(argv[0]);
    const struct guest two = guest_load(argv[1], RTLD_LOCAL);
    const bool same = one.p11 == two.p11;
    struct signer signer;

    guest_must(two.p11->C_Initialize(NULL) == (same ? CKR_CRYPTOKI_ALREADY_INITIALIZED : CKR_OK),
               "C_Initialize of the second");
    guest_sign_begin(&one, argv[2], &signer);
    guest_must(guest_sign(&two, argv[3]) == CKR_OK, "C_Sign of the second");
    guest_must(guest_sign_end(&signer) == CKR_OK, "C_Sign of the first");
    guest_must(one.p11->C_Finalize(NULL) == CKR_OK, "C_Finalize of the first");
    guest_must(dlclose(one.handle) == 0, "dlclose of the first");
    if (!same) {
        guest_must(guest_session(&two) != CK_INVALID_HANDLE, "the second goes on");
        guest_must(two.p11->C_Finalize(NULL) == CKR_OK, "C_Finalize of the second");
    }
    puts(same ? "one library" : "two libraries");
    return 0;
}

/* deepbind MODULE FILE */
int hazard_deepbind(int argc, char **argv)
{
    (void)argc;
    const struct guest guest = guest_load(argv[0], RTLD_LOCAL | DEEPBIND);

    guest_must(guest.p11->C_Initialize(NULL) == CKR_OK, "C_Initialize");
    guest_must(guest_sign(&guest, argv[1]) == CKR_OK, "C_Sign");
    guest_must(guest.p11->C_Finalize(NULL) == CKR_OK, "C_Finalize");
    return 0;
}

static size_t entries(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;

    guest_must(dir != NULL, folder);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

/* What a host does that looks once; the digest loads smartca-crypto.so. */
static void load_and_look(const char *path)
{
    static CK_BYTE text[] = "abc";
    CK_BYTE digest[64];
    CK_ULONG len = sizeof digest;
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
    const struct guest guest = guest_start(path);
    const CK_SESSION_HANDLE session = guest_session(&guest);

    guest_must(guest.p11->C_FindObjectsInit(session, NULL, 0) == CKR_OK, "C_FindObjectsInit");
    guest_must(guest.p11->C_DigestInit(session, &sha256) == CKR_OK, "C_DigestInit");
    guest_must(guest.p11->C_Digest(session, text, 3, digest, &len) == CKR_OK, "C_Digest");
    guest_must(guest.p11->C_DigestInit(session, &sha256) == CKR_OK, "C_DigestInit");
    guest_must(guest.p11->C_Finalize(NULL) == CKR_OK, "C_Finalize with operations open");
    guest_must(dlclose(guest.handle) == 0, "dlclose");
}

struct holdings {
    size_t descriptors, threads, bytes;
};

static struct holdings holdings(void)
{
    const struct mallinfo2 memory = mallinfo2();

    return (struct holdings){entries("/proc/self/fd"), entries("/proc/self/task"), memory.uordblks};
}

/* reload MODULE COUNT */
int hazard_reload(int argc, char **argv)
{
    (void)argc;
    const long count = strtol(argv[1], NULL, 10);

    for (int i = 0; i < 10; i++) /* what is kept for the life of the process is there then */
        load_and_look(argv[0]);
    const struct holdings before = holdings();
    for (long i = 0; i < count; i++)
        load_and_look(argv[0]);
    const struct holdings after = holdings();
    printf("%ld rounds: descriptors %zu, %zu; threads %zu, %zu; bytes %zu, %zu\n", count,
           before.descriptors, after.descriptors, before.threads, after.threads, before.bytes,
           after.bytes);
    return after.descriptors != before.descriptors || after.threads != before.threads ||
           after.bytes > before.bytes + LEAK_MAX;
}
