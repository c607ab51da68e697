/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSH: PKCS11Provider in ~/.ssh/config. The first value counts, so it stands at the beginning.
 */
#include <stdio.h>
#include "common/text.h"
#include "host.h"
#include "setup_nss.h"

static void find(const struct sca_setup *setup, struct sca_targets *targets)
{
    if (!sca_program_here("ssh"))
        return;
    struct sca_target *target = sca_targets_add(
        targets, SCA_TARGET_BLOCK, setup, sca_text_format("%s/.ssh/config", setup->home),
        sca_text_format("PKCS11Provider \"%s\"\n", setup->module));
    if (target)
        target->rival = "PKCS11Provider";
}

static void explain(const struct sca_setup *setup, const struct sca_targets *targets)
{
    (void)targets;
    printf(_("  The public key for a server's authorized_keys: ssh-keygen -D \"%s\"\n"),
           setup->module);
}

const struct sca_host sca_host_openssh = {
    .name = "openssh",
    .title = "OpenSSH",
    .about = N_("PKCS11Provider in ~/.ssh/config"),
    .find = find,
    .explain = explain,
};
