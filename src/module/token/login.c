/* SPDX-License-Identifier: Apache-2.0 */
/* See login.h. */
#include "module/token/login.h"

#include <stdlib.h>

/* logins->count when there is no entry. */
static size_t position(const struct sca_logins *logins, CK_SLOT_ID slot)
{
    size_t i = 0;
    while (i < logins->count && logins->list[i].slot != slot)
        i++;
    return i;
}

const struct sca_login *sca_login_find(const struct sca_logins *logins, CK_SLOT_ID slot)
{
    const size_t i = position(logins, slot);
    return i < logins->count ? &logins->list[i] : NULL;
}

CK_RV sca_login_add(struct sca_logins *logins, CK_SLOT_ID slot, struct sca_secret *pin)
{
    if (sca_login_find(logins, slot))
        return CKR_USER_ALREADY_LOGGED_IN;
    struct sca_login *list = reallocarray(logins->list, logins->count + 1, sizeof *list);
    if (!list)
        return CKR_HOST_MEMORY;
    logins->list = list;
    list[logins->count++] = (struct sca_login){slot, pin};
    return CKR_OK;
}

bool sca_login_remove(struct sca_logins *logins, CK_SLOT_ID slot)
{
    const size_t i = position(logins, slot);
    if (i == logins->count)
        return false;
    sca_secret_free(&logins->list[i].pin);
    logins->list[i] = logins->list[--logins->count];
    return true;
}

void sca_logins_clear(struct sca_logins *logins)
{
    for (size_t i = 0; i < logins->count; i++)
        sca_secret_free(&logins->list[i].pin);
    free(logins->list);
    *logins = (struct sca_logins){0};
}
