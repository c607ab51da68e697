/* SPDX-License-Identifier: Apache-2.0 */
/* Limits per day and program: counted once, freed when nothing was spent, anew each local day. */
#include "harness.h"
#include <time.h>
#include "agent/budget.h"
#include "common/err.h"

#define DAY (24 * 3600)

static char work[] = "work", soffice[] = "soffice.bin", tool[] = "pkcs11-tool";

/* Noon of a day without a change of the clock, in local time. */
static int64_t noon(void)
{
    struct tm local = {.tm_year = 126, .tm_mon = 10, .tm_mday = 20, .tm_hour = 12, .tm_isdst = -1};

    return mktime(&local);
}

static void counts_per_day(void **state)
{
    struct sca_config_account account = {.name = work, .max_per_day = 2};
    struct sca_budget budget;
    int64_t limit = 0;

    (void)state;
    sca_budget_init(&budget);
    assert_int_equal(sca_budget_check(&budget, &account, soffice, noon(), &limit), 0);
    assert_int_equal(sca_budget_add(&budget, work, soffice, noon(), 1, noon()), 0);
    assert_int_equal(sca_budget_add(&budget, work, tool, noon(), 1, noon()), 0);
    assert_int_equal(sca_budget_add(&budget, "home", tool, noon(), 5, noon()), 0);
    assert_int_equal(sca_budget_used(&budget, work, NULL, noon()), 2);
    assert_int_equal(sca_budget_check(&budget, &account, soffice, noon(), &limit), SCA_E_BUDGET);
    assert_int_equal(limit, 2);

    assert_int_equal(sca_budget_check(&budget, &account, soffice, noon() + DAY, &limit), 0);
    assert_int_equal(sca_budget_add(&budget, work, tool, noon(), -1, noon()), 0);
    assert_int_equal(sca_budget_check(&budget, &account, soffice, noon(), &limit), 0);
    sca_budget_clear(&budget);
}

static void counts_per_program(void **state)
{
    struct sca_program_limit limits[] = {{soffice, 1}, {tool, 0}};
    struct sca_config_account account = {
        .name = work, .max_per_day = -1, .program_limits = limits, .program_limit_count = 2};
    struct sca_budget budget;
    int64_t limit = -1;

    (void)state;
    sca_budget_init(&budget);
    assert_int_equal(sca_budget_check(&budget, &account, tool, noon(), &limit), SCA_E_BUDGET);
    assert_int_equal(limit, 0);
    assert_int_equal(sca_budget_check(&budget, &account, soffice, noon(), &limit), 0);
    assert_int_equal(sca_budget_add(&budget, work, soffice, noon(), 1, noon()), 0);
    assert_int_equal(sca_budget_check(&budget, &account, soffice, noon(), &limit), SCA_E_BUDGET);
    assert_int_equal(sca_budget_check(&budget, &account, "firefox", noon(), &limit), 0);
    sca_budget_clear(&budget);
}

static void other_days_do_not_count(void **state)
{
    struct sca_budget budget;

    (void)state;
    sca_budget_init(&budget);
    assert_int_equal(sca_budget_add(&budget, work, soffice, noon() - DAY, 7, noon()), 0);
    assert_int_equal(sca_budget_used(&budget, work, NULL, noon()), 0);
    assert_int_equal(sca_budget_add(&budget, work, soffice, noon(), 1, noon()), 0);
    assert_int_equal(sca_budget_add(&budget, work, soffice, noon() + DAY, 1, noon() + DAY), 0);
    assert_int_equal(sca_budget_used(&budget, work, NULL, noon() + DAY), 1);
    assert_int_equal(budget.count, 1); /* yesterday's row is gone */
    assert_int_equal(sca_budget_add(&budget, work, soffice, noon() + DAY, -5, noon() + DAY), 0);
    assert_int_equal(sca_budget_used(&budget, work, NULL, noon() + DAY), 0);
    sca_budget_clear(&budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_per_day),
        cmocka_unit_test(counts_per_program),
        cmocka_unit_test(other_days_do_not_count),
    };

    return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
