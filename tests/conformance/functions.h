/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every function of PKCS#11 3.0: its arguments by kind, and the codes that the standard lets it
 * answer with.
 * Source: PKCS#11 3.0 base specification, the "Return values" of each function of section 5, and
 * 5.1.1 to 5.1.3 for what whole families may answer.
 */
#ifndef SCA_TESTS_FUNCTIONS_H
#define SCA_TESTS_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include "cryptoki.h"

#define ARGS_MAX  10
#define CODES_MAX 14

union arg {
    CK_ULONG n;
    void *p;
};

/*
 * What a family may answer beside its own codes; all but LEGACY and STUB may answer CKR_OK,
 * CKR_GENERAL_ERROR, CKR_HOST_MEMORY and CKR_FUNCTION_FAILED.
 */
enum family {
    NONE,    /* nothing more: these work without C_Initialize */
    LIBRARY, /* CKR_CRYPTOKI_NOT_INITIALIZED */
    SLOT,    /* that, CKR_SLOT_ID_INVALID, CKR_DEVICE_*, CKR_TOKEN_NOT_PRESENT */
    SESSION, /* CKR_CRYPTOKI_NOT_INITIALIZED, CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED,
                CKR_DEVICE_* */
    STUB,    /* not of this token: CKR_CRYPTOKI_NOT_INITIALIZED, CKR_FUNCTION_NOT_SUPPORTED */
    LEGACY,  /* CKR_CRYPTOKI_NOT_INITIALIZED, CKR_FUNCTION_NOT_PARALLEL */
};

/* The operation that a function begins, or needs. */
enum op { NO_OP, FIND, DIGEST, SIGN, VERIFY };

struct function {
    const char *name;
    CK_RV (*call)(const CK_FUNCTION_LIST_3_0 *p11, const union arg *args);
    /*
     * A letter for each argument:
     *   s slot        h session       o object       k private key  p public key
     *   m CKM_RSA_PKCS                0 1 4 8 this number
     *   I required pointer            L required pointer to the room of the O before it
     *   O room for output, NULL asks for its size    W room to be filled, its r after it
     *   F room for handles, their number after it
     *   D data, its length l after it (r: the function cannot but read it all)
     *   S signature, its length z after it
     *   T template, its count c after it
     *   M mechanism for keys          H mechanism for digests; NULL ends the operation
     *   R reserved, must be NULL      A, X may be NULL
     */
    const char *args;
    enum family family;
    enum op op;
    bool begins;            /* it begins @op, else it needs it */
    CK_RV codes[CODES_MAX]; /* its own */
};

extern const struct function functions[];
extern const size_t functions_count;
extern const struct function function_stubs[];
extern const size_t function_stubs_count;

#endif
