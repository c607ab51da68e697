/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Percent-encoding: the bodies of OAuth's requests and the parameters of an address.
 * Source: RFC 3986 section 2; application/x-www-form-urlencoded of RFC 6749 appendix B (blanks as
 * %20, which every decoder of it understands).
 */
#ifndef SCA_CLOUD_FORM_H
#define SCA_CLOUD_FORM_H

#include "common/buf.h"

#define SCA_FORM_TYPE "application/x-www-form-urlencoded"

/* Everything but unreserved letters as %XX. */
void sca_form_encode(struct sca_buf *out, struct sca_bytes text);

/* "key=value", with "&" before it where something stands in @out; @key is plain. For an address
 * the caller writes the "?" and begins the rest in a buffer of its own. */
void sca_form_put(struct sca_buf *out, const char *key, struct sca_bytes value);
void sca_form_put_text(struct sca_buf *out, const char *key, const char *value); /* NULL: nothing */

#endif
