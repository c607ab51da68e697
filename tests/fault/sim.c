/* SPDX-License-Identifier: Apache-2.0 */
/* See sim.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <curl/curl.h>
#include <cmocka.h>
#include "sim.h"

extern char **environ;

static void copy(char *to, size_t size, const char *text)
{
    assert_non_null(text);
    assert_true((size_t)snprintf(to, size, "%s", text) < size);
}

static void read_file(const struct sim *sim, const char *name, char *to, size_t size)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", sim->dir, name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t len = fread(to, 1, size - 1, file);
    fclose(file);
    to[len] = '\0';
    to[strcspn(to, "\r\n")] = '\0';
}

static void wait_ready(int fd)
{
    char line[256];
    size_t len = 0;

    while (len + 1 < sizeof line) {
        ssize_t got = read(fd, line + len, 1);
        assert_true(got == 1); /* it ended: the reason is on stderr */
        if (line[len++] == '\n')
            break;
    }
    line[len] = '\0';
    assert_non_null(strstr(line, "https://"));
}

void sim_start(struct sim *sim)
{
    int ends[2];
    char base[64];
    posix_spawn_file_actions_t actions;
    /* setpriv, so that it does not outlive a test that crashed. */
    const char *argv[] = {"/usr/bin/setpriv", "--pdeathsig",  "TERM",         SIM_PROGRAM, "--dir",
                          sim->dir,           "--identities", SIM_IDENTITIES, NULL};

    copy(sim->dir, sizeof sim->dir, "/tmp/smartca-sim-XXXXXX");
    assert_non_null(mkdtemp(sim->dir));
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    assert_int_equal(
        posix_spawn(&sim->pid, argv[0], &actions, NULL, (char **)(uintptr_t)argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    wait_ready(ends[0]);
    close(ends[0]);

    read_file(sim, "url", sim->url, sizeof sim->url);
    copy(sim->root, sizeof sim->root, sim->url);
    read_file(sim, "base-path", base, sizeof base);
    copy(sim->url + strlen(sim->url), sizeof sim->url - strlen(sim->url), base);
    read_file(sim, "control-url", sim->control, sizeof sim->control);
    snprintf(sim->ca_file, sizeof sim->ca_file, "%s/ca.pem", sim->dir);

    char path[128];
    snprintf(path, sizeof path, "%s/sp.json", sim->dir);
    json_t *sp = json_load_file(path, 0, NULL);
    copy(sim->sp_id, sizeof sim->sp_id, json_string_value(json_object_get(sp, "sp_id")));
    copy(sim->sp_password, sizeof sim->sp_password,
         json_string_value(json_object_get(sp, "sp_password")));
    json_decref(sp);
}

static void remove_dir(const char *dir)
{
    const char *argv[] = {"/bin/rm", "-rf", dir, NULL};
    pid_t pid = 0;

    if (posix_spawn(&pid, argv[0], NULL, NULL, (char **)(uintptr_t)argv, environ) == 0)
        waitpid(pid, NULL, 0);
}

void sim_stop(struct sim *sim)
{
    if (sim->pid <= 0)
        return;
    kill(sim->pid, SIGTERM);
    waitpid(sim->pid, NULL, 0);
    remove_dir(sim->dir);
    sim->pid = 0;
}

struct text {
    char *data;
    size_t len;
};

static size_t append(char *data, size_t size, size_t count, void *arg)
{
    struct text *text = arg;
    char *grown = realloc(text->data, text->len + size * count + 1);

    assert_non_null(grown);
    memcpy(grown + text->len, data, size * count);
    text->data = grown;
    text->len += size * count;
    text->data[text->len] = '\0';
    return size * count;
}

/* @order is NULL for a GET. */
static json_t *control(const struct sim *sim, const char *path, const char *order)
{
    char url[256];
    struct text text = {0};
    long status = 0;
    CURL *easy = curl_easy_init();

    snprintf(url, sizeof url, "%s%s", sim->control, path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &text);
    if (order != NULL)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, order);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(easy);
    if (code != CURLE_OK || status != 200)
        fail_msg("%s %s: curl %d, HTTP %ld %s", path, order != NULL ? order : "", code, status,
                 text.data != NULL ? text.data : "");
    json_t *reply = json_loads(text.data, JSON_DECODE_ANY, NULL);
    free(text.data);
    assert_non_null(reply);
    return reply;
}

void sim_order(const struct sim *sim, const char *path, const char *order)
{
    json_decref(control(sim, path, order));
}

void sim_reset(const struct sim *sim)
{
    sim_order(sim, "/reset", "{\"all\":true}");
}

int sim_count(const struct sim *sim, const char *name)
{
    json_t *state = control(sim, "/state", NULL);
    const json_t *counters = json_object_get(state, "counters");

    if (strncmp(name, "requests:", 9) == 0) {
        counters = json_object_get(counters, "requests");
        name += 9;
    }
    int count = (int)json_integer_value(json_object_get(counters, name));
    json_decref(state);
    return count;
}

void sim_no_violations(const struct sim *sim)
{
    json_t *state = control(sim, "/state", NULL);
    const json_t *violations = json_object_get(state, "violations");

    assert_true(json_is_array(violations));
    if (json_array_size(violations) > 0) {
        char *text = json_dumps(violations, JSON_INDENT(1));
        print_error("%s\n", text);
        free(text);
        fail_msg("the simulator saw violations");
    }
    json_decref(state);
}

json_t *sim_person(const struct sim *sim, const char *user_id)
{
    json_t *persons = control(sim, "/persons", NULL);
    json_t *found = NULL;

    for (size_t i = 0; i < json_array_size(persons); i++) {
        json_t *person = json_array_get(persons, i);
        if (strcmp(json_string_value(json_object_get(person, "user_id")), user_id) == 0)
            found = json_incref(person);
    }
    json_decref(persons);
    assert_non_null(found);
    return found;
}

json_t *sim_service(const struct sim *sim, const char *provider)
{
    char path[128];

    snprintf(path, sizeof path, "%s/services.json", sim->dir);
    json_t *services = json_load_file(path, 0, NULL);
    json_t *service = json_incref(json_object_get(services, provider));
    json_decref(services);
    assert_non_null(service);
    return service;
}

void sim_last_code(const struct sim *sim, char ret_code[7])
{
    json_t *state = control(sim, "/state", NULL);
    const json_t *messages = json_object_get(state, "messages");
    const json_t *last = json_array_get(messages, json_array_size(messages) - 1);
    const char *code = json_string_value(json_object_get(last, "code"));

    assert_non_null(code);
    snprintf(ret_code, 7, "%s", code);
    json_decref(state);
}
