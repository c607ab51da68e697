/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an HTTP reply of MySign: two bytes of status, then the body, to every reader; and as
 * a text for the phone. What is called done is whole, what is pending can be asked for, texts end
 * and fit.
 */
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>
#include "cloud/base.h"
#include "cloud/certs.h"
#include "cloud/wire_mysign.h"

static void check_answer(const struct sca_answer *answer)
{
    fuzz_check(memchr(answer->detail, '\0', sizeof answer->detail) != NULL);
    fuzz_check(memchr(answer->provider_txn, '\0', sizeof answer->provider_txn) != NULL);
    fuzz_check((answer->class == SCA_ANSWER_REFUSED) == (answer->err < 0));
    fuzz_check((answer->class == SCA_ANSWER_DONE) == (answer->signatures != NULL));
    for (size_t i = 0; answer->signatures != NULL && i < 2; i++)
        fuzz_check(answer->count == 2 && answer->signatures[i].len > 0);
}

static void read_answers(const struct sca_http_reply *reply)
{
    struct sca_answer answer;

    sca_mysign_read_sign(reply, 2, &answer);
    check_answer(&answer);
    fuzz_check(answer.class != SCA_ANSWER_PENDING || answer.provider_txn[0] != '\0');
    sca_answer_clear(&answer);
    sca_mysign_read_status(reply, 2, &answer);
    check_answer(&answer);
    sca_answer_clear(&answer);
}

static void read_listing(const struct sca_http_reply *reply)
{
    struct sca_cloud_listing listing = {0};
    char detail[SCA_CLOUD_DETAIL_SIZE];

    if (sca_mysign_read_list(reply, &listing, detail) == 0) {
        fuzz_check(listing.count > 0 && listing.count <= SCA_CERTS_MAX);
        for (size_t i = 0; i < listing.count; i++) {
            const struct sca_cloud_cert *cert = &listing.certs[i];
            fuzz_check(cert->serial != NULL && cert->service != NULL && cert->status != NULL);
            fuzz_check(cert->provider_id != NULL && cert->provider_id[0] != '\0');
            fuzz_check(cert->der.len > 0 && cert->max_batch <= SCA_BASE_DOCS_MAX);
        }
    } else {
        fuzz_check(listing.certs == NULL);
    }
    fuzz_check(memchr(detail, '\0', sizeof detail) != NULL);
    sca_base_listing_clear(&listing);
}

static void read_login(const struct sca_http_reply *reply)
{
    struct sca_cloud_token token = {0};
    char detail[SCA_CLOUD_DETAIL_SIZE];

    if (sca_mysign_read_login(reply, &token, detail) == 0)
        fuzz_check(sca_secret_bytes(token.access).len > 0);
    else
        fuzz_check(token.access == NULL);
    fuzz_check(token.refresh == NULL);
    sca_secret_free(&token.access);
}

static void read_unasked(const struct sca_http_reply *reply)
{
    const int64_t now_utc = 1764486000;
    struct sca_cloud_unasked unasked;
    bool stale = false;

    sca_mysign_read_unasked(reply, now_utc, &unasked, &stale);
    fuzz_check(unasked.state != SCA_UNASKED_UNTRIED);
    fuzz_check(unasked.state != SCA_UNASKED_UNTIL || unasked.until_utc > now_utc);
}

static void encode_text(const uint8_t *data, size_t size)
{
    char encoded[SCA_MYSIGN_TEXT_SIZE];
    char *text = strndup((const char *)data, size);

    if (!fuzz_well(text != NULL))
        return;
    sca_mysign_text(text, encoded);
    fuzz_check(memchr(encoded, '\0', sizeof encoded) != NULL);
    fuzz_check(
        encoded[strspn(encoded, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "+/=_- ")] == '\0');
    free(text);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct sca_http_reply reply = {.transport = SCA_TRANSPORT_OK, .detail = ""};

    if (size < 2)
        return;
    reply.status = data[0] * 4 + data[1] % 4;
    reply.body = (struct sca_bytes){data + 2, size - 2};
    read_answers(&reply);
    read_listing(&reply);
    read_login(&reply);
    read_unasked(&reply);
    encode_text(data, size);
}
