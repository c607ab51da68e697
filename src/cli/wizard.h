/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setting up by questions at the terminal: an account, the programs, and the proof that programs
 * see it. Nothing is written before an account was accepted by its service (or the person wants it
 * unchecked); Ctrl-C or the end of input leave everything as it was.
 */
#ifndef SCA_CLI_WIZARD_H
#define SCA_CLI_WIZARD_H

#include "account.h"
#include "setup.h"

/*
 * `smartca setup`. @module: NULL for the installed one. Without a terminal it says which options
 * to use (SCA_EXIT_USAGE). Returns enum sca_exit.
 */
int sca_wizard(const struct sca_cli *cli, const char *module);

/* `smartca account add [NAME]` and `edit NAME` at a terminal: the account's part alone. */
int sca_wizard_add(const struct sca_cli *cli, const char *name);
int sca_wizard_edit(const struct sca_cli *cli, const char *name);

/* ---- between wizard*.c ------------------------------------------------------------------------
 */

/* Everything below returns 0, SCA_E_CANCELLED (stopped, or left by choice), or SCA_E_NOMEM. */

/* One way to have an account at a service: what is asked for. */
struct sca_wizard_way {
    const char *provider;
    const char *text;        /* N_; NULL where the service knows one way only */
    const char *keys[14];    /* in this order; NULL ends */
    const char *optional[6]; /* those of @keys that may be left out */
    const char *profile;     /* "profile-id" where there is no other; may be NULL */
    bool browser;            /* the person logs in by browser */
};

/* The service and, where there are several, the way. @draft: gets "provider". */
int sca_wizard_way(struct sca_draft *draft, const struct sca_wizard_way **ret_way);

/* The way that an existing account goes; NULL when its service is not known. */
const struct sca_wizard_way *sca_wizard_way_of(const struct sca_draft *draft);

/* All questions of a way; what is known already is offered. */
int sca_wizard_fields(struct sca_draft *draft, const struct sca_wizard_way *way);

/* One question, until its answer can be used. */
int sca_wizard_field(struct sca_draft *draft, const struct sca_wizard_way *way, const char *key);

/* Asks again what an error of the service is about. @ret_some: there was something to ask. */
int sca_wizard_again(struct sca_draft *draft, const struct sca_wizard_way *way, int failure,
                     bool *ret_some);

/* The chosen of the programs that are here are told of the module. */
int sca_wizard_hosts(const struct sca_setup *setup);

/* Loads the module as a program does and prints what is there. SCA_EXIT_OK: a certificate was. */
int sca_wizard_proof(const char *module);

#endif
