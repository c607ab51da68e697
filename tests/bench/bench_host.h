/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the benchmark's host share. The host is measured from within: the clock starts
 * right before dlopen, and its own buffers are touched before. Everything that goes wrong ends the
 * program with 1 and one line on stderr.
 */
#ifndef SCA_TESTS_BENCH_HOST_H
#define SCA_TESTS_BENCH_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include "cryptoki.h"

#define BENCH_SLOTS_MAX 4096

/* A loaded module: its 2.40 list, and its handle for dlclose. */
struct bench_module {
    void *handle;
    CK_FUNCTION_LIST *p11;
};

/* All certificates as a browser would read them: subject, identifier, label, value. */
struct bench_listing {
    unsigned long slots;
    unsigned long certificates;
    unsigned long bytes; /* of all values */
};

void bench_load(const char *path, struct bench_module *ret_module);
void bench_must(const char *call, CK_RV rv);
void bench_die(const char *what) __attribute__((noreturn));

/* Slots with an initialised token; returns their number. */
CK_ULONG bench_slots(const struct bench_module *module, CK_SLOT_ID slots[BENCH_SLOTS_MAX]);

CK_SESSION_HANDLE bench_open(const struct bench_module *module, CK_SLOT_ID slot);

void bench_list(const struct bench_module *module, struct bench_listing *ret_listing);

/* The first object of the slot that matches; ends the program when there is none. */
CK_OBJECT_HANDLE bench_find(const struct bench_module *module, CK_SESSION_HANDLE session,
                            CK_ATTRIBUTE *wanted, CK_ULONG count);

int64_t bench_now_ns(void);    /* CLOCK_MONOTONIC, as Python's time.monotonic_ns */
long bench_resident_kib(void); /* of this process, from smaps_rollup */

/* The commands: MODULE is in argv[2], their own words follow; each prints one line of JSON. */
int bench_cmd_list(int argc, char **argv);
int bench_cmd_find(int argc, char **argv);
int bench_cmd_sessions(int argc, char **argv);
int bench_cmd_fill(int argc, char **argv);
int bench_cmd_sign(int argc, char **argv);

#endif
