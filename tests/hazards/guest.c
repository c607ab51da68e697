/* SPDX-License-Identifier: Apache-2.0 */
/* See guest.h. */
#include "guest.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "tests/compat/hostkit.h"

enum { SLOTS_MAX = 64 };

void guest_must(bool good, const char *what)
{
    if (good)
        return;
    dprintf(STDOUT_FILENO, "failed: %s\n", what);
    _exit(1);
}

struct guest guest_load(const char *path, int more)
{
    struct guest guest = {.handle = dlopen(path, RTLD_NOW | more)};
    CK_C_GetFunctionList get = NULL;

    guest_must(guest.handle != NULL, "dlopen");
    *(void **)&get = dlsym(guest.handle, "C_GetFunctionList");
    guest_must(get != NULL && get(&guest.p11) == CKR_OK, "C_GetFunctionList");
    return guest;
}

struct guest guest_start(const char *path)
{
    const struct guest guest = guest_load(path, RTLD_LOCAL);

    guest_must(guest.p11->C_Initialize(NULL) == CKR_OK, "C_Initialize");
    return guest;
}

CK_SESSION_HANDLE guest_session(const struct guest *guest)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

    guest_must(guest->p11->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK, "C_GetSlotList");
    guest_must(count > 0, "a slot");
    guest_must(guest->p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &session) ==
                   CKR_OK,
               "C_OpenSession");
    return session;
}

void guest_sign_init(const struct guest *guest, CK_SESSION_HANDLE session)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE wanted = {CKA_CLASS, &class, sizeof class};
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_ULONG found = 0;

    guest_must(guest->p11->C_FindObjectsInit(session, &wanted, 1) == CKR_OK, "C_FindObjectsInit");
    guest_must(guest->p11->C_FindObjects(session, &key, 1, &found) == CKR_OK && found == 1,
               "C_FindObjects");
    guest_must(guest->p11->C_FindObjectsFinal(session) == CKR_OK, "C_FindObjectsFinal");
    guest_must(guest->p11->C_SignInit(session, &mechanism, key) == CKR_OK, "C_SignInit");
}

CK_RV guest_sign(const struct guest *guest, const char *file)
{
    static _Thread_local CK_BYTE content[HOSTKIT_FILE_MAX];
    CK_BYTE signature[GUEST_SIGNATURE_MAX];
    CK_ULONG signature_len = sizeof signature;
    char name[4096];
    const size_t len = hostkit_read(file, content);
    const CK_SESSION_HANDLE session = guest_session(guest);

    guest_sign_init(guest, session);
    const CK_RV rv = guest->p11->C_Sign(session, content, len, signature, &signature_len);
    if (rv == CKR_OK) {
        snprintf(name, sizeof name, "%s.sig", file);
        hostkit_write(name, signature, signature_len);
    }
    (void)guest->p11->C_CloseSession(session);
    return rv;
}

static void *sign(void *arg)
{
    struct signer *signer = arg;

    signer->rv = guest_sign(signer->guest, signer->file);
    return NULL;
}

void guest_sign_begin(const struct guest *guest, const char *file, struct signer *ret_signer)
{
    ret_signer->guest = guest;
    ret_signer->file = file;
    ret_signer->rv = CKR_GENERAL_ERROR;
    guest_must(pthread_create(&ret_signer->thread, NULL, sign, ret_signer) == 0, "pthread_create");
}

CK_RV guest_sign_end(struct signer *signer)
{
    guest_must(pthread_join(signer->thread, NULL) == 0, "pthread_join");
    return signer->rv;
}

void guest_await_shell(void)
{
    char letter = '\0';

    while (read(STDIN_FILENO, &letter, 1) == 1 && letter != '\n')
        ;
}
