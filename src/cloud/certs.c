/* SPDX-License-Identifier: Apache-2.0 */
/* See certs.h. */
#include "cloud/certs.h"

#include <stdlib.h>
#include <string.h>
#include "cloud/base.h"
#include "cloud/json.h"
#include "common/log.h"
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

int sca_certs_read(const json_t *items, sca_cert_read *read, struct sca_cloud_listing *ret_listing)
{
    struct sca_cloud_listing listing = {0};
    size_t size = json_array_size(items);

    if (size == 0)
        return items == NULL || json_is_null(items) || json_is_array(items) ? SCA_E_NO_CERT
                                                                            : SCA_E_SERVER;
    if (size > SCA_CERTS_MAX) {
        sca_log(SCA_LOG_WARNING, "net", "the service lists %zu certificates; %d are used", size,
                SCA_CERTS_MAX);
        size = SCA_CERTS_MAX;
    }
    listing.certs = calloc(size, sizeof *listing.certs);
    if (listing.certs == NULL)
        return SCA_E_NOMEM;
    for (size_t i = 0; i < size; i++) {
        int err = read(json_array_get(items, i), &listing.certs[listing.count]);
        if (err == SCA_E_NOMEM) {
            sca_base_listing_clear(&listing);
            return err;
        }
        if (err == 0)
            listing.count++;
        else
            sca_log(SCA_LOG_WARNING, "net", "certificate %zu of the listing is unreadable: %s",
                    i + 1, sca_err_name(err));
    }
    if (listing.count == 0) {
        sca_base_listing_clear(&listing);
        return SCA_E_SERVER;
    }
    *ret_listing = listing;
    return 0;
}
