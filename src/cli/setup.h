/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `smartca setup`, `unsetup` and `doctor` share about hosts, the programs that are told of the
 * module. A host's file names its targets: NSS databases, files of our own, blocks in a file of the
 * person. What is done to a target, and taking it back, is written once (setup_target.c).
 */
#ifndef SCA_CLI_SETUP_H
#define SCA_CLI_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include "cli.h"
#include "common/buf.h"

/* The places of one run; lives as long as the command. */
struct sca_setup {
    const struct sca_cli *cli;
    char *home;        /* $HOME, else the password database's; no slash at its end */
    char *config_home; /* $XDG_CONFIG_HOME or ~/.config */
    char *data_home;   /* $XDG_DATA_HOME or ~/.local/share */
    char *records;     /* folder of what was done and of the backups */
    char *module;      /* absolute path of the PKCS#11 module */
    bool dry_run;
};

/* SCA_E_NOMEM, SCA_E_NOENT (no home). @module: NULL for the installed one, borrowed. */
int sca_setup_init(struct sca_setup *setup, const struct sca_cli *cli, const char *module);
void sca_setup_clear(struct sca_setup *setup);

enum sca_target_kind {
    SCA_TARGET_NSS,   /* a folder with an NSS database; modutil does the work */
    SCA_TARGET_FILE,  /* a file of our own */
    SCA_TARGET_BLOCK, /* marked lines at the beginning of the person's file */
    SCA_TARGET_TOOL,  /* a file that a tool writes */
};

struct sca_target {
    enum sca_target_kind kind;
    char *path;   /* absolute; the database's folder or the file */
    char *module; /* what the program loads */
    char
        *content; /* FILE: all of it; BLOCK: the lines, each with its end; else as the host likes */
    char *locks;  /* folder whose lock files say that the program runs, or NULL */
    const char *rival; /* BLOCK: a word that begins a line that would contradict ours, or NULL */
    const char
        *shows; /* TOOL: a word in the file that shows that it is done; NULL: the file does */
    const char *tool[8]; /* TOOL: its words and NULL, borrowed or from content */
    const char *undo[8]; /* TOOL: the same for taking back; none: the file is put back */
    bool make;           /* NSS: make the database where there is none */
    char *runtime;       /* NSS: XDG_RUNTIME_DIR of the program, where it is not ours; or NULL */
};

struct sca_targets {
    struct sca_target *items;
    size_t count;
    char
        *problem; /* why a target could not be found or cannot be set up, for the person; or NULL */
    char *remedy; /* what to do about it; or NULL */
    bool ready;   /* the program knows the module already, by its installation or a policy */
    int err;      /* sticky: SCA_E_NOMEM */
};

struct sca_host {
    const char *name;  /* on the command line */
    const char *title; /* as people know it; not translated */
    const char *about; /* N_: what is written where, for --list */
    /* Adds the targets there are on this computer; none means that the program is not here. */
    void (*find)(const struct sca_setup *setup, struct sca_targets *targets);
    /* Prints how the program is used now; NULL where there is nothing to say. */
    void (*explain)(const struct sca_setup *setup, const struct sca_targets *targets);
};

/*
 * Adds a target; @path and @content are taken (freed with the targets; a NULL @path is memory that
 * ran out). Returns the new one, or NULL when memory is out, which sticks.
 */
struct sca_target *sca_targets_add(struct sca_targets *targets, enum sca_target_kind kind,
                                   const struct sca_setup *setup, char *path, char *content);
void sca_targets_clear(struct sca_targets *targets);

/* Why this host cannot be set up here, and what to do; both copied. The first one stays. */
void sca_targets_problem(struct sca_targets *targets, const char *problem, const char *remedy);

enum sca_target_state {
    SCA_TARGET_ABSENT,  /* does not know the module */
    SCA_TARGET_OURS,    /* set up by us, as we would do it now */
    SCA_TARGET_OLD,     /* set up by us, with another module or text */
    SCA_TARGET_BY_HAND, /* knows the module, but not from us */
    SCA_TARGET_RIVAL,   /* the person wrote something that ours would contradict */
};
/* Reads files only. */
enum sca_target_state sca_target_state(const struct sca_setup *setup, const struct sca_host *host,
                                       const struct sca_target *target);

/*
 * Sets up or takes back one target, with a line for the person about what was done or why not.
 * Nothing is changed when nothing is to be done or the run is a dry one. Returns enum sca_exit.
 */
int sca_target_setup(const struct sca_setup *setup, const struct sca_host *host,
                     const struct sca_target *target);
int sca_target_unsetup(const struct sca_setup *setup, const struct sca_host *host,
                       const struct sca_target *target);

#endif
