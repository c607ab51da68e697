/* SPDX-License-Identifier: Apache-2.0 */
/* The image's slots: order, texts for people, and what the key can do at this service. */
#include "image_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"
#include "image_objects.h"
#include "x509.h"

#define TOKEN_LABEL_MAX 32u /* bytes of CK_TOKEN_INFO.label */
#define TOKEN_SERIAL    16u
#define NAME_MAX_LEN    256u

/* Seconds that a host waits beyond confirm-timeout: batch window, one-time code, last poll. */
#define ALLOWANCE_S 30u

/* Replaces one of a slot's texts. */
static int set_text(char **text, const char *value)
{
    char *copy = strdup(value);

    if (copy == NULL)
        return SCA_E_NOMEM;
    free(*text);
    *text = copy;
    return 0;
}

/* "VNPT SmartCA" -> "VNPT". */
static int set_manufacturer(struct sca_image_slot *slot, const struct sca_provider *provider)
{
    slot->manufacturer = strndup(provider->title, strcspn(provider->title, " "));
    return slot->manufacturer != NULL ? 0 : SCA_E_NOMEM;
}

static int set_description(struct sca_image_slot *slot, const struct sca_config_account *account,
                           const struct sca_credential *credential)
{
    if (asprintf(&slot->description, "%s: %s (%s)", account->provider->title, credential->holder,
                 account->name) < 0) {
        slot->description = NULL;
        return SCA_E_NOMEM;
    }
    return 0;
}

/* The certificate's own number: the provider's spelling may differ from listing to listing. */
static int own_serial(const struct sca_credential *credential, char **ret_hex)
{
    SCA_X509_AUTO certificate = NULL;
    int err = sca_x509_parse(credential->der, &certificate);

    return err == 0 ? sca_x509_serial(certificate, ret_hex) : err;
}

static const char *tail(const char *text, size_t len)
{
    size_t all = strlen(text);

    return all > len ? text + all - len : text;
}

/* An image on its way: slots are encoded one by one, only their labels are kept meanwhile. */
struct writer {
    struct sca_image_encoder *encoder;
    char (*labels)[TOKEN_LABEL_MAX + 1];
    size_t slot_count;
};

static void writer_clear(struct writer *writer)
{
    sca_image_encoder_free(writer->encoder);
    free(writer->labels);
}

static bool label_taken(const struct writer *writer, const char *label)
{
    for (size_t i = 0; i < writer->slot_count; i++)
        if (strcmp(writer->labels[i], label) == 0)
            return true;
    return false;
}

static int keep_label(struct writer *writer, const char *label)
{
    char(*labels)[TOKEN_LABEL_MAX + 1] =
        reallocarray(writer->labels, writer->slot_count + 1, sizeof *labels);

    if (labels == NULL)
        return SCA_E_NOMEM;
    writer->labels = labels;
    snprintf(labels[writer->slot_count++], sizeof *labels, "%s", label);
    return 0;
}

/* @base cut so that @suffix still fits in @max bytes. */
static void compose(const char *base, const char *suffix, size_t max, char *ret_text)
{
    size_t cut = sca_utf8_prefix(base, max - strlen(suffix));

    snprintf(ret_text, max + 1, "%.*s%s", (int)cut, base, suffix);
}

/*
 * The token's label (what fits) and the objects' label (whole). Tokens are told apart by what is
 * shown of the label, so a label that an earlier slot has gets the end of its serial number. The
 * first keeps the plain label, so that it passes from a certificate to its renewal.
 */
static int set_labels(struct writer *writer, struct sca_image_slot *slot, const char *base,
                      const char *serial, char ret_label[static NAME_MAX_LEN + 1])
{
    static const size_t digits[] = {0, 4, 8, TOKEN_SERIAL};
    char shown[TOKEN_LABEL_MAX + 1] = "";
    char suffix[TOKEN_SERIAL + 4] = "";

    for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++) {
        if (digits[i] > 0)
            snprintf(suffix, sizeof suffix, " (%s)", tail(serial, digits[i]));
        compose(base, suffix, TOKEN_LABEL_MAX, shown);
        if (!label_taken(writer, shown))
            break;
    }
    compose(base, suffix, NAME_MAX_LEN, ret_label);
    int err = keep_label(writer, shown);
    return err == 0 ? set_text(&slot->label, shown) : err;
}

