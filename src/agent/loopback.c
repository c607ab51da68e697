/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One short-lived HTTP/1.1 server with one answer per connection. A browser may open several
 * connections and send nothing on some; the next one to come closes the oldest beyond a few.
 */
#include "loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "i18n.h"
#include "common/err.h"
#include "common/text.h"

#define CONNECTIONS_MAX 16u
#define BACKLOG         8
#define PAGE_MAX        8192u

struct connection {
    TAILQ_ENTRY(connection) link;
    struct sca_loopback *loopback; /* NULL once that is freed */
    uv_tcp_t tcp;
    uv_write_t write;
    struct sca_buf head;
    struct sca_buf page;
    bool answered;
};

struct sca_loopback {
    uv_tcp_t server;
    struct sca_redirect redirect;
    char uri[SCA_REDIRECT_URI_SIZE];
    char *state;
    sca_loopback_done *done;
    void *arg;
    TAILQ_HEAD(, connection) connections;
    size_t count;
    struct connection *back; /* the one that ended the wait; its page is to come */
    bool over;               /* the wait is */
};

/* ---- one connection -------------------------------------------------------------------------- */

static void on_connection_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;

    sca_buf_clear(&connection->head);
    sca_buf_clear(&connection->page);
    free(connection);
}

static void drop(struct connection *connection)
{
    struct sca_loopback *loopback = connection->loopback;

    if (loopback != NULL) {
        TAILQ_REMOVE(&loopback->connections, connection, link);
        loopback->count--;
        if (loopback->back == connection)
            loopback->back = NULL;
        connection->loopback = NULL;
    }
    if (!uv_is_closing((uv_handle_t *)&connection->tcp))
        uv_close((uv_handle_t *)&connection->tcp, on_connection_closed);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    drop(write->data);
}

/* Sentences hold foreign words: nothing in them is markup. */
static void add_escaped(struct sca_buf *page, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("&<>\"'", *text) != NULL)
            sca_buf_addf(page, "&#%d;", *text);
        else
            sca_buf_add_u8(page, (uint8_t)*text);
    }
}

static void answer(struct connection *connection, const char *status, const char *sentence)
{
    struct sca_buf *page = &connection->page;

    connection->answered = true;
    sca_buf_init(page, PAGE_MAX);
    sca_buf_addf(page,
                 "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\n"
                 "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
                 "Content-Security-Policy: default-src 'none'\r\nConnection: close\r\n\r\n"
                 "<!doctype html><html lang=\"%s\"><meta charset=\"utf-8\">"
                 "<meta name=\"viewport\" content=\"width=device-width\"><title>SmartCA</title><p>",
                 status, sca_i18n_language());
    add_escaped(page, sentence);
    sca_buf_add_text(page, "\n");
    uv_buf_t bytes = uv_buf_init((char *)page->data, (unsigned)page->len);
    connection->write.data = connection;
    if (page->err != 0 ||
        uv_write(&connection->write, (uv_stream_t *)&connection->tcp, &bytes, 1, on_written) != 0)
        drop(connection);
}

static void take_request(struct connection *connection)
{
    struct sca_loopback *loopback = connection->loopback;
    const struct sca_bytes head = {connection->head.data, connection->head.len};
    char words[SCA_REDIRECT_WORDS_MAX] = "";
    SCA_SECRET_AUTO code = NULL;

    uv_read_stop((uv_stream_t *)&connection->tcp);
    int err = loopback->over
                  ? SCA_E_NOENT
                  : sca_redirect_read(head, loopback->redirect.path, loopback->state, &code, words);
    sca_buf_clear(&connection->head);
    if (err == SCA_E_NOENT) {
        answer(connection, "404 Not Found", _("There is nothing here."));
        return;
    }
    loopback->over = true;
    loopback->back = connection;
    loopback->done(loopback->arg, err, code, words);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
    struct connection *connection = handle->data;

    (void)suggested;
    *ret_buf = uv_buf_init(NULL, 0);
    if (sca_buf_reserve(&connection->head, 1024) == 0)
        *ret_buf = uv_buf_init((char *)connection->head.data + connection->head.len, 1024);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct connection *connection = stream->data;
    struct sca_buf *head = &connection->head;

    (void)buf;
    if (got < 0 || head->err != 0) {
        drop(connection);
        return;
    }
    head->len += (size_t)got;
    if (head->len > 0 && memmem(head->data, head->len, "\r\n\r\n", 4) != NULL)
        take_request(connection);
}

