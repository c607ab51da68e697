/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca log --verify: says whether the ledger is as the agent wrote it.
 */
#include "log_forms.h"

#include <stdio.h>
#include "agent/ledger_chain.h"
#include "common/err.h"

static int verdict(const struct sca_cli *cli, const struct sca_ledger_check *check)
{
    if (check->gaps > 0)
        return sca_cli_fail(_("The log in %s was changed: line %zu does not follow the line before "
                              "it; a line there "
                              "was removed, changed or moved. Compare it with a backup."),
                            cli->paths->state_dir, check->first_gap);
    if (check->end_missing)
        return sca_cli_fail(
            _("The log in %s was changed: its last line was changed, or lines after "
              "it were removed. Compare it with a backup."),
            cli->paths->state_dir);
    if (check->end_unknown)
        return sca_cli_fail(_("The log in %s has no break, but which line was last is not known: "
                              "the file ledger.last is missing. It is made anew with the next "
                              "signature."),
                            cli->paths->state_dir);
    return SCA_EXIT_OK;
}

int sca_log_verify(const struct sca_cli *cli)
{
    struct sca_ledger_check check;
    int err = sca_ledger_chain_check(cli->paths, &check);

    if (err == SCA_E_NOENT) {
        printf("%s\n", _("Nothing has been signed yet."));
        return SCA_EXIT_OK;
    }
    if (err != 0)
        return sca_log_unreadable(cli, err);
    printf(ngettext("%zu line, the last is %s\n", "%zu lines, the last is %s\n", check.lines),
           check.lines, check.last);
    int status = verdict(cli, &check);
    if (status == SCA_EXIT_OK)
        printf("%s\n", _("No line was removed, changed or moved."));
    return status;
}
