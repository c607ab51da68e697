/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From accounts and their credentials to the token image: slots in order, texts, mechanisms and
 * every attribute that a host may ask for, so that the module computes nothing.
 * Source: PKCS#11 3.0 sections 4.4 to 4.9 (attributes), profiles 3.0 section 3 (profile objects).
 */
#ifndef SCA_AGENT_IMAGE_WRITER_H
#define SCA_AGENT_IMAGE_WRITER_H

#include "common/image.h"
#include "credential.h"

/* A failed first fetch is tried again by listings after this long. */
#define SCA_IMAGE_RETRY_S 60

/*
 * The file's content. @credentials: one per account of @config, in its order; NULL or with other
 * settings counts as never fetched. The order of slots is that of accounts, then of serial numbers.
 * Pure but for the log. SCA_E_LIMIT, SCA_E_NOMEM. @ret_content is initialised here; caller clears.
 */
int sca_image_writer_build(const struct sca_config *config,
                           const struct sca_credentials *const *credentials,
                           struct sca_buf *ret_content);

/*
 * Puts the image in place of the old one unless that has the same content. SCA_E_IO, SCA_E_PERM,
 * SCA_E_NOMEM.
 */
int sca_image_writer_write(const struct sca_paths *paths, struct sca_bytes content);

#endif
