/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One curl multi handle on one libuv loop. curl says which sockets and which timer it wants; libuv
 * watches them and tells curl; finished exchanges are collected afterwards, outside of any curl
 * callback, so that the caller may send, cancel or free from its done function.
 *
 * HTTP/1.1 only: a poll every two seconds gains nothing from HTTP/2, which brings a second way
 * (REFUSED_STREAM) in which curl sends a request again by itself. A request that spends travels on
 * a connection of its own (so no dead kept-alive one is met) and cannot be rewound (so it is never
 * repeated, whatever the reason).
 *
 * curl's own buffers are not wiped; the agent's memory is out of core files.
 */
#include "cloud/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "build_config.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/text.h"

#define CONNECT_TIMEOUT_MS 10000L
#define CA_CACHE_S         600L
#define RETRY_AFTER_MAX_S  86400
#define REQUEST_MAX        (2u * 1024u * 1024u)
#define HEADER_MAX         (16u * 1024u)
#define COMPONENT          "net"

struct sca_http {
    uv_loop_t *loop;
    CURLM *multi; /* NULL once freed */
    uv_timer_t timer;
    struct sca_http_call *calls;
};

struct sca_http_call {
    struct sca_http *http;
    struct sca_http_call *next;
    CURL *easy;
    struct curl_slist *headers;
    struct sca_buf body;
    size_t body_pos;
    bool body_taken; /* curl has ever taken a byte of it */
    struct sca_buf reply;
    char *retry_after;
    int64_t date_utc;
    char error[CURL_ERROR_SIZE];
    bool finished; /* done is running: the call is gone for its owner */
    sca_http_done *done;
    void *arg;
};

/* One socket that curl wants watched. */
struct watch {
    uv_poll_t poll;
    curl_socket_t fd;
    struct sca_http *http;
};

/* ---- what came back -------------------------------------------------------------------------- */

/*
 * A request is a POST with a body, which curl takes from us after the headers are on their way:
 * where it never took a byte, the server has no whole request to act on.
 */
static enum sca_transport transport_of(CURLcode code, const struct sca_http_call *call)
{
    if (code == CURLE_OK)
        return SCA_TRANSPORT_OK;
    if (call->body_taken)
        return SCA_TRANSPORT_UNCERTAIN;
    switch ((int)code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return SCA_TRANSPORT_TLS;
    default:
        return SCA_TRANSPORT_NOT_SENT;
    }
}

static uint32_t retry_after_s(const struct sca_http_call *call)
{
    const char *text = call->retry_after;
    int64_t seconds = 0;

    if (text == NULL || text[0] == '\0')
        return 0;
    if (text[strspn(text, "0123456789")] == '\0') {
        seconds = strtoll(text, NULL, 10);
    } else {
        int64_t when = (int64_t)curl_getdate(text, NULL);
        seconds = when < 0 ? 0 : when - (call->date_utc > 0 ? call->date_utc : sca_now_utc());
    }
    if (seconds < 0)
        return 0;
    return seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : (uint32_t)seconds;
}

static void fill_reply(struct sca_http_call *call, CURLcode code, struct sca_http_reply *ret_reply)
{
    struct sca_http_reply reply = {.transport = transport_of(code, call), .detail = ""};
    long status = 0;

    if (code == CURLE_OK) {
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        reply.status = (int)status;
        reply.retry_after_s = retry_after_s(call);
        reply.date_utc = call->date_utc;
        reply.body = (struct sca_bytes){call->reply.data, call->reply.len};
    } else if (call->reply.err == SCA_E_LIMIT) {
        reply.detail = "the reply is larger than the limit";
    } else {
        reply.detail = call->error[0] != '\0' ? call->error : curl_easy_strerror(code);
    }
    *ret_reply = reply;
}

static void wipe_headers(struct curl_slist *headers)
{
    for (struct curl_slist *item = headers; item != NULL; item = item->next)
        sca_wipe(item->data, strlen(item->data));
    curl_slist_free_all(headers);
}

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
    curl_easy_cleanup(call->easy);
    wipe_headers(call->headers);
    sca_buf_clear(&call->body);
    sca_buf_clear(&call->reply);
    free(call->retry_after);
    free(call);
}