/* ---- the listener ---------------------------------------------------------------------------- */

/* A silent connection of a browser that guesses ahead must not keep the real one out. */
static void make_room(struct sca_loopback *loopback)
{
    struct connection *connection = TAILQ_FIRST(&loopback->connections);

    while (connection != NULL && loopback->count >= CONNECTIONS_MAX) {
        struct connection *next = TAILQ_NEXT(connection, link);

        if (connection != loopback->back)
            drop(connection);
        connection = next;
    }
}

static void on_connection(uv_stream_t *server, int status)
{
    struct sca_loopback *loopback = server->data;
    struct connection *connection = status == 0 ? calloc(1, sizeof *connection) : NULL;

    if (connection == NULL)
        return;
    make_room(loopback);
    sca_buf_init(&connection->head, SCA_REDIRECT_HEAD_MAX);
    uv_tcp_init(server->loop, &connection->tcp);
    connection->tcp.data = connection;
    connection->loopback = loopback;
    TAILQ_INSERT_TAIL(&loopback->connections, connection, link);
    loopback->count++;
    if (uv_accept(server, (uv_stream_t *)&connection->tcp) != 0 ||
        uv_read_start((uv_stream_t *)&connection->tcp, on_alloc, on_read) != 0)
        drop(connection);
}

static int listen_on(struct sca_loopback *loopback)
{
    const struct sca_redirect *redirect = &loopback->redirect;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    int size = sizeof address;
    int failed = redirect->host[0] == '[' ? uv_ip6_addr("::1", redirect->port, &address.v6)
                                          : uv_ip4_addr("127.0.0.1", redirect->port, &address.v4);

    if (failed == 0)
        failed = uv_tcp_bind(&loopback->server, &address.any, 0);
    if (failed == 0)
        failed = uv_listen((uv_stream_t *)&loopback->server, BACKLOG, on_connection);
    if (failed == 0)
        failed = uv_tcp_getsockname(&loopback->server, &address.any, &size);
    if (failed != 0)
        return SCA_E_IO;
    sca_redirect_uri(redirect,
                     ntohs(redirect->host[0] == '[' ? address.v6.sin6_port : address.v4.sin_port),
                     loopback->uri);
    return 0;
}

static void on_server_closed(uv_handle_t *handle)
{
    struct sca_loopback *loopback = handle->data;

    free(loopback->state);
    free(loopback);
}

int sca_loopback_new(uv_loop_t *loop, const struct sca_redirect *redirect, const char *state,
                     sca_loopback_done *done, void *arg, struct sca_loopback **ret_loopback)
{
    struct sca_loopback *loopback = calloc(1, sizeof *loopback);
    SCA_TEXT_AUTO copy = strdup(state);

    if (loopback == NULL || copy == NULL) {
        free(loopback);
        return SCA_E_NOMEM;
    }
    loopback->redirect = *redirect;
    loopback->state = copy;
    copy = NULL;
    loopback->done = done;
    loopback->arg = arg;
    TAILQ_INIT(&loopback->connections);
    uv_tcp_init(loop, &loopback->server);
    loopback->server.data = loopback;
    int err = listen_on(loopback);
    if (err != 0) {
        sca_loopback_free(loopback);
        return err;
    }
    *ret_loopback = loopback;
    return 0;
}

const char *sca_loopback_uri(const struct sca_loopback *loopback)
{
    return loopback->uri;
}

void sca_loopback_answer(struct sca_loopback *loopback, const char *sentence)
{
    if (loopback->back != NULL)
        answer(loopback->back, "200 OK", sentence);
}

void sca_loopback_free(struct sca_loopback *loopback)
{
    if (loopback == NULL)
        return;
    struct connection *connection = TAILQ_FIRST(&loopback->connections);
    while (connection != NULL) {
        struct connection *next = TAILQ_NEXT(connection, link);

        TAILQ_REMOVE(&loopback->connections, connection, link);
        connection->loopback = NULL;
        if (!connection->answered)
            drop(connection);
        connection = next;
    }
    uv_close((uv_handle_t *)&loopback->server, on_server_closed);
}