static int fill_slot(struct writer *writer, struct sca_image_slot *slot,
                     const struct sca_config_account *account,
                     const struct sca_credential *credential)
{
    SCA_TEXT_AUTO serial = NULL;
    char label[NAME_MAX_LEN + 1];

    slot->pin = account->pin;
    slot->key_type = credential->key_type;
    slot->key_bits = credential->key_bits;
    slot->schemes = sca_credential_schemes(credential, account);
    slot->hashes = sca_credential_hashes(credential, account);
    slot->timeout_s = account->confirm_timeout_s + ALLOWANCE_S;
    int err = own_serial(credential, &serial);
    if (err == 0)
        err = set_labels(writer, slot, account->label != NULL ? account->label : credential->holder,
                         serial, label);
    if (err == 0)
        err = set_text(&slot->account, account->name);
    if (err == 0)
        err = set_text(&slot->credential, credential->id);
    if (err == 0)
        err = set_text(&slot->model, account->provider->title);
    if (err == 0)
        err = set_text(&slot->serial, tail(serial, TOKEN_SERIAL));
    if (err == 0)
        err = set_manufacturer(slot, account->provider);
    if (err == 0)
        err = set_description(slot, account, credential);
    return err == 0 ? sca_image_objects_add(slot, credential, label) : err;
}

static int add_slot(struct writer *writer, const struct sca_config_account *account,
                    const struct sca_credential *credential)
{
    SCA_IMAGE_AUTO image = sca_image_new();
    struct sca_image_slot *slot = image != NULL ? sca_image_add_slot(image) : NULL;

    if (slot == NULL)
        return SCA_E_NOMEM;
    int err = fill_slot(writer, slot, account, credential);
    return err == 0 ? sca_image_encoder_add(writer->encoder, slot) : err;
}

static int add_account(struct writer *writer, const struct sca_config_account *account,
                       const struct sca_credentials *credentials)
{
    for (size_t i = 0; i < credentials->count; i++) {
        if (writer->slot_count >= SCA_IMAGE_SLOTS_MAX) {
            sca_log(SCA_LOG_WARNING, "image",
                    "account %s: too many certificates, the rest of them "
                    "is not shown",
                    account->name);
            return 0;
        }
        int err = add_slot(writer, account, &credentials->items[i]);
        if (err != 0)
            return err;
    }
    return 0;
}

/* From when on a listing should ask for this account again. */
static int64_t retry_after(const struct sca_config_account *account,
                           const struct sca_credentials *credentials)
{
    if (credentials == NULL || credentials->failed_utc <= 0 ||
        credentials->settings != sca_credentials_settings(account))
        return 1; /* at once; 0 means something else */
    return credentials->failed_utc + SCA_IMAGE_RETRY_S;
}

/* Everything but the slots. */
static struct sca_image head_of(const struct sca_config *config,
                                const struct sca_credentials *const *credentials)
{
    struct sca_image head = {0};

    memcpy(head.conf, config->stamps, sizeof head.conf);
    for (size_t i = 0; i < config->account_count; i++) {
        const struct sca_config_account *account = &config->accounts[i];
        int64_t retry = 0;

        if (sca_credentials_current(credentials[i], account))
            continue;
        retry = retry_after(account, credentials[i]);
        if (head.retry_after_utc == 0 || retry < head.retry_after_utc)
            head.retry_after_utc = retry;
    }
    return head;
}

int sca_image_writer_build(const struct sca_config *config,
                           const struct sca_credentials *const *credentials,
                           struct sca_buf *ret_content)
{
    const struct sca_image head = head_of(config, credentials);
    __attribute__((cleanup(writer_clear))) struct writer writer = {
        .encoder = sca_image_encoder_new(&head)};
    int err = writer.encoder != NULL ? 0 : SCA_E_NOMEM;

    *ret_content = (struct sca_buf){0};
    for (size_t i = 0; err == 0 && i < config->account_count; i++)
        if (sca_credentials_current(credentials[i], &config->accounts[i]))
            err = add_account(&writer, &config->accounts[i], credentials[i]);
    return err == 0 ? sca_image_encoder_end(writer.encoder, ret_content) : err;
}

int sca_image_writer_write(const struct sca_paths *paths, struct sca_bytes content)
{
    if (sca_file_holds(paths->image, content))
        return 0;
    int err = sca_dir_ensure(paths->cache_dir);
    return err == 0 ? sca_file_replace(paths->image, content) : err;
}
