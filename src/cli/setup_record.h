/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What setup did to a target, kept until unsetup takes it back: for each file its content before (a
 * backup beside the record) and a digest of it after, and the folders that were made. A record is
 * on disk before anything is changed. Hosts may share a target (LibreOffice uses a profile of
 * Thunderbird or Firefox): the record names those that asked, and the last one takes it back.
 */
#ifndef SCA_CLI_SETUP_RECORD_H
#define SCA_CLI_SETUP_RECORD_H

#include <stdbool.h>
#include "setup.h"

#define SCA_RECORD_FILES_MAX   3
#define SCA_RECORD_FOLDERS_MAX 8
#define SCA_RECORD_HOSTS_MAX   8

struct sca_record_file {
    char *path;
    char *backup; /* path of the content before */
    bool existed;
    unsigned mode;   /* where it existed */
    char before[65]; /* SHA-256 in hex; "" where it did not exist */
    char after[65];  /* the same, after setup; "" while setup is at work */
};

struct sca_record {
    char *path; /* of the record itself */
    char *module;
    struct sca_record_file files[SCA_RECORD_FILES_MAX];
    size_t file_count;
    char *folders[SCA_RECORD_FOLDERS_MAX]; /* made by setup, outermost first */
    size_t folder_count;
    char *hosts[SCA_RECORD_HOSTS_MAX]; /* names of those that asked for it */
    size_t host_count;
};

/* Reads the record of a target. SCA_E_NOENT: there is none; SCA_E_FORMAT, SCA_E_IO, SCA_E_NOMEM. */
int sca_record_load(const struct sca_setup *setup, const struct sca_target *target,
                    struct sca_record *ret_record);
void sca_record_clear(struct sca_record *record);

/* Adds a target for each NSS database that this host asked for and that is still there. */
void sca_record_databases(const struct sca_setup *setup, const char *host,
                          struct sca_targets *targets);

/*
 * Notes the target's files as they are, keeps backups, makes missing folders, and writes the
 * record. SCA_E_IO, SCA_E_NOMEM: nothing but empty folders was changed.
 */
int sca_record_begin(const struct sca_setup *setup, const struct sca_host *host,
                     const struct sca_target *target, struct sca_record *ret_record);

/* Notes the files as they are now. */
int sca_record_finish(struct sca_record *record);
/* They were never noted: whoever began the record was killed, before or after the change. */
bool sca_record_unfinished(const struct sca_record *record);

/* Whether the host of this name asked for what the record tells. */
bool sca_record_asked(const struct sca_record *record, const char *host);

/*
 * Adds one that asks (no harm when it is there), or takes one off, and writes the record.
 * SCA_E_IO, SCA_E_NOMEM, SCA_E_LIMIT (too many ask).
 */
int sca_record_join(struct sca_record *record, const char *host);
int sca_record_leave(struct sca_record *record, const char *host);

/* True when what setup changed is as setup left it. */
bool sca_record_untouched(const struct sca_record *record);

/* Gives every file that setup changed its content and mode before, or removes it. */
int sca_record_restore(const struct sca_record *record);

/* Removes the folders that setup made where they are empty, the backups and the record. */
void sca_record_drop(const struct sca_record *record);

#endif
