/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the sp769 flows. Secrets leave the flow as soon as no later request needs them: v1
 * forgets all once the sign request is answered, v2 keeps password and SAD until it is confirmed.
 */
#include "cloud/sp769_flow.h"

#include <stdlib.h>
#include <string.h>
#include "common/log.h"
#include "common/text.h"

#define URL_MAX         2048u
#define LIST_TIMEOUT_MS 15000u
#define SIGN_TIMEOUT_MS 30000u
#define POLL_TIMEOUT_MS 15000u

/* ---- making ---------------------------------------------------------------------------------- */

static void free_sign(struct sca_sp769 *flow)
{
    for (size_t i = 0; flow->docs != NULL && i < flow->sign.doc_count; i++) {
        free((void *)(uintptr_t)flow->docs[i].id);
        free((void *)(uintptr_t)flow->docs[i].digest.data);
    }
    free(flow->docs);
    free((void *)(uintptr_t)flow->sign.txn_id);
    free((void *)(uintptr_t)flow->sign.serial);
    free((void *)(uintptr_t)flow->sign.description);
    for (size_t i = 0; flow->result.signatures != NULL && i < flow->result.count; i++)
        sca_buf_clear(&flow->result.signatures[i]);
    free(flow->result.signatures);
    free(flow->result.provider_txn);
}

static void flow_free(struct sca_flow *base)
{
    struct sca_sp769 *flow = sca_sp769_of(base);

    sca_sp769_forget(flow);
    sca_buf_clear(&flow->url);
    sca_sp769_listing_clear(&flow->listing);
    free_sign(flow);
    free(flow);
}

struct sca_sp769 *sca_sp769_of(struct sca_flow *flow)
{
    return (struct sca_sp769 *)(void *)((char *)flow - offsetof(struct sca_sp769, flow));
}

static bool missing(const char *text)
{
    return text == NULL || text[0] == '\0';
}

int sca_sp769_new(const struct sca_cloud_account *account, sca_sp769_step *step,
                  struct sca_sp769 **ret_flow)
{
    if (missing(account->url) || missing(account->sp_id) || missing(account->user_id))
        return SCA_E_CONFIG;

