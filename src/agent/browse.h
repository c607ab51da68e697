/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One decision of the person on a service's web page: a way back on this computer, the page in
 * their browser, and the code that the browser brings. Log-ins (smartca login) and permissions to
 * sign go the same way.
 *
 * The state shows that the code comes out of this visit, the verifier (PKCE) that it comes to the
 * program that began it. Source: RFC 6749 section 4.1, RFC 7636, RFC 8252.
 */
#ifndef SCA_AGENT_BROWSE_H
#define SCA_AGENT_BROWSE_H

#include "cloud/provider.h"
#include "loopback.h"
#include "screen.h"

struct sca_browse;

/*
 * As sca_loopback_done, and SCA_E_NO_SCREEN: the page could not be shown. Once, from the loop; the
 * visit may be freed inside.
 */
typedef sca_loopback_done sca_browse_done;

/*
 * Listens, and makes state and verifier. @redirect: address on this computer, or NULL for any free
 * port. SCA_E_IO (the port is taken), SCA_E_CONFIG (no such address), SCA_E_NOMEM.
 */
int sca_browse_new(uv_loop_t *loop, const char *redirect, sca_browse_done *done, void *arg,
                   struct sca_browse **ret_browse);

/* What the page's address is made of; borrowed. */
const struct sca_cloud_back *sca_browse_back(const struct sca_browse *browse);

/* Opens @url. As sca_browser_open. */
int sca_browse_show(struct sca_browse *browse, const struct sca_screen *screen, const char *url);

/* The page for the browser that is back: one sentence, plain text. */
void sca_browse_answer(struct sca_browse *browse, const char *sentence);

/* Closes the way back; the browser stays as it is. NULL is fine. */
void sca_browse_free(struct sca_browse *browse);

#endif
