/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of all flows. What a flow waits for is set by the very function that makes the action
 * (post, wait, need, end), so a provider cannot forget it.
 */
#include "cloud/base.h"

#include <stdlib.h>
#include <string.h>
#include "common/text.h"

#define URL_MAX 2048u

/* ---- making ---------------------------------------------------------------------------------- */

static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

static void free_sign(struct sca_base *base)
{
    for (size_t i = 0; base->docs != NULL && i < base->sign.doc_count; i++) {
        free_text(base->docs[i].id);
        free((void *)(uintptr_t)base->docs[i].digest.data);
    }
    free(base->docs);
    free_text(base->sign.txn_id);
    free_text(base->sign.serial);
    free_text(base->sign.provider_id);
    free_text(base->sign.description);
    for (size_t i = 0; base->result.signatures != NULL && i < base->result.count; i++)
        sca_buf_clear(&base->result.signatures[i]);
    free(base->result.signatures);
    free(base->result.provider_txn);
}

static void flow_free(struct sca_flow *flow)
{
    struct sca_base *base = sca_base_of(flow);

    if (base->clear != NULL)
        base->clear(base);
    sca_base_forget(base);
    sca_secret_free(&base->token.access);
    sca_secret_free(&base->token.refresh);
    sca_buf_clear(&base->url);
    sca_base_listing_clear(&base->listing);
    free_sign(base);
    free(base);
}

struct sca_base *sca_base_of(struct sca_flow *flow)
{
    return (struct sca_base *)(void *)((char *)flow - offsetof(struct sca_base, flow));
}

bool sca_base_missing(const char *text)
{
    return text == NULL || text[0] == '\0';
}

int sca_base_new(const struct sca_cloud_account *account, size_t size, sca_base_step *step,
                 struct sca_base **ret_base)
{
    if (sca_base_missing(account->url))
        return SCA_E_CONFIG;

    struct sca_base *base = calloc(1, size);
    if (base == NULL)
        return SCA_E_NOMEM;
    base->flow.step = step;
    base->flow.free = flow_free;
    base->account = *account;
    *ret_base = base;
    return 0;
}

static char *copy_text(const char *text)
{
    return strdup(text == NULL ? "" : text);
}

static int copy_doc(const struct sca_cloud_doc *doc, struct sca_cloud_doc *ret_copy)
{
    uint8_t *digest = malloc(doc->digest.len);
    char *id = copy_text(doc->id);

    if (digest == NULL || id == NULL) {
        free(digest);
        free(id);
        return SCA_E_NOMEM;
    }
    memcpy(digest, doc->digest.data, doc->digest.len);
    *ret_copy = (struct sca_cloud_doc){.id = id, .digest = {digest, doc->digest.len}};
    return 0;
}

static int copy_sign(struct sca_base *base, const struct sca_cloud_sign *sign)
{
    base->sign = *sign;
    base->sign.txn_id = copy_text(sign->txn_id);
    base->sign.serial = copy_text(sign->serial);
    base->sign.provider_id = copy_text(sign->provider_id);
    base->sign.description = copy_text(sign->description);
    base->sign.provider_txn = NULL;
    base->sign.permit = NULL; /* whoever uses it copies it */
    base->docs = calloc(sign->doc_count, sizeof *base->docs);
    base->sign.docs = base->docs;
    if (base->sign.txn_id == NULL || base->sign.serial == NULL || base->sign.provider_id == NULL ||
        base->sign.description == NULL || base->docs == NULL)
        return SCA_E_NOMEM;
    for (size_t i = 0; i < sign->doc_count; i++) {
        int err = copy_doc(&sign->docs[i], &base->docs[i]);
        if (err != 0)
            return err;
    }
    base->sent = sign->resume;
    base->watch.known = sign->resume && sign->accepted;
    if (sign->resume && sign->provider_txn != NULL &&
        strlen(sign->provider_txn) < sizeof base->provider_txn)
        memcpy(base->provider_txn, sign->provider_txn, strlen(sign->provider_txn) + 1);
    return 0;
}

static int check_sign(const struct sca_cloud_sign *sign)
{
    size_t len = sca_hash_len(sign->hash);

    if (len == 0)
        return SCA_E_UNSUPPORTED;
    if (sca_base_missing(sign->txn_id) || sign->doc_count == 0)
        return SCA_E_INVAL;
    if (sign->doc_count > SCA_BASE_DOCS_MAX)
        return SCA_E_LIMIT;
    for (size_t i = 0; i < sign->doc_count; i++) {
        if (sca_base_missing(sign->docs[i].id) || sign->docs[i].digest.len != len)
            return SCA_E_INVAL;
        for (size_t k = 0; k < i; k++) {
            if (sca_streq(sign->docs[i].id, sign->docs[k].id))
                return SCA_E_INVAL;
        }
    }
    return 0;
}

