/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MySign's numbers. Those in the table were seen by integrators; of others the words are read, as
 * for all services.
 */
#include "cloud/mysign_reply.h"

#include <stdio.h>
#include "cloud/answer.h"
#include "cloud/cause.h"
#include "common/text.h"

static const struct {
    int64_t number;
    int err;
} causes[] = {
    {58007, SCA_E_SP_AUTH},   /* no such client */
    {86024, SCA_E_SP_AUTH},   /* client secret */
    {86002, SCA_E_SP_AUTH},   /* the client's TLS certificate */
    {58008, SCA_E_NO_CERT},   /* no such person */
    {59033, SCA_E_USER_AUTH}, /* user or password */
    {SCA_MYSIGN_EXPIRED, SCA_E_EXPIRED},
    {SCA_MYSIGN_REJECTED, SCA_E_REJECTED},
    {SCA_MYSIGN_FAILED, SCA_E_REFUSED},
    {SCA_MYSIGN_QUOTA, SCA_E_QUOTA},
    {SCA_MYSIGN_BAD_CERT, SCA_E_CERT},
    {SCA_MYSIGN_INTERNAL, SCA_E_SERVER},
};

static const char *message_of(const json_t *root)
{
    static const char *const keys[] = {"error_description", "message", "description", "error"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *text = sca_json_text(root, keys[i]);
        if (text != NULL && text[0] != '\0')
            return text;
    }
    return NULL;
}

void sca_mysign_reply_open(const struct sca_http_reply *http, struct sca_mysign_reply *ret_reply)
{
    struct sca_mysign_reply reply = {.words = " "};

    if (http->transport != SCA_TRANSPORT_OK) {
        sca_text_printable(http->detail, reply.detail, sizeof reply.detail);
        *ret_reply = reply;
        return;
    }
    reply.http = http->status;
    if (sca_json_load_any(http->body, &reply.root) != 0)
        reply.root = NULL;
    reply.success = reply.root != NULL && http->status >= 200 && http->status < 300;
    reply.has_number = sca_json_int(reply.root, "status", &reply.number) ||
                       sca_json_int(reply.root, "error", &reply.number);

    const char *message = message_of(reply.root);
    sca_words_fold(message, reply.words);
    if (message != NULL)
        sca_text_printable(message, reply.detail, sizeof reply.detail);
    else if (reply.has_number)
        snprintf(reply.detail, sizeof reply.detail, "%lld", (long long)reply.number);
    else
        snprintf(reply.detail, sizeof reply.detail, "HTTP %d", http->status);
    *ret_reply = reply;
}

void sca_mysign_reply_clear(struct sca_mysign_reply *reply)
{
    json_decref(reply->root);
    reply->root = NULL;
}

int sca_mysign_refusal(const struct sca_http_reply *http, const struct sca_mysign_reply *reply)
{
    int err = sca_transport_err(http->transport);

    if (err != 0)
        return err;
    if (reply->http == 0 || sca_http_undecided(reply->http))
        return SCA_E_SERVER;
    for (size_t i = 0; reply->has_number && i < sizeof causes / sizeof causes[0]; i++) {
        if (causes[i].number == reply->number)
            return causes[i].err;
    }
    if (reply->http == 401)
        return SCA_E_NEED_AUTH;
    if (reply->root == NULL || reply->http < 400) /* a gateway's page, a redirect */
        return SCA_E_SERVER;
    err = sca_cause_of(reply->words);
    return err != 0 ? err : SCA_E_REFUSED;
}
