/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an HTTP reply of sp769: two bytes of status, then the body, to every reader. What is
 * called done is whole; texts end and fit.
 */
#include "fuzz.h"
#include <string.h>
#include "cloud/base.h"
#include "cloud/certs.h"
#include "cloud/signatures.h"
#include "cloud/wire_sp769.h"
#include "cloud/words.h"

static const uint8_t digest[32];
static const struct sca_cloud_doc docs[2] = {
    {.id = "doc-1", .digest = {digest, 32}},
    {.id = "doc-2", .digest = {digest, 32}},
};

typedef void reader(const struct sca_http_reply *, const struct sca_cloud_doc *, size_t,
                    struct sca_answer *);

static void read_answer(reader *read, const struct sca_http_reply *reply)
{
    struct sca_answer answer;

    read(reply, docs, 2, &answer);
    fuzz_check(memchr(answer.detail, '\0', sizeof answer.detail) != NULL);
    fuzz_check(memchr(answer.provider_txn, '\0', sizeof answer.provider_txn) != NULL);
    fuzz_check((answer.class == SCA_ANSWER_DONE) == (answer.signatures != NULL));
    if (answer.signatures != NULL) {
        fuzz_check(answer.count == 2);
        for (size_t i = 0; i < answer.count; i++)
            fuzz_check(answer.signatures[i].len > 0 &&
                       answer.signatures[i].len <= SCA_SIGNATURE_MAX);
    }
    fuzz_check((answer.class == SCA_ANSWER_REFUSED) <= (answer.err < 0));
    fuzz_check(answer.sad == NULL || answer.sad_life_s > 0);
    sca_answer_clear(&answer);
}

static void read_listing(const struct sca_http_reply *reply)
{
    struct sca_cloud_listing listing = {0};
    char detail[SCA_CLOUD_DETAIL_SIZE];

    if (sca_sp769_read_list(reply, &listing, detail) == 0) {
        fuzz_check(listing.count > 0 && listing.count <= SCA_CERTS_MAX);
        for (size_t i = 0; i < listing.count; i++) {
            const struct sca_cloud_cert *cert = &listing.certs[i];
            fuzz_check(cert->serial != NULL && cert->provider_id != NULL);
            fuzz_check(cert->service != NULL && cert->status != NULL);
            fuzz_check(cert->der.len > 0 && cert->der.len <= SCA_CERT_DER_MAX);
            fuzz_check(cert->chain_count <= 4);
        }
    } else {
        fuzz_check(listing.certs == NULL);
    }
    fuzz_check(memchr(detail, '\0', sizeof detail) != NULL);
    sca_base_listing_clear(&listing);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct sca_http_reply reply = {.transport = SCA_TRANSPORT_OK, .detail = ""};
    char words[SCA_WORDS_SIZE];

    if (size < 2)
        return;
    reply.status = data[0] * 4 + data[1] % 4;
    reply.body = (struct sca_bytes){data + 2, size - 2};
    read_answer(sca_sp769_read_sign, &reply);
    read_answer(sca_sp769_read_status, &reply);
    read_answer(sca_sp769_read_confirm, &reply);
    read_listing(&reply);

    char *text = strndup((const char *)data, size);
    if (!fuzz_well(text != NULL))
        return;
    sca_words_fold(text, words);
    fuzz_check(strlen(words) < sizeof words && words[0] == ' ' && words[strlen(words) - 1] == ' ');
    free(text);
}
