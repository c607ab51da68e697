/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in threads. Every document is another one: its digest is the process's number, the
 * thread's and a counter, so nothing is answered from what was signed before.
 */
#include "bench_host.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS_MAX = 256, SIGNATURE_MAX = 1024, DIGEST_LEN = 32, INFO_HEAD = 19 };

struct worker {
    const struct bench_module *module;
    pthread_t thread;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    long number;
    long count;
    int64_t *returned_ns; /* of each signature */
    CK_RV rv;             /* of the first that failed */
};

static pthread_barrier_t start;

/* The DigestInfo of SHA-256: a host that hashes by itself needs no other library of ours. */
static void document(const struct worker *worker, long index,
                     CK_BYTE info[static INFO_HEAD + DIGEST_LEN])
{
    static const CK_BYTE head[INFO_HEAD] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                            0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                            0x01, 0x05, 0x00, 0x04, 0x20};
    const int64_t parts[] = {getpid(), worker->number, index, bench_now_ns()};

    memcpy(info, head, INFO_HEAD);
    memcpy(info + INFO_HEAD, parts, DIGEST_LEN);
}

static CK_RV sign_one(const struct worker *worker, long index)
{
    CK_BYTE info[INFO_HEAD + DIGEST_LEN], signature[SIGNATURE_MAX];
    CK_ULONG len = sizeof signature;
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_FUNCTION_LIST *p11 = worker->module->p11;

    document(worker, index, info);
    const CK_RV rv = p11->C_SignInit(worker->session, &mechanism, worker->key);
    return rv == CKR_OK ? p11->C_Sign(worker->session, info, sizeof info, signature, &len) : rv;
}

static void *work(void *arg)
{
    struct worker *worker = arg;

    (void)pthread_barrier_wait(&start);
    for (long i = 0; i < worker->count && worker->rv == CKR_OK; i++) {
        worker->rv = sign_one(worker, i);
        worker->returned_ns[i] = bench_now_ns();
    }
    return NULL;
}

static void prepare(struct worker *worker, const struct bench_module *module, CK_SLOT_ID slot)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE wanted = {CKA_CLASS, &class, sizeof class};

    worker->module = module;
    worker->session = bench_open(module, slot);
    worker->key = bench_find(module, worker->session, &wanted, 1);
    worker->returned_ns = calloc((size_t)worker->count, sizeof *worker->returned_ns);
    if (!worker->returned_ns || pthread_create(&worker->thread, NULL, work, worker) != 0)
        bench_die("no memory");
}

/* Says that it is ready, and waits until it is told to begin. */
static void wait_for_start(void)
{
    char line[16];

    printf("{\"ready\": %d}\n", (int)getpid());
    (void)fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        bench_die("nobody said begin");
}

static void print_result(struct worker *workers, long threads, int64_t begin_ns)
{
    const char *comma = "";

    printf("{\"begin_ns\": %lld, \"returned_ns\": [", (long long)begin_ns);
    for (long i = 0; i < threads; i++) {
        bench_must("C_Sign", workers[i].rv);
        for (long k = 0; k < workers[i].count; k++, comma = ", ")
            printf("%s%lld", comma, (long long)workers[i].returned_ns[k]);
        free(workers[i].returned_ns);
    }
    printf("]}\n");
}

int bench_cmd_sign(int argc, char **argv)
{
    static CK_SLOT_ID slots[BENCH_SLOTS_MAX];
    static struct worker workers[THREADS_MAX];
    struct bench_module module;
    const long threads = strtol(argv[3], NULL, 10);
    const long count = strtol(argv[4], NULL, 10);

    (void)argc;
    if (threads < 1 || threads > THREADS_MAX || count < 1)
        bench_die("no such number of threads or documents");
    bench_load(argv[2], &module);
    bench_must("C_Initialize", module.p11->C_Initialize(NULL));
    if (bench_slots(&module, slots) == 0)
        bench_die("no token");
    pthread_barrier_init(&start, NULL, (unsigned)threads + 1);
    for (long i = 0; i < threads; i++) {
        workers[i].number = i;
        workers[i].count = count;
        prepare(&workers[i], &module, slots[0]);
    }
    wait_for_start();
    const int64_t begin_ns = bench_now_ns();
    (void)pthread_barrier_wait(&start);
    for (long i = 0; i < threads; i++)
        (void)pthread_join(workers[i].thread, NULL);
    print_result(workers, threads, begin_ns);
    bench_must("C_Finalize", module.p11->C_Finalize(NULL));
    return 0;
}
