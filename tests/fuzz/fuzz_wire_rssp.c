/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an HTTP reply of RSSP: two bytes of status, then the body, to every reader. What is
 * called done is whole, what is refused says why, texts end and fit.
 */
#include "fuzz.h"
#include <string.h>
#include "cloud/base.h"
#include "cloud/certs.h"
#include "cloud/wire_rssp.h"

static const uint8_t digest[32];
static const struct sca_cloud_doc docs[2] = {
    {.id = "doc-1", .digest = {digest, 32}},
    {.id = "doc-2", .digest = {digest, 32}},
};

static void read_sign(const struct sca_rssp_reply *reply, enum sca_scheme scheme)
{
    struct sca_cloud_sign sign = {
        .scheme = scheme,
        .hash = SCA_HASH_SHA256,
        .key_bits = 256,
        .docs = docs,
        .doc_count = 2,
    };
    struct sca_answer answer;

    sca_rssp_read_sign(reply, &sign, &answer);
    fuzz_check(memchr(answer.detail, '\0', sizeof answer.detail) != NULL);
    fuzz_check(memchr(answer.provider_txn, '\0', sizeof answer.provider_txn) != NULL);
    if (answer.class == SCA_ANSWER_DONE) {
        fuzz_check(reply->success && answer.count == 2);
        for (size_t i = 0; i < 2; i++)
            fuzz_check(answer.signatures[i].len > 0 &&
                       (scheme != SCA_SCHEME_ECDSA || answer.signatures[i].len == 64));
    }
    fuzz_check(answer.class != SCA_ANSWER_REFUSED || (!reply->success && answer.err < 0));
    sca_answer_clear(&answer);
}

static void check_cert(const struct sca_cloud_cert *cert)
{
    fuzz_check(cert->serial != NULL && cert->provider_id[0] != '\0');
    fuzz_check(cert->service != NULL && cert->status != NULL);
    fuzz_check(cert->der.len <= SCA_CERT_DER_MAX && cert->chain_count <= 4);
    fuzz_check(cert->max_batch <= SCA_BASE_DOCS_MAX);
}

static void read_listing(const struct sca_rssp_reply *reply)
{
    struct sca_cloud_listing listing = {0};

    if (sca_rssp_read_list(reply, &listing) == 0) {
        fuzz_check(listing.count > 0 && listing.count <= SCA_CERTS_MAX);
        for (size_t i = 0; i < listing.count; i++) {
            check_cert(&listing.certs[i]);
            if (listing.certs[i].der.len == 0 && sca_rssp_read_cert(reply, &listing.certs[i]) == 0)
                fuzz_check(listing.certs[i].der.len > 0);
            check_cert(&listing.certs[i]);
        }
    } else {
        fuzz_check(listing.certs == NULL);
    }
    sca_base_listing_clear(&listing);
}

static void read_secrets(const struct sca_rssp_reply *reply)
{
    struct sca_cloud_token token = {0};
    SCA_SECRET_AUTO sad = NULL;

    if (sca_rssp_read_token(reply, &token) == 0)
        fuzz_check(sca_secret_bytes(token.access).len > 0);
    else
        fuzz_check(token.access == NULL && token.refresh == NULL);
    sca_secret_free(&token.access);
    sca_secret_free(&token.refresh);
    fuzz_check((sca_rssp_read_sad(reply, &sad) == 0) == (sad != NULL));
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct sca_http_reply http = {.transport = SCA_TRANSPORT_OK, .detail = ""};
    struct sca_rssp_info info;
    char id[SCA_ANSWER_ID_SIZE];

    if (size < 2)
        return;
    http.status = data[0] * 4 + data[1] % 4;
    http.body = (struct sca_bytes){data + 2, size - 2};
    SCA_RSSP_REPLY_AUTO reply;
    sca_rssp_open(&http, &reply);
    fuzz_check(memchr(reply.detail, '\0', sizeof reply.detail) != NULL);
    fuzz_check(!reply.success || !reply.stale);
    if (!reply.success)
        fuzz_check(sca_rssp_refusal(&reply) < 0);
    read_sign(&reply, SCA_SCHEME_PKCS1);
    read_sign(&reply, SCA_SCHEME_ECDSA);
    read_listing(&reply);
    read_secrets(&reply);
    sca_rssp_read_info(&reply, &info);
    (void)sca_rssp_read_two_factor(&reply);
    sca_rssp_read_sent(&reply, id);
    fuzz_check(memchr(id, '\0', sizeof id) != NULL);
}
