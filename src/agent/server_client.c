/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: how it ends, and what is sent on it. */
#include "server_core.h"

#include <stdlib.h>
#include "common/err.h"
#include "common/log.h"

#define QUEUE_MAX (256u * 1024u)

/* A frame on its way out. */
struct outgoing {
    uv_write_t request;
    struct sca_buf frame;
};

/* ---- the end of a connection ----------------------------------------------------------------- */

static void on_client_closed(uv_handle_t *handle)
{
    struct sca_client *client = handle->data;

    if (--client->handles > 0)
        return;
    sca_buf_clear(&client->in);
    sca_peer_clear(&client->peer);
    free(client);
}

void sca_client_close(struct sca_client *client)
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
    sca_client_close(timer->data);
}

void sca_client_limit(struct sca_client *client, uint64_t limit_ms)
{
    uv_timer_start(&client->timer, on_limit, limit_ms, 0);
}

/* ---- sending --------------------------------------------------------------------------------- */

static void on_written(uv_write_t *request, int status)
{
    struct outgoing *out = request->data;
    struct sca_client *client = request->handle->data;

    sca_buf_clear(&out->frame);
    free(out);
    if (status != 0)
        sca_client_close(client);
}

/* The part from @offset on; takes over @frame. */
static void send_later(struct sca_client *client, struct sca_buf *frame, size_t offset)
{
    struct outgoing *out = calloc(1, sizeof *out);

    if (out == NULL || uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe) > QUEUE_MAX) {
        free(out);
        sca_buf_clear(frame);
        sca_client_close(client);
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
        sca_client_close(client);
    }
}

bool sca_client_send(struct sca_client *client, struct sca_buf *frame)
{
    int sent = 0;

    if (client->server == NULL || sca_msg_end(frame) != 0) {
        sca_buf_clear(frame);
        sca_client_close(client);
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
        sca_client_close(client);
        return false;
    }
    send_later(client, frame, sent > 0 ? (size_t)sent : 0);
    return false;
}

struct sca_buf sca_client_frame(enum sca_msg_type type)
{
    struct sca_buf frame;

    sca_buf_init(&frame, SCA_IPC_FRAME_MAX + SCA_IPC_HEAD);
    sca_msg_begin(&frame, type);
    return frame;
}
