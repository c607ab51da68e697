/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row per account, program and day. Rows of past days are dropped whenever something is added.
 */
#include "budget.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "common/err.h"
#include "common/text.h"

static int32_t local_day(int64_t utc)
{
    time_t seconds = (time_t)utc;
    struct tm local;

    if (localtime_r(&seconds, &local) == NULL)
        return 0;
    return (int32_t)((local.tm_year + 1900) * 10000 + (local.tm_mon + 1) * 100 + local.tm_mday);
}

static void free_row(struct sca_budget_count *row)
{
    free(row->account);
    free(row->program);
}

void sca_budget_init(struct sca_budget *budget)
{
    *budget = (struct sca_budget){0};
}

void sca_budget_clear(struct sca_budget *budget)
{
    for (size_t i = 0; i < budget->count; i++)
        free_row(&budget->counts[i]);
    free(budget->counts);
    sca_budget_init(budget);
}

static void drop_other_days(struct sca_budget *budget, int32_t today)
{
    size_t kept = 0;

    for (size_t i = 0; i < budget->count; i++) {
        if (budget->counts[i].day == today)
            budget->counts[kept++] = budget->counts[i];
        else
            free_row(&budget->counts[i]);
    }
    budget->count = kept;
}

static struct sca_budget_count *find_row(const struct sca_budget *budget, const char *account,
                                         const char *program)
{
    for (size_t i = 0; i < budget->count; i++) {
        struct sca_budget_count *row = &budget->counts[i];

        if (sca_streq(row->account, account) && sca_streq(row->program, program))
            return row;
    }
    return NULL;
}

static int add_row(struct sca_budget *budget, const char *account, const char *program,
                   struct sca_budget_count **ret_row)
{
    if (budget->count == budget->cap) {
        size_t cap = budget->cap != 0 ? budget->cap * 2 : 8;
        struct sca_budget_count *rows = reallocarray(budget->counts, cap, sizeof *rows);

        if (rows == NULL)
            return SCA_E_NOMEM;
        budget->counts = rows;
        budget->cap = cap;
    }
    struct sca_budget_count row = {.account = strdup(account), .program = strdup(program)};
    if (row.account == NULL || row.program == NULL) {
        free_row(&row);
        return SCA_E_NOMEM;
    }
    budget->counts[budget->count] = row;
    *ret_row = &budget->counts[budget->count++];
    return 0;
}

int sca_budget_add(struct sca_budget *budget, const char *account, const char *program,
                   int64_t time_utc, int64_t docs, int64_t now_utc)
{
    int32_t today = local_day(now_utc);

    drop_other_days(budget, today);
    if (local_day(time_utc) != today)
        return 0;
    struct sca_budget_count *row = find_row(budget, account, program);
    int err = row == NULL ? add_row(budget, account, program, &row) : 0;
    if (err != 0)
        return err;
    row->day = today;
    row->docs += docs;
    if (row->docs < 0) /* taken back after midnight or a change of the clock */
        row->docs = 0;
    return 0;
}

int64_t sca_budget_used(const struct sca_budget *budget, const char *account, const char *program,
                        int64_t now_utc)
{
    int32_t today = local_day(now_utc);
    int64_t used = 0;

    for (size_t i = 0; i < budget->count; i++) {
        const struct sca_budget_count *row = &budget->counts[i];

        if (row->day == today && sca_streq(row->account, account) &&
            (program == NULL || sca_streq(row->program, program)))
            used += row->docs;
    }
    return used;
}

int sca_budget_check(const struct sca_budget *budget, const struct sca_config_account *account,
                     const char *program, int64_t now_utc, int64_t *ret_limit)
{
    if (account->max_per_day >= 0 &&
        sca_budget_used(budget, account->name, NULL, now_utc) >= account->max_per_day) {
        *ret_limit = account->max_per_day;
        return SCA_E_BUDGET;
    }
    for (size_t i = 0; i < account->program_limit_count; i++) {
        const struct sca_program_limit *limit = &account->program_limits[i];

        if (sca_streq(limit->program, program) && limit->per_day >= 0 &&
            sca_budget_used(budget, account->name, program, now_utc) >= limit->per_day) {
            *ret_limit = limit->per_day;
            return SCA_E_BUDGET;
        }
    }
    return 0;
}
