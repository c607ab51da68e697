/* SPDX-License-Identifier: Apache-2.0 */
/* Any other NSS database, by its folder: "nss:FOLDER". */
#include <stdlib.h>
#include <unistd.h>
#include "common/text.h"
#include "host.h"
#include "setup_record.h"

void sca_host_nss_folder(const struct sca_setup *setup, const char *folder,
                         struct sca_targets *targets)
{
    char *real = realpath(folder, NULL);
    SCA_TEXT_AUTO database = real ? sca_text_format("%s/cert9.db", real) : NULL;
    if (!database || access(database, F_OK) != 0) {
        SCA_TEXT_AUTO remedy = sca_text_format(_("Make one: certutil -N -d \"sql:%s\""), folder);
        free(real);
        sca_targets_problem(targets, _("There is no NSS database."), remedy ? remedy : "");
        return;
    }
    struct sca_target *target = sca_targets_add(targets, SCA_TARGET_NSS, setup, real, NULL);
    if (target)
        target->locks = sca_text_format("%s", target->path);
}

static void find(const struct sca_setup *setup, struct sca_targets *targets)
{
    sca_record_databases(setup, sca_host_nss.name, targets);
}

const struct sca_host sca_host_nss = {
    .name = "nss",
    .title = "NSS",
    .about = N_("the module in the NSS database of a folder, by modutil"),
    .find = find,
};
