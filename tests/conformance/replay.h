/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replaying a test case of the PKCS#11 Profiles: a table of calls in their order, each with what it
 * is given; what a call brings back is kept for the calls after it. Everything that is not as the
 * test case has it, but for what the Profiles let vary, ends the program with a word on stdout.
 * Source: PKCS#11 Profiles 3.1, section 5 (test cases) and 5.1 (permitted variations).
 */
#ifndef SCA_TESTS_REPLAY_H
#define SCA_TESTS_REPLAY_H

#include "cryptoki.h"

enum { REPLAY_SLOTS_MAX = 64, REPLAY_OBJECTS_MAX = 16, REPLAY_VALUE_MAX = 8192 };

/* One call. */
struct step {
    const char *name;
    void (*run)(const struct step *step);
    CK_ULONG number;        /* session flags, how many objects */
    CK_ATTRIBUTE_TYPE type; /* of the attribute that is read */
    CK_OBJECT_CLASS class;  /* of the objects that are looked for; 0 means all */
};

/* Where the calls go, and what the steps say of the token that the test case was written for. */
struct replay {
    CK_FUNCTION_LIST_3_0 *p11;
    const char *pin;
    const char *data;      /* file that C_Sign is given */
    const char *signature; /* file for what it brings back */
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE objects[REPLAY_OBJECTS_MAX];
    CK_ULONG object_count;
};
extern struct replay replay;

/* The calls, by the names of their functions. */
void replay_initialize(const struct step *step);
void replay_get_info(const struct step *step);
void replay_get_slot_list(const struct step *step); /* asks for the number first, as all lists do */
void replay_get_slot_info(const struct step *step);
void replay_get_token_info(const struct step *step);
void replay_get_mechanisms(const struct step *step); /* the list, and each one's information */
void replay_open_session(const struct step *step);
void replay_login(const struct step *step);
void replay_find_objects_init(const struct step *step);
void replay_find_objects(const struct step *step);
void replay_find_objects_final(const struct step *step);
void replay_get_attribute(const struct step *step); /* length, then value, of one found object */
void replay_get_public_numbers(const struct step *step); /* into buffers of 1,024 bytes at once */
void replay_sign_init(const struct step *step);
void replay_sign(const struct step *step);
void replay_logout(const struct step *step);
void replay_close_session(const struct step *step);
void replay_close_all_sessions(const struct step *step);
void replay_finalize(const struct step *step);

#endif
