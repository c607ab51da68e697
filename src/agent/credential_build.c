/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From certificates to credentials. Only the certificate says who holds which key until when; of
 * the provider's words just what is sent back (serial number, id), the state, and what it lets the
 * key do are kept.
 */
#include "credential_build.h"

#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "cloud/serial.h"
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"
#include "x509.h"

#define STATUS_MAX 256u

struct sca_credentials *sca_credentials_new(const char *account)
{
    struct sca_credentials *credentials = calloc(1, sizeof *credentials);

    if (credentials == NULL)
        return NULL;
    credentials->account = strdup(account);
    if (credentials->account == NULL) {
        free(credentials);
        return NULL;
    }
    return credentials;
}

void sca_credentials_free(struct sca_credentials *credentials)
{
    if (credentials == NULL)
        return;
    free(credentials->items);
    sca_arena_clear(&credentials->arena);
    free(credentials->account);
    free(credentials->failed_detail);
    free(credentials);
}

static uint64_t hash_text(uint64_t state, const char *text)
{
    const char *shown = text != NULL ? text : "";

    return sca_fnv1a(state, (struct sca_bytes){(const uint8_t *)shown, strlen(shown) + 1});
}

/* Later settings count where they are set: what was fetched before they existed stays good. */
static uint64_t hash_setting(uint64_t state, const char *key, const char *value)
{
    return value != NULL ? hash_text(hash_text(state, key), value) : state;
}

uint64_t sca_credentials_settings(const struct sca_config_account *account)
{
    uint64_t state = hash_text(SCA_FNV1A_START, account->provider->name);

    state = hash_text(state, account->url);
    state = hash_text(state, account->sp_id);
    state = hash_text(state, account->user_id);
    state = hash_setting(state, "client-id", account->client_id);
    state = hash_setting(state, "profile-id", account->profile_id);
    state = hash_setting(state, "relying-party", account->relying_party);
    state = hash_setting(state, "relying-party-user", account->relying_party_user);
    if (account->session_signatures != 0) /* what was fetched earlier may not say it */
        state = hash_text(state, "session");
    for (char **serial = account->serials; serial != NULL && *serial != NULL; serial++)
        state = hash_text(state, *serial);
    return state;
}

bool sca_credentials_current(const struct sca_credentials *credentials,
                             const struct sca_config_account *account)
{
    return credentials != NULL && credentials->fetched_utc != 0 &&
           credentials->settings == sca_credentials_settings(account);
}

/* ---- one certificate ------------------------------------------------------------------------ */

static void identify(struct sca_bytes der, char ret_id[static SCA_CREDENTIAL_ID_SIZE])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];

    SHA256(der.data, der.len, digest);
    sca_hex_encode((struct sca_bytes){digest, sizeof digest}, ret_id);
}

/* Copies @text; with @shared it is one that others have, too. */
static int take_text(struct sca_arena *arena, const char *text, bool shared, const char **ret_text)
{
    struct sca_bytes bytes = {(const uint8_t *)text, strlen(text)};
    int err = shared ? sca_arena_share(arena, bytes, &bytes) : sca_arena_copy(arena, bytes, &bytes);

    if (err == 0)
        *ret_text = (const char *)bytes.data;
    return err;
}

static int take_name(struct sca_arena *arena, const X509_NAME *name, bool shared,
                     const char **ret_text)
{
    char text[SCA_X509_TEXT_MAX];

    sca_x509_name(name, text);
    return take_text(arena, text, shared, ret_text);
}

static int take_serial(struct sca_arena *arena, const struct sca_credential_source *source,
                       const X509 *certificate, const char **ret_serial)
{
    SCA_TEXT_AUTO own = NULL;

    if (source->serial != NULL && source->serial[0] != '\0')
        return take_text(arena, source->serial, false, ret_serial);
    int err = sca_x509_serial(certificate, &own);
    return err == 0 ? take_text(arena, own, false, ret_serial) : err;
}

static int take_texts(struct sca_arena *arena, const struct sca_credential_source *source,
                      const X509 *certificate, struct sca_credential *item)
{
    const char *id = source->provider_id != NULL ? source->provider_id : "";
    char status[STATUS_MAX];

    sca_text_printable(source->status, status, sizeof status);
    int err = take_text(arena, status, true, &item->status);
    if (err == 0)
        err = take_text(arena, source->account, true, &item->account);
    if (err == 0)
        err = take_text(arena, id, false, &item->provider_id);
    if (err == 0)
        err = take_name(arena, X509_get_subject_name(certificate), false, &item->holder);
    if (err == 0)
        err = take_name(arena, X509_get_issuer_name(certificate), true, &item->issuer);
    return err == 0 ? take_serial(arena, source, certificate, &item->serial) : err;
}

