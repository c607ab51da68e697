/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One curl multi handle on one libuv loop. curl says which sockets and which timer it wants; libuv
 * watches them and tells curl; finished exchanges are collected afterwards, outside of any curl
 * callback, so that the caller may send, cancel or free from its done function.
 *
 * Connections are kept alive by the multi handle, TLS sessions by the share handle, so that a new
 * connection costs no whole handshake either.
 */
#include "cloud/http.h"

#include <stdlib.h>
#include <string.h>
#include "cloud/http_exchange.h"
#include "common/log.h"
#include "common/wiping.h"

#define COMPONENT "net"

struct sca_http {
    uv_loop_t *loop;
    CURLM *multi; /* NULL once freed */
    CURLSH *share;
    uv_timer_t timer;
    struct sca_http_call *calls;
    struct watch *watches;
    bool blind; /* a socket or the time is not watched: some call might wait for ever */
};

struct sca_http_call {
    struct sca_http_exchange exchange;
    struct sca_http *http;
    struct sca_http_call *next;
    bool finished; /* done is running: the call is gone for its owner */
    bool doomed;
    sca_http_done *done;
    void *arg;
};

/* One socket that curl wants watched. */
struct watch {
    uv_poll_t poll;
    struct watch *next;
    curl_socket_t fd;
    struct sca_http *http;
    int events; /* UV_READABLE and so on, as curl wants them */
};

/* ---- calls ----------------------------------------------------------------------------------- */

static void unlink_call(struct sca_http_call *call)
{
    struct sca_http_call **link = &call->http->calls;

    while (*link != NULL && *link != call)
        link = &(*link)->next;
    if (*link == call)
        *link = call->next;
}

static void free_call(struct sca_http_call *call)
{
    sca_http_exchange_clear(&call->exchange);
    free(call);
}

static void finish(struct sca_http *http, struct sca_http_call *call, CURLcode code)
{
    struct sca_http_reply reply;

    sca_http_exchange_reply(&call->exchange, code, &reply);
    curl_multi_remove_handle(http->multi, call->exchange.easy);
    unlink_call(call);
    call->finished = true;
    if (reply.transport != SCA_TRANSPORT_OK)
        sca_log(SCA_LOG_INFO, COMPONENT, "request failed (curl %d): %s", (int)code, reply.detail);
    call->done(call->arg, &reply);
    free_call(call);
}

static void collect(struct sca_http *http)
{
    CURLMsg *msg = NULL;
    int left = 0;

    /* done may free http: its memory lives on until the loop has closed the timer. */
    while (http->multi != NULL && (msg = curl_multi_info_read(http->multi, &left)) != NULL) {
        struct sca_http_call *call = NULL;
        if (msg->msg != CURLMSG_DONE)
            continue;
        CURLcode code = msg->data.result;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        finish(http, call, code);
    }
}

static struct sca_http_call *find_doomed(const struct sca_http *http)
{
    struct sca_http_call *call = http->multi != NULL ? http->calls : NULL;

    while (call != NULL && !call->doomed)
        call = call->next;
    return call;
}

static void close_watch(struct watch *watch);
static CURLM *new_multi(struct sca_http *http);

/*
 * Where memory was out curl's books of sockets may be wrong for good, and a connection that it
 * keeps be watched for nobody. So it begins with new ones; as long as there is no memory for these
 * the old ones have to do.
 */
static void begin_anew(struct sca_http *http)
{
    CURLM *multi = new_multi(http);

    while (http->watches != NULL)
        close_watch(http->watches);
    if (multi == NULL)
        return;
    curl_multi_cleanup(http->multi);
    http->multi = multi;
}

/* All calls of now: which of them has that socket is curl's knowledge. */
static void give_up(struct sca_http *http)
{
    struct sca_http_call *call = NULL;

    http->blind = false;
    for (call = http->calls; call != NULL; call = call->next) {
        call->doomed = true;
        curl_multi_remove_handle(http->multi, call->exchange.easy);
    }
    begin_anew(http);
    while ((call = find_doomed(http)) != NULL)
        finish(http, call, CURLE_OUT_OF_MEMORY);
}

/* ---- curl on libuv --------------------------------------------------------------------------- */

static void drive(struct sca_http *http, curl_socket_t fd, int events)
{
    int running = 0;

    if (http->multi == NULL)
        return;
    /* Want of memory. curl has then not said either which time it waits for. */
    if (curl_multi_socket_action(http->multi, fd, events, &running) != CURLM_OK)
        http->blind = true;
    collect(http);
    if (http->blind && http->multi != NULL)
        give_up(http);
}

static void on_timer(uv_timer_t *timer)
{
    struct sca_http *http = timer->data;
    drive(http, CURL_SOCKET_TIMEOUT, 0);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    /*
     * A peer that answers and then resets leaves both its answer and an error: curl is to read, and
     * meets the error where the answer ends. CURL_CSELECT_ERR would throw the answer away.
     */
    int flags = status < 0 ? CURL_CSELECT_IN | CURL_CSELECT_OUT : 0;

    if ((events & UV_READABLE) != 0)
        flags |= CURL_CSELECT_IN;
    if ((events & UV_WRITABLE) != 0)
        flags |= CURL_CSELECT_OUT;
    drive(watch->http, watch->fd, flags); /* may close the watch, whose memory lives a while yet */
    if (status < 0 && !uv_is_closing((uv_handle_t *)poll))
        (void)uv_poll_start(poll, watch->events, on_socket); /* an error had stopped it */
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static struct watch *new_watch(struct sca_http *http, curl_socket_t fd)
{
    struct watch *watch = calloc(1, sizeof *watch);

    if (watch == NULL)
        return NULL;
    watch->fd = fd;
    watch->http = http;
    if (uv_poll_init_socket(http->loop, &watch->poll, fd) != 0) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    watch->next = http->watches;
    http->watches = watch;
    curl_multi_assign(http->multi, fd, watch);
    return watch;
}

static void close_watch(struct watch *watch)
{
    struct watch **link = &watch->http->watches;

    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    uv_poll_stop(&watch->poll);
    curl_multi_assign(watch->http->multi, watch->fd, NULL);
    uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
}

static int socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct sca_http *http = arg;
    struct watch *watch = socket_arg;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL)
            close_watch(watch);
        return 0;
    }
    if (watch == NULL)
        watch = new_watch(http, fd);
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= UV_READABLE;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= UV_WRITABLE;
    if (watch != NULL)
        watch->events = events;
    /* An error would leave curl's books of sockets as they are. */
    http->blind |= watch == NULL || uv_poll_start(&watch->poll, events, on_socket) != 0;
    return 0;
}

