/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading with jansson, writing by hand. jansson's depth limit of 2048 is for its own stack; ours
 * is for ours, so it is counted on the text before jansson sees it.
 */
#include "cloud/json.h"

#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "common/err.h"
#include "common/secret.h"
#include "common/text.h"
#include "common/wiping.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53: every whole number up to it is a double */

/* ---- reading --------------------------------------------------------------------------------- */

static bool too_deep(const char *text, size_t len)
{
    size_t depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < len; i++) {
        char letter = text[i];
        if (quoted && letter == '\\')
            i++;
        else if (letter == '"')
            quoted = !quoted;
        else if (!quoted && (letter == '{' || letter == '['))
            depth++;
        else if (!quoted && (letter == '}' || letter == ']') && depth > 0)
            depth--;
        if (depth > SCA_JSON_DEPTH_MAX)
            return true;
    }
    return false;
}

int sca_json_load_any(struct sca_bytes text, json_t **ret_value)
{
    const char *start = (const char *)text.data;
    size_t len = text.len;
    json_error_t error;

    if (len >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0) {
        start += 3;
        len -= 3;
    }
    if (len == 0)
        return SCA_E_FORMAT;
    if (too_deep(start, len))
        return SCA_E_LIMIT;

    json_set_alloc_funcs(malloc, sca_wiping_free);
    json_t *value =
        json_loadb(start, len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
    sca_wipe(&error, sizeof error); /* quotes a piece of the text */
    if (value == NULL)
        return SCA_E_FORMAT;
    *ret_value = value;
    return 0;
}

int sca_json_load(struct sca_bytes text, json_t **ret_object)
{
    SCA_JSON_AUTO value = NULL;

    int err = sca_json_load_any(text, &value);
    if (err != 0)
        return err;
    if (!json_is_object(value))
        return SCA_E_FORMAT;
    *ret_object = value;
    value = NULL;
    return 0;
}

static bool text_to_int(const char *text, int64_t *ret_value)
{
    char *end = NULL;

    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || errno != 0)
        return false;
    end += strspn(end, " \t\r\n");
    if (*end != '\0')
        return false;
    *ret_value = value;
    return true;
}

bool sca_json_int(const json_t *object, const char *key, int64_t *ret_value)
{
    const json_t *value = json_object_get(object, key);

    if (json_is_string(value))
        return text_to_int(json_string_value(value), ret_value);
    if (!json_is_number(value))
        return false;

    double number = json_number_value(value);
    if (!(number >= -EXACT_MAX && number <= EXACT_MAX) || (double)(int64_t)number != number)
        return false;
    *ret_value = (int64_t)number;
    return true;
}

bool sca_json_bool(const json_t *object, const char *key, bool *ret_value)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    int64_t number = 0;

    if (json_is_boolean(value)) {
        *ret_value = json_is_true(value);
        return true;
    }
    if (text != NULL && (strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0)) {
        *ret_value = strcasecmp(text, "true") == 0;
        return true;
    }
    if (sca_json_int(object, key, &number) && (number == 0 || number == 1)) {
        *ret_value = number == 1;
        return true;
    }
    return false;
}

const char *sca_json_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* The text without white space; false for any other foreign letter. */
static bool base64_squeeze(const char *text, struct sca_buf *packed, size_t *ret_padding)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t padding = 0;

    while (*text != '\0') {
        const size_t run = strspn(text, letters);
        const size_t blanks = strspn(text + run, " \t\r\n");

        if (run > 0 && (padding > 0 || sca_buf_add(packed, text, run) != 0))
            return false;
        text += run + blanks;
        if (run + blanks > 0)
            continue;
        if (*text++ != '=' || ++padding > 2 || sca_buf_add_u8(packed, '=') != 0)
            return false;
    }
    *ret_padding = padding;
    return packed->len > 0 && packed->len % 4 == 0;
}

