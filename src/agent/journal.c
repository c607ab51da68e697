/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record of the journal as a line of JSON, and back. The folder is the person's own, yet a file
 * may be cut, old or foreign, so the decoder believes nothing: a field that is missing, too long or
 * out of range spoils the record.
 */
#include "journal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "cloud/json.h"
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"

#define VERSION       1
#define HEX_SIZE(len) (2 * (len) + 1)

struct sca_journal_record *sca_journal_record_new(size_t doc_count)
{
    if (doc_count > SCA_JOURNAL_DOCS_MAX)
        return NULL;
    struct sca_journal_record *record = calloc(1, sizeof *record);
    if (record == NULL)
        return NULL;
    sca_buf_init(&record->certificate, SCA_JOURNAL_DER_MAX);
    record->docs = calloc(doc_count != 0 ? doc_count : 1, sizeof *record->docs);
    if (record->docs == NULL) {
        free(record);
        return NULL;
    }
    record->doc_count = doc_count;
    for (size_t i = 0; i < doc_count; i++)
        sca_buf_init(&record->docs[i].signature, SCA_JOURNAL_SIG_MAX);
    return record;
}

void sca_journal_record_free(struct sca_journal_record *record)
{
    if (record == NULL)
        return;
    for (size_t i = 0; i < record->doc_count; i++) {
        free(record->docs[i].program);
        sca_buf_clear(&record->docs[i].signature);
    }
    free(record->docs);
    free(record->account);
    free(record->provider);
    free(record->serial);
    free(record->provider_id);
    free(record->provider_txn);
    free(record->description);
    sca_buf_clear(&record->certificate);
    free(record);
}

/* ---- encode -------------------------------------------------------------------------------- */

static int dump(const char *text, size_t len, void *arg)
{
    return sca_buf_add(arg, text, len);
}

/* The object without its end, so that more can follow; NULL is no memory, or text that is not
 * UTF-8.
 */
static int begin_object(struct sca_buf *text, json_t *taken)
{
    SCA_JSON_AUTO object = taken;

    if (object == NULL)
        return SCA_E_FORMAT;
    if (json_dump_callback(object, dump, text, JSON_COMPACT) != 0)
        return text->err != 0 ? text->err : SCA_E_NOMEM;
    text->len--;
    return 0;
}

/* Most of a record is hexadecimal digits, which a library for JSON would look at one by one. */
static int add_hex(struct sca_buf *text, const char *key, const void *data, size_t len)
{
    sca_buf_add_text(text, ",\"");
    sca_buf_add_text(text, key);
    sca_buf_add_text(text, "\":\"");
    int err = sca_buf_reserve(text, HEX_SIZE(len));
    if (err != 0)
        return err;
    sca_hex_encode((struct sca_bytes){data, len}, (char *)text->data + text->len);
    text->len += 2 * len;
    return sca_buf_add_text(text, "\"");
}

static int add_doc(struct sca_buf *text, const struct sca_journal_doc *doc)
{
    int err = begin_object(text, json_pack("{s:s, s:s, s:I, s:I, s:b, s:b}", "id", doc->id,
                                           "program", doc->program != NULL ? doc->program : "",
                                           "pid", (json_int_t)doc->pid, "last_asked",
                                           (json_int_t)doc->last_asked_utc, "repeats", doc->repeats,
                                           "delivered", doc->delivered));

    if (err != 0)
        return err;
    add_hex(text, "digest", doc->digest, doc->digest_len);
    add_hex(text, "signature", doc->signature.data, doc->signature.len);
    return sca_buf_add_text(text, "}");
}

/* Not json_pack's "s*": it leaves out what there was no memory for, too. */
static bool add_optional(json_t *object, const char *key, const char *text)
{
    return text == NULL || json_object_set_new(object, key, json_string(text)) == 0;
}

