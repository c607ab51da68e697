/* SPDX-License-Identifier: Apache-2.0 */
/* See certs.h. */
#include "cloud/certs.h"

#include <stdlib.h>
#include <string.h>
#include "cloud/json.h"
#include "common/text.h"

#define TEXT_SIZE 256 /* of a text for people, NUL included */
#define EXACT_MAX 128 /* letters of a serial number or id */

int sca_cert_exact(const char *text, char **ret_text)
{
    if (text == NULL)
        text = "";
    if (strlen(text) > EXACT_MAX)
        return SCA_E_LIMIT;
    char *copy = strdup(text);
    if (copy == NULL)
        return SCA_E_NOMEM;
    *ret_text = copy;
    return 0;
}

int sca_cert_printable(const char *text, char **ret_text)
{
    char printable[TEXT_SIZE];

    sca_text_printable(text, printable, sizeof printable);
    char *copy = strdup(printable);
    if (copy == NULL)
        return SCA_E_NOMEM;
    *ret_text = copy;
    return 0;
}

static int read_der(const json_t *item, struct sca_buf *ret_der)
{
    const char *text = json_string_value(item);

    return text == NULL ? SCA_E_FORMAT : sca_json_base64(text, SCA_CERT_DER_MAX, ret_der);
}

int sca_cert_chain(struct sca_cloud_cert *cert, const json_t *items)
{
    size_t room = sizeof cert->chain / sizeof cert->chain[0];

    int err = read_der(json_array_get(items, 0), &cert->der);
    for (size_t i = 1; err == 0 && i < json_array_size(items) && i <= room; i++) {
        int part_err = read_der(json_array_get(items, i), &cert->chain[i - 1]);
        if (part_err == 0)
            cert->chain_count = i;
        else if (part_err == SCA_E_NOMEM)
            err = part_err;
    }
    return err;
}
