/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of prompts. The first call is on the screen, or on its way there: its pinentries are
 * tried one after the other until one can ask. Every call has a timer, through which everything
 * begins and ends, so that done never comes from inside sca_prompt_ask.
 */
#include "prompt.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "argv.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/log.h"
#include "pinentry.h"

struct sca_prompt_call {
    TAILQ_ENTRY(sca_prompt_call) link;
    struct sca_prompts *prompts;
    struct sca_prompt prompt; /* texts and screen are the call's own */
    struct sca_screen screen;
    char **programs;
    size_t next; /* of @programs */
    struct sca_pinentry *pinentry;
    int64_t deadline_ms;
    sca_prompt_done *done;
    void *arg;
    uv_timer_t timer;
};

struct sca_prompts {
    uv_loop_t *loop;
    char *setting;
    TAILQ_HEAD(, sca_prompt_call) calls;
};

static void on_timer(uv_timer_t *timer);

/* ---- the end of a call --------------------------------------------------------------------- */

static void free_text(const char *text)
{
    free((char *)(uintptr_t)text);
}

static void free_call(struct sca_prompt_call *call)
{
    free_text(call->prompt.title);
    free_text(call->prompt.description);
    free_text(call->prompt.label);
    free_text(call->prompt.ok);
    free_text(call->prompt.cancel);
    free_text(call->prompt.language);
    sca_screen_clear(&call->screen);
    sca_argv_free(call->programs);
    free(call);
}

static void on_closed(uv_handle_t *handle)
{
    free_call(handle->data);
}

void sca_prompt_cancel(struct sca_prompt_call *call)
{
    if (call == NULL)
        return;
    struct sca_prompts *prompts = call->prompts;
    TAILQ_REMOVE(&prompts->calls, call, link);
    sca_pinentry_cancel(call->pinentry);
    uv_close((uv_handle_t *)&call->timer, on_closed);
    struct sca_prompt_call *first = TAILQ_FIRST(&prompts->calls);
    if (first != NULL && first->pinentry == NULL)
        uv_timer_start(&first->timer, on_timer, 0, 0);
}

static void finish(struct sca_prompt_call *call, int err, const struct sca_secret *secret)
{
    sca_prompt_done *done = call->done;
    void *arg = call->arg;

    sca_prompt_cancel(call);
    done(arg, err, secret);
}

/* ---- asking -------------------------------------------------------------------------------- */

static void try_next(struct sca_prompt_call *call);

static void on_answer(void *arg, int err, const struct sca_secret *secret)
{
    struct sca_prompt_call *call = arg;

    call->pinentry = NULL;
    if (err == SCA_E_NEED_AUTH)
        try_next(call);
    else
        finish(call, err, secret);
}

static void try_next(struct sca_prompt_call *call)
{
    const char *program = call->programs[call->next];

    if (program == NULL) {
        finish(call, SCA_E_NEED_AUTH, NULL);
        return;
    }
    call->next++;
    call->prompt.timeout_ms = (uint32_t)sca_left_ms(call->deadline_ms);
    sca_log(SCA_LOG_INFO, "prompt", "asking by %s", program);
    int err = sca_pinentry_start(call->prompts->loop, program, &call->prompt, on_answer, call,
                                 &call->pinentry);
    if (err != 0)
        finish(call, err, NULL);
}

/* Its turn, or its time is over before its turn came. */
static void on_timer(uv_timer_t *timer)
{
    struct sca_prompt_call *call = timer->data;
    int left_ms = sca_left_ms(call->deadline_ms);

    if (left_ms == 0) {
        finish(call, SCA_E_TIMEOUT, NULL);
    } else if (call == TAILQ_FIRST(&call->prompts->calls)) {
        try_next(call);
    } else {
        uv_update_time(call->prompts->loop);
        uv_timer_start(timer, on_timer, (uint64_t)left_ms, 0);
    }
}

static int copy_text(const char *text, const char **ret_copy)
{
    *ret_copy = strdup(text);
    return *ret_copy != NULL ? 0 : SCA_E_NOMEM;
}

static int fill_call(struct sca_prompt_call *call, const struct sca_prompt *prompt)
{
    int err = copy_text(prompt->title, &call->prompt.title);

    if (err == 0)
        err = copy_text(prompt->description, &call->prompt.description);
    if (err == 0)
        err = copy_text(prompt->label, &call->prompt.label);
    if (err == 0)
        err = copy_text(prompt->ok, &call->prompt.ok);
    if (err == 0)
        err = copy_text(prompt->cancel, &call->prompt.cancel);
    if (err == 0)
        err = copy_text(prompt->language, &call->prompt.language);
    if (err == 0)
        err = sca_screen_copy(prompt->screen, &call->screen);
    if (err == 0)
        err = sca_pinentry_find(call->prompts->setting, &call->screen, &call->programs);
    call->prompt.yes_or_no = prompt->yes_or_no;
    call->prompt.screen = &call->screen;
    return err;
}

int sca_prompt_ask(struct sca_prompts *prompts, const struct sca_prompt *prompt,
                   sca_prompt_done *done, void *arg, struct sca_prompt_call **ret_call)
{
    struct sca_prompt_call *call = calloc(1, sizeof *call);

    if (call == NULL)
        return SCA_E_NOMEM;
    call->prompts = prompts;
    call->done = done;
    call->arg = arg;
    call->deadline_ms = sca_now_ms() + prompt->timeout_ms;
    int err = fill_call(call, prompt);
    if (err != 0) {
        free_call(call);
        return err;
    }
    uv_timer_init(prompts->loop, &call->timer);
    call->timer.data = call;
    uv_timer_start(&call->timer, on_timer, 0, 0);
    TAILQ_INSERT_TAIL(&prompts->calls, call, link);
    *ret_call = call;
    return 0;
}

/* ---- the door ------------------------------------------------------------------------------ */

int sca_prompts_new(uv_loop_t *loop, struct sca_prompts **ret_prompts)
{
    struct sca_prompts *prompts = calloc(1, sizeof *prompts);

    if (prompts == NULL)
        return SCA_E_NOMEM;
    prompts->loop = loop;
    TAILQ_INIT(&prompts->calls);
    *ret_prompts = prompts;
    return 0;
}

int sca_prompts_configure(struct sca_prompts *prompts, const char *setting)
{
    char *copy = setting != NULL ? strdup(setting) : NULL;

    if (setting != NULL && copy == NULL)
        return SCA_E_NOMEM;
    free(prompts->setting);
    prompts->setting = copy;
    return 0;
}

bool sca_prompts_none(const struct sca_prompts *prompts)
{
    return prompts->setting != NULL && strcmp(prompts->setting, "none") == 0;
}

void sca_prompts_free(struct sca_prompts *prompts)
{
    if (prompts == NULL)
        return;
    while (!TAILQ_EMPTY(&prompts->calls))
        sca_prompt_cancel(TAILQ_FIRST(&prompts->calls));
    free(prompts->setting);
    free(prompts);
}
