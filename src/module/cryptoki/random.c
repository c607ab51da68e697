/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's generator. Source: PKCS#11 3.0 section 5.21. */
#include <errno.h>
#include <sys/random.h>
#include "cryptoki.h"
#include "module/token/session.h"

/* The kernel needs no seed: the standard's answer for a token that takes none. */
CK_RV C_SeedRandom(CK_SESSION_HANDLE handle, CK_BYTE *seed, CK_ULONG seed_len)
{
    (void)seed;
    (void)seed_len;
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    return rv == CKR_OK ? CKR_RANDOM_SEED_NOT_SUPPORTED : rv;
}

CK_RV C_GenerateRandom(CK_SESSION_HANDLE handle, CK_BYTE *random, CK_ULONG random_len)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    if (rv != CKR_OK)
        return rv;
    if (!random && random_len)
        return CKR_ARGUMENTS_BAD;
    while (random_len) {
        const ssize_t got = getrandom(random, random_len, 0);
        if (got < 0 && errno != EINTR)
            return CKR_DEVICE_ERROR;
        if (got > 0) {
            random += got;
            random_len -= (CK_ULONG)got;
        }
    }
    return CKR_OK;
}
