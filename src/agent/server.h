/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's end of the socket: peers of the same user only, bounded in number, size and time.
 * Knows the messages; what they mean is decided by transactions, listing and agent.
 */
#ifndef SCA_AGENT_SERVER_H
#define SCA_AGENT_SERVER_H

#include <jansson.h>
#include <uv.h>
#include "listing.h"
#include "txn.h"

struct sca_server;

/* What the server works with; borrowed for its life. */
struct sca_server_env {
    uv_loop_t *loop;
    struct sca_txns *txns;
    struct sca_listing *listing;
    void *arg;

    /* The configuration as it is now; read anew when a file has changed. Never NULL. */
    const struct sca_config *(*config)(void *arg);

    /* What STATUS answers; NULL when memory is out. */
    json_t *(*status)(void *arg);

    /* A newer peer came, or was told to quit: finish what runs and leave. */
    void (*retire)(void *arg);
};

/*
 * Serves @listen_fd, a listening AF_UNIX socket, which is taken over (also on failure).
 * SCA_E_NOMEM, SCA_E_IO.
 */
int sca_server_new(const struct sca_server_env *env, int listen_fd, struct sca_server **ret_server);

/* Accepts nobody any more; those who are connected stay. */
void sca_server_stop(struct sca_server *server);

size_t sca_server_clients(const struct sca_server *server);

/* Clients whose request is being answered. */
size_t sca_server_busy(const struct sca_server *server);

/* Drops everybody. Freed when the loop lets go. NULL is fine. */
void sca_server_free(struct sca_server *server);

#endif
