/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the n-th allocation or system call of the code under test fail. Programs that link
 * libfail with fail_link_args (meson.build) have these calls of our own objects wrapped by the
 * linker (ld(1), --wrap); shared libraries keep theirs, but jansson, whose allocations
 * fail_start_json lets fail, too, outside of its parser (see __wrap_json_loadb). Counters are of
 * the process; one thread at a time may plan.
 */
#ifndef SCA_TESTS_FAIL_H
#define SCA_TESTS_FAIL_H

#include <stdbool.h>
#include <stddef.h>

enum fail_kind {
    FAIL_NONE,   /* only counts */
    FAIL_MEMORY, /* the n-th allocation */
    FAIL_DRY,    /* the n-th allocation and all after it */
    FAIL_CALL,   /* the n-th system call, with errno @err */
    FAIL_SHORT,  /* the n-th transfer of more than a byte moves one byte only */
    FAIL_KILL,   /* before the n-th call named @name: SIGKILL */
    FAIL_KILLED, /* after it: send only */
};

struct fail_plan {
    enum fail_kind kind;
    unsigned n; /* from 1 */
    int err;
    const char *name; /* borrowed; FAIL_KILL and FAIL_KILLED only */
};

struct fail_report {
    unsigned allocations;
    unsigned calls;
    unsigned transfers;
    const char *where; /* the call that was made to fail first; NULL for none */
};

/* Counts from zero, by this plan. */
void fail_begin(const struct fail_plan *plan);

/* Nothing fails any more, nothing is counted. */
struct fail_report fail_end(void);

/* While paused, by the test's own doings, nothing fails and nothing is counted. Pauses nest. */
void fail_pause(bool paused);

/* Something was made to fail since fail_begin. */
bool fail_hit(void);

/* How many of a plan's kind the report counted. */
unsigned fail_count(const struct fail_report *report, enum fail_kind kind);

/* "memory:12", "dry:12", "call:7:5" (errno 5), "short:3", "kill:1:connect",
 * "killed:2:send". Keeps pointing into @text. False for anything else. */
bool fail_parse(char *text, struct fail_plan *ret_plan);

/* From here on jansson allocates by the wrapped functions. */
void fail_start_json(void);

/* fsync does nothing: for programs whose files need not survive them. */
void fail_skip_fsync(void);

/* For the wrappers. */
bool fail_now_memory(const char *name);
bool fail_now_call(const char *name); /* errno is set when true */
void fail_now_after(const char *name);
size_t fail_now_length(size_t len); /* how much of @len is to be moved */
bool fail_now_fsync(void);          /* fsync is to be left out */

#endif