static void finish(struct sca_http *http, struct sca_http_call *call, CURLcode code)
{
    struct sca_http_reply reply;

    fill_reply(call, code, &reply);
    curl_multi_remove_handle(http->multi, call->easy);
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

/* ---- curl on libuv ----------------------------------------------------------------------------
 */

static void drive(struct sca_http *http, curl_socket_t fd, int events)
{
    int running = 0;

    if (http->multi == NULL)
        return;
    curl_multi_socket_action(http->multi, fd, events, &running);
    collect(http);
}

static void on_timer(uv_timer_t *timer)
{
    struct sca_http *http = timer->data;
    drive(http, CURL_SOCKET_TIMEOUT, 0);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    const struct watch *watch = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;

    if ((events & UV_READABLE) != 0)
        flags |= CURL_CSELECT_IN;
    if ((events & UV_WRITABLE) != 0)
        flags |= CURL_CSELECT_OUT;
    drive(watch->http, watch->fd, flags); /* may close the watch */
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
    curl_multi_assign(http->multi, fd, watch);
    return watch;
}

static int socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct sca_http *http = arg;
    struct watch *watch = socket_arg;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL) {
            uv_poll_stop(&watch->poll);
            curl_multi_assign(http->multi, fd, NULL);
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
        }
        return 0;
    }
    if (watch == NULL)
        watch = new_watch(http, fd);
    if (watch == NULL)
        return -1;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= UV_READABLE;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= UV_WRITABLE;
    return uv_poll_start(&watch->poll, events, on_socket) == 0 ? 0 : -1;
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

/* ---- one exchange ---------------------------------------------------------------------------- */

static size_t read_body(char *data, size_t size, size_t count, void *arg)
{
    struct sca_http_call *call = arg;
    size_t len = call->body.len - call->body_pos;

    if (len > size * count)
        len = size * count;
    memcpy(data, call->body.data + call->body_pos, len);
    call->body_pos += len;
    call->body_taken |= len > 0;
    return len;
}

/* For requests that may be repeated: curl sends them again when a kept-alive connection was dead.
 */
static int seek_body(void *arg, curl_off_t offset, int origin)
{
    struct sca_http_call *call = arg;

    if (origin != SEEK_SET || offset < 0 || (size_t)offset > call->body.len)
        return CURL_SEEKFUNC_FAIL;
    call->body_pos = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static size_t write_reply(char *data, size_t size, size_t count, void *arg)
{
    struct sca_http_call *call = arg;
    return sca_buf_add(&call->reply, data, size * count) == 0 ? size * count : 0;
}

/* The value of a header line if it has that name, as a new string without blanks around it. */
static char *header_value(const char *line, size_t len, const char *name)
{
    size_t name_len = strlen(name);

    if (len <= name_len || strncasecmp(line, name, name_len) != 0)
        return NULL;
    line += name_len;
    len -= name_len;
    while (len > 0 && strchr(" \t", line[0]) != NULL) {
        line++;
        len--;
    }
    while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL)
        len--;
    return strndup(line, len);
}

static size_t read_header(char *line, size_t size, size_t count, void *arg)
{
    struct sca_http_call *call = arg;
    size_t len = size * count;
    char *retry_after = header_value(line, len, "Retry-After:");
    char *date = header_value(line, len, "Date:");

    if (len >= 5 && strncasecmp(line, "HTTP/", 5) == 0) { /* a proxy's or 1xx reply came before */
        free(call->retry_after);
        call->retry_after = NULL;
        call->date_utc = 0;
    }
    if (retry_after != NULL) {
        free(call->retry_after);
        call->retry_after = retry_after;
    }
    if (date != NULL) {
        int64_t when = (int64_t)curl_getdate(date, NULL);
        call->date_utc = when > 0 ? when : 0;
        free(date);
    }
    return len;
}

static int add_header(struct sca_http_call *call, const char *name, const char *value)
{
    SCA_BUF_AUTO line;

    if (value == NULL)
        return 0;
    if (strpbrk(value, "\r\n") != NULL)
        return SCA_E_INVAL;
    sca_buf_init(&line, HEADER_MAX);
    sca_buf_add_text(&line, name);
    sca_buf_add_text(&line, value);
    if (sca_buf_add_u8(&line, '\0') != 0)
        return line.err;
    struct curl_slist *headers = curl_slist_append(call->headers, (const char *)line.data);
    if (headers == NULL)
        return SCA_E_NOMEM;
    call->headers = headers;
    return 0;
}

/* https, a host, no password in it. */
static bool good_url(const char *text)
{
    CURLU *url = curl_url();
    bool good = url != NULL && text != NULL && strncasecmp(text, "https://", 8) == 0 &&
                curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) == CURLUE_OK;

    curl_url_cleanup(url);
    return good;
}

