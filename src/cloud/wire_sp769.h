/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VNPT SmartCA "sp769": requests to JSON, replies to plain structs. Pure functions, no state; what
 * comes in is hostile, what sources disagree about is accepted in every form.
 * Source: VNPT SmartCA third-party integration document v4.0.0; docs/protocol-vnpt.md says what is
 * made of each fact.
 */
#ifndef SCA_CLOUD_WIRE_SP769_H
#define SCA_CLOUD_WIRE_SP769_H

#include "provider.h"

#define SCA_SP769_SIGNATURE_MAX 1024u           /* bytes: RSA of 8192 bits */
#define SCA_SP769_BODY_MAX      (1024u * 1024u) /* bytes of a request */
#define SCA_SP769_ID_SIZE       128

/* ---- requests -------------------------------------------------------------------------------- */

/* What every request but a poll begins with. */
struct sca_sp769_who {
    const char *sp_id;
    struct sca_bytes sp_password;
    const char *user_id;
};

/* What v2 adds. */
struct sca_sp769_person {
    struct sca_bytes password;
    struct sca_bytes otp;
};

/*
 * Each writes a whole body into @out, a wiping buffer with maximum SCA_SP769_BODY_MAX.
 * SCA_E_NOMEM, SCA_E_LIMIT, SCA_E_FORMAT (a text is not UTF-8).
 */
int sca_sp769_put_list(struct sca_buf *out, const struct sca_sp769_who *who, const char *txn_id);
/* @person is NULL for v1. */
int sca_sp769_put_sign(struct sca_buf *out, const struct sca_sp769_who *who,
                       const struct sca_cloud_sign *sign, const struct sca_sp769_person *person);
int sca_sp769_put_confirm(struct sca_buf *out, const struct sca_sp769_who *who,
                          struct sca_bytes password, const char *txn_id, struct sca_bytes sad);

/* ---- replies --------------------------------------------------------------------------------- */

/* What a reply to sign, status or confirm means. */
enum sca_sp769_class {
    SCA_SP769_DONE,      /* a usable signature for every document */
    SCA_SP769_PENDING,   /* the transaction exists, nothing is signed yet */
    SCA_SP769_EXISTS,    /* sign: the service had this transaction before */
    SCA_SP769_REJECTED,  /* status: by the person */
    SCA_SP769_EXPIRED,   /* status: not confirmed in time */
    SCA_SP769_NOT_FOUND, /* status: no such transaction */
    SCA_SP769_REFUSED,   /* for the reason in @err */
    SCA_SP769_STRANGE, /* signatures that do not fit the documents: missing, doubled, unreadable */
    SCA_SP769_TROUBLE, /* nothing to rely on: transport, 429, 5xx, not the service's own words */
};

struct sca_sp769_answer {
    enum sca_sp769_class class;
    int err;              /* REFUSED: why; TROUBLE: what the words hint at, or 0 */
    enum sca_spent spent; /* REJECTED, EXPIRED, REFUSED: whether the words make it certain */
    char detail[SCA_CLOUD_DETAIL_SIZE]; /* printable */
    char tran_code[SCA_SP769_ID_SIZE];  /* the service's own id, or "" */
    struct sca_secret *sad;             /* v2 sign, or NULL */
    uint32_t sad_life_s;
    struct sca_buf *signatures; /* DONE: @count of them, in the order of the documents; else NULL */
    size_t count;
};

void sca_sp769_answer_clear(struct sca_sp769_answer *answer);

/*
 * Each fills @ret_answer, which the caller clears; no reply makes them fail. Memory trouble while
 * reading is SCA_SP769_TROUBLE.
 */
void sca_sp769_read_sign(const struct sca_http_reply *http, const struct sca_cloud_doc *docs,
                         size_t count, struct sca_sp769_answer *ret_answer);
void sca_sp769_read_status(const struct sca_http_reply *http, const struct sca_cloud_doc *docs,
                           size_t count, struct sca_sp769_answer *ret_answer);
void sca_sp769_read_confirm(const struct sca_http_reply *http, const struct sca_cloud_doc *docs,
                            size_t count, struct sca_sp769_answer *ret_answer);

/*
 * Reads the certificates of an account. An entry without a readable certificate is left out and
 * logged. @ret_detail is always written: the service's words, or "".
 * SCA_E_NO_CERT (unknown user, or none), SCA_E_SP_AUTH and the other refusals, SCA_E_SERVER,
 * SCA_E_UNREACHABLE, SCA_E_TLS, SCA_E_NOMEM. Caller clears the listing.
 */
int sca_sp769_read_list(const struct sca_http_reply *http, struct sca_cloud_listing *ret_listing,
                        char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);
void sca_sp769_listing_clear(struct sca_cloud_listing *listing);

#endif
