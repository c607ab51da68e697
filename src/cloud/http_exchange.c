/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything about one request that needs no loop: how it travels, what counts as sent, what came
 * back.
 *
 * HTTP/1.1 only: a poll every second gains nothing from HTTP/2, which brings a second way
 * (REFUSED_STREAM) in which curl sends a request again by itself. Before curl sends one on a
 * connection, or again on another, it asks: a request with a body is let go once (ask_leaving). One
 * that spends or acts also travels on a connection of its own, so that it does not meet one that
 * the server is about to end. That connection may resume a TLS session: the request still leaves
 * only after the handshake, for curl sends no early data unless it is told to.
 *
 * curl's own buffers are wiped when it frees them (http.c); what OpenSSL has decrypted, as soon as
 * curl has read it.
 */
#include "cloud/http_exchange.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "build_config.h"
#include "common/clock.h"

#define CONNECT_TIMEOUT_MS 10000L
#define CA_CACHE_S         600L
#define IDLE_MAX_S         4L /* servers end idle connections after 5 seconds and more */
#define RETRY_AFTER_MAX_S  86400
#define REQUEST_MAX        (2u * 1024u * 1024u)
#define HEADER_MAX         (16u * 1024u)

/* ---- curl asks and tells --------------------------------------------------------------------- */

/* curl asks when nothing has left on the connection, and once more where it would repeat. */
static int ask_leaving(void *arg, char *primary_ip, char *local_ip, int primary_port,
                       int local_port)
{
    struct sca_http_exchange *exchange = arg;

    (void)primary_ip;
    (void)local_ip;
    (void)primary_port;
    (void)local_port;
    if (exchange->left ||
        (exchange->leaving != NULL && exchange->leaving(exchange->leaving_arg) != 0))
        return CURL_PREREQFUNC_ABORT;
    exchange->left = true;
    return CURL_PREREQFUNC_OK;
}

static size_t write_reply(char *data, size_t size, size_t count, void *arg)
{
    struct sca_http_exchange *exchange = arg;
    return sca_buf_add(&exchange->reply, data, size * count) == 0 ? size * count : 0;
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
    struct sca_http_exchange *exchange = arg;
    size_t len = size * count;
    char *retry_after = header_value(line, len, "Retry-After:");
    char *date = header_value(line, len, "Date:");

    if (len >= 5 && strncasecmp(line, "HTTP/", 5) == 0) { /* a proxy's or 1xx reply came before */
        free(exchange->retry_after);
        exchange->retry_after = NULL;
        exchange->date_utc = 0;
    }
    if (retry_after != NULL) {
        free(exchange->retry_after);
        exchange->retry_after = retry_after;
    }
    if (date != NULL) {
        int64_t when = (int64_t)curl_getdate(date, NULL);
        exchange->date_utc = when > 0 ? when : 0;
        free(date);
    }
    return len;
}

/* ---- setting up ------------------------------------------------------------------------------ */

static int add_header(struct sca_http_exchange *exchange, const char *name, const char *value)
{
    if (value == NULL)
        return 0;
    if (strpbrk(value, "\r\n") != NULL)
        return SCA_E_INVAL;
    SCA_BUF_AUTO line;
    sca_buf_init(&line, HEADER_MAX);
    sca_buf_add_text(&line, name);
    sca_buf_add_text(&line, value);
    if (sca_buf_add_u8(&line, '\0') != 0)
        return line.err;
    struct curl_slist *headers = curl_slist_append(exchange->headers, (const char *)line.data);
    if (headers == NULL)
        return SCA_E_NOMEM;
    exchange->headers = headers;
    return 0;
}

static bool set_body(CURL *easy, struct sca_http_exchange *exchange)
{
    bool ok = true;

    ok &= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body.len) ==
          CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, exchange->body.data) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, ask_leaving) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange) == CURLE_OK;
    return ok;
}

static bool set_transfer(CURL *easy, struct sca_http_exchange *exchange,
                         const struct sca_http_request *request)
{
    long connect_ms =
        request->timeout_ms < CONNECT_TIMEOUT_MS ? (long)request->timeout_ms : CONNECT_TIMEOUT_MS;
    bool ok = true;

    ok &= curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_USERAGENT, "smartca-pkcs11/" SCA_PRODUCT_VERSION) ==
          CURLE_OK;
    if (exchange->body.len > 0)
        ok &= set_body(easy, exchange);
    bool alone = request->spends || request->acts;
    ok &= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, alone ? 1L : 0L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_MAX_S) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_reply) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, read_header) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange) == CURLE_OK;
    return ok;
}

/*
 * Replies with tokens would stay in OpenSSL's buffer as long as the connection is kept. That buffer
 * is kept as well: curl wants it to be freed after each record, which here means wiped.
 */