/* Without what add_hex is for. */
static json_t *record_json(const struct sca_journal_record *record)
{
    json_t *object = json_pack(
        "{s:i, s:s, s:i, s:i, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:I, s:I, s:I, s:b, s:s}",
        "version", VERSION, "txn", record->txn_id, "state", (int)record->state, "err", record->err,
        "account", record->account, "provider", record->provider, "serial", record->serial,
        "credential", record->credential, "scheme", (int)record->scheme, "hash", (int)record->hash,
        "key_type", (int)record->key_type, "key_bits", (json_int_t)record->key_bits, "created",
        (json_int_t)record->created_utc, "not_after", (json_int_t)record->not_after_utc, "accepted",
        record->accepted, "description", record->description);

    if (object != NULL && add_optional(object, "provider_id", record->provider_id) &&
        add_optional(object, "provider_txn", record->provider_txn) &&
        add_optional(object, "session", record->session[0] != '\0' ? record->session : NULL))
        return object;
    json_decref(object);
    return NULL;
}

int sca_journal_encode(const struct sca_journal_record *record, struct sca_buf *ret_text)
{
    sca_buf_init(ret_text, SCA_JOURNAL_FILE_MAX);
    if (record->doc_count > SCA_JOURNAL_DOCS_MAX)
        return SCA_E_LIMIT;
    int err = begin_object(ret_text, record_json(record));
    if (err == 0)
        err = add_hex(ret_text, "certificate", record->certificate.data, record->certificate.len);
    sca_buf_add_text(ret_text, ",\"docs\":[");
    for (size_t i = 0; err == 0 && i < record->doc_count; i++) {
        if (i > 0)
            sca_buf_add_text(ret_text, ",");
        err = add_doc(ret_text, &record->docs[i]);
    }
    return err != 0 ? err : sca_buf_add_text(ret_text, "]}\n");
}

/* ---- decode -------------------------------------------------------------------------------- */

/* Reads fields of one object; the first that is wrong sets @err, and all later reads do nothing. */
struct fields {
    const json_t *object;
    int err;
};

static void read_text(struct fields *fields, const char *key, bool optional, char **ret_text)
{
    const json_t *value = json_object_get(fields->object, key);

    if (fields->err != 0 || (value == NULL && optional))
        return;
    if (!json_is_string(value) || json_string_length(value) > SCA_JOURNAL_TEXT_MAX ||
        strlen(json_string_value(value)) != json_string_length(value)) {
        fields->err = SCA_E_FORMAT;
        return;
    }
    *ret_text = strdup(json_string_value(value));
    if (*ret_text == NULL)
        fields->err = SCA_E_NOMEM;
}

/* Into an array of fixed size. */
static void read_name(struct fields *fields, const char *key, char *ret_text, size_t size)
{
    SCA_TEXT_AUTO text = NULL;

    read_text(fields, key, false, &text);
    if (fields->err != 0)
        return;
    if (strlen(text) >= size)
        fields->err = SCA_E_FORMAT;
    else
        memcpy(ret_text, text, strlen(text) + 1);
}

static int64_t read_int(struct fields *fields, const char *key, int64_t min, int64_t max)
{
    const json_t *value = json_object_get(fields->object, key);

    if (fields->err == 0 && (!json_is_integer(value) || json_integer_value(value) < min ||
                             json_integer_value(value) > max))
        fields->err = SCA_E_FORMAT;
    return fields->err == 0 ? json_integer_value(value) : min;
}

/* The least value where it does not stand: records of earlier versions. */
static int64_t read_later_int(struct fields *fields, const char *key, int64_t min, int64_t max)
{
    return json_object_get(fields->object, key) != NULL ? read_int(fields, key, min, max) : min;
}

static bool read_bool(struct fields *fields, const char *key)
{
    const json_t *value = json_object_get(fields->object, key);

    if (fields->err == 0 && !json_is_boolean(value))
        fields->err = SCA_E_FORMAT;
    return json_is_true(value);
}

static void read_hex(struct fields *fields, const char *key, struct sca_buf *ret_bytes)
{
    const json_t *value = json_object_get(fields->object, key);
    size_t len = 0;

    if (fields->err == 0 && (!json_is_string(value) || json_string_length(value) % 2 != 0))
        fields->err = SCA_E_FORMAT;
    if (fields->err != 0 || json_string_length(value) == 0)
        return;
    fields->err = sca_buf_reserve(ret_bytes, json_string_length(value) / 2);
    if (fields->err == 0)
        fields->err = sca_hex_decode(json_string_value(value), ret_bytes->data,
                                     json_string_length(value) / 2, &len);
    ret_bytes->len = len;
}

