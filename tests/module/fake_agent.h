/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An agent for tests, in a thread of the test: listens where the module looks, speaks the messages
 * of common/ipc.h, signs with keys of its own, and misbehaves on request.
 */
#ifndef SCA_TESTS_FAKE_AGENT_H
#define SCA_TESTS_FAKE_AGENT_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include "common/alg.h"

enum fake_behaviour {
    FAKE_SIGN,         /* progress, then the signature */
    FAKE_HOLD,         /* progress, then nothing until fake_agent_release, then the signature */
    FAKE_DIE,          /* closes each connection after the request */
    FAKE_DIE_ONCE,     /* the first only */
    FAKE_ERROR,        /* answers fake_agent_error's number */
    FAKE_SHORT,        /* a signature one byte short */
    FAKE_LONG,         /* one byte long */
    FAKE_EMPTY,        /* SIGNATURE without a signature */
    FAKE_WRONG_TYPE,   /* DONE instead of SIGNATURE */
    FAKE_UNKNOWN_TYPE, /* a frame of an unknown type */
    FAKE_TWICE,        /* a field that stands twice */
    FAKE_HUGE,         /* announces more than a frame may hold */
    FAKE_CUT,          /* half a frame, then the end */
    FAKE_FLOOD,        /* progress without end, never an answer */
};

/* What the last SIGN said. */
struct fake_request {
    char account[64];
    char credential[80];
    uint32_t scheme;
    uint32_t hash;
    uint8_t digest[SCA_HASH_MAX];
    size_t digest_len;
    char pin[32];
    bool has_pin;
    char otp[32];
    bool has_otp;
};

struct fake_agent;

/* @socket: where to listen; its folder is there. The keys are borrowed. Aborts on failure. */
struct fake_agent *fake_agent_start(const char *socket, EVP_PKEY *rsa, EVP_PKEY *ec);
void fake_agent_stop(struct fake_agent *agent);

/* Sets behaviour and the error for FAKE_ERROR, forgets what was counted. */
void fake_agent_behave(struct fake_agent *agent, enum fake_behaviour behaviour, int error);

/* The text of SCA_F_LINE in progress; NULL for none. Borrowed. */
void fake_agent_line(struct fake_agent *agent, const char *line);

/* Waits (a minute at most, then aborts) until so many SIGN have arrived since the last behave. */
void fake_agent_await(struct fake_agent *agent, unsigned signs);

/* Waits until a held request's connection was closed by the module. */
void fake_agent_await_hangup(struct fake_agent *agent);

void fake_agent_release(struct fake_agent *agent);
unsigned fake_agent_signs(struct fake_agent *agent);
struct fake_request fake_agent_last(struct fake_agent *agent);

#endif
