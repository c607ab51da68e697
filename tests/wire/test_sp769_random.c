/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the world answers, in whatever order: a sign flow hands out one request that can cost a
 * signature at the most, a resumed one none, and a failure before that request never claims to be
 * uncertain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "drive.h"

static const struct drive_canned replies[] = {
    {200, "{\"status_code\":200,\"message\":\"x\",\"data\":null}"},
    {200, "{\"status_code\":200,\"message\":\"x\",\"data\":{\"tran_code\":\"c-1\"}}"},
    {200,
     "{\"status_code\":200,\"message\":\"x\",\"data\":{\"tran_code\":\"c-1\",\"sad\":\"a.b.c\"}}"},
    {200, "{\"status_code\":200,\"message\":\"x\",\"data\":{\"sad\":\"a.b.c\",\"expired_in\":3}}"},
    {200, "{\"status_code\":200,\"message\":\"x\",\"data\":{\"signatures\":[{\"doc_id\":\"doc-7\","
          "\"signature_value\":\"AQID\"}]}}"},
    {404, "{\"status_code\":404,\"message\":\"transaction_not_exist\"}"},
    {404, "{\"status_code\":404,\"message\":\"transaction_not_exist\"}"},
    {409, ""},
    {429, ""},
    {502, "<html>"},
    {200, "{\"status_code\":200,"},
    {200, "{}"},
    {200, SIGNED},
    {400, "{\"status_code\":400,\"message\":\"transaction_id already exists\"}"},
    {400, "{\"status_code\":400,\"message\":\"sig_user_rejected\"}"},
    {401, "{\"status_code\":401,\"message\":\"SP_CREDENTIAL_INVALID\"}"},
    {400, "{\"status_code\":1003,\"message\":\"OTP\"}"},
};

static void test_random(void **state)
{
    size_t count = sizeof replies / sizeof replies[0];

    (void)state;
    drive_random("vnpt-smartca", NULL, replies, count);
    drive_random("vnpt-smartca-th", NULL, replies, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
