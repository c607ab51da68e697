/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Good arguments for any function, made from the letters of functions.h. What a function reads or
 * fills ends where unreadable memory begins, so that a step too far is a crash.
 */
#ifndef SCA_TESTS_ARGUMENTS_H
#define SCA_TESTS_ARGUMENTS_H

#include "functions.h"

#define ARGS_DATA_LEN 51   /* bytes behind a D: the DigestInfo of a SHA-256 */
#define ARGS_ROOM     4096 /* bytes behind an O, I or F */

/* What handles and numbers stand for. */
struct subject {
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE object, private_key, public_key;
};

/* Where an L points to; good_args sets it to what the O before it can take. */
extern CK_ULONG args_room;

/* To be called once. */
void args_build_walls(void);

/* Arguments that are good until the next call. */
void good_args(const struct function *function, const struct subject *subject,
               union arg args[static ARGS_MAX]);

/* @len bytes before a wall, a copy of @content unless that is NULL; good until good_args. */
void *args_at_wall(const void *content, size_t len);
CK_BYTE *args_digestinfo(void);

/* How many bytes an entry of this function's output has. */
size_t args_entry_size(const struct function *function);

#endif
