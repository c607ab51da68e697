/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One-time codes from a key: the key's written forms and the code of a moment. Pure.
 * Source: RFC 6238 (HMAC-SHA-1, 30 s, T0 = 0), RFC 4226 (6 digits); otpauth: Google Authenticator's
 * key URI format.
 */
#ifndef SCA_AGENT_TOTP_H
#define SCA_AGENT_TOTP_H

#include <stdbool.h>
#include <stdint.h>
#include "common/secret.h"

#define SCA_TOTP_STEP_S    30
#define SCA_TOTP_CODE_SIZE 7 /* six digits and NUL */

/* True when @text begins with one of the forms below. */
bool sca_totp_is_key(const char *text);

/*
 * The HMAC key of "base64:...", "base32:...", "raw:..." or "otpauth://totp/...?secret=...". base64
 * and raw keys are the bytes as they are, though VNPT's look like hex (32 letters): those are the
 * key. Blanks around are ignored. SCA_E_CONFIG (malformed, empty, or an otpauth URI that asks for
 * another algorithm, length or period), SCA_E_NOMEM. Caller frees @ret_key.
 */
int sca_totp_key(const struct sca_secret *text, struct sca_secret **ret_key);

/* The code of step @utc / 30. SCA_E_CONFIG. The caller wipes @ret_code. */
int sca_totp_code(const struct sca_secret *key, int64_t utc,
                  char ret_code[static SCA_TOTP_CODE_SIZE]);

/*
 * Milliseconds to wait at @now_ms (UTC) before the code of the then current step may be used: 0
 * when that step is later than @last_step and lasts long enough to reach the service. A @last_step
 * far in the future comes from a clock that was set back since and does not count.
 */
int64_t sca_totp_wait_ms(int64_t now_ms, int64_t last_step);

#endif
