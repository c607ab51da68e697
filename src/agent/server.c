/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One struct client per connection: bytes in, frames out, one request at a time. Whatever a peer
 * does wrong ends its connection; a connection that ends leaves its transaction.
 */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "build_config.h"
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"
#include "i18n.h"
#include "peer.h"
#include "sentence.h"

#define CLIENTS_MAX  1024
#define BACKLOG      128
#define CHUNK        65536
#define HELLO_MS     (5 * 1000)
#define REQUEST_MS   (60 * 1000) /* between two requests, and to take the answer */
#define QUEUE_MAX    (256u * 1024u)
#define NAME_MAX_LEN 256

struct client;

struct sca_server {
    struct sca_server_env env;
    uv_pipe_t *listener; /* NULL once stopped */
    struct client *clients;
    size_t client_count;
    uint8_t chunk[CHUNK]; /* what was just read; wiped at once */
};

struct client {
    struct sca_server *server; /* NULL once closed */
    struct client *next;
    struct client **at;
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

/* A frame on its way out. */
struct outgoing {
    uv_write_t request;
    struct sca_buf frame;
};

/* ---- the end of a connection ----------------------------------------------------------------- */

static void on_client_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;

    if (--client->handles > 0)
        return;
    sca_buf_clear(&client->in);
    sca_peer_clear(&client->peer);
    free(client);
}

static void close_client(struct client *client)
{
    if (client->server == NULL)
        return;
    if (client->txn_wait != NULL)
        sca_txns_leave(client->txn_wait);
    if (client->listing_wait != NULL)
        sca_listing_cancel(client->listing_wait);
    client->txn_wait = NULL;
    client->listing_wait = NULL;
    *client->at = client->next;
    if (client->next != NULL)
        client->next->at = client->at;
    client->server->client_count--;
    client->server = NULL;
    uv_close((uv_handle_t *)&client->pipe, on_client_closed);
    uv_close((uv_handle_t *)&client->timer, on_client_closed);
}

static void on_limit(uv_timer_t *timer)
{
    sca_log(SCA_LOG_INFO, "ipc", "a peer was too slow and is cut off");
    close_client(timer->data);
}

/* ---- sending --------------------------------------------------------------------------------- */

static void on_written(uv_write_t *request, int status)
{
    struct outgoing *out = request->data;
    struct client *client = request->handle->data;

    sca_buf_clear(&out->frame);
    free(out);
    if (status != 0)
        close_client(client);
}

/* The part from @offset on; takes over @frame. */
static void send_later(struct client *client, struct sca_buf *frame, size_t offset)
{
    struct outgoing *out = calloc(1, sizeof *out);

    if (out == NULL || uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe) > QUEUE_MAX) {
        free(out);
        sca_buf_clear(frame);
        close_client(client);
        return;
    }
    out->frame = *frame;
    sca_buf_init(frame, 0);
    out->request.data = out;
    uv_buf_t bytes =
        uv_buf_init((char *)out->frame.data + offset, (unsigned)(out->frame.len - offset));
    if (uv_write(&out->request, (uv_stream_t *)&client->pipe, &bytes, 1, on_written) != 0) {
        sca_buf_clear(&out->frame);
        free(out);
        close_client(client);
    }
}

/* True when the kernel has it all; takes over the frame. */
static bool send_frame(struct client *client, struct sca_buf *frame)
{
    int sent = 0;

    if (client->server == NULL || sca_msg_end(frame) != 0) {
        sca_buf_clear(frame);
        close_client(client);
        return false;
    }
    uv_buf_t bytes = uv_buf_init((char *)frame->data, (unsigned)frame->len);
    if (uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe) == 0)
        sent = uv_try_write((uv_stream_t *)&client->pipe, &bytes, 1);
    if (sent == (int)frame->len) {
        sca_buf_clear(frame);
        return true;
    }
    if (sent < 0 && sent != UV_EAGAIN) {
        sca_buf_clear(frame);
        close_client(client);
        return false;
    }
    send_later(client, frame, sent > 0 ? (size_t)sent : 0);
    return false;
}

static struct sca_buf begin_frame(enum sca_msg_type type)
{
    struct sca_buf frame;

    sca_buf_init(&frame, SCA_IPC_FRAME_MAX + SCA_IPC_HEAD);
    sca_msg_begin(&frame, type);
    return frame;
}