static int decode_doc(const json_t *object, enum sca_hash hash, struct sca_journal_doc *doc)
{
    struct fields fields = {.object = object};
    SCA_BUF_AUTO digest;

    sca_buf_init(&digest, SCA_HASH_MAX);
    read_name(&fields, "id", doc->id, sizeof doc->id);
    read_hex(&fields, "digest", &digest);
    read_text(&fields, "program", false, &doc->program);
    doc->pid = read_int(&fields, "pid", 0, INT32_MAX);
    read_hex(&fields, "signature", &doc->signature);
    doc->last_asked_utc = read_int(&fields, "last_asked", 0, INT64_MAX);
    doc->repeats = read_bool(&fields, "repeats");
    doc->delivered = read_bool(&fields, "delivered");
    if (fields.err != 0)
        return fields.err;
    if (digest.len != sca_hash_len(hash))
        return SCA_E_FORMAT;
    memcpy(doc->digest, digest.data, digest.len);
    doc->digest_len = digest.len;
    return 0;
}

static int decode_record(const json_t *object, struct sca_journal_record *record)
{
    struct fields fields = {.object = object};

    read_name(&fields, "txn", record->txn_id, sizeof record->txn_id);
    record->state = (enum sca_txn_state)read_int(&fields, "state", SCA_TXN_OPEN, SCA_TXN_GIVEN_UP);
    record->err = (int)read_int(&fields, "err", INT16_MIN, 0);
    read_text(&fields, "account", false, &record->account);
    read_text(&fields, "provider", false, &record->provider);
    read_text(&fields, "serial", false, &record->serial);
    read_text(&fields, "provider_id", true, &record->provider_id);
    read_name(&fields, "credential", record->credential, sizeof record->credential);
    record->scheme =
        (enum sca_scheme)read_int(&fields, "scheme", SCA_SCHEME_PKCS1, SCA_SCHEME_ECDSA);
    record->hash = (enum sca_hash)read_int(&fields, "hash", SCA_HASH_SHA1, SCA_HASH_SHA512);
    record->key_type =
        (enum sca_key_type)read_later_int(&fields, "key_type", SCA_KEY_NONE, SCA_KEY_EC);
    record->key_bits = (uint32_t)read_later_int(&fields, "key_bits", 0, UINT16_MAX);
    record->created_utc = read_int(&fields, "created", 0, INT64_MAX);
    record->not_after_utc = read_int(&fields, "not_after", INT64_MIN, INT64_MAX);
    record->accepted = read_bool(&fields, "accepted");
    read_text(&fields, "provider_txn", true, &record->provider_txn);
    if (json_object_get(object, "session") != NULL)
        read_name(&fields, "session", record->session, sizeof record->session);
    read_text(&fields, "description", false, &record->description);
    read_hex(&fields, "certificate", &record->certificate);
    if (fields.err == 0 && !sca_journal_id_valid(record->txn_id))
        fields.err = SCA_E_FORMAT;
    return fields.err;
}

int sca_journal_decode(struct sca_bytes text, struct sca_journal_record **ret_record)
{
    if (text.len > SCA_JOURNAL_FILE_MAX)
        return SCA_E_LIMIT;
    json_error_t error;
    SCA_JSON_AUTO object =
        json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL)
        return json_error_code(&error) == json_error_out_of_memory ? SCA_E_NOMEM : SCA_E_FORMAT;
    const json_t *version = json_object_get(object, "version");
    const json_t *docs = json_object_get(object, "docs");
    if (!json_is_integer(version) || json_integer_value(version) < VERSION)
        return SCA_E_FORMAT;
    if (json_integer_value(version) > VERSION)
        return SCA_E_VERSION;
    if (!json_is_array(docs) || json_array_size(docs) == 0 ||
        json_array_size(docs) > SCA_JOURNAL_DOCS_MAX)
        return SCA_E_FORMAT;

    SCA_JOURNAL_RECORD_AUTO record = sca_journal_record_new(json_array_size(docs));
    if (record == NULL)
        return SCA_E_NOMEM;
    int err = decode_record(object, record);
    for (size_t i = 0; err == 0 && i < record->doc_count; i++)
        err = decode_doc(json_array_get(docs, i), record->hash, &record->docs[i]);
    if (err != 0)
        return err == SCA_E_LIMIT ? SCA_E_FORMAT : err;
    *ret_record = record;
    record = NULL;
    return 0;
}
