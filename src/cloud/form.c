/* SPDX-License-Identifier: Apache-2.0 */
/* See form.h. */
#include "cloud/form.h"

#include <string.h>

static bool plain(uint8_t letter)
{
    return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= 'a' && letter <= 'z') || (letter != '\0' && strchr("-._~", letter) != NULL);
}

void sca_form_encode(struct sca_buf *out, struct sca_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (plain(text.data[i]))
            sca_buf_add_u8(out, text.data[i]);
        else
            sca_buf_addf(out, "%%%02X", text.data[i]);
    }
}

void sca_form_put(struct sca_buf *out, const char *key, struct sca_bytes value)
{
    if (out->len > 0)
        sca_buf_add_u8(out, '&');
    sca_buf_add_text(out, key);
    sca_buf_add_u8(out, '=');
    sca_form_encode(out, value);
}

void sca_form_put_text(struct sca_buf *out, const char *key, const char *value)
{
    if (value != NULL)
        sca_form_put(out, key, (struct sca_bytes){(const uint8_t *)value, strlen(value)});
}
