/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an HTTP reply of a CSC service: two bytes of status, then the body, to every reader;
 * and as the expression that joins a credential's objects. What is called done is whole, what is
 * refused says why, texts end and fit.
 */
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>
#include "cloud/base.h"
#include "cloud/certs.h"
#include "cloud/wire_csc.h"

static const uint8_t digest[32];
static const struct sca_cloud_doc docs[2] = {
    {.id = "doc-1", .digest = {digest, 32}},
    {.id = "doc-2", .digest = {digest, 32}},
};

static void check_answer(const struct sca_answer *answer, enum sca_scheme scheme)
{
    fuzz_check(memchr(answer->detail, '\0', sizeof answer->detail) != NULL);
    fuzz_check(memchr(answer->provider_txn, '\0', sizeof answer->provider_txn) != NULL);
    fuzz_check(answer->class != SCA_ANSWER_REFUSED || answer->err < 0);
    fuzz_check((answer->class == SCA_ANSWER_DONE) == (answer->signatures != NULL));
    for (size_t i = 0; answer->class == SCA_ANSWER_DONE && i < 2; i++)
        fuzz_check(answer->count == 2 && answer->signatures[i].len > 0 &&
                   (scheme != SCA_SCHEME_ECDSA || answer->signatures[i].len == 64));
}

static void read_signatures(const struct sca_http_reply *http, enum sca_scheme scheme)
{
    struct sca_cloud_sign sign = {
        .scheme = scheme,
        .hash = SCA_HASH_SHA256,
        .key_bits = 256,
        .docs = docs,
        .doc_count = 2,
    };
    struct sca_answer answer;

    sca_csc_read_sign(http, &sign, &answer);
    check_answer(&answer, scheme);
    fuzz_check(answer.class != SCA_ANSWER_PENDING || answer.provider_txn[0] != '\0');
    sca_answer_clear(&answer);
    sca_csc_read_poll(http, &sign, &answer);
    check_answer(&answer, scheme);
    sca_answer_clear(&answer);
}

static void read_credentials(const struct sca_http_reply *http)
{
    struct sca_cloud_listing listing = {0};
    struct sca_csc_page page = {0};
    struct sca_csc_credential credential;
    char detail[SCA_CLOUD_DETAIL_SIZE];

    (void)sca_csc_read_list(http, 0, &listing, &page, detail);
    (void)sca_csc_read_cert(http, "id", 0, &listing, detail);
    fuzz_check(listing.count <= SCA_CERTS_MAX && page.count <= SCA_CSC_IDS_MAX);
    for (size_t i = 0; i < listing.count; i++) {
        fuzz_check(listing.certs[i].provider_id[0] != '\0' && listing.certs[i].der.len > 0);
        fuzz_check(listing.certs[i].schemes != 0 && listing.certs[i].hashes != 0);
        fuzz_check(listing.certs[i].max_batch > 0);
    }
    if (sca_csc_read_credential(http, &credential, detail) == 0)
        fuzz_check(credential.object_count <= SCA_CSC_OBJECTS_MAX && credential.multisign > 0);
    sca_base_listing_clear(&listing);
    sca_csc_page_clear(&page);
}

static void read_others(const struct sca_http_reply *http)
{
    struct sca_csc_service service;
    struct sca_csc_endpoints endpoints;
    struct sca_csc_permit permit;
    struct sca_cloud_token token = {0};
    char detail[SCA_CLOUD_DETAIL_SIZE];

    (void)sca_csc_read_info(http, &service, detail);
    (void)sca_csc_read_metadata(http, &endpoints, detail);
    for (int person = 0; person < 2; person++) {
        sca_csc_read_permit(http, person != 0, false, &permit);
        fuzz_check((permit.class == SCA_CSC_PERMIT_GIVEN) == (permit.sad != NULL));
        fuzz_check(permit.class != SCA_CSC_PERMIT_REFUSED || permit.err < 0);
        sca_csc_permit_clear(&permit);
    }
    if (sca_csc_read_token(http, &token, detail) == 0)
        fuzz_check(sca_secret_bytes(token.access).len > 0);
    else
        fuzz_check(token.access == NULL && token.refresh == NULL);
    sca_secret_free(&token.access);
    sca_secret_free(&token.refresh);
}

static void choose(const uint8_t *data, size_t size)
{
    struct sca_csc_object objects[3] = {{"a", SCA_CSC_PIN}, {"b", SCA_CSC_APP}, {"c", SCA_CSC_OTP}};
    char *text = malloc(size + 1);

    if (text == NULL)
        return;
    memcpy(text, data, size);
    text[size] = '\0';
    size_t kept = sca_csc_choose_objects(text, objects, 3);
    fuzz_check(kept >= 1 && kept <= 3);
    free(text);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct sca_http_reply http = {.transport = SCA_TRANSPORT_OK, .detail = ""};

    if (size < 2)
        return;
    http.status = data[0] * 4 + data[1] % 4;
    http.body = (struct sca_bytes){data + 2, size - 2};
    read_signatures(&http, SCA_SCHEME_PKCS1);
    read_signatures(&http, SCA_SCHEME_ECDSA);
    read_credentials(&http);
    read_others(&http);
    choose(data + 2, size - 2);
}
