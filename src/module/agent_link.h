/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the module asks of the agent, as plain calls. The only place in the module that may block
 * for longer than a file read takes.
 */
#ifndef SCA_MODULE_AGENT_LINK_H
#define SCA_MODULE_AGENT_LINK_H

#include <stdbool.h>
#include "common/alg.h"
#include "common/conn.h"
#include "common/path.h"
#include "common/secret.h"

struct sca_link_sign {
    const char *account;
    const char *credential;
    enum sca_scheme scheme;
    enum sca_hash hash;
    struct sca_bytes digest;
    const struct sca_secret *pin; /* may be NULL */
    const struct sca_secret *otp; /* may be NULL */
    int timeout_ms;               /* for the whole call */
};

/*
 * Asks for one signature, starting the agent if needed, and waits for it. Writes the one waiting
 * line to stderr when the agent sends one and stderr is a terminal.
 * @signature: room for @size bytes; @ret_len its length. Errors: enum sca_err from the agent, or
 * SCA_E_AGENT, SCA_E_TIMEOUT, SCA_E_CANCELLED, SCA_E_FORMAT.
 */
int sca_link_sign(const struct sca_paths *paths, const struct sca_conn_self *self,
                  const struct sca_link_sign *request, sca_conn_cancelled *cancelled, void *arg,
                  uint8_t *signature, size_t size, size_t *ret_len);

/* Asks the agent to fetch what was never fetched, until @deadline_ms at the most. */
int sca_link_refresh(const struct sca_paths *paths, const struct sca_conn_self *self, int64_t deadline_ms,
                     sca_conn_cancelled *cancelled, void *arg);

#endif