int sca_base_new_sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                      size_t size, sca_base_step *step, struct sca_base **ret_base)
{
    struct sca_base *base = NULL;

    int err = check_sign(sign);
    if (err == 0)
        err = sca_base_new(account, size, step, &base);
    if (err != 0)
        return err;
    err = copy_sign(base, sign);
    if (err != 0) {
        flow_free(&base->flow);
        return err;
    }
    *ret_base = base;
    return 0;
}

/* ---- events ---------------------------------------------------------------------------------- */

static bool awaited(const struct sca_base *base, enum sca_event_kind kind)
{
    switch (kind) {
    case SCA_EVENT_START:
        return base->await == SCA_AWAIT_START;
    case SCA_EVENT_REPLY:
        return base->await == SCA_AWAIT_REPLY;
    case SCA_EVENT_TIMER:
        return base->await == SCA_AWAIT_TIMER;
    case SCA_EVENT_SECRET:
        return base->await == SCA_AWAIT_SECRET;
    case SCA_EVENT_LISTENING:
        return base->await == SCA_AWAIT_LISTENING;
    case SCA_EVENT_BROWSED:
        return base->await == SCA_AWAIT_BROWSED;
    case SCA_EVENT_LAST_CHANCE:
        return true;
    }
    return false;
}

bool sca_base_expects(struct sca_base *base, const struct sca_event *event,
                      struct sca_action *action)
{
    if (base->await == SCA_AWAIT_NOTHING) {
        *action = base->end;
        return false;
    }
    if (!awaited(base, event->kind)) {
        sca_base_break(base, action, SCA_E_INVAL, NULL);
        return false;
    }
    return true;
}

bool sca_base_proceeds(struct sca_base *base, const struct sca_event *event,
                       struct sca_action *action)
{
    if (!sca_base_expects(base, event, action))
        return false;
    if (event->kind != SCA_EVENT_LAST_CHANCE)
        return true;
    sca_base_break(base, action, SCA_E_TIMEOUT, NULL);
    return false;
}

void sca_base_forget(struct sca_base *base)
{
    for (size_t i = 0; i < SCA_SECRET__COUNT; i++)
        sca_secret_free(&base->secret[i]);
    sca_buf_clear(&base->authorization);
    sca_buf_clear(&base->body);
}

void sca_base_need(struct sca_base *base, enum sca_secret_kind kind, struct sca_action *action)
{
    base->await = SCA_AWAIT_SECRET;
    base->asked = kind;
    *action = (struct sca_action){.step = SCA_STEP_NEED, .need = kind};
}

int sca_base_take(struct sca_base *base, const struct sca_event *event)
{
    if (event->secret_err != 0)
        return event->secret_err;
    if (event->secret == NULL || sca_secret_bytes(event->secret).len == 0)
        return SCA_E_NEED_AUTH;
    sca_secret_free(&base->secret[base->asked]);
    return sca_secret_copy(event->secret, &base->secret[base->asked]);
}

void sca_base_need_fresh_token(struct sca_base *base, struct sca_action *action)
{
    sca_secret_free(&base->secret[SCA_SECRET_ACCESS_TOKEN]);
    sca_base_need(base, SCA_SECRET_ACCESS_TOKEN, action);
    action->stale = true;
}

void sca_base_listen(struct sca_base *base, struct sca_action *action)
{
    base->await = SCA_AWAIT_LISTENING;
    *action = (struct sca_action){.step = SCA_STEP_LISTEN};
}

void sca_base_browse(struct sca_base *base, struct sca_action *action, const char *page)
{
    base->await = SCA_AWAIT_BROWSED;
    *action =
        (struct sca_action){.step = SCA_STEP_BROWSE, .page = page, .waiting_for_person = true};
}

bool sca_base_collect(struct sca_base *base, uint32_t needs, const struct sca_event *event,
                      struct sca_action *action)
{
    int err = event->kind == SCA_EVENT_SECRET ? sca_base_take(base, event) : 0;

    if (err != 0) {
        sca_base_break(base, action, err, event->secret_detail);
        return false;
    }
    for (size_t kind = 0; kind < SCA_SECRET__COUNT; kind++) {
        if ((needs & SCA_BIT(kind)) == 0 || base->secret[kind] != NULL)
            continue;
        sca_base_need(base, (enum sca_secret_kind)kind, action);
        return false;
    }
    return true;
}

/* ---- requests -------------------------------------------------------------------------------- */

struct sca_buf *sca_base_body(struct sca_base *base)
{
    sca_buf_clear(&base->authorization);
    sca_buf_clear(&base->body);
    sca_buf_init(&base->authorization, SCA_BASE_HEADER_MAX);
    sca_buf_init(&base->body, SCA_BASE_BODY_MAX);
    return &base->body;
}

void sca_base_bearer(struct sca_base *base)
{
    struct sca_bytes token = sca_secret_bytes(base->secret[SCA_SECRET_ACCESS_TOKEN]);

    sca_buf_add_text(&base->authorization, "Bearer ");
    sca_buf_add(&base->authorization, token.data, token.len);
}

