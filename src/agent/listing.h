/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the token image true: fetches listings of accounts through their cloud flow and writes the
 * image from what is known. Owns the credentials in memory.
 */
#ifndef SCA_AGENT_LISTING_H
#define SCA_AGENT_LISTING_H

#include <uv.h>
#include "credential.h"
#include "flow_run.h"

struct sca_listing;

/* One per agent; borrows all but the configuration, which sca_listing_configure gives. */
int sca_listing_new(const struct sca_flow_run_env *env, const struct sca_paths *paths,
                    struct sca_listing **ret_listing);
void sca_listing_free(struct sca_listing *listing);

/*
 * A new configuration (borrowed until the next call): loads stored credentials, forgets accounts
 * that are gone, cancels fetches of the old configuration, writes the image if it would differ.
 * After SCA_E_NOMEM accounts may be missing, and after a full disk the image may be an old one,
 * until the next refresh, which begins by trying again.
 */
int sca_listing_configure(struct sca_listing *listing, const struct sca_config *config);

/* @err 0 when every account asked for could be fetched, else the first failure. */
typedef void sca_listing_done(void *arg, int err, const char *account, const char *detail);
struct sca_listing_wait;

/*
 * Fetches: @all, or only accounts never fetched (with these settings) whose last failure is older
 * than 60 s, or was that memory was out. @account NULL for every account. Callers that come while a
 * fetch is running share it.
 * @done comes from the loop; never from inside this call. Each account's fetch ends within 30 s.
 */
int sca_listing_refresh(struct sca_listing *listing, const char *account, bool all,
                        sca_listing_done *done, void *arg, struct sca_listing_wait **ret_wait);
void sca_listing_cancel(struct sca_listing_wait *wait); /* done is not called; the fetch goes on */

/* NULL when unknown. Borrowed until the loop runs again. */
const struct sca_credential *sca_listing_find(struct sca_listing *listing, const char *account,
                                              const char *credential_id);

/* All of an account, for status; NULL when unknown. */
const struct sca_credentials *sca_listing_account(struct sca_listing *listing, const char *account);

#endif
