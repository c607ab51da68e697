/* SPDX-License-Identifier: Apache-2.0 */
/* A libcurl handle for each exchange: there are few, and nothing of one is wanted in the next. */
#include "fetch.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <string.h>
#include "build_config.h"
#include "common/err.h"

#define REDIRECTIONS_MAX 3L

static size_t take(char *data, size_t size, size_t count, void *body)
{
    return sca_buf_add(body, data, size * count) == 0 ? size * count : 0;
}

static bool prepare(CURL *easy, const struct sca_fetch *wanted, struct curl_slist *headers,
                    struct sca_buf *body)
{
    bool ok = curl_easy_setopt(easy, CURLOPT_URL, wanted->url) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http") == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_MAXREDIRS, REDIRECTIONS_MAX) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)wanted->limit_s) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)wanted->most_bytes) ==
          CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_USERAGENT, "smartca-pkcs11/" SCA_PRODUCT_VERSION) ==
          CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_WRITEDATA, body) == CURLE_OK;
    if (wanted->post.len > 0) {
        ok &= headers && curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK;
        ok &= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)wanted->post.len) ==
              CURLE_OK;
        ok &=
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, (const char *)wanted->post.data) == CURLE_OK;
    }
    return ok;
}

int sca_fetch(const struct sca_fetch *wanted, struct sca_buf *ret_body)
{
    char type[128];
    CURL *easy = curl_easy_init();
    int err = easy ? 0 : SCA_E_NOMEM;

    sca_buf_init(ret_body, wanted->most_bytes);
    snprintf(type, sizeof type, "Content-Type: %s", wanted->media ? wanted->media : "");
    struct curl_slist *headers = wanted->media ? curl_slist_append(NULL, type) : NULL;
    if (easy && !prepare(easy, wanted, headers, ret_body))
        err = SCA_E_NOMEM;
    long status = 0;
    if (!err &&
        (curl_easy_perform(easy) != CURLE_OK ||
         curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200))
        err = SCA_E_UNREACHABLE;
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    return err;
}
