/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One look at an account's service, past the agent: the listing, on a loop of its own. What is
 * tried is the service and the settings, not what the agent remembers of them. Costs nothing and
 * never signs.
 */
#ifndef SCA_CLI_VISIT_H
#define SCA_CLI_VISIT_H

#include "agent/credential.h"
#include "agent/sentence.h"
#include "cli.h"

struct sca_visit {
    int err;                            /* 0, or enum sca_err */
    char sentence[SCA_SENTENCE_SIZE];   /* with @err: why, and what to do */
    char detail[SCA_CLOUD_DETAIL_SIZE]; /* with @err: the service's or library's own words, or "" */
    struct sca_tries tries;             /* with @err */
    int64_t date_utc;                   /* the service's clock; 0 unknown */
    struct sca_credentials *credentials; /* without @err */
};

/*
 * Blocks up to half a minute. @paths: where log-ins are kept. @details: the sentence has the
 * library's English words for a connection that failed. @stopped (may be NULL): asked ten
 * times a second, true ends the visit with SCA_E_CANCELLED. Caller clears @ret_visit.
 */
void sca_visit(const struct sca_paths *paths, const struct sca_config_account *account,
               bool details, bool (*stopped)(void), struct sca_visit *ret_visit);

/*
 * The same, without details, for an account that is not in the configuration yet: log-ins are kept
 * in a folder of the moment, so that nothing of it stays.
 */
void sca_visit_draft(const struct sca_paths *paths, const struct sca_config_account *account,
                     bool (*stopped)(void), struct sca_visit *ret_visit);

void sca_visit_clear(struct sca_visit *visit);

#endif