static CURLcode set_tls(CURL *easy, void *tls, void *arg)
{
    (void)easy;
    (void)arg;
    SSL_CTX_set_options(tls, SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_clear_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    return CURLE_OK;
}

/*
 * curl keeps what it has read of a bundle of authorities, which is most of a connection's work, for
 * so many seconds; not for longer than the file has been as it is, for a person may have just
 * mended it. 0: it is read anew.
 */
static long authorities_kept_s(const char *path)
{
    struct stat st;
    time_t now = time(NULL);

    if (stat(path, &st) != 0 || st.st_ctime >= now)
        return 0;
    return now - st.st_ctime < CA_CACHE_S ? (long)(now - st.st_ctime) : CA_CACHE_S;
}

/* @ca_file: instead of the system's, not beside them; NULL: the system's. */
static bool set_authorities(CURL *easy, const char *ca_file)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    bool ok = true;

    if (ca_file == NULL && info->age >= CURLVERSION_SEVENTH && info->cainfo != NULL &&
        access(info->cainfo, R_OK) == 0)
        ca_file = info->cainfo;
    if (ca_file == NULL)
        return true;
    ok &= curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK; /* with one, nothing is kept */
#if LIBCURL_VERSION_NUM >= 0x075700
    ok &= curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, authorities_kept_s(ca_file)) == CURLE_OK;
#endif
    return ok;
}

static bool set_safety(CURL *easy, const struct sca_http_trust *trust)
{
    bool ok = true;

    ok &= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_tls) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
    ok &= set_authorities(easy, trust->ca_file);
    if (trust->server_key != NULL) { /* beside all other checks, not instead of them */
        ok &= curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, trust->server_key) == CURLE_OK;
        ok &= curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L) == CURLE_OK;
    }
    /* A proxy's words before the service's. */
    ok &= curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) == CURLE_OK;
#if LIBCURL_VERSION_NUM >= 0x075700
    /* A name lookup that hangs in its thread must not hang the loop when the call ends. */
    ok &= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
#endif
    return ok;
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

int sca_http_exchange_init(struct sca_http_exchange *exchange,
                           const struct sca_http_request *request,
                           const struct sca_http_trust *trust)
{
    const bool fetched = request->body.len == 0;
    const bool once = request->spends || request->acts;

    /* What has no body curl may repeat. */
    if (!good_url(request->url) || (fetched && once) || request->timeout_ms == 0)
        return SCA_E_INVAL;
    sca_buf_init(&exchange->reply, SCA_HTTP_BODY_MAX);
    sca_buf_init(&exchange->body, REQUEST_MAX);
    int err = sca_buf_add(&exchange->body, request->body.data, request->body.len);
    if (err == 0 && !fetched)
        err = add_header(exchange, "Content-Type: ", request->content_type);
    if (err == 0)
        err = add_header(exchange, "Authorization: ", request->authorization);
    if (err == 0)
        err = add_header(exchange, "Accept: ", "application/json");
    if (err == 0)
        err = add_header(exchange, "Expect:", "");
    if (err != 0)
        return err;
    exchange->easy = curl_easy_init();
    if (exchange->easy == NULL || !set_transfer(exchange->easy, exchange, request) ||
        !set_safety(exchange->easy, trust))
        return SCA_E_NOMEM;
    return 0;
}

/* ---- what came back -------------------------------------------------------------------------- */

static enum sca_transport transport_of(CURLcode code, const struct sca_http_exchange *exchange)
{
    if (code == CURLE_OK)
        return SCA_TRANSPORT_OK;
    if (exchange->left)
        return SCA_TRANSPORT_UNCERTAIN;
    switch ((int)code) {
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
        return SCA_TRANSPORT_KEY;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return SCA_TRANSPORT_TLS;
    default:
        return SCA_TRANSPORT_NOT_SENT;
    }
}

static uint32_t retry_after_s(const struct sca_http_exchange *exchange)
{
    const char *text = exchange->retry_after;
    int64_t seconds = 0;

    if (text == NULL || text[0] == '\0')
        return 0;
    if (text[strspn(text, "0123456789")] == '\0') {
        seconds = strtoll(text, NULL, 10);
    } else {
        int64_t when = (int64_t)curl_getdate(text, NULL);
        seconds =
            when < 0 ? 0 : when - (exchange->date_utc > 0 ? exchange->date_utc : sca_now_utc());
    }
    if (seconds < 0)
        return 0;
    return seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : (uint32_t)seconds;
}

void sca_http_exchange_reply(struct sca_http_exchange *exchange, CURLcode code,
                             struct sca_http_reply *ret_reply)
{
    struct sca_http_reply reply = {.transport = transport_of(code, exchange), .detail = ""};
    long status = 0;

    if (code == CURLE_OK) {
        curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
        reply.status = (int)status;
        reply.retry_after_s = retry_after_s(exchange);
        reply.date_utc = exchange->date_utc;
        reply.body = (struct sca_bytes){exchange->reply.data, exchange->reply.len};
    } else if (reply.transport == SCA_TRANSPORT_KEY) {
        sca_http_key_shown(exchange->easy, exchange->shown_key);
        reply.detail = exchange->shown_key;
    } else if (exchange->reply.err == SCA_E_LIMIT) {
        reply.detail = "the reply is larger than the limit";
    } else {
        reply.detail = exchange->error[0] != '\0' ? exchange->error : curl_easy_strerror(code);
    }
    *ret_reply = reply;
}

static void wipe_headers(struct curl_slist *headers)
{
    for (struct curl_slist *item = headers; item != NULL; item = item->next)
        sca_wipe(item->data, strlen(item->data));
    curl_slist_free_all(headers);
}

void sca_http_exchange_clear(struct sca_http_exchange *exchange)
{
    curl_easy_cleanup(exchange->easy);
    wipe_headers(exchange->headers);
    sca_buf_clear(&exchange->body);
    sca_buf_clear(&exchange->reply);
    free(exchange->retry_after);
    *exchange = (struct sca_http_exchange){0};
}
