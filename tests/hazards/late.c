/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host that lets go late: from its exit handler, and from the destructor of a library
 * (late_lib.c) that runs after all exit handlers.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>
#include "guest.h"
#include "late_lib.h"

static struct guest guest;
static CK_SESSION_HANDLE first, second;
static struct signer signer;

static void at_exit(void)
{
    guest_must(guest.p11->C_CloseSession(first) == CKR_OK, "C_CloseSession at exit");
    guest_must(guest.p11->C_CloseSession(first) == CKR_SESSION_HANDLE_INVALID, "and again");
}

/* late MODULE FILE: signs, unloads, leaves with an operation open; the rest is done on the way out.
 */
int hazard_late(int argc, char **argv)
{
    (void)argc;
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};

    guest_must(atexit(at_exit) == 0, "atexit"); /* before anything of the module */
    guest = guest_start(argv[0]);
    guest_must(guest_sign(&guest, argv[1]) == CKR_OK, "C_Sign");
    first = guest_session(&guest);
    second = guest_session(&guest);
    guest_must(guest.p11->C_DigestInit(first, &sha256) == CKR_OK, "C_DigestInit");
    guest_must(guest.p11->C_DigestInit(second, &sha256) == CKR_OK, "C_DigestInit");
    guest_sign_init(&guest, second);
    late_lib_finish(guest.p11, second);
    guest_must(dlclose(guest.handle) == 0, "dlclose");
    exit(0);
}

static void at_exit_waiting(void)
{
    guest_must(guest.p11->C_Finalize(NULL) == CKR_OK, "C_Finalize at exit");
    guest_must(guest_sign_end(&signer) == CKR_FUNCTION_CANCELED, "the wait ends");
}

/* exit-waiting MODULE FILE: leaves while a thread waits for the phone. */
int hazard_exit_waiting(int argc, char **argv)
{
    (void)argc;
    guest_must(atexit(at_exit_waiting) == 0, "atexit");
    guest = guest_start(argv[0]);
    guest_sign_begin(&guest, argv[1], &signer);
    guest_await_shell();
    exit(0);
}