static bool send_error(struct client *client, int err, const char *sentence, const char *txn_id)
{
    struct sca_buf frame = begin_frame(SCA_MSG_ERROR);

    sca_msg_add_u32(&frame, SCA_F_ERROR, (uint32_t)-err);
    sca_msg_add_text(&frame, SCA_F_SENTENCE, *sentence != '\0' ? sentence : NULL);
    sca_msg_add_text(&frame, SCA_F_TXN, *txn_id != '\0' ? txn_id : NULL);
    return send_frame(client, &frame);
}

/* An error of the request itself, in the peer's language. */
static void refuse(struct client *client, int err, const char *account, const char *detail)
{
    const struct sca_config *config = client->server->env.config(client->server->env.arg);
    const struct sca_config_account *found =
        account != NULL ? sca_config_account(config, account) : NULL;
    struct sca_sentence_facts facts = {.account = account, .detail = detail};
    char sentence[SCA_SENTENCE_SIZE];

    if (found != NULL && found->provider != NULL) {
        facts.service = found->provider->title;
        facts.settings = found->provider->needs | found->provider->uses;
        facts.server_key = found->server_key;
    }
    sca_i18n_use(config->language, client->peer.screen.language);
    sca_sentence(err, &facts, sentence);
    (void)send_error(client, err, sentence, "");
}

/* ---- requests -------------------------------------------------------------------------------- */

static void go_on(struct client *client);

/* The request has its answer; the next may come. */
static void finish(struct client *client)
{
    client->txn_wait = NULL;
    client->listing_wait = NULL;
    client->busy = false;
    if (client->server == NULL)
        return;
    uv_timer_start(&client->timer, on_limit, REQUEST_MS, 0);
    go_on(client);
}

static void on_progress(void *arg, const struct sca_txn_progress *progress)
{
    struct client *client = arg;
    struct sca_buf frame = begin_frame(SCA_MSG_PROGRESS);

    sca_msg_add_u32(&frame, SCA_F_STATE, progress->state);
    sca_msg_add_text(&frame, SCA_F_CODE, progress->code);
    sca_msg_add_u32(&frame, SCA_F_SECONDS, progress->seconds);
    sca_msg_add_text(&frame, SCA_F_LINE, progress->line);
    (void)send_frame(client, &frame);
}

static bool on_signed(void *arg, const struct sca_txn_outcome *outcome)
{
    struct client *client = arg;
    bool sent;

    client->txn_wait = NULL;
    if (outcome->err != 0) {
        sent = send_error(client, outcome->err, outcome->sentence, outcome->txn_id);
    } else {
        struct sca_buf frame = begin_frame(SCA_MSG_SIGNATURE);

        sca_msg_add_bytes(&frame, SCA_F_SIGNATURE, outcome->signature);
        sca_msg_add_text(&frame, SCA_F_TXN, outcome->txn_id);
        sca_msg_add_text(&frame, SCA_F_CODE, outcome->code);
        sca_msg_add_u32(&frame, SCA_F_REPLAYED, outcome->replayed ? 1 : 0);
        sent = send_frame(client, &frame);
    }
    finish(client);
    return sent;
}

static int ask(struct client *client, const struct sca_peer_sign *sign)
{
    static const struct sca_txn_callbacks callbacks = {on_progress, on_signed};
    struct sca_txn_request request = {
        .account = sign->account,
        .credential = sign->credential,
        .scheme = sign->scheme,
        .hash = sign->hash,
        .digest = sign->digest,
        .mechanism = sign->mechanism,
        .program = client->peer.program,
        .executable = client->peer.executable,
        .pid = client->peer.pid,
        .screen = &client->peer.screen,
        .pin = sign->pin,
        .otp = sign->otp,
    };

    return sca_txns_ask(client->server->env.txns, &request, &callbacks, client, &client->txn_wait);
}

static void on_sign(struct client *client, const struct sca_msg *msg)
{
    struct sca_peer_sign sign = {0};

    (void)client->server->env.config(client->server->env.arg);
    int err = sca_peer_read_sign(msg, &sign);
    if (err == 0)
        err = ask(client, &sign);
    if (err != 0)
        refuse(client, err, sign.account, "");
    else
        client->busy = true;
    sca_peer_sign_clear(&sign);
}

static void on_listed(void *arg, int err, const char *account, const char *detail)
{
    struct client *client = arg;

    client->listing_wait = NULL;
    if (err != 0) {
        refuse(client, err, account, detail);
    } else {
        struct sca_buf frame = begin_frame(SCA_MSG_DONE);
        (void)send_frame(client, &frame);
    }
    finish(client);
}

/* NULL in @ret_account: all. */
static int read_account(const struct sca_msg *msg, const struct sca_config *config,
                        char **ret_account)
{
    int err = sca_msg_text(msg, SCA_F_ACCOUNT, NAME_MAX_LEN, ret_account);

    if (err == 0 && *ret_account != NULL && sca_config_account(config, *ret_account) == NULL)
        err = SCA_E_CONFIG;
    return err;
}

