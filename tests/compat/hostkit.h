/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the little hosts of this folder share: the module, and files. Everything that goes wrong
 * ends the program: 1 with the failed call and its value on stdout, 2 for what is not the module's.
 */
#ifndef SCA_TESTS_HOSTKIT_H
#define SCA_TESTS_HOSTKIT_H

#include <stddef.h>
#include "cryptoki.h"

#define HOSTKIT_FILE_MAX 65536 /* bytes */

/* The module's 2.40 list, after hostkit_load. */
extern CK_FUNCTION_LIST *p11;

void hostkit_load(const char *path); /* dlopen */
void hostkit_unload(void);           /* dlclose */

/* Ends the program unless @rv is CKR_OK. */
void hostkit_must(const char *call, CK_RV rv);

/* The first slot with a token. */
CK_SLOT_ID hostkit_slot(void);

/* The first object that matches; CK_INVALID_HANDLE when none does. */
CK_OBJECT_HANDLE hostkit_find(CK_SESSION_HANDLE session, CK_ATTRIBUTE *wanted, CK_ULONG count);

/* C_Login with a text. */
void hostkit_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin);

size_t hostkit_read(const char *path, CK_BYTE data[static HOSTKIT_FILE_MAX]);
void hostkit_write(const char *path, const CK_BYTE *data, size_t len);

#endif
