/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where everything lives. The two folder keys are needed by the module, which has no INI library,
 * before anything else can be found; a line scanner for just these keys reads them the way
 * libini_config does (blanks dropped around names and values, ASCII case of names ignored).
 */
#include "common/path.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "build_config.h"
#include "common/err.h"
#include "common/text.h"

#define CONF_MAX    (1024u * 1024u) /* bytes of a configuration file */
#define PWD_MAX     (1024u * 1024u) /* bytes of an entry of the password database */
#define SUFFIX_SIZE 18              /* '-', 16 digits, NUL */
#define SOCKET_MAX  (sizeof((struct sockaddr_un *)0)->sun_path - 1)

/* A new text; NULL when memory is out. */
static char *join(const char *a, const char *b)
{
    char *text = NULL;

    return asprintf(&text, "%s%s", a, b) < 0 ? NULL : text;
}

/* NULL where unset or empty. */
static const char *env(const char *name)
{
    const char *value = secure_getenv(name);

    return value == NULL || *value == '\0' ? NULL : value;
}

/* NULL unless absolute: the XDG specification says that relative values are to be ignored. */
static const char *env_dir(const char *name)
{
    const char *value = env(name);

    return value != NULL && *value == '/' ? value : NULL;
}

/* A new text without slashes at its end, so that one folder has one name; "" is the root. */
static char *dup_dir(const char *path)
{
    size_t len = strlen(path);

    while (len > 0 && path[len - 1] == '/')
        len--;
    return strndup(path, len);
}

static int home_from_passwd(char **ret_home)
{
    for (size_t size = 1024; size <= PWD_MAX; size *= 4) {
        SCA_TEXT_AUTO space = malloc(size);
        struct passwd entry;
        struct passwd *found = NULL;

        if (space == NULL)
            return SCA_E_NOMEM;
        int failed = getpwuid_r(geteuid(), &entry, space, size, &found);
        if (failed == ERANGE)
            continue;
        if (failed != 0 || found == NULL || found->pw_dir == NULL || found->pw_dir[0] != '/')
            return SCA_E_NOENT;
        *ret_home = dup_dir(found->pw_dir);
        return *ret_home == NULL ? SCA_E_NOMEM : 0;
    }
    return SCA_E_NOENT;
}

static int find_home(char **ret_home)
{
    const char *home = env_dir("HOME");

    if (home == NULL)
        return home_from_passwd(ret_home);
    *ret_home = dup_dir(home);
    return *ret_home == NULL ? SCA_E_NOMEM : 0;
}

/* A path that the person wrote: relative ones count from the host's working folder of now. */
static char *make_absolute(const char *path)
{
    if (*path == '/')
        return strdup(path);

    SCA_TEXT_AUTO folder = getcwd(NULL, 0);
    SCA_TEXT_AUTO base = folder != NULL ? join(folder, "/") : NULL;
    return base != NULL ? join(base, path) : NULL;
}

/* $NAME/smartca or ~/fallback/smartca. */
static char *xdg_dir(const char *name, const char *home, const char *fallback)
{
    const char *value = env_dir(name);
    SCA_TEXT_AUTO base = value != NULL ? dup_dir(value) : join(home, fallback);

    return base != NULL ? join(base, "/smartca") : NULL;
}

