/* SPDX-License-Identifier: Apache-2.0 */
/* See module_home.h. */
#include "module_home.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "common/err.h"
#include "common/fd.h"
#include "common/launch.h"
#include "common/path.h"
#include "fuzz.h"

#define CLIENTS_MAX 16
#define PAUSES_MAX  8 /* as if the time were over then */

static struct {
    struct sca_paths *paths;
    int listener;
    struct sca_bytes words;
    int clients[CLIENTS_MAX];
    size_t client_count;
    unsigned pauses;
} home = {.listener = -1};

int __real_sca_wait_fd(const struct sca_wait *wait, int fd, short events);
int __wrap_sca_wait_fd(const struct sca_wait *wait, int fd, short events);
int __wrap_sca_wait_pause(const struct sca_wait *wait, int pause_ms);
int __wrap_sca_launch_agent(const struct sca_paths *paths, const struct sca_wait *wait);

static int next_client(void)
{
    return accept4(home.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* Whoever is there: some have given up before they waited. */
static void answer_all(void)
{
    for (int fd = next_client(); fd >= 0; fd = next_client()) {
        if (home.words.len > 0)
            (void)(send(fd, home.words.data, home.words.len, MSG_NOSIGNAL) < 0);
        shutdown(fd, SHUT_WR);
        if (home.client_count == CLIENTS_MAX)
            close(home.clients[--home.client_count]);
        home.clients[home.client_count++] = fd;
    }
}

int __wrap_sca_wait_fd(const struct sca_wait *wait, int fd, short events)
{
    fail_pause(true);
    answer_all();
    fail_pause(false);
    return __real_sca_wait_fd(wait, fd, events);
}

int __wrap_sca_wait_pause(const struct sca_wait *wait, int pause_ms)
{
    (void)wait;
    (void)pause_ms;
    return ++home.pauses > PAUSES_MAX ? SCA_E_TIMEOUT : 0;
}

int __wrap_sca_launch_agent(const struct sca_paths *paths, const struct sca_wait *wait)
{
    (void)paths;
    (void)wait;
    return SCA_E_AGENT;
}

static void set_environment(void)
{
    static const char *const names[] = {"HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
                                        "XDG_STATE_HOME", "XDG_RUNTIME_DIR"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        fuzz_check(setenv(names[i], fuzz_folder(), 1) == 0);
    fuzz_check(setenv("SMARTCA_CRYPTO", FUZZ_CRYPTO, 1) == 0);
    fuzz_check(unsetenv("SMARTCA_CONF") == 0 && unsetenv("SMARTCA_DEBUG") == 0);
}

static void start_listening(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    fuzz_check(sca_dir_ensure(home.paths->socket_dir) == 0);
    strncpy(address.sun_path, home.paths->socket, sizeof address.sun_path - 1);
    home.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    fuzz_check(home.listener >= 0 &&
               bind(home.listener, (struct sockaddr *)&address, sizeof address) == 0 &&
               chmod(home.paths->socket, 0600) == 0 && listen(home.listener, CLIENTS_MAX) == 0);
}

void module_home(void)
{
    char path[FUZZ_PATH_SIZE];

    if (home.paths != NULL)
        return;
    fail_pause(true);
    set_environment();
    fuzz_path("smartca", path);
    fuzz_check(mkdir(path, 0700) == 0 && sca_paths_new(&home.paths) == 0);
    fuzz_check(sca_dir_ensure(home.paths->cache_dir) == 0);
    fuzz_write(home.paths->conf[1], "[smartca]\n", 10);
    start_listening();
    fail_pause(false);
}

void module_image_bytes(struct sca_bytes bytes)
{
    fuzz_write(home.paths->image, bytes.data, bytes.len);
}

void module_image(struct sca_image *image)
{
    SCA_BUF_AUTO content = {0};

    fail_pause(true);
    for (size_t i = 0; i < 2; i++)
        image->conf[i] = sca_path_stamp(home.paths->conf[i]);
    fuzz_check(sca_image_encode(image, &content) == 0);
    sca_image_free(image);
    module_image_bytes((struct sca_bytes){content.data, content.len});
    fail_pause(false);
}

void module_agent_says(struct sca_bytes words)
{
    home.words = words;
    home.pauses = 0;
}

void module_agent_leaves(void)
{
    fail_pause(true);
    answer_all();
    while (home.client_count > 0)
        close(home.clients[--home.client_count]);
    fail_pause(false);
}
