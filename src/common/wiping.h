/* SPDX-License-Identifier: Apache-2.0 */
/*
 * malloc's family for libraries that let their memory be chosen and carry secrets through it
 * (jansson, libcurl, libcrypto): no byte goes back to the heap unwiped. Blocks are malloc's own and
 * may be given to free(3), and the other way round.
 */
#ifndef SCA_COMMON_WIPING_H
#define SCA_COMMON_WIPING_H

#include <stddef.h>

void sca_wiping_free(void *block);

/* As realloc(3), but never in place, so that nothing is left where a block shrinks or moves. */
void *sca_wiping_realloc(void *block, size_t size);

#endif
