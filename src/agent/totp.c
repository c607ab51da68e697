/* SPDX-License-Identifier: Apache-2.0 */
/* TOTP keys and codes; base32, HMAC and truncation are liboath's, base64 is OpenSSL's. */
#include "totp.h"

#include <liboath/oath.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "common/err.h"

#define STEP_MS      (SCA_TOTP_STEP_S * 1000)
#define TRAVEL_MS    1500  /* a code should not grow old on its way */
#define KEY_TEXT_MAX 1024u /* letters; keys have 16 to 128 */

struct form {
    const char *prefix;
    int (*decode)(struct sca_bytes text, struct sca_secret **ret_key);
};

static int decode_raw(struct sca_bytes text, struct sca_secret **ret_key)
{
    return sca_secret_new(text.data, text.len, ret_key);
}

static int decode_base64(struct sca_bytes text, struct sca_secret **ret_key)
{
    uint8_t bytes[KEY_TEXT_MAX];
    size_t pad = 0;

    if (text.len == 0 || text.len > sizeof bytes || text.len % 4 != 0)
        return SCA_E_CONFIG;
    while (pad < 3 && text.data[text.len - 1 - pad] == '=')
        pad++;
    int len = EVP_DecodeBlock(bytes, text.data, (int)text.len);
    int err = SCA_E_CONFIG;
    if (len > 0 && pad < 3 && memchr(text.data, '=', text.len - pad) == NULL)
        err = sca_secret_new(bytes, (size_t)len - pad, ret_key);
    sca_wipe(bytes, sizeof bytes);
    return err;
}

static int decode_base32(struct sca_bytes text, struct sca_secret **ret_key)
{
    char *bytes = NULL;
    size_t len = 0;
    int rc = oath_base32_decode((const char *)text.data, text.len, &bytes, &len);

    if (rc != OATH_OK)
        return rc == OATH_MALLOC_ERROR ? SCA_E_NOMEM : SCA_E_CONFIG;
    int err = len > 0 ? sca_secret_new(bytes, len, ret_key) : SCA_E_CONFIG;
    sca_wipe(bytes, len);
    free(bytes);
    return err;
}

static bool is_text(struct sca_bytes text, const char *word)
{
    return text.len == strlen(word) && strncasecmp((const char *)text.data, word, text.len) == 0;
}

/* One "name=value" of the URI's query. */
static int take_parameter(struct sca_bytes parameter, struct sca_secret **key)
{
    const uint8_t *equal = memchr(parameter.data, '=', parameter.len);

    if (equal == NULL)
        return 0;
    size_t name_len = (size_t)(equal - parameter.data);
    struct sca_bytes name = {parameter.data, name_len};
    struct sca_bytes value = {equal + 1, parameter.len - name_len - 1};
    if (is_text(name, "secret"))
        return *key == NULL ? decode_base32(value, key) : SCA_E_CONFIG;
    if ((is_text(name, "algorithm") && !is_text(value, "SHA1")) ||
        (is_text(name, "digits") && !is_text(value, "6")) ||
        (is_text(name, "period") && !is_text(value, "30")))
        return SCA_E_CONFIG;
    return 0;
}

/* What stands behind "otpauth://totp/": label?name=value&... */
static int decode_otpauth(struct sca_bytes text, struct sca_secret **ret_key)
{
    SCA_SECRET_AUTO key = NULL;
    const uint8_t *pos = memchr(text.data, '?', text.len);
    const uint8_t *end = text.data + text.len;

    while (pos != NULL && pos < end) {
        pos++;
        const uint8_t *stop = memchr(pos, '&', (size_t)(end - pos));
        if (stop == NULL)
            stop = end;
        int err = take_parameter((struct sca_bytes){pos, (size_t)(stop - pos)}, &key);
        if (err != 0)
            return err;
        pos = stop;
    }
    if (key == NULL)
        return SCA_E_CONFIG;
    *ret_key = key;
    key = NULL;
    return 0;
}

static const struct form forms[] = {
    {"base64:", decode_base64},
    {"base32:", decode_base32},
    {"raw:", decode_raw},
    {"otpauth://totp/", decode_otpauth},
};

static const struct form *form_of(const char *text)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strncasecmp(text, forms[i].prefix, strlen(forms[i].prefix)) == 0)
            return &forms[i];
    return NULL;
}

bool sca_totp_is_key(const char *text)
{
    return form_of(text) != NULL;
}

static bool blank(uint8_t letter)
{
    return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

int sca_totp_key(const struct sca_secret *text, struct sca_secret **ret_key)
{
    const struct form *form = form_of(sca_secret_text(text));
    struct sca_bytes bytes = sca_secret_bytes(text);

    if (form == NULL || bytes.len > KEY_TEXT_MAX)
        return SCA_E_CONFIG;
    bytes.data += strlen(form->prefix);
    bytes.len -= strlen(form->prefix);
    while (bytes.len > 0 && blank(bytes.data[bytes.len - 1]))
        bytes.len--;
    while (bytes.len > 0 && blank(bytes.data[0])) {
        bytes.data++;
        bytes.len--;
    }
    return bytes.len > 0 ? form->decode(bytes, ret_key) : SCA_E_CONFIG;
}

int sca_totp_code(const struct sca_secret *key, int64_t utc,
                  char ret_code[static SCA_TOTP_CODE_SIZE])
{
    struct sca_bytes bytes = sca_secret_bytes(key);
    char code[SCA_TOTP_CODE_SIZE];

    if (utc < 0 || oath_totp_generate((const char *)bytes.data, bytes.len, (time_t)utc,
                                      SCA_TOTP_STEP_S, 0, 6, code) != OATH_OK)
        return SCA_E_CONFIG;
    memcpy(ret_code, code, sizeof code);
    sca_wipe(code, sizeof code);
    return 0;
}

int64_t sca_totp_wait_ms(int64_t now_ms, int64_t last_step)
{
    int64_t step = now_ms / STEP_MS;
    int64_t left_ms = STEP_MS - now_ms % STEP_MS;
    bool used = last_step == step || last_step == step + 1;

    return used || left_ms < TRAVEL_MS ? left_ms : 0;
}
