/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Authorization header of an RSSP log-in: "SSL2 " and, in base64, what the relying party is
 * called and a proof that it holds its key, then, for a person, ", Basic " and their name and
 * password.
 * Source: docs/protocol-rssp.md, "Log-in" (public clients of the service agree on it).
 */
#ifndef SCA_CLOUD_RSSP_SSL2_H
#define SCA_CLOUD_RSSP_SSL2_H

#include <stdint.h>
#include "common/buf.h"
#include "common/secret.h"

struct sca_rssp_party {
    const char *user;
    const struct sca_secret *password;
    const struct sca_secret *signature; /* a fixed text of the relying party, as it was issued */
    const struct sca_secret *key;       /* PKCS#12 file */
    const struct sca_secret *key_password;
};

/*
 * Appends the relying party's part to @out, a wiping buffer. @now_ms: milliseconds since 1970, UTC.
 * SCA_E_CONFIG where the PKCS#12 file cannot be opened with its password or holds no RSA key;
 * SCA_E_NOMEM, SCA_E_LIMIT.
 */
int sca_rssp_add_party(struct sca_buf *out, const struct sca_rssp_party *party, int64_t now_ms);

/* Appends the person's part. SCA_E_CONFIG: a colon in @user; SCA_E_NOMEM, SCA_E_LIMIT. */
int sca_rssp_add_person(struct sca_buf *out, const char *user, const struct sca_secret *password);

#endif
