/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listings on disk: cache/accounts/NAME.json, certificates in hex. Everything else is read out of
 * the certificates again on loading, so a changed file can at most show another certificate, and
 * the service signs with none but its own. What is damaged counts as never fetched.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "account_file.h"
#include "cloud/json.h"
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"
#include "credential.h"
#include "credential_build.h"
#include "x509.h"

#define VERSION    1
#define FILE_MAX   (64u * 1024u * 1024u)
#define DETAIL_MAX 512u

static int file_of(const struct sca_paths *paths, const char *account, bool make, char **ret_path)
{
    SCA_TEXT_AUTO dir = NULL;

    if (asprintf(&dir, "%s/accounts", paths->cache_dir) < 0) {
        dir = NULL;
        return SCA_E_NOMEM;
    }
    int err = make ? sca_dir_ensure(dir) : 0;
    if (err != 0)
        return err;
    *ret_path = sca_account_file(dir, "", account, ".json");
    return *ret_path != NULL ? 0 : SCA_E_NOMEM;
}

/* ---- saving -----------------------------------------------------------------------------------
 */

static void put_hex(struct sca_buf *out, const char *key, struct sca_bytes bytes)
{
    SCA_TEXT_AUTO text = malloc(2 * bytes.len + 1);

    if (text == NULL) {
        sca_buf_fail(out, SCA_E_NOMEM);
        return;
    }
    sca_hex_encode(bytes, text);
    sca_json_put_text(out, key, text);
}

static void put_item(struct sca_buf *out, const struct sca_credential *item)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "serial", item->serial);
    sca_json_put_text(out, "provider_id", item->provider_id);
    sca_json_put_text(out, "status", item->status);
    sca_json_put_bool(out, "blocked", item->blocked);
    sca_json_put_int(out, "schemes", item->schemes);
    sca_json_put_int(out, "hashes", item->hashes);
    sca_json_put_int(out, "max_batch", item->max_batch);
    sca_json_put_int(out, "session_max", item->session_max);
    sca_json_put_int(out, "signatures_left",
                     item->has_signatures_left ? (int64_t)item->signatures_left : -1);
    put_hex(out, "certificate", item->der);
    sca_json_open(out, "chain", '[');
    for (size_t i = 0; i < item->chain_count; i++)
        put_hex(out, NULL, item->chain[i]);
    sca_json_close(out, ']');
    sca_json_close(out, '}');
}

/* Straight into text: as jansson's values it would be in memory three times. */
static void put_all(struct sca_buf *out, const struct sca_credentials *credentials)
{
    char settings[17];

    snprintf(settings, sizeof settings, "%016llx", (unsigned long long)credentials->settings);
    sca_json_open(out, NULL, '{');
    sca_json_put_int(out, "version", VERSION);
    sca_json_put_text(out, "account", credentials->account);
    sca_json_put_int(out, "fetched", credentials->fetched_utc);
    sca_json_put_int(out, "failed", credentials->failed_utc);
    sca_json_put_text(out, "failure", sca_err_name(credentials->failed_err));
    sca_json_put_text(out, "detail",
                      credentials->failed_detail != NULL ? credentials->failed_detail : "");
    sca_json_put_text(out, "settings", settings);
    sca_json_open(out, "items", '[');
    for (size_t i = 0; i < credentials->count; i++)
        put_item(out, &credentials->items[i]);
    sca_json_close(out, ']');
    sca_json_close(out, '}');
}

int sca_credentials_save(const struct sca_paths *paths, const struct sca_credentials *credentials)
{
    SCA_TEXT_AUTO path = NULL;
    SCA_BUF_AUTO text = {.max = FILE_MAX};

    put_all(&text, credentials);
    if (text.err != 0)
        return text.err;
    int err = file_of(paths, credentials->account, true, &path);
    return err == 0 ? sca_file_replace(path, (struct sca_bytes){text.data, text.len}) : err;
}

/* ---- loading ----------------------------------------------------------------------------------
 */

static int hex_bytes(const json_t *value, struct sca_buf *ret_bytes)
{
    const char *text = json_string_value(value);
    size_t len = text != NULL ? strlen(text) / 2 : 0;

    sca_buf_init(ret_bytes, SCA_X509_DER_MAX);
    if (len == 0)
        return SCA_E_FORMAT;
    int err = sca_buf_reserve(ret_bytes, len);
    return err == 0 ? sca_hex_decode(text, ret_bytes->data, len, &ret_bytes->len) : err;
}

