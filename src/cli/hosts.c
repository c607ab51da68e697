/* SPDX-License-Identifier: Apache-2.0 */
/* The table of hosts. */
#include "common/text.h"
#include "host.h"

const struct sca_host *const sca_hosts[] = {
    &sca_host_p11kit,   &sca_host_firefox, &sca_host_thunderbird, &sca_host_libreoffice,
    &sca_host_chromium, &sca_host_java,    &sca_host_openssl,     &sca_host_openssh,
    &sca_host_gnupg,    &sca_host_flatpak, &sca_host_snap,        NULL,
};

const struct sca_host *sca_host_find(const char *name)
{
    for (const struct sca_host *const *host = sca_hosts; *host; host++) {
        if (sca_streq((*host)->name, name))
            return *host;
    }
    return NULL;
}
