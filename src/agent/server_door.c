/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One struct sca_client per connection: bytes in, frames out, one request at a time. Whatever a
 * peer does wrong ends its connection; a connection that ends leaves its transaction.
 */
#include "server.h"

#include <stdlib.h>
#include <unistd.h>
#include "common/err.h"
#include "common/log.h"
#include "server_core.h"

#define CLIENTS_MAX 1024
#define BACKLOG     128

/* ---- receiving ------------------------------------------------------------------------------- */

void sca_client_go_on(struct sca_client *client)
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
            sca_client_close(client);
            return;
        }
        sca_client_handle(client, &msg);
        sca_peer_drop_front(&client->in, (size_t)len);
    }
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct sca_client *client = handle->data;

    (void)suggested;
    *buf = uv_buf_init((char *)client->server->chunk, SCA_SERVER_CHUNK);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct sca_client *client = stream->data;

    if (len == 0)
        return;
    int err = len < 0 ? SCA_E_IO : sca_buf_add(&client->in, buf->base, (size_t)len);
    if (len > 0)
        sca_wipe(buf->base, (size_t)len);
    if (err != 0 || client->busy) /* one request at a time */
        sca_client_close(client);
    else
        sca_client_go_on(client);
}

/* ---- connections ----------------------------------------------------------------------------- */

static int accept_client(struct sca_server *server, struct sca_client *client)
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
    sca_client_limit(client, SCA_SERVER_HELLO_MS);
    return uv_read_start((uv_stream_t *)&client->pipe, on_buffer, on_read) == 0 ? 0 : SCA_E_IO;
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct sca_server *server = listener->data;

    if (status != 0) {
        sca_log(SCA_LOG_ERROR, "ipc", "accept: %s", uv_strerror(status));
        return;
    }
    struct sca_client *client = calloc(1, sizeof *client);
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
        sca_client_close(client);
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

    for (const struct sca_client *client = server->clients; client != NULL; client = client->next)
        busy += client->busy ? 1 : 0;
    return busy;
}

void sca_server_free(struct sca_server *server)
{
    if (server == NULL)
        return;
    while (server->clients != NULL)
        sca_client_close(server->clients);
    sca_server_stop(server);
    free(server);
}
