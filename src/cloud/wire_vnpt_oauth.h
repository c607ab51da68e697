/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VNPT SmartCA's OAuth service: forms and JSON out, replies to plain structs. Pure functions, no
 * state; what comes in is hostile, what sources disagree about is accepted in every form.
 * Source: VNPT SmartCA OAuth integration document v1.1 (15-05-2024); docs/protocol-vnpt-oauth.md
 * says what is made of each fact.
 */
#ifndef SCA_CLOUD_WIRE_VNPT_OAUTH_H
#define SCA_CLOUD_WIRE_VNPT_OAUTH_H

#include "answer.h"

#define SCA_VNPT_OAUTH_BATCH 50u /* hashes of one request, at most */

/* ---- requests -------------------------------------------------------------------------------- */

/* The organisation whose client this is. */
struct sca_vnpt_oauth_client {
    const char *id;
    struct sca_bytes secret;
};

/*
 * Each writes a whole body into @out, a wiping buffer. Errors stick there: SCA_E_NOMEM,
 * SCA_E_LIMIT, SCA_E_FORMAT (a text is not UTF-8). The first three are forms.
 */
void sca_vnpt_oauth_put_refresh(struct sca_buf *out, const struct sca_vnpt_oauth_client *client,
                                struct sca_bytes refresh);
void sca_vnpt_oauth_put_password(struct sca_buf *out, const struct sca_vnpt_oauth_client *client,
                                 const char *user_id, struct sca_bytes password);
/* @verifier may be empty. */
void sca_vnpt_oauth_put_code(struct sca_buf *out, const struct sca_vnpt_oauth_client *client,
                             struct sca_bytes code, const char *redirect_uri,
                             struct sca_bytes verifier);

void sca_vnpt_oauth_put_list(struct sca_buf *out);
/* @certificates: "none", "single" or "chain". */
void sca_vnpt_oauth_put_info(struct sca_buf *out, const char *credential_id,
                             const char *certificates);
void sca_vnpt_oauth_put_sign(struct sca_buf *out, const struct sca_cloud_sign *sign);
void sca_vnpt_oauth_put_look(struct sca_buf *out, const char *transaction_id);

/* ---- replies --------------------------------------------------------------------------------- */

/*
 * @ret_detail of this and the next ones is always written: the service's words, or "".
 * SCA_E_USER_AUTH (invalid_grant: the password, refresh token or code is not accepted),
 * SCA_E_USER_LOCKED, SCA_E_NEED_AUTH (this client may not log in in this way), SCA_E_SP_AUTH,
 * SCA_E_REFUSED, SCA_E_SERVER, SCA_E_UNREACHABLE, SCA_E_TLS, SCA_E_NOMEM.
 */
int sca_vnpt_oauth_read_token(const struct sca_http_reply *http, struct sca_cloud_token *ret_token,
                              char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);

/*
 * For the rest SCA_E_NEED_AUTH: the access token is not accepted. Otherwise SCA_E_NO_CERT,
 * SCA_E_CERT and the other refusals, SCA_E_SERVER, SCA_E_UNREACHABLE, SCA_E_TLS, SCA_E_NOMEM.
 */

/* The ids of the person's keys, as a new list; too long ones are left out. Caller clears it. */
struct sca_vnpt_oauth_ids {
    char **items;
    size_t count;
};
int sca_vnpt_oauth_read_list(const struct sca_http_reply *http, struct sca_vnpt_oauth_ids *ret_ids,
                             char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);
void sca_vnpt_oauth_ids_clear(struct sca_vnpt_oauth_ids *ids);

/* One key with its certificates. Caller clears it with sca_base_cert_clear. */
int sca_vnpt_oauth_read_info(const struct sca_http_reply *http, const char *credential_id,
                             struct sca_cloud_cert *ret_cert,
                             char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);

/* The same reply where only the key's state is of interest: SCA_E_CERT when it cannot sign. */
int sca_vnpt_oauth_read_usable(const struct sca_http_reply *http,
                               char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);

/*
 * Each fills @ret_answer, which the caller clears; no reply makes them fail. A sign reply of class
 * SCA_ANSWER_PENDING always brings the transaction's id.
 */
void sca_vnpt_oauth_read_sign(const struct sca_http_reply *http, struct sca_answer *ret_answer);
void sca_vnpt_oauth_read_look(const struct sca_http_reply *http, const struct sca_cloud_doc *docs,
                              size_t count, struct sca_answer *ret_answer);

#endif
