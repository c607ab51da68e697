/* SPDX-License-Identifier: Apache-2.0 */
/* See signatures.h. Any doubt is an error: a position is all that says whose a signature is. */
#include "cloud/signatures.h"

#include <openssl/ecdsa.h>
#include <stdlib.h>
#include "cloud/json.h"

void sca_signatures_free(struct sca_buf *signatures, size_t count)
{
    for (size_t i = 0; signatures != NULL && i < count; i++)
        sca_buf_clear(&signatures[i]);
    free(signatures);
}

int sca_signatures_read(const json_t *items, size_t count, struct sca_buf **ret_signatures)
{
    if (!json_is_array(items) || json_array_size(items) != count || count == 0)
        return SCA_E_SERVER;

    struct sca_buf *signatures = calloc(count, sizeof *signatures);
    int err = signatures == NULL ? SCA_E_NOMEM : 0;
    for (size_t i = 0; i < count && err == 0; i++) {
        const char *text = json_string_value(json_array_get(items, i));
        err =
            text == NULL ? SCA_E_SERVER : sca_json_base64(text, SCA_SIGNATURE_MAX, &signatures[i]);
    }
    if (err != 0) {
        sca_signatures_free(signatures, count);
        return err == SCA_E_NOMEM ? err : SCA_E_SERVER;
    }
    *ret_signatures = signatures;
    return 0;
}

int sca_signature_plain(struct sca_buf *signature, uint32_t key_bits)
{
    size_t half = (key_bits + 7) / 8;
    const uint8_t *pos = signature->data;
    uint8_t plain[2 * 128];
    int err = SCA_E_SERVER;

    if (half == 0 || 2 * half > sizeof plain)
        return SCA_E_SERVER;
    if (signature->len == 2 * half)
        return 0;
    ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &pos, (long)signature->len);
    if (parts != NULL && pos == signature->data + signature->len &&
        BN_bn2binpad(ECDSA_SIG_get0_r(parts), plain, (int)half) == (int)half &&
        BN_bn2binpad(ECDSA_SIG_get0_s(parts), plain + half, (int)half) == (int)half) {
        signature->len = 0;
        err = sca_buf_add(signature, plain, 2 * half);
    }
    ECDSA_SIG_free(parts);
    return err;
}
