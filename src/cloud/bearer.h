/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing at services that want an access token, choose the transaction's id themselves and are
 * asked for its fate until it has ended:
 *
 *     token -> [check] -> sign (once) -> [wait -> token -> look]* -> signatures
 *
 * The id comes with the reply to the sign request. Where that is lost nobody can look the
 * transaction up: then, and when it is resumed without an id, the flow ends at once as uncertain. A
 * sign request is not repeated with a fresh token either; the fresh one is for the next.
 */
#ifndef SCA_CLOUD_BEARER_H
#define SCA_CLOUD_BEARER_H

#include "base.h"

/* What a provider brings. Each send_... makes a body and posts it, with sca_base_bearer. */
struct sca_bearer_ops {
    uint32_t
        needs; /* SCA_BIT(enum sca_secret_kind): secrets of the sign request beside the token */

    /*
     * A request that costs nothing, before the one that does: it shows that the token is accepted
     * and the key is usable. @ret_detail is always written. 0 goes on; SCA_E_NEED_AUTH: the token
     * is not accepted; anything else ends the flow. Both NULL where there is no such request.
     */
    void (*send_check)(struct sca_base *base, struct sca_action *action);
    int (*read_check)(const struct sca_base *base, const struct sca_http_reply *reply,
                      char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);

    /* Each read_... fills @ret_answer and never fails. A PENDING answer to a sign request brings
     * the transaction's id. */
    void (*send_sign)(struct sca_base *base, struct sca_action *action);
    void (*read_sign)(const struct sca_base *base, const struct sca_http_reply *reply,
                      struct sca_answer *ret_answer);
    void (*send_look)(struct sca_base *base, struct sca_action *action);
    void (*read_look)(const struct sca_base *base, const struct sca_http_reply *reply,
                      struct sca_answer *ret_answer);
};

/* As sca_base_new_sign; SCA_E_INVAL also without the provider's id of the credential, unless it is
 * only looked up. */
int sca_bearer_new_sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                        const struct sca_bearer_ops *ops, struct sca_flow **ret_flow);

#endif
