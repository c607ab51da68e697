/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VNPT OAuth requests, and the readers of what token, signhash and gettraninfo answer. A look is
 * judged in a fixed order: signatures before statuses, and of the codes only those that are about
 * the transaction itself; a look that is refused says nothing about it.
 */
#include "cloud/wire_vnpt_oauth.h"

#include <stdio.h>
#include <string.h>
#include "cloud/cause.h"
#include "cloud/form.h"
#include "cloud/vnpt_oauth_reply.h"
#include "common/text.h"

#define SCOPE            "sign offline_access" /* offline_access: a refresh token */
#define TOKEN_LIFE_MAX_S (30 * 24 * 3600)

/* tranStatus. Source: document v1.1, gettraninfo. */
enum {
    STATUS_SUCCESS = 1,
    STATUS_WAITING = 4000,
    STATUS_EXPIRED = 4001,
    STATUS_REJECTED = 4002,
    STATUS_AUTHORIZE_KEY_FAILED = 4003,
    STATUS_SIGN_FAILED = 4004,
};

/* ---- log-ins --------------------------------------------------------------------------------- */

static void put_client(struct sca_buf *out, const char *grant,
                       const struct sca_vnpt_oauth_client *client)
{
    sca_form_put_text(out, "grant_type", grant);
    sca_form_put_text(out, "client_id", client->id);
    sca_form_put(out, "client_secret", client->secret);
}

void sca_vnpt_oauth_put_refresh(struct sca_buf *out, const struct sca_vnpt_oauth_client *client,
                                struct sca_bytes refresh)
{
    put_client(out, "refresh_token", client);
    sca_form_put(out, "refresh_token", refresh);
    sca_form_put_text(out, "scope", SCOPE);
}

void sca_vnpt_oauth_put_password(struct sca_buf *out, const struct sca_vnpt_oauth_client *client,
                                 const char *user_id, struct sca_bytes password)
{
    put_client(out, "password", client);
    sca_form_put_text(out, "username", user_id);
    sca_form_put(out, "password", password);
    sca_form_put_text(out, "scope", SCOPE);
}

void sca_vnpt_oauth_put_code(struct sca_buf *out, const struct sca_vnpt_oauth_client *client,
                             struct sca_bytes code, const char *redirect_uri,
                             struct sca_bytes verifier)
{
    put_client(out, "authorization_code", client);
    sca_form_put(out, "code", code);
    sca_form_put_text(out, "redirect_uri", redirect_uri);
    if (verifier.len > 0)
        sca_form_put(out, "code_verifier", verifier);
}

/* The error of RFC 6749 section 5.2. */
static int token_refusal(const struct sca_http_reply *http,
                         const struct sca_vnpt_oauth_reply *reply)
{
    static const struct {
        const char *error;
        int err;
    } causes[] = {
        {"invalid_grant", SCA_E_USER_AUTH},
        {"invalid_client", SCA_E_SP_AUTH},
        {"unauthorized_client", SCA_E_NEED_AUTH},
        {"unsupported_grant_type", SCA_E_NEED_AUTH},
    };
    const char *error = sca_json_text(reply->root, "error");
    bool locked = sca_cause_of(reply->words) == SCA_E_USER_LOCKED;

    if (error == NULL || sca_http_undecided(reply->http)) {
        int err = sca_vnpt_oauth_refusal(http, reply);
        return err == SCA_E_NEED_AUTH ? SCA_E_SERVER : err;
    }
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        if (strcmp(error, causes[i].error) == 0)
            return causes[i].err == SCA_E_USER_AUTH && locked ? SCA_E_USER_LOCKED : causes[i].err;
    }
    return SCA_E_REFUSED;
}

static int take_tokens(const json_t *root, struct sca_cloud_token *token)
{
    const char *access = sca_json_text(root, "access_token");
    const char *refresh = sca_json_text(root, "refresh_token");
    int64_t life_s = 0;

    if (access == NULL || *access == '\0')
        return SCA_E_SERVER;
    int err = sca_secret_new(access, strlen(access), &token->access);
    if (err == 0 && refresh != NULL && *refresh != '\0')
        err = sca_secret_new(refresh, strlen(refresh), &token->refresh);
    if (err != 0) {
        sca_secret_free(&token->access);
        return err == SCA_E_LIMIT ? SCA_E_SERVER : err;
    }
    if (sca_json_int(root, "expires_in", &life_s) && life_s > 0 && life_s <= TOKEN_LIFE_MAX_S)
        token->expires_in_s = (uint32_t)life_s;
    return 0;
}

int sca_vnpt_oauth_read_token(const struct sca_http_reply *http, struct sca_cloud_token *ret_token,
                              char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    SCA_VNPT_OAUTH_REPLY_AUTO reply;
    struct sca_cloud_token token = {0};

    sca_vnpt_oauth_reply_open(http, &reply);
    memcpy(ret_detail, reply.detail, SCA_CLOUD_DETAIL_SIZE);
    if (reply.http < 200 || reply.http >= 300)
        return token_refusal(http, &reply);
    if (sca_json_text(reply.root, "error") != NULL)
        return token_refusal(http, &reply);
    int err = take_tokens(reply.root, &token);
    if (err == 0)
        *ret_token = token;
    return err;
}

/* ---- signing --------------------------------------------------------------------------------- */

