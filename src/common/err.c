/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of the error numbers. The words stand in ledgers and in JSON output that scripts read, so
 * they are as fixed as the numbers.
 */
#include "common/err.h"

#include <stddef.h>
#include <string.h>

static const struct {
    enum sca_err err;
    const char *name;
} words[] = {
    {SCA_OK, "ok"},
    {SCA_E_NOMEM, "no-memory"},
    {SCA_E_INVAL, "invalid"},
    {SCA_E_IO, "io"},
    {SCA_E_PERM, "permission"},
    {SCA_E_FORMAT, "format"},
    {SCA_E_LIMIT, "limit"},
    {SCA_E_NOENT, "not-there"},
    {SCA_E_CONFIG, "config"},
    {SCA_E_AGENT, "agent"},
    {SCA_E_VERSION, "version"},
    {SCA_E_TIMEOUT, "timeout"},
    {SCA_E_CANCELLED, "cancelled"},
    {SCA_E_REJECTED, "rejected"},
    {SCA_E_EXPIRED, "expired"},
    {SCA_E_BUDGET, "budget"},
    {SCA_E_QUOTA, "quota"},
    {SCA_E_USER_AUTH, "user-auth"},
    {SCA_E_USER_LOCKED, "user-locked"},
    {SCA_E_NEED_AUTH, "need-auth"},
    {SCA_E_SP_AUTH, "sp-auth"},
    {SCA_E_CERT, "certificate"},
    {SCA_E_NO_CERT, "no-certificate"},
    {SCA_E_UNSUPPORTED, "unsupported"},
    {SCA_E_REFUSED, "refused"},
    {SCA_E_NO_SCREEN, "no-screen"},
    {SCA_E_PROGRAM, "program"},
    {SCA_E_UNREACHABLE, "unreachable"},
    {SCA_E_TLS, "tls"},
    {SCA_E_UNCERTAIN, "uncertain"},
    {SCA_E_SERVER, "server"},
    {SCA_E_NOT_FOUND, "not-found"},
    {SCA_E_BAD_SIGNATURE, "bad-signature"},
    {SCA_E_SERVER_KEY, "server-key"},
};

const char *sca_err_name(int err)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if ((int)words[i].err == err)
            return words[i].name;
    }
    return "unknown";
}

int sca_err_from_name(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].name, name) == 0)
            return words[i].err;
    }
    return SCA_E_FORMAT;
}
