/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTPS client, the simulator, and what an exchange came to. Included after cmocka.h. */
#ifndef SCA_TESTS_FAULT_HTTP_WORLD_H
#define SCA_TESTS_FAULT_HTTP_WORLD_H

#include <uv.h>
#include "cloud/http.h"
#include "sim.h"

#define LIST "/v1/credentials/get_certificate"

extern struct sim sim;
extern uv_loop_t loop;
extern struct sca_http *http; /* NULL once freed */

/* What one exchange came to. */
struct outcome {
    int calls;
    enum sca_transport transport;
    int status;
    uint32_t retry_after_s;
    int64_t date_utc;
    size_t len;
    char detail[256];
    bool free_http; /* from inside done */
};

/* The done function that fills a struct outcome. */
void http_on_done(void *arg, const struct sca_http_reply *reply);

int http_setup_group(void **state);
int http_teardown_group(void **state);
int http_setup(void **state);    /* a fresh simulator and client */
int http_teardown(void **state); /* fails when something is left on the loop */

/* A POST of a small body to @url, copied into @ret_url. */
struct sca_http_request request_to(const char *url, char *ret_url, size_t size);

/* One exchange to its end. */
struct outcome run_with(const struct sca_http_request *request, const char *ca_file,
                        const char *server_key);
struct outcome run(const struct sca_http_request *request, const char *ca_file);

/* The same with LIST at the simulator, whom its own ca-file vouches for. */
struct outcome get(uint32_t timeout_ms, bool spends);
/* Only started; what came of it will be in @outcome. */
struct sca_http_call *start(struct outcome *outcome, uint32_t timeout_ms);

#endif
