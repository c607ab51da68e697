/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which slots and token objects there are now: the view in force, and its renewal when the image
 * changes.
 */
#ifndef SCA_MODULE_TOKEN_TOKENS_H
#define SCA_MODULE_TOKEN_TOKENS_H

#include <stdbool.h>
#include "module/token/library.h"
#include "module/token/view.h"

/* Born empty; the first refresh reads the image. NULL on memory exhaustion. NULL is fine to free.
 */
struct sca_tokens *sca_tokens_new(void);
void sca_tokens_free(struct sca_tokens *tokens);

/* The view now in force, with a reference of its own; put it back with sca_view_put. */
struct sca_view *sca_view_get(struct sca_library *library);

/*
 * Looks whether the image (and, when @listing, the configuration) changed: one stat each. With
 * @listing and an account that was never fetched, or a configuration newer than the image, asks the
 * agent, 5 s at the most; a failure is remembered for 60 s, across processes. Never fails: what is
 * known stays listed. Without any configuration file nothing is listed and nobody asked.
 */
void sca_tokens_refresh(struct sca_library *library, bool listing);

#endif
