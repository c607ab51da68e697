/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference for signing: the same HTTPS exchanges, by libcurl alone.
 *
 *   bench_bare CA-FILE COUNT < exchanges
 *
 * Each line: "fresh" or "kept" (its connection), URL, Authorization header, body, with a tab
 * between them; each @DIGEST@ in a body becomes another digest in base64 each round. Of an answer
 * nothing is read but its HTTP status, and the SAD of one for @SAD@ in the next body. Prints the
 * time of each round in microseconds.
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXCHANGES_MAX = 8, LINE_MAX_LEN = 16384, ANSWER_MAX = 65536 };

struct exchange {
    char *line; /* what the others point into */
    bool fresh;
    const char *url, *authorization, *body;
};

struct answer {
    char text[ANSWER_MAX];
    size_t len;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_bare: %s\n", what);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static size_t take(char *data, size_t size, size_t count, void *arg)
{
    struct answer *answer = arg;

    if (size * count > sizeof answer->text - 1 - answer->len)
        return 0;
    memcpy(answer->text + answer->len, data, size * count);
    answer->len += size * count;
    answer->text[answer->len] = '\0';
    return size * count;
}

static size_t read_exchanges(struct exchange exchanges[EXCHANGES_MAX])
{
    size_t count = 0;
    char line[LINE_MAX_LEN];

    while (count < EXCHANGES_MAX && fgets(line, sizeof line, stdin)) {
        struct exchange *exchange = &exchanges[count++];
        char *rest = exchange->line = strdup(line);

        exchange->fresh = strcmp(strsep(&rest, "\t\n"), "fresh") == 0;
        exchange->url = strsep(&rest, "\t\n");
        exchange->authorization = strsep(&rest, "\t\n");
        exchange->body = strsep(&rest, "\t\n");
        if (!exchange->body)
            die("a line is too short");
    }
    return count;
}

/* The first @mark of the text; false where there is none. */
static bool replace(char text[static LINE_MAX_LEN], const char *mark, const char *with)
{
    char after[LINE_MAX_LEN];
    char *at = strstr(text, mark);

    if (!at)
        return false;
    snprintf(after, sizeof after, "%s", at + strlen(mark));
    if (snprintf(at, (size_t)(text + LINE_MAX_LEN - at), "%s%s", with, after) < 0)
        die("snprintf");
    return true;
}

/* 32 bytes in base64 that are another document's with each number. */
static void make_digest(uint64_t number, char text[static 64])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < 43; i++)
        text[i] = i < 10 ? letters[number >> (6 * i) & 63] : 'A';
    text[43] = '=';
    text[44] = '\0';
}

static void find_sad(const struct answer *answer, char sad[static LINE_MAX_LEN])
{
    const char *at = strstr(answer->text, "\"SAD\": \"");

    if (at)
        snprintf(sad, LINE_MAX_LEN, "%.*s", (int)strcspn(at + 8, "\""), at + 8);
}

/* @number: of the round's first document. */
static void send_one(CURL *easy, const struct exchange *exchange, uint64_t number,
                     char sad[static LINE_MAX_LEN])
{
    char digest[64];
    char body[LINE_MAX_LEN];
    static struct answer answer;
    long status = 0;
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");

    headers = curl_slist_append(headers, "Expect:");
    if (*exchange->authorization)
        headers = curl_slist_append(headers, exchange->authorization);
    snprintf(body, sizeof body, "%s", exchange->body);
    do
        make_digest(number++, digest);
    while (replace(body, "@DIGEST@", digest));
    (void)replace(body, "@SAD@", sad);
    answer.len = 0;
    curl_easy_setopt(easy, CURLOPT_URL, exchange->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, exchange->fresh ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    if (curl_easy_perform(easy) != CURLE_OK)
        die("an exchange failed");
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        fprintf(stderr, "bench_bare: HTTP %ld from %s: %s\n", status, exchange->url, answer.text);
        exit(1);
    }
    find_sad(&answer, sad);
    curl_slist_free_all(headers);
}

int main(int argc, char **argv)
{
    static struct exchange exchanges[EXCHANGES_MAX];
    static char sad[LINE_MAX_LEN];

    if (argc != 3 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        die("usage: bench_bare CA-FILE COUNT < exchanges");
    CURL *easy = curl_easy_init();
    const size_t count = read_exchanges(exchanges);
    curl_easy_setopt(easy, CURLOPT_CAINFO, argv[1]);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    for (long round = strtol(argv[2], NULL, 10); round > 0; round--) {
        const int64_t begin_ns = now_ns();

        for (size_t i = 0; i < count; i++)
            send_one(easy, &exchanges[i], (uint64_t)begin_ns, sad);
        printf("%.1f\n", (double)(now_ns() - begin_ns) / 1000);
    }
    for (size_t i = 0; i < count; i++)
        free(exchanges[i].line);
    curl_easy_cleanup(easy);
    curl_global_cleanup();
    return 0;
}
