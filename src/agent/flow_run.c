/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop around one flow. Everything happens in drive(): an event goes in, actions come out until
 * one of them has to wait for the network, the clock or a secret. The run lives until its timer's
 * handle is closed, so that a callback may free it while drive() is still on the stack.
 */
#include "flow_run.h"

#include <stdlib.h>
#include "browse.h"
#include "common/clock.h"
#include "common/log.h"
#include "i18n.h"

struct sca_flow_run {
    struct sca_flow_run_env env;
    const struct sca_config_account *account;
    struct sca_flow *flow;
    struct sca_typed typed;
    struct sca_flow_run_callbacks callbacks;
    uv_timer_t timer; /* the start, and waits */
    struct sca_http_call *http_call;
    struct sca_secrets_call *secrets_call;
    enum sca_secret_kind need; /* of that call */
    void *token_wait;
    struct sca_secret *token; /* the one given last */
    struct sca_browse *browse;
    int64_t date_utc;
    bool waiting;     /* the timer runs for SCA_STEP_WAIT */
    bool asking;      /* the request under way has a person asked and answers when they have */
    bool browsing;    /* the person has a page in the browser */
    bool last_chance; /* to be told at the next wait */
    bool accepted;    /* the caller was told so */
    bool has_code;    /* and of the service's own code */
    bool no_consent;  /* the person's yes was asked for last, and did not come */
    int held_err;     /* why the request was not let go */
    bool over;        /* ended or freed: nothing more happens */
};

/* What drive() does after an action was carried out. */
enum outcome {
    PAUSE, /* a callback will bring the next event, or there is none */
    AGAIN, /* @event holds the next one */
};

static void drive(struct sca_flow_run *run, struct sca_event event);

static struct sca_event make_event(enum sca_event_kind kind)
{
    return (struct sca_event){.kind = kind, .now_ms = sca_now_ms(), .now_utc = sca_now_utc()};
}

static void finish(struct sca_flow_run *run, int err, const struct sca_action *action)
{
    struct sca_flow_end end = {.err = err,
                               .detail = "",
                               .token = sca_flow_token(run->flow),
                               .permit = sca_flow_permit(run->flow),
                               .unasked = sca_flow_unasked(run->flow),
                               .date_utc = run->date_utc};

    if (err == 0) {
        end.listing = sca_flow_listing(run->flow);
        end.result = sca_flow_result(run->flow);
        end.page = sca_flow_page(run->flow);
    } else {
        end.spent = action->spent;
        end.tries = action->tries;
        end.at_screen = run->no_consent;
        if (action->detail != NULL)
            end.detail = action->detail;
    }
    run->over = true;
    uv_timer_stop(&run->timer);
    run->callbacks.done(run->callbacks.arg, &end);
}

/* Ends the run before the request has left. */
static void refuse_to_send(struct sca_flow_run *run, int err, bool spends)
{
    const struct sca_action kept = {.spent = spends ? SCA_SPENT_NOTHING : SCA_SPENT_UNKNOWN,
                                    .detail = ""};

    finish(run, err, &kept);
}

static void on_reply(void *arg, const struct sca_http_reply *reply)
{
    struct sca_flow_run *run = arg;
    struct sca_event event = make_event(SCA_EVENT_REPLY);

    run->http_call = NULL;
    run->asking = false;
    if (run->held_err != 0) {
        refuse_to_send(run, run->held_err, true);
        return;
    }
    if (reply->date_utc != 0)
        run->date_utc = reply->date_utc;
    event.reply = reply;
    drive(run, event);
}

/* True when the time is over: @event says so, and nothing more is waited for. */
static bool tell_last_chance(struct sca_flow_run *run, struct sca_event *event)
{
    if (!run->last_chance)
        return false;
    run->last_chance = false;
    *event = make_event(SCA_EVENT_LAST_CHANCE);
    return true;
}

static void tell_waiting(struct sca_flow_run *run, bool person)
{
    if (run->callbacks.waiting != NULL)
        run->callbacks.waiting(run->callbacks.arg, person);
}

static int leaving(void *arg)
{
    struct sca_flow_run *run = arg;

    run->held_err = run->callbacks.leaving(run->callbacks.arg);
    return run->held_err;
}

static enum outcome send_request(struct sca_flow_run *run, const struct sca_action *action,
                                 struct sca_event *event)
{
    static const struct sca_http_reply not_sent = {.transport = SCA_TRANSPORT_NOT_SENT,
                                                   .detail = ""};
    int err = 0;

