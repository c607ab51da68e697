/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a CSC service answers: one signHash at the most, none when resumed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "csc_replies.h"
#include "drive.h"

static const struct drive_canned replies[] = {
    {200, CSC_INFO_1},
    {200, CSC_INFO_2},
    {200, CSC_INFO_RAR},
    {200, CSC_INFO_EXTENDS_2},
    {200, CSC_INFO_ASYNC},
    {200, CSC_IMPLICIT},
    {200, CSC_PIN},
    {200, CSC_PIN_OTP_1},
    {200, CSC_PIN_OTP_2},
    {200, CSC_APP},
    {200, CSC_BROWSER},
    {200, CSC_SAD},
    {200, "{\"SAD\":\"s\",\"expiresIn\":2}"},
    {200, "{\"access_token\":\"a\"}"},
    {200, CSC_SAD},
    {202, CSC_HANDLE},
    {200, CSC_SIGNED},
    {200, CSC_SIGNED},
    {200, CSC_TWO},
    {200, CSC_LATER},
    {200, CSC_LATER},
    {202, CSC_WAIT},
    {401, CSC_STALE},
    {400, CSC_BAD("SAD expired")},
    {400, CSC_BAD("Invalid parameter requestID")},
    {400, "{\"error\":\"access_denied\"}"},
    {204, ""},
    {502, "<html>"},
};

static void it_spends_once(void **state)
{
    (void)state;
    drive_random("csc", NULL, replies, sizeof replies / sizeof replies[0]);
    drive_random("csc", "r-1", replies, sizeof replies / sizeof replies[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_spends_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
