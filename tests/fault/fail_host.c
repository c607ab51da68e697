/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host that signs one document after another while the module, linked in, fails (tests/fail):
 *
 *     fail_host LABEL KIND ERRNO FIRST STEP    in document n the n-th of KIND (memory, dry, call,
 *                                              short) fails: n = FIRST, FIRST + STEP ... until none
 *                                              is left to fail; then signs the same again
 *     fail_host TEXT                           signs this, once; SMARTCA_FAIL may say what fails
 *
 * Each call's code is one that a host may meet, a signature that is returned verifies (OpenSSL),
 * and what failed is signed at the second try. Prints what was tried; exits with 1 at the first
 * breach.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/alg.h"
#include "cryptoki.h"
#include "fail.h"

#define SLOTS_MAX     8
#define SIGNATURE_MAX 1024

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

/* The public key of the certificate that was seen first; nothing is signed before. */
static EVP_PKEY *public_key;

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    printf("not so: %s\n", what);
    exit(1);
}

/* What may come of a failure here: PKCS#11 3.0, 5.1; never a code that tells a host nothing. */
static bool may_come(CK_RV rv)
{
    static const CK_RV codes[] = {CKR_OK,
                                  CKR_HOST_MEMORY,
                                  CKR_DEVICE_ERROR,
                                  CKR_DEVICE_MEMORY,
                                  CKR_TOKEN_NOT_PRESENT,
                                  CKR_FUNCTION_CANCELED};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] == rv)
            return true;
    printf("0x%lx: ", rv);
    return false;
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *ret_object)
{
    CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof class};
    CK_ULONG count = 0;

    CK_RV rv = C_FindObjectsInit(session, &template, 1);
    if (rv != CKR_OK)
        return rv;
    rv = C_FindObjects(session, ret_object, 1, &count);
    must(C_FindObjectsFinal(session) == CKR_OK, "a search ends");
    return rv == CKR_OK && count == 0 ? CKR_TOKEN_NOT_PRESENT : rv;
}

static CK_RV learn_key(CK_SESSION_HANDLE session)
{
    CK_BYTE der[8192];
    CK_ATTRIBUTE value = {CKA_VALUE, der, sizeof der};
    const unsigned char *pos = der;
    CK_OBJECT_HANDLE certificate = 0;

    CK_RV rv = find(session, CKO_CERTIFICATE, &certificate);
    if (rv == CKR_OK)
        rv = C_GetAttributeValue(session, certificate, &value, 1);
    if (rv != CKR_OK || public_key != NULL)
        return rv;
    X509 *x509 = d2i_X509(NULL, &pos, (long)value.ulValueLen);
    public_key = X509_get_pubkey(x509);
    X509_free(x509);
    return rv;
}

static bool verifies(const uint8_t *digest, const CK_BYTE *signature, CK_ULONG len)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(public_key, NULL);
    bool good = EVP_PKEY_verify_init(context) == 1 &&
                EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
                EVP_PKEY_verify(context, signature, len, digest, SHA256_DIGEST_LENGTH) == 1;

    EVP_PKEY_CTX_free(context);
    return good;
}

static CK_RV sign_in(CK_SESSION_HANDLE session, const char *text)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_BYTE signature[SIGNATURE_MAX];
    CK_ULONG len = sizeof signature;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    uint8_t info[SCA_DIGESTINFO_MAX];
    CK_OBJECT_HANDLE key = 0;

    SHA256((const unsigned char *)text, strlen(text), digest);
    size_t info_len =
        sca_digestinfo_build(SCA_HASH_SHA256, (struct sca_bytes){digest, sizeof digest}, info);
    CK_RV rv = learn_key(session);
    if (rv == CKR_OK)
        rv = find(session, CKO_PRIVATE_KEY, &key);
    if (rv == CKR_OK)
        rv = C_SignInit(session, &mechanism, key);
    if (rv == CKR_OK)
        rv = C_Sign(session, info, info_len, signature, &len);
    if (rv == CKR_OK)
        must(verifies(digest, signature, len), "a signature verifies");
    return rv;
}

static CK_RV sign_somewhere(const char *text)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    CK_SESSION_HANDLE session = 0;

    CK_RV rv = C_GetSlotList(CK_TRUE, slots, &count);
    if (rv == CKR_OK && count == 0)
        rv = CKR_TOKEN_NOT_PRESENT; /* the image could not be read */
    if (rv == CKR_OK)
        rv = C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &session);
    if (rv != CKR_OK)
        return rv;
    rv = sign_in(session, text);
    must(C_CloseSession(session) == CKR_OK, "a session closes");
    return rv;
}

/* All that a host does. */
static CK_RV sign(const char *text)
{
    CK_RV rv = C_Initialize(NULL);

    if (rv != CKR_OK)
        return rv;
    rv = sign_somewhere(text);
    must(C_Finalize(NULL) == CKR_OK, "the library ends");
    return rv;
}

/* True when something failed. */
static bool try_one(const char *label, const struct fail_plan *plan)
{
    char text[128];

    snprintf(text, sizeof text, "%s %u", label, plan->n);
    fail_begin(plan);
    CK_RV rv = sign(text);
    struct fail_report report = fail_end();
    printf("%s: %s: 0x%lx\n", text, report.where != NULL ? report.where : "nothing failed", rv);
    must(may_come(rv), "a code that a host may meet");
    must(report.where != NULL || rv == CKR_OK, "without failures all is well");
    must(sign(text) == CKR_OK, "the second try signs");
    must(__lsan_do_recoverable_leak_check == NULL || __lsan_do_recoverable_leak_check() == 0,
         "nothing leaks");
    return report.where != NULL;
}

static int run_all(char **argv)
{
    char order[64];
    struct fail_plan plan;
    unsigned step = (unsigned)strtoul(argv[5], NULL, 10);
    unsigned tried = 0;

    snprintf(order, sizeof order, "%s:%s", argv[2], argv[4]);
    must(fail_parse(order, &plan) && step > 0, "the order can be read");
    plan.err = (int)strtol(argv[3], NULL, 10);
    must(sign(argv[1]) == CKR_OK, "the first document is signed");
    while (try_one(argv[1], &plan)) {
        tried++;
        plan.n += step;
    }
    printf("tried %u, documents %u\n", tried, tried + 2);
    return 0;
}

int main(int argc, char **argv)
{
    const char *order = getenv("SMARTCA_FAIL");
    struct fail_plan plan;
    char copy[64];

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 6)
        return run_all(argv);
    must(argc == 2, "fail_host LABEL KIND ERRNO FIRST STEP, or fail_host TEXT");
    snprintf(copy, sizeof copy, "%s", order != NULL ? order : "");
    if (order != NULL) {
        must(fail_parse(copy, &plan), "the order can be read");
        fail_begin(&plan);
    }
    CK_RV rv = sign(argv[1]);
    printf("0x%lx\n", rv);
    return rv == CKR_OK ? 0 : 1;
}
