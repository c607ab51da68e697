/* SPDX-License-Identifier: Apache-2.0 */
/* Taking apart what was typed into a host. See typed.h. */
#include "typed.h"

#include "common/err.h"

#define CODE_DIGITS 6u

static bool is_code(const uint8_t *digits)
{
    for (size_t i = 0; i < CODE_DIGITS; i++)
        if (digits[i] < '0' || digits[i] > '9')
            return false;
    return true;
}

static int split(struct sca_bytes pin, enum sca_secret_kind password, struct sca_typed *typed)
{
    if (pin.len <= CODE_DIGITS || !is_code(pin.data + pin.len - CODE_DIGITS))
        return SCA_E_USER_AUTH;
    size_t len = pin.len - CODE_DIGITS;
    int err = sca_secret_new(pin.data, len, &typed->of[password]);
    if (err == 0 && typed->of[SCA_SECRET_OTP] == NULL)
        err = sca_secret_new(pin.data + len, CODE_DIGITS, &typed->of[SCA_SECRET_OTP]);
    return err;
}

static enum sca_secret_kind password_of(const struct sca_config_account *account)
{
    const struct sca_provider *provider = account->provider;
    bool key_has_pin = ((provider->needs | provider->uses) & SCA_SET_CREDENTIAL_PIN) != 0;

    return key_has_pin ? SCA_SECRET_CREDENTIAL_PIN : SCA_SECRET_PASSWORD;
}

static int take_pin(const struct sca_config_account *account, const struct sca_secret *pin,
                    struct sca_typed *typed)
{
    struct sca_bytes bytes = sca_secret_bytes(pin);

    if (bytes.len == 0)
        return 0;
    switch (account->pin) {
    case SCA_PIN_NONE:
        return 0;
    case SCA_PIN_PASSWORD:
        return sca_secret_copy(pin, &typed->of[password_of(account)]);
    case SCA_PIN_OTP:
        return typed->of[SCA_SECRET_OTP] == NULL ? sca_secret_copy(pin, &typed->of[SCA_SECRET_OTP])
                                                 : 0;
    case SCA_PIN_PASSWORD_OTP:
        return split(bytes, password_of(account), typed);
    }
    return 0;
}

int sca_typed_from_pin(const struct sca_config_account *account, const struct sca_secret *pin,
                       const struct sca_secret *otp, struct sca_typed *ret_typed)
{
    struct sca_typed typed = {0};
    int err = 0;

    if (account->pin != SCA_PIN_NONE && sca_secret_bytes(otp).len > 0)
        err = sca_secret_copy(otp, &typed.of[SCA_SECRET_OTP]);
    if (err == 0)
        err = take_pin(account, pin, &typed);
    if (err != 0) {
        sca_typed_clear(&typed);
        return err;
    }
    *ret_typed = typed;
    return 0;
}

int sca_typed_copy(const struct sca_typed *typed, struct sca_typed *ret_copy)
{
    struct sca_typed copy = {0};
    int err = typed->person != NULL ? sca_person_copy(typed->person, &copy.person) : 0;

    for (size_t i = 0; err == 0 && i < SCA_SECRET__COUNT; i++)
        err = typed->of[i] != NULL ? sca_secret_copy(typed->of[i], &copy.of[i]) : 0;
    if (err != 0) {
        sca_typed_clear(&copy);
        return err;
    }
    *ret_copy = copy;
    return 0;
}

void sca_typed_clear(struct sca_typed *typed)
{
    for (size_t i = 0; i < SCA_SECRET__COUNT; i++)
        sca_secret_free(&typed->of[i]);
    sca_person_free(typed->person);
    typed->person = NULL;
}
