/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of this person that still run a module which was replaced since they loaded it: what an
 * upgrade mended is not mended in them. Only "(deleted)" says so; device and inode of a mapping
 * differ from those of its own file on btrfs and overlayfs.
 * Source: proc(5), /proc/pid/maps.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "agent/executable.h"
#include "common/text.h"
#include "doctor.h"

#define NAME_SIZE     64
#define NAMES_MAX     8
#define SENTENCE_SIZE 1024
#define MAPS_MAX      (4L * 1024 * 1024)  /* of one process; a browser has some 300 KiB */
#define ALL_MAPS_MAX  (64L * 1024 * 1024) /* of all */

struct names {
    char items[NAMES_MAX][NAME_SIZE];
    size_t count; /* more than there are items: some have no place */
};

/* A browser is many processes. */
static void keep_name(struct names *names, pid_t pid)
{
    char path[PATH_MAX];
    char name[NAME_SIZE];

    sca_executable_of(pid, path);
    const char *slash = strrchr(path, '/');
    sca_text_printable(slash && slash[1] ? slash + 1 : "?", name, sizeof name);
    for (size_t i = 0; i < names->count && i < NAMES_MAX; i++) {
        if (sca_streq(names->items[i], name))
            return;
    }
    if (names->count < NAMES_MAX)
        memcpy(names->items[names->count], name, sizeof name);
    names->count++;
}

/* A path that does not fit comes in pieces, of which the last one counts. */
static bool has_old_module(FILE *maps, long *left)
{
    static const char old[] = "/smartca-pkcs11.so (deleted)\n";
    char line[8192];
    long most = *left < MAPS_MAX ? *left : MAPS_MAX;
    bool found = false;

    while (!found && most > 0 && fgets(line, sizeof line, maps)) {
        const size_t len = strlen(line);
        found = len >= sizeof old - 1 && strcmp(line + len - (sizeof old - 1), old) == 0;
        most -= (long)len;
        *left -= (long)len;
    }
    return found;
}

static void look_at(const char *process, struct names *names, long *left)
{
    char path[300];
    struct stat info;

    snprintf(path, sizeof path, "/proc/%s", process);
    if (stat(path, &info) != 0 || info.st_uid != geteuid())
        return;
    snprintf(path, sizeof path, "/proc/%s/maps", process);
    FILE *maps = fopen(path, "re"); /* not those that keep their memory to themselves */
    if (!maps)
        return;
    if (has_old_module(maps, left))
        keep_name(names, (pid_t)strtol(process, NULL, 10));
    fclose(maps);
}

static void report_names(const struct names *names, struct sca_report *report)
{
    char list[NAMES_MAX * (NAME_SIZE + 2)] = "";
    char sentence[SENTENCE_SIZE];

    for (size_t i = 0; i < names->count && i < NAMES_MAX; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i > 0 ? ", " : "",
                 names->items[i]);
    snprintf(sentence, sizeof sentence,
             _("The module was replaced, but these programs still run with the old one: %s%s."),
             list, names->count > NAMES_MAX ? ", …" : "");
    sca_report_add(report,
                   &(struct sca_finding){.verdict = SCA_VERDICT_WARNING,
                                         .check = "old-module",
                                         .sentence = sentence,
                                         .remedy = _("Close these programs and start them again, "
                                                     "or log out and in.")});
}

void sca_doctor_running(struct sca_report *report)
{
    struct names names = {.count = 0};
    long left = ALL_MAPS_MAX;
    DIR *processes = opendir("/proc");

    if (!processes)
        return;
    for (const struct dirent *entry; left > 0 && (entry = readdir(processes));) {
        if (isdigit((unsigned char)entry->d_name[0]))
            look_at(entry->d_name, &names, &left);
    }
    closedir(processes);
    if (names.count > 0)
        report_names(&names, report);
}
