/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error numbers of every room. A function that can fail returns int: 0 is success, a negative
 * number is one of these and is forwarded unchanged by callers that do not handle it, a positive
 * number is a condition that the function's own comment documents.
 *
 * The numbers travel between module and agent and stand in the journal: never renumber, only add.
 * module/cryptoki/rv.c turns them into CK_RV, agent/sentence.c into a sentence for the person.
 */
#ifndef SCA_COMMON_ERR_H
#define SCA_COMMON_ERR_H

enum sca_err {
    SCA_OK = 0,

    /* our own side */
    SCA_E_NOMEM = -1,    /* memory exhausted */
    SCA_E_INVAL = -2,    /* an argument breaks the function's contract */
    SCA_E_IO = -3,       /* a local file could not be read or written (disk full, read-only) */
    SCA_E_PERM = -4,     /* owner or mode of a file, folder or socket is not safe */
    SCA_E_FORMAT = -5,   /* a local file or message cannot be parsed */
    SCA_E_LIMIT = -6,    /* larger than the documented limit */
    SCA_E_NOENT = -7,    /* what was asked for is not there */
    SCA_E_CONFIG = -8,   /* a configuration value is missing or wrong */
    SCA_E_AGENT = -9,    /* the agent cannot be started or reached */
    SCA_E_VERSION = -10, /* the other end speaks a newer protocol */

    /* waiting */
    SCA_E_TIMEOUT = -20,   /* the call's own time limit passed */
    SCA_E_CANCELLED = -21, /* the host gave up */

    /* what the person or the provider decided */
    SCA_E_REJECTED = -30,    /* rejected on the phone */
    SCA_E_EXPIRED = -31,     /* not confirmed in time */
    SCA_E_BUDGET = -32,      /* the person's own limit is spent */
    SCA_E_QUOTA = -33,       /* the provider has no paid signatures left */
    SCA_E_USER_AUTH = -34,   /* the person's password or one-time code is wrong */
    SCA_E_USER_LOCKED = -35, /* the account is locked */
    SCA_E_NEED_AUTH = -36,   /* password or one-time code needed and no way to ask */
    SCA_E_SP_AUTH = -37,     /* provider id or secret (sp-id, sp-password) wrong */
    SCA_E_CERT = -38,        /* certificate expired, revoked, suspended; key disabled */
    SCA_E_NO_CERT = -39,     /* the account has no such certificate */
    SCA_E_UNSUPPORTED = -40, /* digest or scheme that the service does not sign */
    SCA_E_REFUSED = -41,     /* the provider refused the request for another reason */
    SCA_E_NO_SCREEN = -42,   /* a web page must be shown, and there is no screen or browser */
    SCA_E_PROGRAM = -43,     /* the program is not in the account's list */

    /* the way there */
    SCA_E_UNREACHABLE = -50,   /* nothing was sent: name, route, refused connection */
    SCA_E_TLS = -51,           /* nothing was sent: the server's certificate is not trusted */
    SCA_E_UNCERTAIN = -52,     /* a sign request may have arrived; its fate is being looked up */
    SCA_E_SERVER = -53,        /* 5xx, 429 or a reply that makes no sense */
    SCA_E_NOT_FOUND = -54,     /* the provider does not know the transaction */
    SCA_E_BAD_SIGNATURE = -55, /* what came back does not verify */
    SCA_E_SERVER_KEY = -56,    /* nothing was sent: not the key that the person pinned */
};

/*
 * A stable lower-case word for an error ("rejected", "bad-signature"), for logs, the ledger and
 * JSON output. Never NULL; an unknown number gives "unknown".
 */
const char *sca_err_name(int err);

/* The reverse, for reading the ledger and journal. An unknown word gives SCA_E_FORMAT. */
int sca_err_from_name(const char *name);

#endif
