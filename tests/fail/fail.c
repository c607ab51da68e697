/* SPDX-License-Identifier: Apache-2.0 */
/* Counters and the plan; what is counted where is in fail_wrap.c. */
#include "fail.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct {
    bool active;
    unsigned paused; /* how often */
    bool skip_fsync;
    struct fail_plan plan;
    unsigned named; /* calls of that name */
    struct fail_report report;
} state;

void fail_begin(const struct fail_plan *plan)
{
    state.report = (struct fail_report){0};
    state.plan = *plan;
    state.named = 0;
    state.active = true;
}

struct fail_report fail_end(void)
{
    state.active = false;
    return state.report;
}

void fail_pause(bool paused)
{
    if (paused)
        state.paused++;
    else
        state.paused--;
}

bool fail_hit(void)
{
    return state.report.where != NULL;
}

unsigned fail_count(const struct fail_report *report, enum fail_kind kind)
{
    switch (kind) {
    case FAIL_MEMORY:
    case FAIL_DRY:
        return report->allocations;
    case FAIL_CALL:
        return report->calls;
    case FAIL_SHORT:
        return report->transfers;
    case FAIL_NONE:
    case FAIL_KILL:
    case FAIL_KILLED:
        break;
    }
    return 0;
}

bool fail_parse(char *text, struct fail_plan *ret_plan)
{
    static const struct {
        const char *name;
        enum fail_kind kind;
    } kinds[] = {{"memory:", FAIL_MEMORY}, {"dry:", FAIL_DRY},   {"call:", FAIL_CALL},
                 {"short:", FAIL_SHORT},   {"kill:", FAIL_KILL}, {"killed:", FAIL_KILLED}};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t len = strlen(kinds[i].name);
        char *end = NULL;

        if (strncmp(text, kinds[i].name, len) != 0)
            continue;
        *ret_plan = (struct fail_plan){.kind = kinds[i].kind, .err = EIO};
        ret_plan->n = (unsigned)strtoul(text + len, &end, 10);
        if (*end == ':' && kinds[i].kind == FAIL_CALL)
            ret_plan->err = (int)strtoul(end + 1, &end, 10);
        if (*end == ':' && kinds[i].kind >= FAIL_KILL)
            ret_plan->name = end + 1;
        return ret_plan->n > 0 && (*end == '\0' || ret_plan->name != NULL);
    }
    return false;
}

static void hit(const char *name)
{
    if (state.report.where == NULL)
        state.report.where = name;
}

bool fail_now_memory(const char *name)
{
    if (!state.active || state.paused > 0)
        return false;
    unsigned nth = ++state.report.allocations;
    if ((state.plan.kind != FAIL_MEMORY || nth != state.plan.n) &&
        (state.plan.kind != FAIL_DRY || nth < state.plan.n))
        return false;
    hit(name);
    errno = ENOMEM;
    return true;
}

static void kill_at(const char *name)
{
    if (strcmp(name, state.plan.name) == 0 && ++state.named == state.plan.n)
        (void)raise(SIGKILL);
}

void fail_now_after(const char *name)
{
    if (state.active && state.plan.kind == FAIL_KILLED)
        kill_at(name);
}

static bool count_call(const char *name)
{
    unsigned nth = ++state.report.calls;

    if (state.plan.kind == FAIL_KILL)
        kill_at(name);
    if (state.plan.kind != FAIL_CALL || nth != state.plan.n)
        return false;
    hit(name);
    errno = state.plan.err;
    return true;
}

/* The agent's own thread for the disk makes calls, too. */
bool fail_now_call(const char *name)
{
    static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

    if (!state.active || state.paused > 0)
        return false;
    pthread_mutex_lock(&one);
    bool fails = count_call(name);
    pthread_mutex_unlock(&one);
    return fails;
}

size_t fail_now_length(size_t len)
{
    if (!state.active || state.paused > 0 || len < 2)
        return len;
    unsigned nth = ++state.report.transfers;
    if (state.plan.kind != FAIL_SHORT || nth != state.plan.n)
        return len;
    hit("a short transfer");
    return 1;
}

static void *allocate(size_t size)
{
    return malloc(size);
}

static void release(void *space)
{
    free(space);
}

void fail_skip_fsync(void)
{
    state.skip_fsync = true;
}

bool fail_now_fsync(void)
{
    return state.skip_fsync;
}

void fail_start_json(void)
{
    json_set_alloc_funcs(allocate, release);
}
