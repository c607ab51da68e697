/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the hazardous hosts of this folder share: a module that was loaded (there may be two), a
 * signature, the shell's words. What goes wrong is said on stdout and ends the program with 1.
 */
#ifndef SCA_TESTS_GUEST_H
#define SCA_TESTS_GUEST_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include "cryptoki.h"

#define GUEST_SIGNATURE_MAX 1024 /* bytes */

struct guest {
    void *handle;
    CK_FUNCTION_LIST *p11;
};

/* Ends the program, in whatever thread, unless @good. */
void guest_must(bool good, const char *what);

/* dlopen with RTLD_NOW and @more flags. */
struct guest guest_load(const char *path, int more);

/* guest_load and C_Initialize(NULL). */
struct guest guest_start(const char *path);

CK_SESSION_HANDLE guest_session(const struct guest *guest);

/* C_SignInit of CKM_SHA256_RSA_PKCS with the slot's key. */
void guest_sign_init(const struct guest *guest, CK_SESSION_HANDLE session);

/* C_Sign of the file's content in a session of its own; FILE.sig has the signature on CKR_OK. */
CK_RV guest_sign(const struct guest *guest, const char *file);

/* The same in a thread. */
struct signer {
    const struct guest *guest;
    const char *file;
    pthread_t thread;
    CK_RV rv;
};
void guest_sign_begin(const struct guest *guest, const char *file, struct signer *ret_signer);
CK_RV guest_sign_end(struct signer *signer);

/* Blocks until the shell writes a line, or the end, to standard input. */
void guest_await_shell(void);

/* One entry of the table in main.c: arguments after the hazard's name, the module's path first. */
typedef int hazard(int argc, char **argv);

hazard hazard_sign, hazard_twice, hazard_deepbind, hazard_reload;        /* load.c */
hazard hazard_fork, hazard_exec, hazard_descriptors;                     /* fork.c */
hazard hazard_late, hazard_exit_waiting;                                 /* late.c */
hazard hazard_locking, hazard_finalize;                                  /* threads.c */
hazard hazard_signals, hazard_storm, hazard_reaper, hazard_default_pipe; /* signals.c */
hazard hazard_closed_stdio, hazard_label;                                /* places.c */

#endif
