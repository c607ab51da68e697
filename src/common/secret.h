/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for passwords, one-time codes, tokens and SADs: page-locked where the limit allows, left
 * out of core files, wiped when freed. Never a plain char *, never printed. After fork(2) the child
 * finds its copies empty (where the kernel can do that, Linux 4.14) and may free them.
 */
#ifndef SCA_COMMON_SECRET_H
#define SCA_COMMON_SECRET_H

#include <stddef.h>
#include "buf.h"

#define SCA_SECRET_MAX 65536 /* bytes; larger input is refused with SCA_E_LIMIT */

struct sca_secret; /* opaque: the bytes live in pages of their own */

/*
 * Copies @len bytes (a terminating NUL is kept behind them). Caller frees @ret_secret.
 * SCA_E_NOMEM; SCA_E_LIMIT when too long or when 8192 secrets are alive.
 */
int sca_secret_new(const void *data, size_t len, struct sca_secret **ret_secret);

/* The bytes, borrowed until the secret is freed. NULL gives an empty range. */
struct sca_bytes sca_secret_bytes(const struct sca_secret *secret);

/* The same as text, NUL-terminated; "" for NULL. */
const char *sca_secret_text(const struct sca_secret *secret);

int sca_secret_copy(const struct sca_secret *secret, struct sca_secret **ret_secret);

/* Wipes, frees and sets the pointer to NULL. A pointer to NULL is fine. */
void sca_secret_free(struct sca_secret **secret);

/* Wipes memory in a way the compiler cannot drop. */
void sca_wipe(void *data, size_t len);

static inline void sca_secret_cleanup(struct sca_secret **secret)
{
    sca_secret_free(secret);
}
#define SCA_SECRET_AUTO __attribute__((cleanup(sca_secret_cleanup))) struct sca_secret *

#endif