static bool set_transfer(CURL *easy, struct sca_http_call *call,
                         const struct sca_http_request *request)
{
    long connect_ms =
        request->timeout_ms < CONNECT_TIMEOUT_MS ? (long)request->timeout_ms : CONNECT_TIMEOUT_MS;
    bool ok = true;

    ok &= curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *)call) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_USERAGENT, "smartca-pkcs11/" SCA_PRODUCT_VERSION) ==
          CURLE_OK;
    /* A body by callback: without a seek callback curl cannot send it a second time. */
    ok &= curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK;
    ok &=
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_READDATA, call) == CURLE_OK;
    if (request->spends) {
        ok &= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK;
    } else {
        ok &= curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body) == CURLE_OK;
        ok &= curl_easy_setopt(easy, CURLOPT_SEEKDATA, call) == CURLE_OK;
    }
    ok &= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_reply) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_WRITEDATA, call) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, read_header) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_HEADERDATA, call) == CURLE_OK;
    return ok;
}

static bool set_safety(CURL *easy, const char *ca_file)
{
    bool ok = true;

    ok &= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
    if (ca_file != NULL) { /* instead of the system's, not beside them */
        ok &= curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file) == CURLE_OK;
        ok &= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
    }
#if LIBCURL_VERSION_NUM >= 0x075700
    /* A name lookup that hangs in its thread must not hang the loop when the call ends. */
    ok &= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, CA_CACHE_S) == CURLE_OK;
#endif
    return ok;
}

static int prepare(struct sca_http_call *call, const struct sca_http_request *request,
                   const char *ca_file)
{
    sca_buf_init(&call->reply, SCA_HTTP_BODY_MAX);
    sca_buf_init(&call->body, REQUEST_MAX);
    int err = sca_buf_add(&call->body, request->body.data, request->body.len);
    if (err == 0)
        err = add_header(call, "Content-Type: ", request->content_type);
    if (err == 0)
        err = add_header(call, "Authorization: ", request->authorization);
    if (err == 0)
        err = add_header(call, "Accept: ", "application/json");
    if (err == 0)
        err = add_header(call, "Expect:", "");
    if (err != 0)
        return err;
    call->easy = curl_easy_init();
    if (call->easy == NULL || !set_transfer(call->easy, call, request) ||
        !set_safety(call->easy, ca_file))
        return SCA_E_NOMEM;
    return 0;
}

int sca_http_send(struct sca_http *http, const struct sca_http_request *request,
                  const char *ca_file, sca_http_done *done, void *arg,
                  struct sca_http_call **ret_call)
{
    /* An empty body could not tell a request that left from one that did not. */
    if (!good_url(request->url) || request->body.len == 0 || request->timeout_ms == 0)
        return SCA_E_INVAL;

    struct sca_http_call *call = calloc(1, sizeof *call);
    if (call == NULL)
        return SCA_E_NOMEM;
    call->http = http;
    call->done = done;
    call->arg = arg;
    int err = prepare(call, request, ca_file);
    if (err == 0 && curl_multi_add_handle(http->multi, call->easy) != CURLM_OK)
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

void sca_http_cancel(struct sca_http_call *call)
{
    if (call == NULL || call->finished)
        return;
    curl_multi_remove_handle(call->http->multi, call->easy);
    unlink_call(call);
    free_call(call);
}

/* ---- the loop's end -----------------------------------------------------------------------------
 */

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

int sca_http_new(uv_loop_t *loop, struct sca_http **ret_http)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return SCA_E_NOMEM;

    struct sca_http *http = calloc(1, sizeof *http);
    int err = http == NULL ? SCA_E_NOMEM : check_curl();
    if (err == 0) {
        http->multi = curl_multi_init();
        err = http->multi == NULL ? SCA_E_NOMEM : 0;
    }
    if (err != 0) {
        free(http);
        curl_global_cleanup();
        return err;
    }
    http->loop = loop;
    uv_timer_init(loop, &http->timer);
    http->timer.data = http;
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    *ret_http = http;
    return 0;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void sca_http_free(struct sca_http *http)
{
    if (http == NULL || http->multi == NULL)
        return;
    while (http->calls != NULL)
        sca_http_cancel(http->calls);
    CURLM *multi = http->multi;
    curl_multi_cleanup(multi);
    http->multi = NULL;
    uv_timer_stop(&http->timer);
    uv_close((uv_handle_t *)&http->timer, on_timer_closed);
    curl_global_cleanup();
}