    if (action->waiting_for_person && tell_last_chance(run, event))
        return AGAIN;
    if (run->callbacks.before_send != NULL)
        err = run->callbacks.before_send(run->callbacks.arg, &action->request);
    if (run->over)
        return PAUSE;
    if (err != 0) {
        refuse_to_send(run, err, action->request.spends);
        return PAUSE;
    }
    const struct sca_http_trust trust = {run->account->ca_file, run->account->server_key};
    err = sca_http_send(run->env.http, &action->request, &trust, on_reply, run, &run->http_call);
    if (err == 0) {
        if (action->request.spends && run->callbacks.leaving != NULL)
            sca_http_hold(run->http_call, leaving, run);
        run->asking = action->waiting_for_person;
        if (run->asking)
            tell_waiting(run, true);
        return PAUSE;
    }
    sca_log(SCA_LOG_ERROR, "net", "account %s: request not sent (%s)", run->account->name,
            sca_err_name(err));
    *event = make_event(SCA_EVENT_REPLY);
    event->reply = &not_sent;
    return AGAIN;
}

static void end_visit(struct sca_flow_run *run)
{
    sca_browse_free(run->browse);
    run->browse = NULL;
    run->browsing = false;
}

static void on_timer(uv_timer_t *timer)
{
    struct sca_flow_run *run = timer->data;
    enum sca_event_kind kind = SCA_EVENT_START;

    if (run->waiting || run->asking || run->browsing)
        kind = run->last_chance ? SCA_EVENT_LAST_CHANCE : SCA_EVENT_TIMER;
    if (kind == SCA_EVENT_LAST_CHANCE)
        run->last_chance = false;
    if (run->asking) {
        sca_http_cancel(run->http_call);
        run->http_call = NULL;
    }
    if (run->browsing)
        end_visit(run);
    run->asking = false;
    run->waiting = false;
    drive(run, make_event(kind));
}

static enum outcome wait_for_time(struct sca_flow_run *run, const struct sca_action *action,
                                  struct sca_event *event)
{
    if (tell_last_chance(run, event))
        return AGAIN;
    run->waiting = true;
    uv_timer_start(&run->timer, on_timer, action->wait_ms, 0);
    tell_waiting(run, action->waiting_for_person);
    return PAUSE;
}

static void on_secret(void *arg, int err, const struct sca_secret *secret)
{
    struct sca_flow_run *run = arg;
    struct sca_event event = make_event(SCA_EVENT_SECRET);

    run->secrets_call = NULL;
    if (err == 0 && run->callbacks.secret != NULL)
        err = run->callbacks.secret(run->callbacks.arg, run->need, secret);
    run->no_consent = err != 0 && run->need == SCA_SECRET_CONSENT;
    event.secret = err == 0 ? secret : NULL;
    event.secret_err = err;
    drive(run, event);
}

static void on_token(void *arg, int err, const struct sca_secret *access, const char *detail)
{
    struct sca_flow_run *run = arg;
    struct sca_event event = make_event(SCA_EVENT_SECRET);

    run->token_wait = NULL;
    sca_secret_free(&run->token);
    if (err == 0)
        err = sca_secret_copy(access, &run->token);
    event.secret = run->token;
    event.secret_err = err;
    event.secret_detail = detail;
    drive(run, event);
}

static int ask_token(struct sca_flow_run *run, const struct sca_action *action)
{
    const struct sca_flow_tokens *tokens = run->env.tokens;

    if (tokens == NULL)
        return SCA_E_NEED_AUTH;
    return tokens->get(tokens->arg, run->account, &run->typed, action->stale ? run->token : NULL,
                       on_token, run, &run->token_wait);
}

static int ask_secret(struct sca_flow_run *run, enum sca_secret_kind kind)
{
    int err = sca_secrets_get(run->env.secrets, run->account, kind, &run->typed, on_secret, run,
                              &run->secrets_call);

    run->need = kind;
    /* A one-time code opens one transaction; a second need is for another code. */
    if (kind == SCA_SECRET_OTP)
        sca_secret_free(&run->typed.of[SCA_SECRET_OTP]);
    return err;
}

static enum outcome look_up_secret(struct sca_flow_run *run, const struct sca_action *action,
                                   struct sca_event *event)
{
    int err = action->need == SCA_SECRET_ACCESS_TOKEN ? ask_token(run, action)
                                                      : ask_secret(run, action->need);

    if (err == 0)
        return PAUSE;
    *event = make_event(SCA_EVENT_SECRET);
    event->secret_err = err;
    return AGAIN;
}

/* ---- the person's browser -------------------------------------------------------------------- */

static const char *words_for(int err)
{
    if (err == 0)
        return _("You permitted the signature. You may close this window.");
    return err == SCA_E_REJECTED ? _("You did not permit this. Nothing was signed.")
                                 : _("The service did not permit this. Nothing was signed.");
}

static void on_browsed(void *arg, int err, const struct sca_secret *code, const char *words)
{
    struct sca_flow_run *run = arg;
    const struct sca_person *person = run->typed.person;
    struct sca_event event = make_event(SCA_EVENT_BROWSED);

    sca_i18n_use(person->language, person->screen.language);
    sca_browse_answer(run->browse, words_for(err));
    end_visit(run);
    event.secret = code;
    event.secret_err = err;
    event.secret_detail = words;
    drive(run, event);
}