/* ---- chain ---------------------------------------------------------------------------------- */

struct chain {
    X509 *certificates[4]; /* NULL where left out or taken */
};

static void chain_clear(struct chain *chain)
{
    for (size_t i = 0; i < 4; i++)
        X509_free(chain->certificates[i]);
}

static bool parse_ca(struct sca_bytes der, X509 **ret_certificate)
{
    SCA_X509_AUTO certificate = NULL;
    int64_t not_before = 0;
    int64_t not_after = 0;

    if (sca_x509_parse(der, &certificate) != 0 || X509_check_ca(certificate) == 0 ||
        sca_x509_validity(certificate, &not_before, &not_after) != 0)
        return false;
    *ret_certificate = certificate;
    certificate = NULL;
    return true;
}

/* Parts that repeat, that cannot be read or that are no CA's are left out. */
static void chain_parse(const struct sca_credential_source *source, struct chain *ret_chain)
{
    for (size_t i = 0; i < source->chain_count && i < 4; i++) {
        bool repeated = sca_bytes_equal(source->chain[i], source->der);

        for (size_t k = 0; k < i; k++)
            repeated |= sca_bytes_equal(source->chain[i], source->chain[k]);
        if (source->chain[i].len == 0 || repeated)
            continue;
        if (!parse_ca(source->chain[i], &ret_chain->certificates[i]))
            sca_log(SCA_LOG_WARNING, "image",
                    "account %s: part %zu of a certificate's chain is no CA certificate",
                    source->account, i + 1);
    }
}

/* The next part: the issuer of @below if it is there, else the first that is left. -1 at the end.
 */
static int chain_next(const struct chain *chain, const X509 *below)
{
    int left = -1;

    for (int i = 3; i >= 0; i--) {
        if (chain->certificates[i] == NULL)
            continue;
        left = i;
        if (X509_NAME_cmp(X509_get_subject_name(chain->certificates[i]),
                          X509_get_issuer_name(below)) == 0)
            return i;
    }
    return left;
}

/* Orders the chain from the leaf's issuer upwards. */
static int take_chain(struct sca_arena *arena, const struct sca_credential_source *source,
                      const X509 *leaf, struct sca_credential *item)
{
    __attribute__((cleanup(chain_clear))) struct chain chain = {0};
    SCA_X509_AUTO below = NULL;

    chain_parse(source, &chain);
    for (int i = chain_next(&chain, leaf); i >= 0; i = chain_next(&chain, below)) {
        const X509 *child = below != NULL ? below : leaf;

        if (X509_NAME_cmp(X509_get_subject_name(chain.certificates[i]),
                          X509_get_issuer_name(child)) != 0)
            sca_log(SCA_LOG_WARNING, "image",
                    "account %s: a certificate's chain does not join at part %zu", source->account,
                    item->chain_count + 1);
        int err = sca_arena_share(arena, source->chain[i], &item->chain[item->chain_count]);
        if (err != 0)
            return err;
        item->chain_count++;
        X509_free(below);
        below = chain.certificates[i];
        chain.certificates[i] = NULL;
    }
    return 0;
}

/* ---- all of an account ------------------------------------------------------------------------
 */

static int read_item(struct sca_arena *arena, const struct sca_credential_source *source,
                     struct sca_credential *item)
{
    SCA_X509_AUTO certificate = NULL;

    if ((source->serial != NULL && strlen(source->serial) > SCA_CREDENTIAL_SERIAL_MAX) ||
        (source->provider_id != NULL && strlen(source->provider_id) > SCA_CREDENTIAL_SERIAL_MAX))
        return SCA_E_FORMAT;
    int err = sca_x509_parse(source->der, &certificate);
    if (err == 0)
        err = sca_x509_key(certificate, &item->key_type, &item->key_bits);
    if (err == 0)
        err = sca_x509_validity(certificate, &item->not_before_utc, &item->not_after_utc);
    if (err == 0)
        err = take_texts(arena, source, certificate, item);
    if (err == 0)
        err = sca_arena_copy(arena, source->der, &item->der);
    if (err == 0)
        err = take_chain(arena, source, certificate, item);
    if (err != 0)
        return err;
    item->blocked = source->blocked;
    item->schemes = source->schemes;
    item->hashes = source->hashes;
    item->max_batch = source->max_batch;
    item->session_max = source->session_max;
    item->has_signatures_left = source->has_signatures_left;
    item->signatures_left = source->signatures_left;
    return 0;
}

