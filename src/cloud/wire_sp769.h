/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VNPT SmartCA "sp769": requests to JSON, replies to plain structs. Pure functions, no state; what
 * comes in is hostile, what sources disagree about is accepted in every form.
 * Source: VNPT SmartCA third-party integration document v4.0.0; docs/protocol-vnpt.md says what is
 * made of each fact.
 */
#ifndef SCA_CLOUD_WIRE_SP769_H
#define SCA_CLOUD_WIRE_SP769_H

#include "answer.h"

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
 * Each writes a whole body into @out, a wiping buffer. SCA_E_NOMEM, SCA_E_LIMIT, SCA_E_FORMAT (a
 * text is not UTF-8).
 */
int sca_sp769_put_list(struct sca_buf *out, const struct sca_sp769_who *who, const char *txn_id);
/* @person is NULL for v1. */
int sca_sp769_put_sign(struct sca_buf *out, const struct sca_sp769_who *who,
                       const struct sca_cloud_sign *sign, const struct sca_sp769_person *person);
int sca_sp769_put_confirm(struct sca_buf *out, const struct sca_sp769_who *who,
                          struct sca_bytes password, const char *txn_id, struct sca_bytes sad);

/* ---- replies --------------------------------------------------------------------------------- */

/*
 * Each fills @ret_answer, which the caller clears; no reply makes them fail. Memory trouble while
 * reading is SCA_ANSWER_TROUBLE. The service's own id is its tran_code; a SAD comes in v2 only.
 */
void sca_sp769_read_sign(const struct sca_http_reply *http, const struct sca_cloud_doc *docs,
                         size_t count, struct sca_answer *ret_answer);
void sca_sp769_read_status(const struct sca_http_reply *http, const struct sca_cloud_doc *docs,
                           size_t count, struct sca_answer *ret_answer);
void sca_sp769_read_confirm(const struct sca_http_reply *http, const struct sca_cloud_doc *docs,
                            size_t count, struct sca_answer *ret_answer);

/*
 * Reads the certificates of an account. An entry without a readable certificate is left out and
 * logged. @ret_detail is always written: the service's words, or "".
 * SCA_E_NO_CERT (unknown user, or none), SCA_E_SP_AUTH and the other refusals, SCA_E_SERVER,
 * SCA_E_UNREACHABLE, SCA_E_TLS, SCA_E_NOMEM. Caller clears the listing.
 */
int sca_sp769_read_list(const struct sca_http_reply *http, struct sca_cloud_listing *ret_listing,
                        char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);

#endif