/* Nobody comes back before the page was shown: only it knows the state. */
static enum outcome open_way_back(struct sca_flow_run *run, struct sca_event *event)
{
    *event = make_event(SCA_EVENT_LISTENING);
    end_visit(run);
    event->secret_err = SCA_E_NO_SCREEN;
    if (run->typed.person != NULL && sca_person_has_browser(run->typed.person))
        event->secret_err = sca_browse_new(run->env.loop, run->account->redirect_uri, on_browsed,
                                           run, &run->browse);
    event->back = run->browse != NULL ? sca_browse_back(run->browse) : NULL;
    if (event->secret_err == SCA_E_IO)
        event->secret_detail = "the port of redirect-uri is taken";
    return AGAIN;
}

static enum outcome show_page(struct sca_flow_run *run, const struct sca_action *action,
                              struct sca_event *event)
{
    int err = SCA_E_INVAL;

    if (tell_last_chance(run, event))
        return AGAIN;
    if (run->browse != NULL)
        err = sca_browse_show(run->browse, &run->typed.person->screen, action->page);
    if (err != 0) {
        end_visit(run);
        *event = make_event(SCA_EVENT_BROWSED);
        event->secret_err = err;
        return AGAIN;
    }
    run->browsing = true;
    if (run->callbacks.browsing != NULL)
        run->callbacks.browsing(run->callbacks.arg);
    return PAUSE;
}

/* Told before anything else is done: what the service knows must outlive a crash. */
static void note_accepted(struct sca_flow_run *run, const struct sca_action *action)
{
    const bool has_code = action->provider_txn != NULL && *action->provider_txn != '\0';

    if (!action->accepted || (run->accepted && (run->has_code || !has_code)))
        return;
    run->accepted = true;
    run->has_code = has_code;
    if (run->callbacks.accepted != NULL)
        run->callbacks.accepted(run->callbacks.arg, has_code ? action->provider_txn : "",
                                action->step == SCA_STEP_DONE);
}

static enum outcome carry_out(struct sca_flow_run *run, const struct sca_action *action,
                              struct sca_event *event)
{
    switch (action->step) {
    case SCA_STEP_SEND:
        return send_request(run, action, event);
    case SCA_STEP_WAIT:
        return wait_for_time(run, action, event);
    case SCA_STEP_NEED:
        return look_up_secret(run, action, event);
    case SCA_STEP_LISTEN:
        return open_way_back(run, event);
    case SCA_STEP_BROWSE:
        return show_page(run, action, event);
    case SCA_STEP_DONE:
        finish(run, 0, action);
        return PAUSE;
    case SCA_STEP_FAIL:
        finish(run, action->err != 0 ? action->err : SCA_E_SERVER, action);
        return PAUSE;
    }
    __builtin_unreachable();
}

static void drive(struct sca_flow_run *run, struct sca_event event)
{
    enum outcome outcome = AGAIN;

    while (outcome == AGAIN) {
        struct sca_action action = {0};

        sca_flow_step(run->flow, &event, &action);
        note_accepted(run, &action);
        outcome = carry_out(run, &action, &event);
    }
}

int sca_flow_run_new(const struct sca_flow_run_env *env, const struct sca_config_account *account,
                     struct sca_flow *flow, const struct sca_typed *typed,
                     const struct sca_flow_run_callbacks *callbacks, struct sca_flow_run **ret_run)
{
    SCA_FLOW_AUTO taken = flow;
    struct sca_flow_run *run = calloc(1, sizeof *run);

    if (run == NULL)
        return SCA_E_NOMEM;
    int err = typed != NULL ? sca_typed_copy(typed, &run->typed) : 0;
    if (err != 0) {
        free(run);
        return err;
    }
    run->env = *env;
    run->account = account;
    run->callbacks = *callbacks;
    run->flow = taken;
    taken = NULL;
    uv_timer_init(env->loop, &run->timer);
    run->timer.data = run;
    uv_timer_start(&run->timer, on_timer, 0, 0);
    *ret_run = run;
    return 0;
}

void sca_flow_run_last_chance(struct sca_flow_run *run)
{
    if (run->over)
        return;
    run->last_chance = true;
    if (run->waiting || run->asking || run->browsing)
        uv_timer_start(&run->timer, on_timer, 0, 0);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void sca_flow_run_free(struct sca_flow_run *run)
{
    if (run == NULL)
        return;
    run->over = true;
    sca_http_cancel(run->http_call);
    sca_secrets_cancel(run->secrets_call);
    end_visit(run);
    if (run->token_wait != NULL)
        run->env.tokens->cancel(run->token_wait);
    run->http_call = NULL;
    run->secrets_call = NULL;
    run->token_wait = NULL;
    sca_secret_free(&run->token);
    sca_flow_free(run->flow);
    sca_typed_clear(&run->typed);
    uv_close((uv_handle_t *)&run->timer, on_closed);
}