int sca_credentials_add(struct sca_credentials *credentials,
                        const struct sca_credential_source *source)
{
    struct sca_credential item = {0};

    if (credentials->count >= SCA_CREDENTIALS_MAX)
        return SCA_E_LIMIT;
    identify(source->der, item.id);
    for (size_t i = 0; i < credentials->count; i++)
        if (strcmp(credentials->items[i].id, item.id) == 0)
            return 0;
    int err = read_item(&credentials->arena, source, &item);
    if (err != 0)
        return err;
    struct sca_credential *items =
        reallocarray(credentials->items, credentials->count + 1, sizeof *items);
    if (items == NULL)
        return SCA_E_NOMEM;
    credentials->items = items;
    items[credentials->count++] = item;
    return 0;
}

/* As numbers: fewer digits first, then by digits. */
static int compare_serials(const char *a, const char *b)
{
    a += strspn(a, "0");
    b += strspn(b, "0");
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (a_len != b_len)
        return a_len < b_len ? -1 : 1;
    return strcasecmp(a, b);
}

static int compare_items(const void *left, const void *right)
{
    const struct sca_credential *a = left;
    const struct sca_credential *b = right;
    int order = compare_serials(a->serial, b->serial);

    return order != 0 ? order : strcmp(a->id, b->id);
}

void sca_credentials_sort(struct sca_credentials *credentials)
{
    if (credentials->count > 1)
        qsort(credentials->items, credentials->count, sizeof *credentials->items, compare_items);
}

/* The person writes what they see: the provider's spelling or the certificate's own number. */
static int is_wanted(const struct sca_config_account *account,
                     const struct sca_credential_source *source, bool *ret_wanted)
{
    SCA_X509_AUTO certificate = NULL;
    SCA_TEXT_AUTO own = NULL; /* stays NULL where the certificate is malformed */
    bool wanted = account->serials == NULL;

    int err = wanted ? 0 : sca_x509_parse(source->der, &certificate);
    if (err == 0 && !wanted)
        err = sca_x509_serial(certificate, &own);
    if (err == SCA_E_NOMEM)
        return err;
    for (char **serial = account->serials; !wanted && *serial != NULL; serial++)
        wanted = sca_serial_equal(*serial, source->serial) || sca_serial_equal(*serial, own);
    *ret_wanted = wanted;
    return 0;
}

static struct sca_credential_source source_of(const char *account,
                                              const struct sca_cloud_cert *cert)
{
    struct sca_credential_source source = {
        .account = account,
        .serial = cert->serial,
        .provider_id = cert->provider_id,
        .status = cert->status,
        .blocked = cert->state == SCA_CERT_BLOCKED,
        .schemes = cert->schemes,
        .hashes = cert->hashes,
        .max_batch = cert->max_batch,
        .session_max = cert->session_max,
        .has_signatures_left = cert->has_signatures_left,
        .signatures_left = cert->signatures_left,
        .der = {cert->der.data, cert->der.len},
        .chain_count = cert->chain_count < 4 ? cert->chain_count : 4,
    };

    for (size_t i = 0; i < source.chain_count; i++)
        source.chain[i] = (struct sca_bytes){cert->chain[i].data, cert->chain[i].len};
    return source;
}

int sca_credentials_from_listing(const struct sca_config_account *account,
                                 const struct sca_cloud_listing *listing, int64_t now_utc,
                                 struct sca_credentials **ret_credentials)
{
    struct sca_credentials *credentials = sca_credentials_new(account->name);

    if (credentials == NULL)
        return SCA_E_NOMEM;
    for (size_t i = 0; i < listing->count; i++) {
        struct sca_credential_source source = source_of(account->name, &listing->certs[i]);
        bool wanted = false;

        int err = is_wanted(account, &source, &wanted);
        if (err == 0 && wanted)
            err = sca_credentials_add(credentials, &source);
        if (err == SCA_E_NOMEM) {
            sca_credentials_free(credentials);
            return err;
        }
        if (err != 0)
            sca_log(SCA_LOG_WARNING, "image", "account %s: certificate %zu is left out (%s)",
                    account->name, i + 1, sca_err_name(err));
    }
    sca_credentials_sort(credentials);
    credentials->fetched_utc = now_utc;
    credentials->settings = sca_credentials_settings(account);
    *ret_credentials = credentials;
    return 0;
}