static int make_url(struct sca_base *base, const char *path)
{
    size_t len = strlen(base->account.url);

    while (len > 0 && base->account.url[len - 1] == '/')
        len--;
    sca_buf_clear(&base->url);
    sca_buf_init(&base->url, URL_MAX);
    sca_buf_add(&base->url, base->account.url, len);
    sca_buf_add_text(&base->url, path);
    return sca_buf_add_u8(&base->url, '\0');
}

void sca_base_post(struct sca_base *base, struct sca_action *action,
                   const struct sca_base_post *post)
{
    bool authorized = base->authorization.len > 0;
    int err = post->spends && base->sent ? SCA_E_INVAL : make_url(base, post->path);

    if (err == 0)
        err = base->body.err;
    if (err == 0)
        err = authorized ? sca_buf_add_u8(&base->authorization, '\0') : base->authorization.err;
    if (err != 0) {
        /* A text that is not UTF-8 can only come from the configuration. */
        sca_base_break(base, action, err == SCA_E_FORMAT ? SCA_E_CONFIG : err, NULL);
        return;
    }
    base->await = SCA_AWAIT_REPLY;
    base->sent |= post->spends;
    *action = (struct sca_action){
        .step = SCA_STEP_SEND,
        .request =
            {
                .url = (const char *)base->url.data,
                .content_type =
                    post->content_type != NULL ? post->content_type : "application/json",
                .authorization = authorized ? (const char *)base->authorization.data : NULL,
                .body = {base->body.data, base->body.len},
                .timeout_ms = post->timeout_ms,
                .spends = post->spends,
                .acts = post->acts,
                .asks = post->asks,
                .unasked = post->unasked,
            },
    };
}

void sca_base_wait(struct sca_base *base, struct sca_action *action, uint32_t wait_ms, bool person)
{
    base->await = SCA_AWAIT_TIMER;
    *action = (struct sca_action){
        .step = SCA_STEP_WAIT,
        .wait_ms = wait_ms,
        .waiting_for_person = person,
    };
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void end(struct sca_base *base, struct sca_action *action)
{
    sca_base_forget(base);
    base->await = SCA_AWAIT_NOTHING;
    action->detail = base->detail;
    base->end = *action;
}

void sca_base_fail(struct sca_base *base, struct sca_action *action, int err, enum sca_spent spent,
                   const char *detail)
{
    if (detail != base->detail)
        sca_text_printable(detail, base->detail, sizeof base->detail);
    *action = (struct sca_action){.step = SCA_STEP_FAIL, .err = err, .spent = spent};
    end(base, action);
}

void sca_base_break(struct sca_base *base, struct sca_action *action, int err, const char *detail)
{
    sca_base_fail(base, action, err, base->sent ? SCA_SPENT_UNKNOWN : SCA_SPENT_NOTHING, detail);
}

void sca_base_done(struct sca_base *base, struct sca_action *action)
{
    *action = (struct sca_action){.step = SCA_STEP_DONE};
    end(base, action);
}

void sca_base_adopt(struct sca_base *base, struct sca_action *action, struct sca_answer *answer)
{
    const char *code = answer->provider_txn[0] != '\0' ? answer->provider_txn : base->provider_txn;

    base->result.provider_txn = copy_text(code);
    if (base->result.provider_txn == NULL) {
        sca_base_fail(base, action, SCA_E_NOMEM, SCA_SPENT_UNKNOWN, NULL);
        return;
    }
    base->result.signatures = answer->signatures;
    base->result.count = answer->count;
    answer->signatures = NULL;
    answer->count = 0;
    base->flow.result = &base->result;
    sca_base_done(base, action);
}

bool sca_base_never_left(struct sca_base *base, const struct sca_event *event,
                         struct sca_action *action)
{
    int err = sca_transport_err(event->reply->transport);

    if (err == 0 || err == SCA_E_SERVER)
        return false;
    sca_base_fail(base, action, err, SCA_SPENT_NOTHING, event->reply->detail);
    return true;
}

void sca_base_tell(const struct sca_base *base, struct sca_action *action)
{
    action->accepted = base->watch.known;
    action->provider_txn = base->provider_txn;
}

/* ---- listings -------------------------------------------------------------------------------- */

void sca_base_cert_clear(struct sca_cloud_cert *cert)
{
    free(cert->serial);
    free(cert->provider_id);
    free(cert->service);
    free(cert->status);
    sca_buf_clear(&cert->der);
    for (size_t i = 0; i < cert->chain_count; i++)
        sca_buf_clear(&cert->chain[i]);
    *cert = (struct sca_cloud_cert){0};
}

void sca_base_listing_clear(struct sca_cloud_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        sca_base_cert_clear(&listing->certs[i]);
    free(listing->certs);
    *listing = (struct sca_cloud_listing){0};
}
