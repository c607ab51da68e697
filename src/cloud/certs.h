/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates of a listing, for the readers of several services. What comes in is hostile: what is
 * shown is made printable, what is sent back is kept letter by letter or not at all.
 */
#ifndef SCA_CLOUD_CERTS_H
#define SCA_CLOUD_CERTS_H

#include <jansson.h>
#include "provider.h"

#define SCA_CERTS_MAX    256           /* certificates of one account */
#define SCA_CERT_DER_MAX (16u * 1024u) /* bytes of one */

/*
 * A text that goes back to the service; "" for NULL. Caller frees. SCA_E_LIMIT (longer than 128
 * bytes), SCA_E_NOMEM.
 */
int sca_cert_exact(const char *text, char **ret_text);
/* A text for people: printable and bounded; "" for NULL. Caller frees. SCA_E_NOMEM. */
int sca_cert_printable(const char *text, char **ret_text);

/*
 * Reads the entries of a listing with @read, which leaves @ret_cert clear where it fails. An
 * unreadable entry never costs the person the others: it is left out and logged.
 * SCA_E_NO_CERT (none, or null), SCA_E_SERVER (no array, or nothing readable), SCA_E_NOMEM.
 */
typedef int sca_cert_read(const json_t *item, struct sca_cloud_cert *ret_cert);
int sca_certs_read(const json_t *items, sca_cert_read *read, struct sca_cloud_listing *ret_listing);

/*
 * Reads @items, an array of base64 texts that begins with the end entity's certificate, into the
 * empty @cert->der and @cert->chain. A bad CA certificate leaves an empty place, more of them than
 * there is room for are ignored. SCA_E_FORMAT and SCA_E_LIMIT are the first one's; SCA_E_NOMEM.
 */
int sca_cert_chain(struct sca_cloud_cert *cert, const json_t *items);

#endif