static int timer_wanted(CURLM *multi, long timeout_ms, void *arg)
{
    struct sca_http *http = arg;

    (void)multi;
    if (timeout_ms < 0)
        uv_timer_stop(&http->timer);
    else
        uv_timer_start(&http->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

static CURLM *new_multi(struct sca_http *http)
{
    CURLM *multi = curl_multi_init();

    if (multi == NULL)
        return NULL;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, http);
    return multi;
}

/* ---- the caller's side ----------------------------------------------------------------------- */

int sca_http_send(struct sca_http *http, const struct sca_http_request *request,
                  const struct sca_http_trust *trust, sca_http_done *done, void *arg,
                  struct sca_http_call **ret_call)
{
    struct sca_http_call *call = calloc(1, sizeof *call);
    if (call == NULL)
        return SCA_E_NOMEM;
    call->http = http;
    call->done = done;
    call->arg = arg;
    int err = sca_http_exchange_init(&call->exchange, request, trust);
    if (err == 0 &&
        (curl_easy_setopt(call->exchange.easy, CURLOPT_PRIVATE, (char *)call) != CURLE_OK ||
         curl_easy_setopt(call->exchange.easy, CURLOPT_SHARE, http->share) != CURLE_OK))
        err = SCA_E_NOMEM;
    if (err == 0 && curl_multi_add_handle(http->multi, call->exchange.easy) != CURLM_OK)
        err = SCA_E_NOMEM;
    if (err != 0) {
        free_call(call);
        return err;
    }
    call->next = http->calls;
    http->calls = call;
    *ret_call = call;
    return 0;
}

void sca_http_hold(struct sca_http_call *call, sca_http_leaving *leaving, void *arg)
{
    call->exchange.leaving = leaving;
    call->exchange.leaving_arg = arg;
}

void sca_http_cancel(struct sca_http_call *call)
{
    if (call == NULL || call->finished)
        return;
    curl_multi_remove_handle(call->http->multi, call->exchange.easy);
    unlink_call(call);
    free_call(call);
}

/* ---- the loop's end -------------------------------------------------------------------------- */

/* OpenSSL, because docs/security.md speaks of its checks; asynchronous names, because the loop must
 * never wait. */
static int check_curl(void)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

    if (info->ssl_version == NULL || strncmp(info->ssl_version, "OpenSSL/", 8) != 0) {
        sca_log(SCA_LOG_ERROR, COMPONENT, "libcurl uses %s, not OpenSSL",
                info->ssl_version == NULL ? "no TLS" : info->ssl_version);
        return SCA_E_CONFIG;
    }
    if ((info->features & CURL_VERSION_ASYNCHDNS) == 0) {
        sca_log(SCA_LOG_ERROR, COMPONENT, "libcurl has no asynchronous name lookup");
        return SCA_E_CONFIG;
    }
    return 0;
}

/* Needs no locks: one thread. */
static CURLSH *new_share(void)
{
    CURLSH *share = curl_share_init();

    if (share != NULL &&
        curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK) {
        curl_share_cleanup(share);
        return NULL;
    }
    return share;
}

static void free_http(struct sca_http *http)
{
    if (http != NULL) {
        curl_multi_cleanup(http->multi);
        curl_share_cleanup(http->share);
    }
    free(http);
    curl_global_cleanup();
}

int sca_http_new(uv_loop_t *loop, struct sca_http **ret_http)
{
    /* Headers and bodies with secrets pass through curl's buffers. */
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, sca_wiping_free, sca_wiping_realloc,
                             strdup, calloc) != CURLE_OK)
        return SCA_E_NOMEM;

    struct sca_http *http = calloc(1, sizeof *http);
    int err = http == NULL ? SCA_E_NOMEM : check_curl();
    if (err == 0) {
        http->multi = new_multi(http);
        http->share = new_share();
        err = http->multi == NULL || http->share == NULL ? SCA_E_NOMEM : 0;
    }
    if (err != 0) {
        free_http(http);
        return err;
    }
    http->loop = loop;
    uv_timer_init(loop, &http->timer);
    http->timer.data = http;
    *ret_http = http;
    return 0;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free_http(handle->data);
}

void sca_http_free(struct sca_http *http)
{
    if (http == NULL || http->multi == NULL)
        return;
    while (http->calls != NULL)
        sca_http_cancel(http->calls);
    while (http->watches != NULL)
        close_watch(http->watches);
    CURLM *multi = http->multi;
    curl_multi_cleanup(multi);
    http->multi = NULL;
    uv_timer_stop(&http->timer);
    uv_close((uv_handle_t *)&http->timer, on_timer_closed);
}
