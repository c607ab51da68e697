/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles of Mozilla programs, and whether a program has its profile open. Sources: Mozilla,
 * toolkit/profile/nsToolkitProfileService.cpp and nsProfileLock.cpp; Chromium,
 * chrome/browser/process_singleton_posix.cc.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "agent/config_ini.h"
#include "common/err.h"
#include "common/fd.h"
#include "common/text.h"
#include "setup_file.h"
#include "setup_nss.h"

/* A symbolic link to "HOST:PID", "HOST:+PID" or "HOST-PID" whose process lives. */
static bool link_locked(const char *folder, const char *name, char before_pid)
{
    SCA_TEXT_AUTO path = sca_text_format("%s/%s", folder, name);
    char target[512];
    ssize_t len = path ? readlink(path, target, sizeof target - 1) : -1;
    if (len <= 0)
        return false;
    target[len] = '\0';
    const char *number = strrchr(target, before_pid);
    if (!number || number[1] == '+') /* with '+' the holder has the fcntl lock as well */
        return false;
    long pid = strtol(number + 1, NULL, 10);
    return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

static bool fcntl_locked(const char *folder)
{
    SCA_TEXT_AUTO path = sca_text_format("%s/.parentlock", folder);
    SCA_FD_AUTO fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool sca_locked(const char *folder)
{
    return fcntl_locked(folder) || link_locked(folder, "lock", ':') ||
           link_locked(folder, "SingletonLock", '-');
}

static const char *value(const struct sca_ini_section *section, const char *key)
{
    const struct sca_ini_entry *entry = sca_ini_entry(section, key);
    return entry ? entry->value : "";
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* @path: absolute, or relative to @folder. Twice the same is added once. */
static void add_profile(const struct sca_setup *setup, const char *folder, const char *path,
                        struct sca_targets *targets)
{
    char *full = *path == '/' ? strdup(path) : sca_text_format("%s/%s", folder, path);
    bool known = !full || !is_folder(full);
    for (size_t i = 0; full && i < targets->count; i++)
        known = known || sca_streq(targets->items[i].path, full);
    if (known) {
        free(full);
        return;
    }
    struct sca_target *target = sca_targets_add(targets, SCA_TARGET_NSS, setup, full, NULL);
    if (target)
        target->locks = strdup(target->path);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The profile that LibreOffice takes: the last one marked, else the first. */
static const char *default_profile(const struct sca_ini *ini)
{
    const char *chosen = NULL;
    for (size_t i = 0; i < ini->count; i++) {
        const struct sca_ini_section *section = &ini->sections[i];
        if (!begins(section->name, "Profile") || !*value(section, "Path"))
            continue;
        if (!chosen || sca_streq(value(section, "Default"), "1"))
            chosen = value(section, "Path");
    }
    return chosen;
}

/* profiles.ini names each profile by Path; installs.ini (and [Install...]) by Default. */
static void add_all(const struct sca_setup *setup, const struct sca_ini *ini, const char *folder,
                    struct sca_targets *targets)
{
    for (size_t i = 0; i < ini->count; i++) {
        const struct sca_ini_section *section = &ini->sections[i];
        const char *path = value(section, begins(section->name, "Profile") ? "Path" : "Default");
        if (strchr(path, '/') || strlen(path) > 1) /* not a flag, "Default=1" */
            add_profile(setup, folder, path, targets);
    }
}

static void read_ini(const struct sca_setup *setup, const char *folder, const char *name,
                     bool first_default, struct sca_targets *targets)
{
    SCA_TEXT_AUTO path = sca_text_format("%s/%s", folder, name);
    SCA_BUF_AUTO content = {0};
    struct sca_config_faults faults = {0};
    struct sca_ini ini = {0};
    int err = path ? sca_host_file_read(path, &content) : SCA_E_NOMEM;
    if (err == SCA_E_NOENT)
        return;
    if (err == SCA_E_IO || err == SCA_E_LIMIT) {
        sca_targets_problem(targets, _("The list of profiles cannot be read."), path);
        return;
    }
    if (err || sca_ini_parse(path, &content, &faults, &ini) != 0) {
        targets->err = SCA_E_NOMEM;
        return;
    }
    if (faults.count > 0)
        sca_targets_problem(targets, faults.items[0].sentence, path);
    if (!first_default) {
        add_all(setup, &ini, folder, targets);
    } else {
        const char *chosen = default_profile(&ini);
        if (chosen)
            add_profile(setup, folder, chosen, targets);
    }
    sca_ini_clear(&ini);
    sca_config_faults_free(faults.items, faults.count);
}

void sca_profiles_add(const struct sca_setup *setup, char *folder, bool first_default,
                      struct sca_targets *targets)
{
    SCA_TEXT_AUTO taken = folder;
    if (!taken) {
        targets->err = SCA_E_NOMEM;
        return;
    }
    read_ini(setup, taken, "profiles.ini", first_default, targets);
    if (!first_default)
        read_ini(setup, taken, "installs.ini", false, targets);
}
