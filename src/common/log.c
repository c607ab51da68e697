/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log. Settings are immutable once published, so that threads of a host may log while another
 * sets up again; the file is opened for each line, because a host may close every descriptor and
 * get our number for a file of its own.
 */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/text.h"

#define MESSAGE_MAX 2048 /* bytes of a message with its NUL; the rest is cut */

struct settings {
    struct settings *older;
    enum sca_log_level level;
    char *target;     /* "" for none */
    char *components; /* "" for none */
};

static const char *const level_names[] = {
    [SCA_LOG_ERROR] = "error",
    [SCA_LOG_WARNING] = "warning",
    [SCA_LOG_INFO] = "info",
    [SCA_LOG_DEBUG] = "debug",
};
#define LEVEL_COUNT (sizeof level_names / sizeof level_names[0])

/* Every setting that ever held, reused when it comes again; so the list stays short. */
static _Atomic(struct settings *) all_settings;
static _Atomic(struct settings *) current;

static void settings_free(struct settings *settings)
{
    if (settings == NULL)
        return;
    free(settings->target);
    free(settings->components);
    free(settings);
}

static struct settings *settings_new(const char *target, enum sca_log_level level,
                                     const char *components)
{
    struct settings *settings = calloc(1, sizeof *settings);

    if (settings == NULL)
        return NULL;
    settings->level = level;
    settings->target = strdup(target);
    settings->components = strdup(components);
    if (settings->target == NULL || settings->components == NULL) {
        settings_free(settings);
        return NULL;
    }
    settings->older = atomic_load(&all_settings);
    while (!atomic_compare_exchange_weak(&all_settings, &settings->older, settings))
        ;
    return settings;
}

static struct settings *settings_find(const char *target, enum sca_log_level level,
                                      const char *components)
{
    struct settings *settings = atomic_load(&all_settings);

    while (settings != NULL && (settings->level != level || strcmp(settings->target, target) != 0 ||
                                strcmp(settings->components, components) != 0))
        settings = settings->older;
    return settings;
}

/* Is @name one of the comma separated words? */
static bool listed(const char *words, const char *name)
{
    size_t len = strlen(name);

    while (*words != '\0') {
        size_t word_len = strcspn(words, ",");

        if ((word_len == len && memcmp(words, name, len) == 0) ||
            (word_len == 3 && memcmp(words, "all", 3) == 0))
            return true;
        words += word_len;
        words += *words == ',' ? 1 : 0;
    }
    return false;
}

static void write_file(const char *path, const char *line, size_t len)
{
    struct stat st;
    int fd = open(
        path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600);

    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid()) {
        ssize_t done = write(fd, line, len);
        (void)done; /* nobody could be told */
    }
    close(fd);
}

static void write_line(const struct settings *settings, enum sca_log_level level,
                       const char *component, const char *message)
{
    char when[SCA_TIME_SIZE];
    char line[MESSAGE_MAX + 128];

    sca_time_text(sca_now_utc(), when);
    int len = snprintf(line, sizeof line, "%s %ld %.30s %s: %s\n", when, (long)getpid(), component,
                       level_names[level], message);
    if (len < 0 || (size_t)len >= sizeof line)
        return;
    if (strcmp(settings->target, "stderr") == 0) {
        ssize_t done = write(STDERR_FILENO, line, (size_t)len);
        (void)done;
    } else {
        write_file(settings->target, line, (size_t)len);
    }
}

static void write_syslog(enum sca_log_level level, const char *component, const char *message)
{
    static const int priorities[] = {
        [SCA_LOG_ERROR] = LOG_ERR,
        [SCA_LOG_WARNING] = LOG_WARNING,
        [SCA_LOG_INFO] = LOG_INFO,
        [SCA_LOG_DEBUG] = LOG_DEBUG,
    };

    /* Without openlog(3): its settings belong to the host. */
    syslog(priorities[level], "smartca %s: %s", component, message);
}

void sca_log_setup(const char *target, enum sca_log_level level, const char *components)
{
    int saved = errno;

    if (target == NULL)
        target = "";
    if (components == NULL)
        components = "";
    struct settings *settings = settings_find(target, level, components);
    if (settings == NULL)
        settings = settings_new(target, level, components);
    atomic_store(&current, settings);
    errno = saved;
}

void sca_log(enum sca_log_level level, const char *component, const char *format, ...)
{
    const struct settings *settings = atomic_load(&current);
    char raw[MESSAGE_MAX];
    char message[MESSAGE_MAX];
    int saved = errno;
    va_list args;

    if (settings == NULL || (size_t)level >= LEVEL_COUNT)
        return;
    bool is_syslog = strcmp(settings->target, "syslog") == 0;
    if (!is_syslog && strcmp(settings->target, "stderr") != 0 && settings->target[0] != '/')
        return;
    if (level > settings->level && !listed(settings->components, component))
        return;
    va_start(args, format);
    int len = vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    if (len >= 0) {
        sca_text_printable(raw, message, sizeof message);
        if (is_syslog)
            write_syslog(level, component, message);
        else
            write_line(settings, level, component, message);
    }
    errno = saved;
}

bool sca_log_level_from_name(const char *name, enum sca_log_level *ret_level)
{
    for (size_t i = 0; i < LEVEL_COUNT; i++) {
        if (!sca_streq(level_names[i], name))
            continue;
        *ret_level = (enum sca_log_level)i;
        return true;
    }
    return false;
}
