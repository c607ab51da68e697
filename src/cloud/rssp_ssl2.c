/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relying party's proof, RSASSA-PKCS1-v1_5 with SHA-1: the service asks for it, and it proves
 * knowledge to nobody but the service, inside TLS. PKCS#12 files in use are often encrypted with
 * RC2, and systems may forbid SHA-1 by configuration, so OpenSSL is used in a context of its own
 * with the legacy algorithms and without configuration file.
 */
#include "cloud/rssp_ssl2.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <string.h>
#include "cloud/json.h"
#include "common/err.h"
#include "common/log.h"

#define PART_MAX  (8u * 1024u) /* bytes of either part before base64 */
#define PROOF_MAX 1024u        /* bytes: RSA of 8192 bits */

/* Everything of OpenSSL that must be let go, in one place. */
struct engine {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *standard;
    OSSL_PROVIDER *legacy; /* NULL where it is not installed: newer files open all the same */
    EVP_PKEY *key;
};

static void engine_close(struct engine *engine)
{
    EVP_PKEY_free(engine->key);
    if (engine->legacy != NULL)
        OSSL_PROVIDER_unload(engine->legacy);
    if (engine->standard != NULL)
        OSSL_PROVIDER_unload(engine->standard);
    OSSL_LIB_CTX_free(engine->context);
    ERR_clear_error();
}

static int engine_open(struct engine *engine)
{
    engine->context = OSSL_LIB_CTX_new();
    if (engine->context == NULL)
        return SCA_E_NOMEM;
    engine->standard = OSSL_PROVIDER_load(engine->context, "default");
    engine->legacy = OSSL_PROVIDER_load(engine->context, "legacy");
    return engine->standard != NULL ? 0 : SCA_E_NOMEM;
}

static int open_key(struct engine *engine, const struct sca_rssp_party *party)
{
    struct sca_bytes file = sca_secret_bytes(party->key);
    const uint8_t *pos = file.data;
    PKCS12 *pkcs12 = PKCS12_init_ex(NID_pkcs7_data, engine->context, NULL);
    X509 *certificate = NULL;
    bool opened = pkcs12 != NULL && d2i_PKCS12(&pkcs12, &pos, (long)file.len) != NULL &&
                  PKCS12_parse(pkcs12, sca_secret_text(party->key_password), &engine->key,
                               &certificate, NULL);

    PKCS12_free(pkcs12);
    X509_free(certificate);
    if (opened && engine->key != NULL && EVP_PKEY_is_a(engine->key, "RSA"))
        return 0;
    sca_log(SCA_LOG_ERROR, "config", "the relying party's key file cannot be used: %s",
            opened ? "it holds no RSA key" : "wrong password, damaged, or no PKCS#12 file");
    return SCA_E_CONFIG;
}

static int prove(const struct engine *engine, const struct sca_buf *text, struct sca_buf *proof)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    size_t len = PROOF_MAX;

    sca_buf_init(proof, PROOF_MAX);
    int err = digest == NULL ? SCA_E_NOMEM : sca_buf_reserve(proof, len);
    if (err == 0 && (EVP_DigestSignInit_ex(digest, NULL, "SHA1", engine->context, NULL, engine->key,
                                           NULL) != 1 ||
                     EVP_DigestSign(digest, proof->data, &len, text->data, text->len) != 1))
        err = SCA_E_CONFIG;
    if (err == 0)
        proof->len = len;
    EVP_MD_CTX_free(digest);
    return err;
}

static void add_secret(struct sca_buf *out, const struct sca_secret *secret)
{
    struct sca_bytes bytes = sca_secret_bytes(secret);

    sca_buf_add(out, bytes.data, bytes.len);
}

/* The four texts with @between among them. */
static int add_texts(struct sca_buf *out, const struct sca_rssp_party *party, int64_t now_ms,
                     const char *between)
{
    sca_buf_init(out, PART_MAX);
    sca_buf_add_text(out, party->user);
    sca_buf_add_text(out, between);
    add_secret(out, party->password);
    sca_buf_add_text(out, between);
    add_secret(out, party->signature);
    sca_buf_add_text(out, between);
    return sca_buf_addf(out, "%lld", (long long)now_ms);
}

int sca_rssp_add_party(struct sca_buf *out, const struct sca_rssp_party *party, int64_t now_ms)
{
    __attribute__((cleanup(engine_close))) struct engine engine = {0};
    SCA_BUF_AUTO signed_text = {0};
    SCA_BUF_AUTO text = {0};
    SCA_BUF_AUTO proof = {0};

    int err = engine_open(&engine);
    if (err == 0)
        err = open_key(&engine, party);
    if (err == 0)
        err = add_texts(&signed_text, party, now_ms, "");
    if (err == 0)
        err = prove(&engine, &signed_text, &proof);
    if (err == 0)
        err = add_texts(&text, party, now_ms, ":");
    if (err != 0)
        return err;
    sca_buf_add_text(&text, ":");
    sca_json_add_base64(&text, (struct sca_bytes){proof.data, proof.len});
    sca_buf_add_text(out, "SSL2 ");
    sca_json_add_base64(out, (struct sca_bytes){text.data, text.len});
    return text.err != 0 ? sca_buf_fail(out, text.err) : out->err;
}

int sca_rssp_add_person(struct sca_buf *out, const char *user, const struct sca_secret *password)
{
    SCA_BUF_AUTO text = {0};

    if (strchr(user, ':') != NULL)
        return SCA_E_CONFIG;
    sca_buf_init(&text, PART_MAX);
    sca_buf_add_text(&text, "USERNAME:");
    sca_buf_add_text(&text, user);
    sca_buf_add_text(&text, ":");
    add_secret(&text, password);
    sca_buf_add_text(out, ", Basic ");
    sca_json_add_base64(out, (struct sca_bytes){text.data, text.len});
    return text.err != 0 ? sca_buf_fail(out, text.err) : out->err;
}
