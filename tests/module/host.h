/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host program's place: a home of its own with configuration and token image, and the built
 * module, loaded as hosts load it. No agent can be started here; a test may play one.
 */
#ifndef SCA_TESTS_HOST_H
#define SCA_TESTS_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cryptoki.h"
#include "common/image.h"
#include "common/path.h"

#define HOST_OBJECTS 7 /* per slot: certificate, public key, private key, four profiles */

/* The 3.0 list of the module under test; loaded by host_set_up. */
extern CK_FUNCTION_LIST_3_0 *host;

/* Makes home, configuration and (with *state as a count, NULL for one) an image; loads the module.
 */
int host_set_up(void **state);
int host_tear_down(void **state);

/* The paths of the home. Owned by the fixture. */
const struct sca_paths *host_paths(void);

/* The fixture's folder. */
const char *host_root(void);

/* An image of so many slots, not written yet; slot i is account "work", certificate i. */
struct sca_image *host_image(size_t slots);

/* Stamps it with the configuration as it is, writes it where the module looks, frees it. */
void host_write_image(struct sca_image *image);

/* Puts these very bytes there. */
void host_write_bytes(const void *data, size_t len);

/* Image bytes as they would be written; the caller clears. */
void host_encode(struct sca_image *image, struct sca_buf *ret_content);

void host_write_file(const char *path, const char *text);

/* A socket where the module looks for the agent, listening; the caller accepts and closes. */
int host_listen(void);

/* C_Initialize, and the slot at this place of the list. */
void host_initialize(void);
CK_SLOT_ID host_slot(size_t index);
CK_ULONG host_slot_count(void);
CK_SESSION_HANDLE host_session(CK_SLOT_ID slot, CK_FLAGS flags);

/* All objects that match, at most @max; returns their number. */
CK_ULONG host_find(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attrs, CK_ULONG count,
                   CK_OBJECT_HANDLE *ret_objects, CK_ULONG max);

/* The only one of its class. */
CK_OBJECT_HANDLE host_object(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class);

#endif
