/* SPDX-License-Identifier: Apache-2.0 */
/* VNPT SmartCA OAuth, for the table of providers.c. */
#ifndef SCA_CLOUD_VNPT_OAUTH_H
#define SCA_CLOUD_VNPT_OAUTH_H

#include "provider.h"

extern const struct sca_provider sca_provider_vnpt_oauth; /* vnpt-smartca-oauth */

/* The log-in and its page (vnpt_oauth_login.c). */
int sca_vnpt_oauth_login(const struct sca_cloud_account *account,
                         const struct sca_cloud_login *login, struct sca_flow **ret_flow);
int sca_vnpt_oauth_login_url(const struct sca_cloud_account *account, const char *redirect_uri,
                             const char *state, const char *challenge, struct sca_buf *ret_url);

#endif