int sca_json_base64(const char *text, size_t max, struct sca_buf *ret_bytes)
{
    if (max > INT_MAX / 2)
        return SCA_E_INVAL;
    size_t padding = 0;
    SCA_BUF_AUTO packed;
    SCA_BUF_AUTO bytes;
    sca_buf_init(&packed, (max + 2) / 3 * 4);
    sca_buf_init(&bytes, (max + 2) / 3 * 3);
    if (!base64_squeeze(text, &packed, &padding))
        return packed.err != 0 ? packed.err : SCA_E_FORMAT;

    size_t len = packed.len / 4 * 3;
    int err = sca_buf_reserve(&bytes, len);
    if (err != 0)
        return err;
    /* EVP_DecodeBlock counts the bytes that the padding stands for. */
    if (EVP_DecodeBlock(bytes.data, packed.data, (int)packed.len) != (int)len)
        return SCA_E_FORMAT;
    bytes.len = len - padding;
    if (bytes.len > max)
        return SCA_E_LIMIT;
    *ret_bytes = bytes;
    sca_buf_init(&bytes, 0);
    return 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void separate(struct sca_buf *out)
{
    uint8_t last = out->len > 0 ? out->data[out->len - 1] : '{';

    if (last != '{' && last != '[' && last != ':')
        sca_buf_add_text(out, ",");
}

static void put_string(struct sca_buf *out, struct sca_bytes text)
{
    if (!sca_utf8_valid(text)) {
        sca_buf_fail(out, SCA_E_FORMAT);
        return;
    }
    sca_buf_add_text(out, "\"");
    for (size_t i = 0; i < text.len; i++) {
        uint8_t letter = text.data[i];
        if (letter < 0x20 || letter == 0x7f) {
            sca_buf_addf(out, "\\u%04x", letter);
            continue;
        }
        if (letter == '"' || letter == '\\')
            sca_buf_add_u8(out, '\\');
        sca_buf_add_u8(out, letter);
    }
    sca_buf_add_text(out, "\"");
}

static void put_key(struct sca_buf *out, const char *key)
{
    separate(out);
    if (key == NULL)
        return;
    put_string(out, (struct sca_bytes){(const uint8_t *)key, strlen(key)});
    sca_buf_add_text(out, ":");
}

void sca_json_open(struct sca_buf *out, const char *key, char bracket)
{
    put_key(out, key);
    sca_buf_add_u8(out, (uint8_t)bracket);
}

void sca_json_close(struct sca_buf *out, char bracket)
{
    sca_buf_add_u8(out, (uint8_t)bracket);
}

void sca_json_put(struct sca_buf *out, const char *key, struct sca_bytes text)
{
    put_key(out, key);
    put_string(out, text);
}

void sca_json_put_text(struct sca_buf *out, const char *key, const char *text)
{
    if (text != NULL)
        sca_json_put(out, key, (struct sca_bytes){(const uint8_t *)text, strlen(text)});
}

void sca_json_put_int(struct sca_buf *out, const char *key, int64_t value)
{
    put_key(out, key);
    sca_buf_addf(out, "%lld", (long long)value);
}

void sca_json_put_bool(struct sca_buf *out, const char *key, bool value)
{
    put_key(out, key);
    sca_buf_add_text(out, value ? "true" : "false");
}

void sca_json_add_base64(struct sca_buf *out, struct sca_bytes bytes)
{
    uint8_t letters[65]; /* of 48 bytes, and the NUL that OpenSSL adds */

    for (size_t i = 0; i < bytes.len; i += 48) {
        size_t len = bytes.len - i < 48 ? bytes.len - i : 48;
        sca_buf_add(out, letters, (size_t)EVP_EncodeBlock(letters, bytes.data + i, (int)len));
    }
    sca_wipe(letters, sizeof letters);
}

void sca_json_put_base64(struct sca_buf *out, const char *key, struct sca_bytes bytes)
{
    put_key(out, key);
    sca_buf_add_text(out, "\"");
    sca_json_add_base64(out, bytes);
    sca_buf_add_text(out, "\"");
}