/* 0, "as the provider's", where it does not stand: files of earlier versions. */
static uint32_t number_of(const json_t *object, const char *key)
{
    int64_t number = 0;

    return sca_json_int(object, key, &number) && number > 0 && number <= UINT32_MAX
               ? (uint32_t)number
               : 0;
}

static int load_item(const json_t *object, struct sca_credentials *credentials)
{
    SCA_BUF_AUTO der = {0};
    struct sca_buf chain[4] = {{0}};
    const json_t *parts = json_object_get(object, "chain");
    struct sca_credential_source source = {
        .account = credentials->account,
        .serial = sca_json_text(object, "serial"),
        .provider_id = sca_json_text(object, "provider_id"),
        .status = sca_json_text(object, "status"),
        .blocked = json_is_true(json_object_get(object, "blocked")),
        .schemes = number_of(object, "schemes"),
        .hashes = number_of(object, "hashes"),
        .max_batch = number_of(object, "max_batch"),
        .session_max = number_of(object, "session_max"),
        .chain_count = json_array_size(parts),
    };
    int64_t left = -1;
    int err = SCA_E_FORMAT;

    source.has_signatures_left = sca_json_int(object, "signatures_left", &left) && left >= 0;
    source.signatures_left = number_of(object, "signatures_left");
    if (source.chain_count <= 4)
        err = hex_bytes(json_object_get(object, "certificate"), &der);

    source.der = (struct sca_bytes){der.data, der.len};
    for (size_t i = 0; err == 0 && i < source.chain_count; i++) {
        err = hex_bytes(json_array_get(parts, i), &chain[i]);
        source.chain[i] = (struct sca_bytes){chain[i].data, chain[i].len};
    }
    if (err == 0)
        err = sca_credentials_add(credentials, &source);
    for (size_t i = 0; i < 4; i++)
        sca_buf_clear(&chain[i]);
    return err;
}

static int load_head(const json_t *object, struct sca_credentials *credentials)
{
    const char *settings = sca_json_text(object, "settings");
    const char *failure = sca_json_text(object, "failure");
    const char *detail = sca_json_text(object, "detail");
    char shown[DETAIL_MAX];
    int64_t version = 0;

    if (!sca_json_int(object, "version", &version) || version != VERSION || settings == NULL ||
        failure == NULL || detail == NULL ||
        !sca_streq(sca_json_text(object, "account"), credentials->account) ||
        !sca_json_int(object, "fetched", &credentials->fetched_utc) ||
        !sca_json_int(object, "failed", &credentials->failed_utc))
        return SCA_E_FORMAT;
    credentials->settings = strtoull(settings, NULL, 16);
    credentials->failed_err = sca_err_from_name(failure);
    sca_text_printable(detail, shown, sizeof shown);
    credentials->failed_detail = strdup(shown);
    return credentials->failed_detail != NULL ? 0 : SCA_E_NOMEM;
}

static int decode(struct sca_bytes text, struct sca_credentials *credentials)
{
    SCA_JSON_AUTO object = NULL;
    int err = sca_json_load(text, &object);

    if (err == 0)
        err = load_head(object, credentials);
    const json_t *items = json_object_get(object, "items");
    if (err == 0 && !json_is_array(items))
        err = SCA_E_FORMAT;
    for (size_t i = 0; err == 0 && i < json_array_size(items); i++)
        err = load_item(json_array_get(items, i), credentials);
    if (err == 0)
        sca_credentials_sort(credentials);
    return err;
}

int sca_credentials_load(const struct sca_paths *paths, const char *account,
                         struct sca_credentials **ret_credentials)
{
    SCA_TEXT_AUTO path = NULL;
    SCA_BUF_AUTO content = {0};
    struct sca_credentials *credentials = sca_credentials_new(account);

    if (credentials == NULL)
        return SCA_E_NOMEM;
    int err = file_of(paths, account, false, &path);
    if (err == 0)
        err = sca_file_read(path, FILE_MAX, &content, NULL);
    if (err == 0)
        err = decode((struct sca_bytes){content.data, content.len}, credentials);
    if (err == 0) {
        *ret_credentials = credentials;
        return 0;
    }
    if (err != SCA_E_NOMEM && err != SCA_E_NOENT)
        sca_log(SCA_LOG_WARNING, "image", "%s: stored listing not used (%s)", path,
                sca_err_name(err));
    sca_credentials_free(credentials);
    if (err == SCA_E_NOMEM)
        return err;
    *ret_credentials = sca_credentials_new(account);
    return *ret_credentials != NULL ? 0 : SCA_E_NOMEM;
}
