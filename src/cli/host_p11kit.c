/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p11-kit, and by it GnuTLS, NetworkManager and others. The installation registers the module for
 * everybody; where it does not (another prefix), a module file of the person does. p11-kit reads no
 * person's files for root. Source: pkcs11.conf(5).
 */
#include <unistd.h>
#include "build_config.h"
#include "common/text.h"
#include "host.h"
#include "setup_nss.h"

static const char *const system_folders[] = {SCA_P11_CONFIGS, "/etc/pkcs11/modules"};

static bool registered(void)
{
    for (size_t i = 0; i < sizeof system_folders / sizeof *system_folders; i++) {
        SCA_TEXT_AUTO file = sca_text_format("%s/smartca.module", system_folders[i]);
        if (file && access(file, R_OK) == 0)
            return true;
    }
    return false;
}

static void find(const struct sca_setup *setup, struct sca_targets *targets)
{
    if (registered()) {
        targets->ready = true;
        return;
    }
    if (geteuid() == 0) {
        sca_targets_problem(targets, _("p11-kit reads no configuration of root's own."),
                            _("Install the package smartca-pkcs11, which registers the module for "
                              "everybody."));
        return;
    }
    sca_targets_add(targets, SCA_TARGET_FILE, setup,
                    sca_text_format("%s/pkcs11/modules/smartca.module", setup->config_home),
                    sca_text_format("# Made by \"smartca setup p11-kit\"; \"smartca unsetup "
                                    "p11-kit\" removes it.\n"
                                    "module: %s\n"
                                    "critical: no\n",
                                    setup->module));
}

const struct sca_host sca_host_p11kit = {
    .name = "p11-kit",
    .title = "p11-kit",
    .about = N_("a module file of your own, where the installation has none"),
    .find = find,
};