static void on_refresh(struct client *client, const struct sca_msg *msg)
{
    const struct sca_config *config = client->server->env.config(client->server->env.arg);
    SCA_TEXT_AUTO account = NULL;
    uint32_t mode = SCA_REFRESH_NEEDED;

    (void)sca_msg_u32(msg, SCA_F_MODE, &mode);
    int err = read_account(msg, config, &account);
    if (err == 0)
        err = sca_listing_refresh(client->server->env.listing, account, mode == SCA_REFRESH_ALL,
                                  on_listed, client, &client->listing_wait);
    if (err != 0)
        refuse(client, err, account, "");
    else
        client->busy = true;
}

/* Takes @taken over; NULL is memory that is out. */
static void answer_json(struct client *client, json_t *taken)
{
    SCA_TEXT_AUTO text = taken != NULL ? json_dumps(taken, JSON_COMPACT) : NULL;

    json_decref(taken);
    if (text == NULL || strlen(text) > SCA_IPC_FRAME_MAX / 2) {
        refuse(client, text == NULL ? SCA_E_NOMEM : SCA_E_LIMIT, NULL, "");
        return;
    }
    struct sca_buf frame = begin_frame(SCA_MSG_TEXT);
    sca_msg_add_text(&frame, SCA_F_TEXT, text);
    (void)send_frame(client, &frame);
}

static void on_status(struct client *client)
{
    (void)client->server->env.config(client->server->env.arg);
    answer_json(client, client->server->env.status(client->server->env.arg));
}

static json_t *lock(struct sca_txns *txns, const char *account)
{
    return json_pack("{s:I}", "ended", (json_int_t)sca_txns_lock(txns, account));
}

/* What is done for one account or all, at once. */
static void on_order(struct client *client, const struct sca_msg *msg,
                     json_t *(*order)(struct sca_txns *txns, const char *account))
{
    const struct sca_config *config = client->server->env.config(client->server->env.arg);
    SCA_TEXT_AUTO account = NULL;
    int err = read_account(msg, config, &account);

    if (err != 0)
        refuse(client, err, account, "");
    else
        answer_json(client, order(client->server->env.txns, account));
}

static void on_quit(struct client *client)
{
    struct sca_server *server = client->server;
    struct sca_buf frame = begin_frame(SCA_MSG_DONE);

    (void)send_frame(client, &frame);
    server->env.retire(server->env.arg);
}

static void on_hello(struct client *client, const struct sca_msg *msg)
{
    struct sca_server *server = client->server;
    int err = sca_peer_greet(&client->peer, msg);

    if (err == SCA_E_VERSION) {
        (void)send_error(client, err, "", "");
        server->env.retire(server->env.arg);
        return;
    }
    if (err != 0) {
        close_client(client);
        return;
    }
    client->greeted = true;
    struct sca_buf frame = begin_frame(SCA_MSG_HELLO);
    sca_msg_add_u32(&frame, SCA_F_VERSION, SCA_IPC_VERSION);
    sca_msg_add_text(&frame, SCA_F_BUILD, SCA_PRODUCT_VERSION);
    (void)send_frame(client, &frame);
}

