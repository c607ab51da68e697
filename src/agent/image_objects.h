/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of one slot with their attributes. For image_writer.c only. */
#ifndef SCA_AGENT_IMAGE_OBJECTS_H
#define SCA_AGENT_IMAGE_OBJECTS_H

#include "common/image.h"
#include "credential.h"

/*
 * Adds certificate, CA certificates, public key, private key and profiles to @slot, whose key_type,
 * schemes and hashes are set. @label: CKA_LABEL of the first three, not cut.
 * SCA_E_FORMAT (a certificate cannot be taken apart), SCA_E_NOMEM.
 */
int sca_image_objects_add(struct sca_image_slot *slot, const struct sca_credential *credential,
                          const char *label);

#endif
