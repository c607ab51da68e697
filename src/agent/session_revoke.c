/* SPDX-License-Identifier: Apache-2.0 */
/* One flow for each permission; it lives until the service has answered. */
#include "session_revoke.h"

#include <stdlib.h>
#include "common/err.h"
#include "common/log.h"

struct sca_revocation {
    TAILQ_ENTRY(sca_revocation) link;
    struct sca_revocation_list *list;
    struct sca_config_account *account;
    struct sca_cloud_account cloud_account;
    struct sca_flow_run *run;
};

static void end(struct sca_revocation *revocation)
{
    TAILQ_REMOVE(revocation->list, revocation, link);
    sca_flow_run_free(revocation->run);
    sca_config_account_free(revocation->account);
    free(revocation);
}

static void on_done(void *arg, const struct sca_flow_end *flow_end)
{
    struct sca_revocation *revocation = arg;

    if (flow_end->err == 0)
        sca_log(SCA_LOG_INFO, "session", "account %s: ended at the service, too",
                revocation->account->name);
    else
        sca_log(SCA_LOG_WARNING, "session",
                "account %s: not ended at the service (%s %s); it ends by its time",
                revocation->account->name, sca_err_name(flow_end->err), flow_end->detail);
    end(revocation);
}

static int start(struct sca_revocation *revocation, const struct sca_flow_run_env *env,
                 const struct sca_cloud_permit *permit)
{
    const struct sca_flow_run_callbacks callbacks = {.arg = revocation, .done = on_done};
    struct sca_flow *flow = NULL;

    revocation->cloud_account = sca_config_cloud_account(revocation->account);
    int err = revocation->account->provider->revoke(&revocation->cloud_account, permit, &flow);
    if (err != 0)
        return err;
    return sca_flow_run_new(env, revocation->account, flow, NULL, &callbacks, &revocation->run);
}

void sca_session_revoke(struct sca_revocation_list *list, const struct sca_flow_run_env *env,
                        const struct sca_config_account *account,
                        const struct sca_cloud_permit *permit)
{
    if (account == NULL || account->provider->revoke == NULL)
        return;
    struct sca_revocation *revocation = calloc(1, sizeof *revocation);
    if (revocation == NULL)
        return;
    revocation->list = list;
    TAILQ_INSERT_TAIL(list, revocation, link);
    int err = sca_config_account_copy(account, &revocation->account);
    if (err == 0)
        err = start(revocation, env, permit);
    if (err == 0)
        return;
    if (err != SCA_E_UNSUPPORTED)
        sca_log(SCA_LOG_WARNING, "session", "account %s: not ended at the service (%s)",
                account->name, sca_err_name(err));
    end(revocation);
}

size_t sca_session_revoke_count(const struct sca_revocation_list *list)
{
    const struct sca_revocation *revocation;
    size_t count = 0;

    TAILQ_FOREACH(revocation, list, link)
    count++;
    return count;
}

void sca_session_revoke_clear(struct sca_revocation_list *list)
{
    while (!TAILQ_EMPTY(list))
        end(TAILQ_FIRST(list));
}