void sca_vnpt_oauth_put_sign(struct sca_buf *out, const struct sca_cloud_sign *sign)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "credentialId", sign->provider_id);
    sca_json_put_text(out, "refTranId", sign->txn_id);
    sca_json_put_text(out, "description", sign->description);
    sca_json_open(out, "datas", '[');
    for (size_t i = 0; i < sign->doc_count; i++) {
        sca_json_open(out, NULL, '{');
        sca_json_put_text(out, "name", sign->docs[i].id);
        sca_json_put_base64(out, "hash", sign->docs[i].digest);
        sca_json_close(out, '}');
    }
    sca_json_close(out, ']');
    sca_json_close(out, '}');
}

static void answer_begin(const struct sca_vnpt_oauth_reply *reply, struct sca_answer *ret_answer)
{
    *ret_answer = (struct sca_answer){.class = SCA_ANSWER_TROUBLE, .spent = SCA_SPENT_UNKNOWN};
    memcpy(ret_answer->detail, reply->detail, sizeof ret_answer->detail);
}

/* A text or a whole number. */
static void take_transaction(const struct sca_vnpt_oauth_reply *reply, struct sca_answer *answer)
{
    const char *id = sca_json_text(reply->content, "tranId");
    int64_t number = 0;

    if (id != NULL)
        sca_answer_take_txn(answer, id);
    else if (sca_json_int(reply->content, "tranId", &number))
        snprintf(answer->provider_txn, sizeof answer->provider_txn, "%lld", (long long)number);
}

void sca_vnpt_oauth_read_sign(const struct sca_http_reply *http, struct sca_answer *ret_answer)
{
    SCA_VNPT_OAUTH_REPLY_AUTO reply;

    sca_vnpt_oauth_reply_open(http, &reply);
    answer_begin(&reply, ret_answer);
    if (reply.success) {
        /* Accepted; without an id nobody can ask what became of it. */
        take_transaction(&reply, ret_answer);
        if (ret_answer->provider_txn[0] != '\0')
            ret_answer->class = SCA_ANSWER_PENDING;
        return;
    }
    if (reply.has_code && reply.code == SCA_VNPT_OAUTH_EXISTS) {
        ret_answer->class = SCA_ANSWER_EXISTS;
        return;
    }
    int err = sca_vnpt_oauth_refusal(http, &reply);
    if (err == SCA_E_NEED_AUTH)
        ret_answer->class = SCA_ANSWER_STALE;
    else if (err != SCA_E_SERVER && reply.http != 0)
        sca_answer_refuse(ret_answer, err, SCA_SPENT_NOTHING);
}

/* ---- looking it up --------------------------------------------------------------------------- */

void sca_vnpt_oauth_put_look(struct sca_buf *out, const char *transaction_id)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "tranId", transaction_id);
    sca_json_close(out, '}');
}

/* What the status says of a transaction whose signatures are not (all) there. */
static void read_status(int64_t status, enum sca_match match, struct sca_answer *answer)
{
    switch (status) {
    case STATUS_SUCCESS:
        answer->class = SCA_ANSWER_STRANGE;
        return;
    case STATUS_WAITING:
        answer->class = match == SCA_MATCH_STRANGE ? SCA_ANSWER_STRANGE : SCA_ANSWER_PENDING;
        return;
    case STATUS_EXPIRED:
        answer->class = SCA_ANSWER_EXPIRED;
        answer->spent = SCA_SPENT_NOTHING;
        return;
    case STATUS_REJECTED:
        answer->class = SCA_ANSWER_REJECTED;
        answer->spent = SCA_SPENT_NOTHING;
        return;
    case STATUS_AUTHORIZE_KEY_FAILED:
    case STATUS_SIGN_FAILED:
        sca_answer_refuse(answer, SCA_E_REFUSED, SCA_SPENT_NOTHING);
        return;
    default:
        return; /* trouble: perhaps the next look says something known */
    }
}

static void read_content(const struct sca_vnpt_oauth_reply *reply, const struct sca_cloud_doc *docs,
                         size_t count, struct sca_answer *answer)
{
    static const struct sca_match_keys keys = {
        .id = "name", .values = {"sig", "dataSigned"}, .digest = "hash"};
    const char *words = sca_json_text(reply->content, "tranStatusDesc");
    enum sca_match match =
        sca_answer_named(json_object_get(reply->content, "documents"), &keys, docs, count, answer);
    int64_t status = 0;

    if (words != NULL && *words != '\0')
        sca_text_printable(words, answer->detail, sizeof answer->detail);
    if (match == SCA_MATCH_COMPLETE)
        answer->class = SCA_ANSWER_DONE;
    else if (sca_json_int(reply->content, "tranStatus", &status))
        read_status(status, match, answer);
    else if (match == SCA_MATCH_STRANGE)
        answer->class = SCA_ANSWER_STRANGE;
}

void sca_vnpt_oauth_read_look(const struct sca_http_reply *http, const struct sca_cloud_doc *docs,
                              size_t count, struct sca_answer *ret_answer)
{
    SCA_VNPT_OAUTH_REPLY_AUTO reply;

    sca_vnpt_oauth_reply_open(http, &reply);
    answer_begin(&reply, ret_answer);
    if (reply.stale) {
        ret_answer->class = SCA_ANSWER_STALE;
    } else if (reply.success) {
        read_content(&reply, docs, count, ret_answer);
    } else if (reply.has_code && !sca_http_undecided(reply.http)) {
        if (reply.code == SCA_VNPT_OAUTH_TXN_UNKNOWN)
            ret_answer->class = SCA_ANSWER_NOT_FOUND;
        if (reply.code == SCA_VNPT_OAUTH_TXN_EXPIRED) {
            ret_answer->class = SCA_ANSWER_EXPIRED;
            ret_answer->spent = SCA_SPENT_NOTHING;
        }
    }
}
