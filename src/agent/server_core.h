/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of the server, for the files that the server is made of (server.h is its door). */
#ifndef SCA_AGENT_SERVER_CORE_H
#define SCA_AGENT_SERVER_CORE_H

#include "peer.h"
#include "server.h"

#define SCA_SERVER_CHUNK      65536
#define SCA_SERVER_HELLO_MS   (5 * 1000)
#define SCA_SERVER_REQUEST_MS (60 * 1000) /* between two requests, and to take the answer */

struct sca_client;

struct sca_server {
    struct sca_server_env env;
    uv_pipe_t *listener; /* NULL once stopped */
    struct sca_client *clients;
    size_t client_count;
    uint8_t chunk[SCA_SERVER_CHUNK]; /* what was just read; wiped at once */
};

struct sca_client {
    struct sca_server *server; /* NULL once closed */
    struct sca_client *next;
    struct sca_client **at;
    uv_pipe_t pipe;
    uv_timer_t timer;
    unsigned handles;
    struct sca_buf in;
    struct sca_peer peer;
    bool greeted;
    bool busy; /* a request is being answered */
    struct sca_txn_wait *txn_wait;
    struct sca_listing_wait *listing_wait;
};

/* ---- server_client.c */

/* Ends the connection; its transaction goes on. Freed when the loop lets go. Twice is fine. */
void sca_client_close(struct sca_client *client);

/* Cuts the peer off unless this or uv_timer_stop comes within @limit_ms. */
void sca_client_limit(struct sca_client *client, uint64_t limit_ms);

/* A frame that is begun; sca_client_send ends it. */
struct sca_buf sca_client_frame(enum sca_msg_type type);

/* True when the kernel has it all; takes over the frame. May close the client. */
bool sca_client_send(struct sca_client *client, struct sca_buf *frame);

/* ---- server_requests.c */

/* Answers @msg, now or later; may close the client. */
void sca_client_handle(struct sca_client *client, const struct sca_msg *msg);

/* ---- server_door.c */

/* Handles what has arrived, up to the first request whose answer takes its time. */
void sca_client_go_on(struct sca_client *client);

#endif
