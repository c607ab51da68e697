/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The person's own limits: documents sent today (local day) per account and per program. Counts
 * what may have cost a signature, so a transaction without an answer counts too. Pure: time and
 * limits come from the caller.
 */
#ifndef SCA_AGENT_BUDGET_H
#define SCA_AGENT_BUDGET_H

#include <stddef.h>
#include <stdint.h>
#include "config.h"

struct sca_budget_count {
    char *account;
    char *program;
    int32_t day; /* local date as yyyymmdd */
    int64_t docs;
};

struct sca_budget {
    struct sca_budget_count *counts;
    size_t count;
    size_t cap;
};

void sca_budget_init(struct sca_budget *budget);
void sca_budget_clear(struct sca_budget *budget);

/*
 * Counts @docs documents (or takes -@docs back) that were sent at @time_utc. What was sent on
 * another day than @now_utc's is not counted. SCA_E_NOMEM.
 */
int sca_budget_add(struct sca_budget *budget, const char *account, const char *program,
                   int64_t time_utc, int64_t docs, int64_t now_utc);

/*
 * May @program send one more document today? 0, or SCA_E_BUDGET with the limit that is spent in
 * @ret_limit.
 */
int sca_budget_check(const struct sca_budget *budget, const struct sca_config_account *account,
                     const char *program, int64_t now_utc, int64_t *ret_limit);

/* Documents of an account counted for the day of @now_utc; @program NULL: of all programs. */
int64_t sca_budget_used(const struct sca_budget *budget, const char *account, const char *program,
                        int64_t now_utc);

#endif
