/* SPDX-License-Identifier: Apache-2.0 */
/* The table of codes; of others the words are read, as for all services. */
#include "cloud/vnpt_oauth_reply.h"

#include <stdio.h>
#include "cloud/answer.h"
#include "cloud/cause.h"
#include "common/text.h"

static const struct {
    int64_t code;
    int err;
} causes[] = {
    {SCA_VNPT_OAUTH_INTERNAL, SCA_E_SERVER},
    {60000, SCA_E_NO_CERT}, /* no such credential */
    {60001, SCA_E_NO_CERT}, /* of somebody else */
    {60002, SCA_E_NO_CERT}, /* no result */
    {60003, SCA_E_CERT},    /* its status */
    {61000, SCA_E_REFUSED}, /* key assignment */
    {62010, SCA_E_REFUSED}, /* malformed data */
    {63000, SCA_E_REFUSED}, /* the signer's authentication, on the phone */
    {63001, SCA_E_REFUSED},
    {65000, SCA_E_QUOTA},
};

static const char *message_of(const json_t *root)
{
    static const char *const keys[] = {"message", "error_description", "codeDesc", "error",
                                       "title"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *text = sca_json_text(root, keys[i]);
        if (text != NULL && text[0] != '\0')
            return text;
    }
    return NULL;
}

void sca_vnpt_oauth_reply_open(const struct sca_http_reply *http,
                               struct sca_vnpt_oauth_reply *ret_reply)
{
    struct sca_vnpt_oauth_reply reply = {.words = " "};

    if (http->transport != SCA_TRANSPORT_OK) {
        sca_text_printable(http->detail, reply.detail, sizeof reply.detail);
        *ret_reply = reply;
        return;
    }
    reply.http = http->status;
    if (sca_json_load(http->body, &reply.root) != 0)
        reply.root = NULL;
    reply.content = json_object_get(reply.root, "content");
    if (json_is_null(reply.content))
        reply.content = NULL;
    reply.has_code = sca_json_int(reply.root, "code", &reply.code);
    /* The document says 0; in one place it, and one client, say 1. */
    reply.success = reply.has_code && http->status >= 200 && http->status < 300 &&
                    (reply.code == 0 || (reply.code == 1 && reply.content != NULL));
    reply.stale =
        http->status == 401 || (reply.has_code && reply.code == SCA_VNPT_OAUTH_TOKEN_OVER);

    const char *message = message_of(reply.root);
    sca_words_fold(message, reply.words);
    if (message != NULL)
        sca_text_printable(message, reply.detail, sizeof reply.detail);
    else if (reply.has_code)
        snprintf(reply.detail, sizeof reply.detail, "HTTP %d, code %lld", http->status,
                 (long long)reply.code);
    else
        snprintf(reply.detail, sizeof reply.detail, "HTTP %d", http->status);
    *ret_reply = reply;
}

void sca_vnpt_oauth_reply_clear(struct sca_vnpt_oauth_reply *reply)
{
    json_decref(reply->root);
    reply->root = NULL;
    reply->content = NULL;
}

int sca_vnpt_oauth_refusal(const struct sca_http_reply *http,
                           const struct sca_vnpt_oauth_reply *reply)
{
    int err = sca_transport_err(http->transport);

    if (err != 0)
        return err;
    if (reply->stale)
        return SCA_E_NEED_AUTH;
    if (!reply->has_code || reply->success || reply->code == 0 || reply->code == 1 ||
        sca_http_undecided(reply->http))
        return SCA_E_SERVER;
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        if (causes[i].code == reply->code)
            return causes[i].err;
    }
    err = sca_cause_of(reply->words);
    return err != 0 ? err : SCA_E_REFUSED;
}
