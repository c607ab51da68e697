/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one plain sentence for each outcome, in the current language: what happened, whether a
 * signature was used, what to do next. One table, one file.
 */
#ifndef SCA_AGENT_SENTENCE_H
#define SCA_AGENT_SENTENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cloud/provider.h"
#include "common/alg.h"

#define SCA_SENTENCE_SIZE 512

struct sca_sentence_facts {
    const char *account;    /* configuration section, may be NULL */
    const char *service;    /* provider's title, may be NULL */
    const char *host;       /* host name of the service, may be NULL */
    const char *server_key; /* that the account expects, may be NULL */
    const char *detail;     /* provider's or library's own words, printable, may be "" or NULL */
    const char *txn_id;     /* may be NULL */
    const char *program;    /* for SCA_E_PROGRAM: how it is called */
    const char *executable; /* and its path, "" where it is not known */
    enum sca_hash asked;    /* for SCA_E_UNSUPPORTED */
    uint32_t offered;       /* SCA_BIT(enum sca_hash) */
    int64_t limit;          /* for SCA_E_BUDGET */
    bool unsent;            /* nothing was sent so far: what was missing is the person's to say */
    bool unspent;           /* certain: nothing was used; said where the sentence itself does not */
    bool open;              /* for SCA_E_EXPIRED: the service has not said that it is over */
    struct sca_tries tries; /* for SCA_E_USER_AUTH and SCA_E_USER_LOCKED, where the service says */
    uint32_t settings;      /* enum sca_setting that the provider needs or uses; 0 unknown */
    bool browser;           /* the person is asked on a web page, not on the phone */
    bool locked;            /* for SCA_E_CANCELLED: the person ended the session */
    bool at_screen;         /* it was to be confirmed at the computer's screen, and was not */
    bool session;           /* signed by a session, and nothing was spent */
    bool at_notice;         /* for SCA_E_CANCELLED: by the person, at the notice on the desktop */
    bool blind;             /* SCA_CAP_BLIND, and there is no code to ask by */
    int64_t not_after_utc;  /* for SCA_E_CERT when the certificate has expired; 0 otherwise */
};

/* @err: enum sca_err. Every number yields a sentence. */
void sca_sentence(int err, const struct sca_sentence_facts *facts,
                  char ret_text[static SCA_SENTENCE_SIZE]);

/* What the person is asked to confirm on the phone. */
struct sca_sentence_request {
    const char *program;
    const char *computer;
    const char *code;
    size_t documents;
    size_t session_signatures; /* that it is good for, @documents included; 0: for these only */
    unsigned session_minutes;
};

/*
 * The phone's description: "soffice trên may-tinh-1: 1 tài liệu, mã đối chiếu 7QF-29K"; for a
 * session also how many more may follow, and for how long.
 * @ret_text: @size bytes, cut between letters.
 */
void sca_sentence_phone(const struct sca_sentence_request *request, char *ret_text, size_t size);

/* The waiting line for terminals and notifications; @seconds left to confirm. */
void sca_sentence_waiting(const char *holder, const char *service, size_t documents,
                          const char *code, unsigned seconds,
                          char ret_text[static SCA_SENTENCE_SIZE]);

/* The same where the person confirms on a web page. */
void sca_sentence_browsing(const char *holder, const char *service, size_t documents,
                           const char *code, unsigned seconds,
                           char ret_text[static SCA_SENTENCE_SIZE]);

/*
 * Into @text, after its sentence: what a confirmation that is being asked for is good for, or with
 * @open what is left of a session. @more: signatures.
 */
void sca_sentence_add_session(char text[static SCA_SENTENCE_SIZE], bool open, size_t more,
                              unsigned minutes);

#define SCA_SENTENCE_PROMPT_SIZE 1024

/*
 * What a prompt says, up to three lines: @request (in the current language, with {account} and
 * {service}), in whose name, and what will be signed. NULL or "" leaves the latter two out.
 */
void sca_sentence_prompt(const char *request, const struct sca_sentence_facts *facts,
                         const char *holder, const char *purpose,
                         char ret_text[static SCA_SENTENCE_PROMPT_SIZE]);

#endif
