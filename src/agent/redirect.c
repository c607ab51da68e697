/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request without the random state did not come out of our own log-in: it changes nothing, not
 * even by an error, or any page could end the person's log-in.
 */
#include "redirect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "common/text.h"

#define VALUE_MAX 4096u

static const char *const plain =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

/* ---- the address ----------------------------------------------------------------------------- */

static bool read_port(const char **text, uint16_t *ret_port)
{
    size_t digits = 0;
    unsigned long port = 0;

    if (**text != ':') {
        *ret_port = 0;
        return true;
    }
    digits = strspn(*text + 1, "0123456789");
    if (digits == 0 || digits > 5)
        return false;
    port = strtoul(*text + 1, NULL, 10);
    *text += 1 + digits;
    *ret_port = (uint16_t)port;
    return port > 0 && port <= UINT16_MAX;
}

int sca_redirect_parse(const char *text, struct sca_redirect *ret_redirect)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
    struct sca_redirect redirect = {0};

    if (strncmp(text, "http://", 7) != 0)
        return SCA_E_FORMAT;
    text += 7;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0] && redirect.host[0] == '\0'; i++) {
        if (strncmp(text, hosts[i], strlen(hosts[i])) == 0)
            snprintf(redirect.host, sizeof redirect.host, "%s", hosts[i]);
    }
    text += strlen(redirect.host);
    if (redirect.host[0] == '\0' || !read_port(&text, &redirect.port) || *text != '/' ||
        text[strspn(text, plain)] != '\0')
        return SCA_E_FORMAT;
    if (strlen(text) >= sizeof redirect.path)
        return SCA_E_LIMIT;
    memcpy(redirect.path, text, strlen(text) + 1);
    *ret_redirect = redirect;
    return 0;
}

void sca_redirect_uri(const struct sca_redirect *redirect, uint16_t port,
                      char ret_uri[static SCA_REDIRECT_URI_SIZE])
{
    snprintf(ret_uri, SCA_REDIRECT_URI_SIZE, "http://%s:%u%s", redirect->host, port,
             redirect->path);
}

/* ---- the request ----------------------------------------------------------------------------- */

static int hex_digit(char letter)
{
    return letter >= '0' && letter <= '9'   ? letter - '0'
           : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
           : letter >= 'A' && letter <= 'F' ? letter - 'A' + 10
                                            : -1;
}

/* application/x-www-form-urlencoded; false for a bad escape or a NUL. */
static bool decode(const char *text, size_t len, struct sca_buf *out)
{
    for (size_t i = 0; i < len; i++) {
        char letter = text[i];

        if (letter == '+')
            letter = ' ';

        if (letter == '%') {
            int high = len - i > 2 ? hex_digit(text[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
            if (low < 0)
                return false;
            letter = (char)(high * 16 + low);
            i += 2;
        }
        if (letter == '\0')
            return false;
        sca_buf_add_u8(out, (uint8_t)letter);
    }
    return sca_buf_add_u8(out, '\0') == 0;
}

/* The first value of @key, NUL-terminated in @out; false where there is none. */
static bool value_of(const char *query, size_t len, const char *key, struct sca_buf *out)
{
    const char *end = query + len;
    size_t key_len = strlen(key);

    sca_buf_clear(out);
    sca_buf_init(out, VALUE_MAX);
    while (query < end) {
        const char *stop = memchr(query, '&', (size_t)(end - query));
        if (stop == NULL)
            stop = end;
        if ((size_t)(stop - query) > key_len && memcmp(query, key, key_len) == 0 &&
            query[key_len] == '=')
            return decode(query + key_len + 1, (size_t)(stop - query) - key_len - 1, out);
        query = stop + 1;
    }
    return false;
}

/* The query of "GET @path?query HTTP/1...": false for any other first line. */
static bool find_query(struct sca_bytes head, const char *path, const char **ret_query,
                       size_t *ret_len)
{
    const char *text = (const char *)head.data;
    const char *eol = head.len > 0 ? memchr(text, '\r', head.len) : NULL;
    size_t path_len = strlen(path);
    size_t len = eol != NULL ? (size_t)(eol - text) : 0;

    if (len < 4 + path_len + 1 || memcmp(text, "GET ", 4) != 0 ||
        memcmp(text + 4, path, path_len) != 0 || text[4 + path_len] != '?')
        return false;
    const char *query = text + 4 + path_len + 1;
    const char *blank = memchr(query, ' ', (size_t)(eol - query));
    if (blank == NULL || (size_t)(eol - blank) < 7 || memcmp(blank, " HTTP/1", 7) != 0)
        return false;
    *ret_query = query;
    *ret_len = (size_t)(blank - query);
    return true;
}

int sca_redirect_read(struct sca_bytes head, const char *path, const char *state,
                      struct sca_secret **ret_code, char ret_words[static SCA_REDIRECT_WORDS_MAX])
{
    SCA_BUF_AUTO value = {0};
    const char *query = NULL;
    size_t len = 0;

    if (!find_query(head, path, &query, &len) || !value_of(query, len, "state", &value) ||
        !sca_streq((const char *)value.data, state))
        return SCA_E_NOENT;
    if (value_of(query, len, "code", &value) && value.len > 1)
        return sca_secret_new(value.data, value.len - 1, ret_code);
    if (!value_of(query, len, "error", &value))
        return SCA_E_NOENT;
    if (sca_streq((const char *)value.data, "access_denied"))
        return SCA_E_REJECTED;
    sca_text_printable((const char *)value.data, ret_words, SCA_REDIRECT_WORDS_MAX);
    if (value_of(query, len, "error_description", &value) && value.len > 1)
        sca_text_printable((const char *)value.data, ret_words, SCA_REDIRECT_WORDS_MAX);
    return SCA_E_REFUSED;
}