static bool blank(uint8_t letter)
{
    return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

static struct sca_bytes trim(struct sca_bytes text)
{
    while (text.len > 0 && blank(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

/* @word in lower case. */
static bool is_word(struct sca_bytes text, const char *word)
{
    if (text.len != strlen(word))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t letter = text.data[i];

        if (letter >= 'A' && letter <= 'Z')
            letter = (uint8_t)(letter - 'A' + 'a');
        if (letter != (uint8_t)word[i])
            return false;
    }
    return true;
}

/*
 * Takes a folder's value: empty says the default again, an absolute path or one below ~/ replaces
 * @folder, anything else is left to the agent to complain of.
 */
static int take_folder(struct sca_bytes value, const char *home, char **folder)
{
    bool below_home = value.len > 2 && memcmp(value.data, "~/", 2) == 0;
    char *text = NULL;

    if (value.len > 0 && !below_home && value.data[0] != '/')
        return 0;
    if (value.len > PATH_MAX || memchr(value.data, '\0', value.len) != NULL)
        return 0;
    while (value.len > 1 && value.data[value.len - 1] == '/')
        value.len--;
    if (value.len > 0) {
        const char *prefix = below_home ? home : "";
        size_t skip = below_home ? 1 : 0;

        if (asprintf(&text, "%s%.*s", prefix, (int)(value.len - skip),
                     (const char *)value.data + skip) < 0)
            return SCA_E_NOMEM;
    }
    free(*folder);
    *folder = text;
    return 0;
}

struct folders {
    const char *home;
    char *cache;
    char *state;
};

static int scan_line(struct sca_bytes line, bool *inside, struct folders *folders)
{
    line = trim(line);
    if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';')
        return 0;
    if (line.data[0] == '[') {
        const uint8_t *close = memchr(line.data, ']', line.len);
        size_t len = close != NULL ? (size_t)(close - line.data) - 1 : 0;

        *inside = is_word(trim((struct sca_bytes){line.data + 1, len}), "smartca");
        return 0;
    }
    const uint8_t *equal = memchr(line.data, '=', line.len);
    if (!*inside || equal == NULL)
        return 0;
    size_t key_len = (size_t)(equal - line.data);
    struct sca_bytes key = trim((struct sca_bytes){line.data, key_len});
    struct sca_bytes value = trim((struct sca_bytes){equal + 1, line.len - key_len - 1});
    if (is_word(key, "cache-dir"))
        return take_folder(value, folders->home, &folders->cache);
    if (is_word(key, "state-dir"))
        return take_folder(value, folders->home, &folders->state);
    return 0;
}

/* A file that is missing or not to be trusted says nothing here; the agent reports it. */
static int scan_conf(const char *path, struct folders *folders)
{
    /* People keep their dot files as links into a repository of their own. */
    SCA_TEXT_AUTO real = path != NULL ? realpath(path, NULL) : NULL;
    SCA_BUF_AUTO content = {0};
    bool inside = false;

    if (real == NULL)
        return 0;
    int err = sca_file_read(real, CONF_MAX, &content, NULL);
    if (err != 0)
        return err == SCA_E_NOMEM ? err : 0;

    struct sca_bytes rest = {content.data, content.len};
    if (rest.len >= 3 && memcmp(rest.data, "\xef\xbb\xbf", 3) == 0)
        rest = (struct sca_bytes){rest.data + 3, rest.len - 3};
    while (err == 0 && rest.len > 0) {
        const uint8_t *end = memchr(rest.data, '\n', rest.len);
        size_t len = end != NULL ? (size_t)(end - rest.data) : rest.len;

        err = scan_line((struct sca_bytes){rest.data, len}, &inside, folders);
        len += end != NULL ? 1 : 0;
        rest = (struct sca_bytes){rest.data + len, rest.len - len};
    }
    return err;
}

static int find_conf(const char *home, struct sca_paths *paths)
{
    const char *own = env("SMARTCA_CONF");

    if (own != NULL) {
        paths->conf[0] = make_absolute(own);
        return paths->conf[0] == NULL ? SCA_E_NOMEM : 0;
    }
    SCA_TEXT_AUTO dir = xdg_dir("XDG_CONFIG_HOME", home, "/.config");
    paths->conf[0] = strdup(SCA_SYSCONF);
    paths->conf[1] = dir != NULL ? join(dir, "/smartca.conf") : NULL;
    return paths->conf[0] == NULL || paths->conf[1] == NULL ? SCA_E_NOMEM : 0;
}

static int find_folders(const char *home, struct sca_paths *paths)
{
    struct folders folders = {.home = home};

    int err = scan_conf(paths->conf[0], &folders);
    if (err == 0)
        err = scan_conf(paths->conf[1], &folders);
    paths->cache_dir = folders.cache;
    paths->state_dir = folders.state;
    if (err != 0)
        return err;
    if (paths->cache_dir == NULL)
        paths->cache_dir = xdg_dir("XDG_CACHE_HOME", home, "/.cache");
    if (paths->state_dir == NULL)
        paths->state_dir = xdg_dir("XDG_STATE_HOME", home, "/.local/state");
    if (paths->cache_dir == NULL || paths->state_dir == NULL)
        return SCA_E_NOMEM;
    paths->image = join(paths->cache_dir, "/tokens");
    return paths->image == NULL ? SCA_E_NOMEM : 0;
}

static bool is_home_path(const char *path, const char *home, const char *rest)
{
    size_t len = strlen(home);

    return path != NULL && strncmp(path, home, len) == 0 && strcmp(path + len, rest) == 0;
}

/* "" for the person's one default home, "-HASH" for every other. */
static void home_suffix(const char *home, const struct sca_paths *paths,
                        char ret_suffix[static SUFFIX_SIZE])
{
    const char *conf = paths->conf[1] != NULL ? paths->conf[1] : paths->conf[0];
    const char *parts[] = {conf, paths->cache_dir, paths->state_dir};
    uint64_t hash = SCA_FNV1A_START;

    ret_suffix[0] = '\0';
    if (is_home_path(paths->conf[1], home, "/.config/smartca/smartca.conf") &&
        is_home_path(paths->cache_dir, home, "/.cache/smartca") &&
        is_home_path(paths->state_dir, home, "/.local/state/smartca"))
        return;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        hash = sca_fnv1a(hash, (struct sca_bytes){(const uint8_t *)parts[i], strlen(parts[i]) + 1});
    snprintf(ret_suffix, SUFFIX_SIZE, "-%016llx", (unsigned long long)hash);
}

/*
 * The session's private folder. Hosts that start us with an empty environment (cron, sudo, a
 * sandboxed helper) must meet the agent that the desktop's programs meet, so the place where
 * systemd always puts it is tried as well. @ret_dir stays NULL where there is neither.
 */
static int runtime_dir(char **ret_dir)
{
    const char *named = env_dir("XDG_RUNTIME_DIR");
    char usual[40];

    snprintf(usual, sizeof usual, "/run/user/%lu", (unsigned long)geteuid());
    if (named == NULL || sca_dir_check(named) != 0)
        named = sca_dir_check(usual) == 0 ? usual : NULL;
    if (named == NULL)
        return 0;
    *ret_dir = join(named, "/smartca");
    return *ret_dir == NULL ? SCA_E_NOMEM : 0;
}

/* Takes over @dir; NULL is a want of memory. */
static int set_socket(struct sca_paths *paths, char *dir)
{
    free(paths->socket_dir);
    free(paths->socket);
    paths->socket_dir = dir;
    paths->socket = dir != NULL ? join(dir, "/agent.sock") : NULL;
    return paths->socket == NULL ? SCA_E_NOMEM : 0;
}

static int find_socket(const char *home, struct sca_paths *paths)
{
    SCA_TEXT_AUTO runtime = NULL;
    char in_tmp[40];
    char suffix[SUFFIX_SIZE];

    int err = runtime_dir(&runtime);
    if (err != 0)
        return err;
    home_suffix(home, paths, suffix);
    if (runtime != NULL) {
        err = set_socket(paths, join(runtime, suffix));
        if (err != 0 || strlen(paths->socket) <= SOCKET_MAX)
            return err;
    }
    snprintf(in_tmp, sizeof in_tmp, "/tmp/smartca-%lu", (unsigned long)geteuid());
    return set_socket(paths, join(in_tmp, suffix));
}

static int find_agent(struct sca_paths *paths)
{
    const char *own = env("SMARTCA_AGENT");

    paths->agent = own != NULL ? make_absolute(own) : strdup(SCA_AGENT_PATH);
    return paths->agent == NULL ? SCA_E_NOMEM : 0;
}

int sca_paths_new(struct sca_paths **ret_paths)
{
    SCA_PATHS_AUTO paths = calloc(1, sizeof *paths);
    SCA_TEXT_AUTO home = NULL;

    if (paths == NULL)
        return SCA_E_NOMEM;
    int err = find_home(&home);
    if (err == 0)
        err = find_conf(home, paths);
    if (err == 0)
        err = find_folders(home, paths);
    if (err == 0)
        err = find_socket(home, paths);
    if (err == 0)
        err = find_agent(paths);
    if (err != 0)
        return err;
    *ret_paths = paths;
    paths = NULL;
    return 0;
}

void sca_paths_free(struct sca_paths *paths)
{
    if (paths == NULL)
        return;
    free(paths->conf[0]);
    free(paths->conf[1]);
    free(paths->cache_dir);
    free(paths->state_dir);
    free(paths->image);
    free(paths->socket_dir);
    free(paths->socket);
    free(paths->agent);
    free(paths);
}
