/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON from and to a cloud: bounded reading with jansson, tolerant getters, and a small writer.
 *
 * Replies may hold secrets (a SAD), so jansson's memory is wiped when it is freed. Requests hold
 * more (provider password, password, one-time code), so they never pass through jansson: the
 * writer puts their text straight into a wiping buffer.
 * Source: RFC 8259.
 */
#ifndef SCA_CLOUD_JSON_H
#define SCA_CLOUD_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/buf.h"

#define SCA_JSON_DEPTH_MAX 32 /* nested arrays and objects */

/* ---- reading --------------------------------------------------------------------------------- */

/*
 * Parses one JSON object in UTF-8; a byte order mark before it is skipped. Integers of any size are
 * accepted (as reals), names that stand twice and NUL in strings are not.
 * Caller frees with json_decref. SCA_E_FORMAT, SCA_E_LIMIT (deeper than SCA_JSON_DEPTH_MAX).
 */
int sca_json_load(struct sca_bytes text, json_t **ret_object);
/* The same for an object or an array. */
int sca_json_load_any(struct sca_bytes text, json_t **ret_value);

/*
 * Tolerant getters: clouds send numbers and booleans as strings, and null for what is absent.
 * @object may be NULL or of another type: then nothing is there.
 */
bool sca_json_int(const json_t *object, const char *key, int64_t *ret_value);
bool sca_json_bool(const json_t *object, const char *key, bool *ret_value);
/* NULL when absent or not a string; borrowed from @object. */
const char *sca_json_text(const json_t *object, const char *key);

/*
 * Base64 (RFC 4648 section 4, padded) with white space anywhere, at most @max bytes decoded.
 * @ret_bytes is initialised here. SCA_E_FORMAT, SCA_E_LIMIT, SCA_E_NOMEM.
 */
int sca_json_base64(const char *text, size_t max, struct sca_buf *ret_bytes);

static inline void sca_json_cleanup(json_t **value)
{
    json_decref(*value);
}
#define SCA_JSON_AUTO __attribute__((cleanup(sca_json_cleanup))) json_t *

/* ---- writing --------------------------------------------------------------------------------- */

/*
 * Each call writes one piece and the comma before it. @key is NULL inside an array. Errors stick in
 * the buffer; text that is not UTF-8 makes it SCA_E_FORMAT.
 */
void sca_json_open(struct sca_buf *out, const char *key, char bracket); /* '{' or '[' */
void sca_json_close(struct sca_buf *out, char bracket);                 /* '}' or ']' */
void sca_json_put(struct sca_buf *out, const char *key, struct sca_bytes text);
void sca_json_put_text(struct sca_buf *out, const char *key, const char *text); /* NULL: nothing */
void sca_json_put_int(struct sca_buf *out, const char *key, int64_t value);
void sca_json_put_bool(struct sca_buf *out, const char *key, bool value);
/* As text in base64 (RFC 4648 section 4, padded, one line). */
void sca_json_put_base64(struct sca_buf *out, const char *key, struct sca_bytes bytes);

/* The same letters without quotes, for headers. */
void sca_json_add_base64(struct sca_buf *out, struct sca_bytes bytes);

#endif
