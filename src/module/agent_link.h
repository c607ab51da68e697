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
    uint32_t mechanism;           /* CKM_*, for the ledger only */
    const struct sca_secret *pin; /* may be NULL */
    const struct sca_secret *otp; /* may be NULL */
    size_t signature_len;         /* bytes the key's signatures have; no other length is accepted */
    int timeout_ms;               /* for the whole call */
};

/*
 * Asks for one signature, starting the agent if needed, and waits for it. When the agent dies
 * meanwhile a new one is started and asked the same again: its journal joins or replays the
 * request, so nothing is paid twice. Writes the one waiting line to stderr when the agent sends one
 * and stderr is a terminal.
 * @ret_signature: request->signature_len bytes, written on success only.
 * Errors: enum sca_err from the agent; SCA_E_AGENT, SCA_E_TIMEOUT, SCA_E_CANCELLED, SCA_E_FORMAT,
 * SCA_E_BAD_SIGNATURE for another length.
 */
int sca_link_sign(const struct sca_paths *paths, const struct sca_conn_self *self,
                  const struct sca_link_sign *request, sca_conn_cancelled *cancelled, void *arg,
                  uint8_t *ret_signature);

/* Asks the agent to fetch what was never fetched, until @deadline_ms at the most. */
int sca_link_refresh(const struct sca_paths *paths, const struct sca_conn_self *self,
                     int64_t deadline_ms, sca_conn_cancelled *cancelled, void *arg);

#endif