    struct sca_sp769 *flow = calloc(1, sizeof *flow);
    if (flow == NULL)
        return SCA_E_NOMEM;
    flow->flow.step = step;
    flow->flow.free = flow_free;
    flow->account = *account;
    *ret_flow = flow;
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

static int copy_sign(struct sca_sp769 *flow, const struct sca_cloud_sign *sign)
{
    flow->sign = *sign;
    flow->sign.txn_id = copy_text(sign->txn_id);
    flow->sign.serial = copy_text(sign->serial);
    flow->sign.description = copy_text(sign->description);
    flow->docs = calloc(sign->doc_count, sizeof *flow->docs);
    flow->sign.docs = flow->docs;
    if (flow->sign.txn_id == NULL || flow->sign.serial == NULL || flow->sign.description == NULL ||
        flow->docs == NULL)
        return SCA_E_NOMEM;
    for (size_t i = 0; i < sign->doc_count; i++) {
        int err = copy_doc(&sign->docs[i], &flow->docs[i]);
        if (err != 0)
            return err;
    }
    flow->sent = sign->resume;
    flow->watch.known = sign->resume && sign->accepted;
    if (sign->resume && sign->provider_txn != NULL &&
        strlen(sign->provider_txn) < sizeof flow->tran_code)
        memcpy(flow->tran_code, sign->provider_txn, strlen(sign->provider_txn) + 1);
    flow->sign.provider_txn = NULL;
    return 0;
}

static int check_sign(const struct sca_cloud_sign *sign)
{
    size_t len = sca_hash_len(sign->hash);

    if (sign->scheme != SCA_SCHEME_PKCS1 || len == 0)
        return SCA_E_UNSUPPORTED;
    if (missing(sign->txn_id) || sign->doc_count == 0)
        return SCA_E_INVAL;
    if (sign->doc_count > SCA_SP769_DOCS_MAX)
        return SCA_E_LIMIT;
    for (size_t i = 0; i < sign->doc_count; i++) {
        if (missing(sign->docs[i].id) || sign->docs[i].digest.len != len)
            return SCA_E_INVAL;
        for (size_t k = 0; k < i; k++) {
            if (sca_streq(sign->docs[i].id, sign->docs[k].id))
                return SCA_E_INVAL;
        }
    }
    return 0;
}

int sca_sp769_new_sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                       sca_sp769_step *step, struct sca_flow **ret_flow)
{
    struct sca_sp769 *flow = NULL;

    int err = check_sign(sign);
    if (err == 0)
        err = sca_sp769_new(account, step, &flow);
    if (err != 0)
        return err;
    err = copy_sign(flow, sign);
    if (err != 0) {
        flow_free(&flow->flow);
        return err;
    }
    *ret_flow = &flow->flow;
    return 0;
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void end(struct sca_sp769 *flow, struct sca_action *action)
{
    sca_sp769_forget(flow);
    flow->phase = SCA_SP769_ENDED;
    action->detail = flow->detail;
    flow->end = *action;
}

void sca_sp769_fail(struct sca_sp769 *flow, struct sca_action *action, int err,
                    enum sca_spent spent, const char *detail)
{
    if (detail != flow->detail)
        sca_text_printable(detail, flow->detail, sizeof flow->detail);
    *action = (struct sca_action){.step = SCA_STEP_FAIL, .err = err, .spent = spent};
    end(flow, action);
}

void sca_sp769_done(struct sca_sp769 *flow, struct sca_action *action)
{
    *action = (struct sca_action){.step = SCA_STEP_DONE};
    end(flow, action);
}

void sca_sp769_adopt(struct sca_sp769 *flow, struct sca_action *action,
                     struct sca_sp769_answer *answer)
{
    const char *code = answer->tran_code[0] != '\0' ? answer->tran_code : flow->tran_code;

    flow->result.provider_txn = copy_text(code);
    if (flow->result.provider_txn == NULL) {
        sca_sp769_fail(flow, action, SCA_E_NOMEM, SCA_SPENT_UNKNOWN, NULL);
        return;
    }
    flow->result.signatures = answer->signatures;
    flow->result.count = answer->count;
    answer->signatures = NULL;
    answer->count = 0;
    flow->flow.result = &flow->result;
    sca_sp769_done(flow, action);
}

/* ---- secrets --------------------------------------------------------------------------------- */

void sca_sp769_forget(struct sca_sp769 *flow)
{
    for (size_t i = 0; i < SCA_SECRET__COUNT; i++)
        sca_secret_free(&flow->secret[i]);
    sca_secret_free(&flow->sad);
    sca_buf_clear(&flow->body);
}

static int keep_secret(struct sca_sp769 *flow, const struct sca_event *event, size_t kind)
{
    if (event->secret_err != 0)
        return event->secret_err;
    if (event->secret == NULL || sca_secret_bytes(event->secret).len == 0)
        return SCA_E_NEED_AUTH;
    return sca_secret_copy(event->secret, &flow->secret[kind]);
}

bool sca_sp769_collect(struct sca_sp769 *flow, uint32_t needs, const struct sca_event *event,
                       struct sca_action *action)
{
    bool brought = event->kind == SCA_EVENT_SECRET;

    for (size_t kind = 0; kind < SCA_SECRET__COUNT; kind++) {
        if ((needs & SCA_BIT(kind)) == 0 || flow->secret[kind] != NULL)
            continue;
        if (!brought) {
            flow->phase = SCA_SP769_SECRETS;
            *action =
                (struct sca_action){.step = SCA_STEP_NEED, .need = (enum sca_secret_kind)kind};
            return false;
        }
        brought = false;
        int err = keep_secret(flow, event, kind);
        if (err != 0) {
            sca_sp769_fail(flow, action, err, SCA_SPENT_NOTHING, NULL);
            return false;
        }
    }
    return true;
}

bool sca_sp769_collecting(const struct sca_sp769 *flow, const struct sca_event *event)
{
    return (flow->phase == SCA_SP769_NEW && event->kind == SCA_EVENT_START) ||
           (flow->phase == SCA_SP769_SECRETS && event->kind == SCA_EVENT_SECRET);
}

struct sca_sp769_who sca_sp769_who(const struct sca_sp769 *flow)
{
    return (struct sca_sp769_who){
        .sp_id = flow->account.sp_id,
        .sp_password = sca_secret_bytes(flow->secret[SCA_SECRET_SP_PASSWORD]),
        .user_id = flow->account.user_id,
    };
}

/* ---- requests -------------------------------------------------------------------------------- */

void sca_sp769_tell(const struct sca_sp769 *flow, struct sca_action *action)
{
    action->accepted = flow->watch.known;
    action->provider_txn = flow->tran_code;
}

struct sca_buf *sca_sp769_body(struct sca_sp769 *flow)
{
    sca_buf_clear(&flow->body);
    sca_buf_init(&flow->body, SCA_SP769_BODY_MAX);
    return &flow->body;
}

static int make_url(struct sca_sp769 *flow, const char *path)
{
    size_t len = strlen(flow->account.url);

    while (len > 0 && flow->account.url[len - 1] == '/')
        len--;
    sca_buf_clear(&flow->url);
    sca_buf_init(&flow->url, URL_MAX);
    sca_buf_add(&flow->url, flow->account.url, len);
    sca_buf_add_text(&flow->url, path);
    return sca_buf_add_u8(&flow->url, '\0');
}

static uint32_t timeout_of(enum sca_sp769_phase phase)
{
    return phase == SCA_SP769_LISTING   ? LIST_TIMEOUT_MS
           : phase == SCA_SP769_POLLING ? POLL_TIMEOUT_MS
                                        : SIGN_TIMEOUT_MS;
}

void sca_sp769_post(struct sca_sp769 *flow, struct sca_action *action, enum sca_sp769_phase next,
                    const char *path)
{
    int err = make_url(flow, path);

    if (err == 0)
        err = flow->body.err;
    if (err != 0) {
        /* A text that is not UTF-8 can only come from the configuration. */
        sca_sp769_fail(flow, action, err == SCA_E_FORMAT ? SCA_E_CONFIG : err,
                       flow->sent ? SCA_SPENT_UNKNOWN : SCA_SPENT_NOTHING, NULL);
        return;
    }
    flow->phase = next;
    *action = (struct sca_action){
        .step = SCA_STEP_SEND,
        .request =
            {
                .url = (const char *)flow->url.data,
                .content_type = "application/json",
                .body = {flow->body.data, flow->body.len},
                .timeout_ms = timeout_of(next),
                .spends = next == SCA_SP769_SIGNING,
            },
    };
}

void sca_sp769_send_sign(struct sca_sp769 *flow, struct sca_action *action, const char *path,
                         const struct sca_sp769_person *person)
{
    struct sca_sp769_who who = sca_sp769_who(flow);

    if (flow->sent) {
        sca_sp769_fail(flow, action, SCA_E_INVAL, SCA_SPENT_UNKNOWN, NULL);
        return;
    }
    sca_sp769_put_sign(sca_sp769_body(flow), &who, &flow->sign, person);
    sca_sp769_post(flow, action, SCA_SP769_SIGNING, path);
    flow->sent = action->step == SCA_STEP_SEND;
}

/* The transports of which it is certain that nothing arrived. */
static bool never_left(struct sca_sp769 *flow, const struct sca_event *event,
                       struct sca_action *action)
{
    switch (event->reply->transport) {
    case SCA_TRANSPORT_NOT_SENT:
        sca_sp769_fail(flow, action, SCA_E_UNREACHABLE, SCA_SPENT_NOTHING, event->reply->detail);
        return true;
    case SCA_TRANSPORT_TLS:
        sca_sp769_fail(flow, action, SCA_E_TLS, SCA_SPENT_NOTHING, event->reply->detail);
        return true;
    case SCA_TRANSPORT_OK:
    case SCA_TRANSPORT_UNCERTAIN:
        break;
    }
    return false;
}

void sca_sp769_signed(struct sca_sp769 *flow, const struct sca_event *event,
                      struct sca_action *action, struct sca_sp769_answer *answer)
{
    if (never_left(flow, event, action))
        return;
    if (answer->class == SCA_SP769_DONE) {
        sca_sp769_adopt(flow, action, answer);
        return;
    }
    if (answer->class == SCA_SP769_REFUSED) {
        sca_sp769_fail(flow, action, answer->err, answer->spent, answer->detail);
        return;
    }

    /* From here on only the transaction's id counts. */
    sca_sp769_forget(flow);
    memcpy(flow->tran_code, answer->tran_code, sizeof flow->tran_code);
    memcpy(flow->detail, answer->detail, sizeof flow->detail);
    flow->watch.known = answer->class == SCA_SP769_PENDING || answer->class == SCA_SP769_EXISTS;
    flow->watch.hint = answer->err;
    if (answer->class == SCA_SP769_TROUBLE)
        sca_log(SCA_LOG_WARNING, "txn", "%s: the sign request may have arrived (%s); looking it up",
                flow->sign.txn_id, answer->detail);
    sca_sp769_poll_later(flow, action);
}
