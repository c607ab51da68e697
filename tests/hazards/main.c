/* SPDX-License-Identifier: Apache-2.0 */
/* hazard NAME MODULE [ARGUMENT]...: the host that NAME says; hazards.sh says what must come of it.
 */
#include <stdio.h>
#include <string.h>
#include "guest.h"

static const struct {
    const char *name;
    hazard *run;
    int arguments; /* at least, the module among them */
} hazards[] = {
    {"sign", hazard_sign, 2},
    {"twice", hazard_twice, 4},
    {"deepbind", hazard_deepbind, 2},
    {"reload", hazard_reload, 2},
    {"fork", hazard_fork, 3},
    {"exec", hazard_exec, 2},
    {"descriptors", hazard_descriptors, 1},
    {"late", hazard_late, 2},
    {"exit-waiting", hazard_exit_waiting, 2},
    {"locking", hazard_locking, 4},
    {"finalize", hazard_finalize, 3},
    {"signals", hazard_signals, 2},
    {"storm", hazard_storm, 2},
    {"reaper", hazard_reaper, 3},
    {"default-pipe", hazard_default_pipe, 2},
    {"closed-stdio", hazard_closed_stdio, 2},
    {"label", hazard_label, 1},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof hazards / sizeof hazards[0]; i++)
        if (strcmp(argv[1], hazards[i].name) == 0 && argc - 2 >= hazards[i].arguments)
            return hazards[i].run(argc - 2, argv + 2);
    fprintf(stderr, "usage: hazard NAME MODULE [ARGUMENT]...\n");
    return 2;
}
