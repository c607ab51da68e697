/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers as values. Matching by id is strict where a guess could give a document the signature of
 * another: a doubled id, a foreign digest or an unreadable signature spoils the whole list.
 */
#include "cloud/answer.h"

#include <stdlib.h>
#include <string.h>
#include "cloud/signatures.h"
#include "common/text.h"

#define ITEMS_MAX 4096u /* entries of a list that are looked at */

void sca_answer_clear(struct sca_answer *answer)
{
    sca_signatures_free(answer->signatures, answer->count);
    sca_secret_free(&answer->sad);
    *answer = (struct sca_answer){0};
}

void sca_answer_refuse(struct sca_answer *answer, int err, enum sca_spent spent)
{
    answer->class = SCA_ANSWER_REFUSED;
    answer->err = err;
    answer->spent = spent;
}

void sca_answer_take_txn(struct sca_answer *answer, const char *provider_txn)
{
    if (provider_txn != NULL && strlen(provider_txn) < sizeof answer->provider_txn)
        memcpy(answer->provider_txn, provider_txn, strlen(provider_txn) + 1);
}

static bool all_empty(const json_t *items)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        const char *text = json_string_value(item);

        if (!json_is_null(item) && (text == NULL || text[strspn(text, " \t\r\n")] != '\0'))
            return false;
    }
    return true;
}

enum sca_match sca_answer_positional(const json_t *items, size_t count, struct sca_answer *answer)
{
    if (items == NULL || json_is_null(items) || (json_is_array(items) && all_empty(items)))
        return SCA_MATCH_NONE;
    int err = sca_signatures_read(items, count, &answer->signatures);
    if (err != 0)
        return err == SCA_E_NOMEM ? SCA_MATCH_NONE : SCA_MATCH_STRANGE;
    answer->count = count;
    return SCA_MATCH_COMPLETE;
}

/* ---- signatures by id ------------------------------------------------------------------------ */

/* Counts of one list. */
struct tally {
    size_t filled;  /* documents with a signature */
    size_t empty;   /* documents without one yet */
    size_t foreign; /* signatures of nobody's document */
    bool broken;    /* doubled id, foreign digest, unreadable signature */
};

/* What a list is read against. */
struct wanted {
    const struct sca_match_keys *keys;
    const struct sca_cloud_doc *docs;
    size_t count;
    uint8_t *seen;
    struct sca_buf *signatures;
};

static size_t find_doc(const struct wanted *wanted, const char *id)
{
    size_t i = 0;

    while (i < wanted->count && !sca_streq(wanted->docs[i].id, id))
        i++;
    return i;
}

/* NULL where there is nothing but white space. */
static const char *filled_text(const json_t *item, const char *key)
{
    const char *text = key != NULL ? sca_json_text(item, key) : NULL;

    return text == NULL || text[strspn(text, " \t\r\n")] == '\0' ? NULL : text;
}

static bool other_digest(const json_t *item, const char *key, struct sca_bytes digest)
{
    const char *text = filled_text(item, key);
    SCA_BUF_AUTO said = {0};

    if (text == NULL)
        return false;
    return sca_json_base64(text, SCA_HASH_MAX, &said) != 0 || said.len != digest.len ||
           memcmp(said.data, digest.data, said.len) != 0;
}

static void tally_item(const json_t *item, const struct wanted *wanted, struct tally *tally)
{
    const struct sca_match_keys *keys = wanted->keys;
    const char *value = filled_text(item, keys->values[0]);
    size_t i = find_doc(wanted, sca_json_text(item, keys->id));

    if (value == NULL)
        value = filled_text(item, keys->values[1]);
    if (i == wanted->count) {
        tally->foreign += value != NULL ? 1 : 0;
        return;
    }
    if (wanted->seen[i] || other_digest(item, keys->digest, wanted->docs[i].digest)) {
        tally->broken = true;
        return;
    }
    wanted->seen[i] = 1;
    if (value == NULL)
        tally->empty++;
    else if (sca_json_base64(value, SCA_SIGNATURE_MAX, &wanted->signatures[i]) == 0)
        tally->filled++;
    else
        tally->broken = true;
}

static enum sca_match verdict_of(const struct tally *tally, size_t count)
{
    if (tally->broken)
        return SCA_MATCH_STRANGE;
    if (tally->filled == count)
        return SCA_MATCH_COMPLETE;
    if (tally->empty > 0 || (tally->filled == 0 && tally->foreign == 0))
        return SCA_MATCH_NONE;
    return SCA_MATCH_STRANGE;
}

static enum sca_match match_items(const json_t *items, const struct wanted *wanted)
{
    struct tally tally = {0};

    if (wanted->seen == NULL || wanted->signatures == NULL)
        return SCA_MATCH_NONE; /* out of memory: the next look will tell */
    for (size_t i = 0; i < json_array_size(items); i++)
        tally_item(json_array_get(items, i), wanted, &tally);
    return verdict_of(&tally, wanted->count);
}

enum sca_match sca_answer_named(const json_t *items, const struct sca_match_keys *keys,
                                const struct sca_cloud_doc *docs, size_t count,
                                struct sca_answer *answer)
{
    if (items == NULL || json_is_null(items) || count == 0)
        return SCA_MATCH_NONE;
    if (!json_is_array(items) || json_array_size(items) > ITEMS_MAX)
        return SCA_MATCH_STRANGE;

    const struct wanted wanted = {
        .keys = keys,
        .docs = docs,
        .count = count,
        .seen = calloc(count, 1),
        .signatures = calloc(count, sizeof *wanted.signatures),
    };
    enum sca_match match = match_items(items, &wanted);
    free(wanted.seen);
    if (match != SCA_MATCH_COMPLETE) {
        sca_signatures_free(wanted.signatures, count);
        return match;
    }
    answer->signatures = wanted.signatures;
    answer->count = count;
    return match;
}

bool sca_http_undecided(int64_t status)
{
    return status == 408 || status == 425 || status == 429 || (status >= 500 && status < 600);
}

int sca_transport_err(enum sca_transport transport)
{
    switch (transport) {
    case SCA_TRANSPORT_NOT_SENT:
        return SCA_E_UNREACHABLE;
    case SCA_TRANSPORT_TLS:
        return SCA_E_TLS;
    case SCA_TRANSPORT_KEY:
        return SCA_E_SERVER_KEY;
    case SCA_TRANSPORT_UNCERTAIN:
        return SCA_E_SERVER;
    case SCA_TRANSPORT_OK:
        break;
    }
    return 0;
}
