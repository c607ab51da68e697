/* SPDX-License-Identifier: Apache-2.0 */
/* Which server an exchange may be with. */
#ifndef SCA_CLOUD_HTTP_TRUST_H
#define SCA_CLOUD_HTTP_TRUST_H

struct sca_http_trust {
    const char *ca_file;    /* PEM; NULL: the system's */
    const char *server_key; /* pins (http_key.h) that must hold as well; NULL: none */
};

#endif
