/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange by plain HTTP with an address that a certificate names. Nothing secret goes there.
 */
#ifndef SCA_CLI_FETCH_H
#define SCA_CLI_FETCH_H

#include "common/buf.h"

struct sca_fetch {
    const char *url;       /* http:// only: status services and lists are signed themselves */
    struct sca_bytes post; /* sent by POST; empty: GET */
    const char *media;     /* of what is sent, "application/ocsp-request" */
    size_t most_bytes;     /* of the answer */
    unsigned limit_s;      /* for all of it */
};

/*
 * Proxies by the environment, as curl(1) has it; three redirections at most. Blocks up to limit_s.
 * @ret_body, which the caller clears: the answer of status 200. SCA_E_UNREACHABLE for anything
 * else, SCA_E_NOMEM.
 */
int sca_fetch(const struct sca_fetch *wanted, struct sca_buf *ret_body);

#endif
