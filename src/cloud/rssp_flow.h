/* SPDX-License-Identifier: Apache-2.0 */
/* What the RSSP flows share. Private to rssp*.c. */
#ifndef SCA_CLOUD_RSSP_FLOW_H
#define SCA_CLOUD_RSSP_FLOW_H

#include "base.h"
#include "wire_rssp.h"

#define SCA_RSSP_TIMEOUT_MS 30000u

/* Secrets of the relying party's own log-in, SCA_BIT(enum sca_secret_kind). */
#define SCA_RSSP_PARTY                                                                             \
    (SCA_BIT(SCA_SECRET_RP_PASSWORD) | SCA_BIT(SCA_SECRET_RP_SIGNATURE) |                          \
     SCA_BIT(SCA_SECRET_RP_KEY) | SCA_BIT(SCA_SECRET_RP_KEY_PASSWORD))

/* True where what names the relying party and the person is configured. */
bool sca_rssp_configured(const struct sca_cloud_account *account);

/* The relying party's part of an Authorization header, into base->authorization. */
int sca_rssp_prove(struct sca_base *base, int64_t now_utc);

/* Ends the flow with the reason of a @reply that is no success; nothing was spent. */
void sca_rssp_refused(struct sca_base *base, struct sca_action *action,
                      const struct sca_rssp_reply *reply, int err);

/* The log-in (rssp_login.c). */
int sca_rssp_login(const struct sca_cloud_account *account, const struct sca_cloud_login *how,
                   struct sca_flow **ret_flow);

#endif
