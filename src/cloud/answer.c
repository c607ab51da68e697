/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as values. */
#include "cloud/answer.h"

#include <string.h>
#include "cloud/signatures.h"

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

bool sca_http_undecided(int64_t status)
{
    return status == 408 || status == 425 || status == 429 || (status >= 500 && status < 600);
}
