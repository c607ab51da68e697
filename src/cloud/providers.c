/* SPDX-License-Identifier: Apache-2.0 */
/* The table of providers. */
#include "cloud/provider.h"

#include <stddef.h>
#include "cloud/csc.h"
#include "cloud/mysign.h"
#include "cloud/rssp.h"
#include "cloud/sp769.h"
#include "cloud/vnpt_oauth.h"
#include "common/text.h"

static const struct sca_provider *const providers[] = {
    &sca_provider_vnpt,   &sca_provider_vnpt_th, &sca_provider_vnpt_oauth,
    &sca_provider_mysign, &sca_provider_csc,     &sca_provider_rssp,
};

const struct sca_provider *sca_provider_at(size_t index)
{
    return index < sizeof providers / sizeof providers[0] ? providers[index] : NULL;
}

const struct sca_provider *sca_provider_find(const char *name)
{
    size_t i = 0;

    while (sca_provider_at(i) != NULL && !sca_streq(sca_provider_at(i)->name, name))
        i++;
    return sca_provider_at(i);
}
