/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Viettel MySign, the "vtss" service: requests to JSON, replies to plain structs. Pure functions;
 * what comes in is hostile, numbers come as numbers or as texts.
 * Source: the service as its integrators use it (no public document); docs/protocol-mysign.md says
 * what is made of each fact.
 */
#ifndef SCA_CLOUD_WIRE_MYSIGN_H
#define SCA_CLOUD_WIRE_MYSIGN_H

#include "answer.h"

/* ---- requests -------------------------------------------------------------------------------- */

/* The organisation whose client this is, and the person. */
struct sca_mysign_who {
    const char *client_id;
    struct sca_bytes client_secret;
    const char *profile_id; /* NULL or "": the usual one */
    const char *user_id;
};

/*
 * Each writes a whole body into @out, a wiping buffer. Errors stick there: SCA_E_NOMEM,
 * SCA_E_LIMIT, SCA_E_FORMAT (a text is not UTF-8).
 */
void sca_mysign_put_login(struct sca_buf *out, const struct sca_mysign_who *who);
void sca_mysign_put_list(struct sca_buf *out, const struct sca_mysign_who *who);
void sca_mysign_put_sign(struct sca_buf *out, const struct sca_mysign_who *who,
                         const struct sca_cloud_sign *sign);
/* The member "documents" of the object under way; the service's CSC flavour has it, too. */
void sca_mysign_put_documents(struct sca_buf *out, const struct sca_cloud_sign *sign);
void sca_mysign_put_status(struct sca_buf *out, const char *transaction_id);

/*
 * A text for the phone as the service wants it: as it is where it has nothing but letters, digits,
 * '_', '-' and blanks, else base64 of its UTF-8; less than 100 characters in either form. What is
 * too long loses its middle: the comparison code stands at its end.
 */
#define SCA_MYSIGN_TEXT_SIZE 100
void sca_mysign_text(const char *text, char ret_encoded[static SCA_MYSIGN_TEXT_SIZE]);

/* hashAlgo; NULL for hashes that the service has no name for. */
const char *sca_mysign_hash_oid(enum sca_hash hash);

/* ---- replies --------------------------------------------------------------------------------- */

/*
 * @ret_detail is always written: the service's words, or "". SCA_E_NEED_AUTH: the access token is
 * not accepted. Otherwise SCA_E_SP_AUTH and the other refusals, SCA_E_SERVER, SCA_E_UNREACHABLE,
 * SCA_E_TLS, SCA_E_NOMEM.
 */
int sca_mysign_read_login(const struct sca_http_reply *http, struct sca_cloud_token *ret_token,
                          char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);

/*
 * As above, and SCA_E_NO_CERT (unknown person, or no certificate). An entry without a readable
 * certificate or id is left out and logged. Caller clears the listing.
 */
int sca_mysign_read_list(const struct sca_http_reply *http, struct sca_cloud_listing *ret_listing,
                         char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);

/*
 * Each fills @ret_answer, which the caller clears; no reply makes them fail. A sign reply of class
 * SCA_ANSWER_PENDING always brings the transaction's id.
 */
void sca_mysign_read_sign(const struct sca_http_reply *http, size_t count,
                          struct sca_answer *ret_answer);
void sca_mysign_read_status(const struct sca_http_reply *http, size_t count,
                            struct sca_answer *ret_answer);

/* ---- the CSC flavour's registerExtension ------------------------------------------------------
 */

/* @duration: in minutes, as we take it; the service's unit is not documented. */
void sca_mysign_put_unasked(struct sca_buf *out, const char *credential_id, struct sca_bytes sad,
                            unsigned duration);
/* Never UNTRIED. @ret_stale: the access token was refused, and nothing was done. */
void sca_mysign_read_unasked(const struct sca_http_reply *http, int64_t now_utc,
                             struct sca_cloud_unasked *ret_unasked, bool *ret_stale);

#endif
