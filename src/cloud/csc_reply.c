/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What CSC's errors mean. Descriptions are compared folded (words.h): "credentialID" is
 * "credential id" there.
 */
#include "cloud/csc_reply.h"

#include <stdio.h>
#include <string.h>
#include "cloud/answer.h"
#include "cloud/cause.h"
#include "common/text.h"

/* The first row that fits decides. NULL fits everything. */
static const struct {
    const char *error;
    const char *words;
    int err;
} refusals[] = {
    {NULL, " pin locked ", SCA_E_USER_LOCKED},
    {NULL, " credential locked ", SCA_E_USER_LOCKED},
    {NULL, " otp locked ", SCA_E_USER_LOCKED},
    {"invalid_pin", NULL, SCA_E_USER_AUTH},
    {"invalid_otp", NULL, SCA_E_USER_AUTH},
    {"invalid_authentication_data", NULL, SCA_E_USER_AUTH},
    {"authentication_error", NULL, SCA_E_USER_AUTH},
    {"invalid_client", NULL, SCA_E_SP_AUTH},
    {"unauthorized_client", NULL, SCA_E_SP_AUTH},
    {"invalid_grant", NULL, SCA_E_NEED_AUTH},
    {"temporarily_unavailable", NULL, SCA_E_SERVER},
    {"server_error", NULL, SCA_E_SERVER},
    {NULL, " sad expired ", SCA_E_EXPIRED},
    {NULL, " not authorized by the sad ", SCA_E_REFUSED},
    {NULL, " signing certificate ", SCA_E_CERT},
    {NULL, " invalid parameter credential id ", SCA_E_NO_CERT},
    {NULL, " invalid parameter user id ", SCA_E_NO_CERT},
    {NULL, " invalid digest value length ", SCA_E_UNSUPPORTED},
    {NULL, " parameter sign algo", SCA_E_UNSUPPORTED},
    {NULL, " parameter hash algo", SCA_E_UNSUPPORTED},
    {NULL, " numbers of signatures is too high ", SCA_E_REFUSED},
    {NULL, " no signatures are left ", SCA_E_QUOTA},
    {NULL, " signatures left ", SCA_E_QUOTA},
};

static const char *const late_words[] = {" in time ", "timeout", "time out", "timed out", NULL};
static const char *const unfinished_words[] = {
    "previous async", "not been completed", "not yet completed", "not completed yet",
    "in progress",    " pending ",          "still processing",  NULL};

/* ---- the form -------------------------------------------------------------------------------- */

static bool undecided(int http)
{
    return http == 408 || http == 425 || http == 429 || http >= 500;
}

static void read_error(const json_t *root, struct sca_csc_reply *reply)
{
    const char *error = sca_json_text(root, "error");
    const char *description = sca_json_text(root, "error_description");

    if (error != NULL && strlen(error) < sizeof reply->error)
        memcpy(reply->error, error, strlen(error) + 1);
    sca_words_fold(description, reply->words);
    if (description != NULL && description[0] != '\0')
        sca_text_printable(description, reply->detail, sizeof reply->detail);
    else if (error != NULL)
        sca_text_printable(error, reply->detail, sizeof reply->detail);
}

void sca_csc_reply_open(const struct sca_http_reply *http, struct sca_csc_reply *ret_reply)
{
    struct sca_csc_reply reply = {.words = " "};

    if (http->transport != SCA_TRANSPORT_OK) {
        sca_text_printable(http->detail, reply.detail, sizeof reply.detail);
        *ret_reply = reply;
        return;
    }
    reply.http = http->status;
    snprintf(reply.detail, sizeof reply.detail, "HTTP %d", http->status);
    if (sca_json_load(http->body, &reply.root) != 0)
        reply.root = NULL;
    reply.ok = http->status >= 200 && http->status < 300;
    read_error(reply.root, &reply);
    reply.refused = http->status >= 400 && !undecided(http->status) &&
                    (reply.error[0] != '\0' || reply.words[1] != '\0');
    *ret_reply = reply;
}

void sca_csc_reply_clear(struct sca_csc_reply *reply)
{
    json_decref(reply->root);
    reply->root = NULL;
}

/* ---- meanings -------------------------------------------------------------------------------- */

bool sca_csc_stale(const struct sca_csc_reply *reply)
{
    return reply->refused &&
           (sca_streq(reply->error, "invalid_token") || sca_streq(reply->error, "expired_token"));
}

int sca_csc_refusal(const struct sca_csc_reply *reply)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if ((refusals[i].error == NULL || sca_streq(refusals[i].error, reply->error)) &&
            (refusals[i].words == NULL || strstr(reply->words, refusals[i].words) != NULL))
            return refusals[i].err;
    }
    int err = sca_cause_of(reply->words);
    return err != 0 ? err : SCA_E_REFUSED;
}

int sca_csc_trouble(const struct sca_http_reply *http, const struct sca_csc_reply *reply)
{
    int err = sca_transport_err(http->transport);

    if (err != 0)
        return err;
    return reply->refused ? sca_csc_refusal(reply) : SCA_E_SERVER;
}

int sca_csc_verdict(const struct sca_csc_reply *reply, bool typed)
{
    const bool vague = sca_streq(reply->error, "invalid_authentication_data");
    int err = sca_csc_refusal(reply);

    if (err == SCA_E_USER_LOCKED || (err == SCA_E_USER_AUTH && (typed || !vague)))
        return err;
    if (sca_words_any(reply->words, late_words) || sca_cause_expired(reply->words))
        return err == SCA_E_CERT ? err : SCA_E_EXPIRED;
    if (vague || sca_streq(reply->error, "access_denied") || sca_cause_rejected(reply->words))
        return SCA_E_REJECTED;
    return err;
}

bool sca_csc_unfinished(const struct sca_csc_reply *reply)
{
    return reply->http == 202 || sca_streq(reply->error, "accepted_request") ||
           (reply->http == 400 && sca_words_any(reply->words, unfinished_words));
}
