/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an HTTP reply of VNPT's OAuth service: two bytes of status, then the body, to every
 * reader. What is called done is whole, what is refused says why, texts end and fit.
 */
#include "fuzz.h"
#include <string.h>
#include "cloud/base.h"
#include "cloud/certs.h"
#include "cloud/signatures.h"
#include "cloud/wire_vnpt_oauth.h"

static const uint8_t digest[32];
static const struct sca_cloud_doc docs[2] = {
    {.id = "doc-1", .digest = {digest, 32}},
    {.id = "doc-2", .digest = {digest, 32}},
};

static void check_answer(const struct sca_answer *answer)
{
    fuzz_check(memchr(answer->detail, '\0', sizeof answer->detail) != NULL);
    fuzz_check(memchr(answer->provider_txn, '\0', sizeof answer->provider_txn) != NULL);
    fuzz_check((answer->class == SCA_ANSWER_DONE) == (answer->signatures != NULL));
    fuzz_check(answer->class != SCA_ANSWER_REFUSED || answer->err < 0);
}

static void read_sign(const struct sca_http_reply *reply)
{
    struct sca_answer answer;

    sca_vnpt_oauth_read_sign(reply, &answer);
    check_answer(&answer);
    fuzz_check(answer.class != SCA_ANSWER_DONE);
    fuzz_check(answer.class != SCA_ANSWER_PENDING || answer.provider_txn[0] != '\0');
    fuzz_check(answer.class != SCA_ANSWER_REFUSED || answer.spent == SCA_SPENT_NOTHING);
    sca_answer_clear(&answer);
}

static void read_look(const struct sca_http_reply *reply)
{
    struct sca_answer answer;

    sca_vnpt_oauth_read_look(reply, docs, 2, &answer);
    check_answer(&answer);
    if (answer.class == SCA_ANSWER_DONE) {
        fuzz_check(answer.count == 2);
        for (size_t i = 0; i < 2; i++)
            fuzz_check(answer.signatures[i].len <= SCA_SIGNATURE_MAX);
    }
    sca_answer_clear(&answer);
}

static void read_keys(const struct sca_http_reply *reply)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];
    struct sca_vnpt_oauth_ids ids = {0};
    struct sca_cloud_cert cert = {0};

    if (sca_vnpt_oauth_read_list(reply, &ids, detail) == 0) {
        fuzz_check(ids.count > 0 && ids.count <= SCA_CERTS_MAX);
        for (size_t i = 0; i < ids.count; i++)
            fuzz_check(ids.items[i][0] != '\0');
    } else {
        fuzz_check(ids.items == NULL);
    }
    sca_vnpt_oauth_ids_clear(&ids);
    fuzz_check(memchr(detail, '\0', sizeof detail) != NULL);
    if (sca_vnpt_oauth_read_info(reply, "c-1", &cert, detail) == 0) {
        fuzz_check(cert.serial != NULL && cert.service != NULL && cert.status != NULL);
        fuzz_check(cert.der.len > 0 && cert.der.len <= SCA_CERT_DER_MAX && cert.chain_count <= 4);
        fuzz_check(cert.max_batch <= SCA_VNPT_OAUTH_BATCH);
        fuzz_well(sca_vnpt_oauth_read_usable(reply, detail) ==
                  (cert.state == SCA_CERT_BLOCKED ? SCA_E_CERT : 0));
    } else {
        fuzz_check(cert.provider_id == NULL);
    }
    sca_base_cert_clear(&cert);
}

static void read_token(const struct sca_http_reply *reply)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];
    struct sca_cloud_token token = {0};

    if (sca_vnpt_oauth_read_token(reply, &token, detail) == 0)
        fuzz_check(sca_secret_bytes(token.access).len > 0);
    else
        fuzz_check(token.access == NULL && token.refresh == NULL);
    sca_secret_free(&token.access);
    sca_secret_free(&token.refresh);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct sca_http_reply reply = {.transport = SCA_TRANSPORT_OK, .detail = ""};

    if (size < 2)
        return;
    reply.status = data[0] * 4 + data[1] % 4;
    reply.body = (struct sca_bytes){data + 2, size - 2};
    read_sign(&reply);
    read_look(&reply);
    read_keys(&reply);
    read_token(&reply);
}