static void handle(struct client *client, const struct sca_msg *msg)
{
    if (!client->greeted && msg->type != SCA_MSG_HELLO) {
        close_client(client);
        return;
    }
    switch (msg->type) {
    case SCA_MSG_HELLO:
        on_hello(client, msg);
        break;
    case SCA_MSG_REFRESH:
        on_refresh(client, msg);
        break;
    case SCA_MSG_SIGN:
        on_sign(client, msg);
        break;
    case SCA_MSG_STATUS:
        on_status(client);
        break;
    case SCA_MSG_QUIT:
        on_quit(client);
        break;
    case SCA_MSG_LOCK:
        on_order(client, msg, lock);
        break;
    case SCA_MSG_RECONCILE:
        on_order(client, msg, sca_txns_compare);
        break;
    case SCA_MSG_PROGRESS:
    case SCA_MSG_SIGNATURE:
    case SCA_MSG_DONE:
    case SCA_MSG_ERROR:
    case SCA_MSG_TEXT:
        close_client(client);
        break;
    }
    if (client->server == NULL)
        return;
    if (client->busy)
        uv_timer_stop(&client->timer);
    else
        uv_timer_start(&client->timer, on_limit, client->greeted ? REQUEST_MS : HELLO_MS, 0);
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void go_on(struct client *client)
{
    while (client->server != NULL && !client->busy) {
        struct sca_msg msg;
        int64_t len = sca_peer_frame_len(&client->in);

        if (len == 0)
            return;
        int err = len < 0 ? (int)len : 0;
        if (err == 0)
            err = sca_msg_decode(
                (struct sca_bytes){client->in.data + SCA_IPC_HEAD, (size_t)len - SCA_IPC_HEAD},
                &msg);
        if (err != 0) {
            sca_log(SCA_LOG_WARNING, "ipc", "process %lld sent nonsense (%s)",
                    (long long)client->peer.pid, sca_err_name(err));
            close_client(client);
            return;
        }
        handle(client, &msg);
        sca_peer_drop_front(&client->in, (size_t)len);
    }
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct client *client = handle->data;

    (void)suggested;
    *buf = uv_buf_init((char *)client->server->chunk, CHUNK);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct client *client = stream->data;

    if (len == 0)
        return;
    int err = len < 0 ? SCA_E_IO : sca_buf_add(&client->in, buf->base, (size_t)len);
    if (len > 0)
        sca_wipe(buf->base, (size_t)len);
    if (err != 0 || client->busy) /* one request at a time */
        close_client(client);
    else
        go_on(client);
}

/* ---- connections ----------------------------------------------------------------------------- */

static int accept_client(struct sca_server *server, struct client *client)
{
    int fd = -1;

    if (uv_accept((uv_stream_t *)server->listener, (uv_stream_t *)&client->pipe) != 0 ||
        uv_fileno((uv_handle_t *)&client->pipe, &fd) != 0)
        return SCA_E_IO;
    if (server->client_count > CLIENTS_MAX)
        return SCA_E_LIMIT;
    int err = sca_peer_check(&client->peer, fd);
    if (err != 0)
        return err;
    uv_timer_start(&client->timer, on_limit, HELLO_MS, 0);
    return uv_read_start((uv_stream_t *)&client->pipe, on_buffer, on_read) == 0 ? 0 : SCA_E_IO;
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct sca_server *server = listener->data;

    if (status != 0) {
        sca_log(SCA_LOG_ERROR, "ipc", "accept: %s", uv_strerror(status));
        return;
    }
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return;
    client->server = server;
    client->at = &server->clients;
    client->next = server->clients;
    if (client->next != NULL)
        client->next->at = &client->next;
    server->clients = client;
    server->client_count++;
    sca_buf_init(&client->in, SCA_IPC_FRAME_MAX + SCA_IPC_HEAD);
    uv_pipe_init(server->env.loop, &client->pipe, 0);
    uv_timer_init(server->env.loop, &client->timer);
    client->pipe.data = client->timer.data = client;
    client->handles = 2;
    int err = accept_client(server, client);
    if (err != 0) {
        sca_log(SCA_LOG_WARNING, "ipc", "a connection is refused (%s)", sca_err_name(err));
        close_client(client);
    }
}

static void on_listener_closed(uv_handle_t *handle)
{
    free(handle);
}

int sca_server_new(const struct sca_server_env *env, int listen_fd, struct sca_server **ret_server)
{
    struct sca_server *server = calloc(1, sizeof *server);
    uv_pipe_t *listener = calloc(1, sizeof *listener);

    if (server == NULL || listener == NULL) {
        free(server);
        free(listener);
        close(listen_fd);
        return SCA_E_NOMEM;
    }
    server->env = *env;
    server->listener = listener;
    listener->data = server;
    uv_pipe_init(env->loop, listener, 0);
    int failed = uv_pipe_open(listener, listen_fd);
    if (failed != 0)
        close(listen_fd);
    else
        failed = uv_listen((uv_stream_t *)listener, BACKLOG, on_connection);
    if (failed != 0) {
        sca_server_free(server);
        return SCA_E_IO;
    }
    *ret_server = server;
    return 0;
}

void sca_server_stop(struct sca_server *server)
{
    if (server->listener == NULL)
        return;
    uv_close((uv_handle_t *)server->listener, on_listener_closed);
    server->listener = NULL;
}

size_t sca_server_clients(const struct sca_server *server)
{
    return server->client_count;
}

size_t sca_server_busy(const struct sca_server *server)
{
    size_t busy = 0;

    for (const struct client *client = server->clients; client != NULL; client = client->next)
        busy += client->busy ? 1 : 0;
    return busy;
}

void sca_server_free(struct sca_server *server)
{
    if (server == NULL)
        return;
    while (server->clients != NULL)
        close_client(server->clients);
    sca_server_stop(server);
    free(server);
}
